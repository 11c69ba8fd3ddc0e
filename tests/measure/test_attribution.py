"""What attribution must do on any journeys, and every model against a peer written a second way."""

from __future__ import annotations

import random
from fractions import Fraction
from itertools import pairwise
from typing import Any

import pandas as pd
import pytest
import sqlglot
from hypothesis import given, settings
from hypothesis import strategies as st

from sheetsync.engines.duckdb import DuckDb
from sheetsync.measure.attribution import (
    credits_sql,
    deal_credits,
    deal_values,
    direct_share,
    markov,
    partner_totals,
    totals_sql,
    values_sql,
)
from sheetsync.measure.attribution_markov import transition_sql
from sheetsync.measure.attribution_sql import KINDS, MARKS, MODELS, ROLES, Rules
from tests.measure.attribution_peers import Touch, cents_of, credits_of, in_order
from tests.measure.journeys import deals, journey, paths, touches

ENGINE = DuckDb()
CLOSED = 100
QUERIES = {
    "credits": credits_sql(Rules()),
    "distinct": credits_sql(Rules(distinct=True)),
    "values": values_sql(Rules()),
    "totals": totals_sql(Rules()),
    "transitions": transition_sql(Rules()),
}
some = settings(max_examples=25, deadline=None)

a_touch = st.tuples(
    st.sampled_from("ABC"),
    st.integers(CLOSED - 45, CLOSED + 3),
    st.sampled_from((None, *KINDS)),
    st.sampled_from((None, None, *(m for m in MARKS if m))),
    st.sampled_from((None, *ROLES)),
)
journeys = st.lists(st.lists(a_touch, max_size=7), min_size=1, max_size=6)
some_paths = st.tuples(
    st.lists(st.sampled_from("ABCD"), min_size=1, max_size=6), st.integers(0, 3), st.integers(0, 3)
)
rules = st.builds(
    Rules,
    lookback=st.integers(5, 60),
    lookback_clicks=st.integers(2, 40),
    half_life=st.sampled_from([1.5, 7.0, 30.0]),
    distinct=st.booleans(),
    role_weights=st.sampled_from(
        [
            {"awareness": 0.4, "nurture": 0.3, "close": 0.3},
            {"awareness": 1.0, "nurture": 0.0, "close": 2.0},
        ]
    ),
)


def relations(
    told: list[list[Touch]], values: list[int] | None = None
) -> tuple[pd.DataFrame, pd.DataFrame]:
    """Each journey as a won deal; values in cents."""
    rows = [(f"D{i}", *touch) for i, found in enumerate(told) for touch in found]
    cents = values or [100] * len(told)
    ends = [(f"D{i}", cents[i] / 100, CLOSED, 1) for i in range(len(told))]
    return touches(*rows), deals(*ends)


def by_deal(frame: pd.DataFrame, model: str) -> dict[str, dict[str, float]]:
    told: dict[str, dict[str, float]] = {}
    for row in frame.to_dict("records"):
        told.setdefault(row["deal_id"], {})[row["partner_id"]] = row[model]
    return told


@some
@given(journeys, rules)
def test_every_model_equals_its_peer(told: list[list[Touch]], given_rules: Rules) -> None:
    found = deal_credits(*relations(told), ENGINE, given_rules)
    for model in MODELS:
        credit = by_deal(found, model)
        for i, touched in enumerate(told):
            peer = credits_of(touched, CLOSED, given_rules)[model]
            expected = {who: float(share) for who, share in peer.items()}
            assert credit[f"D{i}"] == pytest.approx(expected, abs=1e-9), model


@some
@given(journeys, rules)
def test_credits_are_never_negative_and_sum_to_one(
    told: list[list[Touch]], given_rules: Rules
) -> None:
    found = deal_credits(*relations(told), ENGINE, given_rules)
    for model in MODELS:
        assert found[model].min() >= 0
        assert found.groupby("deal_id")[model].sum().tolist() == pytest.approx([1] * len(told))


@some
@given(journeys, st.data())
def test_values_add_up_to_the_deals_to_the_cent(told: list[list[Touch]], data: Any) -> None:
    cents = [data.draw(st.integers(-(10**9), 10**13)) for _ in told]
    found = deal_values(*relations(told, cents), ENGINE)
    for model in MODELS:
        for i, parts in enumerate(by_deal(found, model).values()):
            assert sum(round(part * 100) for part in parts.values()) == cents[i]
            for part in parts.values():
                assert part == round(part, 2)
                assert part * cents[i] >= 0


