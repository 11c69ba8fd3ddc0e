"""All spreadsheets, and the API's answers without HTTP.

`Service.handle(method, path, query, body, user)` is the API: it gives (status, headers, body) and
knows neither sockets nor bytes.  The server (server.py) and the transport adapters (adapter.py) put
bytes, quotas and faults around it.
"""

from __future__ import annotations

import gc
import re
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any
from urllib.parse import unquote

from tests.fakes.sheets import batch, birth, drive, metadata, values, view
from tests.fakes.sheets.state import Json, Refused, Spreadsheet, clone, without_nulls

Query = dict[str, list[str]]
Reply = tuple[int, dict[str, str], Any]


class ContractBroken(AssertionError):
    """A request or reply that Google's discovery document does not allow."""


@contextmanager
def _no_collection() -> Iterator[None]:
    """Hundreds of thousands of cells are made in one go: looking for cycles doubles the time."""
    was_on = gc.isenabled()
    gc.disable()
    try:
        yield
    finally:
        if was_on:
            gc.enable()


class Service:
    """The emulator: spreadsheets by id, and who may do what.

    `validate=False` turns the check against the discovery document off (volume tests).
    `lenient=True` answers a malformed body as Google does (400) where a test would fail loudly.
    Two switches for what sources leave open hold for spreadsheets made from then on:
    `regex_matches_blank` (findReplace fills an empty cell) and `tables_take_dropdowns` (addTable
    with a DROPDOWN column works, as Google's guide has it, or answers HTTP 500, as a user reports).
    """

    def __init__(
        self,
        *,
        validate: bool = True,
        lenient: bool = False,
        regex_matches_blank: bool = True,
        tables_take_dropdowns: bool = True,
    ):
        self.regex_matches_blank = regex_matches_blank
        self.tables_take_dropdowns = tables_take_dropdowns
        self.spreadsheets: dict[str, Spreadsheet] = {}
        self.drive = drive.Drive(self.spreadsheets)
        self.validate, self.lenient = validate, lenient
        self.lock = threading.RLock()
        self.requests: list[tuple[str, str]] = []

    def create(
        self, title: str = "Untitled spreadsheet", *, identity: str | None = None, **properties: Any
    ) -> Spreadsheet:
        """A new spreadsheet with one empty tab, as a person makes it in the browser.

        `properties` are SpreadsheetProperties such as locale="de_DE".  To share it with named
        people only, set `.editors = {"robot@..."}`; the user "owner" may do everything.
        """
        identity = identity or self.drive.new_id()
        made = birth.spreadsheet(identity, {"properties": {"title": title, **properties}})
        made.regex_matches_blank = self.regex_matches_blank
        made.tables_take_dropdowns = self.tables_take_dropdowns
        self.spreadsheets[identity] = made
        return made

    def handle(
        self,
        method: str,
        path: str,
        query: Query | None = None,
        body: Any = None,
        user: str = "owner",
        *,
        may_have_nulls: bool = True,
    ) -> Reply:
        """Answer one request; `path` is percent-encoded and begins with /v4/ (or /drive/v3/).

        Members of the body that are null count as absent; say when there are none, to save time.
        """
        with self.lock, _no_collection():
            self.requests.append((method, path))
            try:
                body = without_nulls(body) if may_have_nulls else body
                return self._answer(method, path, query or {}, body, user)
            except Refused as refused:
                return refused.status, {}, refused.body()

    def _answer(self, method: str, path: str, query: Query, body: Any, user: str) -> Reply:
        if "/drive/" in path:
            return self.drive.handle(method, path, query, body)
        for route in ROUTES:
            found = route.pattern.fullmatch(path)
            if found and route.method == method:
                return self._call(route, found, query, body, user)
        raise Refused("Method not found.", 404, "NOT_FOUND")

    def _call(
        self, route: Route, found: re.Match[str], query: Query, body: Any, user: str
    ) -> Reply:
        names = {key: unquote(value) for key, value in found.groupdict().items()}
        if self.validate:
            self._check(route, query, body)
        if "id" not in names:
            reply = route.answer(self, None, names, query, body or {}, user)
        else:
            spreadsheet = self.open(names["id"], user, write=route.writes)
            reply = route.answer(self, spreadsheet, names, query, body or {}, user)
        if self.validate:
            from tests.fakes.sheets import discovery

            discovery.check_reply(route.name, reply)
        return 200, {}, reply

    def _check(self, route: Route, query: Query, body: Any) -> None:
        from tests.fakes.sheets import discovery

        try:
            discovery.check_request(route.name, query, body)
        except ContractBroken as broken:
            if self.lenient:
                raise discovery.refusal(body, broken) from broken
            raise

    def open(self, identity: str, user: str, *, write: bool = False) -> Spreadsheet:
        """The spreadsheet, or the refusal that this user gets."""
        spreadsheet = self.spreadsheets.get(identity)
        if spreadsheet is None:
            raise Refused("Requested entity was not found.", 404, "NOT_FOUND")
        editors = spreadsheet.editors
        if editors is None or user == spreadsheet.owner or user in editors:
            return spreadsheet
        if user in spreadsheet.readers and not write:
            return spreadsheet
        raise Refused("The caller does not have permission", 403, "PERMISSION_DENIED")


