"""Look a shared Google Sheet over: may we in, may we write, is everything in its place.

Four requests, and none of them leaves anything behind: three reads, and one batch that makes a
note of ours and deletes it again, for only Google knows who may write.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from sheetsync.backends.google import ids, marks
from sheetsync.backends.google.creation import LAYOUT_KEY, STRUCTURE, Existing, units
from sheetsync.backends.google.failures import GoogleFailure
from sheetsync.backends.google.headers import Lost, lost_headers
from sheetsync.model.snapshot import bind
from sheetsync.model.tables import letters, quoted
from sheetsync.model.tracker import Column, Owner, Role, Tab, Tracker, plain

if TYPE_CHECKING:
    from sheetsync.backends.google.client import SheetsClient

Json = dict[str, Any]
OK, WARN, FAIL = "ok", "warn", "fail"

MOST_CELLS = 10_000_000
"""Cells that Google allows in one spreadsheet, empty ones included."""
ONE_READ = 45_000
"""Cells of people's tabs up to which one request reads them."""
MORE_READ = 200_000
"""Cells of each further request."""
_NOTES, _MOST_NOTES = 25_000, 30_000
"""Characters of developer metadata: when to warn, and how many Google is said to allow."""
_PER_MINUTE, _CALLS = 60, 4
_ZERO_ZONES = {"UTC", "Etc/UTC", "GMT", "Etc/GMT", "Etc/Greenwich", "Etc/UCT", "Etc/Universal"}
"""Names of one time zone."""
_AGAIN = "Run sheetsync new with this address: it adds what is missing and changes nothing else."
_STAGES = {
    "auth": "sign-in",
    "setup": "sign-in",
    "quota": "quota",
    "network": "network",
    "outage": "network",
}


@dataclass(frozen=True, slots=True)
class Finding:
    """One thing looked at: ``status`` ok, warn or fail, a sentence, and what to do about it."""

    check: str
    status: str
    message: str
    remedy: str = ""


def doctor(
    client: SheetsClient,
    spreadsheet_id: str,
    tracker: Tracker,
    narrowed: Callable[[frozenset[str]], Tracker] | None = None,
) -> list[Finding]:
    """Look at sign-in, access, quota, layout, protections, size and locale.

    ``narrowed`` gives the tracker with only those packs that the spreadsheet has. Nothing is
    raised for what Google refuses: that is a finding, and the last one.
    """
    found: list[Finding] = []
    try:
        for finding in _looked_at(client, spreadsheet_id, tracker, narrowed):
            found.append(finding)  # noqa: PERF402 - what was found before a refusal stays
    except GoogleFailure as failure:
        found.append(refused(failure))
    return found


def refused(failure: GoogleFailure) -> Finding:
    """What Google's refusal says about access."""
    return Finding(_STAGES.get(failure.kind, "access"), FAIL, str(failure))


def _looked_at(
    client: SheetsClient,
    spreadsheet_id: str,
    tracker: Tracker,
    narrowed: Callable[[frozenset[str]], Tracker] | None,
) -> Iterator[Finding]:
    before = client.requests
    reply = client.get_sheet(spreadsheet_id, {"fields": STRUCTURE})
    if narrowed:
        tracker = narrowed(Existing.of(reply).packs(tracker))
    sheets = [sheet for sheet in reply.get("sheets", ()) if "properties" in sheet]
    yield from _signed_in(client)
    title = reply["properties"]["title"]
    yield Finding("read", OK, f"The spreadsheet {title!r} can be read.")
    yield _may_write(client, spreadsheet_id)
    places = _tabs(tracker, sheets)
    values = _values(client, spreadsheet_id, tracker, places)
    lost = lost_headers(client, spreadsheet_id, tracker, reply)
    yield from _layout(tracker, places, values, {(h.tab.key, h.column.key) for h in lost})
    yield from _headers(lost)
    yield from _things(client, tracker, reply)
    yield from _protections(tracker, sheets)
    yield from _size(tracker, sheets, places, values)
    yield from _locale(reply["properties"], values)
    yield from _notes(reply, sheets)
    yield _quota(client.requests - before)


