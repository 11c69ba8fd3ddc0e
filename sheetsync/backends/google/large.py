"""Tabs too large for a grid reply: plain values in long requests, formulas where there are any."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from itertools import zip_longest
from typing import TYPE_CHECKING, Any

from sheetsync.backends.google.client import SheetsClient
from sheetsync.backends.google.values import ERROR_CODES
from sheetsync.model.errors import StaleSnapshot
from sheetsync.model.tables import Grid, letters, quoted
from sheetsync.model.values import CellError, Formula, Value, result_of

if TYPE_CHECKING:
    from sheetsync.backends.google.reading import Sheet

_FORMULAS = "sheets(data(rowData(values(userEnteredValue(formulaValue)))))"
Chunk = tuple[str, int, int]
"""A tab's key, its first and last row from 1."""


def read_large(
    client: SheetsClient,
    spreadsheet: str,
    sheets: Mapping[str, Sheet],
    heads: Mapping[str, Grid],
    limit: int,
) -> dict[str, Grid]:
    """Read whole tabs in requests of about ``limit`` cells; ``heads`` are their first rows.

    Neighbouring requests share a row, which must not have changed: StaleSnapshot when rows were
    moved between the requests.
    """
    rows: dict[str, list[list[Any]]] = {key: [] for key in sheets}
    for chunks in _requests(sheets, heads, limit):
        ranges = [_range(sheets[key], first, last) for key, first, last in chunks]
        told = client.batch_get_values(spreadsheet, ranges)["valueRanges"]
        for (key, first, _), found in zip(chunks, told, strict=True):
            _joined(rows[key], found.get("values", []), first)
    grids: dict[str, Grid] = {}
    for key, sheet in sheets.items():
        grid = Grid(range(1, len(rows[key]) + 1), _columns(rows[key]), heads[key].merges)
        _with_head(grid, heads[key])
        _with_formulas(client, spreadsheet, sheet, grid, heads[key])
        grids[key] = grid
    return grids


def _range(sheet: Sheet, first: int, last: int) -> str:
    return f"{quoted(sheet.title)}!{first}:{last}"


def _requests(
    sheets: Mapping[str, Sheet], heads: Mapping[str, Grid], limit: int
) -> Iterator[list[Chunk]]:
    """Row chunks of all tabs, as many in one request as fit."""
    batch: list[Chunk] = []
    room = limit
    for key, sheet in sheets.items():
        width = max((max(heads[key].columns, default=1)), 1)
        first = 1
        while first < sheet.rows or first == 1:
            high = max(room // width, 2) if room >= 2 * width or not batch else 0
            if not high:
                yield batch
                batch, room = [], limit
                continue
            last = min(first + high - 1, sheet.rows)
            batch.append((key, first, last))
            room -= (last - first + 1) * width
            first = max(last, first + 1) if last < sheet.rows else sheet.rows + 1
    if batch:
        yield batch


def _joined(rows: list[list[Any]], more: Sequence[list[Any]], first: int) -> None:
    """Add rows from ``first`` on; the shared one must be the same."""
    if first == 1:
        rows += more
        return
    shared = rows[first - 1] if len(rows) >= first else []
    if (list(more[0]) if more else []) != list(shared):
        raise StaleSnapshot("Rows were moved while the sheet was read; nothing was written.")
    if len(more) > 1:
        rows += [[]] * (first - len(rows))
        rows += more[1:]


def _columns(rows: Iterable[Sequence[Any]]) -> dict[int, list[Value]]:
    columns: dict[int, list[Value]] = {}
    for number, cells in enumerate(zip_longest(*rows), 1):
        found = [None if v == "" else v for v in cells]
        if any(type(v) is str and v[0] == "#" for v in found):
            found = [CellError(v) if type(v) is str and v in ERROR_CODES else v for v in found]
        if any(v is not None for v in found):
            columns[number] = found
    return columns


def _with_head(grid: Grid, head: Grid) -> None:
    """The first rows with their formulas and formats, where nobody changed them meanwhile."""
    for number, cells in head.columns.items():
        into = grid.columns.get(number)
        for i, value in enumerate(cells if into else ()):
            if into is not None and i < len(into) and isinstance(value, Formula):
                into[i] = value


def _with_formulas(
    client: SheetsClient, spreadsheet: str, sheet: Sheet, grid: Grid, head: Grid
) -> None:
    """Make formulas of the values in columns whose first rows hold any below the header."""
    title = quoted(sheet.title)
    for number, cells in head.columns.items():
        if not any(isinstance(value, Formula) for value in cells[1:]):
            continue
        letter = letters(number - 1)
        asked = {"ranges": [f"{title}!{letter}1:{letter}"], "fields": _FORMULAS}
        reply = client.get_sheet(spreadsheet, asked)
        rows = (reply["sheets"][0].get("data") or [{}])[0].get("rowData", ())
        into = grid.columns.setdefault(number, [None] * len(grid.rows))
        for i, row in enumerate(rows[: len(into)]):
            told = (row.get("values") or [{}])[0].get("userEnteredValue", {}).get("formulaValue")
            if told is not None:
                into[i] = Formula(str(told).removeprefix("="), result_of(into[i]))
