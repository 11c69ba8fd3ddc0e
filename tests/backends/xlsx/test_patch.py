"""Splicing cells into a sheet: values come back, everything else keeps its bytes."""

from __future__ import annotations

import io
import re
from collections.abc import Callable
from datetime import datetime, timedelta

import openpyxl
import pytest
import xlsxwriter
from hypothesis import given, settings
from hypothesis import strategies as st

from sheetsync.backends.xlsx import body, patch
from sheetsync.backends.xlsx.cells import read_grid
from sheetsync.backends.xlsx.convert import Context
from sheetsync.backends.xlsx.dates import Look
from sheetsync.backends.xlsx.package import Package
from sheetsync.backends.xlsx.rows import Cut, cut
from sheetsync.model.errors import StaleSnapshot, WriteFailed
from sheetsync.model.values import CellError, Formula, Value, same

NS = 'xmlns="http://schemas.openxmlformats.org/spreadsheetml/2006/main"'


class OnePart(Package):
    def __init__(self, xml: bytes) -> None:
        super().__init__(b"", ())
        self.xml = xml

    def read(self, name: str) -> bytes:
        return self.xml


def sheet(rows: str, before: str = "", after: str = "") -> bytes:
    return f"<worksheet {NS}>{before}<sheetData>{rows}</sheetData>{after}</worksheet>".encode()


def prefixed(xml: bytes) -> bytes:
    named = re.sub(rb"<(/?)(\w)", rb"<\1x:\2", xml)
    return named.replace(b"xmlns=", b"xmlns:x=")


def values(xml: bytes, *, dates: bool = False) -> dict[tuple[int, int], Value]:
    looks = [Look.DATE if dates else Look.NUMBER] * 50
    grid = read_grid(OnePart(xml), "sheet", "Sheet", Context((), looks, date1904=False))
    return {
        (row, column): value
        for column, cells in grid.columns.items()
        for row, value in zip(grid.rows, cells, strict=True)
        if value is not None
    }


def changed(change: Callable[..., None]) -> Callable[..., bytes]:
    """The same change, from a sheet's XML to its new XML."""

    def told(xml: bytes, *arguments: object, **options: object) -> bytes:
        piece = cut(xml)
        change(piece, *arguments, **options)
        return piece.join()

    return told


set_cells, set_cached = changed(patch.set_cells), changed(patch.set_cached)
replace_body = changed(body.replace_body)


def rows_of(sheet: Cut) -> dict[int, bytes]:
    return dict(sheet.pieces())


PLAIN = sheet(
    '<row r="1" spans="1:3"><c r="A1" s="1" t="s"><v>0</v></c><c r="B1" s="2"/>'
    '<c r="C1"><v>3</v></c></row><row r="2"/><row r="5" ht="30" customHeight="1">'
    '<c r="B5" cm="1" vm="2" s="7"><v>1</v></c><c r="D5" t="b"><v>1</v></c></row>',
    before='<dimension ref="A1:D5"/><cols><col min="6" max="6" style="9" width="9"/></cols>',
    after='<conditionalFormatting sqref="A1:A5"/>',
)


def test_a_cell_keeps_its_style_and_its_neighbours_keep_their_bytes() -> None:
    told = set_cells(PLAIN, {1: {2: "=1+1"}})
    new = b'<c r="B1" s="2" t="inlineStr"><is><t>=1+1</t></is></c>'
    assert told == PLAIN.replace(b'<c r="B1" s="2"/>', new)


def test_an_overwritten_cell_loses_its_rich_value_and_others_keep_theirs() -> None:
    told = set_cells(PLAIN, {5: {4: False}})
    assert b'<c r="B5" cm="1" vm="2" s="7"><v>1</v></c><c r="D5" t="b"><v>0</v></c>' in told
    assert b'<c r="B5" s="7"><v>2.5</v></c><c r="D5" t="b"><v>1</v></c>' in set_cells(
        PLAIN, {5: {2: 2.5}}
    )


