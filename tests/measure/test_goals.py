"""Goals: how far, how fast, in which direction, and what partners of the type suggest."""

from __future__ import annotations

from datetime import date
from typing import Any

import pytest

from sheetsync.catalog.kpis import KPIS
from sheetsync.catalog.tracker import tracker_of
from sheetsync.layout.goals import goal_marks
from sheetsync.measure.goals import Goal, adds_up, attained, horizon, shown
from sheetsync.measure.goals_peers import last_quarters
from sheetsync.measure.measure import measure
from sheetsync.model.insight import GoalProgress
from sheetsync.model.kpi import Unit, in_force
from sheetsync.model.results import Cleaned, Flag, Measured
from sheetsync.model.tracker import Tracker
from tests.measure.books import (
    AS_OF,
    ENGINE,
    YEAR,
    Row,
    day,
    look,
    lost,
    money,
    partner,
    table,
    won,
)

_PACKED = tracker_of(["goals"])
GOALS = Tracker(_PACKED.tabs, _PACKED.lists, in_force(KPIS, {"goals"}))
BY_ID = {kpi.id: kpi for kpi in KPIS}
_TABS = ("partners", "contacts", "deals", "money", "activity", "interactions", "plan", "goals")


def goal(name: str, partner_id: str, kpi: str, target: float, **more: Any) -> Row:
    span = {"from": day("2026-01-01"), "to": day("2026-12-31")}
    return {"goal_id": name, "partner_id": partner_id, "kpi": kpi, "target": target} | span | more


def aimed(*goals: Row, **rows: list[Row]) -> Measured:
    told = {"partners": [partner("A")], **rows, "goals": list(goals)}
    cleaned = Cleaned({key: table(GOALS.tab(key), told.get(key, [])) for key in _TABS})
    return measure(cleaned, GOALS, YEAR, AS_OF, ENGINE)


def one(measured: Measured) -> GoalProgress:
    (told,) = measured.insight.goals
    return told


SALES = [money("A", "sale", 300.0, "2026-02-01"), money("A", "sale", 999.0, "2025-12-31")]
A_QUARTER = 90 / 365


def test_what_adds_up_is_measured_against_the_target() -> None:
    told = one(aimed(goal("G", "A", "F01", 1000.0, baseline=900.0), money=SALES))
    assert (told.value, told.attained) == (300, pytest.approx(0.3))
    assert told.elapsed == pytest.approx(A_QUARTER)
    assert told.pace == pytest.approx(0.3 / A_QUARTER)


def test_a_level_is_the_way_from_baseline_to_target() -> None:
    deals = [won("D1", "A", 5.0, "2026-02-01"), lost("D2", "A", "2026-02-02")]
    told = one(aimed(goal("G", "A", "S06", 0.7, baseline=0.2), deals=deals))
    assert (told.value, told.attained) == (0.5, pytest.approx(0.6))


def way(kpi: str, value: float, **more: Any) -> tuple[float | None, float]:
    told = {"target": 100.0, "baseline": None} | more
    rest = (False, 1.0, False)
    span = (date(2026, 1, 1), date(2026, 12, 31))
    aim = Goal("k", 2, "G", "A", kpi, *span, told["target"], told["baseline"], *rest)
    return attained(aim, BY_ID[kpi], value, 0.5)


@pytest.mark.parametrize(
    ("kpi", "value", "more", "part", "pace"),
    [
        ("F01", 50, {}, 0.5, 1.0),
        ("F01", 250, {}, 2.5, 5.0),
        ("F01", -20, {}, 0, 0),
        ("F05", 50, {}, 1, 1.0),
        ("F05", 100, {}, 1, 0.5),
        ("F05", 200, {}, 0.5, 0.25),
        ("F05", 0, {}, 1, 2.0),
        ("R04", 20, {"target": 8.0, "baseline": 32.0}, 0.5, 1.0),
        ("R04", 40, {"target": 8.0, "baseline": 32.0}, 0, 0),
        ("R04", 4, {"target": 8.0}, 1, 2.0),
        ("R04", 16, {"target": 8.0}, 0.5, 1.0),
        ("S06", 0.5, {"target": 0.5, "baseline": 0.5}, 1, 2.0),
        ("S06", 0.4, {"target": 0.5, "baseline": 0.5}, None, 0),
        ("S06", 0.4, {"target": 0.8}, 0.5, 1.0),
    ],
)
def test_attained_and_pace(
    kpi: str, value: float, more: dict[str, float], part: float | None, pace: float
) -> None:
    found = way(kpi, value, **more)
    assert found[0] == (None if part is None else pytest.approx(part))
    assert found[1] == pytest.approx(pace)


def test_what_adds_up_and_what_does_not() -> None:
    told = {kpi: adds_up(BY_ID[kpi].value) for kpi in ("F01", "F05", "S01", "S06", "S04", "R04")}
    assert told == {"F01": 1, "F05": 1, "S01": 1, "S06": 0, "S04": 0, "R04": 0}


def test_weighted_alignment() -> None:
    goals = (goal("G1", "A", "F01", 600.0, weight=2.0), goal("G2", "A", "F01", 300.0, weight=1.0))
    told = look(aimed(*goals, money=SALES))["T02", "A", 0]
    assert (told.value, told.n) == (pytest.approx(2 / 3), 2)


def test_too_much_counts_as_whole_and_no_figures_not_at_all() -> None:
    goals = (goal("G1", "A", "F01", 30.0), goal("G2", "A", "S01", 300.0))
    told = look(aimed(*goals, money=SALES))["T02", "A", 0]
    assert (told.value, told.n) == (1, 1)


