"""Every KPI on a case worked out by hand, and every reason for a blank."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import date
from typing import Any

import pytest

from sheetsync.catalog.kpis import KPIS
from sheetsync.model.kpi import Unit
from sheetsync.model.settings import Settings
from tests.measure.books import (
    YEAR,
    Row,
    book,
    day,
    deal,
    look,
    lost,
    money,
    month,
    partner,
    run,
    won,
)

P, Q, R = "P-0001", "P-0002", "P-0003"


@dataclass(frozen=True)
class Case:
    """Rows by tab, and what (KPI, group, month) must be: value, flag, and n and interval or not."""

    name: str
    rows: dict[str, list[Row]]
    want: dict[tuple[str, str, int], tuple[Any, ...]]
    settings: Settings = YEAR
    kind: str = "reseller"
    people: list[Row] = field(default_factory=list)


def asked(at: str, answered: str | None, who: str = P) -> Row:
    return {
        "partner_id": who,
        "asked_at": day(at),
        "answered_at": day(answered) if answered else None,
    }


def item(due: str, done: str | None = None, kind: str = "task", **more: Any) -> Row:
    row = {"partner_id": P, "kind": kind, "due": day(due), "done": day(done) if done else None}
    return row | more


def leads(first: str, n: float | None, qualified: float | None = None) -> Row:
    return month(P, first, leads=n, qualified_leads=qualified)


OPEN_BOOK = [
    deal("D1", P, "proposal", 1000.0, role="co-sell"),
    deal("D2", P, "negotiation", 400.0),
    won("D3", P, 50.0, "2025-06-01"),
]
TWO_REFUNDS = [money(P, "sale", 10.0, "2025-05-05")] * 18 + [
    money(P, "renewal", 10.0, "2025-05-06"),
    money(P, "sale", 10.0, "2025-06-06"),
    money(P, "refund", 20.0, "2025-07-07"),
    money(P, "refund", 10.0, "2025-08-08"),
]

CASES = [
    Case(
        "revenue is sales and renewals minus refunds, and deals without a sale row",
        {
            "deals": [
                won("D1", P, 100.0, "2025-06-01"),
                won("D2", P, 999.0, "2025-06-01"),
                won("D3", P, 40.0, "2025-06-01", role="influenced"),
            ],
            "money": [
                money(P, "sale", 200.0, "2025-06-02", deal_id="D2"),
                money(P, "renewal", 50.0, "2025-07-01"),
                money(P, "refund", 30.0, "2025-08-01"),
                money("DIRECT", "sale", 640.0, "2025-06-09"),
                money(P, "sale", 7.0, "2025-03-31"),
            ],
        },
        {
            ("F01", P, 0): (320.0, "ok", 4),
            ("F01", P, 202506): (300.0, "ok", 2),
            ("F01", P, 202508): (-30.0, "ok", 1),
            ("F01", "DIRECT", 0): (680.0, "ok", 2),
            ("F01", "", 0): (1000.0, "ok", 6),
            ("F01", "", 202506): (980.0, "ok", 4),
            ("F09", P, 0): (0.32, "ok"),
            ("F09", "", 0): (0.32, "ok"),
            ("F09", P, 202508): (1.0, "ok"),
        },
    ),
    Case("no rows is no data, not 0", {}, {("F01", P, 0): (None, "no data", 0)}),
    Case(
        "a share needs rows of own sales",
        {"money": [money(P, "sale", 10.0, "2025-06-02")]},
        {("F09", P, 0): (None, "no base"), ("F09", "", 0): (None, "no base")},
    ),
    Case(
        "refund rate by amount and by count",
        {"money": TWO_REFUNDS},
        {
            ("F04", P, 0): (30 / 200, "ok", 20),
            ("F04n", P, 0): (2 / 20, "ok", 20, 0.0279, 0.3010),
            ("F04", P, 202505): (0.0, "small", 19),
            ("F04", P, 202507): (None, "no base", 0),
        },
    ),
    Case(
        "refund rate is not for every type",
        {"money": TWO_REFUNDS},
        {("F04", P, 0): (None, "not applicable", 0)},
        kind="service",
    ),
    Case(
        "cost, return and cost per new customer",
        {
            "money": [
                money(P, "fee", 60.0, "2025-05-01"),
                money(P, "staff_time", 40.0, "2025-06-01"),
                money(P, "sale", 400.0, "2025-06-01"),
                money("DIRECT", "sale", 5000.0, "2025-06-01"),
            ],
            "deals": [
                won("D1", P, 0.0, "2025-06-01", account="Alpha"),
                won("D2", P, 0.0, "2025-09-01", account=" alpha "),
                won("D3", P, 0.0, "2025-07-01", account="Beta"),
                won("D4", "DIRECT", 0.0, "2025-05-01", account="Gamma"),
                won("D5", P, 0.0, "2025-07-01", account="Gamma"),
                won("D6", P, 0.0, "2025-07-01", account="Delta", deal_type="renewal"),
                won("D7", P, 0.0, "2025-07-01", account="Echo", role="influenced"),
            ],
        },
        {
            ("F05", P, 0): (100.0, "ok", 2),
            ("F05", P, 202505): (60.0, "ok", 1),
            ("F05", "", 202506): (40.0, "ok", 1),
            ("F06", P, 0): (4.0, "ok"),
            ("F06", "", 0): (4.0, "ok"),
            ("F07", P, 0): (3.0, "ok"),
            ("F08", P, 0): (50.0, "ok", 2),
        },
    ),
    Case(
        "net return with a margin",
        {"money": [money(P, "fee", 100.0, "2025-05-01"), money(P, "sale", 400.0, "2025-06-01")]},
        {("F07", P, 0): (1.0, "ok")},
        settings=YEAR.model_copy(update={"gross_margin": 0.5}),
    ),
    Case(
        "nothing to divide by is no base",
        {"money": [money(P, "sale", 400.0, "2025-06-01")]},
        {
            ("F05", P, 0): (None, "no data", 0),
            ("F06", P, 0): (None, "no base"),
            ("F08", P, 0): (None, "no base", 0),
            ("S03", P, 0): (None, "no base"),
            ("S06", P, 0): (None, "no base", 0),
            ("P01", P, 0): (None, "no base"),
            ("P03", P, 0): (None, "no base"),
            ("R10", P, 0): (None, "no base"),
            ("F19", P, 0): (None, "no base"),
        },
    ),
    Case(
        "growth against the period before, and against the year before",
        {
            "money": [
                money(P, "sale", 150.0, "2026-02-01"),
                money(P, "sale", 100.0, "2025-11-01"),
                money(P, "sale", 60.0, "2025-02-01"),
                money("DIRECT", "sale", 1.0, "2025-01-20"),
                money(Q, "sale", 10.0, "2026-01-01"),
                money(Q, "refund", 10.0, "2025-12-01"),
            ]
        },
        {
            ("F19", P, 0): (0.5, "ok"),
            ("F19y", P, 0): (1.5, "ok"),
            ("F19", Q, 0): (None, "no base"),
            ("F19", "", 0): (160 / 90 - 1, "ok"),
        },
        settings=Settings(period_start=date(2026, 1, 1), period_end=date(2026, 3, 31)),
        people=[partner(Q)],
    ),
    Case(
        "no growth against a year of which only a part is known",
        {
            "money": [
                money(P, "sale", 150.0, "2026-02-01"),
                money(P, "sale", 60.0, "2025-02-01"),
            ]
        },
        {("F19y", P, 0): (None, "no base"), ("F19y", "", 0): (None, "no base")},
        settings=Settings(period_start=date(2026, 1, 1), period_end=date(2026, 3, 31)),
    ),
    Case(
        "no growth against a year that lies in the period itself",
        {
            "money": [
                money(P, "sale", 150.0, "2026-02-01"),
                money(P, "sale", 60.0, "2025-01-01"),
                money(P, "sale", 60.0, "2023-12-01"),
                money(P, "sale", 60.0, "2024-01-01"),
            ]
        },
        {("F19y", P, 0): (None, "no base"), ("F19y", "", 0): (None, "no base")},
        settings=Settings(period_start=date(2025, 1, 1), period_end=date(2026, 3, 31)),
    ),
    Case(
        "concentration of five partners",
        {
            "money": [
                money(name, "sale", amount, "2025-06-01")
                for name, amount in zip("ABCDE", (60.0, 20.0, 10.0, 10.0, 5.0), strict=True)
            ]
            + [money("E", "refund", 25.0, "2025-07-01"), money("DIRECT", "sale", 1e6, "2025-06-01")]
        },
        {
            ("F20", "", 0): (0.6, "ok", 5),
            ("F20a", "", 0): (2.0, "ok", 5),
            ("F20b", "", 0): (0.52, "ok", 5),
            ("F20c", "", 0): (0.42, "ok", 5),
        },
        people=[partner(name) for name in "ABCDE"],
    ),
    Case(
        "concentration of fewer than five is not shown",
        {"money": [money(P, "sale", 60.0, "2025-06-01")]},
        {(k, "", 0): (None, "small", 1) for k in ("F20", "F20a", "F20b", "F20c")},
    ),
    Case(
        "leads; a blank is no data and 0 is 0",
        {
            "activity": [
                leads("2025-05-01", 10, 4),
                leads("2025-06-01", 0, 0),
                leads("2025-07-01", None),
                leads("2025-08-01", 30, 6),
            ],
            "deals": [
                deal("D1", P, "lead", 1.0, lead_date=day("2025-05-20")),
                deal("D2", P, "lead", 1.0, lead_date=day("2026-03-31")),
                deal("D3", P, "lead", 1.0, lead_date=day("2025-03-31")),
            ],
        },
        {
            ("S01", P, 0): (40.0, "ok", 3),
            ("S01", P, 202506): (0.0, "ok", 1),
            ("S01", P, 202507): (None, "no data", 0),
            ("S02", P, 0): (10.0, "ok", 3),
            ("S03", P, 0): (0.05, "ok", 40, 0.0138, 0.1650),
        },
    ),
    Case(
        "few leads are small, with the interval shown",
        {
            "activity": [leads("2025-05-01", 5)],
            "deals": [deal(f"D{i}", P, "lead", 1.0, lead_date=day("2025-05-20")) for i in range(3)],
        },
        {("S03", P, 0): (0.6, "small", 5, 0.231, 0.882)},
    ),
    Case(
        "pipeline: amount, weighted, per stage",
        {"deals": OPEN_BOOK},
        {
            ("S04", P, 0): (1400.0, "ok", 2),
            ("S04", "", 0): (1400.0, "ok", 2),
            ("S04", "stage:proposal", 0): (1000.0, "ok", 1),
            ("S04", "stage:lead", 0): (None, "no data", 0),
            ("S05", P, 0): (800.0, "ok", 2),
            ("S05", "stage:negotiation", 0): (300.0, "ok", 1),
            ("S11", P, 0): (None, "not applicable", 0),
            ("S11", "", 0): (1000.0, "ok", 1),
        },
    ),
    Case(
        "probabilities of the settings come first",
        {"deals": OPEN_BOOK},
        {("S05", P, 0): (400.0, "ok", 2), ("S11", P, 0): (1000.0, "ok", 1)},
        settings=YEAR.model_copy(update={"stage_probability": {"proposal": 0.1}}),
        kind="technology",
    ),
    Case(
        "deals but none open is an empty pipeline; an open deal without amount is unknown",
        {"deals": [won("D3", P, 50.0, "2025-06-01"), deal("D4", Q, "lead", None)]},
        {("S04", P, 0): (0.0, "ok", 0), ("S04", Q, 0): (None, "no data", 0)},
        people=[partner(Q)],
    ),
    Case(
        "win rate, 3 of 5 with four open",
        {
            "deals": [
                *(won(f"W{i}", P, 1.0, "2025-06-01") for i in range(3)),
                *(lost(f"L{i}", P, "2025-06-01") for i in range(2)),
                *(deal(f"O{i}", P, "lead", 1.0) for i in range(4)),
            ]
        },
        {("S06", P, 0): (0.6, "small", 5, 0.231, 0.882)},
    ),
    Case(
        "win rate with enough behind it",
        {"deals": [won("W", P, 1.0, "2025-06-01"), lost("L", P, "2025-06-01")]},
        {("S06", P, 0): (0.5, "ok", 2), ("S06", "", 0): (0.5, "ok", 2)},
        settings=YEAR.model_copy(update={"minimum_n_win_rate": 2}),
    ),
    Case(
        "deal size and days to close, mean and median; a negative duration does not count",
        {
            "deals": [
                won("D1", P, 10.0, "2025-05-11"),
                won("D2", P, 20.0, "2025-05-21"),
                won("D3", P, 90.0, "2025-07-30"),
                won("D4", P, 40.0, "2025-04-20"),
                lost("D5", P, "2025-05-02"),
            ]
        },
        {
            ("S08", P, 0): (40.0, "ok", 4),
            ("S08m", P, 0): (30.0, "ok", 4),
            ("S09", P, 0): (20.0, "ok", 3),
            ("S09m", P, 0): (40.0, "ok", 3),
            ("S08", "", 0): (40.0, "ok", 4),
        },
    ),
    Case(
        "engagement rate is a ratio of sums",
        {
            "activity": [
                month(P, "2025-05-01", impressions=10_000, likes=500, comments=250, shares=100),
                month(P, "2025-06-01", impressions=90_000, likes=150),
                month(P, "2025-07-01", impressions=500, clicks=700),
                month(P, "2025-08-01", likes=5),
                month(P, "2025-09-01", impressions=0, likes=0),
            ]
        },
        {
            ("E01", P, 0): (100_500.0, "ok", 4),
            ("E01", P, 202508): (None, "no data", 0),
            ("E03", P, 202505): (0.085, "ok", 10_000),
            ("E03", P, 0): (0.01, "ok", 100_000),
            ("E03", P, 202509): (None, "no base", 0),
            ("E05", P, 0): (None, "no base", 0),
        },
        kind="influencer",
    ),
    Case(
        "clicks and conversions with the exact interval",
        {
            "activity": [
                month(P, "2025-05-01", impressions=1000, clicks=100, conversions=3),
                month(P, "2025-06-01", impressions=3000, clicks=100, conversions=1),
                month(P, "2025-07-01", clicks=0, conversions=0),
            ]
        },
        {
            ("E05", P, 0): (0.05, "ok", 4000),
            ("E06", P, 0): (0.02, "ok", 200, 0.005476, 0.050414),
            ("E06", P, 202505): (0.03, "small", 100, 0.006230, 0.085176),
            ("E06", P, 202507): (None, "no base", 0),
        },
        kind="affiliate",
    ),
    Case(
        "posts per week leave out the time before the start",
        {"activity": [month(P, "2026-02-01", posts=8), month(P, "2026-03-01", posts=6)]},
        {
            ("E08", P, 202602): (4.0, "ok", 1),
            ("E08", P, 0): (14 / (45 / 7), "ok", 2),
        },
        people=[partner(P, "influencer", start_date=day("2026-02-15"))],
    ),
    Case(
        "training and campaigns; none assigned is no base",
        {
            "activity": [
                month(P, "2025-05-01", training_assigned=3, training_done=2, invited=4, joined=1),
                month(P, "2025-06-01", training_assigned=5, training_done=2, invited=4, joined=2),
                month(Q, "2025-06-01", training_assigned=0, training_done=0),
            ]
        },
        {
            ("P01", P, 0): (0.5, "ok", 8),
            ("P03", P, 0): (0.375, "ok", 8),
            ("P01", Q, 0): (None, "no base", 0),
        },
        people=[partner(Q)],
    ),
    Case(
        "active partners and productivity",
        {
            "money": [
                money("A", "sale", 300.0, "2026-03-01"),
                money("C", "sale", 500.0, "2026-03-01"),
                money(P, "sale", 100.0, "2025-05-05"),
                money("DIRECT", "sale", 900.0, "2026-03-01"),
            ],
            "activity": [
                month("B", "2026-01-01", posts=1),
                month(P, "2026-01-01", posts=0, followers=900),
            ],
        },
        {
            ("P04", "", 0): (2 / 3, "ok", 3),
            ("P04", "type:reseller", 0): (0.5, "ok", 2),
            ("P04", "type:influencer", 0): (1.0, "ok", 1),
            ("P04n", "", 0): (1.0, "ok", 4),
            ("F17", "", 0): (300.0, "ok", 3),
            ("F17", "type:reseller", 0): (450.0, "ok", 2),
        },
        people=[
            partner("A"),
            partner("B", "influencer"),
            partner("C", start_date=day("2026-02-01")),
            partner(P),
            partner("Y", status="prospect"),
            partner("Z", status="ended", contract_status="signed"),
        ],
    ),
    Case(
        "response time: open requests count once they are as old as the median",
        {
            "interactions": [
                asked("2025-05-01T08:00", "2025-05-01T10:00"),
                asked("2025-05-02T08:00", "2025-05-02T18:00"),
                asked("2025-05-03T08:00", "2025-05-03T14:00"),
                asked("2026-03-30T23:00", None),
                asked("2026-03-30T00:00", None),
                asked("2026-03-30T00:00", None, Q),
            ]
        },
        {
            ("R04", P, 202505): (6.0, "ok", 3),
            ("R04p", P, 202505): (9.2, "ok", 3),
            ("R04", P, 0): (8.0, "ok", 5),
            ("R04p", P, 0): (19.8, "ok", 5),
            ("R04", Q, 0): (24.0, "ok", 1),
        },
        people=[partner(Q)],
    ),
    Case(
        "on-time delivery: due and not done is a miss",
        {
            "plan": [
                item("2025-05-10", "2025-05-10"),
                item("2025-05-20", "2025-05-25"),
                item("2025-06-01"),
                item("2025-06-01", status="dropped"),
                item("2026-04-05", "2026-03-01"),
                item("2025-06-02", "2025-06-01"),
            ]
        },
        {("R10", P, 0): (0.5, "ok", 4), ("R10", P, 202505): (0.5, "ok", 2)},
    ),
    Case(
        "milestones by weight, whenever they were due",
        {
            "plan": [
                item("2024-01-10", "2024-01-09", "milestone"),
                item("2025-05-20", "2025-05-25", "milestone", weight=2.0),
                item("2025-06-01", None, "milestone"),
                item("2025-06-01", "2025-06-01", "task"),
            ]
        },
        {("T01", P, 0): (0.75, "ok", 3), ("T01", "", 0): (0.75, "ok", 3)},
        kind="strategic",
    ),
    Case(
        "no milestone done is 0, none due is no base",
        {"plan": [item("2025-06-01", None, "milestone")]},
        {("T01", P, 0): (0.0, "ok", 1), ("T01", Q, 0): (None, "no base", 0)},
        kind="strategic",
        people=[partner(Q, "technology")],
    ),
    Case(
        "completeness over a partner's rows and per tab",
        {
            "contacts": [
                {"partner_id": P, "name": "Name"},
                {"partner_id": P},
            ]
        },
        {
            ("T10", "tab:Contacts", 0): (3 / 4, "ok", 4),
            ("T10", "tab:Deals", 0): (None, "no base", 0),
            ("T10", P, 0): (6 / 9, "ok", 9),
        },
    ),
    Case(
        "a missing rate leaves the row out and says incomplete",
        {
            "money": [
                money(P, "sale", 100.0, "2025-06-01"),
                money(P, "sale", 50.0, "2025-06-01", currency="USD"),
                money(P, "sale", 10.0, "2025-07-01", currency="GBP"),
                money(Q, "sale", 70.0, "2025-07-01", currency="USD"),
                money(R, "sale", 5.0, "2025-07-01"),
            ],
        },
        {
            ("F01", P, 0): (120.0, "incomplete", 2),
            ("F01", P, 202506): (100.0, "incomplete", 1),
            ("F01", P, 202507): (20.0, "ok", 1),
            ("F01", Q, 0): (None, "incomplete", 0),
            ("F01", R, 0): (5.0, "ok", 1),
            ("F01", "", 0): (125.0, "incomplete", 3),
        },
        settings=YEAR.model_copy(update={"rates": {"GBP": 2.0}}),
        people=[partner(Q), partner(R)],
    ),
    Case(
        "a month that is not over is partial",
        {"money": [money(P, "sale", 5.0, "2026-03-10"), money(P, "sale", 4.0, "2026-02-10")]},
        {
            ("F01", P, 0): (9.0, "ok", 2),
            ("F01", P, 202602): (4.0, "ok", 1),
            ("F01", P, 202603): (5.0, "partial", 1),
        },
        settings=Settings(period_start=date(2026, 1, 1), period_end=date(2026, 3, 20)),
    ),
    Case(
        "a second type makes a KPI apply",
        {"activity": [month(P, "2025-05-01", impressions=10, likes=1)]},
        {("E03", P, 0): (0.1, "ok", 10)},
        people=[partner(P, "reseller", secondary_type="influencer")],
    ),
    Case(
        "rows that do not count and rows of unknown partners are left out",
        {
            "money": [
                money(P, "sale", 1.0, "2025-06-01"),
                money(P, "sale", 2.0, "2025-06-01", _used=False),
                money("P-9999", "sale", 4.0, "2025-06-01"),
            ]
        },
        {("F01", P, 0): (1.0, "ok", 1), ("F01", "", 0): (1.0, "ok", 1)},
    ),
]


@pytest.mark.parametrize("case", CASES, ids=lambda case: case.name)
def test_worked_out_by_hand(case: Case) -> None:
    people = case.people
    if not any(row["partner_id"] == P for row in people):
        people = [partner(P, case.kind), *people]
    found = look(run(book(partners=people, **case.rows), case.settings))
    for place, (value, flag, *evidence) in case.want.items():
        got = found[place]
        assert got.value == (None if value is None else pytest.approx(value, abs=1e-12)), place
        assert got.flag == flag, place
        if evidence:
            assert got.n == evidence[0], place
        if len(evidence) > 1:
            assert (got.low, got.high) == pytest.approx(tuple(evidence[1:]), abs=6e-4), place


def test_a_month_without_rows_has_no_value() -> None:
    found = look(run(book(partners=[partner(P)], money=[money(P, "sale", 1.0, "2025-06-01")])))
    assert ("F01", P, 202506) in found
    assert ("F01", P, 202507) not in found


def test_every_partner_has_every_kpi_and_own_sales_only_revenue() -> None:
    told = run(book(partners=[partner(P), partner(Q, "influencer")]))
    of = {g: {v.kpi for v in told.kpis if v.group == g} for g in (P, Q, "DIRECT")}
    assert of[P] == of[Q]
    assert len(of[P]) > 25
    assert of["DIRECT"] == {"F01"}


def test_one_problem_per_currency_without_a_rate() -> None:
    rows = [money(P, "sale", 1.0, "2025-06-01", currency=c) for c in ("USD", "USD", "SEK")]
    deals = [deal("D1", P, "lead", 5.0, currency="USD")]
    told = run(book(partners=[partner(P)], money=rows, deals=deals))
    assert [(p.code, p.found, p.key) for p in told.problems] == [
        ("missing_rate", "SEK", "rate_SEK"),
        ("missing_rate", "USD", "rate_USD"),
    ]
    assert told.problems[1].message.startswith("3 rows are in USD")
    assert look(told)["S04", P, 0].flag == "incomplete"


def test_an_empty_workbook_has_values_that_say_why() -> None:
    told = run(book())
    counted = {kpi.id for kpi in KPIS if kpi.unit is Unit.COUNT}
    assert all(v.value is None or (v.value == 0 and v.kpi in counted) for v in told.kpis)
    assert told.tiers == ()
    assert told.problems == ()


def test_negative_revenue_in_concentration_is_noted() -> None:
    told = run(book(partners=[partner(P)], money=[money(P, "refund", 1.0, "2025-06-01")]))
    assert told.notes["F20"] == "Negative revenue counts as 0 here: 1 of the partners."
    assert told.period == (date(2025, 4, 1), date(2026, 3, 31))


def test_absurd_numbers_are_listed_and_left_out() -> None:
    rows = [
        money(P, "sale", 1e300, "2025-06-01"),
        money(P, "sale", 5.0, "2025-06-01"),
        money(P, "fee", 5.0, "2025-06-01", currency="USD"),
    ]
    absurd = YEAR.model_copy(update={"rates": {"USD": 1e25}})
    told = run(book(partners=[partner(P)], money=rows), absurd)
    assert [(p.code, p.row, p.column) for p in told.problems] == [
        ("number_too_large", 2, "amount"),
        ("missing_rate", 0, "value"),
    ]
    assert look(told)["F01", P, 0].value == 5
    assert look(told)["F05", P, 0].flag == "incomplete"


def test_the_order_of_values_does_not_depend_on_the_order_of_rows() -> None:
    people = [partner(P), partner(Q, "influencer")]
    rows = [money(P, "sale", 1.0, "2025-06-01"), money(Q, "sale", 2.0, "2025-07-01")]
    one = run(book(partners=people, money=rows))
    other = run(book(partners=people[::-1], money=rows[::-1]))
    assert one.kpis == other.kpis
