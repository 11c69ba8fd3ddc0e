"""Alerts: published results of every test, guards, causes, ranking, people's columns."""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import replace
from datetime import date, timedelta
from itertools import product
from pathlib import Path
from typing import Any

import pytest

from sheetsync.catalog.kpis import KPIS
from sheetsync.catalog.tracker import tracker_of
from sheetsync.measure.alerts_found import Finding
from sheetsync.measure.alerts_peers import Audience, audience_tests, peer_tests
from sheetsync.measure.alerts_series import rate_change, series_tests, watched
from sheetsync.measure.alerts_tests import (
    cusum,
    ewma,
    ewma_width,
    laney,
    mad,
    robust_z,
    step_sigma,
    tail,
    three_falls,
)
from sheetsync.measure.history import History, months_before
from sheetsync.measure.measure import measure
from sheetsync.model.insight import Alert, Urgency
from sheetsync.model.kpi import in_force
from sheetsync.model.results import Cleaned, Evaluation, Flag, KpiValue, Measured
from sheetsync.model.settings import Settings
from sheetsync.model.tracker import Tracker
from tests.measure.books import (
    AS_OF,
    ENGINE,
    YEAR,
    Row,
    day,
    lost,
    money,
    month,
    partner,
    table,
)

BY_ID = {kpi.id: kpi for kpi in KPIS}
CASES = json.loads((Path(__file__).parent / "cases_alerts.json").read_text(encoding="utf-8"))

# -- published results ----------------------------------------------------------------------------


def test_ewma_of_ross() -> None:
    values = [48, 52, 70, 62, 57, 81, 56, 59, 77, 82, 78, 80, 74, 82, 68, 84]
    book = [57, 55.75, 59.31, 59.98, 59.24, 64.68, 62.50, 61.61,
            65.48, 69.60, 71.70, 73.78, 73.83, 75.87, 73.90, 76.43]  # fmt: skip
    # The book rounds at every step.
    told = ewma(values, 0.25, 60)
    assert told == pytest.approx(book, abs=0.022)
    width = ewma_width(12, 0.25, 3)
    # Its chart starts at 60 and is centred on 62.
    assert (round(62 - width, 2), round(62 + width, 2)) == (48.39, 75.61)
    signals = [i for i, level in enumerate(told, 1) if level > 75.61]
    assert signals == [14, 16]


def test_ewma_of_the_nist_handbook() -> None:
    values = [52.0, 47.0, 53.0, 49.3, 50.1, 47.0, 51.0, 50.1, 51.2, 50.5,
              49.6, 47.6, 49.9, 51.3, 47.8, 51.2, 52.6, 52.4, 53.6, 52.1]  # fmt: skip
    told = [round(level, 2) for level in ewma(values, 0.3, 50)]
    assert told[-2:] == [51.94, 51.99]
    width = ewma_width(2.0539, 0.3, 3)
    # The handbook prints limits of a sigma with more digits than it gives.
    assert (50 + width, 50 - width) == pytest.approx((52.5884, 47.4115), abs=2e-4)


def test_limits_widen_with_time() -> None:
    widths = [ewma_width(2.0, 0.3, 3, step) for step in range(1, 40)]
    assert widths == sorted(widths)
    assert widths[0] == pytest.approx(2.0 * 3 * 0.3)
    assert widths[-1] == pytest.approx(ewma_width(2.0, 0.3, 3))


def test_cusum_of_montgomery_and_runger() -> None:
    values = [102.0, 94.8, 98.3, 98.4, 102.0, 98.5, 99.0, 97.7, 100.0, 98.1,
              101.3, 98.7, 101.1, 98.4, 97.0, 96.7, 100.3, 101.4, 97.2, 101.0]  # fmt: skip
    up, down = cusum(values, 99, 1)
    assert [round(x, 9) for x in up] == [
        2.0, 0, 0, 0, 2.0, 0.5, 0, 0, 0, 0, 1.3, 0, 1.1, 0, 0, 0, 0.3, 1.7, 0, 1.0,
    ]  # fmt: skip
    assert [round(x, 9) for x in down[:9]] == [0, 3.2, 2.9, 2.5, 0, 0, 0, 0.3, 0]


@pytest.mark.parametrize(
    ("hits", "trials", "p", "urgency"),
    [
        (6, 2000, 0.004, Urgency.WARNING),
        (3, 1000, 0.042, Urgency.NOTE),
        (7, 1000, 0.452, None),
    ],
)
def test_a_conversion_rate_that_fell(hits: int, trials: int, p: float, urgency: object) -> None:
    told = rate_change(hits, trials, 0.008)
    assert (round(told[0] or 0, 3), told[1]) == (p, urgency)


