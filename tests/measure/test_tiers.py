"""Tiers by today's numbers: thresholds, gates, modes, overrides, and the sentences that say why."""

from __future__ import annotations

from datetime import date, datetime
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from sheetsync.measure.tiers import rate
from sheetsync.model.results import Flag
from sheetsync.model.settings import Settings, Target, Tier
from tests.measure.books import YEAR, book, money, partner, run
from tests.measure.tier_books import AS_OF, BASE, PLAIN, TIERS, person, rated, value

SHARES = (Tier(name="Silver", threshold=0.5), Tier(name="Gold", threshold=0.2))


@pytest.mark.parametrize(
    ("f01", "s06", "r04", "tier", "points"),
    [
        (1000, 0.5, 8, "Platinum", 100),
        (1000, 0.3, 28, "Gold", 75),
        (800, 0.3, 38, "Silver", 60),
        (790, 0.3, 38, "Registered", 59.5),
    ],
)
def test_highest_tier_whose_threshold_holds(
    f01: float, s06: float, r04: float, tier: str, points: float
) -> None:
    told = rated(f01, value("S06", s06), r04)
    assert (told.tier, told.score, told.coverage) == (tier, pytest.approx(points), 1)
    assert (told.target, told.state) == (tier, "")


def test_the_sentence_and_the_drivers() -> None:
    told = rated(500, value("S06", 0.4), 48)
    assert told.drivers == ("F01", "S06")
    assert told.why == "47.5 of 100 from 3 of 3 measures; strongest F01 (25.0), S06 (22.5)."


def test_what_a_tier_gives_is_told_beside_it() -> None:
    tiers = tuple(t.model_copy(update={"benefits": f"{t.name} perks."}) for t in TIERS)
    told = rated(1000, value("S06", 0.3), 28, BASE.model_copy(update={"tiers": tiers}))
    assert told.why.endswith("strongest F01 (50.0), S06 (15.0). Gold gives: Gold perks.")
    assert "gives" not in rated(1000, value("S06", 0.3), 28).why


def test_too_little_data_is_not_rated() -> None:
    told = rated(None, value("S06", 0.5), 8)
    assert (told.tier, told.score, told.coverage) == ("not rated", 100, 0.5)
    assert told.why == "Only 50% of the scorecard has data; 60% is needed."


def test_gates_hold_a_partner_back() -> None:
    gated = BASE.model_copy(update={"gate_kpis": ("S06", "F05")})
    told = rated(1000, value("S06", 0.5), 8, gated)
    assert told.tier == "Registered"
    assert told.why.endswith("; held at Registered: F05 is not above zero.")


def test_a_gate_of_one_tier_leaves_the_one_below() -> None:
    tiers = (TIERS[0], TIERS[1].model_copy(update={"gates": ("F05",)}), TIERS[2])
    told = rated(1000, value("S06", 0.5), 8, BASE.model_copy(update={"tiers": tiers}))
    assert told.tier == "Gold"
    assert told.why.endswith("; not Platinum: F05 is not above zero.")


@pytest.mark.parametrize(("least", "tier"), [(1000, "Platinum"), (1000.01, "Registered")])
def test_minimum_revenue(least: float, tier: str) -> None:
    gated = BASE.model_copy(update={"minimum_revenue": least})
    assert rated(1000, value("S06", 0.5), 8, gated).tier == tier


@pytest.mark.parametrize(
    ("row", "tier", "said"),
    [
        (
            {"override_reason": "Launch", "override_until": datetime(2026, 3, 31)},
            "Gold",
            "Set to Gold by hand until 2026-03-31: Launch.",
        ),
        (
            {"override_reason": "Launch", "override_until": datetime(2026, 3, 30)},
            "Registered",
            "The override to Gold ended on 2026-03-30.",
        ),
        (
            {"override_reason": "Launch"},
            "Registered",
            "The override to Gold has no last day and does not count.",
        ),
        (
            {"override_until": datetime(2026, 3, 31)},
            "Registered",
            "The override to Gold has no reason and does not count.",
        ),
        (
            {
                "tier_override": "gold",
                "override_reason": "Launch year.",
                "override_until": datetime(2026, 3, 31),
            },
            "Gold",
            "Set to Gold by hand until 2026-03-31: Launch year.",
        ),
        (
            {
                "tier_override": "Diamond",
                "override_reason": "Launch",
                "override_until": datetime(2026, 3, 31),
            },
            "Registered",
            "The override to Diamond does not count: there is no such tier.",
        ),
    ],
)
def test_override_needs_a_reason_and_a_day_not_past(
    row: dict[str, Any], tier: str, said: str
) -> None:
    told = rated(0, value("S06", 0.1), 48, **{"tier_override": "Gold", **row})
    assert told.tier == tier
    assert told.why.startswith(said)
    assert (told.score, told.target) == (0, "Registered")


