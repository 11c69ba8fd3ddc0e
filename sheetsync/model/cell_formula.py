"""Formulas of one row: what a cell of a live tab works out from a row that people typed.

A closed set of shapes that Excel 2021, Google Sheets and LibreOffice 7.4 understand alike. Each
prints its text and works out the values of a whole column, so that both come from one
declaration. Blanks are "" (text) and 0 (days); days are counted as spreadsheets do.
"""

from __future__ import annotations

import operator
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from typing import Any, Protocol, TypeAlias

from sheetsync.model.live import quoted
from sheetsync.model.values import EPOCH, Scalar, show

Cells: TypeAlias = list[Any]
"""The values of a column, one per row: texts, numbers and truths."""

TOO_LARGE = 1e15
"""Numbers from here on are typing errors and count as blank."""

_COMPARE: Mapping[str, Callable[[Any, Any], bool]] = {
    "=": operator.eq,
    "<>": operator.ne,
    "<": operator.lt,
    "<=": operator.le,
    ">": operator.gt,
    ">=": operator.ge,
}


class Ground(Protocol):
    """What the formulas of one live tab stand on: names for the text, cells for the values."""

    count: int

    def raw(self, key: str) -> str:
        """Return the reference to a column of the row that people typed; "" without one."""

    def own(self, key: str) -> str:
        """Return the reference to another column of the live tab, in the same row."""

    def whole(self, tab: str, key: str) -> str:
        """Return the reference to a whole column of an entry tab; "" without one."""

    def named(self, tab: str, key: str) -> str:
        """Return the range name of a live column."""

    def row(self) -> str:
        """Return what gives the number of the row that people typed."""

    def typed(self, key: str) -> Sequence[Scalar]:
        """Return the cells of a column that people typed, one per row of the live tab."""

    def cells(self, tab: str, key: str) -> Cells:
        """Return the values of a live column; of this live tab when ``tab`` is ""."""

    def all_typed(self, tab: str, key: str) -> Sequence[Scalar]:
        """Return all cells of a column of an entry tab."""

    def rows(self) -> Sequence[int]:
        """Return the numbers of the rows that people typed."""

    def day(self, name: str) -> date:
        """Return a day of the sync: as_of, or the first or last day of a span."""

    def group(self, choices: str, group: str) -> tuple[str, ...]:
        """Return the values of a list that are of a group."""

    def numbers(self, name: str) -> Mapping[str, float]:
        """Return numbers by text: ``chance`` by stage, ``rate`` by currency, or with a month."""

    @property
    def currency(self) -> str:
        """The reporting currency."""


class CellFormula(Protocol):
    """A formula of one row."""

    def text(self, on: Ground) -> str:
        """Return the formula, without the leading =."""

    def values(self, on: Ground) -> Cells:
        """Return what a spreadsheet shows for it, row by row."""


def serial(value: datetime | timedelta | date) -> float:
    """Return a day or moment as spreadsheets count it.

    >>> serial(date(2026, 3, 1)), serial(datetime(2026, 3, 1, 12))
    (46082.0, 46082.5)
    """
    if isinstance(value, timedelta):
        return value / timedelta(days=1)
    at = value if isinstance(value, datetime) else datetime(value.year, value.month, value.day)
    return (at - EPOCH) / timedelta(days=1)


def number_of(value: Scalar) -> float | str:
    """Return a cell's number as ISNUMBER and a sum see it; "" for anything else."""
    if isinstance(value, datetime | timedelta):
        return serial(value)
    if isinstance(value, int | float) and not isinstance(value, bool):
        return float(value)
    return ""


def text_of(value: Scalar) -> str:
    """Return a cell as ``&""`` gives it; "" for errors."""
    if value is None or (not isinstance(value, str | int | float | datetime | timedelta)):
        return ""
    if isinstance(value, str | bool):
        return str(value).upper() if isinstance(value, bool) else value
    return show(number_of(value), 300)


def folded(value: object) -> object:
    """Fold a text as comparisons of spreadsheets do."""
    return value.casefold() if isinstance(value, str) else value


def day_text(day: date) -> str:
    """Return a day as a formula: DATE(2026,3,1)."""
    return f"DATE({day.year},{day.month},{day.day})"


