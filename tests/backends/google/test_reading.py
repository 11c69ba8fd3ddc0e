"""What stands in cells, read as it is: formulas, errors, days, truth values, look-alikes."""

from __future__ import annotations

from datetime import datetime

import pytest

from sheetsync.backends.google.fixes import is_taken_otherwise, typed
from sheetsync.backends.google.values import entered, incoming, moment, outgoing
from sheetsync.model.plan import ReplaceRows
from sheetsync.model.values import CellError, Formula, same
from tests.backends.google.small_sheet import plan, shared, write
from tests.contract.small import TABS


def stage_of(here, typed_in):
    here.human.type("Deals", 1, 1, typed_in)
    return here.book().read(TABS).tables["deals"].column("stage")[0]


@pytest.mark.parametrize(
    ("typed_in", "read"),
    [
        ("=1+1", Formula("1+1", 2)),
        ('=IF(1=1;"a,b";"c")', Formula('IF(1=1;"a,b";"c")', "a,b")),
        ("=1/0", Formula("1/0", CellError("#DIV/0!"))),
        ("=NA()", CellError("#N/A")),
        ("TRUE", True),
        ("12.5", 12.5),
        ("2026-03-01", datetime(2026, 3, 1)),
        ("'2026-03-01", "2026-03-01"),
        ("'=1+1", "=1+1"),
        ("'007", "007"),
        ("007", 7),
        ("été ☂", "été ☂"),
    ],
)
def test_cells_are_read_as_they_are(tmp_path, typed_in, read):
    here = shared(tmp_path)
    found = stage_of(here, typed_in)
    assert same(found, read) or (
        isinstance(found, Formula) and isinstance(read, Formula) and same(found.value, read.value)
    )


def test_a_number_in_a_column_of_days_is_a_day_where_it_can_be_one(tmp_path):
    here = shared(tmp_path)
    for row, told in ((1, 46000), (2, 2025)):
        here.sheet.named("Deals").put(row, 4, {"userEnteredValue": {"numberValue": told}})
    here.sheet.changed()
    days = here.book().read(TABS).tables["deals"].column("closed")
    assert days[:2] == [datetime(2025, 12, 9), 2025]


def test_a_day_in_a_german_sheet(tmp_path):
    here = shared(tmp_path, locale="de_DE")
    here.human.type("Deals", 2, 4, "31.12.2025")
    here.human.type("Deals", 2, 1, "01.02.2026")
    here.human.type("Deals", 2, 3, "1.200,50")
    deals = here.book().read(TABS).tables["deals"]
    assert deals.column("closed")[1] == datetime(2025, 12, 31)
    assert deals.column("stage")[1] == datetime(2026, 2, 1)
    assert deals.column("amount")[1] == 1200.5


def test_numbers_and_days_are_written_in_a_german_sheet(tmp_path):
    here = shared(tmp_path, locale="de_DE")
    book = here.book()
    seen = book.read(TABS)
    ops = (
        write(seen, "amount", {3: 1200.5}),
        write(seen, "closed", {3: datetime(2026, 2, 1), 4: datetime(2026, 2, 3, 14, 30)}),
        write(seen, "stage", {2: "WAHR", 3: "1,5"}),
    )
    here.asked()
    book.apply(plan(seen, *ops), TABS)
    assert here.asked() == ["POST "]
    deals = book.read(TABS).tables["deals"]
    assert deals.column("amount")[1] == 1200.5
    assert deals.column("closed")[1:3] == [datetime(2026, 2, 1), datetime(2026, 2, 3, 14, 30)]
    assert deals.column("stage")[:2] == ["WAHR", "1,5"]


def test_links_of_issues_go_to_cells_by_the_tabs_id_and_read_back_by_its_title(tmp_path):
    here = shared(tmp_path)
    book = here.book()
    seen = book.read(TABS)
    link = Formula('HYPERLINK("#\'Deals\'!B5","B5")', "B5")
    old = tuple(zip(*seen.tables["results"].cells, strict=True))
    op = ReplaceRows("results", ("key", "value", "decision"), old, ((link, 1, None),))
    book.apply(plan(seen, op), TABS)
    cell = here.sheet.named("Results").cell(1, 0)
    assert cell["userEnteredValue"]["formulaValue"].startswith('=HYPERLINK("#gid=')
    assert book.read(TABS).tables["results"].column("key") == [link]


@pytest.mark.parametrize(
    "text", ['IF(A1="a;b",1,2)', "HYPERLINK(\"#'It''s'!B5\",\"B5\")", "SUM(A1,B1)"]
)
def test_engine_formulas_come_back_as_they_were_told(text):
    told = outgoing(text, {"It's": 12})
    assert "," not in told.replace('"a;b"', "")
    assert incoming(Formula(told), {12: "It's"}) == Formula(text)


@pytest.mark.parametrize(
    "text", ["+49 30", "007", "1/2", "March 2026", "=A1", "TRUE", "wahr", "'x", "5%", "1e5", " a "]
)
def test_texts_that_sheets_would_take_for_something_else_are_marked(text):
    assert is_taken_otherwise(text)
    assert typed(text) == f"'{text}"
    assert typed(text, "") == text


@pytest.mark.parametrize("text", ["won", "D-0005", "Northwind Trading 24 GmbH", "a", "P-0001"])
def test_plain_texts_are_typed_as_they_are(text):
    assert typed(text) == text


def test_what_typing_cannot_give_is_not_typed():
    assert typed(Formula("1+1")) is None
    assert typed(CellError("#N/A")) is None
    assert typed(1e-7) is None
    assert typed(12.5, "") is None


def test_numbers_beyond_the_calendar_stay_numbers():
    assert moment(-1) == -1
    assert moment(3e6) == 3e6
    assert moment(1.5) == datetime(1899, 12, 31, 12)


def test_text_is_entered_as_text():
    assert entered("=1+1") == {"stringValue": "=1+1"}
    assert entered(value=True) == {"boolValue": True}
    assert entered("") is None


def test_the_fingerprint_changes_with_every_cell_and_write(tmp_path):
    here = shared(tmp_path)
    book = here.book()
    seen = [book.read(TABS).fingerprint]
    assert here.book("other").read(TABS).fingerprint == seen[0]
    for row, column, text in ((1, 2, "x"), (3, 3, "8"), (5, 1, "more")):
        here.human.type("Deals", row, column, text)
        seen.append(book.read(TABS).fingerprint)
    here.human.type_at("Board!A2", "other")
    seen.append(book.read(TABS).fingerprint)
    told = book.read(TABS)
    book.apply(plan(told, write(told, "check", {2: "mark"})), TABS)
    seen.append(book.read(TABS).fingerprint)
    assert len(set(seen)) == len(seen)
