"""Writing into an open Excel: few calls, whole or nothing, and its settings as they were."""

from __future__ import annotations

import pytest

from sheetsync.backends.excel.writing import Torn
from sheetsync.model.errors import (
    NotATracker,
    StaleSnapshot,
    WorkbookBusy,
    WorkbookMissing,
    WorkbookUnreadable,
    WriteFailed,
)
from sheetsync.model.plan import AppendRows
from sheetsync.model.values import Formula
from tests.backends.excel.plans import cells, fail_at, held, plan, results, written
from tests.contract.small import GRIDS, TABS
from tests.fakes.excel.world import ComError, refused


def test_neighbouring_cells_are_one_block(book, excel):
    seen = book.read(TABS)
    ops = cells(seen, "stage", {2: "won", 3: "won"}), cells(seen, "deal_id", {2: "X", 3: "Y"})
    book.apply(plan(seen, *ops), TABS)
    assert written(excel) == ["Deals!A2:B3"]


def test_cells_of_people_between_changed_ones_are_not_written(book, excel):
    seen = book.read(TABS)
    book.apply(plan(seen, cells(seen, "stage", {2: "won", 5: "open"})), TABS)
    assert written(excel) == ["Deals!B2:B2", "Deals!B5:B5"]


def test_a_column_of_ours_is_one_block(book, excel, deals):
    deals.cells[3, 6] = "stands"
    seen = book.read(TABS)
    book.apply(plan(seen, cells(seen, "check", {2: "a", 5: "b"})), TABS)
    assert written(excel) == ["Deals!F2:F5"]
    assert [deals.cells.get((row, 6)) for row in range(2, 6)] == ["a", "stands", None, "b"]


def test_a_formula_of_people_in_a_column_of_ours_is_left_alone(book, excel, deals):
    deals.cells[3, 6] = Formula("1+1")
    seen = book.read(TABS)
    book.apply(plan(seen, cells(seen, "check", {2: "a", 5: "b"})), TABS)
    assert written(excel) == ["Deals!F2:F2", "Deals!F5:F5"]


def test_only_rows_that_differ_are_written(book, excel):
    seen = book.read(TABS)
    book.apply(plan(seen, results(seen, ("a", 1.5, "later"), ("b", 3, None))), TABS)
    assert written(excel) == ["Results!A3:C3"]
    assert not [kind for kind, _ in excel.log if kind == "table write"]


def test_a_table_grows_with_names_and_formats_and_shrinks(book, excel):
    fake = excel.books[0]
    fake.sheet("Results").formats[3, 2] = "0.0%"
    seen = book.read(TABS)
    book.apply(plan(seen, results(seen, *((f"k{i}", i, None) for i in range(9)))), TABS)
    assert fake.sheet("Results").tables[0].rect == (1, 1, 10, 3)
    assert fake.sheet("Results").formats[10, 2] == "0.0%"
    assert fake.names["result_value"] == "='Results'!$B$2:$B$10"
    seen = book.read(TABS)
    book.apply(plan(seen, results(seen, ("k", 1, None)), run="r2"), TABS)
    assert fake.sheet("Results").tables[0].rect == (1, 1, 2, 3)
    assert fake.names["result_value"] == "='Results'!$B$2:$B$2"
    assert max(fake.sheet("Results").cells)[0] == 2


def test_a_table_does_not_grow_over_what_stands_below_it(book, excel):
    excel.books[0].sheet("Results").tables[0].totals = True
    excel.books[0].sheet("Results").tables[0].rect = (1, 1, 4, 3)
    before = held(excel)
    seen = book.read(TABS)
    with pytest.raises(WriteFailed, match="row of totals"):
        book.apply(plan(seen, results(seen, *((f"k{i}", i, None) for i in range(9)))), TABS)
    assert held(excel) == before


@pytest.mark.parametrize("number", [1, 2, 3])
def test_a_refusal_puts_all_back(book, excel, number):
    seen = book.read(TABS)
    before = held(excel)
    fail_at(excel, number)
    ops = (
        cells(seen, "stage", {2: "won", 5: "open"}),
        results(seen, *((f"k{i}", i, None) for i in range(9))),
    )
    with pytest.raises(WriteFailed, match=r"Excel refused to write .* \(no\)"):
        book.apply(plan(seen, *ops), TABS)
    assert held(excel) == before
    with pytest.raises(KeyError):
        book.plan_of("r1")


