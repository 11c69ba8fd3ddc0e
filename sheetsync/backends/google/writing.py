"""A plan as the requests of one atomic batch, and what its reply must show.

The order matters: the epoch marker first (a batch that comes too late fails there, whole), then
changes of people's cells, then copies of what people typed into the engine's tabs, then these tabs.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from sheetsync.backends.google import asides, bodies, capture, ids, marks
from sheetsync.backends.google.asides import Miss
from sheetsync.backends.google.bodies import Body, Frame, frame_of
from sheetsync.backends.google.draw_cells import Request, cell, grid, update_cells
from sheetsync.backends.google.fixes import Change, Fixes, fixes_of
from sheetsync.backends.google.placing import Target
from sheetsync.backends.google.reading import Found, Limits
from sheetsync.backends.google.staging import parted, size_of
from sheetsync.model.errors import NotATracker
from sheetsync.model.plan import AppendRows, Plan, ReplaceRows, WriteCells, WriteNames
from sheetsync.model.snapshot import TableSnapshot
from sheetsync.model.tables import letters, quoted
from sheetsync.model.tracker import Role, Tab
from sheetsync.model.values import Formula, Value

KEPT_EPOCHS = 50
REPLY = (
    "replies(findReplace(occurrencesChanged)),updatedSpreadsheet(namedRanges,"
    "sheets(properties(sheetId,title),"
    "data(startRow,startColumn,rowData(values(userEnteredValue(formulaValue),effectiveValue,"
    "formattedValue)))))"
)
_ASIDE = 5_000
"""Cells of changed rows that are copied aside at most; the next batch empties them."""
_GAP = 5
"""Rows between two changed ones that are read back with them."""


@dataclass(slots=True)
class Draft:
    """The requests of a plan: ``first`` of all the fixes (one tab after the other), then ``rest``.

    ``aside`` comes before all: what is copied to ``_capture``. ``bodies`` are blocks that may be
    staged; their requests stand in ``rest`` by index.
    ``ranges`` is what to have read back, by tab key and first row. ``noted`` counts the first of
    the single cells: those whose rows are copied aside, in one batch with their change.
    """

    fixes: dict[str, Fixes] = field(default_factory=dict)
    aside: list[Request] = field(default_factory=list)
    rest: list[Request] = field(default_factory=list)
    bodies: dict[int, Body] = field(default_factory=dict)
    ranges: list[str] = field(default_factory=list)
    noted: int = 0
    captured: bool = False
    after: dict[str, TableSnapshot] = field(default_factory=dict)

    @property
    def first(self) -> list[Request]:
        """All replacements in people's cells."""
        return [request for fixes in self.fixes.values() for request in fixes.requests]

    @property
    def guarded(self) -> list[Change]:
        """Changes that need another look."""
        return [change for fixes in self.fixes.values() for change in fixes.guarded]

    @property
    def empty(self) -> bool:
        """Whether the batch has no requests."""
        return not (self.rest or self.first)

    @property
    def adds(self) -> set[int]:
        """The ids of hidden sheets that the batch makes."""
        made = (r["addSheet"] for r in (*self.aside, *self.rest) if "addSheet" in r)
        return {int(told["properties"]["sheetId"]) for told in made}


def drafted(
    found: Found, plan: Plan, tabs: Sequence[Tab], limits: Limits, owed: Sequence[Miss] = ()
) -> Draft:
    """Turn a plan into requests; Recache ops need none, for Google calculates by itself.

    ``owed`` are cells that earlier batches have met wrongly: this one keeps the note of them.
    """
    draft = Draft()
    _people(draft, found, plan, tabs)
    _marks(draft, found, tabs)
    _asides(draft, found, plan, tabs, owed)
    links = {sheet.title: sheet.id for sheet in found.sheets.values()}
    declared = {tab.key: tab for tab in tabs}
    for op in plan.ops:
        match op:
            case ReplaceRows():
                _body(draft, found, op, declared[op.tab], links)
            case AppendRows():
                tab = declared[op.tab]
                frame = _frame(draft, found, tab)
                draft.rest += bodies.appended(op, frame)
            case WriteNames():
                draft.rest += bodies.written_names(op, found)
            case _:
                pass
    draft.ranges += _checks(draft, found, limits)
    return draft


