"""People's cells inside the engine's tabs, copied aside in the batch that overwrites their tab.

Answers such as decisions move with their rows, so a body is rewritten with the answers that were
read. What a colleague typed between reading and writing would be lost: therefore the same atomic
batch first copies the key and answer columns to the hidden tab ``_capture``, beside what was read.
Where the two differ, the typed value is put back beside its key. ``_capture`` keeps them until the
next batch, so that a later reading finds what a client that died could not put back.

A block has a first row (``_LABEL``, the tab's key, how many columns, how many rows below the
header), then the copied header and rows; to the right of them the row's key and answers as read.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace

from sheetsync.backends.google import ids
from sheetsync.backends.google.bodies import VALUE, Frame, cell
from sheetsync.backends.google.draw_cells import Json, Request, grid, update_cells
from sheetsync.backends.google.reading import Found
from sheetsync.model.snapshot import TableSnapshot
from sheetsync.model.tables import Grid, letters
from sheetsync.model.tracker import Owner, Role, Tab
from sheetsync.model.values import Value, kind_of, result_of, same, show

SHEET = ids.sheet_id(ids.CAPTURE)
_LABEL = "captured"


@dataclass(frozen=True, slots=True)
class Typed:
    """A value that somebody typed after the reading: its place, and what had been read there."""

    tab: str
    key: str
    column: str
    value: Value
    read: Value


def people_in(tab: Tab, table: TableSnapshot | None) -> tuple[str, ...]:
    """The columns of a computed tab that people fill in, as far as the sheet has them."""
    if tab.role is not Role.COMPUTED or table is None:
        return ()
    users = (c.key for c in tab.columns if c.owner is Owner.USER and c.key not in tab.key_columns)
    theirs = tuple(key for key in users if key in table.bound)
    return theirs if all(key in table.bound for key in tab.key_columns) else ()


def sheet_requests(found: Found, rows: int, columns: int) -> Iterator[Request]:
    """Make the tab, or make it large enough and empty."""
    old = found.sheets.get(ids.CAPTURE)
    size = {"rowCount": max(rows, 10), "columnCount": max(columns, 4)}
    if old is None:
        told = {"sheetId": SHEET, "title": ids.CAPTURE, "hidden": True, "gridProperties": size}
        yield {"addSheet": {"properties": told}}
        return
    if rows > old.rows or columns > old.columns:
        size = {"rowCount": max(rows, old.rows), "columnCount": max(columns, old.columns)}
        fields = "gridProperties.rowCount,gridProperties.columnCount"
        told = {"sheetId": SHEET, "gridProperties": size}
        yield {"updateSheetProperties": {"properties": told, "fields": fields}}
    yield update_cells(grid(SHEET), [], VALUE)


def copied(sheet: int, rows: tuple[int, int], columns: tuple[int, int], top: int) -> Request:
    """Copy the values of a block of rows and columns (from 0, ends exclusive) to ``_capture``."""
    high, wide = rows[1] - rows[0], columns[1] - columns[0]
    return copied_to(sheet, rows, columns, grid(SHEET, top, top + high, 0, wide))


def copied_to(sheet: int, rows: tuple[int, int], columns: tuple[int, int], to: Json) -> Request:
    """Copy the values of a block to a range."""
    return {
        "copyPaste": {
            "source": grid(sheet, *rows, *columns),
            "destination": to,
            "pasteType": "PASTE_VALUES",
        }
    }


def captures(
    found: Found, told: Sequence[tuple[Tab, Frame]]
) -> tuple[list[Request], tuple[int, int]]:
    """The requests that capture these tabs, and the rows and columns that they fill.

    The tab itself is made and emptied by ``sheet_requests``, which comes first.
    """
    requests: list[Request] = []
    top, most = 0, 0
    for tab, frame in told:
        table = found.snapshot.tables[tab.key]
        columns = (*tab.key_columns, *people_in(tab, table))
        high, wide = frame.sheet.rows - frame.header + 1, len(columns)
        for i, key in enumerate(columns):
            at = frame.columns[key]
            to = grid(SHEET, top + 1, top + 1 + high, i, i + 1)
            requests.append(
                copied_to(frame.sheet.id, (frame.header - 1, frame.sheet.rows), (at, at + 1), to)
            )
        read = list(_as_read(found, tab, table, columns[len(tab.key_columns) :]))
        label = (_LABEL, tab.key, wide, high - 1)
        requests.append(written(top, 0, [label]))
        if read:
            requests.append(written(top + 2, wide, read))
        top += 1 + max(high, 1 + len(read))
        most = max(most, 2 * wide, 4)
    return requests, (top, most)


def owed(typed: Sequence[Typed], tabs: Sequence[Tab]) -> tuple[list[Request], tuple[int, int]]:
    """Blocks with answers that are still to be put back, and the rows and columns that they take.

    (They are as a copy of a tab would be in which somebody had just typed these answers.)
    """
    requests: list[Request] = []
    top, most = 0, 0
    for tab in tabs:
        told = [each for each in typed if each.tab == tab.key]
        if not told:
            continue
        columns = tuple(dict.fromkeys((*tab.key_columns, *(each.column for each in told))))
        keys = tuple(dict.fromkeys(each.key for each in told))
        now = {(each.key, each.column): (each.value, each.read) for each in told}
        theirs = columns[len(tab.key_columns) :]
        rows: list[list[Value]] = [[tab.column(key).title for key in columns]]
        for key in keys:
            pairs = [now.get((key, column), (None, None)) for column in theirs]
            names = key.split("|", len(tab.key_columns) - 1)
            rows.append([*names, *(a for a, _ in pairs), key, *(b for _, b in pairs)])
        rows[0] += [None] * (1 + len(theirs))
        requests.append(written(top, 0, [(_LABEL, tab.key, len(columns), len(keys))]))
        requests.append(written(top + 1, 0, rows))
        top, most = top + 2 + len(keys), max(most, len(rows[0]), 4)
    return requests, (top, most)


def _as_read(
    found: Found, tab: Tab, table: TableSnapshot, columns: Sequence[str]
) -> Iterator[tuple[Value, ...]]:
    """The key and the answers of every row that has one, as they stand in the sheet."""
    told = [(key, table.column(key)) for key in columns]
    for j, name in enumerate(names_of(tab, table)):
        read = [found.covered.get((tab.key, name, key), cells[j]) for key, cells in told]
        values = tuple(map(result_of, read))
        if any(kind_of(value) != "empty" for value in values):
            yield (name, *values)


def with_typed(found: Found, tabs: Sequence[Tab]) -> Found:
    """The reading with typed values in place that a client which died could not put back."""
    declared = {tab.key: tab for tab in tabs}
    tables = dict(found.snapshot.tables)
    covered: dict[tuple[str, str, str], Value] = {}
    for told in typed_since(found.capture, tabs) if found.capture is not None else ():
        table = tables.get(told.tab)
        if table is None or told.column not in table.bound:
            continue
        names = names_of(declared[told.tab], table)
        j = names.index(told.key) if told.key in names else -1
        now = table.column(told.column)[j] if j >= 0 else told.value
        if same(now, told.read) and not same(now, told.value):
            tables[told.tab] = table.with_cells({told.column: {j: told.value}})
            covered[told.tab, told.key, told.column] = now
    if not covered:
        return found
    return replace(found, snapshot=replace(found.snapshot, tables=tables), covered=covered)


def names_of(tab: Tab, table: TableSnapshot) -> list[str]:
    """The names of a table's rows: in the engine's own tabs what stands in their key columns."""
    if tab.role is not Role.COMPUTED or not all(key in table.bound for key in tab.key_columns):
        return table.keys(tab)
    parts = [map(_text, map(result_of, table.column(key))) for key in tab.key_columns]
    return ["|".join(told) for told in zip(*parts, strict=True)]


def written(top: int, left: int, rows: Sequence[Sequence[Value]]) -> Request:
    """Write values to ``_capture``, from a row and a column (from 0) on."""
    where = grid(SHEET, top, top + len(rows), left, left + len(rows[0]))
    return update_cells(where, [{"values": [cell(v) for v in row]} for row in rows], VALUE)


def region(size: tuple[int, int]) -> str:
    """The range of ``_capture`` to have read back."""
    return f"'{ids.CAPTURE}'!A1:{letters(size[1] - 1)}{size[0]}"


def typed_since(cells: Grid, tabs: Sequence[Tab]) -> Iterator[Typed]:
    """What the blocks of ``_capture`` hold that had not been read."""
    declared = {tab.key: tab for tab in tabs}
    for at, key, wide, high in _blocks(cells):
        tab = declared.get(key)
        if tab is not None:
            yield from _typed(cells, at, wide, high, tab)


def end_of(cells: Grid) -> int:
    """The row (from 0) below the blocks of captured answers."""
    return max((at + high + 2 for at, _, _, high in _blocks(cells)), default=0)


def _blocks(cells: Grid) -> Iterator[tuple[int, str, int, int]]:
    """The blocks' first rows (from 0), tabs' keys, columns, rows below the header."""
    at = 0
    while at < len(cells.rows):
        label, key, wide, high = (_at(cells, at, number) for number in range(1, 5))
        numbers = isinstance(wide, int | float) and isinstance(high, int | float)
        if label != _LABEL or not numbers:
            return
        yield at, str(key), int(wide), int(high)  # type: ignore[arg-type]
        at += int(high) + 2  # type: ignore[arg-type]


def _at(cells: Grid, row: int, number: int) -> Value:
    column = cells.columns.get(number, ())
    return result_of(column[row]) if row < len(column) else None


def _typed(cells: Grid, top: int, wide: int, high: int, tab: Tab) -> Iterator[Typed]:
    """What was typed in one block; a key may stand in two rows where people moved rows."""
    keys = len(tab.key_columns)
    titles = {column.title: column.key for column in tab.columns}
    columns = [titles.get(str(_at(cells, top + 1, i + 1) or "")) for i in range(wide)]
    read: dict[str, list[Value]] = {}
    for row in range(top + 2, top + 2 + high):
        name = _at(cells, row, wide + 1)
        if name is not None:
            read[str(name)] = [_at(cells, row, wide + 2 + i) for i in range(wide - keys)]
    held: dict[tuple[str, int], list[Value]] = {}
    for row in range(top + 2, top + 2 + high):
        key = "|".join(_text(_at(cells, row, i + 1)) for i in range(keys))
        for i in range(wide - keys) if key.strip("|") else ():
            held.setdefault((key, i), []).append(_at(cells, row, keys + i + 1))
    for (key, i), told in held.items():
        before = read[key][i] if key in read else None
        column = columns[keys + i]
        late = [value for value in told if not same(value, before)]
        answered = kind_of(before) != "empty" and len(late) < len(told)
        if column is not None and late and not answered:
            value = next((v for v in reversed(late) if kind_of(v) != "empty"), None)
            yield Typed(tab.key, key, column, value, before)


def _text(value: Value) -> str:
    """A key cell's words."""
    if isinstance(value, str):
        return value.strip()
    return "" if kind_of(value) in {"empty", "error"} else show(value, 200)
