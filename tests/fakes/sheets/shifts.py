"""What moves when rows or columns come, go or change places: cells, objects, formulas."""

from __future__ import annotations

import re
from collections.abc import Callable
from functools import lru_cache
from typing import Any

from tests.fakes.sheets import a1
from tests.fakes.sheets.state import OBJECT_LISTS, Json, Sheet, Spreadsheet

Move = Callable[[int, int], tuple[int, int] | None]
"""Where a span (start, end) lies afterwards; None when it is gone."""

_SPANS = {
    "ROWS": ("startRowIndex", "endRowIndex", "rowIndex"),
    "COLUMNS": ("startColumnIndex", "endColumnIndex", "columnIndex"),
}


def inserted(at: int, count: int) -> Move:
    """The move of an insertion: a span grows when it is opened inside."""

    def move(start: int, end: int) -> tuple[int, int]:
        return start + count * (start >= at), end + count * (end > at)

    return move


def deleted(first: int, last: int) -> Move:
    """The move of a deletion: a span shrinks, or goes when nothing is left."""

    def place(index: int) -> int:
        return index if index <= first else max(first, index - (last - first))

    def move(start: int, end: int) -> tuple[int, int] | None:
        new = place(start), place(end)
        return None if new[0] >= new[1] else new

    return move


def apply(spreadsheet: Spreadsheet, sheet: Sheet, dimension: str, move: Move) -> None:
    """Move everything that speaks about rows (or columns) of a sheet, cells excepted."""
    _objects(spreadsheet, sheet, dimension, move)
    _dimension_data(spreadsheet, sheet, dimension, move)
    _formulas(spreadsheet, sheet, dimension, move)
    spreadsheet.changed()


def _objects(spreadsheet: Spreadsheet, sheet: Sheet, dimension: str, move: Move) -> None:
    for owner in spreadsheet.sheets:
        for name in OBJECT_LISTS:
            if owner is sheet or name in {"charts", "conditional_formats", "slicers"}:
                moved = [_moved(item, sheet.id, dimension, move) for item in getattr(owner, name)]
                setattr(owner, name, [item for item in moved if item])
    if sheet.basic_filter:
        sheet.basic_filter = _moved(sheet.basic_filter, sheet.id, dimension, move)
    for key, named in list(spreadsheet.named_ranges.items()):
        moved = _moved(named, sheet.id, dimension, move)
        if moved:
            spreadsheet.named_ranges[key] = moved
        else:
            del spreadsheet.named_ranges[key]


def _moved(value: Any, identity: int, dimension: str, move: Move) -> Any:
    if isinstance(value, list):
        moved = [_moved(item, identity, dimension, move) for item in value]
        return [item for item in moved if item is not None]
    if not isinstance(value, dict):
        return value
    if _speaks_of(value, identity, dimension):
        return _moved_span(value, dimension, move)
    made = {}
    for key, item in value.items():
        found = _moved(item, identity, dimension, move)
        if key in {"ranges", "sources"} and item and not found:
            return None
        if found is None and item is not None:
            if key in {"range", "source", "sourceRange", "series", "domain"}:
                return None
            continue
        made[key] = found
    return made


def _speaks_of(value: Json, identity: int, dimension: str) -> bool:
    if value.get("sheetId", 0) != identity:
        return False
    if "startIndex" in value or "endIndex" in value:
        return value.get("dimension") == dimension
    return any(key in value for key in _SPANS[dimension])


def _moved_span(value: Json, dimension: str, move: Move) -> Json | None:
    start_key, end_key, point = _SPANS[dimension]
    if "startIndex" in value or "endIndex" in value:
        start_key, end_key = "startIndex", "endIndex"
    if point in value:
        found = move(value[point], value[point] + 1)
        return {**value, point: found[0] if found else max(0, value[point] - 1)}
    start, end = value.get(start_key, 0), value.get(end_key, 1 << 30)
    found = move(start, end)
    if found is None:
        return None
    made = dict(value)
    if start_key in value:
        made[start_key] = found[0]
    if end_key in value:
        made[end_key] = found[1]
    return made


