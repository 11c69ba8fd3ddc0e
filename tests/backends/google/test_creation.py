"""What is asked of Google to make a tracker: all of it, once, in the right words."""

from __future__ import annotations

import json
from dataclasses import replace
from datetime import date, datetime
from typing import Any

import pytest

from sheetsync.backends.google import ids
from sheetsync.backends.google.create import LARGEST, packed
from sheetsync.backends.google.creation import Existing, creation, units
from sheetsync.backends.google.draw_cells import cell, entered, separated
from sheetsync.backends.google.draw_style import cell_format, number_pattern, rule_format
from sheetsync.backends.google.draw_table import unit_formats
from sheetsync.backends.xlsx.draw_style import LOOKS, RULES
from sheetsync.catalog.demo import demo_rows
from sheetsync.catalog.tracker import FULL, LEAN
from sheetsync.model.tracker import Owner, Role
from sheetsync.model.values import Formula
from tests.fakes.sheets import discovery

DEMO = demo_rows(date(2026, 2, 28))


def told(kind: str, requests: list[dict[str, Any]]) -> list[dict[str, Any]]:
    return [request[kind] for request in requests if kind in request]


@pytest.fixture(scope="module")
def requests() -> list[dict[str, Any]]:
    return creation(LEAN, DEMO, editors=["robot@example.com"])


def test_each_request_has_one_kind(requests):
    assert all(len(request) == 1 for request in requests)


def test_every_tab_is_made_in_order(requests):
    made = [each["properties"] for each in told("addSheet", requests)]
    assert [p["title"] for p in made if p["title"] != ids.MARKS] == [tab.title for tab in LEAN.tabs]
    assert [p["index"] for p in made if "index" in p] == list(range(len(LEAN.tabs)))
    assert [p["title"] for p in made if p.get("hidden")] == ["Lists", "_marks"]


def test_text_of_rows_is_never_a_formula():
    rows = {"partners": [{"partner_id": "=1+1", "partner_name": "+44", "notes": "@SUM(A1)"}]}
    (made,) = [
        each["rows"]
        for each in told("updateCells", creation(LEAN, rows))
        if each["range"]["sheetId"] == ids.sheet_id("partners")
        and each["range"]["startRowIndex"] == 1
    ]
    values = [c["userEnteredValue"] for c in made[0]["values"] if c]
    assert values == [{"stringValue": "=1+1"}, {"stringValue": "+44"}, {"stringValue": "@SUM(A1)"}]


def test_formulas_separate_with_semicolons_and_hold_no_decimals(requests):
    formulas = [
        value["formulaValue"]
        for each in told("updateCells", requests)
        for row in each["rows"]
        for c in row["values"]
        if "formulaValue" in (value := c.get("userEnteredValue", {}))
    ]
    assert len(formulas) > 60
    for formula in formulas:
        bare = "".join(formula.split('"')[::2])
        assert "," not in bare
        assert "." not in bare


def test_conditions_hold_no_decimals_either(requests):
    for each in told("addConditionalFormatRule", requests):
        for value in each["rule"].get("booleanRule", {}).get("condition", {}).get("values", ()):
            bare = "".join(value["userEnteredValue"].split('"')[::2])
            assert "," not in bare
            assert "." not in bare
    for each in told("setDataValidation", requests):
        for value in each["rule"]["condition"].get("values", ()):
            assert "." not in value["userEnteredValue"].replace("'", "")


def test_every_listed_column_has_a_dropdown(requests):
    ruled = {
        (each["range"]["sheetId"], each["range"]["startColumnIndex"]): each["rule"]
        for each in told("setDataValidation", requests)
    }
    for tab in LEAN.tabs:
        for index, column in enumerate(tab.columns):
            if column.choices and column.owner is Owner.USER:
                rule = ruled[ids.sheet_id(tab.key), index]
                assert rule["condition"]["type"] == "ONE_OF_RANGE"
                assert rule["showCustomUi"]
                assert not rule["strict"]


def test_all_workbook_names_are_given(requests):
    names = {each["namedRange"]["name"] for each in told("addNamedRange", requests)}
    wanted = {c.range_name for t in LEAN.tabs for c in t.columns if c.range_name}
    wanted |= {name for tab in LEAN.tabs for name in tab.names}
    wanted |= {f"list_{name}" for name in LEAN.lists}
    wanted |= {"ids_partners", "ids_deals", "ids_plan"}
    assert names == wanted