def _signed_in(client: SheetsClient) -> Iterator[Finding]:
    who = client.who or "your Google account"
    yield Finding("sign-in", OK, f"Google knows us as {who}.")
    scopes = [str(scope) for scope in getattr(client.auth, "scopes", None) or ()]
    wide = [scope for scope in scopes if scope.rpartition("/")[2] == "drive"]
    if wide:
        yield Finding(
            "scopes",
            WARN,
            "The sign-in may use all of Google Drive, which sheetsync never needs.",
            "Sign in again with sheetsync google login: it asks for spreadsheets only.",
        )


def _may_write(client: SheetsClient, spreadsheet_id: str) -> Finding:
    note = {
        "metadataId": ids.PROBE_ID,
        "metadataKey": "sheetsync.probe",
        "metadataValue": "doctor",
        "location": {"spreadsheet": True},
        "visibility": "DOCUMENT",
    }
    which = {"dataFilter": {"developerMetadataLookup": {"metadataId": ids.PROBE_ID}}}
    requests = [
        {"createDeveloperMetadata": {"developerMetadata": note}},
        {"deleteDeveloperMetadata": which},
    ]
    try:
        client.batch_update(spreadsheet_id, {"requests": requests}, token=True)
    except GoogleFailure as failure:
        if failure.kind in {"auth", "setup", "quota", "network", "outage"}:
            raise
        return Finding("write", FAIL, str(failure))
    return Finding("write", OK, "The spreadsheet can be written.")


def _tabs(tracker: Tracker, sheets: Sequence[Json]) -> dict[str, Json]:
    """The properties of the tracker's tabs by key: found by id, table or title."""
    by_id = {int(s["properties"].get("sheetId", 0)): s["properties"] for s in sheets}
    tables = {t.get("name"): s["properties"] for s in sheets for t in s.get("tables", ())}
    titles = {plain(s["properties"]["title"]): s["properties"] for s in sheets}
    found = {
        tab.key: by_id.get(ids.sheet_id(tab.key))
        or tables.get(tab.table or "-")
        or titles.get(plain(tab.title))
        for tab in tracker.tabs
    }
    return {key: properties for key, properties in found.items() if properties}


def _values(
    client: SheetsClient, spreadsheet_id: str, tracker: Tracker, places: Mapping[str, Json]
) -> dict[str, list[list[Any]]]:
    """Headers of all tables, first columns of people's tabs, names and values of Settings."""
    wanted: dict[str, str] = {}
    for tab in tracker.tabs:
        if tab.columns and tab.key in places:
            title = quoted(places[tab.key]["title"])
            wanted[tab.key] = f"{title}!1:1"
            if tab.role is Role.ENTRY:
                wanted[f"{tab.key} rows"] = f"{title}!A:A"
            if tab.role is Role.SETTINGS:
                wanted["settings rows"] = f"{title}!A:B"
    if not wanted:
        return {}
    reply = client.batch_get_values(spreadsheet_id, list(wanted.values()))
    blocks = reply.get("valueRanges", ())
    return {key: block.get("values", []) for key, block in zip(wanted, blocks, strict=True)}


def _layout(
    tracker: Tracker,
    places: Mapping[str, Json],
    values: Mapping[str, list[list[Any]]],
    lost: Collection[tuple[str, str]],
) -> Iterator[Finding]:
    missing = [tab.title for tab in tracker.tabs if tab.key not in places]
    if len(missing) == len(tracker.tabs):
        yield Finding(
            "tabs",
            FAIL,
            "This spreadsheet holds no tracker yet.",
            "Run sheetsync new with this address to make one here.",
        )
        return
    if missing:
        yield Finding("tabs", FAIL, f"Missing: {_named(missing)}.", _AGAIN)
    else:
        yield Finding("tabs", OK, f"All {len(tracker.tabs)} tabs are there.")
    lacking = [
        finding
        for tab in tracker.tabs
        if tab.columns and tab.key in places
        for finding in _columns(tab, places[tab.key]["title"], values.get(tab.key, []), lost)
    ]
    yield from lacking
    if not lacking and not missing and not lost:
        yield Finding("columns", OK, "All columns are there.")


