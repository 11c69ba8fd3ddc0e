"""Measured facts about the live Sheets API: how they are written down.

Each has a sentence, its source and a check, run against the emulator. A fact speaks the public
JSON of the API only. ``mmedum`` is mmedum/google-sheets-mcp, docs/architecture.md section 18 (runs
against a real account, 2026-09); ``discovery`` is Google's discovery document of Sheets v4;
``guide`` are pages below developers.google.com/workspace/sheets; ``cassettes`` is the traffic that
burnash/gspread recorded; ``google-sheets.md`` is the design page that the project collected.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any
from urllib.parse import quote

import pytest

from tests.fakes.sheets.service import Service

Json = dict[str, Any]
FACTS: dict[str, list[Any]] = {}
"""The facts of each module."""


def fact(sentence: str, source: str, **book: Any) -> Callable[..., Any]:
    def kept(check: Callable[[Scratch], None]) -> Callable[[Scratch], None]:
        assert source
        told = pytest.param(check, book, id=f"{sentence} [{source}]")
        FACTS.setdefault(check.__module__, []).append(told)
        return check

    return kept


class Scratch:
    """One spreadsheet with one tab of 1000 x 26 cells, spoken to in JSON."""

    def __init__(self, **properties: Any):
        self.service = Service(lenient=True)
        self.book = self.service.create(identity="scratch", **properties)
        found = self.get("sheets.properties(sheetId,title)")["sheets"][0]["properties"]
        self.sheet, self.title = found.get("sheetId", 0), found["title"]

    def ask(
        self, method: str, tail: str, body: Any = None, user: str = "owner", **query: Any
    ) -> tuple[int, Json]:
        told = {k: v if isinstance(v, list) else [str(v)] for k, v in query.items()}
        path = f"/v4/spreadsheets/scratch{tail}"
        status, _, reply = self.service.handle(method, path, told, body, user)
        return status, reply

    def get(self, fields: str = "", **query: Any) -> Json:
        query |= {"fields": fields} if fields else {}
        status, reply = self.ask("GET", "", **query)
        assert status == 200, reply
        return reply

    def update(
        self, place: str, rows: list[list[Any]], option: str = "USER_ENTERED", user: str = "owner"
    ) -> tuple[int, Json]:
        return self.ask(
            "PUT", f"/values/{quote(place)}", {"values": rows}, user, valueInputOption=option
        )

    def append(self, place: str, rows: list[list[Any]], **query: Any) -> Json:
        query = {"valueInputOption": "RAW", **query}
        status, reply = self.ask(
            "POST", f"/values/{quote(place)}:append", {"values": rows}, **query
        )
        assert status == 200, reply
        return reply

    def values(self, place: str, render: str = "FORMATTED_VALUE", **query: Any) -> list[list[Any]]:
        path = f"/values/{quote(place)}"
        status, reply = self.ask("GET", path, valueRenderOption=render, **query)
        assert status == 200, reply
        return reply.get("values", [])

    def batch(self, *requests: Json, user: str = "owner", **more: Any) -> tuple[int, Json]:
        return self.ask("POST", ":batchUpdate", {"requests": list(requests), **more}, user)

    def done(self, *requests: Json, **more: Any) -> list[Json]:
        status, reply = self.batch(*requests, **more)
        assert status == 200, reply
        return reply["replies"]

    def refused(self, *requests: Json, user: str = "owner") -> str:
        status, reply = self.batch(*requests, user=user)
        assert status == 400, reply
        assert reply["error"]["status"] == "INVALID_ARGUMENT"
        return reply["error"]["message"]

    def area(self, top: int, bottom: int, left: int, right: int) -> Json:
        rows = {"startRowIndex": top, "endRowIndex": bottom}
        return {"sheetId": self.sheet, **rows, "startColumnIndex": left, "endColumnIndex": right}

    def cell(self, place: str) -> Json:
        fields = "sheets.data.rowData.values"
        data = self.get(fields, ranges=[place])["sheets"][0]["data"][0]
        return data.get("rowData", [{"values": [{}]}])[0]["values"][0]

    def typed(self, told: Any, option: str = "USER_ENTERED") -> Any:
        """The kind and value of what a cell becomes."""
        status, reply = self.update("A1", [[told]], option)
        assert status == 200, reply
        ((kind, value),) = self.cell("A1")["userEnteredValue"].items()
        return kind, value

    def sheet_json(self, fields: str) -> Json:
        return self.get(f"sheets({fields})")["sheets"][0]


def marker(identity: int, location: Json, value: str = "run") -> Json:
    """A request that leaves developer metadata under a chosen id."""
    made = {"metadataKey": "epoch", "metadataValue": value, "visibility": "DOCUMENT"}
    told = {**made, "metadataId": identity, "location": location}
    return {"createDeveloperMetadata": {"developerMetadata": told}}


def table(s: Scratch, **more: Any) -> Json:
    """A request for a table over A1:B4."""
    made = {"name": "tbl", "tableId": "T1", "range": s.area(0, 4, 0, 2), **more}
    return {"addTable": {"table": made}}


BAND = {"firstBandColor": {"red": 1}, "secondBandColor": {"green": 1}}
RED = {"backgroundColor": {"red": 1}}


def rows(s: Scratch, start: int, end: int) -> Json:
    """A DimensionRange of rows of the first tab."""
    return {"sheetId": s.sheet, "dimension": "ROWS", "startIndex": start, "endIndex": end}
