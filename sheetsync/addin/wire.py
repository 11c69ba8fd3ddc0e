"""A workbook as the add-in posts it, and as a ``model.workbook.Workbook`` over what was posted.

Office.js tells dates as serial numbers, empty cells as "" and errors as their texts; which numbers
are dates only their number formats tell. Nothing is kept between two requests: the workbook itself
stays in Excel, and a plan goes back as a score that the add-in plays (``officejs/playing.js``).
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from typing import Annotated, Any, Literal

from pydantic import (
    BaseModel,
    ConfigDict,
    FailFast,
    Field,
    StrictBool,
    StrictInt,
    StrictStr,
    model_validator,
)
from pydantic.types import StrictFloat

from sheetsync.backends.xlsx.dates import Look, look_of, moment
from sheetsync.model.errors import NotATracker, StaleSnapshot
from sheetsync.model.plan import Plan, Recache
from sheetsync.model.score import score
from sheetsync.model.snapshot import ReportSnapshot, Snapshot, TableSnapshot
from sheetsync.model.tables import Grid, read_table
from sheetsync.model.tracker import Owner, Role, Tab, plain
from sheetsync.model.values import CellError, Formula, Scalar, Value
from sheetsync.model.workbook import Receipt

VERSION = 1
MOST_ROWS = 1_048_576
MOST_COLUMNS = 16_384
ERRORS = frozenset(
    (
        *("#NULL!", "#DIV/0!", "#VALUE!", "#REF!", "#NAME?", "#NUM!", "#N/A", "#GETTING_DATA"),
        *("#SPILL!", "#CONNECT!", "#BLOCKED!", "#UNKNOWN!", "#FIELD!", "#CALC!", "#BUSY!"),
        *("#EXTERNAL!", "#PYTHON!", "#TIMEOUT!"),
    )
)
"""Texts that office.js tells of cells with errors, whatever Excel's language is."""

_RowNumber = Annotated[int, Field(ge=1, le=MOST_ROWS)]
_ColumnNumber = Annotated[int, Field(ge=1, le=MOST_COLUMNS)]
_Text = Annotated[str, Field(max_length=255)]
_Span = tuple[_RowNumber, str]
_Cell = (
    StrictStr | StrictBool | StrictInt | Annotated[StrictFloat, Field(allow_inf_nan=False)] | None
)
_First = FailFast()
"""A list is refused at its first wrong item: a list of millions of them would fill the memory."""


class _Part(BaseModel):
    model_config = ConfigDict(extra="ignore", frozen=True)


class PostedTable(_Part):
    """An Excel table's place on its sheet, header and totals included."""

    name: _Text
    row: _RowNumber
    column: _ColumnNumber
    rows: _RowNumber
    columns: _ColumnNumber
    headers: bool = True
    totals: bool = False


class PostedSheet(_Part):
    """A sheet's cells: ``values`` are rows of one width from the cell of ``first_row`` on.

    ``formulas`` are row, column and text with its =; ``formats`` are the number formats down each
    column of ``values``, as pairs of how many cells and the format; ``texts`` are the rows and
    columns of texts that look like an error; ``merges`` are corners (first row, last row, first
    column, last column).
    """

    name: _Text
    first_row: _RowNumber = 1
    first_column: _ColumnNumber = 1
    values: Annotated[list[Annotated[list[_Cell], _First]], _First] = []
    formulas: Annotated[list[tuple[_RowNumber, _ColumnNumber, str]], _First] = []
    formats: Annotated[list[Annotated[list[_Span], _First]], _First] = []
    texts: Annotated[list[tuple[_RowNumber, _ColumnNumber]], _First] = []
    tables: Annotated[list[PostedTable], _First] = []
    merges: Annotated[
        list[tuple[_RowNumber, _RowNumber, _ColumnNumber, _ColumnNumber]], _First
    ] = []
    protected: bool = False

    @model_validator(mode="after")
    def _fits(self) -> PostedSheet:
        widths = set(map(len, self.values))
        if len(widths) > 1:
            raise ValueError("the rows of a sheet's values must be of one length")
        if self.last_row > MOST_ROWS or self.first_column + self.width - 1 > MOST_COLUMNS:
            raise ValueError("a sheet's values reach beyond the last row or column of Excel")
        return self

    @property
    def width(self) -> int:
        """How many columns of values there are."""
        return len(self.values[0]) if self.values else 0

    @property
    def last_row(self) -> int:
        """The sheet row of the last values."""
        return self.first_row + len(self.values) - 1


