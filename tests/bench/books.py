"""Workbooks to measure and to check on: the drawn tracker, or plain sheets, filled with rows."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import asdict
from datetime import date, datetime
from pathlib import Path
from typing import Any

from tests.fakes.tracker_rows import AS_OF, FIRST_DAY, Rows

TITLES = {
    "partners": "Partners",
    "deals": "Deals",
    "money": "Money",
    "activity": "Activity",
    "interactions": "Interactions",
    "plan": "Plan",
}
CREATED = datetime(2026, 1, 1)


def tracker_book(path: Path, tabs: Mapping[str, Rows]) -> Path:
    """Write the lean tracker with these rows, its period covering all of their 24 months."""
    rows = {tab: one.dicts() for tab, one in tabs.items()}
    return drawn_book(path, rows, period_start=FIRST_DAY.date(), period_end=AS_OF)


def drawn_book(
    path: Path,
    rows: Mapping[str, Sequence[Mapping[str, Any]]],
    *,
    period_start: date,
    period_end: date,
    **settings: Any,
) -> Path:
    """Write the lean tracker with these rows by tab key and column key, and these settings."""
    from sheetsync.backends.xlsx.draw import draw
    from sheetsync.catalog.settings import setting_rows
    from sheetsync.catalog.tracker import LEAN

    assert LEAN.defaults is not None
    chosen = {"period_start": period_start, "period_end": period_end, **settings}
    units = {kpi.id: str(kpi.unit) for kpi in LEAN.kpis}
    told = setting_rows(LEAN.defaults.model_copy(update=chosen), units)
    body = {**rows, "settings": [asdict(row) for row in told]}
    path.write_bytes(draw(LEAN, rows=body, created=CREATED))
    return path


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
