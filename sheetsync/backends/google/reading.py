"""A spreadsheet's replies to a Snapshot: one masked request, more only for large tabs.

The bound on one grid reply is in filled cells (``Limits.grid_cells``). Tabs that do not fit are
read by ``values:batchGet`` in requests of ``Limits.value_cells``; of those only the first rows tell
formulas and formats, and a column with formulas there is asked for them as a whole.
"""

from __future__ import annotations

import hashlib
from bisect import bisect_right
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Any

from sheetsync.backends.google import ids, marks, values
from sheetsync.backends.google.client import SheetsClient
from sheetsync.backends.google.failures import Rejected
from sheetsync.backends.google.known import STRUCTURE, Known, Place, sheets_named
from sheetsync.backends.google.large import read_large
from sheetsync.backends.google.marks import Marks
from sheetsync.model.errors import StaleSnapshot
from sheetsync.model.snapshot import ReportSnapshot, Snapshot, TableSnapshot
from sheetsync.model.tables import Grid, quoted, read_table
from sheetsync.model.tracker import CellType, Role, Tab
from sheetsync.model.values import Formula, Value

HEAD = 50
"""Rows of a large tab that are read with formulas and formats."""
MASK = (
    "properties(title,locale),developerMetadata(metadataId,metadataValue),namedRanges,"
    "sheets(properties(sheetId,title,gridProperties(rowCount,columnCount)),"
    "tables(tableId,name,range),basicFilter(range),merges,"
    "data(startRow,startColumn,rowData(values(userEnteredValue(formulaValue),effectiveValue,"
    "formattedValue))))"
)
_DATES = frozenset((CellType.DAY, CellType.MONTH, CellType.TIMESTAMP))
_TRIES = 3


@dataclass(frozen=True, slots=True)
class Limits:
    """How much goes into one request; tests make them small.

    ``check_cells`` bounds what a write has read back.
    """

    grid_cells: int = 45_000
    value_cells: int = 200_000
    write_bytes: int = 1_800_000
    check_cells: int = 20_000


@dataclass(frozen=True, slots=True)
class Sheet:
    """One sheet as the API tells it: size, native tables (JSON), range of the basic filter."""

    id: int
    title: str
    rows: int
    columns: int
    tables: Sequence[Mapping[str, Any]] = ()
    filter: Mapping[str, Any] | None = None


@dataclass(frozen=True, slots=True)
class Found:
    """What one reading says.

    ``shown`` are the SYNC columns that formulas fill, by tab; ``names`` named ranges (JSON) by
    folded name; ``epoch`` counts our writes, ``epochs`` are their markers that are still there.
    ``covered`` is what stands in cells (tab, row's name, column) for which the snapshot tells what
    somebody had typed there and a client that died could not put back. ``others`` are the rows
    below a tab's header that are no data, such as those with nothing but a note of people's.
    """

    snapshot: Snapshot
    known: Known
    sheets: Mapping[str, Sheet] = field(default_factory=dict)
    shown: Mapping[str, frozenset[str]] = field(default_factory=dict)
    names: Mapping[str, Mapping[str, Any]] = field(default_factory=dict)
    marks: Marks = field(default_factory=Marks)
    capture: Grid | None = None
    covered: Mapping[tuple[str, str, str], Value] = field(default_factory=dict)
    others: Mapping[str, TableSnapshot] = field(default_factory=dict)
    epoch: int = 0
    epochs: tuple[int, ...] = ()
    locale: str = "en_US"

    def whole(self, tab: str) -> TableSnapshot:
        """A tab's table with all rows below its header, those that are no data at its end."""
        table, more = self.snapshot.tables[tab], self.others.get(tab)
        if more is None:
            return table
        cells = tuple([*a, *b] for a, b in zip(table.cells, more.cells, strict=True))
        return replace(table, rows=[*table.rows, *more.rows], cells=cells)


