from __future__ import annotations

import re
from datetime import datetime
from pathlib import Path
from typing import Any

import pytest

from sheetsync.backends.xlsx.draw import draw
from sheetsync.catalog.tracker import LEAN
from sheetsync.layout.dashboard import live_values
from sheetsync.layout.tables import lookup_key
from sheetsync.model.live import (
    Book,
    Count,
    CountLike,
    IfEqual,
    IfNumber,
    Join,
    KpiCell,
    Minus,
    MonthBack,
    Ranked,
    Say,
    Whole,
    months_before,
)
from tests.libreoffice import needed, recalculated

DASHBOARD = LEAN.reports["dashboard"]
CREATED = datetime(2026, 1, 1)
NAMES = LEAN.tab("dashboard").names
CELLS = {
    "dash_as_of": datetime(2026, 3, 4),
    "dash_period_start": datetime(2025, 3, 1),
    "dash_period_end": datetime(2026, 2, 28),
    "dash_currency": "EUR",
    "dash_note": "3 rows are left out of the numbers: see Issues",
    "dash_tier_1": "Gold",
    "dash_tier_2": "not a tier of anybody",
    "dash_tier_3": ">",
}


def kpi(name: str, value: float | None, **more: Any) -> dict[str, Any]:
    group, month = more.pop("group", ""), more.pop("month", 0)
    flag = more.pop("flag", "ok" if value is not None else "no base")
    key = lookup_key(name, group, month)
    return {"key": key, "kpi": name, "value": value, "n": more.pop("n", 7), "flag": flag, **more}


def synced_rows() -> dict[str, list[dict[str, Any]]]:
    kpis = [
        kpi("F01", 123456.78),
        kpi("F19", -0.123),
        kpi("S04", 0.0),
        kpi("S05", 41_000.5, n=3),
        kpi("S06", 0.6, low=0.231, high=0.882, n=5, flag="small"),
        kpi("F05", 30_000),
        kpi("F06", None),
        kpi("P04", 0.5),
    ]
    kpis += [kpi("F01", 1000.0 * m, month=2025_00 + m) for m in range(3, 13)]
    kpis += [kpi("F01", None, month=202601, flag="no data"), kpi("F05", 12.5, month=202602)]
    kpis += [kpi("S04", 500.0, group=f"stage:{s}") for s in ("lead", "proposal")]
    names = ("Larkspur Lane", "Tin Lantern", "Ninefold")
    tiers = ("Gold", "gold", "not rated")
    summary = [
        {"rank": i, "partner_name": n, "tier": t, "score": s, "f01": r}
        for i, (n, t, s, r) in enumerate(
            zip(names, tiers, (80.25, None, 12.0), (5e4, "no data", 3e4), strict=True), 1
        )
    ]
    issues = [{"issue_id": f"I-{i}", "severity": s} for i, s in enumerate(("error", "warning"))]
    return {"kpis": kpis, "summary": summary, "issues": issues}


def ranges(rows: dict[str, list[dict[str, Any]]]) -> dict[str, list[Any]]:
    return {
        column.range_name: [row.get(column.key) for row in rows[key]]
        for key in rows
        for column in LEAN.tab(key).columns
        if column.range_name
    }


@pytest.fixture
def values() -> dict[str, Any]:
    return live_values(DASHBOARD, ranges(synced_rows()), CELLS)


def at(row: int, column: int) -> Any:
    return next(p.content for p in DASHBOARD.places if (p.row, p.column) == (row, column))


def test_a_value_that_is_missing_shows_its_flag() -> None:
    book = Book(ranges(synced_rows()), CELLS)
    assert KpiCell("F06").value(book) == "no base"
    assert KpiCell("F99").value(book) == "no data"
    assert KpiCell("F06", "low").value(book) == ""
    assert KpiCell("S04").value(book) == 0.0


def test_a_month_is_counted_from_the_end_of_the_period() -> None:
    book = Book(ranges(synced_rows()), CELLS)
    assert KpiCell("F05", back=0).value(book) == 12.5
    assert KpiCell("F01", back=2).value(book) == 12_000
    assert KpiCell("F01", back=1).value(book) == "no data"
    assert KpiCell("F01", back=2).value(Book()) == "no data"
    assert MonthBack(2).value(book) == datetime(2025, 12, 1)
    assert MonthBack(2).value(Book()) == ""


