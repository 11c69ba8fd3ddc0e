"""The engine's own tabs as requests: whole bodies, appended log lines, single named cells."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sheetsync.backends.google import ids
from sheetsync.backends.google.draw_cells import Json, Request, grid, update_cells
from sheetsync.backends.google.reading import Found, Sheet
from sheetsync.backends.google.values import entered, outgoing
from sheetsync.model.plan import AppendRows, ReplaceRows, WriteNames
from sheetsync.model.tracker import Tab
from sheetsync.model.values import Formula, Value

VALUE = "userEnteredValue"
_DAY = {"type": "DATE", "pattern": "yyyy-mm-dd"}
_MOMENT = {"type": "DATE_TIME", "pattern": "yyyy-mm-dd hh:mm"}


@dataclass(frozen=True, slots=True)
class Body:
    """A block of cells that replaces what stands there: ``where`` reaches below the last row.

    ``formulas``: some cell holds one.
    """

    where: Json
    rows: list[Json]
    formulas: bool = False

    def request(self) -> Request:
        """Write the block and clear what is left of the range, in one request."""
        return update_cells(self.where, self.rows, VALUE)


@dataclass(frozen=True, slots=True)
class Frame:
    """Where a table of ours is: its sheet, header row (1-based) and columns by key (from 0)."""

    sheet: Sheet
    header: int
    columns: Mapping[str, int]
    last: int
    made: bool = False


def frame_of(found: Found, tab: Tab) -> Frame:
    """The tab's frame; one that is to be made when the spreadsheet has no such tab."""
    table = found.snapshot.tables.get(tab.key)
    if tab.key not in found.sheets:
        sheet = Sheet(ids.sheet_id(tab.key), tab.title, 200, len(tab.columns))
        return Frame(sheet, 1, {c.key: i for i, c in enumerate(tab.columns)}, 1, made=True)
    sheet = found.sheets[tab.key]
    if table is None:
        return Frame(sheet, 1, {c.key: i for i, c in enumerate(tab.columns)}, 1)
    last = table.rows[-1] if len(table) else table.header_row
    return Frame(sheet, table.header_row, table.bound, last)


def made(frame: Frame, tab: Tab) -> Iterator[Request]:
    """Add a tab of ours that people deleted, with its header."""
    sheet = frame.sheet
    size = {"rowCount": sheet.rows, "columnCount": sheet.columns, "frozenRowCount": 1}
    told = {"sheetId": sheet.id, "title": sheet.title, "gridProperties": size}
    yield {"addSheet": {"properties": told}}
    head = [{"values": [cell(column.title) for column in tab.columns]}]
    yield update_cells(grid(sheet.id, 0, 1, 0, len(tab.columns)), head, VALUE)


def cell(value: Value, links: Mapping[str, int] | None = None) -> Json:
    """A ``CellData`` with nothing but a value."""
    formula = outgoing(value.text, links or {}) if isinstance(value, Formula) else None
    told = entered(value, formula)
    return {VALUE: told} if told is not None else {}


def room(frame: Frame, rows: int) -> Iterator[Request]:
    """Make room for so many rows in the sheet and in its table, with the look of the first row."""
    sheet, end = frame.sheet, frame.header + max(rows, 1)
    if end > sheet.rows:
        told = {"sheetId": sheet.id, "gridProperties": {"rowCount": end}}
        fields = "gridProperties.rowCount"
        yield {"updateSheetProperties": {"properties": told, "fields": fields}}
        if sheet.rows > frame.header:
            yield {
                "copyPaste": {
                    "source": grid(sheet.id, frame.header, frame.header + 1, 0, sheet.columns),
                    "destination": grid(sheet.id, sheet.rows, end, 0, sheet.columns),
                    "pasteType": "PASTE_FORMAT",
                }
            }
    for table in sheet.tables:
        where = dict(table["range"])
        if where.get("startRowIndex", 0) == frame.header - 1 and where["endRowIndex"] != end:
            moved = {"tableId": table["tableId"], "range": {**where, "endRowIndex": end}}
            yield {"updateTable": {"table": moved, "fields": "range"}}


