"""Measured facts about the live Sheets API: metadata, names, tables, colours, rules and charts."""

from __future__ import annotations

from typing import Any

import pytest

from tests.fakes.sheets_facts import BAND, FACTS, RED, Json, Scratch, fact, marker, table


# Metadata and names -------------------------------------------------------------------------------
@fact("A metadata id that is taken refuses the whole batch", "guide metadata; google-sheets.md 2.2")
def _(s: Scratch) -> None:
    s.done(marker(7, {"spreadsheet": True}))
    told = s.refused(
        {"addSheet": {"properties": {"title": "B"}}}, marker(7, {"spreadsheet": True}, "other")
    )
    assert told == (
        "Invalid requests[1].createDeveloperMetadata: Cannot add developer metadata with ID [7] "
        "because developer metadata with that ID already exists."
    )
    assert len(s.get("sheets.properties")["sheets"]) == 1
    assert s.ask("GET", "/developerMetadata/7")[1]["metadataValue"] == "run"


@fact("A metadata key need not be unique; an empty look-up finds everything", "mmedum spike K")
def _(s: Scratch) -> None:
    s.done(marker(1, {"spreadsheet": True}), marker(2, {"sheetId": s.sheet}))
    for lookup in ({}, {"metadataKey": "epoch"}):
        filters = [{"developerMetadataLookup": lookup}] * 2
        _, reply = s.ask("POST", "/developerMetadata:search", {"dataFilters": filters})
        ids = [m["developerMetadata"]["metadataId"] for m in reply["matchedDeveloperMetadata"]]
        assert ids == [1, 2]


@fact(
    "A tab's look-up reaches its rows when intersecting, only itself when exact", "mmedum spike K"
)
def _(s: Scratch) -> None:
    row = {"sheetId": s.sheet, "dimension": "ROWS", "startIndex": 2, "endIndex": 3}
    s.done(marker(1, {"sheetId": s.sheet}), marker(2, {"dimensionRange": row}))
    for how, expected in (("INTERSECTING_LOCATION", [1, 2]), ("EXACT_LOCATION", [1])):
        where = {"metadataLocation": {"sheetId": s.sheet}, "locationMatchingStrategy": how}
        filters = {"dataFilters": [{"developerMetadataLookup": where}]}
        _, reply = s.ask("POST", "/developerMetadata:search", filters)
        ids = [m["developerMetadata"]["metadataId"] for m in reply["matchedDeveloperMetadata"]]
        assert ids == expected


@fact("Metadata lies on one row or column", "mmedum spike K")
def _(s: Scratch) -> None:
    rows = {"sheetId": s.sheet, "dimension": "ROWS"}
    two = marker(1, {"dimensionRange": {**rows, "startIndex": 0, "endIndex": 2}})
    assert "DimensionRange must represent a single row or column" in s.refused(two)
    open_ = marker(1, {"dimensionRange": rows})
    assert "must specify both a startIndex and an endIndex" in s.refused(open_)


@fact(
    "Metadata of the spreadsheet and of tabs come with a read, of rows with grids", "mmedum spike K"
)
def _(s: Scratch) -> None:
    row = {"sheetId": s.sheet, "dimension": "ROWS", "startIndex": 0, "endIndex": 1}
    s.done(
        marker(1, {"spreadsheet": True}),
        marker(2, {"sheetId": s.sheet}),
        marker(3, {"dimensionRange": row}),
    )
    fields = "developerMetadata.metadataId,sheets(developerMetadata.metadataId)"
    told = s.get(fields)
    assert told["developerMetadata"] == [{"metadataId": 1}]
    assert told["sheets"] == [{"developerMetadata": [{"metadataId": 2}]}]
    fields = "sheets.data.rowMetadata.developerMetadata.metadataId"
    data = s.get(fields, ranges=["A1:A2"])["sheets"][0]["data"][0]
    assert data["rowMetadata"][0]["developerMetadata"] == [{"metadataId": 3}]


@fact("30,000 characters of metadata a spreadsheet and 30,000 a tab", "guide metadata (unverified)")
def _(s: Scratch) -> None:
    s.done(marker(1, {"spreadsheet": True}, "x" * 29_000))
    s.refused(marker(2, {"spreadsheet": True}, "x" * 1_000))
    s.done(marker(2, {"sheetId": s.sheet}, "x" * 29_000))


@fact("A named range's name is refused the second time", "google-sheets.md 2.2, two repositories")
def _(s: Scratch) -> None:
    named = {"addNamedRange": {"namedRange": {"name": "lock", "range": s.area(0, 1, 0, 1)}}}
    s.done(named)
    assert s.refused(named).endswith(
        "Cannot add named range with name lock, a named range with that name already exists."
    )


