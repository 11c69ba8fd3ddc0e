"""What the program relies on and nobody could try on Google here: run it with ``--live URL``.

Every check runs against the emulator always, and against Google on a scratch sheet of yours when
its address is given (``pytest tests/live --live URL``; sign in first, as the README says). A check
that fails there is a place where the emulator, and perhaps the program, must change. The sheet must
be empty; the checks make tabs of their own and remove them.
"""

from __future__ import annotations

import os
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, date, datetime
from typing import Any

import pytest

from sheetsync.backends.google import ids
from sheetsync.backends.google.address import spreadsheet_id
from sheetsync.backends.google.auth import open_client
from sheetsync.backends.google.client import SheetsClient
from sheetsync.backends.google.create import create
from sheetsync.backends.google.failures import GoogleFailure, Rejected
from sheetsync.backends.google.workbook import GoogleWorkbook
from sheetsync.catalog.tracker import FULL, LEAN
from sheetsync.engines.duckdb import DuckDb
from sheetsync.sync import sync, undo
from sheetsync.templates import first_rows
from tests.backends.google.shared import share

SCRATCH = 771_001
STAGE = 771_002
QUOTA = "SHEETSYNC_LIVE_QUOTA"
"""Set to 1 to use up a minute's quota as well."""


@dataclass
class Scratch:
    """A spreadsheet to try things on: ``name`` is emulator or google."""

    name: str
    client: SheetsClient
    id: str

    def batch(self, *requests: dict[str, Any], **more: Any) -> dict[str, Any]:
        return self.client.batch_update(self.id, {"requests": list(requests), **more})

    def cells(self, where: str, what: str = "effectiveValue") -> list[list[Any]]:
        """The values of a range of the scratch tab, row by row."""
        fields = f"sheets.data.rowData.values({what})"
        told = self.client.get_sheet(self.id, {"ranges": f"'scratch'!{where}", "fields": fields})
        rows = told["sheets"][0].get("data", [{}])[0].get("rowData", [])
        return [
            [next(iter(c.get(what, {}).values()), None) for c in r.get("values", [{}])]
            for r in rows
        ]


@pytest.fixture(scope="module", params=["emulator", "google"])
def place(request) -> Scratch:
    """The emulator, and Google where an address is given."""
    if request.param == "emulator":
        shared = share("Scratch")
        return Scratch("emulator", shared.client(), shared.id)
    address = request.config.getoption("--live")
    if not address:
        pytest.skip("speaks to Google: give --live URL of a scratch sheet")
    return Scratch("google", open_client(), spreadsheet_id(address))


@pytest.fixture
def scratch(place) -> Iterator[Scratch]:
    """A new tab for one check."""
    place.batch(
        {
            "addSheet": {
                "properties": {
                    "sheetId": SCRATCH,
                    "title": "scratch",
                    "gridProperties": {"rowCount": 50, "columnCount": 8},
                }
            }
        }
    )
    yield place
    place.batch({"deleteSheet": {"sheetId": SCRATCH}})


def area(rows: tuple[int, int], columns: tuple[int, int], sheet: int = SCRATCH) -> dict[str, int]:
    return {
        "sheetId": sheet,
        "startRowIndex": rows[0],
        "endRowIndex": rows[1],
        "startColumnIndex": columns[0],
        "endColumnIndex": columns[1],
    }


def write(
    rows: list[list[Any]], at: tuple[int, int] = (0, 0), height: int = 0, sheet: int = SCRATCH
) -> dict[str, Any]:
    """An updateCells of typed values; ``height`` covers more rows than are given."""
    kinds = {str: "stringValue", float: "numberValue", int: "numberValue", bool: "boolValue"}

    def cell(value: Any) -> dict[str, Any]:
        if value is None:
            return {}
        kind = "formulaValue" if isinstance(value, str) and value[:1] == "=" else kinds[type(value)]
        return {"userEnteredValue": {kind: value}}

    width = max(map(len, rows))
    end = at[0] + (height or len(rows))
    return {
        "updateCells": {
            "range": area((at[0], end), (at[1], at[1] + width), sheet),
            "rows": [{"values": [cell(value) for value in row]} for row in rows],
            "fields": "userEnteredValue",
        }
    }


