"""The JSON that the add-in posts of a workbook, made from an .xlsx file by openpyxl."""

from __future__ import annotations

import datetime as dt
import re
import warnings
from collections.abc import Iterator, Mapping, Sequence
from itertools import groupby
from pathlib import Path
from typing import Any

import openpyxl
from openpyxl.utils import column_index_from_string, range_boundaries
from openpyxl.utils.datetime import CALENDAR_MAC_1904, to_excel

from sheetsync.addin.wire import ERRORS

_CELL = re.compile(r"(?:'((?:[^']|'')+)'|([^'!]+))!\$?([A-Z]{1,3})\$?(\d+)")


def posted(
    path: Path, *, as_of: str | None = None, plan: Mapping[str, Any] | None = None
) -> dict[str, Any]:
    """The posted workbook of a file with all of its sheets; ``plan`` is for an undo."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", UserWarning)
        book, shown = (openpyxl.load_workbook(path, data_only=only) for only in (False, True))
    told = {
        "version": 1,
        "client": "office.js",
        "workbook": {"name": path.name, "date1904": book.epoch == CALENDAR_MAC_1904},
        "as_of": as_of,
        "sheets": [_sheet(sheet, shown[sheet.title], book.epoch) for sheet in book.worksheets],
        "names": list(_names(book)),
    }
    return told if plan is None else {**told, "plan": dict(plan)}


def raw(value: Any, epoch: dt.datetime) -> Any:
    """A value of openpyxl's as office.js tells it in ``values``."""
    match value:
        case None:
            return ""
        case dt.date() | dt.time() | dt.timedelta():
            return to_excel(value, epoch)
        case bool() | str() | int() | float():
            return value
    return str(value)


def _sheet(sheet: Any, shown: Any, epoch: dt.datetime) -> dict[str, Any]:
    used = [list(row) for row in sheet.iter_rows()] if sheet.calculate_dimension() else []
    values = [[raw(cell.value, epoch) for cell in row] for row in shown.iter_rows()]
    formulas = [
        [cell.row, cell.column, getattr(cell.value, "text", cell.value)]
        for row in used
        for cell in row
        if cell.data_type == "f"
    ]
    columns = zip(*used, strict=True)
    return {
        "name": sheet.title,
        "first_row": sheet.min_row,
        "first_column": sheet.min_column,
        "values": values,
        "formulas": formulas,
        "texts": [
            [cell.row, cell.column]
            for row in used
            for cell in row
            if cell.data_type == "s" and cell.value in ERRORS
        ],
        "formats": [_spans([cell.number_format for cell in cells]) for cells in columns],
        "tables": [_table(table) for table in sheet.tables.values()],
        "merges": [[m.min_row, m.max_row, m.min_col, m.max_col] for m in sheet.merged_cells.ranges],
        "protected": bool(sheet.protection.sheet),
    }


def _spans(formats: Sequence[str]) -> list[list[Any]]:
    return [[len(list(same)), code] for code, same in groupby(formats)]


def _table(table: Any) -> dict[str, Any]:
    left, top, right, bottom = range_boundaries(table.ref)
    return {
        "name": table.displayName,
        "row": top,
        "column": left,
        "rows": bottom - top + 1,
        "columns": right - left + 1,
        "headers": table.headerRowCount != 0,
        "totals": bool(table.totalsRowCount),
    }


def _names(book: Any) -> Iterator[dict[str, Any]]:
    for name, told in book.defined_names.items():
        match = _CELL.fullmatch(told.attr_text or "")
        if match is not None:
            title = (match[1] or "").replace("''", "'") or match[2]
            column = column_index_from_string(match[3])
            yield {"name": name, "sheet": title, "row": int(match[4]), "column": column}