def fixes_in_parts(
    draft: Draft, room: int, limit: int
) -> tuple[list[list[Request]], Sequence[int]]:
    """The changes of people's cells as the part that a batch has room for, and more batches.

    (Bytes.) With it comes which of ``draft.first`` each of them is, in the order of the parts.
    """
    first = draft.first
    if size_of(first) <= room:
        return [first], range(len(first))
    noted = [at for at, request in enumerate(first) if _is_single(request)][: draft.noted]
    order = [*noted, *sorted(set(range(len(first))) - set(noted))]
    together = [first[at] for at in noted]
    others = [first[at] for at in order[len(noted) :]]
    parts = parted(others, room - size_of(together), limit)
    return [[*together, *parts[0]], *parts[1:]], order


def _is_single(request: Request) -> bool:
    where = request["findReplace"]["range"]
    return int(where.get("endRowIndex", 0)) == int(where["startRowIndex"]) + 1


def _people(draft: Draft, found: Found, plan: Plan, tabs: Sequence[Tab]) -> None:
    """Changes in entry tabs; SYNC columns that a formula fills go by ``_marks``."""
    for tab in tabs:
        ops = [op for op in plan.ops if isinstance(op, WriteCells) and op.tab == tab.key]
        table = found.snapshot.tables.get(tab.key)
        if not ops or table is None:
            continue
        draft.after[tab.key] = table.with_cells(_edits(ops, table))
        shown = _shown(found, tab)
        theirs = [op for op in ops if op.column not in shown]
        fixes = fixes_of(theirs, tab, table, found.sheets[tab.key].id, found.locale)
        if fixes.requests or fixes.guarded:
            draft.fixes[tab.key] = fixes


def _edits(ops: Sequence[WriteCells], table: TableSnapshot) -> dict[str, dict[int, Value]]:
    place = {row: j for j, row in enumerate(table.rows)}
    return {
        op.column: {place[row]: new for row, new in zip(op.rows, op.new, strict=True)} for op in ops
    }


def _shown(found: Found, tab: Tab) -> frozenset[str]:
    """The SYNC columns that formulas fill, or will fill again."""
    return found.shown.get(tab.key, frozenset()) | set(_lost(found, tab))


def _lost(found: Found, tab: Tab) -> list[str]:
    """SYNC columns whose header is there without its formula, and nothing below it."""
    table, shown = found.snapshot.tables.get(tab.key), found.shown.get(tab.key, frozenset())
    keys = (column.key for column in marks.sync_columns(tab) if column.key not in shown)
    return [
        key
        for key in keys
        if table is not None
        and key in table.bound
        and key in found.marks.columns
        and set(tab.key_columns) <= table.bound.keys()
        and all(value is None for value in table.column(key))
    ]


def _headers(found: Found, tab: Tab, columns: Sequence[str]) -> Iterator[Request]:
    """Put formulas back in headers that people typed over."""
    for key in _lost(found, tab):
        table = found.snapshot.tables[tab.key]
        at, row = table.bound[key], table.header_row
        text = marks.header_formula(tab, tab.column(key), columns, table.bound, row)
        where = grid(found.sheets[tab.key].id, row - 1, row, at, at + 1)
        yield update_cells(where, [{"values": [cell(Formula(text))]}], bodies.VALUE)


def _marks(draft: Draft, found: Found, tabs: Sequence[Tab]) -> None:
    """Rewrite ``_marks`` as the whole plan leaves the rows' names and marks."""
    if not any(_shown(found, tab) for tab in tabs):
        return
    extra = [key for key in marks.layout(tabs) if key not in found.marks.columns]
    columns = (*found.marks.columns, *extra)
    rows: list[list[Value]] = []
    for tab in tabs:
        table = draft.after.get(tab.key) or found.snapshot.tables.get(tab.key)
        shown = _shown(found, tab)
        if table is not None and shown:
            kept = [key if key in shown else "" for key in columns]
            rows += marks.marked_rows(tab, table, kept)
    for tab in tabs:
        draft.rest += _headers(found, tab, columns)
    rewritten = marks.rewritten(found.marks, rows, columns)
    draft.rest += rewritten
    if rewritten:
        told = rewritten[-1]["updateCells"]
        draft.bodies[len(draft.rest) - 1] = Body(told["range"], told["rows"])


def _asides(
    draft: Draft, found: Found, plan: Plan, tabs: Sequence[Tab], owed: Sequence[Miss]
) -> None:
    """Copy to ``_capture`` what people may have typed meanwhile, and rows that are changed."""
    size = _captures(draft, found, plan, tabs)
    fills = list(_targets(draft, found))
    if fills or (owed and draft.aside):
        declared = {tab.key: tab for tab in tabs}
        made = asides.copied(fills, found, size[0])
        tables = found.snapshot.tables
        notes = [asides.note_of(t, declared[t.tab], tables[t.tab], made) for t in fills]
        told, below = asides.written(made, notes, found.epoch + 1, owed)
        draft.aside += [*made.copies, *told]
        draft.noted = len(fills)
        size = below[0], max(below[1], size[1])
    if draft.aside:
        draft.aside[:0] = capture.sheet_requests(found, *size)


