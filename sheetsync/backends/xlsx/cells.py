"""All cells of a sheet, by column, read from its bytes.

Rows of a table look alike, so one expression that knows the table's columns matches a whole row
at once; then each column is converted as a whole, each distinct text once. Rows of another shape
(rich text, shared formulas, prefixed tags) are walked by ``walk``. What the sheet says about its
own dimension is ignored.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Callable, Sequence

from sheetsync.backends.xlsx.convert import Context
from sheetsync.backends.xlsx.markup import (
    MAX_COLUMN,
    MAX_ROW,
    bad_xml,
    column_number,
    range_corners,
)
from sheetsync.backends.xlsx.package import Package
from sheetsync.backends.xlsx.strings import (
    Malformed,
    plain_text,
    run_expat,
    text_of,
    unprefixed,
)
from sheetsync.backends.xlsx.walk import MAX_CELLS, Rows, stored_twice, too_many_cells
from sheetsync.model.tables import Grid
from sheetsync.model.values import Formula, Value

_MAX_GRID = 40_000_000
_MAX_COLUMNS, _MAX_SHAPES, _BLOCK = 256, 24, 2048
_ATTRIBUTES = r'(?: [\w:.]+="[^"<]*+")*+'
_ROW = rf'\s*+(?:<row{_ATTRIBUTES} ?/>\s*+)*+<row r="([0-9]{{1,7}})"{_ATTRIBUTES}>'
_ROW_START = re.compile(_ROW)
_NO_ROWS = re.compile(rf"\s*+(?:<row{_ATTRIBUTES} ?/>\s*+)*+")
_ADDRESSES = re.compile(r'<c r="([A-Z]{1,3})[0-9]')
_HEAD = re.compile(
    r'(?: s="([0-9]+)")?(?: t="([A-Za-z]+)")?>(?:<f(?: (?:aca|ca)="\w*")*>([^<]*)</f>)?'
    r'<(?:v|(is)><t( xml:space="preserve")?)>'
)
_MERGE = re.compile(r'<(?:\w+:)?mergeCell ref="([^"]*)"')


def read_grid(package: Package, part: str, title: str, context: Context) -> Grid:
    """Read a sheet's part (``title`` for messages); ``WorkbookUnreadable`` when it is not sound."""
    text = unprefixed(text_of(package, part))
    if text.count("<c ") > MAX_CELLS:
        raise too_many_cells(title)
    try:
        return _Sheet(text, part, title, context).read()
    except Malformed as error:
        raise bad_xml(part) from error


class _Sheet:
    """One sheet while it is read: its text, and the rows of each shape read so far."""

    def __init__(self, text: str, part: str, title: str, context: Context) -> None:
        self.text = text
        self.part = part
        self.title = title
        self.context = context
        self.shapes: list[_Shape] = []
        self.odd: list[str] = []

    def read(self) -> Grid:
        text = self.text
        start, end = text.find("<sheetData>"), text.rfind("</sheetData>")
        usual = 0 <= start < end and "<!" not in text
        tail = text[end:] if usual else text
        if usual and self._match_rows(start + len("<sheetData>"), end):
            run_expat(f"{text[:start]}<sheetData>{tail}", self.part)
            odd = self._walk(f"<sheetData>{''.join(self.odd)}</sheetData>")
        else:
            self.shapes.clear()
            odd = self._walk(text)
        for shape in self.shapes:
            shape.flush()
        grid = _joined([(s.rows, s.columns) for s in self.shapes], odd, self.title)
        grid.merges = _merges(tail, self.part)
        return grid

    def _match_rows(self, at: int, end: int) -> bool:
        """Match row by row; False when rows have no addresses and must be walked in order."""
        shape = _Shape((), self.context)
        text = self.text
        while True:
            found = shape.pattern.match(text, at, end)
            if found is None:
                stop = text.find("</row>", at, end) + len("</row>")
                if stop < len("</row>"):
                    return _NO_ROWS.fullmatch(text, at, end) is not None
                if _ROW_START.match(text, at, stop) is None:
                    return False
                wider = self._wider(shape, text[at:stop])
                found = wider.pattern.match(text, at, end) if wider else None
                if wider is None or found is None:
                    self.odd.append(text[at:stop])
                    at = stop
                    continue
                self.shapes.append(shape := wider)
            at = found.end()
            shape.take(found.groups())

    def _wider(self, shape: _Shape, piece: str) -> _Shape | None:
        """The shape that also knows this row's columns; None when there is nothing new in it."""
        names = set(_ADDRESSES.findall(piece)).difference(shape.names)
        if not names or len(self.shapes) >= _MAX_SHAPES:
            return None
        names |= set(shape.names)
        if len(names) > _MAX_COLUMNS:
            return None
        return _Shape(tuple(sorted(names, key=column_number)), self.context)

    def _walk(self, text: str) -> Rows:
        rows = Rows(self.context, self.title)
        rows.read(text, self.part)
        for (row, column), times in rows.often.items():
            raise stored_twice(self.title, row, column, times)
        return rows