def test_new_cells_and_rows_stand_in_order() -> None:
    told = set_cells(PLAIN, {5: {1: 1, 3: 2, 6: 3}, 3: {2: "new"}, 2: {4: 4}, 9: {1: "end"}})
    assert [(p.decode()) for p in re.findall(rb'<c r="(\w+)"', told)] == [
        *("A1", "B1", "C1", "D2", "B3", "A5", "B5", "C5", "D5", "F5", "A9"),
    ]
    assert cut(told).numbers == [1, 2, 3, 5, 9]
    assert b'<dimension ref="A1:F9"/>' in told
    assert b'<c r="F5" s="9"><v>3</v></c>' in told


def test_spans_follow() -> None:
    assert b'<row r="1" spans="1:5">' in set_cells(PLAIN, {1: {5: 1}})
    assert b'<row r="1" spans="1:3">' in set_cells(PLAIN, {1: {1: 1}})


def test_clearing_keeps_the_style_and_leaves_no_trace_where_nothing_was() -> None:
    assert set_cells(PLAIN, {7: {1: None}, 5: {1: None}}) == PLAIN
    assert b'<c r="B5" s="7"/><c r="D5"' in set_cells(PLAIN, {5: {2: None}})
    assert (
        b'<row r="5" ht="30" customHeight="1"><c r="B5" cm="1" vm="2" s="7"><v>1</v></c></row>'
        in (set_cells(PLAIN, {5: {4: ""}}))
    )


def test_no_edits_are_no_change() -> None:
    assert set_cells(PLAIN, {}) is PLAIN
    assert set_cells(PLAIN, {3: {}}) is PLAIN


def test_cells_and_rows_without_addresses_count_on() -> None:
    xml = sheet("<row><c><v>1</v></c><c><v>2</v></c></row><row><c><v>3</v></c></row>")
    told = set_cells(xml, {1: {2: 9, 3: 8}, 2: {1: 7}})
    assert values(told) == {(1, 1): 1, (1, 2): 9, (1, 3): 8, (2, 1): 7}


def test_an_empty_sheet_takes_its_first_cell() -> None:
    xml = f"<worksheet {NS}><sheetData/></worksheet>".encode()
    assert values(set_cells(xml, {2: {2: "x"}})) == {(2, 2): "x"}


def test_people_s_formulas_are_not_overwritten() -> None:
    xml = sheet('<row r="1"><c r="A1"><f>B1*2</f><v>4</v></c></row>')
    with pytest.raises(WriteFailed, match="A1 holds a formula"):
        set_cells(xml, {1: {1: 3}})
    assert values(set_cells(xml, {1: {1: 3}}, ours={1})) == {(1, 1): 3}


def test_a_part_of_an_array_is_not_overwritten() -> None:
    xml = sheet(
        '<row r="1"><c r="A1"><f t="array" ref="A1:A2">B1:B2</f><v>4</v></c></row>'
        '<row r="2"><c r="A2"><v>5</v></c></row>'
    )
    with pytest.raises(WriteFailed, match="A1:A2"):
        set_cells(xml, {2: {1: 3}})


def test_a_shared_formula_does_not_lose_its_first_cell() -> None:
    xml = sheet(
        '<row r="1"><c r="A1"><f t="shared" ref="A1:A2" si="0">B1</f><v>4</v></c></row>'
        '<row r="2"><c r="A2"><f t="shared" si="0"/><v>5</v></c></row>'
    )
    with pytest.raises(WriteFailed, match="A1:A2"):
        set_cells(xml, {1: {1: 3}}, ours={1})


@pytest.mark.parametrize(
    "rows",
    [
        '<row r="2"/><row r="1"/>',
        '<row r="1"><!-- c --></row>',
        '<row r="1"><c r="B1"/><c r="A1"/></row>',
    ],
)
def test_odd_sheets_are_refused(rows: str) -> None:
    with pytest.raises(WriteFailed, match="open the workbook in Excel"):
        set_cells(sheet(rows), {1: {3: 1, 2: 1, 1: 1}})


@pytest.mark.parametrize(
    "value", [float("nan"), float("inf"), "x" * 32_768, "a\ud800", datetime(1899, 5, 1)]
)
def test_what_no_cell_can_hold_is_refused(value: Value) -> None:
    with pytest.raises(WriteFailed):
        set_cells(PLAIN, {1: {1: value}})