def test_what_cannot_be_put_back_is_said_and_stays_in_the_journal(book, excel):
    seen = book.read(TABS)

    def before(kind, where):
        if kind == "value write" and ("B5" in where or excel.calls[kind] > 2):
            raise refused("stuck")

    excel.before = before
    with pytest.raises(Torn, match="without saving"):
        book.apply(plan(seen, cells(seen, "stage", {2: "won", 5: "open"})), TABS)
    assert book.plan_of("r1")


def test_stopping_the_program_puts_all_back(book, excel, deals):
    seen = book.read(TABS)
    fail_at(excel, 2, KeyboardInterrupt())
    with pytest.raises(KeyboardInterrupt):
        book.apply(plan(seen, cells(seen, "stage", {2: "won", 5: "open"})), TABS)
    assert deals.cells[2, 2] == " won"
    assert excel.state["calculation"] == "automatic"


def test_a_change_by_hand_after_the_reading_is_not_written_over(book, excel, deals):
    seen = book.read(TABS)
    deals.cells[3, 2] = "typed"
    with pytest.raises(StaleSnapshot):
        book.apply(plan(seen, cells(seen, "stage", {2: "won"})), TABS)
    assert not written(excel)


def test_settings_are_as_they_were(book, excel):
    excel.state |= {"screen_updating": False, "calculation": "semiautomatic"}
    before = held(excel)[1]
    during = []
    excel.before = lambda kind, _: kind == "value write" and during.append(dict(excel.state))
    seen = book.read(TABS)
    book.apply(plan(seen, cells(seen, "stage", {2: "won"})), TABS)
    assert excel.state == before
    assert during[0]["calculation"] == "manual"
    assert not any(during[0][name] for name in ("screen_updating", "enable_events"))


def test_a_setting_that_cannot_be_put_back_is_told_and_the_write_stands(book, excel, deals):
    seen = book.read(TABS)

    def before(kind, _where):
        if kind == "state" and written(excel) and excel.state["calculation"] == "manual":
            raise refused("no")

    excel.before = before
    book.apply(plan(seen, cells(seen, "stage", {2: "won"})), TABS)
    assert deals.cells[2, 2] == "won"
    assert any("“calculation”" in note for note in book.notes)
    assert book.plan_of("r1")


def test_manual_calculation_and_a_marked_copy_are_told(book, excel):
    excel.state |= {"calculation": "manual", "cut_copy_mode": "copy"}
    seen = book.read(TABS)
    book.apply(plan(seen, cells(seen, "stage", {2: "won"})), TABS)
    assert excel.state["calculation"] == "manual"
    assert [note.split(":")[1].strip() for note in book.notes] == [
        "press F9 to have formulas follow the new rows.",
        "mark it again.",
    ]


def test_a_formula_does_not_fill_its_column(book, excel, deals):
    seen = book.read(TABS)
    book.apply(plan(seen, cells(seen, "check", {3: Formula("1+1")})), TABS)
    assert [deals.cells.get((row, 6)) for row in (2, 3, 4)] == [None, Formula("1+1"), None]
    assert excel.fills_formulas


def test_a_protected_tab_is_told_and_nothing_written(book, excel, deals):
    deals.protected = True
    before = held(excel)
    seen = book.read(TABS)
    ops = results(seen, ("k", 1, None)), cells(seen, "stage", {2: "won"})
    with pytest.raises(WriteFailed, match="“Deals” is protected"):
        book.apply(plan(seen, *ops), TABS)
    assert held(excel) == before
    assert not written(excel)


def test_a_short_while_of_being_busy_is_waited_for(book, excel, deals):
    excel.busy = 3
    seen = book.read(TABS)
    excel.busy = 3
    book.apply(plan(seen, cells(seen, "stage", {2: "won"})), TABS)
    assert deals.cells[2, 2] == "won"
    assert 0 < book.calls.clock.time < 2


def test_an_excel_that_stays_busy_is_told_after_the_deadline(book, excel):
    excel.busy = -1
    with pytest.raises(WorkbookBusy, match="Nothing was changed"):
        book.read(TABS)
    assert book.calls.seconds <= book.calls.clock.time <= book.calls.seconds + 1


def test_a_cell_being_edited_is_told_and_nothing_changed(book, excel, deals):
    seen = book.read(TABS)
    excel.editing = True
    with pytest.raises(WorkbookBusy, match="a cell is being edited"):
        book.apply(plan(seen, cells(seen, "stage", {2: "won"})), TABS)
    assert deals.cells[2, 2] == " won"


