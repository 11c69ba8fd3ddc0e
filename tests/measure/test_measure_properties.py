"""What must hold for any workbook: order, repetition and splitting of rows change nothing."""

from __future__ import annotations

import random
from itertools import accumulate
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from sheetsync.catalog.kpis import default_settings
from sheetsync.measure.concentration import gini, hhi, partners_to_80, top_share
from sheetsync.model.results import Measured
from sheetsync.model.settings import Settings
from tests.measure.books import (
    AS_OF,
    YEAR,
    Row,
    adds_up,
    book,
    day,
    deal,
    look,
    money,
    month,
    partner,
    run,
)

PEOPLE = ("A", "B", "C")
CARDS: Settings = YEAR.model_copy(
    update={"scorecards": default_settings().scorecards, "tiers": default_settings().tiers}
)
few = settings(max_examples=8)


def _some_day(rng: random.Random) -> str:
    return f"202{rng.choice('456')}-{rng.randint(1, 3):02d}-{rng.randint(1, 28):02d}"


def any_book(rng: random.Random) -> dict[str, list[Row]]:
    """Rows of every tab that KPIs read, with cents, refunds, blanks and own sales."""
    stages = ("lead", "proposal", "won", "won", "lost")
    deals = [
        deal(
            f"D{i}",
            rng.choice((*PEOPLE, "DIRECT")),
            rng.choice(stages),
            rng.choice((None, rng.randint(0, 10**7) / 100)),
            role=rng.choice(("sourced", "influenced", "co-sell")),
            created=day("2024-01-01"),
            closed=day(_some_day(rng)),
            account=rng.choice("KLMN"),
        )
        for i in range(25)
    ]
    kinds = ("sale", "renewal", "refund")
    rows = [
        money(
            rng.choice((*PEOPLE, "DIRECT")),
            rng.choice(kinds),
            rng.randint(0, 10**7) / 100,
            _some_day(rng),
            entry_id=f"M{i}",
            deal_id=rng.choice((None, f"D{rng.randint(0, 30)}")),
        )
        for i in range(30)
    ]
    rows += [money(rng.choice(PEOPLE), "fee", rng.randint(1, 9999) / 100, _some_day(rng))] * 3
    activity = [
        month(p, "2025-06-01", impressions=rng.randint(0, 999), likes=rng.randint(0, 9), leads=2)
        for p in PEOPLE
    ]
    people = [
        partner(p, k) for p, k in zip(PEOPLE, ("reseller", "influencer", "affiliate"), strict=True)
    ]
    return {"partners": people, "deals": deals, "money": rows, "activity": activity}


def told(rows: dict[str, list[Row]]) -> Measured:
    return run(book(**rows), CARDS, AS_OF)


@few
@given(st.randoms(use_true_random=False))
def test_row_order_and_a_second_run_change_nothing(rng: random.Random) -> None:
    rows = any_book(rng)
    first = told(rows)
    assert told(rows) == first
    mixed = {
        tab: found if tab == "partners" else rng.sample(found, len(found))
        for tab, found in rows.items()
    }
    again = told(mixed)
    assert again.kpis == first.kpis
    assert again.tiers == first.tiers


@few
@given(st.randoms(use_true_random=False))
def test_splitting_a_row_changes_no_sum(rng: random.Random) -> None:
    rows = any_book(rng)
    whole = look(told(rows))
    parts: list[Row] = []
    for row in rows["money"]:
        left = round(row["amount"] / 3, 2)
        parts += [row | {"amount": left}, row | {"amount": round(row["amount"] - left, 2)}]
    split = look(told(rows | {"money": parts}))
    for place, value in whole.items():
        if place[0] in ("F01", "F05", "F06", "F07", "F08", "F09", "F19", "S04", "S06"):
            assert (split[place].value, split[place].flag) == (value.value, value.flag), place


@few
@given(st.randoms(use_true_random=False))
def test_partners_and_own_sales_add_up_to_the_programme(rng: random.Random) -> None:
    rows = any_book(rng)
    rows["deals"] = [r for r in rows["deals"] if r["stage"] == "won" or r["partner_id"] in PEOPLE]
    assert adds_up(look(told(rows)), (*PEOPLE, "DIRECT"))


@given(st.lists(st.integers(0, 10**6), min_size=1, max_size=60))
def test_concentration_computed_a_second_way(cents: list[int]) -> None:
    values = [c / 100 for c in cents]
    total, n = sum(cents), len(cents)
    ranked = sorted(cents, reverse=True)
    if total == 0:
        assert {f(values) for f in (top_share, partners_to_80, gini, hhi)} == {None}
        return
    fifth = -(-n // 5)
    differences = sum(abs(a - b) for a in cents for b in cents)
    told: list[Any] = [f(values) for f in (top_share, gini, hhi)]
    assert told == pytest.approx(
        [
            sum(ranked[:fifth]) / total,
            differences / (2 * n * total),
            sum(c * c for c in cents) / total**2,
        ],
        abs=1e-9,
    )
    reached = [i for i, made in enumerate(accumulate(ranked), 1) if 5 * made >= 4 * total]
    assert partners_to_80(values) == reached[0]
