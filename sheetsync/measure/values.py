"""Query results as KPI values: flags, intervals, and one row for every partner and KPI.

Order of flags, first that holds: not applicable; blank (no base when the outermost ratio has
nothing to divide by, else no data; incomplete when only a missing rate kept rows out);
incomplete; partial (a month not covered whole); stale (older than its KPI allows); small (fewer
than the minimum behind it); ok.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from math import isnan
from typing import TYPE_CHECKING, TypeAlias

from sheetsync.measure.concentration import NAMED
from sheetsync.measure.intervals import difference, exact, recommend, wilson
from sheetsync.measure.money import OWN_SALES
from sheetsync.measure.sql import EVIDENCE, PLAIN_EVIDENCE, Query, extra
from sheetsync.model.expr import base_of
from sheetsync.model.kpi import Grain, Kpi
from sheetsync.model.results import PROGRAMME, Flag, KpiValue
from sheetsync.model.settings import Settings

if TYPE_CHECKING:
    import pandas as pd

    from sheetsync.measure.labels import Array

Evidence: TypeAlias = tuple[float, ...]
"""Value, n, base and gap, as ``sheetsync.measure.sql`` names them, then what a KPI asks beside;
NaN for a blank."""

Found: TypeAlias = Mapping[tuple[str, int], Evidence]
"""Evidence of one KPI by group key and month."""

NOTHING: Evidence = (float("nan"), 0.0, float("nan"), 0.0)
"""Of a group without any row."""

OWN_SALES_KPIS = frozenset({"F01", "F03"})
"""KPIs that own sales have a row of."""


@dataclass(frozen=True, slots=True)
class Scope:
    """For whom values are made: partners with their types, in order, other groups, and months."""

    partners: Mapping[str, frozenset[str]]
    types: tuple[str, ...]
    stages: tuple[str, ...]
    tabs: tuple[str, ...]
    products: tuple[str, ...]
    months: Mapping[int, bool]


def read(result: pd.DataFrame, query: Query) -> dict[str, Found]:
    """Return the evidence of every KPI of a query's result; months only where there are rows."""
    import numpy as np

    key = next((k for k in query.keys if k != "month"), "")
    groups = result[key].tolist() if key else [PROGRAMME] * len(result)
    months = result["month"].tolist() if "month" in query.keys else [0] * len(result)
    places = list(zip(groups, map(int, months), strict=True))
    told: dict[str, Found] = {}
    for i, kpi in enumerate(query.kpis):
        value, count, base, gap, rows = (_column(result, f"v{i}_{name}") for name in EVIDENCE)
        more = [_column(result, f"v{i}_e{j}") for j in range(len(extra(kpi)))]
        seen = np.flatnonzero(rows > 0) if "month" in query.keys else np.arange(len(result))
        columns = [column[seen].tolist() for column in (value, count, base, gap, *more)]
        told[kpi.id] = dict(
            zip([places[j] for j in seen.tolist()], zip(*columns, strict=True), strict=True)
        )
    return told


def _column(result: pd.DataFrame, name: str) -> Array:
    """A column of a result as floats; what the statement left out is plain."""
    import numpy as np

    if name not in result:
        return np.full(len(result), PLAIN_EVIDENCE[name.partition("_")[2]], dtype="float64")
    return result[name].to_numpy(dtype="float64", na_value=np.nan)


def values_of(
    kpi: Kpi, found: Mapping[Grain, Found], scope: Scope, settings: Settings
) -> Iterator[KpiValue]:
    """Yield a KPI's values: programme, other groups, partners; whole period before months."""
    minimum = minimum_of(kpi, settings)

    def one(place: tuple[str, int], grain: Grain, group: str) -> KpiValue:
        whole = scope.months.get(place[1], True)
        return judge(kpi, group, place[1], found[grain].get(place, NOTHING), minimum, whole)

    if Grain.PROGRAMME in found:
        yield one((PROGRAMME, 0), Grain.PROGRAMME, PROGRAMME)
    monthly = found.get(Grain.PROGRAMME_MONTH, {})
    for month in scope.months:
        if (PROGRAMME, month) in monthly:
            yield one((PROGRAMME, month), Grain.PROGRAMME_MONTH, PROGRAMME)
    for grain, prefix, groups in _other_groups(scope):
        if grain in found:
            for group in groups:
                yield one((group, 0), grain, f"{prefix}:{group}")
    yield from _partner_values(kpi, found, scope, one)


