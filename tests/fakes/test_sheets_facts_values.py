"""Measured facts about the live Sheets API: typing, writing and reading values."""

from __future__ import annotations

from urllib.parse import quote

import pytest

from tests.fakes.sheets_facts import FACTS, Scratch, fact

# What typing does, and RAW does not ---------------------------------------------------------------
TYPED = [
    ("007", ("numberValue", 7)),
    ("+44", ("numberValue", 44)),
    ("1e5", ("numberValue", 100_000)),
    ("TRUE", ("boolValue", True)),
    ("=1+2", ("formulaValue", "=1+2")),
    ("'0123", ("stringValue", "0123")),
    ("$100.15", ("numberValue", 100.15)),
    ("50%", ("numberValue", 0.5)),
    ("2026-09-05", ("numberValue", 46270)),
    ("1-2", ("numberValue", 46024)),
    ("8085807e4 x", ("stringValue", "8085807e4 x")),
]


@fact("USER_ENTERED reads numbers, dates, money, booleans and formulas", "mmedum spike A")
def _(s: Scratch) -> None:
    for told, expected in TYPED:
        assert s.typed(told) == expected, told


@fact("RAW stores every text as it is, apostrophe included", "mmedum spike A")
def _(s: Scratch) -> None:
    for told, _ in TYPED:
        assert s.typed(told, "RAW") == ("stringValue", told)


@fact("RAW keeps JSON's own kinds", "guide reference ValueInputOption")
def _(s: Scratch) -> None:
    assert s.typed(1.5, "RAW") == ("numberValue", 1.5)
    assert s.typed(told=True, option="RAW") == ("boolValue", True)


@fact("Typing brings a number format along: money, dates, percent", "mmedum spike A")
def _(s: Scratch) -> None:
    for told, kind in (("$100.15", "CURRENCY"), ("2026-09-05", "DATE"), ("5%", "PERCENT")):
        s.update("A1:A1", [[told]])
        assert s.cell("A1")["userEnteredFormat"]["numberFormat"]["type"] == kind
        assert s.values("A1") == [[told]]
        s.done({"updateCells": {"range": s.area(0, 1, 0, 1), "fields": "*"}})


@fact("gspread-dataframe's writes turn 007 into 7 and run =1+1", "google-sheets.md 1.4")
def _(s: Scratch) -> None:
    s.update("A1", [["007", "+44", "=1+1"]])
    assert s.values("A1:C1", "UNFORMATTED_VALUE") == [[7, 44, 2]]


@fact("A day is typed by the locale", "guide concepts, dates; gspread#1368", locale="de_DE")
def _(s: Scratch) -> None:
    assert s.typed("5.9.2026") == ("numberValue", 46270)
    assert s.typed("1,5") == ("numberValue", 1.5)
    assert s.typed("1.234,5") == ("numberValue", 1234.5)


@fact("Days count from 1899-12-30", "guide concepts, DateTimeRenderOption")
def _(s: Scratch) -> None:
    s.update("A1", [["1900-01-01"]])
    assert s.values("A1", "UNFORMATTED_VALUE", dateTimeRenderOption="SERIAL_NUMBER") == [[2]]
    assert s.values("A1", "UNFORMATTED_VALUE", dateTimeRenderOption="FORMATTED_STRING") == [
        ["1900-01-01"]
    ]


# Writing values -----------------------------------------------------------------------------------
@fact("A null is skipped, an empty text clears", "guide reference ValueRange; discovery")
def _(s: Scratch) -> None:
    s.update("A1", [["a", "b", "c"]])
    s.update("A1", [[None, "", "C"]])
    assert s.values("A1:C1") == [["a", "", "C"]]


@fact("Skipped cells do not count as updated", "cassettes")
def _(s: Scratch) -> None:
    status, reply = s.update("A1:C1", [["x", None, "z"]])
    assert (status, reply["updatedCells"]) == (200, 2)


@fact("A short row leaves the cells beyond it alone", "mmedum spike A")
def _(s: Scratch) -> None:
    s.update("A1", [["a", "b"], ["c", "d"]])
    s.update("A1", [["A"], ["C", "D"]])
    assert s.values("A1:B2") == [["A", "b"], ["C", "D"]]


@fact("A range larger than its values writes only their rectangle", "mmedum spike A")
def _(s: Scratch) -> None:
    s.update("A1:B3", [["a", "b"], ["c", "d"], ["e", "f"]])
    s.update("A1:B3", [["A"]])
    assert s.values("A1:B3") == [["A", "b"], ["c", "d"], ["e", "f"]]


