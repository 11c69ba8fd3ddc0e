"""Changes of people's cells, addressed by what the cells hold and never by their place alone.

A text that every row of a column holds alike is replaced over the whole column, wherever its rows
went. A text that only some rows change, and a blank that is filled, are replaced in their one cell,
and only while it still holds that text or is still blank. Everything else (a number, a formula,
an error on either side) is left to ``settling``, which looks again before it writes.

Google takes a replacement as if it were typed: numbers carry the locale's decimal sign, days are
told as ISO, and a text that could be taken for anything else gets an apostrophe in front, unless
the column's cells are formatted as text, where whatever is typed is text.
"""

from __future__ import annotations

import re
from collections import Counter, defaultdict
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime

from sheetsync.backends.google.draw_cells import Request, grid
from sheetsync.model.plan import WriteCells
from sheetsync.model.snapshot import TableSnapshot
from sheetsync.model.tracker import Tab
from sheetsync.model.values import Value, kind_of

_BLANK = r"^\s*$"
_WORDS = re.compile(r"[^\W\d_]{2,}")
_ID = re.compile(r"[A-Za-z]{1,3}-\d+")
_SPOKEN = frozenset(("true", "false", "wahr", "falsch", "vrai", "faux", "verdadero", "falso"))
_LONGEST = 40_000
_LOOKS = 5_000_000
"""Cells of a column that all its searches together look at, at the most."""
AS_TEXT = "@"


@dataclass(frozen=True, slots=True)
class Change:
    """One cell that a plan changes: its row's name before and after, its sheet row when read.

    ``allowed`` are values beside ``old`` that our own writing may have left there.
    """

    tab: str
    column: str
    key: str
    after: str
    row: int
    old: Value
    new: Value
    allowed: tuple[Value, ...] = ()


@dataclass(slots=True)
class Fixes:
    """The changes of one tab by how they are made; ``requests`` and what each should change.

    ``wide`` are made over columns (``counts`` has one expected number per request), ``single`` in
    their own cell, ``guarded`` only after another look.
    """

    requests: list[Request] = field(default_factory=list)
    counts: list[int] = field(default_factory=list)
    wide: list[Change] = field(default_factory=list)
    single: list[Change] = field(default_factory=list)
    guarded: list[Change] = field(default_factory=list)

    def add(self, request: Request, count: int) -> None:
        """Add a request that should change that many cells."""
        self.requests.append(request)
        self.counts.append(count)


def fixes_of(
    ops: Iterable[WriteCells], tab: Tab, table: TableSnapshot, sheet: int, locale: str
) -> Fixes:
    """Sort out how the cells of one tab are changed."""
    fixes = Fixes()
    for op in ops:
        parts = zip(op.keys, op.after, op.rows, op.old, op.new, strict=True)
        changes = [Change(op.tab, op.column, *told) for told in parts]
        verbatim = tab.column(op.column).number_format == AS_TEXT
        _add_column(fixes, changes, table, sheet, "" if verbatim else locale)
    return fixes


def _add_column(
    fixes: Fixes, changes: Sequence[Change], table: TableSnapshot, sheet: int, locale: str
) -> None:
    """Sort out one column; without a locale its cells are formatted as text."""
    column = table.bound[changes[0].column]
    olds = {change.old for change in changes if type(change.old) is str}
    groups: defaultdict[str, list[Change]] = defaultdict(list)
    for change in changes:
        told = typed(change.new, locale)
        chained = type(change.new) is str and change.new in olds
        if told is None or chained or not replaceable(change.old, told):
            fixes.guarded.append(change)
        elif kind_of(change.old) == "empty":
            fixes.add(filled(grid(sheet, change.row - 1, change.row, column, column + 1), told), 1)
            fixes.single.append(change)
        else:
            groups[str(change.old)].append(change)
    held = Counter(value for value in table.cells[column] if type(value) is str)
    whole = not any(problem.code == "total_row" for problem in table.problems)
    searched = _searched(groups, table.cells[column]) if whole else frozenset()
    for old, alike in groups.items():
        texts = [typed(change.new, locale) or "" for change in alike]
        if old in searched and len(alike) == held[old] and len(set(texts)) == 1:
            where = grid(sheet, table.header_row, None, column, column + 1)
            fixes.add(replaced(where, old, texts[0]), len(alike))
            fixes.wide += alike
            continue
        for change, text in zip(alike, texts, strict=True):
            where = grid(sheet, change.row - 1, change.row, column, column + 1)
            fixes.add(replaced(where, old, text), 1)
            fixes.single.append(change)


