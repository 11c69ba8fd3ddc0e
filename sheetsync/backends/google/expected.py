"""Whether a plan expects what was read: nothing is written where it does not."""

from __future__ import annotations

from collections.abc import Sequence

from sheetsync.model.errors import StaleSnapshot
from sheetsync.model.plan import Plan, ReplaceRows, WriteCells, WriteNames, as_rows
from sheetsync.model.snapshot import Snapshot, TableSnapshot
from sheetsync.model.values import Value, same


def check(plan: Plan, seen: Snapshot, name: str) -> None:
    """Refuse a plan that expects something else than what was read: StaleSnapshot."""
    for op in plan.ops:
        table = seen.tables.get(op.tab)
        match op:
            case WriteCells():
                fits = table is not None and _fits(op, table)
            case ReplaceRows():
                told = as_rows([table.column(key) for key in op.columns]) if table else ()
                fits = told == op.old or _alike(told, op.old)
            case WriteNames() if op.tab in seen.reports:
                names = seen.reports[op.tab].names
                pairs = zip(op.names, op.old, strict=True)
                fits = all(same(names.get(key), old) for key, old in pairs)
            case _:
                fits = True
        if not fits:
            raise StaleSnapshot(
                f"A cell of “{name}” is not what the plan was made from. Nothing was changed."
            )


def _fits(op: WriteCells, table: TableSnapshot) -> bool:
    place = {row: j for j, row in enumerate(table.rows)}
    cells = table.column(op.column)
    if op.column not in table.bound:
        return False
    pairs = zip(op.rows, op.old, strict=True)
    return all(row in place and same(cells[place[row]], old) for row, old in pairs)


def _alike(a: Sequence[Sequence[Value]], b: Sequence[Sequence[Value]]) -> bool:
    return len(a) == len(b) and all(
        x == y or all(map(same, x, y)) for x, y in zip(a, b, strict=True)
    )
