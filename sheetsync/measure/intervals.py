"""95 % intervals of a proportion, without a statistics library.

Wilson: the score interval of E. B. Wilson (1927). Exact: Clopper and Pearson (1934), the beta
quantiles of Johnson, Kotz, Balakrishnan, by Halley steps on the regularised incomplete beta
function (continued fraction, modified Lentz) from the Wilson interval. Difference: method 10 of
R. G. Newcombe (1998), which joins the two Wilson intervals. Recommend: the standard error of a
difference of two shares of one sample, as used for the Net Promoter Score.
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

    To ten digits: further ones are those of a processor's logarithms.

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
    return float(f"{low:.10g}"), float(f"{high:.10g}")


def recommend(promoters: float, detractors: float, answers: float) -> tuple[float, float]:
    """Return the 95 % interval of a Net Promoter Score, -100 to 100; ``answers`` > 0.

    >>> [round(x, 1) for x in recommend(162, 54, 324)]
    [25.2, 41.4]
    """
    p, d = promoters / answers, detractors / answers
    spread = Z95 * sqrt(max(0.0, p + d - (p - d) ** 2) / answers)
    return 100 * max(-1.0, p - d - spread), 100 * min(1.0, p - d + spread)


def difference(
    hits: float, trials: float, other_hits: float, other_trials: float
) -> tuple[float | None, float | None]:
    """Return the 95 % interval of 100 × (first − second proportion); none without trials of both.

    >>> [round(x, 2) for x in difference(56, 70, 48, 80) if x]  # Newcombe's first example
    [5.24, 33.39]
    """
    if not (trials > 0 and other_trials > 0):
        return None, None
    p, q = hits / trials, other_hits / other_trials
    (low, high), (other_low, other_high) = (
        wilson(hits, int(trials)),
        wilson(other_hits, int(other_trials)),
    )
    down = sqrt((p - low) ** 2 + (other_high - q) ** 2)
    up = sqrt((high - p) ** 2 + (q - other_low) ** 2)
    return 100 * (p - q - down), 100 * (p - q + up)


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
