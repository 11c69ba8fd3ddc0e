"""Rows of a fact table as SQL text: which take part, and what their order says.

Medians, newest entries and waiting rows by ROW_NUMBER, MAX and COUNT windows, which every engine
has alike.
"""

# ruff: noqa: S608 -- names come from the declared catalogue, texts are quoted
from __future__ import annotations

from collections.abc import Iterator, Sequence

from sheetsync.model.expr import (
    Aggregate,
    And,
    Eq,
    Ge,
    In,
    Latest,
    Le,
    NotNull,
    Predicate,
    Quantile,
    Span,
    Waiting,
)

DECIMAL = "DECIMAL(28, 4)"
"""Holds every amount of a sheet; within the limits of the warehouses that share this text."""


def ranked(a: Quantile | Latest | Waiting, keys: Sequence[str]) -> str:
    """Print the step of an aggregate that looks at the order of rows; its result is ``q``."""
    match a:
        case Quantile():
            return _quantile(a, keys)
        case Latest():
            return _latest(a, keys)
        case Waiting():
            return _waiting(a, keys)


def _latest(a: Latest, keys: Sequence[str]) -> str:
    over = f"PARTITION BY {', '.join(keys)}" if keys else ""
    inner = [*keys, f"{a.column} AS x", "day", f"MAX(day) OVER ({over}) AS newest"]
    found = (
        f"SELECT {', '.join(inner)} FROM {a.table} WHERE {where_of(a)} AND {a.column} IS NOT NULL"
    )
    total = f"CAST(SUM(CAST(x AS {DECIMAL})) AS DOUBLE)"
    told = [*keys, f"{total if a.add else f'{total} / NULLIF(COUNT(x), 0)'} AS q"]
    return f"SELECT {', '.join(told)} FROM ({found}) AS dated WHERE day = newest{grouped(keys)}"


def _waiting(a: Waiting, keys: Sequence[str]) -> str:
    source = _uncensored(a, keys, f"{where_of(a)} AND {a.column} IS NOT NULL")
    late = f"SUM(CASE WHEN {a.censored} = 1 AND x >= middle THEN 1 ELSE 0 END) AS q"
    return f"SELECT {', '.join([*keys, late])} FROM {source}{grouped(keys)}"


def _quantile(a: Quantile, keys: Sequence[str]) -> str:
    """Weigh the rows on both sides of the place that ``q`` names: 1 minus the distance to it."""
    where = f"{where_of(a)} AND {a.column} IS NOT NULL"
    source = a.table
    if a.censored:
        source = _uncensored(a, keys, where)
        where = f"{a.censored} = 0 OR x >= middle"
    over = f"PARTITION BY {', '.join(keys)}" if keys else ""
    by = f"{over} ORDER BY {a.column}".strip()
    away = f"ABS(place - 1 - CAST({a.q!r} AS DOUBLE) * (often - 1))"
    columns = [*keys, f"SUM(x * CASE WHEN {away} < 1 THEN 1 - {away} ELSE 0 END) AS q"]
    if a.censored:
        by = by.replace(f"ORDER BY {a.column}", "ORDER BY x")
    x = "x" if a.censored else f"{a.column} AS x"
    inner = [*keys, x, f"ROW_NUMBER() OVER ({by}) AS place", f"COUNT(*) OVER ({over}) AS often"]
    ranked = f"SELECT {', '.join(inner)} FROM {source} WHERE {where}"
    return f"SELECT {', '.join(columns)} FROM ({ranked}) AS ranked{grouped(keys)}"


def _uncensored(a: Quantile | Waiting, keys: Sequence[str], where: str) -> str:
    """The rows with the median of the complete ones beside each (0 where none is complete)."""
    over = f"PARTITION BY {', '.join([*keys, a.censored])}"
    group = f"PARTITION BY {', '.join(keys)}" if keys else ""
    inner = [
        *keys,
        a.censored,
        f"{a.column} AS x",
        f"ROW_NUMBER() OVER ({over} ORDER BY {a.column}) AS nth",
        f"COUNT(*) OVER ({over}) AS many",
    ]
    weight = f"{a.censored} = 0 AND ABS(2 * nth - 1 - many) < 2"
    # The one or two middle rows of the complete ones; an even count has its middle between two.
    middle = (
        f"COALESCE(SUM(CASE WHEN {weight} THEN x * CASE WHEN ABS(2 * nth - 1 - many) = 0"
        f" THEN 1 ELSE 0.5 END END) OVER ({group}), 0) AS middle"
    )
    told = f"SELECT {', '.join(inner)} FROM {a.table} WHERE {where}"
    return f"(SELECT {', '.join([*keys, a.censored, 'x', middle])} FROM ({told}) AS seen) AS timed"


def grouped(keys: Sequence[str]) -> str:
    """Print GROUP BY, nothing without keys."""
    return f" GROUP BY {', '.join(keys)}" if keys else ""


def where_of(a: Aggregate, *, summed: bool = False) -> str:
    """Print which rows an aggregate looks at; ``summed``: rows of a view of sums."""
    span = [f"{a.span.value} = 1"] if a.span is not Span.EVER else []
    told = [
        f"has_{test.column} = 1" if summed and isinstance(test, NotNull) else test_of(test)
        for test in parts_of_test(a.where)
    ]
    return " AND ".join([*span, *told]) or "1 = 1"


def test_of(p: Eq | In | Ge | Le | NotNull) -> str:
    """Print one test of a column."""
    match p:
        case Eq(column, value):
            return f"{column} = {literal(value)}"
        case In(column, values):
            return f"{column} IN ({', '.join(map(literal, values))})"
        case Ge(column, value):
            return f"{column} >= {literal(value)}"
        case Le(column, value):
            return f"{column} <= {literal(value)}"
        case NotNull(column):
            return f"{column} IS NOT NULL"


def literal(value: float | str) -> str:
    """Print a number or a quoted text."""
    if isinstance(value, str):
        return "'" + value.replace("'", "''") + "'"
    return repr(value)


def parts_of_test(p: Predicate) -> Iterator[Eq | In | Ge | Le | NotNull]:
    """Yield the single tests of a predicate."""
    if isinstance(p, And):
        for part in p.parts:
            yield from parts_of_test(part)
    else:
        yield p