class _Shape:
    """Rows that have cells in these columns (or fewer), in this order."""

    def __init__(self, names: tuple[str, ...], context: Context) -> None:
        self.names = names
        self.numbers = tuple(map(column_number, names))
        if self.numbers and self.numbers[-1] > MAX_COLUMN:
            raise Malformed
        self.context = context
        self.pattern = re.compile(_ROW + "".join(map(_cell_pattern, names)) + "</row>")
        self.rows: list[int] = []
        self.columns: dict[int, list[Value]] = {number: [] for number in self.numbers}
        self._block: list[tuple[str, ...]] = []
        self._memos: dict[str, dict[str | None, Value]] = {}

    def take(self, groups: tuple[str, ...]) -> None:
        """Keep a matched row; every few thousand are converted together."""
        self._block.append(groups)
        if len(self._block) >= _BLOCK:
            self.flush()

    def flush(self) -> None:
        """Convert the rows kept so far, column by column."""
        if not self._block:
            return
        told = list(zip(*self._block, strict=True))
        self._block.clear()
        self.rows += map(int, told[0])
        for i, number in enumerate(self.numbers):
            heads, texts = told[2 * i + 1], told[2 * i + 2]
            kinds = set(heads)
            kinds.discard(None)
            if len(kinds) == 1:
                values = self._same_kind(kinds.pop(), texts)
            else:
                values = self._mixed(heads, texts)
            self.columns[number] += values

    def _same_kind(self, head: str, texts: Sequence[str]) -> list[Value]:
        memo = self._memos.setdefault(head, {None: None})
        read = _reader(self.context, head)
        for text in set(texts).difference(memo):
            memo[text] = read(text)
        return list(map(memo.__getitem__, texts))

    def _mixed(self, heads: Sequence[str], texts: Sequence[str]) -> list[Value]:
        readers = {head: _reader(self.context, head) for head in set(heads) if head}
        pairs = set(zip(heads, texts, strict=True))
        memo = {pair: readers[pair[0]](pair[1]) if pair[0] else None for pair in pairs}
        return list(map(memo.__getitem__, zip(heads, texts, strict=True)))


def _cell_pattern(name: str) -> str:
    """One column of a row: its head (all before the text) and its text; or an empty cell."""
    head = (
        r'(?: s="[0-9]++")?(?: t="[A-Za-z]++")?>(?:<f(?: (?:aca|ca)="\w*+")*+>[^<]*+</f>)?'
        r'<(?:v|is><t(?: xml:space="preserve")?)>'
    )
    empty = rf"{_ATTRIBUTES} ?(?:/>|></c>)"
    return rf'(?:<c r="{name}\1"(?:({head})([^<]*+)</(?:v|t></is)></c>|{empty}))?+'


def _reader(context: Context, head: str) -> Callable[[str], Value]:
    """How to read the text that stands behind a head, e.g. `` s="1" t="s"><v>``."""
    match = _HEAD.fullmatch(head)
    if match is None:
        raise Malformed
    style, kind, formula, inline, preserve = match.groups()
    kind = "inlineStr" if inline else kind or "n"
    read = context.reader(kind, style or "", not inline or preserve is not None)
    if formula is None:
        return read
    text = plain_text(formula)
    return lambda raw: Formula(text, read(raw))


def _joined(
    found: Sequence[tuple[list[int], dict[int, list[Value]]]], odd: Rows, title: str
) -> Grid:
    """Put the rows of all shapes and the walked ones together, in sheet order."""
    numbers = sorted({n for _, columns in found for n in columns} | {at[1] for at in odd.found})
    walked = sorted({at[0] for at in odd.found})
    rows = [row for part, _ in found for row in part] + walked
    if len(numbers) * len(rows) > _MAX_GRID:
        raise too_many_cells(title)
    place = {row: i + len(rows) - len(walked) for i, row in enumerate(walked)}
    columns: dict[int, list[Value]] = {number: [] for number in numbers}
    for part, cells in found:
        for number in numbers:
            columns[number] += cells.get(number) or [None] * len(part)
    for number in numbers:
        columns[number] += [None] * len(walked)
    for (row, number), value in odd.found.items():
        columns[number][place[row]] = value
    _check_rows(rows, columns, title)
    order = sorted(range(len(rows)), key=rows.__getitem__)
    if order != list(range(len(rows))):
        rows = [rows[i] for i in order]
        columns = {number: [cells[i] for i in order] for number, cells in columns.items()}
    return Grid(rows, columns)


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
