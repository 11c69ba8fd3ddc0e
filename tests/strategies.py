"""Hypothesis strategies for cells and plans, shared by the property tests."""

from __future__ import annotations

from datetime import datetime, timedelta

from hypothesis import strategies as st

from sheetsync.model.plan import AppendRows, Plan, Recache, ReplaceRows, WriteCells, WriteNames
from sheetsync.model.values import CellError, Formula

texts = st.text(st.characters(codec="utf-8", exclude_categories=["Cs", "Cc"]), max_size=12)
numbers = st.one_of(
    st.integers(-(10**12), 10**12),
    st.floats(allow_nan=False, allow_infinity=False, width=32),
)
times = st.datetimes(datetime(1930, 1, 1), datetime(2090, 1, 1)).map(
    lambda t: t.replace(microsecond=0)
)
errors = st.sampled_from(["#N/A", "#REF!", "#VALUE!", "#DIV/0!"]).map(CellError)
durations = st.integers(0, 10**6).map(lambda s: timedelta(seconds=s))
scalars = st.one_of(st.none(), texts, numbers, st.booleans(), times, errors, durations)
formulas = st.builds(Formula, st.sampled_from(["SUM(A1:A3)", 'A1&"x"', "NOW()"]), scalars)
values = st.one_of(scalars, formulas)
rows = st.lists(st.tuples(values, values, values), max_size=4).map(tuple)


@st.composite
def write_cells(draw: st.DrawFn) -> WriteCells:
    n = draw(st.integers(1, 4))
    keys = tuple(f"K-{i}" for i in range(n))
    old, new = (tuple(draw(values) for _ in range(n)) for _ in range(2))
    return WriteCells("deals", "amount", keys, keys, tuple(range(2, n + 2)), old, new)


def _pairs(make: type, cells: st.SearchStrategy) -> st.SearchStrategy:
    pairs = st.lists(st.tuples(texts, cells, cells), min_size=1, max_size=4)
    return pairs.map(lambda p: make("dashboard", *(tuple(part) for part in zip(*p, strict=True))))


ops = st.one_of(
    write_cells(),
    st.builds(ReplaceRows, st.just("issues"), st.just(("a", "b", "c")), rows, rows),
    st.builds(AppendRows, st.just("log"), st.just(("a", "b", "c")), rows),
    _pairs(WriteNames, values),
    _pairs(Recache, scalars),
)
plans = st.builds(Plan, st.lists(ops, max_size=5).map(tuple), texts, texts, texts)
