"""A shared sheet on the emulator and the shipped client that speaks to it, for tests."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import date
from typing import Any

from sheetsync.backends.google.client import SheetsClient
from sheetsync.templates import first_rows
from tests.fakes.sheets.adapter import session
from tests.fakes.sheets.faults import Faults
from tests.fakes.sheets.service import Service
from tests.fakes.sheets.state import OBJECT_LISTS, Spreadsheet, clone
from tests.fakes.sheets.wire import Wire

ROBOT = "robot@example.iam.gserviceaccount.com"
DEMO = first_rows(date(2026, 2, 28))


class SimulatedClock:
    """Time that passes only while somebody sleeps."""

    def __init__(self) -> None:
        self.seconds = 0.0

    def now(self) -> float:
        return self.seconds

    def sleep(self, seconds: float) -> None:
        self.seconds += seconds


@dataclass
class Shared:
    """One spreadsheet, shared with the robot, and how to reach it."""

    service: Service = field(default_factory=Service)
    faults: Faults = field(default_factory=Faults)
    clock: SimulatedClock = field(default_factory=SimulatedClock)
    id: str = ""

    def sheet(self) -> Spreadsheet:
        return self.service.spreadsheets[self.id]

    def client(self, user: str = ROBOT) -> SheetsClient:
        wire = Wire(self.service, faults=self.faults)
        return SheetsClient(None, session(wire, user), clock=self.clock, who=user)


def share(title: str = "Shared", **properties: Any) -> Shared:
    """A new empty spreadsheet that the robot may edit."""
    made = Shared()
    made.id = made.service.create(title, **properties).id
    return made


def fork(shared: Shared) -> Shared:
    """The same spreadsheet once more, to change it without changing the other."""
    twin = Shared(id=shared.id)
    twin.service.spreadsheets[shared.id] = shared.sheet().fork()
    return twin


_PARTS = ("properties", "basic_filter", "row_metadata", "column_metadata", *OBJECT_LISTS)


def state(spreadsheet: Spreadsheet) -> dict[str, Any]:
    """Everything in a spreadsheet, to compare."""
    return clone(
        {
            "names": spreadsheet.named_ranges,
            "metadata": spreadsheet.metadata,
            "properties": spreadsheet.properties,
            "sheets": [
                {
                    **{name: getattr(sheet, name) for name in _PARTS},
                    "rows": [list(row) for row in sheet.rows],
                }
                for sheet in spreadsheet.sheets
            ],
        }
    )
