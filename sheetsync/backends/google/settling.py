"""After a write: is everything as planned, and if not, what is still to be put right.

The reply to a batch shows the changed rows as the batch left them. Where they are as planned there
is nothing more to do. Otherwise the sheet is read again, rows are found by their names wherever
they stand, and one more batch sets what is missing: each row is copied to ``_capture`` in the same
batch before one of its cells is written, so that a row that moved in this last moment is seen in
the reply and its cell is given back.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import replace
from datetime import datetime
from typing import Any

from sheetsync.backends.google import capture, ids
from sheetsync.backends.google.bodies import VALUE, cell
from sheetsync.backends.google.capture import Typed
from sheetsync.backends.google.draw_cells import Request, grid, update_cells
from sheetsync.backends.google.fixes import Change, replies
from sheetsync.backends.google.placing import Target
from sheetsync.backends.google.reading import Found, grid_of
from sheetsync.backends.google.values import serial
from sheetsync.backends.google.writing import Draft
from sheetsync.model.plan import Plan, ReplaceRows
from sheetsync.model.snapshot import TableSnapshot
from sheetsync.model.tables import Grid
from sheetsync.model.tracker import Owner, Tab
from sheetsync.model.values import Formula, Value, kind_of, result_of, same


def pending(
    draft: Draft, found: Found, reply: Mapping[str, Any] | None, tabs: Sequence[Tab]
) -> list[Change]:
    """The changes of people's cells that are not as planned; all of them when there is no reply."""
    if reply is None:
        return [c for f in draft.fixes.values() for c in (*f.single, *f.wide, *f.guarded)]
    left = list(draft.guarded)
    done = reply.get("replies", ())
    grids = _grids(reply)
    declared = {tab.key: tab for tab in tabs}
    at = 1
    for key, fixes in draft.fixes.items():
        counts = list(replies(done, at, len(fixes.requests)))
        at += len(fixes.requests)
        seen = _rows(grids.get(found.sheets[key].id, ()))
        full = counts == fixes.counts
        left += _unsettled(declared[key], found.snapshot.tables[key], draft, seen, full=full)
    return left


def _grids(reply: Mapping[str, Any]) -> dict[int, list[Grid]]:
    told = reply.get("updatedSpreadsheet", {}).get("sheets", ())
    return {
        int(sheet["properties"].get("sheetId", 0)): [
            grid_of(sheet, block) for block in range(len(sheet.get("data", ())))
        ]
        for sheet in told
    }


def _rows(grids: Iterable[Grid]) -> dict[int, dict[int, Value]]:
    """The cells that were read back by sheet row, then column (from 1)."""
    rows: dict[int, dict[int, Value]] = {}
    for told in grids:
        for i, row in enumerate(told.rows):
            rows[row] = {number: cells[i] for number, cells in told.columns.items()}
    return rows


def _unsettled(
    tab: Tab,
    table: TableSnapshot,
    draft: Draft,
    seen: Mapping[int, Mapping[int, Value]],
    *,
    full: bool,
) -> Iterator[Change]:
    """The changes whose cell, or whose row, is not as it should be."""
    fixes, after = draft.fixes[tab.key], draft.after[tab.key]
    place = {row: j for j, row in enumerate(table.rows)}
    theirs = [i for i, _ in _people(tab, table)]
    header = seen.get(table.header_row)
    moved = header is not None and any(
        result_of(header.get(i + 1)) != table.headers[i] for i in theirs if table.headers[i]
    )
    singles = {id(change) for change in fixes.single}
    for change in (*fixes.single, *fixes.wide):
        cells = seen.get(change.row)
        if cells is None and change.row > max(seen, default=0) and full and not moved:
            continue
        told = (cells or {}).get(table.bound[change.column] + 1)
        right = not moved and cells is not None and alike(told, change.new)
        if right and id(change) in singles:
            j = place[change.row]
            right = all(alike((cells or {}).get(i + 1), after.cells[i][j]) for i in theirs)
        if not right and cells is None and full and not moved:
            continue
        if not right:
            yield replace(change, allowed=(told,)) if full and not moved else change


def _people(tab: Tab, table: TableSnapshot) -> Iterator[tuple[int, str]]:
    for key, index in table.bound.items():
        if tab.column(key).owner is Owner.USER:
            yield index, key


