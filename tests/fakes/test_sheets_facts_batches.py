"""Measured facts about the live Sheets API: batches, tabs and the grid."""

from __future__ import annotations

import pytest

from tests.fakes.sheets_facts import FACTS, Scratch, fact


# Batches ------------------------------------------------------------------------------------------
@fact("A refused request takes the whole batch with it", "discovery batchUpdate; mmedum §2")
def _(s: Scratch) -> None:
    row = {"rows": [{"values": [{"userEnteredValue": {"stringValue": "x"}}]}]}
    before = s.get()
    told = s.refused(
        {"updateCells": {**row, "range": s.area(0, 1, 0, 1), "fields": "userEnteredValue"}},
        {"addSheet": {"properties": {"title": "New"}}},
        {"deleteSheet": {"sheetId": 987_654}},
    )
    assert told.startswith("Invalid requests[2].deleteSheet: ")
    assert s.values("A1:A1") == []
    assert s.get() == before


@fact("Replies stand in the order of requests, empty ones too", "discovery batchUpdate")
def _(s: Scratch) -> None:
    span = s.area(0, 1, 0, 1)
    replies = s.done(
        {"repeatCell": {"range": span, "cell": {"note": "n"}, "fields": "note"}},
        {"addSheet": {"properties": {"title": "B"}}},
    )
    assert replies[0] == {}
    assert replies[1]["addSheet"]["properties"]["title"] == "B"


@fact("One request holds one kind", "discovery Request")
def _(s: Scratch) -> None:
    assert s.batch({"addSheet": {}, "deleteSheet": {"sheetId": s.sheet}})[0] == 400
    assert s.batch()[0] == 400


@fact("The reply's spreadsheet is masked by fields and cut by responseRanges", "mmedum §18, 17a.7")
def _(s: Scratch) -> None:
    s.update("A1", [["=B1*2", 4]])
    body = {
        "requests": [{"addSheet": {"properties": {"title": "B"}}}],
        "includeSpreadsheetInResponse": True,
        "responseRanges": ["A1:A1"],
        "responseIncludeGridData": True,
    }
    fields = "updatedSpreadsheet(sheets(data(rowData(values(effectiveValue)))))"
    status, reply = s.ask("POST", ":batchUpdate", body, fields=fields)
    values = [{"effectiveValue": {"numberValue": 8}}]
    assert (status, reply) == (
        200,
        {"updatedSpreadsheet": {"sheets": [{"data": [{"rowData": [{"values": values}]}]}]}},
    )


@fact(
    "updateCells clears cells of its range that rows do not cover", "discovery UpdateCellsRequest"
)
def _(s: Scratch) -> None:
    s.update("A1", [["a", "b"], ["c", "d"]])
    row = {"rows": [{"values": [{"userEnteredValue": {"numberValue": 1}}]}]}
    span = s.area(0, 2, 0, 2)
    s.done({"updateCells": {**row, "range": span, "fields": "userEnteredValue"}})
    assert s.values("A1:B2", "UNFORMATTED_VALUE") == [[1]]


@fact(
    "A masked field that is not given goes, other fields stay", "mmedum §18, phase 2; guide masks"
)
def _(s: Scratch) -> None:
    span = s.area(0, 1, 0, 1)
    bold = {"userEnteredFormat": {"textFormat": {"bold": True}, "wrapStrategy": "WRAP"}}
    s.done(
        {"repeatCell": {"range": span, "cell": {**bold, "note": "n"}, "fields": "*"}},
        {"repeatCell": {"range": span, "cell": {}, "fields": "userEnteredFormat.textFormat.bold"}},
    )
    cell = s.cell("A1")
    assert cell["note"] == "n"
    assert cell["userEnteredFormat"]["wrapStrategy"] == "WRAP"
    assert not cell["userEnteredFormat"].get("textFormat", {}).get("bold")


