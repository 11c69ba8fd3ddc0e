"""Apply a plan to a workbook's bytes: changed parts are made anew, all others are not opened.

Everything is checked before anything is returned; files are written elsewhere.
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field

from sheetsync.backends.xlsx.body import replace_body
from sheetsync.backends.xlsx.calc import calculate_on_load, drop_calc_chain
from sheetsync.backends.xlsx.draft import Draft
from sheetsync.backends.xlsx.graft import grafted_parts
from sheetsync.backends.xlsx.newbody import NewBody
from sheetsync.backends.xlsx.package import Package, Packed, pack
from sheetsync.backends.xlsx.patch import set_cached, set_cells
from sheetsync.backends.xlsx.placing import Place, named_cell, old_cells_stand, rows_of
from sheetsync.backends.xlsx.ranges import Resize
from sheetsync.backends.xlsx.rows import Cut, cells_of, changed_rows, cut
from sheetsync.backends.xlsx.second import Second
from sheetsync.backends.xlsx.styles import Styles
from sheetsync.backends.xlsx.tables import follow, followed_tail, resize_of
from sheetsync.model.errors import NotATracker, StaleSnapshot
from sheetsync.model.plan import AppendRows, Op, Plan, Recache, ReplaceRows, WriteCells, WriteNames
from sheetsync.model.snapshot import Snapshot
from sheetsync.model.tracker import Owner, Tab
from sheetsync.model.values import Scalar, Value

_MANY_ROWS = 10_000
"""Rows of a body from which drawing it takes longer than telling another process about it."""


def apply_plan(
    data: bytes,
    plan: Plan,
    tabs: Sequence[Tab],
    snapshot: Snapshot,
    template: bytes | None = None,
    second: Second | None = None,
) -> bytes:
    """Return the workbook with the plan applied; the very same bytes when it changes nothing.

    Arguments and errors are those of ``patched``.
    """
    changes = patched(data, plan, tabs, snapshot, template, second)
    return Package.open(data).with_parts(changes) if changes else data


def patched(
    data: bytes,
    plan: Plan,
    tabs: Sequence[Tab],
    snapshot: Snapshot,
    template: bytes | None = None,
    second: Second | None = None,
) -> dict[str, bytes | Packed | None]:
    """Return the parts that the plan changes, None for parts that go; sheets are packed.

    ``snapshot`` must be what was read from ``data``. A tab that is missing is taken from
    ``template``, the bytes of a freshly drawn tracker. ``second`` takes its share of big
    sheets, but not when tabs are missing. ``StaleSnapshot`` when the plan was made
    from another workbook or a cell holds another value, ``NotATracker`` when a tab is missing,
    ``WriteFailed`` when a cell cannot be written without harm.
    """
    if not plan.ops:
        return {}
    if hashlib.sha256(data).hexdigest() != plan.fingerprint:
        raise StaleSnapshot("The workbook changed after it was read; sync again.")
    told = {tab.key: tab for tab in tabs}
    package = Package.open(data)
    draft = Draft(package)
    missing = [told[key].title for key in _missing(draft, plan, told, snapshot)]
    if missing and template is None:
        raise NotATracker(
            f'The workbook has no tab "{missing[0]}"; add it from a fresh tracker, then sync again.'
        )
    grafted: dict[str, bytes | Packed | None] = {}
    if missing and template is not None:
        grafted = grafted_parts(package, template, missing)
        draft = Draft(Package.open(package.with_parts(grafted)))
    _Application(draft, told, snapshot, None if grafted else second).run(plan)
    return {**grafted, **draft.changes()}


def _missing(
    draft: Draft, plan: Plan, tabs: Mapping[str, Tab], snapshot: Snapshot
) -> Iterable[str]:
    keys = dict.fromkeys(op.tab for op in plan.ops)
    return (key for key in keys if Place.find(draft.book, tabs[key], snapshot) is None)


@dataclass(slots=True)
class _Work:
    """All that a plan wants of one sheet, in the order in which it is done."""

    bodies: list[tuple[Place, ReplaceRows]] = field(default_factory=list)
    edits: dict[int, dict[int, Value]] = field(default_factory=dict)
    ours: set[int] = field(default_factory=set)
    grown: Place | None = None
    results: dict[str, Scalar] = field(default_factory=dict)


class _Application:
    """One plan on its way into a draft: first all ops are sorted by sheet, then sheet by sheet."""

    def __init__(
        self,
        draft: Draft,
        tabs: Mapping[str, Tab],
        snapshot: Snapshot,
        second: Second | None,
    ) -> None:
        self.draft = draft
        self.second = second
        self.tabs = tabs
        self.snapshot = snapshot
        self.places: dict[str, Place] = {}
        self.works: dict[str, _Work] = {}
        self.resizes: dict[str, tuple[str, Resize]] = {}
        self.names = {c.range_name for tab in tabs.values() for c in tab.columns if c.range_name}
        part = draft.book.styles_part
        self.styles = Styles(draft.read(part)) if part else None
        self.news = False
        self.formulas_moved = False

    def run(self, plan: Plan) -> None:
        """Apply all ops; one sheet at a time is in memory."""
        for op in plan.ops:
            self._take(op)
        for part, work in self.works.items():
            self._share(part, work)
        for sheet in self.draft.book.sheets:
            self._change(sheet.part)
        for part, change in self.resizes.values():
            follow(self.draft, change, part, self.names)
        if self.styles:
            self.draft.write(self.draft.book.styles_part, self.styles.xml)
        if self.news:
            self._calculate()

    def _take(self, op: Op) -> None:
        place = self._place(op.tab)
        match op:
            case WriteCells():
                self._write_cells(place, op)
            case WriteNames():
                self._write_names(op)
            case AppendRows():
                self._append(place, op)
            case ReplaceRows():
                self._replace(place, op)
            case Recache():
                told = dict(zip(op.formulas, op.new, strict=True))
                self._work(place.part).results.update(told)

    def _place(self, key: str) -> Place:
        if key not in self.places:
            place = Place.find(self.draft.book, self.tabs[key], self.snapshot)
            assert place is not None  # missing tabs were found before
            self.places[key] = place
        return self.places[key]

    def _work(self, part: str) -> _Work:
        return self.works.setdefault(part, _Work())

    def _restyle(self, style: int, value: Value) -> int:
        return self.styles.for_value(style, value) if self.styles else style

    def _write_cells(self, place: Place, op: WriteCells) -> None:
        column = place.columns.get(op.column)
        if column is None:
            return
        rows = rows_of(place, op)
        old_cells_stand(place, op, rows)
        work = self._work(place.part)
        for row, value in zip(rows, op.new, strict=True):
            if row in work.edits:
                work.edits[row][column] = value
            else:
                work.edits[row] = {column: value}
        if place.tab.column(op.column).owner is Owner.SYNC:
            work.ours.add(column)

    def _write_names(self, op: WriteNames) -> None:
        for name, value in zip(op.names, op.new, strict=True):
            part, row, column = named_cell(self.draft.book, name)
            self._work(part).edits.setdefault(row, {})[column] = value

    def _append(self, place: Place, op: AppendRows) -> None:
        """Write rows under the last one."""
        first = place.last_filled + 1
        work = self._work(place.part)
        columns = [place.columns.get(key) for key in op.columns]
        for row, values in enumerate(op.rows, first):
            told = {c: v for c, v in zip(columns, values, strict=True) if c is not None}
            work.edits.setdefault(row, {}).update(told)
        work.grown = place
        self._resize(place, max(first + len(op.rows) - 1, place.last_row))

    def _replace(self, place: Place, op: ReplaceRows) -> None:
        """Write a whole body."""
        if place.columns.keys().isdisjoint(op.columns):
            return
        self._work(place.part).bodies.append((place, op))
        self._resize(place, place.first_row + max(len(op.new), 1) - 1)

    def _resize(self, place: Place, end: int) -> None:
        if place.table is not None:
            self.resizes[place.tab.key] = place.part, resize_of(place.title, place.table, end)

    def _change(self, part: str) -> None:
        """Do all that is wanted of one sheet; cached results last, they are no news to formulas."""
        if part in self.works:
            self._change_rows(part, self.works.pop(part))
        elif self.resizes:
            xml = self.draft.read(part)
            start = xml.rfind(b"sheetData")
            tail = self._followed(part, xml[start:])
            if tail != xml[start:]:
                self.news = True
                self.draft.write(part, xml[:start] + tail)

    def _share(self, part: str, work: _Work) -> None:
        """Have a big body drawn by the second process, if it is all that is wanted of a sheet."""
        if self.second is None or len(work.bodies) != 1 or self.draft.book.calc_chain_part:
            return
        place, op = work.bodies[0]
        old = self.draft.package.packed(part)
        if old is None or len(op.new) < _MANY_ROWS or work != _Work(bodies=work.bodies):
            return
        columns, rows = self._drawn(place, op)
        resizes = [(home == part, change) for home, change in self.resizes.values()]
        ends, styles = (place.first_row, place.last_row), self.styles.xml if self.styles else b""
        date1904 = self.draft.book.date1904
        self.second.draw(part, NewBody(old, *ends, columns, rows, date1904, styles, resizes))

    def _made(self, part: str, packed: Packed) -> None:
        self.draft.write(part, packed)
        if self.second is not None:
            self.second.prove(part, packed, self.styles.xml if self.styles else b"")

    def _change_rows(self, part: str, work: _Work) -> None:
        drawn = self.second.drawn(part) if self.second else None
        if drawn is not None:
            self.news = True
            self._made(part, drawn)
            return
        sheet = cut(self.draft.read(part))
        date1904 = self.draft.book.date1904
        looks = work.grown.first_styles(sheet) if work.grown else None
        for place, op in work.bodies:
            self._write_body(sheet, place, op)
        set_cells(
            sheet,
            work.edits,
            date1904=date1904,
            restyle=self._restyle,
            styles=looks,
            ours=work.ours,
        )
        sheet.tail = self._followed(part, sheet.tail)
        self.news = self.news or sheet.differs
        if self.draft.book.calc_chain_part and not self.formulas_moved:
            self.formulas_moved = any(_moved(sheet.prefix, *told) for told in changed_rows(sheet))
        if work.results:
            set_cached(sheet, work.results, date1904=date1904)
        if sheet.differs:
            self._made(part, pack(sheet.chunks()))

    def _write_body(self, sheet: Cut, place: Place, op: ReplaceRows) -> None:
        columns, rows = self._drawn(place, op)
        replace_body(
            sheet,
            place.first_row,
            place.last_row,
            columns,
            rows,
            date1904=self.draft.book.date1904,
            restyle=self._restyle,
        )

    def _drawn(self, place: Place, op: ReplaceRows) -> tuple[list[int], Sequence[Sequence[Value]]]:
        """The sheet columns that a body has, and its rows with their values alone."""
        picked = [i for i, key in enumerate(op.columns) if key in place.columns]
        columns = [place.columns[op.columns[i]] for i in picked]
        if len(picked) == len(op.columns):
            return columns, op.new
        return columns, [tuple(row[i] for i in picked) for row in op.new]

    def _followed(self, part: str, tail: bytes) -> bytes:
        for home, change in self.resizes.values():
            tail = followed_tail(tail, change, own=home == part)
        return tail

    def _calculate(self) -> None:
        """Formulas may read what changed; and the list of formula cells may be wrong now."""
        if self.formulas_moved:
            drop_calc_chain(self.draft)
        calculate_on_load(self.draft)


def _moved(prefix: bytes, old: bytes, new: bytes) -> bool:
    """Whether a row's formulas stand in other columns now."""
    if b"f" not in old and b"f" not in new:
        return False
    return _formula_columns(old, prefix) != _formula_columns(new, prefix)


def _formula_columns(row: bytes, prefix: bytes) -> list[int]:
    """The columns of a row's formula cells."""
    mark = b"<%bf" % prefix
    if mark not in row:
        return []
    return [p.column for p in cells_of(row, prefix) if mark in row[p.start : p.end]]