def marker(number: int, value: str = "run") -> dict[str, Any]:
    return {
        "createDeveloperMetadata": {
            "developerMetadata": {
                "metadataId": number,
                "metadataKey": "sheetsync.scratch",
                "metadataValue": value,
                "location": {"spreadsheet": True},
                "visibility": "DOCUMENT",
            }
        }
    }


def forget(number: int) -> dict[str, Any]:
    lookup = {"developerMetadataLookup": {"metadataId": number}}
    return {"deleteDeveloperMetadata": {"dataFilter": lookup}}


def find(text: str, new: str, where: dict[str, int], **more: Any) -> dict[str, Any]:
    told = {"find": text, "replacement": new, "range": where, "matchCase": True}
    return {"findReplace": {**told, "matchEntireCell": True, **more}}


def test_a_marker_that_is_there_refuses_the_whole_batch(scratch):
    scratch.batch(marker(771_100), write([["first"]]))
    try:
        with pytest.raises(Rejected) as refused:
            scratch.batch(marker(771_100), write([["second"]]))
        assert "already exists" in refused.value.words
        assert scratch.cells("A1") == [["first"]]
    finally:
        scratch.batch(forget(771_100))


def test_a_spreadsheet_keeps_some_30000_characters_of_metadata(scratch):
    made = []
    try:
        for number in range(771_200, 771_240):
            try:
                scratch.batch(marker(number, "x" * 1000))
            except GoogleFailure:
                break
            made.append(number)
        assert 20 <= len(made) <= 31
    finally:
        scratch.batch(*map(forget, made))


@pytest.mark.parametrize(
    ("old", "new", "typed"),
    [(" won", "won", "won"), ("1 200.50", "1200.5", 1200.5), ("soon", "2026-01-31", 46053)],
)
def test_find_and_replace_types_what_it_puts_in(scratch, old, new, typed):
    scratch.batch(write([[old], ["other"], [old]]))
    reply = scratch.batch(find(old, new, area((0, 50), (0, 1))))
    assert scratch.cells("A1:A3") == [[typed], ["other"], [typed]]
    assert reply["replies"][0]["findReplace"]["occurrencesChanged"] == 2


def test_find_and_replace_leaves_text_that_only_contains_the_words(scratch):
    scratch.batch(write([["won deal"], ["won"], ["WON"]]))
    scratch.batch(find("won", "lost", area((0, 50), (0, 1))))
    assert scratch.cells("A1:A3") == [["won deal"], ["lost"], ["WON"]]


def test_find_and_replace_fills_a_blank_cell_and_no_other(scratch):
    scratch.batch(write([["D-0001"], [None], ["D-0003"]]))
    blank, full = area((1, 2), (0, 1)), area((0, 1), (0, 1))
    scratch.batch(*(find(r"^\s*$", "D-0002", w, searchByRegex=True) for w in (blank, full)))
    assert scratch.cells("A1:A3") == [["D-0001"], ["D-0002"], ["D-0003"]]


def test_writing_fewer_rows_than_the_range_has_clears_the_rest(scratch):
    scratch.batch(write([[1.0], [2.0], [3.0], [4.0]]))
    scratch.batch(write([[9.0]], height=3))
    assert scratch.cells("A1:A4") == [[9], [None], [None], [4]]


def test_the_reply_of_a_batch_shows_recalculated_formulas(scratch):
    reply = scratch.batch(
        write([[2.0, "=A1*21"]]),
        write([[3.0]]),
        includeSpreadsheetInResponse=True,
        responseIncludeGridData=True,
        responseRanges=["'scratch'!A1:B1"],
    )
    sheets = reply["updatedSpreadsheet"]["sheets"]
    data = next(s["data"] for s in sheets if s["properties"]["title"] == "scratch")
    values = data[0]["rowData"][0]["values"]
    assert [v["effectiveValue"]["numberValue"] for v in values] == [3, 63]


def test_a_spilled_look_up_in_the_header_follows_sorting_and_rows_under_it(scratch):
    keys = [["b", 2.0], ["a", 1.0], ["c", 3.0]]
    shown = '=ARRAYFORMULA(IF(ROW(A1:A)=1,"Check",XLOOKUP(A1:A,$E$1:$E,$F$1:$F,"")))'
    scratch.batch(
        write([["Key", None]]),
        write([[shown]], at=(0, 2)),
        write([[key] for key, _ in keys], at=(1, 0)),
        write(keys, at=(0, 4)),
    )
    scratch.batch(
        {
            "sortRange": {
                "range": area((1, 4), (0, 1)),
                "sortSpecs": [{"dimensionIndex": 0, "sortOrder": "ASCENDING"}],
            }
        },
    )
    assert [row[2] for row in scratch.cells("A1:C4")] == ["Check", 1, 2, 3]


