"""A shared Google Sheet as a ``model.workbook.Workbook``: the one place where its steps meet.

Reading is one masked request; writing is one atomic batch whose reply shows what it did. Google
calculates for itself, so report tabs have no cached formulas here: ``read`` gives none, and
``apply`` has nothing to do for Recache ops.
"""

from __future__ import annotations

import secrets
from collections.abc import Callable, Mapping, Sequence
from contextlib import suppress
from dataclasses import replace
from pathlib import Path
from typing import Any

from sheetsync.backends.google import asides, bodies, guarding, ids, owing, settling, writing
from sheetsync.backends.google.asides import Miss
from sheetsync.backends.google.capture import Typed, names_of, region, typed_since, with_typed
from sheetsync.backends.google.client import SheetsClient
from sheetsync.backends.google.draw_cells import Request
from sheetsync.backends.google.failures import Ambiguous, GoogleFailure, Rejected
from sheetsync.backends.google.fixes import Change
from sheetsync.backends.google.guarding import Guarded
from sheetsync.backends.google.journal import Journal
from sheetsync.backends.google.known import Memory, Place
from sheetsync.backends.google.owing import Whole
from sheetsync.backends.google.placing import Target, merged, targets
from sheetsync.backends.google.reading import Found, Limits, look
from sheetsync.backends.google.staging import size_of, staged
from sheetsync.backends.google.writing import Draft
from sheetsync.backends.xlsx.journal import state_folder
from sheetsync.model.errors import StaleSnapshot
from sheetsync.model.plan import Plan, ReplaceRows, WriteCells, WriteNames, as_rows
from sheetsync.model.snapshot import Snapshot, TableSnapshot
from sheetsync.model.tables import Grid
from sheetsync.model.tracker import Tab
from sheetsync.model.values import Value, same
from sheetsync.model.workbook import Receipt

LIMITS = Limits()
_MARKERS = "developerMetadata(metadataId,metadataValue)"
_SETTLES = 8
"""How often cells are put right while colleagues go on moving them."""


