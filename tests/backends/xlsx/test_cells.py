import io
import math
from collections.abc import Callable
from datetime import date, datetime, time, timedelta

import openpyxl
import pytest
import python_calamine
import xlsxwriter

from sheetsync.backends.xlsx.cells import read_grid
from sheetsync.backends.xlsx.convert import Context
from sheetsync.backends.xlsx.dates import Look, look_of, looks
from sheetsync.backends.xlsx.package import Package
from sheetsync.backends.xlsx.parts import Book
from sheetsync.backends.xlsx.shift import shifted
from sheetsync.backends.xlsx.strings import shared_strings
from sheetsync.model.errors import WorkbookUnreadable
from sheetsync.model.tables import Grid
from sheetsync.model.values import CellError, Formula, Value

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


def test_shared_formulas_are_told_for_each_cell() -> None:
    rows = "".join(
        f'<row r="{r}"><c r="A{r}"><v>{r}</v></c><c r="B{r}"><f t="shared" si="0"'
        + (' ref="B1:B3">A1*$A$1+SUM(A1:A$9)</f>' if r == 1 else "/>")
        + f"<v>{r * 2}</v></c></row>"
        for r in (1, 2, 3)
    )
    found = cells_of(grid_of(with_sheet(rows)))
    assert found[3, 2] == Formula("A3*$A$1+SUM(A3:A$9)", 6)
    assert found[2, 1] == 2


@pytest.mark.parametrize(
    ("formula", "moved"),
    [
        ("A1", "B3"),
        ("$A$1", "$A$1"),
        ("LOG10(A1)", "LOG10(B3)"),
        ("Deals!A1", "Deals!B3"),
        ("'A1 b'!A1", "'A1 b'!B3"),
        ('"A1"&A1', '"A1"&B3'),
        ("tbl[A1]", "tbl[A1]"),
        ("tbl[[#This Row],[A1]]", "tbl[[#This Row],[A1]]"),
        ("SUM(A:C)+SUM(1:2)", "SUM(B:D)+SUM(3:4)"),
        ("XFD1", "#REF!"),
        ("A1.B", "A1.B"),
        ("TRUE1A", "TRUE1A"),
    ],
)
def test_formulas_move(formula: str, moved: str) -> None:
    assert shifted(formula, 2, 1) == moved


RICH = (
    "<si><r><t>a</t></r><r><rPr><b/></rPr><t xml:space='preserve'> b</t></r>"
    "<rPh sb='0' eb='1'><t>K</t></rPh></si>"
)


@pytest.mark.parametrize(
    ("strings", "text"),
    [
        ("<si><t>plain</t></si>", "plain"),
        ("<si><t/></si>", ""),
        ("<si><t>a &amp; b &#228; &#x1F600;</t></si>", "a & b ä 😀"),
        ('<si><t xml:space="preserve"> a </t></si>', " a "),
        ("<si><t>\n a </t></si>", "a"),
        ("<si><t>a_x000D_b_x000A_</t></si>", "a\rb\n"),
        ("<si><t>_x005F_x000A_</t></si>", "_x000A_"),
        ("<si><t>_xD83D__xDE00_</t></si>", "😀"),
        ("<si><t>_xD800_</t></si>", "\ufffd"),
        ("<si><t>line\r\nbreak</t></si>", "line\nbreak"),
        ("<si><t><![CDATA[a<b]]></t></si>", "a<b"),
        (RICH, "a b"),
        (f"<!-- c -->{RICH}", "a b"),
    ],
)
def test_shared_strings(strings: str, text: str) -> None:
    assert one('<c r="A1" t="s"><v>0</v></c>', strings) == text


def test_prefixed_shared_strings_are_read() -> None:
    package = Package.open(with_sheet('<row r="1"><c r="A1" t="s"><v>1</v></c></row>'))
    rich = "<x:r><x:t>t</x:t></x:r><x:r><x:t>wo</x:t></x:r>"
    strings = f"<x:si><x:t>one</x:t></x:si><x:si>{rich}</x:si>"
    text = f'<?xml version="1.0"?><x:sst xmlns:x="{NS}">{strings}</x:sst>'.encode()
    assert cells_of(grid_of(package.with_parts({"xl/sharedStrings.xml": text}))) == {(1, 1): "two"}


