"""What a plan means for each sheet: the value that every named cell must hold afterwards."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from itertools import islice
from operator import lt

from sheetsync.backends.xlsx.parts import Book
from sheetsync.backends.xlsx.placing import Place, named_cell, rows_of
from sheetsync.model.plan import AppendRows, Op, Plan, Recache, ReplaceRows, WriteCells, WriteNames
from sheetsync.model.snapshot import Snapshot
from sheetsync.model.tracker import Tab
from sheetsync.model.values import Scalar, Value


@dataclass(slots=True)
class Intent:
    """One sheet's cells to be, column by column, and results by formula text."""

    puts: dict[int, list[tuple[Sequence[int], Sequence[Value]]]] = field(default_factory=dict)
    results: dict[str, Scalar] = field(default_factory=dict)

    def put(self, column: int, rows: Sequence[int], values: Sequence[Value]) -> None:
        """Expect these values in these rows of a column; what is told later holds."""
        self.puts.setdefault(column, []).append((rows, values))

    def columns(self) -> list[int]:
        """The columns that have cells to be, from left to right."""
        return sorted(self.puts)

    def column(self, column: int) -> tuple[Sequence[int], Sequence[Value]]:
        """A column's rows, ascending, and the value that each must hold."""
        puts = self.puts[column]
        if len(puts) == 1 and _ascending(puts[0][0]):
            return puts[0]
        cells = self.cells(column)
        rows = sorted(cells)
        return rows, [cells[row] for row in rows]

    def cells(self, column: int) -> dict[int, Value]:
        """The same by row; empty when nothing is planned in the column."""
        told: dict[int, Value] = {}
        for rows, values in self.puts.get(column, ()):
            told.update(zip(rows, values, strict=True))
        return told

    def rows(self) -> Iterator[tuple[int, Sequence[int]]]:
        """The rows that have cells to be, ascending, each with its columns from left to right."""
        blocks: dict[range, list[int]] = {}
        single: dict[int, list[int]] = {}
        for column in self.columns():
            rows, _ = self.column(column)
            if isinstance(rows, range):
                blocks.setdefault(rows, []).append(column)
                continue
            for row in rows:
                single.setdefault(row, []).append(column)
        whole: dict[int, list[int]] = {}
        for block, columns in blocks.items():
            if whole.keys().isdisjoint(block):
                whole.update(dict.fromkeys(block, columns))
                continue
            for row in block:
                whole[row] = sorted({*whole.get(row, ()), *columns})
        for row in sorted({*single, *whole}):
            yield row, _both(single.get(row), whole.get(row))


def _both(some: list[int] | None, others: list[int] | None) -> Sequence[int]:
    if some and others:
        return sorted({*some, *others})
    return some or others or ()


def _ascending(rows: Sequence[int]) -> bool:
    return isinstance(rows, range) or all(map(lt, rows, islice(rows, 1, None)))


def intent_of(
    books: Sequence[Book], plan: Plan, tabs: Sequence[Tab], snapshot: Snapshot
) -> dict[str, Intent]:
    """The intents by sheet part; a tab is looked for in the books in order (old, then new)."""
    told = {tab.key: tab for tab in tabs}
    found: dict[str, Intent] = {}
    places: dict[str, Place | None] = {}
    for op in plan.ops:
        if op.tab not in places:
            every = (Place.find(book, told[op.tab], snapshot) for book in books)
            places[op.tab] = next((place for place in every if place is not None), None)
        place = places[op.tab]
        if place is not None:
            _add(found, place, op, books)
    return found


def _add(found: dict[str, Intent], place: Place, op: Op, books: Sequence[Book]) -> None:
    intent = found.setdefault(place.part, Intent())
    match op:
        case WriteCells():
            if op.column in place.columns:
                intent.put(place.columns[op.column], rows_of(place, op), op.new)
        case AppendRows():
            first = place.last_filled + 1
            _add_rows(intent, place, op.columns, range(first, first + len(op.rows)), op.rows)
        case ReplaceRows():
            last = max(place.last_row, place.first_row + len(op.new) - 1)
            blank = [(None,) * len(op.columns)] * (last - place.first_row + 1 - len(op.new))
            rows = range(place.first_row, last + 1)
            _add_rows(intent, place, op.columns, rows, (*op.new, *blank))
        case WriteNames():
            for name, value in zip(op.names, op.new, strict=True):
                part, row, column = named_cell(books[-1], name)
                found.setdefault(part, Intent()).put(column, [row], [value])
        case Recache():
            intent.results.update(zip(op.formulas, op.new, strict=True))


def _add_rows(
    intent: Intent,
    place: Place,
    keys: Sequence[str],
    numbers: range,
    rows: Sequence[Sequence[Value]],
) -> None:
    for key, values in zip(keys, zip(*rows, strict=True), strict=False):
        if key in place.columns:
            intent.put(place.columns[key], numbers, values)
