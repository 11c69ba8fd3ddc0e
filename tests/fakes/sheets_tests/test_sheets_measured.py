"""What the live API was measured to do, as tests of the emulator; each fact with its source.

Sources: "cassette" is traffic that gspread's tests recorded; "quoted" is a refusal that public
repositories quote word for word from Google; "spike" is a public write-up of requests sent to a
scratch spreadsheet for that purpose (2026-09); "document" is Google's discovery document or guide.
"""

from __future__ import annotations

from typing import NamedTuple

import pytest

from tests.fakes.sheets import a1
from tests.fakes.sheets.service import Service
from tests.fakes.sheets.shifts import canonical

BOOK = "/v4/spreadsheets/book"
TEXT = {"userEnteredValue": {"stringValue": "x"}}


@pytest.fixture
def service():
    made = Service()
    made.create("Partners", identity="book")
    return made


def span(first, last, dimension="ROWS"):
    return {"sheetId": 0, "dimension": dimension, "startIndex": first, "endIndex": last}


def area(**ends):
    keys = {"top": "startRowIndex", "bottom": "endRowIndex"}
    keys |= {"left": "startColumnIndex", "right": "endColumnIndex"}
    return {"sheetId": 0, **{keys[key]: value for key, value in ends.items()}}


def repeat(**ends):
    return {"repeatCell": {"range": area(**ends), "cell": TEXT, "fields": "userEnteredValue"}}


def cells(width, height=1, **where):
    rows = [{"values": [TEXT] * width}] * height
    return {"updateCells": {**where, "rows": rows, "fields": "userEnteredValue"}}


def sheet(**properties):
    return {"addSheet": {"properties": properties}}


def named(name, **rest):
    where = area(top=0, bottom=1, left=0, right=1)
    return {"addNamedRange": {"namedRange": {"name": name, "range": where, **rest}}}


class Refusal(NamedTuple):
    source: str
    requests: list
    said: str


REFUSALS = [
    Refusal("quoted", [], "Must specify at least one request."),
    Refusal(
        "quoted",
        [sheet(title="SHEET1")],
        'Invalid requests[0].addSheet: A sheet with the name "SHEET1" already exists. '
        "Please enter another name.",
    ),
    Refusal(
        "quoted",
        [sheet(title="x" * 101)],
        "Invalid requests[0].addSheet: The sheet name cannot be greater than 100 characters.",
    ),
    Refusal(
        "spike", [sheet(title="b", sheetId=0)],
        "Invalid requests[0].addSheet: Sheet with id 0 already exists.",
    ),
    Refusal(
        "spike", [sheet(title="b", sheetId=-1)],
        "Invalid requests[0].addSheet: Sheet id must be non-negative.",
    ),
    Refusal(
        "quoted", [sheet(title="b", gridProperties={"rowCount": 1_000_000, "columnCount": 26})],
        "above the limit of 10000000 cells",
    ),
    Refusal(
        "quoted", [{"deleteSheet": {"sheetId": 0}}],
        "Invalid requests[0].deleteSheet: You can't remove all the visible sheets in a document.",
    ),
    Refusal(
        "cassette WorksheetTest.test_hide_show_worksheet",
        [{"updateSheetProperties": {
            "properties": {"sheetId": 0, "hidden": True}, "fields": "hidden"}}],
        "Invalid requests[0].updateSheetProperties: You can't hide all the sheets in a document.",
    ),
    Refusal(
        "quoted", [{"insertDimension": {"range": {**span(0, 1), "sheetId": 99}}}],
        "Invalid requests[0].insertDimension: No grid with id: 99",
    ),
    Refusal(
        "spike", [{"insertDimension": {"range": span(1000, 1001)}}],
        "range.startIndex must be less than the grid size (1000) if inheritFromBefore is false.",
    ),
    Refusal(
        "spike", [{"insertDimension": {"range": span(1001, 1002), "inheritFromBefore": True}}],
        "range.startIndex is larger than current grid size (1000)",
    ),
    Refusal(
        "quoted", [{"deleteDimension": {"range": span(1000, 1001)}}],
        "Invalid requests[0].deleteDimension: Cannot delete a row that doesn't exist. "
        "Tried to delete row index 1000 but there are only 1000 rows.",
    ),
    Refusal(
        "quoted", [{"deleteDimension": {"range": span(0, 1000)}}],
        "Invalid requests[0].deleteDimension: You can't delete all the rows on the sheet.",
    ),
    Refusal(
        "quoted",
        [
            {"updateSheetProperties": {
                "properties": {"sheetId": 0, "gridProperties": {"frozenRowCount": 1}},
                "fields": "gridProperties.frozenRowCount"}},
            {"deleteDimension": {"range": span(1, 1000)}},
        ],
        "Invalid requests[1].deleteDimension: "
        "Sorry, it is not possible to delete all non-frozen rows.",
    ),
    Refusal(
        "quoted", [cells(27, start={"sheetId": 0})],
        "Invalid requests[0].updateCells: "
        "Attempting to write column: 26, beyond the last requested column of: 25",
    ),
    Refusal(
        "quoted", [cells(2, range=area(top=0, bottom=1, left=0, right=1))],
        "Invalid requests[0].updateCells: "
        "Attempting to write column: 1, beyond the last requested column of: 0",
    ),
    Refusal(
        "quoted", [{"repeatCell": {"range": {"sheetId": 0}, "cell": TEXT}}],
        "Invalid requests[0].repeatCell: At least one field must be listed in 'fields'. "
        "(Use '*' to indicate all fields.)",
    ),
    Refusal(
        "spike", [repeat(top=1000, left=0, right=2)],
        "Invalid requests[0].repeatCell: Range (Sheet1!A1001:B) exceeds grid limits. "
        "Max rows: 1000, max columns: 26",
    ),
    Refusal("spike", [repeat(top=1000, bottom=1001, left=0, right=2)], "(Sheet1!A1001:B1001)"),
    Refusal("spike", [repeat(top=0, bottom=2, left=26, right=27)], "(Sheet1!AA1:AA2)"),
    Refusal("spike", [repeat(top=0, bottom=2, left=26)], "(Sheet1!AA1:2)"),
    Refusal(
        "quoted by two repositories", [named("n"), named("N")],
        "Cannot add named range with name N, a named range with that name already exists.",
    ),
]  # fmt: skip


