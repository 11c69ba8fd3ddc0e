from __future__ import annotations

from datetime import datetime

import pytest

from sheetsync.model.problems import Severity
from sheetsync.model.values import Formula
from tests.clean.small_tracker import cleaned, codes, deal, partner, snapshot, with_fixes


def answered(told, answer):
    ids = {p.id: answer for p in cleaned(told).problems}
    return cleaned(told, ids)


def one(**cells):
    return snapshot(partners=[partner()], deals=[deal(**cells)])


@pytest.mark.parametrize(
    ("cells", "after"),
    [
        ({"stage": "wno"}, "won"),
        ({"created": "03/02/2026"}, datetime(2026, 2, 3)),
        ({"amount": "1,234"}, 1234.0),
        ({"amount": -5.0}, 5.0),
        ({"partner_id": "P-1"}, "P-0001"),
        ({"amount": "(7)"}, 7.0),
    ],
)
def test_an_accepted_guess_is_written_once_and_counts(cells, after):
    column = next(iter(cells))
    told = one(**cells)
    result = answered(told, "accept")
    assert result.problems == ()
    assert [(f.code, f.before, f.after) for f in result.fixes] == [
        ("accepted", cells[column], after)
    ]
    assert result.tables["deals"].frame[column].tolist() == [after]
    assert result.tables["deals"].frame["_used"].all()
    assert cleaned(with_fixes(told, result.fixes)).fixes == ()


def test_a_rejected_guess_about_a_readable_value_becomes_a_note_and_counts():
    result = answered(one(amount=-5.0), "reject")
    (problem,) = result.problems
    assert (problem.severity, problem.suggested, problem.decision) == (
        Severity.NOTE,
        None,
        "reject",
    )
    assert result.tables["deals"].frame["amount"].tolist() == [-5.0]
    assert result.fixes == ()


def test_a_rejected_guess_about_an_unreadable_value_stays_an_error():
    result = answered(one(stage="wno"), "reject")
    (problem,) = result.problems
    assert problem.severity is Severity.ERROR
    assert problem.excludes
    assert problem.suggested is None


def test_later_keeps_the_guess_open():
    (problem,) = answered(one(stage="wno"), "later").problems
    assert (problem.suggested, problem.decision) == ("won", "later")


def test_a_formula_offers_nothing_to_accept():
    result = answered(one(stage=Formula("A1", "wno")), "accept")
    assert [p.suggested for p in result.problems] == [None]
    assert result.fixes == ()


def test_the_answer_holds_when_the_cell_changes_no_more():
    told = one(stage="wno")
    ids = {p.id: "reject" for p in cleaned(told).problems}
    assert cleaned(one(stage="wnn"), ids).problems[0].suggested == "won"


def test_rejected_duplicates_are_silent():
    told = snapshot(
        partners=[partner(1, partner_name="Acme GmbH"), partner(2, partner_name="ACME")]
    )
    assert [c[0] for c in codes(cleaned(told))] == ["duplicate"]
    assert answered(told, "reject").problems == ()
    assert [p.decision for p in answered(told, "later").problems] == ["later"]