def test_an_edit_that_begins_between_two_blocks_puts_the_first_back(book, excel, deals):
    seen = book.read(TABS)

    def before(kind, where):
        excel.editing = "B5" in where and excel.calls["value write"] < 30

    excel.before = before
    with pytest.raises(WorkbookBusy):
        book.apply(plan(seen, cells(seen, "stage", {2: "won", 5: "open"})), TABS)
    assert (deals.cells[2, 2], deals.cells[5, 2]) == (" won", "=1+1")
    assert excel.state["calculation"] == "automatic"


@pytest.mark.parametrize("number", [-2147417848, -2147023174, -600])
def test_a_closed_excel_is_told(book, excel, number):
    def before(_kind, _where):
        raise ComError(number, "gone")

    excel.before = before
    with pytest.raises(WorkbookMissing, match="closed meanwhile"):
        book.read(TABS)


def test_a_mac_that_forbids_control_is_told(book, excel):
    class CommandError(Exception):
        errornumber = -1743

    def before(_kind, _where):
        raise CommandError

    excel.before = before
    with pytest.raises(WorkbookMissing, match="Automation"):
        book.read(TABS)


def test_a_workbook_open_read_only_is_told(book, excel):
    excel.books[0].read_only = True
    seen = book.read(TABS)
    book.apply(plan(seen, cells(seen, "stage", {2: "won"})), TABS)
    assert "read-only" in book.notes[0]


def test_nothing_is_saved_or_closed(book, excel):
    seen = book.read(TABS)
    book.apply(plan(seen, cells(seen, "stage", {2: "won"})), TABS)
    book.close()
    assert (excel.books[0].saves, excel.books[0].closes) == (0, 0)


def test_a_run_is_found_after_the_workbook_got_another_name(book, excel, make):
    seen = book.read(TABS)
    book.apply(plan(seen, cells(seen, "stage", {2: "won"})), TABS)
    book.close()
    excel.books[0].name = "other.xlsx"
    again = type(book)("other", state=book.state, calls=book.calls)
    assert again.plan_of("r1").run == "r1"


def test_deleted_tabs_of_ours_are_put_back_and_the_plan_made_anew(make):
    book = make({title: grid for title, grid in GRIDS.items() if title != "Sync Log"})
    seen = book.read(TABS)
    op = AppendRows("log", ("run", "note"), (("r1", "x"),))
    with pytest.raises(StaleSnapshot, match="put back"):
        book.apply(plan(seen, op), TABS)
    seen = book.read(TABS)
    book.apply(plan(seen, op), TABS)
    assert book.read(TABS).tables["log"].column("run") == ["r1"]
    fake = book.excel.books[0]
    assert fake.sheet("Sync Log").tables[0].name == "tblLog"
    assert fake.active == 0


def test_an_entry_tab_that_is_gone_is_told(make):
    book = make()
    seen = book.read(TABS)
    op = cells(seen, "stage", {2: "won"})
    book = make({title: grid for title, grid in GRIDS.items() if title != "Deals"})
    with pytest.raises(NotATracker, match="no tab Deals"):
        book.apply(plan(book.read(TABS), op), TABS)


def test_a_large_block_is_written_in_parts(book, excel, monkeypatch):
    monkeypatch.setattr("sheetsync.backends.excel.writing._MOST_CELLS", 6)
    seen = book.read(TABS)
    book.apply(plan(seen, results(seen, *((f"k{i}", i, None) for i in range(5)))), TABS)
    assert written(excel) == ["Results!A2:C3", "Results!A4:C5", "Results!A6:C6"]
    assert book.read(TABS).tables["results"].column("value") == [0, 1, 2, 3, 4]


def test_a_failure_that_nobody_foresaw_is_one_sentence(book, excel):
    seen = book.read(TABS)

    def before(kind, _where):
        if kind == "value read":
            raise refused("Out of memory.")

    excel.before = before
    with pytest.raises(WorkbookUnreadable, match=r"Out of memory\."):
        book.read(TABS)
    with pytest.raises(WriteFailed, match=r"Out of memory\."):
        book.apply(plan(seen, cells(seen, "stage", {2: "won"})), TABS)


def test_what_fails_once_all_is_written_does_not_lose_the_run(book, excel, deals, monkeypatch):
    from tests.fakes.excel.engine import _AutoCorrect

    seen = book.read(TABS)

    def put(correct, _name, value):
        if value:
            raise refused("no")
        correct.excel.fills_formulas = value

    monkeypatch.setattr(_AutoCorrect, "__setattr__", put)
    book.apply(plan(seen, cells(seen, "check", {3: Formula("1+1")})), TABS)
    assert deals.cells[3, 6] == Formula("1+1")
    assert book.plan_of("r1")
    assert "fill formulas in tables" in book.notes[0]
