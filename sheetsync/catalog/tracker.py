"""The lean partnership tracker: seven tabs to fill in, the rest worked out."""

from __future__ import annotations

from sheetsync.catalog.dashboard import dashboard, start
from sheetsync.catalog.kpis import KPIS, default_settings
from sheetsync.catalog.lists import LISTS
from sheetsync.catalog.tabs import TABS
from sheetsync.model.tracker import Tracker


def _tracker() -> Tracker:
    settings = default_settings()
    ranked = sorted(settings.tiers, key=lambda tier: -tier.threshold)
    tiers = dict.fromkeys((*(tier.name for tier in ranked), settings.base_tier))
    reports = {"start": start(), "dashboard": dashboard(tuple(tiers))}
    return Tracker(TABS, LISTS, KPIS, settings, reports)


LEAN = _tracker()
"""The tracker that ``sheetsync new`` makes and every command works on."""
