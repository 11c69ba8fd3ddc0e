"""A plan taken back, cell by cell: what people changed since is refused, the rest is restored."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from sheetsync.layout.diff import is_computed
from sheetsync.model.plan import (
    Op,
    Plan,
    Recache,
    ReplaceRows,
    Row,
    WriteCells,
    WriteNames,
    as_rows,
)
from sheetsync.model.snapshot import Snapshot, TableSnapshot
from sheetsync.model.tracker import Tab, Tracker
from sheetsync.model.values import Value, same, show


@dataclass(frozen=True, slots=True)
class Refusal:
    """One cell (or a whole computed table, ``row`` 0) that undo leaves as people made it."""

    tab: str
    key: str
    row: int
    column: str
    message: str


def guarded(plan: Plan, tracker: Tracker, seen: Snapshot) -> tuple[tuple[Op, ...], list[Refusal]]:
    """Keep what of a reversed plan still finds the values it expects; list the rest.

    Rows are found by key wherever they stand now; the kept ops carry their present sheet rows.
    """
    kept: list[Op] = []
    refused: list[Refusal] = []
    for op in plan.ops:
        tab = tracker.tab(op.tab)
        table = seen.tables.get(op.tab)
        match op:
            case WriteCells() if table is not None:
                kept += _cells(op, tab, table, refused)
            case ReplaceRows() if table is not None:
                kept += _rows(op, tab, table, refused)
            case WriteNames() | Recache() if op.tab in seen.reports:
                kept += _report(op, seen)
            case _:
                refused.append(Refusal(op.tab, "", 0, "", f"the tab {tab.title} is gone"))
    return tuple(kept), refused


def _cells(op: WriteCells, tab: Tab, table: TableSnapshot, refused: list[Refusal]) -> list[Op]:
    place = {key: j for j, key in enumerate(table.keys(tab))}
    seen = table.column(op.column)
    at: list[int] = []
    for i, key in enumerate(op.keys):
        j = place.get(key)
        if j is None:
            told = "the row is gone, or its key was changed"
        elif not same(seen[j], op.old[i]):
            told = f"the cell was changed since to {show(seen[j])}"
        else:
            at.append(i)
            continue
        refused.append(Refusal(op.tab, key, 0 if j is None else table.rows[j], op.column, told))
    if not at:
        return []
    rows = tuple(table.rows[place[op.keys[i]]] for i in at)
    keys, after, old, new = (
        tuple(part[i] for i in at) for part in (op.keys, op.after, op.old, op.new)
    )
    return [WriteCells(op.tab, op.column, keys, after, rows, old, new)]  # type: ignore[arg-type]


def _rows(op: ReplaceRows, tab: Tab, table: TableSnapshot, refused: list[Refusal]) -> list[Op]:
    present = as_rows([table.column(key) for key in op.columns])
    ours = [i for i, key in enumerate(op.columns) if is_computed(tab, key)]
    if not _alike(present, op.old, ours):
        refused.append(Refusal(op.tab, "", 0, "", "the tab was changed since"))
        return []
    return [ReplaceRows(op.tab, op.columns, present, _keep_people(op, present, ours))]


def _alike(a: tuple[Row, ...], b: tuple[Row, ...], columns: list[int]) -> bool:
    return len(a) == len(b) and all(
        same(x[i], y[i]) for x, y in zip(a, b, strict=True) for i in columns
    )


def _keep_people(op: ReplaceRows, present: tuple[Row, ...], ours: list[int]) -> tuple[Row, ...]:
    """Carry what people typed into a computed tab since (decisions) over to the restored rows."""
    theirs = [i for i in range(len(op.columns)) if i not in ours]
    typed: Mapping[Value, Row] = {
        row[0]: row
        for row, was in zip(present, op.old, strict=True)
        if any(not same(row[i], was[i]) for i in theirs)
    }
    return tuple(
        tuple(typed[row[0]][i] if i in theirs else v for i, v in enumerate(row))
        if row[0] in typed
        else row
        for row in op.new
    )


def _report(op: WriteNames | Recache, seen: Snapshot) -> list[Op]:
    report = seen.reports[op.tab]
    if isinstance(op, WriteNames):
        at = [i for i, name in enumerate(op.names) if name in report.names]
        names = tuple(op.names[i] for i in at)
        told = tuple(report.names[n] for n in names), tuple(op.new[i] for i in at)
        return [WriteNames(op.tab, names, *told)] if at else []
    at = [i for i, text in enumerate(op.formulas) if text in report.formulas]
    texts = tuple(op.formulas[i] for i in at)
    cached = tuple(report.formulas[t] for t in texts), tuple(op.new[i] for i in at)
    return [Recache(op.tab, texts, *cached)] if at else []
