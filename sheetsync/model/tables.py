"""A sheet's grid to a table: the header row found, headers bound, data rows told from others.

Shared by every backend, so that they all see the same table in the same grid.
"""

from __future__ import annotations

from collections.abc import Sequence

from sheetsync.model.problems import Problem, Severity
from sheetsync.model.snapshot import TableSnapshot, bind
from sheetsync.model.tracker import Owner, Tab
from sheetsync.model.values import Value, kind_of, result_of, show

HEADER_DEPTH = 20
"""How many rows from the top may hold the header."""
_TOTALS = frozenset(
    ("total", "totals", "grand total", "sum", "summe", "gesamt", "gesamtsumme", "suma", "totale")
)


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


def header_row(tab: Tab, columns: Sequence[Sequence[Value]]) -> int:
    """Return the index of the grid row that names most declared columns; the first on a tie."""
    depth = min(HEADER_DEPTH, max(map(len, columns), default=0))
    best, most = 0, 0
    for i in range(depth):
        hits = sum(map(bool, bind(tab, _texts(columns, i)).values()))
        if hits > most:
            best, most = i, hits
    return best


def _texts(columns: Sequence[Sequence[Value]], i: int) -> list[str]:
    return [_text(column[i]) if i < len(column) else "" for column in columns]


def _text(value: Value) -> str:
    value = result_of(value)
    if isinstance(value, str):
        return value
    return "" if kind_of(value) == "empty" else show(value, 255)


def table_snapshot(
    tab: Tab,
    title: str,
    columns: Sequence[list[Value]],
    rows: Sequence[int] | None = None,
    skip: frozenset[int] = frozenset(),
) -> TableSnapshot:
    """Make the table of a tab from a column-major grid.

    ``columns`` are all of one length, the first is the sheet's column A; ``rows`` gives the sheet
    row of each grid row (default: 1, 2, 3 ...); sheet rows in ``skip`` (a table's totals) are no
    data. Rows without any cell in a declared column are left out, and so is a row of totals.
    """
    count = len(columns[0]) if columns else 0
    numbers = rows if rows is not None else range(1, count + 1)
    at = header_row(tab, columns)
    headers = tuple(_texts(columns, at)) if count else ()
    hits = bind(tab, headers)
    bound = {key: places[0] for key, places in hits.items() if len(places) == 1}
    filled = _filled([columns[i] for i in bound.values()], at + 1, count)
    kept = [i for i in filled if numbers[i] not in skip]
    totals = [i for i in kept[-3:] if _is_total(tab, columns, bound, i)]
    kept = [i for i in kept if i not in totals]
    whole = kept == list(range(at + 1, count))
    cells = tuple(c[at + 1 :] if whole else [c[i] for i in kept] for c in columns)
    problems = (
        *_layout_problems(tab, hits, numbers[at] if count else 1),
        *(_total_note(tab, numbers[i]) for i in totals),
    )
    return TableSnapshot(
        tab.key,
        title,
        headers,
        bound,
        [numbers[i] for i in kept],
        cells,
        numbers[at] if count else 1,
        problems,
    )


def _filled(columns: Sequence[Sequence[Value]], first: int, count: int) -> list[int]:
    pending = set(range(first, count))
    found: set[int] = set()
    for column in columns:
        found |= {i for i in pending if column[i] is not None and column[i] != ""}
        pending -= found
        if not pending:
            break
    return sorted(found)


def _is_total(
    tab: Tab, columns: Sequence[Sequence[Value]], bound: dict[str, int], row: int
) -> bool:
    """A line of totals says so in its first text cell and leaves other required cells empty."""
    first = next((v for c in columns if isinstance(v := result_of(c[row]), str) and v), "")
    if first.strip().strip(":").casefold() not in _TOTALS:
        return False
    required = [c.key for c in tab.columns if c.required and c.key in bound]
    return sum(bool(_text(columns[bound[key]][row])) for key in required) < len(required)


def _total_note(tab: Tab, row: int) -> Problem:
    told = "This looks like a line of totals: it is left out of the data."
    return Problem("total_row", Severity.NOTE, tab.key, "", row, "", "", told)


def _layout_problems(tab: Tab, hits: dict[str, tuple[int, ...]], row: int) -> tuple[Problem, ...]:
    told: list[Problem] = []
    for column in tab.columns:
        places = hits[column.key]
        if len(places) > 1:
            where = ", ".join(map(letters, places))
            message = (
                f"Two columns are called {column.title} ({where}): neither is read. "
                "Rename the one that is yours."
            )
            told.append(_layout("two_columns", tab, row, column.key, where, message))
        elif not places and column.required and column.owner is Owner.USER:
            message = f"The column {column.title} is missing: add a column with this header."
            told.append(_layout("missing_column", tab, row, column.key, "", message))
    return tuple(told)


def _layout(code: str, tab: Tab, row: int, column: str, found: str, message: str) -> Problem:
    return Problem(code, Severity.ERROR, tab.key, "", row, column, found, message)