def test_too_few_clicks_are_not_tested() -> None:
    assert rate_change(1, 250, 0.008) == (None, None)
    assert round(tail(1, 250, 0.008, low=True), 2) == 0.40


@pytest.mark.parametrize(("trials", "rate"), [(1, 0.5), (7, 0.3), (9, 0.01)])
def test_tails_as_counted_outcome_by_outcome(trials: int, rate: float) -> None:
    shares = [0.0] * (trials + 1)
    for outcome in product((0, 1), repeat=trials):
        hits = sum(outcome)
        shares[hits] += rate**hits * (1 - rate) ** (trials - hits)
    for hits in range(trials + 1):
        assert tail(hits, trials, rate, low=True) == pytest.approx(sum(shares[: hits + 1]))
        assert tail(hits, trials, rate, low=False) == pytest.approx(sum(shares[hits:]))


def test_robust_z_and_what_stands_in_for_it() -> None:
    hours = [5, 6, 7, 5, 7, 6, 6, 5, 7]
    assert (mad(hours), round(robust_z(36, hours) or 0, 1)) == (1, 20.2)
    assert robust_z(9, [5, 5, 5, 5, 5, 5, 5, 9]) == pytest.approx(4 / (1.2533 * 0.5))
    assert robust_z(9, [5, 5, 5]) is None


def test_three_falls_of_the_guide() -> None:
    assert three_falls([5.0, 4.2, 3.6, 3.0]) == 0.4
    assert three_falls([5.0, 4.2, 4.3, 3.0]) is None
    assert three_falls([4.2, 3.6, 3.0]) is None


def test_a_shift_does_not_widen_the_sigma_of_steps() -> None:
    wobble = [1.0, -1.0, 0.5, -0.5, 1.0, 0.0, -1.0, 0.5]
    assert step_sigma([*wobble, *(100 + w for w in wobble)]) < 2 * step_sigma(wobble)


def test_laney_flags_few_where_a_plain_chart_flags_many() -> None:
    rates = [0.010, 0.016, 0.022, 0.028, 0.034, 0.040, 0.046, 0.052, 0.058, 0.30]
    trials = [10_000.0] * len(rates)
    hits = [r * n for r, n in zip(rates, trials, strict=True)]
    share = sum(hits) / sum(trials)
    plain = [(r - share) / (share * (1 - share) / 10_000) ** 0.5 for r in rates]
    told = laney(hits, trials)
    assert sum(abs(z) > 3 for z in plain) >= 9
    assert [abs(z) > 3 for z in told] == [False] * 9 + [True]
    assert max(map(abs, laney([10, 10, 10], [100, 100, 100]))) == 0


# -- rules on months, cases as data ---------------------------------------------------------------


def findings(
    values: Sequence[float],
    kpi: str = "F01",
    counts: Sequence[float] | None = None,
    off: Sequence[str] = (),
) -> list[Finding]:
    months = months_before(AS_OF)
    rows = counts or [2.0] * len(values)
    told = {
        m: (float(v), float(n), 1.0, 0.0)
        for m, v, n in zip(months[-len(values) :], values, rows, strict=True)
    }
    known = History(months, {kpi: {"P": told}})
    one = watched(known, BY_ID[kpi], "P", Settings(), revenue=kpi == "F01")
    return [f for f in series_tests(one, frozenset(off)) if f] if one else []


@pytest.mark.parametrize("case", CASES, ids=lambda case: case["case"])
def test_rules_on_months(case: dict[str, Any]) -> None:
    counts = [case.get("rows", 2.0)] * len(case["values"])
    found = findings(case["values"], counts=counts, off=case.get("off", ()))
    assert sorted(f.rule for f in found) == case["fires"]
    if "urgency" in case:
        assert {str(f.urgency) for f in found} == {case["urgency"]}


def test_a_rate_is_tested_against_its_own_past() -> None:
    clicks = [5000.0] * 4 + [2000.0]
    (found,) = findings([0.008] * 4 + [0.003], "E06", clicks)
    assert (found.rule, found.urgency, found.cause) == ("A03", Urgency.WARNING, "rate:E06")
    assert "6 of 2,000, against 0.80% before (p = 0.004)" in found.evidence
    assert not findings([0.008] * 4 + [0.003], "E06", [5000.0] * 4 + [150.0])


