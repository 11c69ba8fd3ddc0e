"""Alerts from a partner's own months: A01 to A06.

Only complete months are looked at, the latest against those before it. A guard of volume stands
before every rule: sums need rows in most of the last months, rates enough trials in each month.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from math import isnan
from statistics import median

from sheetsync.measure.alerts_found import PARTLY, Finding, Tests
from sheetsync.measure.alerts_tests import (
    cusum,
    ewma,
    ewma_width,
    robust_z,
    step_sigma,
    tail,
    three_falls,
)
from sheetsync.measure.goals import adds_up, shown
from sheetsync.measure.history import History
from sheetsync.measure.values import Evidence, minimum_of
from sheetsync.model.expr import Sum, base_of
from sheetsync.model.insight import Urgency
from sheetsync.model.kpi import Kpi
from sheetsync.model.months import first_day, month_name
from sheetsync.model.settings import Settings

DROP, STEEP_DROP = 0.35, 0.7
TRAILING = 6
ODD_Z = 3.5
LEAST_BASELINE = 8
EWMA_WEIGHT, EWMA_TIMES = 0.3, 3.0
CUSUM_SLACK, CUSUM_LIMIT, CUSUM_POINTS = 0.5, 5.0, 12
P_WARNING, P_NOTE, LEAST_EXPECTED = 0.01, 0.05, 5
LEAST_FILLED, LEAST_ROWS = 4, 6
"""Of the six months before: how many must not be zero, and the rows behind them together."""
_RECENT = 6


@dataclass(frozen=True, slots=True)
class Watched:
    """One KPI of one partner: consecutive complete months, the latest last.

    ``counts`` are what stands behind each value. ``revenue`` tells that it is the money itself.
    """

    partner_id: str
    kpi: Kpi
    months: tuple[int, ...]
    values: tuple[float, ...]
    counts: tuple[float, ...]
    revenue: bool = False

    @property
    def lower(self) -> bool:
        """Whether a rise is the bad direction."""
        return self.kpi.lower_is_better

    def finding(
        self, rule: str, urgency: Urgency, words: str, at_risk: float | None = None
    ) -> Finding:
        """Make a finding about the latest month."""
        month = self.months[-1]
        told = f"{self.kpi.title} in {month_name(month)} is {self.said(self.values[-1])}, {words}."
        risk = PARTLY if at_risk is None or not self.revenue else min(1.0, max(0.0, at_risk))
        kind = "rate" if rule == "A03" else "level"
        return Finding(
            rule,
            f"{kind}:{self.kpi.id}",
            urgency,
            self.partner_id,
            self.kpi.id,
            told,
            first_day(month),
            risk,
        )

    def said(self, value: float) -> str:
        """A value of this KPI in words."""
        return shown(value, self.kpi.unit)


def watched(
    told: History, kpi: Kpi, partner: str, settings: Settings, *, revenue: bool = False
) -> Watched | None:
    """Return the months of a KPI up to the latest complete one, if there is enough behind them.

    Revenue of a month without rows is 0; of anything else it is not known and ends the series.
    """
    found = told.of(kpi.id, partner)
    if not found:
        return None
    months: list[int] = []
    for month in reversed([m for m in told.months if m >= min(found)]):
        if not revenue and month not in found:
            break
        if month in found and not _sound(found[month]):
            break
        months.append(month)
    if not months:
        return None
    months.reverse()
    nothing: Evidence = (0.0, 0.0, 0.0, 0.0)
    rows = [found.get(m, nothing) for m in months]
    one = Watched(
        partner,
        kpi,
        tuple(months),
        tuple(r[0] for r in rows),
        tuple(r[1] for r in rows),
        revenue,
    )
    return one if _enough(one, settings) else None


def _sound(evidence: Evidence) -> bool:
    return not isnan(evidence[0]) and not evidence[3] > 0


def _enough(one: Watched, settings: Settings) -> bool:
    """The guard of volume."""
    if not adds_up(one.kpi.value):
        trials = isinstance(one.kpi.n, Sum)
        least = settings.minimum_n_clicks if trials else settings.minimum_n_win_rate
        if base_of(one.kpi.value) is None:
            return True
        return min(one.counts[-4:]) >= max(least, minimum_of(one.kpi, settings))
    before = one.values[-1 - TRAILING : -1]
    rows = one.counts[-1 - TRAILING : -1]
    filled = sum(v != 0 for v in before)
    return filled >= LEAST_FILLED and sum(rows) >= LEAST_ROWS


def series_tests(one: Watched, off: frozenset[str]) -> Tests:
    """Run the rules that are on; of a proportion A03 stands in for those on levels."""
    rules: Mapping[str, Callable[[Watched], Tests]]
    if one.kpi.interval in ("wilson", "exact"):
        rules = {"A03": _rate, "A06": _falls}
    else:
        rules = {"A01": _drop, "A02": _odd, "A04": _drift, "A05": _shift, "A06": _falls}
    for rule, test in rules.items():
        if rule not in off:
            yield from test(one)


def _drop(one: Watched) -> Tests:
    before = one.values[-1 - TRAILING : -1]
    if len(before) < TRAILING or median(before) <= 0:
        return
    middle, now = median(before), one.values[-1]
    change = (now - middle if one.lower else middle - now) / middle
    if change < DROP:
        yield None
        return
    urgency = Urgency.CRITICAL if change >= STEEP_DROP and one.revenue else Urgency.WARNING
    way = "above" if one.lower else "below"
    words = f"{change:.0%} {way} the median {one.said(middle)} of the six months before"
    yield one.finding("A01", urgency, words, change)


def _odd(one: Watched) -> Tests:
    before = one.values[:-1]
    if len(before) < LEAST_BASELINE:
        return
    z = robust_z(one.values[-1], before)
    if z is None or abs(z) <= ODD_Z:
        yield None
        return
    bad = (z > 0) == one.lower
    words = f"far from the median {one.said(median(before))} of {len(before)} months (robust z "
    words += f"{z:.1f})" + ("" if bad else "; good news, if the rows are right")
    yield one.finding("A02", Urgency.WARNING if bad else Urgency.NOTE, words, _lost(one, before))


def _drift(one: Watched) -> Tests:
    baseline, recent = _split(one.values)
    if len(baseline) < LEAST_BASELINE or not recent:
        return
    centre, sigma = sum(baseline) / len(baseline), step_sigma(baseline)
    level = ewma(recent, EWMA_WEIGHT, centre)[-1]
    width = ewma_width(sigma, EWMA_WEIGHT, EWMA_TIMES, len(recent))
    away = level - centre if one.lower else centre - level
    if sigma <= 0 or away <= width:
        yield None
        return
    words = f"and the weighted mean of the last {len(recent)} months, {one.said(level)}, has left "
    words += f"the limits {one.said(centre - width)} to {one.said(centre + width)}"
    yield one.finding("A04", Urgency.WARNING, words, _lost(one, baseline))


def _shift(one: Watched) -> Tests:
    if len(one.values) < CUSUM_POINTS:
        return
    baseline, recent = _split(one.values)
    sigma, target = step_sigma(baseline), median(baseline)
    up, down = cusum(recent, target, CUSUM_SLACK * sigma)
    total = (up if one.lower else down)[-1] if recent else 0.0
    if sigma <= 0 or total <= CUSUM_LIMIT * sigma:
        yield None
        return
    way = "above" if one.lower else "below"
    words = f"and the last months have stayed {way} the median {one.said(target)}: together "
    words += f"{total / sigma:.1f} standard deviations"
    yield one.finding("A05", Urgency.WARNING, words, _lost(one, baseline))


def _falls(one: Watched) -> Tests:
    if len(one.values) < 4:
        return
    if one.lower:
        return
    fall = three_falls(one.values)
    if fall is None:
        yield None
        return
    path = " → ".join(one.said(v) for v in one.values[-4:])
    words = f"the third fall in a row: {path}, {fall:.0%} in all"
    yield one.finding("A06", Urgency.WARNING, words, fall)


def _rate(one: Watched) -> Tests:
    trials, hits = one.counts[:-1][-12:], [v * n for v, n in _pairs(one)][:-1][-12:]
    if not sum(trials):
        return
    past = sum(hits) / sum(trials)
    now = round(one.values[-1] * one.counts[-1])
    p, urgency = rate_change(now, int(one.counts[-1]), past, lower_is_better=one.lower)
    if p is None:
        return
    if urgency is None:
        yield None
        return
    words = f"{now} of {one.counts[-1]:,.0f}, against {past:.2%} before (p = {p:.3f})"
    yield one.finding("A03", urgency, words)


def rate_change(
    hits: int, trials: int, past: float, *, lower_is_better: bool = False
) -> tuple[float | None, Urgency | None]:
    """Test a rate against its own past, in the bad direction alone; both None with too few trials.

    >>> rate_change(6, 2000, 0.008)[1], rate_change(3, 1000, 0.008)[1], rate_change(1, 250, 0.008)
    (<Urgency.WARNING: 'warning'>, <Urgency.NOTE: 'note'>, (None, None))
    """
    if not 0 < past < 1 or trials * past < LEAST_EXPECTED:
        return None, None
    p = tail(hits, trials, past, low=not lower_is_better)
    if p < P_WARNING:
        return p, Urgency.WARNING
    return p, Urgency.NOTE if p < P_NOTE else None


def _pairs(one: Watched) -> Iterator[tuple[float, float]]:
    return zip(one.values, one.counts, strict=True)


def _split(values: Sequence[float]) -> tuple[Sequence[float], Sequence[float]]:
    """The baseline, at least eight months, and the months after it, six at most."""
    at = max(LEAST_BASELINE, len(values) - _RECENT)
    return values[:at], values[at:]


def _lost(one: Watched, before: Sequence[float]) -> float:
    middle = median(before)
    return (middle - one.values[-1]) / middle if middle > 0 else 0.0
