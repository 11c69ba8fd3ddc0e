"""What is owed to people: cells that a batch of ours has met by mistake, and where they are now.

A cell that was overwritten gets back what it held; one that was filled, a stray, is emptied. Rows
are looked for wherever they went, by all that they held, in copies of them too, and among the rows
that are no data. Somebody else's row that holds the same text is not like the row that was hit, and
is left; so is a cell into which somebody has typed since, be it the very text that we took away: a
place is emptied of a stray once.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass

from sheetsync.backends.google import asides
from sheetsync.backends.google.asides import Miss
from sheetsync.backends.google.fixes import Change
from sheetsync.backends.google.placing import Place, Target, alike, comparable
from sheetsync.backends.google.reading import Found
from sheetsync.model.snapshot import TableSnapshot
from sheetsync.model.tracker import Tab, plain
from sheetsync.model.values import Value, kind_of, same

Right = Mapping[Place, Change]
"""Cells that hold what was written because they should, and the changes that they have had."""


class Whole:
    """The tables of a reading with all rows below their headers, and who holds what in them."""

    def __init__(self, fresh: Found) -> None:
        self._fresh = fresh
        self._tables: dict[str, TableSnapshot] = {}
        self._held: dict[tuple[str, int], dict[str, list[int]]] = {}

    def table(self, tab: str) -> TableSnapshot | None:
        """A tab's table; None when it was not read."""
        if tab in self._fresh.snapshot.tables and tab not in self._tables:
            self._tables[tab] = self._fresh.whole(tab)
        return self._tables.get(tab)

    def shown(self, tab: str) -> frozenset[int]:
        """The columns (from 0) that formulas of ours fill: they do not tell what stands in them."""
        bound = self._fresh.snapshot.tables[tab].bound
        return frozenset(bound[key] for key in self._fresh.shown.get(tab, ()) if key in bound)

    def holders(self, tab: str, index: int, value: Value) -> Sequence[int]:
        """The rows whose cell in a column holds that value, or a formula with that result."""
        table = self.table(tab)
        cells = table.cells[index] if table is not None else ()
        if (tab, index) not in self._held:
            told = self._held.setdefault((tab, index), {})
            for j, cell in enumerate(cells):
                told.setdefault(_roughly(cell), []).append(j)
        near = self._held[tab, index].get(_roughly(value), ())
        return [j for j in near if alike(cells[j], value)]


def _roughly(value: Value) -> str:
    """A text that values have in common when they are alike."""
    value = comparable(value)
    if isinstance(value, int | float) and not isinstance(value, bool):
        return f"{value:.6g}"
    return "" if value is None else str(value)[:40].replace("\r", "")


@dataclass(frozen=True, slots=True)
class Spot:
    """A miss and the column (from 0) that it was in, where that is now."""

    miss: Miss
    table: TableSnapshot
    index: int
    shown: frozenset[int]

    def likeness(self, j: int) -> int | None:
        """By how many cells a row is more like the one that was hit than not; None: it is not."""
        agree = differ = 0
        for title, value in self.miss.row.items():
            i = _index(title, self.table)
            if i is not None and i != self.index and i not in self.shown:
                now = self.table.cells[i][j]
                right = alike(now, value) or _fixed(now, value, self.miss.also.get(title))
                agree += right and kind_of(value) != "empty"
                differ += not right
        return agree - differ if agree > differ or not differ else None

    def rows(self, candidates: Iterable[int]) -> list[int]:
        """The rows that are most like the one that was hit: more than one where it was copied."""
        best: list[int] = []
        most = -1
        for j in candidates:
            likeness = self.likeness(j)
            if likeness is not None and likeness >= most:
                best, most = [*best, j] if likeness == most else [j], likeness
        return best

    def cell(self, j: int) -> Place:
        """The cell of a row."""
        return self.miss.tab, self.table.rows[j], self.index + 1

    def open(self, candidates: Iterable[int]) -> Iterator[int]:
        """The rows without those whose cell has been emptied of what was written."""
        return (j for j in candidates if self.cell(j)[1:] not in self.miss.emptied)


def _spots(missed: Iterable[Miss], whole: Whole) -> Iterator[Spot]:
    for miss in missed:
        table = whole.table(miss.tab)
        index = _index(miss.title, table) if table is not None else None
        if table is not None and index is not None:
            yield Spot(miss, table, index, whole.shown(miss.tab))


