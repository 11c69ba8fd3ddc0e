"""An open workbook to a Snapshot: every declared tab in two calls, its values and its formulas."""

from __future__ import annotations

import hashlib
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from sheetsync.backends.excel import native
from sheetsync.backends.excel.area import Area, reference
from sheetsync.backends.excel.calls import Calls, is_of_excel
from sheetsync.backends.excel.merges import merges
from sheetsync.backends.excel.values import column_of, grid_of, needs_shown, with_shown
from sheetsync.model.snapshot import ReportSnapshot, Snapshot, TableSnapshot
from sheetsync.model.tables import Grid, read_table
from sheetsync.model.tracker import Role, Tab, plain
from sheetsync.model.values import Formula, Value


@dataclass(frozen=True, slots=True)
class TableFound:
    """An Excel table: the ``table`` of xlwings', its name and its area with header and totals."""

    table: Any
    name: str
    area: Area
    headers: bool
    totals: bool

    @property
    def last_row(self) -> int:
        """The last row of its body."""
        return self.area.bottom - self.totals


@dataclass(frozen=True, slots=True)
class TabFound:
    """A declared tab as it stands in Excel: the ``sheet`` of xlwings', and its cells.

    ``names`` are the places of a report tab's names; ``digest`` is of all cells, formulas by their
    text.
    """

    tab: Tab
    sheet: Any
    title: str
    table: TableFound | None
    grid: Grid
    digest: str
    seen: TableSnapshot | None
    names: Mapping[str, Area]


@dataclass(frozen=True, slots=True)
class BookFound:
    """All that one reading met."""

    snapshot: Snapshot
    tabs: Mapping[str, TabFound]


def look(book: Any, name: str, tabs: Sequence[Tab], calls: Calls) -> BookFound:
    """Read the declared tabs; those that are not there are left out."""
    sheets = calls.ask(lambda: [(sheet, str(sheet.name)) for sheet in book.sheets])
    found = _find(sheets, tabs, calls)
    seen = {
        tab.key: _look_at(book, tab, *found[tab.key], calls) for tab in tabs if tab.key in found
    }
    taken = {one.title for one in seen.values()}
    told = "\x1e".join((*(title for _, title in sheets), *(s.digest for s in seen.values())))
    snapshot = Snapshot(
        name=name,
        fingerprint=hashlib.sha256(told.encode("utf-8", "surrogatepass")).hexdigest(),
        tables={key: one.seen for key, one in seen.items() if one.seen is not None},
        reports={key: _report(one) for key, one in seen.items() if one.seen is None},
        other_tabs=tuple(title for _, title in sheets if title not in taken),
    )
    return BookFound(snapshot, seen)


def again(book: Any, one: TabFound, calls: Calls) -> TabFound:
    """Read one tab once more; its sheet may have got another title."""
    title = calls.ask(lambda: str(one.sheet.name))
    return _look_at(book, one.tab, one.sheet, title, calls)


def _find(
    sheets: Sequence[tuple[Any, str]], tabs: Sequence[Tab], calls: Calls
) -> dict[str, tuple[Any, str]]:
    """The sheet of each tab: by title for all of them first, else by the name of its table."""
    found: dict[str, tuple[Any, str]] = {}
    free = {plain(title): (sheet, title) for sheet, title in reversed(sheets)}
    for tab in tabs:
        if (told := free.pop(plain(tab.title), None)) is not None:
            found[tab.key] = told
    missing = {tab.table.casefold(): tab for tab in tabs if tab.table and tab.key not in found}
    taken = {title for _, title in found.values()}
    for sheet, title in (told for told in sheets if missing and told[1] not in taken):
        for table in _tables(sheet, calls):
            meant = missing.get(table.name.casefold())
            if meant is not None and meant.key not in found:
                found[meant.key] = sheet, title
                break
    return found


def _tables(sheet: Any, calls: Calls) -> list[TableFound]:
    return calls.ask(lambda: [t for table in sheet.tables if (t := _table(table)) is not None])


def _table(table: Any) -> TableFound | None:
    area = Area.of(table.range.address)
    if area is None:
        return None
    return TableFound(
        table, str(table.name), area, bool(table.show_headers), bool(table.show_totals)
    )


