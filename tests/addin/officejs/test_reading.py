"""What the add-in reads of an open workbook: the tabs that the engine wants, and nothing else."""

from __future__ import annotations

import pytest

from sheetsync.addin.wire import Posted, PostedWorkbook
from sheetsync.backends.xlsx.workbook import XlsxWorkbook
from sheetsync.catalog.tracker import LEAN
from sheetsync.model.values import CellError, Formula
from tests.backends.excel.test_excel_demo import differences
from tests.contract.small import TABS, as_xlsx
from tests.fakes.excel.from_xlsx import opened
from tests.fakes.office.browser import ScriptError, needs_office, office_page
from tests.fakes.office.host import OfficeHost
from tests.fakes.office.office_book import OfficeBook
from tests.fakes.office.posted import posted
from tests.trackers import demo_file

pytestmark = needs_office

ASKED = """async (context) => {
  const { readWorkbook } = await import('/reading.js');
  let asked;
  const told = await readWorkbook(context, async (tabs) => { asked = tabs; return ['Deals']; });
  return { asked, told };
}"""


def test_only_wanted_tabs_are_read(book, host):
    found = office_page().run(host, ASKED)
    assert found["asked"][0] == {"name": "Board", "tables": []}
    assert {"name": "Deals", "tables": ["tblDeals"]} in found["asked"]
    assert [sheet["name"] for sheet in found["told"]["sheets"]] == ["Deals"]
    assert found["told"]["workbook"]["others"] == ["Board", "Results", "Sync Log", "Notes"]


def test_a_file_is_posted_from_excel_as_it_is_from_disk(tmp_path):
    as_xlsx(tmp_path)
    path = tmp_path / "small.xlsx"
    told = OfficeBook(OfficeHost(opened(path))).posted()
    disk = posted(path)
    assert told["names"] == disk["names"]
    by_name = {sheet["name"]: sheet for sheet in disk["sheets"]}
    for sheet in told["sheets"]:
        file = by_name[sheet["name"]]
        for part in ("values", "formulas", "tables", "merges", "protected"):
            if sheet["name"] != "Board":  # a blank cell with a format is used on disk
                assert sheet[part] == file[part], (sheet["name"], part)


def test_the_demo_is_read_from_excel_as_from_its_file(tmp_path):
    path = demo_file(tmp_path / "demo.xlsx")
    book = OfficeBook(OfficeHost(opened(path)))
    assert differences(book.read(LEAN.tabs), XlsxWorkbook(path).read(LEAN.tabs)) == []
    assert len(book.host.requests) <= 12


def test_cells_need_not_begin_in_the_first_row(book, deals):
    cells = {(row + 3, column + 1): value for (row, column), value in deals.cells.items()}
    deals.cells.clear()
    deals.cells.update(cells)
    deals.formats.clear()
    deals.formats[5, 6] = "yyyy-mm-dd"
    deals.tables[0].rect = (4, 2, 8, 7)
    (sheet,) = [sheet for sheet in book.posted()["sheets"] if sheet["name"] == "Deals"]
    assert (sheet["first_row"], sheet["first_column"]) == (4, 2)
    table = book.read(TABS).tables["deals"]
    assert list(table.rows) == [5, 6, 7, 8]
    assert table.column("amount") == [100, "1,200.50", 7.5, None]


def test_an_empty_tab_is_read_as_one(book, host):
    host.book.sheet("Notes").cells.clear()
    sheets = {sheet["name"]: sheet for sheet in book.posted()["sheets"]}
    assert sheets["Notes"]["values"] == []


def test_formulas_errors_and_merges_are_told(book, deals):
    deals.cells[2, 2] = Formula("1+1")
    deals.cells[3, 2] = CellError("#REF!")
    deals.merges.append((4, 1, 5, 1))
    table = book.read(TABS).tables["deals"]
    assert table.column("stage")[:2] == [Formula("1+1", 2), CellError("#REF!")]
    assert "merged_cells" in [p.code for p in table.problems]


def test_formats_are_told_in_spans(book, deals):
    (sheet,) = [sheet for sheet in book.posted()["sheets"] if sheet["name"] == "Deals"]
    assert sheet["formats"][4] == [[1, "General"], [1, "yyyy-mm-dd"], [3, "General"]]


@pytest.mark.parametrize("title", ["Deals 2026!", "it's", "a,b", "Ümläut", "=1"])
def test_sheets_may_have_any_name(book, host, title):
    sheet = host.book.sheet("Board")
    sheet.title = title
    quoted = title.replace("'", "''")
    host.book.names.update(board_as_of=f"='{quoted}'!$A$1", board_note=f"='{quoted}'!$A$2")
    sheet.merges.append((8, 1, 8, 2))
    told = book.posted()
    assert {"name": "board_note", "sheet": title, "row": 2, "column": 1} in told["names"]
    (one,) = [sheet for sheet in told["sheets"] if sheet["name"] == title]
    assert one["merges"] == [[8, 8, 1, 2]] or max(r for r, _ in sheet.cells) < 8
    Posted.model_validate(told)


def test_a_protected_tab_is_told_and_read(book, host, deals):
    deals.protected = True
    sheets = {sheet["name"]: sheet for sheet in book.posted()["sheets"]}
    assert (sheets["Deals"]["protected"], sheets["Notes"]["protected"]) == (True, False)
    assert len(PostedWorkbook(Posted.model_validate(book.posted())).read(TABS).tables["deals"]) == 4


def test_a_cell_being_edited_is_told_by_its_code(book, host):
    host.editing = True
    with pytest.raises(ScriptError) as told:
        book.posted()
    assert told.value.code == "InvalidOperationInCellEditMode"


def test_the_number_of_requests_does_not_grow_with_tabs(book, host):
    host.requests.clear()
    book.posted()
    few = len(host.requests)
    for i in range(20):
        host.book.sheets.append(type(host.book.sheets[0])(f"More {i}", {(1, 1): i}))
    host.requests.clear()
    book.posted()
    assert len(host.requests) <= few + 4  # letting go of areas may come late