def look(
    client: SheetsClient, spreadsheet: str, tabs: Sequence[Tab], known: Known | None, limits: Limits
) -> Found:
    """Read the declared tabs. Raises GoogleFailure."""
    told = None
    if known is not None and known.covers(tabs):
        told = _asked(client, spreadsheet, tabs, known, limits)
        if told is not None and ids.CAPTURE not in known.places and _captured(told[0]):
            told = None
    for _ in range(_TRIES):
        if told is not None:
            break
        structure = client.get_sheet(spreadsheet, {"fields": STRUCTURE})
        known = Known.of(structure, tabs, known)
        if not known.places:
            name = structure.get("properties", {}).get("title", spreadsheet)
            return Found(Snapshot(str(name), "", {}, other_tabs=known.others), known)
        told = _asked(client, spreadsheet, tabs, known, limits)
    if known is None or told is None:
        raise StaleSnapshot("Tabs were renamed while the sheet was read: sync again.")
    reply, grids = told
    return _found(reply, grids, tabs, known)


def _captured(reply: Mapping[str, Any]) -> bool:
    """Whether a marker tells that another computer has made ``_capture``."""
    told = (str(m.get("metadataValue", "")) for m in reply.get("developerMetadata", ()))
    return any(f" {ids.CAPTURE} " in value for value in told)


def _asked(
    client: SheetsClient, spreadsheet: str, tabs: Sequence[Tab], known: Known, limits: Limits
) -> tuple[Mapping[str, Any], dict[str, Grid]] | None:
    """The reply and the cells by tab key; None when the known places are no longer right."""
    try:
        return _reply(client, spreadsheet, tabs, known, limits)
    except Rejected as refused:
        if "range" not in refused.words.casefold():
            raise
        return None


def _reply(
    client: SheetsClient, spreadsheet: str, tabs: Sequence[Tab], known: Known, limits: Limits
) -> tuple[Mapping[str, Any], dict[str, Grid]] | None:
    large = _large(tabs, known, limits)
    asked = {"ranges": list(_ranges(tabs, known, large)), "fields": MASK}
    reply = client.get_sheet(spreadsheet, asked)
    found = {_id(sheet): sheet for sheet in reply.get("sheets", ())}
    for place in known.places.values():
        if found.get(place.sheet, {}).get("properties", {}).get("title") != place.title:
            return None
    if not sheets_named(reply) <= set(known.sheets):
        return None
    grids = {key: grid_of(found[place.sheet]) for key, place in known.places.items()}
    sheets = {key: sheet_of(found[known.places[key].sheet]) for key in sorted(large)}
    grids |= read_large(client, spreadsheet, sheets, grids, limits.value_cells)
    return reply, grids


def _id(sheet: Mapping[str, Any]) -> int:
    return int(sheet["properties"].get("sheetId", 0))


def _large(tabs: Sequence[Tab], known: Known, limits: Limits) -> frozenset[str]:
    """The tabs that do not fit one grid reply: the smallest are let in first."""
    heads = {tab.key for tab in tabs if _head_only(tab)}
    room, large = limits.grid_cells, set()
    for key, place in sorted(known.places.items(), key=lambda told: told[1].cells):
        room -= place.cells
        if room < 0 and key not in heads:
            large.add(key)
    return frozenset(large)


def _head_only(tab: Tab) -> bool:
    """Whether nothing of a tab is read but its first row."""
    return not tab.names if tab.role is Role.REPORT else not tab.columns


def _ranges(tabs: Sequence[Tab], known: Known, large: frozenset[str]) -> Iterator[str]:
    heads = {tab.key for tab in tabs if _head_only(tab)}
    for key, place in known.places.items():
        rows = "!1:1" if key in heads else f"!1:{HEAD}" if key in large else ""
        yield quoted(place.title) + rows


def sheet_of(sheet: Mapping[str, Any]) -> Sheet:
    """A sheet's JSON without its cells."""
    told = sheet["properties"]
    size = told.get("gridProperties", {})
    return Sheet(
        _id(sheet),
        str(told["title"]),
        int(size.get("rowCount", 0)),
        int(size.get("columnCount", 0)),
        tuple(sheet.get("tables", ())),
        sheet.get("basicFilter", {}).get("range"),
    )


