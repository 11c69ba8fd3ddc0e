"""Write the body of a computed table anew; cells beside it in the same rows stay byte for byte.

Written column by column and each distinct value once, because such a body has up to a million
cells.
"""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass, field

from sheetsync.backends.xlsx import rows as cutting
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
    style_of,
    widened,
)
from sheetsync.model.errors import WriteFailed
from sheetsync.model.values import Value


def replace_body(
    xml: bytes,
    first_row: int,
    old_last_row: int,
    columns: Sequence[int],
    rows: Sequence[Sequence[Value]],
    *,
    date1904: bool = False,
    restyle: Restyle = keep_style,
) -> bytes:
    """Return the sheet with the table rows ``first_row`` to ``old_last_row`` replaced by ``rows``.

    ``columns`` are the sheet columns of the values in each row. Each column keeps the style of its
    first old body cell. The new body has at least one row, for a table cannot have none. When it
    grows over cells of these columns that people filled, ``WriteFailed`` says where; cells of
    other columns stay, and join the table where it has such a column.
    """
    sheet = cutting.cut(xml)
    body = _Body(sheet, first_row, old_last_row, list(columns), len(rows))
    body.check()
    pen = Pen(sheet.prefix, date1904=date1904, restyle=restyle)
    styles = {**column_styles(sheet.head, sheet.prefix), **body.first_styles()}
    cells = [
        _column(pen, column, first_row, values, styles.get(column))
        for column, values in zip(columns, _by_column(rows, len(columns)), strict=True)
    ]
    body.write(cells)
    sheet.head = with_rows_dimension(sheet, body.bottom, _extent(columns), old_last_row)
    return sheet.join()


def _extent(columns: Sequence[int]) -> tuple[int, int]:
    return min(columns), max(columns)


def _by_column(rows: Sequence[Sequence[Value]], width: int) -> Sequence[Sequence[Value]]:
    """Turn rows into columns; no rows become one empty one."""
    if not rows:
        return [(None,)] * width
    return list(zip(*rows, strict=True))


def _column(
    pen: Pen, column: int, first_row: int, values: Sequence[Value], style: int | None
) -> list[bytes]:
    """The cells of one column from ``first_row`` down."""
    kinds = set(map(type, values))
    start = b'<%bc r="%b' % (pen.prefix, letters(column))
    numbers = map(b"%d".__mod__, range(first_row, first_row + len(values)))
    if bool in kinds and kinds & {int, float}:  # True equals 1, so values cannot be dict keys
        pairs = zip(numbers, values, strict=True)
        return [_cell(start + n, pen, style, value) for n, value in pairs]
    told = {value: pen.after(style, value) for value in set(values)}
    if style is None and type(None) in kinds:
        pairs = zip(numbers, values, strict=True)
        return [b"" if v is None or v == "" else start + n + told[v] for n, v in pairs]
    return [start + n + told[v] for n, v in zip(numbers, values, strict=True)]


def _cell(start: bytes, pen: Pen, style: int | None, value: Value) -> bytes:
    if style is None and (value is None or value == ""):
        return b""
    return start + pen.after(style, value)


@dataclass(slots=True)
class _Body:
    """The rows of one table inside a cut sheet, and what else stands in them."""

    sheet: Cut
    first: int
    old_last: int
    columns: list[int]
    count: int
    at: dict[int, int] = field(default_factory=dict)

    def __post_init__(self) -> None:
        self.at = self.sheet.index()

    @property
    def bottom(self) -> int:
        """The last row of the new body."""
        return self.first + max(self.count, 1) - 1

    def first_styles(self) -> dict[int, int]:
        """The style of each column in the first old body row."""
        index = self.at.get(self.first)
        if index is None:
            return {}
        row = self.sheet.rows[index]
        styles = {
            p.column: style_of(row[p.start : p.end]) for p in cells_of(row, self.sheet.prefix)
        }
        return {column: style for column, style in styles.items() if style is not None}

    def check(self) -> None:
        """Refuse to grow over what people wrote, or to tear a formula that fills several cells."""
        for number in range(self.old_last + 1, self.bottom + 1):
            if number in self.at:
                self._check_free(number)
        last = max(self.bottom, self.old_last)
        touched: Mapping[int, Collection[int]] = dict.fromkeys(
            range(self.first, last + 1), frozenset(self.columns)
        )
        guard_groups(self.sheet, touched)

    def _check_free(self, number: int) -> None:
        row = self.sheet.rows[self.at[number]]
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

    def write(self, cells: Sequence[list[bytes]]) -> None:
        """Put the new cells into the rows, row by row."""
        fresh: list[tuple[int, bytes]] = []
        order = sorted(range(len(self.columns)), key=self.columns.__getitem__)
        joined = map(b"".join, zip(*(cells[i] for i in order), strict=True))
        for j, (number, told) in enumerate(
            zip(range(self.first, self.bottom + 1), joined, strict=True)
        ):
            index = self.at.get(number)
            if index is None:
                if told:
                    fresh.append(
                        (number, b' r="%d">%b</%brow>' % (number, told, self.sheet.prefix))
                    )
                continue
            row = opened(self.sheet.rows[index], self.sheet.prefix)
            if self._alone(row):
                row = self._filled(row, told)
            else:
                row = self._merged(row, {self.columns[i]: cells[i][j] for i in order})
            self.sheet.rows[index] = widened(row, *_extent(self.columns))
        self._clear_rest()
        if fresh:
            self.sheet.merge(fresh)

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

    def _clear_rest(self) -> None:
        """Take our cells out of the rows that the body no longer reaches."""
        gone = set(self._emptied())
        if gone:
            kept = [i for i in range(len(self.sheet.rows)) if i not in gone]
            self.sheet.rows = [self.sheet.rows[i] for i in kept]
            self.sheet.numbers = [self.sheet.numbers[i] for i in kept]

    def _emptied(self) -> Iterator[int]:
        blank = dict.fromkeys(self.columns, b"")
        for number in range(self.bottom + 1, self.old_last + 1):
            index = self.at.get(number)
            if index is None:
                continue
            row = opened(self.sheet.rows[index], self.sheet.prefix)
            if self._alone(row):
                yield index
            else:
                self.sheet.rows[index] = self._merged(row, blank)
