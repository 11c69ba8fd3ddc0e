import hashlib
import io
import re
import sys
from collections.abc import Callable
from datetime import datetime

import openpyxl
import pytest
import xlsxwriter

from sheetsync.backends.xlsx.package import Package
from sheetsync.backends.xlsx.reader import snapshot
from sheetsync.backends.xlsx.worker import read_in_worker
from sheetsync.model.errors import WorkbookUnreadable
from sheetsync.model.problems import Severity
from sheetsync.model.snapshot import Snapshot, TableSnapshot
from sheetsync.model.tracker import CellType, Column, Owner, Role, Tab
from sheetsync.model.values import CellError, Formula

DEALS = Tab(
    "deals",
    "Deals",
    Role.ENTRY,
    "Deals.",
    columns=(
        Column("deal_id", "Deal ID", CellType.ID, "Its id.", required=True),
        Column("name", "Deal name", CellType.TEXT, "Its name.", aliases=("title",)),
        Column("amount", "Amount", CellType.MONEY, "Its value.", required=True),
        Column("close", "Expected close", CellType.DAY, "When."),
        Column("check", "Check", CellType.TEXT, "What is wrong.", owner=Owner.SYNC, required=True),
    ),
    key_columns=("deal_id",),
    table="tblDeals",
)
DASHBOARD = Tab(
    "dashboard", "Dashboard", Role.REPORT, "Figures.", names=("dash_as_of", "dash_note", "gone")
)
TABS = (DEALS, DASHBOARD)
HEADERS = ["Deal ID", "Deal name", "Amount", "Expected close", "Check"]


def made(draw: Callable[[xlsxwriter.Workbook], None]) -> bytes:
    out = io.BytesIO()
    with xlsxwriter.Workbook(out, {"in_memory": True}) as workbook:
        draw(workbook)
    return out.getvalue()


def deals_of(rows: list[list[object]], title: str = "Deals") -> bytes:
    def draw(workbook: xlsxwriter.Workbook) -> None:
        sheet = workbook.add_worksheet(title)
        for i, row in enumerate(rows):
            sheet.write_row(i, 0, row)

    return made(draw)


def read(data: bytes) -> TableSnapshot:
    return snapshot(data, TABS, "book.xlsx").tables["deals"]


def codes(table: TableSnapshot) -> list[str]:
    return [problem.code for problem in table.problems]


def test_a_table_is_read_by_column_with_its_sheet_rows() -> None:
    table = read(deals_of([HEADERS, ["D-1", "One", 10.5], [], ["D-3", "Three", 30, None, "x"]]))
    assert table.headers == tuple(HEADERS)
    assert table.rows == [2, 4]
    assert table.cells == (
        ["D-1", "D-3"],
        ["One", "Three"],
        [10.5, 30],
        [None, None],
        [None, "x"],
    )
    assert table.bound == {"deal_id": 0, "name": 1, "amount": 2, "close": 3, "check": 4}
    assert table.problems == ()


def test_the_fingerprint_is_the_hash_of_the_file() -> None:
    data = deals_of([HEADERS])
    snap = snapshot(data, TABS, "book.xlsx")
    assert snap.fingerprint == hashlib.sha256(data).hexdigest()
    assert snap.name == "book.xlsx"
    assert len(snap.tables["deals"]) == 0


def test_columns_are_found_by_header_wherever_they_are() -> None:
    headers = ["", "AMOUNT*", "mine", "deal_id", "Title"]
    table = read(deals_of([headers, ["", 5, "m", "D-1", "One"]]))
    assert table.headers == tuple(headers)
    assert table.bound == {"deal_id": 3, "name": 4, "amount": 1}
    assert table.column("close") == [None]
    assert table.cells[2] == ["m"]


def test_the_header_may_stand_below_row_one() -> None:
    table = read(deals_of([["Our deals 2026"], [], ["Amount in EUR"], HEADERS, ["D-1", "x", 1]]))
    assert table.header_row == 4
    assert table.rows == [5]


def test_two_columns_of_one_name_are_not_read_and_told() -> None:
    table = read(deals_of([["Deal ID", "Amount", "Check", "amount "], ["D-1", 1, "", 2]]))
    assert "amount" not in table.bound
    (problem,) = table.problems
    assert (problem.code, problem.severity, problem.column) == (
        "two_columns",
        Severity.ERROR,
        "amount",
    )
    assert problem.message.startswith("Two columns are called Amount (B, D): ")


