"""Plans played in an open workbook: compared first, whole or nothing, and as little as needed."""

from __future__ import annotations

from datetime import datetime, timedelta
from functools import partial

import pytest

from sheetsync.model.errors import StaleSnapshot, WriteFailed
from sheetsync.model.plan import AppendRows, WriteNames
from sheetsync.model.values import CellError, Formula
from tests.addin.officejs.small_plans import blocks, fail_at, held, scored
from tests.backends.excel.plans import cells, results
from tests.contract.small import GRIDS
from tests.fakes.excel.protection import Protection
from tests.fakes.excel.world import FakeTable
from tests.fakes.office.browser import needs_office
from tests.fakes.office.objects import ExcelError

pytestmark = needs_office
FILTER = {2: {"type": "values", "values": ["lost"]}}


def stage(told):
    return partial(cells, column="stage", told=told)


def check(told):
    return partial(cells, column="check", told=told)


def body(*rows):
    return lambda seen: results(seen, *rows)


def many(count):
    return body(*((f"k{i}", i / 4, None) for i in range(count)))


def log(*runs):
    return lambda _: AppendRows("log", ("run", "note"), tuple((run, "x") for run in runs))


def test_cells_of_people_between_changed_ones_are_not_written(book):
    told = book.play(scored(book, stage({2: "won", 5: "open"})))
    assert blocks(book) == ["Deals!B2", "Deals!B5"]
    assert told["cells"] == 2


def test_a_column_of_ours_is_one_block(book, deals):
    deals.cells[3, 6] = "stands"
    book.play(scored(book, check({2: "a", 5: "b"})))
    assert blocks(book) == ["Deals!F2:F5"]
    assert [deals.cells.get((row, 6)) for row in range(2, 6)] == ["a", "stands", None, "b"]


def test_a_formula_of_people_in_a_column_of_ours_is_left_alone(book, deals):
    deals.cells[3, 6] = Formula("1+1")
    book.play(scored(book, check({2: "a", 5: "b"})))
    assert blocks(book) == ["Deals!F2", "Deals!F5"]


def test_only_rows_that_differ_are_written(book, host):
    told = book.play(scored(book, body(("a", 1.5, "later"), ("b", 3, None))))
    assert blocks(book) == ["Results!A3:C3"]
    assert told["cells"] == 1
    assert "resize" not in dict(host.changes)


def test_a_table_grows_with_names_and_formats_and_shrinks(book, host):
    sheet = host.book.sheet("Results")
    sheet.formats[3, 2] = "0.0%"
    book.play(scored(book, many(9)))
    assert sheet.tables[0].rect == (1, 1, 10, 3)
    assert [sheet.formats.get((row, 2)) for row in (4, 10, 11)] == ["0.0%", "0.0%", None]
    assert host.book.names["result_value"] == "='Results'!$B$2:$B$10"
    book.play(scored(book, body(("k", 1, None))))
    assert sheet.tables[0].rect == (1, 1, 2, 3)
    assert host.book.names["result_value"] == "='Results'!$B$2:$B$2"
    assert max(sheet.cells)[0] == 2


def test_a_log_grows_below_its_last_row(book, host):
    book.play(scored(book, log("r1", "r2")))
    sheet = host.book.sheet("Sync Log")
    assert sheet.tables[0].rect == (1, 1, 4, 2)
    assert [sheet.cells[row, 1] for row in range(2, 5)] == ["r0", "r1", "r2"]


@pytest.mark.parametrize("grown", [many(9), log("r1")])
def test_a_table_does_not_grow_over_its_totals(book, host, grown):
    for title, rect in (("Results", (1, 1, 4, 3)), ("Sync Log", (1, 1, 3, 2))):
        table = host.book.sheet(title).tables[0]
        table.totals, table.rect = True, rect
    before = held(host)
    with pytest.raises(WriteFailed, match="row of totals"):
        book.play(scored(book, grown))
    assert held(host) == before


def test_a_table_does_not_grow_over_what_stands_below_it(book, host):
    score = scored(book, many(9))
    sheet = host.book.sheet("Results")
    sheet.cells[6, 3] = Formula('IF(1=2,"x","")')
    before = held(host)
    with pytest.raises(WriteFailed, match="C6 below it holds something"):
        book.play(score)
    assert held(host) == before


