"""A plan applied to a workbook's bytes: what it names changes, and nothing twice."""

from __future__ import annotations

import hashlib
import io
from collections.abc import Callable
from datetime import datetime
from typing import Any

import openpyxl
import pytest

from sheetsync.backends.xlsx.apply import apply_plan, patched
from sheetsync.backends.xlsx.package import Package
from sheetsync.backends.xlsx.parts import Book
from sheetsync.model.errors import NotATracker, StaleSnapshot, WriteFailed
from sheetsync.model.plan import AppendRows, Op, Plan, Recache, ReplaceRows, WriteCells, WriteNames
from sheetsync.model.values import CellError, Formula, Value
from tests.frame.small_tracker import (
    DASHBOARD,
    DEALS,
    FORMULAS,
    KPIS,
    LOG,
    TABS,
    body_of,
    draw,
    snapshot_of,
)

DAY = datetime(2026, 3, 1)
ROWS = (("D-1", "P-1", 10.5, DAY), ("D-2", "P-2", None, None), ("D-3", "P-1", "12", "2026-03-02"))
KEYS = tuple(c.key for c in KPIS.columns)


def planned(data: bytes, *ops: Op) -> Plan:
    return Plan(ops, hashlib.sha256(data).hexdigest(), "run-1")


def applied(data: bytes, *ops: Op) -> bytes:
    return apply_plan(data, planned(data, *ops), TABS, snapshot_of(data))


def cell(column: str, key: str, row: int, old: Value, new: Value) -> WriteCells:
    return WriteCells("deals", column, (key,), (key,), (row,), (old,), (new,))


def kpis(data: bytes, rows: tuple[tuple[Value, ...], ...]) -> ReplaceRows:
    return ReplaceRows("kpis", KEYS, body_of(snapshot_of(data), KPIS), rows)


def kpi_rows(count: int) -> tuple[tuple[Value, ...], ...]:
    return tuple((f"F{i}", DAY, i * 1.5, "ok" if i else None) for i in range(count))


def text(data: bytes, part: str) -> str:
    return Package.open(data).read(part).decode()


def test_fixes_reach_their_cells_and_undo_takes_them_back() -> None:
    data = draw(ROWS)
    plan = planned(
        data,
        cell("amount", "D-3", 4, "12", 12.0),
        cell("closed", "D-3", 4, "2026-03-02", datetime(2026, 3, 2)),
        cell("partner", "D-2", 3, "P-2", "=cmd"),
        cell("check", "D-2", 3, None, "no amount"),
    )
    new = apply_plan(data, plan, TABS, snapshot_of(data))
    deals = snapshot_of(new).tables["deals"]
    assert deals.column("amount") == [10.5, None, 12]
    assert deals.column("closed") == [DAY, None, datetime(2026, 3, 2)]
    assert deals.column("partner") == ["P-1", "=cmd", "P-1"]
    assert deals.column("check") == [None, "no amount", None]
    back = plan.reverse(hashlib.sha256(new).hexdigest(), "run-2")
    old = apply_plan(new, back, TABS, snapshot_of(new))
    assert snapshot_of(old).tables == snapshot_of(data).tables


def test_an_empty_plan_returns_the_same_bytes() -> None:
    data = draw(ROWS)
    assert applied(data) is data
    assert apply_plan(data, Plan((), "any"), TABS, snapshot_of(data)) is data


def test_a_plan_that_says_what_is_there_returns_the_same_bytes() -> None:
    data = draw(ROWS)
    data = applied(data, kpis(data, kpi_rows(3)), cell("check", "D-1", 2, None, "x"))
    assert applied(data, kpis(data, kpi_rows(3)), cell("check", "D-1", 2, "x", "x")) == data


def test_a_workbook_that_changed_is_left_alone() -> None:
    data = draw(ROWS)
    plan = planned(data, cell("amount", "D-3", 4, "12", 12.0))
    other = draw(ROWS[:2])
    with pytest.raises(StaleSnapshot):
        patched(other, plan, TABS, snapshot_of(other))


def test_a_cell_with_another_value_makes_the_plan_stale() -> None:
    with pytest.raises(StaleSnapshot, match=r"holds 12.*not 13"):
        applied(draw(ROWS), cell("amount", "D-3", 4, "13", 13.0))


def test_rows_are_found_by_key_when_they_moved() -> None:
    data = applied(draw(ROWS), cell("check", "D-3", 2, None, "here"))
    assert snapshot_of(data).tables["deals"].column("check") == [None, None, "here"]
    with pytest.raises(StaleSnapshot, match="D-9"):
        applied(data, cell("check", "D-9", 2, None, "there"))


def test_a_row_without_a_key_is_found_by_its_place() -> None:
    data = draw((("", "P-1"), ROWS[0]))
    data = applied(data, WriteCells("deals", "deal_id", ("~x",), ("D-7",), (2,), (None,), ("D-7",)))
    assert snapshot_of(data).tables["deals"].column("deal_id") == ["D-7", "D-1"]


