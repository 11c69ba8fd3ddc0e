"""Rows of a sheet's text to columns of values, some hundred rows at a time.

Cells of a table look alike. A row is cut at its cells and its number taken out of their
addresses, so that cells of equal style, type and text are equal strings: each distinct one is
read once, and those of one style and type in one go. A row with anything unusual in it (rich
text, shared formulas, foreign tags) is given back to be walked by ``walk``.
"""

from __future__ import annotations

import re
from collections import defaultdict
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from itertools import chain, pairwise, repeat

from sheetsync.backends.xlsx.convert import Context
from sheetsync.backends.xlsx.markup import MAX_COLUMN, MAX_ROW
from sheetsync.backends.xlsx.strings import Malformed, plain_text
from sheetsync.model.tables import column_number
from sheetsync.model.values import CellError, Formula, Scalar, Value

_MOST_KNOWN, _DIGITS = 4_000, 8
_START, _CELL_START = '<row r="', '<c r="'
_ATTRIBUTES = r'(?: [\w:.]+="[^"<]*+")*+'
_ROW = re.compile(rf'\s*+(?:<row{_ATTRIBUTES} ?/>\s*+)*+<row r="([0-9]{{1,7}})"{_ATTRIBUTES}>')
_NO_ROWS = re.compile(rf"\s*+(?:<row{_ATTRIBUTES} ?/>\s*+)*+")
_CELL = re.compile(
    r'([A-Z]{1,3})"(?: s="([0-9]+)")?(?: t="([A-Za-z]+)")?>'
    r'(?:<f(?: (?:aca|ca)="\w*")*>([^<]*)</f>)?'
    r'<(?:v|(is)><t( xml:space="preserve")?)>([^<]*)</(?:v|t></is)></c>'
)
_EMPTY = re.compile(rf'([A-Z]{{1,3}})"{_ATTRIBUTES} ?(?:/>|></c>)')
_STYLED, _TYPED, _BARE, _NEXT = "\1", "\2", "\3", "\4"
"""Stand for a row number and the mark behind it, in the addresses of a row's cells; and for the
end of a text. No sheet's text holds these characters."""
_UNUSUAL = re.compile("[<\1-\4]")
_V, _END = "<v>", "</v></c>"
_ODD: Value = CellError("odd")
"""Stands for a cell whose row has to be walked; known by identity."""
_Cell = tuple[int, Value]
_Columns = dict[int, list[Value]]


class Unusual(Exception):
    """A sheet that has to be walked as a whole."""


@dataclass(frozen=True, slots=True)
class _Head:
    """All of a cell before its text: its 1-based column, and how to read such cells' texts."""

    number: int
    read: Callable[[Sequence[str]], list[Scalar]]