def _headers(lost: Sequence[Lost]) -> Iterator[Finding]:
    """Formulas that people typed over: those that show a row's marks beside it."""
    for header in lost:
        place = f"{letters(header.index)}{header.row + 1}"
        yield Finding(
            "formulas",
            WARN,
            f"{header.title}: the header {place} has lost the formula that fills the column "
            f"{header.column.title}.",
            "Run sheetsync new with this address: it puts the formula back. (So does the next sync "
            f"where the header still says {header.column.title} and nothing stands below it.)",
        )


def _columns(
    tab: Tab, title: str, values: list[list[Any]], gone: Collection[tuple[str, str]]
) -> Iterator[Finding]:
    headers = [str(value) for value in values[0]] if values else []
    bound = bind(tab, headers)
    known = [column for column in tab.columns if (tab.key, column.key) not in gone]
    lost = [column for column in known if not bound[column.key]]
    broken = [column for column in lost if _by_formula(tab, column)]
    for column in broken:
        yield Finding(
            "columns",
            WARN,
            f"{title}: the column {column.title} shows nothing; something was typed into it, or "
            "its header was changed.",
            f"Empty the cells of {column.title} below its header; if it stays away, delete the "
            "column and sync.",
        )
    keys = [column.title for column in lost if column.key in tab.key_columns]
    others = [c.title for c in lost if c.key not in tab.key_columns and c not in broken]
    if keys:
        told = f"{title}: the column {_named(keys)} is missing, which names the rows."
        yield Finding("columns", FAIL, told, "Bring it back with Edit > Undo or version history.")
    if others:
        told = f"{title}: missing {_named(others)}."
        yield Finding("columns", WARN, told, "Add a column with that header, if you want it back.")
    twice = [c.title for c in tab.columns if len(bound[c.key]) > 1]
    if twice:
        told = f"{title}: more than one column is called {_named(twice)}."
        yield Finding("columns", FAIL, told, "Give all but one of them another header.")


def _by_formula(tab: Tab, column: Column) -> bool:
    return tab.role is Role.ENTRY and column.owner is Owner.SYNC


_KINDS = {
    "addSheet": "tabs",
    "addTable": "tables",
    "addChart": "charts",
    "addNamedRange": "named ranges",
    "updateNamedRange": "named ranges",
    "addBanding": "row colours",
    "addProtectedRange": "protections",
}


def _things(client: SheetsClient, tracker: Tracker, reply: Json) -> Iterator[Finding]:
    """What a repeated creation would still make."""
    there = Existing.of(reply)
    if not there.marks or ids.LAYOUT_ID not in there.marks:
        told = "The tracker here was not made by sheetsync new, so its looks are its own."
        yield Finding("layout", WARN, told)
        return
    editors = (client.who,) if client.who else ()
    left = [r for unit in units(tracker, {}, {}, there, editors) for r in unit.requests]
    kinds = dict.fromkeys(_KINDS[kind] for request in left for kind in request if kind in _KINDS)
    if kinds:
        yield Finding("layout", WARN, f"Some {_named(list(kinds))} are missing.", _AGAIN)
    else:
        told = "Tables, charts, names, colours and protections are in place."
        yield Finding("layout", OK, told)


def _protections(tracker: Tracker, sheets: Sequence[Json]) -> Iterator[Finding]:
    """Protected parts that we may not write: a sync would be refused there."""
    ours = {ids.sheet_id(tab.key): tab.title for tab in tracker.tabs}
    ours |= {marks.SHEET: ids.MARKS, ids.sheet_id(ids.CAPTURE): ids.CAPTURE}
    closed = {
        ours[int(sheet["properties"].get("sheetId", 0))]
        for sheet in sheets
        for part in sheet.get("protectedRanges", ())
        if int(sheet["properties"].get("sheetId", 0)) in ours
        and not part.get("warningOnly")
        and not part.get("requestingUserCanEdit")
    }
    if closed:
        yield Finding(
            "protections",
            FAIL,
            f"Parts that sheetsync writes are protected against it: {_named(sorted(closed))}.",
            "In Data > Protect sheets and ranges, let it edit them, or delete these protections.",
        )
    else:
        yield Finding("protections", OK, "Nothing that sheetsync writes is closed to it.")


