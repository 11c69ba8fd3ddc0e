"""A workbook held in plain lists: the reference that every other backend is compared with.

Useful in tests and for programs that have their rows already. Nothing is saved anywhere.
"""

from __future__ import annotations

import copy
import hashlib
from collections.abc import Sequence
from dataclasses import dataclass, field

from sheetsync.model.errors import NotATracker, StaleSnapshot
from sheetsync.model.plan import (
    AppendRows,
    Op,
    Plan,
    Recache,
    ReplaceRows,
    Row,
    WriteCells,
    WriteNames,
)
from sheetsync.model.snapshot import ReportSnapshot, Snapshot, TableSnapshot
from sheetsync.model.tables import Grid, read_table
from sheetsync.model.tracker import Role, Tab, plain
from sheetsync.model.values import Value, result_of, same
from sheetsync.model.workbook import Receipt


@dataclass(slots=True)
class MemorySheet:
    """One sheet: a ``grid`` of rows from sheet row 1 on, and a report's names and formulas.

    ``table`` is the name of the sheet's table, which finds it after a rename.
    """

    title: str
    grid: list[list[Value]] = field(default_factory=list)
    table: str = ""
    names: dict[str, Value] = field(default_factory=dict)
    formulas: dict[str, Value] = field(default_factory=dict)


class MemoryWorkbook:
    """A ``model.workbook.Workbook`` over lists of ``MemorySheet``."""

    calculates = False
    """Formulas keep the value that was written beside them."""

    def __init__(self, name: str, sheets: Sequence[MemorySheet]) -> None:
        self.name = name
        self.sheets = list(sheets)
        self._runs: dict[str, Plan] = {}

    def read(self, tabs: Sequence[Tab]) -> Snapshot:
        """Read the declared tabs; see ``Workbook.read``."""
        found = {tab.key: (tab, sheet) for tab in tabs if (sheet := self._sheet(tab)) is not None}
        tables: dict[str, TableSnapshot] = {}
        reports: dict[str, ReportSnapshot] = {}
        for key, (tab, sheet) in found.items():
            if tab.role is Role.REPORT:
                cached = {text: result_of(value) for text, value in sheet.formulas.items()}
                names = {name: sheet.names[name] for name in tab.names if name in sheet.names}
                reports[key] = ReportSnapshot(key, sheet.title, cached, names)
            elif tab.columns and sheet.grid:
                tables[key] = _table(tab, sheet)
        known = {sheet.title for _, sheet in found.values()}
        others = tuple(sheet.title for sheet in self.sheets if sheet.title not in known)
        return Snapshot(self.name, self.fingerprint(), tables, reports, others)

    def fingerprint(self) -> str:
        """Return a hash of everything that the workbook holds."""
        return hashlib.sha256(repr(self.sheets).encode("utf-8", "replace")).hexdigest()

    def apply(self, plan: Plan, tabs: Sequence[Tab]) -> Receipt:
        """Write the plan, whole or not at all; see ``Workbook.apply``."""
        before = self.fingerprint()
        if plan.fingerprint != before:
            raise StaleSnapshot(f"{self.name} was changed since it was read; nothing was written.")
        kept = copy.deepcopy(self.sheets)
        try:
            for op in plan.ops:
                self._play(op, tabs)
        except BaseException:
            self.sheets = kept
            raise
        self._runs[plan.run] = plan
        changed = tuple(dict.fromkeys(op.tab for op in plan.ops))
        return Receipt(before, self.fingerprint(), changed)

    def plan_of(self, run: str) -> Plan:
        """Return the plan that ``run`` applied; KeyError when there was none."""
        return self._runs[run]

    def close(self) -> None:
        """Do nothing: lists need no closing."""

    def _sheet(self, tab: Tab) -> MemorySheet | None:
        titled = [s for s in self.sheets if plain(s.title) == plain(tab.title)]
        tabled = [s for s in self.sheets if tab.table and s.table == tab.table]
        return next(iter((*titled, *tabled)), None)

    def _made(self, tab: Tab) -> MemorySheet:
        """Put back a tab that the engine owns and people deleted."""
        if tab.role in (Role.ENTRY, Role.SETTINGS):
            raise NotATracker(f"{self.name} has no tab {tab.title}; nothing was written.")
        self.sheets.append(MemorySheet(tab.title, [[c.title for c in tab.columns]], tab.table))
        return self.sheets[-1]

    def _play(self, op: Op, tabs: Sequence[Tab]) -> None:
        tab = next(tab for tab in tabs if tab.key == op.tab)
        sheet = self._sheet(tab) or self._made(tab)
        match op:
            case WriteNames():
                _set(sheet.names, op.names, op.old, op.new)
            case Recache():
                _set(sheet.formulas, op.formulas, op.old, op.new)
            case WriteCells():
                _write(op, tab, sheet)
            case ReplaceRows():
                _replace(op.columns, op.old, op.new, tab, sheet)
            case AppendRows():
                table = _table(tab, sheet)
                old = tuple(zip(*(table.column(key) for key in op.columns), strict=True))
                _replace(op.columns, old, (*old, *op.rows), tab, sheet)


def _table(tab: Tab, sheet: MemorySheet) -> TableSnapshot:
    width = max(map(len, sheet.grid), default=0)
    columns = {
        i + 1: [row[i] if i < len(row) else None for row in sheet.grid] for i in range(width)
    }
    return read_table(tab, sheet.title, Grid(range(1, len(sheet.grid) + 1), columns))


def _set(
    cells: dict[str, Value], names: Sequence[str], old: Sequence[Value], new: Sequence[Value]
) -> None:
    for name, was, value in zip(names, old, new, strict=True):
        _expect(cells.get(name), was)
        cells[name] = value


def _expect(found: Value, expected: Value) -> None:
    if not same(found, expected):
        raise StaleSnapshot("A cell was changed since it was read; nothing was written.")


def _write(op: WriteCells, tab: Tab, sheet: MemorySheet) -> None:
    index = _table(tab, sheet).bound[op.column]
    for row, was, value in zip(op.rows, op.old, op.new, strict=True):
        cells = sheet.grid[row - 1]
        cells.extend([None] * (index + 1 - len(cells)))
        _expect(cells[index], was)
        cells[index] = value


def _replace(
    columns: Sequence[str], old: Sequence[Row], new: Sequence[Row], tab: Tab, sheet: MemorySheet
) -> None:
    table = _table(tab, sheet)
    seen = zip(*(table.column(key) for key in columns), strict=True)
    for found, was in zip(seen, old, strict=True):
        for a, b in zip(found, was, strict=True):
            _expect(a, b)
    del sheet.grid[table.header_row :]
    width = len(table.headers)
    for row in new:
        cells: list[Value] = [None] * width
        for key, value in zip(columns, row, strict=True):
            cells[table.bound[key]] = value
        sheet.grid.append(cells)
