from __future__ import annotations

import io
import re
import warnings
import zipfile
from datetime import datetime
from typing import Any
from xml.etree import ElementTree as ET

import pytest

from sheetsync.backends.xlsx.draw import draw
from sheetsync.backends.xlsx.draw_style import LOOKS, RULES
from sheetsync.catalog.tracker import LEAN
from sheetsync.model.tracker import Role

CREATED = datetime(2026, 1, 1)
NS = {"m": "http://schemas.openxmlformats.org/spreadsheetml/2006/main"}
TABLES = [tab for tab in LEAN.tabs if tab.columns]


@pytest.fixture(scope="module")
def content() -> bytes:
    return draw(LEAN, created=CREATED)


@pytest.fixture(scope="module")
def parts(content: bytes) -> dict[str, ET.Element]:
    with zipfile.ZipFile(io.BytesIO(content)) as book:
        return {n: ET.fromstring(book.read(n)) for n in book.namelist() if n.endswith(".xml")}


def opened(content: bytes) -> Any:
    openpyxl = pytest.importorskip("openpyxl")
    with warnings.catch_warnings():
        # openpyxl does not know the extension that makes data bars solid.
        warnings.simplefilter("ignore", UserWarning)
        return openpyxl.load_workbook(io.BytesIO(content))


@pytest.fixture(scope="module")
def book(content: bytes) -> Any:
    return opened(content)


def sheet_xml(parts: dict[str, ET.Element], title: str) -> ET.Element:
    titles = [s.get("name") for s in parts["xl/workbook.xml"].iterfind(".//m:sheet", NS)]
    return parts[f"xl/worksheets/sheet{titles.index(title) + 1}.xml"]


def test_the_same_tracker_gives_the_same_bytes(content: bytes) -> None:
    assert draw(LEAN, created=CREATED) == content


def test_sheets_stand_in_order_and_lists_are_hidden(book: Any) -> None:
    assert book.sheetnames == [tab.title for tab in LEAN.tabs]
    assert [s.title for s in book if s.sheet_state != "visible"] == ["Lists"]


@pytest.mark.parametrize("tab", TABLES, ids=lambda tab: tab.key)
def test_a_table_covers_header_and_a_blank_row_with_equal_names(tab: Any, book: Any) -> None:
    sheet = book[tab.title]
    table = sheet.tables[tab.table]
    assert table.ref == f"A1:{sheet.cell(1, len(tab.columns)).column_letter}2"
    headers = [sheet.cell(1, i).value for i in range(1, len(tab.columns) + 1)]
    assert headers == [column.name for column in table.tableColumns]
    assert len({h.casefold() for h in headers}) == len(headers)
    assert sheet.freeze_panes


def test_table_ids_and_names_are_unique(parts: dict[str, ET.Element]) -> None:
    tables = [part for name, part in parts.items() if name.startswith("xl/tables/")]
    for what in ("id", "name", "displayName"):
        told = [table.get(what) for table in tables]
        assert len(set(told)) == len(told) == len(TABLES)


def test_every_dropdown_has_its_name(book: Any) -> None:
    names = set(book.defined_names)
    lists = {f"list_{name}" for name in LEAN.lists}
    assert lists | {"ids_partners", "ids_deals", "ids_plan"} <= names
    for tab in LEAN.of_role(Role.ENTRY):
        for check in book[tab.title].data_validations.dataValidation:
            if check.type == "list":
                assert check.formula1.removeprefix("=") in names
                assert check.errorStyle == "warning"


def test_names_are_valid_and_point_into_the_workbook(book: Any) -> None:
    wanted = {c.range_name for tab in TABLES for c in tab.columns if c.range_name}
    wanted |= {name for tab in LEAN.tabs for name in tab.names}
    assert wanted <= set(book.defined_names)
    for name, defined in book.defined_names.items():
        assert re.fullmatch(r"[A-Za-z_][A-Za-z0-9_.]{0,254}", name)
        assert not re.fullmatch(r"[A-Za-z]{1,3}\d+", name)
        title = re.match(r"'?([^'!]+)'?!", defined.attr_text)
        assert title is not None
        assert title[1] in book.sheetnames


def test_checks_stay_within_the_limits_of_excel(parts: dict[str, ET.Element]) -> None:
    for name, part in parts.items():
        if not name.startswith("xl/worksheets/sheet"):
            continue
        for check in part.iterfind(".//m:dataValidation", NS):
            assert len(check.get("prompt", "")) <= 255
            assert len(check.get("error", "")) <= 225
            assert len(check.get("promptTitle", "")) <= 32
            assert len(check.findtext("m:formula1", "", NS)) <= 255


