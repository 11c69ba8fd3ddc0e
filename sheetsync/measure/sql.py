"""KPI expressions printed as SQL text: one statement for all KPIs of a grain.

The text keeps to what every engine shares: CASE WHEN instead of FILTER, medians by ROW_NUMBER
and COUNT windows, sums of decimals (exact, whatever the order of the rows), explicit casts,
COALESCE and NULLIF, no date function. Written in DuckDB's dialect; sqlglot carries it further.
"""

# ruff: noqa: S608 -- names come from the declared catalogue, texts are quoted
from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field

from sheetsync.measure.sql_rows import (
    DECIMAL,
    grouped,
    literal,
    parts_of_test,
    ranked,
    where_of,
)
from sheetsync.model.expr import (
    Above,
    Add,
    Aggregate,
    And,
    Const,
    Count,
    CountDistinct,
    Eq,
    Expr,
    Latest,
    Max,
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
    Waiting,
    aggregates,
    base_of,
)
from sheetsync.model.kpi import Grain, Kpi

KEYS: Mapping[Grain, tuple[str, ...]] = {
    Grain.PARTNER: ("partner_id",),
    Grain.PARTNER_MONTH: ("partner_id", "month"),
    Grain.PROGRAMME: (),
    Grain.PROGRAMME_MONTH: ("month",),
    Grain.TYPE: ("partner_type",),
    Grain.STAGE: ("stage",),
    Grain.TAB: ("tab",),
    Grain.PRODUCT: ("product",),
}
"""The columns of fact tables by which a grain groups."""

EVIDENCE = ("value", "n", "base", "gap", "rows")
"""Per KPI: its value, what stands behind it, the outermost ratio's base, rows left out for want of
a rate (or what else is missing), and rows looked at. After these come its age and its parts."""

PLAIN_EVIDENCE = {"n": 0, "base": 1, "gap": 0, "rows": 0}
"""What evidence is when nothing is asked of the facts for it: a statement has no such column."""

MONEY_COLUMNS = frozenset({
    "amount", "gross", "refunded", "open_amount", "weighted_amount", "one_off", "yearly",
    "commission", "mrr", "kept", "wanted", "wanted_together", "upsold",
})  # fmt: skip
"""Columns in the reporting currency: blank, with ``rate_missing`` 1, where a rate is missing."""

BACKGROUND = frozenset({"presence", "partners", "catalogue"})
"""Tables that say who and when, not what happened: no evidence of input."""

_LISTS = {
    Grain.PARTNER: "partners",
    Grain.TYPE: "partners",
    Grain.STAGE: "deals",
    Grain.TAB: "cells",
    Grain.PRODUCT: "catalogue",
}
"""The table that lists the groups of a grain, also those where nothing happened."""


@dataclass(frozen=True, slots=True)
class Query:
    """A statement, the fact tables it reads, and its result's columns.

    Those are the grain's keys, then ``v0_value``, ``v0_n``, ... for the first of ``kpis``, but
    for what is ``PLAIN_EVIDENCE``.
    """

    sql: str
    keys: tuple[str, ...]
    kpis: tuple[Kpi, ...]
    tables: tuple[str, ...]


@dataclass(slots=True)
class _Statement:
    """The aggregates of one statement, each printed once and named where it stands."""

    keys: tuple[str, ...]
    params: Mapping[str, float]
    summed: frozenset[str] = frozenset()
    names: dict[Aggregate, str] = field(default_factory=dict)
    steps: dict[str, tuple[tuple[str, ...], str]] = field(default_factory=dict)


def statement(
    kpis: Sequence[Kpi],
    grain: Grain,
    params: Mapping[str, float],
    summed: frozenset[str] = frozenset(),
) -> Query:
    """Print one statement for all ``kpis`` at a grain; ``params`` are numbers of the Settings.

    Of tables that are ``summed`` the sums are read, see ``sheetsync.measure.sums``.
    """
    asked = [evidence(kpi, grain) for kpi in kpis]
    st = _Statement(KEYS[grain], params, summed)
    _gather(st, dict.fromkeys(a for told in asked for e in told.values() for a in aggregates(e)))
    columns = [
        f"{_expr(expr, st)} AS v{i}_{name}"
        for i, told in enumerate(asked)
        for name, expr in told.items()
        if expr != Const(PLAIN_EVIDENCE.get(name, -1))
    ]
    steps = [f"{name} AS (\n  {body}\n)" for name, (_, body) in st.steps.items()]
    steps.append(f"keys AS (\n  {_all_keys(st, grain)}\n)")
    head = [f"keys.{key}" for key in st.keys]
    joins = [_join(name, on) for name, (on, _) in st.steps.items()]
    sql = (
        "WITH " + ",\n".join(steps) + "\nSELECT\n  " + ",\n  ".join(head + columns)
        + "\nFROM keys" + "".join(joins)
    )  # fmt: skip
    read = {_source(a, st.summed) for a in st.names} | set(_listing(st, grain))
    return Query(sql, st.keys, tuple(kpis), tuple(sorted(read)))


