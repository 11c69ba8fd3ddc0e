"""The arithmetic behind alerts: one function per published test, on plain lists of numbers.

Robust z: Iglewicz and Hoaglin (1993). EWMA: Roberts (1959), limits that widen with time. Tabular
CUSUM: Page (1954), in the form of Montgomery's tables. Exact binomial tails by the incomplete
beta function. p' chart: Laney (2002), with a robust spread.
"""

from __future__ import annotations

from collections.abc import Sequence
from itertools import pairwise
from math import sqrt
from statistics import mean, median

from sheetsync.measure.intervals import beta_share

NORMAL_MAD = 1.4826
"""A normal standard deviation is so many median absolute deviations."""
_MEAN_AD = 1.2533
_MEAN_STEP = 1.128
"""The mean step between normal values is so many standard deviations."""


def mad(values: Sequence[float]) -> float:
    """Return the median absolute deviation from the median.

    >>> mad([1, 2, 4, 8])
    1.5
    """
    middle = median(values)
    return median(abs(v - middle) for v in values)


def robust_z(x: float, baseline: Sequence[float]) -> float | None:
    """Return how far ``x`` lies from the median, in robust standard deviations.

    Where more than half of the baseline is alike, the mean absolute deviation takes the place of
    the median one; None where all of it is alike.

    >>> round(robust_z(36, [5, 6, 7, 5, 7, 6, 6, 5, 7]), 1)
    20.2
    """
    middle, spread = median(baseline), mad(baseline)
    if spread > 0:
        return 0.6745 * (x - middle) / spread
    spread = _MEAN_AD * mean(abs(v - middle) for v in baseline)
    return (x - middle) / spread if spread > 0 else None


def tail(hits: int, trials: int, rate: float, *, low: bool) -> float:
    """Return the chance of ``hits`` or fewer (``low``), or or more, at a known rate.

    >>> round(tail(6, 2000, 0.008, low=True), 3), round(tail(3, 1000, 0.008, low=True), 3)
    (0.004, 0.042)
    """
    if low:
        return 1.0 if hits >= trials else beta_share(1 - rate, trials - hits, hits + 1)
    return 1.0 if hits <= 0 else beta_share(rate, hits, trials - hits + 1)


def ewma(values: Sequence[float], weight: float, start: float) -> list[float]:
    """Return the exponentially weighted moving average after each value.

    >>> ewma([48, 52], 0.25, 60)
    [57.0, 55.75]
    """
    told, level = [], start
    for value in values:
        level += weight * (value - level)
        told.append(level)
    return told


def ewma_width(sigma: float, weight: float, times: float, step: int | None = None) -> float:
    """Return how far from the centre the limits stand after ``step`` values; None: in the end.

    >>> round(62 + ewma_width(12, 0.25, 3), 2)
    75.61
    """
    grown = 1.0 if step is None else 1 - (1 - weight) ** (2 * step)
    return times * sigma * sqrt(weight / (2 - weight) * grown)


def cusum(values: Sequence[float], target: float, slack: float) -> tuple[list[float], list[float]]:
    """Return the upper and the lower tabular CUSUM after each value."""
    up, down = [], []
    high = low = 0.0
    for value in values:
        high = max(0.0, high + value - (target + slack))
        low = max(0.0, low + (target - slack) - value)
        up.append(high)
        down.append(low)
    return up, down


def step_sigma(values: Sequence[float]) -> float:
    """Return a standard deviation from the steps between values, which a shift does not widen.

    Where more than half of the steps are alike, from their mean size instead.
    """
    steps = [b - a for a, b in pairwise(values)]
    if not steps:
        return 0.0
    return NORMAL_MAD * mad(steps) / sqrt(2) or mean(map(abs, steps)) / _MEAN_STEP


def laney(hits: Sequence[float], trials: Sequence[float]) -> list[float]:
    """Return each proportion's z among its peers, divided by the robust spread of all z.

    A plain chart takes chance alone for what sets peers apart; real peers differ by more. The
    spread is never taken for less than chance alone gives.
    """
    share = sum(hits) / sum(trials)
    if not 0 < share < 1:
        return [0.0] * len(hits)
    plain = [
        (k / n - share) / sqrt(share * (1 - share) / n) for k, n in zip(hits, trials, strict=True)
    ]
    spread = max(1.0, NORMAL_MAD * mad(plain))
    return [z / spread for z in plain]


def three_falls(values: Sequence[float], least: float = 0.4) -> float | None:
    """Return by how much the last three falls in a row went down together, if by ``least``.

    >>> three_falls([5.0, 4.2, 3.6, 3.0])
    0.4
    """
    last = values[-4:]
    if len(last) < 4 or last[0] <= 0 or not all(b < a for a, b in pairwise(last)):
        return None
    fall = round((last[0] - last[-1]) / last[0], 12)
    return fall if fall >= least else None
