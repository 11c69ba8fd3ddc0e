"""The hidden tab behind SYNC columns of entry tabs: a mark for a row is found by the row's own key.

Nothing is written beside people's rows. A SYNC column holds one array formula, in its header cell,
that looks every row's key up in the tab ``_marks``; so a mark stays with its row however rows are
sorted, inserted or copied, and a sync rewrites a tab that nobody else writes.

``_marks`` has a header and one row per row with a mark: the look-up text, the tab's key, the row's
key, then one column for each SYNC column by its key. Rows without a key of their own show no mark
(their mark is remembered by the name that the snapshot gives them); of two rows that share a key
both show the mark of the first.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime

from sheetsync.backends.google import ids
from sheetsync.backends.google.draw_cells import Json, Request, grid, update_cells
from sheetsync.backends.google.values import entered, serial
from sheetsync.model.snapshot import TableSnapshot
from sheetsync.model.tables import Grid, letters
from sheetsync.model.tracker import Column, Owner, Role, Tab
from sheetsync.model.values import Value, result_of, same

SHEET = ids.sheet_id(ids.MARKS)
_FIXED = ("look-up", "tab", "row")
_SHOWN = re.compile(
    r'=\s*ARRAYFORMULA\(\s*IF\(\s*ROW\([^()]*\)\s*=\s*ROW\([^()]*\)\s*[;,]\s*"((?:[^"]|"")*)"\s*[;,]',
    re.IGNORECASE,
)
Marked = tuple[str, str]
"""A tab's key and a row's key."""


@dataclass(frozen=True, slots=True)
class Marks:
    """What ``_marks`` holds: ``columns`` in sheet order, values by tab, row and column key.

    ``rows`` counts the sheet's rows, 0 when the tab is not there.
    """

    columns: tuple[str, ...] = ()
    values: Mapping[Marked, Mapping[str, Value]] = field(default_factory=dict)
    lookups: Mapping[Marked, str] = field(default_factory=dict)
    rows: int = 0
    width: int = 0


def sync_columns(tab: Tab) -> tuple[Column, ...]:
    """The columns of an entry tab that a formula fills; none for other tabs."""
    if tab.role is not Role.ENTRY:
        return ()
    return tuple(column for column in tab.columns if column.owner is Owner.SYNC)


def layout(tabs: Iterable[Tab]) -> tuple[str, ...]:
    """The keys of all SYNC columns of entry tabs, in the order in which ``_marks`` has them."""
    return tuple(sorted({column.key for tab in tabs for column in sync_columns(tab)}))


def width_of(columns: Sequence[str]) -> int:
    """How many columns of cells ``_marks`` has for these SYNC columns."""
    return len(_FIXED) + len(columns)


def header_formula(
    tab: Tab, column: Column, columns: Sequence[str], places: Mapping[str, int], row: int = 1
) -> str:
    """The formula (without =) for the header cell of a SYNC column.

    ``columns`` are the layout of ``_marks``, ``places`` the indices (from 0) of the tab's columns
    by key, ``row`` is the sheet row of the header. It looks at the key columns from the header
    itself on: a range that began below would move down, away from its formula, when a row is
    inserted right under the header. Arguments are parted by ``;``, as every locale takes them.
    """
    keys = [letters(places[key]) for key in tab.key_columns]
    wanted = '&"|"&'.join((f'"{tab.key}"', *(f"{letter}{row}:{letter}" for letter in keys)))
    told = letters(len(_FIXED) + columns.index(column.key))
    title = column.title.replace('"', '""')
    found = f"XLOOKUP({wanted};'{ids.MARKS}'!$A:$A;'{ids.MARKS}'!${told}:${told};\"\")"
    heads = f"ROW({keys[0]}{row}:{keys[0]})=ROW({keys[0]}{row})"
    return f'ARRAYFORMULA(IF({heads};"{title}";{found}))'


def shown_header(formula: str) -> str | None:
    """The header that such a formula shows; None for another formula.

    >>> shown_header('=ARRAYFORMULA(IF(ROW(A1:A)=ROW(A1);"Check";1))')
    'Check'
    """
    told = _SHOWN.match(formula)
    return told[1].replace('""', '"') if told else None


def sheet_requests(columns: Sequence[str], rows: int = 1000) -> Iterator[Request]:
    """Make the tab: hidden, with its header row."""
    properties = {
        "sheetId": SHEET,
        "title": ids.MARKS,
        "hidden": True,
        "gridProperties": {"rowCount": rows, "columnCount": len(_FIXED) + len(columns)},
    }
    yield {"addSheet": {"properties": properties}}
    head = [{"values": [_cell(name) for name in (*_FIXED, *columns)]}]
    where = grid(SHEET, 0, 1, 0, len(_FIXED) + len(columns))
    yield update_cells(where, head, "userEnteredValue")


def read_marks(cells: Grid, rows: int, width: int) -> Marks:
    """Take the tab's content apart; ``rows`` and ``width`` are the sheet's size."""
    head = [str(result_of(cells.columns[n][0]) or "") for n in sorted(cells.columns)]
    if tuple(head[: len(_FIXED)]) != _FIXED:
        return Marks(rows=rows, width=width)
    columns = tuple(name for name in head[len(_FIXED) :] if name)
    body = [cells.column(n + 1)[1:] for n in range(len(_FIXED) + len(columns))]
    values: dict[Marked, dict[str, Value]] = {}
    lookups: dict[Marked, str] = {}
    for lookup, tab, row, *told in zip(*body, strict=True):
        if isinstance(tab, str) and isinstance(row, str):
            values[tab, row] = dict(zip(columns, told, strict=True))
            lookups[tab, row] = str(lookup or "")
    return Marks(columns, values, lookups, rows, width)


def with_marks(tab: Tab, table: TableSnapshot, marks: Marks, shown: Iterable[str]) -> TableSnapshot:
    """The table with the values of ``_marks`` in the SYNC columns ``shown`` by formulas."""
    keys = table.keys(tab)
    edits = {
        column: {j: marks.values.get((tab.key, key), {}).get(column) for j, key in enumerate(keys)}
        for column in shown
    }
    return table.with_cells(edits)


def marked_rows(tab: Tab, table: TableSnapshot, columns: Sequence[str]) -> Iterator[list[Value]]:
    """The rows of ``_marks`` for one tab as it will be; rows without a mark have none."""
    told = [table.column(c) if c in table.bound else [None] * len(table) for c in columns]
    names = [table.column(key) for key in tab.key_columns]
    seen: set[str] = set()
    for j, key in enumerate(table.keys(tab)):
        values = [column[j] for column in told]
        if any(value not in {None, ""} for value in values):
            lookup = _lookup(tab, [name[j] for name in names])
            yield [None if lookup in seen else lookup, tab.key, key, *values]
            seen.add(lookup)


def _lookup(tab: Tab, parts: Sequence[Value]) -> str:
    """The text that the header's formula joins for a row; a name that cannot be met when blank."""
    told = [_joined(result_of(part)) for part in parts]
    return "|".join((tab.key, *told)) if any(told) else ""


