"""KPIs of a team's own: what their rows of the KPI Catalogue count, as KPIs like any other.

Each numerator and denominator becomes a fact table of its own with one row per row that its
conditions hold for: ``amount`` (money), ``x`` (other numbers, 1 for a row that is counted) and the
tab's date. Of there on the same expressions and edge rules apply as to the KPIs we ship.
"""

from __future__ import annotations

import operator
from collections.abc import Callable, Iterable, Iterator, Mapping
from datetime import date
from typing import TYPE_CHECKING, Any

from sheetsync.measure.frames import dated, day_number, days, framed, no_day, numbers
from sheetsync.measure.labels import Labels, labels
from sheetsync.measure.money import in_reporting_currency
from sheetsync.measure.period import Period
from sheetsync.model.expr import Aggregate, Count, Expr, Ratio, Span, Sum
from sheetsync.model.kpi import Grain, Kpi, Unit
from sheetsync.model.settings import Condition, Measurand, Settings, UserKpi
from sheetsync.model.tracker import CellType, Column, Tab, Tracker

if TYPE_CHECKING:
    import pandas as pd

    from sheetsync.measure.labels import Array

_NUMBERS = (CellType.NUMBER, CellType.COUNT, CellType.PERCENT)
_DAYS = (CellType.DAY, CellType.MONTH, CellType.TIMESTAMP)
_DATES: Mapping[str, tuple[str, ...]] = {
    "deals": ("closed", "created"),
    "money": ("date",),
    "activity": ("month",),
    "interactions": ("date",),
    "plan": ("due",),
    "touches": ("date",),
    "customers": ("acquired",),
    "contracts": ("signed", "start"),
    "goals": ("from",),
    "surveys": ("date",),
}
"""The date of a tab's row, the first that is filled; rows of other tabs are timeless."""

_COMPARE: Mapping[str, Callable[[Any, Any], Any]] = {
    "=": operator.eq,
    "!=": operator.ne,
    "<": operator.lt,
    "<=": operator.le,
    ">": operator.gt,
    ">=": operator.ge,
}
_TIMED = (Grain.PARTNER, Grain.PARTNER_MONTH, Grain.PROGRAMME, Grain.PROGRAMME_MONTH)
_TIMELESS = (Grain.PARTNER, Grain.PROGRAMME)


def own_kpis(settings: Settings, tracker: Tracker) -> tuple[Kpi, ...]:
    """Return the team's own KPIs as declarations, those of tabs that the tracker has."""
    tabs = {tab.key: tab for tab in tracker.tabs}
    return tuple(_kpi(own, tabs) for own in settings.user_kpis if _parts(own).keys() <= tabs.keys())


def _parts(own: UserKpi) -> dict[str, Measurand]:
    """The measurands by tab key: what the tracker must have."""
    both = [own.numerator, *([own.denominator] if own.denominator else [])]
    return {part.tab: part for part in both}


def _kpi(own: UserKpi, tabs: Mapping[str, Tab]) -> Kpi:
    top, top_n = _asked(_name(own, "top"), own.numerator, tabs[own.numerator.tab])
    value: Expr = top
    n = top_n
    timed = own.numerator.tab in _DATES
    counts = isinstance(top, Count)
    if own.denominator is not None:
        base, n = _asked(_name(own, "base"), own.denominator, tabs[own.denominator.tab])
        value = Ratio(top, base)
        timed = timed and own.denominator.tab in _DATES
        counts = counts and isinstance(base, Count)
    return Kpi(
        own.id,
        own.name,
        Unit(own.unit),
        _TIMED if timed else _TIMELESS,
        own.words or _words(own),
        value,
        n,
        own.dimension or "own",
        types=own.types,
        interval="wilson" if counts and own.unit == "ratio" else "",
        minimum_n=own.minimum_n,
        edges="Z N PP FX SM",
    )


def _name(own: UserKpi, part: str) -> str:
    return f"own_{own.id.lower()}_{part}"


def _asked(table: str, told: Measurand, tab: Tab) -> tuple[Aggregate, Expr]:
    """What is asked of a measurand's table, and what counts its rows."""
    span = Span.PERIOD if told.tab in _DATES else Span.EVER
    kind = _column(told, tab).type if told.column else None
    if kind is CellType.MONEY:
        return Sum(table, "amount", span=span), Count(table, "amount", span=span)
    if kind in _NUMBERS:
        return Sum(table, "x", span=span), Count(table, "x", span=span)
    return Count(table, "x", span=span), Count(table, "x", span=span)


