"""The step from facts and KPI values to forecasts, alerts and goals, where their tabs are there.

What these need of the facts is gathered while the facts are there; they are let go before.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from sheetsync.measure.facts import listed
from sheetsync.measure.forecast import forecasts, revenue_series
from sheetsync.measure.forecast_pipeline import pipeline_forecasts
from sheetsync.measure.frames import used
from sheetsync.measure.history import History, history
from sheetsync.measure.money import probabilities
from sheetsync.measure.period import Period
from sheetsync.model.engine import Engine, Relation
from sheetsync.model.insight import Forecast, Insight
from sheetsync.model.results import Cleaned
from sheetsync.model.settings import Settings
from sheetsync.model.tracker import Tracker

if TYPE_CHECKING:
    import pandas as pd

CREDITED, SOURCED = "F03", "F01"
"""Revenue of a partner: what it is credited with, or, without attribution, what it sourced."""

_OPEN_DEALS = "SELECT partner_id, stage, open_amount FROM deals WHERE is_open = 1"


@dataclass(frozen=True, slots=True)
class Gathered:
    """What insight needs of the facts: months back, and the deals that are open."""

    history: History
    open_deals: pd.DataFrame


def gathered(
    tables: Mapping[str, Relation],
    tracker: Tracker,
    settings: Settings,
    period: Period,
    engine: Engine,
) -> Gathered | None:
    """Ask the facts, if the tracker has the tabs that tell of it."""
    if not any(tab.key in ("forecast", "alerts") for tab in tracker.tabs):
        return None
    params = {"gross_margin": settings.gross_margin}
    return Gathered(
        history(tracker.kpis, tables, params, period.as_of, engine),
        engine.run(_OPEN_DEALS, {"deals": tables["deals"]}),
    )


def insight(
    found: Gathered | None, cleaned: Cleaned, tracker: Tracker, settings: Settings
) -> Insight:
    """Return the forecasts of every partner and of the programme."""
    if found is None:
        return Insight()
    return Insight(tuple(_forecasts(found, cleaned, tracker, settings)))


def revenue_kpi(told: History) -> str:
    """Name the KPI that says what a partner brings in."""
    return CREDITED if told.found.get(CREDITED) else SOURCED


def _forecasts(
    found: Gathered, cleaned: Cleaned, tracker: Tracker, settings: Settings
) -> Iterator[Forecast]:
    partners: list[dict[Any, Any]] = listed(used(cleaned, "partners")).to_dict("records")
    series = revenue_series(found.history, revenue_kpi(found.history), partners)
    yield from forecasts(series, seasonal=settings.seasonal)
    yield from pipeline_forecasts(found.open_deals, probabilities(tracker, settings))
