"""One tab's table out of its sheet's cells: the header row, bound columns and data rows."""

from __future__ import annotations

from bisect import bisect_left, bisect_right
from collections.abc import Iterator, Sequence
from typing import TypeVar

from sheetsync.backends.xlsx.cells import Grid
from sheetsync.backends.xlsx.markup import column_letters
from sheetsync.backends.xlsx.parts import Table
from sheetsync.model.problems import Problem, Severity
from sheetsync.model.snapshot import TableSnapshot, bind
from sheetsync.model.tracker import Owner, Tab
from sheetsync.model.values import Formula, Value, result_of, show

_HEADER_WITHIN = 20
_SHOWN_MERGES = 20
_TOTALS = frozenset(
    (
        *("total", "totals", "grand total", "sub-total", "subtotal", "sum"),
        *("summe", "gesamt", "gesamtsumme", "insgesamt", "zwischensumme", "totaal", "totale"),
        *("somme", "suma", "summa", "razem", "итого", "всего", "合計", "总计", "합계"),
    )
)
_T = TypeVar("_T")


def read_table(tab: Tab, title: str, grid: Grid, table: Table | None) -> TableSnapshot:
    """Read the table of a declared tab; ``table`` is its Excel Table where there is one."""
    at = _header_place(tab, grid, table)
    headers = headers_at(grid, at)
    hits = bind(tab, headers)
    bound = {key: places[0] for key, places in hits.items() if len(places) == 1}
    header_row = grid.rows[at] if at < len(grid.rows) else 1
    problems = list(_header_problems(tab, hits, headers, header_row))
    problems += _clear_merged(tab, grid, header_row, bound)
    columns = [grid.column(i + 1) for i in range(len(headers))]
    places = [i for i in _filled([columns[i] for i in bound.values()]) if i > at]
    totals = _totals_rows(table, header_row)
    places, left_out = _without_totals(tab, grid, places, bound, totals)
    problems += left_out
    return TableSnapshot(
        tab=tab.key,
        title=title,
        headers=headers,
        bound=bound,
        rows=_take(grid.rows, places),
        cells=tuple(_take(column, places) for column in columns),
        header_row=header_row,
        problems=tuple(problems),
    )


def headers_at(grid: Grid, at: int) -> tuple[str, ...]:
    """The header texts of the row at that place of the grid, from column A to the last filled."""
    if at >= len(grid.rows):
        return ()
    found = {number: _header(cells[at]) for number, cells in grid.columns.items()}
    last = max((number for number, text in found.items() if text), default=0)
    return tuple(found.get(number, "") for number in range(1, last + 1))


def _header(value: Value) -> str:
    value = result_of(value)
    if value is None:
        return ""
    return value if isinstance(value, str) else show(value, 200)


def _header_place(tab: Tab, grid: Grid, table: Table | None) -> int:
    """The place in ``grid.rows`` of the row that matches most declared headers.

    Of equal rows the Excel Table's header wins, then row 1, then the first.
    """
    own = table.first_row if table is not None and table.header_rows else 1
    best, place = (0, False), 0
    for i, row in enumerate(grid.rows):
        if row > _HEADER_WITHIN and row != own:
            if row > own:
                break
            continue
        score = sum(map(bool, bind(tab, headers_at(grid, i)).values())), row == own
        if score > best:
            best, place = score, i
    return place


def _header_problems(
    tab: Tab, hits: dict[str, tuple[int, ...]], headers: Sequence[str], row: int
) -> Iterator[Problem]:
    for key, places in hits.items():
        column = tab.column(key)
        if len(places) > 1:
            letters = ", ".join(column_letters(i + 1) for i in places)
            found = show(headers[places[0]])
            yield Problem(
                "two_columns",
                Severity.ERROR,
                tab.key,
                "",
                row,
                key,
                found,
                f"{_number_of(len(places))} columns are called {found} ({letters}): rename or "
                "delete all but one; until then none of them is read.",
            )
        elif not places and column.required and column.owner is Owner.USER:
            yield Problem(
                "missing_column",
                Severity.ERROR,
                tab.key,
                "",
                row,
                key,
                "",
                f"The column {column.title} is missing: add a column with this header to the tab "
                f"{tab.title}.",
            )


def _number_of(count: int) -> str:
    return {2: "Two", 3: "Three", 4: "Four"}.get(count, str(count))


