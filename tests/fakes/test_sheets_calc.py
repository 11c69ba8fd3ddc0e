"""The emulator's formulas: against LibreOffice where shared, as data where Google differs."""

from __future__ import annotations

import io
from datetime import datetime
from typing import Any

import openpyxl
import pytest

from tests.fakes.sheets import calc
from tests.fakes.sheets.calc_values import SHOWN
from tests.fakes.sheets.state import Sheet, Spreadsheet
from tests.libreoffice import needed, recalculated

DATA: list[list[Any]] = [
    ["key", "n", "kind", "day", "blank"],
    ["x", 1, "sale", 46037, None],
    ["y", 2.5, "refund", 46068, None],
    ["X2", -3, "sale", 45900, None],
    ["z*", 10, "Sale", 46100, None],
    ["", 0, "cost", 46101, None],
    [True, 7, "sale", 44927, None],
    ["12", 12, "a|b", 46022, None],
]


def entered(value: Any) -> dict[str, Any] | None:
    if value is None:
        return None
    if isinstance(value, bool):
        return {"userEnteredValue": {"boolValue": value}}
    if isinstance(value, str):
        kind = "formulaValue" if value.startswith("=") else "stringValue"
        return {"userEnteredValue": {kind: value}}
    return {"userEnteredValue": {"numberValue": value}}


def made(*tabs: tuple[str, list[list[Any]]], locale: str = "en_US", rows: int = 60) -> Spreadsheet:
    """A spreadsheet of tabs with these cells, worked out."""
    sheets = []
    for i, (title, cells) in enumerate(tabs):
        size = {"rowCount": max(rows, len(cells)), "columnCount": 20}
        sheet = Sheet({"sheetId": i, "title": title, "gridProperties": size})
        for r, row in enumerate(cells):
            sheet.put_row(r, 0, [entered(value) for value in row])
        sheets.append(sheet)
    book = Spreadsheet("book", {"locale": locale}, sheets)
    calc.recalculate(book)
    return book


def shown(sheet: Sheet, row: int, column: int) -> Any:
    """A cell's value, an error as its sign."""
    told = sheet.effective(row, column)
    if not told:
        return None
    ((kind, value),) = told.items()
    return SHOWN[value["type"]] if kind == "errorValue" else value


def worked_out(formula: str, cells: list[list[Any]] | None = None, locale: str = "en_US") -> Any:
    book = made(("F", [[formula]]), ("Data", cells or DATA), locale=locale)
    return shown(book.sheets[0], 0, 0)