def test_what_the_engine_writes_is_protected_but_for_decisions(requests):
    made = {
        p["protectedRangeId"]: p
        for p in (r["protectedRange"] for r in told("addProtectedRange", requests))
    }
    for tab in LEAN.of_role(Role.COMPUTED, Role.LOG, Role.LISTS):
        found = made[ids.protected_id(tab.key)]
        assert found["editors"]["users"] == ["robot@example.com"]
        assert not found.get("warningOnly")
        free = [r["startColumnIndex"] for r in found.get("unprotectedRanges", ())]
        assert free == [i for i, c in enumerate(tab.columns) if c.owner is Owner.USER]
    for tab in LEAN.of_role(Role.ENTRY):
        assert made[ids.protected_id(tab.key, "check")]["warningOnly"]
        assert "editors" in made[ids.protected_id(tab.key, "check/header")]


def test_the_filter_of_an_entry_tab_takes_in_peoples_own_columns(requests):
    for each in told("setBasicFilter", requests):
        sheet = each["filter"]["range"]["sheetId"]
        tab = next(t for t in LEAN.tabs if ids.sheet_id(t.key) == sheet)
        assert tab.role is Role.ENTRY
        assert each["filter"]["range"]["endColumnIndex"] > len(tab.columns)
        assert "endRowIndex" not in each["filter"]["range"]


def test_sync_columns_take_their_formula_in_the_header():
    def header(tab, column):
        return f"SOMETHING(1,{column.key})"

    requests = creation(LEAN, sync_header=header)
    heads = [
        c["userEnteredValue"]["formulaValue"]
        for each in told("updateCells", requests)
        if each["range"].get("endRowIndex") == 1
        for c in each["rows"][0]["values"]
        if "formulaValue" in c["userEnteredValue"]
    ]
    assert heads.count("=SOMETHING(1;check)") == 7
    assert heads.count("=SOMETHING(1;tier)") == 1
    assert len(heads) == 8


def test_rows_leave_sync_columns_alone(requests):
    deals = LEAN.tab("deals")
    (body,) = [
        each
        for each in told("updateCells", requests)
        if each["range"]["sheetId"] == ids.sheet_id("deals") and each["range"]["startRowIndex"] == 1
    ]
    assert body["range"]["endColumnIndex"] == len(deals.columns) - 1


def test_charts_name_their_series_by_the_cells_above(requests):
    charts = [each["chart"] for each in told("addChart", requests)]
    assert [c["chartId"] for c in charts] == [ids.chart_id("dashboard", i) for i in range(3)]
    basic = [c["spec"]["basicChart"] for c in charts if "basicChart" in c["spec"]]
    assert [b["headerCount"] for b in basic] == [1, 1]
    assert all(b["domains"] and b["series"] for b in basic)


def test_what_is_marked_and_there_is_not_made_again(requests):
    marks = {
        each["developerMetadata"]["metadataId"]: each["developerMetadata"]["metadataValue"]
        for each in told("createDeveloperMetadata", requests)
    }
    there = Existing(
        titles={
            each["properties"]["sheetId"]: each["properties"]["title"]
            for each in told("addSheet", requests)
        },
        marks=marks,
        things=frozenset(
            [each["table"]["tableId"] for each in told("addTable", requests)]
            + [each["chart"]["chartId"] for each in told("addChart", requests)]
            + [each["bandedRange"]["bandedRangeId"] for each in told("addBanding", requests)]
            + [
                each["protectedRange"]["protectedRangeId"]
                for each in told("addProtectedRange", requests)
            ]
        ),
        names={
            each["namedRange"]["name"].casefold(): each["namedRange"]["namedRangeId"]
            for each in told("addNamedRange", requests)
        },
    )
    assert creation(LEAN, DEMO, existing=there) == []
    lost = replace(there, things=there.things - {ids.chart_id("dashboard", 1)})
    (again,) = creation(LEAN, DEMO, existing=lost)
    assert again["addChart"]["chart"]["chartId"] == ids.chart_id("dashboard", 1)