@fact("A text in updateCells is never run as a formula", "discovery ExtendedValue")
def _(s: Scratch) -> None:
    cell = {"userEnteredValue": {"stringValue": "=1+1"}}
    span = s.area(0, 1, 0, 1)
    told = {"rows": [{"values": [cell]}], "range": span, "fields": "userEnteredValue"}
    s.done({"updateCells": told})
    assert s.cell("A1")["userEnteredValue"] == {"stringValue": "=1+1"}
    assert s.values("A1") == [["=1+1"]]


# Tabs and the grid --------------------------------------------------------------------------------
@fact("A second tab of the same title is refused", "cassettes; google-sheets.md 3.3")
def _(s: Scratch) -> None:
    told = s.refused({"addSheet": {"properties": {"title": s.title.upper()}}})
    assert "already exists" in told
    s.done({"addSheet": {"properties": {"title": "Other", "sheetId": 77}}})
    retitled = {"properties": {"sheetId": 77, "title": s.title}, "fields": "title"}
    assert "already exists" in s.refused({"updateSheetProperties": retitled})


@fact("A chosen sheetId is refused the second time", "mmedum §18, phase 1")
def _(s: Scratch) -> None:
    s.done({"addSheet": {"properties": {"title": "B", "sheetId": 5}}})
    told = s.refused({"addSheet": {"properties": {"title": "C", "sheetId": 5}}})
    assert "already exists" in told


@fact("The last tab stays", "cassettes")
def _(s: Scratch) -> None:
    assert "can't remove all the" in s.refused({"deleteSheet": {"sheetId": s.sheet}})


@fact("A tab's new index counts before the move", "mmedum §18, phase 1")
def _(s: Scratch) -> None:
    for title in "BCD":
        s.done({"addSheet": {"properties": {"title": title}}})
    moved = {"properties": {"sheetId": s.sheet, "index": 3}, "fields": "index"}
    s.done({"updateSheetProperties": moved})
    titles = [t["properties"]["title"] for t in s.get("sheets.properties")["sheets"]]
    assert titles == ["B", "C", s.title, "D"]


@fact("Rows move to the place counted before the move", "mmedum spike I")
def _(s: Scratch) -> None:
    s.update("A1", [["1"], ["2"], ["3"], ["4"]])
    rows = {"sheetId": s.sheet, "dimension": "ROWS", "startIndex": 0, "endIndex": 2}
    s.done({"moveDimension": {"source": rows, "destinationIndex": 3}})
    assert s.values("A1:A4") == [["3"], ["1"], ["2"], ["4"]]


@fact("Ten million cells a workbook", "mmedum spike G")
def _(s: Scratch) -> None:
    grid = {"gridProperties": {"rowCount": 1_000_000}, "sheetId": s.sheet}
    fields = "gridProperties.rowCount"
    told = s.refused({"updateSheetProperties": {"properties": grid, "fields": fields}})
    assert "cells in the workbook above the limit of 10000000 cells" in told


@fact("18,278 columns a tab", "mmedum spike G")
def _(s: Scratch) -> None:
    grid = {"rowCount": 1, "columnCount": 18_278}
    s.done({"addSheet": {"properties": {"title": "wide", "gridProperties": grid}}})
    grid = {"rowCount": 1, "columnCount": 18_279}
    told = s.refused({"addSheet": {"properties": {"title": "wider", "gridProperties": grid}}})
    assert "number of columns in the sheet above the limit of 18278 columns" in told


@fact("An open range follows a row inserted at its first row", "Sheets' relative references")
def _(s: Scratch) -> None:
    s.update("C1", [["=COUNTA(A2:A)", "=SUM(A1:A3)"]])
    rows = {"sheetId": s.sheet, "dimension": "ROWS", "startIndex": 1, "endIndex": 2}
    s.done({"insertDimension": {"range": rows}})
    assert s.values("C1:D1", "FORMULA") == [["=COUNTA(A3:A)", "=SUM(A1:A4)"]]


@pytest.mark.parametrize(("check", "book"), FACTS[__name__])
def test_fact(check, book):
    check(Scratch(**book))
