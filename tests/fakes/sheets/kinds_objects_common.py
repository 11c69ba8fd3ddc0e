"""What request kinds about objects share: chosen ids, looking objects up, overlaps."""

from __future__ import annotations

from collections.abc import Iterator

from tests.fakes.sheets.batch import Context, bounds
from tests.fakes.sheets.state import Json, Rect, Refused, Sheet, Spreadsheet


def everywhere(spreadsheet: Spreadsheet, attribute: str) -> Iterator[tuple[Sheet, Json]]:
    """Every object of a kind, with its sheet."""
    for sheet in spreadsheet.sheets:
        for item in getattr(sheet, attribute):
            yield sheet, item


def with_id(
    made: Json, key: str, attribute: str, noun: str, spreadsheet: Spreadsheet, context: Context
) -> None:
    """Give an object its id: the chosen one unless it is taken, else a new one."""
    taken = {item[key] for _, item in everywhere(spreadsheet, attribute)}
    if key in made and made[key] in taken:
        raise Refused(f"{noun} with id {made[key]} already exists.")
    made.setdefault(key, context.new_id())


def found(
    spreadsheet: Spreadsheet, attribute: str, key: str, wanted: object, noun: str
) -> tuple[Sheet, Json]:
    """The sheet and object with this id; Refused when there is none."""
    for sheet, item in everywhere(spreadsheet, attribute):
        if item[key] == wanted:
            return sheet, item
    raise Refused(f"No {noun} with id: {wanted}")


def area(grid_range: Json, spreadsheet: Spreadsheet) -> tuple[Sheet, Rect]:
    """Sheet and rectangle of a range that must lie in the grid; its sheetId is filled in."""
    grid_range.setdefault("sheetId", 0)
    return spreadsheet.rect(grid_range)


def meets(first: Rect, second: Rect) -> bool:
    """Whether two rectangles share a cell."""
    rows = first[0] < second[1] and second[0] < first[1]
    return rows and first[2] < second[3] and second[2] < first[3]


def banded(sheet: Sheet, rect: Rect, but: object = None) -> bool:
    """Whether alternating colours lie somewhere in the rectangle, a table's own included."""
    bands = [b["range"] for b in sheet.banded_ranges if b["bandedRangeId"] != but]
    tables = [t["range"] for t in sheet.tables if t["tableId"] != but]
    return any(meets(bounds(one, sheet), rect) for one in bands + tables)
