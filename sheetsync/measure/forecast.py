"""What the coming months will bring, partner by partner, and when that cannot be said.

Below 6 complete months nothing is forecast. With 6 to 11 SES goes on (the mean if half of the
months are zero), with 12 to 17 the same, or half SES and half the year before where the Settings
say that the year has a season; from 18 on the average of the two models that did best on the last
six months, each forecast from what was known before it. Where more than 40 % of the months are
zero only the next three months together are told, by the mean: what errs least month by month
is then to expect nothing, ever. Every forecast has its band.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from itertools import pairwise
from typing import TYPE_CHECKING, Any

from sheetsync.measure.forecast_bands import QUARTER, STEPS, k80, k80_total
from sheetsync.measure.forecast_models import MODELS, mean, seasonal_naive, ses
from sheetsync.measure.history import History
from sheetsync.measure.period import shift
from sheetsync.model.insight import Forecast
from sheetsync.model.months import first_day
from sheetsync.model.results import PROGRAMME

if TYPE_CHECKING:
    from sheetsync.measure.labels import Array

LEAST = 6
"""Complete months below which nothing is forecast."""
ONE_SEASON = 12
BEST_TWO = 18
ORIGINS = 6
LUMPY = 0.4
"""Share of zero months above which single months are not forecast."""
_LUMPY_METHOD = "mean; too many zero months for single months"


@dataclass(frozen=True, slots=True)
class Series:
    """Complete months of one KPI and group, oldest first, without gaps.

    ``last`` is the last one as yyyymm; ``refused`` says why it cannot be forecast, where it cannot.
    """

    group: str
    kpi: str
    last: int
    amounts: tuple[float, ...]
    refused: str = ""


def revenue_series(
    told: History, kpi: str, partners: Iterable[Mapping[Any, Any]]
) -> Iterator[Series]:
    """Yield the revenue of the programme, then of all partners but prospects, by id.

    Months without rows are 0 from the partner's first whole month on, but never before the first
    month of which anything is known; a partner without a start date begins with its first row.
    """
    known = sorted(m for groups in told.found.get(kpi, {}).values() for m in groups)
    if not known:
        return
    yield _series(told, kpi, PROGRAMME, known[0])
    for partner in sorted(partners, key=lambda p: str(p["partner_id"])):
        status, name = partner.get("status"), str(partner["partner_id"])
        if status == "ended":
            yield Series(name, kpi, told.months[-1], (), "The partnership has ended.")
        elif status != "prospect":
            first = _first_whole(partner) or min(told.of(kpi, name), default=0)
            yield _series(told, kpi, name, max(known[0], first))


def _series(told: History, kpi: str, group: str, start: int) -> Series:
    found = told.of(kpi, group)
    last = told.months[-1]
    if not found:
        return Series(group, kpi, last, (), "No revenue rows to go by.")
    months = [m for m in told.months if m >= start]
    values = tuple(found[m][0] if m in found else 0.0 for m in months)
    gaps = sum(m in found and (found[m][3] > 0 or found[m][0] != found[m][0]) for m in months)
    refused = f"Months that wait for an exchange rate: {gaps}." if gaps else ""
    return Series(group, kpi, last, values, refused)


def _first_whole(partner: Mapping[Any, Any]) -> int:
    """The first month that the partnership covers whole, as yyyymm; 0 when its start is blank."""
    start = partner.get("start_date")
    if start is None or start != start:  # noqa: PLR0124 -- NaT differs from itself
        return 0
    first = date(start.year, start.month, start.day)
    if first.day > 1:
        first = shift(first.replace(day=1), 1)
    return first.year * 100 + first.month


def forecasts(series: Iterable[Series], *, seasonal: bool = False) -> Iterator[Forecast]:
    """Yield the forecasts of every series, in order: six months and the next three together."""
    listed = list(series)
    told = _continued([s for s in listed if not _why_not(s)], seasonal=seasonal)
    for one in listed:
        why = _why_not(one)
        if why:
            yield Forecast(one.group, one.kpi, 0, "", None, None, None, len(one.amounts), why)
        else:
            mid, method = told[one.group, one.kpi]
            yield from _banded(one, mid, method)


def _why_not(series: Series) -> str:
    """Return why a series is not forecast, with its run rate; "" when it is."""
    if series.refused:
        return series.refused
    points = len(series.amounts)
    rate = f"so far {sum(series.amounts) / points:,.2f} a month." if points else "none so far."
    if points < LEAST:
        return f"Only {points} complete months, {LEAST} are needed; {rate}"
    if _step(series.amounts) == 0:
        return f"Every month is the same, so nothing shows how wide a band must be; {rate}"
    return ""


def _continued(
    series: Sequence[Series], *, seasonal: bool
) -> dict[tuple[str, str], tuple[Array, str]]:
    """Middle of the six months to come and the method's name, by group and KPI."""
    import numpy as np

    by_length: dict[int, list[Series]] = {}
    for one in series:
        by_length.setdefault(len(one.amounts), []).append(one)
    told: dict[tuple[str, str], tuple[Array, str]] = {}
    for alike in by_length.values():
        mids, methods = continued(np.array([s.amounts for s in alike]), seasonal=seasonal)
        for one, mid, method in zip(alike, mids, methods, strict=True):
            told[one.group, one.kpi] = mid, method
    return told


