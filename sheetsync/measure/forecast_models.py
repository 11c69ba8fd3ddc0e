"""Five ways to continue a short monthly series, for many series at once, with numpy alone.

Every model takes ``y`` (series x months, oldest first, no gaps) and gives ``steps`` months more
(series x steps). With 6 to 36 points only models of no, one or two parameters are worth having.

Simple exponential smoothing: R. G. Brown (1959); level and start by least squares together.
Theta: Assimakopoulos and Nikolopoulos (2000) in the form of Hyndman and Billah (2003), without a
seasonal part, which less than three years cannot show.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from types import MappingProxyType
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from sheetsync.measure.labels import Array

SEASON = 12
"""Months of a season."""

_COARSE = 50
_FINE = 41
_EXACT = 1e-12
"""A fit is exact when its squared errors are at most this share of the squared values."""


def mean(y: Array, steps: int) -> Array:
    """The mean of all months, for every month to come."""
    return _level(y.mean(axis=1), steps)


def ses(y: Array, steps: int) -> Array:
    """Simple exponential smoothing: the fitted level, for every month to come."""
    return _level(smoothed(y)[0], steps)


def theta(y: Array, steps: int) -> Array:
    """Half the straight line through the months, half the smoothed line of twice its curvature."""
    import numpy as np

    n = y.shape[1]
    t = np.arange(n) - (n - 1) / 2
    slope = (y @ t) / (t @ t)
    line = y.mean(axis=1)[:, None] + slope[:, None] * t
    ahead = line[:, -1:] + slope[:, None] * np.arange(1, steps + 1)
    told: Array = (ahead + ses(2 * y - line, steps)) / 2
    return told


def seasonal_naive(y: Array, steps: int) -> Array:
    """The same months of the year before; needs 12 months."""
    import numpy as np

    told: Array = y[:, -SEASON + np.arange(steps) % SEASON]
    return told


def scaled_seasonal_naive(y: Array, steps: int) -> Array:
    """The same months of the year before, times what the year since grew; needs 12 months.

    The growth is the sum of the latest months (twelve at most) ÷ that of the same months a year
    earlier, 1 where there are none or they sum to nothing.
    """
    return seasonal_naive(y, steps) * _growth(y)[:, None]


MODELS: Mapping[str, Callable[[Array, int], Array]] = MappingProxyType(
    {
        "mean": mean,
        "SES": ses,
        "theta": theta,
        "seasonal naive": seasonal_naive,
        "scaled seasonal naive": scaled_seasonal_naive,
    }
)
"""By the name that readers see; of two that do equally well the earlier one is taken."""


def smoothed(y: Array) -> tuple[Array, Array, Array]:
    """Fit simple exponential smoothing: last level, alpha and starting level of each series.

    Alpha (0.01 to 1) is looked for on a grid, then on a finer one around the best; the starting
    level is the least-squares one of each alpha. Of alphas that fit equally well, the smallest.

    >>> import numpy as np
    >>> [round(float(x[0]), 9) for x in smoothed(np.full((1, 8), 5.0))]
    [5.0, 0.01, 5.0]
    """
    import numpy as np

    coarse = np.linspace(0.02, 1.0, _COARSE)
    best = coarse[_errors(y, coarse[None, :])[0].argmin(axis=1)]
    fine = np.clip(best[:, None] + np.linspace(-0.02, 0.02, _FINE), 0.01, 1.0)
    squares, level, start = _errors(y, fine)
    at = (np.arange(len(y)), squares.argmin(axis=1))
    return level[at], fine[at], start[at]


def level_after(y: Array, alpha: float, start: float) -> float:
    """Return the level after all months of one series, from given parameters."""
    level = start
    for value in y:
        level += alpha * (float(value) - level)
    return level


def _errors(y: Array, alpha: Array) -> tuple[Array, Array, Array]:
    """Squared one-step errors, last and starting level for every series and alpha.

    Each error is linear in the starting level (e = a - b·start), so the best start has a formula.
    """
    import numpy as np

    alphas = np.broadcast_to(alpha, (len(y), alpha.shape[1]))
    known, left = np.zeros_like(alphas), np.ones_like(alphas)
    aa, ab, bb = np.zeros_like(alphas), np.zeros_like(alphas), np.zeros_like(alphas)
    for t in range(y.shape[1]):
        a = y[:, t : t + 1] - known
        aa, ab, bb = aa + a * a, ab + a * left, bb + left * left
        known, left = known + alphas * a, left * (1 - alphas)
    start = ab / bb
    squares = aa - ab * start
    noise = _EXACT * np.square(y).sum(axis=1)[:, None]  # below it, processors round differently
    return np.where(squares > noise, squares, 0.0), known + left * start, start


def _growth(y: Array) -> Array:
    import numpy as np

    months = min(SEASON, y.shape[1] - SEASON)
    if months <= 0:
        return np.ones(len(y))
    now = y[:, -months:].sum(axis=1)
    before = y[:, -SEASON - months : -SEASON].sum(axis=1)
    sound = (before > 0) & (now >= 0)
    told: Array = np.where(sound, now / np.where(sound, before, 1.0), 1.0)
    return told


def _level(level: Array, steps: int) -> Array:
    import numpy as np

    return np.repeat(level[:, None], steps, axis=1)
