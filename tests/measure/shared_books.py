"""Small typed trackers with Touches: deals shared by attribution."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from sheetsync.catalog.kpis import KPIS
from sheetsync.catalog.tracker import tracker_of
from sheetsync.measure.measure import measure
from sheetsync.model.kpi import in_force
from sheetsync.model.results import Cleaned, Measured
from sheetsync.model.settings import Settings
from sheetsync.model.tracker import Tracker
from tests.measure.books import AS_OF, ENGINE, YEAR, Row, day, table

_PACKED = tracker_of(["attribution"])
SHARED = Tracker(_PACKED.tabs, _PACKED.lists, in_force(KPIS, {"attribution"}))
_TABS = ("partners", "contacts", "deals", "money", "activity", "interactions", "plan", "touches")


def touch(deal_id: str, partner_id: str, on: str, **more: Any) -> Row:
    return {"deal_id": deal_id, "partner_id": partner_id, "date": day(on)} | more


def under(model: str, **more: Any) -> Settings:
    return YEAR.model_copy(update={"attribution_model": model} | more)


def shared(settings: Settings = YEAR, tracker: Tracker = SHARED, **rows: Sequence[Row]) -> Measured:
    cleaned = Cleaned({key: table(SHARED.tab(key), rows.get(key, ())) for key in _TABS})
    return measure(cleaned, tracker, settings, AS_OF, ENGINE)
