"""Write the body of a computed table anew; cells beside it in the same rows stay byte for byte.

Written column by column and each distinct value once, because such a body has up to a million
cells.
"""

from __future__ import annotations

from bisect import bisect_left, bisect_right
from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass, field

from sheetsync.backends.xlsx.groups import guard_groups
from sheetsync.backends.xlsx.markup import column_letters
from sheetsync.backends.xlsx.patch import column_styles, with_rows_dimension
from sheetsync.backends.xlsx.pen import Pen, Restyle, keep_style
from sheetsync.backends.xlsx.rows import (
    Cut,
    cells_of,
    column_at,
    letters,
    opened,
    styles_of,
    widened,
)
from sheetsync.model.errors import WriteFailed
from sheetsync.model.values import Formula, Value

_BLOCK, _DISTINCT = 4096, 20_000


def replace_body(
    sheet: Cut,
    first_row: int,
    old_last_row: int,
    columns: Sequence[int],
    rows: Sequence[Sequence[Value]],
    *,
    date1904: bool = False,
    restyle: Restyle = keep_style,
) -> None:
    """Replace the table rows ``first_row`` to ``old_last_row`` of the sheet by ``rows``.

    ``columns`` are the sheet columns of the values in each row. Each column keeps the style of its
    first old body cell. The new body has at least one row, for a table cannot have none. When it
    grows over cells of these columns that people filled, ``WriteFailed`` says where; cells of
    other columns stay, and join the table where it has such a column.
    """
    body = _Body(sheet, first_row, old_last_row, list(columns), len(rows))
    body.check()
    pen = Pen(sheet.prefix, date1904=date1904, restyle=restyle)
    styles = {
        **column_styles(sheet.head, sheet.prefix),
        **styles_of(sheet.piece(first_row), sheet.prefix),
    }
    inks = [_Ink(pen, column, styles.get(column)) for column in columns]
    for at in range(0, body.count, _BLOCK):
        block = rows[at : at + _BLOCK] or [(None,) * len(columns)]
        told = zip(inks, zip(*block, strict=True), strict=True)
        body.write(first_row + at, [ink.cells(first_row + at, values) for ink, values in told])
    body.clear_rest()
    sheet.head = with_rows_dimension(sheet, body.bottom, _extent(columns), old_last_row)


def _extent(columns: Sequence[int]) -> tuple[int, int]:
    return min(columns), max(columns)


class _Ink:
    """Writes the cells of one column, each distinct value once."""

    def __init__(self, pen: Pen, column: int, style: int | None) -> None:
        self.pen = pen
        self.style = style
        self.start = b'<%bc r="%b' % (pen.prefix, letters(column))
        self.told: dict[Value, bytes] = {}

    def cells(self, first_row: int, values: Sequence[Value]) -> list[bytes]:
        """The cells of these values from ``first_row`` down; b"" where there is nothing to say."""
        start, style = self.start, self.style
        kinds = set(map(type, values))
        numbers = map(b"%d".__mod__, range(first_row, first_row + len(values)))
        pairs = zip(numbers, values, strict=True)
        if kinds & {bool, Formula}:  # True equals 1, so values cannot be dict keys
            return [self.pen.cell_at(start + n, style, value) for n, value in pairs]
        told = self._told(values)
        if style is None and not kinds.isdisjoint((type(None), str)):
            return [b"" if v is None or v == "" else start + n + told[v] for n, v in pairs]
        return [start + n + told[v] for n, v in pairs]

    def _told(self, values: Sequence[Value]) -> dict[Value, bytes]:
        if len(self.told) > _DISTINCT:
            self.told.clear()
        self.told.update({v: self.pen.after(self.style, v) for v in {*values} - self.told.keys()})
        return self.told


