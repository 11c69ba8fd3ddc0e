"""How much revenue hangs on few partners: arithmetic on one number per partner.

Every function takes the partners' revenue, negatives already floored at 0, and returns None when
it adds up to 0.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from math import fsum


def top_share(revenue: Sequence[float]) -> float | None:
    """Return the share of the best fifth of partners, their number rounded up.

    >>> top_share([60, 10, 10, 10, 10])
    0.6
    """
    total = fsum(revenue)
    best = sorted(revenue, reverse=True)[: (len(revenue) + 4) // 5]
    return fsum(best) / total if total > 0 else None


def partners_to_80(revenue: Sequence[float]) -> float | None:
    """Return how many of the best partners it takes to make 80 % of the total.

    >>> partners_to_80([40, 40, 10, 5, 5])
    2.0
    """
    total = fsum(revenue)
    made = 0.0
    for count, value in enumerate(sorted(revenue, reverse=True), 1):
        made += value
        # A hair less than 80 % is 80 %: decimals do not add up exactly in binary.
        if total > 0 and made >= 0.8 * total * (1 - 1e-12):
            return float(count)
    return None


def gini(revenue: Sequence[float]) -> float | None:
    """Return the Gini coefficient of the partners given, 0 (equal) to (n - 1) / n.

    >>> gini([1, 1, 1]), round(gini([0, 0, 1]), 4)
    (0.0, 0.6667)
    """
    total, n = fsum(revenue), len(revenue)
    if total <= 0:
        return None
    ranked = sorted(revenue)
    return fsum((2 * i - n - 1) * x for i, x in enumerate(ranked, 1)) / (n * total)


def hhi(revenue: Sequence[float]) -> float | None:
    """Return the Herfindahl-Hirschman index: the sum of squared shares, 0 to 1.

    >>> hhi([1, 1])
    0.5
    """
    total = fsum(revenue)
    return fsum((x / total) ** 2 for x in revenue) if total > 0 else None


NAMED: Mapping[str, Callable[[Sequence[float]], float | None]] = {
    function.__name__: function for function in (top_share, partners_to_80, gini, hhi)
}
"""The functions that a ``Kpi.named`` may name."""