def test_odd_strings_stand_in_their_place_among_plain_ones() -> None:
    strings = "<si><t>one</t></si>" + RICH + "<si><t>three</t></si>"
    for index, text in enumerate(("one", "a b", "three")):
        assert one(f'<c r="A1" t="s"><v>{index}</v></c>', strings) == text


@pytest.mark.parametrize(
    ("cell", "value"),
    [
        ('<c r="A1"><v>12</v></c>', 12),
        ('<c r="A1"><v>-12</v></c>', -12),
        ('<c r="A1"><v>12.0</v></c>', 12.0),
        ('<c r="A1"><v>1E3</v></c>', 1000.0),
        ('<c r="A1"><v> 7 </v></c>', 7),
        ('<c r="A1"><v>123456789012345678901</v></c>', 123456789012345678901.0),
        ('<c r="A1"><v>NaN</v></c>', CellError("NaN")),
        ('<c r="A1"><v>INF</v></c>', CellError("INF")),
        ('<c r="A1"><v>1e400</v></c>', CellError("1e400")),
        ('<c r="A1"><v>1_000</v></c>', CellError("1_000")),
        ('<c r="A1"><v>٣</v></c>', CellError("٣")),
        ('<c r="A1"><v>twelve</v></c>', CellError("twelve")),
        ('<c r="A1" t="s"><v>99</v></c>', CellError("99")),
        ('<c r="A1" t="s"><v>-1</v></c>', CellError("-1")),
        ('<c r="A1" t="b"><v>1</v></c>', True),
        ('<c r="A1" t="b"><v>0</v></c>', False),
        ('<c r="A1" t="b"><v>2</v></c>', CellError("2")),
        ('<c r="A1" t="e"><v>#DIV/0!</v></c>', CellError("#DIV/0!")),
        ('<c r="A1" t="str"><v>=not a formula</v></c>', "=not a formula"),
        ('<c r="A1" t="inlineStr"><is><t>in &lt;line</t></is></c>', "in <line"),
        ('<c r="A1" t="inlineStr"><is><r><t>a</t></r><r><t>b</t></r></is></c>', "ab"),
        ('<c r="A1" t="d"><v>2024-02-29T10:30:00</v></c>', datetime(2024, 2, 29, 10, 30)),
        ('<c r="A1" t="d"><v>2024-02-29</v></c>', datetime(2024, 2, 29)),
        ('<c r="A1" t="d"><v>10:30:00</v></c>', timedelta(hours=10, minutes=30)),
        ('<c r="A1" t="d"><v>2024-13-45</v></c>', CellError("2024-13-45")),
        ('<c r="A1" t="zz"><v>1</v></c>', CellError("1")),
        ('<c r="A1" s="999"><v>5</v></c>', 5),
        ('<c r="A1" s="1"/>', None),
        ('<c r="A1" s="1"></c>', None),
        ('<c r="A1"><v></v></c>', None),
        ('<c r="A1"><v/></c>', None),
        ('<c r="A1"><f>1+1</f></c>', Formula("1+1", None)),
        ('<c r="A1"><f>1+1</f><v></v></c>', Formula("1+1", None)),
        ('<c r="A1" t="str"><f aca="false">A2&amp;"x"</f><v>x</v></c>', Formula('A2&"x"', "x")),
        ("<c><v>3</v></c>", 3),
    ],
)
def test_one_cell(cell: str, value: Value) -> None:
    found = one(cell)
    assert found == value
    assert type(found) is type(value)


