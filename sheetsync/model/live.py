"""Live formulas of report tabs: each prints its text and works out the value it will have.

One closed set of shapes over workbook names, all of them understood alike by Excel 2021, Google
Sheets and LibreOffice 7.4. The text goes into the cell, the value into the file's cache beside
it, and both come from one declaration. No shape gives an error value: what is missing says so in
words.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from decimal import ROUND_HALF_UP, Decimal
from typing import Protocol

from sheetsync.model.values import Scalar

NO_DATA = "no data"
PERIOD_END = "dash_period_end"


@dataclass(frozen=True, slots=True)
class Book:
    """What formulas look at: columns' bodies by range name, single cells by name."""

    columns: Mapping[str, Sequence[Scalar]] = field(default_factory=dict)
    cells: Mapping[str, Scalar] = field(default_factory=dict)
    _places: dict[str, dict[str | float, int]] = field(default_factory=dict, compare=False)

    def place(self, name: str, wanted: str | float) -> int | None:
        """Return the index of the first match in a named column, as MATCH(…,0) finds it."""
        if name not in self._places:
            found: dict[str | float, int] = {}
            for i, value in enumerate(self.columns.get(name, ())):
                if isinstance(value, str | int | float) and not isinstance(value, bool):
                    found.setdefault(_folded(value), i)
            self._places[name] = found
        return self._places[name].get(_folded(wanted))

    def at(self, name: str, index: int) -> Scalar:
        """Return one cell of a named column, "" for an empty one."""
        column = self.columns.get(name, ())
        value = column[index] if index < len(column) else None
        return "" if value is None else value


def _folded(value: str | float) -> str | float:
    return value.casefold() if isinstance(value, str) else value


class Live(Protocol):
    """A formula that knows its text (without =) and its value."""

    def text(self) -> str:
        """Return the formula, without the leading =."""

    def value(self, book: Book) -> Scalar:
        """Return what a spreadsheet shows for it."""


def quoted(text: str) -> str:
    """Write a text as a formula's literal."""
    return '"' + text.replace('"', '""') + '"'


@dataclass(frozen=True, slots=True)
class Say:
    """A fixed text."""

    words: str

    def text(self) -> str:
        """Return the literal."""
        return quoted(self.words)

    def value(self, book: Book) -> Scalar:
        """Return the words."""
        del book
        return self.words


@dataclass(frozen=True, slots=True)
class KpiCell:
    """One field of a KPI value on KPI Monthly: value, n, low, high or flag.

    ``back`` counts months before the period's last one; None means the whole period. A value that
    is missing shows its flag, one that is not there at all shows ``no data``; other fields are
    blank then.
    """

    kpi: str
    field: str = "value"
    group: str = "programme"
    back: int | None = None

    def text(self) -> str:
        """Return the look-up."""
        row = f"MATCH({self._key_text()},kpi_key,0)"
        found = f"INDEX(kpi_{self.field},{row})"
        instead = f"INDEX(kpi_flag,{row})" if self.field == "value" else '""'
        missing = quoted(NO_DATA) if self.field == "value" else '""'
        return f'IFERROR(IF({found}="",{instead},{found}),{missing})'

    def _key_text(self) -> str:
        if self.back is None:
            return quoted(f"{self.kpi}|{self.group}|period")
        then = f"EDATE({PERIOD_END},-{self.back})"
        return f"{quoted(f'{self.kpi}|{self.group}|')}&YEAR({then})*100+MONTH({then})"

    def value(self, book: Book) -> Scalar:
        """Return the field as it stands on KPI Monthly."""
        key = self._key(book)
        row = book.place("kpi_key", key) if key else None
        if row is None:
            return NO_DATA if self.field == "value" else ""
        found = book.at(f"kpi_{self.field}", row)
        return book.at("kpi_flag", row) if found == "" and self.field == "value" else found

    def _key(self, book: Book) -> str:
        if self.back is None:
            return f"{self.kpi}|{self.group}|period"
        end = book.cells.get(PERIOD_END)
        if not isinstance(end, datetime):
            return ""
        then = months_before(end, self.back)
        return f"{self.kpi}|{self.group}|{then.year * 100 + then.month}"


def months_before(day: datetime, back: int) -> datetime:
    """Return the first of the month so many months before.

    >>> months_before(datetime(2026, 3, 31), 3)
    datetime.datetime(2025, 12, 1, 0, 0)
    """
    year, month = divmod(day.year * 12 + day.month - 1 - back, 12)
    return datetime(year, month + 1, 1)


@dataclass(frozen=True, slots=True)
class MonthBack:
    """The first of the month so many months before the period's last, "" without a period."""

    back: int

    def text(self) -> str:
        """Return the formula of a date."""
        told = f"DATE(YEAR({PERIOD_END}),MONTH({PERIOD_END})-{self.back},1)"
        return f'IF({PERIOD_END}="","",{told})'

    def value(self, book: Book) -> Scalar:
        """Return the day."""
        end = book.cells.get(PERIOD_END)
        return months_before(end, self.back) if isinstance(end, datetime) else ""


