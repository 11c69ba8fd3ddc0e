"""A sheet's cells to one tab's table: the header row, bound columns, data rows told from others.

Every backend fills a ``Grid`` and calls ``read_table``, so that all of them see the same table in
the same cells. Nothing is interpreted beyond that.
"""

from __future__ import annotations

import re
from bisect import bisect_left, bisect_right
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from typing import TypeVar

from sheetsync.model.problems import Problem, Severity
from sheetsync.model.snapshot import TableSnapshot, bind
from sheetsync.model.tracker import Owner, Role, Tab
from sheetsync.model.values import Formula, Value, result_of, show

_HEADER_WITHIN = 20
_SHOWN_MERGES = 20
_LONGEST_TOTAL = 40
_TOTALS = frozenset(
    (
        *("total", "totals", "grand total", "sub-total", "subtotal", "sum"),
        *("summe", "gesamt", "gesamtsumme", "insgesamt", "zwischensumme", "totaal", "totale"),
        *("somme", "suma", "summa", "razem", "итого", "всего", "合計", "总计", "합계"),
    )
)
_TOTAL_OF = re.compile(
    rf"(?:{'|'.join(map(re.escape, _TOTALS))})(?:\s*[:=]\s*\S.*|\s+\d[\d.,']*(?:\s+\w+)?)",
    re.IGNORECASE,
)
_STEMS = tuple(w for w in _TOTALS if not any(o in w for o in _TOTALS if o != w))
_T = TypeVar("_T")


@dataclass(slots=True)
class Grid:
    """Cells as found: ``rows`` are the stored 1-based sheet rows, ascending; some may be empty.

    ``columns`` maps a 1-based column to its values, one per entry of ``rows`` (None: no cell);
    columns without cells are left out. ``merges`` are corners (first row, last row, first column,
    last column).
    """

    rows: Sequence[int] = field(default_factory=list)
    columns: dict[int, list[Value]] = field(default_factory=dict)
    merges: tuple[tuple[int, int, int, int], ...] = ()

    def column(self, number: int) -> list[Value]:
        """A column's values, all None when it has no cells."""
        return self.columns.get(number) or [None] * len(self.rows)


def letters(index: int) -> str:
    """Name a column (0-based) as spreadsheets do.

    >>> letters(0), letters(25), letters(26), letters(16383)
    ('A', 'Z', 'AA', 'XFD')
    """
    name = ""
    index += 1
    while index:
        index, rest = divmod(index - 1, 26)
        name = chr(65 + rest) + name
    return name


def column_number(name: str) -> int:
    """Turn a column's letters into its number, from 1.

    >>> column_number("A"), column_number("XFD")
    (1, 16384)
    """
    number = 0
    for letter in name.upper():
        number = number * 26 + ord(letter) - 64
    return number


def quoted(title: str) -> str:
    """A tab's title as formulas and ranges name it.

    >>> quoted("Partner's deals")
    "'Partner''s deals'"
    """
    return "'" + title.replace("'", "''") + "'"