@pytest.mark.parametrize(
    ("serial", "code", "epoch1904", "value"),
    [
        (1, "yyyy-mm-dd", False, datetime(1900, 1, 1)),
        (59, "yyyy-mm-dd", False, datetime(1900, 2, 28)),
        (60, "yyyy-mm-dd", False, CellError("60")),
        (61, "yyyy-mm-dd", False, datetime(1900, 3, 1)),
        (0, "yyyy-mm-dd", True, datetime(1904, 1, 1)),
        (45351.5, "d/m/yy h:mm", False, datetime(2024, 2, 29, 12)),
        (43889.5, "d/m/yy h:mm", True, datetime(2024, 2, 29, 12)),
        (-1, "yyyy-mm-dd", False, CellError("-1")),
        (2958466, "yyyy-mm-dd", False, CellError("2958466")),
        (2958465, "yyyy-mm-dd", False, datetime(9999, 12, 31)),
        (1.5, "[h]:mm", False, timedelta(hours=36)),
        (-0.5, "[h]:mm", False, timedelta(hours=-12)),
        (0.25, "hh:mm", False, timedelta(hours=6)),
        (45351.25, "hh:mm", False, datetime(2024, 2, 29, 6)),
        (45351, '"day" 0', False, 45351),
        (45351, "[Red]0.00E+00", False, 45351),
        (45351, "mmm", False, datetime(2024, 2, 29)),
        (1e300, "[h]:mm", False, CellError("1E+300")),
    ],
)
def test_dates(serial: float, code: str, epoch1904: bool, value: Value) -> None:
    def draw(workbook: xlsxwriter.Workbook) -> None:
        style = workbook.add_format({"num_format": code})
        workbook.add_worksheet().write_number(0, 0, serial, style)

    data = drawn(draw, date_1904=epoch1904)
    assert cells_of(grid_of(data)).get((1, 1)) == value


@pytest.mark.parametrize(
    ("code", "look"),
    [
        ("General", Look.NUMBER),
        ("0%", Look.NUMBER),
        ("#,##0.00_);[Red](#,##0.00)", Look.NUMBER),
        ("[$-409]d-mmm-yy;@", Look.DATE),
        ("[$-F400]h:mm:ss AM/PM", Look.TIME),
        ("[mm]:ss", Look.ELAPSED),
        ('0 "days"', Look.NUMBER),
        ("\\d0", Look.NUMBER),
        ("@", Look.NUMBER),
        ("[>=100]0;0.0", Look.NUMBER),
        ("mmmm yyyy", Look.DATE),
    ],
)
def test_number_formats(code: str, look: Look) -> None:
    assert look_of(code) is look


def test_the_sheets_own_dimension_is_ignored_and_far_cells_are_cheap() -> None:
    data = with_sheet(
        '<row r="1"><c r="A1"><v>1</v></c></row>'
        '<row r="1048576"><c r="XFD1048576"><v>2</v></c></row>'
    )
    assert cells_of(grid_of(data)) == {(1, 1): 1, (1_048_576, 16_384): 2}


@pytest.mark.parametrize(
    ("rows", "message"),
    [
        ('<row r="1">' + '<c r="A1"><v>1</v></c>' * 3 + "</row>", "A1 is stored three times"),
        ('<row r="1"><c r="B1"><v>1</v></c></row>' * 2, "B1 is stored twice"),
    ],
)
def test_a_cell_stored_more_than_once_is_refused(rows: str, message: str) -> None:
    with pytest.raises(WorkbookUnreadable, match=message):
        grid_of(with_sheet(rows))


def test_rows_out_of_order_are_sorted() -> None:
    rows = "".join(f'<row r="{r}"><c r="A{r}"><v>{r}</v></c></row>' for r in (3, 1, 2))
    grid = grid_of(with_sheet(rows))
    assert (grid.rows, grid.columns[1]) == ([1, 2, 3], [1, 2, 3])


def test_columns_that_appear_late_keep_their_rows() -> None:
    rows = "".join(
        f'<row r="{r}">' + "".join(f'<c r="{c}{r}"><v>{r}</v></c>' for c in letters) + "</row>"
        for r, letters in enumerate(["B", "AB", "C", "ABCD", "D", "A"], start=1)
    )
    grid = grid_of(with_sheet(rows))
    assert grid.columns[1] == [None, 2, None, 4, None, 6]
    assert grid.columns[4] == [None, None, None, 4, 5, None]


@pytest.mark.libreoffice
def test_a_workbook_saved_by_libreoffice_reads_alike(soffice: Callable[[bytes], bytes]) -> None:
    data = drawn(draw_mixed)
    again = soffice(data)
    assert assert_agrees_with_openpyxl(again) > 3000
    want, found = cells_of(grid_of(data)), cells_of(grid_of(again))
    texts = {at: v for at, v in want.items() if isinstance(v, str | bool)}
    assert {at: ours(found[at]) for at in texts} == texts