def _joined(value: Value) -> str:
    """A value as ``&`` tells it."""
    if isinstance(value, datetime):
        value = serial(value)
    if isinstance(value, float | int) and not isinstance(value, bool):
        return f"{value:.15g}"
    return "" if value is None else str(value)


def rewritten(old: Marks, rows: Sequence[Sequence[Value]], columns: Sequence[str]) -> list[Request]:
    """The requests that make ``_marks`` hold these rows; [] when it does."""
    if old.columns == tuple(columns) and _same(old, rows):
        return []
    requests: list[Request] = []
    width = len(_FIXED) + len(columns)
    high = max(old.rows, len(rows) + 1, 2)
    if not old.rows:
        requests += sheet_requests(columns, high)
    elif high > old.rows or width > old.width:
        size = {"rowCount": high, "columnCount": max(width, old.width)}
        told = {"sheetId": SHEET, "gridProperties": size}
        fields = "gridProperties.rowCount,gridProperties.columnCount"
        requests.append({"updateSheetProperties": {"properties": told, "fields": fields}})
    body = [{"values": [_cell(value) for value in row]} for row in rows]
    head = {"values": [_cell(name) for name in (*_FIXED, *columns)]}
    where = grid(SHEET, 0, high, 0, max(width, old.width))
    return [*requests, update_cells(where, [head, *body], "userEnteredValue")]


def _same(old: Marks, rows: Sequence[Sequence[Value]]) -> bool:
    if len(rows) != len(old.values):
        return False
    for lookup, tab, row, *values in rows:
        told = old.values.get((str(tab), str(row)))
        if told is None or old.lookups[str(tab), str(row)] != (lookup or ""):
            return False
        if not all(map(same, told.values(), values)):
            return False
    return True


def _cell(value: Value) -> Json:
    told = entered(value)
    return {"userEnteredValue": told} if told is not None else {}
