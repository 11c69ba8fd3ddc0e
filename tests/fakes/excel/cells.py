"""Cells of the fake Excel as COM gives and takes them."""

from __future__ import annotations

import re
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from typing import Any

from sheetsync.backends.excel.values import ERRORS
from sheetsync.model.values import CellError, Formula, Value
from tests.fakes.excel.calc import recalculate
from tests.fakes.excel.world import (
    PROTECTED,
    FakeBook,
    FakeExcel,
    FakeSheet,
    FakeTable,
    Rect,
    is_day,
    refused,
    utc,
)

_NUMBER = re.compile(r"[-+]?[$€]?\d[\d,]*(\.\d*)?(e[-+]?\d+)?%?", re.IGNORECASE)
_DAY = re.compile(
    r"(\d{1,4})[-/](\d{1,2})(?:[-/](\d{1,4}))?|(mar|jan|may)[a-z]* \d+", re.IGNORECASE
)
_ZERO = datetime(1899, 12, 30)
_NUMBERS = {code: number for number, code in ERRORS.items()}


def read(excel: FakeExcel, book: FakeBook, sheet: FakeSheet, rect: Rect, *, texts: bool) -> Any:
    """Range.Value or Range.Formula: bare for one cell, a tuple of tuples for more."""
    top, left, bottom, right = rect
    if not texts and any(isinstance(v, Formula) for v in sheet.cells.values()):
        recalculate(book)
    one = _text if texts else _value
    rows = tuple(
        tuple(one(sheet, (row, column)) for column in range(left, right + 1))
        for row in range(top, bottom + 1)
    )
    return rows[0][0] if rect[:2] == rect[2:] else rows


def _value(sheet: FakeSheet, place: tuple[int, int]) -> Any:
    value = sheet.cells.get(place)
    if isinstance(value, Formula):
        value = sheet.computed.get(place, 0.0)
    code = sheet.formats.get(place, "")
    match value:
        case None | bool() | str():
            return value
        case CellError():
            return _NUMBERS[value.code]
        case datetime():
            return utc(value)
        case timedelta():
            return utc(_ZERO + value)
    if is_day(code):
        return utc(_ZERO + timedelta(days=value))
    if "$" in code or "€" in code:
        return Decimal(str(round(value, 4)))
    return float(value)


def _text(sheet: FakeSheet, place: tuple[int, int]) -> str:
    value = sheet.cells.get(place)
    match value:
        case None:
            return ""
        case bool():
            return str(value).upper()
        case datetime():
            return f"{(value - _ZERO) / timedelta(days=1):.15g}"
        case timedelta():
            return f"{value / timedelta(days=1):.15g}"
        case int() | float():
            return f"{value:.15g}"
    return str(value)


def write(excel: FakeExcel, book: FakeBook, sheet: FakeSheet, rect: Rect, data: Any) -> None:
    """Range.Value = data: a scalar fills the range, a block that is filtered lands elsewhere."""
    if sheet.keeps(rect):
        raise refused(PROTECTED)
    book.stale = True
    excel.state["cut_copy_mode"] = None
    top, left, bottom, right = rect
    rows = [(data,) * (right - left + 1)] * (bottom - top + 1) if _bare(data) else data
    assert {len(row) for row in rows} == {right - left + 1}
    assert len(rows) == bottom - top + 1
    hidden = sheet.filtered_rows() if rect[:2] != rect[2:] else set()
    misplaced = not hidden.isdisjoint(range(top, bottom + 1))
    for row in range(top, bottom + 1):
        for column in range(left, right + 1):
            if row not in hidden:  # each visible area begins with the first value again
                value = rows[0][0] if misplaced else rows[row - top][column - left]
                _enter(excel, sheet, (row, column), value)


def _bare(data: Any) -> bool:
    return not isinstance(data, list | tuple)


def _enter(excel: FakeExcel, sheet: FakeSheet, place: tuple[int, int], value: Any) -> None:
    kept = _parsed(sheet, place, value)
    sheet.prefixed.discard(place)
    if isinstance(value, str) and value[:1] == "'":
        sheet.prefixed.add(place)
    if kept is None:
        sheet.cells.pop(place, None)
    else:
        sheet.cells[place] = kept
    if isinstance(kept, datetime) and not is_day(sheet.formats.get(place, "")):
        sheet.formats[place] = "m/d/yyyy"
    table = _grown(sheet, place) if kept is not None else None
    if table is not None and isinstance(kept, Formula) and excel.fills_formulas:
        _fill(sheet, table, place, kept)


def _parsed(sheet: FakeSheet, place: tuple[int, int], value: Any) -> Value:
    match value:
        case None:
            raise TypeError("COM makes VT_NULL of None")
        case datetime():
            assert value.tzinfo is UTC, "pywin32 wants a zone"
            return value.replace(tzinfo=None)
        case bool():
            return value
        case int():
            raise TypeError("the appscript packs whole numbers so that Excel ignores them")
        case float():
            elapsed = "[h]" in sheet.formats.get(place, "")
            return timedelta(days=value) if elapsed else value
        case str():
            return _typed(value)
    raise TypeError(value)


def _typed(text: str) -> Value:
    """What Excel makes of typed text."""
    if text[:1] == "'":
        return text[1:]
    if text[:1] == "=" and len(text) > 1:
        return Formula(text[1:])
    if text in _NUMBERS:
        return CellError(text)
    if text.casefold() in ("true", "false"):
        return text.casefold() == "true"
    if _NUMBER.fullmatch(text):
        return float(re.sub(r"[$€,%]", "", text)) / (100 if text.endswith("%") else 1)
    if _DAY.fullmatch(text):
        return datetime(2026, 1, 1)
    return text or None


def _grown(sheet: FakeSheet, place: tuple[int, int]) -> FakeTable | None:
    """The table that a cell belongs to; one that ends just above it takes the row in."""
    for table in sheet.tables:
        top, left, bottom, right = table.rect
        if left <= place[1] <= right:
            if place[0] == bottom + 1 and not table.totals:
                table.rect = (top, left, bottom + 1, right)
            if top < place[0] <= table.rect[2]:
                return table
    return None


def _fill(sheet: FakeSheet, table: FakeTable, place: tuple[int, int], formula: Formula) -> None:
    """A formula in a column that is empty else becomes the whole column's."""
    top, _, bottom, _ = table.rect
    column = [(row, place[1]) for row in range(top + 1, bottom + 1)]
    if all(other == place or sheet.cells.get(other) is None for other in column):
        for other in column:
            sheet.cells[other] = formula