def _source(a: Aggregate, summed: frozenset[str]) -> str:
    """The relation to read: that of the table's sums, where they tell it."""
    return f"{a.table}_sums" if a.table in summed and adds_up(a) else a.table


def adds_up(a: Aggregate) -> bool:
    """Tell whether the aggregate of all rows follows from those of parts of them."""
    return not isinstance(a, Quantile | Latest | Waiting | CountDistinct)


def evidence(kpi: Kpi, grain: Grain) -> dict[str, Expr]:
    """Return the expressions to evaluate for a KPI, by name of ``EVIDENCE``.

    Rows are counted for months alone: only their values depend on it. Of what is ``extra`` beside,
    the names go on with e0, e1, ...
    """
    assert kpi.value is not None, f"{kpi.id} is a named function"
    value = kpi.value
    if kpi.together is not None and grain in (Grain.PROGRAMME, Grain.PROGRAMME_MONTH):
        value = kpi.together
    own = list(dict.fromkeys(aggregates(value)))
    money = [a for a in own if a.column in MONEY_COLUMNS]
    gaps: list[Expr] = [Count(a.table, "", _also(a.where), a.span, a.everyone) for a in money]
    if kpi.missing is not None:
        gaps.append(kpi.missing)
    seen = [
        Count(a.table, "", a.where, a.span)
        for a in own
        if a.table not in BACKGROUND and not a.everyone
    ]
    return {
        "value": value,
        "n": kpi.n if kpi.n is not None else Const(0),
        "base": _base(kpi, value),
        "gap": _total(gaps),
        "rows": _total(seen if "month" in KEYS[grain] else ()),
        **{f"e{i}": expr for i, expr in enumerate(extra(kpi))},
    }


def extra(kpi: Kpi) -> tuple[Expr, ...]:
    """Return what is asked for a KPI beside ``EVIDENCE``: its parts, and its age last."""
    return kpi.parts if kpi.age is None else (*kpi.parts, kpi.age)


def _base(kpi: Kpi, value: Expr) -> Expr:
    """What is divided by: a difference of two proportions has two bases, and needs both."""
    if kpi.interval == "difference":
        return Mul(kpi.parts[1], kpi.parts[3])
    return base_of(value) or Const(1)


def _also(where: Predicate) -> Predicate:
    parts = where.parts if isinstance(where, And) else (where,)
    return And((*parts, Eq("rate_missing", 1)))


def _total(parts: Iterable[Expr]) -> Expr:
    total: Expr | None = None
    for part in dict.fromkeys(parts):
        total = part if total is None else Add(total, part)
    return total or Const(0)


def _gather(st: _Statement, wanted: Iterable[Aggregate]) -> None:
    """Put plain aggregates that share table and keys into one step, each quantile into its own."""
    shared: dict[tuple[str, tuple[str, ...]], list[Aggregate]] = {}
    for aggregate in wanted:
        keys = _own_keys(aggregate, st)
        if isinstance(aggregate, Quantile | Latest | Waiting):
            name = f"q{len(st.steps)}"
            st.steps[name] = (keys, ranked(aggregate, keys))
            st.names[aggregate] = f"{name}.q"
        else:
            source = _source(aggregate, st.summed)
            shared.setdefault((source, keys), []).append(aggregate)
    for (table, keys), found in shared.items():
        name = f"f{len(st.steps)}_{table}"
        columns = [f"{_printed(a, st.summed)} AS a{i}" for i, a in enumerate(found)]
        body = f"SELECT {', '.join([*keys, *columns])} FROM {table}{grouped(keys)}"
        st.steps[name] = (keys, body)
        st.names.update({a: f"{name}.a{i}" for i, a in enumerate(found)})


def _own_keys(aggregate: Aggregate, st: _Statement) -> tuple[str, ...]:
    if not aggregate.everyone:
        return st.keys
    return tuple(k for k in st.keys if k == "month" and aggregate.span is not Span.EVER)


def _printed(a: Aggregate, summed: frozenset[str]) -> str:
    return _of_sums(a) if a.table in summed and adds_up(a) else _plain(a)


def _of_sums(a: Aggregate) -> str:
    """The aggregate over sums of parts of the rows."""
    where = where_of(a, summed=True)
    if isinstance(a, Count) and not a.column:
        return f"SUM(CASE WHEN {where} THEN often ELSE 0 END)"
    total = f"CAST(SUM(CASE WHEN {where} THEN {a.column}_sum END) AS DOUBLE)"
    count = f"SUM(CASE WHEN {where} THEN {a.column}_often ELSE 0 END)"
    match a:
        case Sum():
            return total
        case Count():
            return count
        case Mean():
            return f"{total} / NULLIF({count}, 0)"
        case Max():
            return f"MAX(CASE WHEN {where} THEN {a.column}_max END)"
    raise TypeError(f"{a!r} does not add up")


