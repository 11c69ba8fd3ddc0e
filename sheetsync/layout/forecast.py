"""The Forecast tab's body: the programme first, then partners by id, revenue before pipeline."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from datetime import datetime, time

from sheetsync.layout.tables import PROGRAMME_GROUP, rows_of, tidy
from sheetsync.model.insight import Forecast
from sheetsync.model.months import first_day
from sheetsync.model.plan import Row
from sheetsync.model.tracker import Tracker
from sheetsync.model.values import Value

_PIPELINE = "S05"
_NAMED = {"": "All partners and own sales", "DIRECT": "Own sales"}


def forecast_rows(
    told: Iterable[Forecast], tracker: Tracker, names: Mapping[str, str]
) -> tuple[Row, ...]:
    """Return the body; ``names`` gives partner names by id."""
    # Stable: months of one forecast keep their order.
    ordered = sorted(told, key=lambda f: f.group)
    titles = {kpi.id: kpi.title for kpi in tracker.kpis}
    return rows_of(tracker.tab("forecast"), (_record(one, names, titles) for one in ordered))


def _record(
    told: Forecast, names: Mapping[str, str], titles: Mapping[str, str]
) -> dict[str, Value]:
    return {
        "partner_id": told.group or PROGRAMME_GROUP,
        "partner_name": names.get(told.group) or _NAMED.get(told.group),
        "kpi": told.kpi,
        "kpi_name": titles.get(told.kpi),
        "month": datetime.combine(first_day(told.month), time()) if told.month else None,
        "method": _method(told),
        "mid": _money(told.mid),
        "low": _money(told.low),
        "high": _money(told.high),
        "points": told.points,
        "refused": told.refused or None,
    }


def _method(told: Forecast) -> str | None:
    """The method; the row without a month says that it tells three months together."""
    if told.method and not told.month and told.kpi != _PIPELINE:
        return f"next 3 months together: {told.method}"
    return told.method or None


def _money(value: float | None) -> float | None:
    """To the cent: more digits would say more than a forecast knows."""
    return None if value is None else tidy(round(value, 2))
