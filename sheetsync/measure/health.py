"""Health: how well a partnership goes, looked at from four sides, and where it is heading.

Each side is the weighted mean of how far its KPIs are on the way from floor to target, 0 to 100;
the sides known are put together by their weights. Alerts take points away as long as what they
tell of stands, acknowledged or not: to have seen a cause is not to have cured it. It leads, where
the tier follows: it has no memory and no gates.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from itertools import combinations, pairwise
from math import sqrt
from statistics import median
from typing import Any

from sheetsync.measure.intervals import Z95
from sheetsync.measure.score import FULL, card_of, known, reached
from sheetsync.measure.tiers_hand import day_of
from sheetsync.model.kpi import Grain, Kpi, Unit
from sheetsync.model.months import first_day, month_after
from sheetsync.model.results import Health, KpiValue
from sheetsync.model.settings import Settings, Target

SIDES: Mapping[str, int] = {
    "financial": 40,
    "operational": 20,
    "engagement": 20,
    "relationship": 20,
}
"""The four sides with their weights."""

SIDE_OF: Mapping[str, str] = {
    "finance": "financial",
    "pipeline": "financial",
    "operations": "operational",
    "strategy": "operational",
    **{side: side for side in SIDES},
}
"""The side that a KPI's dimension belongs to."""

GENERAL: tuple[Target, ...] = tuple(
    Target(kpi=kpi, weight=1, floor=low, target=high)
    for kpi, low, high in (
        ("R10", 0.5, 0.95), ("T01", 0.4, 0.95), ("P01", 0.3, 0.9), ("E03", 0.01, 0.05),
        ("R01", 0, 50), ("R02", 50, 90), ("R04", 48, 8),
    )
)  # fmt: skip
"""What a side is looked at by when the scorecard has no KPI of it: measures free of size."""

CRITICAL, WARNING, MOST = 10, 4, 30
"""Points that an alert takes, and all of them together at most."""

GREEN, AMBER = 75, 50
"""Scores from which health is green, and amber; below it is red."""

MONTHS = 3
"""How many complete months the direction looks back."""

NO_CADENCE = 90
"""Days between two reviews of a partner where the Settings say nothing."""


@dataclass(frozen=True, slots=True)
class Slope:
    """A Theil-Sen slope per step with its 95 % interval."""

    slope: float
    low: float
    high: float

    @property
    def direction(self) -> str:
        """Return up or down where the interval excludes 0, else steady."""
        if self.low > 0:
            return "up"
        return "down" if self.high < 0 else "steady"


def theil_sen(values: Sequence[float]) -> Slope:
    """Return the median of the slopes between all pairs of equally spaced values.

    The interval is Sen's, by the normal approximation of Kendall's statistic; with three values
    it spans all three slopes. ValueError below three values.

    >>> theil_sen([60, 64, 70])
    Slope(slope=5.0, low=4.0, high=6.0)
    """
    n = len(values)
    if n < MONTHS:
        raise ValueError("a slope with an interval takes three values")
    slopes = sorted((values[j] - values[i]) / (j - i) for i, j in combinations(range(n), 2))
    spread = Z95 * sqrt(n * (n - 1) * (2 * n + 5) / 18)
    low = max(round((len(slopes) - spread) / 2) - 1, 0)
    high = min(round((len(slopes) + spread) / 2), len(slopes) - 1)
    return Slope(median(slopes), slopes[low], slopes[high])


def penalty(severities: Iterable[str]) -> int:
    """Return the points that alerts take.

    >>> penalty(["critical", "warning", "note"]), penalty(["critical"] * 9)
    (14, 30)
    """
    takes = {"critical": CRITICAL, "warning": WARNING}
    return min(MOST, sum(takes.get(severity, 0) for severity in severities))


def band(score: float) -> str:
    """Return the colour of a health score."""
    if score >= GREEN:
        return "green"
    return "amber" if score >= AMBER else "red"


def combined(sides: Mapping[str, float]) -> float:
    """Return the weighted mean of the sides that are known.

    >>> combined({"financial": 50.0, "operational": 80.0, "engagement": 60.0, "relationship": 70.0})
    62.0
    """
    weight = sum(SIDES[side] for side in sides)
    return round(sum(SIDES[side] * value for side, value in sides.items()) / weight, 9)


def healths(
    partners: Iterable[Mapping[Any, Any]],
    values: Iterable[KpiValue],
    kpis: Sequence[Kpi],
    settings: Settings,
    months: Mapping[int, bool],
    alerts: Mapping[str, Sequence[str]] | None = None,
) -> tuple[Health, ...]:
    """Return the health of these partners.

    ``months`` are those of the period (yyyymm) with whether each is covered whole; ``alerts``
    gives the severities of each partner's alerts.
    """
    look = _Look.of(values, kpis, settings, months)
    severities = alerts or {}
    return tuple(look.at(row, severities.get(row["partner_id"], ())) for row in partners)


