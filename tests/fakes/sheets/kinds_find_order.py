"""sortRange.

Source: mmedum/google-sheets-mcp docs/architecture.md: dimensionIndex is the sheet's own column; row
metadata goes with its row (spike K).
"""

from __future__ import annotations

from collections.abc import Callable
from functools import cmp_to_key

from tests.fakes.sheets.batch import Context, kind
from tests.fakes.sheets.calc_values import Fault, Scalar, compared, from_extended
from tests.fakes.sheets.shifts import moved_formula
from tests.fakes.sheets.state import Cell, Json, Rect, Refused, Sheet, Spreadsheet


def ordered(sheet: Sheet, rect: Rect, specs: list[Json]) -> list[int]:
    """Row numbers in their new order; empty cells are last in either order."""
    rows = list(range(rect[0], rect[1]))
    for spec in reversed(specs):
        column = spec.get("dimensionIndex", 0)
        keys: dict[int, Scalar] = {row: from_extended(sheet.effective(row, column)) for row in rows}
        filled = [row for row in rows if keys[row] is not None]
        empty = [row for row in rows if keys[row] is None]
        down = spec.get("sortOrder") == "DESCENDING"
        filled.sort(key=cmp_to_key(_by(keys)), reverse=down)
        rows = filled + empty
    return rows


def _by(keys: dict[int, Scalar]) -> Callable[[int, int], int]:
    def order(first: int, second: int) -> int:
        one, other = keys[first], keys[second]
        if isinstance(one, Fault) or isinstance(other, Fault):
            return isinstance(one, Fault) - isinstance(other, Fault)
        return compared(one, other)

    return order


@kind("sortRange")
def sort_range(spreadsheet: Spreadsheet, request: Json, context: Context) -> None:
    sheet, rect = spreadsheet.rect(request.get("range", {}))
    specs = request.get("sortSpecs", [])
    if not specs:
        raise Refused("Must specify at least one sort spec.")
    for spec in specs:
        if not rect[2] <= spec.get("dimensionIndex", 0) < rect[3]:
            raise Refused("Sort spec dimensionIndex is outside of the range.")
    context.guard(sheet, rect)
    context.recalculate()
    sort_rows(spreadsheet, sheet, rect, specs)


def sort_rows(spreadsheet: Spreadsheet, sheet: Sheet, rect: Rect, specs: list[Json]) -> None:
    """Sort the rows of a rectangle; whole cells move, row metadata with them."""
    order = ordered(sheet, rect, specs)
    cells = {row: [sheet.cell(row, column) for column in range(rect[2], rect[3])] for row in order}
    for place, row in enumerate(order, rect[0]):
        sheet.put_row(place, rect[2], [_carried(cell, place - row) for cell in cells[row]])
    new = {row: place for place, row in enumerate(order, rect[0])}
    _move_metadata(spreadsheet, sheet, new)


def _carried(cell: Cell | None, rows: int) -> Cell | None:
    told = (cell or {}).get("userEnteredValue", {}).get("formulaValue")
    if told is None or not rows:
        return cell
    return {**(cell or {}), "userEnteredValue": {"formulaValue": moved_formula(told, rows, 0)}}


def _move_metadata(spreadsheet: Spreadsheet, sheet: Sheet, new: dict[int, int]) -> None:
    for item in spreadsheet.metadata.values():
        where = item["location"].get("dimensionRange")
        if where and where.get("sheetId", 0) == sheet.id and where["dimension"] == "ROWS":
            start = new.get(where["startIndex"], where["startIndex"])
            where["startIndex"], where["endIndex"] = start, start + 1