def test_engagement_down_by_two_fifths_in_three_months() -> None:
    (found,) = findings([0.05, 0.042, 0.036, 0.03], "E03", [40_000.0] * 4)
    assert found.rule == "A06"
    assert "5.0% → 4.2% → 3.6% → 3.0%, 40% in all" in found.evidence


def test_months_that_wait_for_a_rate_are_not_looked_at() -> None:
    months = months_before(AS_OF)
    told = dict.fromkeys(months[-9:], (100.0, 3.0, 1.0, 0.0)) | {months[-1]: (1.0, 3.0, 1.0, 2.0)}
    known = History(months, {"F01": {"P": told}})
    assert watched(known, BY_ID["F01"], "P", Settings(), revenue=True) is None


# -- among peers ----------------------------------------------------------------------------------


def test_a_partner_that_stands_out_among_its_peers() -> None:
    types = {f"P{i}": "affiliate" for i in range(9)}
    rates = [0.010, 0.012, 0.011, 0.013, 0.009, 0.012, 0.010, 0.011, 0.001]
    values = [
        KpiValue("E06", p, 0, r, 20_000, None, None, Flag.OK)
        for p, r in zip(types, rates, strict=True)
    ]
    told = list(peer_tests(BY_ID, values, types))
    assert [f and (f.partner_id, f.rule, f.urgency) for f in told if f] == [
        ("P8", "A14", Urgency.WARNING)
    ]
    assert len(told) == 9
    assert not list(peer_tests(BY_ID, values[:7], types))
    small = [replace(v, flag=Flag.SMALL) for v in values]
    assert not list(peer_tests(BY_ID, small, types))


def audience(name: str, rate: float = 0.03, ratio: float = 0.1, jump: float = 100.0) -> Audience:
    followers = [50_000.0 + 100 * i + (i % 3) for i in range(11)]
    return Audience(name, 202603, rate, ratio, (*followers, followers[-1] + jump))


def test_engagement_that_looks_bought() -> None:
    crowd = [audience(f"P{i}", ratio=0.1 + i / 1000) for i in range(25)]
    assert [f for f in audience_tests(crowd) if f] == []
    odd = audience("X", rate=0.1, ratio=0.9, jump=20_000)
    (found,) = [f for f in audience_tests([*crowd, odd]) if f]
    assert (found.partner_id, found.urgency) == ("X", Urgency.WARNING)
    assert found.evidence.startswith("Check the audience: engagement 10.0% is over three times")
    assert "followers rose by 20,000" in found.evidence
    assert not list(audience_tests([*crowd[:18], odd]))


# -- rules on rows --------------------------------------------------------------------------------

_PACKED = tracker_of(["insight", "goals", "contracts"])
ALERTED = Tracker(_PACKED.tabs, _PACKED.lists, in_force(KPIS, {"insight", "goals", "contracts"}))
_TABS = (
    "partners", "contacts", "deals", "money", "activity", "interactions", "plan", "goals",
    "contracts",
)  # fmt: skip


def told(
    reviews: Sequence[Evaluation] = (), settings: Settings = YEAR, **rows: list[Row]
) -> Measured:
    rows = {"partners": [partner("A", owner="Team North")], **rows}
    cleaned = Cleaned({key: table(ALERTED.tab(key), rows.get(key, [])) for key in _TABS})
    return measure(cleaned, ALERTED, settings, AS_OF, ENGINE, reviews)


def rules(reviews: Sequence[Evaluation] = (), **rows: list[Row]) -> list[tuple[str, str]]:
    return [(a.rule, str(a.urgency)) for a in told(reviews, **rows).insight.alerts]


def asked(on: date, hours: float) -> Row:
    at = day(on.isoformat())
    return {
        "partner_id": "A",
        "date": at,
        "kind": "request",
        "asked_at": at,
        "answered_at": at + timedelta(hours=hours),
    }


@pytest.mark.parametrize(
    ("count", "hours", "fires"), [(5, 36, 1), (4, 36, 0), (5, 17.9, 0), (5, 18, 1)]
)
def test_answers_that_became_slow(count: int, hours: float, fires: int) -> None:
    usual = [5, 6, 7, 5, 7, 6, 6, 5, 7]
    rows = [asked(date(2025, 6, 1 + i), h) for i, h in enumerate(usual)]
    rows += [asked(date(2026, 3, 1 + i), hours) for i in range(count)]
    found = told(interactions=rows).insight.alerts
    assert [a.rule for a in found] == ["A07"] * fires
    if fires and hours == 36:
        assert found[0].evidence.startswith(
            "Answers take 36 h (5 requests) instead of 6 h (9 before; robust z 20.2)."
        )


