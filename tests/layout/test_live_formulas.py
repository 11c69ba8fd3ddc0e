"""KPI expressions as formula text, and what they come to."""

from __future__ import annotations

import pytest

from sheetsync.catalog.kpis import KPIS
from sheetsync.catalog.live import LIVE_FACTS, LIVE_TABS
from sheetsync.layout.live_check import Columns, Missing, Worker
from sheetsync.layout.live_kpis import Criterion, NotCovered, Place, Printer, asked, value_text
from sheetsync.model.expr import (
    Above,
    Const,
    Count,
    Eq,
    Ge,
    In,
    Latest,
    Median,
    OnlyIf,
    OrZero,
    Param,
    Quantile,
    Ratio,
    Sub,
    Sum,
)

COST = Sum("cost", "amount")
ROWS = Count("cost")
CELLS = {
    "live_money_is_cost": [1, 1, 1, 0],
    "live_money_partner": ["P-1", "p-1", "P-2", "P-1"],
    "live_money_in_period": [1, 1, 1, 1],
    "live_money_month": [202601, 202602, 202601, 202601],
    "live_money_amount": [100.0, 50.0, "", 7.0],
    "live_money_rate_missing": [0, 0, 1, 0],
    "live_deals_is_closed": [1, 1, 1, 1],
    "live_deals_partner": ["P-1", "P-1", "P-1", "P-2"],
    "live_deals_in_period": [1, 1, 1, 1],
    "live_deals_is_won": [1, 1, 1, 0],
    "live_deals_days_to_close": [10, 30, 0, 5],
}


def text(expr, group="P-1", month=0):
    return Printer(LIVE_FACTS, {"gross_margin": 0.4}, Place(group, month)).expr(expr)


def worth(expr, group="P-1", month=0):
    columns = Columns(CELLS.__getitem__)
    return Worker(LIVE_FACTS, {"gross_margin": 0.4}, Place(group, month), columns)._work(expr, None)


def test_a_sum_is_blank_without_a_number_and_asks_for_partner_period_and_month():
    wanted = (
        'live_money_is_cost,1,live_money_partner,"P-1",live_money_in_period,1,'
        "live_money_month,202601"
    )
    assert text(COST, month=202601) == (
        f'IF(COUNTIFS({wanted},live_money_amount,">-1000000000000000")=0,NA(),'
        f"SUMIFS(live_money_amount,{wanted}))"
    )
    assert worth(COST) == 150
    assert worth(COST, month=202602) == 50
    with pytest.raises(Missing):
        worth(COST, "P-2")


def test_a_zero_base_a_guard_and_a_condition_are_blank():
    assert text(Ratio(Const(1), ROWS)).startswith("1/COUNTIFS(")
    for expr in (Ratio(Const(1), Const(0)), Above(Const(0)), OnlyIf(Const(1), Const(0))):
        with pytest.raises(Missing):
            worth(expr)
    assert text(Above(Const(3), 2)) == "IF(3>2,3,NA())"
    assert worth(OrZero(COST), "P-2") == 0
    assert text(OrZero(COST)).startswith("SUMIFS(")


def test_a_base_that_is_a_quotient_stands_in_brackets():
    assert text(Ratio(Const(6), Ratio(Const(3), Const(2)))) == "6/(3/2)"
    assert text(Sub(Param("gross_margin"), Const(1))) == "(0.4-1)"


def test_one_of_several_values_is_a_sum_of_counts():
    told = text(Count("plan", "", In("is_done", (0, 1))))
    assert told.count("COUNTIFS(") == 2
    assert text(Count("plan", "", Ge("weight", 0.5))).endswith('live_plan_weight,">="&0.5)')


def test_the_programme_and_everyone_ask_for_no_partner():
    assert "partner" not in text(COST, "")
    assert "partner" not in text(Sum("cost", "amount", everyone=True))
    sourced = text(Sum("revenue", "amount", Eq("is_partner", 1)), "")
    assert 'live_money_credited,"<>DIRECT"' in sourced


def test_a_median_is_between_the_two_middle_rows():
    days = Median("closed", "days_to_close", Eq("is_won", 1))
    assert worth(days) == 10
    assert worth(Quantile("closed", "days_to_close", Eq("is_won", 1), q=0.9)) == 26
    assert "SUMPRODUCT(LARGE(" in text(days)
    assert "IFERROR" not in text(days)


@pytest.mark.parametrize(
    "expr",
    [
        Sum("partners", "months"),
        Sum("activity", "nothing"),
        Latest("activity", "followers"),
        Median("activity", "clicks"),
    ],
)
def test_what_no_formula_says_is_told(expr):
    with pytest.raises(NotCovered):
        text(expr)


def test_criteria_keep_numbers_apart_from_texts():
    assert Criterion("a", "=", 1).criterion() == "a,1"
    assert Criterion("a", "=", 'x"y').criterion() == 'a,"x""y"'
    assert Criterion("a", "<>", "x").truth() == '(a<>"x")'


def test_names_in_formulas_are_names_of_live_columns():
    known = {column.range_name for tab in LIVE_TABS for column in tab.columns}
    covered = 0
    for kpi in KPIS:
        at = Place("P-0001", 0)
        try:
            told = value_text(asked(kpi, at, LIVE_FACTS), Printer(LIVE_FACTS, PARAMS, at))
        except NotCovered:
            continue
        covered += 1
        words = set(told.replace("(", ",").replace(")", ",").split(","))
        assert {
            w for w in words if w.startswith("live_") and "=" not in w and "*" not in w
        } <= known
    assert covered >= 30


PARAMS = {"gross_margin": 1.0, "discount_rate": 0.1, "minimum_recurring": 100.0}
