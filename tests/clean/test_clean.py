from __future__ import annotations

import subprocess
import sys
from datetime import datetime

import numpy as np
import pytest

from sheetsync.model.problems import Severity
from sheetsync.model.values import CellError, Formula
from tests.clean.small_tracker import (
    cleaned,
    codes,
    deal,
    partner,
    snapshot,
    with_fixes,
)


def test_a_sound_workbook_has_nothing_to_tell():
    told = cleaned(snapshot(partners=[partner()], deals=[deal()]))
    assert told.problems == ()
    assert told.fixes == ()
    assert told.tables["deals"].frame["_used"].all()


def test_frames_have_every_declared_user_column_with_its_dtype():
    frame = cleaned(snapshot(partners=[partner()], deals=[deal(pilot="yes")])).tables["deals"].frame
    assert frame["deal_id"].dtype == object
    assert frame["amount"].dtype == np.dtype("float64")
    assert frame["pilot"].dtype == np.dtype("float64")
    assert frame["created"].dtype == np.dtype("datetime64[us]")
    assert list(frame["month"].isna()) == [True]
    assert frame["note"].tolist() == [None]
    assert list(frame["_row"]) == [2]
    assert frame["_key"].tolist() == ["D-0001"]


def test_an_empty_table_gives_an_empty_frame():
    told = cleaned(snapshot(partners=[partner()], deals=[]))
    assert len(told.tables["deals"].frame) == 0


def test_true_is_not_one_in_a_column_that_has_both():
    rows = [deal(1, amount=True), deal(2, amount=1), deal(3, amount=1.0), deal(4, amount=False)]
    told = cleaned(snapshot(partners=[partner()], deals=rows))
    assert told.tables["deals"].frame["amount"].tolist()[1:3] == [1.0, 1.0]
    assert [c[0] for c in codes(told)] == ["bool_in_number", "bool_in_number"]


def test_blank_ids_are_numbered_in_sheet_order_above_all_that_were_ever_seen():
    rows = [partner(3), partner(2, partner_id=None), partner(4, partner_id=" ")]
    deals = [deal(partner_id="P-0007")]
    told = cleaned(snapshot(partners=rows, deals=deals))
    new = [(f.row, f.code, f.after) for f in told.fixes]
    assert new == [(3, "auto_id", "P-0008"), (4, "auto_id", "P-0009")]
    assert told.tables["partners"].frame["partner_id"].tolist() == ["P-0003", "P-0008", "P-0009"]
    assert told.tables["partners"].frame["_key"][1].startswith("~")
    assert told.fixes[0].key == told.tables["partners"].frame["_key"][1]


def test_a_row_without_any_data_gets_no_id_and_no_complaint():
    told = cleaned(snapshot(partners=[partner(), {"partner_id": None, "partner_name": "  "}]))
    assert [f.code for f in told.fixes] == ["trim"]
    assert told.problems == ()
    assert told.tables["partners"].frame["_used"].tolist() == [True, False]


def test_a_formula_is_read_and_never_overwritten():
    row = deal(stage=Formula("A1", "Closed Won"), amount=Formula("B1*2", "1.234,50"))
    told = cleaned(snapshot(partners=[partner()], deals=[row]))
    assert told.fixes == ()
    assert told.tables["deals"].frame["stage"].tolist() == ["won"]
    assert told.tables["deals"].frame["amount"].tolist() == [1234.5]


def test_a_formula_that_was_never_calculated_is_not_told_as_blank():
    rows = [deal(1, stage=Formula("A1")), deal(2, amount=Formula("B1*2")), deal(3)]
    told = cleaned(snapshot(partners=[partner(status=Formula("A1"))], deals=rows))
    assert codes(told) == [
        ("no_stored_value", "partners", 2, "status"),
        ("no_stored_value", "deals", 2, "stage"),
        ("no_stored_value", "deals", 3, "amount"),
    ]
    assert [p.excludes for p in told.problems] == [False, True, False]
    assert told.problems[0].message.startswith("The formula has no stored value: open")


def test_a_formula_that_gives_nothing_is_blank():
    told = cleaned(snapshot(partners=[partner()], deals=[deal(note=Formula('""', ""))]))
    assert told.problems == ()


def test_an_error_cell_is_never_empty_and_excludes_where_required():
    rows = [deal(1, partner_id=CellError("#N/A")), deal(2, note=CellError("#REF!"))]
    told = cleaned(snapshot(partners=[partner()], deals=rows))
    assert codes(told) == [
        ("cell_error", "deals", 2, "partner_id"),
        ("cell_error", "deals", 3, "note"),
    ]
    assert [p.excludes for p in told.problems] == [True, False]
    assert told.tables["deals"].frame["_used"].tolist() == [False, True]


def test_a_missing_required_cell_excludes_its_row():
    told = cleaned(snapshot(partners=[partner()], deals=[deal(stage=None), deal(2)]))
    assert codes(told) == [("missing", "deals", 2, "stage")]
    assert told.tables["deals"].used["deal_id"].tolist() == ["D-0002"]


def test_a_required_column_that_is_not_there_is_not_told_row_by_row():
    row = deal()
    del row["stage"]
    assert cleaned(snapshot(partners=[partner()], deals=[row])).problems == ()


