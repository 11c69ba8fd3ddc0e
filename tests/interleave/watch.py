"""What must hold of a sheet that people and a sync write at the same time.

A shadow of the sheet sees people's acts only, at the same places. What the engine may do to cells
of people's is done there too: the safe fix of exactly what the cell holds, and an id in a row that
has something in it and none. So wherever the two differ, the engine has changed what is not its
own: a flicker, which must be gone at the end. Every value, every row, every id is thereby watched.
An id that the engine gave is an ``Ours`` in the shadow, wherever its row goes and in copies of it;
what people type never is.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Any

from sheetsync.backends.google import ids
from tests.fakes.sheets.state import Sheet, Spreadsheet
from tests.interleave.book import HEADERS, OURS, meant, value_of


class Ours(str):
    """An id that the engine gave."""

    __slots__ = ()


def shown(sheet: Sheet, row: int, column: int) -> Any:
    """A cell's value as it shows; None when empty."""
    told = sheet.effective(row, column)
    return next(iter(told.values())) if told else None


def typed(sheet: Sheet, row: int, column: int) -> Any:
    """What stands in a cell: a value, or a formula's text; None when empty."""
    cell = sheet.cell(row, column)
    value = cell.get("userEnteredValue") if cell else None
    return next(iter(value.values())) if value else None


def header_of(sheet: Sheet) -> int:
    """The row of the headers (from 0)."""
    for row in range(len(sheet.rows)):
        if sum(typed(sheet, row, i) in HEADERS for i in range(sheet.column_count)) >= 4:
            return row
    raise AssertionError("the header is gone")


def decisions_of(book: Spreadsheet) -> dict[str, str]:
    """The answers in the results, by key; the last one given where a key stands twice."""
    sheet = book.sheet(ids.sheet_id("results"))
    rows = ((typed(sheet, r, 0), typed(sheet, r, 2)) for r in range(1, len(sheet.rows)))
    answers: dict[str, str] = {}
    for key, told in rows:
        if key:
            answers[str(key)] = str(told or answers.get(str(key), ""))
    return answers


