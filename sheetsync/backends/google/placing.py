"""Where changes are to be made after another look: rows by their names, wherever they stand now."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from functools import cached_property

from sheetsync.backends.google.capture import names_of
from sheetsync.backends.google.fixes import Change
from sheetsync.backends.google.reading import Found
from sheetsync.backends.google.values import serial
from sheetsync.model.snapshot import TableSnapshot
from sheetsync.model.tracker import Owner, Tab
from sheetsync.model.values import Formula, Value, kind_of, result_of, same

_SPILLS = re.compile(r"ARRAYFORMULA|[VH]STACK|FILTER|SORT|UNIQUE|QUERY|SEQUENCE|IMPORT|SPLIT|\{")


Place = tuple[str, int, int]
"""A cell: its tab, its sheet row and column (from 1)."""


@dataclass(frozen=True, slots=True)
class Target:
    """A cell to write after another look: sheet row and column (from 1), what it holds there."""

    tab: str
    row: int
    column: int
    was: Value
    new: Value


class Sides:
    """One tab as it was read (``old``), as it was to become (``planned``), as it is (``table``)."""

    def __init__(
        self, tab: Tab, old: TableSnapshot, planned: TableSnapshot, table: TableSnapshot
    ) -> None:
        self.tab, self.old, self.planned, self.table = tab, old, planned, table
        self._held: dict[int, dict[tuple[str, Value], list[int]]] = {}

    @cached_property
    def names(self) -> Mapping[str, int]:
        """Data rows by the names they have now."""
        return {name: j for j, name in enumerate(self.name_at)}

    @cached_property
    def old_names(self) -> Mapping[str, int]:
        """Data rows by the names they had."""
        return {name: j for j, name in enumerate(names_of(self.tab, self.old))}

    @cached_property
    def name_at(self) -> Sequence[str]:
        """The names of the rows as they are now."""
        return names_of(self.tab, self.table)

    @cached_property
    def rows(self) -> Mapping[int, int]:
        """Data rows by the sheet rows where they stand now."""
        return {row: j for j, row in enumerate(self.table.rows)}

    @cached_property
    def old_rows(self) -> Mapping[int, int]:
        """Data rows by the sheet rows where they stood."""
        return {row: j for j, row in enumerate(self.old.rows)}

    @cached_property
    def spilled(self) -> frozenset[int]:
        """Columns that a formula of people's fills: a value written there would break it."""
        return frozenset(i for i, cells in enumerate(self.table.cells) if _spills(cells))

    def holders(self, index: int, value: Value) -> Sequence[int]:
        """The data rows whose cell in a column holds this value now."""
        if index not in self._held:
            held: dict[tuple[str, Value], list[int]] = {}
            for j, cell in enumerate(self.table.cells[index]):
                held.setdefault((kind_of(cell), cell), []).append(j)
            self._held[index] = held
        return self._held[index].get((kind_of(value), value), ())

    def place(self, change: Change) -> int | None:
        """The data row of a change: by its name, else where it stood if that is still like it.

        A row that got its new name from us must be like the one that was meant; where that is a
        key (no name made of its cells), a row that still has the old name is only a copy of it.
        Where the key itself is changed, people may by now have typed it into another row.
        """
        was = self.old_rows.get(change.row)
        given = change.after != change.key and not change.after.startswith("~")
        renamed = self.names.get(change.after) if given else None
        named = self.names.get(change.key)
        for j in (renamed, named, self.names.get(change.after), self.rows.get(change.row)):
            like = was is not None and j is not None and self._resemble(was, j, change.column)
            by_name = j == named and change.column not in self.tab.key_columns
            if like or (by_name and j is not None):
                return j
        return None

    def _resemble(self, i: int, j: int, without: str) -> bool:
        """Whether an old and a present row agree in most of what people filled in."""
        agree = differ = 0
        for column in self.tab.columns:
            if column.owner is Owner.USER and column.key != without:
                a, b = self.old.column(column.key)[i], self.table.column(column.key)[j]
                if kind_of(a) != "empty" or kind_of(b) != "empty":
                    right = alike(a, b) or alike(self.planned.column(column.key)[i], b)
                    agree, differ = agree + right, differ + (not right)
        return agree > differ

    def astray(self, change: Change) -> Iterator[Target]:
        """Cells of a column that stood, for a moment, where the changed one had been when read.

        They get back what they held. What is only known since is left: a column that came
        meanwhile is emptied where it was filled, and keeps a text that was replaced in it.
        """
        index = self.old.bound.get(change.column, len(self.table.headers))
        if change.row == 0 or index >= len(self.table.headers) or kind_of(change.new) == "empty":
            return
        title = self.table.headers[index]
        if title == self.old.headers[index]:
            return
        was = self.old.cells[self.old.headers.index(title)] if title in self.old.headers else None
        for j in self.holders(index, change.new):
            before = self.old_names.get(self.name_at[j])
            held = None if was is None or before is None else was[before]
            filled = kind_of(change.old) == "empty" and self.table.rows[j] == change.row
            ours = filled or (was is not None and same(held, change.old))
            if ours and not same(held, change.new):
                yield Target(change.tab, self.table.rows[j], index + 1, change.new, held)