class Blocks:
    """Reads blocks of rows: ``rows`` and ``columns`` as in a ``Grid``, ``odd`` rows as text.

    ``cells`` counts the cells read. ``Malformed`` when a text is not XML's.
    """

    def __init__(self, context: Context) -> None:
        self.context = context
        self.rows: list[int] = []
        self.columns: _Columns = {}
        self.odd: list[str] = []
        self.cells = 0
        self._tags: set[str] = set()
        self._heads: dict[str, _Head | None] = {}
        self._values: dict[tuple[str, str], dict[str, Value] | None] = {}
        self._known: dict[str, _Cell] = {}

    def read(self, text: str) -> None:
        """Read a text of whole rows; ``Unusual`` when rows have no numbers."""
        texts = text.split("</row>")
        if not _NO_ROWS.fullmatch(texts.pop()):
            raise Unusual
        if not texts:
            return
        numbers = list(map(self._number, texts))
        rows = list(map(int, numbers))
        if max(rows) > MAX_ROW:
            raise Malformed
        found = self._even(numbers, texts)
        if found is None:
            found, odd = self._uneven([_split(*row) for row in zip(texts, numbers, strict=True)])
            if odd:
                self.odd += (f"{texts[i]}</row>" for i in odd)
                kept = sorted(set(range(len(rows))).difference(odd))
                rows = [rows[i] for i in kept]
                found = {n: [values[i] for i in kept] for n, values in found.items()}
        self._add(rows, found)

    def _number(self, row: str) -> str:
        """The number of a row as its tag spells it."""
        at = row.find('"', 8)
        end = row.find(">", at)
        if row[at:end] in self._tags and row.startswith(_START):
            number = row[8:at]
            if len(number) < _DIGITS and number.isdigit() and number.isascii():
                return number
        match = _ROW.match(row)
        if match is None:
            raise Unusual
        if (match.start(1), match.end(1), match.end()) == (8, at, end + 1):
            self._tags.add(row[at:end])
        return match[1]

    def _add(self, rows: list[int], found: _Columns) -> None:
        for number in found.keys() - self.columns.keys():
            self.columns[number] = [None] * len(self.rows)
        self.rows += rows
        for number, column in self.columns.items():
            column.extend(found.get(number) or repeat(None, len(rows)))

    def _even(self, numbers: list[str], texts: list[str]) -> _Columns | None:
        """Columns of rows that all have the same styled cells; None of others.

        Such rows are cut at their cells' addresses: a piece is a cell behind its address, and the
        name of the next column.
        """
        rows = [text.split(f'{number}" s="') for text, number in zip(texts, numbers, strict=True)]
        if len(set(map(len, rows))) > 1:
            return None
        tags, *columns = zip(*rows, strict=True)
        names = [piece.rpartition('"')[2] for piece in rows[0][:-1]]
        places = list(map(_number_of, names))
        first = _CELL_START + names[0] if names else ""
        if {tag.partition(">")[2] for tag in tags} != {first}:
            return None
        if any(a >= b for a, b in pairwise([0, *places])):
            return None
        found: _Columns = {}
        for i, pieces in enumerate(columns):
            end = _CELL_START + names[i + 1] if i + 1 < len(names) else ""
            values = self._column(names[i], end, pieces)
            if values is None:
                return None
            found[places[i]] = values
        self.cells += len(rows) * len(names)
        return found

    def _column(self, name: str, end: str, pieces: Sequence[str]) -> list[Value] | None:
        """The values of one column's cells, each with ``end`` behind it; None when some are odd.

        Values are kept for the rows to come until they are too many, as ids and amounts are.
        """
        known = self._values.setdefault((name, end), {})
        if known is None:
            return self._behind(name, end, pieces)
        try:
            return list(map(known.__getitem__, pieces))
        except KeyError:
            fresh = list(set(pieces).difference(known))
        if len(known) + len(fresh) > _MOST_KNOWN:
            self._values[name, end] = None
            return self._behind(name, end, pieces)
        values = self._behind(name, end, fresh)
        if values is None:
            return None
        known.update(zip(fresh, values, strict=True))
        return list(map(known.__getitem__, pieces))

    def _behind(self, name: str, end: str, pieces: Sequence[str]) -> list[Value] | None:
        """Read cells of one column, cut behind their addresses; None when some are odd."""
        style, mark, _ = pieces[0].partition(_V)
        kind = self._head(name + _STYLED + style) if mark else None
        joined = _NEXT.join(pieces)
        if kind is not None and joined.endswith(_END + end):
            start = style + _V
            texts = joined[len(start) : -len(_END + end)].split(f"{_END}{end}{_NEXT}{start}")
            if len(texts) == len(pieces) and not _UNUSUAL.search("".join(texts)):
                return list(kind.read(texts))
        if not all(piece.endswith(end) for piece in pieces):
            return None
        cut = len(end)
        cells = self._read([f"{name}{_STYLED}{piece[: len(piece) - cut]}" for piece in pieces])
        values = [value for _, value in cells]
        return None if any(number == 0 for number, _ in cells) else values

    def _uneven(self, cells: list[list[str]]) -> tuple[_Columns, list[int]]:
        """Columns of rows that have different cells, and the places of odd rows."""
        if len(self._known) > _MOST_KNOWN:
            self._known.clear()
        known, found, odd = self._known, _Empty(len(cells)), []
        self.cells += sum(map(len, cells))
        fresh = list(set(chain.from_iterable(cells)).difference(known))
        known.update(zip(fresh, self._read(fresh), strict=True))
        for i, pieces in enumerate(cells):
            last = 0
            for number, value in map(known.__getitem__, pieces):
                if number <= last:  # odd ones are of column 0; a cell may be stored twice
                    odd.append(i)
                    break
                found[number][i] = value
                last = number
        return found, odd

    def _read(self, pieces: list[str]) -> list[_Cell]:
        """Read cells, each told with its column."""
        usual = [p for p in pieces if p.endswith(_END) and "<f" not in p]
        cells = self._together(usual) if usual else []
        if len(usual) == len(pieces):
            return cells
        known = dict(zip(usual, cells, strict=True))
        return [known.get(piece) or self._one(piece) for piece in pieces]

    def _together(self, pieces: list[str]) -> list[_Cell]:
        """Read cells, those of one style and type in one go."""
        told = _NEXT.join(pieces).replace(f"{_END}{_NEXT}", _V)[: -len(_END)].split(_V)
        heads, texts = told[::2], told[1::2]
        kinds = {head: self._head(head) for head in set(heads)}
        odd = None in kinds.values() or len(heads) != len(pieces) or len(texts) != len(pieces)
        if odd or _UNUSUAL.search("".join(texts)):
            return list(map(self._one, pieces))
        found: list[_Cell] = [(0, None)] * len(pieces)
        places: defaultdict[str, list[int]] = defaultdict(list)
        for i, head in enumerate(heads):
            places[head].append(i)
        for head, kind in kinds.items():
            if kind is not None:
                values = kind.read([texts[i] for i in places[head]])
                for i, cell in zip(places[head], zip(repeat(kind.number), values), strict=True):
                    found[i] = cell
        return found

    def _head(self, head: str) -> _Head | None:
        """How to read what stands behind a head; None when cells of its kind are read singly."""
        if "<" in head:  # a formula, which is no kind of cells
            return None
        if head not in self._heads:
            match = _CELL.fullmatch(_spelled(head) + _V + _END)
            number = column_number(match[1]) if match else MAX_COLUMN + 1
            known = None
            if match and number <= MAX_COLUMN:
                known = _Head(number, self.context.column_reader(match[3] or "n", match[2] or ""))
            self._heads[head] = known
        return self._heads[head]

    def _one(self, piece: str) -> _Cell:
        """Read one cell; one of no known kind is odd and of column 0."""
        told = _spelled(piece)
        match = _EMPTY.fullmatch(told)
        if match and column_number(match[1]) <= MAX_COLUMN:
            return column_number(match[1]), None
        match = _CELL.fullmatch(told)
        if match is None or column_number(match[1]) > MAX_COLUMN:
            return 0, _ODD
        name, style, kind, formula, inline, preserve, text = match.groups()
        if inline and kind != "inlineStr":
            return 0, _ODD
        keep = not inline or preserve is not None
        value = self.context.reader(kind or "n", style or "", keep)(text)
        if formula is None:
            return column_number(name), value
        return column_number(name), Formula(plain_text(formula), value)


