"""Rows of people's that a batch changes, copied aside with a note of what it writes there.

The batch that writes single cells first copies their rows and the header to ``_capture``. So any
later reading, on any computer, can tell which cell was really met: a colleague may have moved rows
or columns in the last moment, and the client that should have looked may have died.

A block has a first row (``LABEL``, how many rows are copied, how many notes follow, as JSON the
epoch of the batch and the headers that had been read, and a blank cell that the batch fills as it
fills people's: so it tells whether Google finds blank cells), the copied rows, then one note a row.
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Any

from sheetsync.backends.google import capture
from sheetsync.backends.google.draw_cells import Request, grid
from sheetsync.backends.google.fixes import filled
from sheetsync.backends.google.placing import Target, alike
from sheetsync.backends.google.reading import Found
from sheetsync.model.plan import decode, encode
from sheetsync.model.snapshot import TableSnapshot
from sheetsync.model.tables import Grid
from sheetsync.model.tracker import Owner, Tab
from sheetsync.model.values import Formula, Value, kind_of, result_of, same

LABEL = "changed"
_JSON = json.JSONEncoder(ensure_ascii=False, separators=(",", ":"), default=encode)
_LONGEST = 45_000
_FORMULAS = 50
_WIDE = 5
_FOUND = "found"


@dataclass(frozen=True, slots=True)
class Miss:
    """A cell that was written and was not the one that was meant: its row as it had been.

    ``row`` are the cells by column title and, where a column has none, by number (from 1); ``also``
    what we write to that row: a cell of it may hold either. ``emptied`` are places (sheet row and
    column, from 1) that a batch has emptied of it: what stands there again was typed by people.
    """

    tab: str
    title: str | int
    row: Mapping[str | int, Value]
    written: Value
    held: Value
    also: Mapping[str | int, Value] = field(default_factory=dict)
    emptied: frozenset[tuple[int, int]] = frozenset()


@dataclass(frozen=True, slots=True)
class Note:
    """What is written into a cell, and where its row and header are in ``_capture`` (from 1).

    ``at`` and ``column`` are the cell's place in its tab; ``by_content``: it is written only if it
    holds ``was``; ``gives_id``: that is an id in a blank cell. ``identity`` tells the row that is
    meant, by title or number, ``formulas`` those of the column; none where any row will do.
    """

    tab: str
    at: int
    column: int
    row: int
    head: int
    was: Value
    new: Value
    by_content: bool
    gives_id: bool = False
    identity: tuple[tuple[str | int, Value], ...] = ()
    formulas: tuple[Formula, ...] = ()


@dataclass(slots=True)
class Asides:
    """Copied rows: the requests, where in ``_capture`` (from 1) rows and headers went, the size."""

    copies: list[Request] = field(default_factory=list)
    rows: dict[tuple[str, int], int] = field(default_factory=dict)
    heads: dict[str, int] = field(default_factory=dict)
    headers: dict[str, tuple[str, ...]] = field(default_factory=dict)
    top: int = 0
    size: tuple[int, int] = (1, _WIDE)


def copied(wanted: Sequence[Target], found: Found, top: int = 0) -> Asides:
    """Copy the headers and rows of targets aside, below a first row at ``top`` (from 0)."""
    made = Asides(top=top)
    at, most = top + 1, _WIDE
    for tab in dict.fromkeys(target.tab for target in wanted):
        sheet, table = found.sheets[tab], found.snapshot.tables[tab]
        wide, head = max(len(table.headers), 1), table.header_row
        for first, last in _runs(sorted({head, *(t.row for t in wanted if t.tab == tab)})):
            made.copies.append(capture.copied(sheet.id, (first - 1, last), (0, wide), at))
            made.rows |= {(tab, row): at + 1 + row - first for row in range(first, last + 1)}
            at, most = at + last - first + 1, max(most, wide)
        made.heads[tab] = made.rows[tab, head]
        made.headers[tab] = tuple(table.headers)
    made.size = (at, most)
    return made


def noted(target: Target, tab: Tab, table: TableSnapshot, made: Asides, by_content: bool) -> Note:
    """A note of a cell that is written only in the row that is meant."""
    cells, title = table.cells[target.column - 1], table.headers[target.column - 1]
    held = (title or target.column, result_of(target.was))
    return replace(
        note_of(target, tab, table, made, by_content),
        identity=(held, *identity_of(tab, table, target)),
        formulas=tuple(value for value in cells if isinstance(value, Formula))[:_FORMULAS],
    )


def note_of(
    target: Target, tab: Tab, table: TableSnapshot, made: Asides, by_content: bool = True
) -> Note:
    """A note of a cell that is written in whatever row is met."""
    auto = any(tab.column(key).auto for key, i in table.bound.items() if i + 1 == target.column)
    return Note(
        target.tab,
        target.row,
        target.column,
        made.rows[target.tab, target.row],
        made.heads[target.tab],
        target.was,
        target.new,
        by_content,
        auto and kind_of(target.was) == "empty",
    )


def written(
    made: Asides, notes: Sequence[Note], epoch: int, owed: Iterable[Miss] = ()
) -> tuple[list[Request], tuple[int, int]]:
    """The requests that put label and notes around the copies, and the size with them.

    ``owed`` are cells that earlier batches met wrongly; this one may mend them.
    """
    told = [_JSON.encode(_plain(note)) for note in notes]
    told += [_JSON.encode(_plain(miss)) for miss in owed]
    told = [text for text in told if len(text) <= _LONGEST]
    high, wide = made.size
    meta = _JSON.encode({"epoch": epoch, "headers": made.headers})
    first = (LABEL, high - made.top - 1, len(told), meta)
    probe = grid(capture.SHEET, made.top, made.top + 1, _WIDE - 1, _WIDE)
    requests = [capture.written(made.top, 0, [first]), filled(probe, _FOUND)]
    if told:
        requests.append(capture.written(high, 0, [(text,) for text in told]))
    return requests, (high + len(told), wide)


def _plain(told: Note | Miss) -> list[Any]:
    if isinstance(told, Miss):
        cells = list(told.row.items()), list(told.also.items())
        return [told.tab, told.title, *cells, told.written, told.held, sorted(told.emptied)]
    place = [told.tab, told.at, told.column, told.row, told.head]
    how = told.by_content, told.gives_id
    return [*place, told.was, told.new, *how, told.identity, told.formulas]


def _runs(rows: Sequence[int]) -> Iterator[tuple[int, int]]:
    start = 0
    for at, row in enumerate(rows):
        if at + 1 == len(rows) or rows[at + 1] != row + 1:
            yield rows[start], row
            start = at + 1


@dataclass(frozen=True, slots=True)
class Told:
    """The notes that a reading met in ``_capture``, and what to know of their batch.

    ``fills``: whether it has filled the blank cells that it searched for.
    """

    epoch: int
    fills: bool
    headers: Mapping[str, Sequence[str]]
    notes: Sequence[Note]
    owed: Sequence[Miss]
    rows: Mapping[int, Mapping[int, Value]]

    def title(self, note: Note) -> str | int:
        """The title of the column that was meant, its number where it has none."""
        return self.headers[note.tab][note.column - 1] or note.column

    def by_row(self) -> dict[int, dict[str | int, Value]]:
        """What the notes write, by the copied row and by the title that was meant."""
        told: dict[int, dict[str | int, Value]] = {}
        for note in self.notes:
            told.setdefault(note.row, {})[self.title(note)] = note.new
        return told

    def met(self, note: Note) -> tuple[str | int, dict[str | int, Value]] | None:
        """The title of the column and the row that were met; None where nothing was written."""
        return met(note, self.rows, self.headers[note.tab], self.fills)


def read(cells: Grid | None) -> Told | None:
    """What ``_capture`` tells of changed rows; None when it has no such block, or a broken one."""
    at = capture.end_of(cells) if cells is not None else 0
    rows = rows_of([cells]) if cells is not None else {}
    label, high, count, meta = (result_of(rows.get(at + 1, {}).get(i)) for i in range(1, 5))
    if label != LABEL or not isinstance(high, int | float) or not isinstance(count, int | float):
        return None
    first = at + 2 + int(high)
    texts = [rows.get(row, {}).get(1) for row in range(first, first + int(count))]
    try:
        told = json.loads(str(meta))
        parts = [json.loads(str(text)) for text in texts]
        notes = [_note(part) for part in parts if len(part) == 11]
        owed = [_miss(part) for part in parts if len(part) == 7]
        headers = {str(tab): list(titles) for tab, titles in told["headers"].items()}
        notes = [n for n in notes if len(headers.get(n.tab, ())) >= n.column > 0]
        return Told(int(told["epoch"]), fills_in(rows, at + 1), headers, notes, owed, rows)
    except (ValueError, TypeError, KeyError, AttributeError):
        return None


def fills_in(rows: Mapping[int, Mapping[int, Value]], first: int = 1) -> bool:
    """Whether Google has filled the blank cell in the block's first row."""
    return result_of(rows.get(first, {}).get(_WIDE)) == _FOUND