def test_other_rows_are_not_put_into_a_tab_that_was_made():
    made = units(LEAN, {}, {}, Existing(), ())
    marks = {unit.mark: unit.value for unit in made}
    titles = {ids.sheet_id(tab.key): tab.title for tab in LEAN.tabs}
    there = Existing(marks=marks, titles=titles)
    asked = units(LEAN, DEMO, {}, there, ())
    assert not any("updateCells" in request for unit in asked for request in unit.requests)


def test_batches_stay_small_and_keep_units_whole():
    many = DEMO["deals"] * 60
    made = units(LEAN, {**DEMO, "deals": many}, {}, Existing(), ())
    batches = list(packed(made))
    assert len(batches) > 1
    for batch in batches:
        assert len(json.dumps({"requests": batch}, ensure_ascii=False).encode()) < 2_000_000
        assert "createDeveloperMetadata" in batch[-1]
    assert sum(map(len, batches)) == sum(len(unit.requests) for unit in made)
    assert LARGEST < 2_000_000


def test_every_look_can_be_drawn():
    for look in LOOKS:
        assert cell_format(look)["textFormat"]["fontFamily"]
    for look in RULES:
        assert rule_format(look) or look.startswith("unit ")


@pytest.mark.parametrize(
    ("code", "kind"),
    [
        ("@", "TEXT"),
        ("yyyy-mm-dd", "DATE"),
        ("yyyy-mm-dd hh:mm", "DATE_TIME"),
        ("0.0%", "PERCENT"),
        ("#,##0.00", "NUMBER"),
        ('#,##0" yearly"', "NUMBER"),
    ],
)
def test_number_formats_have_their_kind(code, kind):
    assert number_pattern(code)["type"] == kind


def test_values_become_typed_cells():
    assert [entered(v) for v in (True, 1)] == [{"boolValue": True}, {"numberValue": 1}]
    assert entered(datetime(2026, 3, 1, 12)) == {"numberValue": 46082.5}
    assert entered(date(2026, 3, 1)) == {"numberValue": 46082}
    assert entered("=A1") == {"stringValue": "=A1"}
    assert entered(Formula('IF(A1,"x,y",2)')) == {"formulaValue": '=IF(A1;"x,y";2)'}
    assert cell(None) == {}
    assert separated("A(1,2)") == "A(1;2)"


def test_numbers_are_formatted_by_the_unit_of_their_row():
    kpis = LEAN.tab("kpis")
    rows = [{"unit": unit} for unit in ("money", "money", "ratio", "unheard of")]
    made = [each["repeatCell"] for each in unit_formats(kpis, rows, 5, sheet=7)]
    value = [column.key for column in kpis.columns].index("value")
    found = [
        (
            each["range"]["startRowIndex"],
            each["range"]["endRowIndex"],
            each["cell"]["userEnteredFormat"]["numberFormat"]["pattern"],
        )
        for each in made
        if each["range"]["startColumnIndex"] == value
    ]
    usual = kpis.column("value").number_format
    assert found == [(5, 7, "#,##0.00"), (7, 8, "0.0%"), (8, 9, usual)]
    assert {each["range"]["sheetId"] for each in made} == {7}
    assert len(made) == 9
    moved = unit_formats(kpis, rows[:1], places={"value": 1, "low": 2, "high": 3})
    assert [each["repeatCell"]["range"]["startColumnIndex"] for each in moved] == [1, 2, 3]


def test_every_request_is_as_googles_document_says(requests):
    for request in requests:
        discovery.check_request("spreadsheets.batchUpdate", {}, {"requests": [request]})


def test_the_tracker_with_all_packs_is_drawn_too():
    made = creation(FULL)
    for request in made:
        discovery.check_request("spreadsheets.batchUpdate", {}, {"requests": [request]})
    lists = next(
        each["properties"]
        for each in told("addSheet", made)
        if each["properties"]["sheetId"] == ids.sheet_id("lists")
    )
    assert "hidden" not in lists
    open_ended = [
        each["namedRange"]["range"]
        for each in told("addNamedRange", made)
        if each["namedRange"]["name"].startswith("list_")
    ]
    assert all("endRowIndex" not in where for where in open_ended)
