"""The Attribution tab: totals with ranges, and one deal worked out so that people can follow."""

from __future__ import annotations

import re

import pytest

from sheetsync.layout.attribution import attribution_rows
from sheetsync.model.tracker import Tracker
from tests.measure.books import Row, money, partner, won
from tests.measure.shared_books import SHARED, shared, touch, under

PARTNERS = [partner("A"), partner("B"), partner("C")]
DEALS = [won("D1", "A", 120.0, "2025-06-10"), won("D2", "B", 50.0, "2025-07-10")]
TOUCHES = [
    touch("D1", "A", "2025-05-11", kind="demo", role="awareness"),
    touch("D1", "B", "2025-06-01", mark="lead", role="nurture"),
    touch("D1", "C", "2025-06-05", mark="opportunity", role="close"),
    touch("D1", "B", "2025-06-10", role="nurture"),
]
MODELS = ("first", "last", "linear", "time-decay", "u", "w", "full path", "custom")


def records(model: str, tracker: Tracker = SHARED, **more: list[Row]) -> list[dict[str, object]]:
    rows = {"partners": PARTNERS, "deals": DEALS, "touches": TOUCHES} | more
    told = shared(under(model), **rows).attribution
    assert told is not None
    keys = [column.key for column in tracker.tab("attribution").columns]
    body = attribution_rows(told, tracker, {"A": "Alpha", "B": "Beta", "C": "Gamma"})
    return [dict(zip(keys, row, strict=True)) for row in body]


def notes(model: str) -> dict[str, str]:
    return {str(r["partner_id"]): str(r["note"]) for r in records(model) if r["deal_id"] == "D1"}


def test_totals_come_first_with_the_model_and_the_share_of_direct() -> None:
    own = money("DIRECT", "sale", 30.0, "2025-08-01")
    found = records("time-decay", money=[own])
    totals = [r for r in found if r["deal_id"] == "All deals"]
    assert found[: len(totals)] == totals
    assert "half-life 30 days, look-back 365 days (clicks 90)" in str(totals[0]["note"])
    (direct,) = [r for r in totals if r["partner_id"] == "DIRECT"]
    assert "DIRECT keeps 15.0% of the revenue" in str(direct["note"])
    assert direct["partner_name"] == "Own sales"
    assert sum(float(str(r["credit"])) for r in totals) == pytest.approx(1)


def test_each_partner_has_its_range_over_first_last_and_linear() -> None:
    (alpha,) = [r for r in records("u") if (r["deal_id"], r["partner_id"]) == ("All deals", "A")]
    assert (alpha["first"], alpha["last"], alpha["linear"], alpha["spread"]) == (120, 0, 30, 120)
    assert "Between 0.00 and 120.00" in str(alpha["note"])


def test_values_of_a_deal_add_up_to_it() -> None:
    for model in MODELS:
        found = [r for r in records(model) if r["deal_id"] == "D1"]
        for column in ("value", "first", "last", "linear"):
            assert sum(float(str(r[column])) for r in found) == pytest.approx(120)
        assert {r["partner_name"] for r in found} == {"Alpha", "Beta", "Gamma"}


@pytest.mark.parametrize(
    ("model", "words"),
    [
        ("first", "The first touch, by A, takes all: 0 = 0.00% of 120.00"),
        ("last", "The last touch, by B, takes all: 1 = 100.00% of 120.00, to the cent 120.00."),
        ("linear", "2 of 4 touches: 2 ÷ 4 = 50.00% of 120.00, to the cent 60.00."),
        ("time-decay", "2^(−9/30) + 2^(−0/30) = 1.8123 of 3.2032 = 56.58% of 120.00"),
        ("u", "40 % for last touch + 20 % for touches between × 1/2 = 50.00% of 120.00"),
        ("w", "30 % for lead + 10 % for other touches = 40.00% of 120.00"),
        (
            "full path",
            "22.5 % for lead + 22.5 % for close, out of the 90 % that are there = 50.00%",
        ),
        ("custom", "30 % for nurture = 30.00% of 120.00, to the cent 36.00."),
    ],
)
def test_one_deal_is_worked_out_in_words(model: str, words: str) -> None:
    assert words in notes(model)["B"]
    assert notes(model)["A"].startswith(
        "Worked example: 4 touches in all. A 30 days (awareness) before the close. "
    )
    assert notes(model)["B"].startswith(
        "B 9 days (lead, nurture), 0 days (nurture) before the close. "
    )


@pytest.mark.parametrize("model", ["time-decay", "full path"])
def test_no_note_is_longer_than_two_lines_of_its_column(model: str) -> None:
    often = [
        touch("D1", "B", f"2025-05-{d:02d}", role="nurture", mark="lead") for d in range(1, 21)
    ]
    width = SHARED.tab("attribution").column("note").width
    found = records(model, touches=[*TOUCHES, *often])
    assert any("more times" in str(r["note"]) for r in found)
    # Letters are narrower than the digits that widths are counted in.
    assert max(len(str(r["note"] or "")) for r in found) <= 2.4 * width


@pytest.mark.parametrize("model", MODELS)
def test_the_arithmetic_in_words_is_right(model: str) -> None:
    """Read the sum out of the words and work it out."""
    for note in notes(model).values():
        said = note.rsplit(".  ", 1)[-1]
        credit = float(re.findall(r"([\d.]+)% of 120", said)[-1]) / 100
        terms = re.findall(r"([\d.]+) % for [a-z ]+?(?: × (\d+)/(\d+))?(?= \+|,| =)", said)
        if not terms:
            continue
        worked = sum(float(w) / 100 * int(a or 1) / int(b or 1) for w, a, b in terms)
        there = re.findall(r"out of the ([\d.]+) %", said)
        assert worked / (float(there[0]) / 100 if there else 1) == pytest.approx(credit, abs=1e-4)


def test_a_deal_that_nobody_touched_says_so() -> None:
    found = records("linear", touches=[])
    (note,) = {r["note"] for r in found if r["deal_id"] == "D1"}
    assert note == (
        "Worked example: nobody touched the deal within the look-back. "
        "Who sourced the deal has all of it = 100.00% of 120.00, to the cent 120.00."
    )
