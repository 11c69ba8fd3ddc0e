"""What a plan means for each sheet: the value that every named cell must hold afterwards."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field

from sheetsync.backends.xlsx.parts import Book
from sheetsync.backends.xlsx.placing import Place, named_cell, rows_of
from sheetsync.model.plan import AppendRows, Op, Plan, Recache, ReplaceRows, WriteCells, WriteNames
from sheetsync.model.snapshot import Snapshot
from sheetsync.model.tracker import Tab
from sheetsync.model.values import Scalar, Value


@dataclass(slots=True)
class Intent:
    """One sheet's cells to be: ``cells[column][row]``, and results by formula text."""

    cells: dict[int, dict[int, Value]] = field(default_factory=dict)
    results: dict[str, Scalar] = field(default_factory=dict)

    def put(self, column: int, rows: Iterable[int], values: Iterable[Value]) -> None:
        """Expect these values in these rows of a column."""
        self.cells.setdefault(column, {}).update(zip(rows, values, strict=True))


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