def _spills(cells: Sequence[Value]) -> bool:
    return Formula in set(map(type, cells)) and any(
        isinstance(v, Formula) and _SPILLS.search(v.text.upper()) for v in cells
    )


def targets(
    changes: Iterable[Change],
    before: Found,
    planned: Mapping[str, TableSnapshot],
    fresh: Found,
    tabs: Sequence[Tab],
) -> tuple[list[Target], int, dict[Place, Change]]:
    """Where the changes are to be made now, how many are left to people, and where they are made.

    Cells that people changed since are theirs, and so are those of rows that have gone.
    ``planned`` are tables of ``before`` as the plan was to leave them.
    """
    sides = _sides(before, planned, fresh, tabs)
    wanted: list[Target] = []
    right: dict[Place, Change] = {}
    kept = 0
    for change in changes:
        side = sides.get(change.tab)
        wanted += side.astray(change) if side is not None else ()
        if side is None or change.column not in side.table.bound:
            kept += 1
            continue
        index = side.table.bound[change.column]
        j = side.place(change)
        now = side.table.cells[index][j] if j is not None else None
        if j is not None and same(now, change.new):
            right[change.tab, side.table.rows[j], index + 1] = change
            continue
        ours = any(same(now, value) for value in (change.old, *change.allowed))
        if j is None or not ours or index in side.spilled:
            kept += 1
        else:
            wanted.append(Target(change.tab, side.table.rows[j], index + 1, now, change.new))
    return list(dict.fromkeys(wanted)), kept, right


def merged(first: Iterable[Target], then: Iterable[Target]) -> list[Target]:
    """Targets that are about different cells: of two about the same one the first counts."""
    cells: dict[tuple[str, int, int], Target] = {}
    for target in (*first, *then):
        cells.setdefault((target.tab, target.row, target.column), target)
    return list(cells.values())


def _sides(
    before: Found, planned: Mapping[str, TableSnapshot], fresh: Found, tabs: Sequence[Tab]
) -> dict[str, Sides]:
    old, new = before.snapshot.tables, fresh.snapshot.tables
    return {
        tab.key: Sides(tab, old[tab.key], planned.get(tab.key, old[tab.key]), new[tab.key])
        for tab in tabs
        if tab.key in old and tab.key in new
    }


def alike(a: Value, b: Value) -> bool:
    """Whether two readings of a cell agree, however the day or formula in it was told."""
    if same(a, b):
        return True
    return same(comparable(a), comparable(b))


def comparable(value: Value) -> Value:
    """A cell's value or its formula's result, a day as its number."""
    value = result_of(value)
    return serial(value) if isinstance(value, datetime) else value
