"""A sheet's XML cut at its rows and cells, so that what is not touched stays the very same bytes.

Nothing is parsed here: cuts are found by searching, which is safe because ``<`` cannot stand in
text or attributes. Comments and CDATA sections inside the cells could hide a ``<`` and are refused.
"""

from __future__ import annotations

import re
from array import array
from bisect import bisect_left
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from functools import lru_cache
from itertools import chain, pairwise

from sheetsync.backends.xlsx.markup import column_letters
from sheetsync.model.errors import WriteFailed
from sheetsync.model.tables import column_number

_ROOT = re.compile(rb"<(?:([\w.-]+):)?worksheet[\s>]")
_ROW_NUMBER = re.compile(rb"""\sr\s*=\s*["'](\d+)["']""")
_ADDRESS = re.compile(rb"""\sr\s*=\s*["']([A-Z]+)(\d+)["']""")
_STYLE = re.compile(rb"""\ss\s*=\s*["'](\d+)["']""")
SLASH = ord("/")
_SPANS = re.compile(rb"""(\sspans\s*=\s*["'])(\d+):(\d+)(["'])""")


def unwritable(why: str) -> WriteFailed:
    """The refusal of a sheet whose XML cannot be patched safely."""
    return WriteFailed(
        f"A sheet cannot be changed safely ({why}); open the workbook in Excel and save it once."
    )


def prefix_of(xml: bytes) -> bytes:
    """The namespace prefix of a sheet's tags with its colon, b"" mostly."""
    match = _ROOT.search(xml)
    if match is None:
        raise unwritable("it is not a worksheet")
    return match[1] + b":" if match[1] else b""


@dataclass(slots=True)
class Cut:
    """A sheet's ``xml`` and where its rows stand in it; a row is copied only when it changes.

    ``head`` ends with ``<sheetData>``, ``tail`` begins with its end tag. ``numbers`` are the
    1-based sheet rows that are stored, ascending, ``starts`` where each begins in ``xml``, and
    last where the last one ends. A row's piece is what stands after ``<row``: attributes, cells,
    end tag and what follows up to the next row. ``changed`` holds new pieces by row number, b""
    for a row that goes. ``redrawn`` names rows whose pieces ``redraw`` makes of the present ones,
    anew at each look, so that a sheet of which most rows change is never in memory twice.
    """

    prefix: bytes
    xml: bytes
    head: bytes
    tail: bytes
    numbers: list[int]
    starts: Sequence[int]
    body: int
    changed: dict[int, bytes] = field(default_factory=dict)
    redrawn: set[int] = field(default_factory=set)
    redraw: Callable[[int, bytes], bytes] = lambda _number, piece: piece
    frame: tuple[bytes, bytes] = (b"", b"")

    def __post_init__(self) -> None:
        self.frame = self.head, self.tail

    @property
    def differs(self) -> bool:
        """Whether anything was changed."""
        if self.changed or (self.head, self.tail) != self.frame:
            return True
        return any(self.piece(number) != self.stored(number) for number in self.redrawn)

    @property
    def touched(self) -> list[int]:
        """The rows that were changed, ascending."""
        return sorted(self.redrawn.union(self.changed))

    @property
    def last(self) -> int:
        """The last row that is there now, 0 when there is none."""
        fresh = (number for number in reversed(self.touched) if self.piece(number))
        kept = (number for number in reversed(self.numbers) if self.changed.get(number) != b"")
        return max(next(fresh, 0), next(kept, 0))

    def stored(self, number: int) -> bytes:
        """A row's piece as it was, b"" when there was none."""
        i = bisect_left(self.numbers, number)
        if i == len(self.numbers) or self.numbers[i] != number:
            return b""
        return self.xml[self.starts[i] + 4 + len(self.prefix) : self.starts[i + 1]]

    def piece(self, number: int) -> bytes:
        """A row's piece as it stands now, b"" when there is none."""
        told = self.changed.get(number)
        if told is None:
            told = self.stored(number)
        return self.redraw(number, told) if number in self.redrawn else told

    def put(self, number: int, piece: bytes) -> None:
        """Change, add or (with b"") take away a row."""
        self.redrawn.discard(number)
        if piece == self.stored(number):
            self.changed.pop(number, None)
        else:
            self.changed[number] = piece

    def pieces(self, mark: bytes = b"") -> Iterator[tuple[int, bytes]]:
        """Every row as it stands now and holds ``mark``, by number."""
        there = self.xml.find(mark, self.body, self.starts[-1]) >= 0
        for number in sorted({*self.numbers, *self.touched} if there else self.touched):
            piece = self.piece(number)
            if piece and mark in piece:
                yield number, piece

    def chunks(self) -> Iterator[bytes | memoryview]:
        """The sheet's XML as it stands now, in pieces that copy nothing."""
        view, mark = memoryview(self.xml), b"<%brow" % self.prefix
        yield self.head
        at = self.body
        for number in self.touched:
            i = bisect_left(self.numbers, number)
            yield view[at : self.starts[i]]
            if piece := self.piece(number):
                yield mark
                yield piece
            there = i < len(self.numbers) and self.numbers[i] == number
            at = self.starts[i + there]
        yield view[at : self.starts[-1]]
        yield self.tail

    def join(self) -> bytes:
        """The sheet's XML as it stands now."""
        return b"".join(self.chunks()) if self.differs else self.xml


