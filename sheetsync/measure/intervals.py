"""95 % intervals of a proportion, without a statistics library.

Wilson: the score interval of E. B. Wilson (1927). Exact: Clopper and Pearson (1934), the beta
quantiles of Johnson, Kotz, Balakrishnan, by Halley steps on the regularised incomplete beta
function (continued fraction, modified Lentz) from the Wilson interval.
"""

from __future__ import annotations

from functools import lru_cache
from math import exp, lgamma, log, sqrt

Z95 = 1.959963984540054
"""The 97.5 % point of the normal distribution."""

_TINY = 1e-300
_NEAR = 1e-6


def wilson(successes: float, trials: int) -> tuple[float, float]:
    """Return the Wilson 95 % interval; ``trials`` > 0 and 0 <= successes <= trials.

    >>> [round(100 * x, 1) for x in wilson(3, 5)]
    [23.1, 88.2]
    """
    share = successes / trials
    spread = Z95 * Z95 / trials
    centre = (share + spread / 2) / (1 + spread)
    half = Z95 * sqrt(share * (1 - share) / trials + spread / (4 * trials)) / (1 + spread)
    low = 0.0 if successes <= 0 else max(0.0, centre - half)
    high = 1.0 if successes >= trials else min(1.0, centre + half)
    return low, high


@lru_cache(maxsize=65536)
def exact(successes: int, trials: int) -> tuple[float, float]:
    """Return the Clopper-Pearson 95 % interval; ``trials`` > 0 and 0 <= successes <= trials.

    >>> [round(x, 4) for x in exact(0, 10)]
    [0.0, 0.3085]
    """
    missed = trials - successes
    start = wilson(successes, trials)
    low, high = 0.0, 1.0
    if successes > 0:
        low = _beta_quantile(0.025, successes, missed + 1, start[0])
    if missed > 0:
        high = _beta_quantile(0.975, successes + 1, missed, start[1])
    return low, high


def beta_share(x: float, a: float, b: float) -> float:
    """Return the regularised incomplete beta function I_x(a, b), for a, b > 0 and x in [0, 1].

    >>> round(beta_share(0.5, 2, 2), 12)
    0.5
    """
    if x <= 0 or x >= 1:
        return float(x >= 1)
    front = exp(lgamma(a + b) - lgamma(a) - lgamma(b) + a * log(x) + b * log(1 - x))
    if x < (a + 1) / (a + b + 2):
        return front * _fraction(x, a, b) / a
    return 1 - front * _fraction(1 - x, b, a) / b


def _fraction(x: float, a: float, b: float) -> float:
    """Evaluate the continued fraction of the incomplete beta function (modified Lentz)."""
    c, d = 1.0, 1 / ((1 - (a + b) * x / (a + 1)) or _TINY)
    total = d
    # Converges in about sqrt(max(a, b)) steps; the limit only guards against an endless loop.
    for m in range(1, 100 + int(10 * sqrt(a + b))):
        at = a + 2 * m
        step = m * (b - m) * x / ((at - 1) * at)
        d = 1 / ((1 + step * d) or _TINY)
        c = (1 + step / c) or _TINY
        total *= c * d
        step = -(a + m) * (a + b + m) * x / (at * (at + 1))
        d = 1 / ((1 + step * d) or _TINY)
        c = (1 + step / c) or _TINY
        total *= c * d
        if abs(c * d - 1) < 1e-14:
            break
    return total


def _beta_quantile(p: float, a: float, b: float, x: float) -> float:
    """Return the quantile of the beta distribution: I_x(a, b) = p, looked for from ``x`` on.

    Halley steps, kept inside a shrinking bracket. A step cubes the relative error (roughly), so
    that after one below a millionth nothing is left to gain.
    """
    low, high = 0.0, 1.0
    scale = lgamma(a + b) - lgamma(a) - lgamma(b)
    for _ in range(200):
        if not low < x < high:
            x = (low + high) / 2
        miss = beta_share(x, a, b) - p
        low, high = (low, x) if miss > 0 else (x, high)
        slope = exp(scale + (a - 1) * log(x) + (b - 1) * log(1 - x))
        newton = miss / slope if slope > _TINY else 1.0
        bend = 1 - newton / 2 * ((a - 1) / x - (b - 1) / (1 - x))
        new = x - newton / max(bend, 0.5)
        if abs(new - x) <= _NEAR * min(x, 1 - x):
            return new
        x = new
    return x