def _dimension_data(spreadsheet: Spreadsheet, sheet: Sheet, dimension: str, move: Move) -> None:
    name = "row_metadata" if dimension == "ROWS" else "column_metadata"
    moved = {}
    for number, item in getattr(sheet, name).items():
        found = move(number, number + 1)
        if found:
            moved[found[0]] = item
    setattr(sheet, name, moved)
    for key, item in list(spreadsheet.metadata.items()):
        where = item["location"].get("dimensionRange")
        if where and _speaks_of(where, sheet.id, dimension):
            found = _moved_span(where, dimension, move)
            if found:
                item["location"]["dimensionRange"] = found
            else:
                del spreadsheet.metadata[key]


_REFERENCE = re.compile(
    r"(?P<text>\"(?:[^\"]|\"\")*\")"
    r"|(?P<sheet>'(?:[^']|'')*'!|[A-Za-z_][A-Za-z0-9_.]*!)?"
    r"(?<![A-Za-z0-9_.$])(?P<ref>\$?[A-Za-z]{1,3}\$?\d+(?::\$?[A-Za-z]{1,3}(?:\$?\d+)?)?"
    r"|\$?[A-Za-z]{1,3}:\$?[A-Za-z]{1,3}|\$?\d+:\$?\d+)(?![A-Za-z0-9_.(!])"
)
_PART = re.compile(r"(\$?)([A-Za-z]*)(\$?)(\d*)")


def _formulas(spreadsheet: Spreadsheet, sheet: Sheet, dimension: str, move: Move) -> None:
    for owner in spreadsheet.sheets:
        for number, row in enumerate(owner.rows):
            for column, cell in enumerate(row):
                if cell is None:
                    continue
                formula = cell.get("userEnteredValue", _NONE).get("formulaValue")
                if formula:
                    new = rewritten(formula, owner.title, sheet.title, dimension, move)
                    if new != formula:
                        value = {"formulaValue": new}
                        owner.put(number, column, {**cell, "userEnteredValue": value})


_NONE: Json = {}


def rewritten(formula: str, home: str, title: str, dimension: str, move: Move) -> str:
    """A formula on tab `home` after rows or columns of tab `title` moved."""

    def one(found: re.Match[str]) -> str:
        if found["text"] is not None:
            return found[0]
        named = found["sheet"]
        spoken = named[:-1].strip("'").replace("''", "'") if named else home
        if spoken.casefold() != title.casefold():
            return found[0]
        return (named or "") + _moved_reference(found["ref"], dimension, move)

    return _REFERENCE.sub(one, formula)


def _moved_reference(text: str, dimension: str, move: Move) -> str:
    first, colon, last = text.partition(":")
    a, b = _PART.fullmatch(first), _PART.fullmatch(last or first)
    if not a or not b:
        return text
    start, end = _index(a, dimension), _index(b, dimension)
    if start is None and end is None:
        return text
    found = move(start or 0, end + 1 if end is not None else 1 << 30)
    if found is None:
        return "#REF!"
    head = _written(a, dimension, found[0] if start is not None else None)
    if not colon:
        return head
    return head + ":" + _written(b, dimension, found[1] - 1 if end is not None else None)


def _index(part: re.Match[str], dimension: str) -> int | None:
    if dimension == "ROWS":
        return int(part[4]) - 1 if part[4] else None
    return a1.number(part[2]) if part[2] else None


def _written(part: re.Match[str], dimension: str, index: int | None) -> str:
    if index is None:
        return part[0]
    if dimension == "ROWS":
        return f"{part[1]}{part[2]}{part[3]}{index + 1}"
    return f"{part[1]}{a1.letters(index)}{part[3]}{part[4]}"


def moved_formula(formula: str, down: int, across: int) -> str:
    """A formula copied so many rows down and columns across; $ stays."""

    def one(found: re.Match[str]) -> str:
        if found["text"] is not None:
            return found[0]
        parts = [_copied(part, down, across) for part in found["ref"].split(":")]
        return (found["sheet"] or "") + ("#REF!" if None in parts else ":".join(parts))

    return _REFERENCE.sub(one, formula)


