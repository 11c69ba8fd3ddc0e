"""Ranges, styles and settings outside the cells follow a table, and only those that cover it."""

from __future__ import annotations

from datetime import datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from sheetsync.backends.xlsx.calc import calculate_on_load
from sheetsync.backends.xlsx.draft import Draft
from sheetsync.backends.xlsx.package import Package
from sheetsync.backends.xlsx.parts import Book
from sheetsync.backends.xlsx.ranges import Resize
from sheetsync.backends.xlsx.styles import Styles
from sheetsync.backends.xlsx.tables import follow, resize_of
from tests.frame.customised import MAIN, OFFICE, inject
from tests.frame.small_tracker import draw

GROWS = Resize("It's KPIs", 1, 2, 10, 12, 2, 5)


@pytest.mark.parametrize(
    ("ref", "stretched"),
    [
        ("B2:E10", "B2:E12"),
        ("$B$2:$B$10", "$B$2:$B$12"),
        ("B1:B10", "B1:B12"),
        ("A1:Z10", "A1:Z12"),
        ("C10", "C10:C12"),
        ("B2:B9", "B2:B9"),
        ("B2:B99", "B2:B99"),
        ("F2:F10", "F2:F10"),
        ("A2:A10", "A2:A10"),
        ("#REF!", "#REF!"),
        ("A:A", "A:A"),
        ("ZZZZ2:ZZZZ10", "ZZZZ2:ZZZZ10"),
    ],
)
def test_ranges_of_the_same_sheet(ref: str, stretched: str) -> None:
    assert GROWS.local(ref) == stretched
    assert GROWS.sqref(f"A1 {ref}") == f"A1 {stretched}"


@pytest.mark.parametrize(
    ("formula", "stretched"),
    [
        ("'It''s KPIs'!$B$2:$C$10", "'It''s KPIs'!$B$2:$C$12"),
        ("SUM('it''s kpis'!B2:B10)+1", "SUM('it''s kpis'!B2:B12)+1"),
        ("'It''s KPIs'!$B$1:$E$10", "'It''s KPIs'!$B$1:$E$12"),
        ("'It''s KPIs'!$B$3:$B$10", "'It''s KPIs'!$B$3:$B$10"),
        ("'It''s KPIs'!$A$2:$B$10", "'It''s KPIs'!$A$2:$B$10"),
        ("'It''s KPIs'!$B$2", "'It''s KPIs'!$B$2"),
        ("Other!$B$2:$B$10", "Other!$B$2:$B$10"),
        ("B2:B10", "B2:B10"),
        ("'It''s KPIs'!$B$2:$XYZ$9999999", "'It''s KPIs'!$B$2:$XYZ$9999999"),
    ],
)
def test_ranges_in_formulas(formula: str, stretched: str) -> None:
    assert GROWS.formula(formula) == stretched


def test_one_cell_is_stretched_only_when_it_is_said_to_be_a_body() -> None:
    first = Resize("K", 1, 2, 2, 9, 1, 3)
    assert first.formula("K!$A$2", single=True) == "K!$A$2:$A$9"
    assert first.formula("K!$A$2") == "K!$A$2"
    assert first.formula("K!$A$2+1", single=True) == "K!$A$2+1"


@given(st.integers(2, 60), st.integers(2, 60))
def test_stretching_back_gives_the_old_range(one: int, other: int) -> None:
    there = Resize("K", 1, 2, one, other, 1, 3)
    back = Resize("K", 1, 2, other, one, 1, 3)
    for text in (f"K!$A$2:$A${one}", f"K!$A$1:$C${one}", "K!$A$1:$A$1"):
        assert back.formula(there.formula(text)) == text
    assert back.local(there.local(f"B2:B{one}")) == f"B2:B{one}"


def test_pivot_sources_follow_and_ask_for_a_refresh() -> None:
    cache = "xl/pivotCache/pivotCacheDefinition1.xml"
    xml = (
        f'<pivotCacheDefinition xmlns="{MAIN}"><cacheSource type="worksheet">'
        '<worksheetSource ref="A1:D2" sheet="KPI Monthly"/></cacheSource></pivotCacheDefinition>'
    )
    kind = f"{OFFICE}/pivotCacheDefinition"
    rels = {"xl/workbook.xml": [("rIdP", kind, "pivotCache/pivotCacheDefinition1.xml")]}
    data = inject(draw(()), {cache: xml.encode()}, rels, {cache: "x/pivot"}, {})
    draft = Draft(Package.open(data))
    table = next(t for t in draft.book.tables if t.name == "tblKpis")
    change = resize_of("KPI Monthly", table, 7)
    follow(draft, change, table.sheet_part)
    assert draft.read(cache) == xml.encode().replace(b"A1:D2", b"A1:D7").replace(
        b"Definition xmlns", b'Definition refreshOnLoad="1" xmlns', 1
    )


