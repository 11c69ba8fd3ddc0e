"""What a protected sheet allows, and which of its cells are not locked."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from openpyxl.worksheet.worksheet import Worksheet

if TYPE_CHECKING:
    from tests.fakes.excel.world import Rect

ORDER = (
    "formatCells",
    "formatColumns",
    "formatRows",
    "insertColumns",
    "insertRows",
    "insertHyperlinks",
    "deleteColumns",
    "deleteRows",
    "sort",
    "autoFilter",
    "pivotTables",
)
"""What may be allowed, by the names that a file has, in the order of COM's arguments."""
SELECTING = ("selectLockedCells", "selectUnlockedCells")
NAMES = (*ORDER, "objects", "scenarios", *SELECTING)
USUAL = frozenset(("objects", "scenarios", *SELECTING))
"""What a file allows that tells of nothing."""


@dataclass(frozen=True, slots=True)
class Protection:
    """Which things are allowed while a sheet is protected, and its password, if any."""

    allowed: frozenset[str] = USUAL
    password: str = ""


@dataclass(slots=True)
class Unlocked:
    """Cells that may be written though their sheet is protected; of columns the rest of theirs."""

    cells: dict[tuple[int, int], bool] = field(default_factory=dict)
    columns: set[int] = field(default_factory=set)

    def has(self, place: tuple[int, int]) -> bool:
        """Whether a cell may be written."""
        return self.cells.get(place, place[1] in self.columns)

    def share(self, rect: Rect) -> bool | None:
        """True: all cells of an area; False: none; None: some."""
        top, left, bottom, right = rect
        told = {
            self.has((row, column))
            for row in range(top, bottom + 1)
            for column in range(left, right + 1)
        }
        return told.pop() if len(told) == 1 else None


def protection_of(sheet: Worksheet) -> tuple[Protection | None, Unlocked]:
    """How a sheet of a file is protected (None: not), and its cells that are not locked."""
    told = sheet.protection
    allowed = frozenset(name for name in NAMES if not getattr(told, name))
    password = "told" if told.hashValue or told.password else ""
    unlocked = Unlocked()
    for letter, column in sheet.column_dimensions.items():
        if not column.protection.locked:
            first = column.min or sheet[f"{letter}1"].column
            unlocked.columns |= set(range(first, (column.max or first) + 1))
    for cells in sheet.iter_rows():
        unlocked.cells |= {(c.row, c.column): not c.protection.locked for c in cells if c.has_style}
    return (Protection(allowed, password) if told.sheet else None), unlocked
