"""Requests for a tab with columns: cells, looks, dropdowns, colours, a table or a filter.

Entry tabs get coloured rows and a filter over the whole width, not a native Table: a Table takes
no formula in its header, and sorting one would leave behind what stands beside it, such as
people's own columns. SYNC columns there only warn who types into them: a hard protection would
forbid everybody else to sort. Their header cells, which hold the formula, are protected.

Tabs that the engine writes are native Tables: their rows' colour grows and shrinks with them.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Mapping, Sequence
from itertools import groupby
from typing import Any

from sheetsync.backends.google import ids
from sheetsync.backends.google.draw_cells import (
    Json,
    Request,
    body_rows,
    cell,
    column_range,
    grid,
    heights,
    repeat_format,
    separated,
    update_cells,
    widths,
)
from sheetsync.backends.google.draw_style import (
    cell_format,
    colour,
    number_pattern,
    rule_format,
    without,
)
from sheetsync.backends.google.draw_validation import Offered, validation
from sheetsync.backends.xlsx.draw_style import ACCENT, BAR, PALE, RULES
from sheetsync.backends.xlsx.draw_table import (
    TAB_COLOURS,
    TWO_LINES,
    frozen_columns,
    header_of,
    height_of,
    look_of,
    side_of,
    told_of,
)
from sheetsync.model.tables import letters
from sheetsync.model.tracker import Column, Highlight, Owner, Role, Tab
from sheetsync.model.values import Formula

Rows = Sequence[Mapping[str, Any]]
SyncHeader = Callable[[Tab, Column], str | None]
"""Gives the formula (without =) in the header of an entry tab's SYNC column, or None."""

ROWS, _OWN_ROWS = 1000, 200
"""Rows of a new tab that people fill in, and of one that the engine writes."""
_HEADER = 33
"""The header's height in points."""
SPARE_COLUMNS = 8
"""Room for people's own columns, inside the filter from the start."""
_PIECE = 2000
"""Rows of one request, so that a long body can be split among batches."""
_BAND_GREY, _WHITE, _BAND_WHITE = "#F9FAFB", "#FFFFFF", "#FBFCFC"


def sheet_request(tab: Tab, index: int, rows: int = 0) -> Request:
    """Add a table tab: its colour, frozen header and size."""
    entry = tab.role is Role.ENTRY
    size = {
        "rowCount": max(ROWS if entry else _OWN_ROWS, rows + 2),
        "columnCount": len(tab.columns) + (SPARE_COLUMNS if entry else 0),
        "frozenRowCount": 1,
        "frozenColumnCount": frozen_columns(tab),
    }
    properties = {
        "sheetId": ids.sheet_id(tab.key),
        "title": tab.title,
        "index": index,
        "gridProperties": size,
        "tabColorStyle": colour(TAB_COLOURS[tab.role]),
        **({"hidden": True} if tab.hidden else {}),
    }
    return {"addSheet": {"properties": properties}}


def draw_table(
    offered: Offered, tab: Tab, rows: Rows, editors: Json, sync_header: SyncHeader
) -> Iterator[Request]:
    """Everything on a table tab but the tab itself and its body's rows (``body``)."""
    sheet = ids.sheet_id(tab.key)
    yield from widths(sheet, {i: column.width for i, column in enumerate(tab.columns)})
    yield from _heights(sheet, tab, rows)
    yield update_cells(grid(sheet, 0, 1, 0, len(tab.columns)), [_header(tab, sync_header)], _CELL)
    for index, column in enumerate(tab.columns):
        yield repeat_format(column_range(sheet, index), _body_format(tab, column))
        rule = validation(offered, tab, column)
        if rule is not None:
            where = column_range(sheet, index)
            yield {"setDataValidation": {"range": where, "rule": rule}}
    if tab.role is Role.SETTINGS:
        yield from _yellow(sheet, tab, len(rows))
    yield from _rules(sheet, tab)
    yield from _names(sheet, tab, len(rows))
    yield from (
        _entry(sheet, tab, editors)
        if tab.role is Role.ENTRY
        else _owned(sheet, tab, len(rows), editors)
    )


_CELL = "userEnteredValue,userEnteredFormat,note"


def _heights(sheet: int, tab: Tab, rows: Rows) -> Iterator[Request]:
    """The header's height, and room for the lines that a row of words takes."""
    yield from heights(sheet, {0: _HEADER})
    if tab.role is Role.SETTINGS:
        yield from heights(sheet, {i: height_of(tab, row) for i, row in enumerate(rows, 1)})
    if tab.key in TWO_LINES:
        yield from heights(sheet, dict.fromkeys(range(1, _OWN_ROWS), TWO_LINES[tab.key]))


