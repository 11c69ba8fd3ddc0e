"""KPIs of a team's own: rows of the KPI Catalogue with a numerator, read into typed values.

A numerator is a tab (its rows are counted) or ``Tab.column``, with a filter in its own cell or
after ``where``: ``Deals.amount where stage = won; deal_type = new``.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from typing import TYPE_CHECKING, TypeVar

from sheetsync.clean.setting_rows import SettingLine, choice_of, read_cell
from sheetsync.clean.setting_values import Wrong, between, day_of, number_of, one_of
from sheetsync.model.tracker import CellType, Column, Role, Tab, Tracker, plain
from sheetsync.model.values import Scalar, show

if TYPE_CHECKING:
    from sheetsync.model.settings import Condition, Measurand, UserKpi

UNITS = ("money", "ratio", "multiple", "count", "number", "days", "hours", "per week", "points")
_T = TypeVar("_T")
_CODE = "bad_user_kpi"
_WHERE = re.compile(r"\s+where\s+", re.IGNORECASE)
_AND = re.compile(r"\s*;\s*|\s+and\s+", re.IGNORECASE)
_CONDITION = re.compile(r"(.+?)\s*(!=|<>|≠|<=|>=|≤|≥|=|<|>)\s*(.+)")
_SIGNS = {"<>": "!=", "≠": "!=", "≤": "<=", "≥": ">="}
_NUMBERS = (CellType.NUMBER, CellType.COUNT, CellType.MONEY, CellType.PERCENT)
_DAYS = (CellType.DAY, CellType.MONTH, CellType.TIMESTAMP)


def user_kpi(line: SettingLine, kpi: str, taken: set[str], tracker: Tracker) -> UserKpi | None:
    """Read one row; None when something in it is wrong, which is told.

    A blank id becomes the first free of X01, X02 ...
    """
    from sheetsync.model.settings import UserKpi

    kpi = kpi or next(f"X{n:02d}" for n in range(1, 1000) if f"X{n:02d}" not in taken)
    if kpi in taken or not re.fullmatch(r"[A-Z]\d{2,3}", kpi):
        line.tell(_CODE, "kpi", "An own KPI takes an id of its own, such as X01: it is left out.")
        return None
    name = _cell(line, "name", show)
    unit = _cell(line, "unit", one_of(*UNITS))
    numerator = _cell(line, "numerator", lambda value: _measurand(value, tracker))
    if name is None or unit is None or numerator is None:
        return None
    if line.found("filter") is not None:
        tab = tracker.tab(numerator.tab)
        more = _cell(line, "filter", lambda value: _conditions(show(value, 500), tab, tracker))
        if more is None:
            return None
        numerator = numerator.model_copy(update={"where": (*numerator.where, *more)})
    denominator = None
    if line.found("denominator") is not None:
        denominator = _cell(line, "denominator", lambda value: _measurand(value, tracker))
        if denominator is None:
            return None
    elif unit == "ratio":
        line.tell(_CODE, "denominator", "A ratio needs a denominator: the KPI is left out.")
        return None
    return UserKpi(
        id=kpi,
        name=name,
        unit=unit,
        numerator=numerator,
        denominator=denominator,
        types=line.take("types", _types(tracker)) or (),
        dimension=line.take("dimension", show) or "",
        minimum_n=line.take("minimum_n", between(0, None, whole=True)) or 0,
        words=line.take("words", show) or "",
    )


def _cell(line: SettingLine, column: str, reader: Callable[[Scalar], _T]) -> _T | None:
    """Read a cell that the KPI cannot do without."""
    title, value = line.home.tab.column(column).title, line.found(column)
    try:
        return read_cell(value, reader)
    except Wrong as wrong:
        line.tell(_CODE, column, f"{title} allows {wrong}; the KPI is left out.")
        return None


def _types(tracker: Tracker) -> Callable[[Scalar], tuple[str, ...]]:
    kind = choice_of(tracker.lists.get("partner_type", ()))
    return lambda value: tuple(
        kind(part.strip()) for part in show(value, 500).split(",") if part.strip()
    )


def _measurand(value: Scalar, tracker: Tracker) -> Measurand:
    from sheetsync.model.settings import Measurand

    what, *conditions = _WHERE.split(show(value, 500), maxsplit=1)
    named, _, column = (part.strip() for part in what.partition("."))
    tab = _tab(named, tracker)
    key = _column(column, tab).key if column else ""
    where = _conditions(conditions[0], tab, tracker) if conditions else ()
    return Measurand(tab=tab.key, column=key, where=where)


def _tab(named: str, tracker: Tracker) -> Tab:
    tabs = tracker.of_role(Role.ENTRY)
    for tab in tabs:
        if plain(named) in (plain(tab.title), plain(tab.key)):
            return tab
    raise Wrong(f"one of the tabs {', '.join(tab.title for tab in tabs)}, or Tab.column")


def _column(named: str, tab: Tab) -> Column:
    for column in tab.columns:
        if plain(named) in map(plain, (column.title, column.key, *column.aliases)):
            return column
    raise Wrong(f"columns of {tab.title}, and {show(named)} is none")


def _conditions(text: str, tab: Tab, tracker: Tracker) -> tuple[Condition, ...]:
    return tuple(_condition(part, tab, tracker) for part in _AND.split(text) if part.strip())


def _condition(text: str, tab: Tab, tracker: Tracker) -> Condition:
    from sheetsync.model.settings import Condition

    found = _CONDITION.fullmatch(text.strip())
    if found is None:
        raise Wrong("conditions such as stage = won; amount >= 1000")
    column, sign = _column(found[1], tab), _SIGNS.get(found[2], found[2])
    value = _value(found[3].strip().strip("\"'“”"), column, tracker)
    if isinstance(value, str) and column.type not in _DAYS and sign not in ("=", "!="):
        raise Wrong(f"only = and != for {column.title}")
    return Condition.model_validate({"column": column.key, "compare": sign, "value": value})


def _value(text: str, column: Column, tracker: Tracker) -> str | float:
    if column.type in _NUMBERS:
        return number_of(text, f"a number for {column.title}")
    if column.type in _DAYS:
        return day_of(text).isoformat()
    if column.choices and not column.open_list:
        told: str = choice_of(tracker.lists[column.choices])(text)
        return told
    return text