Answer = Callable[[Service, Any, dict[str, str], Query, Json, str], Json]


class Route:
    """One method of the API: its name in the discovery document, its address, who answers."""

    def __init__(self, name: str, method: str, tail: str, answer: Answer, *, writes: bool):
        self.name, self.method, self.answer, self.writes = name, method, answer, writes
        self.pattern = re.compile("/v4/spreadsheets" + tail)


def flag(query: Query, name: str) -> bool:
    """A boolean query parameter."""
    return query.get(name, ["false"])[-1].lower() == "true"


def _get(service, spreadsheet, names, query, body, user) -> Json:
    return view.spreadsheet_json(
        spreadsheet,
        fields=query.get("fields", [""])[-1] or None,
        ranges=query.get("ranges"),
        include_grid=flag(query, "includeGridData"),
        user=user,
    )


def _get_by_filter(service, spreadsheet, names, query, body, user) -> Json:
    filters = body.get("dataFilters", [])
    return view.spreadsheet_json(
        spreadsheet,
        fields=query.get("fields", [""])[-1] or None,
        rects=[rect for item in filters for rect in metadata.rects(item, spreadsheet)],
        include_grid=bool(body.get("includeGridData")),
        user=user,
    )


def _create(service, spreadsheet, names, query, body, user) -> Json:
    identity = service.drive.new_id()
    made = birth.spreadsheet(identity, clone(body), owner=user)
    service.spreadsheets[identity] = made
    return view.spreadsheet_json(made, fields=query.get("fields", [""])[-1] or None, user=user)


def _batch_update(service, spreadsheet, names, query, body, user) -> Json:
    replies = batch.run(spreadsheet, body.get("requests", []), user)
    reply: Json = {"spreadsheetId": spreadsheet.id, "replies": view.shown(replies)}
    if body.get("includeSpreadsheetInResponse"):
        reply["updatedSpreadsheet"] = view.updated_spreadsheet(
            spreadsheet, body, query.get("fields", [""])[-1], user
        )
    return view.mask_reply(reply, query.get("fields", [""])[-1])


def _copy_to(service, spreadsheet, names, query, body, user) -> Json:
    target = service.open(body.get("destinationSpreadsheetId", ""), user, write=True)
    return clone(birth.copy_sheet(spreadsheet.sheet(int(names["sheet"])), target))


_ID = r"/(?P<id>[^/:]+)"
_META = _ID + "/developerMetadata"
_READS = [
    ("get", "GET", _ID, _get),
    ("developerMetadata.get", "GET", _META + r"/(?P<number>\d+)", metadata.get),
    ("developerMetadata.search", "POST", _META + ":search", metadata.search),
    ("sheets.copyTo", "POST", _ID + r"/sheets/(?P<sheet>\d+):copyTo", _copy_to),
    *((name, method, _ID + tail, answer) for name, method, tail, answer in values.READS),
]
_WRITES = [
    ("create", "POST", "", _create),
    ("getByDataFilter", "POST", _ID + ":getByDataFilter", _get_by_filter),
    ("batchUpdate", "POST", _ID + ":batchUpdate", _batch_update),
    *((name, method, _ID + tail, answer) for name, method, tail, answer in values.WRITES),
]
ROUTES = [
    Route(f"spreadsheets.{name}", method, tail, answer, writes=writes)
    for table, writes in ((_READS, False), (_WRITES, True))
    for name, method, tail, answer in table
]
