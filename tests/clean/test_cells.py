"""Cell parsing, case by case: the data files in ``cases/`` are the specification.

One line is [type, options, cell, typed value, fix rule, fixed cell, problem code, suggestion].
"""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from sheetsync.model.tracker import CellType
from tests.clean.reading_case import read_case

HERE = Path(__file__).parent
FILES = sorted((HERE / "cases").glob("*.json"))


@pytest.mark.parametrize("path", FILES, ids=lambda p: p.stem)
def test_every_case_reads_as_written(path):
    cases = json.loads(path.read_text(encoding="utf-8"))
    wrong = []
    for kind, options, cell, *expected in cases:
        told = read_case(kind, options, cell)
        if json.dumps(told) != json.dumps(expected) and not _equal(told, expected):
            wrong.append((kind, options, cell, told, expected))
    assert wrong == []


def test_every_type_has_cases():
    kinds = {case[0] for path in FILES for case in json.loads(path.read_text(encoding="utf-8"))}
    assert kinds == {kind.value for kind in CellType}
    assert sum(len(json.loads(p.read_text(encoding="utf-8"))) for p in FILES) >= 300


def _equal(a, b):
    return a == b and [type(x) is bool for x in a] == [type(x) is bool for x in b]
