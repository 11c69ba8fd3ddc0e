"""What every backend promises; one suite, run over each of them."""

from __future__ import annotations

from contextlib import ExitStack
from datetime import datetime

import pytest

from sheetsync.backends.excel.workbook import ExcelWorkbook
from sheetsync.model.errors import StaleSnapshot
from sheetsync.model.plan import AppendRows, Plan, Recache, ReplaceRows, WriteCells, WriteNames
from sheetsync.model.values import CellError, Formula, same
from tests.contract.excel_small import as_excel
from tests.contract.excel_small import shown as excel_shows
from tests.contract.google_small import as_google, as_google_over_http, board_values
from tests.contract.office_small import as_office
from tests.contract.office_small import shown as office_shows
from tests.contract.script_small import as_script
from tests.contract.script_small import shown as script_shows
from tests.contract.small import FIRST, GRIDS, TABS, TOTAL, as_xlsx, in_memory
from tests.fakes.apps_script.script_book import ScriptBook, needs_node
from tests.fakes.office.browser import needs_office
from tests.fakes.office.office_book import OfficeBook

BACKENDS = {
    "memory": in_memory,
    "xlsx": as_xlsx,
    "google": as_google,
    "google over http": as_google_over_http,
    "apps script": as_script,
    "excel": as_excel,
    "office.js": as_office,
}
STAYS_OPEN = ("google over http", "excel")
NEEDS = {"apps script": needs_node, "office.js": needs_office}


@pytest.fixture(params=[pytest.param(name, marks=NEEDS.get(name, ())) for name in BACKENDS])
def make(request, tmp_path):
    """Return a maker of the small workbook for one backend: make(grids) -> Workbook."""
    with ExitStack() as stack:
        told = {"stack": stack} if request.param in STAYS_OPEN else {}
        yield lambda grids=GRIDS: BACKENDS[request.param](tmp_path, grids, **told)


def calculates(book):
    """Whether the place of the workbook works formulas out itself: then none are cached in it."""
    return getattr(book, "calculates", False)


def formulas(book):
    """What the board's formulas show."""
    if isinstance(book, ScriptBook):
        return script_shows(book)
    if isinstance(book, ExcelWorkbook):
        return excel_shows(book)
    if isinstance(book, OfficeBook):
        return office_shows(book)
    return (
        board_values(book) if calculates(book) else dict(book.read(TABS).reports["board"].formulas)
    )


@pytest.fixture
def book(make):
    return make()


def cells(book, tab, column):
    return book.read(TABS).tables[tab].column(column)


def write(seen, column, row, old, new, tab="deals", key=None):
    key = key or str(seen.tables[tab].column("deal_id")[row - 2] or "~")
    return Plan(
        (WriteCells(tab, column, (key,), (key,), (row,), (old,), (new,)),), seen.fingerprint, "r1"
    )


def test_reads_declared_tabs_by_column_key(book):
    seen = book.read(TABS)
    assert seen.tables["deals"].column("deal_id") == ["D-0001", "D-0002", None, "D-0004"]
    assert seen.tables["deals"].column("amount") == [100, "1,200.50", 7.5, None]
    assert seen.tables["deals"].column("closed")[0] == datetime(2026, 1, 31)
    assert list(seen.tables["deals"].rows) == [2, 3, 4, 5]


def test_text_that_looks_like_a_formula_is_text(book):
    assert cells(book, "deals", "stage")[3] == "=1+1"


def test_reads_report_tabs(book):
    board = book.read(TABS).reports["board"]
    assert board.names == {"board_as_of": None, "board_note": "hello"}
    assert formulas(book) == {TOTAL: 3.5, FIRST: 1.5}
    assert calculates(book) == (not board.formulas)


def test_lists_the_tabs_it_does_not_know(book):
    assert "Notes" in book.read(TABS).other_tabs


def test_reading_twice_gives_the_same(book):
    first, second = book.read(TABS), book.read(TABS)
    assert first.fingerprint == second.fingerprint
    assert first.tables["deals"].cells == second.tables["deals"].cells


