from __future__ import annotations

import csv
from collections import Counter
from pathlib import Path

import pytest

from sheetsync.clean.duplicates import _PAIRS, _candidates, find_duplicates, repeated
from sheetsync.clean.names import folded, name_key
from tests.clean.small_tracker import cleaned, codes, partner, snapshot

SHARED = Path(__file__).parents[3] / "shared/data/duplicates/csv_example_input_with_true_ids.csv"


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ("Acme GmbH", "ACME"),
        ("Acme, Inc.", "acme incorporated"),
        ("Müller & Söhne GmbH & Co. KG", "Muller and Sohne"),
        ("Acme S.A.", "Acme"),
        ("The Acme Company", "Acme"),
        ("Café Ñandú Ltd", "cafe nandu"),
    ],
)
def test_names_that_differ_by_form_only_have_one_key(one, other):
    assert name_key(one) == name_key(other)


def test_a_name_that_is_only_a_legal_form_is_kept():
    assert name_key("Inc") == "inc"
    assert folded("") == ""


def test_pairs_carry_a_score_and_a_reason():
    names = ["Blue Harbour Media", "Blue Harbor Media", "Green Valley", "BLUE HARBOUR MEDIA LTD"]
    told = [(p.first, p.second, p.score, p.reason) for p in find_duplicates(names)]
    assert told[1] == (0, 3, 100, "the same name")
    assert told[0][:2] == (0, 1)
    assert 90 <= told[0][2] < 100
    assert told[0][3] == "a similar name"


def test_another_house_number_or_country_speaks_against_a_pair():
    names = ["Blue Harbour Media", "Blue Harbour Media"]
    assert find_duplicates(names, ["12 High Street", "14 High Street"]) == []
    assert find_duplicates(names, ["DE", "FR"]) == []
    assert len(find_duplicates(names, ["DE", "DE"])) == 1
    assert len(find_duplicates(names, ["DE", ""])) == 1


def test_the_same_address_or_number_supports_a_weaker_name():
    names = ["Harbour Media North", "Harbour Marketing"]
    assert find_duplicates(names) == []
    assert len(find_duplicates(names, ["12 High Street", "12 high street, 2nd floor"])) == 1
    assert len(find_duplicates(names, marks=["+4930123", "+4930123"])) == 1


@pytest.mark.parametrize(
    ("one", "other"), [("Corner Store 12", "Corner Store 13"), ("Agency A", "Agency B")]
)
def test_numbered_branches_are_no_twins(one, other):
    assert find_duplicates([one, other]) == []


def test_likely_twins_among_partners_are_warnings_on_the_later_row():
    rows = [
        partner(1, partner_name="Copperfield Analytics GmbH"),
        partner(2, partner_name="Windermere Cloud"),
        partner(3, partner_name="Coperfield Analytics"),
    ]
    told = cleaned(snapshot(partners=rows))
    assert codes(told) == [("likely_duplicate", "partners", 4, "partner_name")]
    assert "likeness 98 of 100" in told.problems[0].message


def test_one_name_in_two_countries_is_told_whatever_else_is_alike():
    rows = [
        partner(1, partner_name="Sports Products Store", country="FR"),
        partner(2, partner_name="Windermere Cloud", country="FR"),
        partner(3, partner_name="Sports  Products Store Ltd.", country="DE"),
    ]
    assert codes(cleaned(snapshot(partners=rows))) == [("duplicate", "partners", 4, "partner_name")]


def test_a_name_that_stands_often_is_told_in_every_row_but_the_first():
    names = ["Corner Store"] * 100
    assert [(p.first, p.second) for p in repeated(names)] == [(0, j) for j in range(1, 100)]


def test_people_of_one_name_at_different_partners_are_different():
    rows = [
        {"contact_id": f"C-{n}", "partner_id": p, "name": "Sales desk", "email": None}
        for n, p in enumerate(["P-0001", "P-0002", "P-0001"])
    ]
    told = cleaned(snapshot(partners=[partner(1), partner(2)], contacts=rows))
    assert codes(told) == [("duplicate", "contacts", 4, "name")]


@pytest.mark.skipif(not SHARED.exists(), reason="the labelled organisations are not here")
def test_precision_and_recall_on_labelled_organisations():
    with SHARED.open(encoding="utf-8") as file:
        rows = list(csv.DictReader(file))
    truth = [row["True Id"] for row in rows]
    pairs = find_duplicates(
        [row["Site name"] for row in rows],
        [row["Address"] for row in rows],
        [row["Phone"].strip() for row in rows],
    )
    right = sum(truth[p.first] == truth[p.second] for p in pairs)
    every = sum(n * (n - 1) // 2 for n in Counter(truth).values())
    assert right / len(pairs) >= 0.98
    assert right / every >= 0.93


def test_in_long_lists_words_must_be_rarer_to_make_candidates():
    """Sixty rows share each word, and all of them: without a bound 120 pairs per row."""
    rows = 40_000
    names = [f"{'abcdefgh'[j % 8]}{j % 667} w{j // 60}x v{j % 661}y" for j in range(rows)]
    loose = _candidates(names, [""] * rows, [""] * rows)
    assert len(loose) <= _PAIRS * (rows + 10_000)
    few = _candidates(names[:600], [""] * 600, [""] * 600)
    assert len(few) >= 10 * 60 * 59 // 2
