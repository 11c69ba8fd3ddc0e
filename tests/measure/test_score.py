"""Scores: partial credit, coverage, two types, and the words that explain them."""

from __future__ import annotations

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from sheetsync.measure.score import card_of, reached, score
from sheetsync.model.results import Flag, KpiValue
from sheetsync.model.settings import Settings, Target
from tests.measure.tier_books import CARD, value

HYBRID = Settings(
    scorecards={
        "reseller": CARD,
        "service": (
            Target(kpi="F01", weight=40, floor=0, target=500),
            Target(kpi="R10", weight=60, floor=0.5, target=0.9),
        ),
    }
)


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


def test_the_published_scorecard() -> None:
    """47.6 + 19.4 + 20.0 + 9.0 = 96.0; weights and attainments are inferred from the parts."""
    lines = {"F01": (50, 0.952), "S06": (20, 0.97), "R10": (20, 1.0), "T01": (10, 0.9)}
    card = [Target(kpi=kpi, weight=w, floor=0, target=1) for kpi, (w, _) in lines.items()]
    told = score(card, {kpi: value(kpi, x) for kpi, (_, x) in lines.items()})
    parts = {"F01": 47.6, "R10": 20.0, "S06": 19.4, "T01": 9.0}
    assert told.points == 96.0
    assert dict(told.earned) == pytest.approx(parts, abs=1e-9)
    assert list(told.earned) == list(parts)


def test_score_of_nothing() -> None:
    assert score((), {}).points is None
    assert score(CARD, {}).coverage == 0
    assert str(score(CARD, {})) == "No data"


@pytest.mark.parametrize(
    "flag", [Flag.SMALL, Flag.PARTIAL, Flag.INCOMPLETE, Flag.NO_DATA, Flag.STALE]
)
def test_weak_evidence_is_no_data(flag: Flag) -> None:
    weak = KpiValue("S06", "P", 0, 0.5, 3, None, None, flag)
    told = score(CARD, {"F01": value("F01", 1000), "S06": weak, "R04": value("R04", 8)})
    assert (told.points, told.coverage, told.measures) == (100, 0.7, 3)
    assert "from 2 of 3 measures" in str(told)


def card(kind: str | None, second: str | None) -> dict[str, Any]:
    told = card_of({"partner_type": kind, "secondary_type": second}, HYBRID)
    return {target.kpi: (target.weight, target.target) for target in told}


def test_two_types_share_one_card_of_a_hundred() -> None:
    told = card("reseller", "service")
    assert sum(weight for weight, _ in told.values()) == pytest.approx(100)
    assert told["F01"] == (pytest.approx(100 * 50 / 160), 1000)
    assert told["R10"] == (pytest.approx(100 * 60 / 160), 0.9)
    assert card("service", "reseller")["F01"] == (pytest.approx(100 * 40 / 150), 500)


@pytest.mark.parametrize("second", [None, "reseller", "influencer"])
def test_a_second_type_without_another_card_changes_nothing(second: str | None) -> None:
    assert card_of({"partner_type": "reseller", "secondary_type": second}, HYBRID) == CARD


def test_a_type_without_a_card_takes_that_of_the_second() -> None:
    assert sum(weight for weight, _ in card(None, "service").values()) == pytest.approx(100)
    assert card(None, None) == {}


VALUES = st.dictionaries(
    st.sampled_from(["F01", "S06", "R04"]),
    st.floats(-1e6, 1e6, allow_nan=False),
)


@given(VALUES, st.permutations(CARD))
def test_a_score_lies_between_0_and_100_whatever_the_order(
    found: dict[str, float], lines: list[Target]
) -> None:
    values = {kpi: value(kpi, x) for kpi, x in found.items()}
    told, other = score(CARD, values), score(lines, values)
    assert told.points == other.points
    assert told.coverage == pytest.approx(other.coverage)
    assert told.points is None or 0 <= told.points <= 100


@given(VALUES, st.floats(0, 1e6))
def test_more_revenue_never_lowers_a_score(found: dict[str, float], more: float) -> None:
    values = {kpi: value(kpi, x) for kpi, x in {"F01": 0.0, **found}.items()}
    told = score(CARD, values).points
    richer = {**values, "F01": value("F01", (values["F01"].value or 0.0) + more)}
    assert told is not None
    better = score(CARD, richer).points
    assert better is not None
    assert better >= told - 1e-9
