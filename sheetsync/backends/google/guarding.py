"""Single cells that are written by their place, and given back where another cell stood there.

A cell is written where a fresh look found it, as far as possible only while it still shows what it
showed then (not so formulas, errors, rounded numbers). The same atomic batch first copies the
header and the row aside, so the reply tells in which column and row the cell really was. Was it
another one, because somebody moved rows or columns in that last moment, then that row is looked for
wherever it went, by all that it held, and the cell gets back what it held; and the value is written
once more to where it belongs.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from collections.abc import Set as AbstractSet
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from sheetsync.backends.google import asides, capture
from sheetsync.backends.google.asides import Miss, Note, alike
from sheetsync.backends.google.bodies import VALUE, cell
from sheetsync.backends.google.client import SheetsClient
from sheetsync.backends.google.draw_cells import Request, grid, update_cells
from sheetsync.backends.google.fixes import decimal_sign, filled, replaceable, replaced, typed
from sheetsync.backends.google.placing import Target
from sheetsync.backends.google.reading import Found, quoted
from sheetsync.backends.google.values import found
from sheetsync.model.snapshot import TableSnapshot
from sheetsync.model.tables import Grid, letters
from sheetsync.model.tracker import Tab, plain
from sheetsync.model.values import Formula, Value, kind_of, result_of, same

_SHOWS = (
    "sheets(properties.sheetId,"
    "data(startRow,startColumn,rowData.values(effectiveValue,formattedValue)))"
)


@dataclass(slots=True)
class Guarded:
    """Requests that copy rows aside and write cells, a note of each, the size of the copies."""

    requests: list[Request] = field(default_factory=list)
    notes: dict[Target, Note] = field(default_factory=dict)
    size: tuple[int, int] = (1, 1)


def guarded(
    wanted: Sequence[Target],
    fresh: Found,
    tabs: Sequence[Tab],
    finds: Mapping[Target, str | None] | None = None,
    owed: Iterable[Miss] = (),
) -> Guarded:
    """Copy headers and rows aside, then write.

    Targets in ``finds`` are only written while their cells still show that text ("": nothing).
    ``owed`` are noted for whoever comes next.
    """
    declared = {tab.key: tab for tab in tabs}
    made, rows = Guarded(), asides.copied(wanted, fresh)
    writes: list[Request] = []
    for target in wanted:
        sheet, table = fresh.sheets[target.tab], fresh.snapshot.tables[target.tab]
        request = _request(target, sheet.id, fresh.locale, (finds or {}).get(target))
        writes.append(request)
        by_content = "findReplace" in request
        made.notes[target] = asides.noted(target, declared[target.tab], table, rows, by_content)
    owed = [miss for miss in owed if not _names(miss, declared[miss.tab], fresh)]
    told, size = asides.written(rows, list(made.notes.values()), fresh.epoch + 1, owed)
    made.size = rows.size
    made.requests = [*capture.sheet_requests(fresh, *size), *rows.copies, *told, *writes]
    return made


def _request(target: Target, sheet: int, locale: str, find: str | None) -> Request:
    where = grid(sheet, target.row - 1, target.row, target.column - 1, target.column)
    told = typed(target.new, locale)
    if find is not None and told is not None and replaceable(find, told):
        return replaced(where, find, told) if find else filled(where, told)
    return update_cells(where, [{"values": [_raw(target.new)]}], VALUE)


def found_by(
    client: SheetsClient, spreadsheet: str, wanted: Sequence[Target], fresh: Found, *, fills: bool
) -> dict[Target, str | None]:
    """How cells can be found by what they show: texts as they are, numbers and days as Google says.

    None stands for a cell that is no longer what was looked at. Numbers that are shown rounded are
    left out, and so are blanks unless ``fills`` (Google finds blank cells). Raises GoogleFailure.
    """
    told: dict[Target, str | None] = {t: t.was for t in wanted if isinstance(t.was, str) and t.was}
    if fills:
        told |= {t: "" for t in wanted if kind_of(t.was) == "empty"}
    asked = [t for t in wanted if kind_of(t.was) in {"number", "datetime"}]
    ranges = [f"{quoted(fresh.sheets[t.tab].title)}!{letters(t.column - 1)}{t.row}" for t in asked]
    reply = client.get_sheet(spreadsheet, {"ranges": ranges, "fields": _SHOWS}) if ranges else {}
    cells = {
        (
            sheet["properties"].get("sheetId", 0),
            block.get("startRow", 0),
            block.get("startColumn", 0),
        ): ((block.get("rowData") or [{}])[0].get("values") or [{}])[0]
        for sheet in reply.get("sheets", ())
        for block in sheet.get("data", ())
    }
    for t in asked:
        cell_ = cells.get((fresh.sheets[t.tab].id, t.row - 1, t.column - 1), {})
        if not alike(found(cell_) if cell_ else None, t.was):
            told[t] = None
        elif isinstance(t.was, datetime) or _says(cell_["formattedValue"], t.was, fresh.locale):
            told[t] = cell_["formattedValue"]
    return told


def _says(text: str, number: Value, locale: str) -> bool:
    """Whether a text shows all of a number."""
    sign = decimal_sign(locale)
    plain = "".join(c for c in text if c.isdigit() or c in {"-", sign}).replace(sign, ".")
    try:
        return same(float(plain), number)
    except ValueError:
        return False


def _raw(value: Value) -> dict[str, Any]:
    """A cell with people's own formula as it was."""
    if isinstance(value, Formula):
        return {VALUE: {"formulaValue": f"={value.text}"}}
    return cell(value)