@pytest.mark.parametrize(("back", "month"), [(0, 202602), (1, 202601), (2, 202512), (26, 202312)])
def test_months_before(back: int, month: int) -> None:
    found = months_before(datetime(2026, 2, 28), back)
    assert found.year * 100 + found.month == month
    assert found.day == 1


def test_counts_ranks_and_sentences() -> None:
    book = Book(ranges(synced_rows()), CELLS)
    assert Count("summary_tier", "Gold").value(book) == 2
    assert Count("summary_tier").value(book) == 3
    assert CountLike("summary_tier", "dash_tier_1").value(book) == 2
    assert CountLike("summary_tier", "dash_tier_3").value(book) == 0
    assert CountLike("summary_tier", "dash_tier_4").value(book) == 0
    assert Minus(Count("summary_tier"), (Count("summary_tier", "gold"),)).value(book) == 1
    assert Ranked(2, "summary_partner").value(book) == "Tin Lantern"
    assert Ranked(2, "summary_score").value(book) == ""
    assert Ranked(9, "summary_partner").value(book) == ""
    assert Join((Whole(KpiCell("S06", "low"), 100), Say(" %"))).value(book) == "23 %"
    assert IfNumber(KpiCell("F06"), Say("a"), Say("b")).value(book) == "b"
    assert IfEqual(KpiCell("S06", "flag"), "SMALL", Say("a"), Say("b")).value(book) == "a"


@pytest.mark.parametrize(
    ("number", "whole"), [(0.125, 13), (0.285, 29), (-0.125, -13), (0.124, 12)]
)
def test_halves_round_away_from_zero_as_sheets_do(number: float, whole: int) -> None:
    book = Book({"kpi_key": ["X|programme|period"], "kpi_low": [number]})
    assert Whole(KpiCell("X", "low"), 100).value(book) == whole


def test_tiles_tell_number_and_evidence(values: dict[str, Any]) -> None:
    told = [values[at(row, column).text()] for row, column in ((8, 2), (9, 2), (8, 6), (9, 6))]
    assert told == [123456.78, -0.123, 0.6, "95 %: 23 to 88 %"]
    assert values[at(10, 6).text()] == "from 5 closed deals · small"
    assert values[at(8, 14).text()] == 1


def test_an_empty_workbook_says_no_data_and_has_no_error() -> None:
    told = live_values(DASHBOARD, {}, {})
    assert told[at(8, 2).text()] == "no data"
    assert set(map(type, told.values())) <= {str, int, float}


def test_formulas_use_names_and_functions_that_all_sheets_share() -> None:
    allowed = {"IF", "IFERROR", "INDEX", "MATCH", "COUNTIF", "EDATE", "DATE", "YEAR", "MONTH"}
    allowed |= {"ROUND", "ISNUMBER", "SUMPRODUCT"}
    for formula in DASHBOARD.formulas():
        bare = re.sub(r'"(?:[^"]|"")*"', "", formula.text())
        assert set(re.findall(r"([A-Z]+)\(", bare)) <= allowed
        assert not re.search(r"[!$:]", bare)
        names = set(re.findall(r"\b[a-z]\w+", bare))
        assert names <= {*ranges({k: [] for k in ("kpis", "summary", "issues")}), *NAMES}
        assert len(formula.text()) < 8192


def test_every_name_of_the_tab_has_its_cell() -> None:
    assert {p.name for p in DASHBOARD.places if p.name} == set(LEAN.tab("dashboard").names)


def test_no_two_things_share_a_cell() -> None:
    for report in LEAN.reports.values():
        taken = [(p.row, p.column) for p in report.places]
        assert len(set(taken)) == len(taken)


@pytest.mark.libreoffice
@pytest.mark.filterwarnings("ignore:.*extension is not supported")
@needed
@pytest.mark.parametrize("filled", [True, False], ids=["synced", "empty"])
def test_libreoffice_computes_the_same_values(tmp_path: Path, filled: bool) -> None:
    rows, cells = (synced_rows(), CELLS) if filled else ({}, {})
    sheet = recalculated(draw(LEAN, rows=rows, created=CREATED, cells=cells), tmp_path)["Dashboard"]
    values = live_values(DASHBOARD, ranges(rows), cells)
    for place in DASHBOARD.places:
        if place.content is None or isinstance(place.content, str | int | float):
            continue
        found = sheet.cell(place.row, place.column).value
        wanted = values[place.content.text()]
        same = (
            found == pytest.approx(wanted) if isinstance(wanted, float) else (found or "") == wanted
        )
        assert same or (found in (None, 0) and wanted == 0), (place, found, wanted)