class PostedName(_Part):
    """A workbook name of a single cell."""

    name: _Text
    sheet: _Text
    row: _RowNumber
    column: _ColumnNumber


class PostedBook(_Part):
    """What is told of the workbook as a whole; ``others`` are tabs that were not sent."""

    name: _Text
    date1904: bool = False
    others: Annotated[list[_Text], _First] = []


class Posted(_Part):
    """The body of a request: the tabs that the engine reads, and for an undo the plan to undo."""

    version: Literal[1]
    client: Annotated[str, Field(max_length=64)] = "office.js"
    workbook: PostedBook
    as_of: date | None = None
    sheets: Annotated[list[PostedSheet], _First]
    names: Annotated[list[PostedName], _First] = []
    plan: dict[str, Any] | None = None

    @model_validator(mode="after")
    def _names_sheets_once(self) -> Posted:
        if len({sheet.name.casefold() for sheet in self.sheets}) < len(self.sheets):
            raise ValueError("two sheets have the same name")
        return self


@dataclass(frozen=True, slots=True)
class _Found:
    """A declared tab's sheet, and its cells."""

    sheet: PostedSheet
    grid: Grid


class PostedWorkbook:
    """A ``model.workbook.Workbook`` over a posted one: ``apply`` writes nothing, it keeps a score.

    ``score`` is what the add-in is to play (see ``model.score``), None before ``apply`` and when
    there is nothing to write. ``notes`` are sentences for people.
    """

    calculates = True
    """Formulas are worked out by Excel, not cached by us."""

    def __init__(self, posted: Posted) -> None:
        self.posted = posted
        self.notes: tuple[str, ...] = ()
        self.score: dict[str, Any] | None = None
        self._seen: tuple[tuple[Tab, ...], Snapshot] | None = None

    @property
    def name(self) -> str:
        """The workbook's name, as Excel's title bar shows it."""
        return self.posted.workbook.name

    def read(self, tabs: Sequence[Tab]) -> Snapshot:
        """Read the declared tabs; those that were not posted are left out.

        Report tabs are there even when people deleted them, without names: charts cannot be drawn
        into an open workbook, so nothing is wanted of such a tab.
        """
        if self._seen is None or self._seen[0] != tuple(tabs):
            self._seen = tuple(tabs), self._read(tabs)
        return self._seen[1]

    def _read(self, tabs: Sequence[Tab]) -> Snapshot:
        found = dict(self._find(tabs))
        reports = {
            tab.key: self._report(tab, found.get(tab.key))
            for tab in tabs
            if tab.role is Role.REPORT
        }
        tables = {
            tab.key: _table(tab, found[tab.key])
            for tab in tabs
            if tab.role is not Role.REPORT and tab.key in found
        }
        taken = {one.sheet.name for one in found.values()}
        others = (sheet.name for sheet in self.posted.sheets if sheet.name not in taken)
        return Snapshot(
            name=self.name,
            fingerprint=_fingerprint(found),
            tables=tables,
            reports=reports,
            other_tabs=(*others, *self.posted.workbook.others),
        )

    def apply(self, plan: Plan, tabs: Sequence[Tab]) -> Receipt:
        """Keep the plan as ``score``; raises StaleSnapshot for a plan of another workbook.

        Raises NotATracker when it writes to a tab of people's that is not there.
        """
        if not plan:
            return Receipt(plan.fingerprint, plan.fingerprint)
        seen = self.read(tabs)
        if plan.fingerprint != seen.fingerprint:
            raise StaleSnapshot(f"“{self.name}” was changed since it was read: read it again.")
        self._expect_tabs(plan, seen, tabs)
        self.score = score(plan, seen, tabs, {tab.key: _besides(tab) for tab in tabs})
        titles = (seen.tables[op.tab].title for op in plan.ops if op.tab in seen.tables)
        return Receipt(plan.fingerprint, f"run {plan.run}", tuple(dict.fromkeys(titles)))

    def plan_of(self, run: str) -> Plan:
        """Return the posted plan when it is that run's, KeyError otherwise."""
        try:
            plan = Plan.from_json(self.posted.plan or {})
        except (AttributeError, TypeError, ValueError) as error:
            raise KeyError(run) from error
        if plan.run != run:
            raise KeyError(run)
        return plan

    def close(self) -> None:
        """Do nothing: Excel stays as it is."""

    def _find(self, tabs: Sequence[Tab]) -> Iterator[tuple[str, _Found]]:
        date1904 = self.posted.workbook.date1904
        for key, sheet in find_sheets(self.posted.sheets, tabs).items():
            yield key, _Found(sheet, grid_of(sheet, date1904=date1904))

    def _report(self, tab: Tab, found: _Found | None) -> ReportSnapshot:
        if found is None:
            if not tab.pack:
                self._note(
                    f"The tab {tab.title} is gone from “{self.name}”: save and close the workbook "
                    "and sync its file to have it drawn again."
                )
            return ReportSnapshot(tab.key, tab.title)
        names = dict(_names(tab, found, self.posted.names))
        return ReportSnapshot(tab.key, found.sheet.name, {}, names)

    def _expect_tabs(self, plan: Plan, seen: Snapshot, tabs: Sequence[Tab]) -> None:
        wanted = {op.tab for op in plan.ops if not isinstance(op, Recache)}
        for tab in tabs:
            theirs = tab.role in (Role.ENTRY, Role.SETTINGS)
            if theirs and tab.key in wanted and tab.key not in seen.tables:
                raise NotATracker(f"{self.name} has no tab {tab.title}; nothing was written.")

    def _note(self, note: str) -> None:
        if note not in self.notes:
            self.notes = (*self.notes, note)