@fact("A named range has no space in its name", "mmedum §18, live driver")
def _(s: Scratch) -> None:
    named = {"name": "Livesheet band", "range": s.area(0, 1, 0, 1)}
    told = s.refused({"addNamedRange": {"namedRange": named}})
    assert "The name given to this range is invalid" in told
    assert s.batch({"addNamedRange": {"namedRange": {**named, "name": "Q1"}}})[0] == 400


# Tables, colours, rules, charts -------------------------------------------------------------------


def _dropdown(kind: str) -> Json:
    values = [{"userEnteredValue": "a"}]
    rule = {"condition": {"type": kind, "values": values}}
    return {"columnIndex": 1, "columnType": "DROPDOWN", "dataValidationRule": rule}


@fact("A dropdown column needs ONE_OF_LIST, other columns take no rule", "guide tables")
def _(s: Scratch) -> None:
    s.refused(table(s, columnProperties=[{"columnIndex": 1, "columnType": "DROPDOWN"}]))
    s.refused(table(s, columnProperties=[_dropdown("ONE_OF_RANGE")]))
    texts = {**_dropdown("ONE_OF_LIST"), "columnType": "TEXT"}
    s.refused(table(s, columnProperties=[texts]))
    s.done(table(s, columnProperties=[_dropdown("ONE_OF_LIST")]))


@fact("A table's columns count from its own first column", "public skill page on tables")
def _(s: Scratch) -> None:
    columns = [{"columnIndex": 3, "columnName": "x"}]
    told = s.refused(table(s, range=s.area(0, 4, 3, 5), columnProperties=columns))
    assert "Column index must be between 0 (inclusive) and the number of columns" in told


@fact("addTable leaves the cells' values", "public skill page on tables")
def _(s: Scratch) -> None:
    s.update("A1", [["id", "n"], ["x", 1]])
    (reply,) = s.done(table(s))
    columns = reply["addTable"]["table"]["columnProperties"]
    assert [c["columnName"] for c in columns] == ["id", "n"]
    assert s.values("A1:B2") == [["id", "n"], ["x", "1"]]


@fact("Alternating colours lie once over a cell, a table's included", "guide; many error logs")
def _(s: Scratch) -> None:
    band = {"bandedRange": {"range": s.area(0, 4, 0, 2), "rowProperties": BAND}}
    s.done({"addBanding": band})
    words = "You cannot add alternating background colors to a range that already has"
    assert words in s.refused({"addBanding": band})
    assert words in s.refused(table(s))


@fact("deleteTable takes the conditional rules over it, addTable does not", "mmedum spike J")
def _(s: Scratch) -> None:
    condition = {"type": "NOT_BLANK"}
    rule = {"booleanRule": {"condition": condition, "format": RED}}
    for span in (s.area(0, 4, 0, 2), s.area(0, 4, 5, 6)):
        s.done({"addConditionalFormatRule": {"index": 0, "rule": {**rule, "ranges": [span]}}})
    s.done(table(s))
    assert len(s.sheet_json("conditionalFormats")["conditionalFormats"]) == 2
    assert s.done({"deleteTable": {"tableId": "T1"}}) == [{}]
    (kept,) = s.sheet_json("conditionalFormats")["conditionalFormats"]
    assert kept["ranges"][0]["startColumnIndex"] == 5


@fact("appendCells to a table goes into its body and lengthens it", "discovery AppendCellsRequest")
def _(s: Scratch) -> None:
    s.update("C1", [["id", "n"], ["a", 1], ["b", 2]])
    s.update("A9", [["elsewhere"]])
    s.done(table(s, range=s.area(0, 3, 2, 4)))
    rows = [{"values": [{"userEnteredValue": {"stringValue": "c"}}]}]
    s.done({"appendCells": {"tableId": "T1", "rows": rows, "fields": "userEnteredValue"}})
    assert s.values("C4") == [["c"]]
    assert s.sheet_json("tables.range")["tables"][0]["range"]["endRowIndex"] == 4


@fact("A rule's numbers are read by the locale", "mmedum §18; google-sheets.md 2.3", locale="de_DE")
def _(s: Scratch) -> None:
    def rule(value: str) -> Json:
        condition = {"type": "NUMBER_GREATER", "values": [{"userEnteredValue": value}]}
        boolean = {"booleanRule": {"condition": condition, "format": RED}}
        made = {"ranges": [s.area(0, 4, 0, 1)], **boolean}
        return {"addConditionalFormatRule": {"index": 0, "rule": made}}

    s.refused(rule("1.5"))
    s.done(rule("1,5"))