@pytest.mark.parametrize("fact", REFUSALS, ids=lambda fact: fact.said[-60:])
def test_google_refuses(service, fact):
    body = {"requests": fact.requests}
    status, _, reply = service.handle("POST", BOOK + ":batchUpdate", {}, body)
    assert (status, reply["error"]["status"]) == (400, "INVALID_ARGUMENT")
    assert fact.said in reply["error"]["message"]


@pytest.mark.parametrize(
    "ends",
    [
        {"top": 999},
        {"top": 999, "bottom": 1003},
        {"left": 25, "right": 28},
        {"top": 3, "bottom": 3},
        {"left": 3, "right": 3},
    ],
)
def test_ranges_that_start_inside_the_grid_are_taken_and_do_not_grow_it(service, ends):
    """Source: spike (repeatCell)."""
    status, _, _ = service.handle("POST", BOOK + ":batchUpdate", {}, {"requests": [repeat(**ends)]})
    assert status == 200
    tab = service.spreadsheets["book"].sheets[0]
    assert (tab.row_count, tab.column_count) == (1000, 26)
    assert len(tab.rows) <= 1000


@pytest.mark.parametrize(
    ("title", "written"),
    [
        ("Sales", "Sales"),
        ("Sheet_1", "Sheet_1"),
        ("TRUE", "TRUE"),
        ("x.y", "x.y"),
        ("Sales2", "Sales2"),
        ("Probe Tab", "'Probe Tab'"),
        ("A1", "'A1'"),
        ("ABC1234", "'ABC1234'"),
        ("R1C1", "'R1C1'"),
        ("2026", "'2026'"),
        ("a-b", "'a-b'"),
        ("It's", "'It''s'"),
    ],
)
def test_how_google_writes_titles_in_labels(title, written):
    """Source: spike; D3 also in the cassette WorksheetTest.test_get_all_values_title_is_a1."""
    assert a1.quoted(title) == written


@pytest.mark.parametrize(
    ("entered", "stored"),
    [
        ("=sum( sales!a3:a3 )", "=sum( Sales!A3 )"),
        ("='Sales'!B3:a2", "=Sales!A2:B3"),
        ("=sales!$d$3 + 1", "=Sales!$D$3 + 1"),
        ("=SUM(  A1 ,  'It''s'!a1:a1  )", "=SUM(  A1 ,  'It''s'!A1  )"),
        ("=if(true,\"a3:a3\",'It''s'!A1)", "=if(true,\"a3:a3\",'It''s'!A1)"),
        ("=Sales!3:3", "=Sales!3:3"),
        ("=SUM(Sales!$A3:$A3)", "=SUM(Sales!$A3)"),
    ],
)
def test_formulas_are_stored_in_googles_spelling(service, entered, stored):
    """Source: spike."""
    book = service.spreadsheets["book"]
    for title in ("Sales", "It's"):
        body = {"requests": [sheet(title=title)]}
        service.handle("POST", BOOK + ":batchUpdate", {}, body)
    assert canonical(entered, book) == stored
    value = {"userEnteredValue": {"formulaValue": entered}}
    request = {"start": {"sheetId": 0}, "rows": [{"values": [value]}], "fields": "userEnteredValue"}
    service.handle("POST", BOOK + ":batchUpdate", {}, {"requests": [{"updateCells": request}]})
    assert book.sheets[0].cell(0, 0)["userEnteredValue"] == {"formulaValue": stored}


