"""Score and tier: how far a partner is towards the targets of its type, and the tier that earns.

Each KPI of the scorecard earns clip((value - floor) / (target - floor), 0, 1) of its weight; lower
is better where the floor is above the target. The score is out of the weight that has data: values
that are blank, small, partial or incomplete are no data. Too little of it: not rated.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import date
from typing import TYPE_CHECKING, Any

from sheetsync.model.results import Flag, KpiValue, TierResult
from sheetsync.model.settings import Settings, Target

if TYPE_CHECKING:
    import pandas as pd

NOT_RATED = "not rated"
"""The tier of a partner with too little data for its scorecard."""

_UNRATED_STATUS = frozenset({"prospect", "ended"})


@dataclass(frozen=True, slots=True)
class Score:
    """A score out of 100 (None without data), the share of weight with data, and what earned it.

    ``earned`` holds the points of each KPI with data, best first.
    """

    points: float | None
    coverage: float
    earned: Mapping[str, float]
    measures: int


def rate(
    partners: pd.DataFrame, values: Iterable[KpiValue], settings: Settings, as_of: date
) -> tuple[TierResult, ...]:
    """Return the tiers of all partners but prospects and ended ones, in sheet order."""
    known: dict[str, dict[str, KpiValue]] = {}
    for value in values:
        if not value.month:
            known.setdefault(value.group, {})[value.kpi] = value
    return tuple(
        tier_of(row, known.get(row["partner_id"], {}), settings, as_of)
        for row in partners.to_dict("records")
        if row.get("status") not in _UNRATED_STATUS
    )


def tier_of(
    partner: Mapping[Any, Any],
    values: Mapping[str, KpiValue],
    settings: Settings,
    as_of: date,
) -> TierResult:
    """Return one partner's tier; an override with a reason and not past its day wins."""
    card = settings.scorecards.get(partner["partner_type"] or "", ())
    told = score(card, values)
    drivers = tuple(kpi for kpi, points in told.earned.items() if points > 0)[:2]
    tier, why = _earned_tier(told, values, settings)
    if not card:
        why = f"There is no scorecard for the type {partner['partner_type'] or '(blank)'}."
    override, said = _override(partner, as_of)
    if override:
        tier = override
    why = " ".join(filter(None, (said, why)))
    return TierResult(partner["partner_id"], tier, told.points, told.coverage, drivers, why)


def score(card: Iterable[Target], values: Mapping[str, KpiValue]) -> Score:
    """Return the weighted score over the scorecard's KPIs with data.

    >>> sold = KpiValue("F01", "P-0001", 0, 50.0, 3, None, None, Flag.OK)
    >>> score([Target(kpi="F01", weight=100, floor=0, target=200)], {"F01": sold}).points
    25.0
    """
    targets = tuple(card)
    held = {t.kpi: (t, x) for t in targets if (x := _known(values.get(t.kpi))) is not None}
    weight = sum(t.weight for t, _ in held.values())
    total = sum(t.weight for t in targets)
    earned = {kpi: 100 * t.weight * reached(t, x) / weight for kpi, (t, x) in held.items()}
    # Rounded so that a score that is a threshold on paper is one in binary, too.
    points = round(sum(earned.values()), 9) if held else None
    ranked = dict(sorted(earned.items(), key=lambda item: -item[1]))
    return Score(points, weight / total if total else 0.0, ranked, len(targets))


def reached(target: Target, value: float) -> float:
    """Return how much of the way from floor to target the value is, 0 to 1.

    >>> reached(Target(kpi="R04", weight=10, floor=48, target=8), 28)
    0.5
    """
    way = target.target - target.floor
    if way == 0:
        return float(value >= target.target)
    return min(1.0, max(0.0, (value - target.floor) / way))


def _known(value: KpiValue | None) -> float | None:
    return value.value if value is not None and value.flag is Flag.OK else None


def _earned_tier(
    told: Score, values: Mapping[str, KpiValue], settings: Settings
) -> tuple[str, str]:
    """Return the tier that score and gates earn, with the sentence that says why."""
    if told.points is None or told.coverage < settings.minimum_coverage - 1e-9:
        said = f"Only {told.coverage:.0%} of the scorecard has data"
        return NOT_RATED, f"{said}; {settings.minimum_coverage:.0%} is needed."
    best = ", ".join(f"{kpi} ({x:.1f})" for kpi, x in list(told.earned.items())[:2] if x > 0)
    why = f"{told.points:.1f} of 100 from {len(told.earned)} of {told.measures} measures"
    why += f"; strongest {best}" if best else ""
    closed = _closed_gate(values, settings)
    if closed:
        return settings.base_tier, f"{why}; held at {settings.base_tier}: {closed}."
    reached_tiers = [t for t in settings.tiers if told.points >= t.threshold]
    best_tier = max(reached_tiers, key=lambda t: t.threshold, default=None)
    return (best_tier.name if best_tier else settings.base_tier), f"{why}."


def _closed_gate(values: Mapping[str, KpiValue], settings: Settings) -> str:
    """Return which gate holds the partner back, in words; "" when all are open."""
    for kpi in settings.gate_kpis:
        value = values.get(kpi)
        if value is None or value.value is None or value.value <= 0:
            return f"{kpi} is not above zero"
    if settings.minimum_revenue is None:
        return ""
    sold = values.get("F01")
    revenue = sold.value if sold is not None and sold.value is not None else 0.0
    if revenue >= settings.minimum_revenue:
        return ""
    return f"revenue {revenue:.10g} is below the minimum {settings.minimum_revenue:.10g}"


def _override(partner: Mapping[Any, Any], as_of: date) -> tuple[str, str]:
    """Return the tier set by hand that holds on as-of ("" for none) and what to say about it."""
    tier, reason = partner.get("tier_override"), partner.get("override_reason")
    if not _filled(tier):
        return "", ""
    if not _filled(reason):
        return "", f"The override to {tier} has no reason and does not count."
    until = partner.get("override_until")
    if until is None or until != until:  # noqa: PLR0124 -- NaT differs from itself
        return str(tier), f"Set to {tier} by hand: {reason}."
    if until.date() < as_of:
        return "", f"The override to {tier} ended on {until:%Y-%m-%d}."
    return str(tier), f"Set to {tier} by hand until {until:%Y-%m-%d}: {reason}."


def _filled(value: object) -> bool:
    return isinstance(value, str) and bool(value.strip())
