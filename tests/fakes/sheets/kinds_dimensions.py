"""Request kinds on rows and columns, and on blocks of cells that push others aside."""

from __future__ import annotations

from typing import Any

from tests.fakes.sheets import masks, shifts
from tests.fakes.sheets.batch import Context, kind
from tests.fakes.sheets.birth import check_size
from tests.fakes.sheets.state import Json, Rect, Refused, Sheet, Spreadsheet, clone


def span(spreadsheet: Spreadsheet, grid_range: Json) -> tuple[Sheet, str, int, int]:
    """Sheet, dimension, first and end of a DimensionRange."""
    sheet = spreadsheet.sheet(grid_range.get("sheetId", 0))
    dimension = grid_range.get("dimension", "")
    if dimension not in {"ROWS", "COLUMNS"}:
        raise Refused("Must specify a dimension.")
    first = grid_range.get("startIndex", 0)
    last = grid_range.get("endIndex", size(sheet, dimension))
    if first < 0 or last <= first:
        raise Refused(f"endIndex[{last}] must be greater than startIndex[{first}]")
    return sheet, dimension, first, last


def size(sheet: Sheet, dimension: str) -> int:
    """Rows or columns of the grid."""
    return sheet.row_count if dimension == "ROWS" else sheet.column_count


def stripe(sheet: Sheet, dimension: str, first: int, last: int) -> Rect:
    """The rectangle of whole rows or columns."""
    top, bottom, left, right = sheet.whole()
    return (first, last, left, right) if dimension == "ROWS" else (top, bottom, first, last)


@kind("insertDimension")
def insert_dimension(spreadsheet: Spreadsheet, request: Json, context: Context) -> None:
    sheet, dimension, first, last = span(spreadsheet, request["range"])
    most = size(sheet, dimension)
    if first > most:
        raise Refused(f"range.startIndex is larger than current grid size ({most})")
    if first == most and not request.get("inheritFromBefore"):
        raise Refused(
            f"range.startIndex must be less than the grid size ({most}) "
            "if inheritFromBefore is false."
        )
    if request.get("inheritFromBefore") and first == 0:
        raise Refused("inheritFromBefore cannot be true when inserting at the first index.")
    context.guard_insert(sheet, dimension, first)
    insert(
        spreadsheet, sheet, dimension, first, last, before=bool(request.get("inheritFromBefore"))
    )


def insert(
    spreadsheet: Spreadsheet,
    sheet: Sheet,
    dimension: str,
    first: int,
    last: int,
    *,
    before: bool = False,
) -> None:
    """New empty rows or columns that look like their neighbour."""
    count = last - first
    shifts.apply(spreadsheet, sheet, dimension, shifts.inserted(first, count))
    model = first - 1 if before else first
    if dimension == "ROWS":
        if first < len(sheet.rows):
            looks = tuple(map(_look, sheet.row(model)))
            sheet.rows[first:first] = [looks if any(looks) else ()] * count
        sheet.resize(rows=sheet.row_count + count)
    else:
        rows = []
        for row in sheet.rows:
            look = _look(row[model]) if model < len(row) else None
            rows.append((*row[:first], *[look] * count, *row[first:]) if first < len(row) else row)
        sheet.rows = rows
        sheet.resize(columns=sheet.column_count + count)
    check_size(spreadsheet)


def _look(cell: Json | None) -> Json | None:
    if cell is None:
        return None
    kept = {k: cell[k] for k in ("userEnteredFormat", "dataValidation") if k in cell}
    return kept or None


@kind("deleteDimension")
def delete_dimension(spreadsheet: Spreadsheet, request: Json, context: Context) -> None:
    sheet, dimension, first, last = span(spreadsheet, request["range"])
    most = size(sheet, dimension)
    if first >= most or last > most:
        raise Refused(
            f"Cannot delete a {_word(dimension)} that doesn't exist. Tried to delete "
            f"{_word(dimension)} index {max(first, most)} but there are only {most} "
            f"{_word(dimension)}s."
        )
    if last - first >= most:
        raise Refused(f"You can't delete all the {_word(dimension)}s on the sheet.")
    frozen = sheet.grid.get("frozenRowCount" if dimension == "ROWS" else "frozenColumnCount", 0)
    if frozen and first <= frozen and last >= most:
        raise Refused(f"Sorry, it is not possible to delete all non-frozen {_word(dimension)}s.")
    context.guard(sheet, stripe(sheet, dimension, first, last))
    remove(spreadsheet, sheet, dimension, first, last)