@fact(
    "A rule that is not there is refused by tab and index", "issue threads on deleteConditional..."
)
def _(s: Scratch) -> None:
    told = s.refused({"deleteConditionalFormatRule": {"sheetId": s.sheet, "index": 0}})
    assert told.endswith(f"No conditional format on sheet: {s.sheet} at index: 0")


def _chart(s: Scratch, **spec: Any) -> Json:
    def source(column: int) -> Json:
        return {"sourceRange": {"sources": [s.area(0, 4, column, column + 1)]}}

    drawn = {"domains": [{"domain": source(0)}], "series": [{"series": source(1)}]}
    place = {"overlayPosition": {"anchorCell": {"sheetId": s.sheet, "rowIndex": 5}}}
    made = {"basicChart": {"chartType": "LINE", **drawn, **spec}}
    return {"chartId": 11, "spec": made, "position": place}


@fact("A basicChart without domains and series answers HTTP 500", "mmedum spike L")
def _(s: Scratch) -> None:
    bare = _chart(s)
    bare["spec"] = {"basicChart": {"chartType": "LINE"}}
    status, reply = s.batch({"addSheet": {}}, {"addChart": {"chart": bare}})
    assert (status, reply["error"]["status"]) == (500, "INTERNAL")
    assert len(s.get("sheets.properties")["sheets"]) == 1


@fact("updateChartSpec replaces the spec whole and refuses half of one", "mmedum spike L")
def _(s: Scratch) -> None:
    s.done({"addChart": {"chart": _chart(s)}})
    told = s.refused({"updateChartSpec": {"chartId": 11, "spec": {"title": "t"}}})
    assert "must be set on chartSpec" in told
    assert "title" not in s.sheet_json("charts")["charts"][0]["spec"]


@fact("A deleted chart is refused the second time, by its id", "mmedum spike L")
def _(s: Scratch) -> None:
    s.done({"addChart": {"chart": _chart(s)}})
    assert s.done({"deleteEmbeddedObject": {"objectId": 11}}) == [{}]
    told = s.refused({"deleteEmbeddedObject": {"objectId": 11}})
    assert told.endswith("No embedded object with id: 11")


@fact("A chart outlives the column it draws, without series", "mmedum spike L")
def _(s: Scratch) -> None:
    s.done({"addChart": {"chart": _chart(s)}})
    column = {"sheetId": s.sheet, "dimension": "COLUMNS", "startIndex": 1, "endIndex": 2}
    s.done({"deleteDimension": {"range": column}})
    basic = s.sheet_json("charts")["charts"][0]["spec"]["basicChart"]
    assert len(basic["domains"]) == 1
    assert not basic.get("series")


@fact(
    "Chosen ids of charts, views, colours and protection are refused twice", "google-sheets.md 2.3"
)
def _(s: Scratch) -> None:
    span, other = s.area(0, 4, 0, 2), s.area(0, 4, 6, 8)
    for kind, key, first, second in (
        ("addChart", "chart", _chart(s), _chart(s)),
        ("addFilterView", "filter", {"filterViewId": 3, "range": span},
         {"filterViewId": 3, "range": other}),
        ("addBanding", "bandedRange", {"bandedRangeId": 4, "range": span, "rowProperties": BAND},
         {"bandedRangeId": 4, "range": other, "rowProperties": BAND}),
        ("addProtectedRange", "protectedRange", {"protectedRangeId": 5, "range": span},
         {"protectedRangeId": 5, "range": other}),
    ):  # fmt: skip
        s.done({kind: {key: first}})
        assert "already exists" in s.refused({kind: {key: second}}), kind
    s.refused(
        table(s, range=s.area(10, 12, 0, 2)) | {}, table(s, range=s.area(20, 22, 0, 2), name="b")
    )


@pytest.mark.parametrize(("check", "book"), FACTS[__name__])
def test_fact(check, book):
    check(Scratch(**book))


def test_whether_a_table_takes_dropdowns_at_once_can_be_switched():
    s = Scratch()
    s.book.tables_take_dropdowns = False
    made = table(s, columnProperties=[_dropdown("ONE_OF_LIST")])
    status, _ = s.batch(made)
    assert status == 500
    s.done(table(s))
    given = {"tableId": "T1", "columnProperties": [_dropdown("ONE_OF_LIST")]}
    s.done({"updateTable": {"table": given, "fields": "columnProperties"}})
    columns = s.sheet_json("tables")["tables"][0]["columnProperties"]
    assert columns[1]["columnType"] == "DROPDOWN"
