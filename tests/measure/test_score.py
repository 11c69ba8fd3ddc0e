"""Score, gates, coverage, override: the tier that follows, and the sentence that says why."""

from __future__ import annotations

from datetime import date, datetime
from typing import Any

import pytest

from sheetsync.measure.score import reached, score, tier_of
from sheetsync.model.results import Flag, KpiValue
from sheetsync.model.settings import Settings, Target, Tier
from tests.measure.books import AS_OF, YEAR, book, money, partner, run

CARD = (
    Target(kpi="F01", weight=50, floor=0, target=1000),
    Target(kpi="S06", weight=30, floor=0.1, target=0.5),
    Target(kpi="R04", weight=20, floor=48, target=8),
)
BASE = Settings(
    tiers=(
        Tier(name="Silver", threshold=60),
        Tier(name="Platinum", threshold=90),
        Tier(name="Gold", threshold=75),
    ),
    scorecards={"reseller": CARD},
)


def value(kpi: str, number: float | None, flag: Flag = Flag.OK) -> KpiValue:
    return KpiValue(kpi, "P", 0, number, 30, None, None, flag)


def rated(
    f01: float | None, s06: KpiValue, r04: float, settings: Settings = BASE, **row: Any
) -> Any:
    values = {"F01": value("F01", f01), "S06": s06, "R04": value("R04", r04)}
    person = {"partner_id": "P", "partner_type": "reseller", "status": "active"} | row
    return tier_of(person, values, settings, AS_OF)


@pytest.mark.parametrize(
    ("floor", "target", "number", "share"),
    [
        (0, 10, 5, 0.5),
        (0, 10, 99, 1),
        (0, 10, -5, 0),
        (48, 8, 28, 0.5),
        (48, 8, 2, 1),
        (5, 5, 5, 1),
    ],
)
def test_partial_credit(floor: float, target: float, number: float, share: float) -> None:
    assert reached(Target(kpi="X", weight=1, floor=floor, target=target), number) == share


@pytest.mark.parametrize(
    ("f01", "s06", "r04", "tier", "points"),
    [
        (1000, 0.5, 8, "Platinum", 100),
        (1000, 0.3, 28, "Gold", 75),
        (800, 0.3, 38, "Silver", 60),
        (790, 0.3, 38, "Registered", 59.5),
    ],
)
def test_highest_tier_whose_threshold_holds(f01, s06, r04, tier, points) -> None:
    told = rated(f01, value("S06", s06), r04)
    assert (told.tier, told.score, told.coverage) == (tier, pytest.approx(points), 1)


def test_the_sentence_and_the_drivers() -> None:
    told = rated(500, value("S06", 0.4), 48)
    assert told.drivers == ("F01", "S06")
    assert told.why == "47.5 of 100 from 3 of 3 measures; strongest F01 (25.0), S06 (22.5)."


@pytest.mark.parametrize("flag", [Flag.SMALL, Flag.PARTIAL, Flag.INCOMPLETE])
def test_weak_evidence_is_no_data(flag: Flag) -> None:
    told = rated(1000, value("S06", 0.1, flag), 8)
    assert (told.tier, told.score, told.coverage) == ("Platinum", 100, 0.7)
    assert "from 2 of 3 measures" in told.why


def test_too_little_data_is_not_rated() -> None:
    told = rated(None, value("S06", 0.5), 8)
    assert (told.tier, told.score, told.coverage) == ("not rated", 100, 0.5)
    assert told.why == "Only 50% of the scorecard has data; 60% is needed."


def test_gates_hold_a_partner_back() -> None:
    gated = BASE.model_copy(update={"gate_kpis": ("S06", "F05")})
    told = rated(1000, value("S06", 0.5), 8, gated)
    assert told.tier == "Registered"
    assert told.why.endswith("; held at Registered: F05 is not above zero.")


@pytest.mark.parametrize(("least", "tier"), [(1000, "Platinum"), (1000.01, "Registered")])
def test_minimum_revenue(least: float, tier: str) -> None:
    gated = BASE.model_copy(update={"minimum_revenue": least})
    assert rated(1000, value("S06", 0.5), 8, gated).tier == tier


@pytest.mark.parametrize(
    ("row", "tier", "said"),
    [
        ({"override_reason": "Launch year"}, "Gold", "Set to Gold by hand: Launch year."),
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
        ({}, "Registered", "The override to Gold has no reason and does not count."),
    ],
)
def test_override_needs_a_reason_and_a_day_not_past(row, tier: str, said: str) -> None:
    told = rated(0, value("S06", 0.1), 48, tier_override="Gold", **row)
    assert told.tier == tier
    assert told.why.startswith(said)
    assert told.score == 0


def test_without_a_scorecard_there_is_no_rating() -> None:
    told = rated(1000, value("S06", 0.5), 8, Settings())
    assert (told.tier, told.score) == ("not rated", None)
    assert told.why == "There is no scorecard for the type reseller."


def test_score_of_nothing() -> None:
    assert score((), {}).points is None
    assert score(CARD, {}).coverage == 0


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
            "tiers": BASE.tiers,
        }
    )
    rows = [money("A", "sale", 6.0, "2025-06-01"), money("DIRECT", "sale", 6.0, "2025-06-01")]
    told = run(book(partners=people, money=rows), settings, date(2026, 3, 31))
    assert [(t.partner_id, t.tier, t.score) for t in told.tiers] == [
        ("A", "Gold", 75),
        ("D", "not rated", None),
    ]
