"""Tier History read as evaluations and appended to, whatever people did to the tab."""

from __future__ import annotations

from datetime import date, datetime

import pytest
from hypothesis import given
from hypothesis import strategies as st

from sheetsync.backends.memory import MemorySheet, MemoryWorkbook
from sheetsync.catalog.tracker import FULL, LEAN
from sheetsync.layout.history import evaluations_in, history_ops
from sheetsync.measure.tiers_steps import replay
from sheetsync.model.plan import Plan
from sheetsync.model.results import Evaluation
from sheetsync.model.values import Value

TAB = FULL.tab("tier_history")
HEAD: list[Value] = [column.title for column in TAB.columns]
ROW = Evaluation(date(2026, 2, 1), "P-0001", 69.0, "Silver", "Gold", "at risk 1/2", "why", 61.5)


def book(*rows: list[Value], head: list[Value] = HEAD) -> MemoryWorkbook:
    return MemoryWorkbook("book", [MemorySheet(TAB.title, [list(head), *rows], TAB.table)])


def line(at: Value, partner: Value = "P-0001", tier: Value = "Gold") -> list[Value]:
    known = {"at": at, "partner_id": partner, "tier": tier, "state": "steady", "score": 80}
    return [known.get(column.key) for column in TAB.columns]


def append(to: MemoryWorkbook, *rows: Evaluation) -> None:
    seen = to.read(FULL.tabs)
    ops = history_ops(FULL, seen, rows, "run", {"P-0001": "Northwind Crafts"})
    to.apply(Plan(ops, seen.fingerprint, "run"), FULL.tabs)


def test_what_is_appended_is_read_back() -> None:
    told = book()
    append(told, ROW)
    append(told, ROW)
    assert evaluations_in(FULL, told.read(FULL.tabs)) == ((ROW, ROW), ())
    row = dict(zip(HEAD, told.sheets[0].grid[1], strict=True))
    assert row["As of"] == datetime(2026, 2, 1)
    assert (row["Partner name"], row["Run"]) == ("Northwind Crafts", "run")


def test_nothing_due_is_no_op() -> None:
    assert history_ops(LEAN, book().read(LEAN.tabs), (), "run", {}) == ()


def test_a_workbook_without_the_tab() -> None:
    empty = MemoryWorkbook("book", []).read(FULL.tabs)
    assert evaluations_in(LEAN, empty) == (None, ())
    assert evaluations_in(FULL, empty) == ((), ())


@pytest.mark.parametrize(
    "at", [46054, 46054.4, datetime(2026, 2, 1, 9, 30), "2026-02-01", " 2026-02-01 09:30"]
)
def test_days_that_people_retyped(at: Value) -> None:
    told, _ = evaluations_in(FULL, book(line(at)).read(FULL.tabs))
    assert told is not None
    assert [row.day for row in told] == [date(2026, 2, 1)]


@pytest.mark.parametrize(
    "row",
    [
        line(None),
        line("soon"),
        line(at=True),
        line(-3.0),
        line(1e300),
        line(datetime(2026, 2, 1), partner=None),
        line(datetime(2026, 2, 1), tier=7),
    ],
)
def test_rows_that_say_nothing_are_passed_over(row: list[Value]) -> None:
    told, problems = evaluations_in(FULL, book(row).read(FULL.tabs))
    assert (told, problems) == ((), ())


def test_a_lost_column_is_told_and_stops_the_appending() -> None:
    head: list[Value] = ["Stand" if title == "State" else title for title in HEAD]
    told, (problem,) = evaluations_in(FULL, book(head=head).read(FULL.tabs))
    assert told is None
    assert (problem.code, problem.column, problem.found) == ("missing_column", "state", "State")


def test_a_column_that_nothing_hangs_on_may_go() -> None:
    head: list[Value] = [title for title in HEAD if title not in ("Reason", "Health")]
    told = book(head=head)
    append(told, ROW)
    read, problems = evaluations_in(FULL, told.read(FULL.tabs))
    assert problems == ()
    assert read is not None
    assert (read[0].tier, read[0].reason, read[0].health) == ("Gold", "", None)


ROWS = st.lists(
    st.builds(
        Evaluation,
        st.dates(date(2024, 1, 1), date(2027, 1, 1)),
        st.sampled_from(["P-0001", "P-0002"]),
        st.one_of(st.none(), st.integers(0, 100).map(float)),
        st.sampled_from(["Silver", "Gold"]),
        st.sampled_from(["Silver", "Gold"]),
        st.sampled_from(["steady", "up", "at risk 1/2", "override"]),
        st.just("why"),
    ),
    max_size=8,
    unique_by=lambda row: (row.day, row.partner_id),
)


@given(ROWS)
def test_history_replays_from_the_tab_as_from_memory(rows: list[Evaluation]) -> None:
    told = book()
    if rows:
        append(told, *rows)
    read, _ = evaluations_in(FULL, told.read(FULL.tabs))
    assert read is not None
    assert replay(read) == replay(rows)