def _size(
    tracker: Tracker,
    sheets: Sequence[Json],
    places: Mapping[str, Json],
    values: Mapping[str, list[list[Any]]],
) -> Iterator[Finding]:
    cells = sum(_cells(sheet["properties"]) for sheet in sheets)
    share = f"{cells:,} of Google's {MOST_CELLS:,} cells"
    if cells > 0.8 * MOST_CELLS:
        yield Finding("size", WARN, f"The spreadsheet has {share}.", "Delete empty rows and tabs.")
    else:
        yield Finding("size", OK, f"The spreadsheet has {share}, empty ones included.")
    used = sum(
        len(values.get(f"{tab.key} rows", [])) * len(tab.columns)
        for tab in tracker.of_role(Role.ENTRY)
        if tab.key in places
    )
    more = -(-used // MORE_READ) if used > ONE_READ else 0
    words = "one request" if not more else f"{1 + more} requests"
    yield Finding("reading", OK, f"About {used:,} cells are filled in: read in {words}.")


def _cells(properties: Json) -> int:
    size = properties.get("gridProperties", {})
    return int(size.get("rowCount", 0)) * int(size.get("columnCount", 0))


def _locale(properties: Json, values: Mapping[str, list[list[Any]]]) -> Iterator[Finding]:
    locale = properties.get("locale", "")
    zone = properties.get("timeZone", "")
    told = f"Locale {locale or 'unknown'}, time zone {zone or 'unknown'}."
    rows = values.get("settings rows", [])
    settings = {str(row[0]): str(row[1]) for row in rows if len(row) > 1}
    wanted = settings.get("time_zone", "").strip()
    if wanted and zone and wanted != zone and not {wanted, zone} <= _ZERO_ZONES:
        yield Finding(
            "locale",
            WARN,
            f"{told} Settings says {wanted}: times typed here may lie a day beside.",
            "Set the same zone in File > Settings and in the row time_zone of Settings.",
        )
    else:
        yield Finding("locale", OK, told)


def _notes(reply: Json, sheets: Sequence[Json]) -> Iterator[Finding]:
    notes = [m for each in (reply, *sheets) for m in each.get("developerMetadata", ())]
    size = sum(len(m.get("metadataKey", "")) + len(m.get("metadataValue", "")) for m in notes)
    told = f"Hidden notes take {size:,} of {_MOST_NOTES:,} characters."
    if size > _NOTES:
        others = sum(not str(m.get("metadataKey", "")).startswith("sheetsync.") for m in notes)
        what = f"{others} of them belong to other add-ons." if others else ""
        yield Finding("notes", WARN, told, what or f"Report it ({LAYOUT_KEY}).")
    else:
        yield Finding("notes", OK, told)


def _quota(took: int) -> Finding:
    """The client tries again by itself: more requests than calls tell of refusals."""
    told = (
        f"Google allows {_PER_MINUTE} reads and {_PER_MINUTE} writes a minute; this check took "
        f"{took} requests, a sync takes 2"
    )
    if took <= _CALLS:
        return Finding("quota", OK, f"{told}.")
    return Finding(
        "quota",
        WARN,
        f"{told}. Google refused or lost {took - _CALLS} of them before they went through.",
        "Wait a minute; are other programs busy with the same sign-in?",
    )


def _named(names: Sequence[str]) -> str:
    """Names in a sentence, the first five of them."""
    shown = ", ".join(names[:5])
    return shown if len(names) <= 5 else f"{shown} and {len(names) - 5} more"