def _yellow(sheet: int, tab: Tab, rows: int) -> Iterator[Request]:
    """The colour of the settings' values, as far as there are settings."""
    for index, column in enumerate(tab.columns):
        if look_of(tab, column) == "settings":
            made = cell_format("settings", column.number_format, side_of(column))
            yield repeat_format(column_range(sheet, index, 1, 1 + max(1, rows)), made)


def _header(tab: Tab, sync_header: SyncHeader) -> Json:
    return {"values": [_header_cell(tab, column, sync_header) for column in tab.columns]}


def _header_cell(tab: Tab, column: Column, sync_header: SyncHeader) -> Json:
    computed = look_of(tab, column).startswith("computed")
    made = cell_format("header computed" if computed else "header", side="left")
    formula = sync_header(tab, column) if _by_formula(tab, column) else None
    content = Formula(formula) if formula else header_of(column)
    return cell(content, userEnteredFormat=made, note=told_of(column))


def _by_formula(tab: Tab, column: Column) -> bool:
    return tab.role is Role.ENTRY and column.owner is Owner.SYNC


def _body_format(tab: Tab, column: Column) -> Json:
    """A column's look to the sheet's end; the engine's rows get their colour from their table."""
    made = cell_format(look_of(tab, column), column.number_format, side_of(column))
    kept = tab.role is Role.ENTRY or look_of(tab, column) == "decision"
    return without(made, "borders", *(() if kept else ("backgroundColorStyle",)))


def body(tab: Tab, rows: Rows) -> Iterator[Request]:
    """The rows below the header in pieces; SYNC columns of entry tabs are left to their formula."""
    sheet = ids.sheet_id(tab.key)
    keys = [c.key for c in tab.columns if not _by_formula(tab, c)]
    for start in range(0, len(rows), _PIECE):
        part = rows[start : start + _PIECE]
        where = grid(sheet, 1 + start, 1 + start + len(part), 0, len(keys))
        yield update_cells(where, body_rows(keys, part), "userEnteredValue")


_UNIT = re.compile(r'{(\w+)}="([^"]*)"')


def unit_formats(
    tab: Tab,
    rows: Rows,
    top: int = 1,
    *,
    sheet: int | None = None,
    places: Mapping[str, int] | None = None,
) -> Iterator[Request]:
    """Number formats by what stands in the row, e.g. its unit, one request for each run of rows.

    The file does this with conditional formats, which in Google cannot format numbers: these are
    to be sent whenever a body is written whose ``rows`` begin at ``top`` (from 0). ``sheet`` is
    the tab's id and ``places`` are its columns by key (from 0), where they are not as declared.
    """
    where = ids.sheet_id(tab.key) if sheet is None else sheet
    places = places or {column.key: index for index, column in enumerate(tab.columns)}
    for (columns, key), codes in _unit_codes(tab).items():
        for start, end, code in _runs([codes.get(str(row.get(key)), "") for row in rows]):
            for column in columns:
                shown = number_pattern(code or tab.column(column).number_format)
                cells = column_range(where, places[column], top + start, top + end)
                yield repeat_format(cells, {"numberFormat": shown})


def _unit_codes(tab: Tab) -> dict[tuple[tuple[str, ...], str], dict[str, str]]:
    """Format codes by what a column holds, for each group of columns and the one that decides."""
    found: dict[tuple[tuple[str, ...], str], dict[str, str]] = {}
    for highlight in tab.highlights:
        asked = _UNIT.fullmatch(highlight.when)
        code = RULES.get(highlight.style, {}).get("num_format")
        if asked and code:
            found.setdefault((highlight.columns, asked[1]), {})[asked[2]] = code
    return found


def _runs(values: Sequence[str]) -> Iterator[tuple[int, int, str]]:
    """Neighbours of one value: from, to and the value."""
    start = 0
    for value, group in groupby(values):
        end = start + len(list(group))
        yield start, end, value
        start = end


def _names(sheet: int, tab: Tab, rows: int) -> Iterator[Request]:
    for index, column in enumerate(tab.columns):
        if column.range_name:
            yield named(column.range_name, column_range(sheet, index, 1, 1 + max(1, rows)))


def named(name: str, where: Json) -> Request:
    """Give a range a workbook name."""
    told = {"namedRangeId": ids.named_range_id(name), "name": name, "range": where}
    return {"addNamedRange": {"namedRange": told}}


