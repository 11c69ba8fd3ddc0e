"""Prove that a new workbook is the old one with the plan applied, before it reaches the disk.

Parts and rows that did not change are compared as bytes and never parsed. What was made anew is
read again by the reader, which shares nothing with the code that wrote it.
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime, timedelta
from itertools import repeat

from sheetsync.backends.xlsx.cells import read_grid
from sheetsync.backends.xlsx.convert import Context
from sheetsync.backends.xlsx.dates import looks
from sheetsync.backends.xlsx.intent import Intent, intent_of
from sheetsync.backends.xlsx.markup import column_letters
from sheetsync.backends.xlsx.package import Package
from sheetsync.backends.xlsx.parts import Book, Sheet
from sheetsync.backends.xlsx.pen import serial
from sheetsync.backends.xlsx.rows import Cut, cut
from sheetsync.backends.xlsx.soundness import Unsound, check_parts, failed
from sheetsync.backends.xlsx.strings import shared_strings
from sheetsync.model.errors import SheetsyncError, WriteFailed
from sheetsync.model.plan import Plan
from sheetsync.model.snapshot import Snapshot
from sheetsync.model.tables import Grid
from sheetsync.model.tracker import Tab
from sheetsync.model.values import Formula, Value, same, show


def verify(old: bytes, new: bytes, plan: Plan, tabs: Sequence[Tab], snapshot: Snapshot) -> None:
    """Check that ``new`` is ``old`` with the plan applied, and sound.

    Every part and row that the plan does not name must be byte for byte the same, named cells
    must hold what was planned, and the package must hold together. ``WriteFailed`` if not; then
    nothing was written.
    """
    if old == new:
        return
    try:
        _verify(Package.open(old), Package.open(new), plan, tabs, snapshot)
    except Unsound:
        raise
    except (SheetsyncError, LookupError, ValueError) as error:
        raise failed(f"it cannot be read again: {error}") from error


def _verify(
    old: Package, new: Package, plan: Plan, tabs: Sequence[Tab], snapshot: Snapshot
) -> None:
    was, now = Book.of(old), Book.of(new)
    changed = check_parts(was, now)
    intents = intent_of((was, now), plan, tabs, snapshot)
    before, after = _context(was), _context(now)
    for sheet in now.sheets:
        intent = intents.get(sheet.part, Intent())
        if sheet.part not in old:
            _check_new_sheet(new, sheet, intent, after)
        elif sheet.part in changed:
            _SheetCheck(sheet, old, new, intent).check(before, after)
        elif intent.cells or intent.results:
            _check_new_sheet(new, sheet, intent, after)


def _context(book: Book) -> Context:
    strings = shared_strings(book.package, book.shared_strings_part)
    return Context(strings, looks(book.package, book.styles_part), book.date1904)


class _OnePart(Package):
    """A package that holds one content under every name."""

    def __init__(self, content: bytes) -> None:
        super().__init__(b"", ())
        self._content = content

    def read(self, name: str) -> bytes:  # noqa: ARG002 - every name is the same
        return self._content


class _SheetCheck:
    """One sheet that was there and changed: rows apart from each other, cells of changed rows."""

    def __init__(self, sheet: Sheet, old: Package, new: Package, intent: Intent) -> None:
        self.sheet = sheet
        self.intent = intent
        self.old, self.new = cut(old.read(sheet.part)), cut(new.read(sheet.part))

    def check(self, before: Context, after: Context) -> None:
        """Compare rows as bytes and the rest cell by cell."""
        was = dict(zip(self.old.numbers, self.old.rows, strict=True))
        now = dict(zip(self.new.numbers, self.new.rows, strict=True))
        rows = {n for n, row in now.items() if was.get(n) != row} | (was.keys() - now.keys())
        if not rows:
            self._check_results(Grid())
            return
        seen = self._grid(self.old, rows, before)
        found = self._grid(self.new, rows, after)
        self._check_cells(sorted(rows), seen, found, date1904=after.date1904)
        self._check_results(found)

    def _grid(self, sheet: Cut, rows: set[int], context: Context) -> Grid:
        """Read the changed rows alone, by the reader that reads whole sheets."""
        picked = [j for j, number in enumerate(sheet.numbers) if number in rows]
        some = Cut(
            sheet.prefix,
            sheet.head,
            b"",
            [sheet.rows[j] for j in picked],
            [sheet.numbers[j] for j in picked],
            sheet.tail,
        )
        return read_grid(_OnePart(some.join()), self.sheet.part, self.sheet.name, context)

    def _check_cells(self, rows: Sequence[int], seen: Grid, found: Grid, *, date1904: bool) -> None:
        for column in seen.columns.keys() | found.columns.keys() | self.intent.cells.keys():
            planned = self.intent.cells.get(column, {})
            old = dict(zip(seen.rows, seen.column(column), strict=True))
            new = dict(zip(found.rows, found.column(column), strict=True))
            for row in rows:
                value = new.get(row)
                wanted = planned[row] if row in planned else self._result(old.get(row))
                if value is wanted or _equal(value, wanted):
                    continue
                if not _same_result(value, wanted, date1904):
                    raise _differs(self.sheet, row, column, value, wanted)

    def _result(self, value: Value) -> Value:
        """The value that stays, with the new result where it is a formula of the plan."""
        if isinstance(value, Formula) and value.text in self.intent.results:
            return Formula(value.text, self.intent.results[value.text])
        return value

    def _check_results(self, found: Grid) -> None:
        """Results that were planned and are not in a changed row must have been there before."""
        present = {
            value.text
            for column in found.columns.values()
            for value in column
            if isinstance(value, Formula)
        }
        body = b"".join(self.new.rows)
        for text in self.intent.results.keys() - present:
            if text[:8].encode().split(b"&")[0].split(b"<")[0] not in body:
                raise failed(f"the formula ={show(text)} is lost")


def _equal(a: Value, b: Value) -> bool:
    return (type(a) is type(b) and a == b) or same(a, b)


def _same_result(a: Value, b: Value, date1904: bool) -> bool:
    """Whether a formula's results are stored alike: its cell may not look like a date."""
    if not (isinstance(a, Formula) and isinstance(b, Formula) and a.text == b.text):
        return False
    stored = [
        serial(value, date1904) if isinstance(value, datetime | timedelta) else value
        for value in (a.value, b.value)
    ]
    return same(*stored)


def _differs(sheet: Sheet, row: int, column: int, value: Value, wanted: Value) -> WriteFailed:
    where = f"{column_letters(column)}{row} of the tab {show(sheet.name)}"
    return failed(f"{where} holds {show(value)} and not {show(wanted)}")


def _check_new_sheet(package: Package, sheet: Sheet, intent: Intent, context: Context) -> None:
    """Read a whole sheet and look up what was planned."""
    grid = read_grid(package, sheet.part, sheet.name, context)
    for column, planned in intent.cells.items():
        found = dict(zip(grid.rows, grid.columns.get(column, repeat(None)), strict=False))
        for row, wanted in planned.items():
            if not _equal(found.get(row), wanted):
                raise _differs(sheet, row, column, found.get(row), wanted)
