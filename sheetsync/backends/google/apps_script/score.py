"""A plan as the sheet's own script plays it: with what it must know of tabs, headers and rows.

The script compares every cell, so a score carries what rows without a key held when they were
read. Marks of people's rows (SYNC columns shown by a formula) are told as the body of ``_marks``.
"""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import TYPE_CHECKING, Any

from sheetsync.backends.google import ids, marks, writing
from sheetsync.backends.google.reading import Found, Limits
from sheetsync.model.errors import StaleSnapshot, WriteFailed
from sheetsync.model.plan import Plan, ReplaceRows, Row, WriteCells, encode
from sheetsync.model.snapshot import Snapshot, TableSnapshot
from sheetsync.model.tracker import Owner, Role, Tab
from sheetsync.model.values import Value

if TYPE_CHECKING:
    from sheetsync.backends.google.workbook import GoogleWorkbook

VERSION = 1
_MARKS = ("look-up", "tab", "row")


def score_text(book: GoogleWorkbook, plan: Plan, tabs: Sequence[Tab]) -> str:
    """The JSON text of a plan for the script, recorded for undo like every plan.

    The plan is one of ``book``'s last reading. Raises StaleSnapshot for another one, WriteFailed
    when the spreadsheet lacks what only an ordinary sync can make.
    """
    found = book.found
    if found is None or found.snapshot.fingerprint != plan.fingerprint:
        raise StaleSnapshot(f"“{book.name}” was read again meanwhile: ask again.")
    told = score(_with_marks(found, plan, tabs), found.snapshot, tabs, _sheets(found, tabs))
    told["tabs"][ids.MARKS] = _marks_tab(found, tabs)
    book.journal.begin(plan)
    return json.dumps(told, ensure_ascii=False, separators=(",", ":"))


def score(
    plan: Plan, seen: Snapshot, tabs: Sequence[Tab], sheets: Mapping[str, Mapping[str, Any]]
) -> dict[str, Any]:
    """A plan with what the script needs besides; ``sheets`` has a tab's sheet id and table room."""
    declared = {tab.key: tab for tab in tabs}
    return {
        "version": VERSION,
        "plan": plan.to_json(),
        "tabs": {
            key: {**_tab(tab, seen), **sheets.get(key, {"sheet": ids.sheet_id(key), "room": 0})}
            for key, tab in declared.items()
        },
        "rows": _nameless(plan, seen, declared),
    }


def _tab(tab: Tab, seen: Snapshot) -> dict[str, Any]:
    table = seen.tables.get(tab.key)
    titles = {column.key: column.title for column in tab.columns}
    if table is not None:
        titles = {key: table.headers[at] for key, at in table.bound.items()}
    return {
        "key": tab.key,
        "title": table.title if table else tab.title,
        "role": str(tab.role),
        "header": table.header_row if table else 1,
        "columns": titles,
        "keys": list(tab.key_columns),
        "names": {column.key: column.range_name for column in tab.columns if column.range_name},
    }


def _nameless(
    plan: Plan, seen: Snapshot, declared: Mapping[str, Tab]
) -> dict[str, dict[str, dict[str, Any]]]:
    """What the changed rows without a key of their own held: by tab, row key, column."""
    told: dict[str, dict[str, dict[str, Any]]] = {}
    for op in plan.ops:
        table = seen.tables.get(op.tab)
        if isinstance(op, WriteCells) and table is not None:
            place = {row: j for j, row in enumerate(table.rows)}
            theirs = _theirs(declared[op.tab], table)
            for key, row in zip(op.keys, op.rows, strict=True):
                if key.startswith("~") and row in place:
                    cells = {name: encode(column[place[row]]) for name, column in theirs.items()}
                    told.setdefault(op.tab, {})[key] = cells
    return told


def _theirs(tab: Tab, table: TableSnapshot) -> dict[str, list[Value]]:
    users = (c.key for c in tab.columns if c.owner is Owner.USER and c.key in table.bound)
    return {key: table.column(key) for key in users}


def _sheets(found: Found, tabs: Sequence[Tab]) -> dict[str, dict[str, Any]]:
    """Sheet ids by tab, and how many rows the native table's body has (0 without one)."""
    told: dict[str, dict[str, Any]] = {}
    for tab in tabs:
        sheet = found.sheets.get(tab.key)
        table = found.snapshot.tables.get(tab.key)
        if sheet is not None:
            header = table.header_row if table else 1
            ranges = [native["range"] for native in sheet.tables]
            room = next((r["endRowIndex"] - header for r in ranges if "endRowIndex" in r), 0)
            told[tab.key] = {"sheet": sheet.id, "room": room}
    return told


def _with_marks(found: Found, plan: Plan, tabs: Sequence[Tab]) -> Plan:
    """The plan with the body of ``_marks`` instead of cells that a formula fills."""
    shown = {key: set(columns) for key, columns in found.shown.items()}
    ops = [
        op
        for op in plan.ops
        if not (isinstance(op, WriteCells) and op.column in shown.get(op.tab, ()))
    ]
    marked = _marks_op(found, plan, tabs)
    return replace(plan, ops=(*ops, marked) if marked.old != marked.new else tuple(ops))


def _marks_op(found: Found, plan: Plan, tabs: Sequence[Tab]) -> ReplaceRows:
    """The rows of ``_marks`` before and after the plan."""
    columns = found.marks.columns
    if any(found.shown.values()) and set(columns) != set(marks.layout(tabs)):
        raise WriteFailed(
            f"“{found.snapshot.name}” was never synced, or not since it got new columns: use Sync "
            "now once. Nothing was changed."
        )
    after = writing.drafted(found, plan, tabs, Limits()).after
    new: list[Row] = []
    for tab in tabs:
        table = after.get(tab.key) or found.snapshot.tables.get(tab.key)
        shown = found.shown.get(tab.key, frozenset())
        if table is not None and shown:
            kept = [key if key in shown else "" for key in columns]
            new += [tuple(row) for row in marks.marked_rows(tab, table, kept)]
    old = [
        (found.marks.lookups[name] or None, *name, *values.values())
        for name, values in found.marks.values.items()
    ]
    return ReplaceRows(ids.MARKS, (*_MARKS, *columns), tuple(old), tuple(new))


def _marks_tab(found: Found, tabs: Sequence[Tab]) -> dict[str, Any]:
    columns = (*_MARKS, *(found.marks.columns or marks.layout(tabs)))
    return {
        "key": ids.MARKS,
        "title": ids.MARKS,
        "role": str(Role.ENTRY),
        "header": 1,
        "columns": {name: name for name in columns},
        "keys": [],
        "names": {},
        "sheet": ids.sheet_id(ids.MARKS),
        "room": 0,
    }