def _names(miss: Miss, tab: Tab, fresh: Found) -> bool:
    """Whether it is an id that got into a row with something in it: as good there as any."""
    table = fresh.snapshot.tables[miss.tab]
    autos = {table.headers[i] for key, i in table.bound.items() if tab.column(key).auto}
    others = (value for title, value in miss.row.items() if title != miss.title)
    return miss.title in autos and any(not same(value, None) for value in others)


def misses(copied: Iterable[Grid], done: Guarded, fresh: Found) -> dict[Target, Miss | None]:
    """Targets that were not met: what was written instead, None where nothing was."""
    missed: dict[Target, Miss | None] = {}
    rows = asides.rows_of(copied)
    for target, note in done.notes.items():
        headers = fresh.snapshot.tables[target.tab].headers
        meeting = asides.met(note, rows, headers)
        if meeting is None:
            missed[target] = None
            continue
        title, row = meeting
        if title != (headers[target.column - 1] or target.column) or not asides.is_row(note, row):
            held = asides.origin(note, row.get(title))
            also = {headers[target.column - 1] or target.column: target.new}
            missed[target] = Miss(target.tab, title, row, target.new, held, also)
    return missed


def restored(
    missed: Iterable[Miss], fresh: Found, right: AbstractSet[tuple[str, int, int]] = frozenset()
) -> dict[Target, Miss]:
    """Where cells are to be given back; none where somebody has typed into the cell since.

    ``right`` are cells (tab, sheet row, column) that hold what was written because they should.
    """
    restoring: dict[Target, Miss] = {}
    for miss in missed:
        table = fresh.snapshot.tables.get(miss.tab)
        index = _index(miss.title, table) if table is not None else None
        if table is None or index is None:
            continue
        shown = {table.bound.get(key, -1) for key in fresh.shown.get(miss.tab, ())}
        taken = {(target.row, target.column) for target in restoring if target.tab == miss.tab}
        free = [j for j, row in enumerate(table.rows) if (row, index + 1) not in taken]
        held = None if index in shown else miss.held
        for at in _rows_of(miss, table, index, shown, free):
            if (miss.tab, table.rows[at], index + 1) not in right:
                restoring[Target(miss.tab, table.rows[at], index + 1, miss.written, held)] = miss
    return restoring


def strays(
    filled: Iterable[Miss], fresh: Found, right: AbstractSet[tuple[str, int, int]]
) -> Iterator[Target]:
    """Cells that we filled and that are not ``right``, in their rows and in copies of these.

    Somebody else's row that holds the same text is not like the row that we filled, and is left.
    """
    held: dict[tuple[str, int], dict[Value, list[int]]] = {}
    for miss in filled:
        table = fresh.snapshot.tables.get(miss.tab)
        index = _index(miss.title, table) if table is not None else None
        if table is None or index is None:
            continue
        if (miss.tab, index) not in held:
            told = held.setdefault((miss.tab, index), {})
            for j, value in enumerate(table.cells[index]):
                told.setdefault(result_of(value), []).append(j)
        shown = {table.bound.get(key, -1) for key in fresh.shown.get(miss.tab, ())}
        holders = held[miss.tab, index].get(miss.written, ())
        alone = len(holders) == 1 and _is_out_of_place(miss)
        for j in holders:
            place = miss.tab, table.rows[j], index + 1
            likeness = _likeness(miss, table, {index, *shown}, j)
            if place not in right and (alone or likeness is not None):
                yield Target(*place, miss.written, None)


def _is_out_of_place(miss: Miss) -> bool:
    """Whether the column was not the one that was meant, in a row with nothing in it."""
    return miss.title not in miss.also and asides.is_lone(miss)


def _fixed(now: Value, was: Value, planned: Value) -> bool:
    """Whether a cell that differs does so by what sync makes of it."""
    if isinstance(now, str) and isinstance(was, str) and plain(now) == plain(was):
        return True
    return kind_of(planned) != "empty" and alike(now, planned)


def still_owed(
    owed: Iterable[Miss], restoring: Mapping[Target, Miss], missed: Mapping[Target, Miss | None]
) -> list[Miss]:
    """What is to be given back after a write: new misses first, then those that it did not mend.

    A row that was not found may be found when its other cells are mended.
    """
    mended = {id(miss) for target, miss in restoring.items() if target not in missed}
    new = [miss for miss in missed.values() if miss is not None]
    return [*new, *(miss for miss in owed if id(miss) not in mended)]


def _index(title: str | int, table: TableSnapshot) -> int | None:
    if isinstance(title, str):
        return table.headers.index(title) if title in table.headers else None
    at = title - 1
    return at if at < len(table.headers) and not table.headers[at] else None


def _rows_of(
    miss: Miss, table: TableSnapshot, index: int, shown: AbstractSet[int], free: Iterable[int]
) -> list[int]:
    """The data rows that are most like the one that was hit and still hold what was written.

    There are more than one when somebody has copied the row.
    SYNC columns that formulas fill (``shown``) do not tell what stands in them.
    """
    best: list[int] = []
    most = -1
    for j in free:
        if index not in shown and not alike(table.cells[index][j], miss.written):
            continue
        likeness = _likeness(miss, table, {index, *shown}, j)
        if likeness is not None and likeness >= most:
            best, most = [*best, j] if likeness == most else [j], likeness
    return best


def _likeness(miss: Miss, table: TableSnapshot, without: AbstractSet[int], j: int) -> int | None:
    """By how many cells a data row is more like the one that was hit than not; None: it is not."""
    agree = differ = 0
    for title, value in miss.row.items():
        i = _index(title, table)
        if i is not None and i not in without:
            now = table.cells[i][j]
            same_ = alike(now, value) or _fixed(now, value, miss.also.get(title))
            agree += same_ and kind_of(value) != "empty"
            differ += not same_
    return agree - differ if agree > differ or not differ else None
