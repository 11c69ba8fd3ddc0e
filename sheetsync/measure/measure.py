"""The step from typed tables to KPI values and tiers."""

from __future__ import annotations

from dataclasses import replace
from datetime import date
from typing import TYPE_CHECKING

from sheetsync.measure.credit_facts import Journeys
from sheetsync.measure.credited import Credited, credited
from sheetsync.measure.facts import facts, listed, with_partner
from sheetsync.measure.facts_more import asked_for, products
from sheetsync.measure.frames import used
from sheetsync.measure.insight import Followed, Gathered, followed, gathered, insight
from sheetsync.measure.labels import labels
from sheetsync.measure.money import OWN_SALES
from sheetsync.measure.outside import Outside, outside
from sheetsync.measure.outside_views import with_outside
from sheetsync.measure.period import Period, period_of
from sheetsync.measure.sql import statement
from sheetsync.measure.standing import at_programme_rates, standing, urgencies
from sheetsync.measure.sums import summed
from sheetsync.measure.values import Found, Scope, concentration, read, values_of
from sheetsync.model.engine import Engine, Relation
from sheetsync.model.kpi import Grain, Kpi
from sheetsync.model.problems import Problem
from sheetsync.model.results import PROGRAMME, Cleaned, Evaluation, KpiValue, Measured
from sheetsync.model.settings import Settings
from sheetsync.model.tracker import Role, Tracker

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    import pandas as pd

PARAMS = ("gross_margin", "discount_rate", "minimum_recurring")
"""Fields of the Settings that KPI expressions may name."""

TOGETHER = 30
"""So many KPIs are asked for in one statement: many more cost more to plan than to run."""


def measure(
    cleaned: Cleaned,
    tracker: Tracker,
    settings: Settings,
    as_of: date,
    engine: Engine,
    history: Sequence[Evaluation] | None = None,
) -> Measured:
    """Compute ``tracker.kpis`` at all their grains, and the partners' tiers.

    Values stand in the order of the declarations; within a KPI the programme comes first, then
    types, stages and tabs, then partners by id, each whole period before its months.
    Month rows exist only where there is at least one input row. ``history`` is what Tier History
    holds, None in a workbook without it.
    """
    period = period_of(settings, as_of)
    partners = listed(used(cleaned, "partners"))
    scope = _scope(partners, cleaned, tracker, period)
    found, problems, shares, beyond, aims = _asked(cleaned, tracker, settings, period, engine)
    values = _values(tracker.kpis, found, scope, settings)

    def again(kpis: tuple[Kpi, ...], other: Settings) -> list[KpiValue]:
        beside = ("forecast", "alerts")
        tabs = tuple(tab for tab in tracker.tabs if tab.key not in beside)
        fewer = replace(tracker, kpis=kpis, tabs=tabs)
        return _values(kpis, _asked(cleaned, fewer, other, period, engine)[0], scope, other)

    judged = at_programme_rates(values, tracker.kpis, settings, again)
    seen = insight(beyond, aims.goals, cleaned, tracker, settings, values, history or (), as_of)
    stood = standing(
        partners, judged, tracker.kpis, settings, period, history, urgencies(seen.alerts)
    )
    return Measured(
        tuple(values),
        stood.tiers,
        (period.now.start, period.now.end),
        (*problems, *stood.problems),
        _joined(_notes(values, settings, period), shares.notes),
        shares.report,
        stood.evaluations,
        stood.health,
        insight=seen,
    )


def _scope(partners: pd.DataFrame, cleaned: Cleaned, tracker: Tracker, period: Period) -> Scope:
    ids, first, second = (
        labels(partners, key).tolist() for key in ("partner_id", "partner_type", "secondary_type")
    )
    kinds = [frozenset(filter(None, both)) for both in zip(first, second, strict=True)]
    present = set(first)
    return Scope(
        dict(sorted(zip(map(str, ids), kinds, strict=True))),
        tuple(c.value for c in tracker.lists["partner_type"] if c.value in present),
        tuple(c.value for c in tracker.lists["stage"] if c.group == "open"),
        tuple(t.title for t in tracker.of_role(Role.ENTRY) if t.key in cleaned.tables),
        products(tracker),
        period.months(),
    )


