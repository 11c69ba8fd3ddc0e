"""Prove that a new workbook is the old one with the plan applied, before it reaches the disk.

Parts and rows that did not change are compared as bytes and never parsed. What was made anew is
read again by the reader, which shares nothing with the code that wrote it.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from functools import cached_property
from itertools import repeat

from sheetsync.backends.xlsx.cells import read_grid
from sheetsync.backends.xlsx.convert import Context
from sheetsync.backends.xlsx.dates import looks
from sheetsync.backends.xlsx.intent import Intent, intent_of
from sheetsync.backends.xlsx.markup import column_letters
from sheetsync.backends.xlsx.package import Package
from sheetsync.backends.xlsx.parts import Book, Sheet
from sheetsync.backends.xlsx.pen import serial
from sheetsync.backends.xlsx.proof import Doubt, Proof
from sheetsync.backends.xlsx.rows import Cut, cells_of, cut
from sheetsync.backends.xlsx.second import Second
from sheetsync.backends.xlsx.soundness import (
    Unsound,
    check_parts,
    check_rels,
    check_styles,
    failed,
    style_count,
)
from sheetsync.backends.xlsx.strings import shared_strings
from sheetsync.model.errors import SheetsyncError, WriteFailed
from sheetsync.model.plan import Plan
from sheetsync.model.snapshot import Snapshot
from sheetsync.model.tables import Grid
from sheetsync.model.tracker import Tab
from sheetsync.model.values import Formula, Value, same, show


def verify(
    old: bytes,
    new: bytes,
    plan: Plan,
    tabs: Sequence[Tab],
    snapshot: Snapshot,
    second: Second | None = None,
) -> None:
    """Check that ``new`` is ``old`` with the plan applied, and sound.

    Every part and row that the plan does not name must be byte for byte the same, named cells
    must hold what was planned, and the package must hold together. ``second`` may have proven
    some sheets. ``WriteFailed`` if not; then nothing was written.
    """
    if old == new:
        return
    try:
        _verify(Package.open(old), Package.open(new), plan, tabs, snapshot, second)
    except Unsound:
        raise
    except (SheetsyncError, LookupError, ValueError) as error:
        raise failed(f"it cannot be read again: {error}") from error


def _verify(
    old: Package,
    new: Package,
    plan: Plan,
    tabs: Sequence[Tab],
    snapshot: Snapshot,
    second: Second | None,
) -> None:
    was, now = _Version(Book.of(old)), _Version(Book.of(new))
    changed = check_parts(was.book, now.book)
    intents = intent_of((was.book, now.book), plan, tabs, snapshot)
    for sheet in second.in_order(now.book.sheets) if second else now.book.sheets:
        intent = intents.get(sheet.part, Intent())
        if sheet.part not in old:
            _check_new_sheet(now, sheet, intent)
        elif sheet.part in changed:
            around = (
                second.proven(sheet.part, intent, new, now.plain, now.styles) if second else None
            )
            if around is None:
                _SheetCheck(sheet, was, now, intent).check()
            else:
                check_rels(was.book, now.book, sheet.part, *around)
        elif intent.puts or intent.results:
            _check_planned(now, sheet, intent)


@dataclass
class _Version:
    """One version of the workbook and what its cells mean."""

    book: Book

    @cached_property
    def plain(self) -> Context:
        """What cells mean that use no shared strings."""
        return Context((), looks(self.book.package, self.book.styles_part), self.book.date1904)

    @cached_property
    def numbered(self) -> Context:
        """The same with the number of each shared string for its text: enough to compare."""
        return replace(self.plain, strings=_Numbered())

    @cached_property
    def context(self) -> Context:
        """What all cells mean."""
        strings = shared_strings(self.book.package, self.book.shared_strings_part)
        return replace(self.plain, strings=strings)

    @cached_property
    def styles(self) -> int:
        """How many cell styles there are."""
        return style_count(self.book)


class _OnePart(Package):
    """A package that holds one content under every name."""

    def __init__(self, content: bytes) -> None:
        super().__init__(b"", ())
        self._content = content

    def read(self, name: str) -> bytes:  # noqa: ARG002 - every name is the same
        return self._content


class _Numbered(Sequence[str]):
    """Shared strings that were not read: while their part stays, equal numbers are equal texts."""

    def __len__(self) -> int:
        return 1 << 31

    def __getitem__(self, index: int) -> str:  # type: ignore[override]
        return f"shared string {index}"


class _SheetCheck:
    """One sheet that was there and changed: by bytes, and cell by cell where those leave doubt."""

    def __init__(self, sheet: Sheet, was: _Version, now: _Version, intent: Intent) -> None:
        self.sheet = sheet
        self.intent = intent
        self.was, self.now = was, now
        self.old = cut(was.book.package.read(sheet.part))
        self.new = cut(now.book.package.read(sheet.part))

    def check(self) -> None:
        """Check what stands around the rows, then the rows."""
        around = self.old.head + self.old.tail, self.new.head + self.new.tail
        check_rels(self.was.book, self.now.book, self.sheet.part, *around)
        proof = Proof(self.old, self.new, self.intent, self.now.plain, self.now.styles)
        try:
            proof.check()
        except Doubt:
            self._check_in_full()

    def _check_in_full(self) -> None:
        """Read both versions of each row that differs, and compare cell by cell."""
        check_styles(self.sheet.part, self.new.xml, self.now.styles)
        was, now = dict(self.old.pieces()), dict(self.new.pieces())
        rows = {n for n, row in now.items() if was.get(n) != row} | (was.keys() - now.keys())
        if not rows:
            self._check_results(Grid())
            return
        try:
            self._compare(rows, self.was.numbered, self.now.numbered)
        except WriteFailed:  # perhaps for lack of the texts, which also tell people more
            self._compare(rows, self.was.context, self.now.context)

        self._check_rest(rows)

    def _check_rest(self, rows: set[int]) -> None:
        """Cells that are not planned are the same bytes, but for a result that is."""
        planned = {column: self.intent.cells(column).keys() for column in self.intent.columns()}
        for number in sorted(rows):
            was, now = _by_column(self.old, number), _by_column(self.new, number)
            for column in was.keys() | now.keys():
                old, new = was.get(column, b""), now.get(column, b"")
                if old == new or number in planned.get(column, ()):
                    continue
                if not self.intent.results or b"f" not in old:
                    where = f"{column_letters(column)}{number} of the tab {show(self.sheet.name)}"
                    raise failed(f"{where} is stored in another way")

    def _compare(self, rows: set[int], before: Context, after: Context) -> None:
        seen = self._grid(self.old, rows, before)
        found = self._grid(self.new, rows, after)
        self._check_cells(sorted(rows), seen, found, date1904=after.date1904)
        self._check_results(found)

    def _grid(self, sheet: Cut, rows: set[int], context: Context) -> Grid:
        """Read the changed rows alone, by the reader that reads whole sheets."""
        mark = b"<%brow" % sheet.prefix
        some = [mark + sheet.stored(number) for number in sheet.numbers if number in rows]
        xml = b"".join((sheet.head, *some, sheet.tail))
        return read_grid(_OnePart(xml), self.sheet.part, self.sheet.name, context)

    def _check_cells(self, rows: Sequence[int], seen: Grid, found: Grid, *, date1904: bool) -> None:
        for column in seen.columns.keys() | found.columns.keys() | self.intent.puts.keys():
            planned = self.intent.cells(column)
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
        body = self.new.xml
        for text in self.intent.results.keys() - present:
            if text[:8].encode().split(b"&")[0].split(b"<")[0] not in body:
                raise failed(f"the formula ={show(text)} is lost")


def _by_column(sheet: Cut, number: int) -> dict[int, bytes]:
    """The cells of a row as stored."""
    row = sheet.stored(number)
    return {p.column: row[p.start : p.end] for p in cells_of(row, sheet.prefix)}


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


def _check_new_sheet(now: _Version, sheet: Sheet, intent: Intent) -> None:
    """A sheet that was not there: sound, and it holds what was planned."""
    content = now.book.package.read(sheet.part)
    check_styles(sheet.part, content, now.styles)
    frame = cut(content)
    check_rels(now.book, now.book, sheet.part, b"", frame.head + frame.tail)
    _check_planned(now, sheet, intent)


def _check_planned(now: _Version, sheet: Sheet, intent: Intent) -> None:
    """Read a whole sheet and look up what was planned."""
    grid = read_grid(now.book.package, sheet.part, sheet.name, now.context)
    for column in intent.columns():
        found = dict(zip(grid.rows, grid.columns.get(column, repeat(None)), strict=False))
        for row, wanted in intent.cells(column).items():
            if not _equal(found.get(row), wanted):
                raise _differs(sheet, row, column, found.get(row), wanted)
