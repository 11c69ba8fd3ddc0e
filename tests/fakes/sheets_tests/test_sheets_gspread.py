"""gspread's own calls against the emulator, over real HTTP: an independent client's view.

The client is the shipped one, unchanged; its session's adapter sends Google's addresses to the
local server.
"""

from __future__ import annotations

import gspread
import pytest
import requests
from gspread.utils import DateTimeOption, MergeType, ValidationConditionType, ValueRenderOption

from tests.fakes.sheets.adapter import HOSTS, Rewrite
from tests.fakes.sheets.server import Server
from tests.fakes.sheets.service import Service


@pytest.fixture
def service():
    return Service()


@pytest.fixture
def client(service):
    with Server(service) as server:
        session = requests.Session()
        session.headers["Authorization"] = "Bearer robot@example.com"
        for host in HOSTS:
            session.mount(host, Rewrite(server.url))
        made = gspread.Client(auth=None, session=session)
        yield made
        session.close()


@pytest.fixture
def book(client, service):
    service.create("Partners", identity="book")
    return client.open_by_key("book")


@pytest.fixture
def sheet(book):
    return book.sheet1


def test_open_by_key_and_url(client, book):
    assert book.title == "Partners"
    assert client.open_by_url(book.url + "/edit").id == "book"
    assert book.locale == "en_US"
    assert book.timezone == "Etc/GMT"


def test_an_unknown_spreadsheet_is_not_found(client):
    with pytest.raises(gspread.SpreadsheetNotFound):
        client.open_by_key("nowhere")


def test_a_stranger_is_refused(client, service):
    service.create("Closed", identity="closed").editors = {"friend@example.com"}
    with pytest.raises(PermissionError):
        client.open_by_key("closed")


def test_create_open_list_copy_and_delete(client):
    made = client.create("New one")
    assert client.open("New one").id == made.id
    made.sheet1.update([["kept"]], "A1")
    twin = client.copy(made.id, title="Twin", copy_comments=False)
    assert twin.sheet1.acell("A1").value == "kept"
    client.del_spreadsheet(made.id)
    assert [file["name"] for file in client.list_spreadsheet_files()] == ["Twin"]


def test_worksheets_are_found_by_title_index_and_id(book, sheet):
    other = book.add_worksheet("Deals", rows=5, cols=4)
    assert book.worksheet("Deals").id == other.id
    assert book.get_worksheet(1).title == "Deals"
    assert book.get_worksheet_by_id(0).title == "Sheet1"
    assert [tab.title for tab in book.worksheets()] == ["Sheet1", "Deals"]
    with pytest.raises(gspread.WorksheetNotFound):
        book.worksheet("Nope")


def test_a_taken_title_is_refused(book):
    with pytest.raises(gspread.exceptions.APIError, match="already exists"):
        book.add_worksheet("sheet1", rows=1, cols=1)


def test_delete_duplicate_reorder_and_rename(book, sheet):
    sheet.update([["x", 1]], "A1")
    twin = book.duplicate_sheet(sheet.id, insert_sheet_index=1, new_sheet_name="Twin")
    assert twin.get_all_values() == [["x", "1"]]
    book.reorder_worksheets([twin, sheet])
    assert [tab.title for tab in book.worksheets()] == ["Twin", "Sheet1"]
    sheet.update_title("First")
    assert [tab.title for tab in book.worksheets()] == ["Twin", "First"]
    book.del_worksheet(twin)
    assert [tab.title for tab in book.worksheets()] == ["First"]
    with pytest.raises(gspread.exceptions.APIError, match="visible sheets"):
        book.del_worksheet(sheet)


def test_copy_to_another_spreadsheet(client, service, sheet):
    sheet.update([["carried"]], "A1")
    service.create("Other", identity="other")
    sheet.copy_to("other")
    assert client.open_by_key("other").worksheet("Copy of Sheet1").acell("A1").value == "carried"


def test_hide_and_show(book, sheet):
    tab = book.add_worksheet("Back", rows=2, cols=2)
    tab.hide()
    assert [t.title for t in book.worksheets(exclude_hidden=True)] == ["Sheet1"]
    tab.show()
    assert len(book.worksheets(exclude_hidden=True)) == 2
    with pytest.raises(gspread.exceptions.APIError, match="hide all the sheets"):
        book.batch_update(
            {"requests": [_hide(0), _hide(tab.id)]},
        )
    assert len(book.worksheets(exclude_hidden=True)) == 2


def _hide(identity):
    properties = {"sheetId": identity, "hidden": True}
    return {"updateSheetProperties": {"properties": properties, "fields": "hidden"}}


