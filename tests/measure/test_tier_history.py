"""Tiers with a memory: rise, fall, risk, onboarding, overrides; history that reads back."""

from __future__ import annotations

from datetime import date, datetime
from itertools import pairwise
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from sheetsync.measure.tiers import rate
from sheetsync.measure.tiers_steps import Standing, next_span, replay, span_of
from sheetsync.model.results import Evaluation
from sheetsync.model.settings import Settings, Tier
from tests.measure.tier_books import PLAIN, TIERS, judged, person, quarters, value

GOLDEN = [62, 71, 76, 78, 73, 69, 68, 91]
UNTIL = datetime(2030, 1, 1)


def path(scores: list[float | None], **changes: Any) -> list[str]:
    settings = PLAIN.model_copy(update=changes)
    return [f"{t.tier} {t.state}".strip() for t in quarters(scores, settings)[0]]


def test_the_golden_path() -> None:
    told, history = quarters([float(x) for x in GOLDEN])
    tiers = ["Silver", "Silver", "Gold", "Gold", "Gold", "Gold", "Silver", "Platinum"]
    states = ["steady", "steady", "up", "steady", "steady", "at risk 1/2", "down", "up"]
    assert [t.tier for t in told] == [row.tier for row in history] == tiers
    assert [t.state for t in told] == [row.state for row in history] == states
    assert [row.score for row in history] == GOLDEN
    assert history[4].reason.endswith("Gold holds: within the margin.")
    assert history[5].reason.endswith("What Gold asks for is missed, 1 of 2 times.")
    assert history[6].reason.endswith("What Gold asks for is missed: down from Gold to Silver.")
    assert history[7].reason.endswith("Platinum is reached: up from Silver to Platinum.")


@pytest.mark.parametrize(
    ("scores", "changes", "states"),
    [
        # A partner that recovers in between starts again.
        ([80, 69, 70, 69], {}, ["Gold steady", "Gold at risk 1/2", "Gold steady",
                                "Gold at risk 1/2"]),
        # The margin is part of what is kept: 70 is not below 75 - 5.
        ([80, 70, 70, 70], {}, ["Gold steady"] * 4),
        ([80, 0], {"tier_down": 1}, ["Gold steady", "Registered down"]),
        ([62, 80, 80], {"tier_up": 2}, ["Silver steady", "Silver rising 1/2", "Gold up"]),
        ([62, 80, 62, 80], {"tier_up": 2}, ["Silver steady", "Silver rising 1/2",
                                            "Silver steady", "Silver rising 1/2"]),
        ([80, 73], {"tier_margin": 0.0}, ["Gold steady", "Gold at risk 1/2"]),
        # Without data nobody falls; with data again the partner goes on from the tier it had.
        ([80, None, None, 80], {}, ["Gold steady", "not rated no data", "not rated no data",
                                    "Gold steady"]),
        ([80, 69, None, 69], {}, ["Gold steady", "Gold at risk 1/2", "not rated no data",
                                  "Gold at risk 1/2"]),
        ([80, None, 62, 62], {}, ["Gold steady", "not rated no data", "Gold at risk 1/2",
                                  "Silver down"]),
        ([62, None, 80], {}, ["Silver steady", "not rated no data", "Gold up"]),
        ([None, None, 62], {}, ["not rated", "not rated", "Silver steady"]),
    ],
)  # fmt: skip
def test_paths(scores: list[float | None], changes: dict[str, Any], states: list[str]) -> None:
    assert path(scores, **changes) == states


def test_a_tier_may_have_its_own_patience() -> None:
    gold = Tier(name="Gold", threshold=75, margin=1, up=2, down=1)
    tiers = (TIERS[0], TIERS[1], gold)
    assert path([62, 80, 80, 73.9], tiers=tiers) == [
        "Silver steady",
        "Silver rising 1/2",
        "Gold up",
        "Silver down",
    ]


def test_a_closed_gate_is_missed_whatever_the_score() -> None:
    settings = PLAIN.model_copy(update={"gate_kpis": ("S06",)})
    history: list[Evaluation] = []
    told = []
    for quarter, wins in enumerate((0.2, 0.0, 0.0, 0.2)):
        on = date(2024, 3 * quarter + 1, 20)
        found = [value("F01", 95.0), value("S06", wins)]
        look = rate([person()], found, settings, on, history)
        history += look.evaluations
        told.append(f"{look.tiers[0].tier} {look.tiers[0].state}")
    assert told == ["Platinum steady", "Platinum at risk 1/2", "Registered down", "Platinum up"]


def test_one_evaluation_a_quarter_and_the_same_tier_between() -> None:
    _, history = quarters([80.0, 69.0])
    for on in (date(2024, 5, 11), date(2024, 6, 30)):
        look = judged(10.0, on, history)
        assert look.evaluations == ()
        assert (look.tiers[0].tier, look.tiers[0].state) == ("Gold", "at risk 1/2")
        assert (look.tiers[0].target, look.tiers[0].score) == ("Registered", 10)
        told = "Gold by the evaluation of 2024-05-10 (at risk 1/2); next from 2024-07-01."
        assert look.tiers[0].why.endswith(told)
    assert judged(69.0, date(2024, 7, 1), history).tiers[0].state == "down"