def _copied(text: str, down: int, across: int) -> str | None:
    part = _PART.fullmatch(text)
    fixed_column, column, fixed_row, row = part.groups()
    if row and not column:
        fixed_row = fixed_row or fixed_column
        fixed_column = ""
    if column and not fixed_column:
        moved = a1.number(column) + across
        if moved < 0:
            return None
        column = a1.letters(moved)
    if row and not fixed_row:
        if int(row) + down < 1:
            return None
        row = str(int(row) + down)
    return f"{fixed_column}{column}{fixed_row}{row}"


def canonical(formula: str, spreadsheet: Spreadsheet) -> str:
    """A formula as Google stores it: references in capitals, corners in order, plain titles bare.

    =sum( sales!b3:a2 ) is kept as =sum( Sales!A2:B3 ), A3:A3 as A3.
    """
    return _canonical(formula, tuple(sheet.title for sheet in spreadsheet.sheets))


@lru_cache(maxsize=20_000)
def _canonical(formula: str, titles: tuple[str, ...]) -> str:
    known = {title.casefold(): title for title in titles}

    def one(found: re.Match[str]) -> str:
        if found["text"] is not None:
            return found[0]
        named = found["sheet"] or ""
        if named:
            spoken = named[:-1].strip("'").replace("''", "'")
            title = known.get(spoken.casefold())
            named = f"{a1.quoted(title)}!" if title else named
        return named + _ordered(found["ref"].upper())

    return _REFERENCE.sub(one, formula)


def _ordered(text: str) -> str:
    first, colon, last = text.partition(":")
    if not colon or (first == last and any(c.isdigit() for c in first) and not first.isdigit()):
        return first
    a, b = _PART.fullmatch(first), _PART.fullmatch(last)
    if not a or not b or not all((a[2], a[4], b[2], b[4])):
        return text
    columns = sorted([(a1.number(a[2]), a[1] + a[2]), (a1.number(b[2]), b[1] + b[2])])
    rows = sorted([(int(a[4]), a[3] + a[4]), (int(b[4]), b[3] + b[4])])
    return f"{columns[0][1]}{rows[0][1]}:{columns[1][1]}{rows[1][1]}"


def cut_to_grid(sheet: Sheet) -> None:
    """After a shrink, objects end where the grid ends."""
    for name in ("merges", "protected_ranges", "banded_ranges", "tables"):
        kept = []
        for item in getattr(sheet, name):
            area = item if name == "merges" else item.get("range")
            if area is None or _cut(area, sheet):
                kept.append(item)
        setattr(sheet, name, kept)
    if sheet.basic_filter and not _cut(sheet.basic_filter.get("range", {}), sheet):
        sheet.basic_filter = None


def _cut(area: Json, sheet: Sheet) -> bool:
    for start, end, most in (
        ("startRowIndex", "endRowIndex", sheet.row_count),
        ("startColumnIndex", "endColumnIndex", sheet.column_count),
    ):
        if area.get(start, 0) >= most:
            return False
        if area.get(end, 0) > most:
            area[end] = most
    return True


_TAB = re.compile(
    r"(?P<text>\"(?:[^\"]|\"\")*\")|(?P<sheet>'(?:[^']|'')*'|[A-Za-z_][A-Za-z0-9_.]*)!"
)


def rename_in_formulas(spreadsheet: Spreadsheet, old: str, new: str) -> None:
    """Formulas follow a tab that gets another title."""

    def one(found: re.Match[str]) -> str:
        if found["text"] is not None:
            return found[0]
        spoken = found["sheet"].strip("'").replace("''", "'")
        return f"{a1.quoted(new)}!" if spoken.casefold() == old.casefold() else found[0]

    for sheet in spreadsheet.sheets:
        for row, column, cell in list(sheet.cells()):
            formula = cell.get("userEnteredValue", _NONE).get("formulaValue")
            if formula and "!" in formula:
                value = {"formulaValue": _TAB.sub(one, formula)}
                sheet.put(row, column, {**cell, "userEnteredValue": value})
