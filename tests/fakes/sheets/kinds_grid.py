"""Request kinds on cells: values, formats, notes, validation, merges, cut and paste."""

from __future__ import annotations

import math
import struct
from functools import lru_cache

from tests.fakes.sheets import masks
from tests.fakes.sheets.batch import Context, kind
from tests.fakes.sheets.shifts import canonical, moved_formula
from tests.fakes.sheets.state import Cell, Json, Rect, Refused, Sheet, Spreadsheet, clone

_READ_ONLY = {"effectiveValue", "formattedValue", "effectiveFormat", "hyperlink"}
_STYLES = {
    "backgroundColor": "backgroundColorStyle",
    "foregroundColor": "foregroundColorStyle",
    "tabColor": "tabColorStyle",
}


def colour(value: Json) -> Json:
    """A colour as Google keeps it: eight bits a channel, single precision, nothing that is 0."""
    kept = {}
    for channel, share in value.items():
        if share and channel != "alpha":
            kept[channel] = _single(math.ceil(share * 255 - 0.5))
        elif share:
            kept[channel] = share
    return {channel: share for channel, share in kept.items() if share}


@lru_cache(maxsize=256)
def _single(bits: int) -> float:
    """A channel's share as the shortest decimal of its single-precision number."""
    wanted = struct.pack("f", bits / 255)
    shown = (float(f"{bits / 255:.{digits}g}") for digits in range(1, 10))
    share = next(value for value in shown if struct.pack("f", value) == wanted)
    return int(share) if share == int(share) else share


def styled(value: Json) -> Json:
    """A format in which each plain colour has its style beside it, as Google adds it."""
    out: Json = {}
    for key, item in value.items():
        if key in _STYLES or key == "rgbColor":
            out[key] = colour(item)
        else:
            out[key] = styled(item) if isinstance(item, dict) else item
    for plain, style in _STYLES.items():
        if out.get(plain) is not None and style not in out:
            out[style] = {"rgbColor": out[plain]}
        elif "rgbColor" in (out.get(style) or {}):
            out.setdefault(plain, out[style]["rgbColor"])
    return out


def clean(cell: Json) -> Cell:
    """A written cell as it is stored: nothing empty, colours with their styles."""
    made = {
        k: v for k, v in cell.items() if v is not None and v not in ({}, "") and k not in _READ_ONLY
    }
    if "userEnteredFormat" in made:
        made["userEnteredFormat"] = styled(made["userEnteredFormat"])
    value = made.get("userEnteredValue")
    if value is not None and (value.get("stringValue") == "" or None in value.values()):
        del made["userEnteredValue"]
    return made


_NONE: Json = {}


class Writer:
    """Writes the masked part of cells; the work for a mask is done once."""

    def __init__(self, fields: str, spreadsheet: Spreadsheet | None = None):
        if not fields:
            raise Refused(masks.NO_FIELDS)
        self.tree = masks.parse(fields)
        self.spreadsheet = spreadsheet
        self.last: tuple[Cell, Cell] | None = None
        self.all = "*" in self.tree
        self.plain = [key for key, inner in self.tree.items() if inner is None]
        self.values_only = list(self.tree.items()) == [("userEnteredValue", None)]
        self.paths = [p for p in masks.leaves(self.tree) if len(p) > 1]

    def over(self, old: Cell | None, new: Cell | None) -> Cell | None:
        """The old cell with the masked fields of the new one; masked fields not given go."""
        if self.spreadsheet and "formulaValue" in ((new or _NONE).get("userEnteredValue") or _NONE):
            text = canonical(new["userEnteredValue"]["formulaValue"], self.spreadsheet)
            new = {**new, "userEnteredValue": {"formulaValue": text}}
        if self.values_only:
            return _with(old, new)
        new = self._cleaned(new) if new else {}
        if self.all or not (old or self.paths):
            return new if self.all else {k: new[k] for k in self.plain if k in new}
        made = dict(old or {})
        for key in self.plain:
            if key in new:
                made[key] = new[key]
            else:
                made.pop(key, None)
        if self.paths:
            made = self._deep(made, new)
        return made

    def _cleaned(self, new: Cell) -> Cell:
        if self.last is None or self.last[0] is not new:
            self.last = (new, clean(new))
        return self.last[1]

    def _deep(self, made: Cell, new: Cell) -> Cell:
        tops = {path[0] for path in self.paths}
        made = {key: clone(value) if key in tops else value for key, value in made.items()}
        for path in self.paths:
            masks._set(made, new, path)
            style = _STYLES.get(path[-1])
            if style:
                masks._set(made, new, (*path[:-1], style))
        return clean(made)


