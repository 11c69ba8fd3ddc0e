"""Prove by bytes that one sheet is another with a plan applied.

What the plan does not name must be byte for byte the same: the bytes between planned cells are
compared as they are, so that nothing of people's is parsed. Of each planned cell only the new bytes
are read, each distinct spelling once, and compared with the plan column by column. Whatever is
spelled in an unusual way raises ``Doubt``; then the sheets are read and compared in full elsewhere.
"""

from __future__ import annotations

import re
from bisect import bisect_left
from collections.abc import Callable, Sequence

from sheetsync.backends.xlsx.convert import Context
from sheetsync.backends.xlsx.intent import Intent
from sheetsync.backends.xlsx.rows import SLASH, Cut, cells_of, letters
from sheetsync.backends.xlsx.strings import plain_text
from sheetsync.model.tables import column_number
from sheetsync.model.values import Formula, Value, same

_BLOCK, _DISTINCT, _MANY = 4096, 50_000, 5
_SPANS = re.compile(rb'\sspans="[^"]*"')
_ATTRIBUTES = r'(?: s="([0-9]{1,6})")?(?: t="(n|b|e|str|inlineStr)")?'
_TAG = re.compile(_ATTRIBUTES)
_CELL = re.compile(
    rf"{_ATTRIBUTES}(?:/>|>(?:(?:<f>([^<]*)</f>)?(?:<v>([^<]*)</v>)?|"
    r'<is><t xml:space="preserve">([^<]*)</t></is>)</c>)'
)
_ODD_BYTES = bytes(set(range(32)) - {9, 10})


class Doubt(Exception):
    """Bytes that are not what the quick proof knows; it says nothing about right or wrong."""


