"""The emulator's envelope: contract, whole batches, masks, ids, who may do what."""

from __future__ import annotations

import pytest

from tests.fakes.sheets.service import ContractBroken, Service

BOOK = "/v4/spreadsheets/book"


@pytest.fixture
def service():
    made = Service()
    made.create("Partners", identity="book")
    return made


def batch(service, *requests, user="owner", **rest):
    query = {"fields": [rest.pop("fields")]} if "fields" in rest else {}
    body = {"requests": list(requests), **rest}
    status, _, reply = service.handle("POST", BOOK + ":batchUpdate", query, body, user)
    return status, reply


def get(service, fields=None, **query):
    query = {key: value if isinstance(value, list) else [value] for key, value in query.items()}
    if fields:
        query["fields"] = [fields]
    return service.handle("GET", BOOK, query)[2]


def write(values, row=0, column=0, sheet=0):
    rows = [{"values": [{"userEnteredValue": _extended(v)} for v in line]} for line in values]
    start = {"sheetId": sheet, "rowIndex": row, "columnIndex": column}
    return {"updateCells": {"start": start, "rows": rows, "fields": "userEnteredValue"}}


def _extended(value):
    if isinstance(value, str):
        return {"formulaValue" if value.startswith("=") else "stringValue": value}
    return {"boolValue" if isinstance(value, bool) else "numberValue": value}


def area(top, bottom, left, right, sheet=0):
    return {
        "sheetId": sheet,
        "startRowIndex": top,
        "endRowIndex": bottom,
        "startColumnIndex": left,
        "endColumnIndex": right,
    }


def values(service, name="Sheet1"):
    return service.handle("GET", f"{BOOK}/values/{name}")[2].get("values", [])


@pytest.mark.parametrize(
    ("request_", "said"),
    [
        ({"updateCels": {}}, "Unknown name \"updateCels\" at 'requests[0]'"),
        ({"updateCells": {"feilds": "*"}}, "Unknown name \"feilds\" at 'requests[0].updateCells'"),
        ({"addSheet": {"properties": {"sheetId": 1.5}}}, "'requests[0].add_sheet.properties"),
        ({"mergeCells": {"mergeType": "ALL"}}, "TYPE_ENUM"),
        ({"updateCells": {"rows": {}}}, "ListValue"),
        ({"addSheet": {}, "deleteSheet": {}}, "exactly one kind"),
        ({}, "exactly one kind"),
        ({"repeatCell": {"cell": {}, "fields": "userEnteredFormat.bold"}}, "Cannot find matching"),
    ],
)
def test_a_request_that_the_document_forbids_is_a_loud_failure(service, request_, said):
    with pytest.raises(ContractBroken) as caught:
        batch(service, request_)
    assert said in str(caught.value)


def test_a_query_that_the_document_forbids_is_a_loud_failure(service):
    with pytest.raises(ContractBroken, match="includeGrid"):
        get(service, includeGrid="true")
    with pytest.raises(ContractBroken, match=r"sheets\.titel"):
        get(service, "sheets.titel")
    with pytest.raises(ContractBroken):
        service.handle("GET", BOOK + "/values/A1", {"valueRenderOption": ["PLAIN"]})


def test_the_lenient_emulator_answers_400_like_google():
    service = Service(lenient=True)
    service.create(identity="book")
    path = BOOK + "/values/A1"
    query = {"valueInputOption": ["RAW"]}
    status, _, reply = service.handle("PUT", path, query, {"values": "A1:D4"})
    assert status == 400
    assert reply["error"]["message"] == (
        "Invalid value at 'data.values' (type.googleapis.com/google.protobuf.ListValue), \"A1:D4\""
    )
    assert reply["error"]["details"][0]["fieldViolations"][0]["field"] == "data.values"


