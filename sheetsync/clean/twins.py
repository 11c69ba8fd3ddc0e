"""Reports probable duplicates among partners and contacts, unless people said they are not."""

from __future__ import annotations

from collections.abc import Mapping

from sheetsync.clean.duplicates import SAME, Pair, find_duplicates, first_matches, repeated
from sheetsync.clean.table import TabWork
from sheetsync.model.problems import Severity
from sheetsync.model.tracker import CellType, Column

_NAME_ALONE, _PERSON_ALONE = 88.0, 92.0
"""Names without an address must be closer; people of one partner share more words."""


def report_duplicates(works: Mapping[str, TabWork]) -> None:
    """Report likely twins in each tab whose rows are people or organisations.

    These are tabs with a unique text column (a partner's name) or with a text column and an
    email address (a contact's name). Exact repeats of other unique columns are told by checks.
    """
    for work in works.values():
        named = [c for c in work.of_type(CellType.TEXT) if c.unique]
        people = work.of_type(CellType.TEXT) if work.of_type(CellType.EMAIL) else []
        for column in (named or people)[:1]:
            _report(work, column, people=not named)


def _report(work: TabWork, column: Column, *, people: bool) -> None:
    rows = [j for j, v in enumerate(work.values[column.key]) if v and j not in work.empty]
    names = [str(work.values[column.key][j]) for j in rows]
    places = _told(work, rows, CellType.REF if people else CellType.COUNTRY)
    marks = _told(work, rows, CellType.PHONE) or _told(work, rows, CellType.SLUG)
    least = _PERSON_ALONE if people else _NAME_ALONE
    pairs = find_duplicates(names, places, marks, name_alone=least)
    # An organisation's name is unique wherever it is; people of one name may be different ones.
    same = [] if people else repeated(names)
    for pair in first_matches([*same, *pairs]).values():
        _tell(work, column, pair._replace(first=rows[pair.first], second=rows[pair.second]))


def _told(work: TabWork, rows: list[int], kind: CellType) -> list[str]:
    columns = work.of_type(kind)
    if not columns:
        return []
    values = work.values[columns[0].key]
    # An id is one word here, so that different ones contradict each other.
    return [str(values[j] or "").replace("-", "") for j in rows]


def _tell(work: TabWork, column: Column, pair: Pair) -> None:
    code = "duplicate" if pair.score == SAME else "likely_duplicate"
    other = work.values[column.key][pair.first]
    found = f"{work.values[column.key][pair.second]} ~ {work.keys[pair.first]}"
    told = f"Row {work.table.rows[pair.first]} ({other}) has {pair.reason}"
    told += f"; likeness {pair.score} of 100." if code == "likely_duplicate" else "."
    work.report(code, Severity.WARNING, pair.second, column.key, told, found=found, silence=True)