def test_a_stage_tab_is_copied_in_one_request(place):
    rows, columns = (20_000, 10) if place.name == "google" else (500, 10)
    grid = {"rowCount": rows, "columnCount": columns}
    tabs = ((SCRATCH, "scratch", False), (STAGE, "stage", True))
    place.batch(
        *(
            {"addSheet": {"properties": {
                "sheetId": i, "title": title, "hidden": hidden, "gridProperties": grid,
            }}}
            for i, title, hidden in tabs
        )
    )  # fmt: skip
    try:
        block = 2000
        for first in range(0, rows, block):
            body = [
                [float(r * columns + c) for c in range(columns)]
                for r in range(first, min(first + block, rows))
            ]
            place.batch(write(body, at=(first, 0), sheet=STAGE))
        whole = ((0, rows), (0, columns))
        place.batch(
            {
                "copyPaste": {
                    "source": area(*whole, sheet=STAGE),
                    "destination": area(*whole),
                    "pasteType": "PASTE_VALUES",
                }
            }
        )
        assert place.cells(f"J{rows}") == [[rows * columns - 1]]
    finally:
        place.batch(*({"deleteSheet": {"sheetId": i}} for i, *_ in tabs))


def test_google_says_how_long_to_wait(place):
    if place.name == "emulator" or os.environ.get(QUOTA) != "1":
        pytest.skip(f"uses up a minute's quota at Google: set {QUOTA}=1 and give --live URL")
    url = f"https://sheets.googleapis.com/v4/spreadsheets/{place.id}?fields=spreadsheetId"
    for _ in range(400):
        reply = place.client.session.get(url, timeout=60)
        if reply.status_code == 429:
            break
    assert reply.status_code == 429
    told = reply.json()["error"]
    assert told["status"] == "RESOURCE_EXHAUSTED"
    print(reply.headers, told)


def test_a_tracker_is_made_synced_twice_and_undone(place):
    now = datetime(2026, 3, 1, tzinfo=UTC)
    create(place.client, place.id, LEAN, first_rows(date(2026, 2, 28)))
    try:
        book = GoogleWorkbook(place.client, place.id)
        before = book.read(FULL.tabs)
        first = sync(book, FULL, DuckDb(), now=now)
        assert first.status == "written"
        assert sync(book, FULL, DuckDb(), now=now).status == "unchanged"
        asked = book.traffic["requests"]
        assert sync(book, FULL, DuckDb(), now=now).status == "unchanged"
        assert book.traffic["requests"] <= asked + 2  # one more above 45,000 cells
        undo(book, FULL, now=now)
        after = book.read(FULL.tabs)
        for key in ("partners", "contacts", "deals", "money"):
            mine = {c.key for c in FULL.tab(key).columns if c.owner == "user"}
            was, told = before.tables[key], after.tables[key]
            assert {c: was.column(c) for c in mine} == {c: told.column(c) for c in mine}, key
    finally:
        _emptied(place)


def _emptied(place: Scratch) -> None:
    """Leave one empty tab and none of our names and markers."""
    fields = "sheets.properties.sheetId,namedRanges.namedRangeId,developerMetadata.metadataId"
    told = place.client.get_sheet(place.id, {"fields": fields})
    sheets = [sheet["properties"].get("sheetId", 0) for sheet in told["sheets"]]
    names = [each["namedRangeId"] for each in told.get("namedRanges", [])]
    notes = [each["metadataId"] for each in told.get("developerMetadata", [])]
    spare = max(sheets) % 1_000_000 + 1
    while spare in sheets:
        spare += 1
    place.batch(
        {"addSheet": {"properties": {"sheetId": spare, "title": f"Empty {spare}"}}},
        *({"deleteNamedRange": {"namedRangeId": each}} for each in names),
        *(
            forget(each)
            for each in notes
            if ids.is_epoch(each) or each >= ids.EPOCH_BASE or each == ids.LAYOUT_ID
        ),
        *({"deleteSheet": {"sheetId": each}} for each in sheets),
    )