def test_a_default_fills_the_typed_value_only():
    told = cleaned(snapshot(partners=[partner(status=None), partner(2, status="paused")]))
    assert told.tables["partners"].frame["status"].tolist() == ["active", "paused"]
    assert told.fixes == ()


def test_a_reference_by_the_name_of_a_partner_without_id_is_filled_in_the_same_run():
    rows = [partner(), partner(2, partner_id=None, partner_name=" Beta  Ltd")]
    told = cleaned(snapshot(partners=rows, deals=[deal(partner_id="beta ltd")]))
    assert told.tables["deals"].frame["partner_id"].tolist() == ["P-0002"]


def test_references_are_believed_when_the_other_tab_is_not_there():
    assert cleaned(snapshot(deals=[deal(partner_id="P-4711")])).problems == ()


def test_phone_numbers_take_their_country_from_the_partner():
    contacts = [
        {"contact_id": "C-0001", "partner_id": "P-0001", "name": "Sales", "phone": "030 1234567"},
        {"contact_id": "C-0002", "partner_id": "P-0002", "name": "Desk", "phone": "030 1234567"},
    ]
    partners = [partner(1, country="Germany"), partner(2)]
    told = cleaned(snapshot(partners=partners, contacts=contacts))
    assert told.tables["contacts"].frame["phone"].tolist() == ["+49301234567", None]
    assert codes(told) == [("phone_no_country", "contacts", 3, "phone")]


@pytest.mark.parametrize(
    ("amount", "currency", "partner_currency", "value"),
    [
        ("100 USD", "USD", None, 100.0),
        ("100 USD", None, "USD", 100.0),
        ("100 USD", None, None, None),
        ("$ 100", "CAD", None, 100.0),
        ("100 €", None, None, 100.0),
        ("1.234 USD", "EUR", None, None),
    ],
)
def test_an_amount_may_only_name_the_currency_of_its_row(amount, currency, partner_currency, value):
    row = deal(amount=amount, currency=currency, stage="lost")
    told = cleaned(snapshot(partners=[partner(currency=partner_currency)], deals=[row]))
    got = told.tables["deals"].frame["amount"][0]
    assert (None if np.isnan(got) else got) == value
    assert [c[0] for c in codes(told)] == ([] if value else ["currency_mismatch"])


def test_a_column_in_two_orders_is_told_once_and_left_alone():
    created = ["13/01/2026", "01/14/2026", "02/03/2026", "2026-01-05"]
    rows = [deal(n, created=day) for n, day in enumerate(created)]
    told = cleaned(snapshot(partners=[partner()], deals=rows))
    assert [c[0] for c in codes(told)] == ["mixed_date_order", "ambiguous_date"]
    assert "1 cell day first such as '13/01/2026'" in told.problems[0].message
    assert [f.before for f in told.fixes] == ["2026-01-05"]
    assert told.tables["deals"].frame["created"].tolist()[:2] == [
        datetime(2026, 1, 13),
        datetime(2026, 1, 14),
    ]


def test_the_same_deals_in_both_orders_give_the_same_days():
    days = [datetime(2026, 1, 1 + n) for n in range(20)]
    frames = [
        cleaned(
            snapshot(
                partners=[partner()],
                deals=[deal(n, created=day.strftime(order)) for n, day in enumerate(days)],
            )
        )
        .tables["deals"]
        .frame
        for order in ("%d-%m-%Y", "%m/%d/%Y")
    ]
    assert frames[0]["created"].tolist() == frames[1]["created"].tolist() == days


def test_lost_zeros_are_found_by_the_width_of_the_other_ids():
    rows = [deal(deal_id="00123"), deal(deal_id="00007"), deal(deal_id=42)]
    told = cleaned(snapshot(partners=[partner()], deals=rows))
    assert codes(told) == [("lost_zeros", "deals", 4, "deal_id")]
    assert told.problems[0].suggested == "00042"
    assert told.problems[0].severity is Severity.WARNING


def test_findings_and_fixes_stand_in_sheet_order():
    rows = [deal(1, note=" a", stage="x"), deal(2, stage="y", created="nie"), deal(3, note="b ")]
    told = cleaned(snapshot(partners=[partner()], deals=rows))
    assert [f.row for f in told.fixes] == [2, 4]
    assert [(p.row, p.column) for p in told.problems] == [
        (2, "stage"),
        (3, "stage"),
        (3, "created"),
    ]


def test_what_is_found_stays_the_same_after_the_fix_is_written():
    told = snapshot(partners=[partner()], deals=[deal(amount="(1.234,50)")])
    first = cleaned(told)
    second = cleaned(with_fixes(told, first.fixes))
    assert [p.id for p in first.problems] == [p.id for p in second.problems]
    assert first.problems[0].found == "-1234.5"
    assert second.fixes == ()


def test_importing_the_package_loads_nothing_heavy():
    heavy = ["pandas", "babel", "phonenumbers", "pycountry", "rapidfuzz", "email_validator"]
    code = f"import sys, sheetsync.clean; print([m for m in {heavy!r} if m in sys.modules])"
    run = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert run.stdout.strip() == "[]"