def test_raw_values_stay_as_they_are(sheet):
    sheet.update([["007", "=1+1", "+44", "2020-01-01", 1.5, True]], "A1")
    values = sheet.get("A1:F1", value_render_option=ValueRenderOption.unformatted)
    assert values == [["007", "=1+1", "+44", "2020-01-01", 1.5, True]]


def test_typed_values_are_read_as_typed(sheet):
    sheet.update([["007", "=1+1", "+44", "2020-01-01", "5%", "'007"]], "A1", raw=False)
    assert sheet.get("A1:F1") == [["7", "2", "44", "2020-01-01", "5%", "007"]]
    plain = sheet.get("A1:F1", value_render_option=ValueRenderOption.unformatted)
    assert plain == [[7, 2, 44, 43831, 0.05, "007"]]
    formulas = sheet.get("B1:D1", value_render_option=ValueRenderOption.formula)
    assert formulas == [["=1+1", 44, 43831]]
    dates = sheet.get(
        "D1", value_render_option="UNFORMATTED_VALUE",
        date_time_render_option=DateTimeOption.formatted_string,
    )  # fmt: skip
    assert dates == [["2020-01-01"]]


def test_none_leaves_a_cell_alone_and_an_empty_text_clears_it(sheet):
    sheet.update([["a", "b", "c"]], "A1")
    reply = sheet.update([[None, "", "z"]], "A1")
    assert reply["updatedCells"] == 2
    assert sheet.row_values(1) == ["a", "", "z"]


def test_writing_past_the_named_range_is_refused(sheet):
    with pytest.raises(gspread.exceptions.APIError, match=r"tried writing to row \[2\]"):
        sheet.update([["a"], ["b"]], "A1:B1")


def test_columns_and_rows_are_trimmed(sheet):
    sheet.update([["a", "", "c"], [], ["", "e"]], "B2")
    assert sheet.get_all_values() == [
        ["", "", "", ""],
        ["", "a", "", "c"],
        ["", "", "", ""],
        ["", "", "e", ""],
    ]
    assert sheet.col_values(3) == ["", "", "", "e"]
    assert sheet.row_values(2) == ["", "a", "", "c"]
    assert sheet.get("B2:D4", major_dimension="COLUMNS") == [["a"], ["", "", "e"], ["c"]]


def test_records(sheet):
    sheet.update([["name", "n"], ["Acme", 3], ["Bolt", 4]], "A1")
    assert sheet.get_all_records() == [{"name": "Acme", "n": 3}, {"name": "Bolt", "n": 4}]


def test_single_cells(sheet):
    sheet.update_acell("B2", "x")
    sheet.update_cell(3, 2, "y")
    assert sheet.acell("B2").value == "x"
    assert sheet.cell(3, 2).value == "y"
    cells = sheet.range("B2:B3")
    cells[0].value = "z"
    sheet.update_cells(cells)
    assert [cell.value for cell in sheet.range("B2:B3")] == ["z", "y"]


def test_find_and_findall(sheet):
    sheet.update([["a", "b"], ["b", "c"]], "A1")
    assert (sheet.find("c").row, sheet.find("c").col) == (2, 2)
    assert [cell.address for cell in sheet.findall("b")] == ["B1", "A2"]
    assert sheet.find("zzz") is None


def test_batch_get_update_and_clear(book, sheet):
    sheet.batch_update([{"range": "A1:B1", "values": [[1, 2]]}, {"range": "A3", "values": [[3]]}])
    assert sheet.batch_get(["A1:B1", "A3"]) == [[["1", "2"]], [["3"]]]
    found = book.values_batch_get(["Sheet1!A1:A3"], {"valueRenderOption": "UNFORMATTED_VALUE"})
    assert found["valueRanges"][0]["values"] == [[1], [], [3]]
    sheet.batch_clear(["A1", "A3"])
    assert sheet.get_all_values() == [["", "2"]]
    sheet.clear()
    assert sheet.get_all_values() == [[]]


def test_append_rows(sheet):
    sheet.append_row(["a", 1])
    sheet.append_rows([["b", 2], ["c", 3]])
    assert sheet.get_all_values() == [["a", "1"], ["b", "2"], ["c", "3"]]
    reply = sheet.append_row(["d"], insert_data_option="INSERT_ROWS", table_range="A1:B1")
    assert reply["tableRange"] == "Sheet1!A1:B3"
    assert sheet.row_values(4) == ["d"]


def test_append_follows_the_block_it_finds_not_column_a(sheet):
    sheet.update([["head", "", "x"]], "A1")
    sheet.append_row(["lost"])
    assert sheet.get_all_values()[1] == ["", "", "lost"]


