"""The SQL text: portable, and right where windows replace built-in functions."""

from __future__ import annotations

import pandas as pd
import pytest
import sqlglot
from hypothesis import given
from hypothesis import strategies as st

from sheetsync.catalog.kpis import KPIS
from sheetsync.engines.duckdb import DuckDb
from sheetsync.measure.measure import PARAMS
from sheetsync.measure.sql import statement
from sheetsync.model.expr import (
    Add,
    Const,
    CountDistinct,
    Eq,
    Expr,
    Ge,
    In,
    Le,
    Max,
    Mean,
    Median,
    Mul,
    Quantile,
    Span,
    Sum,
)
from sheetsync.model.kpi import Grain, Kpi, Unit

ENGINE = DuckDb()
ALL = [*KPIS, *(kpi.attributed for kpi in KPIS if kpi.attributed)]
QUERIES = {
    grain: statement(
        [k for k in ALL if grain in k.grains and k.value is not None],
        grain,
        dict.fromkeys(PARAMS, 1.0),
    ).sql
    for grain in Grain
}


@pytest.mark.parametrize("dialect", ["spark", "bigquery", "snowflake", "postgres"])
@pytest.mark.parametrize("grain", list(Grain))
def test_every_statement_goes_to_other_engines(grain: Grain, dialect: str) -> None:
    (text,) = sqlglot.transpile(
        QUERIES[grain], read="duckdb", write=dialect, unsupported_level=sqlglot.ErrorLevel.RAISE
    )
    assert sqlglot.parse_one(text, read=dialect) is not None


@pytest.mark.parametrize("grain", list(Grain))
def test_no_function_that_means_different_things(grain: Grain) -> None:
    tree = sqlglot.parse_one(QUERIES[grain], read="duckdb")
    names = {type(node).__name__ for node in tree.find_all(sqlglot.exp.Func)}
    assert names <= {
        "Abs", "And", "Or", "Case", "Cast", "Coalesce", "Count", "If", "Max", "Nullif",
        "RowNumber", "Sum",
    }  # fmt: skip
    assert not list(tree.find_all(sqlglot.exp.Filter))


def one(expr: Expr, **columns: list[object]) -> float | None:
    """Evaluate an expression over one table ``t``, for the programme."""
    kpi = Kpi("X", "X", Unit.NUMBER, (Grain.PROGRAMME,), "", expr, None, "")
    query = statement([kpi], Grain.PROGRAMME, {})
    told = ENGINE.run(query.sql, {"t": pd.DataFrame(columns)})["v0_value"][0]
    return None if pd.isna(told) else float(told)


@given(st.lists(st.floats(-1e6, 1e6), min_size=1, max_size=30), st.sampled_from([0.5, 0.9, 0.25]))
def test_quantile_is_the_interpolated_one(values: list[float], q: float) -> None:
    told = one(Quantile("t", "x", span=Span.EVER, q=q), x=values)
    assert told == pytest.approx(pd.Series(values).quantile(q), rel=1e-9, abs=1e-6)


def test_predicates_and_aggregates() -> None:
    columns = {"x": [1.0, 2.0, 2.0, None, 9.0], "k": ["a", "b", "o'c", "a", "z"]}
    ever = {"span": Span.EVER}
    assert one(Sum("t", "x", Eq("k", "o'c"), **ever), **columns) == 2
    assert one(Sum("t", "x", In("k", ("a", "b")), **ever), **columns) == 3
    assert one(Mean("t", "x", Le("x", 2), **ever), **columns) == pytest.approx(5 / 3)
    assert one(Max("t", "x", Le("x", 8), **ever), **columns) == 2
    assert one(CountDistinct("t", "x", Ge("x", 2), **ever), **columns) == 2
    assert one(Sum("t", "x", Eq("k", "none"), **ever), **columns) is None
    doubled = Mul(Add(Sum("t", "x", **ever), Const(1)), Const(2))
    assert one(doubled, **columns) == 30


def test_sums_of_cents_are_exact() -> None:
    assert one(Sum("t", "x", span=Span.EVER), x=[0.1] * 10_000 + [1e9, -1e9]) == 1000


def test_a_median_counts_open_rows_only_when_they_are_old_enough() -> None:
    columns = {"in_period": [1] * 5, "x": [2.0, 4.0, 6.0, 3.0, 50.0], "w": [0, 0, 0, 1, 1]}
    assert one(Median("t", "x", censored="w"), **columns) == 5
