"""Where a declared tab is in a workbook: its sheet, its table, its columns and its rows.

The only place that turns keys into addresses for writing.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from operator import is_

from sheetsync.backends.xlsx.markup import cell_position
from sheetsync.backends.xlsx.parts import Book, Sheet, Table
from sheetsync.backends.xlsx.rows import Cut, styles_of
from sheetsync.model.errors import StaleSnapshot
from sheetsync.model.plan import WriteCells
from sheetsync.model.snapshot import Snapshot, TableSnapshot, bind, row_keys
from sheetsync.model.tracker import Tab
from sheetsync.model.values import same, show


@dataclass(frozen=True)
class Place:
    """A tab's place: ``columns`` maps column keys to 1-based sheet columns.

    ``seen`` is the tab as read, None when the tab was not there then (or is a report).
    """

    tab: Tab
    part: str
    title: str
    table: Table | None
    seen: TableSnapshot | None
    columns: Mapping[str, int]

    @classmethod
    def find(cls, book: Book, tab: Tab, snapshot: Snapshot) -> Place | None:
        """Find the tab's sheet by the title as read, by its table's name or by its own title."""
        seen = snapshot.tables.get(tab.key)
        report = snapshot.reports.get(tab.key)
        sheet = _sheet(book, tab, seen.title if seen else report.title if report else "")
        if sheet is None:
            return None
        table = _table(book, tab, sheet.part, seen)
        return cls(tab, sheet.part, sheet.name, table, seen, _columns(tab, table, seen))

    @property
    def header_row(self) -> int:
        """The row of the headers."""
        if self.seen:
            return self.seen.header_row
        return self.table.first_row if self.table else 1

    @property
    def first_row(self) -> int:
        """The first row of the body."""
        return self.header_row + 1

    @property
    def last_filled(self) -> int:
        """The last row that holds anything, the header row at least."""
        return max((self.header_row, *(self.seen.rows[-1:] if self.seen else ())))

    @property
    def last_row(self) -> int:
        """The last row of the body, filled or not."""
        if self.table is None:
            return max(self.first_row, self.last_filled)
        return max(self.first_row, self.table.last_row - self.table.totals_rows)

    def first_styles(self, sheet: Cut) -> dict[int, int]:
        """The styles of the first body row, by column."""
        return styles_of(sheet.piece(self.first_row), sheet.prefix)

    @cached_property
    def row_of_key(self) -> dict[str, int]:
        """The index of each row (in the tab as read) by its key."""
        assert self.seen is not None
        bound = {
            c.key: self.seen.column(c.key) for c in self.tab.columns if c.key in self.seen.bound
        }
        return {key: j for j, key in enumerate(row_keys(self.tab, bound, len(self.seen)))}

    @property
    def without_gaps(self) -> bool:
        """Whether the rows as read follow each other in the sheet."""
        assert self.seen is not None
        rows = self.seen.rows
        return bool(rows) and rows[-1] - rows[0] == len(rows) - 1

    @cached_property
    def row_of_number(self) -> dict[int, int]:
        """The index of each row (in the tab as read) by its sheet row."""
        assert self.seen is not None
        return {row: j for j, row in enumerate(self.seen.rows)}


def _sheet(book: Book, tab: Tab, title: str) -> Sheet | None:
    if title and (found := book.sheet(title)):
        return found
    name = tab.table.casefold()
    parts = [t.sheet_part for t in book.tables if name and t.name.casefold() == name]
    by_table = next((s for s in book.sheets if s.part in parts), None)
    return by_table or book.sheet(tab.title)


def _table(book: Book, tab: Tab, part: str, seen: TableSnapshot | None) -> Table | None:
    tables = book.tables_of_sheet(part)
    named = [t for t in tables if tab.table and t.name.casefold() == tab.table.casefold()]
    if named:
        return named[0]
    row = seen.header_row if seen else 1
    return next((t for t in tables if t.first_row == row and t.header_rows), None)


def _columns(tab: Tab, table: Table | None, seen: TableSnapshot | None) -> dict[str, int]:
    if seen is not None:
        return {key: index + 1 for key, index in seen.bound.items()}
    if table is None:
        return {}
    bound = bind(tab, table.columns)
    return {key: table.first_col + hits[0] for key, hits in bound.items() if hits}


def rows_of(place: Place, op: WriteCells) -> list[int]:
    """The sheet row of each cell, by row key; the op's own rows are hints.

    ``StaleSnapshot`` when a key is not there any more.
    """
    if place.seen is None:
        raise StaleSnapshot(f'The tab "{place.title}" was not there when it was read; sync again.')
    rows = place.seen.rows
    at = list(map(place.row_of_key.get, op.keys))
    if None in at:
        at = [_index(place, key, hint) for key, hint in zip(op.keys, op.rows, strict=True)]
    return [rows[j] for j in at if j is not None]


def _index(place: Place, key: str, hint: int) -> int:
    index = place.row_of_key.get(key)
    if index is None and key.startswith("~"):  # a hash of cells that may have changed since
        index = place.row_of_number.get(hint)
    if index is None:
        raise StaleSnapshot(
            f'The row {show(key)} of the tab "{place.title}" is not there any more; sync again.'
        )
    return index


def old_cells_stand(place: Place, op: WriteCells, rows: Sequence[int]) -> None:
    """``StaleSnapshot`` when a cell does not hold the value that the op expects."""
    assert place.seen is not None
    cells = place.seen.column(op.column)
    if place.without_gaps:
        first = place.seen.rows[0]
        stored = [cells[row - first] for row in rows]
    else:
        index = place.row_of_number
        stored = [cells[index[row]] for row in rows]
    if all(map(is_, stored, op.old)):  # mostly they are the very objects that were read
        return
    for row, found, old in zip(rows, stored, op.old, strict=True):
        if found is not old and not same(found, old):
            raise StaleSnapshot(
                f'Row {row} of the tab "{place.title}" holds {show(found)} under "{op.column}" '
                f"and not {show(old)} any more; sync again."
            )


def named_cell(book: Book, name: str) -> tuple[str, int, int]:
    """The part, row and column of a workbook name's one cell; ``StaleSnapshot`` if it has none."""
    folded = name.casefold()
    refers = next((ref for key, ref in book.names.items() if key.casefold() == folded), "")
    title, mark, address = refers.lstrip("=").rpartition("!")
    sheet = book.sheet(title.strip("'").replace("''", "'")) if mark else None
    try:
        row, column = cell_position(address)
    except ValueError:
        sheet = None
    if sheet is None:
        raise StaleSnapshot(f'The name "{name}" does not mean one cell any more; sync again.')
    return sheet.part, row, column