def remove(spreadsheet: Spreadsheet, sheet: Sheet, dimension: str, first: int, last: int) -> None:
    """Take rows or columns away."""
    shifts.apply(spreadsheet, sheet, dimension, shifts.deleted(first, last))
    count = last - first
    if dimension == "ROWS":
        del sheet.rows[first:last]
        sheet.grid["rowCount"] -= count
    else:
        sheet.rows = [row[:first] + row[last:] for row in sheet.rows]
        sheet.grid["columnCount"] -= count
    key = "frozenRowCount" if dimension == "ROWS" else "frozenColumnCount"
    if sheet.grid.get(key, 0) > first:
        sheet.grid[key] = max(first, sheet.grid[key] - count)
        if not sheet.grid[key]:
            del sheet.grid[key]


def _word(dimension: str) -> str:
    return dimension.lower().removesuffix("s")


@kind("appendDimension")
def append_dimension(spreadsheet: Spreadsheet, request: Json, context: Context) -> None:
    sheet = spreadsheet.sheet(request.get("sheetId", 0))
    length = request.get("length", 0)
    if length <= 0:
        raise Refused("length must be greater than 0.")
    if request.get("dimension") == "COLUMNS":
        sheet.resize(columns=sheet.column_count + length)
    else:
        sheet.resize(rows=sheet.row_count + length)
    check_size(spreadsheet)


@kind("moveDimension")
def move_dimension(spreadsheet: Spreadsheet, request: Json, context: Context) -> None:
    sheet, dimension, first, last = span(spreadsheet, request["source"])
    target = request.get("destinationIndex", 0)
    if first <= target <= last:
        raise Refused(
            f"destinationIndex[{target}] must not lie within the moved range [{first}, {last}]"
        )
    context.guard(sheet, stripe(sheet, dimension, min(first, target), max(last, target)))
    move(spreadsheet, sheet, dimension, first, last, target)


def move(
    spreadsheet: Spreadsheet, sheet: Sheet, dimension: str, first: int, last: int, target: int
) -> None:
    """Move rows or columns before the place `target` (counted before the move)."""
    order = list(range(size(sheet, dimension)))
    taken = order[first:last]
    del order[first:last]
    at = target if target < first else target - (last - first)
    order[at:at] = taken
    if dimension == "ROWS":
        sheet.rows = [sheet.row(number) for number in order]
        while sheet.rows and not any(sheet.rows[-1]):
            sheet.rows.pop()
    else:
        sheet.rows = [_reordered(row, order) for row in sheet.rows]
    place = {old: new for new, old in enumerate(order)}
    shifts.apply(spreadsheet, sheet, dimension, _moved_with(place, first, last, at))


def _reordered(row: tuple[Any, ...], order: list[int]) -> tuple[Any, ...]:
    made = [row[number] if number < len(row) else None for number in order]
    while made and made[-1] is None:
        made.pop()
    return tuple(made)


def _moved_with(place: dict[int, int], first: int, last: int, at: int) -> shifts.Move:
    """Spans inside the moved block and single rows go along; others are cut out and opened."""
    out, back = shifts.deleted(first, last), shifts.inserted(at, last - first)

    def moved(start: int, end: int) -> tuple[int, int] | None:
        if first <= start and end <= last:
            new = place.get(start, start)
            return new, new + end - start
        if end - start == 1:
            new = place.get(start, start)
            return new, new + 1
        rest = out(start, end)
        return back(*rest) if rest else None

    return moved


