"""A plan to blocks of cells: one for each stretch that differs, with what stands there before."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from itertools import groupby, pairwise
from operator import is_

from sheetsync.backends.excel.area import Area, reference
from sheetsync.backends.excel.reading import BookFound, TabFound, value_at
from sheetsync.model.errors import StaleSnapshot, WriteFailed
from sheetsync.model.plan import AppendRows, Plan, Recache, ReplaceRows, WriteCells, WriteNames
from sheetsync.model.snapshot import TableSnapshot
from sheetsync.model.tables import letters, quoted
from sheetsync.model.tracker import Owner
from sheetsync.model.values import Formula, Value, same, show

Rows = Sequence[Sequence[Value]]
_Changes = dict[tuple[int, int], Value]


@dataclass(frozen=True, slots=True)
class Block:
    """A rectangle of cells to write at once; ``old`` and ``new`` are rows of its size."""

    area: Area
    old: Rows
    new: Rows

    def parts(self, most: int) -> Iterator[Block]:
        """The block itself, or blocks of whole rows that have at most so many cells each."""
        step = max(1, most // (self.area.right - self.area.left + 1))
        for at in range(0, len(self.new), step):
            old, new = self.old[at : at + step], self.new[at : at + step]
            top = self.area.top + at
            yield Block(Area(top, self.area.left, top + len(new) - 1, self.area.right), old, new)


@dataclass(slots=True)
class Draft:
    """What is to be done to one tab: ``end`` is its table's new last row, 0 when it stays."""

    found: TabFound
    blocks: list[Block] = field(default_factory=list)
    end: int = 0

    @property
    def grows(self) -> bool:
        """Whether its table becomes longer."""
        return self.found.table is not None and self.end > self.found.table.last_row

    def moved_names(self, refers: Mapping[str, str]) -> Iterator[tuple[str, str, str]]:
        """Name, old and new reference of each name over a column's body that changes its size.

        ``refers`` tells what the names refer to now.
        """
        seen = self.found.seen
        for column in self.found.tab.columns if seen is not None and self.end else ():
            told = refers.get(column.range_name, "")
            area = reference(told)
            if area is None or area[0].casefold() != self.found.title.casefold():
                continue
            first, here = area[1].top, letters(area[1].left - 1)
            title = quoted(self.found.title)
            new = f"={title}!${here}${first}:${here}${self.end}"
            if area[1].bottom != self.end:
                yield column.range_name, told, new


def drafted(plan: Plan, found: BookFound) -> list[Draft]:
    """What the plan does to each of its tabs, in its order.

    Raises StaleSnapshot when a cell is not what the plan expects, WriteFailed when a table has no
    room to grow.
    """
    drafts: dict[str, Draft] = {}
    changes: dict[str, _Changes] = {}
    for op in plan.ops:
        if isinstance(op, Recache) or op.tab not in found.tabs:
            continue
        one = found.tabs[op.tab]
        draft = drafts.setdefault(op.tab, Draft(one))
        mine = changes.setdefault(op.tab, {})
        match op:
            case WriteCells():
                mine.update(_cells(op, one))
            case WriteNames():
                mine.update(_named(op, one))
            case ReplaceRows():
                _replace(op, draft)
            case AppendRows():
                _append(op, draft)
    for key, told in changes.items():
        drafts[key].blocks += _blocks(told, found.tabs[key])
    return [draft for draft in drafts.values() if draft.blocks or draft.end]


def _stale(one: TabFound) -> StaleSnapshot:
    return StaleSnapshot(
        f"A cell of the tab “{one.title}” is not what the plan was made from: read it again. "
        "Nothing was changed."
    )


def alike(found: Value, expected: Value) -> bool:
    """Whether a cell is as expected; of a formula its text counts, for its result may move."""
    if isinstance(found, Formula) and isinstance(expected, Formula):
        return found.text == expected.text
    return same(found, expected)


