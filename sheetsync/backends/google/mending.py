"""What a sync puts right after its batch, and after the batches of clients that died.

Nothing is put right blindly: every round looks at the sheet first, copies the rows that it changes
aside, and keeps the notes of what is still owed to people, until a look has shown it done.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from contextlib import suppress
from dataclasses import replace
from typing import Any

from sheetsync.backends.google import asides, guarding, ids, owing, settling, writing
from sheetsync.backends.google.asides import Miss
from sheetsync.backends.google.capture import Typed, names_of, region, typed_since, with_typed
from sheetsync.backends.google.failures import GoogleFailure, Rejected
from sheetsync.backends.google.fixes import Change
from sheetsync.backends.google.guarding import Guarded
from sheetsync.backends.google.owing import Whole
from sheetsync.backends.google.placing import Target, merged, targets
from sheetsync.backends.google.reading import Found
from sheetsync.backends.google.spreadsheet import Spreadsheet
from sheetsync.backends.google.writing import Draft
from sheetsync.model.errors import StaleSnapshot
from sheetsync.model.plan import Plan
from sheetsync.model.snapshot import TableSnapshot
from sheetsync.model.tables import Grid
from sheetsync.model.tracker import Tab
from sheetsync.model.values import same

_SETTLES = 8
"""How often cells are put right while colleagues go on moving them."""


class Mending:
    """Puts cells of one spreadsheet right; ``note`` takes sentences for people."""

    def __init__(
        self, sheet: Spreadsheet, tabs: Sequence[Tab], note: Callable[[str], None]
    ) -> None:
        self._sheet, self._tabs, self._note = sheet, tabs, note

    def settle(self, draft: Draft, found: Found, plan: Plan, reply: dict[str, Any] | None) -> None:
        """Look at the reply, and once more at the sheet where it is not as planned."""
        self._sheet.learn(draft, found)
        left = settling.pending(draft, found, reply, self._tabs)
        typed = settling.typed_since(reply, None, self._tabs) if draft.captured else []
        if reply is not None and not left and not typed:
            return
        fresh = self._sheet.look(self._tabs)
        seen = asides.read(fresh.capture)
        filled = asides.hits(seen, found.epoch + 1)
        if reply is None and draft.captured:
            typed = settling.typed_since(None, fresh, self._tabs)
        if typed:
            self._answer(typed, plan, fresh, asides.left(seen))
        if left:
            fresh = self._sheet.look(self._tabs) if typed else fresh
            fills = settling.fills_blanks(draft, reply) or (seen is not None and seen.fills)
            unsure = {(change.tab, change.new) for change in left}
            filled = [m for m in filled if (m.tab, m.written) in unsure or asides.is_lone(m)]
            after = draft.after
            self._mend(left, found, fresh, plan, fills=fills, planned=after, filled=filled)

    def recovered(self, found: Found) -> Found:
        """Put back what a client which died left in ``_capture``: answers, overwritten cells."""
        late: list[Change] = []
        answers = list(typed_since(found.capture, self._tabs)) if found.capture is not None else []
        answers = [each for each in answers if (each.tab, each.key, each.column) in found.covered]
        for (tab, key, column), now in found.covered.items():
            table = found.snapshot.tables[tab]
            declared = next(each for each in self._tabs if each.key == tab)
            typed = table.column(column)[names_of(declared, table).index(key)]
            late.append(Change(tab, column, key, key, 0, now, typed))
        plan = Plan((), "", "recovery")
        with suppress(GoogleFailure):
            fresh = self._sheet.look(self._tabs)
            seen, owed = asides.read(fresh.capture), owing.unsettled(fresh)
            fills = seen is not None and seen.fills
            self._mend(late, fresh, fresh, plan, fills=fills, owed=owed, answers=answers)
        return with_typed(self._sheet.look(self._tabs), self._tabs)

    def _answer(
        self,
        typed: list[Typed],
        plan: Plan,
        fresh: Found,
        owed: Sequence[Miss],
    ) -> None:
        """Put answers back that came since the reading; ``owed`` is put right after that."""
        for _ in range(_SETTLES):
            again = replace(plan, ops=settling.with_answers(typed, plan, fresh, self._tabs))
            draft = writing.drafted(fresh, again, self._tabs, self._sheet.limits, owed)
            try:
                reply = self._sheet.commit(draft, fresh, plan)
            except StaleSnapshot:
                fresh = self._sheet.look(self._tabs)
                continue
            self._sheet.learn(draft, fresh)
            seen = self._sheet.look(self._tabs) if reply is None else None
            typed = settling.typed_since(reply, seen, self._tabs)
            if not typed:
                return
            plan, fresh = again, seen or self._sheet.look(self._tabs)

    def _mend(
        self,
        left: Sequence[Change],
        found: Found,
        fresh: Found,
        plan: Plan,
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
            wanted, kept, right = targets(left, found, planned, fresh, self._tabs)
            whole = Whole(fresh)
            restoring = owing.restored(owed, whole, right)
            emptied = [miss for miss in owed if same(miss.held, None)]
            strays = owing.strays((*filled, *emptied), whole, right)
            owed, filled = owing.not_gone(owed, strays), owing.not_gone(filled, strays)
            aimed = owing.not_taken(wanted, whole, self._tabs)
            wanted = merged(restoring, merged(strays, aimed))
            if not wanted:
                break
            finds = self._finds(wanted, fresh, fills=fills)
            gone = [target for target in wanted if finds.get(target, "") is None]
            aims = [target for target in wanted if target not in gone]
            done = guarding.guarded(aims, fresh, self._tabs, finds, (*owed, *filled), answers)
            told = self._guarded(done, fresh, plan) if aims else None
            if told is not None:
                missed = guarding.misses(told, done, fresh) | dict.fromkeys(gone)
                owed = owing.still_owed(owed, restoring, missed)
                met = [target for target in aims if target not in missed]
                owed, filled = asides.emptied(owed, met), asides.emptied(filled, met)
                if not (missed or owed or strays or (filled and restoring)):
                    break
            fresh = self._sheet.look(self._tabs)
        self._tell(kept, owed)

    def _finds(
        self, wanted: Sequence[Target], fresh: Found, *, fills: bool
    ) -> dict[Target, str | None]:
        """How cells can be found by what they show; none of them when a tab was just renamed."""
        try:
            return guarding.found_by(self._sheet.client, self._sheet.id, wanted, fresh, fills=fills)
        except Rejected:
            return dict.fromkeys(wanted)

    def _guarded(self, done: Guarded, fresh: Found, plan: Plan) -> list[Grid] | None:
        """Write after the fresh look; the rows copied aside. None: another writer came first."""
        mark = self._sheet.mark(Draft(rest=done.requests), plan)
        marked = [writing.epoch_request(fresh.epoch, mark), *done.requests]
        try:
            reply = self._sheet.send(marked, [region(done.size)], ids.epoch_id(fresh.epoch), mark)
        except StaleSnapshot:
            return None
        self._sheet.learn(Draft(rest=done.requests), fresh)
        if reply is not None:
            return settling.grids_of(reply).get(ids.sheet_id(ids.CAPTURE), [])
        copied = self._sheet.look(self._tabs).capture
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
