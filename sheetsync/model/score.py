"""A plan as a dumb player inside a spreadsheet plays it, with what it must know besides.

A player compares every cell before it writes one. So a score tells of each tab its title, header
row, headers, key columns and workbook names, and what the changed rows without a key held when they
were read::

    {"version": 1, "plan": <Plan.to_json>, "tabs": {key: {"key", "title", "role", "header",
     "columns": {key: header}, "keys", "names": {key: range name}}}, "rows": {tab: {row key:
     {column: cell}}}}
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from sheetsync.model.plan import Plan, WriteCells, encode
from sheetsync.model.snapshot import Snapshot, TableSnapshot
from sheetsync.model.tracker import Owner, Tab
from sheetsync.model.values import Value

VERSION = 1


def score(
    plan: Plan,
    seen: Snapshot,
    tabs: Sequence[Tab],
    besides: Mapping[str, Mapping[str, Any]] | None = None,
) -> dict[str, Any]:
    """A plan that was made from ``seen`` as JSON-able data for a player.

    ``besides`` has what else a player is told of a tab, by tab key.
    """
    declared = {tab.key: tab for tab in tabs}
    more = besides or {}
    return {
        "version": VERSION,
        "plan": plan.to_json(),
        "tabs": {key: {**_tab(tab, seen), **more.get(key, {})} for key, tab in declared.items()},
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