def test_a_missing_required_column_of_people_is_told() -> None:
    table = read(deals_of([["Deal ID", "Deal name"], ["D-1", "x"]]))
    (problem,) = table.problems
    assert (problem.code, problem.column, problem.row) == ("missing_column", "amount", 1)


def test_a_renamed_tab_is_found_by_its_table_and_totals_rows_are_left_out() -> None:
    def draw(workbook: xlsxwriter.Workbook) -> None:
        sheet = workbook.add_worksheet("Verkauf")
        columns = [{"header": h} for h in HEADERS]
        columns[0]["total_string"] = "Everything"
        columns[2]["total_function"] = "sum"
        data = [["D-1", "a", 1], ["D-2", "b", 2]]
        sheet.add_table(
            "A3:E6", {"name": "tblDeals", "columns": columns, "data": data, "total_row": True}
        )
        sheet.write_row("A8", ["D-9", "below", 9])

    table = read(made(draw))
    assert table.title == "Verkauf"
    assert table.header_row == 3
    assert table.rows == [4, 5, 8]
    assert codes(table) == []


@pytest.mark.parametrize("word", ["Total", "Summe:", "grand total", "Gesamt", "ИТОГО"])
def test_a_typed_totals_row_is_left_out_with_a_note(word: str) -> None:
    table = read(deals_of([HEADERS, ["D-1", "a", 1], [word, None, 1], ["D-2", word, 2]]))
    assert table.rows == [2, 4]
    assert codes(table) == ["total_row"]


def test_a_partner_called_total_is_a_row() -> None:
    table = read(deals_of([HEADERS, [None, "Total", 1, None, "new"], ["D-7", "Total", 7]]))
    assert table.rows == [2, 3]


def test_hidden_and_filtered_rows_are_read_like_others() -> None:
    def draw(workbook: xlsxwriter.Workbook) -> None:
        sheet = workbook.add_worksheet("Deals")
        for i, row in enumerate([HEADERS, ["D-1", "a", 1], ["D-2", "b", 2]]):
            sheet.write_row(i, 0, row)
        sheet.autofilter("A1:E3")
        sheet.filter_column("A", "x == D-1")
        sheet.set_row(2, None, None, {"hidden": True})
        sheet.very_hidden()
        workbook.add_worksheet("Other").activate()

    snap = snapshot(made(draw), TABS, "b")
    assert snap.tables["deals"].rows == [2, 3]
    assert snap.other_tabs == ("Other",)


def test_merged_cells_have_one_value_and_a_warning() -> None:
    def draw(workbook: xlsxwriter.Workbook) -> None:
        sheet = workbook.add_worksheet("Deals")
        for i, row in enumerate([HEADERS, ["D-1", "a", 1], ["D-2", "b", 2]]):
            sheet.write_row(i, 0, row)
        sheet.merge_range("B2:B3", "both")
        sheet.write("B3", "hidden by the merge")

    table = read(made(draw))
    assert table.column("name") == ["both", None]
    (problem,) = table.problems
    assert (problem.code, problem.severity, problem.found) == (
        "merged_cells",
        Severity.WARNING,
        "B2:B3",
    )


def test_rows_that_only_hold_blank_formulas_are_blank() -> None:
    def draw(workbook: xlsxwriter.Workbook) -> None:
        sheet = workbook.add_worksheet("Deals")
        sheet.write_row(0, 0, HEADERS)
        sheet.write_row(1, 0, ["D-1", "a"])
        for row in (1, 2):
            sheet.write_formula(row, 2, "=1+1", None, 2 if row == 1 else "")
        sheet.write_number(3, 2, 0)

    table = read(made(draw))
    assert table.rows == [2, 4]
    assert table.column("amount") == [Formula("1+1", 2), 0]


def draw_report(workbook: xlsxwriter.Workbook) -> None:
    workbook.add_worksheet("Deals").write_row(0, 0, HEADERS)
    sheet = workbook.add_worksheet("Dashboard")
    sheet.write_datetime(
        "C3", datetime(2026, 3, 1), workbook.add_format({"num_format": "yyyy-mm-dd"})
    )
    sheet.write_formula("A1", "=SUM(Deals!C:C)", None, 12.5)
    sheet.write_formula("A2", "=1/0", None, "#DIV/0!")
    workbook.define_name("dash_as_of", "=Dashboard!$C$3")
    workbook.define_name("dash_note", "=Dashboard!$Z$99")
    workbook.define_name("gone", "=SUM(Dashboard!$A$1:$A$2)")