def test_rows_and_columns_come_and_go(sheet):
    sheet.update([["a", "b"], ["c", "d"]], "A1")
    sheet.insert_row(["new"], 2)
    assert sheet.col_values(1) == ["a", "new", "c"]
    sheet.insert_cols([["h1", "h2"]], 2)
    assert sheet.get_all_values() == [["a", "h1", "b"], ["new", "h2", ""], ["c", "", "d"]]
    sheet.delete_rows(2)
    sheet.delete_columns(2)
    assert sheet.get_all_values() == [["a", "b"], ["c", "d"]]
    sheet.add_rows(10)
    sheet.add_cols(2)
    assert (sheet.row_count, sheet.col_count) == (1010, 28)
    sheet.resize(rows=1, cols=1)
    assert sheet.get_all_values() == [["a"]]


def test_formulas_follow_inserted_rows(sheet):
    sheet.update([[1], [2], ["=SUM(A1:A2)"]], "A1", raw=False)
    sheet.insert_row([10], 2, value_input_option="USER_ENTERED")
    assert sheet.acell("A4", value_render_option="FORMULA").value == "=SUM(A1:A3)"
    assert sheet.acell("A4").value == "13"


def test_sort(sheet):
    sheet.update([["n", "x"], [3, "c"], [1, "a"], ["", "z"], [2, "b"]], "A1")
    sheet.sort((1, "asc"), range="A2:B5")
    assert sheet.col_values(2) == ["x", "a", "b", "c", "z"]
    sheet.sort((1, "des"), range="A2:B5")
    assert sheet.col_values(2) == ["x", "c", "b", "a", "z"]


def test_merges(book, sheet):
    sheet.update([[1, 2, "x"], [3, 4, "y"]], "A1")
    sheet.merge_cells("A1:B2")
    assert sheet.get_all_values() == [["1", "", "x"], ["", "", "y"]]
    assert sheet.get("A1:C2", combine_merged_cells=True) == [["1", "1", "x"], ["1", "1", "y"]]
    with pytest.raises(gspread.exceptions.APIError, match="all cells in a merged range"):
        sheet.merge_cells("B2:C3")
    sheet.unmerge_cells("A1:B2")
    assert "merges" not in book.fetch_sheet_metadata()["sheets"][0]
    sheet.merge_cells("A1:B2", MergeType.merge_rows)
    assert len(book.fetch_sheet_metadata()["sheets"][0]["merges"]) == 2


def test_formats_merge(book, sheet):
    sheet.format("A1:B1", {"textFormat": {"bold": True}, "backgroundColor": {"red": 1}})
    sheet.format("A1", {"textFormat": {"italic": True}})
    params = {"ranges": "Sheet1!A1:B1", "fields": "sheets.data.rowData.values.userEnteredFormat"}
    cells = book.fetch_sheet_metadata(params)["sheets"][0]["data"][0]["rowData"][0]["values"]
    assert cells[1]["userEnteredFormat"]["textFormat"] == {"bold": True}
    assert cells[0]["userEnteredFormat"]["backgroundColorStyle"] == {"rgbColor": {"red": 1}}
    assert cells[0]["userEnteredFormat"]["textFormat"]["italic"] is True


def test_number_formats_show(sheet):
    sheet.update([[1234.5, 0.256, 43831]], "A1")
    sheet.batch_format(
        [
            {"range": "A1", "format": {"numberFormat": {"type": "NUMBER", "pattern": "#,##0.00"}}},
            {"range": "B1", "format": {"numberFormat": {"type": "PERCENT", "pattern": "0.0%"}}},
            {"range": "C1", "format": {"numberFormat": {"type": "DATE", "pattern": "d mmm yyyy"}}},
        ]
    )
    assert sheet.get("A1:C1") == [["1,234.50", "25.6%", "1 Jan 2020"]]


def test_freeze_gridlines_tab_colour_and_column_width(book, sheet):
    sheet.freeze(rows=1, cols=2)
    assert (sheet.frozen_row_count, sheet.frozen_col_count) == (1, 2)
    sheet.hide_gridlines()
    sheet.update_tab_color("#ff0080")
    properties = book.fetch_sheet_metadata()["sheets"][0]["properties"]
    assert properties["gridProperties"]["frozenRowCount"] == 1
    assert properties["gridProperties"]["hideGridlines"] is True
    assert properties["tabColorStyle"]["rgbColor"] == {"red": 1, "blue": 0.5019608}
    sheet.freeze(rows=0, cols=0)
    sheet.columns_auto_resize(0, 2)
    assert "frozenRowCount" not in book.fetch_sheet_metadata()["sheets"][0]["properties"]


