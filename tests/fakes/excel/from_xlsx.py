"""A workbook file as a workbook that is open in the fake Excel, read by openpyxl."""

from __future__ import annotations

import datetime as dt
import warnings
from pathlib import Path

import openpyxl
from openpyxl.utils import range_boundaries

from sheetsync.model.values import CellError, Formula, Value
from tests.fakes.excel.protection import protection_of
from tests.fakes.excel.world import FakeBook, FakeSheet, FakeTable


def opened(path: Path) -> FakeBook:
    """Cells, number formats, tables, protection and names of a file."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", UserWarning)
        file = openpyxl.load_workbook(path)
    book = FakeBook(path.name)
    for sheet in file.worksheets:
        made = FakeSheet(sheet.title)
        for row in sheet.iter_rows():
            for cell in row:
                if cell.number_format != "General":
                    made.formats[cell.row, cell.column] = cell.number_format
                if cell.value is not None:
                    made.cells[cell.row, cell.column] = _value(cell)
        for table in sheet.tables.values():
            left, top, right, bottom = range_boundaries(table.ref)
            totals = bool(table.totalsRowCount)
            made.tables.append(
                FakeTable(table.name, (top, left, bottom, right), totals, bool(table.autoFilter))
            )
        for told in sheet.merged_cells.ranges:
            made.merges.append((told.min_row, told.min_col, told.max_row, told.max_col))
        made.protection, made.unlocked = protection_of(sheet)
        book.sheets.append(made)
    book.names = {name: f"={told.attr_text}" for name, told in file.defined_names.items()}
    return book


def _value(cell: openpyxl.cell.Cell) -> Value:
    value = cell.value
    if cell.data_type == "f":
        text = value if isinstance(value, str) else value.text
        return Formula(text.removeprefix("="))
    if cell.data_type == "e":
        return CellError(value)
    if isinstance(value, dt.time):
        return dt.timedelta(hours=value.hour, minutes=value.minute, seconds=value.second)
    return value