def read_table(
    tab: Tab, title: str, grid: Grid, header: int = 0, totals: range = range(0)
) -> TableSnapshot:
    """Read the table of a declared tab from its sheet's cells; covered merged cells are emptied.

    ``header`` is the sheet row where the program keeps the table's header (0: it does not tell),
    ``totals`` are the sheet rows of that table's totals. A row is data when a column that people
    own has content (in COMPUTED and LOG tabs, and in tabs without such columns: any column).
    """
    at = _header_place(tab, grid, header)
    headers = headers_at(grid, at)
    hits = bind(tab, headers)
    bound = {key: places[0] for key, places in hits.items() if len(places) == 1}
    row = grid.rows[at] if at < len(grid.rows) else 1
    problems = list(_header_problems(tab, hits, headers, row))
    problems += _clear_merged(tab, grid, row, bound)
    columns = [grid.column(i + 1) for i in range(len(headers))]
    telling = [columns[bound[key]] for key in _telling(tab) if key in bound]
    places = _filled(telling, at + 1, len(grid.rows))
    places, left_out = _without_totals(tab, grid, places, bound, totals if row == header else ())
    return TableSnapshot(
        tab=tab.key,
        title=title,
        headers=headers,
        bound=bound,
        rows=_take(grid.rows, places),
        cells=tuple(_take(column, places) for column in columns),
        header_row=row,
        problems=(*problems, *left_out),
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


def _header_place(tab: Tab, grid: Grid, header: int) -> int:
    """The place in ``grid.rows`` of the row that matches most declared headers.

    Of equal rows the program's own header wins, else row 1, then the first.
    """
    own = header or 1
    best, place = (0, False), 0
    for i, row in enumerate(grid.rows):
        if row > max(_HEADER_WITHIN, own):
            break
        if row > _HEADER_WITHIN and row != own:
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
            found = show(headers[places[0]])
            message = (
                f"{_number_of(len(places))} columns are called {found} "
                f"({', '.join(map(letters, places))}): rename or delete all but one; until then "
                "none of them is read."
            )
            yield _problem("two_columns", Severity.ERROR, tab, row, key, found, message)
        elif not places and column.required and column.owner is Owner.USER:
            message = (
                f"The column {column.title} is missing: add a column with this header to the tab "
                f"{tab.title}."
            )
            yield _problem("missing_column", Severity.ERROR, tab, row, key, "", message)


def _problem(
    code: str, severity: Severity, tab: Tab, row: int, column: str, found: str, message: str
) -> Problem:
    return Problem(code, severity, tab.key, "", row, column, found, message)


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
            area = f"{letters(left - 1)}{first}:{letters(right - 1)}{last}"
            message = (
                f"The cells {area} are merged, so only the first of them has a value: unmerge "
                "them and fill each row."
            )
            told = _problem(
                "merged_cells", Severity.WARNING, tab, first, keys[touched[0]], area, message
            )
            problems.append(told)
    return problems


def _clear(grid: Grid, first: int, last: int, left: int, right: int) -> None:
    rows = range(bisect_left(grid.rows, first), bisect_right(grid.rows, last))
    for number in filter(grid.columns.__contains__, range(left, right + 1)):
        cells = grid.columns[number]
        for i in rows:
            if number != left or grid.rows[i] != first:
                cells[i] = None


def _telling(tab: Tab) -> list[str]:
    """The columns whose content makes a row: a mark that the engine left keeps no row alive."""
    theirs = [column.key for column in tab.columns if column.owner is Owner.USER]
    if not theirs or tab.role in (Role.COMPUTED, Role.LOG):
        return [column.key for column in tab.columns]
    return theirs


def _filled(columns: Sequence[Sequence[Value]], first: int, end: int) -> list[int]:
    """The places from ``first`` to before ``end`` with content in any of these columns.

    A formula that shows nothing is no content: tables are often filled down with those.
    """
    found: set[int] = set()
    pending: Sequence[int] = range(first, end)
    for cells in columns:
        if Formula in set(map(type, cells)):
            cells = list(map(result_of, cells))  # noqa: PLW2901 - as a reader of the sheet sees it
        found.update(i for i in pending if cells[i] is not None and cells[i] != "")
        if len(found) == end - first:
            break
        pending = [i for i in pending if i not in found]
    return sorted(found)


def _without_totals(
    tab: Tab, grid: Grid, places: Sequence[int], bound: dict[str, int], totals: Sequence[int]
) -> tuple[list[int], list[Problem]]:
    """Leave out the table's own totals rows and typed ones; the typed ones are listed."""
    numbers = sorted(index + 1 for index in bound.values())
    suspects = _places_of_totals(grid, numbers)
    if not suspects and not totals:
        return list(places), []
    kept: list[int] = []
    problems: list[Problem] = []
    keys = {bound[key] + 1 for key in tab.key_columns if key in bound}
    for i in places:
        row = grid.rows[i]
        if row in totals:
            continue
        if i in suspects and _is_total(grid, i, numbers, keys):
            message = f"Row {row} looks like a totals row, so it is left out of all figures."
            problems.append(_problem("total_row", Severity.NOTE, tab, row, "", "", message))
        else:
            kept.append(i)
    return kept, problems


def _places_of_totals(grid: Grid, numbers: Sequence[int]) -> set[int]:
    """The places of rows with a word for a total in any of these columns."""
    places: set[int] = set()
    for number in numbers:
        cells = grid.columns.get(number, [])
        words = _total_words({v for v in set(cells) if isinstance(v, str)})
        if words:
            places.update(i for i, value in enumerate(cells) if value in words)
    return places


def _total_words(texts: set[str]) -> set[str]:
    """The texts that are words for totals; nearly always none, which one search can tell."""
    every = "\n".join(texts).casefold()
    if not any(stem in every for stem in _STEMS):
        return set()
    return {text for text in texts if len(text) < _LONGEST_TOTAL and is_total_word(text)}


def is_total_word(text: str) -> bool:
    """Whether a text is a word for a total, in the languages of those who keep such sheets.

    What is counted may follow it.

    >>> is_total_word("Grand total:"), is_total_word("Total: 5 partners")
    (True, True)
    >>> is_total_word("Total Energies"), is_total_word("Sum41")
    (False, False)
    """
    bare = text.strip(" \u00a0\t:*=")
    return bare.casefold() in _TOTALS or _TOTAL_OF.fullmatch(bare) is not None


def _is_total(grid: Grid, i: int, numbers: Sequence[int], keys: set[int]) -> bool:
    """Whether the word is the row's only text and the row has no other key."""
    cells = {
        number: result_of(grid.columns[number][i]) for number in numbers if number in grid.columns
    }
    texts = [number for number, value in cells.items() if isinstance(value, str) and value]
    others = [number for number in keys if number not in texts and cells.get(number) is not None]
    return len(texts) == 1 and not others


def _take(values: Sequence[_T], places: Sequence[int]) -> list[_T]:
    """The values at these places; a slice where the places are in one run."""
    if not places:
        return []
    if places[-1] - places[0] + 1 == len(places):
        return list(values[places[0] : places[-1] + 1])
    return [values[i] for i in places]