SHARED = """
1+2*3 | -2^2 | 2^3^2 | 10/4 | 7-2-1 | 50%+1 | -5% | "a"&1 | 1=1 | "A"="a" | 1<"a" | 2<>3
"b">"a" | (1+2)*3 | 1/0 | 1E3+1 | .5+.25 | +5 | --"7" | SUM(Data!B2:B8) | SUM(Data!B2:B8,5)
SUM(Data!B:B) | AVERAGE(Data!B2:B8) | MIN(Data!B2:B8) | MAX(Data!B2:B8) | COUNT(Data!B2:D8)
COUNTA(Data!A2:A4) | COUNTA(Data!E2:E8) | COUNTIF(Data!C2:C8,"sale") | COUNTIF(Data!C2:C8,"?*")
COUNTIF(Data!A2:A8,"x*") | COUNTIF(Data!B2:B8,">1") | COUNTIF(Data!B2:B8,"<>10")
COUNTIF(Data!B2:B8,10) | COUNTIF(Data!A2:A8,"z~*") | SUMIF(Data!C2:C8,"sale",Data!B2:B8)
SUMIF(Data!B2:B8,">=2") | SUMIFS(Data!B2:B8,Data!C2:C8,"sale",Data!B2:B8,">0")
COUNTIFS(Data!C2:C8,"sale",Data!D2:D8,">=46000") | AVERAGEIF(Data!C2:C8,"refund",Data!B2:B8)
AVERAGEIF(Data!C2:C8,"no",Data!B2:B8) | MAX(0,-1) | MEDIAN(Data!B2:B8) | LARGE(Data!B2:B8,2)
SMALL(Data!B2:B8,1) | RANK(10,Data!B2:B8) | RANK(1,Data!B2:B8,1) | PERCENTILE(Data!B2:B8,0.25)
ROUND(2.5,0) | ROUND(-2.5,0) | ROUND(1.005,2) | ROUND(1234,-2) | ROUNDUP(1.1,0)
ROUNDDOWN(-1.9,0) | INT(-1.5) | ABS(-4) | MOD(-3,5) | POWER(2,10) | SQRT(16) | SQRT(-1) | EXP(0)
LN(1) | LOG10(1000) | SIGN(-3) | TRUNC(1.29,1) | PRODUCT(2,3,4)
SUMPRODUCT(Data!B2:B4,Data!B2:B4) | SUMPRODUCT(--(Data!C2:C8="sale"))
SUMPRODUCT((Data!C2:C8="sale")*Data!B2:B8) | IF(1>0,"y","n") | IF(0,1) | IF(TRUE,,3)
IFERROR(1/0,"e") | IFERROR(5,"e") | AND(TRUE,1) | AND(TRUE,FALSE) | OR(FALSE,1) | NOT(0)
INDEX(Data!A2:B8,2,2) | INDEX(Data!B2:B8,3) | INDEX(Data!A1:E1,3) | MATCH("y",Data!A2:A8,0)
MATCH("Z~*",Data!A2:A8,0) | MATCH("nope",Data!A2:A8,0) | MATCH("x?",Data!A2:A8,0)
MATCH(46050,Data!D2:D3,1) | INDEX(Data!B2:B8,MATCH("X2",Data!A2:A8,0))
VLOOKUP("y",Data!A2:D8,2,FALSE) | VLOOKUP("q",Data!A2:D8,2,FALSE)
HLOOKUP("n",Data!A1:D3,2,FALSE) | LEN("abc") | TRIM("  a  b ") | LOWER("AbC") | UPPER("abc")
PROPER("ann lee") | LEFT("abc",2) | RIGHT("abc",2) | MID("abcd",2,2) | CONCATENATE("a",1,"b")
SUBSTITUTE("aXbX","X","-") | SUBSTITUTE("aXbX","X","-",2) | REPLACE("abcd",2,2,"Z")
FIND("c","abc") | FIND("C","abc") | SEARCH("C","abc") | EXACT("a","A") | REPT("ab",3)
VALUE("12.5") | TEXT(1234.5,"#,##0.00") | TEXT(0.256,"0%") | TEXT(7,"000")
TEXT(46037,"yyyy-mm-dd") | CHAR(65) | CODE("A") | DATE(2026,1,31) | DATE(2026,13,1)
DATE(2026,3,0) | YEAR(46037) | MONTH(46037) | DAY(46037) | EDATE(DATE(2026,1,31),1)
EDATE(DATE(2026,3,15),-2) | EOMONTH(DATE(2026,2,3),0) | WEEKDAY(46037) | WEEKDAY(46037,2)
ISNUMBER(1) | ISNUMBER("1") | ISTEXT("a") | ISBLANK(Data!E2) | ISERROR(1/0) | ISNA(NA())
ISERR(NA()) | ISLOGICAL(TRUE) | N("a") | N(TRUE) | ROWS(Data!A2:A8) | COLUMNS(Data!A2:D8)
ROW(Data!A5) | COLUMN(Data!C1) | ROW() | CHOOSE(2,"a","b") | COUNTBLANK(Data!E2:E4)
YEAR(46037)*100+MONTH(46037) | HYPERLINK("#a","label")
IFERROR(INDEX(Data!A2:A8,MATCH(99,Data!B2:B8,0)),"no data") | INDEX(Data!A2:B8,99,1)
SUM(INDEX(Data!B2:D8,0,1))
"""
FORMULAS = [told.strip() for line in SHARED.strip().splitlines() for told in line.split(" | ")]