@pytest.mark.parametrize(
    ("months", "fiscal", "day", "following"),
    [
        (3, 1, date(2024, 3, 31), date(2024, 4, 1)),
        (3, 2, date(2024, 3, 31), date(2024, 5, 1)),
        (3, 4, date(2024, 3, 31), date(2024, 4, 1)),
        (12, 4, date(2024, 3, 31), date(2024, 4, 1)),
        (12, 4, date(2024, 4, 1), date(2025, 4, 1)),
        (1, 7, date(2024, 12, 31), date(2025, 1, 1)),
        (6, 1, date(2024, 6, 30), date(2024, 7, 1)),
        (3, 1, date(9999, 12, 1), date.max),
    ],
)
def test_spans_follow_the_fiscal_year(months: int, fiscal: int, day: date, following: date) -> None:
    settings = Settings(tier_months=months, fiscal_start=fiscal)
    assert next_span(day, settings) == following
    assert span_of(day, settings) + (following < date.max) == span_of(following, settings)


def test_a_look_back_sees_the_tier_of_that_time_and_adds_nothing() -> None:
    _, history = quarters([80.0, 69.0, 68.0])
    look = judged(91.0, date(2024, 4, 30), history)
    assert (look.tiers[0].tier, look.tiers[0].state, look.evaluations) == ("Gold", "steady", ())
    before = judged(91.0, date(2023, 1, 1), history)
    assert (before.tiers[0].tier, before.tiers[0].state, before.evaluations) == ("Platinum", "", ())


def test_new_partners_are_not_moved() -> None:
    start = datetime(2024, 1, 15)
    first = judged(95.0, date(2024, 2, 1), (), start_date=start)
    assert (first.tiers[0].tier, first.tiers[0].state) == ("Registered", "onboarding")
    assert first.tiers[0].target == "Platinum"
    history = list(first.evaluations)
    assert history[0].reason.endswith("New until 2024-04-13: not moved.")
    assert judged(95.0, date(2024, 2, 2), history, start_date=start).evaluations == ()
    history += judged(95.0, date(2024, 4, 13), history, start_date=start).evaluations
    assert [row.state for row in history] == ["onboarding", "onboarding"]
    last = judged(95.0, date(2024, 4, 14), history, start_date=start)
    assert [row.tier for row in last.evaluations] == ["Platinum"]
    history += last.evaluations
    assert judged(10.0, date(2024, 6, 1), history, start_date=start).evaluations == ()


def test_onboarding_may_be_switched_off() -> None:
    settings = PLAIN.model_copy(update={"onboarding_days": 0})
    look = judged(95.0, date(2024, 2, 1), (), settings, start_date=datetime(2024, 2, 1))
    assert (look.tiers[0].tier, look.tiers[0].state) == ("Platinum", "steady")


OVERRIDE = {"tier_override": "Platinum", "override_reason": "launch", "override_until": UNTIL}


def test_an_override_stands_above_the_standing_and_leaves_it_alone() -> None:
    _, history = quarters([80.0, 69.0])
    look = judged(69.0, date(2024, 5, 20), history, **OVERRIDE)
    assert (look.tiers[0].tier, look.tiers[0].state) == ("Platinum", "override")
    history += look.evaluations
    assert [row.state for row in look.evaluations] == ["override"]
    assert judged(10.0, date(2024, 8, 1), history, **OVERRIDE).evaluations == ()
    assert replay(history)["P"] == Standing("Gold", "at risk 1/2", date(2024, 5, 10), "Platinum")
    back = judged(69.0, date(2024, 6, 1), history)
    assert (back.tiers[0].tier, back.tiers[0].state) == ("Gold", "at risk 1/2")
    assert [row.reason[-21:] for row in back.evaluations] == ["The override is over."]
    later = judged(68.0, date(2024, 8, 1), history)
    assert (later.tiers[0].tier, later.tiers[0].state) == ("Silver", "down")


def test_an_override_before_any_evaluation() -> None:
    look = judged(None, date(2024, 5, 20), (), **OVERRIDE)
    assert look.tiers[0].tier == "Platinum"
    waiting = judged(None, date(2024, 5, 21), look.evaluations)
    assert (waiting.tiers[0].tier, waiting.evaluations) == ("not rated", ())
    assert judged(80.0, date(2024, 5, 22), look.evaluations).tiers[0].tier == "Gold"


def test_a_tier_that_is_no_more_is_given_anew_at_once() -> None:
    _, history = quarters([95.0])
    fewer = PLAIN.model_copy(update={"tiers": (Tier(name="Top", threshold=50),)})
    look = judged(95.0, date(2024, 3, 1), history, fewer)
    assert [row.tier for row in look.evaluations] == ["Top"]


