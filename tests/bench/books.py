"""The workbooks that the benchmark runs on: a drawn tracker filled with generated rows."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from pathlib import Path
from typing import Any

from tests.fakes.tracker_rows import Rows

TITLES = {
    "partners": "Partners",
    "deals": "Deals",
    "money": "Money",
    "activity": "Activity",
    "interactions": "Interactions",
    "plan": "Plan",
}


def plain_book(path: Path, tabs: Mapping[str, Rows]) -> Path:
    """Write the rows to a plain workbook: one sheet per tab, headers from keys, no styles."""
    import xlsxwriter

    with xlsxwriter.Workbook(str(path)) as book:
        day = book.add_format({"num_format": "yyyy-mm-dd"})
        for tab, rows in tabs.items():
            sheet = book.add_worksheet(TITLES[tab])
            for i, (key, cells) in enumerate(rows.found.items()):
                sheet.write_string(0, i, key.replace("_", " ").capitalize())
                for j, cell in enumerate(cells, start=1):
                    _write(sheet, j, i, cell, day)
    return path


def _write(sheet: Any, row: int, column: int, cell: Any, day: Any) -> None:
    if cell is None:
        return
    if isinstance(cell, datetime):
        sheet.write_datetime(row, column, cell, day)
    elif isinstance(cell, str):
        sheet.write_string(row, column, cell)
    else:
        sheet.write(row, column, cell)
