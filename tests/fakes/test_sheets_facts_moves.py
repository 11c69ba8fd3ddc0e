"""Measured facts about the live Sheets API: sorting, finding and pasting."""

from __future__ import annotations

from typing import Any

import pytest

from tests.fakes.sheets_facts import FACTS, Json, Scratch, fact, marker


# Sorting, finding, pasting ------------------------------------------------------------------------
def _sorted(s: Scratch, order: str, column: int = 0) -> list[Json]:
    spec = {"dimensionIndex": column, "sortOrder": order}
    return s.done({"sortRange": {"range": s.area(0, 6, 0, 2), "sortSpecs": [spec]}})


@fact("Numbers before texts before booleans, empty cells last in either order", "UI help, sort")
def _(s: Scratch) -> None:
    s.update("A1", [["b"], [True], [2], [""], ["A"], [-1]], "RAW")
    _sorted(s, "ASCENDING")
    up = [[-1], [2], ["A"], ["b"], [True]]
    assert s.values("A1:A6", "UNFORMATTED_VALUE") == up
    _sorted(s, "DESCENDING")
    assert s.values("A1:A6", "UNFORMATTED_VALUE") == up[::-1]


@fact("dimensionIndex is the sheet's own column; equal rows keep their order", "mmedum §18, live")
def _(s: Scratch) -> None:
    s.update("B1", [["1", "3"], ["2", "2"], ["3", "2"], ["4", "1"]])
    spec = {"dimensionIndex": 2, "sortOrder": "ASCENDING"}
    s.done({"sortRange": {"range": s.area(0, 4, 1, 3), "sortSpecs": [spec]}})
    assert s.values("B1:C4") == [["4", "1"], ["2", "2"], ["3", "2"], ["1", "3"]]


@fact("A row's metadata goes along with insert, delete, move and sortRange", "mmedum spike K")
def _(s: Scratch) -> None:
    s.update("A1", [["d"], ["c"], ["x"], ["b"], ["a"], ["y"]])
    where = {"sheetId": s.sheet, "dimension": "ROWS", "startIndex": 2, "endIndex": 3}
    s.done(marker(9, {"dimensionRange": where}))

    def row() -> int:
        _, reply = s.ask("GET", "/developerMetadata/9")
        return reply["location"]["dimensionRange"]["startIndex"]

    rows = {"sheetId": s.sheet, "dimension": "ROWS"}
    s.done({"insertDimension": {"range": {**rows, "startIndex": 0, "endIndex": 2}}})
    assert row() == 4
    s.done({"deleteDimension": {"range": {**rows, "startIndex": 0, "endIndex": 1}}})
    assert row() == 3
    moved = {"source": {**rows, "startIndex": 3, "endIndex": 4}, "destinationIndex": 1}
    s.done({"moveDimension": moved})
    assert row() == 1
    _sorted(s, "DESCENDING")
    assert s.values(f"A{row() + 1}") == [["x"]]
    s.done({"deleteDimension": {"range": {**rows, "startIndex": row(), "endIndex": row() + 1}}})
    assert s.ask("GET", "/developerMetadata/9")[0] == 404


def _find(s: Scratch, find: str, replacement: str, **more: Any) -> Json:
    more = {"range": s.area(0, 9, 0, 2)} | more
    told = {"find": find, "replacement": replacement, **more}
    return s.done({"findReplace": told})[0]["findReplace"]


@fact("findReplace counts values, formulas, rows, tabs and occurrences", "discovery")
def _(s: Scratch) -> None:
    s.update("A1", [["aXa", "a"], ["b", '="a"']])
    assert _find(s, "a", "o") == {
        "valuesChanged": 2,
        "rowsChanged": 1,
        "sheetsChanged": 1,
        "occurrencesChanged": 3,
    }
    assert s.values("A1:B2", "FORMULA") == [["oXo", "o"], ["b", '="a"']]
    assert _find(s, "nothing", "o") == {}
    assert _find(s, ".", "o") == {}


