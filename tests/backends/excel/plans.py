"""Small plans over the small workbook, and what the fake Excel shows of them."""

from __future__ import annotations

import copy

from sheetsync.model.plan import Op, Plan, ReplaceRows, WriteCells
from sheetsync.model.snapshot import Snapshot
from tests.fakes.excel.world import refused


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


def written(excel):
    """The blocks that were written."""
    return [where for kind, where in excel.log if kind == "value write"]


def held(excel):
    """All that the workbook holds as entered, and how Excel is set."""
    told = copy.deepcopy((excel.books, excel.state, excel.fills_formulas))
    for fake in told[0]:
        fake.stale = True
        for sheet in fake.sheets:
            sheet.computed.clear()
            sheet.prefixed.clear()
    return told


def fail_at(excel, number, error=None):
    """Refuse the n-th value that is written."""
    count = iter(range(1, 1000))

    def before(kind, _where):
        if kind == "value write" and next(count) == number:
            raise error or refused("no")

    excel.before = before