@pytest.mark.libreoffice
@needed
def test_libreoffice_agrees_with_every_shared_formula(tmp_path):
    book = openpyxl.Workbook()
    sheet, data = book.active, book.create_sheet("Data")
    for told in FORMULAS:
        sheet.append([None if told == "ROW()" else "=" + told])
    for row in DATA:
        data.append(row)
    raw = io.BytesIO()
    book.save(raw)
    theirs = recalculated(raw.getvalue(), tmp_path).worksheets[0]
    ours = made(("F", [["=" + told] for told in FORMULAS]), ("Data", DATA), rows=300).sheets[0]
    unlike = []
    for i, told in enumerate(FORMULAS):
        if told == "ROW()":
            continue
        expected, found = theirs.cell(i + 1, 1).value, shown(ours, i, 0)
        if isinstance(expected, datetime):
            expected = (expected - datetime(1899, 12, 30)).days
        if isinstance(found, int | float) and isinstance(expected, int | float):
            same = found == pytest.approx(expected, rel=1e-12)
        else:
            same = (expected or "") == (found or "") or str(expected)[:1] == str(found)[:1] == "#"
        if not same:
            unlike.append((told, expected, found))
    assert len(FORMULAS) >= 80
    assert not unlike, unlike


GOOGLES = [
    ('"5"+1', 6),
    ('"a"+1', "#VALUE!"),
    ('"a"&1&TRUE', "a1TRUE"),
    ('"a"<TRUE', True),
    ('SUM(Data!B2:B8,5,"6")', 40.5),
    ("COUNT(Data!A2:D8)", 14),
    ('IFNA(NA(),"none")', "none"),
    ("COUNTA(Data!A2:A8)", 7),
    ("FOO(1)", "#NAME?"),
    ("nope", "#NAME?"),
    ("1+", "#ERROR!"),
    ("Gone!A1", "#REF!"),
    ("#REF!+1", "#REF!"),
    ("A1", "#REF!"),
    ("TODAY()", 46037),
    ('COUNTIF(Data!A2:A8,"")', 1),
    ("COUNTIF(Data!A2:A8,12)", 1),
    ("SUM({1,2;3,4})", 10),
    ("SUM({1;2},{3})", 6),
    ('IFS(FALSE,1,TRUE,"b")', "b"),
    ('SWITCH(2,1,"a",2,"b","c")', "b"),
    ('XLOOKUP("y",Data!A2:A8,Data!B2:B8)', 2.5),
    ('XLOOKUP("q",Data!A2:A8,Data!B2:B8,"none")', "none"),
    ('XLOOKUP("z*",Data!A2:A8,Data!B2:B8)', 10),
    ('TEXTJOIN("-",TRUE,Data!A2:A5,Data!E2:E3)', "x-y-X2-z*"),
    ('JOIN("|",Data!A2:A3)', "x|y"),
    ("LET(a,2,b,a*3,a+b)", 8),
    ('INDIRECT("Data!B3")', 2.5),
    ('SUM(FILTER(Data!B2:B8,Data!C2:C8="sale"))', 15),
    ("ROWS(UNIQUE(Data!C2:C8))", 5),
    ("SUM(SORT(Data!B2:B8))", 29.5),
    ("INDEX(SORT(Data!B2:B8,1,FALSE),1)", 12),
    ("SUM(SEQUENCE(4))", 10),
    ("SUM(ARRAYFORMULA(Data!B2:B4*2))", 1),
    ('SUM(ARRAYFORMULA(COUNTIF(Data!C2:C8,{"sale","refund"})))', 5),
    ('ARRAYFORMULA(SUM(IF(Data!C2:C8="sale",Data!B2:B8,0)))', 15),
    ("SUM(ARRAYFORMULA(IFERROR(1/(Data!B2:B8-1),0)))", pytest.approx(-0.21464646464646464)),
    ('REGEXMATCH("abc","b.")', True),
    ('REGEXREPLACE("a1b2","[0-9]","")', "ab"),
    ("SPARKLINE(Data!B2:B8)", ""),
    ("COUNTA(VSTACK(Data!A2:A3,Data!A4))", 3),
    ("COLUMNS(HSTACK(Data!A2:A3,Data!B2:B3))", 2),
    ("SUM(Data!B2:B)", 29.5),
    ("SUM(Data!2:2)", 46038),
    ("SUM(data!$B$2:$B$3)", 3.5),
    ("IF(;1;2)", 2),
    ("SUM(1;2)", 3),
    ("ROW(Data!A3:A4)", 3),
    ("LEN()", "#N/A"),
]  # fmt: skip


