"""Google's own client library against the emulator, over real HTTP."""

from __future__ import annotations

import httplib2
import pytest
from googleapiclient.discovery import build
from googleapiclient.errors import HttpError

from tests.fakes.sheets.server import Server
from tests.fakes.sheets.service import Service


@pytest.fixture
def sheets():
    with Server(Service()) as server:
        http = httplib2.Http()
        made = build("sheets", "v4", http=http, client_options={"api_endpoint": server.url})
        yield made.spreadsheets()
        made.close()
        http.close()


def test_create_write_and_read(sheets):
    book = sheets.create(body={"properties": {"title": "Made"}}).execute()["spreadsheetId"]
    body = {"values": [["a", 1], ["=B1+1", True]]}
    sheets.values().update(
        spreadsheetId=book, range="Sheet1!A1", valueInputOption="USER_ENTERED", body=body
    ).execute()
    read = sheets.values().get(
        spreadsheetId=book, range="Sheet1!A1:B2", valueRenderOption="UNFORMATTED_VALUE"
    )
    assert read.execute()["values"] == [["a", 1], [2, True]]
    masked = sheets.get(spreadsheetId=book, fields="properties.title,sheets.properties.title")
    assert masked.execute() == {
        "properties": {"title": "Made"},
        "sheets": [{"properties": {"title": "Sheet1"}}],
    }


def test_a_batch_and_its_refusal(sheets):
    book = sheets.create(body={}).execute()["spreadsheetId"]
    add = {"addSheet": {"properties": {"title": "Deals", "sheetId": 5}}}
    reply = sheets.batchUpdate(spreadsheetId=book, body={"requests": [add]}).execute()
    assert reply["replies"][0]["addSheet"]["properties"]["sheetId"] == 5
    with pytest.raises(HttpError, match="already exists") as caught:
        sheets.batchUpdate(spreadsheetId=book, body={"requests": [add]}).execute()
    assert caught.value.status_code == 400


def test_metadata_is_found_by_key(sheets):
    book = sheets.create(body={}).execute()["spreadsheetId"]
    made = {
        "metadataId": 7,
        "metadataKey": "epoch",
        "metadataValue": "run",
        "visibility": "DOCUMENT",
        "location": {"spreadsheet": True},
    }
    request = {"createDeveloperMetadata": {"developerMetadata": made}}
    sheets.batchUpdate(spreadsheetId=book, body={"requests": [request]}).execute()
    metadata = sheets.developerMetadata()
    found = metadata.get(spreadsheetId=book, metadataId=7).execute()
    assert found["metadataValue"] == "run"
    body = {"dataFilters": [{"developerMetadataLookup": {"metadataKey": "epoch"}}]}
    hits = metadata.search(spreadsheetId=book, body=body).execute()["matchedDeveloperMetadata"]
    assert [hit["developerMetadata"]["metadataId"] for hit in hits] == [7]
    body["dataFilters"][0]["developerMetadataLookup"]["metadataKey"] = "other"
    assert metadata.search(spreadsheetId=book, body=body).execute() == {}
