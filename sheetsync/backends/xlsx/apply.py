"""Apply a plan to a workbook's bytes: changed parts are made anew, all others are not opened.

Everything is checked before anything is returned; files are written elsewhere.
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterable, Mapping, Sequence

from sheetsync.backends.xlsx.body import replace_body
from sheetsync.backends.xlsx.calc import calculate_on_load, drop_calc_chain
from sheetsync.backends.xlsx.draft import Draft
from sheetsync.backends.xlsx.graft import grafted_parts
from sheetsync.backends.xlsx.package import Package
from sheetsync.backends.xlsx.patch import set_cached, set_cells
from sheetsync.backends.xlsx.placing import Place, named_cell, old_cells_stand, rows_of
from sheetsync.backends.xlsx.rows import cells_of, changed_rows
from sheetsync.backends.xlsx.styles import Styles
from sheetsync.backends.xlsx.tables import follow, resize_of
from sheetsync.model.errors import NotATracker, StaleSnapshot
from sheetsync.model.plan import AppendRows, Op, Plan, Recache, ReplaceRows, WriteCells, WriteNames
from sheetsync.model.snapshot import Snapshot
from sheetsync.model.tracker import Owner, Tab
from sheetsync.model.values import Value


def apply_plan(
    data: bytes,
    plan: Plan,
    tabs: Sequence[Tab],
    snapshot: Snapshot,
    template: bytes | None = None,
) -> bytes:
    """Return the workbook with the plan applied; the very same bytes when it changes nothing.

    Raises as ``patched``.
    """
    changes = patched(data, plan, tabs, snapshot, template)
    return Package.open(data).with_parts(changes) if changes else data


def patched(
    data: bytes,
    plan: Plan,
    tabs: Sequence[Tab],
    snapshot: Snapshot,
    template: bytes | None = None,
) -> dict[str, bytes | None]:
    """Return the parts that the plan changes, None for parts that go.

    ``snapshot`` must be what was read from ``data``. A tab that is missing is taken from
    ``template``, the bytes of a freshly drawn tracker. ``StaleSnapshot`` when the plan was made
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
    grafted: dict[str, bytes | None] = {}
    if missing and template is not None:
        grafted = grafted_parts(package, template, missing)
        draft = Draft(Package.open(package.with_parts(grafted)))
    _Application(draft, told, snapshot).run(plan)
    return {**grafted, **draft.changes()}


def _missing(
    draft: Draft, plan: Plan, tabs: Mapping[str, Tab], snapshot: Snapshot
) -> Iterable[str]:
    keys = dict.fromkeys(op.tab for op in plan.ops)
    return (key for key in keys if Place.find(draft.book, tabs[key], snapshot) is None)