@fact("Values that exceed their range are refused, by row", "mmedum spike A")
def _(s: Scratch) -> None:
    status, reply = s.update("A1:B2", [["a"], ["b"], ["c"]])
    assert status == 400
    assert "tried writing to row [3]" in reply["error"]["message"]
    assert s.values("A1:B3") == []


@fact("values.update keeps a cell's note and validation", "mmedum spike I")
def _(s: Scratch) -> None:
    rule = {"condition": {"type": "ONE_OF_LIST", "values": [{"userEnteredValue": "x"}]}}
    noted = {"rows": [{"values": [{"note": "careful"}]}], "fields": "note"}
    s.done(
        {"updateCells": {**noted, "range": s.area(0, 1, 0, 1)}},
        {"setDataValidation": {"range": s.area(0, 1, 0, 1), "rule": rule}},
    )
    s.update("A1", [["x"]])
    assert s.cell("A1")["note"] == "careful"
    assert s.cell("A1")["dataValidation"]["condition"]["type"] == "ONE_OF_LIST"
    s.ask("POST", "/values/A1:clear", {})
    assert s.cell("A1")["note"] == "careful"


@fact("50,000 characters fit into a cell, 50,001 do not", "mmedum spike G")
def _(s: Scratch) -> None:
    for option in ("RAW", "USER_ENTERED"):
        assert s.update("A1", [["x" * 50_000]], option)[0] == 200
        assert len(s.values("A1")[0][0]) == 50_000
        status, reply = s.update("A1", [["x" * 50_001]], option)
        assert status == 400
        assert "maximum of 50000 characters in a single cell" in reply["error"]["message"]


@fact("values.update needs a valueInputOption", "cassettes; discovery")
def _(s: Scratch) -> None:
    status, _ = s.ask("PUT", "/values/A1", {"values": [["a"]]})
    assert status == 400


@fact("append goes behind the block in which its range lies", "mmedum spike B; gspread#537")
def _(s: Scratch) -> None:
    s.update("A1", [["a", "b"]] * 3)
    s.update("A6", [["c", "d"]] * 2)
    reply = s.append("A1", [["new", "new"]], insertDataOption="OVERWRITE")
    assert reply["tableRange"].endswith("A1:B3")
    assert reply["updates"]["updatedRange"].endswith("A4:B4")
    assert s.append("A6", [["n", "n"]])["tableRange"].endswith("A6:B7")


@fact("INSERT_ROWS pushes what lies below down", "mmedum spike B")
def _(s: Scratch) -> None:
    s.update("A1", [["a"]] * 3)
    s.update("A6", [["c"]])
    s.append("A1", [["new"], ["new"]], insertDataOption="INSERT_ROWS")
    assert s.values("A1:A8") == [["a"], ["a"], ["a"], ["new"], ["new"], [], [], ["c"]]


@fact("An append past the last row grows the grid", "cassettes; google-sheets.md 3.3")
def _(s: Scratch) -> None:
    s.update("A1000", [["last"]])
    s.append("A1000", [["more"], ["more"]])
    assert s.sheet_json("properties")["properties"]["gridProperties"]["rowCount"] == 1002


@fact("values.update past the last row or column is refused", "issues quoted by mmedum, §18")
def _(s: Scratch) -> None:
    for place, rows in (("A1000", [["a"], ["b"]]), ("Z1", [["a", "b"]])):
        status, reply = s.update(place, rows)
        assert status == 400
        assert "but tried writing to" in reply["error"]["message"]
    assert s.values("A1000") == []


@fact("updateCells past the grid is refused with the grid's size", "mmedum spike C and G")
def _(s: Scratch) -> None:
    told = s.refused(
        {"updateCells": {"range": s.area(1000, 1001, 0, 1), "rows": [], "fields": "note"}}
    )
    assert "exceeds grid limits. Max rows: 1000, max columns: 26" in told


# Reading ------------------------------------------------------------------------------------------
@fact("Empty rows and cells at the end are left out", "cassettes; guide reference ValueRange")
def _(s: Scratch) -> None:
    s.update("B2", [["x", "", ""], ["", "", ""]])
    assert s.values("A1:E9") == [[], ["", "x"]]


@fact("A range past the grid is refused with its limits", "mmedum spike C")
def _(s: Scratch) -> None:
    status, reply = s.ask("GET", f"/values/{s.title}!A5000:B5001")
    assert status == 400
    assert reply["error"]["message"] == (
        f"Range ({s.title}!A5000:B5001) exceeds grid limits. Max rows: 1000, max columns: 26"
    )


@fact("Four letters are no column", "mmedum spike G")
def _(s: Scratch) -> None:
    status, reply = s.ask("GET", "/values/AAAA1")
    assert (status, reply["error"]["message"]) == (400, "Unable to parse range: AAAA1")


