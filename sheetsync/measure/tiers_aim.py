"""The tier that a partner's numbers earn today, by the mode of the Settings; no memory yet.

A mode gives every partner one number, its standard, and every tier two bars: from ``needed`` on
the tier is reached, from ``kept`` on a partner that has it keeps it. Between the two lies the
margin: points of the score, percent of a threshold in KPI or points, points of a top share. A
higher standard is always better: where a KPI is better when lower, signs are turned.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from math import floor
from typing import Any

from sheetsync.measure.score import Score, card_of, known, score
from sheetsync.model.results import KpiValue
from sheetsync.model.settings import Settings, Tier

NOT_RATED = "not rated"
"""The tier of a partner with too little data."""

FEWEST_PEERS = 10
"""In the mode percentile a type with fewer partners that can be compared has no tiers."""

_UNRATED_STATUS = frozenset({"prospect", "ended"})
_DUST = 1e-9

Row = Mapping[Any, Any]
Values = Mapping[str, KpiValue]


@dataclass(frozen=True, slots=True)
class Aim:
    """What today's numbers earn: ``target``, and ``why`` in a sentence.

    ``kept`` are the tiers that the partner would keep with the margin. ``target`` is NOT_RATED
    with too little data and None where the mode is off for such partners.
    """

    target: str | None
    kept: frozenset[str]
    score: Score
    why: str


@dataclass(frozen=True, slots=True)
class Ladder:
    """The tiers of the Settings, best first, above the base tier; ``sign`` -1: lower is better."""

    tiers: tuple[Tier, ...]
    base: str
    sign: int
    _ranks: Mapping[str, int] = field(repr=False)

    def rank(self, name: str) -> int | None:
        """Return the place of a tier, counted from below; None when there is no such tier."""
        return self._ranks.get(name)

    def named(self, name: str) -> Tier | None:
        """Return the tier of this name; None for the base tier and unknown ones."""
        return next((tier for tier in self.tiers if tier.name == name), None)


def ladder_of(settings: Settings, lower: frozenset[str] = frozenset()) -> Ladder:
    """Order the tiers by what they ask for; ``lower`` are the KPIs that are better when lower."""
    by_kpi = settings.tier_mode in ("threshold", "percentile")
    sign = -1 if by_kpi and settings.tier_kpi in lower else 1
    rising = settings.tier_mode == "percentile" or sign < 0
    ranked = sorted(settings.tiers, key=lambda t: t.threshold if rising else -t.threshold)
    names = (NOT_RATED, settings.base_tier, *(tier.name for tier in reversed(ranked)))
    ranks = {name: place for place, name in enumerate(names)}
    return Ladder(tuple(ranked), settings.base_tier, sign, ranks)


def rated(partners: Iterable[Row]) -> list[Row]:
    """Return the partners that have a tier: all but prospects and ended ones."""
    return [row for row in partners if row.get("status") not in _UNRATED_STATUS]


def aims(
    partners: Sequence[Row],
    values: Mapping[str, Values],
    settings: Settings,
    ladder: Ladder,
) -> dict[str, Aim]:
    """Return what each of these partners earns, by id; those of one type are each other's peers."""
    told = {row["partner_id"]: _Told.of(row, values, settings, ladder) for row in partners}
    peers: defaultdict[str, list[float]] = defaultdict(list)
    for one in told.values():
        if one.standard is not None:
            peers[one.kind].append(one.standard)
    bars = {one.kind: _bars(peers[one.kind], settings, ladder) for one in told.values()}
    return {name: _aim(one, bars[one.kind], settings, ladder) for name, one in told.items()}


@dataclass(frozen=True, slots=True)
class _Told:
    """A partner's standard (None: too little data) with the words for it, without full stop."""

    kind: str
    score: Score
    values: Values
    standard: float | None
    said: str

    @classmethod
    def of(
        cls, row: Row, values: Mapping[str, Values], settings: Settings, ladder: Ladder
    ) -> _Told:
        own = values.get(row["partner_id"], {})
        told = score(card_of(row, settings), own)
        standard, said = _standard(row, told, own, settings, ladder)
        return cls(row.get("partner_type") or "", told, own, standard, said)


@dataclass(frozen=True, slots=True)
class _Bar:
    tier: Tier
    needed: float
    kept: float


def _standard(
    row: Row, told: Score, values: Values, settings: Settings, ladder: Ladder
) -> tuple[float | None, str]:
    match settings.tier_mode:
        case "score":
            return _by_score(row, told, settings)
        case "points":
            return _by_points(row, values, settings)
        case _:
            found = known(values.get(settings.tier_kpi))
            if found is None:
                return None, f"{settings.tier_kpi} has no value to judge by"
            return ladder.sign * found, f"{settings.tier_kpi} is {found:,.10g}"


