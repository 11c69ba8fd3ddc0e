"""What it takes to make a tracker of a shared sheet: requests in order, only those still missing.

Each tab's requests end with a mark of their own (developer metadata with a fixed id, on the tab),
all in one atomic batch. What has its mark is never drawn again; things with ids of their own
(tabs, tables, charts, names, protections) are made again where they have gone.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Any

from sheetsync.backends.google import ids, marks
from sheetsync.backends.google.draw_cells import Json, Request, grid
from sheetsync.backends.google.draw_chart import theme_request
from sheetsync.backends.google.draw_lists import draw_lists, lists_sheet
from sheetsync.backends.google.draw_report import draw_report, report_sheet
from sheetsync.backends.google.draw_table import (
    Rows,
    SyncHeader,
    body,
    draw_table,
    sheet_request,
    unit_formats,
)
from sheetsync.backends.google.draw_validation import Offered
from sheetsync.model.tracker import Column, Role, Tab, Tracker

LAYOUT_KEY, LAYOUT = "sheetsync.layout", "1"
STRUCTURE = (
    "spreadsheetId,properties(title,locale,timeZone),"
    "namedRanges,developerMetadata,"
    "sheets(properties,developerMetadata,tables(tableId,name,range),charts(chartId),"
    "bandedRanges(bandedRangeId),protectedRanges,basicFilter(range),conditionalFormats(ranges),"
    "merges)"
)
"""The mask of the read that ``Existing.of`` takes."""


@dataclass(frozen=True, slots=True)
class Existing:
    """What a spreadsheet has already: ids of things by kind, without any cell."""

    locale: str = "en_US"
    titles: Mapping[int, str] = field(default_factory=dict)
    marks: Mapping[int, str] = field(default_factory=dict)
    """Values of the metadata by id."""
    things: frozenset[int | str] = frozenset()
    """Ids of tables, charts, bandings and protections."""
    names: Mapping[str, str] = field(default_factory=dict)
    """Ids of named ranges by their names in small letters."""
    rules: Mapping[int, int] = field(default_factory=dict)
    """How many conditional formats a tab has."""

    @classmethod
    def of(cls, reply: Json) -> Existing:
        """Take it from the reply to a read with the mask ``STRUCTURE``."""
        sheets = {int(s["properties"].get("sheetId", 0)): s for s in reply.get("sheets", ())}
        holders = [reply, *sheets.values()]
        named = reply.get("namedRanges", ())
        return cls(
            reply.get("properties", {}).get("locale", "en_US"),
            {at: str(sheet["properties"]["title"]) for at, sheet in sheets.items()},
            {
                m["metadataId"]: m.get("metadataValue", "")
                for each in holders
                for m in each.get("developerMetadata", ())
            },
            frozenset(thing for sheet in sheets.values() for thing in _things(sheet)),
            {str(n["name"]).casefold(): str(n["namedRangeId"]) for n in named},
            {at: len(sheet.get("conditionalFormats", ())) for at, sheet in sheets.items()},
        )

    def packs(self, tracker: Tracker) -> frozenset[str]:
        """The packs of a tracker that were made here: those with a tab by its id."""
        return frozenset(
            tab.pack for tab in tracker.tabs if tab.pack and ids.sheet_id(tab.key) in self.titles
        )


def _things(sheet: Json) -> Iterator[int | str]:
    for kind, key in (
        ("tables", "tableId"),
        ("charts", "chartId"),
        ("bandedRanges", "bandedRangeId"),
        ("protectedRanges", "protectedRangeId"),
    ):
        yield from (thing[key] for thing in sheet.get(kind, ()) if key in thing)


@dataclass(frozen=True, slots=True)
class Unit:
    """Requests that belong in one batch: done as a whole, once, when ``mark`` is not there yet.

    ``value`` is kept in the mark. A unit that goes on with another one (``after``) is only for
    the sheet whose mark of that one holds the same value.
    """

    mark: int
    sheet: int
    requests: tuple[Request, ...]
    value: str = LAYOUT
    after: int = 0


def look_up(columns: Sequence[str]) -> SyncHeader:
    """The formulas in headers of SYNC columns that find a row's marks by its key.

    ``columns`` are the keys of SYNC columns in the order in which ``_marks`` has them.
    """

    def header(tab: Tab, column: Column) -> str:
        places = {each.key: index for index, each in enumerate(tab.columns)}
        return marks.header_formula(tab, column, columns, places)

    return header


def creation(
    tracker: Tracker,
    rows: Mapping[str, Rows] | None = None,
    cells: Mapping[str, Any] | None = None,
    *,
    existing: Existing | None = None,
    editors: Sequence[str] = (),
    sync_header: SyncHeader | None = None,
) -> list[Request]:
    """The requests that are still missing, in order; [] when everything is there.

    ``rows`` give a tab's body by tab key, ``cells`` report tabs' single named cells; ``editors``
    are the addresses that may write what is protected, beside the owner. ``sync_header`` gives
    the formula in the header of an entry tab's SYNC column, if not the one that finds marks.
    """
    there = existing or Existing()
    found = units(tracker, rows or {}, cells or {}, there, editors, sync_header)
    return [request for unit in found for request in unit.requests]


def units(
    tracker: Tracker,
    rows: Mapping[str, Rows],
    cells: Mapping[str, Any],
    there: Existing,
    editors: Sequence[str],
    sync_header: SyncHeader | None = None,
) -> list[Unit]:
    """The same requests as units that stay whole when they are sent in several batches."""
    allowed = allowed_to(editors)
    header = sync_header or look_up(marks.layout(tracker.tabs))
    made = [_frame(tracker, rows), _marks(tracker, allowed)]
    for tab in sorted(tracker.tabs, key=_turn):
        requests = _drawn(tracker, tab, rows, cells, allowed, header)
        made += filled(tab, requests, rows.get(tab.key, ()))
    return still_missing(made, there)


def allowed_to(editors: Sequence[str]) -> Json:
    """The ``Editors`` of what is protected: these addresses, beside the owner."""
    return {"users": sorted(editors), "domainUsersCanEdit": False}


def filled(tab: Tab, requests: Iterable[Request], rows: Rows) -> Iterator[Unit]:
    """A tab's requests as a unit, and one more for each piece of its body's rows."""
    sheet = ids.sheet_id(tab.key)
    pieces = list(body(tab, rows)) if tab.columns else []
    value, mark = told_of(pieces), ids.number("mark", tab.key)
    yield Unit(mark, sheet, (*requests, *unit_formats(tab, rows)), value)
    for index, piece in enumerate(pieces):
        yield Unit(ids.number("mark", f"{tab.key}/{index}"), sheet, (piece,), value, mark)


def still_missing(made: Iterable[Unit], there: Existing) -> list[Unit]:
    """The units without what the spreadsheet has already."""
    left = (_left(unit, there) for unit in made)
    return [unit for unit in left if unit.requests]


def _turn(tab: Tab) -> int:
    """Lists first, for dropdowns; reports last, for their formulas name the others' columns."""
    return {Role.LISTS: 0, Role.REPORT: 2}.get(tab.role, 1)


