"""Filters in an open Excel: blocks go where they belong, and the filter stands again."""

from __future__ import annotations

import pytest
import xlwings

from sheetsync.model.errors import WriteFailed
from tests.backends.excel.plans import cells, fail_at, plan, written
from tests.contract.small import TABS
from tests.fakes.excel.world import FakeTable, refused

FILTER = {2: {"type": "values", "values": ["lost"]}}


def filtered(sheet, where="table"):
    if where == "table":
        sheet.tables[0].criteria = dict(FILTER)
    else:
        sheet.tables.clear()
        sheet.filter = FakeTable("", (1, 1, 5, 6), criteria=dict(FILTER))
    assert sheet.filtered_rows() == {2, 4, 5}


@pytest.mark.parametrize("where", ["table", "sheet"])
def test_blocks_go_where_they_belong_under_a_filter(book, excel, deals, where):
    filtered(deals, where)
    seen = book.read(TABS)
    told = {row: f"check {row}" for row in range(2, 6)}
    book.apply(plan(seen, cells(seen, "check", told)), TABS)
    assert {row: deals.cells[row, 6] for row in range(2, 6)} == told
    assert deals.filtered_rows() == {2, 4, 5}


def test_the_fake_does_misplace_blocks_under_a_filter(excel, deals):
    filtered(deals)
    xlwings.books.active.sheets["Deals"].range("F2:F4").raw_value = [["a"], ["b"], ["c"]]
    assert [deals.cells.get((row, 6)) for row in (2, 3, 4)] == [None, "a", None]


@pytest.mark.parametrize(
    "criterion",
    [{"type": "unknown"}, {"type": "values", "values": ["", "won"]}],
)
def test_a_filter_that_could_not_come_back_is_left_and_nothing_written(
    book, excel, deals, criterion
):
    deals.tables[0].criteria = {2: criterion}
    seen = book.read(TABS)
    with pytest.raises(WriteFailed, match="clear the filter"):
        book.apply(plan(seen, cells(seen, "stage", {2: "won"})), TABS)
    assert not written(excel)
    assert deals.tables[0].criteria == {2: criterion}


def test_an_advanced_filter_is_refused(book, excel, deals):
    deals.tables.clear()
    deals.advanced_filter = True
    seen = book.read(TABS)
    with pytest.raises(WriteFailed, match="clear the filter"):
        book.apply(plan(seen, cells(seen, "stage", {2: "won"})), TABS)


def test_a_filter_comes_back_after_a_refusal(book, excel, deals):
    filtered(deals)
    seen = book.read(TABS)
    fail_at(excel, 2)
    with pytest.raises(WriteFailed):
        book.apply(plan(seen, cells(seen, "stage", {2: "won", 5: "open"})), TABS)
    assert deals.tables[0].criteria == FILTER


def test_a_filter_that_does_not_come_back_is_told(book, excel, deals):
    filtered(deals)
    seen = book.read(TABS)

    def before(kind, _where):
        if kind == "filter write" and not deals.tables[0].criteria:
            raise refused("no")

    excel.before = before
    book.apply(plan(seen, cells(seen, "stage", {2: "won"})), TABS)
    assert deals.cells[2, 2] == "won"
    assert book.notes == ("The filter of the tab “Deals” could not be put back: set it again.",)


def test_a_filter_elsewhere_does_not_matter(book, excel):
    excel.books[0].sheet("Results").tables[0].criteria = {1: {"type": "unknown"}}
    seen = book.read(TABS)
    book.apply(plan(seen, cells(seen, "stage", {2: "won"})), TABS)


def test_a_filter_that_is_lost_with_a_refusal_is_told_too(book, excel, deals):
    filtered(deals)
    seen = book.read(TABS)

    def before(kind, where):
        first = kind == "value write" and excel.calls[kind] == 1
        if first or (kind == "filter write" and not deals.tables[0].criteria):
            raise refused("no")

    excel.before = before
    with pytest.raises(WriteFailed):
        book.apply(plan(seen, cells(seen, "stage", {2: "won"})), TABS)
    assert deals.cells[2, 2] == " won"
    assert book.notes == ("The filter of the tab “Deals” could not be put back: set it again.",)