def restored(
    missed: Iterable[Miss], whole: Whole, right: Right | None = None
) -> dict[Target, Miss]:
    """Where cells are to be given back what they held.

    Those that are ``right`` are left, unless they held something else than their change is of: that
    had just been typed in by somebody.
    """
    restoring: dict[Target, Miss] = {}
    taken: set[Place] = set()
    for spot in _spots(missed, whole):
        miss, index = spot.miss, spot.index
        hidden = index in spot.shown
        holders = whole.holders(miss.tab, index, miss.written)
        candidates = range(len(spot.table.rows)) if hidden else holders
        for j in spot.rows(j for j in spot.open(candidates) if spot.cell(j) not in taken):
            change = (right or {}).get(spot.cell(j))
            if change is None or not _was(change, miss.held):
                held = None if hidden else miss.held
                restoring[Target(*spot.cell(j), miss.written, held)] = miss
                taken.add(spot.cell(j))
    return restoring


def strays(filled: Iterable[Miss], whole: Whole, right: Right | None = None) -> dict[Target, Miss]:
    """Cells that we filled and that are not ``right``, in their rows and in copies of these."""
    found: dict[Target, Miss] = {}
    for spot in _spots(filled, whole):
        miss = spot.miss
        holders = whole.holders(miss.tab, spot.index, miss.written)
        alone = len(holders) == 1 and _is_out_of_place(miss)
        for j in spot.open(holders):
            wrong = spot.cell(j) not in (right or {})
            if wrong and (alone or spot.likeness(j) is not None):
                found[Target(*spot.cell(j), miss.written, None)] = miss
    return found


def not_gone(missed: Iterable[Miss], found: Mapping[Target, Miss]) -> list[Miss]:
    """The misses without strays that were emptied and that a look has not ``found`` since.

    Nobody can copy them any more: where their text stands later, people have typed it.
    """
    left = set(map(id, found.values()))
    return [m for m in missed if id(m) in left or not m.emptied or kind_of(m.held) != "empty"]


def not_taken(wanted: Iterable[Target], whole: Whole, tabs: Sequence[Tab]) -> Iterator[Target]:
    """The targets without ids that some other row still has.

    (It is a stray, and may not be met where it is to be emptied; or people have filled in the row
    that a stray got into, or typed that very id.)
    """
    declared = {tab.key: tab for tab in tabs}
    for target in wanted:
        table = whole.table(target.tab)
        assert table is not None
        index = target.column - 1
        autos = (i for key, i in table.bound.items() if declared[target.tab].column(key).auto)
        gives_id = kind_of(target.was) == "empty" and index in autos
        if not (gives_id and whole.holders(target.tab, index, target.new)):
            yield target


def unsettled(told: Found) -> list[Miss]:
    """What is owed to people by a reading's ``_capture``, as far as their rows are there."""
    lost = asides.left(asides.read(told.capture))
    if not lost:
        return []
    whole = Whole(told)
    blank = [miss for miss in lost if same(miss.held, None)]
    found = {*map(id, restored(lost, whole).values()), *map(id, strays(blank, whole).values())}
    return [miss for miss in lost if id(miss) in found]


def is_name(miss: Miss, tab: Tab, fresh: Found) -> bool:
    """Whether it is an id that filled a blank of a row with something in it: as good as any."""
    if kind_of(miss.held) != "empty":
        return False
    table = fresh.snapshot.tables[miss.tab]
    autos = {table.headers[i] for key, i in table.bound.items() if tab.column(key).auto}
    others = (value for title, value in miss.row.items() if title != miss.title)
    return miss.title in autos and any(not same(value, None) for value in others)


def _was(change: Change, value: Value) -> bool:
    """Whether a change is one of that value."""
    return any(alike(value, old) for old in (change.old, *change.allowed))


def _is_out_of_place(miss: Miss) -> bool:
    """Whether the column was not the one that was meant, in a row with nothing in it."""
    return miss.title not in miss.also and asides.is_lone(miss)


def _fixed(now: Value, was: Value, planned: Value) -> bool:
    """Whether a cell that differs does so by what sync makes of it."""
    if isinstance(now, str) and isinstance(was, str) and plain(now) == plain(was):
        return True
    return kind_of(planned) != "empty" and alike(now, planned)


def still_owed(
    owed: Iterable[Miss], restoring: Mapping[Target, Miss], missed: Mapping[Target, Miss | None]
) -> list[Miss]:
    """What is to be given back after a write: new misses first, then those that it did not mend.

    A row that was not found may be found when its other cells are mended.
    """
    mended = {id(miss) for target, miss in restoring.items() if target not in missed}
    new = [miss for miss in missed.values() if miss is not None]
    return [*new, *(miss for miss in owed if id(miss) not in mended)]


def _index(title: str | int, table: TableSnapshot) -> int | None:
    if isinstance(title, str):
        return table.headers.index(title) if title in table.headers else None
    at = title - 1
    return at if at < len(table.headers) and not table.headers[at] else None