def _note(part: Sequence[Any]) -> Note:
    tab, *numbers, was, new, by_content, gives_id, identity, formulas = part
    known = tuple((key, decode(value)) for key, value in identity)
    texts = tuple(f for f in map(decode, formulas) if isinstance(f, Formula))
    at, column, row, head = map(int, numbers)
    cells = decode(was), decode(new)
    return Note(str(tab), at, column, row, head, *cells, by_content, gives_id, known, texts)


def _miss(part: Sequence[Any]) -> Miss:
    tab, title, *told, new, held, places = part
    row, also = ({key: decode(value) for key, value in cells} for cells in told)
    emptied_ = frozenset((int(at), int(column)) for at, column in places)
    return Miss(str(tab), title, row, decode(new), decode(held), also, emptied_)


def left(told: Told | None) -> list[Miss]:
    """The cells that the batch met wrongly, for a reading that did not see the batch itself.

    An id in a blank cell of a row that has something in it is as good as any: only one in a row
    with nothing else, or in another column, is taken back.
    """
    if told is None:
        return []
    missed: list[Miss] = []
    done: list[Note] = []
    also = told.by_row()
    for note in told.notes:
        meeting = told.met(note)
        if meeting is None:
            continue
        title, row = meeting
        right = title == told.title(note)
        if right and note.gives_id and kind_of(row.get(title)) == "empty":
            right = any(not same(v, None) for other, v in row.items() if other != title)
        elif right:
            right = is_row(note, row)
        if not right:
            held = origin(note, row.get(title))
            missed.append(Miss(note.tab, title, row, note.new, held, also[note.row]))
        else:
            done.append(note)
    owed = (miss for miss in told.owed if not any(_mends(n, miss) for n in done))
    return [*missed, *emptied(owed, (Target(n.tab, n.at, n.column, n.was, n.new) for n in done))]