@pytest.mark.parametrize(
    ("method", "path", "body", "said"),
    [
        ("PUT", "/values/Sheet1!A1:B1", {"values": [[1, 2, 3]]},
         "Requested writing within range [Sheet1!A1:B1], but tried writing to column [C]"),
        ("PUT", "/values/'Sheet1'!A999", {"values": [[1]] * 3},
         "Requested writing within range ['Sheet1'!A999], but tried writing to row [1001]"),
        ("PUT", "/values/Sheet1!AA1", {"values": [[1]]},
         "Range (Sheet1!AA1) exceeds grid limits. Max rows: 1000, max columns: 26"),
        ("POST", "/values:batchClear", {"ranges": ["Sheet1!A1001:ZZ"]},
         ("Invalid range[0]: Range (Sheet1!A1001:ZZ) exceeds grid limits. "
          "Max rows: 1000, max columns: 26")),
        ("POST", "/values:batchUpdate",
         {"valueInputOption": "RAW", "data": [{"range": "tab7!A1", "values": [[1]]}]},
         "Invalid data[0]: Unable to parse range: tab7!A1"),
    ],
)  # fmt: skip
def test_the_values_endpoints_refuse(service, method, path, body, said):
    """Source: quoted."""
    query = {"valueInputOption": ["RAW"]} if method == "PUT" else {}
    status, _, reply = service.handle(method, BOOK + path, query, body)
    assert (status, reply["error"]["message"]) == (400, said)


def test_a_typed_column_takes_no_other_validation(service):
    """Source: quoted by four repositories; the header is no part of the column."""
    table = {
        "name": "deals",
        "range": area(top=0, bottom=5, left=0, right=2),
        "columnProperties": [
            {"columnIndex": 0, "columnName": "a", "columnType": "DOUBLE"},
            {"columnIndex": 1, "columnName": "b"},
        ],
    }
    condition = {"type": "NUMBER_GREATER", "values": [{"userEnteredValue": "0"}]}

    def rule(**ends):
        return {"setDataValidation": {"range": area(**ends), "rule": {"condition": condition}}}

    path = BOOK + ":batchUpdate"
    made = {"requests": [cells(2, start={"sheetId": 0}), {"addTable": {"table": table}}]}
    assert service.handle("POST", path, {}, made)[0] == 200
    status, _, reply = service.handle(
        "POST", path, {}, {"requests": [rule(top=0, bottom=9, left=0, right=1)]}
    )
    assert status == 400
    assert reply["error"]["message"].endswith("not allowed on cells in typed columns.")
    free = {"requests": [rule(top=0, bottom=9, left=1, right=2), rule(top=5, left=0, right=1)]}
    assert service.handle("POST", path, {}, free)[0] == 200


def test_colours_are_kept_with_eight_bits_and_their_styles(service):
    """Source: cassettes WorksheetTest.test_update_tab_color and test_format."""
    properties = {"sheetId": 0, "tabColorStyle": {"rgbColor": {"red": 1, "green": 0, "blue": 0.5}}}
    request = {"updateSheetProperties": {"properties": properties, "fields": "tabColorStyle"}}
    service.handle("POST", BOOK + ":batchUpdate", {}, {"requests": [request]})
    kept = service.spreadsheets["book"].sheets[0].properties
    assert kept["tabColorStyle"] == {"rgbColor": {"red": 1, "blue": 0.49803922}}
    assert kept["tabColor"] == {"red": 1, "blue": 0.49803922}


def test_append_finds_the_last_block_of_cells_only(service):
    """Source: cassettes test_append_row_with_empty_value and test_insert_cols."""
    query = {"valueInputOption": ["RAW"]}
    path = BOOK + "/values/Sheet1:append"
    service.handle("POST", path, query, {"values": [["a", "", "c"]]})
    _, _, reply = service.handle("POST", path, query, {"values": [["d"]]})
    assert reply["tableRange"] == "Sheet1!C1"
    assert reply["updates"]["updatedRange"] == "Sheet1!C2"
    path = BOOK + "/values/Sheet1!B1:append"
    _, _, reply = service.handle("POST", path, query, {"values": [["e"]]})
    assert "tableRange" not in reply
    assert reply["updates"]["updatedRange"] == "Sheet1!B1"


def test_the_asker_becomes_an_editor_of_what_it_protects(service):
    """Source: cassette WorksheetTest.test_add_protected_range_normal: only later reads show it."""
    protected = {"range": area(top=0, bottom=2, left=0, right=2), "editors": {"users": []}}
    body = {"requests": [{"addProtectedRange": {"protectedRange": protected}}]}
    _, _, reply = service.handle("POST", BOOK + ":batchUpdate", {}, body, "robot@example.com")
    answered = reply["replies"][0]["addProtectedRange"]["protectedRange"]
    assert (answered["editors"], answered["requestingUserCanEdit"]) == ({}, True)
    _, _, seen = service.handle("GET", BOOK, {}, None, "robot@example.com")
    assert seen["sheets"][0]["protectedRanges"][0]["editors"] == {"users": ["robot@example.com"]}
