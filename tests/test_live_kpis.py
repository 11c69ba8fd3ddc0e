"""Live KPIs: formulas that say what the engine says, in the file and in LibreOffice."""

from __future__ import annotations

from collections import Counter, defaultdict
from datetime import date, datetime

import pytest

from sheetsync.backends.xlsx.workbook import XlsxWorkbook
from sheetsync.catalog.kpis import default_settings
from sheetsync.catalog.settings_packs import settings_rows
from sheetsync.catalog.tracker import FULL, LEAN, tracker_of
from sheetsync.model.plan import Plan, WriteCells
from sheetsync.model.tracker import Role
from sheetsync.model.values import Formula
from tests.libreoffice import needed, recalculated, resaved
from tests.trackers import AS_OF, demo_rows, opened, synced, tracker_file

LIVE_ROW = {"name": "live_kpis", "value": "yes", "allowed": "yes, no", "meaning": ""}
PLACES = ("value", "n", "flag")
COLUMNS = {"value": "H", "n": "I", "flag": "L"}


def live_file(path, rows=None, **more):
    """A tracker with live KPIs; ``more`` are settings."""
    rows = {key: list(told) for key, told in (rows or demo_rows(AS_OF)).items()}
    told = [{"name": name, "value": value} for name, value in more.items()]
    rows["settings"] = [*rows.get("settings", []), LIVE_ROW, *told]
    return tracker_file(path, rows)


@pytest.fixture(scope="module")
def demo(tmp_path_factory):
    path = live_file(tmp_path_factory.mktemp("live") / "demo.xlsx")
    return path, synced(path)


def formulas(path):
    """The formulas of a workbook: (tab title, address) to text."""
    return {
        (sheet.title, cell.coordinate): cell.value
        for sheet in opened(path).worksheets
        for row in sheet.iter_rows()
        for cell in row
        if cell.data_type == "f"
    }


def kpi_lines(sheet):
    """KPI Monthly by key: its row number, value, n and flag."""
    return {
        row[0].value: (row[0].row, row[7].value, row[8].value, row[11].value)
        for row in sheet.iter_rows(min_row=2)
        if row[0].value
    }


def same(a, b):
    if isinstance(a, int | float) and isinstance(b, int | float):
        return abs(a - b) <= 1e-9 * max(abs(a), abs(b))
    return (a or "") == (b or "")


def test_at_least_thirty_kpis_are_formulas_for_every_partner_and_month(demo):
    path, outcome = demo
    told = formulas(path)
    lines = kpi_lines(opened(path, data_only=True)["KPI Monthly"])
    live: defaultdict[str, Counter[bool]] = defaultdict(Counter)
    for key, (row, *_) in lines.items():
        kpi, group, _ = key.split("|")
        if ":" not in group:
            live[kpi][("KPI Monthly", f"H{row}") in told] += 1
    whole = [kpi for kpi, count in live.items() if not count[False]]
    assert len(whole) >= 30
    # A KPI is a formula everywhere or nowhere: nowhere did a formula say something else.
    assert not [kpi for kpi, count in live.items() if count[True] and count[False]]
    assert len(outcome.study.measured.kpis) > 1000


def test_every_formula_shows_the_engines_value_and_a_blank_its_reason(demo):
    path, outcome = demo
    lines = kpi_lines(opened(path, data_only=True)["KPI Monthly"])
    reasons = Counter()
    for v in outcome.study.measured.kpis:
        if v.flag == "not applicable":
            continue
        _, value, n, flag = lines[f"{v.kpi}|{v.group or 'programme'}|{v.month or 'period'}"]
        assert same(value, v.value)
        assert (n, flag) == (v.n, v.flag)
        reasons[v.value is None, flag] += 1
    assert reasons[True, "no base"]
    assert reasons[True, "no data"]


def test_a_formula_has_one_iferror_around_it_and_no_array(demo):
    path, _ = demo
    for (title, address), text in formulas(path).items():
        assert isinstance(text, str), "an array formula"
        if title == "KPI Monthly" and address[0] in "HIL":
            assert text.startswith("=IFERROR(")
            assert text.count("IFERROR(") == 1
            assert len(text) < 8192


def test_a_second_sync_writes_nothing(demo):
    path, _ = demo
    before = path.read_bytes()
    assert synced(path).status == "unchanged"
    assert path.read_bytes() == before