def _asked(
    cleaned: Cleaned, tracker: Tracker, settings: Settings, period: Period, engine: Engine
) -> tuple[dict[str, dict[Grain, Found]], tuple[Problem, ...], Credited, Gathered | None, Followed]:
    """The evidence of all KPIs, problems, who is credited, and what insight asks of the facts.

    Facts are let go with this call.
    """
    shared = any(tab.key == "touches" for tab in tracker.tabs)
    files = outside(cleaned, tracker, settings, period, engine) if shared else Outside()
    made = facts(cleaned, tracker, settings, period, files or None)
    tables: Mapping[str, Relation] = made.tables
    journeys = Journeys(made.journeys)
    if files:
        tables, journeys = with_outside(made, files, tracker, settings, period, engine)
    shares = Credited()
    if shared:
        shares = credited(journeys, settings, period, engine, made.types)
    tables = {**tables, **shares.tables}
    aims = followed(tables, cleaned, tracker, settings, period, engine)
    tables |= {name: with_partner(frame, made.types) for name, frame in aims.tables.items()}
    found = _evidence(tracker.kpis, tables, settings, engine)
    problems = (*files.problems, *made.problems, *shares.problems, *aims.problems)
    beyond = gathered(tables, tracker, settings, period, engine)
    engine.let_go()
    return found, problems, replace(shares, tables={}), beyond, replace(aims, tables={})


def _evidence(
    kpis: tuple[Kpi, ...], tables: Mapping[str, Relation], settings: Settings, engine: Engine
) -> dict[str, dict[Grain, Found]]:
    """Run a few statements per grain; evidence by KPI id and grain.

    A KPI of facts that the tracker has no tab for has none.
    """
    params = {name: float(getattr(settings, name)) for name in PARAMS}
    asked = {
        grain: [k for k in kpis if grain in k.grains and k.value is not None and _made(k, tables)]
        for grain in Grain
    }
    sums = summed(asked, tables, engine)
    relations = {**tables, **{f"{name}_sums": kept for name, kept in sums.items()}}
    queries = [
        (grain, statement(wanted[i : i + TOGETHER], grain, params, frozenset(sums)))
        for grain, wanted in asked.items()
        for i in range(0, len(wanted), TOGETHER)
    ]
    needed = {name: relations[name] for _, query in queries for name in query.tables}
    told: dict[str, dict[Grain, Found]] = {}
    results = engine.run_all([query.sql for _, query in queries], needed)
    for (grain, query), result in zip(queries, results, strict=True):
        for kpi, found in read(result, query).items():
            told.setdefault(kpi, {})[grain] = found
    return told


def _made(kpi: Kpi, tables: Mapping[str, Relation]) -> bool:
    return asked_for([kpi]) <= tables.keys()


def _values(
    kpis: tuple[Kpi, ...],
    found: dict[str, dict[Grain, Found]],
    scope: Scope,
    settings: Settings,
) -> list[KpiValue]:
    values: list[KpiValue] = []
    for kpi in kpis:
        if kpi.named:
            revenue = [v for v in values if v.kpi == "F01"]
            values.append(concentration(kpi, revenue, settings))
        elif kpi.id in found:
            # Popped: evidence of months takes much memory.
            values.extend(values_of(kpi, found.pop(kpi.id), scope, settings))
    return values


def _joined(notes: Mapping[str, str], more: Mapping[str, str]) -> dict[str, str]:
    both = {key: f"{notes[key]} {words}" for key, words in more.items() if key in notes}
    return {**notes, **more, **both}


def _notes(values: list[KpiValue], settings: Settings, period: Period) -> dict[str, str]:
    """Say in words what a reader must know beside the numbers, by KPI id or subject."""
    notes = {
        "period": str(period.now),
        "F07": f"Gross margin {settings.gross_margin:.4%}".rstrip("0%").rstrip(".")
        + " % of revenue.",
        "F19": f"Compared with {period.before}.",
        "F19y": f"Compared with {period.year_ago}."
        if period.year_ago
        else "Longer than twelve months: the days one year earlier lie in the period itself.",
        "S05": "Stage probabilities from "
        + ("the Settings." if settings.stage_probability else "the list of stages."),
    }
    below = sum(
        1
        for v in values
        if v.kpi == "F01" and not v.month and v.group not in (PROGRAMME, OWN_SALES)
        and v.value is not None and v.value < 0
    )  # fmt: skip
    if below:
        notes["F20"] = f"Negative revenue counts as 0 here: {below} of the partners."
    return notes
