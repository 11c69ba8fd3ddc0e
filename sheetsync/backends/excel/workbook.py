"""A workbook that is open in Excel as a ``model.workbook.Workbook``: where its steps meet.

Nothing is opened, saved or closed: people see the changes in their window and save them, or not.
Excel calculates for itself, so report tabs have no cached formulas here: ``read`` gives none, and
``apply`` has nothing to do for Recache ops.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

from sheetsync.backends.excel import reading, writing
from sheetsync.backends.excel.attach import attached
from sheetsync.backends.excel.blocks import drafted
from sheetsync.backends.excel.calls import Calls, failed, is_of_excel
from sheetsync.backends.excel.journal import Journal
from sheetsync.backends.excel.reading import BookFound
from sheetsync.backends.excel.restoring import put_back
from sheetsync.backends.xlsx.journal import state_folder
from sheetsync.model.errors import NotATracker, StaleSnapshot, WorkbookUnreadable
from sheetsync.model.plan import Plan, Recache
from sheetsync.model.snapshot import ReportSnapshot, Snapshot
from sheetsync.model.tracker import Role, Tab
from sheetsync.model.workbook import Receipt

_MADE = (Role.COMPUTED, Role.LOG)


class ExcelWorkbook:
    """The workbook that is open in Excel as ``name``, "" for the one in front.

    ``state`` is the folder for the journal (see ``xlsx.journal.state_folder``), ``calls`` says how
    long a busy Excel is asked again. ``notes`` are sentences for people. Raises WorkbookMissing
    when there is no such workbook, WorkbookBusy when Excel stays busy.
    """

    calculates = True
    """Formulas are worked out by Excel, not cached by us."""

    def __init__(
        self, name: str = "", *, state: Path | None = None, calls: Calls | None = None
    ) -> None:
        self.calls = calls or Calls()
        self.state = state_folder(state)
        self.notes: tuple[str, ...] = ()
        self._book: Any = attached(name, self.calls)
        self._name = str(self.calls.ask(lambda: self._book.name))
        self._seen: tuple[BookFound, tuple[Tab, ...]] | None = None

    @property
    def name(self) -> str:
        """The workbook's name, as Excel's title bar shows it."""
        return self._name

    @property
    def journal(self) -> Journal:
        """The records of its runs."""
        return Journal(self.state, self._name)

    def read(self, tabs: Sequence[Tab]) -> Snapshot:
        """Read the declared tabs, each in two calls; the fingerprint is of all that they hold.

        Raises WorkbookBusy, WorkbookMissing or WorkbookUnreadable.
        """
        try:
            found = reading.look(self._open(), self._name, tabs, self.calls)
        except Exception as error:
            if not is_of_excel(error):
                raise
            raise WorkbookUnreadable(str(failed(error, f"to show “{self._name}”"))) from error
        found = replace(found, snapshot=self._without_lost_reports(found.snapshot, tabs))
        self._seen = found, tuple(tabs)
        return found.snapshot

    def _without_lost_reports(self, seen: Snapshot, tabs: Sequence[Tab]) -> Snapshot:
        """The snapshot with report tabs that people deleted as ones without names.

        Charts cannot be drawn into an open window: nothing is wanted of such a tab, but it is told.
        """
        lost = [tab for tab in tabs if tab.role is Role.REPORT and tab.key not in seen.reports]
        for tab in (tab for tab in lost if not tab.pack):
            self._note(
                f"The tab {tab.title} is gone from “{self._name}”: save and close the workbook and "
                "sync its file to have it drawn again."
            )
        none = {tab.key: ReportSnapshot(tab.key, tab.title) for tab in lost}
        return replace(seen, reports={**seen.reports, **none})

    def apply(self, plan: Plan, tabs: Sequence[Tab]) -> Receipt:
        """Write the plan, whole or not at all; an empty plan touches nothing.

        The tabs that it writes to are read once more before. Raises StaleSnapshot when somebody
        changed them meanwhile, WriteFailed, WorkbookBusy or WorkbookMissing; nothing is changed
        then.
        """
        if not plan:
            return Receipt(plan.fingerprint, plan.fingerprint)
        try:
            return self._apply(plan, tabs)
        except Exception as error:
            if not is_of_excel(error):
                raise
            raise failed(error, f"what is needed to write to “{self._name}”") from error

    def _apply(self, plan: Plan, tabs: Sequence[Tab]) -> Receipt:
        found = self._last(tabs)
        if plan.fingerprint != found.snapshot.fingerprint:
            raise self._stale()
        self._put_back_tabs(plan, found, tabs)
        drafts = drafted(plan, self._unchanged(plan, found))
        if not drafts:
            return Receipt(plan.fingerprint, plan.fingerprint)
        own = self.journal.own()
        record = own.begin(plan)
        self._seen = None
        notes: list[str] = []
        try:
            writing.write(self._open(), drafts, self.calls, notes)
        except writing.Torn:
            raise
        except BaseException:
            own.discard(record)
            raise
        finally:
            for note in notes:
                self._note(note)
        own.prune()
        titles = dict.fromkeys(draft.found.title for draft in drafts)
        return Receipt(plan.fingerprint, f"run {plan.run}", tuple(titles))

    def plan_of(self, run: str) -> Plan:
        """Return the plan that ``run`` applied; KeyError when this computer does not know it."""
        return self.journal.plan_of(run)

    def close(self) -> None:
        """Let go of Excel, which stays as it is, with the workbook open."""
        self._seen = self._book = None

    def _open(self) -> Any:
        if self._book is None:
            self._book = attached(self._name, self.calls)
        return self._book

    def _last(self, tabs: Sequence[Tab]) -> BookFound:
        if self._seen is None or self._seen[1] != tuple(tabs):
            self.read(tabs)
        assert self._seen is not None
        return self._seen[0]

    def _stale(self) -> StaleSnapshot:
        return StaleSnapshot(
            f"“{self._name}” was changed since it was read: read it again. Nothing was changed."
        )

    def _unchanged(self, plan: Plan, found: BookFound) -> BookFound:
        """What was read, with the tabs to be written read anew: they must hold just the same."""
        fresh = dict(found.tabs)
        for key in dict.fromkeys(op.tab for op in plan.ops if not isinstance(op, Recache)):
            if key in found.tabs:
                fresh[key] = reading.again(self._open(), found.tabs[key], self.calls)
                if fresh[key].digest != found.tabs[key].digest:
                    raise self._stale()
        return BookFound(found.snapshot, fresh)

    def _put_back_tabs(self, plan: Plan, found: BookFound, tabs: Sequence[Tab]) -> None:
        """Make tabs again that the plan writes to; the plan has to be made anew then."""
        wanted = {op.tab for op in plan.ops if not isinstance(op, Recache)}
        missing = [tab for tab in tabs if tab.key in wanted and tab.key not in found.tabs]
        for tab in missing:
            if tab.role in (Role.ENTRY, Role.SETTINGS):
                raise NotATracker(f"{self._name} has no tab {tab.title}; nothing was written.")
        lost = [tab for tab in missing if tab.role in _MADE]
        for tab in lost:
            put_back(self._open(), tab, self.calls)
        if lost:
            self._seen = None
            raise StaleSnapshot(f"Tabs of “{self._name}” were put back: read it again.")

    def _note(self, note: str) -> None:
        if note not in self.notes:
            self.notes = (*self.notes, note)
