"""What the open deals will bring: each is won with the chance of its stage, or not at all.

The number of deals won is Poisson-binomial; so is the sum of their amounts, with a weight each.
Both distributions are worked out, not simulated: amounts on a grid of ``GRID`` steps. Bands hold
the middle 80 % of them. They take the stage's chance for granted and deals for independent.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import TYPE_CHECKING

from sheetsync.model.insight import Forecast
from sheetsync.model.results import PROGRAMME

if TYPE_CHECKING:
    import pandas as pd

    from sheetsync.measure.labels import Array

GRID = 2_000
"""Steps into which the sum of all amounts is cut; mean and spread stay exact."""
MOST_EXACT = 500
"""Deals beyond which the normal distribution takes the place of the exact one."""
_Z80 = 1.2815515655446004
_LOW, _HIGH = 0.1, 0.9


def pipeline_forecasts(
    deals: pd.DataFrame, chances: Mapping[str, float], kpi: str = "S05"
) -> Iterator[Forecast]:
    """Yield the open pipeline's forecast of the programme, then of each partner by id.

    ``deals`` are open ones with ``partner_id``, ``stage`` and ``open_amount`` (NaN: unknown; such
    deals count among those that may be won, with no value).
    """
    import numpy as np

    if not len(deals):
        return
    partners = deals["partner_id"].astype(object).to_numpy()
    chance = np.array([chances.get(str(s), 0.0) for s in deals["stage"].astype(object)])
    amount = deals["open_amount"].to_numpy("float64")
    yield _forecast(PROGRAMME, kpi, chance, amount)
    order = np.argsort(partners.astype(str), kind="stable")
    names, starts = np.unique(partners[order].astype(str), return_index=True)
    for name, rows in zip(names.tolist(), np.split(order, starts[1:]), strict=True):
        yield _forecast(name, kpi, chance[rows], amount[rows])


def _forecast(group: str, kpi: str, chance: Array, amount: Array) -> Forecast:
    import numpy as np

    few, many = won_band(chance)
    known = ~np.isnan(amount)
    if not known.any():
        why = f"None of the open deals ({len(chance)}) has an amount."
        return Forecast(group, kpi, 0, "", None, None, None, len(chance), why)
    low, high = value_band(chance[known], amount[known])
    mid = float((chance[known] * amount[known]).sum())
    words = f"open deals × stage rate; {few} to {many} of {len(chance)} won"
    missing = int((~known).sum())
    if missing:
        words += f"; {missing} without an amount"
    return Forecast(group, kpi, 0, words, mid, min(low, mid), max(high, mid), len(chance))


def won_band(chance: Array) -> tuple[int, int]:
    """Return the 10th and 90th percentile of how many deals are won.

    >>> import numpy as np
    >>> won_band(np.array([0.5, 0.5]))
    (0, 2)
    """
    import numpy as np

    if len(chance) > MOST_EXACT:
        low, high = _normal(chance, np.ones(len(chance)))
        return round(low), round(high)
    share = distribution(chance, np.ones(len(chance), dtype="int64"))
    return _percentile(share, _LOW), _percentile(share, _HIGH)


def value_band(chance: Array, amount: Array) -> tuple[float, float]:
    """Return the 10th and 90th percentile of what the deals won are worth together."""
    import numpy as np

    total = float(np.abs(amount).sum())
    if total == 0:
        return 0.0, 0.0
    if len(chance) > MOST_EXACT:
        return _normal(chance, amount)
    unit = total / GRID
    parts = np.rint(np.abs(amount) / unit).astype("int64")
    share = distribution(chance, parts)
    # Rounding to the grid shifts and stretches the sum a little: put mean and spread right.
    mid, spread = _moments(chance, np.abs(amount))
    near, width = _moments(chance, parts)
    stretch = spread / width if width else unit

    def amount_at(q: float) -> float:
        parts_won = _percentile(share, q)
        if parts_won in (0, len(share) - 1):
            return total if parts_won else 0.0
        return max(0.0, mid + (parts_won - near) * stretch)

    return amount_at(_LOW), amount_at(_HIGH)


def distribution(chance: Array, parts: Array) -> Array:
    """Return the probability of every sum of ``parts`` (whole numbers) that may be won."""
    import numpy as np

    share = np.zeros(int(parts.sum()) + 1)
    share[0] = 1.0
    top = 0
    for p, part in zip(chance.tolist(), parts.tolist(), strict=True):
        won = share[: top + 1] * p
        share[: top + 1] -= won
        share[part : part + top + 1] += won
        top += part
    return share


def _percentile(share: Array, q: float) -> int:
    """The least sum that is reached with probability ``q``."""
    import numpy as np

    return int(np.searchsorted(np.cumsum(share), q - 1e-12))


def _normal(chance: Array, amount: Array) -> tuple[float, float]:
    mid, spread = _moments(chance, amount)
    return max(0.0, mid - _Z80 * spread), mid + _Z80 * spread


def _moments(chance: Array, amount: Array) -> tuple[float, float]:
    """Mean and standard deviation of the sum of what is won."""
    mid = float((chance * amount).sum())
    return mid, float((chance * (1 - chance) * amount * amount).sum()) ** 0.5
