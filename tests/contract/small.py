"""A tracker of four small tabs, and one workbook of it for every backend."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime
from pathlib import Path

import xlsxwriter

from sheetsync.backends.memory import MemorySheet, MemoryWorkbook
from sheetsync.backends.xlsx.workbook import XlsxWorkbook
from sheetsync.model.tracker import CellType, Column, Owner, Role, Tab
from sheetsync.model.values import Formula, Value

SYNC = {"owner": Owner.SYNC}
DEALS = Tab(
    "deals",
    "Deals",
    Role.ENTRY,
    "Deals.",
    (
        Column("deal_id", "Deal ID", CellType.ID, "Id.", required=True, auto="D-{:04d}"),
        Column("stage", "Stage", CellType.TEXT, "Stage."),
        Column("amount", "Amount", CellType.MONEY, "Value.", number_format="#,##0.00"),
        Column("closed", "Closed", CellType.DAY, "Day.", number_format="yyyy-mm-dd"),
        Column("check", "Check", CellType.TEXT, "Findings.", **SYNC),
    ),
    ("deal_id",),
    table="tblDeals",
)
RESULTS = Tab(
    "results",
    "Results",
    Role.COMPUTED,
    "Results.",
    (
        Column("key", "Key", CellType.TEXT, "Key.", range_name="result_key", **SYNC),
        Column("value", "Value", CellType.NUMBER, "Value.", range_name="result_value", **SYNC),
        Column("decision", "Decision", CellType.TEXT, "People's answer."),
    ),
    ("key",),
    table="tblResults",
)
LOG = Tab(
    "log",
    "Sync Log",
    Role.LOG,
    "Log.",
    (
        Column("run", "Run", CellType.TEXT, "Run.", **SYNC),
        Column("note", "Note", CellType.TEXT, "Note.", **SYNC),
    ),
    table="tblLog",
)
BOARD = Tab("board", "Board", Role.REPORT, "Board.", names=("board_as_of", "board_note"))
TABS = (BOARD, DEALS, RESULTS, LOG)

TOTAL = "SUM(result_value)"
FIRST = 'IFERROR(INDEX(result_value,MATCH("a",result_key,0)),"no data")'

Grid = Sequence[Sequence[Value]]
GRIDS: Mapping[str, Grid] = {
    "Deals": (
        ("Deal ID", "Stage", "Mine", "Amount", "Closed", "Check"),
        ("D-0001", " won", "keep", 100, datetime(2026, 1, 31), None),
        ("D-0002", "lost", None, "1,200.50", None, None),
        (None, "open", "x", 7.5, None, None),
        ("D-0004", "=1+1", None, None, None, None),
    ),
    "Results": (("Key", "Value", "Decision"), ("a", 1.5, "later"), ("b", 2, None)),
    "Sync Log": (("Run", "Note"), ("r0", "made")),
    "Notes": (("of", "people"), (1, Formula("A2*2", 2))),
}
BOARD_CELLS: Mapping[str, Value] = {"board_as_of": None, "board_note": "hello"}
BOARD_FORMULAS: Mapping[str, Value] = {TOTAL: 3.5, FIRST: 1.5}


def in_memory(_folder: Path, grids: Mapping[str, Grid] = GRIDS) -> MemoryWorkbook:
    """The small workbook as plain lists."""
    tables = {tab.title: tab.table for tab in TABS}
    sheets = [
        MemorySheet(title, [list(row) for row in grid], table=tables.get(title, ""))
        for title, grid in grids.items()
    ]
    board = MemorySheet("Board", [], names=dict(BOARD_CELLS), formulas=dict(BOARD_FORMULAS))
    return MemoryWorkbook("small", [board, *sheets])


def as_xlsx(folder: Path, grids: Mapping[str, Grid] = GRIDS) -> XlsxWorkbook:
    """The small workbook as a file with real tables, names and formulas."""
    path = folder / "small.xlsx"
    book = xlsxwriter.Workbook(path, {"default_date_format": "yyyy-mm-dd"})
    _draw_board(book)
    for title, grid in grids.items():
        _draw_grid(book, title, grid)
    book.close()
    return XlsxWorkbook(path)


def _draw_board(book: xlsxwriter.Workbook) -> None:
    sheet = book.add_worksheet("Board")
    for row, (name, value) in enumerate(BOARD_CELLS.items()):
        sheet.write(row, 0, value) if value is not None else sheet.write_blank(
            row, 0, None, book.add_format({"num_format": "yyyy-mm-dd"})
        )
        book.define_name(name, f"=Board!$A${row + 1}")
    for row, (text, value) in enumerate(BOARD_FORMULAS.items(), 5):
        sheet.write_formula(row, 2, f"={text}", None, value)


def _draw_grid(book: xlsxwriter.Workbook, title: str, grid: Grid) -> None:
    sheet = book.add_worksheet(title)
    for i, row in enumerate(grid):
        for j, value in enumerate(row):
            _draw_cell(sheet, i, j, value)
    tab = next((tab for tab in TABS if tab.title == title), None)
    if tab is None:
        return
    last = len(grid) - 1
    columns = [{"header": str(header)} for header in grid[0]]
    sheet.add_table(0, 0, max(last, 1), len(columns) - 1, {"name": tab.table, "columns": columns})
    for column in tab.columns:
        if column.range_name:
            letter = "ABCDEFG"[list(grid[0]).index(column.title)]
            book.define_name(
                column.range_name, f"='{title}'!${letter}$2:${letter}${max(last, 1) + 1}"
            )


def _draw_cell(sheet: xlsxwriter.worksheet.Worksheet, i: int, j: int, value: Value) -> None:
    match value:
        case None:
            pass
        case str():
            sheet.write_string(i, j, value)
        case Formula():
            sheet.write_formula(i, j, f"={value.text}", None, value.value)
        case datetime():
            sheet.write_datetime(i, j, value)
        case _:
            sheet.write(i, j, value)
