"""The small workbook, open in a fake Excel."""

from __future__ import annotations

from collections.abc import Mapping
from contextlib import ExitStack
from datetime import datetime
from pathlib import Path
from typing import Any

from sheetsync.backends.excel.calls import Calls
from sheetsync.backends.excel.workbook import ExcelWorkbook
from sheetsync.model.tables import letters
from sheetsync.model.tracker import Role
from sheetsync.model.values import Formula
from tests.contract.google_small import Still
from tests.contract.small import BOARD_CELLS, BOARD_FORMULAS, GRIDS, TABS, Grid
from tests.fakes.excel.calc import recalculate
from tests.fakes.excel.registered import registered
from tests.fakes.excel.world import FakeBook, FakeExcel, FakeSheet, FakeTable

DAY = "yyyy-mm-dd"


def as_excel(
    folder: Path, grids: Mapping[str, Grid] = GRIDS, *, stack: ExitStack, excel: Any = None
) -> ExcelWorkbook:
    """The small workbook in front of a fake Excel, which stays until ``stack`` closes."""
    excel = excel or FakeExcel()
    excel.books.append(drawn(grids))
    stack.enter_context(registered(excel))
    book = ExcelWorkbook("small.xlsx", state=folder / "state", calls=Calls(Still()))
    book.excel = excel  # type: ignore[attr-defined]
    return book


def drawn(grids: Mapping[str, Grid] = GRIDS) -> FakeBook:
    """The small workbook with tables, names and formulas; the engine's tabs are protected."""
    book = FakeBook("small.xlsx", [_board()])
    for row, name in enumerate(BOARD_CELLS, 1):
        book.names[name] = f"=Board!$A${row}"
    for title, grid in grids.items():
        sheet = FakeSheet(title)
        book.sheets.append(sheet)
        for i, cells in enumerate(grid, 1):
            for j, value in enumerate(cells, 1):
                if value is not None:
                    sheet.cells[i, j] = value
                if isinstance(value, datetime):
                    sheet.formats[i, j] = DAY
        tab = next((tab for tab in TABS if tab.title == title), None)
        if tab is None:
            continue
        last = max(len(grid), 2)
        sheet.protected = tab.role is not Role.ENTRY
        sheet.tables.append(FakeTable(tab.table, (1, 1, last, len(grid[0]))))
        for column in tab.columns:
            if column.range_name:
                at = letters(list(grid[0]).index(column.title))
                book.names[column.range_name] = f"='{title}'!${at}$2:${at}${last}"
    return book


def _board() -> FakeSheet:
    sheet = FakeSheet("Board", formats={(1, 1): DAY})
    sheet.protected = True
    for row, value in enumerate(BOARD_CELLS.values(), 1):
        if value is not None:
            sheet.cells[row, 1] = value
    for row, text in enumerate(BOARD_FORMULAS, 6):
        sheet.cells[row, 3] = Formula(text)
    return sheet


def shown(book: ExcelWorkbook) -> dict[str, Any]:
    """What the board's formulas show in the fake."""
    fake = book.excel.books[-1]  # type: ignore[attr-defined]
    recalculate(fake)
    board = fake.sheet("Board")
    return {text: board.computed[row, 3] for row, text in enumerate(BOARD_FORMULAS, 6)}