class Proof:
    """One sheet, as it was (``old``) and as it is to be; ``styles`` is how many there are."""

    def __init__(self, old: Cut, new: Cut, intent: Intent, context: Context, styles: int) -> None:
        self.old = old
        self.new = new
        self.intent = intent
        self._read = _Reading(context, styles)
        self._names = {column: letters(column) for column in intent.columns()}
        self._tokens = {column: b'<c r="' + name for column, name in self._names.items()}
        self._found: dict[int, list[bytes | None]] = {column: [] for column in self._tokens}
        self._wanted = {column: intent.column(column)[1] for column in self._tokens}
        self._done = dict.fromkeys(self._tokens, 0)
        self._shapes: set[tuple[bytes, ...]] = set()
        self._waiting: list[tuple[int, Sequence[int], bytes, bytes]] = []

    def check(self) -> None:
        """Raise ``Doubt`` unless the new sheet's rows are the old ones with the plan applied."""
        if self.old.prefix or self.new.prefix or self.intent.results:
            raise Doubt
        at = self.old.body, self.new.body
        for count, (row, columns) in enumerate(self.intent.rows(), 1):
            was, now = _stretch(self.old, row), _stretch(self.new, row)
            at = self._step(row, columns, at, (was[1], now[1])) or self._whole(
                row, columns, at, (was, now)
            )
            if count % _BLOCK == 0:
                self._compare()
        self._same(at, (self.old.starts[-1], self.new.starts[-1]))
        self._compare()

    def _same(self, start: tuple[int, int], end: tuple[int, int]) -> None:
        """``Doubt`` unless both sheets hold the same bytes between these places (old, new)."""
        if self.old.xml[start[0] : end[0]] != self.new.xml[start[1] : end[1]]:
            raise Doubt

    def _step(
        self, number: int, columns: Sequence[int], at: tuple[int, int], ends: tuple[int, int]
    ) -> tuple[int, int] | None:
        """Walk over a row whose planned cells are all in both versions, from the last one seen.

        Returns where it came, None when the row has to be looked at as a whole.
        """
        if len(columns) > _MANY:
            return None
        if self._waiting:
            self._look_at_waiting()
        old, new = self.old.xml, self.new.xml
        (o, n), text = at, b'%d"' % number
        cells: list[bytes] = []
        for column in columns:
            token = self._tokens[column] + text
            was, start = old.find(token, o, ends[0]), new.find(token, n, ends[1])
            if was < 0 or start < 0 or old[o:was] != new[n:start]:
                return None
            o, n = _end(old, was), _end(new, start)
            cells.append(new[start + len(token) : n])
        for column, cell in zip(columns, cells, strict=True):
            self._found[column].append(cell)
        return o, n

    def _whole(
        self,
        row: int,
        columns: Sequence[int],
        at: tuple[int, int],
        places: tuple[tuple[int, int], tuple[int, int]],
    ) -> tuple[int, int]:
        """Look at a row as a whole, and at what stands before it; returns where it ends."""
        was, now = places
        self._same(at, (was[0], now[0]))
        old, new = self.old.xml[slice(*was)], self.new.xml[slice(*now)]
        if len(columns) <= _MANY:
            self._row(row, columns, old, new)
            return was[1], now[1]
        if self._waiting and self._waiting[0][1] is not columns:
            self._look_at_waiting()
        self._waiting.append((row, columns, old, new))
        return was[1], now[1]

    def _look_at_waiting(self) -> None:
        """Look at the rows of a body that were met, column by column if they are all alike."""
        waiting, self._waiting = self._waiting, []
        if not waiting:
            return
        columns = waiting[0][1]
        names = [self._names[column] for column in columns]
        numbers = [row for row, *_ in waiting]
        found = _full_rows([new for *_, new in waiting], numbers, names)
        before = _full_rows([old or b'<row r="%d">' % n for n, _, old, _ in waiting], numbers, ())
        if any(old for _, _, old, _ in waiting):
            before = _full_rows([old for _, _, old, _ in waiting], numbers, names)
        if found is None or before is None or found[0] != before[0]:
            for told in waiting:
                self._row(*told)
            return
        for column, cells in zip(columns, found[1], strict=True):
            self._found[column] += cells

    def _row(self, number: int, columns: Sequence[int], old: bytes, new: bytes) -> None:
        """Compare two versions of a row; keep the planned cells of the new one."""
        old, o = _opened(old, number)
        new, n = _opened(new, number)
        if old[:o] != new[:n] and not _same_tag(old[:o], new[:n]):
            raise Doubt
        if len(columns) > _MANY:
            self._whole_row(number, columns, old[o:], new[n:])
        else:
            self._walk(number, columns, (old, o), (new, n))

    def _whole_row(self, number: int, columns: Sequence[int], old: bytes, new: bytes) -> None:
        """Cut the row into cells: those that are not planned must be equal."""
        was, now = _cells(old, number) if old != b"</row>" else {}, _cells(new, number)
        shape = tuple(now)
        if shape not in self._shapes:
            _check_order(shape)
            self._shapes.add(shape)
        for column in columns:
            name = self._names[column]
            if was:
                was.pop(name, None)
            self._found[column].append(now.pop(name, None))
        if was != now:
            raise Doubt

    def _walk(
        self, number: int, columns: Sequence[int], was_at: tuple[bytes, int], at: tuple[bytes, int]
    ) -> None:
        """Go from planned cell to planned cell: the bytes between them must be equal."""
        (old, o), (new, n) = was_at, at
        fresh = old.find(b"<c", o) < 0
        text = b'%d"' % number
        for column in columns:
            token = self._tokens[column] + text
            start, was = new.find(token, n), -1 if fresh else old.find(token, o)
            if start < 0 and was < 0:
                self._found[column].append(None)
                continue
            if start >= 0 and was < 0 and not fresh:
                cells_of(new, b"")  # cells that came must stand in order
            end = _end(new, start) if start >= 0 else n + was - o
            gone = _end(old, was) if was >= 0 else o + start - n
            if new[n : start if start >= 0 else end] != old[o : was if was >= 0 else gone]:
                raise Doubt
            self._found[column].append(new[start + len(token) : end] if start >= 0 else None)
            n, o = end, gone
        if new[n:].rstrip() != old[o:].rstrip():
            raise Doubt

    def _compare(self) -> None:
        """Compare the cells found since the last time with the plan, and let them go."""
        self._look_at_waiting()
        for column, found in self._found.items():
            at = self._done[column]
            self._done[column] = at + len(found)
            wanted = self._wanted[column][at : at + len(found)]
            if not _alike(self._read.values(found), wanted):
                raise Doubt
            found.clear()