TEXTS = st.text(st.characters(exclude_categories=("Cs",)), max_size=12) | st.sampled_from(
    ["=1+1", "+x", "-1", "@a", "_x0041_", "_x005F_", " a ", "a  b", "a\nb", "a\r\nb", "\t", "#N/A"]
)
NUMBERS = st.integers(-(10**15), 10**15) | st.floats(allow_nan=False, allow_infinity=False)
ERRORS = st.sampled_from([CellError("#N/A"), CellError("#DIV/0!"), CellError("#REF!")])
SCALARS = st.none() | TEXTS | NUMBERS | st.booleans() | ERRORS
VALUES = SCALARS | st.builds(Formula, st.sampled_from(["A1*2", '"<&>"&B2']), SCALARS)
EDITS = st.dictionaries(
    st.integers(1, 8), st.dictionaries(st.integers(1, 8), VALUES, min_size=1), min_size=1
)


@settings(max_examples=150, deadline=None)
@given(EDITS, st.booleans())
def test_what_is_written_is_what_is_read(
    edits: dict[int, dict[int, Value]], with_prefix: bool
) -> None:
    base = prefixed(PLAIN) if with_prefix else PLAIN
    base = base.replace(b't="s"', b"")
    told = set_cells(base, edits)
    expected = values(base)
    expected.update({(r, c): v for r, cells in edits.items() for c, v in cells.items()})
    found = values(told)
    for at, value in expected.items():
        assert same(found.get(at), value), at
    assert {at for at, value in found.items() if value is not None} <= expected.keys()
    old, new = rows_of(cut(base)), rows_of(cut(told))
    assert {n for n in old.keys() | new.keys() if old.get(n) != new.get(n)} <= edits.keys()
    back = {r: {c: values(base).get((r, c)) for c in cells} for r, cells in edits.items()}
    assert values(set_cells(told, back, ours=range(20))) == values(base)


@given(st.datetimes(datetime(1900, 1, 2), datetime(9999, 1, 1)), st.booleans())
def test_dates_come_back_to_the_millisecond(moment: datetime, date1904: bool) -> None:
    if date1904 and moment < datetime(1904, 1, 2):
        return
    told = set_cells(PLAIN, {1: {1: moment}}, date1904=date1904)
    context = Context((), [Look.DATE] * 9, date1904=date1904)
    found = read_grid(OnePart(told), "sheet", "Sheet", context).columns[1][0]
    assert isinstance(found, datetime)
    assert abs(found - moment) < timedelta(milliseconds=1)


REPORT = sheet(
    '<row r="1"><c r="A1" s="3"><f>SUM(B:B)</f><v>0</v></c>'
    '<c r="B1" t="str"><f>"a"&amp;C1</f><v/></c><c r="C1" cm="1"><f t="array" ref="C1">'
    '_xlfn.UNIQUE(D:D)</f><v>1</v></c><c r="D1"><v>1</v></c></row>'
)


def test_recaching_leaves_formulas_as_they_are() -> None:
    told = set_cached(
        REPORT, {"SUM(B:B)": "none", '"a"&C1': 2.5, "_xlfn.UNIQUE(D:D)": CellError("#N/A")}
    )
    assert b'<c r="A1" s="3" t="str"><f>SUM(B:B)</f><v>none</v></c>' in told
    assert b'<c r="B1"><f>"a"&amp;C1</f><v>2.5</v></c>' in told
    assert (
        b'<c r="C1" cm="1" t="e"><f t="array" ref="C1">_xlfn.UNIQUE(D:D)</f><v>#N/A</v></c>' in told
    )
    assert set_cached(told, {"SUM(B:B)": "none"}) == told


def test_a_formula_that_went_makes_the_plan_stale() -> None:
    with pytest.raises(StaleSnapshot, match="SUM"):
        set_cached(REPORT, {"SUM(A:A)": 1})


BODY = sheet(
    '<row r="1"><c r="A1" t="str"><v>a</v></c><c r="B1" t="str"><v>b</v></c></row>'
    '<row r="2" ht="20"><c r="A2" s="4"><v>1</v></c><c r="B2" s="5"/>'
    '<c r="D2" s="1"><v>9</v></c></row>'
    '<row r="3"><c r="A3" s="8"><v>2</v></c></row>'
    '<row r="6"><c r="D6"><v>6</v></c></row>',
    before='<dimension ref="A1:D6"/>',
)


