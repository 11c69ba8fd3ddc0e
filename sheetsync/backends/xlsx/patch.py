"""Change single cells of a sheet's XML; every other byte stays.

Pure functions on the bytes of one sheet part. Addresses are 1-based numbers.
"""

from __future__ import annotations

import re
from collections.abc import Collection, Mapping

from sheetsync.backends.xlsx import rows as cutting
from sheetsync.backends.xlsx.groups import guard_groups
from sheetsync.backends.xlsx.markup import column_letters, range_corners
from sheetsync.backends.xlsx.pen import Pen, Restyle, keep_style
from sheetsync.backends.xlsx.rows import SLASH, Cut, cells_of, letters, opened, style_of, widened
from sheetsync.backends.xlsx.strings import plain_text
from sheetsync.model.errors import StaleSnapshot, WriteFailed
from sheetsync.model.values import Scalar, Value

Edits = Mapping[int, Mapping[int, Value]]
"""New values by 1-based row and column."""

_TYPE = re.compile(rb"""\st\s*=\s*["'][^"']*["']""")
_COLUMN_FACT = re.compile(rb"""\s(min|max|style)\s*=\s*["'](\d+)["']""")
_DIMENSION = re.compile(rb"""(<[\w.:-]*dimension\s[^>]*?ref\s*=\s*["'])([^"']*)(["'])""")


def set_cells(
    sheet: Cut,
    edits: Edits,
    *,
    date1904: bool = False,
    restyle: Restyle = keep_style,
    styles: Mapping[int, int] | None = None,
    ours: Collection[int] = (),
) -> None:
    """Change those cells of the sheet.

    A cell keeps its style; a new one takes ``styles[column]`` or the column's. ``None`` clears the
    value and keeps the style. ``WriteFailed``, here or when the sheet's rows are looked at, when a
    cell holds a formula and its column is not in ``ours``, is part of an array, or the value fits
    no cell.
    """
    edits = {row: cells for row, cells in edits.items() if cells}
    if not edits:
        return
    guard_groups(sheet, edits)
    pen = Pen(sheet.prefix, date1904=date1904, restyle=restyle)
    edit = _RowEditor(pen, styles or {}, column_styles(sheet.head, sheet.prefix), ours)
    sheet.redrawn = set(edits)
    sheet.redraw = lambda row, piece: edit.redraw(row, piece, edits[row])
    sheet.head = with_dimension(sheet.head, edits)


class _RowEditor:
    """Changes or makes row pieces of one sheet."""

    def __init__(
        self,
        pen: Pen,
        styles: Mapping[int, int],
        defaults: Mapping[int, int],
        ours: Collection[int],
    ) -> None:
        self.pen = pen
        self.styles = {**defaults, **styles}
        self.ours = ours
        self.prefix = pen.prefix
        self.close = b"</%bc>" % pen.prefix
        self.formula = b"<%bf" % pen.prefix
        self.opening = b'<%bc r="' % pen.prefix
        self.tokens: dict[int, bytes] = {}
        self.styles_told: dict[bytes, int | None] = {}

    def redraw(self, number: int, piece: bytes, cells: Mapping[int, Value]) -> bytes:
        """A row piece with its new cells, or a new one where there was none."""
        return self.change(piece, number, cells) if piece else self.create(number, cells)

    def change(self, row: bytes, number: int, cells: Mapping[int, Value]) -> bytes:
        """Splice new cells into a row piece; addresses first in their tags are found at once."""
        row_text = b'%d"' % number
        parts: list[bytes] = []
        last = 0
        for column in sorted(cells) if len(cells) > 1 else cells:
            token = (self.tokens.get(column) or self._token(column)) + row_text
            start = row.find(token, last)
            if start < 0:
                return self._change_slowly(row, number, cells)
            after = start + len(token)
            gt = row.index(b">", after)
            end = gt + 1 if row[gt - 1] == SLASH else row.index(self.close, gt) + len(self.close)
            if row.find(self.formula, gt, end) >= 0:
                self._guard(number, column)
            told = self.pen.cell_at(token[:-1], self._style(row[after : gt + 1]), cells[column])
            parts += (row[last:start], told)
            last = end
        parts.append(row[last:])
        return b"".join(parts)

    def _token(self, column: int) -> bytes:
        """How the tag of a cell of that column begins, up to the row number."""
        return self.tokens.setdefault(column, self.opening + letters(column))

    def _style(self, tag: bytes) -> int | None:
        """The style in the rest of a cell's tag, found once for all tags alike."""
        if tag not in self.styles_told:
            self.styles_told[tag] = style_of(tag)
        return self.styles_told[tag]

    def _change_slowly(self, row: bytes, number: int, cells: Mapping[int, Value]) -> bytes:
        """The same by looking at every cell: new cells, rows without cells, odd spelling."""
        row = opened(row, self.prefix)
        pieces = cells_of(row, self.prefix)
        parts: list[bytes] = []
        last = 0
        for column in sorted(cells):
            start, end = _place(row, pieces, column)
            parts += (row[last:start], self._new(row[start:end], number, column, cells[column]))
            last = end
        parts.append(row[last:])
        return widened(b"".join(parts), min(cells), max(cells))

    def create(self, number: int, cells: Mapping[int, Value]) -> bytes:
        """A new row piece; b"" when all its values are empty."""
        told = b"".join(self._new(b"", number, column, cells[column]) for column in sorted(cells))
        return b' r="%d">%b</%brow>' % (number, told, self.prefix) if told else b""

    def _new(self, old: bytes, number: int, column: int, value: Value) -> bytes:
        address = b"%b%d" % (letters(column), number)
        if not old:
            blank = value is None or value == ""
            return b"" if blank else self.pen.cell(address, self.styles.get(column), value)
        if self.formula in old:
            self._guard(number, column)
        return self.pen.cell(address, style_of(old), value)

    def _guard(self, number: int, column: int) -> None:
        """Refuse to overwrite people's formulas."""
        if column not in self.ours:
            raise WriteFailed(
                f"The cell {column_letters(column)}{number} holds a formula, which is not "
                "overwritten; clear it there if the value should be written."
            )


