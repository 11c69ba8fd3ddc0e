"""From raw cells to typed tables: the order in which tabs and columns are read.

Ids come first, so that references can be checked; amounts and phone numbers come last, because
the row's currency and country decide how they are read.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field, replace
from datetime import date
from typing import NamedTuple

from sheetsync.clean.checks import check_reserved, check_table, reserved_words
from sheetsync.clean.columns import Known, is_blank, read_cells
from sheetsync.clean.fixes import Fixes
from sheetsync.clean.followed import follow
from sheetsync.clean.ids import Target, next_ids
from sheetsync.clean.parsers import Context, builder
from sheetsync.clean.reading import Reading
from sheetsync.clean.rows import amounts_by_row, phones_by_row
from sheetsync.clean.slugs import AUTO, new_slugs
from sheetsync.clean.table import TabWork
from sheetsync.clean.text import tidy
from sheetsync.clean.twins import report_duplicates
from sheetsync.model.problems import Problem
from sheetsync.model.results import Cleaned
from sheetsync.model.settings import Settings
from sheetsync.model.snapshot import Snapshot
from sheetsync.model.tracker import CellType, Column, Role, Tab, Tracker
from sheetsync.model.values import Scalar, Value, result_of

_LATE = (CellType.MONEY, CellType.PHONE)


def clean(
    snapshot: Snapshot,
    tracker: Tracker,
    settings: Settings,
    as_of: date,
    decisions: Mapping[str, str],
) -> Cleaned:
    """Type every entry table of ``snapshot``: frames, problems and fixes, in sheet order.

    ``decisions`` gives people's answers by problem id (accept, reject, later). Layout problems
    that the snapshot itself carries are not repeated.
    """
    run = _Run.over(snapshot, tracker, settings, as_of, decisions)
    run.read()
    return run.finished(tracker)


class Settled(NamedTuple):
    """A workbook cleaned: the fixes that it needs, what it is with them, and what that says."""

    fixes: Fixes
    fixed: Snapshot
    cleaned: Cleaned


def settle(
    snapshot: Snapshot,
    tracker: Tracker,
    settings: Settings,
    as_of: date,
    decisions: Mapping[str, str],
) -> Settled:
    """Clean, then look again at the workbook as fixed: what is told holds after the sync too.

    Equal to ``clean``, the fixes applied, and ``clean`` again, but what the fixes leave as it is
    is not parsed twice. Fixes are named by the keys that rows have once all are applied.
    """
    first = _Run.over(snapshot, tracker, settings, as_of, decisions)
    first.read()
    tables = {key: work.fixed_table() for key, work in first.works.items()}
    if all(tables[key] is work.table for key, work in first.works.items()):
        return Settled(Fixes(()), snapshot, first.finished(tracker))
    fixed = replace(snapshot, tables={**snapshot.tables, **tables})
    fixes = Fixes(
        [work.fixes(tables[key], tables[key].keys(work.tab)) for key, work in first.works.items()]
    )
    second = _Run.over(fixed, tracker, settings, as_of, decisions)
    second.known, second.targets_before = first.known, first.context.targets
    del first  # its typed columns make room for the second's
    second.read()
    return Settled(fixes, fixed, second.finished(tracker))


def _in_order(work: TabWork) -> list[Problem]:
    place = {c.key: i for i, c in enumerate(work.columns)}
    return sorted(work.problems, key=lambda p: (p.row, place.get(p.column, -1)))


@dataclass(slots=True)
class _Run:
    """The tabs at work, what their parsers know, and what is known from an earlier reading."""

    works: Mapping[str, TabWork]
    context: Context
    tabs: tuple[Tab, ...]
    known: dict[tuple[str, str], Known | None] = field(default_factory=dict)
    targets_before: Mapping[str, Target] = field(default_factory=dict)

    @classmethod
    def over(
        cls,
        snapshot: Snapshot,
        tracker: Tracker,
        settings: Settings,
        as_of: date,
        decisions: Mapping[str, str],
    ) -> _Run:
        """Lay out the entry tabs of a snapshot."""
        works = {
            tab.key: TabWork(tab, snapshot.tables[tab.key], decisions)
            for tab in tracker.of_role(Role.ENTRY)
            if tab.key in snapshot.tables
        }
        return cls(works, Context(settings, tracker.lists, as_of, {}), tracker.tabs)

    def read(self) -> None:
        """Read all columns of all tabs."""
        self.read_ids()
        for work in self.works.values():
            self.read_rest(work)
        for work in self.works.values():
            follow(work, self.works, self.context.as_of)

    def finished(self, tracker: Tracker) -> Cleaned:
        """Check whole rows and tables, and hand on what was found."""
        for work in self.works.values():
            check_reserved(work, tracker.tabs)
            check_table(work, tracker.lists, self.context.as_of, self.works)
        report_duplicates(self.works)
        return Cleaned(
            {key: work.clean_table() for key, work in self.works.items()},
            tuple(p for work in self.works.values() for p in _in_order(work)),
            Fixes([work.fixes(work.fixed_table(), work.keys) for work in self.works.values()]),
        )

    def read_ids(self) -> None:
        """Read all id columns, fill in blank ids, and make them known to references."""
        for work in self.works.values():
            for column in work.of_type(CellType.ID):
                self._read(work, column)
        targets = {key: _target(work) for key, work in self.works.items()}
        for key, before in self.targets_before.items():
            if before.like(targets.get(key)):
                targets[key] = before  # with all that it has worked out
        c = self.context
        self.context = Context(c.settings, c.lists, c.as_of, targets)

    def read_rest(self, work: TabWork) -> None:
        """Read all other columns of a tab, then what must not be blank, then defaults."""
        columns = [c for c in work.of_type(*CellType) if c.type is not CellType.ID]
        for column in sorted(columns, key=lambda c: c.type in _LATE):
            self._read(work, column)
        for column in work.of_type(*CellType):
            if column.default:
                work.fill_default(column, builder(column, self.context)(()).parse)
            elif column.required:
                work.missing(column)

    def _read(self, work: TabWork, column: Column) -> None:
        cells = work.cells(column.key)
        place = work.tab.key, column.key
        build = builder(column, self.context)
        values, odd, built, self.known[place] = read_cells(cells, build, self.known.get(place))
        if column.type is CellType.PHONE:
            odd = phones_by_row(self.works, work, column, values, odd)
        elif column.type is CellType.MONEY:
            reporting = self.context.settings.reporting_currency
            odd = amounts_by_row(self.works, work, values, odd, reporting)
        elif column.auto:
            odd = self._auto(work, column, values, odd)
        if built.contradiction[0]:
            work.report_column(column, *built.contradiction)
        work.settle(column, values, odd, built.parse)

    def _auto(
        self, work: TabWork, column: Column, values: list[Scalar], odd: dict[int, Reading]
    ) -> dict[int, Reading]:
        cells = work.cells(column.key)
        blank = [
            j
            for j, v in enumerate(values)
            if v is None
            and j not in work.empty
            and is_blank(cells[j])
            and not work.is_formula(column.key, j)
        ]
        if not blank:
            return odd
        if column.auto.startswith(AUTO):
            return self._auto_slugs(work, column, blank, values, odd)
        seen = set[Value](cells).union(*self._mentions(work.tab))
        for j, new in zip(blank, next_ids(column.auto, seen, len(blank)), strict=True):
            values[j] = new
            odd[j] = Reading(new, "auto_id", new)
        return dict(sorted(odd.items()))

    def _auto_slugs(
        self,
        work: TabWork,
        column: Column,
        blank: list[int],
        values: list[Scalar],
        odd: dict[int, Reading],
    ) -> dict[int, Reading]:
        """Fill in the slugs of another column's texts, but for rows that stand for own sales."""
        names = work.values.get(column.auto.removeprefix(AUTO), ())
        ids = work.values.get(work.tab.key_columns[0], ())
        words = reserved_words(work.tab, self.tabs)
        own = {j for j, v in enumerate(ids) if isinstance(v, str) and v.casefold() in words}
        rows = [j for j in blank if names and names[j] and j not in own]
        taken = (str(v).casefold() for v in values if v is not None)
        for j, new in zip(rows, new_slugs((str(names[j]) for j in rows), taken), strict=True):
            if new:
                values[j] = new
                odd[j] = Reading(new, "auto_id", new)
        return dict(sorted(odd.items()))

    def _mentions(self, tab: Tab) -> Iterable[list[Value]]:
        """Cells of all tabs that refer to ``tab``: an id still mentioned is not free."""
        for work in self.works.values():
            for column in work.of_type(CellType.REF):
                if column.ref == tab.key:
                    yield work.cells(column.key)


def _target(work: TabWork) -> Target:
    names = next((c.key for c in work.of_type(CellType.TEXT) if c.unique), "")
    keys = work.tab.key_columns
    ids = work.values.get(keys[0], []) if len(keys) == 1 else []
    told = [_tidy(v) for v in work.cells(names)] if names else []
    return Target(ids, told, work.table.title)


def _tidy(value: Value) -> str:
    told = result_of(value)
    return tidy(told) if isinstance(told, str) else ""