@some
@given(journeys, st.integers(1, 10**5))
def test_cents_left_over_go_to_the_largest_remainders(told: list[list[Touch]], value: int) -> None:
    found = deal_values(*relations(told, [value] * len(told)), ENGINE)
    for model in ("linear", "u", "custom", "w"):
        for i, parts in enumerate(by_deal(found, model).values()):
            order = {t[0]: Fraction(0) for t in in_order(told[i], CLOSED, Rules())}
            credit = order | credits_of(told[i], CLOSED, Rules())[model]
            assert {k: round(v * 100) for k, v in parts.items()} == cents_of(value, credit)


@some
@given(journeys, rules, st.randoms(use_true_random=False))
def test_rows_in_another_order_change_nothing(
    told: list[list[Touch]], given_rules: Rules, rng: random.Random
) -> None:
    """But for touches of one deal, day, mark and kind: there the order of entry decides."""
    lone = [list({touch[1:4]: touch for touch in found}.values()) for found in told]
    frame, ends = relations(lone)
    mixed = frame.sample(frac=1, random_state=rng.randint(0, 10**6))
    shuffled = ends.sample(frac=1, random_state=rng.randint(0, 10**6))
    for ask in (deal_credits, deal_values, partner_totals):
        first = ask(frame, ends, ENGINE, given_rules)
        again = ask(mixed.assign(place=range(len(mixed))), shuffled, ENGINE, given_rules)
        pd.testing.assert_frame_equal(first, again, check_exact=ask is not partner_totals)


@some
@given(journeys)
def test_removing_a_partner_leaves_the_total_as_it_is(told: list[list[Touch]]) -> None:
    frame, ends = relations(told)
    left = partner_totals(frame[frame["partner_id"] != "A"], ends, ENGINE)
    assert "A" not in left["partner_id"].tolist()
    for model in MODELS:
        assert left[model].sum() == pytest.approx(len(told))


@some
@given(journeys)
def test_rows_split_over_two_tables_change_nothing(told: list[list[Touch]]) -> None:
    frame, ends = relations(told)
    whole = frame.assign(place=range(len(frame)))
    parts = pd.concat([whole[::2], whole[1::2]])
    pd.testing.assert_frame_equal(
        deal_values(whole, ends, ENGINE), deal_values(parts, ends, ENGINE)
    )


def test_one_day_is_ordered_by_mark_then_kind_then_row() -> None:
    rows = [
        ("D", "close", 5, None, "close"),
        ("D", "plain", 5),
        ("D", "lead", 5, None, "lead"),
        ("D", "opportunity", 5, None, "opportunity"),
        ("D", "start", 5, "co-sell", "first"),
        ("D", "early", 5, "content", "first"),
        ("D", "late", 5, "co-sell", "first"),
    ]
    credit = deal_credits(touches(*rows), deals(("D", 1.0, 9, 1)), ENGINE)
    assert credit["partner_id"].tolist() == [
        "early", "start", "late", "lead", "plain", "opportunity", "close",
    ]  # fmt: skip
    assert credit["first"].tolist() == [1, 0, 0, 0, 0, 0, 0]
    assert credit["last"].tolist() == [0, 0, 0, 0, 0, 0, 1]


def test_marks_that_meet_in_one_touch_add_and_missing_ones_leave_their_share() -> None:
    rows = [("D", "A", 1, None, "lead"), ("D", "B", 2), ("D", "C", 3, None, "opportunity")]
    credit = deal_credits(touches(*rows), deals(("D", 1.0, 9, 1)), ENGINE).set_index("partner_id")
    assert credit["w"].to_dict() == pytest.approx({"A": 0.6, "B": 0.1, "C": 0.3})
    assert credit["full_path"].to_dict() == pytest.approx({"A": 0.45, "B": 0.1, "C": 0.45})
    two = touches(("D", "A", 1), ("D", "B", 2, None, "opportunity"))
    credit = deal_credits(two, deals(("D", 1.0, 9, 1)), ENGINE).set_index("partner_id")
    assert credit["w"].to_dict() == pytest.approx({"A": 0.5, "B": 0.5})


def test_who_sourced_a_deal_without_touches_is_credited_with_it() -> None:
    ends = deals(("own", 10.0, 9, 1), ("sourced", 5.0, 9, 1), ("lost", 7.0, 9, 0))
    told = partner_totals(touches(), ends.assign(source=["DIRECT", "A", "B"]), ENGINE)
    assert told.set_index("partner_id")["u"].to_dict() == {"DIRECT": 10, "A": 5}
    assert direct_share(told, "u") == pytest.approx(2 / 3)


