"""One spreadsheet as we speak to it: look, and write in batches that are done once.

A batch begins with the marker of its epoch: one that comes too late is refused whole, and one whose
reply was lost is recognised by what its marker says.
"""

from __future__ import annotations

import secrets
from collections.abc import Sequence
from contextlib import suppress
from dataclasses import replace
from typing import Any

from sheetsync.backends.google import bodies, ids, writing
from sheetsync.backends.google.client import SheetsClient
from sheetsync.backends.google.draw_cells import Request
from sheetsync.backends.google.failures import Ambiguous, GoogleFailure, Rejected
from sheetsync.backends.google.known import Known, Memory, Place
from sheetsync.backends.google.reading import Found, Limits, look
from sheetsync.backends.google.staging import size_of, staged
from sheetsync.backends.google.writing import Draft
from sheetsync.model.errors import StaleSnapshot
from sheetsync.model.plan import Plan
from sheetsync.model.tracker import Tab

_MARKERS = "developerMetadata(metadataId,metadataValue)"


class Spreadsheet:
    """A spreadsheet by its id; what is known of its tabs is kept in ``memory`` between runs."""

    def __init__(self, client: SheetsClient, identity: str, memory: Memory, limits: Limits) -> None:
        self.client = client
        self.id = identity
        self.limits = limits
        self._memory = memory
        self._known: Known | None = memory.recall()
        self._title = ""

    @property
    def name(self) -> str:
        """The spreadsheet's title; its id before the first reading."""
        return self._title or self.id

    def forget(self) -> None:
        """Have the next look learn the structure first."""
        self._known = None

    def look(self, tabs: Sequence[Tab]) -> Found:
        """Read the declared tabs. Raises GoogleFailure."""
        found = look(self.client, self.id, tabs, self._known, self.limits)
        self._title = found.snapshot.name
        self._known = found.known
        self._memory.remember(found.known)
        return found

    def stale(self) -> StaleSnapshot:
        """That somebody wrote since it was read."""
        return StaleSnapshot(
            f"“{self.name}” was changed by somebody since it was read: read it again. "
            "Nothing was changed."
        )

    def commit(self, draft: Draft, found: Found, plan: Plan) -> dict[str, Any] | None:
        """Send the plan's batch, large bodies staged before it; None: done, its reply lost.

        Changes of people's cells for which it has no room follow in batches of their own.
        """
        if draft.empty:
            return {}
        mark = self.mark(draft, plan)
        told = staged(draft.rest, draft.bodies, self.limits.write_bytes, mark, found.epoch)
        if told.batches:
            self._memory.forget()
        for batch in told.batches:
            self._piece(batch)
        dead = (sheet for sheet, number in found.known.stages if number <= found.epoch + 1)
        before = [writing.epoch_request(found.epoch, mark), *draft.aside]
        after = [
            *told.commit,
            *({"deleteSheet": {"sheetId": sheet}} for sheet in dead),
            *writing.forgotten(found.epochs),
        ]
        limit = self.limits.write_bytes
        room = limit - size_of([*before, *after])
        (fixes, *later), order = writing.fixes_in_parts(draft, room, limit)
        ranges = () if later else draft.ranges
        requests = [*before, *fixes, *after]
        reply = self.send(requests, ranges, ids.epoch_id(found.epoch), mark)
        if reply is None or not later:
            return reply
        done = reply.get("replies", [])[len(before) :][: len(fixes)]
        return self._finished(done, [{}] * len(before), later, order, draft.ranges)

    def _finished(
        self,
        told: list[Any],
        before: Sequence[Any],
        later: Sequence[Sequence[Request]],
        order: Sequence[int],
        ranges: Sequence[str],
    ) -> dict[str, Any] | None:
        """Make the changes of people's cells for which the batch had no room.

        The reply is as if one batch had made them all, with the cells that the last one reads back.
        ``told`` are the replies so far, ``order`` is which change each reply belongs to. None when
        it is not known which of them were made.
        """
        last: dict[str, Any] = {}
        try:
            for number, requests in enumerate(later, 1):
                body = writing.body_of(requests, ranges if number == len(later) else ())
                last = self.client.batch_update(self.id, body, token=True, fields=writing.REPLY)
                told += last.get("replies", [{}] * len(requests))
        except GoogleFailure:
            return None
        placed = dict(zip(order, told, strict=True))
        return {**last, "replies": [*before, *(placed[at] for at in range(len(placed)))]}

    def mark(self, draft: Draft, plan: Plan) -> str:
        """The text of a batch's marker; it says so when the batch makes ``_capture``.

        Until the batch is known to be done this computer forgets where tabs are: it may die.
        """
        if not draft.adds:
            return f"{plan.run} {secrets.token_hex(8)}"
        self._memory.forget()
        made = f" {ids.CAPTURE}" if ids.sheet_id(ids.CAPTURE) in draft.adds else ""
        return f"{plan.run}{made} {secrets.token_hex(8)}"

    def forget_stages(self, found: Found) -> None:
        """After a refusal: look for stage tabs anew before the next write."""
        if found.known.stages or self._memory.recall() is None:
            self._known = None

    def _piece(self, batch: Sequence[Request]) -> None:
        """Write a piece of the stage; one that was done already is refused and counts as done."""
        try:
            self.client.batch_update(
                self.id, {"requests": list(batch)}, token=True, fields="spreadsheetId"
            )
        except Rejected as refused:
            if not (refused.unsure and "already exists" in refused.words):
                raise

    def send(
        self, requests: Sequence[Request], ranges: Sequence[str], marker: int, mark: str
    ) -> dict[str, Any] | None:
        """Send a batch that begins with a marker; None when it was done and its reply is lost."""
        body = writing.body_of(requests, ranges)
        try:
            return self.client.batch_update(self.id, body, token=True, fields=writing.REPLY)
        except Rejected as refused:
            if "already exists" in refused.words and "metadata" in refused.words.casefold():
                if self._marker(marker) == mark:
                    return None
                raise self.stale() from refused
            if "already exists" in refused.words:
                self._known = None
                self._memory.forget()
                raise self.stale() from refused
            if "range" in refused.words.casefold():
                if self._marker(marker) == mark:
                    return None
                raise self.stale() from refused
            raise
        except Ambiguous:
            with suppress(GoogleFailure):
                if self._marker(marker) == mark:
                    return None
            raise

    def _marker(self, marker: int) -> str:
        """What the marker of an epoch says; "" when there is none."""
        told = self.client.get_sheet(self.id, {"fields": _MARKERS})
        for metadata in told.get("developerMetadata", ()):
            if metadata.get("metadataId") == marker:
                return str(metadata.get("metadataValue", ""))
        return ""

    def learn(self, draft: Draft, found: Found) -> None:
        """Remember the hidden tabs that the batch made, and how large tabs have become."""
        made, sizes = draft.adds, bodies.sizes(draft.bodies.values())
        places = {
            key: replace(place, cells=max(place.cells, sizes.get(place.sheet, 0)))
            for key, place in found.known.places.items()
        }
        for key in (ids.MARKS, ids.CAPTURE):
            if ids.sheet_id(key) in made:
                places[key] = Place(ids.sheet_id(key), key)
        self._known = replace(found.known, places=places, stages=())
        self._memory.remember(self._known)
