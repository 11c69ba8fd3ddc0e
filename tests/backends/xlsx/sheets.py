"""Small workbooks to read, and what the reader finds in them."""

import io
from collections.abc import Callable

import xlsxwriter

from sheetsync.backends.xlsx.cells import read_grid
from sheetsync.backends.xlsx.convert import Context
from sheetsync.backends.xlsx.dates import looks
from sheetsync.backends.xlsx.package import Package
from sheetsync.backends.xlsx.parts import Book
from sheetsync.backends.xlsx.strings import shared_strings
from sheetsync.model.tables import Grid
from sheetsync.model.values import Value

NS = "http://schemas.openxmlformats.org/spreadsheetml/2006/main"


def drawn(draw: Callable[[xlsxwriter.Workbook], None], **options: object) -> bytes:
    out = io.BytesIO()
    with xlsxwriter.Workbook(out, {"in_memory": True, **options}) as workbook:
        draw(workbook)
    return out.getvalue()


def grid_of(data: bytes, index: int = 0) -> Grid:
    book = Book.of(Package.open(data))
    context = Context(
        shared_strings(book.package, book.shared_strings_part),
        looks(book.package, book.styles_part),
        book.date1904,
    )
    sheet = book.sheets[index]
    return read_grid(book.package, sheet.part, sheet.name, context)


def _one_cell(workbook: xlsxwriter.Workbook) -> None:
    workbook.add_worksheet().write(0, 0, "x")


def with_sheet(rows: str, strings: str = "", **options: object) -> bytes:
    """A workbook whose one sheet has these rows as XML."""
    package = Package.open(drawn(_one_cell, **options))
    text = f'<worksheet xmlns="{NS}"><sheetData>{rows}</sheetData></worksheet>'
    changes = {"xl/worksheets/sheet1.xml": text.encode("utf-8", "surrogatepass")}
    if strings:
        changes["xl/sharedStrings.xml"] = f'<sst xmlns="{NS}">{strings}</sst>'.encode()
    return package.with_parts(changes)


def cells_of(grid: Grid) -> dict[tuple[int, int], Value]:
    return {
        (row, number): value
        for number, cells in grid.columns.items()
        for row, value in zip(grid.rows, cells, strict=True)
        if value is not None
    }


def one(cell: str, strings: str = "", **options: object) -> Value:
    return cells_of(grid_of(with_sheet(f'<row r="1">{cell}</row>', strings, **options))).get((1, 1))