def test_it_is_said_that_a_partner_is_not_rated_for_lack_of_data() -> None:
    told, history = quarters([80.0, None])
    said = "Not rated for lack of data, which is no fall: Gold waits."
    assert history[1].reason.endswith(said)
    assert (told[1].tier, told[1].target, told[1].state) == ("not rated", "not rated", "no data")
    assert replay(history)["P"].tier == "Gold"


def test_an_override_over_a_partner_without_data() -> None:
    _, history = quarters([80.0, None])
    history += judged(None, date(2024, 5, 20), history, **OVERRIDE).evaluations
    back = judged(None, date(2024, 6, 1), history)
    assert (back.tiers[0].tier, back.tiers[0].state) == ("not rated", "no data")
    assert judged(80.0, date(2024, 8, 1), [*history, *back.evaluations]).tiers[0].tier == "Gold"


def test_a_mode_that_is_off_leaves_tiers_as_they_are() -> None:
    few = PLAIN.model_copy(update={"tier_mode": "percentile", "tiers": TIERS[:1]})
    silver = [Evaluation(date(2024, 1, 5), "P", 70.0, "Silver", "Silver", "steady")]
    look = judged(95.0, date(2024, 6, 1), silver, few)
    assert (look.tiers[0].tier, look.tiers[0].target) == ("Silver", "not rated")
    assert look.evaluations == ()


@pytest.mark.parametrize(
    ("mode", "threshold", "keeps", "loses"),
    [("threshold", 1000.0, 950.0, 949.0), ("points", 100.0, 1900.0, 1899.0)],
)
def test_the_margin_of_a_kpi_is_percent_of_the_threshold(
    mode: str, threshold: float, keeps: float, loses: float
) -> None:
    settings = Settings(tier_mode=mode, tiers=(Tier(name="Silver", threshold=threshold),))
    history = [Evaluation(date(2024, 1, 5), "P", None, "Silver", "Silver", "steady")]
    assert judged(keeps, date(2024, 5, 1), history, settings).tiers[0].state == "steady"
    assert judged(loses, date(2024, 5, 1), history, settings).tiers[0].state == "at risk 1/2"


def test_the_margin_of_a_share_is_points_of_it() -> None:
    settings = Settings(
        tier_mode="percentile", tiers=(Tier(name="Top", threshold=0.1),), tier_margin=20
    )
    people = [person(f"P{i}") for i in range(10)]
    values = [value("F01", 100.0 - i, group=f"P{i}") for i in range(10)]
    history = [
        Evaluation(date(2024, 1, 5), f"P{i}", None, "Top", "Top", "steady") for i in range(10)
    ]
    told = rate(people, values, settings, date(2024, 5, 1), history).tiers
    assert [t.state for t in told[:4]] == ["steady", "steady", "steady", "at risk 1/2"]


LOOKS = st.lists(
    st.tuples(
        st.one_of(st.none(), st.integers(0, 100).map(float)),
        st.integers(1, 120),
        st.sampled_from(["", "", "", "Gold"]),
    ),
    max_size=24,
)
PATIENCE = st.tuples(st.integers(1, 3), st.integers(1, 3), st.integers(0, 10))


@given(LOOKS, PATIENCE)
def test_history_replays_to_the_same_state_and_a_second_look_adds_nothing(
    looks: list[tuple[float | None, int, str]], patience: tuple[int, int, int]
) -> None:
    up, down, margin = patience
    changes = {"tier_up": up, "tier_down": down, "tier_margin": float(margin)}
    settings = PLAIN.model_copy(update=changes)
    history: list[Evaluation] = []
    on = date(2024, 1, 1)
    for score, days, wish in looks:
        on = date.fromordinal(on.toordinal() + days)
        row = {"start_date": datetime(2024, 1, 1), **(OVERRIDE if wish else {})}
        look = judged(score, on, history, settings, **row)
        history += look.evaluations
        standing = replay(history).get("P", Standing())
        held = look.tiers[0]
        if wish:
            assert (held.tier, held.state) == (standing.override, "override")
        elif standing.state:
            assert (held.tier, held.state, "") == (
                standing.shown,
                standing.state,
                standing.override,
            )
        again = judged(score, on, history, settings, **row)
        assert again.evaluations == ()
        assert (again.tiers[0].tier, again.tiers[0].state) == (held.tier, held.state)
    assert replay(list(reversed(history))).keys() == replay(history).keys()
    spans = [span_of(r.day, settings) for r in history if r.state in ("up", "down")]
    assert len(spans) == len(set(spans))


@given(st.lists(st.integers(0, 100).map(float), min_size=1, max_size=12))
def test_a_tier_never_falls_at_the_first_miss(scores: list[float]) -> None:
    rank = {"Registered": 0, "Silver": 1, "Gold": 2, "Platinum": 3}
    told = quarters(scores)[0]
    for before, now in pairwise(told):
        if rank[now.tier] < rank[before.tier]:
            assert before.state == "at risk 1/2"
            assert now.state == "down"