def test_a_body_grows_and_shrinks_and_leaves_people_s_cells() -> None:
    rows = [(i, f"row {i}") for i in range(7)]
    grown = replace_body(BODY, 2, 3, [1, 2], rows)
    assert values(grown)[8, 2] == "row 6"
    assert b'<row r="2" ht="20"><c r="A2" s="4"><v>0</v></c><c r="B2" s="5" t="inl' in grown
    assert b'<c r="D2" s="1"><v>9</v></c></row>' in grown
    assert b'</c><c r="D6"><v>6</v></c></row>' in grown
    assert b'<dimension ref="A1:D8"/>' in grown
    shrunk = replace_body(grown, 2, 8, [1, 2], rows[:2])
    assert values(shrunk) == {
        (1, 1): "a",
        (1, 2): "b",
        (2, 1): 0,
        (2, 2): "row 0",
        (3, 1): 1,
        (3, 2): "row 1",
        (2, 4): 9,
        (6, 4): 6,
    }
    assert cut(shrunk).numbers == [1, 2, 3, 6]
    assert replace_body(shrunk, 2, 3, [1, 2], rows[:2]) == shrunk


def test_a_body_without_rows_keeps_one_empty_row_with_its_styles() -> None:
    told = replace_body(BODY, 2, 3, [1, 2], [])
    assert b'<row r="2" ht="20"><c r="A2" s="4"/><c r="B2" s="5"/><c r="D2"' in told
    assert cut(told).numbers == [1, 2, 6]


def test_a_body_does_not_grow_over_people_s_cells() -> None:
    with pytest.raises(WriteFailed, match="D6 below it holds something"):
        replace_body(BODY, 2, 3, [1, 4], [(1, 2)] * 7)
    assert values(replace_body(BODY, 2, 3, [1, 2], [(1, 2)] * 7))[6, 4] == 6


def test_columns_apart_and_out_of_order_are_met() -> None:
    told = replace_body(BODY, 2, 3, [3, 1], [("c", "a"), (True, 1)])
    assert values(told)[2, 3] == "c"
    assert values(told)[3, 1] == 1
    assert values(told)[3, 3] is True
    assert b'<c r="B2" s="5"/>' in told
    assert [p.decode() for p in re.findall(rb'<c r="(\w+)"', told)][2:6] == ["A2", "B2", "C2", "D2"]


BODIES = st.lists(st.tuples(VALUES, VALUES, VALUES), max_size=12)


@settings(max_examples=60, deadline=None)
@given(BODIES, BODIES)
def test_any_body_replaces_any_other(
    first: list[tuple[Value, ...]], second: list[tuple[Value, ...]]
) -> None:
    one = replace_body(BODY, 2, 3, [1, 2, 3], first)
    two = replace_body(one, 2, 1 + max(len(first), 1), [1, 2, 3], second)
    found = values(two)
    for i, row in enumerate(second):
        for column, value in enumerate(row, 1):
            assert same(found.get((i + 2, column)), value)
    assert (found[2, 4], found[6, 4]) == (9, 6)
    assert max(r for r, c in found if c < 4) <= 1 + max(len(second), 1)


def test_another_reader_agrees() -> None:
    file = io.BytesIO()
    book = xlsxwriter.Workbook(file, {"in_memory": True})
    book.add_worksheet("S").write_row(0, 0, ["a", 1, True])
    book.close()
    package = Package.open(file.getvalue())
    part = "xl/worksheets/sheet1.xml"
    edits = {1: {2: "=SUM(A1)", 4: " _x0041_\x01 "}, 3: {1: 0.1, 2: True, 3: CellError("#N/A")}}
    told = package.with_parts({part: set_cells(package.read(part), edits)})
    read = openpyxl.load_workbook(io.BytesIO(told))["S"]
    assert read["B1"].value == "=SUM(A1)"
    assert read["B1"].data_type == "s" or read["B1"].data_type == "inlineStr"
    assert [c.value for c in read[3]][:3] == [0.1, True, "#N/A"]
