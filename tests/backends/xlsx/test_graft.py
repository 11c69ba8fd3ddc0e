"""A tab that a workbook lacks comes from the template, whole, and everything else stays."""

from __future__ import annotations

import hashlib
import io
from collections.abc import Callable
from datetime import datetime
from typing import Any

import openpyxl
import pytest
from openpyxl.styles import Font

from sheetsync.backends.xlsx.apply import apply_plan
from sheetsync.backends.xlsx.graft import graft
from sheetsync.backends.xlsx.package import Package
from sheetsync.backends.xlsx.parts import Book
from sheetsync.backends.xlsx.verify import verify
from sheetsync.model.errors import NotATracker, WriteFailed
from sheetsync.model.plan import AppendRows, Plan, ReplaceRows, WriteNames
from tests.frame.customised import DEALS, drawn
from tests.frame.small_tracker import KPIS, TABS, body_of, draw, snapshot_of

DAY = datetime(2026, 3, 1)
ROWS = tuple((f"F{i}", DAY, i * 1.5, "ok") for i in range(5))


def decorated(book: Any, sheets: Any) -> None:
    """A template with something of every kind that has to move."""
    board, kpis = sheets["Dashboard"], sheets["KPI Monthly"]
    red = book.add_format(
        {"font_color": "#FF0000", "bold": True, "border": 1, "bg_color": "#00FF00"}
    )
    board.write(6, 0, "red", red)
    board.write_rich_string(7, 0, "half ", red, "red")
    kpis.conditional_format("C2:C2", {"type": "cell", "criteria": ">", "value": 5, "format": red})
    kpis.write_comment("A1", "help")
    chart = book.add_chart({"type": "line"})
    chart.add_series({"values": "='KPI Monthly'!$C$2:$C$2"})
    board.insert_chart("F2", chart)
    board.print_area("A1:F9")


TEMPLATE = draw((), decorated)


def without(*titles: str) -> bytes:
    """A workbook of another program in which people deleted these tabs."""
    book = openpyxl.load_workbook(io.BytesIO(draw(DEALS)))
    for title in titles:
        del book[title]
        for name, defined in list(book.defined_names.items()):
            if title in defined.value:
                defined.value = defined.value.replace(f"'{title}'!", "#REF!").replace(
                    f"{title}!", "#REF!"
                )
                assert name
    book["Deals"]["G1"].font = Font(name="Arial", italic=True)
    file = io.BytesIO()
    book.save(file)
    return file.getvalue()


def test_nothing_missing_is_no_change() -> None:
    data = draw(DEALS)
    assert graft(data, TEMPLATE, ("Deals", "dashboard ")) is data


def test_a_computed_tab_comes_back_with_its_table_names_and_looks() -> None:
    data = without("KPI Monthly")
    new = graft(data, TEMPLATE, ["KPI Monthly"])
    book = Book.of(Package.open(new))
    assert [s.name for s in book.sheets] == ["Dashboard", "Deals", "Sync Log", "KPI Monthly"]
    assert next(t.ref for t in book.tables if t.name == "tblKpis") == "A1:D2"
    assert book.names["kpi_value"] == "'KPI Monthly'!$C$2"
    read = openpyxl.load_workbook(io.BytesIO(new))
    sheet, fresh = read["KPI Monthly"], openpyxl.load_workbook(io.BytesIO(TEMPLATE))["KPI Monthly"]
    assert [c.value for c in sheet[1]] == ["Key", "Month", "Value", "Flag"]
    assert [c.number_format for c in sheet[2]] == [c.number_format for c in fresh[2]]
    assert sheet["A1"].comment.text == "help"
    assert sheet.protection.sheet
    rule = next(iter(sheet.conditional_formatting)).rules[0]
    assert rule.dxf.font.color.rgb == "FFFF0000"
    assert read["Deals"]["G1"].font.name == "Arial"


def test_a_report_comes_with_its_chart_and_rich_text() -> None:
    new = graft(without("Dashboard"), TEMPLATE, ["Dashboard"])
    read = openpyxl.load_workbook(io.BytesIO(new), rich_text=True)["Dashboard"]
    assert read["A7"].font.b
    assert read["A7"].fill.fgColor.rgb == "FF00FF00"
    assert read["A7"].border.left.style == "thin"
    assert str(read["A8"].value) == "half red"
    assert len(read._charts) == 1
    assert read.print_area == "'Dashboard'!$A$1:$F$9"
    assert Book.of(Package.open(new)).names["dash_note"] == "Dashboard!$B$2"


def test_other_parts_stay_byte_for_byte() -> None:
    data = drawn(macros=True)
    old = Package.open(data)
    new = Package.open(graft(data, draw((), _forecast), ["Forecast"]))
    changed = {n for n in old.names if old.read(n) != new.read(n)}
    assert changed <= {
        "xl/workbook.xml",
        "xl/_rels/workbook.xml.rels",
        "[Content_Types].xml",
        "xl/styles.xml",
    }
    assert Book.of(new).sheet("Forecast") is not None


def _forecast(book: Any, sheets: Any) -> None:
    sheet = book.add_worksheet("Forecast")
    sheet.write(0, 0, "ünïcode <&>", book.add_format({"italic": True}))
    sheet.write_url(1, 0, "http" + "://example.test/a?b&c")
    sheet.hide()


def test_what_is_nowhere_is_named() -> None:
    with pytest.raises(NotATracker, match='no tab "Nothing"'):
        graft(draw(DEALS), TEMPLATE, ["Nothing"])


def test_a_table_of_that_name_elsewhere_is_named() -> None:
    def taken(book: Any, sheets: Any) -> None:
        sheets["Dashboard"].add_table(10, 0, 12, 1, {"name": "tblForecast"})

    def template(book: Any, sheets: Any) -> None:
        book.add_worksheet("Forecast").add_table(0, 0, 2, 1, {"name": "tblForecast"})

    with pytest.raises(WriteFailed, match="tblForecast already stands"):
        graft(draw(DEALS, taken), draw((), template), ["Forecast"])


def test_a_plan_brings_its_missing_tabs_with_it() -> None:
    data = without("KPI Monthly", "Dashboard")
    seen = snapshot_of(data)
    plan = Plan(
        (
            ReplaceRows("kpis", tuple(c.key for c in KPIS.columns), (), ROWS),
            WriteNames("dashboard", ("dash_note",), (None,), ("fine",)),
            AppendRows("log", ("at", "note"), ((DAY, "grafted"),)),
        ),
        hashlib.sha256(data).hexdigest(),
    )
    new = apply_plan(data, plan, TABS, seen, TEMPLATE)
    verify(data, new, plan, TABS, seen)
    again = snapshot_of(new)
    assert body_of(again, KPIS) == ROWS
    assert again.reports["dashboard"].names["dash_note"] == "fine"
    assert Book.of(Package.open(new)).names["kpi_value"] == "'KPI Monthly'!$C$2:$C$6"


@pytest.mark.libreoffice
def test_libreoffice_opens_a_grafted_workbook(soffice: Callable[[bytes], bytes]) -> None:
    new = soffice(
        graft(without("KPI Monthly", "Dashboard"), TEMPLATE, ["KPI Monthly", "Dashboard"])
    )
    read = openpyxl.load_workbook(io.BytesIO(new))
    assert read.sheetnames == ["Deals", "Sync Log", "KPI Monthly", "Dashboard"]
    assert read["Dashboard"]["A7"].value == "red"
    assert read["KPI Monthly"]["C1"].value == "Value"