@dataclass
class Watch:
    """Follows one sheet; ``wrong`` are sentences about what must never be."""

    book: Spreadsheet
    shadow: Spreadsheet
    answers: dict[str, str] = field(default_factory=dict)
    flickers: Counter[str] = field(default_factory=Counter)
    lasted: list[int] = field(default_factory=list)
    """For how many requests after the one that did it something flickered, each time."""
    wrong: list[str] = field(default_factory=list)
    undoing: bool = False
    given: set[str] = field(default_factory=set)
    """Ids that the engine gave."""
    keeps: bool = False
    """Whether people have had time to see the ids: the engine may not take one back any more."""
    _open: frozenset[tuple[int, int]] = frozenset()
    _since: int = -1
    _answers: dict[str, str] = field(default_factory=dict)

    def begin(self) -> None:
        """Take the answers that are there."""
        self.answers = decisions_of(self.book)

    def look(self) -> None:
        """Look before people act."""
        self._answers = decisions_of(self.book)

    def people_acted(self) -> None:
        """See which answers people have just given."""
        now = decisions_of(self.book)
        for key in {*now, *self._answers}:
            if now.get(key) != self._answers.get(key):
                self.answers[key] = now.get(key, "")
        self._open = frozenset((r, c) for r, c, *_ in self._differences())

    def engine_wrote(self) -> None:
        """Look at what a batch of the engine's has done."""
        open_now = set()
        for row, column, header, mine, theirs in list(self._differences()):
            if self._may(row, column, header, mine, theirs):
                sheet = self._deals(self.shadow)
                cell = self._deals(self.book).cell(row, column)
                if header == "Deal ID" and cell and isinstance(theirs, str):
                    cell = {**cell, "userEnteredValue": {"stringValue": Ours(theirs)}}
                sheet.put(row, column, cell)
                self.shadow.changed()
                continue
            open_now.add((row, column))
            if (row, column) not in self._open:
                what = "blank" if mine is None else "filled"
                name = "a column of their own" if header.startswith("Mine") else header
                self.flickers[f"{what} {name}"] += 1
        self._open = frozenset(open_now)
        self.check_computed()
        held = decisions_of(self.book)
        self.answers = {key: told for key, told in self.answers.items() if key in held}

    def asked(self) -> None:
        """Count a request while something flickers."""
        if self._open:
            self._since += 1
        elif self._since >= 0:
            self.lasted.append(self._since)
            self._since = -1

    @staticmethod
    def _deals(book: Spreadsheet) -> Sheet:
        return book.sheet(ids.sheet_id("deals"))

    def _differences(self) -> Iterator[tuple[int, int, str, Any, Any]]:
        """Where the sheet and its shadow differ: row, column, header, shadow's value, its value."""
        real, shadow = self._deals(self.book), self._deals(self.shadow)
        head = header_of(shadow)
        names = [str(typed(shadow, head, i) or "") for i in range(shadow.column_count)]
        for row in range(max(len(real.rows), len(shadow.rows))):
            if real.row(row) == shadow.row(row):
                continue
            for column, name in enumerate(names):
                a, b = typed(shadow, row, column), typed(real, row, column)
                if a != b or (type(a) is not type(b) and not isinstance(a, Ours)):
                    yield row, column, name, a, b

    def _may(self, row: int, column: int, header: str, mine: Any, theirs: Any) -> bool:
        """Whether the engine may make ``theirs`` of what people have there."""
        if header == "Deal ID":
            return self._may_id(row, column, mine, theirs)
        if header in {h for h in HEADERS if h not in OURS} and mine is not None:
            told = meant(header, mine)
            if self.undoing and told == meant(header, theirs):
                return True
            return told == (None if theirs == "" else theirs) and type(told) is not bool
        return False

    def _may_id(self, row: int, column: int, mine: Any, theirs: Any) -> bool:
        """Whether it gives an id to a row that has none, or takes back one of its own."""
        if theirs is None:
            return isinstance(mine, Ours) and (self.undoing or not self.keeps)
        sheet = self._deals(self.shadow)
        others = any(typed(sheet, row, i) for i in range(sheet.column_count) if i != column)
        if mine is not None or not others:
            return False
        self.given.add(theirs)
        return True

    def check_computed(self) -> None:
        """Nothing computed stands beside another key than its own, as the sheet shows it."""
        self.book.recalculate()
        sheet = self._deals(self.book)
        head = header_of(self._deals(self.shadow))
        names = {str(shown(sheet, head, i)): i for i in range(sheet.column_count)}
        at = [names.get(name) for name in ("Deal ID", "Tier", "Check")]
        for row in range(head + 1, sheet.row_count):
            told = (shown(sheet, row, i) if i is not None else "" for i in at)
            identity, tier, check = (value or "" for value in told)
            if tier and tier != f"tier {identity}":
                self.wrong.append(f"{tier!r} is shown beside {identity!r}")
            if check and not str(check).startswith(f"{identity}: "):
                self.wrong.append(f"check {check!r} is shown beside {identity!r}")
        sheet = self.book.sheet(ids.sheet_id("results"))
        for row in range(1, len(sheet.rows)):
            key, value, answer = (shown(sheet, row, i) for i in range(3))
            if value is not None and (not key or value // 1000 * 1000 != value_of(str(key))):
                self.wrong.append(f"result {value} is shown beside {key!r}")
            if answer and not str(answer).endswith(str(key)):
                self.wrong.append(f"answer {answer!r} is shown beside {key!r}")

    def settle(self) -> None:
        """Nothing is left that is not people's or allowed; ids are there once; answers are all."""
        self.check_computed()
        for row, _, header, mine, theirs in self._differences():
            self.wrong.append(f"row {row + 1}, {header}: people have {mine!r}, it holds {theirs!r}")
        sheet = self._deals(self.book)
        head = header_of(sheet)
        at = next(i for i in range(sheet.column_count) if typed(sheet, head, i) == "Deal ID")
        held = Counter(typed(sheet, r, at) for r in range(head + 1, len(sheet.rows)))
        for identity in self.given:
            if held[identity] > 1 and identity not in self.copied | self.own:
                self.wrong.append(f"id {identity} is in {held[identity]} rows")
        told = decisions_of(self.book)
        for key, answer in self.answers.items():
            if key in told and told[key] != answer:
                self.wrong.append(f"answer {answer!r} to {key} is now {told[key]!r}")

    copied: set[str] = field(default_factory=set)
    """Ids that people have copied with their rows."""
    own: set[str] = field(default_factory=set)
    """Ids that people have typed and the sync may have given in the same moment."""
