"""A partner's contract status follows its rows on Contracts, where it has any."""

from __future__ import annotations

from datetime import date

import pytest

from sheetsync.catalog.tracker import FULL
from sheetsync.clean.clean import settle
from sheetsync.clean.followed import RULE
from sheetsync.model.values import Formula
from tests.clean.pack_books import AS_OF, BASE, book

SIGNED = {"version": 1, "status": "signed", "signed": "2025-01-01", "start": "2025-01-01"}


def settled(contracts, typed=None, as_of=AS_OF):
    people = [BASE["partners"][0] | {"contract_status": typed}, BASE["partners"][1]]
    seen = book(partners=people, contracts=[{"partner_id": "P-0001"} | row for row in contracts])
    return settle(seen, FULL, FULL.defaults, as_of, {})


def status(told):
    return told.cleaned.tables["partners"].frame["contract_status"].tolist()


@pytest.mark.parametrize(
    ("contracts", "state"),
    [
        ([SIGNED], "signed"),
        ([SIGNED | {"end": "2026-06-30"}], "signed"),
        ([SIGNED | {"end": "2026-06-29"}], "expired"),
        ([SIGNED | {"end": "2026-06-29", "auto_renew": "yes"}], "signed"),
        ([SIGNED | {"status": "proposal"}], "proposal"),
        ([SIGNED | {"status": "draft"}], "proposal"),
        ([SIGNED | {"status": "terminated"}], "expired"),
        ([SIGNED, SIGNED | {"version": 2, "status": "draft"}], "signed"),
        ([SIGNED | {"end": "2025-12-31"}, SIGNED | {"version": 2, "status": "draft"}], "proposal"),
        ([SIGNED | {"version": 2, "status": "terminated"}, SIGNED | {"end": "2025-12-31"}],
         "expired"),
    ],
)  # fmt: skip
def test_the_status_is_what_the_contracts_say(contracts, state):
    told = settled(contracts, "none")
    assert status(told) == [state, None]
    (fix,) = (f for f in told.fixes if f.code == RULE)
    assert (fix.column, fix.before, fix.after) == ("contract_status", "none", state)


def test_a_status_that_is_right_needs_no_fix():
    assert RULE not in settled([SIGNED], "signed").fixes.counts()


def test_what_cannot_be_read_is_put_right_by_the_contracts():
    told = settled([SIGNED], "perhaps")
    assert status(told)[0] == "signed"
    assert "contract_status" not in {p.column for p in told.cleaned.problems}


def test_a_partner_without_contracts_keeps_what_people_wrote():
    assert status(settled([], "signed"))[0] == "signed"
    assert status(settled([SIGNED | {"status": None}], "proposal"))[0] == "proposal"


def test_a_formula_stays():
    told = settled([SIGNED], Formula('"none"', "none"))
    assert RULE not in told.fixes.counts()
    assert status(told)[0] == "none"


def test_the_day_decides():
    contracts = [SIGNED | {"end": "2026-06-30"}]
    assert status(settled(contracts, as_of=date(2026, 7, 1)))[0] == "expired"