@dataclass(frozen=True, slots=True)
class _Look:
    """What health is read from: values by partner, of the period (0) and of its last months."""

    sides: Mapping[str, str]
    flows: frozenset[str]
    money: frozenset[str]
    settings: Settings
    length: int
    last: tuple[int, ...]
    known: Mapping[tuple[str, int], Mapping[str, KpiValue]]

    @classmethod
    def of(
        cls,
        values: Iterable[KpiValue],
        kpis: Sequence[Kpi],
        settings: Settings,
        months: Mapping[int, bool],
    ) -> _Look:
        last = tuple(month for month, whole in months.items() if whole)[-MONTHS:]
        told: dict[tuple[str, int], dict[str, KpiValue]] = {}
        for value in values:
            if not value.month or value.month in last:
                told.setdefault((value.group, value.month), {})[value.kpi] = value
        return cls(
            {kpi.id: SIDE_OF[kpi.dimension] for kpi in kpis if kpi.dimension in SIDE_OF},
            frozenset(k.id for k in kpis if _flows(k)),
            frozenset(k.id for k in kpis if _flows(k) and k.unit is Unit.MONEY),
            settings,
            max(1, len(months)),
            last,
            told,
        )

    def at(self, row: Mapping[Any, Any], severities: Sequence[str]) -> Health:
        """Return one partner's health."""
        name, card = row["partner_id"], self.card(row)
        shares = self.shares(card, name, 0)
        sides = self.by_side(card, shares)
        if sum(SIDES[side] for side in sides) < FULL * self.settings.minimum_coverage - 1e-9:
            said = "Health: too few sides of the partnership are known."
            return Health(name, None, "", "", tuple(sides.items()), (), said, self.review(row))
        taken = penalty(severities)
        score = max(0.0, combined(sides) - taken)
        drivers = _worst(card, shares, self.sides)
        said = _said(score, sides, drivers, taken)
        heading, parts = self.heading(card, row), tuple(sides.items())
        review = self.review(row)
        return Health(name, score, band(score), heading, parts, drivers, said, review)

    def review(self, row: Mapping[Any, Any]) -> date | None:
        """The day after the cadence since the partner was last verified, or else started."""
        last = day_of(row.get("last_verified")) or day_of(row.get("start_date"))
        days = timedelta(days=self.settings.cadence.get("partners", NO_CADENCE))
        return last + days if last is not None and days < date.max - last else None

    def card(self, row: Mapping[Any, Any]) -> tuple[Target, ...]:
        """The partner's scorecard, filled up where it has nothing of a side."""
        own = tuple(t for t in card_of(row, self.settings) if t.kpi in self.sides)
        covered = {self.sides[target.kpi] for target in own}
        more = (t for t in GENERAL if self.sides.get(t.kpi) not in (None, *covered))
        return (*own, *more)

    def shares(self, card: Iterable[Target], partner: str, month: int) -> dict[str, float]:
        """How far each KPI with data is on its way; a month's part of a sum's target.

        Money has no row in a month without any, and is 0 then; other blanks are not known.
        """
        values = self.known.get((partner, month), {})
        ever = self.known.get((partner, 0), {})
        told = {}
        for target in card:
            found = known(values.get(target.kpi))
            if month and target.kpi in self.money and target.kpi not in values:
                found = 0.0 if known(ever.get(target.kpi)) is not None else None
            if found is not None:
                scale = self.length if month and target.kpi in self.flows else 1
                told[target.kpi] = reached(target, found * scale)
        return told

    def by_side(self, card: Iterable[Target], shares: Mapping[str, float]) -> dict[str, float]:
        """The score of each side with data, in the order of ``SIDES``."""
        lines = [target for target in card if target.kpi in shares]
        told = {}
        for side in SIDES:
            own = [target for target in lines if self.sides[target.kpi] == side]
            if own:
                reach = sum(target.weight * shares[target.kpi] for target in own)
                told[side] = FULL * reach / sum(target.weight for target in own)
        return told

    def heading(self, card: Sequence[Target], row: Mapping[Any, Any]) -> str:
        """The direction over the last months, by the KPIs that all of them have.

        A partner that is not so old yet has none.
        """
        if len(self.last) < MONTHS or not _follow(self.last):
            return ""
        start = day_of(row.get("start_date"))
        if start is not None and start > first_day(self.last[0]):
            return ""
        monthly = [self.shares(card, row["partner_id"], month) for month in self.last]
        common = set(monthly[0]).intersection(*monthly)
        if not common:
            return ""
        scores = [
            combined(self.by_side([t for t in card if t.kpi in common], shares))
            for shares in monthly
        ]
        return theil_sen(scores).direction


def _flows(kpi: Kpi) -> bool:
    """Whether a KPI adds up over months, so that a month has its part of the target only."""
    return Grain.PARTNER_MONTH in kpi.grains and kpi.unit in (Unit.MONEY, Unit.COUNT)


def _follow(months: Sequence[int]) -> bool:
    return all(month_after(a) == b for a, b in pairwise(months))


def _worst(
    card: Iterable[Target], shares: Mapping[str, float], sides: Mapping[str, str]
) -> tuple[str, ...]:
    """The two KPIs that cost most, each by its part of its side's weight."""
    lines = [target for target in card if target.kpi in shares]
    weights = dict.fromkeys(SIDES, 0.0)
    for target in lines:
        weights[sides[target.kpi]] += target.weight
    costs = {
        t.kpi: SIDES[sides[t.kpi]] * t.weight / weights[sides[t.kpi]] * (1 - shares[t.kpi])
        for t in lines
    }
    ranked = sorted(costs, key=lambda kpi: (-costs[kpi], kpi))
    return tuple(kpi for kpi in ranked if costs[kpi] > 0)[:2]


def _said(score: float, sides: Mapping[str, float], drivers: Sequence[str], taken: int) -> str:
    parts = ", ".join(f"{side} {value:.0f}" for side, value in sides.items())
    said = f"Health {score:.0f}, {band(score)}: {parts}"
    said += f"; held down most by {' and '.join(drivers)}" if drivers else ""
    return said + (f"; alerts take {taken}." if taken else ".")
