"""A small tracker with a sync of few rules, so that one run of it takes milliseconds.

What the sync writes tells its own row: a tier names its deal's id, a result's value holds the id's
number. So a value beside the wrong key is seen without working anything out. The safe fixes are
told once, in ``meant``: what a cell says before and after them is the same.
"""

from __future__ import annotations

import re
from datetime import datetime
from typing import Any

from sheetsync.backends.google.values import moment, serial
from sheetsync.layout.diff import Wanted, diff
from sheetsync.model.plan import AppendRows, Plan
from sheetsync.model.snapshot import Snapshot, TableSnapshot
from sheetsync.model.tracker import CellType, Column, Owner, Role, Tab, Tracker
from sheetsync.model.values import Value, kind_of
from tests.contract.small import BOARD, LOG, RESULTS

DEALS = Tab(
    "deals",
    "Deals",
    Role.ENTRY,
    "Deals.",
    (
        Column("deal_id", "Deal ID", CellType.ID, "Id.", required=True, auto="D-{:04d}"),
        Column("partner", "Partner", CellType.TEXT, "Partner."),
        Column("stage", "Stage", CellType.TEXT, "Stage."),
        Column("amount", "Amount", CellType.MONEY, "Value.", number_format="#,##0.00"),
        Column("closed", "Closed", CellType.DAY, "Day.", number_format="yyyy-mm-dd"),
        Column("tier", "Tier", CellType.TEXT, "Names the deal.", owner=Owner.SYNC),
        Column("check", "Check", CellType.TEXT, "Findings.", owner=Owner.SYNC),
    ),
    ("deal_id",),
    table="tblDeals",
)
TABS = (BOARD, DEALS, RESULTS, LOG)
TRACKER = Tracker(TABS, {})
HEADERS = ("Deal ID", "Partner", "Stage", "Mine", "Amount", "Closed", "Tier", "Check")
OURS = frozenset(("Tier", "Check"))
GRIDS = {
    "Deals": (
        HEADERS,
        ("D-0001", "Ada", " Won", "m1", 100, datetime(2026, 1, 31), None, None),
        ("D-0002", "Bo", "lost", None, "1,201", None, None, None),
        (None, "Cy", "open", "m3", 7.5, None, None, None),
        ("D-0004", "Di", " Won", "m4", 40, "2026-02-03", None, None),
        ("D-0005", "Ed", "LEAD", None, -41, None, None, None),
        (None, "Flo", " Won", "m6", None, None, None, None),
        ("D-0007", "Gus", "Lead", "m7", 2, None, None, None),
    ),
    "Results": (
        ("Key", "Value", "Decision"),
        ("D-0001", 1000, "later D-0001"),
        ("D-0009", 9000, None),
    ),
    "Sync Log": (("Run", "Note"), ("r0", "made")),
    "Notes": (("of", "people"), (1, "keep")),
}
_THOUSANDS = re.compile(r"-?\d{1,3}(,\d{3})+")
_DAY = re.compile(r"\d{4}-\d\d-\d\d")
NUMBER = re.compile(r"D-(\d+)")


def meant(header: str, value: Any) -> Any:
    """What a cell of people's says, its safe fix made; None for an empty one.

    >>> meant("Stage", "  Won "), meant("Amount", "1,200"), meant("Partner", " Ada")
    ('won', 1200, ' Ada')
    """
    if header == "Stage" and isinstance(value, str):
        return " ".join(value.split()).lower() or None
    if header == "Amount":
        if isinstance(value, str) and _THOUSANDS.fullmatch(value):
            value = int(value.replace(",", ""))
        if isinstance(value, int | float) and not isinstance(value, bool):
            return abs(value)
    if header == "Closed":
        if isinstance(value, str) and _DAY.fullmatch(value):
            return serial(datetime.fromisoformat(value))
        if isinstance(value, datetime):
            return serial(value)
    return None if value == "" else value


def planned(seen: Snapshot, run: str) -> Plan:
    """What a sync writes: fixes, ids, checks, tiers, results with their decisions, a log line."""
    deals = seen.tables["deals"]
    fixed = _fixed(deals)
    keys, ids = fixed.keys(DEALS), fixed.column("deal_id")
    stages = fixed.column("stage")
    odd = {k: f"{i}: {s}" for k, i, s in zip(keys, ids, stages, strict=True) if i and _odd(s)}
    tiers = {key: f"tier {identity}" for key, identity in zip(keys, ids, strict=True) if identity}
    marks = {("deals", "check"): odd, ("deals", "tier"): tiers}
    wanted = Wanted(marks=marks, tables={"results": _results(seen, fixed)})
    ops = diff(TRACKER, seen, _with(seen, fixed), wanted)
    if not ops:
        return Plan((), seen.fingerprint)
    log = AppendRows("log", ("run", "note"), ((run, "done"),))
    return Plan((*ops, log), seen.fingerprint, run)


def _with(seen: Snapshot, deals: TableSnapshot) -> Snapshot:
    from dataclasses import replace

    return replace(seen, tables={**seen.tables, "deals": deals})


def _odd(stage: Value) -> bool:
    return isinstance(stage, str) and len(stage) % 2 == 0


def _fixed(deals: TableSnapshot) -> TableSnapshot:
    edits: dict[str, dict[int, Value]] = {}
    for column in DEALS.columns:
        if column.key in deals.bound and column.owner is Owner.USER and column.key != "deal_id":
            cells = deals.column(column.key)
            told = {j: _fix(column, value) for j, value in enumerate(cells)}
            edits[column.key] = {j: new for j, new in told.items() if new is not cells[j]}
    if "deal_id" in deals.bound:
        edits["deal_id"] = _new_ids(deals)
    return deals.with_cells({key: told for key, told in edits.items() if told})


def _fix(column: Column, value: Value) -> Value:
    if kind_of(value) not in {"text", "number"}:
        return value
    new = meant(column.title, value)
    if column.key == "closed" and isinstance(value, str) and isinstance(new, int | float):
        return moment(new)
    return value if new == value else new


def _new_ids(deals: TableSnapshot) -> dict[int, Value]:
    held = deals.column("deal_id")
    numbers = [int(m[1]) for v in held if isinstance(v, str) and (m := NUMBER.fullmatch(v))]
    blank = [j for j, v in enumerate(held) if kind_of(v) == "empty"]
    return {j: f"D-{max(numbers, default=0) + i:04d}" for i, j in enumerate(blank, 1)}


def _results(seen: Snapshot, fixed: TableSnapshot) -> tuple[tuple[Value, ...], ...]:
    table = seen.tables.get("results")
    told: dict[Value, Value] = {}
    for key, decision in (
        zip(table.column("key"), table.column("decision"), strict=True) if table else ()
    ):
        told[key] = decision if kind_of(decision) != "empty" else told.get(key)
    amounts: dict[str, float] = {}
    for identity, amount in zip(fixed.column("deal_id"), fixed.column("amount"), strict=True):
        if isinstance(identity, str) and NUMBER.fullmatch(identity):
            number = amount if isinstance(amount, int | float) else 0
            amounts.setdefault(identity, float(number) % 1000)
    order = sorted(amounts, key=lambda identity: (-amounts[identity], identity))
    return tuple((key, value_of(key) + amounts[key], told.get(key)) for key in order)


def value_of(key: str) -> float:
    """What a result's value begins at; its rest, below 1000, is of the deal's amount."""
    told = NUMBER.fullmatch(key)
    return 1000.0 * int(told[1]) if told else 0.0
