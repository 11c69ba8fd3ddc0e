"""How wide a forecast's band is: k80 times the mean step from one month to the next.

The factors were fitted on the monthly series of the M3 competition so that four in five of what
came lay within; on other monthly series the same bands held 62 to 98 %. Hence "roughly 8 in 10".
"""

from __future__ import annotations

from collections.abc import Mapping
from types import MappingProxyType

STEPS = 6
"""Months that can be forecast: the factors end there."""
QUARTER = 3
"""Months that the total is of."""

K80: Mapping[int, tuple[float, ...]] = MappingProxyType(
    {
        6: (1.95, 2.26, 2.68, 3.46, 3.60, 4.10),
        9: (1.84, 2.06, 2.52, 3.21, 3.26, 3.73),
        12: (1.71, 1.97, 2.46, 3.06, 3.14, 3.58),
        18: (1.57, 1.69, 1.94, 2.62, 2.66, 2.94),
        24: (1.55, 1.62, 1.85, 2.36, 2.41, 2.64),
    }
)
"""Factor of each of the next six months, by number of months behind the forecast."""

K80_TOTAL: Mapping[int, float] = MappingProxyType({6: 6.41, 9: 5.82, 12: 5.45, 18: 4.57, 24: 4.29})
"""Factor of the next three months together."""


def k80(points: int, step: int) -> float:
    """Return the factor for the month ``step`` (1 to 6) ahead; straight between listed numbers.

    Beyond 24 points that of 24 holds. ValueError below 6 points.

    >>> k80(12, 1), round(k80(15, 1), 3), k80(40, 6)
    (1.71, 1.64, 2.64)
    """
    return _between(points, {n: factors[step - 1] for n, factors in K80.items()})


def k80_total(points: int) -> float:
    """Return the factor for the next three months together.

    >>> k80_total(6), round(k80_total(21), 2)
    (6.41, 4.43)
    """
    return _between(points, K80_TOTAL)


def _between(points: int, factors: Mapping[int, float]) -> float:
    if points < min(factors):
        raise ValueError(f"There is no band for {points} points.")
    below = max(n for n in factors if n <= points)
    above = min((n for n in factors if n >= points), default=below)
    if above == below:
        return factors[below]
    share = (points - below) / (above - below)
    return factors[below] + share * (factors[above] - factors[below])