def styles() -> Styles:
    data = draw(())
    return Styles(Package.open(data).read("xl/styles.xml"))


def test_a_style_for_dates_is_appended_once_and_none_renumbered() -> None:
    book = styles()
    before = book.xml
    day = book.for_value(0, datetime(2026, 1, 1))
    assert book.for_value(day, datetime(2026, 1, 2)) == day
    assert book.for_value(0, datetime(2026, 1, 2)) == day
    moment, lasting = book.for_value(0, datetime(2026, 1, 1, 8)), book.for_value(0, timedelta(2))
    assert len({0, day, moment, lasting}) == 4
    assert book.for_value(day, 5.0) == 0
    assert book.for_value(day, "text") == day
    again = Styles(book.xml)
    assert len(again) == len(book)
    assert again.for_value(0, datetime(2026, 1, 2)) == day
    assert f'count="{len(book)}"' in book.xml.decode()
    kept = before[before.index(b"<cellXfs") :].partition(b"</cellXfs>")[0].partition(b">")[2]
    assert kept in book.xml


def test_a_number_loses_the_mark_that_would_make_it_text() -> None:
    xml = f"""<styleSheet xmlns="{MAIN}"><cellXfs count="1"><xf numFmtId="0" quotePrefix="1"/>\
</cellXfs></styleSheet>"""
    book = Styles(xml.encode())
    assert book.for_value(0, "='") == 0
    assert book.for_value(0, 5) == 1
    assert b'<cellXfs count="2"><xf numFmtId="0" quotePrefix="1"/><xf numFmtId="0"/>' in book.xml


def test_styles_without_formats_get_their_block_first() -> None:
    xml = (
        f'<x:styleSheet xmlns:x="{MAIN}"><x:cellXfs><x:xf numFmtId="0"/></x:cellXfs></x:styleSheet>'
    )
    book = Styles(xml.encode())
    assert book.for_value(0, datetime(2026, 1, 1)) == 1
    told = f"""<x:styleSheet xmlns:x="{MAIN}"><x:numFmts count="1"><x:numFmt numFmtId="164" \
formatCode="yyyy-mm-dd"/></x:numFmts><x:cellXfs count="2"><x:xf numFmtId="0"/>\
<x:xf numFmtId="164" applyNumberFormat="1"/></x:cellXfs></x:styleSheet>"""
    assert book.xml == told.encode()


@pytest.mark.parametrize(
    ("setting", "wanted"),
    [
        ("", '<calcPr fullCalcOnLoad="1"/>'),
        ('<calcPr calcId="1"/>', '<calcPr calcId="1" fullCalcOnLoad="1"/>'),
        ('<calcPr fullCalcOnLoad="0" calcId="1"/>', '<calcPr fullCalcOnLoad="1" calcId="1"/>'),
        ('<calcPr fullCalcOnLoad="true"/>', '<calcPr fullCalcOnLoad="true"/>'),
        ("<calcPr></calcPr>", '<calcPr fullCalcOnLoad="1"></calcPr>'),
    ],
)
def test_calculation_on_load_is_asked_for_once(setting: str, wanted: str) -> None:
    package = Package.open(draw(()))
    part = "xl/workbook.xml"
    xml = package.read(part).decode()
    old = '<calcPr calcId="124519" fullCalcOnLoad="1"/>'
    data = package.with_parts({part: xml.replace(old, setting).encode()})
    draft = Draft(Package.open(data))
    calculate_on_load(draft)
    assert draft.read(part).decode() == xml.replace(old, wanted)
    assert Book.of(Package.open(Package.open(data).with_parts(draft.changes()))).sheets


def test_a_book_without_formulas_is_not_asked_to_calculate() -> None:
    data = Package.open(draw(()))
    xml = data.read("xl/workbook.xml").replace(b' fullCalcOnLoad="1"', b"")
    sheet = "xl/worksheets/sheet1.xml"
    bare = data.read(sheet)
    start, end = bare.index(b"<row r="), bare.index(b"</sheetData>")
    quiet = data.with_parts({"xl/workbook.xml": xml, sheet: bare[:start] + bare[end:]})
    draft = Draft(Package.open(quiet))
    calculate_on_load(draft)
    assert draft.changes() == {}