def _targets(draft: Draft, found: Found) -> Iterator[Target]:
    """The single cells that are changed, as many as may be copied aside."""
    left = _ASIDE
    for key, fixes in draft.fixes.items():
        table = found.snapshot.tables[key]
        for change in fixes.single:
            left -= len(table.headers)
            if left < 0:
                return
            yield Target(key, change.row, table.bound[change.column] + 1, change.old, change.new)


def _captures(draft: Draft, found: Found, plan: Plan, tabs: Sequence[Tab]) -> tuple[int, int]:
    replaced = {op.tab for op in plan.ops if isinstance(op, ReplaceRows)}
    told: list[tuple[Tab, Frame]] = []
    for tab in tabs:
        table = found.snapshot.tables.get(tab.key)
        if tab.key in replaced and table is not None and capture.people_in(tab, table):
            told.append((tab, frame_of(found, tab)))
    if told:
        requests, size = capture.captures(found, told)
        draft.aside += requests
        draft.ranges.append(capture.region(size))
        draft.captured = True
        return size
    return 0, 0


def _frame(draft: Draft, found: Found, tab: Tab) -> Frame:
    frame = frame_of(found, tab)
    if frame.made:
        if tab.role in {Role.ENTRY, Role.SETTINGS}:
            raise NotATracker(f"{found.snapshot.name} has no tab {tab.title}; nothing was written.")
        draft.rest += bodies.made(frame, tab)
    return frame


def _body(draft: Draft, found: Found, op: ReplaceRows, tab: Tab, links: Mapping[str, int]) -> None:
    frame = _frame(draft, found, tab)
    draft.rest += bodies.room(frame, len(op.new))
    for body in bodies.bodies(op, frame, links):
        draft.bodies[len(draft.rest)] = body
        draft.rest.append(body.request())
    draft.rest += bodies.named(found, frame, tab, len(op.new))


def epoch_request(epoch: int, mark: str) -> Request:
    """The marker that lets the write after so many writes be done once, by one of us."""
    told = {
        "metadataId": ids.epoch_id(epoch),
        "metadataKey": "sheetsync.epoch",
        "metadataValue": mark,
        "location": {"spreadsheet": True},
        "visibility": "DOCUMENT",
    }
    return {"createDeveloperMetadata": {"developerMetadata": told}}


def forgotten(epochs: Sequence[int]) -> Iterator[Request]:
    """Delete the oldest markers."""
    for old in epochs[: -KEPT_EPOCHS + 1] if len(epochs) >= KEPT_EPOCHS else ():
        where = {"developerMetadataLookup": {"metadataId": old}}
        yield {"deleteDeveloperMetadata": {"dataFilter": where}}


def body_of(requests: Sequence[Request], ranges: Sequence[str]) -> dict[str, Any]:
    """The body of a batch that has these ranges read back."""
    if not ranges:
        return {"requests": list(requests)}
    return {
        "requests": list(requests),
        "includeSpreadsheetInResponse": True,
        "responseIncludeGridData": True,
        "responseRanges": list(ranges),
    }


def _checks(draft: Draft, found: Found, limits: Limits) -> Iterator[str]:
    """The header and the rows with changed cells of every entry tab, within the bound."""
    left = limits.check_cells
    for key, fixes in draft.fixes.items():
        table = found.snapshot.tables[key]
        if not fixes.requests:
            continue
        wide = max(len(table.headers), 1)
        title, last = quoted(found.sheets[key].title), letters(wide - 1)
        yield f"{title}!A{table.header_row}:{last}{table.header_row}"
        changed = sorted({change.row for change in (*fixes.single, *fixes.wide)})
        for first, end in _runs(changed):
            left -= (end - first + 1) * wide
            if left >= 0:
                yield f"{title}!A{first}:{last}{end}"


def _runs(rows: Sequence[int]) -> Iterator[tuple[int, int]]:
    """Rows in runs, small gaps included."""
    start = end = 0
    for row in rows:
        if start and row - end <= _GAP:
            end = row
            continue
        if start:
            yield start, end
        start = end = row
    if start:
        yield start, end
