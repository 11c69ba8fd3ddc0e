"""The step from facts and KPI values to forecasts, alerts and goals, where their tabs are there.

What these need of the facts is asked while the facts are there; they are let go before.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date
from typing import TYPE_CHECKING, Any

from sheetsync.measure.alerts import UNWATCHED, Ground, alerts
from sheetsync.measure.alerts_rows import rows_by_partner
from sheetsync.measure.facts import listed
from sheetsync.measure.forecast import forecasts, revenue_series
from sheetsync.measure.forecast_pipeline import pipeline_forecasts
from sheetsync.measure.frames import used
from sheetsync.measure.goals import goal_rows, goals_of, measured, progress, stretched
from sheetsync.measure.goals_peers import last_quarters, suggestions
from sheetsync.measure.history import History, history, numbers_of
from sheetsync.measure.money import probabilities
from sheetsync.measure.period import Period
from sheetsync.model.engine import Engine, Relation
from sheetsync.model.insight import Forecast, GoalProgress, Insight
from sheetsync.model.problems import Problem
from sheetsync.model.results import Cleaned, Evaluation, KpiValue
from sheetsync.model.settings import Settings
from sheetsync.model.tracker import Tracker

if TYPE_CHECKING:
    import pandas as pd

CREDITED, SOURCED = "F03", "F01"
"""Revenue of a partner: what it is credited with, or, without attribution, what it sourced."""

_OPEN_DEALS = "SELECT partner_id, stage, open_amount FROM deals WHERE is_open = 1"
_NO_PEERS = frozenset({"prospect", None})


@dataclass(frozen=True, slots=True)
class Followed:
    """Goals with how far they have come, the fact table of their KPIs, and what was found."""

    goals: tuple[GoalProgress, ...] = ()
    tables: Mapping[str, pd.DataFrame] = field(default_factory=dict)
    problems: tuple[Problem, ...] = ()


@dataclass(frozen=True, slots=True)
class Gathered:
    """What insight needs of the facts: months back, and the deals that are open."""

    history: History
    open_deals: pd.DataFrame


def followed(
    tables: Mapping[str, Relation],
    cleaned: Cleaned,
    tracker: Tracker,
    settings: Settings,
    period: Period,
    engine: Engine,
) -> Followed:
    """Follow the goals, if the tracker has them."""
    if not any(tab.key == "goals" for tab in tracker.tabs):
        return Followed()
    goals = goals_of(used(cleaned, "goals"))
    kpis = {kpi.id: kpi for kpi in tracker.kpis}
    kinds = [choice.value for choice in tracker.lists["partner_type"]]
    params = numbers_of(settings)
    quarters = last_quarters(period.as_of, settings.fiscal_start)
    peers = {
        str(p["partner_id"]): str(p["partner_type"])
        for p in _partners(cleaned)
        if p.get("status") not in _NO_PEERS and p["partner_type"]
    }
    values = measured(goals, kpis, kinds, period.as_of, tables, params, engine)
    offered = suggestions(goals, kpis, peers, quarters, tables, params, engine)
    told = tuple(progress(goals, kpis, values, period.as_of, offered))
    rows = goal_rows(goals, told, period.now.start)
    return Followed(told, {"goal_rows": rows}, tuple(stretched(goals)))


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
    return Gathered(
        history(tracker.kpis, tables, numbers_of(settings), period.as_of, engine),
        engine.run(_OPEN_DEALS, {"deals": tables["deals"]}),
    )


def insight(
    found: Gathered | None,
    goals: tuple[GoalProgress, ...],
    cleaned: Cleaned,
    tracker: Tracker,
    settings: Settings,
    values: Sequence[KpiValue],
    reviews: Sequence[Evaluation],
    as_of: date,
) -> Insight:
    """Return forecasts, alerts and goals; ``reviews`` are the evaluations of Tier History."""
    if found is None:
        return Insight(goals=goals)
    told = tuple(_forecasts(found, cleaned, tracker, settings))
    if not any(tab.key == "alerts" for tab in tracker.tabs):
        return Insight(told, goals=goals)
    ground = Ground(
        [p for p in _partners(cleaned) if p.get("status") not in UNWATCHED],
        {kpi.id: kpi for kpi in tracker.kpis},
        values,
        found.history,
        rows_by_partner(cleaned, as_of),
        goals,
        reviews,
        cleaned,
        settings,
        revenue_kpi(found.history),
    )
    listed_alerts, tests = alerts(ground)
    return Insight(told, listed_alerts, tests, goals)


def revenue_kpi(told: History) -> str:
    """Name the KPI that says what a partner brings in."""
    return CREDITED if told.found.get(CREDITED) else SOURCED


def _partners(cleaned: Cleaned) -> list[dict[Any, Any]]:
    told: list[dict[Any, Any]] = listed(used(cleaned, "partners")).to_dict("records")
    return told


def _forecasts(
    found: Gathered, cleaned: Cleaned, tracker: Tracker, settings: Settings
) -> Iterator[Forecast]:
    series = revenue_series(found.history, revenue_kpi(found.history), _partners(cleaned))
    yield from forecasts(series, seasonal=settings.seasonal)
    yield from pipeline_forecasts(found.open_deals, probabilities(tracker, settings))