def sums_of(found: Iterable[Aggregate], keys: Iterable[str]) -> str:
    """Print the SELECT of the sums that aggregates of one table need, by these keys."""
    asked = list(found)
    groups = dict.fromkeys(keys)
    groups |= {a.span.value: None for a in asked if a.span is not Span.EVER}
    columns: dict[str, str] = {}
    for a in asked:
        for test in parts_of_test(a.where):
            if isinstance(test, NotNull):
                there = f"CASE WHEN {test.column} IS NOT NULL THEN 1 ELSE 0 END"
                columns[f"has_{test.column}"] = there
            else:
                groups[test.column] = None
    by = [*groups, *columns.values()]
    told = [*groups, *(f"{text} AS {name}" for name, text in columns.items())]
    told.append("COUNT(*) AS often")
    for column in dict.fromkeys(a.column for a in asked if a.column):
        told.append(f"SUM(CAST({column} AS {DECIMAL})) AS {column}_sum")
        told.append(f"COUNT({column}) AS {column}_often, MAX({column}) AS {column}_max")
    return f"SELECT {', '.join(told)} FROM {asked[0].table}{grouped(by)}"


def _plain(a: Aggregate) -> str:
    where = where_of(a)
    if isinstance(a, Count) and not a.column:
        return f"SUM(CASE WHEN {where} THEN 1 ELSE 0 END)"
    cell = f"CASE WHEN {where} THEN {a.column} END"
    match a:
        case Sum():
            return f"CAST(SUM(CAST({cell} AS {DECIMAL})) AS DOUBLE)"
        case Count():
            return f"COUNT({cell})"
        case CountDistinct():
            return f"COUNT(DISTINCT {cell})"
        case Mean():
            return f"CAST(SUM(CAST({cell} AS {DECIMAL})) AS DOUBLE) / NULLIF(COUNT({cell}), 0)"
        case Max():
            return f"MAX({cell})"
    raise TypeError(f"no SQL for {a!r}")


def _expr(expr: Expr, st: _Statement) -> str:
    match expr:
        case Aggregate():
            counts = isinstance(expr, Count | CountDistinct | Waiting)
            return f"COALESCE({st.names[expr]}, 0)" if counts else st.names[expr]
        case Const(value):
            return literal(value)
        case Param(name):
            return f"CAST({st.params[name]!r} AS DOUBLE)"
        case OrZero(a):
            return f"COALESCE({_expr(a, st)}, 0)"
        case Above(a, limit):
            told = _expr(a, st)
            return f"CASE WHEN {told} > {literal(limit)} THEN {told} END"
        case _:
            return _of_two(expr, st)


def _of_two(expr: Add | Sub | Mul | Ratio | OnlyIf, st: _Statement) -> str:
    match expr:
        case Add(a, b):
            return f"({_expr(a, st)} + {_expr(b, st)})"
        case Sub(a, b):
            return f"({_expr(a, st)} - {_expr(b, st)})"
        case Mul(a, b):
            return f"({_expr(a, st)} * {_expr(b, st)})"
        case Ratio(a, b):
            return f"(CAST({_expr(a, st)} AS DOUBLE) / NULLIF({_expr(b, st)}, 0))"
        case OnlyIf(a, given):
            return f"CASE WHEN {_expr(given, st)} > 0 THEN {_expr(a, st)} END"


def _join(name: str, on: Sequence[str]) -> str:
    if not on:
        return f"\nCROSS JOIN {name}"
    return f"\nLEFT JOIN {name} ON " + " AND ".join(f"keys.{k} = {name}.{k}" for k in on)


def _all_keys(st: _Statement, grain: Grain) -> str:
    """Every group there is; for months those in which anything happened."""
    if not st.keys:
        return "SELECT 1 AS one"
    names = ", ".join(st.keys)
    sources = _listing(st, grain)
    if grain in _LISTS:
        return f"SELECT DISTINCT {names} FROM {sources[0]} WHERE {names} IS NOT NULL"
    return "\n  UNION DISTINCT ".join(
        f"SELECT {names} FROM {source} WHERE {Span.PERIOD.value} = 1" for source in sources
    )


def _listing(st: _Statement, grain: Grain) -> list[str]:
    """The relations that list the groups of a grain."""
    if grain in _LISTS:
        table = _LISTS[grain]
        return [f"{table}_sums" if table in st.summed else table]
    if not st.keys:
        return []
    return sorted({_source(a, st.summed) for a in st.names if a.table not in BACKGROUND})