@pytest.mark.parametrize(
    ("wish", "until", "code", "column"),
    [
        ("Gold", datetime(2026, 3, 30), "override_ended", "override_until"),
        ("Diamond", datetime(2026, 3, 31), "unknown_tier", "tier_override"),
    ],
)
def test_an_override_that_does_not_hold_is_an_issue_at_its_cell(
    wish: str, until: datetime, code: str, column: str
) -> None:
    row = person(tier_override=wish, override_reason="x", override_until=until, _key="P", _row=7)
    (problem,) = rate([row], [], BASE, AS_OF).problems
    assert (problem.code, problem.tab, problem.column, problem.key, problem.row) == (
        code,
        "partners",
        column,
        "P",
        7,
    )


def test_without_a_scorecard_there_is_no_rating() -> None:
    told = rated(1000, value("S06", 0.5), 8, Settings())
    assert (told.tier, told.score) == ("not rated", None)
    assert told.why == "There is no scorecard for the type reseller."


def test_prospects_and_ended_partners_have_no_tier() -> None:
    people = [
        partner("A"),
        partner("B", status="prospect"),
        partner("C", status="ended"),
        partner("D", status=None, partner_type=None),
    ]
    settings = YEAR.model_copy(
        update={
            "scorecards": {"reseller": (Target(kpi="F01", weight=1, floor=0, target=8),)},
            "tiers": TIERS,
        }
    )
    rows = [money("A", "sale", 6.0, "2025-06-01"), money("DIRECT", "sale", 6.0, "2025-06-01")]
    told = run(book(partners=people, money=rows), settings, date(2026, 3, 31))
    assert [(t.partner_id, t.tier, t.score) for t in told.tiers] == [
        ("A", "Gold", 75),
        ("D", "not rated", None),
    ]
    assert [one.partner_id for one in told.health] == ["A", "D"]


def by_kpi(found: float | None, settings: Settings, **more: Any) -> Any:
    kpi = settings.tier_kpi
    return rate([person(**more)], [value(kpi, found)], settings, AS_OF, None, frozenset({"R04"}))


@pytest.mark.parametrize(
    ("found", "tier"),
    [(99_999, "Registered"), (100_000, "Silver"), (250_000, "Gold"), (None, "not rated")],
)
def test_threshold_on_one_kpi(found: float | None, tier: str) -> None:
    tiers = (Tier(name="Silver", threshold=100_000), Tier(name="Gold", threshold=250_000))
    told = by_kpi(found, Settings(tier_mode="threshold", tiers=tiers)).tiers[0]
    assert told.tier == tier
    words = "F01 has no value to judge by." if found is None else f"F01 is {found:,}."
    assert told.why == words


@pytest.mark.parametrize(("hours", "tier"), [(49, "Registered"), (24, "Silver"), (2, "Gold")])
def test_threshold_on_a_kpi_that_is_better_when_lower(hours: float, tier: str) -> None:
    tiers = (Tier(name="Silver", threshold=24), Tier(name="Gold", threshold=8))
    settings = Settings(tier_mode="threshold", tier_kpi="R04", tiers=tiers)
    assert by_kpi(hours, settings).tiers[0].tier == tier


def percentile(numbers: list[float], tiers: tuple[Tier, ...] = SHARES) -> list[str]:
    people = [person(f"P{i:02d}") for i in range(len(numbers))]
    values = [value("F01", x, group=f"P{i:02d}") for i, x in enumerate(numbers)]
    told = rate(people, values, Settings(tier_mode="percentile", tiers=tiers), AS_OF)
    return [tier.tier for tier in told.tiers]