def cut(xml: bytes) -> Cut:
    """Find a sheet's rows; ``WriteFailed`` when that cannot be done safely."""
    prefix = prefix_of(xml)
    match = _sheet_data(prefix).search(xml)
    if match is None:
        raise unwritable("it has no rows section")
    start = match.end()
    if match[1]:
        head = xml[: match.start()] + match[0].rstrip()[:-2].rstrip() + b">"
        tail = b"</%bsheetData>" % prefix + xml[start:]
        return Cut(prefix, xml, head, tail, [], [start], start)
    end = xml.rfind(b"</%bsheetData" % prefix, start)
    if end < 0:
        raise unwritable("its rows section does not end")
    if xml.find(b"!", start, end) >= 0 and xml.find(b"<!", start, end) >= 0:
        raise unwritable("it holds comments between its cells")
    numbers, starts = _index(xml, prefix, start, end)
    starts.append(end)
    return Cut(prefix, xml, xml[:start], xml[end:], numbers, starts, start)


def _index(xml: bytes, prefix: bytes, start: int, end: int) -> tuple[list[int], array[int]]:
    """The rows' numbers, ascending, and where they begin."""
    numbers: list[int] = []
    starts = array("q")
    for match in _row_tag(prefix).finditer(xml, start, end):
        numbers.append(int(match[1] or 0))
        starts.append(match.start())
    if 0 in numbers:
        numbers = list(_numbers([xml[at : xml.index(b">", at)] for at in starts]))
    for last, number in pairwise(chain((0,), numbers)):
        if number <= last:
            raise unwritable(f"its row {number} is stored twice or out of order")
    return numbers, starts


def _numbers(tags: Iterable[bytes]) -> Iterator[int]:
    """The numbers of rows whose tags may tell none: then they follow the one before."""
    last = 0
    for tag in tags:
        match = _ROW_NUMBER.search(tag)
        last = int(match[1]) if match else last + 1
        yield last


@lru_cache
def _row_tag(prefix: bytes) -> re.Pattern[bytes]:
    return re.compile(rb'<%brow(?: r="(\d+)")?' % re.escape(prefix))


@lru_cache
def _sheet_data(prefix: bytes) -> re.Pattern[bytes]:
    return re.compile(rb"<%bsheetData(?:\s[^>]*?)?(/)?>" % re.escape(prefix))


@lru_cache
def _cell_tag(prefix: bytes) -> re.Pattern[bytes]:
    return re.compile(rb"<%bc(?=[\s/>])[^>]*>" % re.escape(prefix))


@lru_cache(maxsize=20_000)
def letters(column: int) -> bytes:
    """Column letters as bytes."""
    return column_letters(column).encode()


@lru_cache(maxsize=20_000)
def _column(name: bytes) -> int:
    return column_number(name.decode())


def column_at(row: bytes, start: int) -> int:
    """The column of the cell whose tag begins at ``start`` with its address."""
    match = _ADDRESS.search(row, start)
    return _column(match[1]) if match else 0


@dataclass(frozen=True, slots=True)
class Piece:
    """One cell inside a row piece: its 1-based ``column`` and where it begins and ends."""

    column: int
    start: int
    end: int


def cells_of(row: bytes, prefix: bytes) -> list[Piece]:
    """Find the cells of a row piece; those without an address follow the one before."""
    close = b"</%bc>" % prefix
    pieces = []
    column = 0
    for match in _cell_tag(prefix).finditer(row):
        address = _ADDRESS.search(match[0])
        column = _column(address[1]) if address else column + 1
        end = match.end()
        if match[0][-2] != SLASH:
            end = row.find(close, end) + len(close)
            if end < match.end():
                raise unwritable("a cell does not end")
        pieces.append(Piece(column, match.start(), end))
    if any(a.column >= b.column for a, b in pairwise(pieces)):
        raise unwritable("a row's cells are stored twice or out of order")
    return pieces


def style_of(cell: bytes) -> int | None:
    """The style index that a cell (or row) tag carries, None when it has none."""
    gt = cell.index(b">")
    start = cell.find(b' s="', 0, gt)
    if start >= 0:
        return int(cell[start + 4 : cell.index(b'"', start + 4)])
    match = _STYLE.search(cell, 0, gt) if b"s='" in cell or b"s =" in cell else None
    return int(match[1]) if match else None


def styles_of(row: bytes, prefix: bytes) -> dict[int, int]:
    """The style of each cell of a row piece that has one, by column."""
    told = {p.column: style_of(row[p.start : p.end]) for p in cells_of(row, prefix)}
    return {column: style for column, style in told.items() if style is not None}


def opened(row: bytes, prefix: bytes) -> bytes:
    """A row piece that certainly has an end tag: ``<row .../>`` becomes ``<row ...></row>``."""
    gt = row.index(b">")
    if row[gt - 1] != SLASH:
        return row
    return b"%b></%brow>%b" % (row[: gt - 1].rstrip(), prefix, row[gt + 1 :])


def widened(row: bytes, first: int, last: int) -> bytes:
    """A row piece whose ``spans`` (if it has any) cover the columns ``first`` to ``last``."""
    gt = row.index(b">")
    match = _SPANS.search(row, 0, gt) if row.find(b" spans", 0, gt) >= 0 else None
    if match is None or (int(match[2]) <= first and int(match[3]) >= last):
        return row
    spans = b"%d:%d" % (min(int(match[2]), first), max(int(match[3]), last))
    return row[: match.start()] + match[1] + spans + match[4] + row[match.end() :]


def changed_rows(sheet: Cut) -> Iterator[tuple[bytes, bytes]]:
    """The old and the new piece of each row that was changed; b"" for one that is not there."""
    return ((sheet.stored(number), sheet.piece(number)) for number in sheet.touched)