class _Empty(defaultdict[int, list[Value]]):
    """Columns of so many empty cells, made when they are asked for."""

    def __init__(self, count: int) -> None:
        super().__init__(lambda: [None] * count)


def _split(row: str, number: str) -> list[str]:
    """A row's cells, the row's number out of their addresses; an odd one where it is odd."""
    if _ROW.fullmatch(row.partition("<c r=")[0]) is None:
        return [""]
    told = row.replace(f'{number}" s="', _STYLED)
    if told.count(_STYLED) < told.count(_CELL_START):  # some have no style
        told = told.replace(f'{number}" t="', _TYPED).replace(f'{number}">', _BARE)
    return told.split(_CELL_START)[1:]


def _number_of(name: str) -> int:
    """The 1-based column of that name; 0 when there is none."""
    if not (0 < len(name) < 4 and name.isascii() and name.isalpha() and name.isupper()):
        return 0
    number = column_number(name)
    return number if number <= MAX_COLUMN else 0


def _spelled(piece: str) -> str:
    """A cell as the sheet spells it, but without its row number; "" when a mark is out of place."""
    if sum(map(piece.count, (_STYLED, _TYPED, _BARE))) > 1:
        return ""
    return piece.replace(_STYLED, '" s="').replace(_TYPED, '" t="').replace(_BARE, '">')