def named(found: Found, frame: Frame, tab: Tab, rows: int) -> Iterator[Request]:
    """Let the workbook names of the tab's columns cover exactly its body."""
    for column in tab.columns:
        if not column.range_name or column.key not in frame.columns:
            continue
        at = frame.columns[column.key]
        where = grid(frame.sheet.id, frame.header, frame.header + max(rows, 1), at, at + 1)
        old = found.names.get(column.range_name.casefold())
        if old is None:
            told = {
                "namedRangeId": ids.named_range_id(column.range_name),
                "name": column.range_name,
                "range": where,
            }
            yield {"addNamedRange": {"namedRange": told}}
        elif {"startRowIndex": 0, "startColumnIndex": 0, "sheetId": 0, **old["range"]} != where:
            told = {"namedRangeId": old["namedRangeId"], "name": old["name"], "range": where}
            yield {"updateNamedRange": {"namedRange": told, "fields": "range"}}


def bodies(op: ReplaceRows, frame: Frame, links: Mapping[str, int]) -> Iterator[Body]:
    """The blocks of a body, one for each run of neighbouring columns."""
    places = [frame.columns[key] for key in op.columns]
    order = sorted(range(len(places)), key=places.__getitem__)
    end = max(frame.sheet.rows, frame.header + max(len(op.new), 1))
    run: list[int] = []
    for i in order:
        if run and places[i] != places[run[-1]] + 1:
            yield _body(op, frame, run, places, end, links)
            run = []
        run.append(i)
    if run:
        yield _body(op, frame, run, places, end, links)


def _body(
    op: ReplaceRows,
    frame: Frame,
    run: Sequence[int],
    places: Sequence[int],
    end: int,
    links: Mapping[str, int],
) -> Body:
    left = places[run[0]]
    where = grid(frame.sheet.id, frame.header, end, left, left + len(run))
    known: dict[tuple[type, Value], Json] = {}

    def told(value: Value) -> Json:
        """A cell; one object for all cells with the same value, for most are repeated."""
        key = (type(value), value)
        if key not in known:
            known[key] = cell(value, links)
        return known[key]

    rows: list[Json] = [{"values": [told(row[i]) for i in run]} for row in op.new]
    return Body(where, rows, any(isinstance(row[i], Formula) for i in run for row in op.new))


def sizes(written: Iterable[Body]) -> dict[int, int]:
    """How many cells bodies fill, by sheet."""
    found: dict[int, int] = {}
    for told in written:
        sheet, cells = int(told.where["sheetId"]), (row["values"] for row in told.rows)
        found[sheet] = found.get(sheet, 0) + sum(sum(map(bool, row)) for row in cells)
    return found


def appended(op: AppendRows, frame: Frame) -> Iterator[Request]:
    """Add lines below a log; days and times bring their format along."""
    width = max(frame.columns[key] for key in op.columns) + 1
    rows: list[Json] = []
    for row in op.rows:
        cells: list[Json] = [{} for _ in range(width)]
        for key, value in zip(op.columns, row, strict=True):
            cells[frame.columns[key]] = _formatted(value)
        rows.append({"values": cells})
    fields = f"{VALUE},userEnteredFormat.numberFormat"
    table = next((t["tableId"] for t in frame.sheet.tables if _is_at(t, frame)), None)
    where: Json = {"tableId": table} if table else {}
    yield {"appendCells": {"sheetId": frame.sheet.id, **where, "rows": rows, "fields": fields}}


def _is_at(table: Mapping[str, Any], frame: Frame) -> bool:
    where = table["range"]
    starts = where.get("startRowIndex", 0), where.get("startColumnIndex", 0)
    return starts == (frame.header - 1, 0)


def _formatted(value: Value) -> Json:
    told = cell(value)
    if isinstance(value, datetime):
        midnight = not (value.hour or value.minute or value.second)
        told["userEnteredFormat"] = {"numberFormat": _DAY if midnight else _MOMENT}
    return told


def written_names(op: WriteNames, found: Found) -> Iterator[Request]:
    """Set single named cells, each where its name points to."""
    for name, value in zip(op.names, op.new, strict=True):
        told = found.names.get(name.casefold())
        if told is None:
            continue
        where = {"sheetId": 0, "startRowIndex": 0, "startColumnIndex": 0, **told["range"]}
        seen = (report.names.get(name) for report in found.snapshot.reports.values())
        plain = not isinstance(value, datetime) or any(isinstance(v, datetime) for v in seen)
        fields = VALUE if plain else f"{VALUE},userEnteredFormat.numberFormat"
        content = cell(value) if plain else _formatted(value)
        yield update_cells(where, [{"values": [content]}], fields)
