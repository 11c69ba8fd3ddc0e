"""A sheet's XML cut at its rows and cells, so that what is not touched stays the very same bytes.

Nothing is parsed here: cuts are found by searching, which is safe because ``<`` cannot stand in
text or attributes. Comments and CDATA sections inside the cells could hide a ``<`` and are refused.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from functools import lru_cache
from itertools import pairwise

from sheetsync.backends.xlsx.markup import column_letters, column_number
from sheetsync.model.errors import WriteFailed

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
    """A sheet in pieces: ``head`` ends with ``<sheetData>``, ``tail`` begins with its end tag.

    ``rows`` are the pieces after ``<row`` (attributes, cells, end tag and what follows up to the
    next row), ``numbers`` their 1-based sheet rows, ascending. ``gap`` stands before the first.
    """

    prefix: bytes
    head: bytes
    gap: bytes
    rows: list[bytes]
    numbers: list[int]
    tail: bytes

    def join(self) -> bytes:
        """The sheet's XML again."""
        mark = b"<%brow" % self.prefix
        body = mark.join((self.gap, *self.rows))
        return b"".join((self.head, body, self.tail))

    def index(self) -> dict[int, int]:
        """Where each sheet row stands in ``rows``."""
        return dict(zip(self.numbers, range(len(self.numbers)), strict=True))

    def merge(self, fresh: Iterable[tuple[int, bytes]]) -> None:
        """Put new rows in their places; there must be no rows of those numbers yet."""
        placed = sorted((*zip(self.numbers, self.rows, strict=True), *fresh))
        self.numbers = [number for number, _ in placed]
        self.rows = [row for _, row in placed]


def cut(xml: bytes) -> Cut:
    """Cut a sheet at its rows; ``WriteFailed`` when that cannot be done safely."""
    prefix = prefix_of(xml)
    match = _sheet_data(prefix).search(xml)
    if match is None:
        raise unwritable("it has no rows section")
    if match[1]:
        opened = match[0].rstrip()[:-2].rstrip() + b">"
        end_tag = b"</%bsheetData>" % prefix
        return Cut(prefix, xml[: match.start()] + opened, b"", [], [], end_tag + xml[match.end() :])
    end = xml.find(b"</%bsheetData" % prefix, match.end())
    if end < 0:
        raise unwritable("its rows section does not end")
    if xml.find(b"<!", match.end(), end) >= 0:
        raise unwritable("it holds comments between its cells")
    gap, *rows = xml[match.end() : end].split(b"<%brow" % prefix)
    return Cut(prefix, xml[: match.end()], gap, rows, list(_numbers(rows)), xml[end:])


def _numbers(rows: list[bytes]) -> Iterator[int]:
    last = 0
    for row in rows:
        if row.startswith(b' r="'):
            number = int(row[4 : row.index(b'"', 4)])
        else:
            match = _ROW_NUMBER.search(row, 0, row.index(b">"))
            number = int(match[1]) if match else last + 1
        if number <= last:
            raise unwritable(f"its row {number} is stored twice or out of order")
        last = number
        yield number


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


def changed_rows(old: bytes, new: bytes) -> tuple[bytes, list[tuple[int, bytes, bytes]]]:
    """Compare two versions of a sheet.

    Returns its prefix and, for each row that differs, its number with the old and the new piece;
    a row that is not there is b"".
    """
    before, after = cut(old), cut(new)
    was = dict(zip(before.numbers, before.rows, strict=True))
    now = dict(zip(after.numbers, after.rows, strict=True))
    numbers = [n for n, row in now.items() if was.get(n) != row] + [n for n in was if n not in now]
    return after.prefix, [(n, was.get(n, b""), now.get(n, b"")) for n in sorted(numbers)]
