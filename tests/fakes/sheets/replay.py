"""Replays recorded conversations with the live Sheets API against a fresh emulator.

A cassette is what gspread's tests recorded: requests and Google's replies, in order.  Each Sheets
request goes to the emulator and the whole JSON reply is compared.  Ids that the server made are
learned from the recording (put into the request where the API lets the client choose), colours of
the theme are left out.  Drive requests only move the state along.  A reply about a spreadsheet that
was not created within the cassette cannot be reproduced and is counted apart.
"""

from __future__ import annotations

import csv
import io
import json
import re
import tarfile
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any
from urllib.parse import parse_qs, urlsplit

from tests.fakes.sheets import parsing
from tests.fakes.sheets.service import Service
from tests.fakes.sheets.state import Json
from tests.fakes.sheets.values_write import with_value

_MADE = (
    ("addSheet", "properties", "sheetId"),
    ("addNamedRange", "namedRange", "namedRangeId"),
    ("addProtectedRange", "protectedRange", "protectedRangeId"),
)


@dataclass
class Tally:
    """How many replies were identical, which were not, and what could not be reproduced."""

    identical: int = 0
    foreign: int = 0
    different: list[tuple[str, int, str, Any, Any]] = field(default_factory=list)
    kinds: Counter[str] = field(default_factory=Counter)

    @property
    def total(self) -> int:
        """Sheets replies that could be reproduced."""
        return self.identical + len(self.different)

    def __str__(self) -> str:
        share = 100 * self.identical / max(self.total, 1)
        return (
            f"{self.identical} of {self.total} replies identical ({share:.1f} %), "
            f"{self.foreign} about spreadsheets made outside their cassette"
        )


def cassettes(archive: Path) -> Iterator[tuple[str, list[Json]]]:
    """Name and interactions of each cassette in the archive."""
    with tarfile.open(archive) as packed:
        for member in packed:
            if member.name.endswith(".json"):
                content = json.load(packed.extractfile(member))
                yield Path(member.name).stem, content["interactions"]


def replay(archive: Path) -> Tally:
    """All cassettes, each on a fresh emulator."""
    tally = Tally()
    for name, interactions in cassettes(archive):
        Player(name, interactions, tally).play()
    return tally


class Player:
    """One cassette on one emulator."""

    def __init__(self, name: str, interactions: list[Json], tally: Tally):
        self.name, self.interactions, self.tally = name, interactions, tally
        self.service = Service(lenient=True)
        found = re.search(r"[\w.-]+@[\w.-]+\.iam\.gserviceaccount\.com", json.dumps(interactions))
        self.user = found[0] if found else "owner"

    def play(self) -> None:
        """Send everything and compare."""
        for number, interaction in enumerate(self.interactions):
            request, response = interaction["request"], interaction["response"]
            parts = urlsplit(request["uri"])
            expected = _json(response["body"].get("string"))
            if parts.netloc == "sheets.googleapis.com":
                self._sheets(number, request, parts, response["status"]["code"], expected)
            else:
                self._drive(request["method"], parts.path, request["body"], expected)

    def _sheets(self, number: int, request: Json, parts: Any, status: int, expected: Any) -> None:
        identity = re.match(r"/v4/spreadsheets/([^/:]+)", parts.path)[1]
        if identity not in self.service.spreadsheets and status != 404:
            self.tally.foreign += 1
            return
        body = _json(request["body"])
        if isinstance(expected, dict) and "replies" in expected:
            _teach(body, expected["replies"])
        query = parse_qs(parts.query, keep_blank_values=True)
        got = self.service.handle(request["method"], parts.path, query, body, self.user)
        if (status, masked(expected)) == (got[0], masked(got[2])):
            self.tally.identical += 1
        else:
            asked = f"{parts.path.split(identity)[1]}?{parts.query}"
            line = f"{request['method']} {asked} {request['body']}"
            self.tally.different.append((self.name, number, line, expected, got[2]))

    def _drive(self, method: str, path: str, sent: Any, expected: Any) -> None:
        files = self.service.spreadsheets
        if method == "POST" and isinstance(expected, dict) and "id" in expected:
            source = files.get(path.split("/")[-2]) if path.endswith("/copy") else None
            if source is None:
                made = self.service.create(expected["name"], identity=expected["id"])
            else:
                made = source.fork()
                made.id, made.properties["title"] = expected["id"], expected["name"]
                files[made.id] = made
            made.owner = self.user
        elif method == "DELETE" and path.count("/") == 4:
            files.pop(path.rsplit("/", maxsplit=1)[-1], None)
        elif method == "PUT" and path.startswith("/upload/"):
            self._upload(files[path.rsplit("/", maxsplit=1)[-1]], sent)

    @staticmethod
    def _upload(spreadsheet: Any, text: str) -> None:
        """An uploaded .csv replaces the first tab, which takes the file's title."""
        spreadsheet.properties["timeZone"] = "America/Los_Angeles"
        sheet = spreadsheet.sheets[0]
        sheet.properties["title"] = spreadsheet.properties["title"]
        for row, line in enumerate(csv.reader(io.StringIO(text))):
            for column, cell in enumerate(line):
                sheet.put(row, column, with_value({}, *parsing.entered(cell)))
        spreadsheet.changed()


def _json(text: Any) -> Any:
    if not text:
        return None
    try:
        return json.loads(text)
    except (TypeError, ValueError):
        return text


def _teach(body: Json, replies: list[Json]) -> None:
    for request, reply in zip(body["requests"], replies, strict=True):
        for kind, inner, key in _MADE:
            if kind in request and kind in reply:
                request[kind][inner][key] = reply[kind][inner][key]
        if "duplicateSheet" in request:
            request["duplicateSheet"]["newSheetId"] = reply["duplicateSheet"]["properties"][
                "sheetId"
            ]


def masked(body: Any) -> Any:
    """The reply without the theme."""
    if isinstance(body, dict) and "properties" in body:
        properties = {k: v for k, v in body["properties"].items() if k != "spreadsheetTheme"}
        return {**body, "properties": properties}
    return body


def main(archive: str, most: int = 40) -> None:
    """Print the tally and the first differences."""
    tally = replay(Path(archive))
    print(tally)
    for name, number, line, expected, got in tally.different[:most]:
        print(f"{name} {number} {line[:300]}\n   google   {json.dumps(expected)[:600]}")
        print(f"   emulator {json.dumps(got)[:600]}")
