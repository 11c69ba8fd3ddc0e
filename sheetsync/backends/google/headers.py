"""The formulas in headers of SYNC columns: where they are, and which of them people typed over.

A header cell has a protection with a fixed id, which moves along with its column: so it is found
even when something else stands in it. The owner of a spreadsheet may type over it all the same.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from sheetsync.backends.google import ids, marks
from sheetsync.backends.google.draw_cells import Json, Request, cell, grid, update_cells
from sheetsync.model.snapshot import bind
from sheetsync.model.tables import letters, quoted
from sheetsync.model.tracker import Column, Tab, Tracker
from sheetsync.model.values import Formula

if TYPE_CHECKING:
    from sheetsync.backends.google.client import SheetsClient

_CELLS = (
    "sheets(properties(sheetId),data(rowData(values(userEnteredValue(formulaValue),"
    "formattedValue))))"
)


@dataclass(frozen=True, slots=True)
class Lost:
    """A header that does not hold its formula: its tab, where it is (from 0), what it should hold.

    ``title`` is what the tab is called now.
    """

    tab: Tab
    column: Column
    sheet: int
    title: str
    row: int
    index: int
    formula: str

    def request(self) -> Request:
        """Put the formula back."""
        where = grid(self.sheet, self.row, self.row + 1, self.index, self.index + 1)
        rows = [{"values": [cell(Formula(self.formula))]}]
        return update_cells(where, rows, "userEnteredValue")


def lost_headers(
    client: SheetsClient, spreadsheet_id: str, tracker: Tracker, reply: Json
) -> list[Lost]:
    """The headers whose formula has gone; ``reply`` has the mask ``creation.STRUCTURE``.

    One request, none where the spreadsheet has no marks. Raises GoogleFailure.
    """
    titles = {int(s["properties"].get("sheetId", 0)): s for s in reply.get("sheets", ())}
    places = dict(_places(tracker, titles))
    if not places or marks.SHEET not in titles:
        return []
    rows = {(sheet, row) for sheet, row, _ in places.values()} | {(marks.SHEET, 0)}
    named = {sheet: str(titles[sheet]["properties"]["title"]) for sheet, _ in rows}
    ranges = [f"{quoted(named[sheet])}!{row + 1}:{row + 1}" for sheet, row in sorted(rows)]
    told = client.get_sheet(spreadsheet_id, {"ranges": ranges, "fields": _CELLS})
    cells = {int(s["properties"].get("sheetId", 0)): _row(s) for s in told.get("sheets", ())}
    columns = tuple(_text(each) for each in cells.get(marks.SHEET, ())[marks.width_of(()) :])
    return list(_lost(tracker, places, cells, named, columns))


def _places(tracker: Tracker, sheets: Mapping[int, Json]) -> Iterator[tuple[Any, Any]]:
    """Sheet, row and column (from 0) of the headers, by tab and column key."""
    ours = {
        ids.protected_id(tab.key, f"{column.key}/header"): (tab.key, column.key)
        for tab in tracker.tabs
        for column in marks.sync_columns(tab)
    }
    for sheet, told in sheets.items():
        for part in told.get("protectedRanges", ()):
            where = part.get("range", {})
            if part.get("protectedRangeId") in ours and "endRowIndex" in where:
                at = where.get("startRowIndex", 0), where.get("startColumnIndex", 0)
                yield ours[part["protectedRangeId"]], (sheet, *at)


def _row(sheet: Json) -> Sequence[Json]:
    rows = (sheet.get("data") or [{}])[0].get("rowData", ())
    return rows[0].get("values", ()) if rows else ()


def _text(told: Json) -> str:
    return str(told.get("formattedValue", ""))


def _lost(
    tracker: Tracker,
    places: Mapping[tuple[str, str], tuple[int, int, int]],
    cells: Mapping[int, Sequence[Json]],
    titles: Mapping[int, str],
    columns: Sequence[str],
) -> Iterator[Lost]:
    for (key, name), (sheet, row, index) in places.items():
        tab = tracker.tab(key)
        told = cells.get(sheet, ())
        bound = bind(tab, [_text(each) for each in told])
        at = {each: found[0] for each, found in bound.items() if found}
        if name not in columns or not set(tab.key_columns) <= at.keys():
            continue
        column = tab.column(name)
        formula = marks.header_formula(tab, column, columns, at, row + 1)
        held = told[index].get("userEnteredValue", {}) if index < len(told) else {}
        if not _does(str(held.get("formulaValue", "")), tab, columns.index(name), at, row + 1):
            yield Lost(tab, column, sheet, titles[sheet], row, index, formula)


def _does(formula: str, tab: Tab, mark: int, at: Mapping[str, int], row: int) -> bool:
    """Whether a formula looks up this column of marks by the keys of this tab's rows.

    Spaces, separators and absolute marks are Google's own affair.
    """
    told = re.sub(r"\s+|\$", "", formula).casefold()
    letter = letters(marks.width_of(()) + mark)
    keys = (f"{letters(at[key])}{row}:{letters(at[key])}" for key in tab.key_columns)
    wanted = (f'"{tab.key}"', f"!{letter}:{letter}", *keys)
    known = marks.shown_header(formula) is not None
    return known and all(part.casefold() in told for part in wanted)
