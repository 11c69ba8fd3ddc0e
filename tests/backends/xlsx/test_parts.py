import io
from collections.abc import Callable

import xlsxwriter

from sheetsync.backends.xlsx.package import Package
from sheetsync.backends.xlsx.parts import Book


def book_of(draw: Callable[[xlsxwriter.Workbook], None], **options: object) -> Book:
    out = io.BytesIO()
    with xlsxwriter.Workbook(out, {"in_memory": True, **options}) as workbook:
        draw(workbook)
    return Book.of(Package.open(out.getvalue()))


def draw_two(workbook: xlsxwriter.Workbook) -> None:
    deals = workbook.add_worksheet("Deals")
    names = [{"header": h} for h in ("Deal ID", "Two\nlines", "Größe & Co")]
    deals.add_table("B2:D5", {"name": "tblDeals", "columns": names, "total_row": True})
    hidden = workbook.add_worksheet("Lists & more")
    hidden.very_hidden()
    workbook.define_name("kpi_value", "=Deals!$B$3:$B$4")
    workbook.define_name("Deals!only_here", "=Deals!$A$1")


def test_sheets_tables_and_names_are_found() -> None:
    book = book_of(draw_two)
    assert [(s.name, s.state, s.index) for s in book.sheets] == [
        ("Deals", "visible", 0),
        ("Lists & more", "veryHidden", 1),
    ]
    (table,) = book.tables
    assert (table.name, table.ref, table.totals_rows, table.header_rows) == (
        "tblDeals",
        "B2:D5",
        1,
        1,
    )
    assert (table.first_row, table.last_row, table.first_col, table.last_col) == (2, 5, 2, 4)
    assert table.columns == ("Deal ID", "Two\nlines", "Größe & Co")
    assert book.names == {"kpi_value": "Deals!$B$3:$B$4"}
    assert book.table_of_sheet(book.sheets[0].part) == table
    assert book.table_of_sheet(book.sheets[1].part) is None


def test_titles_are_compared_folded() -> None:
    book = book_of(draw_two)
    assert book.sheet("deals ") == book.sheets[0]
    assert book.sheet("nothing") is None


def test_the_epoch_and_the_usual_parts_are_told() -> None:
    def draw(workbook: xlsxwriter.Workbook) -> None:
        workbook.add_worksheet().write(0, 0, "text")

    book = book_of(draw, date_1904=True)
    assert book.date1904
    assert book.shared_strings_part == "xl/sharedStrings.xml"
    assert book.styles_part == "xl/styles.xml"
    assert book.calc_chain_part == ""
    assert book_of(draw).date1904 is False


def test_prefixed_and_strict_workbooks_have_the_same_structure() -> None:
    book = book_of(draw_two)
    package = book.package
    main = b"http://schemas.openxmlformats.org/spreadsheetml/2006/main"
    strict = b"http://purl.oclc.org/ooxml/spreadsheetml/main"
    xml = package.read("xl/workbook.xml").replace(main, strict)
    xml = xml.replace(
        b"http://schemas.openxmlformats.org/officeDocument/2006/relationships",
        b"http://purl.oclc.org/ooxml/officeDocument/relationships",
    )
    prefixed = package.read("xl/tables/table1.xml")
    for tag in (b"table ", b"autoFilter ", b"tableColumns", b"tableColumn ", b"tableStyleInfo "):
        prefixed = prefixed.replace(b"<" + tag, b"<x:" + tag)
    for tag in (b"table", b"tableColumns", b"tableColumn"):
        prefixed = prefixed.replace(b"</" + tag + b">", b"</x:" + tag + b">")
    prefixed = prefixed.replace(b"xmlns=", b"xmlns:x=")
    data = package.with_parts({"xl/workbook.xml": xml, "xl/tables/table1.xml": prefixed})
    other = Book.of(Package.open(data))
    assert other.sheets == book.sheets
    assert other.tables == book.tables
    assert other.names == book.names