def test_the_look_back_holds_its_last_day_and_clicks_have_their_own() -> None:
    rows = [("D", "old", 0), ("D", "edge", 1), ("D", "click", 276, "click"), ("D", "late", 400)]
    rows += [("D", "old click", 275, "click"), ("D", "close", 366)]
    told = deal_credits(touches(*rows), deals(("D", 1.0, 366, 1)), ENGINE)
    assert told["partner_id"].tolist() == ["edge", "click", "close"]


def test_very_old_touches_still_decay() -> None:
    told = deal_credits(*journey([0, 7], 1, closed=3650), ENGINE, Rules(lookback=9999, half_life=7))
    assert told["time_decay"].tolist() == pytest.approx([1 / 3, 2 / 3])


def test_what_a_converted_amount_has_beyond_its_cents_is_not_lost() -> None:
    frame, _ = journey([1, 2, 3], 0, closed=9)
    told = deal_values(frame, deals(("D", 100.0049, 9, 1)), ENGINE)["linear"]
    assert sum(map(Fraction, map(str, told.round(4)))) == Fraction("100.0049")
    assert sorted(told.round(4)) == [33.33, 33.33, 33.3449]


@pytest.mark.parametrize(
    ("won", "lost", "words"),
    [(99, 5, "99 won journeys, 100 are needed"), (100, 0, "no lost journeys")],
)
def test_a_chain_is_refused_without_enough_journeys(won: int, lost: int, words: str) -> None:
    told = markov(*paths(("a > b", won, lost)), ENGINE)
    assert words in told.refused
    assert told.effects == {}
    assert not markov(*paths(("a > b", 100, 1)), ENGINE).refused


@some
@given(st.lists(some_paths, min_size=1, max_size=6))
def test_removal_effects_equal_those_of_removing_and_walking(
    told: list[tuple[list[str], int, int]],
) -> None:
    rows = [(" > ".join(path), won, lost) for path, won, lost in told]
    if not any(won for _, won, _ in rows):
        rows.append(("A", 1, 0))
    found = markov(*paths(*rows), ENGINE, fewest=0)
    whole = walked(rows, "")
    won, lost = sum(r[1] for r in rows), sum(r[2] for r in rows)
    assert found.conversion == pytest.approx(won / (won + lost))
    assert whole == pytest.approx(found.conversion)
    for player, effect in found.effects.items():
        assert effect == pytest.approx(1 - walked(rows, player) / whole, abs=1e-9)


def walked(rows: list[tuple[str, int, int]], removed: str) -> float:
    """The chance to convert, by walking the chain until next to nothing is under way."""
    steps: dict[str, dict[str, float]] = {}
    for path, won, lost in rows:
        places = ["start", *path.split(" > ")]
        for origin, target in pairwise(places):
            out = steps.setdefault(origin, {})
            out[target] = out.get(target, 0) + won + lost
        out = steps.setdefault(places[-1], {})
        out["won"] = out.get("won", 0) + won
        out["lost"] = out.get("lost", 0) + lost
    under_way, arrived = {"start": 1.0}, 0.0
    while sum(under_way.values()) > 1e-13:
        after: dict[str, float] = {}
        for place, chance in under_way.items():
            out = steps[place]
            whole = sum(out.values())
            for target, times in out.items() if whole else ():
                if target == "won":
                    arrived += chance * times / whole
                elif target not in ("lost", removed):
                    after[target] = after.get(target, 0) + chance * times / whole
        under_way = after
    return arrived


@pytest.mark.parametrize("dialect", ["spark", "bigquery", "snowflake", "postgres"])
@pytest.mark.parametrize("name", list(QUERIES))
def test_every_statement_goes_to_other_engines(name: str, dialect: str) -> None:
    (text,) = sqlglot.transpile(
        QUERIES[name], read="duckdb", write=dialect, unsupported_level=sqlglot.ErrorLevel.RAISE
    )
    assert sqlglot.parse_one(text, read=dialect) is not None


@pytest.mark.parametrize("name", list(QUERIES))
def test_no_function_that_means_different_things(name: str) -> None:
    tree = sqlglot.parse_one(QUERIES[name], read="duckdb")
    names = {type(node).__name__ for node in tree.find_all(sqlglot.exp.Func)}
    assert names <= {
        "Abs", "And", "Or", "Case", "Cast", "Coalesce", "Count", "Floor", "If", "Lag", "Lead",
        "Max", "Min", "Nullif", "Pow", "RowNumber", "Sum",
    }  # fmt: skip
    assert not list(tree.find_all(sqlglot.exp.Filter))
