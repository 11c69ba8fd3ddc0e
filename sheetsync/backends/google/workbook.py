"""A shared Google Sheet as a ``model.workbook.Workbook``: the one place where its steps meet.

Reading is one masked request; writing is one atomic batch whose reply shows what it did. Google
calculates for itself, so report tabs have no cached formulas here: ``read`` gives none, and
``apply`` has nothing to do for Recache ops.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

from sheetsync.backends.google import owing, writing
from sheetsync.backends.google.capture import with_typed
from sheetsync.backends.google.client import SheetsClient
from sheetsync.backends.google.expected import check
from sheetsync.backends.google.failures import Ambiguous, GoogleFailure
from sheetsync.backends.google.journal import Journal
from sheetsync.backends.google.known import Memory
from sheetsync.backends.google.mending import Mending
from sheetsync.backends.google.reading import Found, Limits
from sheetsync.backends.google.spreadsheet import Spreadsheet
from sheetsync.backends.google.writing import Draft
from sheetsync.backends.xlsx.journal import state_folder
from sheetsync.model.errors import StaleSnapshot
from sheetsync.model.plan import Plan
from sheetsync.model.snapshot import Snapshot
from sheetsync.model.tracker import Tab
from sheetsync.model.workbook import Receipt

LIMITS = Limits()


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
        self.restore = restore
        self.notes: tuple[str, ...] = ()
        folder = state_folder(state)
        self.journal = Journal.of(folder, spreadsheet_id)
        memory = Memory.of(folder, spreadsheet_id)
        self._sheet = Spreadsheet(client, spreadsheet_id, memory, limits)
        self._seen: tuple[Found, tuple[Tab, ...]] | None = None
        self._before = client.requests, client.sent, client.received

    @property
    def name(self) -> str:
        """The spreadsheet's title; its id before the first reading."""
        return self._sheet.name

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
        found = with_typed(self._sheet.look(tabs), tabs)
        if found.covered or owing.unsettled(found):
            found = self._mending(tabs).recovered(found)
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
            raise self._sheet.stale()
        check(plan, found.snapshot, self.name)
        self._put_back_tabs(plan, found)
        draft = writing.drafted(found, plan, tabs, self._sheet.limits, owing.unsettled(found))
        if draft.empty and not draft.guarded:
            return Receipt(plan.fingerprint, plan.fingerprint)
        record = self.journal.begin(plan)
        self._seen = None
        try:
            reply = self._sheet.commit(draft, found, plan)
        except Ambiguous:
            raise
        except (StaleSnapshot, GoogleFailure):
            self.journal.discard(record)
            self._sheet.forget_stages(found)
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
        self._sheet.forget()
        raise StaleSnapshot(f"Tabs of “{self.name}” were put back: read it again.")

    def plan_of(self, run: str) -> Plan:
        """Return the plan that ``run`` applied; KeyError when this computer does not know it."""
        return self.journal.plan_of(run)

    def close(self) -> None:
        """Forget what was read; nothing is held open between calls."""
        self._seen = None

    def _last(self, tabs: Sequence[Tab]) -> Found:
        if self._seen is None or self._seen[1] != tuple(tabs):
            self.read(tabs)
        assert self._seen is not None
        return self._seen[0]

    def _settle(
        self,
        draft: Draft,
        found: Found,
        plan: Plan,
        reply: dict[str, Any] | None,
        tabs: Sequence[Tab],
    ) -> None:
        """Put right what is not as planned after the batch."""
        self._mending(tabs).settle(draft, found, plan, reply)

    def _mending(self, tabs: Sequence[Tab]) -> Mending:
        return Mending(self._sheet, tabs, self._note)

    def _note(self, note: str) -> None:
        if note not in self.notes:
            self.notes = (*self.notes, note)
