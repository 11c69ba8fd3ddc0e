"""Measured facts about the live Sheets API: protection, and objects that follow their cells."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest

from tests.fakes.sheets_facts import FACTS, Json, Scratch, fact, rows, table


# Protection ---------------------------------------------------------------------------------------
def _protected(s: Scratch, **more: Any) -> None:
    s.done({"addProtectedRange": {"protectedRange": {"range": s.area(0, 2, 0, 2), **more}}})


WRITES: list[Callable[[Scratch], Json]] = [
    lambda s: {"updateCells": {"range": s.area(0, 1, 0, 1), "rows": [], "fields": "note"}},
    lambda s: {"repeatCell": {"range": s.area(1, 9, 1, 9), "cell": {}, "fields": "note"}},
    lambda s: {"deleteDimension": {"range": rows(s, 0, 1)}},
    lambda s: {"findReplace": {"find": "secret", "replacement": "x", "sheetId": s.sheet}},
    lambda s: {"copyPaste": {"source": s.area(5, 6, 0, 1), "destination": s.area(0, 1, 0, 1)}},
    lambda s: {"sortRange": {"range": s.area(0, 4, 0, 1), "sortSpecs": [{"dimensionIndex": 0}]}},
    lambda s: {"trimWhitespace": {"range": s.area(0, 4, 0, 1)}},
    lambda s: {"addTable": {"table": {"name": "t", "range": s.area(1, 4, 0, 2)}}},
]  # fmt: skip


@fact(
    "Who is no editor writes nothing into a protected range, by no kind",
    "Google's UI and API words",
)
def _(s: Scratch) -> None:
    s.update("A1", [["secret"]])
    _protected(s, editors={"users": ["robot"]})
    for write in WRITES:
        status, reply = s.batch(write(s), user="guest")
        assert status in {400, 403}
        assert "You are trying to edit a protected cell or object." in reply["error"]["message"]
    status, reply = s.update("A1", [["x"]], user="guest")
    assert status in {400, 403}
    assert s.update("C3", [["x"]], user="guest")[0] == 200
    assert s.update("A1", [["x"]], user="robot")[0] == 200


@fact("The owner may always edit", "mmedum spike E")
def _(s: Scratch) -> None:
    protected = {"protectedRange": {"range": s.area(0, 2, 0, 2)}}
    assert s.batch({"addProtectedRange": protected}, user="robot")[0] == 200
    assert s.update("A1", [["x"]], user="owner")[0] == 200


@fact("A warning stops nobody", "discovery ProtectedRange.warningOnly")
def _(s: Scratch) -> None:
    _protected(s, warningOnly=True)
    assert s.update("A1", [["x"]], user="guest")[0] == 200


@fact("Unprotected parts of a protected tab are open", "discovery ProtectedRange.unprotectedRanges")
def _(s: Scratch) -> None:
    hole = [s.area(1, 2, 0, 1)]
    _protected(s, range={"sheetId": s.sheet}, unprotectedRanges=hole, editors={"users": ["robot"]})
    assert s.update("A2", [["x"]], user="guest")[0] == 200
    assert s.update("A3", [["x"]], user="guest")[0] in {400, 403}


@fact("Objects follow their rows", "Sheets' structure; mmedum spike K and L")
def _(s: Scratch) -> None:
    s.done(
        table(s, range=s.area(4, 8, 0, 2)),
        {"addNamedRange": {"namedRange": {"name": "n", "range": s.area(5, 8, 0, 1)}}},
        {"addProtectedRange": {"protectedRange": {"range": s.area(5, 8, 1, 2)}}},
        {"insertDimension": {"range": rows(s, 0, 3)}},
        {"deleteDimension": {"range": rows(s, 9, 10)}},
    )  # fmt: skip
    told = s.sheet_json("tables.range,protectedRanges.range")
    ends = ("startRowIndex", "endRowIndex")
    named = s.get("namedRanges")["namedRanges"][0]["range"]
    tabled, protected = told["tables"][0]["range"], told["protectedRanges"][0]["range"]
    assert [tuple(r[k] for k in ends) for r in (tabled, named, protected)] == [
        (7, 10),
        (8, 10),
        (8, 10),
    ]


@pytest.mark.parametrize(("check", "book"), FACTS[__name__])
def test_fact(check, book):
    check(Scratch(**book))