@kind("updateDimensionProperties")
def update_dimension_properties(spreadsheet: Spreadsheet, request: Json, context: Context) -> None:
    sheet, dimension, first, last = span(spreadsheet, request["range"])
    known = sheet.row_metadata if dimension == "ROWS" else sheet.column_metadata
    for number in range(first, min(last, size(sheet, dimension))):
        item = known.setdefault(number, {})
        masks.update(item, clone(request["properties"]), request.get("fields", ""))
        for key in [key for key, value in item.items() if value is False]:
            del item[key]


@kind("autoResizeDimensions")
def auto_resize_dimensions(spreadsheet: Spreadsheet, request: Json, context: Context) -> None:
    if "dimensions" not in request:
        return
    sheet, dimension, first, last = span(spreadsheet, request["dimensions"])
    if dimension != "COLUMNS":
        return
    for column in range(first, min(last, sheet.column_count)):
        longest = max((_width(sheet, row, column) for row in range(len(sheet.rows))), default=0)
        if longest:
            sheet.column_metadata.setdefault(column, {})["pixelSize"] = longest


def _width(sheet: Sheet, row: int, column: int) -> int:
    value = sheet.effective(row, column)
    return 10 + 7 * len(str(next(iter(value.values())))) if value else 0


@kind("addDimensionGroup")
def add_dimension_group(spreadsheet: Spreadsheet, request: Json, context: Context) -> Json:
    sheet, dimension, first, last = span(spreadsheet, request["range"])
    groups = _groups(sheet, dimension)
    inside = [
        g for g in groups if g["range"]["startIndex"] <= first and last <= g["range"]["endIndex"]
    ]
    where = {"sheetId": sheet.id, "dimension": dimension, "startIndex": first, "endIndex": last}
    groups.append({"range": where, "depth": 1 + len(inside)})
    name = "row" if dimension == "ROWS" else "column"
    sheet.grid[f"{name}GroupControlAfter"] = True
    return {"dimensionGroups": clone(groups)}


def _groups(sheet: Sheet, dimension: str) -> list[Json]:
    return sheet.row_groups if dimension == "ROWS" else sheet.column_groups


@kind("deleteDimensionGroup")
def delete_dimension_group(spreadsheet: Spreadsheet, request: Json, context: Context) -> Json:
    sheet, dimension, first, last = span(spreadsheet, request["range"])
    groups = _groups(sheet, dimension)
    found = [
        g for g in groups if g["range"]["startIndex"] < last and first < g["range"]["endIndex"]
    ]
    if not found:
        raise Refused("No dimension group exists over the given range.")
    groups.remove(max(found, key=lambda group: group["depth"]))
    return {"dimensionGroups": clone(groups)} if groups else {}


@kind("insertRange")
def insert_range(spreadsheet: Spreadsheet, request: Json, context: Context) -> None:
    sheet, rect = spreadsheet.rect(request["range"])
    context.guard(sheet, rect)
    _push(sheet, rect, request.get("shiftDimension", "ROWS"))


def _push(sheet: Sheet, rect: Rect, dimension: str) -> None:
    top, bottom, left, right = rect
    height, width = bottom - top, right - left
    if dimension == "COLUMNS":
        for row in range(top, bottom):
            old = sheet.row(row)
            if left < len(old):
                sheet.rows[row] = (*old[:left], *[None] * width, *old[left:])[: sheet.column_count]
        return
    for row in range(min(len(sheet.rows) + height, sheet.row_count) - 1, top - 1, -1):
        above = row - height
        cells = [sheet.cell(above, c) if above >= top else None for c in range(left, right)]
        sheet.put_row(row, left, cells)


@kind("deleteRange")
def delete_range(spreadsheet: Spreadsheet, request: Json, context: Context) -> None:
    sheet, (top, bottom, left, right) = spreadsheet.rect(request["range"])
    context.guard(sheet, (top, bottom, left, right))
    if request.get("shiftDimension") == "COLUMNS":
        for row in range(top, min(bottom, len(sheet.rows))):
            sheet.rows[row] = sheet.rows[row][:left] + sheet.rows[row][right:]
        return
    for row in range(top, len(sheet.rows)):
        below = row + bottom - top
        sheet.put_row(row, left, [sheet.cell(below, c) for c in range(left, right)])
