"""Health: four sides, alerts, colours, the direction of three months, and when nothing is said."""

from __future__ import annotations

from datetime import date, datetime
from itertools import combinations
from statistics import median
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from sheetsync.catalog.kpis import KPIS
from sheetsync.measure.health import (
    SIDE_OF,
    SIDES,
    band,
    combined,
    healths,
    penalty,
    theil_sen,
)
from sheetsync.measure.standing import urgencies
from sheetsync.model.insight import Alert, Urgency
from sheetsync.model.results import Flag, Health, KpiValue
from sheetsync.model.settings import Settings, Target
from tests.measure.tier_books import person, value

SETTINGS = Settings(
    scorecards={
        "reseller": (
            Target(kpi="F01", weight=40, floor=0, target=1200),
            Target(kpi="R10", weight=20, floor=0, target=1),
            Target(kpi="E05", weight=20, floor=0, target=0.1),
            Target(kpi="R04", weight=20, floor=48, target=8),
        )
    }
)
MONTHS = {202501 + i: True for i in range(12)}
FULL = {"F01": 600.0, "R10": 0.8, "E05": 0.06, "R04": 20.0}


def health(
    found: dict[str, float],
    *monthly: dict[str, float],
    alerts: tuple[str, ...] = (),
    months: dict[int, bool] | None = None,
    settings: Settings = SETTINGS,
    **row: Any,
) -> Health:
    values = [value(kpi, x) for kpi, x in found.items()]
    last = list(MONTHS)[-len(monthly) :] if monthly else []
    values += [
        value(kpi, x, month=month)
        for month, told in zip(last, monthly, strict=True)
        for kpi, x in told.items()
    ]
    (told,) = healths([person(**row)], values, KPIS, settings, months or MONTHS, {"P": alerts})
    return told


def test_four_sides_by_their_weights() -> None:
    told = health(FULL)
    assert dict(told.sides) == pytest.approx(
        {"financial": 50, "operational": 80, "engagement": 60, "relationship": 70}
    )
    assert (told.score, told.band) == (62, "amber")
    assert told.drivers == ("F01", "E05")
    assert told.why == (
        "Health 62, amber: financial 50, operational 80, engagement 60, relationship 70; "
        "held down most by F01 and E05."
    )


@pytest.mark.parametrize(
    ("severities", "points"),
    [
        ([], 0),
        (["note"], 0),
        (["warning"], 4),
        (["critical"], 10),
        (["critical", "warning", "warning"], 18),
        (["critical"] * 3, 30),
        (["critical"] * 4, 30),
        (["warning"] * 8, 30),
    ],
)
def test_what_alerts_take(severities: list[str], points: int) -> None:
    assert penalty(severities) == points


def test_alerts_lower_the_score_and_say_so() -> None:
    told = health(FULL, alerts=("critical", "warning"))
    assert (told.score, told.band) == (48, "red")
    assert told.why.endswith("; alerts take 14.")
    assert health(dict.fromkeys(FULL, 0.0) | {"R04": 48.0}, alerts=("critical",)).score == 0


@pytest.mark.parametrize(
    ("score", "colour"), [(100, "green"), (75, "green"), (74.9, "amber"), (50, "amber"),
                          (49.9, "red"), (0, "red")]
)  # fmt: skip
def test_colours(score: float, colour: str) -> None:
    assert band(score) == colour


def test_too_few_sides_say_nothing() -> None:
    told = health({"F01": 600.0})
    assert (told.score, told.band, told.direction) == (None, "", "")
    assert told.sides == (("financial", 50.0),)
    assert told.why == "Health: too few sides of the partnership are known."
    assert health({"F01": 600.0, "R10": 0.8}).score == pytest.approx(60)


def test_a_side_that_the_card_leaves_out_is_looked_at_by_measures_free_of_size() -> None:
    card = {"reseller": (Target(kpi="F01", weight=100, floor=0, target=1200),)}
    settings = SETTINGS.model_copy(update={"scorecards": card})
    told = health({"F01": 600.0, "R10": 0.95, "R04": 48.0}, settings=settings)
    assert dict(told.sides) == {"financial": 50, "operational": 100, "relationship": 0}


def months(*revenue: float, rate: tuple[float, ...] = ()) -> list[dict[str, float]]:
    rates = rate or (0.5,) * len(revenue)
    return [{"F01": x, "R10": y} for x, y in zip(revenue, rates, strict=True)]


@pytest.mark.parametrize(
    ("monthly", "direction"),
    [
        (months(20, 40, 60), "up"),
        (months(60, 40, 20), "down"),
        (months(20, 60, 40), "steady"),
        (months(40, 40, 40), "steady"),
        (months(20, 40, 40), "steady"),
        (months(60, 60), "steady"),
        # Beyond the month's part of the target nothing is left to gain.
        (months(100, 200, 300), "steady"),
        (months(50, 50, 50, rate=(0.1, 0.2, 0.3)), "up"),
    ],
)
def test_direction_of_three_months(monthly: list[dict[str, float]], direction: str) -> None:
    assert health(FULL, *monthly).direction == direction


