"""Which packs of tabs a workbook has: what is not there is neither asked for nor made.

A workbook is read with the tracker of all packs. A tab of a pack counts only when its columns are
the pack's, for people have tabs named Goals or Forecast of their own, which are theirs alone.
"""

from __future__ import annotations

from dataclasses import dataclass, replace

from sheetsync.model.kpi import in_force
from sheetsync.model.problems import Problem, Severity
from sheetsync.model.snapshot import Snapshot, TableSnapshot
from sheetsync.model.tracker import Tab, Tracker

_ENOUGH = 0.5


@dataclass(frozen=True, slots=True)
class Present:
    """A tracker without the packs that the workbook lacks, and the snapshot without their tabs.

    ``packs`` are those that are there. ``taken`` are tabs of these packs whose place a tab of
    people's own takes: they are left out as well.
    """

    tracker: Tracker
    seen: Snapshot
    packs: frozenset[str]
    taken: tuple[Tab, ...] = ()

    def problems(self) -> tuple[Problem, ...]:
        """One problem for each tab of a present pack whose title people use themselves."""
        return tuple(
            Problem(
                "tab_taken",
                Severity.WARNING,
                "",
                "",
                0,
                "",
                tab.title,
                f"The tab {tab.title} is one of your own, so the pack {tab.pack} cannot use that "
                "name: rename your tab if you want the pack's.",
            )
            for tab in self.taken
        )


def present(tracker: Tracker, seen: Snapshot) -> Present:
    """Keep of the tracker what the workbook has: the tabs without a pack, and the packs present.

    A pack is there when any of its tabs is; its other tabs then belong to the tracker too, so
    that they are told as missing or made. KPIs go with their pack.
    """
    of_packs = [tab for tab in tracker.tabs if tab.pack]
    found = [tab for tab in of_packs if tab.key in seen.tables]
    foreign = {tab.key for tab in found if not is_that(tab, seen.tables[tab.key])}
    packs = frozenset(tab.pack for tab in found if tab.key not in foreign)
    kept = tuple(t for t in tracker.tabs if t.pack in ("", *packs) and t.key not in foreign)
    keys = {tab.key for tab in kept}
    tables = {key: table for key, table in seen.tables.items() if key in keys}
    others = tuple(seen.tables[key].title for key in seen.tables if key not in keys)
    return Present(
        replace(tracker, tabs=kept, kpis=in_force(tracker.kpis, packs)),
        replace(seen, tables=tables, other_tabs=(*seen.other_tabs, *others)),
        packs,
        tuple(tab for tab in of_packs if tab.key in foreign and tab.pack in packs),
    )


def is_that(tab: Tab, table: TableSnapshot) -> bool:
    """Tell whether a table found under a tab's title has that tab's columns: keys and half of all.

    People's own tab of the same title has other columns.
    """
    bound = table.bound.keys()
    return set(tab.key_columns) <= bound and len(bound) >= _ENOUGH * len(tab.columns)