def _mends(note: Note, miss: Miss) -> bool:
    """Whether a note gives back what a miss has overwritten.

    What stands in a cell that was blank may have been copied since, with its row.
    """
    if kind_of(miss.held) == "empty":
        return False
    same_ = note.tab == miss.tab and alike(note.was, miss.written)
    return same_ and alike(note.new, miss.held)


def emptied(missed: Iterable[Miss], done: Iterable[Target]) -> list[Miss]:
    """The misses, each with the places that these writes have emptied of it."""
    emptying = [target for target in done if kind_of(target.new) == "empty"]
    told: list[Miss] = []
    for miss in missed:
        ours = (t for t in emptying if t.tab == miss.tab and alike(t.was, miss.written))
        told.append(replace(miss, emptied=miss.emptied.union((t.row, t.column) for t in ours)))
    return told


def hits(told: Told | None, epoch: int) -> list[Miss]:
    """The blank cells that the batch of an epoch has filled, with their rows as they were.

    Left out are those whose text a row like theirs held already: people had just typed it there, so
    a second row that holds it is no copy made since.
    """
    if told is None or told.epoch != epoch:
        return []
    also = told.by_row()
    blank = [note for note in told.notes if kind_of(note.was) == "empty"]
    seen = ((note, at) for note in blank if (at := told.met(note)) is not None)
    filled_ = [Miss(n.tab, at[0], at[1], n.new, at[1].get(at[0]), also[n.row]) for n, at in seen]
    rows = [(n, row_of(n, told.rows, told.headers[n.tab])) for n in blank]
    late = [(n.tab, row) for n, row in rows if kind_of(row.get(told.title(n))) != "empty"]
    return [m for m in filled_ if not any(tab == m.tab and _typed(m, row) for tab, row in late)]


