"""An Excel with open workbooks, as grids in memory: what it holds, and what it is made to do.

It has the habits of the real one that matter to whoever writes to it: it rejects calls while it is
busy or a cell is edited, parses what it is given, writes only to visible rows of filtered areas,
and refuses to touch protected sheets.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from sheetsync.model.values import Value
from tests.fakes.excel.protection import Protection, Unlocked

CALL_REJECTED = -2147418111
EXCEPTION = -2147352567
IGNORED = -2146777998
APPLICATION_DEFINED = -2146827284
Rect = tuple[int, int, int, int]
"""First row, first column, last row, last column; from 1."""


class ComError(Exception):
    """As pywin32 raises it: number, text, details (with the application's own number), argument."""

    def __init__(self, hresult: int, text: str, details: tuple[Any, ...] | None = None) -> None:
        super().__init__(hresult, text, details, None)
        self.hresult = hresult


PROTECTED = "The cell or chart you're trying to change is on a protected sheet."


def refused(text: str, scode: int = APPLICATION_DEFINED) -> ComError:
    """A refusal of the application's, such as run-time error 1004."""
    details = (0, "Microsoft Excel", text, "xlmain11.chm", 0, scode)
    return ComError(EXCEPTION, "Exception occurred.", details)


@dataclass(slots=True)
class FakeTable:
    """A ListObject: header row, body, perhaps totals, and criteria of its filter by field."""

    name: str
    rect: Rect
    totals: bool = False
    autofilter: bool = True
    criteria: dict[int, dict[str, Any]] = field(default_factory=dict)


@dataclass(slots=True)
class FakeSheet:
    """One sheet; ``cells`` hold values as entered, ``formats`` number formats unless General.

    ``prefixed`` are cells with an apostrophe, ``filter`` is the sheet's own, ``hidden`` are rows
    that people hid.
    """

    title: str
    cells: dict[tuple[int, int], Value] = field(default_factory=dict)
    formats: dict[tuple[int, int], str] = field(default_factory=dict)
    prefixed: set[tuple[int, int]] = field(default_factory=set)
    tables: list[FakeTable] = field(default_factory=list)
    filter: FakeTable | None = None
    hidden: set[int] = field(default_factory=set)
    merges: list[Rect] = field(default_factory=list)
    protection: Protection | None = None
    unlocked: Unlocked = field(default_factory=Unlocked)
    advanced_filter: bool = False
    computed: dict[tuple[int, int], Any] = field(default_factory=dict)

    @property
    def protected(self) -> bool:
        """Whether locked cells refuse to be written."""
        return self.protection is not None

    @protected.setter
    def protected(self, value: bool) -> None:
        self.protection = Protection() if value else None

    def keeps(self, rect: Rect) -> bool:
        """Whether an area holds cells that must not be written."""
        return self.protected and self.unlocked.share(rect) is not True

    @property
    def keeps_formats(self) -> bool:
        """Whether cells must not be formatted."""
        return self.protection is not None and "formatCells" not in self.protection.allowed

    def used(self) -> Rect:
        """From A1 or later to the last cell with a value or a format."""
        places = [*self.cells, *self.formats]
        rows, columns = [r for r, _ in places] or [1], [c for _, c in places] or [1]
        return min(rows), min(columns), max(rows), max(columns)

    def filtered_rows(self) -> set[int]:
        """The rows that filters hide."""
        found: set[int] = set()
        for told in (*self.tables, *([self.filter] if self.filter else [])):
            found |= {
                row
                for row in range(told.rect[0] + 1, told.rect[2] + 1 - told.totals)
                if not all(self._shows(told, row, field, c) for field, c in told.criteria.items())
            }
        return found

    def _shows(self, told: FakeTable, row: int, number: int, criterion: dict[str, Any]) -> bool:
        value = self.cells.get((row, told.rect[1] + number - 1))
        if criterion["type"] == "values":
            return ("" if value is None else str(value)).casefold() in {
                v.casefold() for v in criterion["values"]
            }
        if criterion["operator"] == "not_equal_to" and criterion["value1"] is None:
            return value is not None
        return criterion["type"] == "comparison" and str(value) == criterion["value1"]


@dataclass(slots=True)
class FakeBook:
    """An open workbook."""

    name: str
    sheets: list[FakeSheet] = field(default_factory=list)
    names: dict[str, str] = field(default_factory=dict)
    read_only: bool = False
    saves: int = 0
    closes: int = 0
    stale: bool = True
    active: int = 0

    def sheet(self, title: str) -> FakeSheet:
        """The sheet with that title."""
        return next(s for s in self.sheets if s.title.casefold() == title.casefold())


@dataclass(slots=True)
class FakeExcel:
    """One running Excel. ``calls`` counts what it is asked by kind.

    ``busy`` is how many further calls it rejects (-1: all), ``editing`` means that a cell is being
    edited. ``before`` is called with kind and address ahead of each call, and may raise.
    """

    books: list[FakeBook] = field(default_factory=list)
    calls: Counter[str] = field(default_factory=Counter)
    log: list[tuple[str, str]] = field(default_factory=list)
    busy: int = 0
    editing: bool = False
    before: Callable[[str, str], None] | None = None
    state: dict[str, Any] = field(
        default_factory=lambda: {
            "screen_updating": True,
            "display_alerts": True,
            "enable_events": True,
            "calculation": "automatic",
            "cut_copy_mode": None,
        }
    )
    fills_formulas: bool = True
    active: int = 0

    def call(self, kind: str, address: str = "") -> None:
        """Count a call; reject it when Excel is busy."""
        self.calls[kind] += 1
        self.log.append((kind, address))
        if self.before is not None:
            self.before(kind, address)
        if self.busy:
            self.busy -= 1
            raise ComError(CALL_REJECTED, "Call was rejected by callee.")
        if self.editing and kind.endswith("write"):
            raise ComError(EXCEPTION, "Exception occurred.", (0, None, None, None, 0, IGNORED))
        if self.editing and kind.endswith("read"):
            raise ComError(CALL_REJECTED, "Call was rejected by callee.")


DAY_FORMATS = ("yy", "dd", "d/m", "m/d", "h:mm")


def is_day(code: str) -> bool:
    """Whether a number format shows dates or times."""
    return any(part in code.casefold() for part in DAY_FORMATS)


def utc(day: datetime) -> datetime:
    """A date as COM gives it, with a zone that it does not have."""
    from datetime import UTC

    return day.replace(tzinfo=UTC)
