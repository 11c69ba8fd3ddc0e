"""Checks over whole rows and tables: duplicate keys, unique values and a tab's declared checks.

An error in an optional column takes that value away; in a required column, the row.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Hashable, Iterable, Mapping
from datetime import date, datetime

from sheetsync.clean.columns import is_blank
from sheetsync.clean.relations import relate
from sheetsync.clean.table import TabWork
from sheetsync.model.problems import Severity
from sheetsync.model.tracker import (
    AtMost,
    CellType,
    Choice,
    NeededWhen,
    NotAfterToday,
    NotBefore,
    OnePer,
    Relation,
    RowCheck,
    Tab,
)
from sheetsync.model.values import Scalar, show

Lists = Mapping[str, tuple[Choice, ...]]


def check_table(
    work: TabWork, lists: Lists, as_of: date, works: Mapping[str, TabWork] | None = None
) -> None:
    """Run every check of a tab whose columns are there; ``works`` has the other tabs too."""
    _duplicate_keys(work)
    for column in work.columns:
        known = column.unique and column.key in work.values
        # Names are compared by the duplicate finder, keys above.
        if known and column.type is not CellType.TEXT and column.key not in work.tab.key_columns:
            _unique(work, column.key)
    for check in work.tab.checks:
        if check.column in work.values:
            if isinstance(check, Relation):
                relate(work, check, works or {})
            else:
                _run(work, check, lists, as_of)


def check_reserved(work: TabWork, tabs: Iterable[Tab]) -> None:
    """Set rows aside whose id is a word that references may hold instead of an id, as DIRECT is."""
    words = reserved_words(work.tab, tabs)
    for column in work.of_type(CellType.ID) if words else ():
        _set_aside(work, column.key, words)


def reserved_words(tab: Tab, tabs: Iterable[Tab]) -> set[str]:
    """The words, folded, that references to a tab may hold instead of one of its ids."""
    references = (column for other in tabs for column in other.columns if column.ref == tab.key)
    return {word.casefold() for column in references for word in column.ref_extra}


def _set_aside(work: TabWork, key: str, words: set[str]) -> None:
    for j, value in enumerate(work.values[key]):
        if isinstance(value, str) and value.casefold() in words:
            told = f"{show(value)} {_meaning(value)}: this row is no partner of its own."
            work.report("reserved_id", Severity.NOTE, j, key, told, excludes=True)


def _meaning(word: str) -> str:
    own = word.casefold() == "direct"
    return "stands for your own sales" if own else "is a word that stands for several partners"


def _run(work: TabWork, check: RowCheck, lists: Lists, as_of: date) -> None:
    match check:
        case NotAfterToday():
            _not_after(work, check, as_of)
        case _ if check.other not in work.values:
            return
        case NotBefore():
            _not_before(work, check)
        case AtMost():
            _at_most(work, check)
        case NeededWhen():
            _needed(work, check, lists)
        case OnePer():
            _one_per(work, check)


def _groups(pairs: Iterable[tuple[int, Hashable]]) -> list[list[int]]:
    found: dict[Hashable, list[int]] = defaultdict(list)
    for j, value in pairs:
        found[value].append(j)
    return [rows for rows in found.values() if len(rows) > 1]


def _duplicate_keys(work: TabWork) -> None:
    """Two rows of one key: both are reported, only the first counts."""
    keys = work.tab.key_columns
    parts = [work.values[key] for key in keys if key in work.values]
    if not parts or len(parts) != len(keys):
        return
    texts = [[v.casefold() if isinstance(v, str) else v for v in part] for part in parts]
    if len(texts) == 1 and len(set(texts[0])) == len(texts[0]):
        return
    rows = enumerate(zip(*texts, strict=True))
    told = ((j, key) for j, key in rows if key[0] is not None and j not in work.empty)
    code = "duplicate_id" if len(keys) == 1 else "duplicate_row"
    for group in _groups(told):
        for n, j in enumerate(group):
            _twice(work, code, j, group[1] if n == 0 else group[0], again=n > 0)


def _twice(work: TabWork, code: str, j: int, other: int, *, again: bool) -> None:
    key = work.tab.key_columns[0]
    found = " ".join(show(work.values[k][j]) for k in work.tab.key_columns)
    what = "id" if code == "duplicate_id" else "key"
    told = f"Row {work.table.rows[other]} has the same {what}; "
    told += "this row is left out." if again else "only this first row counts."
    work.report(code, Severity.ERROR, j, key, told, found=found, excludes=again)


def _unique(work: TabWork, key: str) -> None:
    values = work.values[key]
    rows = ((j, v.casefold()) for j, v in enumerate(values) if isinstance(v, str) and v)
    title = work.tab.column(key).title
    for group in _groups(rows):
        for j in group:
            other = group[1] if j == group[0] else group[0]
            told = f"Row {work.table.rows[other]} has the same {title}."
            work.report("duplicate", Severity.WARNING, j, key, told)


def _not_before(work: TabWork, check: NotBefore) -> None:
    later, earlier = work.values[check.column], work.values[check.other]
    for j, (a, b) in enumerate(zip(later, earlier, strict=True)):
        if a is not None and b is not None and a < b:  # type: ignore[operator]
            _refuse(
                work, check.column, j, "wrong_order", f"is before {_cell(work, check.other, j)}"
            )


def _not_after(work: TabWork, check: NotAfterToday, as_of: date) -> None:
    end = datetime(as_of.year, as_of.month, as_of.day, 23, 59, 59, 999_999)
    for j, value in enumerate(work.values[check.column]):
        if value is not None and value > end:  # type: ignore[operator]
            _refuse(work, check.column, j, "in_future", f"is after today ({as_of})")


def _at_most(work: TabWork, check: AtMost) -> None:
    pairs = zip(work.values[check.column], work.values[check.other], strict=True)
    for j, (a, b) in enumerate(pairs):
        if a is not None and b is not None and a > b:  # type: ignore[operator]
            told = f"is more than {_cell(work, check.other, j)}"
            _refuse(work, check.column, j, "more_than", told)


def _cell(work: TabWork, key: str, j: int) -> str:
    """Name a cell by its column and what it holds."""
    return f"{work.tab.column(key).title} ({show(work.values[key][j])})"


def _refuse(work: TabWork, key: str, j: int, code: str, what: str) -> None:
    column, found = work.tab.column(key), show(work.values[key][j])
    message = f"{_cell(work, key, j)} {what}."
    excludes = work.blank_out(column, j)
    work.report(code, Severity.ERROR, j, key, message, found=found, excludes=excludes)


def _needed(work: TabWork, check: NeededWhen, lists: Lists) -> None:
    column, other = work.tab.column(check.column), work.tab.column(check.other)
    wanted = _wanted(check, lists.get(other.choices, ()))
    bad, cells = work.bad.get(check.column, set()), work.cells(check.column)
    severity = Severity(check.severity)
    pairs = zip(work.values[check.column], work.values[check.other], strict=True)
    for j, (value, cause) in enumerate(pairs):
        if value is not None or cause is None or (wanted and cause not in wanted):
            continue
        if j in bad or not is_blank(cells[j]):
            continue
        why = (
            f"because {other.title} is {show(cause)}" if wanted else f"where {other.title} is given"
        )
        told = f"{column.title} is needed {why}."
        work.report(check.code, severity, j, check.column, told, found="(empty)")


def _wanted(check: NeededWhen, choices: tuple[Choice, ...]) -> frozenset[Scalar]:
    grouped = (choice.value for choice in choices if choice.group in check.groups)
    return frozenset((*check.values, *grouped))


def _one_per(work: TabWork, check: OnePer) -> None:
    flags, owners = work.values[check.column], work.values[check.other]
    rows = ((j, owners[j]) for j, flag in enumerate(flags) if flag and owners[j] is not None)
    title = work.tab.column(check.column).title
    for group in _groups(rows):
        for j in group[1:]:
            told = f"{title} is yes in row {work.table.rows[group[0]]} already for the same "
            told += f"{_cell(work, check.other, j)}; leave one yes."
            work.report("one_per", Severity.WARNING, j, check.column, told)
