"""Small plans over the small workbook."""

from __future__ import annotations

from sheetsync.model.plan import Op, Plan, ReplaceRows, WriteCells
from sheetsync.model.snapshot import Snapshot


def cells(seen: Snapshot, column: str, told: dict[int, object]) -> WriteCells:
    """Write cells of Deals by sheet row, over what was read."""
    table = seen.tables["deals"]
    at = [list(table.rows).index(row) for row in told]
    keys = tuple(str(table.column("deal_id")[j] or "~") for j in at)
    old = tuple(table.column(column)[j] for j in at)
    return WriteCells("deals", column, keys, keys, tuple(told), old, tuple(told.values()))


def results(seen: Snapshot, *rows: tuple[object, ...]) -> ReplaceRows:
    """Replace the rows of Results."""
    keys = ("key", "value", "decision")
    table = seen.tables["results"]
    old = tuple(zip(*(table.column(key) for key in keys), strict=True))
    return ReplaceRows("results", keys, old, rows)


def plan(seen: Snapshot, *ops: Op, run: str = "r1") -> Plan:
    """A plan for the workbook as it was read."""
    return Plan(ops, seen.fingerprint, run)