class GoogleWorkbook:
    """A spreadsheet by its id, spoken to through ``client``.

    ``state`` is the folder for journal and memory (see ``xlsx.journal.state_folder``). ``restore``
    puts tabs of ours back that people deleted, as ``create`` does; without it computed tabs come
    back plain, and report tabs not at all. ``notes``
    are sentences for people; ``traffic`` counts requests and bytes since the workbook was opened.
    """

    calculates = True
    """Formulas are worked out by Google, not cached by us."""

    def __init__(
        self,
        client: SheetsClient,
        spreadsheet_id: str,
        *,
        state: Path | None = None,
        restore: Callable[[], object] | None = None,
        limits: Limits = LIMITS,
    ) -> None:
        self.client = client
        self.id = spreadsheet_id
        self.limits = limits
        self.restore = restore
        self.notes: tuple[str, ...] = ()
        folder = state_folder(state)
        self.journal = Journal.of(folder, spreadsheet_id)
        self._memory = Memory.of(folder, spreadsheet_id)
        self._known = self._memory.recall()
        self._seen: tuple[Found, tuple[Tab, ...]] | None = None
        self._title = ""
        self._before = client.requests, client.sent, client.received

    @property
    def name(self) -> str:
        """The spreadsheet's title; its id before the first reading."""
        return self._title or self.id

    @property
    def found(self) -> Found | None:
        """All that the last reading met, until something is written; None before it."""
        return self._seen[0] if self._seen else None

    @property
    def traffic(self) -> dict[str, int]:
        """HTTP requests, bytes sent and bytes received by this workbook."""
        now = self.client.requests, self.client.sent, self.client.received
        told = (a - b for a, b in zip(now, self._before, strict=True))
        return dict(zip(("requests", "sent", "received"), told, strict=True))

    def read(self, tabs: Sequence[Tab]) -> Snapshot:
        """Read the declared tabs: one request, on the first contact two, more for large tabs.

        The fingerprint is of everything read and of the epoch. Answers that a client which died
        had overwritten are put back first: that takes a write. Raises GoogleFailure.
        """
        found = with_typed(self._look(tabs), tabs)
        if found.covered or owing.unsettled(found):
            found = self._recovered(found, tabs)
        self._seen = found, tuple(tabs)
        return found.snapshot

    def apply(self, plan: Plan, tabs: Sequence[Tab]) -> Receipt:
        """Write the plan in one atomic batch; an empty plan touches nothing.

        Recache ops are skipped: Google has calculated already. Raises StaleSnapshot when somebody
        wrote meanwhile or a cell is not what the plan expects, WriteFailed when the run cannot be
        recorded, GoogleFailure.
        """
        found = self._last(tabs)
        if plan and plan.fingerprint != found.snapshot.fingerprint:
            raise self._stale()
        _check(plan, found.snapshot, self.name)
        self._put_back_tabs(plan, found)
        draft = writing.drafted(found, plan, tabs, self.limits, owing.unsettled(found))
        if draft.empty and not draft.guarded:
            return Receipt(plan.fingerprint, plan.fingerprint)
        record = self.journal.begin(plan)
        self._seen = None
        try:
            reply = self._commit(draft, found, plan)
        except Ambiguous:
            raise
        except (StaleSnapshot, GoogleFailure):
            self.journal.discard(record)
            self._forget_stages(found)
            raise
        self._settle(draft, found, plan, reply, tabs)
        self.journal.prune()
        changed = dict.fromkeys(
            found.sheets[op.tab].title for op in plan.ops if op.tab in found.sheets
        )
        return Receipt(plan.fingerprint, f"epoch {found.epoch + 1}", tuple(changed))

    def _put_back_tabs(self, plan: Plan, found: Found) -> None:
        """Have tabs made again that the plan writes to; the plan has to be made anew then."""
        if self.restore is None or all(op.tab in found.sheets for op in plan.ops):
            return
        self.restore()
        self.close()
        self._known = None
        raise StaleSnapshot(f"Tabs of “{self.name}” were put back: read it again.")

    def plan_of(self, run: str) -> Plan:
        """Return the plan that ``run`` applied; KeyError when this computer does not know it."""
        return self.journal.plan_of(run)

    def close(self) -> None:
        """Forget what was read; nothing is held open between calls."""
        self._seen = None

    def _look(self, tabs: Sequence[Tab]) -> Found:
        found = look(self.client, self.id, tabs, self._known, self.limits)
        self._title = found.snapshot.name
        self._known = found.known
        self._memory.remember(found.known)
        return found

    def _recovered(self, found: Found, tabs: Sequence[Tab]) -> Found:
        """Put back what a client which died left in ``_capture``: answers, overwritten cells."""
        late: list[Change] = []
        answers = list(typed_since(found.capture, tabs)) if found.capture is not None else []
        answers = [each for each in answers if (each.tab, each.key, each.column) in found.covered]
        for (tab, key, column), now in found.covered.items():
            table = found.snapshot.tables[tab]
            declared = next(each for each in tabs if each.key == tab)
            typed = table.column(column)[names_of(declared, table).index(key)]
            late.append(Change(tab, column, key, key, 0, now, typed))
        plan = Plan((), "", "recovery")
        with suppress(GoogleFailure):
            fresh = self._look(tabs)
            self._mend(
                late,
                fresh,
                fresh,
                plan,
                tabs,
                fills=False,
                owed=owing.unsettled(fresh),
                answers=answers,
            )
        return with_typed(self._look(tabs), tabs)

    def _last(self, tabs: Sequence[Tab]) -> Found:
        if self._seen is None or self._seen[1] != tuple(tabs):
            self.read(tabs)
        assert self._seen is not None
        return self._seen[0]

    def _stale(self) -> StaleSnapshot:
        return StaleSnapshot(
            f"“{self.name}” was changed by somebody since it was read: read it again. "
            "Nothing was changed."
        )

    def _commit(self, draft: Draft, found: Found, plan: Plan) -> dict[str, Any] | None:
        """Send the plan's batch, large bodies staged before it; None: done, its reply lost.

        Changes of people's cells for which it has no room follow in batches of their own.
        """
        if draft.empty:
            return {}
        mark = self._mark(draft, plan)
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
        reply = self._send(requests, ranges, ids.epoch_id(found.epoch), mark)
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

    def _mark(self, draft: Draft, plan: Plan) -> str:
        """The text of a batch's marker; it says so when the batch makes ``_capture``.

        Until the batch is known to be done this computer forgets where tabs are: it may die.
        """
        if not draft.adds:
            return f"{plan.run} {secrets.token_hex(8)}"
        self._memory.forget()
        made = f" {ids.CAPTURE}" if ids.sheet_id(ids.CAPTURE) in draft.adds else ""
        return f"{plan.run}{made} {secrets.token_hex(8)}"

    def _forget_stages(self, found: Found) -> None:
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

    def _send(
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
                raise self._stale() from refused
            if "already exists" in refused.words:
                self._known = None
                self._memory.forget()
                raise self._stale() from refused
            if "range" in refused.words.casefold():
                if self._marker(marker) == mark:
                    return None
                raise self._stale() from refused
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

    def _settle(
        self,
        draft: Draft,
        found: Found,
        plan: Plan,
        reply: dict[str, Any] | None,
        tabs: Sequence[Tab],
    ) -> None:
        """Look at the reply, and once more at the sheet where it is not as planned."""
        self._learn(draft, found)
        left = settling.pending(draft, found, reply, tabs)
        typed = settling.typed_since(reply, None, tabs) if draft.captured else []
        if reply is not None and not left and not typed:
            return
        fresh = self._look(tabs)
        seen = asides.read(fresh.capture)
        filled = asides.hits(seen, found.epoch + 1)
        if reply is None and draft.captured:
            typed = settling.typed_since(None, fresh, tabs)
        if typed:
            self._answer(typed, plan, fresh, tabs, asides.left(seen))
        if left:
            fresh = self._look(tabs) if typed else fresh
            fills = settling.fills_blanks(draft, reply) or (seen is not None and seen.fills)
            unsure = {(change.tab, change.new) for change in left}
            filled = [m for m in filled if (m.tab, m.written) in unsure or asides.is_lone(m)]
            after = draft.after
            self._mend(left, found, fresh, plan, tabs, fills=fills, planned=after, filled=filled)

    def _answer(
        self,
        typed: list[Typed],
        plan: Plan,
        fresh: Found,
        tabs: Sequence[Tab],
        owed: Sequence[Miss],
    ) -> None:
        """Put answers back that came since the reading; ``owed`` is put right after that."""
        for _ in range(_SETTLES):
            again = replace(plan, ops=settling.with_answers(typed, plan, fresh, tabs))
            draft = writing.drafted(fresh, again, tabs, self.limits, owed)
            try:
                reply = self._commit(draft, fresh, plan)
            except StaleSnapshot:
                fresh = self._look(tabs)
                continue
            self._learn(draft, fresh)
            seen = self._look(tabs) if reply is None else None
            typed = settling.typed_since(reply, seen, tabs)
            if not typed:
                return
            plan, fresh = again, seen or self._look(tabs)

    def _mend(
        self,
        left: Sequence[Change],
        found: Found,
        fresh: Found,
        plan: Plan,
        tabs: Sequence[Tab],
        *,
        fills: bool,
        planned: Mapping[str, TableSnapshot] | None = None,
        filled: Sequence[Miss] = (),
        owed: Sequence[Miss] = (),
        answers: Sequence[Typed] = (),
    ) -> None:
        """Set cells of people's that are not as planned, wherever they are now.

        ``filled`` are cells that hold what we wrote: they get back what they held unless it is
        there that it belongs. ``owed`` are cells of others that earlier batches have overwritten.
        """
        owed = list(owed)
        planned = planned or {}
        for _ in range(_SETTLES):
            wanted, kept, right = targets(left, found, planned, fresh, tabs)
            whole = Whole(fresh)
            restoring = owing.restored(owed, whole, right)
            emptied = [miss for miss in owed if same(miss.held, None)]
            strays = owing.strays((*filled, *emptied), whole, right)
            aimed = owing.not_taken(wanted, (*restoring, *strays), whole, tabs)
            wanted = merged(restoring, merged(strays, aimed))
            if not wanted:
                break
            finds = self._finds(wanted, fresh, fills=fills)
            gone = [target for target in wanted if finds.get(target, "") is None]
            aims = [target for target in wanted if target not in gone]
            done = guarding.guarded(aims, fresh, tabs, finds, (*owed, *filled), answers)
            told = self._guarded(done, fresh, plan, tabs) if aims else None
            if told is not None:
                missed = guarding.misses(told, done, fresh) | dict.fromkeys(gone)
                owed = owing.still_owed(owed, restoring, missed)
                if not (missed or owed or strays or (filled and restoring)):
                    break
            fresh = self._look(tabs)
        self._tell(kept, owed)

    def _finds(
        self, wanted: Sequence[Target], fresh: Found, *, fills: bool
    ) -> dict[Target, str | None]:
        """How cells can be found by what they show; none of them when a tab was just renamed."""
        try:
            return guarding.found_by(self.client, self.id, wanted, fresh, fills=fills)
        except Rejected:
            return dict.fromkeys(wanted)

    def _guarded(
        self, done: Guarded, fresh: Found, plan: Plan, tabs: Sequence[Tab]
    ) -> list[Grid] | None:
        """Write after the fresh look; the rows copied aside. None: another writer came first."""
        mark = self._mark(Draft(rest=done.requests), plan)
        marked = [writing.epoch_request(fresh.epoch, mark), *done.requests]
        try:
            reply = self._send(marked, [region(done.size)], ids.epoch_id(fresh.epoch), mark)
        except StaleSnapshot:
            return None
        self._learn(Draft(rest=done.requests), fresh)
        if reply is not None:
            return settling.grids_of(reply).get(ids.sheet_id(ids.CAPTURE), [])
        copied = self._look(tabs).capture
        return [copied] if copied is not None else []

    def _tell(self, kept: int, owed: Sequence[Miss]) -> None:
        """Note what was left to colleagues, and what could not be given back to them."""
        if kept:
            self._note(
                f"Colleagues were at {kept} of the cells that sync was writing: they were left as "
                "they are, and the next sync looks at them again."
            )
        for miss in owed:
            self._note(
                f"Somebody moved rows or columns of {miss.tab} again and again while sync was "
                f"writing: a cell of the column {miss.title} that held {miss.held!r} was changed "
                f"to {miss.written!r} and was not found again. Look at the column, and at "
                "Google's version history."
            )

    def _note(self, note: str) -> None:
        if note not in self.notes:
            self.notes = (*self.notes, note)

    def _learn(self, draft: Draft, found: Found) -> None:
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


def _check(plan: Plan, seen: Snapshot, name: str) -> None:
    """Refuse a plan that expects something else than what was read."""
    for op in plan.ops:
        table = seen.tables.get(op.tab)
        match op:
            case WriteCells():
                fits = table is not None and _fits(op, table)
            case ReplaceRows():
                told = as_rows([table.column(key) for key in op.columns]) if table else ()
                fits = told == op.old or _alike(told, op.old)
            case WriteNames() if op.tab in seen.reports:
                names = seen.reports[op.tab].names
                pairs = zip(op.names, op.old, strict=True)
                fits = all(same(names.get(key), old) for key, old in pairs)
            case _:
                fits = True
        if not fits:
            raise StaleSnapshot(
                f"A cell of “{name}” is not what the plan was made from. Nothing was changed."
            )


def _fits(op: WriteCells, table: TableSnapshot) -> bool:
    place = {row: j for j, row in enumerate(table.rows)}
    cells = table.column(op.column)
    if op.column not in table.bound:
        return False
    pairs = zip(op.rows, op.old, strict=True)
    return all(row in place and same(cells[place[row]], old) for row, old in pairs)


def _alike(a: Sequence[Sequence[Value]], b: Sequence[Sequence[Value]]) -> bool:
    return len(a) == len(b) and all(
        x == y or all(map(same, x, y)) for x, y in zip(a, b, strict=True)
    )
