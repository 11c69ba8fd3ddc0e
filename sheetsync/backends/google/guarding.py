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

from sheetsync.backends.google import capture
from sheetsync.backends.google.bodies import VALUE, cell
from sheetsync.backends.google.client import SheetsClient
from sheetsync.backends.google.draw_cells import Request, grid, update_cells
from sheetsync.backends.google.fixes import decimal_sign, filled, replaceable, replaced, typed
from sheetsync.backends.google.placing import Target
from sheetsync.backends.google.reading import Found, quoted
from sheetsync.backends.google.values import found, serial
from sheetsync.model.snapshot import TableSnapshot
from sheetsync.model.tables import Grid, letters
from sheetsync.model.tracker import Owner, Tab
from sheetsync.model.values import Formula, Value, kind_of, result_of, same

_SHOWS = (
    "sheets(properties.sheetId,"
    "data(startRow,startColumn,rowData.values(effectiveValue,formattedValue)))"
)


@dataclass(frozen=True, slots=True)
class Place:
    """A target with the copy's rows (from 1) of its own row and of its header.

    ``by_content``: it was written only if the cell held what was expected.
    """

    target: Target
    row: int
    head: int
    by_content: bool


@dataclass(slots=True)
class Guarded:
    """Requests that copy rows aside and write cells, where in the copy each is, the copy's size."""

    requests: list[Request] = field(default_factory=list)
    places: list[Place] = field(default_factory=list)
    size: tuple[int, int] = (1, 1)


@dataclass(frozen=True, slots=True)
class Miss:
    """A cell that was written and was not the one that was meant: its row as it had been.

    ``row`` are the cells by column title and, where a column has none, by number (from 1).
    """

    tab: str
    title: str | int
    row: Mapping[str | int, Value]
    written: Value
    held: Value


def guarded(
    wanted: Sequence[Target], fresh: Found, finds: Mapping[Target, str | None] | None = None
) -> Guarded:
    """Copy headers and rows aside, then write.

    Targets in ``finds`` are only written while their cells still show that text ("": nothing).
    """
    made = Guarded()
    copies: list[Request] = []
    writes: list[Request] = []
    top, most = 0, 1
    for tab in dict.fromkeys(target.tab for target in wanted):
        sheet, table = fresh.sheets[tab], fresh.snapshot.tables[tab]
        wide, head = max(len(table.headers), 1), table.header_row
        mine = sorted({head, *(target.row for target in wanted if target.tab == tab)})
        tops: dict[int, int] = {}
        for first, last in _runs(mine):
            copies.append(capture.copied(sheet.id, (first - 1, last), (0, wide), top))
            tops |= {row: top + 1 + row - first for row in range(first, last + 1)}
            top, most = top + last - first + 1, max(most, wide)
        for target in (t for t in wanted if t.tab == tab):
            request = _request(target, sheet.id, fresh.locale, (finds or {}).get(target))
            writes.append(request)
            made.places.append(
                Place(target, tops[target.row], tops[head], "findReplace" in request)
            )
    made.size = (top, most)
    made.requests = [*capture.sheet_requests(fresh, top, most), *copies, *writes]
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


def _runs(rows: Sequence[int]) -> Iterator[tuple[int, int]]:
    start = 0
    for at, row in enumerate(rows):
        if at + 1 == len(rows) or rows[at + 1] != row + 1:
            yield rows[start], row
            start = at + 1


def misses(
    copied: Iterable[Grid], done: Guarded, fresh: Found, tabs: Sequence[Tab]
) -> dict[Target, Miss | None]:
    """Targets that were not met: what was written instead, None where nothing was."""
    missed: dict[Target, Miss | None] = {}
    rows = rows_of(copied)
    declared = {tab.key: tab for tab in tabs}
    for place in done.places:
        target = place.target
        table = fresh.snapshot.tables[target.tab]
        cells, titles = rows.get(place.row, {}), _titles(rows.get(place.head, {}), table)
        if place.by_content and not alike(cells.get(target.column), target.was):
            missed[target] = None
            continue
        title = titles.get(target.column, target.column)
        told = {titles.get(number, number): held for number, held in cells.items()}
        kept = title == (table.headers[target.column - 1] or target.column)
        if kept and _is_row(declared[target.tab], table, told, target):
            continue
        value = cells.get(target.column)
        origin = _origin(value, table, target)
        missed[target] = Miss(target.tab, title, told, target.new, origin)
    return missed