@dataclass(slots=True)
class _Body:
    """The rows of one table inside a cut sheet, and what else stands in them."""

    sheet: Cut
    first: int
    old_last: int
    columns: list[int]
    count: int
    order: list[int] = field(default_factory=list)

    def __post_init__(self) -> None:
        self.count = max(self.count, 1)
        self.order = sorted(range(len(self.columns)), key=self.columns.__getitem__)

    @property
    def bottom(self) -> int:
        """The last row of the new body."""
        return self.first + self.count - 1

    def check(self) -> None:
        """Refuse to grow over what people wrote, or to tear a formula that fills several cells."""
        for number, row in self._rows(self.old_last + 1, self.bottom):
            self._check_free(number, row)
        last = max(self.bottom, self.old_last)
        touched: Mapping[int, Collection[int]] = dict.fromkeys(
            range(self.first, last + 1), frozenset(self.columns)
        )
        guard_groups(self.sheet, touched)

    def _rows(self, first: int, last: int) -> Iterator[tuple[int, bytes]]:
        """The rows that are stored from ``first`` to ``last``, as they stand."""
        numbers = self.sheet.numbers
        for number in numbers[bisect_left(numbers, first) : bisect_right(numbers, last)]:
            yield number, self.sheet.piece(number)

    def _check_free(self, number: int, row: bytes) -> None:
        ours = set(self.columns)
        p = self.sheet.prefix
        for piece in cells_of(row, p):
            cell = row[piece.start : piece.end]
            full = any(b"<%b%b" % (p, mark) in cell for mark in (b"v>", b"f", b"is>"))
            if full and piece.column in ours:
                raise WriteFailed(
                    f"The table needs more rows, but {column_letters(piece.column)}{number} below "
                    "it holds something; move that to another tab, then sync again."
                )

    def write(self, first: int, cells: Sequence[list[bytes]]) -> None:
        """Put new cells (lists by column) into the rows from ``first`` down."""
        there = {number for number, _ in self._rows(first, first + len(cells[0]) - 1)}
        end = b"</%brow>" % self.sheet.prefix
        joined = map(b"".join, zip(*(cells[i] for i in self.order), strict=True))
        for j, told in enumerate(joined):
            number = first + j
            if number in there:
                self._put(number, told, {c: cells[i][j] for i, c in enumerate(self.columns)})
            elif told:
                self.sheet.changed[number] = b' r="%d">%b%b' % (number, told, end)

    def _put(self, number: int, told: bytes, cells: Mapping[int, bytes]) -> None:
        row = opened(self.sheet.piece(number), self.sheet.prefix)
        row = self._filled(row, told) if self._alone(row) else self._merged(row, cells)
        self.sheet.put(number, widened(row, *_extent(self.columns)))

    def _alone(self, row: bytes) -> bool:
        """Whether a row surely has no cells but ours."""
        low, high = _extent(self.columns)
        if high - low + 1 != len(self.columns):
            return False
        opening = b'<%bc r="' % self.sheet.prefix
        first, last = row.find(opening), row.rfind(opening)
        if first < 0:
            return b"<%bc" % self.sheet.prefix not in row
        return column_at(row, first) >= low and column_at(row, last) <= high

    def _filled(self, row: bytes, told: bytes) -> bytes:
        end = row.rindex(b"</%brow" % self.sheet.prefix)
        return row[: row.index(b">") + 1] + told + row[end:]

    def _merged(self, row: bytes, ours: Mapping[int, bytes]) -> bytes:
        """The row with our cells replaced and all other cells kept byte for byte."""
        told = {p.column: row[p.start : p.end] for p in cells_of(row, self.sheet.prefix)}
        told.update(ours)
        return self._filled(row, b"".join(told[column] for column in sorted(told)))

    def clear_rest(self) -> None:
        """Take our cells out of the rows that the body no longer reaches."""
        blank = dict.fromkeys(self.columns, b"")
        for number, piece in self._rows(self.bottom + 1, self.old_last):
            row = opened(piece, self.sheet.prefix)
            self.sheet.put(number, b"" if self._alone(row) else self._merged(row, blank))