@dataclass(frozen=True, slots=True)
class Count:
    """How many cells of a named column hold this text; any text at all when ``words`` is ""."""

    name: str
    words: str = ""

    def text(self) -> str:
        """Return the COUNTIF."""
        return f"COUNTIF({self.name},{quoted(self.words or '?*')})"

    def value(self, book: Book) -> Scalar:
        """Return the count."""
        texts = [v for v in book.columns.get(self.name, ()) if isinstance(v, str) and v]
        if not self.words:
            return len(texts)
        return sum(v.casefold() == self.words.casefold() for v in texts)


@dataclass(frozen=True, slots=True)
class CountLike:
    """How many cells of a named column hold the text of a named cell; 0 when that is blank.

    Compared as texts, so that a name with ``*`` or ``>`` in it is no pattern, as in COUNTIF.
    """

    name: str
    cell: str

    def text(self) -> str:
        """Return the SUMPRODUCT."""
        return f'IF({self.cell}="",0,SUMPRODUCT(--({self.name}={self.cell})))'

    def value(self, book: Book) -> Scalar:
        """Return the count."""
        words = book.cells.get(self.cell)
        if not isinstance(words, str) or not words:
            return 0
        texts = [v for v in book.columns.get(self.name, ()) if isinstance(v, str)]
        return sum(v.casefold() == words.casefold() for v in texts)


@dataclass(frozen=True, slots=True)
class Ranked:
    """What stands in a named column of Partner Summary beside a rank; "" when there is none."""

    rank: int
    name: str

    def text(self) -> str:
        """Return the look-up."""
        found = f"INDEX({self.name},MATCH({self.rank},summary_rank,0))"
        return f'IFERROR(IF({found}="","",{found}),"")'

    def value(self, book: Book) -> Scalar:
        """Return the cell."""
        row = book.place("summary_rank", self.rank)
        return "" if row is None else book.at(self.name, row)


@dataclass(frozen=True, slots=True)
class Minus:
    """A number less others; made for counts, which are always numbers."""

    first: Live
    others: tuple[Live, ...]

    def text(self) -> str:
        """Return the difference."""
        told = [f"({o.text()})" if isinstance(o, Minus) else o.text() for o in self.others]
        return "-".join((self.first.text(), *told))

    def value(self, book: Book) -> Scalar:
        """Return the difference."""
        return _number(self.first.value(book)) - sum(_number(o.value(book)) for o in self.others)


@dataclass(frozen=True, slots=True)
class Whole:
    """A number times a factor, rounded half away from zero, to be joined into a sentence."""

    number: Live
    times: int = 1

    def text(self) -> str:
        """Return the ROUND."""
        factor = f"{self.times}*" if self.times != 1 else ""
        return f"ROUND({factor}{self.number.text()},0)"

    def value(self, book: Book) -> Scalar:
        """Return a whole number."""
        told = Decimal(f"{_number(self.number.value(book)) * self.times:.15g}")
        return int(told.quantize(Decimal(1), ROUND_HALF_UP))


@dataclass(frozen=True, slots=True)
class Join:
    """Parts put together as one text; numbers among them are whole."""

    parts: tuple[Live, ...]

    def text(self) -> str:
        """Return the parts joined with &."""
        return "&".join(part.text() for part in self.parts)

    def value(self, book: Book) -> Scalar:
        """Return the text."""
        return "".join(str(part.value(book)) for part in self.parts)


@dataclass(frozen=True, slots=True)
class IfNumber:
    """One thing when ``test`` is a number, else another."""

    test: Live
    then: Live
    otherwise: Live

    def text(self) -> str:
        """Return the IF."""
        return f"IF(ISNUMBER({self.test.text()}),{self.then.text()},{self.otherwise.text()})"

    def value(self, book: Book) -> Scalar:
        """Return the branch that holds."""
        holds = isinstance(self.test.value(book), int | float)
        return (self.then if holds else self.otherwise).value(book)


@dataclass(frozen=True, slots=True)
class IfEqual:
    """One thing when ``test`` is this text, else another."""

    test: Live
    words: str
    then: Live
    otherwise: Live

    def text(self) -> str:
        """Return the IF."""
        test = f"{self.test.text()}={quoted(self.words)}"
        return f"IF({test},{self.then.text()},{self.otherwise.text()})"

    def value(self, book: Book) -> Scalar:
        """Return the branch that holds."""
        found = self.test.value(book)
        same = isinstance(found, str) and found.casefold() == self.words.casefold()
        return (self.then if same else self.otherwise).value(book)


def _number(value: Scalar) -> float:
    return value if isinstance(value, int | float) else 0