def test_a_partner_without_goals_has_no_attainment() -> None:
    told = look(aimed(money=SALES))["T02", "A", 0]
    assert (told.value, told.flag) == (None, Flag.NO_BASE)


def test_budget_utilisation() -> None:
    spent = [money("A", "fee", 120.0, "2026-01-15"), money("A", "mdf", 30.0, "2026-03-01")]
    told = look(aimed(goal("G", "A", "F05", 100.0), money=spent))
    assert told["F10", "A", 0].value == told["F10", "", 0].value == pytest.approx(1.5)


def test_a_goal_that_another_one_revises_is_history() -> None:
    goals = (
        goal("G1", "A", "F01", 1000.0),
        goal("G2", "A", "F01", 600.0, revises="G1", reason="market"),
    )
    found = aimed(*goals, money=SALES)
    old, new = found.insight.goals
    assert (old.current, old.attained, old.pace) == (False, pytest.approx(0.3), None)
    assert (new.current, new.attained) == (True, pytest.approx(0.5))
    assert look(found)["T02", "A", 0].value == pytest.approx(0.5)


def test_goals_of_a_type_and_of_everyone() -> None:
    people = [partner("A"), partner("B"), partner("C", kind="service")]
    sold = [*SALES, money("B", "sale", 50.0, "2026-03-01"), money("C", "sale", 7.0, "2026-03-01")]
    goals = (goal("G1", "reseller", "F01", 700.0), goal("G2", "ALL", "F01", 714.0))
    told = aimed(*goals, partners=people, money=sold).insight.goals
    assert [(g.value, g.attained) for g in told] == [
        (350, pytest.approx(0.5)),
        (357, pytest.approx(0.5)),
    ]


@pytest.mark.parametrize(
    ("row", "why"),
    [
        (goal("G", "A", "F20", 1.0), "F20 has no value over a span"),
        (goal("G", "A", "F02", 1.0), "F02 has no value over a span"),
        (goal("G", "A", "S01", 1.0), "no data"),
        (goal("G", "A", "F01", 1.0, **{"from": day("2026-04-01")}), "not begun"),
    ],
)
def test_why_a_goal_has_no_figure(row: Row, why: str) -> None:
    found = aimed(row, money=SALES)
    told = one(found)
    assert (told.attained, told.pace, told.why) == (None, None, why)
    assert goal_marks([told])["goals", "attained"] == {told.key: why}


@pytest.mark.parametrize(
    ("end", "name"),
    [
        (date(2026, 12, 31), "up to 12 months"),
        (date(2027, 1, 1), "12 to 18 months"),
        (date(2027, 6, 30), "12 to 18 months"),
        (date(2028, 6, 30), "18 to 36 months"),
        (date(2029, 1, 1), "beyond 36 months"),
    ],
)
def test_horizons(end: date, name: str) -> None:
    assert horizon(date(2026, 1, 1), end) == name


def test_a_goal_thirty_months_out_has_its_pace_to_date() -> None:
    row = goal("G", "A", "F01", 3000.0, to=day("2028-06-30"))
    told = one(aimed(row, money=SALES))
    assert told.horizon == "18 to 36 months"
    assert told.pace == pytest.approx(0.1 / (90 / 912))


@pytest.mark.parametrize(("stretch", "count", "warned"), [(1, 5, 0), (2, 5, 1), (2, 10, 0)])
def test_one_stretch_in_five(stretch: int, count: int, warned: int) -> None:
    goals = [goal(f"G{i}", "A", "F01", 100.0 + i, stretch=float(i < stretch)) for i in range(count)]
    found = aimed(*goals).problems
    assert [p.code for p in found] == ["too_much_stretch"] * warned
    if warned:
        assert "2 stretch targets among 5 goals" in found[0].message


def peers(count: int) -> dict[str, list[Row]]:
    people = [partner("A"), *(partner(f"B{i}") for i in range(count))]
    sold = [
        money(f"B{i}", "sale", 100.0 * (i + 1), on)
        for i in range(count)
        for on in ("2025-05-01", "2025-08-01", "2025-11-01", "2026-02-01")
    ]
    return {"partners": people, "money": sold}


def test_peers_suggest_a_target_for_the_span() -> None:
    span = {"from": day("2026-04-01"), "to": day("2026-06-30")}
    told = one(aimed(goal("G", "A", "F01", 1.0, **span), **peers(5)))
    assert told.suggested == "299 (quartiles 199 to 399; 5 peers, 20 quarters)"


def test_with_few_peers_nothing_is_suggested() -> None:
    told = one(aimed(goal("G", "A", "F01", 1.0), **peers(4)))
    assert told.suggested == "None: 4 other reseller partners have figures, 5 are needed"


def test_quarters_follow_the_fiscal_year() -> None:
    assert [q[0].month for q in last_quarters(date(2026, 3, 31))] == [4, 7, 10, 1]
    assert [q[0].month for q in last_quarters(date(2026, 3, 31), 2)] == [2, 5, 8, 11]
    assert last_quarters(date(2026, 3, 30))[-1] == (date(2025, 10, 1), date(2025, 12, 31))


def test_values_in_words() -> None:
    assert [shown(v, Unit.MONEY) for v in (0.1234567, 99.5, 123456.7)] == [
        "0.1235",
        "99.5",
        "123,457",
    ]