def test_a_batch_that_fails_leaves_nothing(service):
    before = get(service, includeGridData="true")
    status, reply = batch(
        service,
        write([["a"]]),
        {"addSheet": {"properties": {"title": "New", "sheetId": 7}}},
        {"addNamedRange": {"namedRange": {"name": "n", "range": area(0, 1, 0, 1)}}},
        {"deleteDimension": {"range": {"sheetId": 0, "dimension": "ROWS", "endIndex": 5}}},
        {"updateSheetProperties": {"properties": {"sheetId": 0, "title": "x"}, "fields": "title"}},
        {"deleteNamedRange": {"namedRangeId": "nope"}},
    )
    assert status == 400
    assert reply["error"]["message"].startswith("Invalid requests[5].deleteNamedRange: ")
    assert get(service, includeGridData="true") == before


def test_a_batch_without_requests_is_refused(service):
    assert batch(service)[1]["error"]["message"] == "Must specify at least one request."


def test_the_reply_of_a_batch_can_carry_the_sheet(service):
    _, reply = batch(
        service,
        write([["a", 1], ["b", 2]]),
        {"addSheet": {"properties": {"title": "Other"}}},
        includeSpreadsheetInResponse=True,
        responseRanges=["Sheet1!B2:B2"],
        responseIncludeGridData=True,
        fields="updatedSpreadsheet(sheets(properties.title,data(startRow,startColumn,rowData.values.effectiveValue)))",
    )
    assert reply == {
        "updatedSpreadsheet": {
            "sheets": [
                {
                    "properties": {"title": "Sheet1"},
                    "data": [
                        {
                            "startRow": 1,
                            "startColumn": 1,
                            "rowData": [{"values": [{"effectiveValue": {"numberValue": 2}}]}],
                        }
                    ],
                }
            ]
        }
    }


def test_masks_with_dots_slashes_and_groups_say_the_same(service):
    batch(service, write([["x"]]))
    wanted = {"sheets": [{"data": [{"rowData": [{"values": [{"formattedValue": "x"}]}]}]}]}
    for fields in (
        "sheets.data.rowData.values.formattedValue",
        "sheets/data/rowData/values/formattedValue",
        "sheets(data(rowData/values.formattedValue))",
    ):
        assert get(service, fields) == wanted


def test_include_grid_data_does_not_count_beside_a_mask(service):
    batch(service, write([["x"]]))
    assert "data" in get(service, "sheets.data.startRow,sheets.data.rowData")["sheets"][0]
    assert get(service, "sheets.properties.title", includeGridData="true") == {
        "sheets": [{"properties": {"title": "Sheet1"}}]
    }
    assert "data" not in get(service)["sheets"][0]
    assert "data" in get(service, includeGridData="true")["sheets"][0]


def test_ranges_choose_sheets_and_give_one_grid_each(service):
    batch(service, {"addSheet": {"properties": {"title": "Two", "sheetId": 2}}})
    reply = get(service, "sheets(properties.title,data.startRow)", ranges=["Two!A2:B3", "Two!A9"])
    assert [sheet["properties"]["title"] for sheet in reply["sheets"]] == ["Two"]
    assert [grid["startRow"] for grid in reply["sheets"][0]["data"]] == [1, 8]


def test_a_bare_word_is_a_named_range_first_and_a_quoted_one_a_tab(service):
    batch(
        service,
        {"addSheet": {"properties": {"title": "Deals", "sheetId": 2}}},
        {"addNamedRange": {"namedRange": {"name": "Deals", "range": area(0, 2, 0, 1)}}},
    )
    answer = service.handle("GET", BOOK + "/values/Deals")[2]
    assert answer["range"] == "Sheet1!A1:A2"
    assert service.handle("GET", BOOK + "/values/'Deals'")[2]["range"] == "Deals!A1:Z1000"