def _frame(tracker: Tracker, rows: Mapping[str, Rows]) -> Unit:
    """All tabs, still empty, and the theme: first of all, so that formulas find every tab."""
    requests: list[Request] = [theme_request(tracker.reports.values())]
    for index, tab in enumerate(tracker.tabs):
        if tab.role is Role.LISTS:
            requests.append(lists_sheet(tracker, tab, index))
        elif tab.columns:
            requests.append(sheet_request(tab, index, len(rows.get(tab.key, ()))))
        elif tab.key in tracker.reports:
            requests.append(report_sheet(tab, tracker.reports[tab.key], index))
    return Unit(ids.LAYOUT_ID, 0, tuple(requests))


def _marks(tracker: Tracker, editors: Json) -> Unit:
    """The hidden tab behind SYNC columns of entry tabs."""
    requests = [*marks.sheet_requests(marks.layout(tracker.tabs))]
    told = {
        "protectedRangeId": ids.protected_id(ids.MARKS),
        "range": grid(marks.SHEET),
        "description": f"{ids.MARKS} is written by sync",
        "editors": editors,
    }
    requests.append({"addProtectedRange": {"protectedRange": told}})
    return Unit(ids.number("mark", ids.MARKS), marks.SHEET, tuple(requests))


def _drawn(
    tracker: Tracker,
    tab: Tab,
    rows: Mapping[str, Rows],
    cells: Mapping[str, Any],
    editors: Json,
    sync_header: SyncHeader,
) -> Iterator[Request]:
    if tab.role is Role.LISTS:
        yield from draw_lists(tracker, tab, editors)
    elif tab.columns:
        offered = Offered.of(tracker)
        yield from draw_table(offered, tab, rows.get(tab.key, ()), editors, sync_header)
    elif tab.key in tracker.reports:
        yield from draw_report(tab, tracker.reports[tab.key], cells, editors)


