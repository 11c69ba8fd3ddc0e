"""A tracker with many rows, open in the fake Excel."""

from __future__ import annotations

from datetime import datetime
from pathlib import Path

from sheetsync.catalog.tracker import LEAN
from sheetsync.model.tracker import Role
from tests.fakes.excel.from_xlsx import opened
from tests.fakes.excel.world import FakeBook
from tests.fakes.tracker_rows import tracker_rows
from tests.trackers import tracker_file


def big_book(folder: Path, count: int) -> FakeBook:
    """The lean tracker with so many deals and half as many rows of money, as Excel holds it."""
    book = opened(tracker_file(folder / "big.xlsx", {}))
    rows = tracker_rows(count, seed=5)
    for tab in LEAN.of_role(Role.ENTRY):
        sheet = book.sheet(tab.title)
        last = 1
        for at, column in enumerate(tab.columns, 1):
            told = rows[tab.key].found.get(column.key, []) if tab.key in rows else []
            last = max(last, len(told) + 1)
            code = column.number_format
            for row, value in enumerate(told, 2):
                if value is not None:
                    sheet.cells[row, at] = value
                if isinstance(value, datetime) and code:
                    sheet.formats[row, at] = code
        table = sheet.tables[0]
        table.rect = (1, 1, max(last, 2), table.rect[3])
    return book