def _expect(one: TabFound, found: Sequence[Value], old: Sequence[Value]) -> None:
    if all(map(is_, found, old)):
        return
    if not all(map(alike, found, old)):
        raise _stale(one)


def _cells(op: WriteCells, one: TabFound) -> _Changes:
    seen = one.seen
    if seen is None or op.column not in seen.bound:
        raise _stale(one)
    places = _places(op, one, seen)
    cells, column = seen.column(op.column), seen.bound[op.column] + 1
    _expect(one, [cells[j] for j in places], op.old)
    return {(seen.rows[j], column): new for j, new in zip(places, op.new, strict=True)}


def _places(op: WriteCells, one: TabFound, seen: TableSnapshot) -> list[int]:
    """The data row of each cell: by row key; by sheet row where the key is a hash of cells."""
    by_key = {key: j for j, key in enumerate(seen.keys(one.tab))}
    by_row = {row: j for j, row in enumerate(seen.rows)}
    places = []
    for key, row in zip(op.keys, op.rows, strict=True):
        j = by_key.get(key)
        if j is None and key.startswith("~"):
            j = by_row.get(row)
        if j is None:
            raise StaleSnapshot(
                f"The row {show(key)} of the tab “{one.title}” is not there any more: read it "
                "again. Nothing was changed."
            )
        places.append(j)
    return places


def _named(op: WriteNames, one: TabFound) -> _Changes:
    changes: _Changes = {}
    for name, old, new in zip(op.names, op.old, op.new, strict=True):
        area = one.names.get(name)
        if area is None:
            raise _stale(one)
        _expect(one, [value_at(one.grid, area.top, area.left)], [old])
        changes[area.top, area.left] = new
    return changes


def _append(op: AppendRows, draft: Draft) -> None:
    seen = draft.found.seen
    if seen is None:
        raise _stale(draft.found)
    first = max((seen.header_row, *seen.rows[-1:])) + 1
    _write_rows(draft, op.columns, op.rows, first, first + len(op.rows) - 1)


def _replace(op: ReplaceRows, draft: Draft) -> None:
    """Write a whole body over the old one; what is left of that becomes empty."""
    seen, table = draft.found.seen, draft.found.table
    if seen is None:
        raise _stale(draft.found)
    told = list(zip(*(seen.column(key) for key in op.columns), strict=True))
    if len(told) != len(op.old):
        raise _stale(draft.found)
    for found, old in zip(told, op.old, strict=True):
        _expect(draft.found, found, old)
    first = seen.header_row + 1
    old_last = max((first, *seen.rows[-1:], *((table.last_row,) if table else ())))
    _write_rows(draft, op.columns, op.new, first, max(old_last, first + len(op.new) - 1), old_last)
    end = first + max(len(op.new), 1) - 1
    stays = table is not None and (end == table.last_row or table.totals)
    draft.end = 0 if stays else end


def _write_rows(
    draft: Draft, keys: Sequence[str], rows: Rows, first: int, last: int, ours: int = 0
) -> None:
    """Write rows from ``first`` on, nothing below them down to ``last``.

    Rows after ``ours`` must be empty in these columns.
    """
    one = draft.found
    assert one.seen is not None
    _check_totals(one, last)
    bound = {one.seen.bound[k] + 1: i for i, k in enumerate(keys) if k in one.seen.bound}
    for run in _runs(sorted(bound)):
        old = [_slice(one, column, first, last) for column in run]
        _check_room(one, run, old, max(ours + 1, first), first)
        blank: list[Value] = [None] * (last - first + 1 - len(rows))
        new = [[row[bound[column]] for row in rows] + blank for column in run]
        if (block := _trimmed(Area(first, run[0], last, run[-1]), old, new)) is not None:
            draft.blocks.append(block)
    if one.table is not None and not ours:
        draft.end = last if last > one.table.last_row else 0


def _check_totals(one: TabFound, last: int) -> None:
    if one.table is not None and one.table.totals and last > one.table.last_row:
        raise WriteFailed(
            f"The table of the tab “{one.title}” needs more rows, but has a row of totals below "
            "it: switch that off (Table Design, Total Row), then sync again. Nothing was changed."
        )


