"""Formulas of the fake Excel, worked out by the emulator of Google Sheets, which shares them."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Any

from sheetsync.backends.excel.area import reference
from sheetsync.backends.excel.values import ERRORS
from sheetsync.model.values import CellError, Formula, Value
from tests.fakes.excel.world import FakeBook, FakeSheet
from tests.fakes.sheets import calc
from tests.fakes.sheets.state import Sheet, Spreadsheet

_ZERO = datetime(1899, 12, 30)
_NUMBERS = {code: number for number, code in ERRORS.items()}


def recalculate(book: FakeBook) -> None:
    """Fill ``computed`` of every sheet, when something was written since."""
    if not book.stale:
        return
    sheets = [_sheet(i, sheet) for i, sheet in enumerate(book.sheets)]
    spreadsheet = Spreadsheet("excel", {"title": book.name}, sheets)
    titles = {sheet.title.casefold(): i for i, sheet in enumerate(book.sheets)}
    for name, told in book.names.items():
        found = reference(told)
        if found is None or found[0].casefold() not in titles:
            continue
        area = found[1]
        where = {
            "sheetId": titles[found[0].casefold()],
            "startRowIndex": area.top - 1,
            "endRowIndex": area.bottom,
            "startColumnIndex": area.left - 1,
            "endColumnIndex": area.right,
        }
        spreadsheet.named_ranges[name] = {"name": name, "range": where}
    calc.recalculate(spreadsheet)
    for sheet, done in zip(book.sheets, sheets, strict=True):
        sheet.computed = {(r + 1, c + 1): _shown(v) for (r, c), v in done.computed.items()}
    book.stale = False


def _sheet(number: int, sheet: FakeSheet) -> Sheet:
    _, _, bottom, right = sheet.used()
    grid = {"rowCount": bottom + 100, "columnCount": right + 10}
    made = Sheet({"sheetId": number, "title": sheet.title, "gridProperties": grid})
    rows: dict[int, dict[int, Any]] = {}
    for (row, column), value in sheet.cells.items():
        rows.setdefault(row, {})[column] = {"userEnteredValue": _entered(value)}
    for row in sorted(rows):
        last = max(rows[row])
        made.put_row(row - 1, 0, [rows[row].get(c) for c in range(1, last + 1)])
    return made


def _entered(value: Value) -> dict[str, Any]:
    match value:
        case Formula():
            return {"formulaValue": f"={value.text}"}
        case bool():
            return {"boolValue": value}
        case str():
            return {"stringValue": value}
        case datetime():
            return {"numberValue": (value - _ZERO) / timedelta(days=1)}
        case timedelta():
            return {"numberValue": value / timedelta(days=1)}
        case CellError():
            return {"formulaValue": "=NA()"}
    return {"numberValue": value}


def _shown(told: dict[str, Any]) -> Any:
    ((kind, content),) = told.items()
    if kind == "errorValue":
        return _NUMBERS["#N/A"] and CellError("#N/A")
    return float(content) if kind == "numberValue" else content