def test_computed_tabs_are_protected_and_decisions_are_open(book: Any) -> None:
    for tab in TABLES:
        shut = tab.role in (Role.COMPUTED, Role.LOG)
        protection = book[tab.title].protection
        assert bool(protection.sheet) is shut
        assert not protection.password
        if shut:
            assert not protection.sort
            assert not protection.autoFilter
    issues = LEAN.tab("issues")
    for i, column in enumerate(issues.columns, 1):
        locked = book["Issues"].cell(2, i).protection.locked
        assert locked is (column.key != "decision")


def test_ids_are_text_and_cells_of_a_whole_column_are_ready(book: Any) -> None:
    sheet = book["Deals"]
    assert sheet["A2"].number_format == "@"
    assert sheet["E2"].number_format == "yyyy-mm-dd"
    assert sheet.column_dimensions["E"].width > 8


def test_computed_cells_are_grey_settings_yellow_input_white(book: Any) -> None:
    assert book["KPI Monthly"]["A2"].fill.fgColor.rgb == "FFF2F4F7"
    assert book["Settings"]["B2"].fill.fgColor.rgb == "FFFFF6D6"
    assert book["Partners"]["A2"].fill.fill_type is None


def test_every_tab_prints_landscape_with_its_header(book: Any) -> None:
    for tab in TABLES:
        sheet = book[tab.title]
        assert sheet.page_setup.orientation == "landscape"
        assert sheet.print_title_rows == "$1:$1"
        assert "&P" in sheet.oddFooter.right.text
    assert book["Dashboard"].page_setup.fitToHeight in (1, None)


def test_rules_speak_of_the_columns_they_mean(book: Any) -> None:
    rules = book["Plan"].conditional_formatting
    formulas = {f for area in rules for rule in area.rules for f in rule.formula}
    assert 'AND($G2<>"",$G2<TODAY(),$I2<>"done",$I2<>"dropped")' in formulas
    due = [str(area.sqref) for area in rules if "TODAY" in area.rules[0].formula[0]]
    assert due == ["G2:G1048576"]


def test_text_that_looks_like_a_formula_stays_text() -> None:
    rows = {"partners": [{"partner_id": "007", "partner_name": "=1+1", "notes": "1-5"}]}
    told = opened(draw(LEAN, rows=rows, created=CREATED))
    sheet = told["Partners"]
    assert (sheet["A2"].value, sheet["B2"].value) == ("007", "=1+1")
    assert sheet["B2"].data_type == "s"


def test_rows_make_the_table_and_its_names_as_long() -> None:
    rows = {"kpis": [{"key": f"F01|P-{i}|period", "value": float(i)} for i in range(5)]}
    told = opened(draw(LEAN, rows=rows, created=CREATED))
    assert told["KPI Monthly"].tables["tblKpis"].ref == "A1:L6"
    assert told.defined_names["kpi_key"].attr_text == "'KPI Monthly'!$A$2:$A$6"


def test_every_look_is_declared() -> None:
    for report in LEAN.reports.values():
        assert {place.style for place in report.places} <= set(LOOKS)
        assert {rule.style for rule in report.rules} <= set(RULES)
    looks = {h.style for tab in TABLES for h in tab.highlights}
    assert looks <= {*RULES, "bars", "bars of 100"}


def test_the_empty_dashboard_caches_words_not_errors(parts: dict[str, ET.Element]) -> None:
    cells = sheet_xml(parts, "Dashboard").iterfind(".//m:c", NS)
    cached = [c.findtext("m:v", "", NS) for c in cells if c.find("m:f", NS) is not None]
    assert "no data" in cached
    assert not [value for value in cached if value.startswith("#")]


def test_charts_look_at_cells_that_are_there(parts: dict[str, ET.Element]) -> None:
    filled = {(p.row, p.column) for p in LEAN.reports["dashboard"].places if p.content is not None}
    for chart in LEAN.reports["dashboard"].charts:
        for series in chart.series:
            for area in (series.categories, series.values):
                rows = range(area.row, area.last_row + 1)
                assert {(row, area.column) for row in rows} <= filled
    assert len([name for name in parts if name.startswith("xl/charts/chart")]) == 3


def test_issues_have_room_for_two_lines(parts: dict[str, ET.Element], book: Any) -> None:
    rows = sheet_xml(parts, "Issues").find("m:sheetFormatPr", NS)
    assert rows is not None
    assert (rows.get("defaultRowHeight"), rows.get("customHeight")) == ("30", "1")
    wrapped = [cell.column_letter for cell in book["Issues"][2] if cell.alignment.wrap_text]
    titles = [book["Issues"][f"{letter}1"].value for letter in wrapped]
    assert titles == ["Row", "Found", "What it means", "Suggested"]
