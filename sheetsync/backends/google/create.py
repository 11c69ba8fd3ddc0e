"""Fill an empty shared Google Sheet with a tracker; a repeat makes nothing twice.

The structure is read first, and only what is missing is sent: in one batch, or in several where
that would be too large. Each batch is atomic and marks what it made, so that a run which was
stopped in between is completed by the next one, and a reply that was lost does no harm.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING, Any

from sheetsync.backends.google import ids
from sheetsync.backends.google.creation import LAYOUT, STRUCTURE, Existing, Unit, units
from sheetsync.backends.google.draw_cells import Json, Request
from sheetsync.backends.google.failures import Rejected
from sheetsync.backends.google.headers import lost_headers
from sheetsync.model.errors import WriteFailed
from sheetsync.model.tables import quoted

if TYPE_CHECKING:
    from sheetsync.backends.google.client import SheetsClient
    from sheetsync.backends.google.draw_table import Rows, SyncHeader
    from sheetsync.model.tracker import Tracker

LARGEST = 1_800_000
"""Bytes of one batch; Google advises 2 MB."""
_TRIES = 3
_OBJECTS = ("tables", "charts", "bandedRanges", "protectedRanges", "basicFilter", "merges")


@dataclass(frozen=True, slots=True)
class Created:
    """What was made: the spreadsheet's title, how many requests and batches that took.

    ``structure`` is the reply that told what was there.
    """

    title: str
    requests: int
    batches: int
    structure: Json = field(repr=False, default_factory=dict)


def create(
    client: SheetsClient,
    spreadsheet_id: str,
    tracker: Tracker,
    rows: Mapping[str, Rows] | None = None,
    cells: Mapping[str, Any] | None = None,
    *,
    sync_header: SyncHeader | None = None,
) -> Created:
    """Make the tracker in a shared spreadsheet, or whatever of it is missing there.

    Where nothing is, formulas in headers that people typed over are put back.

    Raises WriteFailed when a tab of people's has a name that the tracker needs, or when packs or
    rows are to be put into a tracker that was made without; GoogleFailure for all that Google
    refuses. Nothing is made then, unless some batches of several were done: a repeat completes
    them.
    """
    editors = (client.who,) if client.who else ()

    def missing(reply: Json) -> list[Unit]:
        there = Existing.of(reply)
        _refuse(tracker, rows or {}, there)
        left = units(tracker, rows or {}, cells or {}, there, editors, sync_header)
        return _without_default(client, spreadsheet_id, reply, left)

    made = send(client, spreadsheet_id, missing)
    return made if made.batches else _with_headers(client, spreadsheet_id, tracker, made)


def _with_headers(
    client: SheetsClient, spreadsheet_id: str, tracker: Tracker, made: Created
) -> Created:
    """Put formulas back that people typed over, in a tracker from which nothing else is missing."""
    lost = lost_headers(client, spreadsheet_id, tracker, made.structure)
    if not lost:
        return made
    requests = [header.request() for header in lost]
    client.batch_update(spreadsheet_id, {"requests": requests}, token=True)
    return replace(made, requests=len(requests), batches=1)


def send(
    client: SheetsClient, spreadsheet_id: str, missing: Callable[[Json], Sequence[Unit]]
) -> Created:
    """Read the structure and send the units that ``missing`` finds it to lack.

    When a batch is refused that may have been done before, its reply lost, what is still missing is
    looked for again. Raises GoogleFailure.
    """
    sent = batches = 0
    for last_try in (*(False,) * (_TRIES - 1), True):
        reply = client.get_sheet(spreadsheet_id, {"fields": STRUCTURE})
        left = missing(reply)
        try:
            for requests in packed(left):
                client.batch_update(spreadsheet_id, {"requests": requests}, token=True)
                sent, batches = sent + len(requests), batches + 1
        except Rejected as refused:
            if last_try or not refused.unsure:
                raise
        else:
            return Created(reply["properties"]["title"], sent, batches, reply)
    raise AssertionError


def packs_made(client: SheetsClient, spreadsheet_id: str, tracker: Tracker) -> frozenset[str]:
    """The packs of a tracker that a spreadsheet has. Raises GoogleFailure."""
    fields = "properties(title),sheets(properties(sheetId,title))"
    return Existing.of(client.get_sheet(spreadsheet_id, {"fields": fields})).packs(tracker)


def packed(left: Sequence[Unit], largest: int = LARGEST) -> Iterator[list[Request]]:
    """Batches of whole units, none larger than it should be unless one unit alone is."""
    batch: list[Request] = []
    size = 0
    for unit in left:
        weight = len(json.dumps(unit.requests, ensure_ascii=False).encode())
        if batch and size + weight > largest:
            yield batch
            batch, size = [], 0
        batch.extend(unit.requests)
        size += weight
    if batch:
        yield batch


def _refuse(tracker: Tracker, rows: Mapping[str, Rows], there: Existing) -> None:
    ours = {tab.title.casefold(): ids.sheet_id(tab.key) for tab in tracker.tabs}
    for at, title in there.titles.items():
        if ours.get(title.casefold(), at) != at:
            raise WriteFailed(
                f"The spreadsheet has a tab {title!r} of its own, and the tracker needs that name: "
                "rename the tab, or share an empty spreadsheet. Nothing was made."
            )
    others = {tab.pack for tab in tracker.tabs if tab.pack} - there.packs(tracker)
    if others and ids.LAYOUT_ID in there.marks:
        raise WriteFailed(
            f"The tracker in this spreadsheet was made without {', '.join(sorted(others))}: run "
            f"`sheetsync add-pack` with its address and {','.join(sorted(others))}. "
            "Nothing was written."
        )
    in_use = [tab.title for tab in tracker.tabs if _other_rows(tab.key, rows, there)]
    if in_use:
        raise WriteFailed(
            f"The tracker in this spreadsheet was made before ({in_use[0]} is there): rows for "
            "trying things out go into an empty spreadsheet only. Nothing was written."
        )


def _other_rows(key: str, rows: Mapping[str, Rows], there: Existing) -> bool:
    """Whether rows are meant for a tab that was made without them."""
    drawn = there.marks.get(ids.number("mark", key))
    return bool(rows.get(key)) and drawn == LAYOUT


def _without_default(
    client: SheetsClient, spreadsheet_id: str, reply: Json, left: list[Unit]
) -> list[Unit]:
    """Add that the tab of a new spreadsheet goes, when nobody ever touched it."""
    first = next((unit for unit in left if unit.mark == ids.LAYOUT_ID), None)
    tab = next((s for s in reply["sheets"] if not s["properties"].get("sheetId")), None)
    if first is None or tab is None or any(tab.get(kind) for kind in _OBJECTS):
        return left
    title = quoted(str(tab["properties"]["title"]))
    fields = "sheets(properties.sheetId,data.rowData.values(userEnteredValue,note))"
    seen = client.get_sheet(spreadsheet_id, {"ranges": [title], "fields": fields})
    if any(_cells(sheet) for sheet in seen.get("sheets", ())):
        return left
    gone: Request = {"deleteSheet": {"sheetId": 0}}
    *made, mark = first.requests
    first = Unit(first.mark, first.sheet, (*made, gone, mark))
    return [first, *(unit for unit in left if unit.mark != ids.LAYOUT_ID)]


def _cells(sheet: Json) -> bool:
    """Whether anything stands in a tab's cells."""
    blocks = sheet.get("data", ())
    return any(
        cell for b in blocks for row in b.get("rowData", ()) for cell in row.get("values", ())
    )