@fact("findReplace looks into formulas only when asked to", "discovery FindReplaceRequest")
def _(s: Scratch) -> None:
    s.update("A1", [['=LEN("aa")']])
    reply = _find(s, "aa", "aaa", includeFormulas=True)
    assert reply["formulasChanged"] == 1
    assert s.values("A1") == [["3"]]


@fact("matchEntireCell and matchCase replace only what is the whole cell", "discovery")
def _(s: Scratch) -> None:
    s.update("A1", [["won"], ["Won"], ["won "], ["Wonder"]], "RAW")
    reply = _find(s, "Won", "lost", matchEntireCell=True, matchCase=True)
    assert reply["occurrencesChanged"] == 1
    assert s.values("A1:A4") == [["won"], ["lost"], ["won "], ["Wonder"]]


@fact("A regex replaces with $1, as Java does", "discovery FindReplaceRequest")
def _(s: Scratch) -> None:
    s.update("A1", [["Google Sheets"], ["Google Docs"]])
    _find(s, "o.* (.*)", "$1 Rocks", searchByRegex=True)
    assert s.values("A1:A2") == [["GSheets Rocks"], ["GDocs Rocks"]]


@fact("findReplace keeps to one of range, tab or all tabs", "discovery FindReplaceRequest")
def _(s: Scratch) -> None:
    both = {"find": "a", "replacement": "b", "sheetId": s.sheet, "allSheets": True}
    s.refused({"findReplace": both})
    s.refused({"findReplace": {"find": "a", "replacement": "b"}})


@fact("A paste repeats into a multiple of its size, and is whole in a smaller place", "discovery")
def _(s: Scratch) -> None:
    s.update("A1", [["x", "=A1"]])
    target = {"source": s.area(0, 1, 0, 2), "pasteType": "PASTE_NORMAL"}
    s.done({"copyPaste": {**target, "destination": s.area(2, 4, 0, 1)}})
    assert s.values("A3:B4", "FORMULA") == [["x", "=A3"], ["x", "=A4"]]
    s.done(
        {"copyPaste": {**target, "destination": s.area(5, 6, 0, 2), "pasteType": "PASTE_VALUES"}}
    )
    assert s.values("A6:B6", "FORMULA") == [["x", "x"]]


@fact("trimWhitespace strips and counts, and never makes a formula", "discovery")
def _(s: Scratch) -> None:
    s.update("A1", [["  a  b "], [" =1+1"], ["ok"]], "RAW")
    (reply,) = s.done({"trimWhitespace": {"range": s.area(0, 3, 0, 1)}})
    assert reply["trimWhitespace"]["cellsChangedCount"] == 2
    assert s.values("A1:A3", "FORMULA") == [["a b"], ["=1+1"], ["ok"]]
    assert s.cell("A2")["userEnteredValue"] == {"stringValue": "=1+1"}


@fact("appendCells writes below the last row with data and grows the grid", "discovery")
def _(s: Scratch) -> None:
    s.update("B1000", [["last"]])
    rows = [{"values": [{"userEnteredValue": {"numberValue": 1}}]}]
    told = {"sheetId": s.sheet, "rows": rows, "fields": "userEnteredValue"}
    s.done({"appendCells": told})
    assert s.values("A1001") == [["1"]]
    s.ask("POST", "/values/A3:B1001:clear", {})
    s.update("B2", [["now last"]])
    s.done({"appendCells": told})
    assert s.values("A1:B1001") == [[], ["", "now last"], ["1"]]


@pytest.mark.parametrize(("check", "book"), FACTS[__name__])
def test_fact(check, book):
    check(Scratch(**book))


def test_whether_a_regex_finds_an_empty_cell_can_be_switched():
    for finds in (True, False):
        s = Scratch()
        s.service.regex_matches_blank = finds
        s.book = s.service.create(identity="scratch")
        s.sheet = s.book.sheets[0].id
        reply = _find(s, r"^\s*$", "P-0001", range=s.area(1, 2, 0, 1), searchByRegex=True)
        assert reply.get("valuesChanged", 0) == finds
        assert s.values("A2") == ([["P-0001"]] if finds else [])