def _place(row: bytes, pieces: list[cutting.Piece], column: int) -> tuple[int, int]:
    """Where the cell of that column is, or the empty stretch where it belongs."""
    at = row.index(b">") + 1
    for piece in pieces:
        if piece.column == column:
            return piece.start, piece.end
        if piece.column > column:
            return piece.start, piece.start
        at = piece.end
    return at, at


def column_styles(head: bytes, prefix: bytes) -> dict[int, int]:
    """The style of each column that ``<cols>`` gives one (huge stretches are left out)."""
    found: dict[int, int] = {}
    for match in re.finditer(rb"<%bcol\s[^>]*>" % re.escape(prefix), head):
        told: dict[bytes, bytes] = dict(_COLUMN_FACT.findall(match[0]))
        if b"style" in told and b"min" in told:
            first, last = int(told[b"min"]), int(told.get(b"max", told[b"min"]))
            near = range(first, min(last, first + 500) + 1)
            found.update(dict.fromkeys(near, int(told[b"style"])))
    return found


def with_dimension(head: bytes, edits: Mapping[int, Mapping[int, object]]) -> bytes:
    """Widen ``<dimension>`` (if the sheet has one) so that it covers the edited cells."""
    columns = {c for cells in edits.values() for c, v in cells.items() if v is not None}
    if not columns:
        return head
    rows = [row for row, cells in edits.items() if any(v is not None for v in cells.values())]
    return _dimensioned(head, (min(rows), max(rows)), (min(columns), max(columns)))


def with_rows_dimension(sheet: Cut, bottom: int, columns: tuple[int, int], old_last: int) -> bytes:
    """The sheet's head with a dimension that fits a table body from which rows came or went."""
    last = max(bottom, sheet.last)
    return _dimensioned(sheet.head, (bottom, last), columns, shrink_from=old_last)


def _dimensioned(
    head: bytes, rows: tuple[int, int], columns: tuple[int, int], shrink_from: int = 0
) -> bytes:
    match = _DIMENSION.search(head)
    if match is None:
        return head
    try:
        top, bottom, left, right = range_corners(match[2].decode())
    except ValueError:
        return head
    low = rows[1] if bottom == shrink_from else max(bottom, rows[1])
    corners = (min(top, rows[0]), low, min(left, columns[0]), max(right, columns[1]))
    if corners == (top, bottom, left, right):
        return head
    top, bottom, left, right = corners
    ref = f"{column_letters(left)}{top}:{column_letters(right)}{bottom}".encode()
    return head[: match.start(2)] + ref + head[match.end(2) :]


def set_cached(sheet: Cut, values: Mapping[str, Scalar], *, date1904: bool = False) -> None:
    """Set new cached values beside the formulas of those texts (without ``=``).

    Formulas themselves stay byte for byte. ``StaleSnapshot`` when a formula is not there (any
    more).
    """
    pen = Pen(sheet.prefix, date1904=date1904)
    body = re.compile(
        rb"<%bf(?:\s[^>]*)?>([^<]*)</%bf>" % (re.escape(sheet.prefix), re.escape(sheet.prefix))
    )
    missing = set(values)
    for number, row in list(sheet.pieces(b"<%bf" % sheet.prefix)):
        sheet.put(number, _recached(sheet, row, body, pen, values, missing))
    if missing:
        raise StaleSnapshot(
            f"The formula ={min(missing)} is not on the sheet any more; sync again."
        )


def _recached(
    sheet: Cut,
    row: bytes,
    body: re.Pattern[bytes],
    pen: Pen,
    values: Mapping[str, Scalar],
    missing: set[str],
) -> bytes:
    parts: list[bytes] = []
    last = 0
    for piece in cells_of(row, sheet.prefix):
        match = body.search(row, piece.start, piece.end)
        if match is None:
            continue
        text = formula_text(match[1])
        if text in values:
            missing.discard(text)
            parts += (row[last : piece.start], _with_cached(row, piece, match, pen, values[text]))
            last = piece.end
    parts.append(row[last:])
    return b"".join(parts)


def formula_text(xml: bytes) -> str:
    """The text between ``<f>`` and ``</f>`` as people see it."""
    return plain_text(xml.decode())


def _with_cached(
    row: bytes, piece: cutting.Piece, match: re.Match[bytes], pen: Pen, value: Scalar
) -> bytes:
    kind, text = pen.cached(value)
    gt = row.index(b">", piece.start)
    tag = _TYPE.sub(b"", row[piece.start : gt])
    p = pen.prefix
    told = b"" if value is None else b"<%bv>%b</%bv>" % (p, text.encode(), p)
    formula = row[gt + 1 : match.end()]
    return b"%b%b>%b%b</%bc>" % (tag, kind, formula, told, p)
