"""How every partner stands: its tier, its health, and the evaluations that are due.

Tiers are worked out with the fixed programme rates where there are any, so that an exchange rate
moves nobody; the KPIs shown keep the rates of their months.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

from sheetsync.measure.health import healths
from sheetsync.measure.period import Period
from sheetsync.measure.tiers import rate
from sheetsync.measure.tiers_aim import rated
from sheetsync.model.insight import Alert
from sheetsync.model.kpi import Kpi
from sheetsync.model.problems import Problem
from sheetsync.model.results import Evaluation, Health, KpiValue, TierResult
from sheetsync.model.settings import Settings

if TYPE_CHECKING:
    import pandas as pd

Again = Callable[[tuple[Kpi, ...], Settings], Iterable[KpiValue]]
"""Measures some KPIs again with other settings."""


@dataclass(frozen=True, slots=True)
class Stood:
    """Tiers and health of all partners but prospects and ended ones, in sheet order.

    ``evaluations`` are to be appended to Tier History.
    """

    tiers: tuple[TierResult, ...]
    health: tuple[Health, ...]
    evaluations: tuple[Evaluation, ...]
    problems: tuple[Problem, ...]


def standing(
    partners: pd.DataFrame,
    values: Sequence[KpiValue],
    kpis: Sequence[Kpi],
    settings: Settings,
    period: Period,
    history: Sequence[Evaluation] | None = None,
    alerts: Mapping[str, Sequence[str]] | None = None,
) -> Stood:
    """Return how the partners stand; ``values`` are those to judge by.

    ``history`` None: the workbook has no Tier History. ``alerts`` gives the urgencies of each
    partner's alerts.
    """
    rows = rated(partners.to_dict("records"))
    lower = frozenset(kpi.id for kpi in kpis if kpi.lower_is_better)
    told = rate(rows, values, settings, period.as_of, history, lower)
    health = healths(rows, values, kpis, settings, period.months(), alerts)
    scores = {one.partner_id: one.score for one in health}
    due = tuple(replace(one, health=scores[one.partner_id]) for one in told.evaluations)
    return Stood(told.tiers, health, due, told.problems)


def at_programme_rates(
    values: Sequence[KpiValue], kpis: Sequence[Kpi], settings: Settings, again: Again
) -> Sequence[KpiValue]:
    """Return the values to judge by: those of the scorecards measured at the programme rates."""
    fixed = with_programme_rates(settings)
    if fixed == settings:
        return values
    wanted = judged_by(settings)
    asked = tuple(kpi for kpi in kpis if kpi.id in wanted and not kpi.named)
    told = {(v.kpi, v.group, v.month): v for v in again(asked, fixed)}
    return [told.get((v.kpi, v.group, v.month), v) for v in values]


def with_programme_rates(settings: Settings) -> Settings:
    """Return the settings with the fixed rates in the place of all others of their currencies."""
    fixed = settings.programme_rates
    rates = {**settings.rates, **fixed}
    monthly = {code: told for code, told in settings.monthly_rates.items() if code not in fixed}
    if rates == settings.rates and monthly == settings.monthly_rates:
        return settings
    return settings.model_copy(update={"rates": rates, "monthly_rates": monthly})


def judged_by(settings: Settings) -> frozenset[str]:
    """Return the ids of the KPIs that tiers look at."""
    cards = (target.kpi for card in settings.scorecards.values() for target in card)
    gates = (kpi for tier in settings.tiers for kpi in tier.gates)
    more = (*settings.gate_kpis, *settings.tier_points, settings.tier_kpi, "F01")
    return frozenset((*cards, *gates, *more))


def urgencies(alerts: Iterable[Alert]) -> dict[str, list[str]]:
    """Return how urgent each partner's alerts are, by partner id."""
    told: dict[str, list[str]] = {}
    for alert in alerts:
        told.setdefault(alert.partner_id, []).append(str(alert.urgency))
    return told