def test_hidden_and_grouped_rows(book, sheet):
    sheet.hide_rows(1, 3)
    sheet.add_dimension_group_rows(1, 3)
    reply = book.fetch_sheet_metadata({"fields": "sheets(rowGroups,data.rowMetadata.hiddenByUser)"})
    assert reply["sheets"][0]["rowGroups"][0]["depth"] == 1
    assert reply["sheets"][0]["data"][0]["rowMetadata"][:4] == [
        {},
        {"hiddenByUser": True},
        {"hiddenByUser": True},
        {},
    ]


def test_named_ranges(book, sheet):
    sheet.update([["a"], ["b"]], "A1")
    sheet.define_named_range("A1:A2", "people")
    assert sheet.get("people") == [["a"], ["b"]]
    named = book.list_named_ranges()[0]
    with pytest.raises(gspread.exceptions.APIError, match="already exists"):
        sheet.define_named_range("B1", "People")
    sheet.insert_row(["top"], 1)
    assert book.list_named_ranges()[0]["range"]["startRowIndex"] == 1
    book.sheet1.delete_named_range(named["namedRangeId"])
    assert book.list_named_ranges() == []


def test_notes(sheet):
    sheet.insert_note("A1", "look here")
    sheet.insert_notes({"B2": "and here"})
    assert sheet.get_note("A1") == "look here"
    assert sheet.get_notes() == [["look here"], ["", "and here"]]
    sheet.clear_note("A1")
    assert sheet.get_note("A1") == ""


def test_protection_lets_the_editor_in_and_nobody_else(client, service, book, sheet):
    sheet.add_protected_range("A1:A2", editor_users_emails=["robot@example.com"])
    sheet.update([["mine"]], "A1")
    protected = book.list_protected_ranges(0)[0]
    assert protected["requestingUserCanEdit"] is True
    client.http_client.session.headers["Authorization"] = "Bearer other@example.com"
    with pytest.raises(gspread.exceptions.APIError, match="protected cell"):
        sheet.update([["theirs"]], "A1")
    sheet.update([["free"]], "B1")
    client.http_client.session.headers["Authorization"] = "Bearer owner"
    sheet.update([["owner's"]], "A1")
    sheet.delete_protected_range(protected["protectedRangeId"])
    assert book.list_protected_ranges(0) == []


def test_filter_and_validation(book, sheet):
    sheet.set_basic_filter("A1:B3")
    tab = book.fetch_sheet_metadata()["sheets"][0]
    assert tab["basicFilter"]["range"]["endColumnIndex"] == 2
    sheet.clear_basic_filter()
    assert "basicFilter" not in book.fetch_sheet_metadata()["sheets"][0]
    sheet.add_validation("A1", ValidationConditionType.one_of_list, ["yes", "no"], strict=True)
    params = {"fields": "sheets.data.rowData.values.dataValidation", "ranges": "Sheet1!A1"}
    cell = book.fetch_sheet_metadata(params)["sheets"][0]["data"][0]["rowData"][0]["values"][0]
    assert cell["dataValidation"]["strict"] is True


def test_copy_and_cut(sheet):
    sheet.update([["a", "=A1&1"]], "A1", raw=False)
    sheet.copy_range("A1:B1", "A3:B3")
    sheet.cut_range("A1:B1", "A5")
    assert sheet.row_values(3) == ["a", "a1"]
    assert sheet.row_values(1) == []
    assert sheet.row_values(5)[0] == "a"


def test_properties_of_the_spreadsheet(book):
    book.update_title("Renamed")
    book.update_locale("de_DE")
    book.update_timezone("Europe/Berlin")
    assert (book.title, book.locale, book.timezone) == ("Renamed", "de_DE", "Europe/Berlin")
    book.sheet1.update([["1,5", "31.12.2025"]], "A1", raw=False)
    plain = book.sheet1.get("A1:B1", value_render_option="UNFORMATTED_VALUE")
    assert plain == [[1.5, 46022]]


def test_permissions(book):
    book.share("amira@example.com", perm_type="user", role="writer")
    assert book.list_permissions()[0]["emailAddress"] == "amira@example.com"
    book.remove_permissions("amira@example.com")
    assert book.list_permissions() == []


def test_a_batch_is_whole_or_not_at_all(book, sheet):
    write = {
        "updateCells": {
            "start": {"sheetId": 0},
            "rows": [{"values": [{"userEnteredValue": {"stringValue": "half"}}]}],
            "fields": "userEnteredValue",
        }
    }
    with pytest.raises(gspread.exceptions.APIError, match=r"requests\[1\].deleteSheet: No sheet"):
        book.batch_update({"requests": [write, {"deleteSheet": {"sheetId": 99}}]})
    assert sheet.get_all_values() == [[]]
