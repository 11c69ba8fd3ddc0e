"""A plan as the sheet's own script plays it: with what it must know of tabs, headers and rows.

A score is ``model.score``'s, with each tab's sheet id and the room of its native table. Marks of
people's rows (SYNC columns shown by a formula) are told as the body of ``_marks``.
"""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import TYPE_CHECKING, Any

from sheetsync.backends.google import ids, marks, writing
from sheetsync.backends.google.reading import Found, Limits
from sheetsync.model import score as general
from sheetsync.model.errors import StaleSnapshot, WriteFailed
from sheetsync.model.plan import Plan, ReplaceRows, Row, WriteCells
from sheetsync.model.snapshot import Snapshot
from sheetsync.model.tracker import Role, Tab

if TYPE_CHECKING:
    from sheetsync.backends.google.workbook import GoogleWorkbook

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
    """The score of a plan; ``sheets`` has the tabs' sheet ids and rooms of their tables."""
    unknown = {tab.key: {"sheet": ids.sheet_id(tab.key), "room": 0} for tab in tabs}
    return general.score(plan, seen, tabs, {**unknown, **sheets})


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