@dataclass(frozen=True, slots=True)
class Words:
    """The typed cell as text, "" where it is blank or an error."""

    key: str

    def text(self, on: Ground) -> str:
        """Return the formula."""
        cell = on.raw(self.key)
        return f'IFERROR({cell}&"","")' if cell else '""'

    def values(self, on: Ground) -> Cells:
        """Return texts."""
        return [text_of(value) for value in on.typed(self.key)]


@dataclass(frozen=True, slots=True)
class Figure:
    """The typed number, "" where there is none; moments are numbers too."""

    key: str

    def text(self, on: Ground) -> str:
        """Return the formula."""
        cell = on.raw(self.key)
        return f'IFERROR(IF(ISNUMBER({cell}),{cell},""),"")' if cell else '""'

    def values(self, on: Ground) -> Cells:
        """Return numbers, and texts for blanks."""
        return [number_of(value) for value in on.typed(self.key)]


@dataclass(frozen=True, slots=True)
class DayOf:
    """The typed day without its time, 0 where there is none; with ``month`` its month's first."""

    key: str
    month: bool = False

    def text(self, on: Ground) -> str:
        """Return the formula."""
        cell = on.raw(self.key)
        if not cell:
            return "0"
        # No DATE: programs would show its number as a date, and read it back as one.
        told = f"INT({cell})-DAY({cell})+1" if self.month else f"INT({cell})"
        return f"IFERROR(IF(ISNUMBER({cell}),{told},0),0)"

    def values(self, on: Ground) -> Cells:
        """Return day numbers."""
        return [self._day(value) for value in on.typed(self.key)]

    def _day(self, value: Scalar) -> int:
        found = number_of(value)
        if isinstance(found, str) or found < 0 or found > 2_958_465:
            return 0
        if not self.month:
            return int(found)
        return int(serial((EPOCH + timedelta(days=int(found))).replace(day=1)))


@dataclass(frozen=True, slots=True)
class Own:
    """Another column of the live tab, in the same row."""

    key: str

    def text(self, on: Ground) -> str:
        """Return the reference."""
        return on.own(self.key)

    def values(self, on: Ground) -> Cells:
        """Return its values."""
        return on.cells("", self.key)


@dataclass(frozen=True, slots=True)
class Fixed:
    """A fixed text or number."""

    value: str | int

    def text(self, on: Ground) -> str:
        """Return the literal."""
        del on
        return quoted(self.value) if isinstance(self.value, str) else str(self.value)

    def values(self, on: Ground) -> Cells:
        """Return it for every row."""
        return [self.value] * on.count


@dataclass(frozen=True, slots=True)
class DayNamed:
    """A day of the sync, by name, and some days after it."""

    name: str
    plus: int = 0

    def text(self, on: Ground) -> str:
        """Return the DATE."""
        told = day_text(on.day(self.name))
        return f"{told}+{self.plus}" if self.plus else told

    def values(self, on: Ground) -> Cells:
        """Return its number for every row."""
        return [int(serial(on.day(self.name))) + self.plus] * on.count


@dataclass(frozen=True, slots=True)
class Compare:
    """Two things compared; texts whatever their case."""

    left: CellFormula
    sign: str
    right: CellFormula

    def text(self, on: Ground) -> str:
        """Return the comparison."""
        return f"{self.left.text(on)}{self.sign}{self.right.text(on)}"

    def values(self, on: Ground) -> Cells:
        """Return truths; a text is greater than any number."""
        compare = _COMPARE[self.sign]
        pairs = zip(self.left.values(on), self.right.values(on), strict=True)
        return [compare(_ranked(a), _ranked(b)) for a, b in pairs]


def _ranked(value: Any) -> tuple[int, Any]:
    return (1, value.casefold()) if isinstance(value, str) else (0, value)


@dataclass(frozen=True, slots=True)
class OfGroup:
    """Whether a text is one of a list's values of a group, e.g. stages that are open."""

    what: CellFormula
    choices: str
    groups: tuple[str, ...]

    def text(self, on: Ground) -> str:
        """Return the OR."""
        found = self._all(on)
        told = self.what.text(on)
        return f"OR({','.join(f'{told}={quoted(v)}' for v in found)})" if found else "1=0"

    def _all(self, on: Ground) -> tuple[str, ...]:
        return tuple(v for group in self.groups for v in on.group(self.choices, group))

    def values(self, on: Ground) -> Cells:
        """Return truths."""
        found = {folded(v) for v in self._all(on)}
        return [folded(v) in found for v in self.what.values(on)]


