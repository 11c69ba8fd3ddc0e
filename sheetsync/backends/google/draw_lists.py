"""Requests for the tab with the lists behind the dropdowns, and their names."""

from __future__ import annotations

from collections.abc import Iterator
from itertools import zip_longest
from typing import Any

from sheetsync.backends.google import ids
from sheetsync.backends.google.draw_cells import (
    Json,
    Request,
    cell,
    column_range,
    grid,
    heights,
    repeat_format,
    update_cells,
    widths,
)
from sheetsync.backends.google.draw_style import cell_format, colour, without
from sheetsync.backends.google.draw_table import named, protected
from sheetsync.backends.google.draw_validation import id_column, wider_refs
from sheetsync.backends.xlsx.draw_table import TAB_COLOURS
from sheetsync.model.tracker import Role, Tab, Tracker
from sheetsync.model.values import Formula

LIST_WIDTH = 18
"""Characters that a list's column is wide."""
_ROOM = 1000
"""Rows below the lists: enough for the ids that a formula brings here."""


def lists_sheet(tracker: Tracker, tab: Tab, index: int) -> Request:
    """Add the lists tab, one column per list; hidden unless people may add values."""
    longest = max((len(choices) for choices in tracker.lists.values()), default=1)
    size = {
        "rowCount": longest + _ROOM,
        "columnCount": len(_columns(tracker, tab)),
        "frozenRowCount": 1,
    }
    role = tab.role if tab.hidden else Role.SETTINGS
    properties = {
        "sheetId": ids.sheet_id(tab.key),
        "title": tab.title,
        "index": index,
        "gridProperties": size,
        "tabColorStyle": colour(TAB_COLOURS[role]),
        **({"hidden": True} if tab.hidden else {}),
    }
    return {"addSheet": {"properties": properties}}


def draw_lists(tracker: Tracker, tab: Tab, editors: Json) -> Iterator[Request]:
    """The lists' cells and names, and the names over the ids that dropdowns offer."""
    sheet = ids.sheet_id(tab.key)
    columns = _columns(tracker, tab)
    rows = [{"values": [cell(value) for value in row]} for row in zip_longest(*columns)]
    yield update_cells(grid(sheet, 0, len(rows), 0, len(columns)), rows, "userEnteredValue")
    yield from widths(sheet, dict.fromkeys(range(len(columns)), LIST_WIDTH))
    for index, (name, choices) in enumerate(tracker.lists.items()):
        last = 1 + len(choices) if tab.hidden else None
        yield named(f"list_{name}", column_range(sheet, index, 1, last))
    wanted = {column.ref for each in tracker.tabs for column in each.columns if column.ref}
    for other in tracker.tabs:
        if other.key in wanted:
            at = [column.key for column in other.columns].index(other.key_columns[0])
            yield named(f"ids_{other.key}", column_range(ids.sheet_id(other.key), at))
    if tab.hidden:
        told = {"editors": editors}
        yield protected(tab, grid(sheet), f"{tab.title} is written by sync", told)
    else:
        yield from _shown(sheet, len(tracker.lists), len(columns))


def _shown(sheet: int, lists: int, columns: int) -> Iterator[Request]:
    """The look of a lists tab that people may add to."""
    yield from heights(sheet, {0: 33})
    yield from list_look(sheet, 0, lists)
    if columns > lists:
        yield from list_look(sheet, lists, columns, hidden=True)


def list_look(sheet: int, first: int, end: int, *, hidden: bool = False) -> Iterator[Request]:
    """The look of lists that people may add to; columns that formulas fill are out of sight."""
    if not hidden:
        yield repeat_format(grid(sheet, 0, 1, first, end), cell_format("header", side="left"))
        body = without(cell_format("input", "@", "left"), "borders")
        yield repeat_format(grid(sheet, 1, None, first, end), body)
        return
    where = {"sheetId": sheet, "dimension": "COLUMNS", "startIndex": first, "endIndex": end}
    told = {"range": where, "properties": {"hiddenByUser": True}, "fields": "hiddenByUser"}
    yield {"updateDimensionProperties": told}


def _columns(tracker: Tracker, tab: Tab) -> list[list[Any]]:
    """Header and values of each list, then ids together with the words that may stand for one."""
    lists: list[list[Any]] = [
        [name if tab.hidden else tab.column(name).title, *(choice.value for choice in choices)]
        for name, choices in tracker.lists.items()
    ]
    for key, words in wider_refs(tracker):
        ids_of = Formula(f"ARRAYFORMULA({id_column(tracker, key)})")
        lists.append([f"ids of {key} or {', '.join(words)}", *words, ids_of])
    return lists