def _entry(sheet: int, tab: Tab, editors: Json) -> Iterator[Request]:
    """Coloured rows and a filter; sync's own columns guarded."""
    own = [i for i, column in enumerate(tab.columns) if column.owner is Owner.SYNC]
    bands = {
        "headerColorStyle": colour(ACCENT),
        "firstBandColorStyle": colour(_WHITE),
        "secondBandColorStyle": colour(_BAND_WHITE),
    }
    where = grid(sheet, 0, None, 0, len(tab.columns))
    told = {"bandedRangeId": ids.banded_id(tab.key), "range": where, "rowProperties": bands}
    yield {"addBanding": {"bandedRange": told}}
    across = grid(sheet, 0, None, 0, len(tab.columns) + SPARE_COLUMNS)
    yield {"setBasicFilter": {"filter": {"range": across}}}
    for index in own:
        column = tab.columns[index]
        yield protected(
            tab,
            column_range(sheet, index, 0, 1),
            f"{column.title}: the formula that sync fills the column with",
            {"editors": editors},
            part=f"{column.key}/header",
        )
        words = f"{column.title} is filled by sync: what you type here hides it for every row"
        yield protected(
            tab, column_range(sheet, index), words, {"warningOnly": True}, part=column.key
        )


def _owned(sheet: int, tab: Tab, rows: int, editors: Json) -> Iterator[Request]:
    """A native Table; protected where nothing is people's, but for columns that are."""
    bands = {
        "headerColorStyle": colour("#5B6675" if tab.role is not Role.SETTINGS else ACCENT),
        "firstBandColorStyle": colour(PALE),
        "secondBandColorStyle": colour(_BAND_GREY),
    }
    names = [{"columnIndex": i, "columnName": header_of(c)} for i, c in enumerate(tab.columns)]
    table = {
        "tableId": ids.table_id(tab.key),
        "name": tab.table,
        "range": grid(sheet, 0, 1 + max(1, rows), 0, len(tab.columns)),
        "rowsProperties": bands,
        "columnProperties": names,
    }
    yield {"addTable": {"table": table}}
    if tab.role is Role.SETTINGS:
        return
    free = [column_range(sheet, i) for i, c in enumerate(tab.columns) if c.owner is Owner.USER]
    told = {"editors": editors, **({"unprotectedRanges": free} if free else {})}
    yield protected(tab, grid(sheet), f"{tab.title} is written by sync", told)


def protected(tab: Tab, where: Json, words: str, told: Json, part: str = "") -> Request:
    """Protect a tab or a part of it."""
    found = {"protectedRangeId": ids.protected_id(tab.key, part), "range": where}
    return {"addProtectedRange": {"protectedRange": {**found, "description": words, **told}}}


def _rules(sheet: int, tab: Tab) -> Iterator[Request]:
    """Colours by what stands in a row, the first declared rule first."""
    made = [rule for highlight in tab.highlights for rule in _highlight(sheet, tab, highlight)]
    for index, rule in enumerate(made):
        yield {"addConditionalFormatRule": {"rule": rule, "index": index}}


def _highlight(sheet: int, tab: Tab, highlight: Highlight) -> Iterator[Json]:
    """One rule of Google's; bars become shades, and looks that only format numbers are left out."""
    keys = [column.key for column in tab.columns]
    wide = [grid(sheet, 1, None, 0, len(keys))]
    ranges = [column_range(sheet, keys.index(key)) for key in highlight.columns] or wide
    if highlight.style.startswith("bars"):
        yield {
            "ranges": ranges,
            "gradientRule": shades(of_100=highlight.style == "bars of 100", zero=PALE),
        }
        return
    look = rule_format(highlight.style)
    if look:
        formula = re.sub(r"{(\w+)}", lambda m: f"${letters(keys.index(m[1]))}2", highlight.when)
        yield {"ranges": ranges, "booleanRule": when(formula, look)}


def when(formula: str, look: Json) -> Json:
    """A look while a formula holds."""
    told = [{"userEnteredValue": f"={separated(formula)}"}]
    return {"condition": {"type": "CUSTOM_FORMULA", "values": told}, "format": look}


def shades(*, of_100: bool, zero: str, most: str = BAR) -> Json:
    """A gradient from zero to 100 or to the greatest number, in the place of bars."""
    top: Json = {"type": "NUMBER", "value": "100"} if of_100 else {"type": "MAX"}
    return {
        "minpoint": {"type": "NUMBER", "value": "0", "colorStyle": colour(zero)},
        "maxpoint": {**top, "colorStyle": colour(most)},
    }