@dataclass(frozen=True, slots=True)
class AllOf:
    """Whether all hold."""

    parts: tuple[CellFormula, ...]

    def text(self, on: Ground) -> str:
        """Return the AND."""
        return f"AND({','.join(part.text(on) for part in self.parts)})"

    def values(self, on: Ground) -> Cells:
        """Return truths."""
        return [all(row) for row in zip(*(p.values(on) for p in self.parts), strict=True)]


@dataclass(frozen=True, slots=True)
class AnyOf:
    """Whether one of them holds."""

    parts: tuple[CellFormula, ...]

    def text(self, on: Ground) -> str:
        """Return the OR."""
        return f"OR({','.join(part.text(on) for part in self.parts)})"

    def values(self, on: Ground) -> Cells:
        """Return truths."""
        return [any(row) for row in zip(*(p.values(on) for p in self.parts), strict=True)]


@dataclass(frozen=True, slots=True)
class When:
    """One thing where the test holds, else another."""

    test: CellFormula
    then: CellFormula
    otherwise: CellFormula

    def text(self, on: Ground) -> str:
        """Return the IF."""
        return f"IF({self.test.text(on)},{self.then.text(on)},{self.otherwise.text(on)})"

    def values(self, on: Ground) -> Cells:
        """Return what holds."""
        told = zip(*(p.values(on) for p in (self.test, self.then, self.otherwise)), strict=True)
        return [a if test else b for test, a, b in told]


def flag(test: CellFormula) -> When:
    """1 where the test holds, else 0."""
    return When(test, Fixed(1), Fixed(0))


@dataclass(frozen=True, slots=True)
class Calc:
    """Two numbers with + - * between; "" where one of them is a text (behind a When only)."""

    left: CellFormula
    sign: str
    right: CellFormula

    def text(self, on: Ground) -> str:
        """Return the sum, difference or product."""
        return f"({self.left.text(on)}{self.sign}{self.right.text(on)})"

    def values(self, on: Ground) -> Cells:
        """Return numbers."""
        work = {"+": operator.add, "-": operator.sub, "*": operator.mul}[self.sign]
        pairs = zip(self.left.values(on), self.right.values(on), strict=True)
        return ["" if isinstance(a, str) or isinstance(b, str) else work(a, b) for a, b in pairs]


@dataclass(frozen=True, slots=True)
class Applied:
    """A function of one number: ABS, ROUND to four decimals, INT, or the month as yyyymm."""

    name: str
    of: CellFormula

    def text(self, on: Ground) -> str:
        """Return the call."""
        told = self.of.text(on)
        if self.name == "ROUND":
            return f"ROUND({told},4)"
        if self.name == "MONTH":
            return f"IF({told}=0,0,YEAR({told})*100+MONTH({told}))"
        return f"{self.name}({told})"

    def values(self, on: Ground) -> Cells:
        """Return numbers."""
        works: dict[str, Callable[[Any], float]]
        works = {"ROUND": _rounded, "MONTH": _month, "ABS": abs, "INT": int}
        work = works[self.name]
        return ["" if isinstance(v, str) else work(v) for v in self.of.values(on)]


def _rounded(value: float) -> float:
    return round(value, 4)


def _month(day: float) -> int:
    if not day:
        return 0
    at = EPOCH + timedelta(days=int(day))
    return at.year * 100 + at.month


@dataclass(frozen=True, slots=True)
class IsNumber:
    """Whether it is a number that can be meant."""

    of: CellFormula

    def text(self, on: Ground) -> str:
        """Return the test."""
        told = self.of.text(on)
        return f"AND(ISNUMBER({told}),N({told})<1000000000000000,N({told})>-1000000000000000)"

    def values(self, on: Ground) -> Cells:
        """Return truths."""
        return [not isinstance(v, str) and abs(v) < TOO_LARGE for v in self.of.values(on)]