def _with(old: Cell | None, new: Cell | None) -> Cell | None:
    value = new.get("userEnteredValue") if new else None
    if value is not None and (not value or value.get("stringValue") == ""):
        value = None
    if not old:
        return None if value is None else {"userEnteredValue": value}
    made = {**old, "userEnteredValue": value}
    if value is None:
        del made["userEnteredValue"]
    return made


@kind("updateCells")
def update_cells(spreadsheet: Spreadsheet, request: Json, context: Context) -> None:
    rows = request.get("rows") or []
    sheet, rect = _target(spreadsheet, request, rows)
    context.guard(sheet, rect)
    writer = Writer(request.get("fields", ""), spreadsheet)
    top, bottom, left, right = rect
    for number in range(top, bottom):
        given = rows[number - top].get("values") or [] if number - top < len(rows) else []
        if number >= len(sheet.rows) and not given:
            continue
        old = sheet.row(number)
        cells = []
        for column in range(left, right):
            new = given[column - left] if column - left < len(given) else None
            cells.append(writer.over(old[column] if column < len(old) else None, new))
        while cells and not cells[-1] and left + len(cells) > len(old):
            cells.pop()
        sheet.put_row(number, left, cells)


def _target(spreadsheet: Spreadsheet, request: Json, rows: list[Json]) -> tuple[Sheet, Rect]:
    """Where the rows go; rows that reach past what was asked for (or the grid) are Refused."""
    width = max((len(row.get("values") or []) for row in rows), default=0)
    if "range" in request:
        sheet, rect = spreadsheet.rect(request["range"])
        _check_reach(rect, len(rows), width)
        return sheet, rect
    if "start" not in request:
        raise Refused("Must specify a range or a start.")
    start = request["start"]
    sheet = spreadsheet.sheet(start.get("sheetId", 0))
    top, left = start.get("rowIndex", 0), start.get("columnIndex", 0)
    _check_reach((top, sheet.row_count, left, sheet.column_count), len(rows), width)
    return sheet, (top, top + len(rows), left, left + width)


def _check_reach(rect: Rect, height: int, width: int) -> None:
    for name, start, end, count in (("row", *rect[:2], height), ("column", *rect[2:], width)):
        if start + count > end:
            raise Refused(
                f"Attempting to write {name}: {max(start, end)}, "
                f"beyond the last requested {name} of: {end - 1}"
            )


@kind("repeatCell")
def repeat_cell(spreadsheet: Spreadsheet, request: Json, context: Context) -> None:
    sheet, rect = spreadsheet.rect(request["range"], clip=True)
    context.guard(sheet, rect)
    writer, new = Writer(request.get("fields", ""), spreadsheet), request.get("cell") or {}
    formula = (new.get("userEnteredValue") or {}).get("formulaValue")
    top, bottom, left, right = rect
    alike: dict[int, tuple[Cell | None, Cell | None]] = {}
    for row in range(top, bottom):
        cells = []
        for column in range(left, right):
            old = sheet.cell(row, column)
            if formula:
                text = moved_formula(formula, row - top, column - left)
                cells.append(writer.over(old, {**new, "userEnteredValue": {"formulaValue": text}}))
                continue
            known = alike.get(id(old))
            if known is None:
                known = alike[id(old)] = (old, writer.over(old, new))
            cells.append(known[1])
        sheet.put_row(row, left, cells)


@kind("setDataValidation")
def set_data_validation(spreadsheet: Spreadsheet, request: Json, context: Context) -> None:
    sheet, (top, bottom, left, right) = spreadsheet.rect(request["range"])
    context.guard(sheet, (top, bottom, left, right))
    if any(_typed(table, (top, bottom, left, right)) for table in sheet.tables):
        raise Refused("This operation is not allowed on cells in typed columns.")
    rule = request.get("rule")
    if rule is not None:
        check_rule(rule)
        rule = {key: value for key, value in clone(rule).items() if value not in (None, False)}
    alike: dict[int, tuple[Cell | None, Cell]] = {}
    for row in range(top, bottom):
        cells = []
        for column in range(left, right):
            old = sheet.cell(row, column)
            if id(old) not in alike:
                alike[id(old)] = (old, _ruled(old, rule))
            cells.append(alike[id(old)][1])
        sheet.put_row(row, left, cells)


def _ruled(old: Cell | None, rule: Json | None) -> Cell:
    cell = dict(old or {})
    cell.pop("dataValidation", None)
    if rule is not None:
        cell["dataValidation"] = rule
    return cell