@pytest.mark.parametrize(("formula", "expected"), GOOGLES, ids=[told for told, _ in GOOGLES])
def test_forms_of_google(formula, expected):
    assert worked_out("=" + formula) == expected


def test_a_comma_is_the_decimal_sign_of_many_locales():
    assert worked_out("=SUM(1,5;2)", locale="de_DE") == 3.5
    assert worked_out("=SUM({1\\2;3\\4})", locale="de_DE") == 10
    assert worked_out("=SUM(1.5;2)", locale="de_DE") == "#ERROR!"


def test_the_check_column_is_one_formula_that_spills():
    told = (
        '=VSTACK("Check",ARRAYFORMULA(IF(A2:A="","",IFERROR(VLOOKUP(A2:A,Marks!A:B,2,FALSE),""))))'
    )
    rows = [["id", None, told], ["P-1"], [None], ["P-2"], ["P-3"]]
    book = made(("Deals", rows), ("Marks", [["P-1", "bad"], ["P-3", "late"]]))
    assert [shown(book.sheets[0], r, 2) for r in range(6)] == ["Check", "bad", "", "", "late", ""]


def test_a_blocked_spill_says_where():
    book = made(("A", [["={1;2;3}"], [None], ["here"]]))
    assert book.sheets[0].effective(0, 0) == {
        "errorValue": {
            "type": "REF",
            "message": "Array result was not expanded because it would overwrite data in A3.",
        }
    }
    assert book.sheets[0].effective(1, 0) is None


def test_an_array_does_not_grow_the_grid():
    book = made(("A", [[None, "=ARRAYFORMULA(A1:A)"], [None, "=ARRAYFORMULA(A1:A)"]]))
    assert shown(book.sheets[0], 1, 1) == "#REF!"


def test_formulas_see_what_arrays_spill():
    book = made(("A", [["=SUM(B1:B3)", "={1;2;3}", "=B3*2"], ["=B2"]]))
    assert [shown(book.sheets[0], *at) for at in ((0, 0), (0, 2), (1, 0))] == [6, 6, 2]


def test_a_circle_is_told():
    book = made(("A", [["=B1", "=A1"], ["=SUM(A1:A5)"]]))
    assert [shown(book.sheets[0], *at) for at in ((0, 0), (0, 1), (1, 0))] == ["#REF!"] * 3


def test_a_name_and_a_table_column_are_ranges():
    book = made(("A", [["=SUM(prices)", "=SUM(tblDeals[n])"]]), ("Data", DATA))
    rows = {"startRowIndex": 1, "endRowIndex": 8}
    span = {"sheetId": 1, "startColumnIndex": 0, "endColumnIndex": 5}
    prices = {"sheetId": 1, "startColumnIndex": 1, "endColumnIndex": 2, **rows}
    book.named_ranges["1"] = {"name": "prices", "range": prices}
    book.sheets[1].tables.append(
        {"name": "tblDeals", "range": {"startRowIndex": 0, "endRowIndex": 8} | span}
    )
    calc.recalculate(book)
    assert [shown(book.sheets[0], 0, c) for c in (0, 1)] == [29.5, 29.5]


def test_dates_stay_dates():
    book = made(("A", [["=TODAY()", "=A1+7", "=A1-B1", '=IF(1,EDATE(A1,1),"")', "=A1*1"]]))
    formats = book.sheets[0].computed_formats
    assert {column for _, column in formats} == {0, 1, 3}
    assert formats[0, 0] == {"type": "DATE"}


def test_ten_thousand_look_ups_and_a_long_chain_are_linear():
    rows = [
        [f"k{i}", i, f"=VLOOKUP(A{10_000 - i},A:B,2,FALSE)", f"=D{i}+1" if i else 1]
        for i in range(10_000)
    ]
    book = made(("A", rows), rows=10_000)
    assert shown(book.sheets[0], 9_999, 3) == 10_000
    assert shown(book.sheets[0], 1, 2) == 9_998
    chain = made(("A", [[f"=A{i + 2}+1"] for i in range(3000)] + [[1]]), rows=3001)
    assert shown(chain.sheets[0], 0, 0) == 3001
