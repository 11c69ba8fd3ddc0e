"""After a write: is everything as planned, and if not, what is still to be put right.

The reply to a batch shows the changed rows as the batch left them. Where they are as planned there
is nothing more to do. Otherwise the sheet is read again, rows are found by their names wherever
they stand (``placing``), and one more batch sets what is missing (``guarding``).
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import replace
from typing import Any

from sheetsync.backends.google import capture, ids
from sheetsync.backends.google.asides import people_in, rows_of
from sheetsync.backends.google.capture import Typed
from sheetsync.backends.google.fixes import Change, may_be_typed, replies
from sheetsync.backends.google.placing import alike
from sheetsync.backends.google.reading import Found, grid_of
from sheetsync.backends.google.writing import Draft
from sheetsync.model.plan import Plan, ReplaceRows
from sheetsync.model.snapshot import TableSnapshot
from sheetsync.model.tables import Grid
from sheetsync.model.tracker import Tab
from sheetsync.model.values import Value, kind_of, result_of, same


def pending(
    draft: Draft, found: Found, reply: Mapping[str, Any] | None, tabs: Sequence[Tab]
) -> list[Change]:
    """The changes of people's cells that are not as planned; all of them when there is no reply."""
    if reply is None:
        return [c for f in draft.fixes.values() for c in (*f.single, *f.wide, *f.guarded)]
    left = list(draft.guarded)
    done = reply.get("replies", ())
    grids = grids_of(reply)
    declared = {tab.key: tab for tab in tabs}
    at = 1 + len(draft.aside)
    for key, fixes in draft.fixes.items():
        counts = list(replies(done, at, len(fixes.requests)))
        at += len(fixes.requests)
        seen = rows_of(grids.get(found.sheets[key].id, ()))
        full = counts == fixes.counts
        left += _unsettled(declared[key], found.snapshot.tables[key], draft, seen, full=full)
    return left


def fills_blanks(draft: Draft, reply: Mapping[str, Any] | None) -> bool:
    """Whether the batch has filled a blank cell that it searched for: Google finds such cells."""
    requests = enumerate(draft.first, 1 + len(draft.aside))
    blank = [at for at, request in requests if request["findReplace"].get("searchByRegex")]
    done = (reply or {}).get("replies", ())
    return any(any(replies(done, at, 1)) for at in blank)


def grids_of(reply: Mapping[str, Any]) -> dict[int, list[Grid]]:
    """The cells that a batch's reply shows, by sheet."""
    told = reply.get("updatedSpreadsheet", {}).get("sheets", ())
    return {
        int(sheet["properties"].get("sheetId", 0)): [
            grid_of(sheet, block) for block in range(len(sheet.get("data", ())))
        ]
        for sheet in told
    }


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
    theirs = people_in(tab, table)
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
            ours = full and not moved and may_be_typed(told, change.new)
            yield replace(change, allowed=(told,)) if ours else change


def typed_since(
    reply: Mapping[str, Any] | None, fresh: Found | None, tabs: Sequence[Tab]
) -> list[Typed]:
    """What people typed into the engine's tabs since they were read, from the captured cells."""
    if reply is not None:
        told = grids_of(reply).get(ids.sheet_id(ids.CAPTURE), ())
    else:
        told = [fresh.capture] if fresh is not None and fresh.capture is not None else []
    return [typed for cells in told for typed in capture.typed_since(cells, tabs)]


def with_answers(
    typed: Iterable[Typed], plan: Plan, fresh: Found, tabs: Sequence[Tab]
) -> tuple[ReplaceRows, ...]:
    """The plan's bodies once more, with what people typed beside its keys again.

    A body is written whole, keys and answers together, so that no answer can get beside another
    key. Answers that were changed since the plan's batch stay as they are now.
    """
    told: defaultdict[str, list[Typed]] = defaultdict(list)
    for each in typed:
        told[each.tab].append(each)
    declared = {tab.key: tab for tab in tabs}
    ops = (op for op in plan.ops if isinstance(op, ReplaceRows) and op.tab in told)
    return tuple(
        _answered(op, told[op.tab], declared[op.tab], fresh.snapshot.tables[op.tab])
        for op in ops
        if op.tab in fresh.snapshot.tables
    )


def _answered(
    op: ReplaceRows, typed: Iterable[Typed], tab: Tab, table: TableSnapshot
) -> ReplaceRows:
    where = [op.columns.index(key) for key in tab.key_columns]
    now: defaultdict[str, list[int]] = defaultdict(list)
    for j, name in enumerate(capture.names_of(tab, table)):
        now[name].append(j)
    late = {(told.key, told.column): told.value for told in typed}
    before = {(told.key, op.columns.index(told.column)): [told.read] for told in typed}
    for row in op.old:
        for i, value in enumerate(row):
            before.setdefault((_name(row, where), i), []).append(value)
    theirs = [op.columns.index(key) for key in capture.people_in(tab, table)]
    rows: list[tuple[Value, ...]] = []
    for row in op.new:
        name, cells = _name(row, where), list(row)
        for i in theirs:
            cells_now = table.column(op.columns[i])
            told = [cells_now[j] for j in now[name]]
            held = _answer(told, row[i], before.get((name, i), ()))
            kept = same(held, row[i]) and (name, op.columns[i]) in late
            cells[i] = late[name, op.columns[i]] if kept else held
        rows.append(tuple(cells))
    return replace(op, new=tuple(rows))


def _name(row: Sequence[Value], where: Sequence[int]) -> str:
    return "|".join(str(row[i] or "") for i in where)


def _answer(told: Sequence[Value], written: Value, before: Sequence[Value]) -> Value:
    """The answer to a key now, of all rows that have it: people's move of rows may double one.

    Then one of them is as written, and the other counts where it holds what nobody had read.
    """
    changed = [value for value in told if not same(value, written)]
    given = [value for value in changed if kind_of(value) != "empty"]
    if len(changed) < max(len(told), 1):
        given = [value for value in given if not any(same(value, old) for old in before)]
        return given[-1] if given else written
    return given[-1] if given else None