@pytest.mark.parametrize("number", [1, 2, 3, 4])
def test_a_refusal_puts_all_back(book, host, number):
    score = scored(book, stage({2: "won", 5: datetime(2026, 1, 1)}), many(9), log("r1"))
    before = held(host, formats=False)
    fail_at(host, number)
    with pytest.raises(WriteFailed, match=r"did not take a change \(no\), so all was put back"):
        book.play(score)
    assert held(host, formats=False) == before


def test_what_cannot_be_put_back_is_said(book, host):
    score = scored(book, stage({2: "won", 5: "open"}))
    wrote = []

    def before(kind, _title, rect):
        wrote.append(rect)
        if kind == "write" and len(wrote) > 1:
            raise ExcelError("GeneralException", "stuck")

    host.before = before
    with pytest.raises(WriteFailed, match="2 of 2 steps could not be put back: close the workbook"):
        book.play(score)


def test_what_excel_takes_in_another_way_is_put_back(book, host, deals):
    score = scored(book, stage({2: "won"}), partial(cells, column="amount", told={3: 7}))
    before = held(host)
    wrote = []

    def before_each(kind, *_):
        wrote.append(kind)
        if wrote == ["write", "write"]:
            deals.formats[3, 4] = "@"  # so that the number becomes text

    host.before = before_each
    with pytest.raises(WriteFailed, match="Deals D3 shows 7"):
        book.play(score)
    deals.formats.pop((3, 4))
    assert held(host) == before


@pytest.mark.parametrize(
    ("place", "value"),
    [((3, 2), "typed"), ((3, 1), "D-0003"), ((1, 2), "Phase"), ((3, 2), Formula('"lost"'))],
)
def test_an_edit_after_the_reading_makes_the_plan_stale(book, host, deals, place, value):
    score = scored(book, stage({2: "won", 3: "open"}))
    deals.cells[place] = value
    before = held(host)
    with pytest.raises(StaleSnapshot, match="since it was read"):
        book.play(score)
    assert held(host) == before
    assert host.changes == []


@pytest.mark.parametrize("change", ["more", "fewer", "other", "gone"])
def test_a_computed_table_that_somebody_touched_makes_the_plan_stale(book, host, change):
    score = scored(book, many(3))
    sheet = host.book.sheet("Results")
    if change == "gone":
        host.book.sheets.remove(sheet)
    else:
        at, told = {"more": (4, "c"), "fewer": (3, None), "other": (2, "z")}[change]
        for column in (1, 2, 3) if told is None else (1,):
            sheet.cells.pop((at, column), None)
        if told:
            sheet.cells[at, 1] = told
    with pytest.raises(StaleSnapshot):
        book.play(score)
    assert host.changes == []


@pytest.mark.parametrize("place", [(2, 2), (5, 2)])
def test_an_edit_between_comparing_and_writing_is_kept(book, host, deals, place):
    deals.tables[0].criteria = dict(FILTER)
    score = scored(book, many(40), stage({2: "won", 5: "open"}))
    before = held(host, formats=False)

    def before_each(kind, *_):
        if kind == "filter":
            deals.cells[place] = "typed"

    host.before = before_each
    with pytest.raises(StaleSnapshot, match=f"In Deals row {place[0]} was changed meanwhile"):
        book.play(score, size=2000)
    assert deals.cells[place] == "typed"
    before.sheet("Deals").cells[place] = "typed"
    assert held(host, formats=False) == before


def test_edits_elsewhere_do_not_matter(book, host, deals):
    score = scored(book, stage({2: "won"}))
    deals.cells[3, 2] = "typed"
    deals.cells[2, 3] = "mine too"
    host.book.sheet("Notes").cells[9, 9] = "new"
    book.play(score)
    assert (deals.cells[2, 2], deals.cells[3, 2]) == ("won", "typed")


def test_rows_are_found_where_people_moved_them(book, deals):
    score = scored(book, stage({2: "won"}), partial(cells, column="amount", told={4: 8}))
    moved = {(row + 1, column): v for (row, column), v in deals.cells.items() if row > 1}
    head = {place: v for place, v in deals.cells.items() if place[0] == 1}
    deals.cells.clear()
    deals.cells.update(head | moved | {(2, 1): "D-0000", (2, 2): "new"})
    deals.tables[0].rect = (1, 1, 6, 6)
    book.play(score)
    assert (deals.cells[3, 2], deals.cells[5, 4]) == ("won", 8)


