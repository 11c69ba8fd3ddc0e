"""KPI expressions printed as spreadsheet formulas: the second reader of the expression algebra.

A KPI of one partner or all, for a month or the whole period, becomes SUMIFS and COUNTIFS over the
live tabs' range names. A part that is blank is NA() inside, and one IFERROR around the whole turns
it into "". No function is used that Excel 2021, Google Sheets and LibreOffice 7.4 do not share,
nor one that must be entered as an array.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from itertools import product

from sheetsync.model.expr import (
    Above,
    Add,
    Aggregate,
    And,
    Const,
    Count,
    Eq,
    Expr,
    Ge,
    In,
    Le,
    Mean,
    Mul,
    NotNull,
    OnlyIf,
    OrZero,
    Param,
    Predicate,
    Quantile,
    Ratio,
    Span,
    Sub,
    Sum,
    aggregates,
    base_of,
)
from sheetsync.model.kpi import Kpi
from sheetsync.model.live import quoted
from sheetsync.model.live_facts import LiveFacts, Source

LONGEST = 8000
"""Characters of a formula; Excel refuses more than 8,192."""

_BLANK = "NA()"
_NUMBER = ">-1000000000000000"
_HALF = 0.5
_ODD_INTERVALS = ("nps", "difference")


class NotCovered(ValueError):
    """An expression that no formula can say; the message names what."""


@dataclass(frozen=True, slots=True)
class Criterion:
    """A condition of SUMIFS: a live column compared with a number or text.

    ``sign`` is "=", "<>", ">=" or "<=", or "number" for a filled cell.
    """

    name: str
    sign: str
    value: str | float = 0

    def criterion(self) -> str:
        """Return range and criterion as SUMIFS takes them."""
        if self.sign == "number":
            return f"{self.name},{quoted(_NUMBER)}"
        if self.sign == "=" and not isinstance(self.value, str):
            return f"{self.name},{plain(self.value)}"
        if not isinstance(self.value, str):
            return f"{self.name},{quoted(self.sign)}&{plain(self.value)}"
        return f"{self.name},{quoted(self.value if self.sign == '=' else self.sign + self.value)}"

    def truth(self) -> str:
        """Return the condition as a truth per row, for what is multiplied."""
        value = quoted(self.value) if isinstance(self.value, str) else plain(self.value)
        return f"({self.name}{self.sign}{value})"


def plain(number: float) -> str:
    """Write a number as formulas do.

    >>> plain(3.0), plain(0.25)
    ('3', '0.25')
    """
    return f"{number:.15g}"


@dataclass(frozen=True, slots=True)
class Rows:
    """The rows that an aggregate looks at on one live tab: alternatives, each a set of tests."""

    source: Source
    column: str
    choices: tuple[tuple[Criterion, ...], ...]


@dataclass(frozen=True, slots=True)
class Place:
    """Whose value and when: a partner or "" for all, a month as yyyymm or 0 for the period."""

    group: str
    month: int


def rows_of(a: Aggregate, at: Place, facts: LiveFacts) -> tuple[Rows, ...]:
    """Return where an aggregate finds its rows; NotCovered when live tabs do not have them."""
    if a.table not in facts.sources:
        raise NotCovered(f"facts {a.table}")
    return tuple(_rows(a, at, source) for source in facts.sources[a.table])


def _rows(a: Aggregate, at: Place, source: Source) -> Rows:
    fixed = [Criterion(_name(source, source.rows), "=", 1)]
    if at.group and not a.everyone:
        fixed.append(Criterion(_name(source, source.partner), "=", at.group))
    if a.span is not Span.EVER:
        fixed.append(Criterion(_name(source, _found(source.spans, a.span.value)), "=", 1))
    if at.month and not (a.everyone and a.span is Span.EVER):
        if not source.month:
            raise NotCovered("months of what has no date")
        fixed.append(Criterion(_name(source, source.month), "=", at.month))
    choices = [(*fixed, *more) for more in _tests(a.where, source)]
    column = _name(source, _found(source.columns, a.column)) if a.column else ""
    return Rows(source, column, tuple(choices))


def _found(names: Mapping[str, str], wanted: str) -> str:
    if wanted not in names:
        raise NotCovered(f"column {wanted}")
    return names[wanted]


def _name(source: Source, key: str) -> str:
    return f"{source.tab}_{key}"


def _tests(where: Predicate, source: Source) -> list[tuple[Criterion, ...]]:
    match where:
        case And(parts):
            told = product(*(_tests(part, source) for part in parts))
            return [tuple(test for part in row for test in part) for row in told]
        case Eq("is_partner", value):
            sign = "<>" if value == 1 else "="
            return [(Criterion(_name(source, source.partner), sign, "DIRECT"),)]
        case Eq(column, value):
            return [(Criterion(_name(source, _found(source.columns, column)), "=", value),)]
        case In(column, values):
            name = _name(source, _found(source.columns, column))
            return [(Criterion(name, "=", value),) for value in values]
        case Ge(column, value):
            return [(Criterion(_name(source, _found(source.columns, column)), ">=", value),)]
        case Le(column, value):
            return [(Criterion(_name(source, _found(source.columns, column)), "<=", value),)]
        case NotNull(column):
            return [(Criterion(_name(source, _found(source.columns, column)), "number"),)]


@dataclass(frozen=True, slots=True)
class Printer:
    """Prints expressions for one place; ``params`` are numbers of the Settings."""

    facts: LiveFacts
    params: Mapping[str, float]
    at: Place

    def expr(self, expr: Expr, blank: str = _BLANK) -> str:
        """Return the formula text; ``blank`` stands where it has no value."""
        match expr:
            case Aggregate():
                return self._aggregate(expr, blank)
            case Const(value):
                return plain(value)
            case Param(name):
                return plain(self.params[name])
            case Above(a, limit):
                told = self.expr(a, blank)
                return f"IF({told}>{plain(limit)},{told},{blank})"
            case OnlyIf(a, given):
                return f"IF({self.expr(given, '0')}>0,{self.expr(a, blank)},{blank})"
            case OrZero(a):
                return self.expr(a, "0")
            case Ratio(a, b):
                top, base = self.expr(a, blank), self.expr(b, blank)
                return f"{top}/{_bracketed(b, base)}"
            case Add(a, b) | Sub(a, b) | Mul(a, b):
                sign = {Add: "+", Sub: "-", Mul: "*"}[type(expr)]
                return f"({self.expr(a, blank)}{sign}{self.expr(b, blank)})"

    def _aggregate(self, a: Aggregate, blank: str) -> str:
        rows = rows_of(a, self.at, self.facts)
        if isinstance(a, Count):
            return _counted(rows, filled=bool(a.column))
        if isinstance(a, Quantile):
            return _quantile(a, rows, blank)
        if not isinstance(a, Sum | Mean):
            raise NotCovered(type(a).__name__)
        total, often = _summed(rows), _counted(rows, filled=True)
        if isinstance(a, Mean):
            total = f"{total}/{often}"
        elif blank == "0":
            return total
        return f"IF({often}=0,{blank},{total})"


def _bracketed(expr: Expr, told: str) -> str:
    """Brackets where a base is itself a division."""
    return f"({told})" if isinstance(expr, Ratio) else told


def _criteria(tests: Iterable[Criterion]) -> str:
    return ",".join(test.criterion() for test in tests)


def _counted(rows: Iterable[Rows], *, filled: bool) -> str:
    told = [
        f"COUNTIFS({_criteria((*tests, *_filled(one, filled=filled)))})"
        for one in rows
        for tests in one.choices
    ]
    return told[0] if len(told) == 1 else f"({'+'.join(told)})"


def _filled(one: Rows, *, filled: bool) -> tuple[Criterion, ...]:
    return (Criterion(one.column, "number"),) if filled else ()


def _summed(rows: Iterable[Rows]) -> str:
    told = [f"SUMIFS({one.column},{_criteria(tests)})" for one in rows for tests in one.choices]
    return told[0] if len(told) == 1 else f"({'+'.join(told)})"


def _quantile(a: Quantile, rows: tuple[Rows, ...], blank: str) -> str:
    """The quantile of numbers from zero up: rows that do not count are zeros, so they come last."""
    if len(rows) != 1 or len(rows[0].choices) != 1:
        raise NotCovered("a quantile of several kinds of rows")
    one = rows[0]
    ranked = _name(one.source, _found(one.source.ranked, a.column))
    tests = (*one.choices[0], *_filled(one, filled=True))
    if not a.censored:
        return _between(a.q, _counted((one,), filled=True), _masked(tests, ranked), blank)
    waits = _name(one.source, _found(one.source.columns, a.censored))
    done = (*tests, Criterion(waits, "=", 0))
    middle = _between(_HALF, f"COUNTIFS({_criteria(done)})", _masked(done, ranked), "0")
    late = f'{_criteria((*tests, Criterion(waits, "=", 1)))},{one.column},">="&{middle}'
    often = f"(COUNTIFS({_criteria(done)})+COUNTIFS({late}))"
    kept = f"((({waits}=0)+({ranked}>={middle}))>0)*{_masked(tests, ranked)}"
    return _between(a.q, often, kept, blank)


def _masked(tests: Iterable[Criterion], ranked: str) -> str:
    return "*".join((*(t.truth() for t in tests if t.sign != "number"), ranked))


def _between(q: float, often: str, among: str, blank: str) -> str:
    """The q quantile of the ``often`` greatest numbers, between the two nearest."""
    if q == _HALF:
        upper, lower = f"INT(({often}+1)/2)", f"INT({often}/2)+1"
        told = f"SUMPRODUCT(LARGE({among},{upper})+LARGE({among},{lower}))/2"
    else:
        place = f"(1+{plain(1 - q)}*({often}-1))"
        upper, lower = f"INT({place})", f"MIN({often},INT({place})+1)"
        part = f"({place}-INT({place}))"
        told = f"SUMPRODUCT(LARGE({among},{upper})*(1-{part})+LARGE({among},{lower})*{part})"
    return f"IF({often}=0,{blank},{told})"


@dataclass(frozen=True, slots=True)
class Asked:
    """What a KPI's cells are worked out from: the expressions of one grain.

    ``gap`` counts what is missing: rows without a rate and what the KPI itself names.
    """

    value: Expr
    n: Expr
    gap: Expr | None
    base: Expr | None


def asked(kpi: Kpi, at: Place, facts: LiveFacts) -> Asked:
    """Return the expressions of a KPI at a place; NotCovered when it has other rules."""
    if kpi.value is None:
        raise NotCovered(f"the function {kpi.named}")
    if kpi.stale_after or kpi.interval in _ODD_INTERVALS:
        raise NotCovered("its age" if kpi.stale_after else f"its interval {kpi.interval}")
    value = kpi.together if kpi.together is not None and not at.group else kpi.value
    gap: Expr | None = kpi.missing
    for a in dict.fromkeys(aggregates(value)):
        if a.column in facts.money:
            rate = Count(a.table, "", And((a.where, Eq("rate_missing", 1))), a.span, a.everyone)
            gap = rate if gap is None else Add(gap, rate)
    base = base_of(value) if base_of(kpi.value) is not None else None
    return Asked(value, kpi.n if kpi.n is not None else Const(0), gap, base)


def value_text(told: Asked, printer: Printer) -> str:
    """Return the formula of the value: "" where it is blank."""
    return _short(f'IFERROR({printer.expr(told.value)},"")')


def n_text(told: Asked, printer: Printer) -> str:
    """Return the formula of n."""
    return _short(f"IFERROR(INT({printer.expr(told.n, '0')}),0)")


def flag_text(
    told: Asked, printer: Printer, cells: tuple[str, str], minimum: int, whole: bool
) -> str:
    """Return the formula of the flag; ``cells`` say where value and n stand."""
    value, n = cells
    blank = quoted("no data")
    if told.base is not None:
        blank = f'IF({printer.expr(told.base, "0")}=0,"no base","no data")'
    filled = quoted("ok" if whole else "partial")
    if whole and minimum > 0:
        filled = f'IF({n}<{minimum},"small","ok")'
    text = f'IF({value}="",{blank},{filled})'
    if told.gap is not None:
        text = f'IF({printer.expr(told.gap, "0")}>0,"incomplete",{text})'
    return _short(f'IFERROR({text},"no base")')


def _short(text: str) -> str:
    if len(text) > LONGEST:
        raise NotCovered(f"a formula of {len(text)} characters")
    return text
