"""Recalculation: fills ``computed`` and ``computed_formats`` of every sheet.

Formulas and the cells that their arrays spill into get values; a formula may bring a number format
along, so that a date stays a date.
"""

from __future__ import annotations

import sys
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import datetime
from operator import is_
from typing import Any

from tests.fakes.sheets import calc_values as v
from tests.fakes.sheets.calc_book import Area, Evaluation, Frame, Place, formulas
from tests.fakes.sheets.calc_parse import Node
from tests.fakes.sheets.formatting import signs
from tests.fakes.sheets.state import Spreadsheet

NOW = datetime(2026, 1, 15, 12)
"""The clock of a spreadsheet that has no ``now`` of its own."""


def recalculate(spreadsheet: Spreadsheet) -> None:
    """Fill ``computed`` and ``computed_formats`` of every sheet.

    The clock is ``spreadsheet.now`` where a test has set one, NOW else. Nothing is done where no
    sheet that formulas stand in or look at has changed since the last time.
    """
    seen = _inputs(spreadsheet)
    if spreadsheet.inputs is not None and _same(spreadsheet, seen, spreadsheet.inputs):
        return
    _calculate(spreadsheet)
    spreadsheet.inputs = seen


def _inputs(spreadsheet: Spreadsheet) -> tuple[Any, list[list[Any]]]:
    """What results may depend on: names and sizes, and every sheet's rows."""
    told = [
        (s.properties["title"], s.id, str(s.properties["gridProperties"]), str(s.tables))
        for s in spreadsheet.sheets
    ]
    now = getattr(spreadsheet, "now", NOW)
    names = str(spreadsheet.named_ranges)
    return (now, spreadsheet.locale, names, told), [list(s.rows) for s in spreadsheet.sheets]


def _same(
    spreadsheet: Spreadsheet, a: tuple[Any, list[list[Any]]], b: tuple[Any, list[list[Any]]]
) -> bool:
    """Whether results are the same: rows are never changed, only replaced."""
    if a[0] != b[0]:
        return False
    for i, (new, old) in enumerate(zip(a[1], b[1], strict=True)):
        same = len(new) == len(old) and all(map(is_, new, old))
        if not same and (i in spreadsheet.looked_at or any(formulas(spreadsheet.sheets[i]))):
            return False
    return True


def _calculate(spreadsheet: Spreadsheet) -> None:
    for sheet in spreadsheet.sheets:
        sheet.computed, sheet.computed_formats = {}, {}
    comma = signs(spreadsheet.locale)[0] == ","
    book = Evaluation(spreadsheet, getattr(spreadsheet, "now", NOW), comma=comma)
    spreadsheet.looked_at = frozenset()
    if not book.formulas:
        return
    with _deep_chains():
        for place in book.formulas:
            book.cell(place)
    for (sheet, row, column), value in (book.spilled | book.done).items():
        told = v.to_extended(value)
        if told is not None:
            spreadsheet.sheets[sheet].computed[row, column] = told
    for place, node in book.formulas.items():
        _implied(book, place, node)
    spreadsheet.looked_at = frozenset({*book.looked_at, *(place[0] for place in book.formulas)})


@contextmanager
def _deep_chains() -> Iterator[None]:
    """A formula may rest on another, that on a third, and so on through a long tab."""
    limit = sys.getrecursionlimit()
    sys.setrecursionlimit(max(limit, 100_000))
    try:
        yield
    finally:
        sys.setrecursionlimit(limit)


def _implied(book: Evaluation, place: Place, node: Node) -> None:
    """The number format that a formula brings along: a date stays a date."""
    if isinstance(book.done[place], int | float):
        sheet = book.sheets[place[0]]
        if brought := brings(book, place, node):
            sheet.computed_formats[place[1], place[2]] = brought


def brings(book: Evaluation, place: Place, node: Node) -> dict[str, Any] | None:
    """The number format of a formula's result, as far as its form tells."""
    match node:
        case ("call", "TODAY" | "DATE" | "EDATE" | "EOMONTH", _):
            return {"type": "DATE"}
        case ("call", "NOW", _):
            return {"type": "DATE_TIME"}
        case ("call", "IF", (_, *branches)):
            found = (brings(book, place, branch) for branch in branches)
            return next((told for told in found if told), None)
        case ("call", "IFERROR" | "MAX" | "MIN" | "INDEX" | "ARRAYFORMULA", (first, *_)):
            return brings(book, place, first)
        case ("infix", "+" | "-", left, right) if not brings(book, place, right):
            return brings(book, place, left)
        case ("ref", _) | ("name", _):
            area = Frame(book, *place).value(node)
            return _format_of(book, area) if isinstance(area, Area) else None
    return None


def _format_of(book: Evaluation, area: Area) -> dict[str, Any] | None:
    sheet = book.sheets[area.sheet]
    cell = sheet.cell(area.top, area.left) or {}
    own = cell.get("userEnteredFormat", {}).get("numberFormat")
    return own or sheet.computed_formats.get((area.top, area.left))