@fact("A bare word is a named range before it is a tab; a quoted one is the tab", "mmedum spike C")
def _(s: Scratch) -> None:
    s.update("A1", [["a", "b"], ["c", "d"]])
    s.done({"addNamedRange": {"namedRange": {"name": s.title, "range": s.area(1, 2, 1, 2)}}})
    assert s.values(s.title) == [["d"]]
    assert s.values(f"'{s.title}'") == [["a", "b"], ["c", "d"]]
    assert s.values(f"{s.title}!A1") == [["a"]]


@fact("A table reference is no range", "mmedum spike C")
def _(s: Scratch) -> None:
    s.done({"addTable": {"table": {"name": "tbl", "range": s.area(0, 3, 0, 2)}}})
    for told in ("tbl", "tbl[Column 1]"):
        status, reply = s.ask("GET", f"/values/{quote(told)}")
        assert (status, reply["error"]["message"]) == (400, f"Unable to parse range: {told}")


@fact("includeGridData=false does not count once fields are set", "discovery; mmedum §18")
def _(s: Scratch) -> None:
    s.update("A1", [["a"]])
    told = s.get("sheets.data.rowData.values.formattedValue", includeGridData="false")
    assert told["sheets"][0]["data"][0]["rowData"][0]["values"][0] == {"formattedValue": "a"}
    assert "data" not in s.get()["sheets"][0]
    assert "data" in s.get(includeGridData="true")["sheets"][0]


@fact("A mask shows what it names and nothing else", "guide field masks")
def _(s: Scratch) -> None:
    assert s.get("properties(title)") == {"properties": {"title": "Untitled spreadsheet"}}
    assert s.get("sheets/properties/title") == {"sheets": [{"properties": {"title": s.title}}]}
    assert s.ask("GET", "", fields="noSuchField")[0] == 400


@fact("sheetId 0 is left out of ranges in replies", "cassettes")
def _(s: Scratch) -> None:
    s.book.sheets[0].properties["sheetId"] = s.sheet = 0
    (reply,) = s.done({"addNamedRange": {"namedRange": {"name": "n", "range": s.area(0, 1, 0, 1)}}})
    assert "sheetId" not in reply["addNamedRange"]["namedRange"]["range"]
    assert "sheetId" not in s.get("namedRanges")["namedRanges"][0]["range"]


@fact("An error cell carries its type and sentence", "discovery ErrorValue")
def _(s: Scratch) -> None:
    s.update("A1", [["=1/0", "=NOSUCH()", "=NA()"]])
    assert s.values("A1:C1") == [["#DIV/0!", "#NAME?", "#N/A"]]
    assert s.cell("A1")["effectiveValue"]["errorValue"]["type"] == "DIVIDE_BY_ZERO"
    assert s.cell("A1")["userEnteredValue"] == {"formulaValue": "=1/0"}


@fact("Shown numbers follow the locale", "discovery CellData.formattedValue", locale="de_DE")
def _(s: Scratch) -> None:
    cell = {"userEnteredValue": {"numberValue": 1234.5}}
    cell["userEnteredFormat"] = {"numberFormat": {"type": "NUMBER", "pattern": "#,##0.00"}}
    span = s.area(0, 1, 0, 1)
    s.done({"updateCells": {"range": span, "rows": [{"values": [cell]}], "fields": "*"}})
    assert s.values("A1") == [["1.234,50"]]
    assert s.values("A1", "UNFORMATTED_VALUE") == [[1234.5]]


@fact("Semicolons part a formula's arguments in all locales", "mricon/ingress-fieldplan#5")
def _(s: Scratch) -> None:
    s.update("A1", [["=SUM(1;2)", "=SUM(1,2)"]])
    assert s.values("A1:B1") == [["3", "3"]]


@fact("A missing spreadsheet is 404", "mmedum spike E")
def _(s: Scratch) -> None:
    status, _, reply = s.service.handle("GET", "/v4/spreadsheets/none", {}, None, "owner")
    assert (status, reply["error"]["status"]) == (404, "NOT_FOUND")
    assert reply["error"]["message"] == "Requested entity was not found."


@fact("An unknown request kind names its place", "mmedum spike E")
def _(s: Scratch) -> None:
    status, reply = s.batch({"noSuchRequest": {}})
    assert status == 400
    assert (
        "Unknown name \"noSuchRequest\" at 'requests[0]': Cannot find field."
        in (reply["error"]["message"])
    )


@pytest.mark.parametrize(("check", "book"), FACTS[__name__])
def test_fact(check, book):
    check(Scratch(**book))
