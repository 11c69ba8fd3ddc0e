"""Cells of a workbook that is open in the fake Excel, as office.js gives and takes them.

It gives dates as serial numbers, empty cells as "" and errors as their texts. What it is given is
read as if typed: "" empties a cell, null leaves it, text in a text-only cell stays text.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from datetime import datetime, timedelta
from typing import Any

from sheetsync.model.values import CellError, Formula, Value
from tests.fakes.excel.calc import recalculate
from tests.fakes.excel.cells import _fill, _grown, _typed
from tests.fakes.excel.world import FakeBook, FakeSheet, Rect, is_day

_ZERO = datetime(1899, 12, 30)
_TEXT_ONLY = "@"


def places(rect: Rect) -> Iterator[tuple[int, int]]:
    """The cells of an area, row by row."""
    top, left, bottom, right = rect
    return ((row, column) for row in range(top, bottom + 1) for column in range(left, right + 1))


def rows_of(rect: Rect, told: Sequence[Any]) -> list[list[Any]]:
    """A list of cells as rows of the area's width."""
    width = rect[3] - rect[1] + 1
    return [list(told[at : at + width]) for at in range(0, len(told), width)]


def values(book: FakeBook, sheet: FakeSheet, rect: Rect) -> list[list[Any]]:
    """Range.values."""
    cells = [sheet.cells.get(place) for place in places(rect)]
    if book.stale and any(type(value) is Formula for value in cells):
        recalculate(book)
    computed, later = sheet.computed, getattr(book, "date1904", False)
    told = [
        raw(computed.get(place, "") if type(value) is Formula else value, date1904=later)
        for place, value in zip(places(rect), cells, strict=True)
    ]
    return rows_of(rect, told)


def types(book: FakeBook, sheet: FakeSheet, rect: Rect) -> list[list[str]]:
    """Range.valueTypes."""
    if book.stale:
        recalculate(book)
    told = []
    for place in places(rect):
        value = sheet.cells.get(place)
        told.append(_type(sheet.computed.get(place) if type(value) is Formula else value))
    return rows_of(rect, told)


def _type(value: Any) -> str:
    match value:
        case None:
            return "Empty"
        case bool():
            return "Boolean"
        case CellError():
            return "Error"
        case str():
            return "String"
    return "Double"


def formulas(book: FakeBook, sheet: FakeSheet, rect: Rect) -> list[list[Any]]:
    """Range.formulas: the content where there is no formula."""
    later = getattr(book, "date1904", False)
    cells = (sheet.cells.get(place) for place in places(rect))
    told = [str(v) if type(v) is Formula else raw(v, date1904=later) for v in cells]
    return rows_of(rect, told)


def raw(value: Any, *, date1904: bool) -> Any:
    """One cell's value in JSON."""
    match value:
        case None:
            return ""
        case float():
            return int(value) if value.is_integer() and abs(value) < 1e15 else value
        case datetime():
            days = (value - _ZERO) / timedelta(days=1)
            early = days < 61  # Excel counts a 29 February 1900
            return raw(days - (1462 if date1904 else early), date1904=False)
        case timedelta():
            return value / timedelta(days=1)
        case CellError():
            return value.code
    return value


def enter(book: FakeBook, sheet: FakeSheet, rect: Rect, rows: Sequence[Sequence[Any]]) -> None:
    """Write rows as Excel does: a block over rows that a filter hides lands elsewhere."""
    book.stale = True
    hidden = sheet.filtered_rows() if rect[:2] != rect[2:] and _is_filtered(sheet) else set()
    misplaced = not hidden.isdisjoint(range(rect[0], rect[2] + 1))
    for row, column in places(rect):
        if row not in hidden:  # each visible area begins with the first value again
            value = rows[0][0] if misplaced else rows[row - rect[0]][column - rect[1]]
            _put(sheet, (row, column), value)


def _is_filtered(sheet: FakeSheet) -> bool:
    return any(told.criteria for told in (*sheet.tables, sheet.filter) if told is not None)


def _put(sheet: FakeSheet, place: tuple[int, int], told: Any) -> None:
    if told is None:
        return
    kept = _kept(told, sheet.formats.get(place, "General"))
    sheet.prefixed.discard(place)
    if isinstance(told, str) and told[:1] == "'":
        sheet.prefixed.add(place)
    if kept is None:
        sheet.cells.pop(place, None)
        return
    sheet.cells[place] = kept
    if isinstance(kept, datetime) and not is_day(sheet.formats.get(place, "")):
        sheet.formats[place] = "m/d/yyyy"
    table = _grown(sheet, place) if sheet.tables else None
    if table is not None and isinstance(kept, Formula):
        _fill(sheet, table, place, kept)


def _kept(told: Any, code: str) -> Value:
    if code == _TEXT_ONLY and told != "":
        return str(told).upper() if isinstance(told, bool) else str(told).removeprefix("'")
    if isinstance(told, bool | int | float):
        return told
    if not isinstance(told, str):
        raise TypeError(told)
    return _typed(told)