def _titles(copy: Mapping[int, Value], table: TableSnapshot) -> dict[int, str]:
    """Columns' titles by number: those copied, or those read where the copy is no header.

    (Then rows moved, the header's among them, and the columns are taken to be where they were.)
    """
    read = {i: title for i, title in enumerate(table.headers, 1) if title}
    told = {i: value for i, value in copy.items() if isinstance(value, str) and value}
    known = len(set(told.values()) & set(read.values()))
    return told if 2 * known >= len(read) else read


def rows_of(grids: Iterable[Grid]) -> dict[int, dict[int, Value]]:
    """Cells by sheet row, then column (from 1)."""
    rows: dict[int, dict[int, Value]] = {}
    for told in grids:
        for i, row in enumerate(told.rows):
            rows[row] = {number: cells[i] for number, cells in told.columns.items()}
    return rows


def _is_row(
    tab: Tab, table: TableSnapshot, copy: Mapping[str | int, Value], target: Target
) -> bool:
    """Whether a copied row is the one that was looked at, with the value that was expected."""

    def held(index: int) -> Value:
        return copy.get(table.headers[index] or index + 1)

    if not alike(held(target.column - 1), target.was):
        return False
    j = table.rows.index(target.row)
    keys = [table.bound[key] for key in tab.key_columns if key in table.bound]
    if not keys or any(kind_of(table.cells[i][j]) == "empty" for i in keys):
        keys = people_in(tab, table)
    return all(alike(held(i), table.cells[i][j]) for i in keys)


def people_in(tab: Tab, table: TableSnapshot) -> list[int]:
    """The indices of the columns that people fill in."""
    return [i for key, i in table.bound.items() if tab.column(key).owner is Owner.USER]


def _origin(value: Value, table: TableSnapshot, target: Target) -> Value:
    """The overwritten cell's formula where one stood in that column with that result."""
    for held in table.cells[target.column - 1]:
        if isinstance(held, Formula) and alike(held.value, value):
            return held
    return value


def restored(missed: Iterable[Miss], fresh: Found) -> dict[Target, Miss]:
    """Where cells are to be given back; none where somebody has typed into the cell since."""
    restoring: dict[Target, Miss] = {}
    for miss in missed:
        table = fresh.snapshot.tables.get(miss.tab)
        index = _index(miss.title, table) if table is not None else None
        if table is None or index is None:
            continue
        shown = {table.bound.get(key, -1) for key in fresh.shown.get(miss.tab, ())}
        taken = {(target.row, target.column) for target in restoring if target.tab == miss.tab}
        free = [j for j, row in enumerate(table.rows) if (row, index + 1) not in taken]
        at = _row_of(miss, table, index, shown, free)
        if at is not None:
            held = None if index in shown else miss.held
            restoring[Target(miss.tab, table.rows[at], index + 1, miss.written, held)] = miss
    return restoring


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


def _row_of(
    miss: Miss, table: TableSnapshot, index: int, shown: AbstractSet[int], free: Iterable[int]
) -> int | None:
    """The data row that is most like the one that was hit and still holds what was written.

    SYNC columns that formulas fill (``shown``) do not tell what stands in them.
    """
    pairs = [
        (i, value) for title, value in miss.row.items() if (i := _index(title, table)) is not None
    ]
    pairs = [(i, value) for i, value in pairs if i not in {index, *shown}]
    best, most = None, 0
    for j in free:
        if index not in shown and not alike(table.cells[index][j], miss.written):
            continue
        others = [(table.cells[i][j], value) for i, value in pairs]
        agree = sum(alike(a, b) for a, b in others if kind_of(b) != "empty")
        differ = sum(not alike(a, b) for a, b in others)
        if agree - differ > most or (best is None and not differ):
            best, most = j, agree - differ
    return best


def alike(a: Value, b: Value) -> bool:
    """Whether two readings of a cell agree, however the day or formula in it was told."""
    if same(a, b):
        return True
    a, b = (_number(result_of(v)) for v in (a, b))
    return same(a, b)


def _number(value: Value) -> Value:
    return serial(value) if isinstance(value, datetime) else value