@pytest.mark.libreoffice
@needed
def test_libreoffice_computes_what_the_engine_says(demo, tmp_path):
    path, _ = demo
    ours, theirs = opened(path, data_only=True), recalculated(path.read_bytes(), tmp_path)
    told = formulas(path)
    assert len([place for place in told if place[0] == "KPI Monthly"]) > 3000
    wrong = [
        (title, address, ours[title][address].value, theirs[title][address].value)
        for title, address in told
        if not same(ours[title][address].value, theirs[title][address].value)
    ]
    assert not wrong


@pytest.mark.libreoffice
@needed
def test_a_deal_typed_between_two_syncs_counts_at_once(tmp_path):
    path = live_file(tmp_path / "book.xlsx")
    synced(path)
    before = kpi_lines(opened(path, data_only=True)["KPI Monthly"])
    book = opened(path)
    sheet, heads = book["Deals"], {}
    heads = {cell.value.strip(" *"): cell.column for cell in sheet[1]}
    partner = opened(path, data_only=True)["Partners"]["A2"].value
    new = {
        "Deal ID": "D-9001", "Partner ID": partner, "Deal name": "Between two syncs",
        "Stage": "won", "Created": datetime(2026, 4, 1), "Closed": datetime(2026, 5, 4),
        "Amount": 12345.5, "Role": "sourced",
    }  # fmt: skip
    last = max(cell.row for cell in sheet["A"] if cell.value) + 1
    for title, value in new.items():
        if title in heads:
            sheet.cell(last, heads[title], value)
    # As people sort: the first two rows change places, and nothing else may change by that.
    for column in range(1, sheet.max_column + 1):
        one, two = sheet.cell(2, column), sheet.cell(3, column)
        one.value, two.value = two.value, one.value
    book.save(path)
    after = kpi_lines(recalculated(path.read_bytes(), tmp_path)["KPI Monthly"])
    period = f"F01|{partner}|period"
    assert after[period][1] == pytest.approx((before[period][1] or 0) + 12345.5, rel=1e-9)
    assert after[period][2] == before[period][2] + 1
    assert after["F01|programme|202605"][1] == pytest.approx(
        before["F01|programme|202605"][1] + 12345.5, rel=1e-9
    )
    changed = {key for key in before if not all(map(same, before[key], after[key]))}
    # A share of all revenue changes for everyone; all else only for the partner and for all.
    others = {key for key in changed if key.split("|")[1] not in ("programme", partner)}
    assert {key.split("|")[0] for key in others} <= {"F09"}
    told = synced(path).study.measured.kpis
    engine = {f"{v.kpi}|{v.group or 'programme'}|{v.month or 'period'}": v for v in told}
    for key in changed:
        assert same(after[key][1], engine[key].value), key
        assert after[key][3] == engine[key].flag, key


@pytest.mark.libreoffice
@needed
def test_a_file_saved_by_libreoffice_wants_no_new_formulas(demo, tmp_path):
    path, _ = demo
    again = tmp_path / "again.xlsx"
    again.write_bytes(resaved(path.read_bytes(), tmp_path))
    ops = synced(again, dry=True).study.plan.ops
    assert not [op for op in ops if op.tab.startswith("live_")]


def test_wrong_cells_are_left_out_by_the_formulas_too(tmp_path):
    rows = {key: list(told) for key, told in demo_rows(AS_OF).items()}
    deals, money = rows["deals"], rows["money"]
    deals[0] = deals[0] | {"partner_id": "P-7777"}
    deals[1] = deals[1] | {"amount": "a lot"}
    deals[2] = deals[2] | {"stage": "perhaps"}
    deals[3] = deals[3] | {"closed": "yesterday or so"}
    money[0] = money[0] | {"currency": "XAU"}
    money[1] = money[1] | {"date": date(2031, 1, 1)}
    money[2] = money[2] | {"amount": 4e15}
    money[3] = money[3] | {"kind": None}
    path = live_file(tmp_path / "odd.xlsx", rows)
    study = synced(path).study
    assert study.errors >= 6
    told = formulas(path)
    lines = kpi_lines(opened(path, data_only=True)["KPI Monthly"])
    revenue = {key: row for key, (row, *_) in lines.items() if key.startswith("F01|")}
    assert revenue
    assert all(("KPI Monthly", f"H{row}") in told for row in revenue.values())
    assert any(v.flag == "incomplete" for v in study.measured.kpis)
    assert synced(path).status == "unchanged"


