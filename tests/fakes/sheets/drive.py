"""The few answers of Google Drive that clients of Sheets need."""

from __future__ import annotations

import hashlib
import re
from typing import Any

from tests.fakes.sheets import birth
from tests.fakes.sheets.state import Json, Refused, Spreadsheet, clone

TYPE = "application/vnd.google-apps.spreadsheet"
TIME = "2026-01-05T08:00:00.000Z"


class Drive:
    """Files are the spreadsheets; permissions are kept and not enforced."""

    def __init__(self, spreadsheets: dict[str, Spreadsheet]):
        self.spreadsheets = spreadsheets
        self.permissions: dict[str, list[Json]] = {}
        self.made = 0

    def new_id(self) -> str:
        """A file id of the usual length, the same in every run."""
        self.made += 1
        return "1" + hashlib.sha256(str(self.made).encode()).hexdigest()[:43]

    def handle(
        self, method: str, path: str, query: dict[str, list[str]], body: Any
    ) -> tuple[int, dict[str, str], Any]:
        """Answer /drive/v3/files..."""
        found = re.fullmatch(r"/drive/v3/files(?:/([^/]+))?(/.*)?", path)
        if not found:
            raise Refused("Not Found", 404, "NOT_FOUND")
        identity, rest = found.groups()
        if identity is None:
            return self._create(body) if method == "POST" else self._list(query)
        if identity not in self.spreadsheets:
            raise Refused(f"File not found: {identity}.", 404, "NOT_FOUND")
        if rest:
            return self._below(method, self.spreadsheets[identity], rest, body)
        if method == "DELETE":
            del self.spreadsheets[identity]
            return 204, {}, None
        if method == "PATCH":
            self.spreadsheets[identity].properties["title"] = body["name"]
        return 200, {}, self._file(self.spreadsheets[identity], query)

    def _create(self, body: Json) -> tuple[int, dict[str, str], Any]:
        identity = self.new_id()
        made = birth.spreadsheet(identity, {"properties": {"title": body["name"]}})
        self.spreadsheets[identity] = made
        return 200, {}, _file(made)

    def _list(self, query: dict[str, list[str]]) -> tuple[int, dict[str, str], Any]:
        named = re.search(r"name ?= ?'([^']*)'", query.get("q", [""])[-1])
        files = [
            {**_file(item), "createdTime": TIME, "modifiedTime": TIME}
            for item in self.spreadsheets.values()
            if not named or item.properties["title"] == named[1]
        ]
        return 200, {}, {"files": files}

    def _file(self, spreadsheet: Spreadsheet, query: dict[str, list[str]]) -> Json:
        known = {**_file(spreadsheet), "createdTime": TIME, "modifiedTime": TIME}
        fields = query.get("fields", ["kind,id,name,mimeType"])[-1].split(",")
        return {key: known[key] for key in fields if key in known}

    def _below(
        self, method: str, spreadsheet: Spreadsheet, rest: str, body: Any
    ) -> tuple[int, dict[str, str], Any]:
        if rest == "/copy":
            twin = spreadsheet.fork()
            twin.id = self.new_id()
            twin.properties = {**clone(twin.properties), "title": body["name"]}
            self.spreadsheets[twin.id] = twin
            return 200, {}, _file(twin)
        if rest.startswith("/permissions"):
            return self._permissions(method, spreadsheet.id, rest, body)
        if rest == "/comments":
            return 200, {}, {"kind": "drive#commentList", "comments": []}
        raise Refused("Not Found", 404, "NOT_FOUND")

    def _permissions(
        self, method: str, identity: str, rest: str, body: Any
    ) -> tuple[int, dict[str, str], Any]:
        known = self.permissions.setdefault(identity, [])
        if method == "POST":
            made = {"id": str(len(known) + 1), "kind": "drive#permission", **body}
            known.append(made)
            return 200, {}, made
        if method == "DELETE":
            known[:] = [item for item in known if item["id"] != rest.rpartition("/")[2]]
            return 204, {}, None
        return 200, {}, {"permissions": known}


def _file(spreadsheet: Spreadsheet) -> Json:
    title = spreadsheet.properties["title"]
    return {"kind": "drive#file", "id": spreadsheet.id, "name": title, "mimeType": TYPE}
