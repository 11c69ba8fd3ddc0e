"""The declared tracker: tabs, columns, lists and checks. Everything a reader sees derives from it.

Header, width, number format, dropdown, help note, dictionary row and every check of a cell come
from one ``Column``; a newcomer adds a column in one place.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import StrEnum
from typing import TYPE_CHECKING, TypeAlias

if TYPE_CHECKING:
    from sheetsync.model.kpi import Kpi
    from sheetsync.model.live_facts import LiveFacts
    from sheetsync.model.report import Report
    from sheetsync.model.settings import Settings


class CellType(StrEnum):
    """Cell types; ``sheetsync.clean`` has exactly one parser for each.

    Typed value per type: NUMBER, MONEY, PERCENT (a fraction), COUNT (whole) are float;
    DAY and MONTH (first of the month) are midnight datetimes, TIMESTAMP keeps the time;
    FLAG is bool; all others are str.
    """

    TEXT = "text"
    CHOICE = "choice"
    NUMBER = "number"
    COUNT = "count"
    MONEY = "money"
    PERCENT = "percent"
    DAY = "day"
    MONTH = "month"
    TIMESTAMP = "timestamp"
    FLAG = "flag"
    ID = "id"
    REF = "ref"
    EMAIL = "email"
    PHONE = "phone"
    COUNTRY = "country"
    CURRENCY = "currency"
    SLUG = "slug"


class Owner(StrEnum):
    """Who writes a column: people (USER) or the engine (SYNC)."""

    USER = "user"
    SYNC = "sync"


class Role(StrEnum):
    """What a tab is for: ENTRY by people, SETTINGS, LISTS (dropdowns), COMPUTED, LOG, REPORT."""

    ENTRY = "entry"
    SETTINGS = "settings"
    LISTS = "lists"
    COMPUTED = "computed"
    LOG = "log"
    REPORT = "report"


@dataclass(frozen=True, slots=True)
class Choice:
    """One allowed value of a picklist, with other spellings that mean the same.

    ``group`` and ``number`` carry a list's extra facts: a stage's class (open, won, lost) and
    probability (a fraction), a money kind's class (revenue or cost).
    """

    value: str
    aliases: tuple[str, ...] = ()
    group: str = ""
    number: float | None = None
    doc: str = ""


@dataclass(frozen=True, slots=True)
class Column:
    """One declared column.

    ``title`` is the visible header, ``key`` the stable name. ``default`` fills a blank when
    typed values are made (never in the sheet). ``auto`` is the pattern of ids that the engine
    fills in when blank, e.g. ``P-{:04d}``; ``slug:partner_name`` makes short codes of that column's
    texts, which stands before it. ``choices`` names a list of the tracker; an
    ``open_list`` accepts values outside it. ``ref`` names the tab whose key a REF must match,
    ``ref_extra`` further words it may hold. ``low``/``high`` bound numbers, both inclusive.
    ``range_name`` is a workbook name that covers the column's body. ``given`` cells of a settings
    tab are shipped with it to be read, not to be set. ``follows`` names a tab whose rows about a
    row say what the cell holds, where there are any.
    ``width`` is in characters; ``number_format`` an Excel format code.
    """

    key: str
    title: str
    type: CellType
    doc: str
    required: bool = False
    owner: Owner = Owner.USER
    choices: str = ""
    open_list: bool = False
    default: str = ""
    auto: str = ""
    ref: str = ""
    ref_extra: tuple[str, ...] = ()
    unique: bool = False
    low: float | None = None
    high: float | None = None
    width: float = 14
    number_format: str = ""
    aliases: tuple[str, ...] = ()
    range_name: str = ""
    given: bool = False
    follows: str = ""


@dataclass(frozen=True, slots=True)
class NotBefore:
    """Dates in order: ``column`` is on or after ``other`` where both are filled."""

    column: str
    other: str


@dataclass(frozen=True, slots=True)
class NotAfterToday:
    """The date in ``column`` is not after as-of."""

    column: str


@dataclass(frozen=True, slots=True)
class AtMost:
    """The number in ``column`` is at most the one in ``other`` where both are filled."""

    column: str
    other: str


@dataclass(frozen=True, slots=True)
class NeededWhen:
    """``column`` must be filled when ``other`` holds one of ``values`` (any value if empty).

    ``group`` may name a choice group instead of values, e.g. stages of class ``won``. ``code`` is
    that of the problem.
    """

    column: str
    other: str
    values: tuple[str, ...] = ()
    groups: tuple[str, ...] = ()
    severity: str = "error"
    code: str = "needed"


@dataclass(frozen=True, slots=True)
class OnePer:
    """At most one row with the flag ``column`` set for each value of ``other``."""

    column: str
    other: str


@dataclass(frozen=True, slots=True)
class NoOverlap:
    """Spans from ``column`` to ``end`` (blank: open) of one ``other`` do not overlap.

    Only rows count whose ``state`` holds one of ``states``.
    """

    column: str
    end: str
    other: str
    state: str
    states: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class NoCircle:
    """References to rows of the same tab in ``column`` never lead back to where they began."""

    column: str


@dataclass(frozen=True, slots=True)
class NotAfterLinked:
    """The date in ``column`` is not after ``date`` of the row that the REF ``other`` names."""

    column: str
    other: str
    date: str


@dataclass(frozen=True, slots=True)
class SaysWhichReplaces:
    """Rows alike in ``column`` and ``others`` say in ``revises`` which of them they replace."""

    column: str
    others: tuple[str, ...]
    revises: str


@dataclass(frozen=True, slots=True)
class Highlight:
    """How cells of ``columns`` (all when empty) look in rows where ``when`` holds.

    ``when`` is a formula with column keys in braces, e.g. ``{due}<TODAY()``; "" holds always.
    ``style`` is a named look that every backend knows.
    """

    columns: tuple[str, ...]
    when: str
    style: str


Relation: TypeAlias = NoOverlap | NoCircle | NotAfterLinked | SaysWhichReplaces
RowCheck: TypeAlias = NotBefore | NotAfterToday | AtMost | NeededWhen | OnePer
Check: TypeAlias = RowCheck | Relation


@dataclass(frozen=True, slots=True)
class Tab:
    """One declared tab: at most one table, header in row 1, one row = one fact.

    ``key_columns`` name the column(s) that identify a row; ``table`` is the name of the Excel
    Table, which also finds the tab after people rename it. ``names`` are single-cell workbook
    names of a REPORT tab. ``highlights`` colour cells by what stands in their row, first wins.
    ``pack`` names the pack that brings the tab, "" for the lean tracker's own.
    """

    key: str
    title: str
    role: Role
    doc: str
    columns: tuple[Column, ...] = ()
    key_columns: tuple[str, ...] = ()
    checks: tuple[Check, ...] = ()
    table: str = ""
    names: tuple[str, ...] = ()
    hidden: bool = False
    highlights: tuple[Highlight, ...] = ()
    pack: str = ""
    _by_key: dict[str, Column] = field(init=False, default_factory=dict, repr=False, compare=False)

    def __post_init__(self) -> None:
        self._by_key.update({column.key: column for column in self.columns})

    def column(self, key: str) -> Column:
        """Return the declared column; KeyError when there is none of that key."""
        return self._by_key[key]


@dataclass(frozen=True, slots=True)
class Tracker:
    """A whole declared tracker: ``tabs`` in sheet order, ``lists`` by name, ``kpis``.

    ``defaults`` hold where the Settings tab is blank; ``reports`` are the sheets of the REPORT
    tabs by tab key. ``live`` says how KPIs are found by formulas, in a workbook with live tabs.
    """

    tabs: tuple[Tab, ...]
    lists: Mapping[str, tuple[Choice, ...]]
    kpis: tuple[Kpi, ...] = ()
    defaults: Settings | None = None
    reports: Mapping[str, Report] = field(default_factory=dict)
    live: LiveFacts | None = None

    def tab(self, key: str) -> Tab:
        """Return the declared tab; KeyError when there is none of that key."""
        for tab in self.tabs:
            if tab.key == key:
                return tab
        raise KeyError(key)

    def of_role(self, *roles: Role) -> tuple[Tab, ...]:
        """Return the tabs of these roles, in sheet order."""
        return tuple(tab for tab in self.tabs if tab.role in roles)


_INVISIBLE = re.compile(r"[\u00ad\u200b-\u200f\u202a-\u202e\u2060-\u2069\ufeff]")


def plain(text: str) -> str:
    r"""Fold a header, key or list value for comparing: NFKC, no invisible marks, case and spacing.

    Underscores and hyphens count as spaces, a trailing ``*`` (required) is dropped.

    >>> plain(" Partner\u00a0ID* ") == plain("partner_id")
    True
    """
    if not text.isascii():
        text = _INVISIBLE.sub("", unicodedata.normalize("NFKC", text))
    words = text.casefold().replace("_", " ").replace("-", " ").split()
    return " ".join(words).strip(" *:")
