from __future__ import annotations

from datetime import datetime

import pytest

from sheetsync.model.problems import Severity
from tests.clean.small_tracker import cleaned, codes, deal, partner, snapshot


def deals(*rows):
    return cleaned(snapshot(partners=[partner()], deals=rows))


def test_of_two_rows_with_one_id_only_the_first_counts_and_both_are_told():
    told = deals(deal(1), deal(1, deal_id="d-0001 "), deal(2))
    assert codes(told) == [
        ("duplicate_id", "deals", 2, "deal_id"),
        ("duplicate_id", "deals", 3, "deal_id"),
    ]
    assert [p.excludes for p in told.problems] == [False, True]
    assert told.tables["deals"].frame["_used"].tolist() == [True, False, True]


def test_a_unique_value_that_stands_twice_is_a_warning():
    rows = [partner(1, utm_code="abc"), partner(2, utm_code="ABC", partner_name="Windermere")]
    told = cleaned(snapshot(partners=rows))
    assert [(p.code, p.row, p.severity) for p in told.problems] == [
        ("duplicate", 2, Severity.WARNING),
        ("duplicate", 3, Severity.WARNING),
    ]


def test_dates_out_of_order_take_the_later_one_away():
    rows = [partner(start=datetime(2026, 2, 1), end=datetime(2026, 1, 1))]
    told = cleaned(snapshot(partners=rows))
    assert codes(told) == [("wrong_order", "partners", 2, "end")]
    assert told.tables["partners"].frame["end"].isna().all()
    assert told.tables["partners"].frame["_used"].all()


@pytest.mark.parametrize(
    ("day", "used"), [(datetime(2026, 3, 15), True), (datetime(2026, 3, 16), False)]
)
def test_a_day_after_today_in_a_required_column_excludes(day, used):
    told = deals(deal(created=day))
    assert told.tables["deals"].frame["_used"].tolist() == [used]
    assert [c[0] for c in codes(told)] == ([] if used else ["in_future"])


def test_conversions_are_at_most_clicks():
    told = deals(deal(1, clicks=10, conversions=10), deal(2, clicks=10, conversions=11))
    assert codes(told) == [("more_than", "deals", 3, "conversions")]
    assert told.tables["deals"].frame["conversions"].tolist()[0] == 10


@pytest.mark.parametrize(
    ("stage", "severity"), [("won", Severity.ERROR), ("lead", Severity.WARNING), ("lost", None)]
)
def test_an_amount_is_needed_as_the_stage_says(stage, severity):
    told = deals(deal(stage=stage, amount=None))
    assert [p.severity for p in told.problems] == ([severity] if severity else [])
    assert told.tables["deals"].frame["_used"].all()


def test_an_unreadable_amount_is_not_told_as_missing_too():
    assert [c[0] for c in codes(deals(deal(amount="abc")))] == ["not_a_number"]


def test_one_primary_contact_per_partner():
    rows = [
        {"contact_id": f"C-{n}", "partner_id": "P-0001", "name": name, "is_primary": "yes"}
        for n, name in enumerate(["Sales desk", "Finance", "Back office"])
    ]
    told = cleaned(snapshot(partners=[partner()], contacts=rows))
    assert codes(told) == [("one_per", "contacts", r, "is_primary") for r in (3, 4)]


def test_a_partner_without_any_activity_raises_nothing():
    assert cleaned(snapshot(partners=[partner()], deals=[])).problems == ()


def test_the_word_for_own_sales_is_no_partners_id():
    told = cleaned(snapshot(partners=[partner(1), partner(2, partner_id="Direct")]))
    assert codes(told) == [("reserved_id", "partners", 3, "partner_id")]
    assert told.tables["partners"].frame["_used"].tolist() == [True, False]


@pytest.mark.parametrize(
    ("row", "message"),
    [
        ({"clicks": 10, "conversions": 11}, "Conversions (11) is more than Clicks (10)."),
        ({"created": datetime(2026, 4, 1)}, "Created (2026-04-01) is after today (2026-03-15)."),
        ({"amount": None}, "Amount is needed because Stage is won."),
    ],
)
def test_messages_name_every_column_that_takes_part(row, message):
    assert [p.message for p in deals(deal(**row)).problems] == [message]


def test_messages_about_dates_in_the_wrong_order_name_both():
    rows = [partner(start=datetime(2026, 2, 1), end=datetime(2026, 1, 1))]
    told = cleaned(snapshot(partners=rows))
    assert told.problems[0].message == "End (2026-01-01) is before Start (2026-02-01)."
