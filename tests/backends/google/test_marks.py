"""Marks of SYNC columns stand beside their rows, whatever happens around their formula."""

from __future__ import annotations

import pytest

from sheetsync.backends.google.marks import shown_header
from tests.backends.google.small_sheet import plan, shared, write
from tests.contract.small import TABS


@pytest.fixture(params=["en_US", "de_DE"])
def here(tmp_path, request):
    """Two deals with marks; a locale with a decimal comma takes other signs between arguments."""
    made = shared(tmp_path, locale=request.param)
    book = made.book()
    seen = book.read(TABS)
    book.apply(plan(seen, write(seen, "check", {2: "first", 5: "fourth"})), TABS)
    return made


def checks(here):
    """The marks that people see, by deal."""
    rows = here.human.rows("Deals")[:12]
    return {row[0]: row[5] for row in rows if row[5] and row[0] is not None}


MARKED = {"Deal ID": "Check", "D-0001": "first", "D-0004": "fourth"}


@pytest.mark.parametrize("row", [0, 1, 3, 6])
def test_a_row_inserted_anywhere(here, row):
    here.human.insert_row("Deals", row, count=2)
    assert checks(here) == MARKED
    deals = here.book("other").read(TABS).tables["deals"]
    assert deals.headers[5] == "Check"
    told = dict(zip(deals.column("deal_id"), deals.column("check"), strict=True))
    assert {k: v for k, v in told.items() if v} == {"D-0001": "first", "D-0004": "fourth"}


@pytest.mark.parametrize("row", [2, 3, 5])
def test_another_row_deleted(here, row):
    here.human.delete_row("Deals", row)
    assert checks(here) == MARKED


def test_the_row_under_the_header_deleted(here):
    here.human.delete_row("Deals", 1)
    assert checks(here) == {"Deal ID": "Check", "D-0004": "fourth"}


def test_columns_moved_and_inserted(here):
    here.human.move_column("Deals", 0, 3)
    here.human.insert_column("Deals", 0, "Priority")
    rows = here.human.rows("Deals")[:6]
    assert [row[6] for row in rows] == ["Check", "first", "", "", "fourth", ""]


def test_a_formula_whose_key_column_went_is_still_known_by_its_header(here):
    here.human.delete_column("Deals", 0)
    formula = here.sheet.named("Deals").cell(0, 4)["userEnteredValue"]["formulaValue"]
    assert shown_header(formula) == "Check"


def test_a_header_with_quotes_is_shown_as_it_is():
    assert shown_header('=ARRAYFORMULA(IF(ROW(B3:B)=ROW(B3);"The ""Check""";1))') == 'The "Check"'
    assert shown_header('=ARRAYFORMULA(IF(A1:A="";"";1))') is None