def _searched(groups: Mapping[str, Sequence[Change]], cells: Sequence[Value]) -> frozenset[str]:
    """The texts that may be searched for in a whole column.

    Not those that a number or a day of that column may be shown as: Google would type over them,
    too, and 3.4 shown as 3 would become 3. Of very many texts only the most frequent ones, for
    each takes a look at every cell of the column.
    """
    numbers = bool(set(map(type, cells)) & {int, float, bool, datetime})
    safe = (old for old in groups if not (numbers and _like_a_number(old)))
    most = sorted(safe, key=lambda old: -len(groups[old]))
    return frozenset(most[: max(_LOOKS // max(len(cells), 1), 1)])


def _like_a_number(text: str) -> bool:
    """Whether a number, a day or a truth value may be shown as this text."""
    return text.casefold() in _SPOKEN or any(c.isdigit() for c in text)


def replaceable(old: Value, told: str) -> bool:
    """Whether a cell with ``old`` can be found by what it holds, to have ``told`` typed there."""
    kind = kind_of(old)
    if kind == "empty":
        return bool(told) and "$" not in told and "\\" not in told
    return kind == "text" and len(str(old)) < _LONGEST and len(told) < _LONGEST


def replaced(where: Request, old: str, told: str) -> Request:
    """Replace whole cells that hold a text, in a range, by what is then typed there."""
    return {
        "findReplace": {
            "find": old,
            "replacement": told,
            "range": where,
            "matchCase": True,
            "matchEntireCell": True,
        }
    }


def filled(where: Request, told: str) -> Request:
    """Type something into a cell that is blank."""
    return {
        "findReplace": {"find": _BLANK, "replacement": told, "range": where, "searchByRegex": True}
    }


def typed(value: Value, locale: str = "en_US") -> str | None:
    """What one would type to get the value; None where typing cannot give it.

    ``locale`` is the spreadsheet's, "" for a cell that is formatted as text.

    >>> typed("won"), typed("+49 30"), typed(1200.5, "de_DE"), typed(None)
    ('won', "'+49 30", '1200,5', '')
    """
    match value:
        case None:
            return ""
        case bool():
            return ("TRUE" if value else "FALSE") if locale else None
        case int() | float():
            text = f"{value:.15g}"
            known = locale and "e" not in text and "n" not in text
            return text.replace(".", decimal_sign(locale)) if known else None
        case datetime():
            if value.microsecond or value.year < 1900 or not locale:
                return None
            midnight = not (value.hour or value.minute or value.second)
            return f"{value:%Y-%m-%d}" if midnight else f"{value:%Y-%m-%d %H:%M:%S}"
        case str():
            return f"'{value}" if locale and is_taken_otherwise(value) else value
        case _:
            return None


def may_be_typed(told: Value, new: Value) -> bool:
    """Whether a cell may have come to hold ``told`` because ``new`` was typed there.

    That is so where Google took a number or a day for a text, or a text for a number.

    >>> may_be_typed("2026-02-03", datetime(2026, 2, 3)), may_be_typed(None, "won")
    (True, False)
    """
    if told is None or new is None or isinstance(told, str) == isinstance(new, str):
        return False
    a, b = (re.sub(r"\D", "", typed(value) or "").lstrip("0") for value in (told, new))
    return a == b


def is_taken_otherwise(text: str) -> bool:
    """Whether a typed text might become a number, a day, a formula, a truth value or lose a mark.

    Rather too often than too seldom: an apostrophe in front of a text is never seen.

    >>> is_taken_otherwise("3-4"), is_taken_otherwise("D-0005"), is_taken_otherwise("=1+1")
    (True, False, True)
    """
    if text[:1] in ("=", "+", "-", "'", "@") or text.strip() != text:
        return True
    if text.casefold() in _SPOKEN:
        return True
    if not any(c.isdigit() for c in text) or _ID.fullmatch(text):
        return False
    return len("".join(_WORDS.findall(text))) < 10


def decimal_sign(locale: str) -> str:
    """The decimal sign of a spreadsheet's locale, such as ``,`` for de_DE."""
    from babel.core import Locale, UnknownLocaleError
    from babel.numbers import get_decimal_symbol

    try:
        return str(get_decimal_symbol(Locale.parse(locale)))
    except (UnknownLocaleError, ValueError):
        return "."


def replies(reply: Sequence[dict[str, dict[str, int]]], first: int, count: int) -> Iterator[int]:
    """How many cells each of ``count`` replacements changed; ``first`` is the first one's place."""
    for told in reply[first : first + count]:
        yield int(told.get("findReplace", {}).get("occurrencesChanged", 0))
