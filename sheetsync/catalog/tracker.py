"""The lean partnership tracker: seven tabs to fill in, the rest worked out."""

from __future__ import annotations

from sheetsync.catalog.lists import LISTS
from sheetsync.catalog.tabs import TABS
from sheetsync.model.tracker import Tracker


def _tracker() -> Tracker:
    try:
        from sheetsync.catalog.kpis import KPIS
    except ModuleNotFoundError:
        return Tracker(TABS, LISTS)
    return Tracker(TABS, LISTS, KPIS)


LEAN = _tracker()
