"""The frame of a plan: everything in a workbook that a sync must leave byte for byte.

``hold`` takes any workbook with any declared tabs; point it at the real tracker as at the small.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Sequence
from datetime import datetime, timedelta
from random import Random

from sheetsync.backends.xlsx.apply import apply_plan
from sheetsync.backends.xlsx.package import Package
from sheetsync.backends.xlsx.parts import Book
from sheetsync.backends.xlsx.placing import Place, named_cell
from sheetsync.backends.xlsx.reader import snapshot
from sheetsync.backends.xlsx.rows import cells_of, cut
from sheetsync.backends.xlsx.verify import verify
from sheetsync.model.plan import AppendRows, Op, Plan, Recache, ReplaceRows, WriteCells, WriteNames
from sheetsync.model.snapshot import Snapshot, TableSnapshot, row_keys
from sheetsync.model.tracker import Owner, Role, Tab
from sheetsync.model.values import CellError, Formula, Scalar, Value

_OURS = re.compile(
    r"styles\.xml|workbook\.xml|worksheets/sheet\d+\.xml|tables/table\d+\.xml|charts/"
)

_MOVING = re.compile(rb'<dimension[^>]*>| sqref="[^"]*"|<xm:f>[^<]*|<xm:sqref>[^<]*')


def hold(data: bytes, tabs: Sequence[Tab], rounds: int, seed: int) -> bytes:
    """Apply random plans round after round; AssertionError when anything foreign changes."""
    random = Random(seed)
    parts, cells = foreign_parts(data), foreign_cells(data, tabs)
    for _ in range(rounds):
        seen = snapshot(data, tabs, "frame")
        plan = Plan(tuple(_ops(random, seen, tabs)), seen.fingerprint, "run")
        new = apply_plan(data, plan, tabs, seen)
        verify(data, new, plan, tabs, seen)
        assert foreign_parts(new) == parts
        assert foreign_cells(new, tabs) == cells
        again = snapshot(new, tabs, "frame")
        assert apply_plan(new, Plan((), again.fingerprint), tabs, again) is new
        _check_undo(random, plan, seen, again, new, tabs)
        data = new
    return data


def _check_undo(
    random: Random, plan: Plan, seen: Snapshot, again: Snapshot, new: bytes, tabs: Sequence[Tab]
) -> None:
    """Every fourth round: the reversed plan gives the old facts back."""
    if random.random() > 0.25:
        return
    back = plan.reverse(again.fingerprint, "undo")
    restored = snapshot(apply_plan(new, back, tabs, again), tabs, "frame")
    for tab in tabs:
        if tab.role in (Role.ENTRY, Role.COMPUTED):
            was, now = seen.tables[tab.key], restored.tables[tab.key]
            assert [now.column(c.key) for c in tab.columns] == [
                was.column(c.key) for c in tab.columns
            ]
    for key, report in seen.reports.items():
        assert restored.reports[key].names == report.names
        assert restored.reports[key].formulas == report.formulas


def foreign_parts(data: bytes) -> dict[str, bytes]:
    """The packed bytes of every part that no plan names."""
    package = Package.open(data)
    return {
        member.name: data[member.start : member.end]
        for member in package.members
        if not _OURS.search(member.name)
    }


def foreign_cells(data: bytes, tabs: Sequence[Tab]) -> dict[tuple[str, str], bytes]:
    """The bytes of every cell that no plan names, by tab and address; and around the rows."""
    book = Book.of(Package.open(data))
    seen = snapshot(data, tabs, "frame")
    ours = {place.part: place for tab in tabs if (place := Place.find(book, tab, seen))}
    names = {named_cell(book, name) for tab in tabs for name in tab.names}
    found = {}
    for sheet in book.sheets:
        pieces = cut(book.package.read(sheet.part))
        place = ours.get(sheet.part)
        found[sheet.name, "around"] = _MOVING.sub(b"", pieces.head + pieces.tail)
        for number, row in pieces.pieces():
            for piece in cells_of(row, pieces.prefix):
                if not _named(place, names, sheet.part, number, piece.column):
                    cell = row[piece.start : piece.end]
                    found[sheet.name, f"{number}:{piece.column}"] = _without_result(cell, place)
    return found


def _named(
    place: Place | None, names: set[tuple[str, int, int]], part: str, row: int, column: int
) -> bool:
    if (part, row, column) in names:
        return True
    return place is not None and column in place.columns.values() and row > place.header_row


def _without_result(cell: bytes, place: Place | None) -> bytes:
    """A cell of a report without its cached result, which a plan may set."""
    if place is None or place.tab.role is not Role.REPORT or b"<f" not in cell:
        return cell
    return re.sub(rb' t="\w+"', b"", re.sub(rb"<v>.*?</v>|<v ?/>", b"", cell))


def _ops(random: Random, seen: Snapshot, tabs: Sequence[Tab]) -> Iterator[Op]:
    """A plan such as a sync makes: some of each kind, with values of every kind."""
    make: dict[Role, Callable[[Random, Snapshot, Tab], Iterator[Op]]] = {
        Role.ENTRY: _entries,
        Role.COMPUTED: _bodies,
        Role.LOG: _lines,
        Role.REPORT: _reports,
    }
    for tab in tabs:
        if tab.role in make and random.random() < 0.7:
            yield from make[tab.role](random, seen, tab)


def _value(random: Random) -> Value:
    day = datetime(2026, 1, 1) + timedelta(days=random.randrange(900))
    words = ("", "=1+1", "ünïcode 🙂", "a<b>&c", " lead", "_x0041_", "two\nlines", "@risk")
    return random.choice(
        (None, random.choice(words), random.randrange(-99, 99), random.random(), True, False, day)
    )


def _entries(random: Random, seen: Snapshot, tab: Tab) -> Iterator[Op]:
    table = seen.tables[tab.key]
    keys = _keys(table, tab)
    for column in tab.columns:
        old = table.column(column.key)
        free = [j for j in range(len(table)) if not isinstance(old[j], Formula)]
        if column.key in (*tab.key_columns, "") or column.key not in table.bound or not free:
            continue
        if column.owner is Owner.USER and random.random() < 0.5:
            continue
        picked = sorted(random.sample(free, random.randrange(1, min(len(free), 9) + 1)))
        named = tuple(keys[j] for j in picked)
        yield WriteCells(
            tab.key,
            column.key,
            named,
            named,
            tuple(table.rows[j] for j in picked),
            tuple(old[j] for j in picked),
            tuple(_value(random) for _ in picked),
        )


def _keys(table: TableSnapshot, tab: Tab) -> list[str]:
    bound = {c.key: table.column(c.key) for c in tab.columns if c.key in table.bound}
    return row_keys(tab, bound, len(table))


def _bodies(random: Random, seen: Snapshot, tab: Tab) -> Iterator[Op]:
    keys = tuple(column.key for column in tab.columns)
    table = seen.tables[tab.key]
    old = tuple(zip(*(table.column(key) for key in keys), strict=True))
    count = random.choice((0, 1, 2, len(old), random.randrange(60)))
    rows = tuple((f"K{i}", *(_value(random) for _ in keys[1:])) for i in range(count))
    yield ReplaceRows(tab.key, keys, old, rows)


def _lines(random: Random, seen: Snapshot, tab: Tab) -> Iterator[Op]:
    keys = tuple(column.key for column in tab.columns)
    rows = [[_value(random) for _ in keys[1:]] for _ in range(random.randrange(1, 4))]
    yield AppendRows(tab.key, keys, tuple((datetime(2026, 5, 1, 9), *row) for row in rows))


def _reports(random: Random, seen: Snapshot, tab: Tab) -> Iterator[Op]:
    report = seen.reports[tab.key]
    if report.names:
        names = tuple(report.names)
        yield WriteNames(
            tab.key, names, tuple(report.names.values()), tuple(_value(random) for _ in names)
        )
    if report.formulas:
        texts = tuple(report.formulas)
        new = tuple(_result(random, old) for old in report.formulas.values())
        yield Recache(tab.key, texts, tuple(report.formulas.values()), new)


def _result(random: Random, old: Scalar) -> Scalar:
    """Another result of a kind that the cell's number format shows as what it is."""
    if isinstance(old, datetime):
        return datetime(2026, 2, random.randrange(1, 28))
    if isinstance(old, int | float) and not isinstance(old, bool):
        return random.choice((1.5, 7, "word", True))
    return random.choice(("word", "", True, CellError("#N/A")))