@pytest.mark.parametrize(
    ("row", "fires"),
    [
        (money("A", "sale", 5.0, "2026-01-30"), [("A08", "warning")]),
        (money("A", "sale", 5.0, "2026-01-31"), []),
        (money("A", "fee", 5.0, "2026-03-30"), []),
    ],
)
def test_a_silent_partner(row: Row, fires: list[tuple[str, str]]) -> None:
    found = [(r, u) for r, u in rules(money=[row]) if r == "A08"]
    days = (AS_OF - row["date"].date()).days
    assert found == (fires if days >= 60 else [])


@pytest.mark.parametrize(
    ("row", "fires"),
    [
        ({"contract_status": "signed", "contract_end": "2026-07-15"}, []),
        ({"contract_status": "signed", "contract_end": "2026-06-29"}, ["note"]),
        ({"contract_status": "signed", "contract_end": "2026-05-30"}, ["warning"]),
        ({"contract_status": "signed", "contract_end": "2026-04-30"}, ["critical"]),
        ({"contract_status": "signed", "contract_end": "2026-02-01"}, ["critical"]),
        ({"contract_status": "proposal", "start_date": "2026-02-28"}, ["warning"]),
        ({"contract_status": "proposal", "start_date": "2026-03-02"}, []),
        ({"contract_status": "none", "contract_end": "2026-04-30"}, []),
    ],
)
def test_contracts(row: dict[str, str], fires: list[str]) -> None:
    cells = {k: day(v) if v[:1] == "2" else v for k, v in row.items()}
    sold = [money("A", "sale", 5.0, "2026-03-30")]
    found = rules(partners=[partner("A", **cells)], money=sold)
    assert [u for r, u in found if r == "A09"] == fires


def test_the_latest_signed_version_counts() -> None:
    versions = [
        {"partner_id": "A", "version": 1.0, "status": "signed", "end": day("2026-04-10")},
        {"partner_id": "A", "version": 2.0, "status": "signed", "end": day("2027-04-10")},
    ]
    assert "A09" not in dict(rules(contracts=versions))
    assert dict(rules(contracts=versions[:1]))["A09"] == "critical"
    assert dict(rules(contracts=[{**versions[0], "auto_renew": 1.0}]))["A09"] == "note"


def milestone(due: str, **more: Any) -> Row:
    base = {"partner_id": "A", "kind": "milestone", "title": "Joint offer", "due": day(due)}
    return base | {"status": "open"} | more


def test_overdue_milestones() -> None:
    late = [milestone("2026-03-20"), milestone("2026-01-10"), milestone("2026-03-01", done=AS_OF)]
    late[2] = milestone("2026-03-01", done=day("2026-03-05"), status="done")
    (found,) = [a for a in told(plan=late).insight.alerts if a.rule == "A10"]
    assert found.evidence.startswith(
        "Milestone overdue by 80 days: Joint offer (due 2026-01-10), and 1 more."
    )
    assert "A10" not in dict(rules(plan=[milestone("2026-03-31")]))


@pytest.mark.parametrize(("sold", "fires"), [(205, True), (206, False), (1100, False)])
def test_goals_behind_pace(sold: float, fires: bool) -> None:
    row = {"goal_id": "G-1", "partner_id": "A", "kpi": "F01", "target": 1000.0}
    span = {"from": day("2026-01-01"), "to": day("2026-12-16")}
    rows = [money("A", "sale", float(sold), "2026-03-30")]
    found = [a for a in told(goals=[row | span], money=rows).insight.alerts if a.rule == "A10"]
    assert [a.cause for a in found] == ["goal:G-1"] * fires


def test_stale_rows() -> None:
    people = [partner("A", last_verified=day("2025-12-31"))]
    sold = [money("A", "sale", 5.0, "2026-03-30")]
    assert rules(partners=people, money=sold) == []
    people = [partner("A", last_verified=day("2025-12-30"))]
    assert rules(partners=people, money=sold) == [("A12", "note")]


def test_a_row_and_its_contacts_gone_stale_are_one_finding() -> None:
    people = [partner("A", last_verified=day("2025-12-01"))]
    contacts = [{"partner_id": "A", "last_verified": day("2025-11-01")}]
    sold = [money("A", "sale", 5.0, "2026-03-30")]
    both = told(partners=people, contacts=contacts, money=sold).insight
    (found,) = both.alerts
    assert found.rule == "A12"
    assert found.evidence.count("days is agreed.") == 2
    assert found.since == date(2025, 11, 1)
    fresh = [{"partner_id": "A", "last_verified": day("2026-03-01")}]
    assert told(partners=people, contacts=fresh, money=sold).insight.tests == both.tests