def test_a_row_without_a_key_that_was_changed_makes_the_plan_stale(book, deals, host):
    score = scored(book, partial(cells, column="amount", told={4: 8}))
    deals.cells[4, 2] = "lost"
    with pytest.raises(StaleSnapshot, match="row 4 was changed"):
        book.play(score)
    assert host.changes == []


ALLOWED = frozenset(("sort", "autoFilter", "selectUnlockedCells"))


def test_the_engine_s_tabs_are_protected_again_as_they_were(book, host, deals):
    sheet = host.book.sheet("Results")
    sheet.protection = kept = Protection(ALLOWED)
    sheet.tables[0].criteria = criteria = {1: {"type": "values", "values": ["a"]}}
    book.play(scored(book, many(9), stage({2: "won"})))
    assert sheet.tables[0].rect == (1, 1, 10, 3)
    assert deals.cells[2, 2] == "won"
    assert sheet.protection == kept
    assert sheet.tables[0].criteria == criteria
    assert book.played[-1]["notes"] == []


def test_a_password_is_told_and_nothing_written(book, host):
    host.book.sheet("Board").protection = Protection(ALLOWED)
    host.book.sheet("Results").protection = Protection(ALLOWED, "secret")
    score = scored(book, body(("k", 1, None)), board)
    before = held(host)
    with pytest.raises(WriteFailed, match="“Results” is protected with a password"):
        book.play(score)
    assert held(host) == before
    assert {kind for kind, _ in host.changes} <= {"unprotect", "protect"}


def board(_seen):
    """Write a named cell of the board."""
    return WriteNames("board", ("board_note",), ("hello",), ("later",))


def test_cells_that_people_left_open_are_written_under_their_protection(book, host, deals):
    deals.protection = kept = Protection(ALLOWED, "theirs")
    deals.unlocked.columns = {2}
    book.play(scored(book, stage({2: "won"})))
    assert (deals.cells[2, 2], deals.protection) == ("won", kept)
    assert "unprotect" not in {kind for kind, _ in host.changes}


@pytest.mark.parametrize("locked", [(2, 2), (3, 2)])
def test_a_locked_cell_of_people_s_is_told_and_nothing_written(book, host, deals, locked):
    deals.protection = Protection(ALLOWED)
    deals.unlocked.columns = {2}
    deals.unlocked.cells = {locked: False}
    score = scored(book, stage({2: "won", 3: "won"}), body(("k", 1, None)))
    with pytest.raises(WriteFailed, match="“Deals” is protected: unprotect it"):
        book.play(score)
    assert host.changes == []


def test_tabs_are_protected_again_after_a_refusal(book, host):
    host.book.sheet("Results").protection = Protection(ALLOWED)
    score = scored(book, many(9))
    before = held(host, formats=False)
    fail_at(host, 1)
    with pytest.raises(WriteFailed, match="put back"):
        book.play(score)
    assert held(host, formats=False) == before


def test_a_tab_that_is_not_protected_again_is_told(book, host):
    sheet = host.book.sheet("Results")
    sheet.protection = Protection()
    score = scored(book, body(("k", 1, None)))
    fail_at(host, 1, ("protect",))
    told = book.play(score)
    assert sheet.cells[2, 1] == "k"
    assert told["notes"] == [
        "The tab “Results” could not be protected again: protect it (Review, Protect Sheet)."
    ]


def test_a_cell_being_edited_is_told_and_nothing_written(book, host):
    score = scored(book, stage({2: "won"}))
    host.editing = True
    with pytest.raises(WriteFailed, match="press Enter or Esc"):
        book.play(score)
    assert host.changes == []


def test_an_edit_that_begins_while_writing_is_waited_for(book, host, deals):
    score = scored(book, stage({2: "won", 5: "open"}))
    asked = []

    def before(kind, *_):
        asked.append(kind)
        if 1 < len(asked) < 4:
            raise ExcelError("InvalidOperationInCellEditMode")

    host.before = before
    book.play(score)
    assert (deals.cells[2, 2], deals.cells[5, 2]) == ("won", "open")