def _other_groups(scope: Scope) -> tuple[tuple[Grain, str, tuple[str, ...]], ...]:
    return (
        (Grain.TYPE, "type", scope.types),
        (Grain.STAGE, "stage", scope.stages),
        (Grain.TAB, "tab", scope.tabs),
        (Grain.PRODUCT, "product", scope.products),
    )


def _partner_values(
    kpi: Kpi,
    found: Mapping[Grain, Found],
    scope: Scope,
    one: Callable[[tuple[str, int], Grain, str], KpiValue],
) -> Iterator[KpiValue]:
    if Grain.PARTNER not in found:
        return
    own = {OWN_SALES: frozenset[str]()} if kpi.id in OWN_SALES_KPIS else {}
    monthly = _by_group(found.get(Grain.PARTNER_MONTH, {}))
    for partner, types in {**scope.partners, **own}.items():
        if kpi.types and not types & frozenset(kpi.types):
            yield KpiValue(kpi.id, partner, 0, None, 0, None, None, Flag.NOT_APPLICABLE)
            continue
        yield one((partner, 0), Grain.PARTNER, partner)
        for month in sorted(monthly.get(partner, ())):
            if month in scope.months:
                yield one((partner, month), Grain.PARTNER_MONTH, partner)


def _by_group(found: Found) -> dict[str, list[int]]:
    told: dict[str, list[int]] = {}
    for group, month in found:
        told.setdefault(group, []).append(month)
    return told


def minimum_of(kpi: Kpi, settings: Settings) -> int:
    """Return the fewest rows or trials behind a value that is not small."""
    told = getattr(settings, kpi.minimum_setting) if kpi.minimum_setting else kpi.minimum_n
    return int(told)


def judge(
    kpi: Kpi, group: str, month: int, evidence: Evidence, minimum: int, whole: bool
) -> KpiValue:
    """Return the value with its interval and the flag that its evidence earns."""
    value, count, base, gap, *more = evidence
    n = 0 if isnan(count) else int(count)
    if isnan(value):
        flag = _why_blank(base if base_of(kpi.value) else 1.0, gap)
        return KpiValue(kpi.id, group, month, None, n, None, None, flag)
    low, high = _interval(kpi.interval, value, n, more)
    flag = _flag(kpi, _behind(kpi, n, more), gap, minimum, whole, more)
    return KpiValue(kpi.id, group, month, value, n, low, high, flag)


def _flag(
    kpi: Kpi, behind: float, gap: float, minimum: int, whole: bool, more: Sequence[float]
) -> Flag:
    if gap > 0:
        return Flag.INCOMPLETE
    if not whole:
        return Flag.PARTIAL
    if kpi.stale_after and more[-1] > kpi.stale_after:
        return Flag.STALE
    return Flag.SMALL if behind < minimum else Flag.OK


def _behind(kpi: Kpi, n: int, more: Sequence[float]) -> float:
    """What the minimum is held against: n, the smaller one of two that are compared."""
    return min(more[1], more[3]) if kpi.interval == "difference" else n


def _why_blank(base: float, gap: float) -> Flag:
    if gap > 0:
        return Flag.INCOMPLETE
    return Flag.NO_BASE if isnan(base) or base == 0 else Flag.NO_DATA


def _interval(
    kind: str, value: float, n: int, more: Sequence[float]
) -> tuple[float | None, float | None]:
    """Return the 95 % interval; none where a proportion is not one (more hits than trials)."""
    if not kind or n <= 0:
        return None, None
    if kind == "nps":
        return recommend(more[0], more[1], more[2])
    if kind == "difference":
        return difference(more[0], more[1], more[2], more[3])
    hits = round(value * n)
    if not 0 <= hits <= n:
        return None, None
    return wilson(hits, n) if kind == "wilson" else exact(hits, n)


def concentration(kpi: Kpi, revenue: Iterable[KpiValue], settings: Settings) -> KpiValue:
    """Return a named KPI over the partners' whole-period revenue; blank below its minimum n."""
    told = [v for v in revenue if v.group not in (PROGRAMME, OWN_SALES) and not v.month]
    sold = [max(0.0, v.value) for v in told if v.value is not None]
    if len(sold) < minimum_of(kpi, settings):
        flag = Flag.SMALL if sold else Flag.NO_DATA
        return KpiValue(kpi.id, PROGRAMME, 0, None, len(sold), None, None, flag)
    value = NAMED[kpi.named](sold)
    missing = any(v.flag is Flag.INCOMPLETE for v in told)
    flag = Flag.INCOMPLETE if missing else Flag.NO_BASE if value is None else Flag.OK
    return KpiValue(kpi.id, PROGRAMME, 0, value, len(sold), None, None, flag)