def _clear_merged(tab: Tab, grid: Grid, header_row: int, bound: dict[str, int]) -> list[Problem]:
    """Empty the covered cells of merged data cells, and list those areas."""
    keys = {index + 1: key for key, index in bound.items()}
    problems: list[Problem] = []
    for first, last, left, right in grid.merges:
        touched = [number for number in keys if left <= number <= right]
        if last <= header_row or not touched:
            continue
        _clear(grid, first, last, left, right)
        if len(problems) < _SHOWN_MERGES:
            area = f"{column_letters(left)}{first}:{column_letters(right)}{last}"
            problems.append(
                Problem(
                    "merged_cells",
                    Severity.WARNING,
                    tab.key,
                    "",
                    first,
                    keys[touched[0]],
                    area,
                    f"The cells {area} are merged, so only the first of them has a value: unmerge "
                    "them and fill each row.",
                )
            )
    return problems


def _clear(grid: Grid, first: int, last: int, left: int, right: int) -> None:
    rows = range(bisect_left(grid.rows, first), bisect_right(grid.rows, last))
    for number in filter(grid.columns.__contains__, range(left, right + 1)):
        cells = grid.columns[number]
        for i in rows:
            if number != left or grid.rows[i] != first:
                cells[i] = None


def _filled(columns: Sequence[Sequence[Value]]) -> Iterator[int]:
    """The places of rows with a non-empty cell in any of these columns.

    A formula that shows nothing is no content: tables are often filled down with those.
    """
    shown = [list(map(result_of, c)) if Formula in set(map(type, c)) else c for c in columns]
    for i, cells in enumerate(zip(*shown, strict=True)):
        if any(cells) or any(cell not in (None, "") for cell in cells):
            yield i


def _totals_rows(table: Table | None, header_row: int) -> range:
    if table is None or table.first_row != header_row:
        return range(0)
    return range(table.last_row - table.totals_rows + 1, table.last_row + 1)


def _without_totals(
    tab: Tab, grid: Grid, places: Sequence[int], bound: dict[str, int], totals: range
) -> tuple[list[int], list[Problem]]:
    """Leave out the Table's own totals row and typed ones; the typed ones are listed."""
    kept: list[int] = []
    problems: list[Problem] = []
    numbers = sorted(index + 1 for index in bound.values())
    suspects = _places_of_totals(grid, numbers)
    keys = {bound[key] + 1 for key in tab.key_columns if key in bound}
    for i in places:
        row = grid.rows[i]
        if row in totals:
            continue
        if i in suspects and _is_total(grid, i, numbers, keys):
            problems.append(_total_note(tab, row))
        else:
            kept.append(i)
    return kept, problems


def _places_of_totals(grid: Grid, numbers: Sequence[int]) -> set[int]:
    """The places of rows with a word for a total in any of these columns."""
    places: set[int] = set()
    for number in numbers:
        cells = grid.columns.get(number, [])
        words = {v for v in set(cells) if isinstance(v, str) and len(v) < 40 and is_total_word(v)}
        if words:
            places.update(i for i, value in enumerate(cells) if value in words)
    return places


def is_total_word(text: str) -> bool:
    """Whether a text is a word for a total, in the languages of those who keep such sheets.

    >>> is_total_word("Grand total:"), is_total_word("Total Energies")
    (True, False)
    """
    return text.strip(" \u00a0\t:*=").casefold() in _TOTALS


def _is_total(grid: Grid, i: int, numbers: Sequence[int], keys: set[int]) -> bool:
    """Whether the word is the row's only text and the row has no other key."""
    cells = {
        number: result_of(grid.columns[number][i]) for number in numbers if number in grid.columns
    }
    texts = [number for number, value in cells.items() if isinstance(value, str) and value]
    others = [number for number in keys if number not in texts and cells.get(number) is not None]
    return len(texts) == 1 and not others


def _total_note(tab: Tab, row: int) -> Problem:
    return Problem(
        "total_row",
        Severity.NOTE,
        tab.key,
        "",
        row,
        "",
        "",
        f"Row {row} looks like a totals row, so it is left out of all figures.",
    )


def _take(values: Sequence[_T], places: Sequence[int]) -> list[_T]:
    """The values at these places; a slice where the places are in one run."""
    if not places:
        return []
    if places[-1] - places[0] + 1 == len(places):
        return list(values[places[0] : places[-1] + 1])
    return [values[i] for i in places]
