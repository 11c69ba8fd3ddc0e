"""Formulas of one row: their text and their values."""

from __future__ import annotations

from datetime import date, datetime

from sheetsync.model.cell_formula import (
    Applied,
    Calc,
    Compare,
    DayNamed,
    DayOf,
    Figure,
    Fixed,
    IsNumber,
    Own,
    When,
    Words,
    flag,
)
from sheetsync.model.cell_lookup import ByText, LeftOut, Rate
from sheetsync.model.values import CellError


class Rows:
    """Three rows of a tab with the columns A (key a)."""

    count = 3
    currency = "EUR"

    def __init__(self, *typed, **own):
        self._typed, self._own = list(typed), own

    def raw(self, key):
        return "INDEX(T!$A:$A,ROW())" if key == "a" else ""

    def own(self, key):
        return f"${key.upper()}2"

    def named(self, tab, key):
        return f"{tab or 'live'}_{key}"

    def row(self):
        return "ROW()"

    def typed(self, key):
        return self._typed if key == "a" else [None] * 3

    def cells(self, tab, key):
        return self._own[key]

    def rows(self):
        return (2, 3, 4)

    def day(self, name):
        return date(2026, 6, 30)

    def numbers(self, name):
        return {"lead": 0.1} if name == "chance" else {"USD": 0.9, "USD|202603": 0.8}


def test_typed_cells_are_texts_numbers_or_days_and_errors_are_blank():
    on = Rows("x ", CellError("#N/A"), 5)
    assert Words("a").values(on) == ["x ", "", "5"]
    assert Figure("a").values(on) == ["", "", 5.0]
    assert Words("a").text(on) == 'IFERROR(INDEX(T!$A:$A,ROW())&"","")'
    assert Figure("b").text(on) == '""'
    days = Rows(datetime(2026, 3, 14, 12), None, "2026-03-14")
    assert DayOf("a").values(days) == [46095, 0, 0]
    assert DayOf("a", month=True).values(days) == [46082, 0, 0]


def test_tests_fold_case_and_texts_are_greater_than_numbers():
    on = Rows(x=["Won", "", 3])
    assert Compare(Own("x"), "=", Fixed("won")).values(on) == [True, False, False]
    assert Compare(Own("x"), ">", Fixed(9)).values(on) == [True, True, False]
    assert flag(Compare(Own("x"), "=", Fixed(""))).text(on) == 'IF($X2="",1,0)'


def test_numbers_are_counted_with_and_blanks_stay_blank():
    on = Rows(x=[2.0, "", 1e16])
    assert IsNumber(Own("x")).values(on) == [True, False, False]
    twice = When(IsNumber(Own("x")), Calc(Own("x"), "*", Fixed(2)), Fixed(""))
    assert twice.values(on) == [4.0, "", ""]
    assert Applied("MONTH", Own("d")).values(Rows(d=[46082, 0, ""])) == [202603, 0, ""]
    assert DayNamed("as_of", 1).text(on) == "DATE(2026,6,30)+1"


def test_rates_are_those_of_the_month_else_the_fixed_one_else_missing():
    on = Rows(c=["", "usd", "CHF"], m=[46082, 46082, 46082])
    rate = Rate("c", Applied("MONTH", Own("m")))
    assert rate.values(on) == [1.0, 0.8, 0.0]
    assert "live_rates_key" in rate.text(on)
    assert Rate("c", Fixed(202604)).values(on) == [1.0, 0.9, 0.0]


def test_a_row_is_left_out_by_id_or_place():
    on = Rows(id=["D-1", "D-2", "D-3"], left_out=["id:d-2", "row:4", None])
    assert LeftOut("id").values(on) == [False, True, True]
    assert LeftOut().values(on) == [False, False, True]


def test_chances_are_nested_ifs():
    on = Rows(s=["Lead", "won", ""])
    assert ByText(Own("s"), "chance").values(on) == [0.1, "", ""]
    assert ByText(Own("s"), "chance").text(on) == 'IF($S2="lead",0.1,"")'
