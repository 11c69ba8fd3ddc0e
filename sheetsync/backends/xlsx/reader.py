"""A workbook's bytes to a Snapshot: tabs by title or table, columns by header, rows as found.

Nothing is interpreted: hidden and filtered rows are read like others, text stays text. Totals
rows are left out and listed, for they are nobody's facts.
"""

from __future__ import annotations

import hashlib
import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field

from sheetsync.backends.xlsx.cells import read_grid
from sheetsync.backends.xlsx.convert import Context
from sheetsync.backends.xlsx.dates import looks
from sheetsync.backends.xlsx.markup import cell_position
from sheetsync.backends.xlsx.notes import notes
from sheetsync.backends.xlsx.package import Package
from sheetsync.backends.xlsx.parts import Book, Sheet, Table
from sheetsync.backends.xlsx.strings import shared_strings
from sheetsync.model.snapshot import ReportSnapshot, Snapshot, TableSnapshot
from sheetsync.model.tables import Grid, read_table
from sheetsync.model.tracker import Role, Tab
from sheetsync.model.values import Formula, Scalar, Value

_REFERENCE = re.compile(r"(?:'((?:[^']|'')+)'|([^'!]+))!(\$?[A-Za-z]{1,3}\$?[0-9]{1,7})")


def snapshot(
    data: bytes, tabs: Sequence[Tab], name: str, share: tuple[int, int] = (0, 1)
) -> Snapshot:
    """Read the declared tabs of a workbook file; those that are not there are left out.

    ``fingerprint`` is the SHA-256 of the bytes in hex. ``share`` is (i, n): of n shares of about
    the same size only the tabs of the i-th are read. Raises ``WorkbookUnreadable``.
    """
    source = _Source.of(Book.of(Package.open(data)))
    found = find_tabs(source.book, tabs)
    mine = _shares(source.book.package, found, share[1])[share[0]]
    tables: dict[str, TableSnapshot] = {}
    reports: dict[str, ReportSnapshot] = {}
    for tab in tabs:
        sheet = found.get(tab.key)
        if sheet is None or tab.key not in mine:
            continue
        if tab.role is Role.REPORT:
            reports[tab.key] = _report(source, tab, sheet)
        else:
            tables[tab.key] = _table(source, tab, sheet)
    taken = {sheet.index for sheet in found.values()}
    every = sorted((*source.book.sheets, *source.book.other_sheets), key=lambda s: s.index)
    return Snapshot(
        name=name,
        fingerprint=hashlib.sha256(data).hexdigest(),
        tables=tables,
        reports=reports,
        other_tabs=tuple(sheet.name for sheet in every if sheet.index not in taken),
        problems=tuple(notes(source.book)),
    )


def _shares(package: Package, found: Mapping[str, Sheet], count: int) -> list[set[str]]:
    """The keys of these tabs in so many sets: the biggest sheet first, each to the smallest set."""
    sizes = [0] * count
    shares: list[set[str]] = [set() for _ in sizes]
    for key, sheet in sorted(found.items(), key=lambda told: -package.size(told[1].part)):
        least = sizes.index(min(sizes))
        shares[least].add(key)
        sizes[least] += package.size(sheet.part)
    return shares


def find_tabs(book: Book, tabs: Sequence[Tab]) -> dict[str, Sheet]:
    """The sheet of each declared tab: by title, else by the name of its table.

    Titles come first for all tabs, so that a sheet is never given to two of them.
    """
    found: dict[str, Sheet] = {}
    for tab in tabs:
        sheet = book.sheet(tab.title)
        if sheet is not None and sheet not in found.values():
            found[tab.key] = sheet
    sheets = {sheet.part: sheet for sheet in book.sheets}
    for tab in tabs:
        if tab.key in found or not tab.table:
            continue
        for table in book.tables:
            sheet = sheets[table.sheet_part]
            if table.name.casefold() == tab.table.casefold() and sheet not in found.values():
                found[tab.key] = sheet
    return found


def _table_of(book: Book, tab: Tab, sheet: Sheet) -> Table | None:
    tables = book.tables_of_sheet(sheet.part)
    named = (table for table in tables if table.name.casefold() == tab.table.casefold())
    return next(named, tables[0] if len(tables) == 1 else None)


def _table(source: _Source, tab: Tab, sheet: Sheet) -> TableSnapshot:
    grid, table = source.grid(sheet), _table_of(source.book, tab, sheet)
    if table is None or not table.header_rows:
        return read_table(tab, sheet.name, grid)
    totals = range(table.last_row - table.totals_rows + 1, table.last_row + 1)
    return read_table(tab, sheet.name, grid, table.first_row, totals)


@dataclass(frozen=True, slots=True)
class _Source:
    """A workbook with the grids of its sheets, each read at most once."""

    book: Book
    context: Context
    _grids: dict[str, Grid] = field(default_factory=dict)

    @classmethod
    def of(cls, book: Book) -> _Source:
        strings = shared_strings(book.package, book.shared_strings_part)
        return cls(book, Context(strings, looks(book.package, book.styles_part), book.date1904))

    def grid(self, sheet: Sheet) -> Grid:
        if sheet.part not in self._grids:
            grid = read_grid(self.book.package, sheet.part, sheet.name, self.context)
            self._grids[sheet.part] = grid
        return self._grids[sheet.part]


def _report(source: _Source, tab: Tab, sheet: Sheet) -> ReportSnapshot:
    return ReportSnapshot(
        tab=tab.key,
        title=sheet.name,
        formulas=dict(_formulas(source.grid(sheet))),
        names=dict(_names(source, tab)),
    )


def _formulas(grid: Grid) -> Iterator[tuple[str, Scalar]]:
    """Formula texts with their cached values; where one stands in several cells, the first."""
    seen: set[str] = set()
    for number in sorted(grid.columns):
        for value in grid.columns[number]:
            if isinstance(value, Formula) and value.text and value.text not in seen:
                seen.add(value.text)
                yield value.text, value.value


def _names(source: _Source, tab: Tab) -> Iterator[tuple[str, Value]]:
    known = {name.casefold(): text for name, text in source.book.names.items()}
    for name in tab.names:
        match = _REFERENCE.fullmatch(known.get(name.casefold(), ""))
        if match is None:
            continue
        title = (match[1] or "").replace("''", "'") or match[2]
        sheet = next((s for s in source.book.sheets if s.name.casefold() == title.casefold()), None)
        if sheet is not None:
            yield name, _cell(source.grid(sheet), match[3])


def _cell(grid: Grid, address: str) -> Value:
    try:
        row, column = cell_position(address)
        return grid.columns[column][grid.rows.index(row)]
    except (KeyError, ValueError):
        return None
