"""KPI values month by month as far back as forecasts and alerts look, whatever period is reported.

A KPI's statement for months looks at facts ``in_period``; here the same text looks at the months
of the history instead. The same is done for any span of days, in which goals are followed.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from datetime import date

from sheetsync.measure.frames import day_number
from sheetsync.measure.period import last_complete, shift
from sheetsync.measure.sql import Query, statement
from sheetsync.measure.values import Evidence, Found, read
from sheetsync.model.engine import Engine, Relation
from sheetsync.model.expr import Span, aggregates
from sheetsync.model.kpi import Grain, Kpi
from sheetsync.model.settings import Settings

MONTHS = 36
"""How many complete months back a history goes at most: what was before says little of now."""

_SPAN_OF_NOW = f"{Span.PERIOD.value} = 1"


@dataclass(frozen=True, slots=True)
class History:
    """Evidence by KPI id, group ("" for the programme) and month.

    ``months`` are consecutive complete months as yyyymm, oldest first, the last one the latest
    that is over at as-of. Months without rows have no evidence.
    """

    months: tuple[int, ...] = ()
    found: Mapping[str, Mapping[str, Mapping[int, Evidence]]] = field(default_factory=dict)

    def of(self, kpi: str, group: str) -> Mapping[int, Evidence]:
        """Return the evidence of one KPI and group by month."""
        return self.found.get(kpi, {}).get(group, {})


def months_before(as_of: date, count: int = MONTHS) -> tuple[int, ...]:
    """Return the latest ``count`` complete months as yyyymm, oldest first.

    >>> months_before(date(2026, 3, 30), 3)
    (202512, 202601, 202602)
    """
    last = last_complete(as_of).replace(day=1)
    days = [shift(last, -i) for i in range(count - 1, -1, -1)]
    return tuple(day.year * 100 + day.month for day in days)


def history(
    kpis: Iterable[Kpi],
    tables: Mapping[str, Relation],
    params: Mapping[str, float],
    as_of: date,
    engine: Engine,
) -> History:
    """Ask for every month of the KPIs that have months, per partner and of the programme."""
    months = months_before(as_of)
    span = f"month BETWEEN {months[0]} AND {months[-1]}"
    told: dict[str, dict[str, dict[int, Evidence]]] = {}
    for grain in (Grain.PARTNER_MONTH, Grain.PROGRAMME_MONTH):
        asked = [kpi for kpi in kpis if grain in kpi.grains and _followed(kpi, tables)]
        for kpi, found in _asked(asked, grain, span, tables, params, engine).items():
            groups = told.setdefault(kpi, {})
            for (group, month), evidence in found.items():
                groups.setdefault(group, {})[month] = evidence
    return History(months, told)


def over(
    kpis: Iterable[Kpi],
    grain: Grain,
    span: tuple[date, date],
    tables: Mapping[str, Relation],
    params: Mapping[str, float],
    engine: Engine,
) -> Mapping[str, Found]:
    """Ask for KPIs over the days of a span, both inclusive; evidence by KPI id and group."""
    first, last = map(day_number, span)
    asked = [kpi for kpi in kpis if _followed(kpi, tables)]
    return _asked(asked, grain, f"day BETWEEN {first} AND {last}", tables, params, engine)


def numbers_of(settings: Settings) -> dict[str, float]:
    """Return every number of the Settings by name, for the expressions that name one."""
    return {
        name: float(value)
        for name, value in settings
        if isinstance(value, int | float) and not isinstance(value, bool)
    }


def can_follow(kpi: Kpi) -> bool:
    """Tell whether a KPI has a value over any span of days: not those that compare two periods."""
    if kpi.value is None:
        return False
    spans = {a.span for a in aggregates(kpi.value)}
    # How long a partner was present is known within the reported period only.
    present = any(a.table == "presence" for a in aggregates(kpi.value))
    return spans <= {Span.PERIOD, Span.EVER} and not present


def _followed(kpi: Kpi, tables: Mapping[str, Relation]) -> bool:
    if not can_follow(kpi):
        return False
    return all(a.table in tables for e in (kpi.value, kpi.n) for a in aggregates(e))


def _asked(
    kpis: list[Kpi],
    grain: Grain,
    span: str,
    tables: Mapping[str, Relation],
    params: Mapping[str, float],
    engine: Engine,
) -> Mapping[str, Found]:
    if not kpis:
        return {}
    query: Query = statement(kpis, grain, params)
    needed = {name: tables[name] for name in query.tables}
    return read(engine.run(query.sql.replace(_SPAN_OF_NOW, span), needed), query)
