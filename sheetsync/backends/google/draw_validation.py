"""Checks while typing: dropdowns and bounds. They warn and never stop, for sync looks anyway."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from fractions import Fraction
from typing import Any

from sheetsync.backends.xlsx.draw_table import told_of
from sheetsync.model.tables import letters, quoted
from sheetsync.model.tracker import CellType, Column, Owner, Role, Tab, Tracker

Json = dict[str, Any]
_DECIMAL = (CellType.NUMBER, CellType.MONEY, CellType.PERCENT, CellType.COUNT)
_TIMES = (CellType.DAY, CellType.MONTH, CellType.TIMESTAMP)
_FIRST_DAY, _LAST_DAY = "1990-01-01", "2100-12-31"
_LEAST = -(10**15)
_NAMED_SETTINGS = "settings"
"""The settings tab of names and values: what may stand in a row, it says itself."""


@dataclass(frozen=True, slots=True)
class Offered:
    """The ranges that dropdowns offer.

    ``lists`` by list name, ``ids`` by tab key, ``wider`` of ids together with words by both.
    """

    lists: Mapping[str, str]
    ids: Mapping[str, str]
    wider: Mapping[tuple[str, tuple[str, ...]], str]

    @classmethod
    def of(cls, tracker: Tracker) -> Offered:
        """Those of a tracker that is made as declared."""
        referred = {column.ref for tab in tracker.tabs for column in tab.columns if column.ref}
        return cls(
            {name: list_range(tracker, name) for name in tracker.lists},
            {key: id_column(tracker, key) for key in referred},
            {
                wider: open_range(lists_tab(tracker).title, len(tracker.lists) + place)
                for place, wider in enumerate(wider_refs(tracker))
            },
        )


def validation(offered: Offered, tab: Tab, column: Column) -> Json | None:
    """The ``DataValidationRule`` of a column that people fill in, or None."""
    if column.owner is Owner.SYNC or tab.key == _NAMED_SETTINGS or column.given:
        return None
    condition = _condition(offered, column)
    if condition is None:
        return None
    listed = condition["type"] == "ONE_OF_RANGE"
    shown = {"showCustomUi": True} if listed else {}
    return {"condition": condition, "inputMessage": told_of(column), "strict": False, **shown}


def _condition(offered: Offered, column: Column) -> Json | None:
    if column.choices:
        return _one_of(offered.lists[column.choices])
    if column.type is CellType.REF:
        wider = (column.ref, column.ref_extra)
        return _one_of(offered.wider[wider] if column.ref_extra else offered.ids[column.ref])
    if column.type in _DECIMAL:
        return _bounded(column)
    if column.type in _TIMES:
        return _holds("DATE_BETWEEN", _FIRST_DAY, _LAST_DAY)
    return None


def _holds(kind: str, *values: str) -> Json:
    return {"type": kind, "values": [{"userEnteredValue": value} for value in values]}


def _one_of(where: str) -> Json:
    return _holds("ONE_OF_RANGE", f"={where}")


def _bounded(column: Column) -> Json:
    if column.low is not None and column.high is not None:
        return _holds("NUMBER_BETWEEN", number_text(column.low), number_text(column.high))
    low = _LEAST if column.low is None else column.low
    return _holds("NUMBER_GREATER_THAN_EQ", number_text(low))


def number_text(value: float) -> str:
    """A number without a decimal sign, which would be read by the spreadsheet's locale.

    >>> number_text(5), number_text(0.25)
    ('5', '=1/4')
    """
    told = Fraction(str(value))
    return str(told) if told.denominator == 1 else f"={told}"


def lists_tab(tracker: Tracker) -> Tab:
    """The tab with the lists."""
    (tab,) = tracker.of_role(Role.LISTS)
    return tab


def list_range(tracker: Tracker, name: str) -> str:
    """Where a list stands on the lists tab; to the sheet's end where people may add values."""
    tab, index = lists_tab(tracker), list(tracker.lists).index(name)
    return open_range(tab.title, index, len(tracker.lists[name]) + 1 if tab.hidden else None)


def open_range(title: str, index: int, last: int | None = None) -> str:
    """A column (from 0) below the header, to a last row or to the sheet's end.

    >>> open_range("Lists", 2), open_range("Lists", 2, 9)
    ("'Lists'!$C$2:$C", "'Lists'!$C$2:$C$9")
    """
    letter = letters(index)
    return f"{quoted(title)}!${letter}$2:${letter}{f'${last}' if last else ''}"


def wider_refs(tracker: Tracker) -> list[tuple[str, tuple[str, ...]]]:
    """References that take more words than ids: the tab's key and those words, each pair once."""
    columns = (column for tab in tracker.tabs for column in tab.columns)
    return list(dict.fromkeys((c.ref, c.ref_extra) for c in columns if c.ref and c.ref_extra))


def id_column(tracker: Tracker, key: str) -> str:
    """The ids of a tab, from the second row to the sheet's end."""
    tab = tracker.tab(key)
    index = [column.key for column in tab.columns].index(tab.key_columns[0])
    return open_range(tab.title, index)
