"""All cells of a sheet, by column, read from its bytes.

The sheet is inflated and read a megabyte at a time: rows of the usual shape by ``block``, others
by ``walk``, which also reads sheets that are unusual as a whole. What a sheet says about its own
dimension is ignored.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Sequence
from itertools import pairwise

from sheetsync.backends.xlsx.block import Blocks, Unusual
from sheetsync.backends.xlsx.convert import Context
from sheetsync.backends.xlsx.markup import MAX_ROW, bad_xml, range_corners
from sheetsync.backends.xlsx.package import Package
from sheetsync.backends.xlsx.strings import (
    Malformed,
    run_expat,
    text_of,
    texts,
)
from sheetsync.backends.xlsx.walk import MAX_CELLS, Rows, stored_twice, too_many_cells
from sheetsync.model.tables import Grid
from sheetsync.model.values import Value

_MAX_GRID = 40_000_000
_OPEN, _CLOSE = "<sheetData>", "</sheetData>"
_MERGE = re.compile(r'<(?:\w+:)?mergeCell ref="([^"]*)"')


def read_grid(package: Package, part: str, title: str, context: Context) -> Grid:
    """Read a sheet's part (``title`` for messages); ``WorkbookUnreadable`` when it is not sound."""
    try:
        try:
            blocks, frame = _blocks(package, part, title, context)
        except Unusual:
            blocks, frame = Blocks(context), text_of(package, part)
            odd = _walk(frame, part, title, context)
        else:
            run_expat(frame, part)
            odd = _walk(f"{_OPEN}{''.join(blocks.odd)}{_CLOSE}", part, title, context)
        grid = _joined(blocks, odd, title)
    except Malformed as error:
        raise bad_xml(part) from error
    grid.merges = _merges(frame, part)
    return grid


def _blocks(package: Package, part: str, title: str, context: Context) -> tuple[Blocks, str]:
    """Read the sheet's rows; return them with the XML around them. ``Unusual`` when it has none."""
    blocks = Blocks(context)
    head = tail = ""
    for text in texts(package, part, "row"):
        if "<!" in text or tail:
            raise Unusual
        body = text
        if not head:
            head, start, body = text.partition(_OPEN)
            if not start:
                raise Unusual
        body, end, rest = body.partition(_CLOSE)
        tail = end + rest
        blocks.read(body)
        if blocks.cells > MAX_CELLS or len(blocks.columns) * len(blocks.rows) > _MAX_GRID:
            raise too_many_cells(title)
    return blocks, f"{head}{_OPEN}{tail}"


def _walk(text: str, part: str, title: str, context: Context) -> Rows:
    rows = Rows(context, title)
    rows.read(text, part)
    for (row, column), times in rows.often.items():
        raise stored_twice(title, row, column, times)
    return rows


def _joined(blocks: Blocks, odd: Rows, title: str) -> Grid:
    """Put the rows of all blocks and the walked ones together, in sheet order."""
    rows, columns = blocks.rows, blocks.columns
    walked = sorted({row for row, _ in odd.found})
    numbers = columns.keys() | {number for _, number in odd.found}
    if len(numbers) * (len(rows) + len(walked)) > _MAX_GRID:
        raise too_many_cells(title)
    for number in numbers:
        columns[number] = columns.get(number) or [None] * len(rows)
        columns[number] += [None] * len(walked)
    place = {row: i for i, row in enumerate(walked, len(rows))}
    rows += walked
    for (row, number), value in odd.found.items():
        columns[number][place[row]] = value
    _check_rows(rows, columns, title)
    if all(a < b for a, b in pairwise(rows)):
        return Grid(rows, {number: columns[number] for number in sorted(columns)})
    order = sorted(range(len(rows)), key=rows.__getitem__)
    return Grid(
        [rows[i] for i in order],
        {number: [columns[number][i] for i in order] for number in sorted(columns)},
    )


def _check_rows(rows: Sequence[int], columns: dict[int, list[Value]], title: str) -> None:
    if rows and not 1 <= min(rows) <= max(rows) <= MAX_ROW:
        raise Malformed
    if len(set(rows)) == len(rows):
        return
    row, times = Counter(rows).most_common(1)[0]
    places = [i for i, r in enumerate(rows) if r == row]
    column = next((n for n, cells in columns.items() if cells[places[-1]] is not None), 1)
    raise stored_twice(title, row, column, times)


def _merges(text: str, part: str) -> tuple[tuple[int, int, int, int], ...]:
    try:
        return tuple(range_corners(ref) for ref in _MERGE.findall(text))
    except ValueError as error:
        raise bad_xml(part) from error