def test_a_report_tells_cached_values_and_named_cells() -> None:
    report = snapshot(made(draw_report), TABS, "b").reports["dashboard"]
    assert report.formulas == {"SUM(Deals!C:C)": 12.5, "1/0": CellError("#DIV/0!")}
    assert report.names == {"dash_as_of": datetime(2026, 3, 1), "dash_note": None}


def test_declared_tabs_that_are_not_there_are_left_out() -> None:
    snap = snapshot(deals_of([["x"]], "Elsewhere"), TABS, "b")
    assert (dict(snap.tables), dict(snap.reports), snap.other_tabs) == ({}, {}, ("Elsewhere",))


def test_active_content_is_noted_and_never_an_obstacle() -> None:
    package = Package.open(deals_of([HEADERS]))
    extra = {"xl/vbaProject.bin": b"\0", "xl/externalLinks/externalLink1.xml": b"<externalLink/>"}
    snap = snapshot(package.with_parts({**extra, "_xmlsignatures/sig1.xml": b"<s/>"}), TABS, "b")
    assert {p.code: p.severity for p in snap.problems} == {
        "macros": Severity.NOTE,
        "external_links": Severity.NOTE,
        "read_only": Severity.NOTE,
    }


def test_wide_tables_agree_with_openpyxl() -> None:
    rows = [[f"{r}:{c}" if (r * c) % 3 else None for c in range(60)] for r in range(80)]
    rows[0] = [*HEADERS, *(f"Col {c}" for c in range(55))]
    data = deals_of(rows)
    table = read(data)
    sheet = openpyxl.load_workbook(io.BytesIO(data)).active
    assert sheet is not None
    told = [[sheet.cell(r, c + 1).value for r in table.rows] for c in range(60)]
    assert list(table.cells) == told


def test_the_worker_reads_what_the_reader_reads() -> None:
    data = made(draw_report)
    assert read_in_worker(data, TABS, "b", seconds=30, memory_bytes=1 << 30) == snapshot(
        data, TABS, "b"
    )


def test_the_worker_loads_only_light_modules() -> None:
    import subprocess

    code = (
        "import sys, sheetsync.backends.xlsx.worker, sheetsync.backends.xlsx.reader\n"
        "print(*[m for m in ('pandas', 'numpy', 'pydantic', 'duckdb', 'openpyxl', 'xlsxwriter',"
        " 'click', 'zipfile') if m in sys.modules])"
    )
    told = subprocess.run([sys.executable, "-c", code], check=True, capture_output=True, text=True)
    assert told.stdout.strip() == ""


def test_too_little_time_or_memory_is_one_sentence() -> None:
    data = deals_of([HEADERS, *([f"D-{i}", "x" * 50, i] for i in range(20_000))])
    with pytest.raises(WorkbookUnreadable, match="took longer than") as refusal:
        read_in_worker(data, TABS, "b", seconds=0.01, memory_bytes=1 << 30)
    assert refusal.value.code == "too_slow"
    if sys.platform == "linux":
        with pytest.raises(WorkbookUnreadable) as refusal:
            read_in_worker(data, TABS, "b", seconds=30, memory_bytes=8 << 20)
        assert refusal.value.code in ("too_big", "crashed")


@pytest.mark.libreoffice
def test_a_snapshot_survives_libreoffice(soffice: Callable[[bytes], bytes]) -> None:
    data = deals_of([HEADERS, ["D-1", "Ü & <b>", 10.25], [], ["D-3", " 007 ", 3]])

    def cells(snap: Snapshot) -> object:
        table = snap.tables["deals"]
        return table.headers, table.rows, table.cells, table.bound

    assert cells(snapshot(soffice(data), TABS, "b")) == cells(snapshot(data, TABS, "b"))


def test_messages_are_sentences() -> None:
    table = read(deals_of([["Deal ID", "Deal id", "Total"], ["Total"]]))
    for problem in table.problems:
        assert re.fullmatch(r"[A-Z].*\.", problem.message)