def grid_of(sheet: Mapping[str, Any], block: int = 0) -> Grid:
    """The cells of one grid reply; ``block`` counts the ranges that were asked of the sheet."""
    data = sheet.get("data") or [{}]
    told = data[block] if block < len(data) else {}
    rows, left = told.get("rowData", ()), int(told.get("startColumn", 0)) + 1
    columns: dict[int, list[Value]] = {}
    for i, row in enumerate(rows):
        for number, cell in enumerate(row.get("values", ()), left):
            if cell and (value := values.found(cell)) is not None:
                columns.setdefault(number, [None] * len(rows))[i] = value
    first = int(told.get("startRow", 0)) + 1
    merges = tuple(_corners(merge) for merge in sheet.get("merges", ()))
    return Grid(range(first, first + len(rows)), columns, merges)


def _corners(merge: Mapping[str, Any]) -> tuple[int, int, int, int]:
    return (
        merge.get("startRowIndex", 0) + 1,
        merge["endRowIndex"],
        merge.get("startColumnIndex", 0) + 1,
        merge["endColumnIndex"],
    )


def _found(
    reply: Mapping[str, Any], grids: Mapping[str, Grid], tabs: Sequence[Tab], known: Known
) -> Found:
    by_id = {_id(sheet): sheet_of(sheet) for sheet in reply["sheets"]}
    sheets = {key: by_id[place.sheet] for key, place in known.places.items()}
    told = _marks(grids, sheets)
    names = {str(n["name"]).casefold(): n for n in reply.get("namedRanges", ())}
    titles = {sheet.id: sheet.title for sheet in sheets.values()}
    shown: dict[str, frozenset[str]] = {}
    tables: dict[str, TableSnapshot] = {}
    others: dict[str, TableSnapshot] = {}
    reports: dict[str, ReportSnapshot] = {}
    for tab in (tab for tab in tabs if tab.key in sheets):
        sheet, grid = sheets[tab.key], grids[tab.key]
        if tab.role is Role.REPORT:
            cells = dict(_named_cells(tab, sheet.id, grid, names))
            reports[tab.key] = ReportSnapshot(tab.key, sheet.title, {}, cells)
        elif grid.rows:
            tables[tab.key], shown[tab.key] = table_of(tab, sheet.title, grid, told, titles)
            if (more := rows_beside(tables[tab.key], grid)) is not None:
                others[tab.key] = more
    epochs = _epochs(reply)
    epoch = epochs[-1] - ids.EPOCH_BASE if epochs else 0
    properties = reply.get("properties", {})
    snapshot = Snapshot(str(properties.get("title", "")), "", tables, reports, known.others)
    return Found(
        snapshot=replace(snapshot, fingerprint=_fingerprint(snapshot, epoch)),
        known=_learnt(known, tables, told),
        sheets=sheets,
        shown=shown,
        names=names,
        marks=told,
        capture=grids.get(ids.CAPTURE),
        others=others,
        epoch=epoch,
        epochs=epochs,
        locale=str(properties.get("locale", "en_US")),
    )


def _epochs(reply: Mapping[str, Any]) -> tuple[int, ...]:
    """The ids of our writes' markers, in order."""
    told = (int(metadata["metadataId"]) for metadata in reply.get("developerMetadata", ()))
    return tuple(sorted(filter(ids.is_epoch, told)))


def _marks(grids: Mapping[str, Grid], sheets: Mapping[str, Sheet]) -> Marks:
    if ids.MARKS not in grids:
        return Marks()
    sheet = sheets[ids.MARKS]
    return marks.read_marks(grids[ids.MARKS], sheet.rows, sheet.columns)