def _look_at(book: Any, tab: Tab, sheet: Any, title: str, calls: Calls) -> TabFound:
    grid, whole = _grid(sheet, calls)
    if tab.role is Role.REPORT:
        names = dict(_names(book, tab, title, calls))
        return TabFound(tab, sheet, title, None, grid, _digest(grid), None, names)
    if whole is not None:
        grid.merges = merges(sheet, whole, calls)
    tables = _tables(sheet, calls)
    named = (table for table in tables if table.name.casefold() == tab.table.casefold())
    table = next(named, tables[0] if len(tables) == 1 else None)
    seen = _read(tab, title, grid, table)
    return TabFound(tab, sheet, title, table, grid, _digest(grid), seen, {})


def _read(tab: Tab, title: str, grid: Grid, table: TableFound | None) -> TableSnapshot:
    if table is None or not table.headers:
        return read_table(tab, title, grid)
    totals = range(table.last_row + 1, table.area.bottom + 1)
    return read_table(tab, title, grid, table.area.top, totals)


def _grid(sheet: Any, calls: Calls) -> tuple[Grid, Area | None]:
    """The cells of a sheet from A1 to the last used one, and that area."""
    used = Area.of(calls.ask(lambda: str(sheet.used_range.address)))
    if used is None:
        return Grid(), None
    columns: dict[int, list[Value]] = {n: [] for n in range(1, used.right + 1)}
    whole = Area(1, 1, used.bottom, used.right)
    budget = calls.ask(lambda: sheet.range("A1").impl.max_cells_per_read) or used.bottom
    step = max(1, int(budget) // used.right)
    for top in range(1, whole.bottom + 1, step):
        part = Area(top, 1, min(top + step - 1, whole.bottom), whole.right)
        for number, cells in enumerate(_block(sheet, part, calls), 1):
            columns[number] += cells
    filled = {n: cells for n, cells in columns.items() if any(v is not None for v in cells)}
    return Grid(range(1, used.bottom + 1), filled), whole


def _block(sheet: Any, area: Area, calls: Calls) -> list[list[Value]]:
    """The columns of an area."""
    cells = calls.ask(lambda: sheet.range(area.address))
    height, width = area.bottom - area.top + 1, area.right - area.left + 1
    values = list(zip(*grid_of(calls.ask(lambda: cells.raw_value), height, width), strict=True))
    texts = list(zip(*grid_of(calls.ask(lambda: cells.formula), height, width), strict=True))
    if any(map(needs_shown, values, texts)):
        told = calls.ask(lambda: native.shown(cells))
        if told is not None:
            columns = zip(*grid_of(told, height, width), strict=True)
            values = [tuple(with_shown(v, s)) for v, s in zip(values, columns, strict=True)]
    return [column_of(v, t) for v, t in zip(values, texts, strict=True)]


def _digest(grid: Grid) -> str:
    """A hash of all cells that hold something; formulas by their text, for results may move."""
    told = hashlib.sha256()
    for number, cells in sorted(grid.columns.items()):
        last = next(i for i in range(len(cells) - 1, -1, -1) if cells[i] is not None)
        bare = cells[: last + 1]
        if Formula in set(map(type, bare)):
            bare = [f"={v.text}" if isinstance(v, Formula) else v for v in bare]
        told.update(f"{number}:{bare!r}\n".encode("utf-8", "surrogatepass"))
    return told.hexdigest()


def _names(book: Any, tab: Tab, title: str, calls: Calls) -> Iterator[tuple[str, Area]]:
    for name in tab.names:
        found = reference(refers_to(book, name, calls))
        if found is not None and found[0].casefold() == title.casefold():
            yield name, found[1]


def refers_to(book: Any, name: str, calls: Calls) -> str:
    """What a workbook name refers to, with its =; "" when there is no such name."""
    try:
        return str(calls.ask(lambda: book.names[name].refers_to) or "")
    except Exception as error:
        if isinstance(error, KeyError) or is_of_excel(error):
            return ""
        raise


def _report(one: TabFound) -> ReportSnapshot:
    """A report tab: its named cells. Excel works its formulas out, so none are told as cached."""
    names = {name: value_at(one.grid, area.top, area.left) for name, area in one.names.items()}
    return ReportSnapshot(one.tab.key, one.title, {}, names)


def value_at(grid: Grid, row: int, column: int) -> Value:
    """The value of a cell; None outside of what is used."""
    cells = grid.columns.get(column, [])
    return cells[row - 1] if row <= len(cells) else None
