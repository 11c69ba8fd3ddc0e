"""A recorded plan on disk: what a run planned, with what stood in the workbook before.

A gzip file of the plan's JSON, as ``Plan.to_text`` tells it.
"""

from __future__ import annotations

import gzip
import json
import zlib
from pathlib import Path

from sheetsync.backends.xlsx.package import gzipped
from sheetsync.model.plan import Plan


def record_of(plan: Plan) -> bytes:
    """The content of the file."""
    return gzipped(text.encode("utf-8", "surrogatepass") for text in plan.to_text())


def plan_in(file: Path) -> Plan | None:
    """The plan that a file tells; None when it cannot be read or is damaged."""
    try:
        told = gzip.decompress(file.read_bytes()).decode("utf-8", "surrogatepass")
        return Plan.from_json(json.loads(told))
    except (OSError, EOFError, ValueError, KeyError, TypeError, zlib.error):
        return None