@pytest.mark.parametrize(
    "new",
    [
        "won",
        "=2+2",
        'a < b & "c"',
        "  two  ",
        "line\nbreak",
        "été ☂ 日本",
        12.5,
        -3,
        0.1,
        True,
        None,
        CellError("#N/A"),
        Formula("1+1", 2),
    ],
)
def test_a_written_cell_reads_back(book, new):
    book.apply(write(book.read(TABS), "stage", 2, " won", new), TABS)
    assert same(cells(book, "deals", "stage")[0], new)


def test_a_written_day_reads_back_as_a_day(book):
    book.apply(write(book.read(TABS), "closed", 3, None, datetime(2026, 2, 28)), TABS)
    assert cells(book, "deals", "closed")[1] == datetime(2026, 2, 28)


def test_text_becomes_a_number(book):
    book.apply(write(book.read(TABS), "amount", 3, "1,200.50", 1200.5), TABS)
    assert cells(book, "deals", "amount")[1] == 1200.5


def test_nothing_but_the_planned_cell_changes(book):
    before = book.read(TABS)
    book.apply(write(before, "stage", 2, " won", "won"), TABS)
    after = book.read(TABS)
    assert after.tables["deals"].column("stage")[1:] == before.tables["deals"].column("stage")[1:]
    assert after.tables["results"].cells == before.tables["results"].cells
    mine = before.tables["deals"].headers.index("Mine")
    assert after.tables["deals"].cells[mine] == before.tables["deals"].cells[mine]


def test_a_blank_id_is_filled(book):
    book.apply(write(book.read(TABS), "deal_id", 4, None, "D-0005"), TABS)
    assert cells(book, "deals", "deal_id")[2] == "D-0005"


def test_another_value_than_expected_makes_the_plan_stale(book):
    seen = book.read(TABS)
    with pytest.raises(StaleSnapshot):
        book.apply(write(seen, "stage", 2, "lost", "won"), TABS)
    assert book.read(TABS).fingerprint == seen.fingerprint


def test_a_plan_of_an_older_reading_is_stale(book):
    seen = book.read(TABS)
    book.apply(write(seen, "stage", 2, " won", "won"), TABS)
    with pytest.raises(StaleSnapshot):
        book.apply(write(seen, "stage", 3, "lost", "open"), TABS)
    assert cells(book, "deals", "stage")[1] == "lost"


def test_a_plan_is_written_whole_or_not_at_all(book):
    seen = book.read(TABS)
    good = write(seen, "stage", 2, " won", "won").ops
    bad = write(seen, "stage", 3, "something else", "won").ops
    with pytest.raises(StaleSnapshot):
        book.apply(Plan((*good, *bad), seen.fingerprint, "r1"), TABS)
    assert cells(book, "deals", "stage")[:2] == [" won", "lost"]


def test_an_empty_plan_changes_nothing(book):
    seen = book.read(TABS)
    book.apply(Plan((), seen.fingerprint, "r1"), TABS)
    assert book.read(TABS).fingerprint == seen.fingerprint


def replaced(seen, new):
    table = seen.tables["results"]
    old = tuple(zip(*(table.column(k) for k in ("key", "value", "decision")), strict=True))
    return Plan(
        (ReplaceRows("results", ("key", "value", "decision"), old, new),), seen.fingerprint, "r2"
    )


@pytest.mark.parametrize("count", [0, 1, 2, 3, 50])
def test_a_computed_table_grows_and_shrinks(book, count):
    rows = tuple((f"k{i}", i / 4, None) for i in range(count))
    book.apply(replaced(book.read(TABS), rows), TABS)
    assert cells(book, "results", "key") == [row[0] for row in rows]
    assert cells(book, "results", "value") == [row[1] for row in rows]
    again = tuple((f"z{i}", i, "reject") for i in range(7))
    book.apply(replaced(book.read(TABS), again), TABS)
    assert cells(book, "results", "decision") == ["reject"] * 7


def test_a_log_only_grows(book):
    for i in range(3):
        seen = book.read(TABS)
        op = AppendRows("log", ("run", "note"), ((f"r{i + 1}", "more"), (f"r{i + 1}", "lines")))
        book.apply(Plan((op,), seen.fingerprint, f"r{i + 1}"), TABS)
    assert cells(book, "log", "run") == ["r0", "r1", "r1", "r2", "r2", "r3", "r3"]