def _by_score(row: Row, told: Score, settings: Settings) -> tuple[float | None, str]:
    if not told.measures:
        return None, f"There is no scorecard for the type {row.get('partner_type') or '(blank)'}"
    if told.points is None or told.coverage < settings.minimum_coverage - _DUST:
        said = f"Only {told.coverage:.0%} of the scorecard has data"
        return None, f"{said}; {settings.minimum_coverage:.0%} is needed"
    return told.points, str(told)


def _by_points(row: Row, values: Values, settings: Settings) -> tuple[float | None, str]:
    """Points per 100 of each KPI in money, twice as many in growth markets."""
    found = {kpi: known(values.get(kpi)) for kpi in settings.tier_points}
    sums = {kpi: settings.tier_points[kpi] * x / 100 for kpi, x in found.items() if x is not None}
    if not sums:
        return None, f"None of {', '.join(settings.tier_points)} has a value to count points of"
    grows = row.get("country") in settings.growth_markets
    points = round(sum(sums.values()) * (2 if grows else 1), 9)
    parts = ", ".join(f"{kpi} {x:,.10g}" for kpi, x in sums.items())
    return points, f"{points:,.10g} points from {parts}" + ("; doubled, growth market" * grows)


def _bars(peers: Sequence[float], settings: Settings, ladder: Ladder) -> list[_Bar] | None:
    """Return the tiers' bars, best first; None where there are too few peers to compare."""
    if settings.tier_mode != "percentile":
        return [_bar(tier, settings, ladder.sign) for tier in ladder.tiers]
    if len(peers) < FEWEST_PEERS:
        return None
    ranked = sorted(peers, reverse=True)
    return [
        _Bar(
            tier,
            _cut(ranked, tier.threshold),
            _cut(ranked, tier.threshold + _margin(tier, settings) / 100),
        )
        for tier in ladder.tiers
    ]


def _bar(tier: Tier, settings: Settings, sign: int) -> _Bar:
    margin = _margin(tier, settings)
    if settings.tier_mode != "score":
        margin *= tier.threshold / 100
    return _Bar(tier, sign * tier.threshold, sign * tier.threshold - margin)


def _margin(tier: Tier, settings: Settings) -> float:
    return settings.tier_margin if tier.margin is None else tier.margin


def _cut(ranked: Sequence[float], share: float) -> float:
    """Return the last standard inside a top share, never fewer than one partner; ties are in.

    >>> _cut([9, 8, 8, 8, 5, 4, 3, 2, 1, 0], 0.25)
    8
    """
    count = max(1, floor(share * len(ranked) + _DUST))
    return ranked[min(count, len(ranked)) - 1]


def _aim(told: _Told, bars: list[_Bar] | None, settings: Settings, ladder: Ladder) -> Aim:
    if told.standard is None:
        return Aim(NOT_RATED, frozenset(), told.score, f"{told.said}.")
    if bars is None:
        why = f"{told.said}; fewer than {FEWEST_PEERS} {told.kind or 'such'} partners to compare."
        return Aim(None, frozenset(), told.score, why)
    closed = _closed(settings.gate_kpis, told.values) or _too_little(told.values, settings)
    if closed:
        why = f"{told.said}; held at {ladder.base}: {closed}."
        return Aim(ladder.base, frozenset({ladder.base}), told.score, why)
    return _reach(told, told.standard, bars, ladder)


def _reach(told: _Told, standard: float, bars: Sequence[_Bar], ladder: Ladder) -> Aim:
    """Return the highest tier whose bar and gates hold, naming the gate that keeps from a better.

    Gates and bars are looked at tier by tier, best first.
    """
    shut = {bar.tier.name: _closed(bar.tier.gates, told.values) for bar in bars}
    within = [bar.tier.name for bar in bars if standard >= bar.needed]
    target = next((name for name in within if not shut[name]), ladder.base)
    held = next((name for name in within if shut[name]), None)
    missed = held is not None and held != target and within.index(held) == 0
    why = f"{told.said}; not {held}: {shut[held]}." if missed and held else f"{told.said}."
    kept = {bar.tier.name for bar in bars if standard >= bar.kept and not shut[bar.tier.name]}
    return Aim(target, frozenset({*kept, ladder.base}), told.score, why)


def _closed(gates: Iterable[str], values: Values) -> str:
    """Return which gate is closed, in words; "" when all are open."""
    for kpi in gates:
        value = values.get(kpi)
        if value is None or value.value is None or value.value <= 0:
            return f"{kpi} is not above zero"
    return ""


def _too_little(values: Values, settings: Settings) -> str:
    if settings.minimum_revenue is None:
        return ""
    sold = values.get("F01")
    revenue = sold.value if sold is not None and sold.value is not None else 0.0
    if revenue >= settings.minimum_revenue:
        return ""
    return f"revenue {revenue:.10g} is below the minimum {settings.minimum_revenue:.10g}"
