"""Everything outside the cells that knows where a table's body ends, made to follow it.

The Table part itself, workbook names, conditional formats, validations, sparklines, charts and
pivot sources. Only ranges that cover the old body exactly are rewritten; charts keep their cached
points, which spreadsheet programs refresh when they open the file.
"""

from __future__ import annotations

import re
from collections.abc import Collection

from sheetsync.backends.xlsx.draft import Draft
from sheetsync.backends.xlsx.markup import range_corners
from sheetsync.backends.xlsx.parts import Table
from sheetsync.backends.xlsx.ranges import Resize, stretch_text
from sheetsync.model.errors import WriteFailed
from sheetsync.model.tracker import plain

_REF = re.compile(
    rb"""<(?:[\w.-]+:)?(?:table|autoFilter|sortState|sortCondition)\s[^>]*?\bref\s*=\s*["']([^"']*)"""
)
_SQREF = re.compile(rb"""\ssqref\s*=\s*["']([^"']*)""")
_SQREF_TEXT = re.compile(rb"<(?:[\w.-]+:)?sqref>([^<]*)<")
_FORMULA_TEXT = re.compile(rb"<(?:xm:f|(?:[\w.-]+:)?formula[12]?)>([^<]*)<")
_CHART_FORMULA = re.compile(rb"<(?:[\w.-]+:)?f(?:\s[^>]*)?>([^<]*)<")
_CHART_POINTS = re.compile(
    rb"<(?:[\w.-]+:)?(?:cat|val|xVal|yVal|bubbleSize)>\s*<[\w.:-]+>\s*<(?:[\w.-]+:)?f>([^<]*)<"
)
_NAME = re.compile(
    rb"""<(?:[\w.-]+:)?definedName\s(?:[^>]*?\s)?name\s*=\s*["']([^"']*)["'][^>]*>([^<]*)<"""
)
_PIVOT_SOURCE = re.compile(rb"<(?:[\w.-]+:)?worksheetSource\s[^>]*>")
_ATTRIBUTE_REF = re.compile(rb"""\bref\s*=\s*["']([^"']*)""")
_ATTRIBUTE_SHEET = re.compile(rb"""\bsheet\s*=\s*["']([^"']*)""")


def resize_of(title: str, table: Table, last_body_row: int) -> Resize:
    """What changes when the table's body ends on ``last_body_row``.

    ``WriteFailed`` when it has a totals row, which would have to move, and its length changes.
    """
    old_last = table.last_row - table.totals_rows
    if table.totals_rows and old_last != last_body_row:
        raise WriteFailed(
            f'The table on the tab "{title}" has a totals row, which is in the way of its rows; '
            "switch it off (Table Design, Total Row), then sync again."
        )
    first = table.first_row + table.header_rows
    return Resize(
        title, table.first_row, first, old_last, last_body_row, table.first_col, table.last_col
    )


def follow(draft: Draft, change: Resize, sheet_part: str, names: Collection[str] = ()) -> None:
    """Make tables, names, charts and pivots follow a table's new last row.

    ``names`` are declared workbook names, which cover the body even where it is a single cell.
    What stands on sheets follows by ``followed_tail``.
    """
    if change.new_last == change.old_last:
        return
    for table in draft.book.tables_of_sheet(sheet_part):
        _follow_table(draft, table, change)
    _follow_names(draft, change, names)
    for kind, part in draft.reachable():
        if kind in ("chart", "chartEx"):
            _follow_chart(draft, part, change)
        elif kind == "pivotCacheDefinition":
            _follow_pivot(draft, part, change)


def _put(draft: Draft, part: str, xml: bytes) -> None:
    if xml != draft.read(part):
        draft.write(part, xml)


def _follow_table(draft: Draft, table: Table, change: Resize) -> None:
    if table.first_row != change.header_row:
        return
    _put(draft, table.part, stretch_text(draft.read(table.part), _REF, change.local))


def _follow_names(draft: Draft, change: Resize, names: Collection[str]) -> None:
    folded = {name.casefold() for name in names}

    def swap(match: re.Match[bytes]) -> bytes:
        single = match[1].decode().casefold() in folded
        return stretch_text(match[0], _NAME, lambda text: change.formula(text, single=single))

    part = draft.book.workbook_part
    _put(draft, part, _NAME.sub(swap, draft.read(part)))


def followed_tail(tail: bytes, change: Resize, *, own: bool) -> bytes:
    """What stands after a sheet's rows: formats, validations and sparklines follow the table.

    ``own`` tells the table's own sheet.
    """
    if change.new_last == change.old_last:
        return tail
    if own:
        for pattern, stretch in ((_SQREF, change.sqref), (_SQREF_TEXT, change.sqref)):
            tail = stretch_text(tail, pattern, stretch)
        tail = stretch_text(tail, _REF, change.local)
    if b"!" in tail:
        tail = stretch_text(tail, _FORMULA_TEXT, change.formula)
    return tail


def _follow_chart(draft: Draft, part: str, change: Resize) -> None:
    xml = draft.read(part)
    if change.first_row == change.old_last:
        xml = stretch_text(xml, _CHART_POINTS, lambda text: change.formula(text, single=True))
    _put(draft, part, stretch_text(xml, _CHART_FORMULA, change.formula))


def _follow_pivot(draft: Draft, part: str, change: Resize) -> None:
    """Point the pivot's source to the new range and let Excel refresh it on opening."""
    xml = draft.read(part)
    match = _PIVOT_SOURCE.search(xml)
    if match is None:
        return
    ref, sheet = _ATTRIBUTE_REF.search(match[0]), _ATTRIBUTE_SHEET.search(match[0])
    if ref is None or sheet is None or plain(sheet[1].decode()) != plain(change.title):
        return
    if range_corners(ref[1].decode())[:2] != (change.header_row, change.old_last):
        return
    source = stretch_text(match[0], _ATTRIBUTE_REF, change.local)
    xml = xml[: match.start()] + source + xml[match.end() :]
    if b"refreshOnLoad=" not in xml:
        xml = re.sub(
            rb"<((?:[\w.-]+:)?pivotCacheDefinition)\s", rb'<\1 refreshOnLoad="1" ', xml, count=1
        )
    draft.write(part, xml)