def _typed(miss: Miss, row: Mapping[str | int, Value]) -> bool:
    """Whether a copied row held what was written, and is mostly like the one that was hit."""
    if not alike(row.get(miss.title), miss.written):
        return False
    others = {*row, *miss.row} - {miss.title}
    pairs = [(row.get(title), miss.row.get(title)) for title in others]
    differ = sum(not alike(a, b) for a, b in pairs)
    return sum(alike(a, b) and kind_of(a) != "empty" for a, b in pairs) > differ


def is_lone(miss: Miss) -> bool:
    """Whether the row that was hit had nothing else in it."""
    return all(same(value, None) for title, value in miss.row.items() if title != miss.title)


def met(
    note: Note, rows: Mapping[int, Mapping[int, Value]], headers: Sequence[str], fills: bool
) -> tuple[str | int, dict[str | int, Value]] | None:
    """The column's title and the row that a note's write has met; None: it wrote nothing."""
    cells, titles = rows.get(note.row, {}), titles_of(rows.get(note.head, {}), headers)
    blank = kind_of(note.was) == "empty"
    if note.by_content and (not alike(cells.get(note.column), note.was) or (blank and not fills)):
        return None
    return titles.get(note.column, note.column), row_of(note, rows, headers)


def row_of(
    note: Note, rows: Mapping[int, Mapping[int, Value]], headers: Sequence[str]
) -> dict[str | int, Value]:
    """The copied row of a note, by its columns' titles, by numbers where they have none."""
    titles = titles_of(rows.get(note.head, {}), headers)
    cells = rows.get(note.row, {})
    return {titles.get(number, number): held for number, held in cells.items()}


def titles_of(copy: Mapping[int, Value], headers: Sequence[str]) -> dict[int, str]:
    """Columns' titles by number: those copied, or those read where the copy is no header.

    (Then rows moved, the header's among them, and the columns are taken to be where they were.)
    """
    read_ = {i: title for i, title in enumerate(headers, 1) if title}
    told = {i: value for i, value in copy.items() if isinstance(value, str) and value}
    known = len(set(told.values()) & set(read_.values()))
    return told if 2 * known >= len(read_) else read_


def rows_of(grids: Iterable[Grid]) -> dict[int, dict[int, Value]]:
    """Cells by sheet row, then column (from 1)."""
    rows: dict[int, dict[int, Value]] = {}
    for told in grids:
        for i, row in enumerate(told.rows):
            rows[row] = {number: cells[i] for number, cells in told.columns.items()}
    return rows


def is_row(note: Note, row: Mapping[str | int, Value]) -> bool:
    """Whether a copied row is the one that was meant: it has that key and held that in the cell.

    A row that is told by all that people filled in (so that a blank or the cell itself is in its
    identity) may differ in less than half of that, for they may just be at it.
    """
    told = [(alike(row.get(title), value), kind_of(value)) for title, value in note.identity]
    differ = sum(not right for right, _ in told)
    agree = sum(right and kind != "empty" for right, kind in told[1:])
    all_ = dict(note.identity[1:]).keys() >= dict(note.identity[:1]).keys()
    keyless = all_ or any(kind == "empty" for _, kind in told[1:])
    return not differ or (told[0][0] and keyless and agree > differ)


def identity_of(
    tab: Tab, table: TableSnapshot, target: Target
) -> tuple[tuple[str | int, Value], ...]:
    """What tells a target's row: its key, or all that people filled in where it has none.

    A key that is itself the target tells nothing: a stray id may just have been typed elsewhere.
    """
    j = table.rows.index(target.row)
    keys = [table.bound[key] for key in tab.key_columns if key in table.bound]
    none = not keys or target.column - 1 in keys
    if none or any(kind_of(table.cells[i][j]) == "empty" for i in keys):
        keys = people_in(tab, table)
    return tuple((table.headers[i] or i + 1, result_of(table.cells[i][j])) for i in keys)


def people_in(tab: Tab, table: TableSnapshot) -> list[int]:
    """The indices of the columns that people fill in."""
    return [i for key, i in table.bound.items() if tab.column(key).owner is Owner.USER]


def origin(note: Note, value: Value) -> Value:
    """The overwritten cell's formula where one stood in that column with that result."""
    return next((held for held in note.formulas if alike(held.value, value)), value)