def _slice(one: TabFound, column: int, first: int, last: int) -> list[Value]:
    cells = one.grid.columns.get(column, [])[first - 1 : last]
    return cells + [None] * (last - first + 1 - len(cells))


def _check_room(
    one: TabFound, run: Sequence[int], old: Sequence[Sequence[Value]], free: int, first: int
) -> None:
    for column, cells in zip(run, old, strict=True):
        for row, value in enumerate(cells[free - first :], free):
            if value is not None:
                raise WriteFailed(
                    f"The table of the tab “{one.title}” needs more rows, but "
                    f"{letters(column - 1)}{row} below it holds something; move that to another "
                    "tab, then sync again. Nothing was changed."
                )


def _runs(numbers: Sequence[int]) -> list[list[int]]:
    """Ascending numbers in stretches without gaps.

    >>> _runs([1, 2, 4])
    [[1, 2], [4]]
    """
    told = enumerate(numbers)
    return [[n for _, n in run] for _, run in groupby(told, lambda pair: pair[1] - pair[0])]


def _trimmed(
    area: Area, old: Sequence[Sequence[Value]], new: Sequence[Sequence[Value]]
) -> Block | None:
    """The block from the first row to the last that differs (columns in, rows out)."""
    differ = [
        i
        for i, (was, now) in enumerate(
            zip(zip(*old, strict=True), zip(*new, strict=True), strict=True)
        )
        if was != now and not all(map(same, was, now))
    ]
    if not differ:
        return None
    low, high = differ[0], differ[-1] + 1
    part = Area(area.top + low, area.left, area.top + high - 1, area.right)
    cut = (list(zip(*(c[low:high] for c in told), strict=True)) for told in (old, new))
    return Block(part, *cut)


def _blocks(changes: _Changes, one: TabFound) -> list[Block]:
    """Blocks of changed cells: down the columns, neighbours of the same rows together.

    A column of ours is one stretch: cells between are written again as they are, unless somebody
    put a formula there.
    """
    columns: dict[int, list[int]] = {}
    for row, column in sorted(changes):
        columns.setdefault(column, []).append(row)
    spans: dict[tuple[int, int], list[int]] = {}
    for column, rows in sorted(columns.items()):
        ours = column in _own_columns(one)
        for first, last in _spans(rows, _slice(one, column, 1, rows[-1]) if ours else None):
            spans.setdefault((first, last), []).append(column)
    return [
        _block(Area(first, run[0], last, run[-1]), changes, one)
        for (first, last), found in spans.items()
        for run in _runs(found)
    ]


def _own_columns(one: TabFound) -> set[int]:
    if one.seen is None:
        return set()
    bound = one.seen.bound
    return {bound[c.key] + 1 for c in one.tab.columns if c.owner is Owner.SYNC and c.key in bound}


def _spans(rows: Sequence[int], cells: Sequence[Value] | None) -> list[tuple[int, int]]:
    """First and last rows of the stretches to write; gaps without formulas in ``cells`` close."""
    cuts = [rows[0]]
    for a, b in pairwise(rows):
        gap = b - a > 1 and (cells is None or any(isinstance(v, Formula) for v in cells[a : b - 1]))
        if gap:
            cuts += [a, b]
    cuts.append(rows[-1])
    return list(zip(cuts[::2], cuts[1::2], strict=True))


def _block(area: Area, changes: _Changes, one: TabFound) -> Block:
    columns = range(area.left, area.right + 1)
    old = [[value_at(one.grid, row, c) for c in columns] for row in _rows(area)]
    new = [
        [changes.get((row, c), was) for c, was in zip(columns, cells, strict=True)]
        for row, cells in zip(_rows(area), old, strict=True)
    ]
    return Block(area, old, new)


def _rows(area: Area) -> range:
    return range(area.top, area.bottom + 1)
