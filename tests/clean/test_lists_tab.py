"""Values that people add on the tab Lists."""

from __future__ import annotations

from sheetsync.catalog.tracker import FULL
from sheetsync.clean.lists import CLOSED, with_added_values
from tests.clean.pack_books import PARTNER, book, read


def test_an_added_value_is_allowed_and_others_stay() -> None:
    tracker, told = with_added_values(FULL, book(lists=[{"partner_type": "ambassador"}]))
    values = [c.value for c in tracker.lists["partner_type"]]
    assert values == [*(c.value for c in FULL.lists["partner_type"]), "ambassador"]
    assert told == ()
    rows = [{"partner_id": "P-1", "partner_name": "Ash", **PARTNER, "partner_type": "Ambassador"}]
    seen = book(partners=rows, deals=[], lists=[{"partner_type": "ambassador"}])
    assert read(seen)[0].problems == ()


def test_known_spellings_add_nothing() -> None:
    told = [{"partner_type": "Reseller", "stage": "closed won"}, {"partner_type": " "}]
    assert with_added_values(FULL, book(lists=told)) == (FULL, ())


def test_an_added_stage_is_open() -> None:
    tracker, _ = with_added_values(FULL, book(lists=[{"stage": "verbal yes"}]))
    stage = tracker.lists["stage"][-1]
    assert (stage.value, stage.group, stage.number) == ("verbal yes", "open", 0.0)


def test_a_closed_list_says_so() -> None:
    tracker, (told,) = with_added_values(FULL, book(lists=[{"flag": "maybe"}]))
    assert tracker is FULL
    assert (told.code, told.column, told.row, told.found) == ("closed_list", "flag", 2, "maybe")
    assert FULL.lists.keys() >= CLOSED