def test_turned_off_again_values_stand_instead_and_the_live_tabs_are_empty(tmp_path):
    path = live_file(tmp_path / "book.xlsx")
    synced(path)
    book = XlsxWorkbook(path)
    seen = book.read(FULL.tabs)
    at = seen.tables["settings"].column("name").index("live_kpis")
    row = seen.tables["settings"].rows[at]
    off = WriteCells(
        "settings", "value", *((v,) for v in ("live_kpis",) * 2), (row,), ("yes",), ("no",)
    )
    book.apply(Plan((off,), seen.fingerprint), FULL.tabs)
    outcome = synced(path)
    assert outcome.study.live is not None
    assert not [p for p in formulas(path) if p[0].startswith("Live ")]
    assert not [p for p in formulas(path) if p[0] == "KPI Monthly"]
    assert "no_live_kpis" not in {p.code for p in outcome.study.problems}
    assert synced(path).status == "unchanged"


def test_a_partner_id_that_is_a_pattern_gets_values_and_a_note(tmp_path):
    rows = {key: list(told) for key, told in demo_rows(AS_OF).items()}
    rows["partners"][0] = rows["partners"][0] | {"partner_id": "P*"}
    path = live_file(tmp_path / "book.xlsx", rows)
    study = synced(path).study
    notes = [p.message for p in study.problems if p.code == "no_live_kpis"]
    assert len(notes) == 1
    assert "P*" in notes[0]
    assert not [p for p in formulas(path) if p[0] == "KPI Monthly"]


def test_rates_of_months_convert_as_the_engine_does(tmp_path):
    rows = {key: list(told) for key, told in demo_rows(AS_OF).items()}
    rows["money"] = [
        row | {"currency": ("USD", "AUD", None)[i % 3]} for i, row in enumerate(rows["money"])
    ]
    path = live_file(tmp_path / "book.xlsx", rows)
    told = formulas(path) if synced(path) else {}
    lines = kpi_lines(opened(path, data_only=True)["KPI Monthly"])
    flags = Counter(flag for key, (*_, flag) in lines.items() if key.startswith("F05|"))
    assert flags["incomplete"]
    assert all(
        ("KPI Monthly", f"H{row}") in told
        for key, (row, *_) in lines.items()
        if key.startswith(("F01|", "F05|"))
    )


def test_without_the_setting_no_live_tab_is_made(tmp_path):
    path = tracker_file(tmp_path / "book.xlsx", demo_rows(AS_OF))
    outcome = synced(path)
    assert outcome.study.live is None
    assert not [title for title in opened(path).sheetnames if title.startswith("Live ")]


def test_live_tabs_are_hidden_and_entry_tabs_are_as_they_were(demo):
    path, _ = demo
    book = opened(path)
    live = [sheet for sheet in book.worksheets if sheet.title.startswith("Live ")]
    assert len(live) == 6
    assert {sheet.sheet_state for sheet in live} == {"hidden"}
    for tab in LEAN.of_role(Role.ENTRY):
        assert book[tab.title].max_column == len(tab.columns)


def test_formula_values_are_formulas_in_the_plan(demo):
    _, outcome = demo
    told = next(op for op in outcome.study.plan.ops if op.tab == "kpis")
    at = told.columns.index("value")
    assert sum(isinstance(row[at], Formula) for row in told.new) > 1000


def test_the_catalogue_shows_each_formula_as_text(tmp_path):
    tracker = tracker_of(("settings",))
    rows = {"catalogue": settings_rows(default_settings(), tracker.kpis)["catalogue"]}
    path = tracker_file(tmp_path / "book.xlsx", rows, tracker)
    synced(path)
    sheet = opened(path)["KPI Catalogue"]
    at = [cell.value for cell in sheet[1]].index("As formula")
    told = {row[0].value: row[at] for row in sheet.iter_rows(min_row=2)}
    assert told["F01"].value.startswith("IFERROR(")
    assert told["F01"].data_type == "s"
    assert told["F20"].value == "worked out by sync"
    assert sum(cell.value.startswith("IFERROR(") for cell in told.values()) >= 30
    assert synced(path).status == "unchanged"
