"""The partnership tracker: lean, or with the packs of tabs that a team adds to it."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import replace

from sheetsync.catalog.dashboard import dashboard, start
from sheetsync.catalog.kpis import KPIS, default_settings
from sheetsync.catalog.lists import LISTS
from sheetsync.catalog.lists_packs import PACK_LISTS, kpi_choices
from sheetsync.catalog.live import LIVE, LIVE_FACTS
from sheetsync.catalog.packs import PACKS
from sheetsync.catalog.tabs import ALL_TABS, LISTS_TAB, OPEN_LISTS
from sheetsync.model.tracker import Choice, Tab, Tracker


def tracker_of(packs: Iterable[str] = ()) -> Tracker:
    """The tracker with these packs; ValueError names one that there is not.

    They are keys of PACKS, or LIVE for the hidden tabs that the setting live_kpis brings.
    """
    wanted = frozenset(packs)
    unknown = sorted(wanted - PACKS.keys() - {LIVE})
    if unknown:
        raise ValueError(f"There is no pack {unknown[0]}; there are {', '.join(PACKS)}.")
    settings = default_settings()
    ranked = sorted(settings.tiers, key=lambda tier: -tier.threshold)
    tiers = dict.fromkeys((*(tier.name for tier in ranked), settings.base_tier))
    reports = {"start": start(), "dashboard": dashboard(tuple(tiers))}
    kpis = tuple(kpi for kpi in KPIS if kpi.pack in ("", *wanted))
    tabs = tuple(tab for tab in ALL_TABS if tab.pack in ("", *wanted))
    lists = {**LISTS, **{n: c for n, c in _pack_lists().items() if n in _used(tabs)}}
    last = _lists_tab(lists, shown="settings" in wanted)
    live = LIVE_FACTS if LIVE in wanted else None
    return Tracker((*tabs[:-1], last), lists, kpis, settings, reports, live)


def _lists_tab(lists: Iterable[str], *, shown: bool) -> Tab:
    if not shown:
        return LISTS_TAB
    names = set(lists)
    return replace(OPEN_LISTS, columns=tuple(c for c in OPEN_LISTS.columns if c.key in names))


def _pack_lists() -> dict[str, tuple[Choice, ...]]:
    return {**PACK_LISTS, "kpi": kpi_choices(KPIS)}


def _used(tabs: Iterable[Tab]) -> set[str]:
    return {c.choices for tab in tabs if tab.pack for c in tab.columns if c.choices}


LEAN = tracker_of()
"""The tracker that ``sheetsync new`` makes."""

FULL = tracker_of((*PACKS, LIVE))
"""The tracker with every pack: workbooks are read with it, and what they lack is left out."""