def _column(told: Measurand, tab: Tab) -> Column:
    return tab.column(told.column)


def _words(own: UserKpi) -> str:
    base = f" ÷ {_said(own.denominator)}" if own.denominator else ""
    return f"{_said(own.numerator)}{base}."


def _said(told: Measurand) -> str:
    where = "; ".join(f"{c.column} {c.compare} {c.value}" for c in told.where)
    what = f"{told.tab}.{told.column}" if told.column else f"rows of {told.tab}"
    return f"{what} where {where}" if where else what


def own_tables(
    settings: Settings,
    tracker: Tracker,
    rows: Callable[[str], pd.DataFrame],
    period: Period,
) -> dict[str, pd.DataFrame]:
    """Return the fact tables of the team's own KPIs; ``rows`` gives the used rows of a tab."""
    tabs = {tab.key: tab for tab in tracker.tabs}
    return {
        name: _table(part, tabs[part.tab], rows(part.tab), settings, period)
        for name, part in named_parts(settings, tracker)
    }


def named_parts(settings: Settings, tracker: Tracker) -> Iterator[tuple[str, Measurand]]:
    """Yield what own KPIs count, with the names of the fact tables made of it."""
    tabs = {tab.key for tab in tracker.tabs}
    for own in settings.user_kpis:
        if _parts(own).keys() <= tabs:
            yield _name(own, "top"), own.numerator
            if own.denominator is not None:
                yield _name(own, "base"), own.denominator


def _table(
    told: Measurand, tab: Tab, frame: pd.DataFrame, settings: Settings, period: Period
) -> pd.DataFrame:
    day = _dates(frame, told.tab, period)
    keep = _holding(told.where, tab, frame) & (day <= day_number(period.as_of))
    x, missing = _numbers(told, tab, frame, settings, day)
    money = bool(told.column) and _column(told, tab).type is CellType.MONEY
    columns: dict[str, Array | Labels] = {
        "partner_id": labels(frame, "partner_id")[keep],
        "amount" if money else "x": x[keep],
        "rate_missing": missing[keep],
    }
    return dated(columns, day[keep], period) if told.tab in _DATES else framed(columns)


def _dates(frame: pd.DataFrame, tab: str, period: Period) -> Array:
    """The day of each row; as-of for rows of timeless tabs."""
    import numpy as np

    if tab not in _DATES:
        return np.full(len(frame), day_number(period.as_of), dtype="int64")
    day = np.full(len(frame), no_day(), dtype="int64")
    for column in _DATES[tab]:
        day = np.where(day > no_day(), day, days(frame, column))
    return day


def _numbers(
    told: Measurand, tab: Tab, frame: pd.DataFrame, settings: Settings, day: Array
) -> tuple[Array, Array]:
    """What is added up: money, a number, or 1 for each row or filled cell; and missing rates."""
    import numpy as np

    none = np.zeros(len(frame), dtype="int8")
    if not told.column:
        return np.ones(len(frame)), none
    kind = _column(told, tab).type
    if kind is CellType.MONEY:
        return in_reporting_currency(frame, settings, day, column=told.column)
    if kind in _NUMBERS:
        return numbers(frame, told.column), none
    filled = frame[told.column].notna() if told.column in frame else np.zeros(len(frame))
    return np.where(np.asarray(filled, dtype=bool), 1.0, np.nan), none


def _holding(where: Iterable[Condition], tab: Tab, frame: pd.DataFrame) -> Array:
    """Whether all conditions hold for each row; a blank fulfils none but !=."""
    import numpy as np

    keep: Array = np.ones(len(frame), dtype=bool)
    for condition in where:
        keep &= _holds(condition, tab.column(condition.column), frame)
    return keep


def _holds(condition: Condition, column: Column, frame: pd.DataFrame) -> Array:
    compare, value = _COMPARE[condition.compare], condition.value
    if column.type in _DAYS:
        day = days(frame, column.key)
        told = compare(day, day_number(date.fromisoformat(str(value)))) & (day > no_day())
    elif column.type is CellType.FLAG:
        told = compare(numbers(frame, column.key), float(str(value).casefold() in ("yes", "1")))
    elif isinstance(value, str):
        texts = labels(frame, column.key)
        folded = value.casefold()
        same = texts.among({t for t in texts.distinct if t and t.casefold() == folded})
        told = same if condition.compare == "=" else ~same
    else:
        told = compare(numbers(frame, column.key), float(value))
    held: Array = told
    return held
