"""The expression algebra of KPIs: a few frozen nodes with two readers, SQL and sheet formulas.

A KPI counts and adds up rows of fact tables (``sheetsync.measure.facts``): an aggregate names a
table, a column and a predicate that is a conjunction of tests of one column each, so that every
predicate fits both a CASE WHEN and a SUMIFS. Nothing here calls a date function: the tables carry
whole-number columns (``is_won``, ``month`` as yyyymm, ``days_to_close``) made once.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from enum import StrEnum
from typing import TypeAlias


class Span(StrEnum):
    """Which facts an aggregate looks at; the value is the 0/1 column that every timed table has.

    PERIOD: in the period (or in the month, at a month grain). BEFORE: in the period of the same
    length just before it. YEAR_AGO: in the same period one year earlier. EVER: all rows.
    """

    PERIOD = "in_period"
    BEFORE = "in_period_before"
    YEAR_AGO = "in_period_year_ago"
    EVER = ""


@dataclass(frozen=True, slots=True)
class Eq:
    """The column equals a number or a text."""

    column: str
    value: float | str


@dataclass(frozen=True, slots=True)
class In:
    """The column equals one of the values (several SUMIFS, added)."""

    column: str
    values: tuple[float | str, ...]


@dataclass(frozen=True, slots=True)
class Ge:
    """The column is at least the number."""

    column: str
    value: float


@dataclass(frozen=True, slots=True)
class Le:
    """The column is at most the number."""

    column: str
    value: float


@dataclass(frozen=True, slots=True)
class NotNull:
    """The column is filled."""

    column: str


@dataclass(frozen=True, slots=True)
class And:
    """All parts hold; no parts: always true."""

    parts: tuple[Predicate, ...] = ()


Predicate: TypeAlias = Eq | In | Ge | Le | NotNull | And
ALL_ROWS = And()


@dataclass(frozen=True, slots=True)
class Aggregate:
    """Rows of a fact table reduced to one number; blanks in ``column`` never take part.

    ``everyone`` looks at the rows of all partners and own sales, whatever the grain: the base of a
    share. Without any row a Count or Waiting is 0, all others are blank.
    """

    table: str
    column: str = ""
    where: Predicate = ALL_ROWS
    span: Span = Span.PERIOD
    everyone: bool = False


class Sum(Aggregate):
    """The sum of a column; exact, to four decimals of each number."""

    __slots__ = ()


class Count(Aggregate):
    """The number of rows, or of filled cells where a column is named."""

    __slots__ = ()


class CountDistinct(Aggregate):
    """The number of different values in a column."""

    __slots__ = ()


class Mean(Aggregate):
    """The arithmetic mean of a column."""

    __slots__ = ()


class Max(Aggregate):
    """The largest number in a column."""

    __slots__ = ()


@dataclass(frozen=True, slots=True)
class Quantile(Aggregate):
    """The ``q`` quantile (0-1) between the two nearest rows, as PERCENTILE.INC of a sheet has it.

    ``censored`` names a 0/1 column that marks rows whose number can only grow (a request still
    open): they take part where they are at least the median of the complete rows.
    """

    q: float = 0.5
    censored: str = ""


@dataclass(frozen=True, slots=True)
class Latest(Aggregate):
    """The number of the newest day on which the column is filled.

    Several rows of that day are averaged, or added up with ``add``.
    """

    add: bool = False


@dataclass(frozen=True, slots=True)
class Waiting(Aggregate):
    """How many rows marked by ``censored`` have a number of at least the median of the others."""

    censored: str = "is_waiting"


def Median(  # noqa: N802 -- reads like the other nodes
    table: str,
    column: str,
    where: Predicate = ALL_ROWS,
    span: Span = Span.PERIOD,
    *,
    censored: str = "",
) -> Quantile:
    """The median: the quantile at one half.

    >>> Median("closed", "amount").q
    0.5
    """
    return Quantile(table, column, where, span, censored=censored)


@dataclass(frozen=True, slots=True)
class Const:
    """A fixed number."""

    value: float


@dataclass(frozen=True, slots=True)
class Param:
    """A number of the Settings, by its field name (``gross_margin``)."""

    name: str


@dataclass(frozen=True, slots=True)
class Add:
    """Left plus right; blank when either is."""

    left: Expr
    right: Expr


@dataclass(frozen=True, slots=True)
class Sub:
    """Left minus right; blank when either is."""

    left: Expr
    right: Expr


@dataclass(frozen=True, slots=True)
class Mul:
    """Left times right; blank when either is."""

    left: Expr
    right: Expr


@dataclass(frozen=True, slots=True)
class Ratio:
    """Top over base; blank when the base is zero or blank."""

    top: Expr
    base: Expr


@dataclass(frozen=True, slots=True)
class Above:
    """The inner number where it is greater than ``limit``, else blank: guards a base."""

    inner: Expr
    limit: float = 0.0


@dataclass(frozen=True, slots=True)
class OnlyIf:
    """The inner number where ``given`` is greater than zero, else blank."""

    inner: Expr
    given: Expr


@dataclass(frozen=True, slots=True)
class OrZero:
    """The inner number, 0 where it is blank."""

    inner: Expr


Expr: TypeAlias = Aggregate | Const | Param | Add | Sub | Mul | Ratio | Above | OnlyIf | OrZero


def parts_of(expr: Expr) -> tuple[Expr, ...]:
    """Return the expressions directly inside this one.

    >>> parts_of(Ratio(Const(1), Const(2)))
    (Const(value=1), Const(value=2))
    """
    match expr:
        case Add(a, b) | Sub(a, b) | Mul(a, b) | Ratio(a, b) | OnlyIf(a, b):
            return (a, b)
        case Above(a) | OrZero(a):
            return (a,)
        case _:
            return ()


def aggregates(expr: Expr | None) -> Iterator[Aggregate]:
    """Yield every aggregate in the expression, left to right."""
    if isinstance(expr, Aggregate):
        yield expr
    elif expr is not None:
        for part in parts_of(expr):
            yield from aggregates(part)


def base_of(expr: Expr | None) -> Expr | None:
    """Return what the outermost ratio divides by; None where there is no ratio.

    >>> base_of(Sub(Ratio(Const(1), Const(2)), Const(1)))
    Const(value=2)
    """
    if isinstance(expr, Ratio):
        return expr.base
    if expr is None:
        return None
    return next((base for part in parts_of(expr) if (base := base_of(part))), None)