class _Reading:
    """The values of cells by the bytes behind their address, each spelling once."""

    def __init__(self, context: Context, styles: int) -> None:
        self.context = context
        self.styles = styles
        self._memo: dict[bytes | None, Value] = {None: None}
        self._readers: dict[tuple[str, str], Callable[[str], Value]] = {}

    def values(self, cells: Sequence[bytes | None]) -> list[Value]:
        """Read these cells; None is a cell that is not there."""
        if len(self._memo) > _DISTINCT:
            self._memo = {None: None}
        memo = self._memo
        if fresh := list({*cells} - memo.keys()):
            memo.update(zip(fresh, self._fresh([cell or b"" for cell in fresh]), strict=True))
        return list(map(memo.__getitem__, cells))

    def _fresh(self, cells: Sequence[bytes]) -> list[Value]:
        """Read new spellings: those of plain numbers and texts by style, odd ones one by one."""
        joined = b"\x1f".join(cells)
        told = joined.decode().split("\x1f")
        if len(joined.translate(None, _ODD_BYTES)) != len(joined) - len(cells) + 1:
            raise Doubt
        values: list[Value] = []
        for cell in told:
            tag, _, content = cell.partition(">")
            if content[:3] == "<v>" and content[-8:] == "</v></c>" and "<" not in content[3:-8]:
                values.append(self._reader(tag, "n")(content[3:-8]))
            elif content[:7] == "<is><t>" and "<" not in content[7:-13]:
                if content[-13:] != "</t></is></c>":
                    raise Doubt
                values.append(self._reader(tag, "inlineStr")(content[7:-13]))
            else:
                values.append(self._value(cell))
        return values

    def _reader(self, tag: str, kind: str) -> Callable[[str], Value]:
        """How to read the text in a cell of that tag; texts are inline and nothing else is."""
        if (read := self._readers.get((tag, kind))) is None:
            match = _TAG.fullmatch(tag)
            if match is None or (match[2] == "inlineStr") != (kind == "inlineStr"):
                raise Doubt
            read = self.context.reader(match[2] or "n", self._style(match[1]), kind == "n")
            self._readers[tag, kind] = read
        return read

    def _style(self, told: str | None) -> str:
        if told and int(told) >= self.styles:
            raise Doubt
        return told or ""

    def _value(self, cell: str) -> Value:
        match = _CELL.fullmatch(cell)
        if match is None:
            raise Doubt
        style, kind, formula, number, text = match.groups()
        if (kind == "inlineStr") != (text is not None):
            raise Doubt
        read = self.context.reader(kind or "n", self._style(style))
        if text is not None:
            return read(text)
        value = None if number is None else read(number)
        return value if formula is None else Formula(plain_text(formula), value)


def _stretch(sheet: Cut, number: int) -> tuple[int, int]:
    """Where a row begins and ends, or the place where it would stand."""
    i = bisect_left(sheet.numbers, number)
    there = i < len(sheet.numbers) and sheet.numbers[i] == number
    return sheet.starts[i], sheet.starts[i + there]


def _opened(row: bytes, number: int) -> tuple[bytes, int]:
    """A row that has an end tag, as ``<row r="2"></row>`` has, and where its cells begin."""
    if not row:
        row = b'<row r="%d"/>' % number
    gt = row.index(b">")
    if row[gt - 1] == SLASH:
        head = row[: gt - 1].rstrip() + b">"
        return head + b"</row>" + row[gt + 1 :], len(head)
    return row, gt + 1


def _end(row: bytes, start: int) -> int:
    """Where the cell ends that begins at ``start``."""
    gt = row.index(b">", start)
    return gt + 1 if row[gt - 1] == SLASH else row.index(b"</c>", gt) + 4


def _cells(row: bytes, number: int) -> dict[bytes, bytes]:
    """The cells of a row by column letters: the bytes behind each address."""
    end = row.rindex(b"</row>")
    first, *told = row[:end].split(b'<c r="')
    mark = b'%d"' % number
    cells = {name: rest for name, _, rest in [cell.partition(mark) for cell in told]}
    if first or len(cells) != len(told) or row[end + 6 :].strip() or row.count(b"<c") != len(told):
        raise Doubt
    return cells


def _full_rows(
    rows: Sequence[bytes], numbers: Sequence[int], names: Sequence[bytes]
) -> tuple[list[bytes], list[list[bytes]]] | None:
    """Rows that have exactly the cells of these columns: their tags, and the cells by column.

    Of each cell the bytes behind its address are told. None when a row is not so.
    """
    end = b"</row>" if names else b">"
    if not all(row.endswith(end) for row in rows):
        return None
    told = [row.removesuffix(b"</row>").split(b'<c r="') for row in rows]
    if any(len(cells) != len(names) + 1 for cells in told):
        return None
    tags, *columns = zip(*told, strict=True)
    found = []
    for name, cells in zip(names, columns, strict=True):
        starts = [b'%b%d"' % (name, number) for number in numbers]
        if not all(map(bytes.startswith, cells, starts)):
            return None
        found.append(list(map(bytes.removeprefix, cells, starts)))
    return list(tags), found


def _check_order(names: Sequence[bytes]) -> None:
    """``Doubt`` unless these are column letters from left to right."""
    if not all(name.isalpha() for name in names):
        raise Doubt
    places = [column_number(name.decode()) for name in names]
    if sorted(places) != places:
        raise Doubt


def _same_tag(old: bytes, new: bytes) -> bool:
    """Whether two row tags say the same; which columns they span is a hint that may widen."""
    return _SPANS.sub(b"", old) == _SPANS.sub(b"", new)


def _alike(found: list[Value], wanted: Sequence[Value]) -> bool:
    """Whether all these cells hold what they should; equal lists need no second look."""
    kinds = {*map(type, found), *map(type, wanted)}
    if bool not in kinds and Formula not in kinds and found == list(wanted):
        return True
    return all(
        (type(a) is type(b) and not isinstance(a, Formula) and a == b) or same(a, b)
        for a, b in zip(found, wanted, strict=True)
    )