def find_sheets(sheets: Sequence[PostedSheet], tabs: Sequence[Tab]) -> dict[str, PostedSheet]:
    """The sheet of each tab: by title for all of them first, else by the name of its table."""
    named = {sheet.name: [table.name for table in sheet.tables] for sheet in sheets}
    by_name = {sheet.name: sheet for sheet in sheets}
    return {key: by_name[name] for key, name in find_names(named, tabs).items()}


def find_names(sheets: Mapping[str, Sequence[str]], tabs: Sequence[Tab]) -> dict[str, str]:
    """The sheet's name of each tab key; ``sheets`` has the names of their tables by sheet name."""
    found: dict[str, str] = {}
    free: dict[str, str] = {plain(name): name for name in reversed(tuple(sheets))}
    for tab in tabs:
        if (name := free.pop(plain(tab.title), None)) is not None:
            found[tab.key] = name
    missing = {tab.table.casefold(): tab.key for tab in tabs if tab.table and tab.key not in found}
    taken = set(found.values())
    for name in (name for name in sheets if name not in taken):
        keys = (missing.get(table.casefold(), "") for table in sheets[name])
        key = next((key for key in keys if key and key not in found), None)
        if key is not None:
            found[key] = name
    return found


def grid_of(sheet: PostedSheet, *, date1904: bool = False) -> Grid:
    """A posted sheet's cells as the values that a reader of the sheet sees."""
    formulas = _by_column(sheet, sheet.formulas)
    texts = _by_column(sheet, [(*place, "") for place in sheet.texts])
    columns: dict[int, list[Value]] = {}
    for at, told in enumerate(zip(*sheet.values, strict=True)):
        number = sheet.first_column + at
        spans = sheet.formats[at] if at < len(sheet.formats) else []
        cells: list[Value] = list(_column(told, spans, date1904=date1904))
        for place, _ in texts.get(number, ()):
            cells[place] = told[place] or None
        for place, text in formulas.get(number, ()):
            cells[place] = Formula(text.removeprefix("="), cells[place])  # type: ignore[arg-type]
        if any(value is not None for value in cells):
            columns[number] = cells
    rows = range(sheet.first_row, sheet.last_row + 1)
    return Grid(rows, columns, tuple(sheet.merges))