def alike(a: Value, b: Value) -> bool:
    """Whether two readings of a cell agree, however the day or formula in it was told."""
    if same(a, b):
        return True
    a, b = (_number(result_of(v)) for v in (a, b))
    return same(a, b)


def _number(value: Value) -> Value:
    return serial(value) if isinstance(value, datetime) else value


def typed_since(
    reply: Mapping[str, Any] | None, fresh: Found | None, tabs: Sequence[Tab]
) -> list[Typed]:
    """What people typed into the engine's tabs since they were read, from the captured cells."""
    if reply is not None:
        told = _grids(reply).get(ids.sheet_id(ids.CAPTURE), ())
    else:
        told = [fresh.capture] if fresh is not None and fresh.capture is not None else []
    return [typed for cells in told for typed in capture.typed_since(cells, tabs)]


def put_back(typed: Iterable[Typed], plan: Plan, tabs: Sequence[Tab]) -> Iterator[Change]:
    """The changes that set typed values beside their keys again."""
    declared = {tab.key: tab for tab in tabs}
    ops = {op.tab: op for op in plan.ops if isinstance(op, ReplaceRows)}
    for told in typed:
        op = ops[told.tab]
        tab = declared[told.tab]
        where = [op.columns.index(key) for key in tab.key_columns]
        at = op.columns.index(told.column)
        written = {"|".join(str(row[i] or "") for i in where): row[at] for row in op.new}
        now = written.get(told.key)
        yield Change(
            told.tab, told.column, told.key, told.key, 0, told.read, told.value, allowed=(now,)
        )


def guarded_requests(
    wanted: Sequence[Target], fresh: Found
) -> tuple[list[Request], list[tuple[Target, int]], tuple[int, int]]:
    """Copy the rows aside, then write: the requests, the place of each row's copy, the size."""
    copies: list[Request] = []
    writes: list[Request] = []
    places: list[tuple[Target, int]] = []
    top, most = 0, 1
    for tab in dict.fromkeys(target.tab for target in wanted):
        sheet, table = fresh.sheets[tab], fresh.snapshot.tables[tab]
        mine = sorted({target.row for target in wanted if target.tab == tab})
        wide = len(table.headers)
        tops: dict[int, int] = {}
        for first, last in _runs(mine):
            copies.append(capture.copied(sheet.id, (first - 1, last), (0, wide), top))
            tops |= {row: top + row - first for row in range(first, last + 1)}
            top, most = top + last - first + 1, max(most, wide)
        for target in (t for t in wanted if t.tab == tab):
            where = grid(sheet.id, target.row - 1, target.row, target.column - 1, target.column)
            writes.append(update_cells(where, [{"values": [_raw(target.new)]}], VALUE))
            places.append((target, tops[target.row]))
    return [*capture.sheet_requests(fresh, top, most), *copies, *writes], places, (top, most)


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


def wrongly_written(
    reply: Mapping[str, Any],
    places: Sequence[tuple[Target, int]],
    fresh: Found,
    tabs: Sequence[Tab],
) -> Iterator[Target]:
    """Cells that stood in another row than looked for when they were written, to be given back."""
    grids = _grids(reply).get(capture.SHEET, ())
    copied = _rows(grids)
    declared = {tab.key: tab for tab in tabs}
    for target, top in places:
        tab, table = declared[target.tab], fresh.snapshot.tables[target.tab]
        cells = copied.get(top + 1, {})
        j = table.rows.index(target.row)
        if _is_row(tab, table, j, cells, target):
            continue
        value = cells.get(target.column)
        yield Target(
            target.tab, target.row, target.column, target.new, _origin(value, table, target)
        )


def _is_row(
    tab: Tab, table: TableSnapshot, j: int, cells: Mapping[int, Value], target: Target
) -> bool:
    """Whether a copied row is the one that was looked at, with the value that was expected."""
    if not alike(cells.get(target.column), target.was):
        return False
    keys = [table.bound[key] for key in tab.key_columns if key in table.bound]
    if keys and all(kind_of(table.cells[i][j]) != "empty" for i in keys):
        return all(alike(cells.get(i + 1), table.cells[i][j]) for i in keys)
    return all(alike(cells.get(i + 1), table.cells[i][j]) for i, _ in _people(tab, table))


def _origin(value: Value, table: TableSnapshot, target: Target) -> Value:
    """The overwritten cell's formula where one stood in that column with that result."""
    for held in table.cells[target.column - 1]:
        if isinstance(held, Formula) and alike(held.value, value):
            return held
    return value
