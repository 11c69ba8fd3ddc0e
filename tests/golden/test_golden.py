"""A synced workbook, cell by cell, as it stood when somebody last looked and agreed.

``UPDATE_GOLDEN=1 pytest tests/golden`` writes it anew; read the difference before committing.
"""

from __future__ import annotations

import os
import re
from pathlib import Path

from tests.golden.rows import ROWS
from tests.trackers import dump, synced, tracker_file

GOLDEN = Path(__file__).parent / "synced.txt"


def test_the_synced_workbook_is_the_agreed_one(tmp_path):
    path = tracker_file(tmp_path / "golden.xlsx", ROWS)
    synced(path)
    told = re.sub(r"\d{8}T\d{6}Z-\w+", "RUN", dump(path))
    if os.environ.get("UPDATE_GOLDEN"):
        GOLDEN.write_text(told, encoding="utf-8")
    assert told == GOLDEN.read_text(encoding="utf-8")