def test_a_column_that_people_deleted_is_passed_over() -> None:
    def rename(_book: Any, sheets: Any) -> None:
        sheets["Deals"].write(0, 4, "Mine")

    data = draw(ROWS, rename)
    assert applied(data, cell("check", "D-1", 2, None, "x")) == data


def test_people_s_formula_stays_and_ours_goes() -> None:
    def formulas(_book: Any, sheets: Any) -> None:
        sheets["Deals"].write_formula(2, 2, "=5*2", None, 10)
        sheets["Deals"].write_formula(2, 4, "=1", None, 1)

    data = draw(ROWS, formulas)
    new = applied(data, cell("check", "D-2", 3, Formula("1", 1), "wrong"))
    assert snapshot_of(new).tables["deals"].column("check")[1] == "wrong"
    with pytest.raises(WriteFailed, match="C3 holds a formula"):
        applied(data, cell("amount", "D-2", 3, Formula("5*2", 10), 10.0))


def test_a_computed_table_grows_and_shrinks_with_its_names() -> None:
    data = draw(ROWS)
    for count in (5, 200, 1, 0, 3):
        data = applied(data, kpis(data, kpi_rows(count)))
        last = 1 + max(count, 1)
        book = Book.of(Package.open(data))
        table = next(t for t in book.tables if t.name == "tblKpis")
        assert table.ref == f"A1:D{last}"
        assert f'<autoFilter ref="A1:D{last}"' in text(data, table.part)
        assert book.names["kpi_value"].endswith(f"$C${last}")
        assert body_of(snapshot_of(data), KPIS) == kpi_rows(count)
    read = openpyxl.load_workbook(io.BytesIO(data))["KPI Monthly"]
    assert [c.value for c in read["A"]] == ["Key", "F0", "F1", "F2"]
    assert read["B4"].number_format == "yyyy-mm-dd"


def test_formats_charts_validations_and_sparklines_follow() -> None:
    def extra(book: Any, sheets: Any) -> None:
        sheet = sheets["KPI Monthly"]
        sheet.conditional_format("C2:C5", {"type": "data_bar", "data_bar_2010": True})
        sheet.data_validation("D2:D5", {"validate": "list", "source": ["ok", "small"]})
        sheet.data_validation("D3:D4", {"validate": "list", "source": ["no"]})
        chart = book.add_chart({"type": "line"})
        chart.add_series({"values": "='KPI Monthly'!$C$2:$C$5", "name": "='KPI Monthly'!$C$1"})
        sheets["Dashboard"].insert_chart("F2", chart)
        sheets["Dashboard"].add_sparkline("D1", {"range": "'KPI Monthly'!C2:C5"})
        book.define_name("people", "=SUM('KPI Monthly'!$A$2:$D$5)")
        book.define_name("part_of_it", "='KPI Monthly'!$A$3:$D$5")

    data = draw(ROWS, extra)
    first = applied(data, kpis(data, kpi_rows(4)))
    assert applied(first, kpis(first, kpi_rows(4))) == first
    new = applied(first, kpis(first, kpi_rows(9)))
    sheet = text(new, "xl/worksheets/sheet3.xml")
    assert 'conditionalFormatting sqref="C2:C10"' in sheet
    assert "<xm:sqref>C2:C10</xm:sqref>" in sheet
    assert 'sqref="D2:D10"' in sheet
    assert 'sqref="D3:D4"' in sheet
    assert "<xm:f>'KPI Monthly'!C2:C10</xm:f>" in text(new, "xl/worksheets/sheet1.xml")
    chart = text(new, "xl/charts/chart1.xml")
    assert "<c:f>'KPI Monthly'!$C$2:$C$10</c:f>" in chart
    assert "<c:f>'KPI Monthly'!$C$1</c:f>" in chart
    names = Book.of(Package.open(new)).names
    assert names["people"] == "SUM('KPI Monthly'!$A$2:$D$10)"
    assert names["part_of_it"] == "'KPI Monthly'!$A$3:$D$5"


def test_the_log_grows_by_rows_in_its_columns_looks() -> None:
    data = draw(ROWS)
    for j in range(3):
        rows = tuple((datetime(2026, 3, j + 1, 12), f"run {j}.{i}") for i in range(2))
        data = applied(data, AppendRows("log", ("at", "note"), rows))
    table = snapshot_of(data).tables["log"]
    assert list(table.rows) == [2, 3, 4, 5, 6, 7]
    assert table.column("note")[4:] == ["run 2.0", "run 2.1"]
    assert table.column("at")[5] == datetime(2026, 3, 3, 12)
    assert next(t for t in Book.of(Package.open(data)).tables if t.name == "tblLog").ref == "A1:B7"