def table_of(
    tab: Tab, title: str, grid: Grid, told: Marks, titles: values.Links
) -> tuple[TableSnapshot, frozenset[str]]:
    """The table in a sheet's cells, and its SYNC columns that are shown by formulas."""
    numbers = _shown_headers(tab, grid)
    table = read_table(tab, title, grid)
    if tab.role in {Role.COMPUTED, Role.LOG}:
        for cells in table.cells:
            if Formula in set(map(type, cells)):
                cells[:] = [values.incoming(value, titles) for value in cells]
    _date(tab, table)
    shown = frozenset(
        column.key
        for column in marks.sync_columns(tab)
        if table.bound.get(column.key, -1) + 1 in numbers
    )
    return marks.with_marks(tab, table, told, shown), shown


def rows_beside(table: TableSnapshot, grid: Grid) -> TableSnapshot | None:
    """The rows below the header that are no data and have something in them; None for no row.

    (There are few, and no more than a look at the row numbers is taken where there are none.)
    """
    first = bisect_right(grid.rows, table.header_row)
    if len(grid.rows) - first == len(table.rows):
        return None
    data = set(table.rows)
    places = [i for i in range(first, len(grid.rows)) if grid.rows[i] not in data]
    told = [grid.columns.get(i + 1) for i in range(len(table.headers))]
    places = [i for i in places if any(c is not None and c[i] is not None for c in told)]
    if not places:
        return None
    cells = tuple([c[i] if c is not None else None for i in places] for c in told)
    return replace(table, rows=[grid.rows[i] for i in places], cells=cells)


def _shown_headers(tab: Tab, grid: Grid) -> set[int]:
    """Put the words of header formulas in their place; return those columns (from 1)."""
    found: set[int] = set()
    for number, cells in grid.columns.items() if marks.sync_columns(tab) else ():
        for i, value in enumerate(cells[:HEAD]):
            if isinstance(value, Formula) and (words := marks.shown_header(f"={value.text}")):
                cells[i] = words
                cells[i + 1 :] = [None] * (len(cells) - i - 1)
                found.add(number)
                break
    return found


def _date(tab: Tab, table: TableSnapshot) -> None:
    """Make datetimes of numbers in date columns, whatever their cells' number format."""
    ours = tab.role in {Role.COMPUTED, Role.LOG}
    low, high = (0, values.SERIALS[1]) if ours else values.SERIALS
    for key, index in table.bound.items():
        cells = table.cells[index]
        if tab.column(key).type in _DATES and set(map(type, cells)) & {int, float}:
            cells[:] = [
                values.moment(v) if type(v) in {int, float} and low <= v <= high else v  # type: ignore[operator, arg-type]
                for v in cells
            ]


def _named_cells(
    tab: Tab, sheet: int, grid: Grid, names: Mapping[str, Mapping[str, Any]]
) -> Iterator[tuple[str, Value]]:
    for name in tab.names:
        told = names.get(name.casefold(), {}).get("range")
        if told is not None and told.get("sheetId", 0) == sheet:
            row, column = told.get("startRowIndex", 0), told.get("startColumnIndex", 0)
            cells = grid.columns.get(column + 1, ())
            yield name, cells[row] if row < len(cells) else None


def _learnt(known: Known, tables: Mapping[str, TableSnapshot], told: Marks) -> Known:
    """The known places with the sizes that were met."""
    sizes = {
        key: sum(len(cells) - cells.count(None) for cells in table.cells)
        for key, table in tables.items()
    }
    sizes[ids.MARKS] = len(told.values) * max(told.width, 1)
    places = {
        key: Place(place.sheet, place.title, sizes.get(key, 0))
        for key, place in known.places.items()
    }
    return replace(known, places=places)


def _fingerprint(snapshot: Snapshot, epoch: int) -> str:
    """A hash of everything that was read, and of how often we wrote."""
    told = hashlib.sha256(f"{epoch}\x1f{snapshot.name}".encode("utf-8", "replace"))
    for key, table in snapshot.tables.items():
        told.update(repr((key, table.title, table.headers, table.header_row)).encode())
        told.update(repr(list(table.rows)).encode())
        for cells in table.cells:
            told.update(repr(cells).encode("utf-8", "replace"))
    for key, report in snapshot.reports.items():
        told.update(repr((key, report.title, sorted(report.names.items()))).encode())
    return told.hexdigest()