def test_only_what_all_three_months_have_counts_for_the_direction() -> None:
    monthly = months(20, 40, 60)
    monthly[2]["E05"] = 0.0
    assert health(FULL, *monthly).direction == "up"
    del monthly[0]["R10"]
    monthly[2]["R10"] = 0.0
    assert health(FULL, *monthly).direction == "up"


def test_a_month_without_sales_sold_nothing() -> None:
    monthly = months(20, 40, 60)
    del monthly[0]["F01"]
    assert health(FULL, *monthly).direction == "up"
    del monthly[1]["F01"], monthly[2]["F01"]
    assert health(FULL, *monthly).direction == "steady"
    without = {kpi: x for kpi, x in FULL.items() if kpi != "F01"}
    assert health(without, *months(20, 40, 60)).direction == "up"


def test_a_part_month_is_no_month() -> None:
    part = {**MONTHS, 202512: False}
    assert health(FULL, *months(20, 40, 0)).direction == "steady"
    assert health(FULL, *months(20, 40, 0), months=part).direction == "up"
    assert health(FULL, *months(20, 40, 60), months={202511: True, 202512: True}).direction == ""


def test_a_partner_of_two_months_has_no_direction() -> None:
    for start, direction in ((datetime(2025, 10, 1), "up"), (datetime(2025, 10, 2), "")):
        assert health(FULL, *months(20, 40, 60), start_date=start).direction == direction


def test_weak_evidence_is_left_out() -> None:
    values = [value(kpi, x) for kpi, x in FULL.items() if kpi != "R04"]
    values.append(KpiValue("R04", "P", 0, 8.0, 1, None, None, Flag.SMALL))
    (told,) = healths([person()], values, KPIS, SETTINGS, MONTHS)
    assert "relationship" not in dict(told.sides)


@pytest.mark.parametrize(
    ("row", "review"),
    [
        ({"last_verified": datetime(2026, 1, 1)}, date(2026, 4, 1)),
        ({"start_date": datetime(2025, 1, 1)}, date(2025, 4, 1)),
        ({}, None),
    ],
)
def test_next_review(row: dict[str, Any], review: date | None) -> None:
    assert health(FULL, **row).review == review
    assert health({}, **row).review == review


def test_every_kpi_shows_a_side() -> None:
    assert {kpi.dimension for kpi in KPIS} <= SIDE_OF.keys()
    assert sum(SIDES.values()) == 100


VALUES = st.lists(st.floats(-100, 100), min_size=3, max_size=12)


@given(VALUES)
def test_the_slope_is_the_median_of_all_and_lies_in_its_interval(values: list[float]) -> None:
    told = theil_sen(values)
    pairs = [(values[j] - values[i]) / (j - i) for i, j in combinations(range(len(values)), 2)]
    assert told.slope == median(pairs)
    assert min(pairs) <= told.low <= told.slope <= told.high <= max(pairs)
    turned = theil_sen([-x for x in values])
    assert turned.slope == pytest.approx(-told.slope)


@pytest.mark.parametrize(
    ("values", "slope", "low", "high"),
    [
        ([1, 2, 4], 1.5, 1, 2),
        ([float(x) for x in range(10)], 1, 1, 1),
        ([0, 5, 1, 6, 2, 7, 3, 8], 5 / 7, -4, 5),
    ],
)
def test_slopes(values: list[float], slope: float, low: float, high: float) -> None:
    told = theil_sen(values)
    assert told.slope == pytest.approx(slope, abs=0.3)
    assert low <= told.low <= told.high <= high


def test_two_values_have_no_slope_with_an_interval() -> None:
    with pytest.raises(ValueError, match="three values"):
        theil_sen([1.0, 2.0])


SIDE_SCORES = st.dictionaries(st.sampled_from(list(SIDES)), st.floats(0, 100), min_size=1)


@given(SIDE_SCORES)
def test_a_mean_lies_between_its_sides(sides: dict[str, float]) -> None:
    assert min(sides.values()) - 1e-6 <= combined(sides) <= max(sides.values()) + 1e-6


def test_open_alerts_count_by_partner() -> None:
    told = [
        Alert("level:F01", "A01", urgency, partner, "", "F01", "", None, 0.0)
        for partner, urgency in (("P", Urgency.CRITICAL), ("Q", Urgency.NOTE), ("P", Urgency.NOTE))
    ]
    assert urgencies(told) == {"P": ["critical", "note"], "Q": ["note"]}
    assert penalty(urgencies(told)["P"]) == 10