@pytest.mark.parametrize(
    ("name", "said"),
    [
        ("Nope!A1", "Unable to parse range: Nope!A1"),
        ("Nope", "Unable to parse range: Nope"),
        (
            "Sheet1!A1001",
            "Range (Sheet1!A1001) exceeds grid limits. Max rows: 1000, max columns: 26",
        ),
        ("Sheet1!AA1", "Range (Sheet1!AA1) exceeds grid limits. Max rows: 1000, max columns: 26"),
    ],
)
def test_ranges_that_do_not_exist_are_refused(service, name, said):
    status, _, reply = service.handle("GET", f"{BOOK}/values/{name}")
    assert (status, reply["error"]["message"]) == (400, said)


@pytest.mark.parametrize(
    ("name", "label"),
    [
        ("Sheet1!A1:ZZ5", "Sheet1!A1:Z5"),
        ("B2:A1", "Sheet1!A1:B2"),
        ("C:C", "Sheet1!C1:C1000"),
        ("2:3", "Sheet1!A2:Z3"),
        ("B5:B", "Sheet1!B5:B1000"),
        ("sheet1!$A$1", "Sheet1!A1"),
    ],
)
def test_labels_of_open_and_swapped_ranges(service, name, label):
    assert service.handle("GET", f"{BOOK}/values/{name}")[2]["range"] == label


def test_update_cells_clears_what_its_rows_do_not_cover(service):
    batch(service, write([["a", "b"], ["c", "d"], ["e", "f"]]))
    cells = [{"values": [{"userEnteredValue": {"stringValue": "x"}}]}]
    request = {"range": area(0, 2, 0, 2), "rows": cells, "fields": "userEnteredValue"}
    batch(service, {"updateCells": request})
    assert values(service) == [["x"], [], ["e", "f"]]


def test_update_cells_touches_only_the_masked_fields(service):
    note = {"values": [{"note": "n", "userEnteredFormat": {"textFormat": {"bold": True}}}]}
    batch(service, {"updateCells": {"start": {}, "rows": [note], "fields": "*"}})
    batch(service, write([["v"]]))
    italic = {"values": [{"userEnteredFormat": {"textFormat": {"italic": True}}}]}
    mask = "userEnteredFormat.textFormat.italic"
    batch(service, {"updateCells": {"start": {}, "rows": [italic], "fields": mask}})
    fields = "sheets.data.rowData.values(note,userEnteredValue,userEnteredFormat)"
    assert get(service, fields)["sheets"][0]["data"][0]["rowData"][0]["values"][0] == {
        "note": "n",
        "userEnteredValue": {"stringValue": "v"},
        "userEnteredFormat": {"textFormat": {"bold": True, "italic": True}},
    }


def test_writes_past_the_grid_are_refused_by_batches(service):
    status, reply = batch(service, write([["a"]], row=1000))
    assert status == 400
    assert reply["error"]["message"] == (
        "Invalid requests[0].updateCells: "
        "Attempting to write row: 1000, beyond the last requested row of: 999"
    )


def test_a_chosen_id_can_be_taken_once(service):
    request = {"addSheet": {"properties": {"title": "New", "sheetId": 7}}}
    assert batch(service, request)[0] == 200
    again = {"addSheet": {"properties": {"title": "Newer", "sheetId": 7}}}
    assert batch(service, again)[0] == 400
    named = {"namedRangeId": "n1", "name": "one", "range": area(0, 1, 0, 1)}
    assert batch(service, {"addNamedRange": {"namedRange": named}})[0] == 200
    assert batch(service, {"addNamedRange": {"namedRange": {**named, "name": "two"}}})[0] == 400


def test_sheet_zero_is_not_named_in_ranges_and_is_in_properties(service):
    _, reply = batch(
        service, {"addNamedRange": {"namedRange": {"name": "n", "range": area(0, 1, 0, 1)}}}
    )
    assert "sheetId" not in reply["replies"][0]["addNamedRange"]["namedRange"]["range"]
    assert get(service)["sheets"][0]["properties"]["sheetId"] == 0