def test_named_cells_and_cached_results_are_written() -> None:
    data = draw(ROWS)
    new = applied(
        data,
        WriteNames("dashboard", ("dash_as_of", "dash_note"), (None, None), (DAY, "fine")),
        Recache("dashboard", FORMULAS, ("", ""), (12.5, "many")),
    )
    report = snapshot_of(new).reports["dashboard"]
    assert report.names == {"dash_as_of": DAY, "dash_note": "fine"}
    assert report.formulas == dict(zip(FORMULAS, (12.5, "many"), strict=True))
    only = patched(
        new,
        planned(new, Recache("dashboard", FORMULAS[:1], (12.5,), (CellError("#N/A"),))),
        TABS,
        snapshot_of(new),
    )
    assert set(only) == {"xl/worksheets/sheet1.xml"}


def test_a_date_in_a_plain_cell_gets_a_date_s_look_once() -> None:
    data = draw((("D-1", "2026-03-01"), ("D-2", "2026-03-02")))
    new = applied(data, cell("partner", "D-1", 2, "2026-03-01", DAY))
    newer = applied(new, cell("partner", "D-2", 3, "2026-03-02", DAY))
    assert snapshot_of(newer).tables["deals"].column("partner") == [DAY, DAY]
    assert text(newer, "xl/styles.xml") == text(new, "xl/styles.xml")
    read = openpyxl.load_workbook(io.BytesIO(newer))["Deals"]
    assert read["B2"].number_format == "yyyy-mm-dd"


def test_a_missing_tab_is_named() -> None:
    data = draw(ROWS)
    tabs = (*TABS[:-1], type(LOG)("log", "Journal", LOG.role, "", LOG.columns, table="tblJournal"))
    snapshot = snapshot_of(data, tabs)
    with pytest.raises(NotATracker, match='no tab "Journal"'):
        patched(data, planned(data, AppendRows("log", ("note",), (("x",),))), tabs, snapshot)


def test_a_totals_row_is_in_the_way() -> None:
    data = draw(ROWS)
    data = applied(data, kpis(data, kpi_rows(3)))
    package = Package.open(data)
    part = next(t for t in Book.of(package).tables if t.name == "tblKpis").part
    xml = package.read(part).replace(b'ref="A1:D4" totals', b'ref="A1:D5" totals')
    data = package.with_parts({part: xml.replace(b'totalsRowShown="0"', b'totalsRowCount="1"')})
    with pytest.raises(WriteFailed, match="totals row"):
        applied(data, kpis(data, kpi_rows(5)))


def test_the_calculation_chain_goes_only_when_formulas_come_or_go() -> None:
    data = draw(ROWS)
    package = Package.open(data)
    rels = package.read("xl/_rels/workbook.xml.rels").replace(
        b"</Relationships>",
        b'<Relationship Id="rIdX" Type="http://schemas.openxmlformats.org/officeDocument/2006/'
        b'relationships/calcChain" Target="calcChain.xml"/></Relationships>',
    )
    types = package.read("[Content_Types].xml").replace(
        b"</Types>",
        b'<Override PartName="/xl/calcChain.xml" ContentType="application/vnd.openxmlformats-'
        b'officedocument.spreadsheetml.calcChain+xml"/></Types>',
    )
    chain = b'<calcChain xmlns="http://schemas.openxmlformats.org/spreadsheetml/2006/main"/>'
    data = package.with_parts(
        {
            "xl/_rels/workbook.xml.rels": rels,
            "[Content_Types].xml": types,
            "xl/calcChain.xml": chain,
        }
    )
    kept = applied(data, cell("check", "D-1", 2, None, "x"))
    assert "xl/calcChain.xml" in Package.open(kept)
    gone = applied(kept, cell("check", "D-1", 2, "x", Formula("1+1", 2)))
    assert "xl/calcChain.xml" not in Package.open(gone)
    assert "calcChain" not in text(gone, "[Content_Types].xml")
    assert "calcChain" not in text(gone, "xl/_rels/workbook.xml.rels")


def test_programs_are_asked_to_calculate_when_formulas_may_read_what_changed() -> None:
    data = draw(ROWS)
    package = Package.open(data)
    part = "xl/workbook.xml"
    quiet = package.read(part).replace(b' fullCalcOnLoad="1"', b"")
    data = package.with_parts({part: quiet})
    new = applied(data, cell("check", "D-1", 2, None, "x"))
    assert '<calcPr calcId="124519" fullCalcOnLoad="1"/>' in text(new, part)
    same = applied(data, Recache("dashboard", FORMULAS[:1], ("",), (3,)))
    assert text(same, part) == quiet.decode()


@pytest.mark.libreoffice
def test_libreoffice_reads_what_was_applied(soffice: Callable[[bytes], bytes]) -> None:
    data = draw(ROWS)
    data = applied(data, kpis(data, kpi_rows(30)), cell("amount", "D-3", 4, "12", 12.0))
    again = soffice(data)
    snapshot = snapshot_of(again)
    assert body_of(snapshot, KPIS) == kpi_rows(30)
    assert snapshot.tables["deals"].column("amount") == [10.5, None, 12]
    later = applied(again, kpis(again, kpi_rows(40)), cell("amount", "D-3", 4, 12.0, 13.0))
    assert body_of(snapshot_of(later), KPIS) == kpi_rows(40)
    assert DASHBOARD.key in snapshot.reports
    assert DEALS.key in snapshot.tables