@pytest.mark.parametrize("where", ["table", "sheet"])
def test_blocks_go_where_they_belong_under_a_filter(book, deals, where):
    if where == "table":
        deals.tables[0].criteria = dict(FILTER)
    else:
        deals.tables.clear()
        deals.filter = FakeTable("", (1, 1, 5, 6), criteria=dict(FILTER))
    told = {row: f"check {row}" for row in range(2, 6)}
    book.play(scored(book, check(told)))
    assert {row: deals.cells[row, 6] for row in range(2, 6)} == told
    assert deals.filtered_rows() == {2, 4, 5}
    assert book.played[-1]["notes"] == []


def test_excel_does_misplace_blocks_under_a_filter(book, host, deals):
    from tests.fakes.office import cells as told

    deals.tables[0].criteria = dict(FILTER)
    told.enter(host.book, deals, (2, 6, 4, 6), [["a"], ["b"], ["c"]])
    assert [deals.cells.get((row, 6)) for row in (2, 3, 4)] == [None, "a", None]


def test_a_filter_that_could_not_come_back_is_left_and_nothing_written(book, host, deals):
    deals.tables[0].criteria = {2: {"type": "unknown"}}
    score = scored(book, stage({2: "won"}))
    with pytest.raises(WriteFailed, match="clear the filter"):
        book.play(score)
    assert host.changes == []


def test_a_filter_elsewhere_does_not_matter(book, host, deals):
    host.book.sheet("Results").tables[0].criteria = {1: {"type": "unknown"}}
    book.play(scored(book, stage({2: "won"})))
    assert deals.cells[2, 2] == "won"


def test_a_filter_comes_back_after_a_refusal(book, host, deals):
    deals.tables[0].criteria = dict(FILTER)
    score = scored(book, stage({2: "won", 5: "open"}))
    fail_at(host, 2)
    with pytest.raises(WriteFailed):
        book.play(score)
    assert deals.tables[0].criteria == FILTER


def test_a_filter_that_does_not_come_back_is_told(book, host, deals):
    deals.tables[0].criteria = dict(FILTER)
    score = scored(book, stage({2: "won"}))
    fail_at(host, 2, ("filter",))
    told = book.play(score)
    assert deals.cells[2, 2] == "won"
    assert told["notes"] == ["The filter of the tab “Deals” could not be put back: set it again."]


def test_a_formula_does_not_fill_its_column(book, deals):
    book.play(scored(book, check({3: Formula("1+1")})))
    assert [deals.cells.get((row, 6)) for row in (2, 3, 4)] == [None, Formula("1+1"), None]


def test_a_deleted_tab_of_ours_is_made_again(make):
    book = make({title: grid for title, grid in GRIDS.items() if title != "Results"})
    book.host.book.names.pop("result_key", None)
    book.play(scored(book, lambda _: results_of_none(("a", 1.5, None), ("b", 2, "x"))))
    fake = book.host.book
    sheet = fake.sheet("Results")
    assert (sheet.tables[0].name, sheet.tables[0].rect) == ("tblResults", (1, 1, 3, 3))
    assert [sheet.cells.get((3, column)) for column in (1, 2, 3)] == ["b", 2, "x"]
    assert fake.names["result_key"] == "='Results'!$A$2:$A$3"


def results_of_none(*rows):
    from sheetsync.model.plan import ReplaceRows

    return ReplaceRows("results", ("key", "value", "decision"), (), rows)


def test_a_tab_that_was_made_again_goes_when_the_rest_fails(make):
    book = make({title: grid for title, grid in GRIDS.items() if title != "Sync Log"})
    score = scored(book, log("r1"), stage({2: "won"}))
    before = held(book.host)
    fail_at(book.host, 3)
    with pytest.raises(WriteFailed, match="put back"):
        book.play(score)
    assert held(book.host) == before


def test_a_tab_of_people_that_is_gone_is_told(book, host):
    score = scored(book, stage({2: "won"}))
    host.book.sheets.remove(host.book.sheet("Deals"))
    with pytest.raises(WriteFailed, match="no tab Deals"):
        book.play(score)
    assert host.changes == []