def test_named_cells_and_cached_values_are_set(book):
    seen = book.read(TABS)
    day = datetime(2026, 6, 30)
    ops = (
        WriteNames("board", ("board_as_of", "board_note"), (None, "hello"), (day, "bye")),
        Recache("board", (TOTAL, FIRST), (3.5, 1.5), (9.25, "no data")),
    )
    book.apply(Plan(ops, seen.fingerprint, "r1"), TABS)
    board = book.read(TABS).reports["board"]
    assert board.names == {"board_as_of": day, "board_note": "bye"}
    if not calculates(book):
        assert dict(board.formulas) == {TOTAL: 9.25, FIRST: "no data"}


def test_a_place_that_calculates_shows_new_rows_at_once(book):
    if not calculates(book):
        pytest.skip("formulas are cached here, and set by Recache")
    book.apply(replaced(book.read(TABS), (("z", 4, None), ("a", 0.25, None))), TABS)
    assert formulas(book) == {TOTAL: 4.25, FIRST: 0.25}


def test_a_run_is_remembered_and_taken_back(book):
    before = book.read(TABS)
    plan = Plan(
        (
            *write(before, "stage", 2, " won", "won").ops,
            *write(before, "deal_id", 4, None, "D-0005").ops,
            *replaced(before, (("c", 3.0, None),)).ops,
        ),
        before.fingerprint,
        "run-1",
    )
    book.apply(plan, TABS)
    assert book.plan_of("run-1") == plan
    now = book.read(TABS)
    book.apply(book.plan_of("run-1").reverse(now.fingerprint, "run-2"), TABS)
    after = book.read(TABS)
    assert after.tables["deals"].cells == before.tables["deals"].cells
    assert after.tables["results"].cells == before.tables["results"].cells


def test_an_unknown_run_is_a_key_error(book):
    book.read(TABS)
    with pytest.raises(KeyError):
        book.plan_of("never")


def test_columns_are_found_by_header_wherever_they_stand(make):
    moved = {**GRIDS, "Deals": [tuple(reversed(row)) for row in GRIDS["Deals"]]}
    book = make(moved)
    assert cells(book, "deals", "deal_id") == ["D-0001", "D-0002", None, "D-0004"]
    book.apply(write(book.read(TABS), "stage", 2, " won", "won"), TABS)
    assert cells(book, "deals", "stage")[0] == "won"


@pytest.mark.parametrize("header", ["STAGE", " stage*", "Stage\u00a0"])
def test_headers_match_whatever_their_dress(make, header):
    rows = [list(row) for row in GRIDS["Deals"]]
    rows[0][1] = header
    assert cells(make({**GRIDS, "Deals": rows}), "deals", "stage")[1] == "lost"


def test_a_second_column_of_one_name_is_told_and_neither_is_used(make):
    rows = [list(row) for row in GRIDS["Deals"]]
    rows[0][2] = "stage "
    table = make({**GRIDS, "Deals": rows}).read(TABS).tables["deals"]
    assert "stage" not in table.bound
    assert [p.code for p in table.problems] == ["two_columns"]


def test_a_missing_tab_is_left_out(make):
    book = make({title: grid for title, grid in GRIDS.items() if title != "Results"})
    assert "results" not in book.read(TABS).tables


def test_blank_rows_are_no_rows(make):
    head, *body = GRIDS["Deals"]
    blank = (None,) * len(head)
    table = make({**GRIDS, "Deals": (head, blank, *body[:2], blank, *body[2:])}).read(TABS)
    assert list(table.tables["deals"].rows) == [3, 4, 6, 7]


def test_a_check_that_is_left_over_is_no_row(make):
    left_over = (None, None, None, None, None, "stage is missing")
    table = make({**GRIDS, "Deals": (*GRIDS["Deals"], left_over)}).read(TABS).tables["deals"]
    assert list(table.rows) == [2, 3, 4, 5]


def test_a_line_of_totals_is_told_and_is_no_row(make):
    total = ("Total", None, None, 1307.5, None, None)
    table = make({**GRIDS, "Deals": (*GRIDS["Deals"], total)}).read(TABS).tables["deals"]
    assert list(table.rows) == [2, 3, 4, 5]
    assert [p.code for p in table.problems] == ["total_row"]


def test_closing_twice_is_safe(book):
    book.close()
    book.close()
