"""Reading an open Excel: two calls a tab, and its habits with values undone."""

from __future__ import annotations

from datetime import datetime, timedelta

import pytest

from sheetsync.backends.excel.values import as_text, column_of, grid_of, incoming
from sheetsync.model.values import CellError, Formula
from tests.contract.small import GRIDS, TABS


def test_a_tab_is_read_in_two_calls(book, excel):
    book.read(TABS)
    assert excel.calls["value read"] == excel.calls["formula read"] == len(TABS)
    assert not [kind for kind, _ in excel.log if "write" in kind]


def test_a_large_tab_is_read_in_pieces_that_excel_can_send(book, excel, monkeypatch):
    from tests.fakes.excel.engine import Range

    monkeypatch.setattr(Range, "max_cells_per_read", 12)
    pieces = book.read(TABS).tables["deals"]
    assert excel.calls["value read"] > len(TABS)
    monkeypatch.undo()
    assert book.read(TABS).tables["deals"].cells == pieces.cells


def test_whole_numbers_are_whole(book):
    assert [type(v) for v in book.read(TABS).tables["deals"].column("amount")][:3] == [
        int,
        str,
        float,
    ]


def test_money_is_read_in_full(book, deals):
    deals.cells[2, 4], deals.formats[2, 4] = 1.23456789, "$#,##0.00"
    assert book.read(TABS).tables["deals"].column("amount")[0] == 1.23456789


def test_errors_dates_and_durations(book, deals):
    deals.cells[3, 4] = CellError("#DIV/0!")
    deals.cells[3, 5], deals.formats[3, 5] = datetime(2026, 3, 1, 12, 30), "yyyy-mm-dd hh:mm"
    deals.cells[4, 5], deals.formats[4, 5] = timedelta(hours=30), "[h]:mm"
    seen = book.read(TABS).tables["deals"]
    assert seen.column("amount")[1] == CellError("#DIV/0!")
    assert seen.column("closed")[1:3] == [datetime(2026, 3, 1, 12, 30), timedelta(hours=30)]


def test_a_tab_is_found_by_its_table_after_a_rename(book, deals):
    deals.title = "Our deals"
    seen = book.read(TABS)
    assert seen.tables["deals"].title == "Our deals"
    assert "Our deals" not in seen.other_tabs


def test_one_cell_and_an_empty_sheet_are_tabs_too(make):
    book = make({**GRIDS, "Sync Log": (("Run",),)})
    book.excel.books[0].sheet("Results").cells.clear()
    seen = book.read(TABS)
    assert list(seen.tables["log"].rows) == []
    assert seen.tables["results"].bound == {}


def test_a_lost_name_is_left_out(book, excel):
    excel.books[0].names["board_as_of"] = "=#REF!"
    del excel.books[0].names["board_note"]
    assert book.read(TABS).reports["board"].names == {}


def test_results_that_move_by_themselves_do_not_make_a_plan_stale(book, excel, deals):
    deals.cells[2, 3] = Formula("RAND()")
    first = book.read(TABS).fingerprint
    excel.books[0].stale = True
    assert book.read(TABS).fingerprint == first


def test_formats_beyond_the_cells_do_not_count(book, deals):
    first = book.read(TABS).fingerprint
    deals.formats[900, 30] = "0.0"
    assert book.read(TABS).fingerprint == first


@pytest.mark.parametrize(
    ("value", "text", "told"),
    [
        (None, "", None),
        ("", "", None),
        ("", '=""', Formula('""', None)),
        (True, "TRUE", True),
        (-2146826273, "=1+x", Formula("1+x", CellError("#VALUE!"))),
        (7, "7", 7),
        ("=1", "=1", "=1"),
        (None, "#REF!", CellError("#REF!")),
        (1e300, "1E+300", 1e300),
    ],
)
def test_values_with_their_formulas(value, text, told):
    assert incoming(value, text) == told
    assert column_of([value], [text]) == [told]


def test_flat_answers_become_rows():
    assert grid_of([[5]], 1, 1) == [(5,)]
    assert grid_of([1, 2], 2, 1) == [(1,), (2,)]


@pytest.mark.parametrize(
    "text", ["=1", "+1", "-x", "@a", "1/2", "Mar 5", "TRUE", "wahr", "'quoted", "#N/A", " x", "P-1"]
)
def test_texts_that_excel_would_read_otherwise_get_an_apostrophe(text):
    assert as_text(text) == f"'{text}"


def test_words_and_long_texts_are_given_as_they_are():
    told = "The deal of 2026-03-01 has a stage that is not in the list, see row 7 of the tab."
    assert (as_text("won"), as_text("été, ok"), as_text(told)) == ("won", "été, ok", told)


def test_merged_cells_are_listed_as_in_a_file(book, excel, deals):
    book.read(TABS)
    assert excel.calls["merges"] == len(TABS) - 1  # one call where there are none
    deals.merges = [(3, 2, 4, 2), (5, 1, 5, 2)]
    for place in ((4, 2), (5, 2)):
        deals.cells.pop(place, None)
    told = book.read(TABS).tables["deals"].problems
    assert [(p.code, p.row, p.found) for p in told] == [
        ("merged_cells", 3, "B3:B4"),
        ("merged_cells", 5, "A5:B5"),
    ]
    assert excel.calls["merges"] < 40


def test_the_search_for_merged_cells_has_an_end(book, excel, deals):
    deals.merges = [(row, 1, row, 6) for row in range(6, 2000)]
    deals.cells[2000, 7] = "far"
    assert len(book.read(TABS).tables["deals"].problems) == 20
    assert excel.calls["merges"] < 500
