"""The contract suite's small workbook in an emulated sheet, with a colleague in the browser."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from pathlib import Path
from typing import Any

from sheetsync.backends.google.reading import Limits
from sheetsync.backends.google.workbook import LIMITS, GoogleWorkbook
from sheetsync.model.plan import AppendRows, Op, Plan, ReplaceRows, WriteCells
from sheetsync.model.values import Value
from tests.contract.google_small import client_of, drawn
from tests.contract.small import GRIDS, TABS, Grid
from tests.fakes.sheets.faults import Faults
from tests.fakes.sheets.humans import Human
from tests.fakes.sheets.service import Service
from tests.fakes.sheets.state import Spreadsheet
from tests.fakes.sheets.wire import Wire

HEAD = ("Deal ID", "Stage", "Mine", "Amount", "Closed", "Check")
DEALS = (
    HEAD,
    ("D-0001", " won", "keep", 100, datetime(2026, 1, 31), None),
    ("D-0002", "lost", None, "1,200.50", None, None),
    (None, "open", "x", 7.5, None, None),
    ("D-0004", " won", "y", 40, None, None),
    ("D-0005", "lead", "z", 41, None, None),
)


@dataclass
class Shared:
    """A shared sheet: the emulator, a colleague, and workbooks of it on several computers."""

    folder: Path
    service: Service = field(default_factory=Service)
    faults: Faults = field(default_factory=Faults)
    limits: Limits = LIMITS
    sheet: Spreadsheet = field(init=False)

    def fill(self, grids: Mapping[str, Grid], **properties: Any) -> None:
        """Make the sheet."""
        self.sheet = self.service.create("small", **properties)
        requests = list(drawn(grids))
        client_of(self.service).batch_update(self.sheet.id, {"requests": requests})

    @property
    def human(self) -> Human:
        """A colleague who owns the sheet."""
        return Human(self.sheet, "owner")

    def book(self, computer: str = "mine", limits: Limits | None = None) -> GoogleWorkbook:
        """The sheet as one computer opens it."""
        client = client_of(Wire(self.service, faults=self.faults))
        state = self.folder / computer
        return GoogleWorkbook(client, self.sheet.id, state=state, limits=limits or self.limits)

    def asked(self) -> list[str]:
        """The requests since the last time that this was called, as method and last word."""
        told = [f"{method} {path.rpartition('/')[2]}" for method, path in self.service.requests]
        self.service.requests.clear()
        return [t.replace(self.sheet.id, "sheet").replace("sheet:batchUpdate", "") for t in told]

    def column(self, tab: str, header: str) -> list[Any]:
        """A column's cells as people see them, below the header, trailing blanks cut."""
        rows = self.human.rows(tab)
        at = rows[0].index(header)
        cells = [row[at] for row in rows[1:]]
        while cells and cells[-1] in (None, ""):
            cells.pop()
        return cells


def shared(folder: Path, deals: Grid = DEALS, **properties: Any) -> Shared:
    """The small workbook with these deals."""
    made = Shared(folder)
    made.fill({**GRIDS, "Deals": deals}, **properties)
    return made


def write(
    seen: Any, column: str, changes: Mapping[int, Value], after: Mapping[int, str] | None = None
) -> WriteCells:
    """An op that changes cells of Deals by sheet row."""
    table = seen.tables["deals"]
    keys = table.keys(TABS[1])
    at = [list(table.rows).index(row) for row in changes]
    names = tuple(keys[j] for j in at)
    renamed = tuple((after or {}).get(row, key) for row, key in zip(changes, names, strict=True))
    old = tuple(table.column(column)[j] for j in at)
    return WriteCells("deals", column, names, renamed, tuple(changes), old, tuple(changes.values()))


def replaced(seen: Any, *rows: tuple[Value, Value, Value]) -> ReplaceRows:
    """An op that gives Results another body."""
    table = seen.tables["results"]
    columns = ("key", "value", "decision")
    old = tuple(zip(*(table.column(key) for key in columns), strict=True))
    return ReplaceRows("results", columns, old, rows)


def logged(run: str) -> AppendRows:
    """An op that logs a run."""
    return AppendRows("log", ("run", "note"), ((run, "done"),))


def plan(seen: Any, *ops: Op, run: str = "run-1") -> Plan:
    """A plan made from a reading."""
    return Plan(ops, seen.fingerprint, run)
