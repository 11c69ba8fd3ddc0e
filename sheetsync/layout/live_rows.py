"""Bodies of the live tabs: a formula per cell over the row that people typed, with its value.

Some rows below the last typed one are there too, so that rows typed between two syncs count. Where
people's cell is not what the sync read in it (a wrong date, a number that cannot be meant), the
sync's own value stands instead of a formula.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime
from typing import TYPE_CHECKING, Any

from sheetsync.model.cell_formula import Cells, DayOf, Figure, Words, folded, number_of, serial
from sheetsync.model.cell_formula import text_of as shown
from sheetsync.model.live_facts import LiveFacts, LiveTab
from sheetsync.model.plan import Row, as_rows
from sheetsync.model.results import Cleaned
from sheetsync.model.snapshot import Snapshot, TableSnapshot
from sheetsync.model.tables import letters, quoted
from sheetsync.model.tracker import Column, Tab, Tracker
from sheetsync.model.values import Formula, Scalar, Value, result_of

if TYPE_CHECKING:
    import pandas as pd

SPARE = 50
"""Rows below the last one in which people may type before the next sync."""

OWN_SALES = "DIRECT"
_PLAIN = re.compile(r"[A-Za-z_][A-Za-z_.]*")
_READS = (Words, Figure, DayOf)


@dataclass(frozen=True, slots=True)
class Terms:
    """What a sync knows beside the workbook: days by name, chances by stage, rates by key."""

    as_of: date
    days: Mapping[str, date]
    chances: Mapping[str, float]
    rates: Mapping[str, float]
    currency: str


@dataclass(frozen=True)
class LiveBook:
    """All live tabs of a workbook as they are to be; ``left_out`` rows are those of ``cleaned``."""

    facts: LiveFacts
    tracker: Tracker
    fixed: Snapshot
    cleaned: Cleaned
    terms: Terms
    mirrors: dict[str, Mirror] = field(default_factory=dict)

    def mirror(self, key: str) -> Mirror:
        """Return the live tab of that key."""
        if key not in self.mirrors:
            self.mirrors[key] = Mirror(self, self.facts.tabs[key], self.tracker.tab(key))
        return self.mirrors[key]

    def bodies(self) -> dict[str, tuple[Row, ...]]:
        """Return the bodies of all live tabs by key."""
        told = {key: self.mirror(key).body() for key in self.facts.tabs}
        return {**told, "live_rates": tuple(self.terms.rates.items())}

    def partners(self) -> frozenset[str]:
        """The partners whose rows count, and own sales."""
        frame = self.cleaned.tables["partners"].used
        return frozenset(frame["partner_id"].dropna().tolist()) | {OWN_SALES}


class Mirror:
    """One live tab: what its formulas stand on, and what they come to."""

    def __init__(self, book: LiveBook, live: LiveTab, tab: Tab) -> None:
        self.book, self.live, self.tab = book, live, tab
        self.seen: TableSnapshot | None = book.fixed.tables.get(live.of)
        self.first = self.seen.header_row + 1 if self.seen else 2
        rows = self.seen.rows if self.seen else ()
        self.count = max([0, *(row - self.first + 1 for row in rows[-1:])]) + SPARE
        self._known: dict[str, Cells] = {}
        self._instead: dict[str, dict[int, Any]] = {}

    def row(self) -> str:
        """Return what gives the number of the row that people typed."""
        return f"ROW()+{self.first - 2}" if self.first > 2 else "ROW()"

    def rows(self) -> Sequence[int]:
        """Return the numbers of the rows that people typed."""
        return range(self.first, self.first + self.count)

    def raw(self, key: str) -> str:
        """Return the reference to a column of the row that people typed; "" without one."""
        column = self.whole(self.live.of, key)
        return f"INDEX({column},{self.row()})" if column else ""

    def own(self, key: str) -> str:
        """Return the reference to another column of this tab, in the same row.

        By range name and not by address: rows of a body are deleted and put in anew.
        """
        return f"INDEX({self.named('', key)},ROW()-1)"

    def whole(self, tab: str, key: str) -> str:
        """Return the reference to a whole column of an entry tab; "" without one."""
        table = self.book.fixed.tables.get(tab)
        if table is None or key not in table.bound:
            return ""
        letter = letters(table.bound[key])
        return f"{sheet_name(table.title)}!${letter}:${letter}"

    def named(self, tab: str, key: str) -> str:
        """Return the range name of a live column, of this tab when ``tab`` is ""."""
        return f"{tab or self.live.key}_{key}"

    def typed(self, key: str) -> Sequence[Scalar]:
        """Return the cells of a column that people typed, one per row of this tab."""
        told: list[Scalar] = [None] * self.count
        if self.seen is not None:
            for row, value in zip(self.seen.rows, self.seen.column(key), strict=True):
                told[row - self.first] = result_of(value)
        return told

    def all_typed(self, tab: str, key: str) -> Sequence[Scalar]:
        """Return all cells of a column of an entry tab."""
        table = self.book.fixed.tables.get(tab)
        return [result_of(v) for v in table.column(key)] if table else []

    def cells(self, tab: str, key: str) -> Cells:
        """Return the values of a live column, of this tab when ``tab`` is ""."""
        if tab and tab != self.live.key:
            return self.book.mirror(tab).cells("", key)
        if key not in self._known:
            self._known[key] = self._left_out() if key == "left_out" else self._worked_out(key)
        return self._known[key]

    def day(self, name: str) -> date:
        """Return a day of the sync by name."""
        return self.book.terms.as_of if name == "as_of" else self.book.terms.days[name]

    def group(self, choices: str, group: str) -> tuple[str, ...]:
        """Return the values of a list that are of a group."""
        found = self.book.tracker.lists.get(choices, ())
        return tuple(choice.value for choice in found if choice.group == group)

    def numbers(self, name: str) -> Mapping[str, float]:
        """Return the chances of stages, or rates by currency and month."""
        return self.book.terms.chances if name == "chance" else self.book.terms.rates

    @property
    def currency(self) -> str:
        """The reporting currency."""
        return self.book.terms.currency

    def body(self) -> tuple[Row, ...]:
        """Return the rows of this tab."""
        return as_rows([self._column(column) for column in self.tab.columns])

    def _column(self, column: Column) -> list[Value]:
        values = self.cells("", column.key)
        formula = self.live.formulas.get(column.key)
        if formula is None:
            return list(values)
        text = formula.text(self)
        instead = self._instead.get(column.key, {})
        return [
            _literal(value) if i in instead else Formula(text, value)
            for i, value in enumerate(values)
        ]

    def _worked_out(self, key: str) -> Cells:
        formula = self.live.formulas[key]
        values = list(formula.values(self))
        if isinstance(formula, _READS):
            instead = dict(self._read_otherwise(formula, values))
            for i, value in instead.items():
                values[i] = value
            self._instead[key] = instead
        return values

    def _read_otherwise(self, formula: Words | Figure | DayOf, values: Cells) -> dict[int, Any]:
        """The rows in which the sync reads something else in a filled cell than the formula."""
        frame = self._frame()
        if frame is None or formula.key not in frame:
            return {}
        raw = self.typed(formula.key)
        told: dict[int, Any] = {}
        for row, value in zip(frame["_row"].tolist(), frame[formula.key].tolist(), strict=True):
            i = row - self.first
            meant = _meant(formula, value)
            if raw[i] is not None and raw[i] != "" and not _alike(values[i], meant):
                told[i] = meant
        return told

    def _left_out(self) -> Cells:
        """The rows that do not count, by id where that names one row only, else by place."""
        told: Cells = [None] * self.count
        frame = self._frame()
        if frame is None:
            return told
        known = self.book.partners()
        out = ~(frame["_used"] & frame["partner_id"].isin(known))
        ids = [shown(v) for v in self.typed(self._id_key())] if self._id_key() else []
        often = Counter(folded(i) for i in ids)
        for j, row in enumerate(frame["_row"][out].tolist()):
            name = ids[row - self.first] if ids else ""
            alone = name and often[folded(name)] == 1 and not set(name) & set("*?~")
            told[j] = f"id:{name}" if alone else f"row:{row}"
        return told

    def _id_key(self) -> str:
        formula = self.live.formulas.get("id")
        return formula.key if isinstance(formula, Words) else ""

    def _frame(self) -> pd.DataFrame | None:
        table = self.book.cleaned.tables.get(self.live.of)
        return None if table is None else table.frame


def _literal(value: Value) -> Value:
    """A value in a cell; a text of no length takes a formula, for a blank cell counts as 0."""
    return Formula('""', "") if value == "" else value


def sheet_name(title: str) -> str:
    """Write a tab's title as formulas name it: quoted only where it must be, as Excel does.

    >>> sheet_name("Deals"), sheet_name("Our deals")
    ('Deals', "'Our deals'")
    """
    if _PLAIN.fullmatch(title):
        return title
    return quoted(title)


def _meant(formula: Words | Figure | DayOf, value: object) -> object:
    """What the sync read, as the formula would show it."""
    blank = value is None or value != value  # noqa: PLR0124 -- NaN and NaT are not themselves
    if isinstance(formula, Words):
        return "" if blank else str(value)
    if isinstance(formula, DayOf):
        return 0 if blank or not isinstance(value, datetime) else int(serial(value))
    if blank or not isinstance(value, datetime | int | float):
        return ""
    return number_of(value.to_pydatetime() if hasattr(value, "to_pydatetime") else value)


def _alike(a: object, b: object) -> bool:
    if isinstance(a, int | float) and isinstance(b, int | float):
        return abs(a - b) <= 1e-9 * max(abs(a), abs(b), 1)
    return folded(a) == folded(b)