def _typed(table: Json, rect: Rect) -> bool:
    """Whether the rectangle meets the body of a table's column that has a type."""
    area = table["range"]
    body = (area["startRowIndex"] + 1, area["endRowIndex"])
    return any(
        _meets((*body, column, column + 1), rect)
        for item in table.get("columnProperties", ())
        if item.get("columnType", _UNTYPED) != _UNTYPED
        for column in [area["startColumnIndex"] + item.get("columnIndex", 0)]
    )


_UNTYPED = "COLUMN_TYPE_UNSPECIFIED"
_NEEDS = {"ONE_OF_LIST": (1, 500), "ONE_OF_RANGE": (1, 1), "CUSTOM_FORMULA": (1, 1)}


def check_rule(rule: Json) -> None:
    """Refused when a condition has too few or too many values."""
    condition = rule.get("condition") or {}
    least, most = _NEEDS.get(condition.get("type"), (0, 500))
    count = len(condition.get("values") or [])
    if not least <= count <= most:
        raise Refused(
            f"Invalid data validation rule: condition {condition.get('type')} requires "
            f"{'at least ' if most > least else ''}{least} condition value, got {count}."
        )


@kind("mergeCells")
def merge_cells(spreadsheet: Spreadsheet, request: Json, context: Context) -> None:
    sheet, rect = spreadsheet.rect(request["range"])
    context.guard(sheet, rect)
    kept = []
    for merge in sheet.merges:
        area = _rect_of(merge)
        if not _meets(area, rect):
            kept.append(merge)
        elif not (
            rect[0] <= area[0] and area[1] <= rect[1] and rect[2] <= area[2] and area[3] <= rect[3]
        ):
            raise Refused("You must select all cells in a merged range to merge or unmerge them.")
    parts = _parts(rect, request.get("mergeType", "MERGE_ALL"))
    made = [part for part in parts if (part[1] - part[0]) * (part[3] - part[2]) > 1]
    sheet.merges = [*kept, *({"sheetId": sheet.id, **_grid_range(part)} for part in made)]
    for part in made:
        _keep_corner(sheet, part)


def _parts(rect: Rect, merge_type: str) -> list[Rect]:
    top, bottom, left, right = rect
    if merge_type == "MERGE_ROWS":
        return [(row, row + 1, left, right) for row in range(top, bottom)]
    if merge_type == "MERGE_COLUMNS":
        return [(top, bottom, column, column + 1) for column in range(left, right)]
    return [rect]


def _keep_corner(sheet: Sheet, rect: Rect) -> None:
    """Only the first cell of a merge keeps its value."""
    for row, column, cell in list(sheet.cells(rect)):
        if (row, column) != (rect[0], rect[2]) and "userEnteredValue" in cell:
            sheet.put(row, column, {k: v for k, v in cell.items() if k != "userEnteredValue"})


def _grid_range(rect: Rect) -> Json:
    keys = ("startRowIndex", "endRowIndex", "startColumnIndex", "endColumnIndex")
    return dict(zip(keys, rect, strict=True))


def _rect_of(merge: Json) -> Rect:
    return (
        merge["startRowIndex"],
        merge["endRowIndex"],
        merge["startColumnIndex"],
        merge["endColumnIndex"],
    )


def _meets(one: Rect, other: Rect) -> bool:
    rows = one[0] < other[1] and other[0] < one[1]
    return rows and one[2] < other[3] and other[2] < one[3]


@kind("unmergeCells")
def unmerge_cells(spreadsheet: Spreadsheet, request: Json, context: Context) -> None:
    sheet, rect = spreadsheet.rect(request["range"])
    context.guard(sheet, rect)
    sheet.merges = [merge for merge in sheet.merges if not _meets(_rect_of(merge), rect)]


@kind("cutPaste")
def cut_paste(spreadsheet: Spreadsheet, request: Json, context: Context) -> None:
    sheet, rect = spreadsheet.rect(request["source"])
    place = request["destination"]
    target = spreadsheet.sheet(place.get("sheetId", 0))
    top, left = place.get("rowIndex", 0), place.get("columnIndex", 0)
    area = (top, top + rect[1] - rect[0], left, left + rect[3] - rect[2])
    context.guard(sheet, rect)
    context.guard(target, area)
    taken = {
        (row - rect[0], column - rect[2]): cell for row, column, cell in list(sheet.cells(rect))
    }
    for row, column in taken:
        sheet.put(row + rect[0], column + rect[2], None)
    for row in range(rect[1] - rect[0]):
        for column in range(rect[3] - rect[2]):
            target.put(top + row, left + column, taken.get((row, column)))
