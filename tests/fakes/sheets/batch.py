"""batchUpdate: the register of request kinds, and the run that is whole or not at all."""

from __future__ import annotations

import importlib
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

from tests.fakes.sheets.state import Json, Rect, Refused, Sheet, Spreadsheet

PROTECTED = (
    "You are trying to edit a protected cell or object. Please contact the spreadsheet owner to "
    "remove protection if you need to edit."
)

MODULES = (
    "kinds_sheets",
    "kinds_grid",
    "kinds_marks",
    "kinds_dimensions",
    "kinds_objects",
    "kinds_find",
)
"""Modules whose import fills `KINDS`."""


@dataclass
class Context:
    """What a request kind may know beside the spreadsheet and its own request.

    `user` is who asks; `guard` refuses where a protected range forbids that user; `new_id` gives
    the server-made ids; `kind` and `index` are the request's own, for error texts (the runner
    adds the prefix itself).  `learnt` is what neighbouring requests of one kind tell each other
    about the cells; it is forgotten when another kind comes.
    """

    spreadsheet: Spreadsheet
    user: str
    kind: str = ""
    index: int = 0
    learnt: dict[Any, Any] = field(default_factory=dict)

    def new_id(self) -> int:
        """An id made by the server."""
        return self.spreadsheet.new_id()

    def recalculate(self) -> None:
        """Bring computed values up to date, for kinds that read them (paste values, sort, find)."""
        self.spreadsheet.recalculate()

    def guard(self, sheet: Sheet, rect: Rect | None = None) -> None:
        """Refuse when a range protected against this user meets `rect` (None: the sheet)."""
        if self.user == self.spreadsheet.owner:
            return
        for protected in sheet.protected_ranges:
            if _forbids(protected, self.user, self.spreadsheet) and _meets(
                protected, sheet, rect or sheet.whole(), self.spreadsheet
            ):
                raise Refused(PROTECTED)

    def guard_insert(self, sheet: Sheet, dimension: str, at: int) -> None:
        """Refuse new rows or columns inside a range protected against this user.

        At its edge they are allowed: below a protected header, say.
        """
        side = slice(0, 2) if dimension == "ROWS" else slice(2, 4)
        for protected in sheet.protected_ranges:
            area = _area(protected, sheet, self.spreadsheet)
            if area is None or not _forbids(protected, self.user, self.spreadsheet):
                continue
            first, last = area[side]
            if first < at < last or area == sheet.whole():
                raise Refused(PROTECTED)

    def guard_sheet(self, sheet: Sheet) -> None:
        """Refuse when the whole tab is protected against this user (title, size, place)."""
        whole = sheet.whole()
        for protected in sheet.protected_ranges:
            area = _area(protected, sheet, self.spreadsheet)
            if area == whole and _forbids(protected, self.user, self.spreadsheet):
                raise Refused(PROTECTED)


def may_edit(protected: Json, user: str, spreadsheet: Spreadsheet) -> bool:
    """True when `user` may edit the protected range (the owner always may)."""
    if user == spreadsheet.owner or protected.get("warningOnly"):
        return True
    return user in protected.get("editors", {}).get("users", ())


def _forbids(protected: Json, user: str, spreadsheet: Spreadsheet) -> bool:
    return not may_edit(protected, user, spreadsheet)


def _meets(protected: Json, sheet: Sheet, rect: Rect, spreadsheet: Spreadsheet) -> bool:
    area = _area(protected, sheet, spreadsheet)
    if area is None:
        return False
    top, bottom = max(area[0], rect[0]), min(area[1], rect[1])
    left, right = max(area[2], rect[2]), min(area[3], rect[3])
    if top >= bottom or left >= right:
        return False
    holes = [bounds(hole, sheet) for hole in protected.get("unprotectedRanges", ())]
    inside = (top, bottom, left, right)
    return not any(_within(inside, hole) for hole in holes)


def _area(protected: Json, sheet: Sheet, spreadsheet: Spreadsheet) -> Rect | None:
    if "range" in protected:
        return bounds(protected["range"], sheet)
    if "namedRangeId" in protected:
        named = spreadsheet.named_ranges.get(protected["namedRangeId"])
        if named and named["range"].get("sheetId", 0) == sheet.id:
            return bounds(named["range"], sheet)
    for table in sheet.tables:
        if table.get("tableId") == protected.get("tableId"):
            return bounds(table["range"], sheet)
    return None


def _within(inner: Rect, outer: Rect) -> bool:
    rows = outer[0] <= inner[0] and inner[1] <= outer[1]
    return rows and outer[2] <= inner[2] and inner[3] <= outer[3]


def bounds(grid_range: Json, sheet: Sheet) -> Rect:
    """The rectangle of a stored GridRange, open ends filled, nothing refused."""
    return (
        grid_range.get("startRowIndex", 0),
        grid_range.get("endRowIndex", sheet.row_count),
        grid_range.get("startColumnIndex", 0),
        grid_range.get("endColumnIndex", sheet.column_count),
    )


Kind = Callable[[Spreadsheet, Json, Context], Json | None]
KINDS: dict[str, Kind] = {}


def kind(name: str) -> Callable[[Kind], Kind]:
    """Register a request kind.

    The function gets the spreadsheet (which it changes in place), the request's own JSON (do not
    keep parts of it without `clone`; cells may be kept) and the Context.  It gives the reply's
    JSON, or None for an empty reply.  It raises Refused; the runner undoes the whole batch.
    """

    def register(function: Kind) -> Kind:
        if name in KINDS and KINDS[name].__module__ != function.__module__:
            raise ValueError(f"{name} is written twice: {KINDS[name].__module__}")
        KINDS[name] = function
        return function

    return register


def load_kinds() -> dict[str, Kind]:
    """All kinds there are; modules that do not exist are left out."""
    for name in MODULES:
        try:
            importlib.import_module(f"tests.fakes.sheets.{name}")
        except ModuleNotFoundError as missing:
            if missing.name != f"tests.fakes.sheets.{name}":
                raise
    return KINDS


def run(spreadsheet: Spreadsheet, requests: list[Json], user: str) -> list[Json]:
    """Do all requests in order, or none: the replies."""
    if not requests:
        raise Refused("Must specify at least one request.")
    kinds = load_kinds()
    before = spreadsheet.fork()
    context = Context(spreadsheet, user)
    try:
        return [_one(kinds, context, index, request) for index, request in enumerate(requests)]
    except BaseException:
        spreadsheet.restore(before)
        raise


def _one(kinds: dict[str, Kind], context: Context, index: int, request: Json) -> Json:
    if len(request) != 1:
        raise Refused(f"Invalid requests[{index}]: {_not_one(request)}")
    ((name, content),) = request.items()
    if name != context.kind:
        context.learnt.clear()
    context.kind, context.index = name, index
    if name not in kinds:
        raise NotImplementedError(f"the emulator knows no request kind {name}")
    try:
        reply = kinds[name](context.spreadsheet, content, context)
    except Refused as refused:
        if not refused.whole and not refused.message.startswith("Invalid requests["):
            refused.message = f"Invalid requests[{index}].{name}: {refused.message}"
        raise
    context.spreadsheet.changed()
    return {} if reply is None else {name: reply}


def _not_one(request: Json) -> str:
    return "Must set a request kind." if not request else "Only one kind may be set per request."