def test_an_unknown_sheet_is_refused(service):
    assert "No grid with id: 9" in batch(service, write([["a"]], sheet=9))[1]["error"]["message"]
    assert (
        "No sheet with id: 9"
        in batch(service, {"deleteSheet": {"sheetId": 9}})[1]["error"]["message"]
    )


def test_creating_whole_workbooks(service):
    body = {
        "properties": {"title": "Made", "locale": "de_DE"},
        "sheets": [
            {"properties": {"sheetId": 11, "title": "One"}},
            {"properties": {"title": "Two"}},
        ],
    }
    _, _, reply = service.handle("POST", "/v4/spreadsheets", {}, body, "robot@example.com")
    assert [sheet["properties"]["title"] for sheet in reply["sheets"]] == ["One", "Two"]
    made = service.spreadsheets[reply["spreadsheetId"]]
    assert (made.locale, made.owner) == ("de_DE", "robot@example.com")


def test_data_filters_choose_by_range(service):
    batch(service, write([["a", "b"]]))
    filters = {"dataFilters": [{"a1Range": "A1"}, {"gridRange": area(0, 1, 1, 2)}]}
    path = BOOK + "/values:batchGetByDataFilter"
    _, _, reply = service.handle("POST", path, {}, filters)
    found = [item["valueRange"]["values"] for item in reply["valueRanges"]]
    assert found == [[["a"]], [["b"]]]
    _, _, reply = service.handle("POST", BOOK + ":getByDataFilter", {}, filters)
    assert len(reply["sheets"]) == 1


class TestWho:
    def test_nobody_but_those_it_is_shared_with(self, service):
        book = service.spreadsheets["book"]
        book.editors, book.readers = {"writer@example.com"}, {"reader@example.com"}
        assert service.handle("GET", BOOK, user="stranger@example.com")[0] == 403
        assert service.handle("GET", BOOK, user="reader@example.com")[0] == 200
        assert batch(service, write([["a"]]), user="reader@example.com")[0] == 403
        assert batch(service, write([["a"]]), user="writer@example.com")[0] == 200

    def test_protection_keeps_others_out_and_never_the_owner(self, service):
        protected = {
            "range": {"sheetId": 0},
            "unprotectedRanges": [area(0, 1, 0, 1)],
            "editors": {"users": ["robot@example.com"]},
        }
        request = {"addProtectedRange": {"protectedRange": protected}}
        batch(service, request, user="robot@example.com")
        other = "amira@example.com"
        refused = batch(service, write([["a"]], row=1), user=other)[1]["error"]["message"]
        assert refused.startswith("Invalid requests[0].updateCells: You are trying to edit a prot")
        assert batch(service, write([["a"]]), user=other)[0] == 200
        assert batch(service, write([["a"]], row=1), user="robot@example.com")[0] == 200
        assert batch(service, write([["a"]], row=1))[0] == 200

    def test_a_warning_does_not_stop_the_api(self, service):
        protected = {"range": {"sheetId": 0}, "warningOnly": True}
        request = {"addProtectedRange": {"protectedRange": protected}}
        batch(service, request, user="robot@example.com")
        assert batch(service, write([["a"]]), user="amira@example.com")[0] == 200

    def test_editors_show_only_to_those_who_may_edit(self, service):
        protected = {"range": {"sheetId": 0}, "editors": {"users": ["robot@example.com"]}}
        batch(
            service, {"addProtectedRange": {"protectedRange": protected}}, user="robot@example.com"
        )
        mask = {"fields": ["sheets.protectedRanges"]}
        _, _, seen = service.handle("GET", BOOK, mask, user="amira@example.com")
        assert "editors" not in seen["sheets"][0]["protectedRanges"][0]
        _, _, seen = service.handle("GET", BOOK, mask, user="robot@example.com")
        assert seen["sheets"][0]["protectedRanges"][0]["requestingUserCanEdit"] is True