def _by_column(
    sheet: PostedSheet, told: Sequence[tuple[int, int, str]]
) -> dict[int, list[tuple[int, str]]]:
    """By column, the places of cells within ``values`` with what is told of each."""
    found: dict[int, list[tuple[int, str]]] = {}
    for row, column, text in told:
        if sheet.first_row <= row <= sheet.last_row:
            found.setdefault(column, []).append((row - sheet.first_row, text))
    return found


def _column(
    told: Sequence[_Cell], spans: Sequence[tuple[int, str]], *, date1904: bool
) -> Iterator[Scalar]:
    """One column's cells; ``spans`` are its number formats, cells beyond them are General."""
    at = 0
    for count, code in (*spans, (len(told), "General")):
        look = look_of(code)
        for value in told[at : at + count]:
            yield _scalar(value, look, date1904=date1904)
        at += count


def _scalar(value: _Cell, look: Look, *, date1904: bool) -> Scalar:
    if value is None or value == "":
        return None
    if isinstance(value, str):
        return CellError(value) if value in ERRORS else value
    if isinstance(value, bool):
        return value
    if look is not Look.NUMBER:
        return moment(value, look, date1904, f"{value:.15g}")
    return int(value) if isinstance(value, float) and value.is_integer() else value


def _table(tab: Tab, found: _Found) -> TableSnapshot:
    sheet = found.sheet
    named = (table for table in sheet.tables if table.name.casefold() == tab.table.casefold())
    table = next(named, sheet.tables[0] if len(sheet.tables) == 1 else None)
    if table is None or not table.headers:
        return read_table(tab, sheet.name, found.grid)
    end = table.row + table.rows
    return read_table(tab, sheet.name, found.grid, table.row, range(end - table.totals, end))


def _names(tab: Tab, found: _Found, names: Sequence[PostedName]) -> Iterator[tuple[str, Value]]:
    known = {told.name.casefold(): told for told in names}
    for name in tab.names:
        told = known.get(name.casefold())
        if told is not None and told.sheet.casefold() == found.sheet.name.casefold():
            yield name, _value_at(found, told.row, told.column)


def _value_at(found: _Found, row: int, column: int) -> Value:
    cells = found.grid.columns.get(column, [])
    at = row - found.sheet.first_row
    return cells[at] if 0 <= at < len(cells) else None


def _fingerprint(found: Mapping[str, _Found]) -> str:
    """A hash of all cells of the tabs; formulas by their text, for results may move."""
    told = hashlib.sha256()
    for key, one in found.items():
        told.update(f"{key}\x1e{one.sheet.name}\x1e{one.sheet.first_row}".encode())
        for number, cells in one.grid.columns.items():
            bare = [f"={v.text}" if isinstance(v, Formula) else v for v in cells]
            told.update(f"{number}:{bare!r}\n".encode("utf-8", "surrogatepass"))
    return told.hexdigest()


def _besides(tab: Tab) -> dict[str, Any]:
    """What ``playing.js`` needs besides, most of it for a tab that people deleted."""
    return {
        "table": tab.table,
        "formats": {c.key: c.number_format for c in tab.columns if c.number_format},
        "sync": [c.key for c in tab.columns if c.owner is Owner.SYNC],
    }