@pytest.mark.parametrize(
    ("numbers", "tiers"),
    [
        (list(range(10, 0, -1)), ["Gold"] * 2 + ["Silver"] * 3 + ["Registered"] * 5),
        ([9, 8, 8, 8, 5, 4, 3, 2, 1, 0], ["Gold"] * 4 + ["Silver"] + ["Registered"] * 5),
        (list(range(14, 0, -1)), ["Gold"] * 2 + ["Silver"] * 5 + ["Registered"] * 7),
        (list(range(9, 0, -1)), ["not rated"] * 9),
    ],
)
def test_top_shares_of_a_type(numbers: list[float], tiers: list[str]) -> None:
    """The count is the greater of 1 and the share rounded down; ties share the better tier."""
    assert percentile(numbers) == tiers


def test_a_small_share_is_one_partner() -> None:
    told = percentile(list(map(float, range(20))), (Tier(name="Top", threshold=0.03),))
    assert told == ["Registered"] * 19 + ["Top"]


def test_a_share_that_is_whole_on_paper_is_whole() -> None:
    told = percentile(list(map(float, range(100))), (Tier(name="Top", threshold=0.29),))
    assert told.count("Top") == 29


def test_types_are_not_compared_with_each_other() -> None:
    people = [person(f"P{i:02d}", partner_type="reseller" if i < 10 else "service") for i in
              range(15)]  # fmt: skip
    values = [value("F01", float(i), group=f"P{i:02d}") for i in range(15)]
    told = rate(people, values, Settings(tier_mode="percentile", tiers=SHARES), AS_OF).tiers
    assert [t.tier for t in told[8:11]] == ["Gold", "Gold", "not rated"]
    assert told[14].why == "F01 is 14; fewer than 10 service partners to compare."


@pytest.mark.parametrize(
    ("country", "tier", "said"),
    [
        ("DE", "Silver", "560 points from F01 500, F02 60."),
        ("IN", "Gold", "1,120 points from F01 500, F02 60; doubled, growth market."),
    ],
)
def test_points_as_published(country: str, tier: str, said: str) -> None:
    """Five points per 100 sourced, three assisted; twice as many in growth markets."""
    tiers = (Tier(name="Silver", threshold=500), Tier(name="Gold", threshold=1000))
    settings = Settings(tier_mode="points", tiers=tiers, growth_markets=("IN",))
    values = [value("F01", 10_000.0), value("F02", 2_000.0)]
    told = rate([person(country=country)], values, settings, AS_OF).tiers[0]
    assert (told.tier, told.why) == (tier, said)


def test_points_of_three_kinds() -> None:
    tiers = (Tier(name="Silver", threshold=9),)
    points = {"F01": 5.0, "F02": 3.0, "X01": 1.0}
    settings = Settings(tier_mode="points", tiers=tiers, tier_points=points)
    values = [value(kpi, 100.0) for kpi in points]
    assert rate([person()], values, settings, AS_OF).tiers[0].tier == "Silver"
    assert rate([person()], values[:2], settings, AS_OF).tiers[0].tier == "Registered"
    none = rate([person()], [], settings, AS_OF).tiers[0]
    assert (none.tier, none.why) == (
        "not rated",
        "None of F01, F02, X01 has a value to count points of.",
    )


NUMBERS = st.lists(st.floats(0, 1e6), min_size=1, max_size=24)


@given(NUMBERS, st.randoms(use_true_random=False), st.sampled_from(["score", "percentile"]))
def test_the_order_of_partners_changes_no_tier(
    numbers: list[float], chance: Any, mode: str
) -> None:
    people = [person(f"P{i:02d}") for i in range(len(numbers))]
    values = [value("F01", x, group=f"P{i:02d}") for i, x in enumerate(numbers)]
    tiers = SHARES if mode == "percentile" else TIERS
    settings = PLAIN.model_copy(update={"tier_mode": mode, "tiers": tiers})
    told = rate(people, values, settings, AS_OF).tiers
    chance.shuffle(people)
    chance.shuffle(values)
    assert set(rate(people, values, settings, AS_OF).tiers) == set(told)


@given(NUMBERS)
def test_a_better_partner_never_has_a_lower_tier(numbers: list[float]) -> None:
    rank = {"not rated": 0, "Registered": 1, "Silver": 2, "Gold": 3}
    ordered = sorted(numbers)
    told = [rank[tier] for tier in percentile(ordered)]
    assert told == sorted(told)


def test_weak_evidence_gives_no_tier_by_a_kpi() -> None:
    settings = Settings(tier_mode="threshold", tiers=(Tier(name="Silver", threshold=1),))
    values = [value("F01", 5.0, Flag.INCOMPLETE)]
    assert rate([person()], values, settings, AS_OF).tiers[0].tier == "not rated"
