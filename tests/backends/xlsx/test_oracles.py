"""Cells as independent readers find them."""

import io
import math
from collections.abc import Callable
from datetime import date, datetime, time, timedelta

import openpyxl
import pytest
import python_calamine
import xlsxwriter

from sheetsync.backends.xlsx.package import Package
from sheetsync.model.values import CellError, Formula, Value
from tests.backends.xlsx.sheets import cells_of, drawn, grid_of


def draw_mixed(workbook: xlsxwriter.Workbook) -> None:
    sheet = workbook.add_worksheet("Deals")
    day = workbook.add_format({"num_format": "yyyy-mm-dd"})
    stamp = workbook.add_format({"num_format": "dd/mm/yyyy hh:mm:ss"})
    span = workbook.add_format({"num_format": "[h]:mm"})
    clock = workbook.add_format({"num_format": "hh:mm"})
    euro = workbook.add_format({"num_format": "#,##0.00 [$€-407]"})
    bold = workbook.add_format({"bold": True})
    sheet.write_row(0, 0, ["Text", "Number", "Day", "Stamp", "Span", "Clock", "Money", "Flag"])
    for row in range(1, 400):
        if row % 7 == 0:
            continue
        sheet.write_string(row, 0, f"Ünïcode & <{row % 5}> 😀 ")
        if row % 3:
            sheet.write_number(row, 1, row * 1.25)
        sheet.write_datetime(row, 2, datetime(2024, 2, 29) + timedelta(days=row), day)
        sheet.write_datetime(row, 3, datetime(1900, 1, 1, 1, 2, 3) + timedelta(hours=row), stamp)
        sheet.write_datetime(row, 4, timedelta(hours=row, minutes=30), span)
        sheet.write_datetime(row, 5, time(row % 24, 15), clock)
        sheet.write_number(row, 6, row * 1e6 + 0.5, euro)
        sheet.write_boolean(row, 7, row % 2 == 0)
        sheet.write_formula(row, 8, f'=B{row + 1}*2&"<a>"', None, f"{row}<a>")
        if row == 50:
            sheet.write_rich_string(row, 9, "plain ", bold, "bold", " tail ")
        if row % 11 == 0:
            sheet.write_formula(row, 10, "=NA()", None, "#N/A")
            sheet.write_blank(row, 11, None, euro)
    sheet.write_array_formula("N2:N3", "{=SUM(B2:B9*2)}", None, 7)


def as_found(value: object) -> object:
    """An oracle's value in our terms."""
    if isinstance(value, time):
        return timedelta(hours=value.hour, minutes=value.minute, seconds=value.second)
    if isinstance(value, date) and not isinstance(value, datetime):
        return datetime(value.year, value.month, value.day)
    return value


def ours(value: Value) -> object:
    value = value.value if isinstance(value, Formula) else value
    return str(value) if isinstance(value, CellError) else value


def assert_agrees_with_openpyxl(data: bytes) -> int:
    book = openpyxl.load_workbook(io.BytesIO(data), data_only=True)
    count = 0
    for index, sheet in enumerate(book.worksheets):
        found = {at: ours(v) for at, v in cells_of(grid_of(data, index)).items()}
        told = {
            (cell.row, cell.column): as_found(cell.value)
            for row in sheet.iter_rows()
            for cell in row
            if cell.value not in (None, "")
        }
        assert {at for at, v in found.items() if v not in (None, "")} == set(told)
        for at, value in told.items():
            same = found[at] == value or (
                isinstance(value, datetime | timedelta | float) and _near(found[at], value)
            )
            assert same, (at, found[at], value)
        count += len(told)
    return count


def _near(a: object, b: object) -> bool:
    if isinstance(a, datetime) and isinstance(b, datetime):
        return abs(a - b) < timedelta(milliseconds=2)
    if isinstance(a, timedelta) and isinstance(b, timedelta):
        return abs(a - b) < timedelta(milliseconds=2)
    return isinstance(a, int | float) and isinstance(b, int | float) and math.isclose(a, b)


def test_every_cell_agrees_with_openpyxl() -> None:
    assert assert_agrees_with_openpyxl(drawn(draw_mixed)) > 3000


def test_a_workbook_written_by_openpyxl_reads_alike() -> None:
    out = io.BytesIO()
    openpyxl.load_workbook(io.BytesIO(drawn(draw_mixed)), rich_text=True).save(out)
    want, found = cells_of(grid_of(drawn(draw_mixed))), cells_of(grid_of(out.getvalue()))
    plain = {at for at, v in want.items() if not isinstance(v, Formula)}
    assert {at: found[at] for at in plain} == {at: want[at] for at in plain}
    formulas = {at: v.text for at, v in found.items() if isinstance(v, Formula)}
    assert (
        formulas.items()
        >= {at: v.text for at, v in want.items() if isinstance(v, Formula) and at[1] == 9}.items()
    )


def test_numbers_texts_and_flags_agree_with_calamine() -> None:
    data = drawn(draw_mixed)
    rows = python_calamine.CalamineWorkbook.from_filelike(io.BytesIO(data)).get_sheet_by_index(0)
    found = cells_of(grid_of(data))
    for i, row in enumerate(rows.to_python(skip_empty_area=False)):
        for j in (0, 1, 6, 7):
            told = None if row[j] == "" else row[j]
            assert found.get((i + 1, j + 1)) == told


def test_the_walk_reads_what_the_fast_reader_reads() -> None:
    data = drawn(draw_mixed)
    package = Package.open(data)
    part = "xl/worksheets/sheet1.xml"
    text = package.read(part)
    commented = text.replace(b"<sheetData>", b"<!-- odd --><sheetData>")
    prefixed = text.replace(b"<", b"<x:").replace(b"<x:/", b"</x:").replace(b"<x:?", b"<?")
    prefixed = prefixed.replace(b' xmlns="', b' xmlns:x="', 1)
    spaced = text.replace(b"<c ", b"\n  <c ").replace(b"<row ", b"\n<row ")
    turned = text.replace(b' t="s">', b"  t='s' >")
    want = grid_of(data)
    for other in (commented, prefixed, spaced, turned):
        found = grid_of(package.with_parts({part: other}))
        assert found.rows == want.rows
        assert cells_of(found) == cells_of(want)


def test_formulas_carry_their_text_and_cached_value() -> None:
    found = cells_of(grid_of(drawn(draw_mixed)))
    assert found[2, 9] == Formula('B2*2&"<a>"', "1<a>")
    assert found[12, 11] == Formula("NA()", CellError("#N/A"))
    assert found[2, 14] == Formula("SUM(B2:B9*2)", 7)
    assert found[3, 14] == 0


@pytest.mark.libreoffice
def test_a_workbook_saved_by_libreoffice_reads_alike(soffice: Callable[[bytes], bytes]) -> None:
    data = drawn(draw_mixed)
    again = soffice(data)
    assert assert_agrees_with_openpyxl(again) > 3000
    want, found = cells_of(grid_of(data)), cells_of(grid_of(again))
    texts = {at: v for at, v in want.items() if isinstance(v, str | bool)}
    assert {at: ours(found[at]) for at in texts} == texts