def test_named_cells_are_compared_and_written(book, host):
    day = datetime(2026, 6, 30)
    names = ("board_as_of", "board_note")
    score = scored(book, lambda _: WriteNames("board", names, (None, "hello"), (day, "bye")))
    host.book.sheet("Board").cells[2, 1] = "typed"
    with pytest.raises(StaleSnapshot, match="board_note was changed"):
        book.play(score)
    host.book.sheet("Board").cells[2, 1] = "hello"
    book.play(score)
    assert blocks(book) == ["Board!A1", "Board!A2"]
    assert host.book.sheet("Board").cells[2, 1] == "bye"


@pytest.mark.parametrize(
    ("value", "code", "wanted"),
    [
        (datetime(2026, 2, 3), "General", "yyyy-mm-dd"),
        (datetime(2026, 2, 3, 4, 5), "0.00", "yyyy-mm-dd hh:mm"),
        (datetime(2026, 2, 3), "d. mmmm", "d. mmmm"),
        (timedelta(hours=30), "General", "[h]:mm:ss"),
        (5, "@", "General"),
        (True, "@", "General"),
        ("0012", "@", "@"),
        (Formula("1+1", 2), "@", "General"),
        (7, "0.0%", "0.0%"),
    ],
)
def test_a_cell_gets_the_format_that_its_value_needs(book, deals, value, code, wanted):
    from tests.contract.small import TABS

    deals.formats[2, 2] = code
    score = scored(book, stage({2: value}))
    book.play(score)
    assert deals.formats.get((2, 2), "General") == wanted
    assert book.read(TABS).tables["deals"].column("stage")[0] == value


@pytest.mark.parametrize(
    "text",
    [
        *(
            "=1+1",
            "0012",
            "1/2",
            "TRUE",
            "wahr",
            "#N/A!",
            "'x",
            "Mar 5",
            "5%",
            "@x",
            "-",
            "+",
            "+1",
        ),
        *("  two  ", "line\nbreak", "été ☂ 日本", "a" * 61 + " 5", "\u200bx", "1e5", "12:30"),
    ],
)
def test_text_is_text_whatever_it_looks_like(book, deals, text):
    book.play(scored(book, stage({2: text})))
    assert deals.cells[2, 2] == text


def test_an_error_is_an_error(book, deals):
    book.play(scored(book, stage({2: CellError("#DIV/0!")})))
    assert deals.cells[2, 2] == CellError("#DIV/0!")


def test_days_are_counted_from_1904_where_the_workbook_does(book, host, deals):
    from tests.contract.small import TABS

    host.date1904 = True
    deals.cells[2, 5] = 43538
    assert book.read(TABS).tables["deals"].column("closed")[0] == datetime(2023, 3, 15)
    book.play(scored(book, partial(cells, column="closed", told={2: datetime(2023, 3, 16)})))
    assert deals.cells[2, 5] == 43539


@pytest.mark.parametrize("day", [1, 59, 61])
def test_days_before_march_1900_are_those_of_the_reader(book, deals, day):
    from tests.contract.small import TABS

    deals.cells[2, 5] = day
    seen = book.read(TABS).tables["deals"].column("closed")[0]
    book.play(scored(book, partial(cells, column="closed", told={2: None, 3: seen})))
    assert deals.cells[3, 5] == day
    assert book.read(TABS).tables["deals"].column("closed")[:2] == [None, seen]


def test_a_score_of_another_version_is_refused(book):
    score = scored(book, stage({2: "won"}))
    with pytest.raises(WriteFailed, match="another version"):
        book.play(score | {"version": 2})
    score["plan"]["ops"].append({"op": "Explode", "tab": "deals"})
    with pytest.raises(WriteFailed, match="unknown step Explode"):
        book.play(score)


def test_progress_is_told_to_the_end(book):
    book.play(scored(book, many(50)), size=4000)
    steps = book.played[-1]["steps"]
    assert len(steps) > 1
    assert steps[-1]["done"] == steps[-1]["of"]


def test_nothing_to_do_is_nothing_done(book, host):
    score = scored(book, body(("a", 1.5, "later"), ("b", 2, None)))
    told = book.play(score)
    assert (told["changed"], told["cells"], host.changes) == ([], 0, [])


def test_the_console_stays_silent(book):
    from tests.fakes.office.browser import office_page

    book.play(scored(book, stage({2: "won"})))
    assert [line for line in office_page().console if "error" in line.casefold()] == []