@pytest.mark.parametrize(("last", "fires"), [("2026-04-01", True), ("2026-03-31", False)])
def test_a_goal_whose_span_is_over_is_not_behind(last: str, fires: bool) -> None:
    row = {"goal_id": "G-1", "partner_id": "A", "kpi": "F01", "target": 1000.0}
    span = {"from": day("2026-01-01"), "to": day(last)}
    rows = [money("A", "sale", 5.0, "2026-03-30")]
    found = [a for a in told(goals=[row | span], money=rows).insight.alerts if a.rule == "A10"]
    assert len(found) == fires


def test_red_at_two_reviews_without_a_plan() -> None:
    def review(on: date, health: float) -> Evaluation:
        return Evaluation(on, "A", 40.0, "Bronze", "Bronze", "steady", health=health)

    bad = [
        review(date(2025, 9, 30), 80),
        review(date(2025, 12, 31), 40),
        review(date(2026, 3, 30), 49),
    ]
    sold = [money("A", "sale", 5.0, "2026-03-30")]
    assert rules(bad, money=sold) == [("A13", "critical")]
    assert rules(bad[:2], money=sold) == []
    assert rules([*bad[:2], review(AS_OF, 49)], money=sold) == []
    plan = [milestone("2026-12-01", kind="improvement")]
    assert rules(bad, money=sold, plan=plan) == []


def test_nobody_watches_prospects_and_ended_partners() -> None:
    for status in ("prospect", "ended"):
        assert rules(partners=[partner("A", status=status, start_date=day("2020-01-01"))]) == []


# -- causes, ranks, switches ----------------------------------------------------------------------


def monthly(name: str, amounts: Sequence[float]) -> list[Row]:
    months = months_before(AS_OF, len(amounts))
    return [
        money(name, "sale", float(v) / 2, f"{m // 100}-{m % 100:02d}-{d}")
        for m, v in zip(months, amounts, strict=True)
        for d in (10, 20)
    ]


FALLING = [100.0, 101, 99, 100, 102, 98, 100, 101, 30]


def test_one_alert_per_cause_with_all_rules_that_saw_it() -> None:
    (found,) = told(money=monthly("A", FALLING)).insight.alerts
    assert (found.rule, found.urgency, found.cause) == ("A01", Urgency.CRITICAL, "level:F01")
    assert "Seen by A02, A04 as well." in found.evidence
    assert found.since == date(2026, 3, 1)
    assert found.stake == pytest.approx(0.7 * sum(FALLING))


def test_the_same_cause_keeps_its_id() -> None:
    one = Alert("level:F01", "A01", Urgency.NOTE, "A", "", "F01", "x", None, 1.0)
    other = replace(one, rule="A06", urgency=Urgency.CRITICAL, evidence="y", stake=9.0)
    assert one.id == other.id != replace(one, partner_id="B").id != replace(one, cause="c").id


def test_severity_times_stake_ranks() -> None:
    people = [partner("A"), partner("B"), partner("C", last_verified=day("2020-01-01"))]
    rows = monthly("A", FALLING) + monthly("B", [v * 50 for v in FALLING])
    rows += monthly("C", [1e6] * 3)
    found = told(partners=people, money=rows).insight.alerts
    assert [a.partner_id for a in found] == ["B", "A", "C"]


def test_switches_and_the_number_of_tests() -> None:
    all_on = told(money=monthly("A", FALLING)).insight
    quiet = YEAR.model_copy(update={"alerts_off": ("A01", "A02", "A04")})
    some = told(money=monthly("A", FALLING), settings=quiet).insight
    assert some.alerts == ()
    assert some.tests == all_on.tests - 3 > 0


def test_recent_losses_stand_beside_the_numbers() -> None:
    deals = [lost("D-7", "A", "2026-03-02", reason="price")]
    (found,) = told(money=monthly("A", FALLING), deals=deals).insight.alerts
    assert found.evidence.endswith("Last heard: D-7 lost on 2026-03-02: price.")


def test_alerts_take_points_from_health() -> None:
    figures = [month("A", f"2026-0{m}-01", posts=5) for m in (1, 2, 3)]
    calm = told(money=monthly("A", [100.0] * 9), activity=figures).health
    alarmed = told(money=monthly("A", FALLING), activity=figures).health
    assert "alerts take" not in calm[0].why
    assert alarmed[0].score is None or "alerts take 10" in alarmed[0].why
