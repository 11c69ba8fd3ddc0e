"""The small workbook in an emulated Google Sheet, opened by the shipped client."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from contextlib import ExitStack
from datetime import datetime
from pathlib import Path
from typing import Any

import requests

from sheetsync.backends.google import ids, marks
from sheetsync.backends.google.bodies import cell
from sheetsync.backends.google.client import SheetsClient
from sheetsync.backends.google.draw_cells import Request, grid, update_cells
from sheetsync.backends.google.reading import Limits
from sheetsync.backends.google.workbook import LIMITS, GoogleWorkbook
from sheetsync.model.tracker import Tab
from sheetsync.model.values import Value
from tests.contract.small import BOARD_CELLS, BOARD_FORMULAS, GRIDS, LOG, RESULTS, TABS, Grid
from tests.fakes.sheets.adapter import InProcess, Rewrite
from tests.fakes.sheets.server import Server
from tests.fakes.sheets.service import Service
from tests.fakes.sheets.wire import Wire

HOST = "https://sheets.googleapis.com"
DATE = {"numberFormat": {"type": "DATE", "pattern": "yyyy-mm-dd"}}


class Still:
    """A clock that waits for nobody."""

    def __init__(self) -> None:
        self.time = 0.0

    def now(self) -> float:
        return self.time

    def sleep(self, seconds: float) -> None:
        self.time += seconds


def client_of(wire: Service | Wire) -> SheetsClient:
    """The shipped client over an emulator in this process."""
    return over(InProcess(wire))


def over(adapter: Any) -> SheetsClient:
    """The shipped client over a transport."""
    session = requests.Session()
    session.mount(HOST, adapter)
    return SheetsClient(session=session, clock=Still())


def as_google(
    folder: Path,
    grids: Mapping[str, Grid] = GRIDS,
    *,
    tabs: Sequence[Tab] = TABS,
    limits: Limits = LIMITS,
    **properties: Any,
) -> GoogleWorkbook:
    """The small workbook as a spreadsheet with names, tables, formulas; its ``service`` beside."""
    service = Service()
    sheet = service.create("small", **properties)
    client = client_of(service)
    client.batch_update(sheet.id, {"requests": list(drawn(grids, tabs))})
    return _opened(client, service, sheet.id, folder, limits)


def as_google_over_http(
    folder: Path, grids: Mapping[str, Grid] = GRIDS, *, stack: ExitStack
) -> GoogleWorkbook:
    """The same over real HTTP; the server runs until ``stack`` closes."""
    book = as_google(folder, grids)
    server = stack.enter_context(Server(book.service))  # type: ignore[attr-defined]
    client = over(Rewrite(server.url))
    stack.callback(client.session.close)
    return _opened(client, book.service, book.id, folder, LIMITS)  # type: ignore[attr-defined]


def _opened(
    client: SheetsClient, service: Service, identity: str, folder: Path, limits: Limits
) -> GoogleWorkbook:
    book = GoogleWorkbook(client, identity, state=folder / "state", limits=limits)
    book.service = service  # type: ignore[attr-defined]
    return book


def board_values(book: GoogleWorkbook) -> dict[str, Any]:
    """What the board's formulas show in the emulator."""
    sheet = book.service.spreadsheets[book.id]  # type: ignore[attr-defined]
    sheet.recalculate()
    board = sheet.named("Board")
    shown = [board.effective(row, 2) for row in range(5, 5 + len(BOARD_FORMULAS))]
    return {
        text: next(iter(value.values())) for text, value in zip(BOARD_FORMULAS, shown, strict=True)
    }


def drawn(grids: Mapping[str, Grid], tabs: Sequence[Tab] = TABS) -> list[Request]:
    """The requests that draw the small workbook into an empty spreadsheet."""
    requests = [_added("Board", ids.sheet_id("board"))]
    columns = marks.layout(tabs)
    requests += marks.sheet_requests(columns)
    for title, told in grids.items():
        tab = next((tab for tab in tabs if tab.title == title), None)
        requests += _table(title, told, tab, columns)
    return [*requests, *_board(), {"deleteSheet": {"sheetId": 0}}]


def _added(title: str, identity: int) -> Request:
    return {"addSheet": {"properties": {"sheetId": identity, "title": title}}}


def _board() -> list[Request]:
    sheet = ids.sheet_id("board")
    requests: list[Request] = []
    for row, (name, value) in enumerate(BOARD_CELLS.items()):
        where = grid(sheet, row, row + 1, 0, 1)
        look = {"userEnteredFormat": DATE} if value is None else {}
        fields = "userEnteredValue,userEnteredFormat.numberFormat"
        requests += [
            update_cells(where, [{"values": [{**cell(value), **look}]}], fields),
            {"addNamedRange": {"namedRange": {"name": name, "range": where}}},
        ]
    for row, text in enumerate(BOARD_FORMULAS, 5):
        told = [{"values": [{"userEnteredValue": {"formulaValue": f"={text}"}}]}]
        requests.append(update_cells(grid(sheet, row, row + 1, 2, 3), told, "userEnteredValue"))
    return requests


def _table(title: str, told: Grid, tab: Tab | None, columns: Sequence[str]) -> list[Request]:
    sheet = ids.sheet_id(tab.key) if tab else ids.sheet_id(f"other {title}")
    rows = [{"values": [_cell(value) for value in row]} for row in told]
    if tab is not None:
        _formulas(rows, told, tab, columns)
    wide = max(map(len, told))
    fields = "userEnteredValue,userEnteredFormat.numberFormat"
    requests = [
        _added(title, sheet),
        update_cells(grid(sheet, 0, len(rows), 0, wide), rows, fields),
    ]
    if tab is None:
        return requests
    end = max(len(rows), 2)
    if tab in (RESULTS, LOG):
        table = {
            "tableId": ids.table_id(tab.key),
            "name": tab.table,
            "range": grid(sheet, 0, end, 0, wide),
        }
        requests.append({"addTable": {"table": table}})
    for column in tab.columns:
        if column.range_name:
            at = list(told[0]).index(column.title)
            named = {"name": column.range_name, "range": grid(sheet, 1, end, at, at + 1)}
            requests.append({"addNamedRange": {"namedRange": named}})
    return requests


def _cell(value: Value) -> dict[str, Any]:
    return {**cell(value), **({"userEnteredFormat": DATE} if isinstance(value, datetime) else {})}


def _formulas(rows: list[dict[str, Any]], told: Grid, tab: Tab, columns: Sequence[str]) -> None:
    """SYNC columns that are empty get their formula."""
    places = {c.key: list(told[0]).index(c.title) for c in tab.columns if c.title in told[0]}
    for column in marks.sync_columns(tab):
        at = places.get(column.key)
        if at is None or any(row[at] is not None for row in told[1:]):
            continue
        if all(key in places for key in tab.key_columns):
            text = marks.header_formula(tab, column, columns, places)
            rows[0]["values"][at] = {"userEnteredValue": {"formulaValue": f"={text}"}}
