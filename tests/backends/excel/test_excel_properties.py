"""Whatever is written into an open Excel, it holds what plain lists hold, or what it held."""

from __future__ import annotations

import tempfile
from contextlib import ExitStack
from datetime import datetime, timedelta
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from sheetsync.model.errors import WriteFailed
from sheetsync.model.plan import AppendRows
from sheetsync.model.values import CellError, Formula, same
from tests.backends.excel.plans import cells, fail_at, held, plan, results
from tests.contract.excel_small import as_excel
from tests.contract.small import TABS, in_memory

TEXTS = st.text(max_size=8) | st.sampled_from(
    ["=1+1", "0012", "1/2", "TRUE", "#N/A", "'x", "Mar 5", "5%", "won", "@x", "-", "wahr"]
)
VALUES = st.one_of(
    st.none(),
    TEXTS.filter(lambda text: "\r" not in text),
    st.booleans(),
    st.integers(-(10**9), 10**9),
    st.floats(allow_nan=False, allow_infinity=False, width=32),
    st.datetimes(datetime(1901, 1, 1), datetime(2100, 1, 1)).map(
        lambda d: d.replace(microsecond=0)
    ),
    st.just(CellError("#N/A")),
    st.just(Formula("1+1", 2)),
)
KEYS = st.lists(st.sampled_from("abcdefgh"), unique=True, max_size=8)
FILTERS = st.sampled_from([{}, {2: {"type": "values", "values": ["lost"]}}])


@st.composite
def plans(draw):
    """Makers of ops from what was read."""
    stages = draw(st.dictionaries(st.integers(2, 5), VALUES, max_size=4))
    checks = draw(st.dictionaries(st.integers(2, 5), VALUES, max_size=4))
    bodies = tuple((key, draw(VALUES), draw(VALUES)) for key in draw(KEYS))
    lines = tuple((key, draw(TEXTS)) for key in draw(KEYS))

    def ops(seen):
        told = []
        if stages:
            told.append(cells(seen, "stage", stages))
        if checks:
            told.append(cells(seen, "check", checks))
        told.append(results(seen, *bodies))
        if lines:
            told.append(AppendRows("log", ("run", "note"), lines))
        return told

    return ops


def alike(a, b):
    """Whether two workbooks hold the same tables; a duration and its day are the same to COM."""
    for key in ("deals", "results", "log"):
        x, y = a.tables[key], b.tables[key]
        if list(x.rows) != list(y.rows):
            return False
        for left, right in zip(x.cells, y.cells, strict=True):
            if not all(map(same, left, right)):
                return False
    return True


@given(plans(), FILTERS)
def test_the_same_plan_gives_the_same_cells_as_in_lists(ops, criteria):
    with ExitStack() as stack, tempfile.TemporaryDirectory() as folder:
        book = as_excel(Path(folder), stack=stack)
        deals = book.excel.books[0].sheet("Deals")
        deals.tables[0].criteria = dict(criteria)
        lists = in_memory(Path(folder))
        for one in (book, lists):
            seen = one.read(TABS)
            one.apply(plan(seen, *ops(seen)), TABS)
        assert alike(book.read(TABS), lists.read(TABS))
        assert deals.tables[0].criteria == criteria


@given(plans(), FILTERS, st.integers(1, 6))
def test_a_refusal_anywhere_leaves_everything_as_it_was(ops, criteria, number):
    with ExitStack() as stack, tempfile.TemporaryDirectory() as folder:
        book = as_excel(Path(folder), stack=stack)
        book.excel.books[0].sheet("Deals").tables[0].criteria = dict(criteria)
        before = held(book.excel)
        seen = book.read(TABS)
        fail_at(book.excel, number)
        told = plan(seen, *ops(seen))
        try:
            book.apply(told, TABS)
        except WriteFailed:
            now = held(book.excel)
            for fake in (now[0][0], before[0][0]):
                for sheet in fake.sheets:
                    sheet.formats.clear()  # Excel gives a date's cell a format, and keeps it
            assert now == before


@pytest.mark.parametrize("days", [0.5, 1.25, 40])
def test_a_duration_comes_back_as_one(tmp_path, days):
    with ExitStack() as stack:
        book = as_excel(tmp_path, stack=stack)
        book.excel.books[0].sheet("Deals").formats[2, 5] = "[h]:mm"
        seen = book.read(TABS)
        told = cells(seen, "closed", {2: timedelta(days=days)})
        book.apply(plan(seen, told), TABS)
        assert book.read(TABS).tables["deals"].column("closed")[0] == timedelta(days=days)