class _Application:
    """One plan on its way into a draft."""

    def __init__(self, draft: Draft, tabs: Mapping[str, Tab], snapshot: Snapshot) -> None:
        self.draft = draft
        self.tabs = tabs
        self.snapshot = snapshot
        self.places: dict[str, Place] = {}
        self.edits: dict[str, dict[int, dict[int, Value]]] = {}
        self.ours: dict[str, set[int]] = {}
        self.ends: dict[str, tuple[Place, int]] = {}
        self.looks: dict[str, dict[int, int]] = {}
        self.names = {c.range_name for tab in tabs.values() for c in tab.columns if c.range_name}
        part = draft.book.styles_part
        self.styles = Styles(draft.read(part)) if part else None

    def run(self, plan: Plan) -> None:
        """Apply all ops; cached results last, for they are no news to formulas."""
        for op in plan.ops:
            self._take(op)
        self._edit()
        for place, end in self.ends.values():
            self._follow(place, end)
        if self.styles:
            self.draft.write(self.draft.book.styles_part, self.styles.xml)
        self._calculation()
        for op in plan.ops:
            if isinstance(op, Recache):
                self._recache(self._place(op.tab), op)

    def _take(self, op: Op) -> None:
        place = self._place(op.tab)
        match op:
            case WriteCells():
                self._write_cells(place, op)
            case WriteNames():
                self._write_names(op)
            case AppendRows():
                self.ends[op.tab] = place, self._append(place, op)
            case ReplaceRows():
                self.ends[op.tab] = place, self._replace(place, op)
            case Recache():
                pass

    def _place(self, key: str) -> Place:
        if key not in self.places:
            place = Place.find(self.draft.book, self.tabs[key], self.snapshot)
            assert place is not None  # missing tabs were found before
            self.places[key] = place
        return self.places[key]

    def _restyle(self, style: int, value: Value) -> int:
        return self.styles.for_value(style, value) if self.styles else style

    def _write_cells(self, place: Place, op: WriteCells) -> None:
        column = place.columns.get(op.column)
        if column is None:
            return
        rows = rows_of(place, op)
        old_cells_stand(place, op, rows)
        edits = self.edits.setdefault(place.part, {})
        for row, value in zip(rows, op.new, strict=True):
            edits.setdefault(row, {})[column] = value
        if place.tab.column(op.column).owner is Owner.SYNC:
            self.ours.setdefault(place.part, set()).add(column)

    def _write_names(self, op: WriteNames) -> None:
        for name, value in zip(op.names, op.new, strict=True):
            part, row, column = named_cell(self.draft.book, name)
            self.edits.setdefault(part, {}).setdefault(row, {})[column] = value

    def _append(self, place: Place, op: AppendRows) -> int:
        """Write rows under the last one; returns the table's new last row."""
        first = place.last_filled + 1
        edits = self.edits.setdefault(place.part, {})
        columns = [place.columns.get(key) for key in op.columns]
        for row, values in enumerate(op.rows, first):
            told = {c: v for c, v in zip(columns, values, strict=True) if c is not None}
            edits.setdefault(row, {}).update(told)
        self.looks[place.part] = place.first_styles(self.draft)
        return max(first + len(op.rows) - 1, place.last_row)

    def _replace(self, place: Place, op: ReplaceRows) -> int:
        """Write a whole body; returns its last row."""
        known = [
            (i, place.columns[key]) for i, key in enumerate(op.columns) if key in place.columns
        ]
        if not known:
            return place.last_row
        picked = [i for i, _ in known]
        all_there = len(picked) == len(op.columns)
        rows = op.new if all_there else [tuple(row[i] for i in picked) for row in op.new]
        xml = replace_body(
            self.draft.read(place.part),
            place.first_row,
            place.last_row,
            [column for _, column in known],
            rows,
            date1904=self.draft.book.date1904,
            restyle=self._restyle,
        )
        self.draft.write(place.part, xml)
        return place.first_row + max(len(rows), 1) - 1

    def _edit(self) -> None:
        for part, edits in self.edits.items():
            xml = set_cells(
                self.draft.read(part),
                edits,
                date1904=self.draft.book.date1904,
                restyle=self._restyle,
                styles=self.looks.get(part),
                ours=self.ours.get(part, ()),
            )
            self.draft.write(part, xml)

    def _follow(self, place: Place, end: int) -> None:
        if place.table is not None:
            change = resize_of(place.title, place.table, end)
            follow(self.draft, change, place.part, self.names)

    def _calculation(self) -> None:
        """Formulas may read what changed; and the list of formula cells may be wrong now."""
        sheets = {sheet.part for sheet in self.draft.book.sheets}
        changed = sheets & self.draft.changes().keys()
        if not changed:
            return
        if self.draft.book.calc_chain_part and any(map(self._formulas_moved, changed)):
            drop_calc_chain(self.draft)
        calculate_on_load(self.draft)

    def _formulas_moved(self, part: str) -> bool:
        prefix, rows = changed_rows(self.draft.original(part), self.draft.read(part))
        return any(
            _formula_columns(old, prefix) != _formula_columns(new, prefix)
            for _, old, new in rows
            if b"f" in old or b"f" in new
        )

    def _recache(self, place: Place, op: Recache) -> None:
        xml = set_cached(
            self.draft.read(place.part),
            dict(zip(op.formulas, op.new, strict=True)),
            date1904=self.draft.book.date1904,
        )
        self.draft.write(place.part, xml)


def _formula_columns(row: bytes, prefix: bytes) -> list[int]:
    """The columns of a row's formula cells."""
    mark = b"<%bf" % prefix
    if mark not in row:
        return []
    return [p.column for p in cells_of(row, prefix) if mark in row[p.start : p.end]]