def continued(y: Array, *, seasonal: bool = False) -> tuple[Array, list[str]]:
    """Continue series of one length (at least 6) by six months, each by the rule for its length.

    Returns the months to come (series x 6, not floored) and the method of each series.
    """
    import numpy as np

    n = y.shape[1]
    if n >= BEST_TWO:
        return _best_two(y)
    sparse = (y == 0).mean(axis=1) >= 0.5
    level = np.where(sparse[:, None], mean(y, STEPS), ses(y, STEPS))
    methods = ["mean" if few else "SES" for few in sparse]
    if n >= ONE_SEASON and seasonal:
        return (level + seasonal_naive(y, STEPS)) / 2, [
            f"half {m}, half seasonal naive" for m in methods
        ]
    return level, methods


def _best_two(y: Array) -> tuple[Array, list[str]]:
    """Average the two models that erred least on the last six months, one month ahead each.

    Of models that erred alike the first counts: errors are told apart to a billionth of a month's
    amount, below which processors round differently.
    """
    import numpy as np

    names = list(MODELS)
    size = np.abs(y).mean(axis=1)
    errors = np.stack([rolling_errors(y, name).mean(axis=1) for name in names])
    errors = np.round(errors / np.where(size > 0, size, 1), 9)
    best = errors.argsort(axis=0, kind="stable")[:2]
    ahead = np.stack([MODELS[name](y, STEPS) for name in names])
    at = np.arange(len(y))
    mids = (ahead[best[0], at] + ahead[best[1], at]) / 2
    return mids, [f"{names[a]} + {names[b]}" for a, b in best.T.tolist()]


def rolling_errors(y: Array, model: str) -> Array:
    """Absolute errors of a model on each of the last six months, told from the months before it."""
    import numpy as np

    n = y.shape[1]
    told = [
        np.abs(MODELS[model](y[:, :origin], 1)[:, 0] - y[:, origin])
        for origin in range(n - ORIGINS, n)
    ]
    return np.stack(told, axis=1)


def _banded(series: Series, mid: Array, method: str) -> Iterator[Forecast]:
    points, step = len(series.amounts), _step(series.amounts)
    lumpy = _lumpy(series)
    first = first_day(series.last)
    for ahead in range(1, 0 if lumpy else STEPS + 1):
        month = shift(first, ahead)
        width = k80(points, ahead) * step
        yield _one(series, month.year * 100 + month.month, method, float(mid[ahead - 1]), width)
    total = float(mid[:QUARTER].sum())
    if lumpy:
        method, total = _LUMPY_METHOD, QUARTER * sum(series.amounts) / points
    yield _one(series, 0, method, total, k80_total(points) * step)


def _lumpy(series: Series) -> bool:
    return sum(v == 0 for v in series.amounts) > LUMPY * len(series.amounts)


def _one(series: Series, month: int, method: str, mid: float, width: float) -> Forecast:
    """Make a forecast; revenue to come is never told as below zero."""
    low, middle, high = (max(0.0, x) for x in (mid - width, mid, mid + width))
    return Forecast(series.group, series.kpi, month, method, middle, low, high, len(series.amounts))


def _step(values: Sequence[float]) -> float:
    """The mean step from one month to the next, up or down."""
    steps = [abs(b - a) for a, b in pairwise(values)]
    return sum(steps) / len(steps) if steps else 0.0