def _left(unit: Unit, there: Existing) -> Unit:
    """The unit without what is there already; with its mark when it was not drawn yet."""
    drawn = unit.mark in there.marks
    if unit.after and there.marks.get(unit.after, unit.value) != unit.value:
        return replace(unit, requests=())
    requests = [r for r in unit.requests if _missing(r, there, drawn=drawn)]
    requests = [_renamed(request, there) for request in requests]
    if not drawn:
        old = there.rules.get(unit.sheet, 0) if _has_rules(unit) else 0
        gone = {"deleteConditionalFormatRule": {"sheetId": unit.sheet, "index": 0}}
        requests = [*[gone] * old, *requests, mark_request(unit)]
    return replace(unit, requests=tuple(requests))


def _has_rules(unit: Unit) -> bool:
    return any("addConditionalFormatRule" in request for request in unit.requests)


_OWN_IDS = {
    "addTable": ("table", "tableId"),
    "addChart": ("chart", "chartId"),
    "addBanding": ("bandedRange", "bandedRangeId"),
    "addProtectedRange": ("protectedRange", "protectedRangeId"),
}


def _missing(request: Request, there: Existing, *, drawn: bool) -> bool:
    ((kind, told),) = request.items()
    if kind == "addSheet":
        return told["properties"]["sheetId"] not in there.titles
    if kind == "addNamedRange":
        name = told["namedRange"]["name"].casefold()
        return name not in there.names or not drawn
    if kind in _OWN_IDS:
        thing, key = _OWN_IDS[kind]
        return told[thing][key] not in there.things
    return not drawn


def _renamed(request: Request, there: Existing) -> Request:
    """A name that is there already, as after its tab was deleted, is pointed anew."""
    told = request.get("addNamedRange")
    old = there.names.get(told["namedRange"]["name"].casefold()) if told else None
    if told is None or old is None:
        return request
    moved = {**told["namedRange"], "namedRangeId": old}
    return {"updateNamedRange": {"namedRange": moved, "fields": "name,range"}}


def mark_request(unit: Unit) -> Request:
    """Tell that a unit was drawn; refused, with its whole batch, when it was drawn before."""
    spreadsheet: Json = {"spreadsheet": True}
    told = {
        "metadataId": unit.mark,
        "metadataKey": LAYOUT_KEY,
        "metadataValue": unit.value,
        "location": {"sheetId": unit.sheet} if unit.sheet else spreadsheet,
        "visibility": "DOCUMENT",
    }
    return {"createDeveloperMetadata": {"developerMetadata": told}}


def told_of(pieces: Sequence[Request]) -> str:
    """The value of a tab's mark: the layout's version, and which rows it was filled with."""
    if not pieces:
        return LAYOUT
    rows = json.dumps(pieces, sort_keys=True).encode()
    return f"{LAYOUT} rows {hashlib.sha256(rows).hexdigest()[:12]}"
