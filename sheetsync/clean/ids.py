"""Ids and references: text that names a row, here or on another tab."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from datetime import datetime, timedelta
from functools import cached_property
from typing import Any

from sheetsync.clean.names import name_key
from sheetsync.clean.reading import Parser, Reading, doubtful, fixed, wrong
from sheetsync.clean.slugs import slug_of
from sheetsync.clean.spelling import Slips
from sheetsync.clean.text import became_date, is_tidy, tidied
from sheetsync.model.tracker import Column, plain
from sheetsync.model.values import Scalar, Value, result_of, show

_EXPONENT = re.compile(r"\d(?:[.,]\d+)?[eE]\+?\d{2,3}")
_EXACT = 10**15
_LISTED = 4
_SLUG = re.compile(r"[a-z0-9]+(?:[-_][a-z0-9]+)*")


def padded_width(values: Iterable[Value]) -> int:
    """Return the one width to which a column's ids of digits are zero-padded, 0 if none is.

    >>> padded_width(["00042", "00123", 7])
    5
    """
    digits = [v for v in values if type(v) is str and v.isdecimal()]
    widths = {len(v) for v in digits if v[0] == "0"}
    if len(widths) != 1 or max(map(len, digits)) > max(widths):
        return 0
    return widths.pop() if Counter(map(len, digits)).most_common(1)[0][0] in widths else 0


def id_parser(width: int) -> Parser:
    """Return the parser of an ID column whose ids of digits have ``width`` digits (0: any)."""

    def read(value: Scalar) -> Reading | None:
        if isinstance(value, str):
            if not value[:1].isdigit():
                return None
            return _digits(value, width) if value.isdecimal() else _lost(value)
        if isinstance(value, datetime | timedelta):
            return became_date(value)
        text = show(value)
        if isinstance(value, bool):
            return doubtful(text, "bool_in_text", "A yes/no value stands where an id belongs.")
        return _lost(value) or _digits(text, width) or Reading(text)

    return tidied(read)


def doubted_ids(values: Iterable[Any]) -> Iterator[Any]:
    """Leave out tidy texts that do not begin with a digit: ids that are right as they stand."""
    for v in values:
        if (  # is_tidy, written out: this line runs once for every distinct value
            type(v) is not str
            or not (v.isprintable() and "  " not in v and v[:1] != " " != v[-1:])
            or v[:1].isdigit()
        ):
            yield v


def _digits(text: str, width: int) -> Reading | None:
    if not (text.isdecimal() and len(text) < width):
        return None
    told = f"The other ids have {width} digits; leading zeros were probably lost."
    return doubtful(text, "lost_zeros", told, text.zfill(width))


def _lost(value: Scalar) -> Reading | None:
    huge = isinstance(value, int | float) and abs(value) >= _EXACT
    if huge or (isinstance(value, str) and _EXPONENT.fullmatch(value)):
        told = "Spreadsheets keep 15 digits of a number; digits of this id may be lost already."
        return doubtful(show(value), "lost_digits", told)
    return None


def next_ids(pattern: str, seen: Iterable[Value], count: int) -> list[str]:
    """Return the next ``count`` free ids of a pattern such as ``P-{:04d}``, above all ``seen``.

    >>> next_ids("P-{:04d}", ["P-0007", "p-0003", "X-9", None], 2)
    ['P-0008', 'P-0009']
    """
    before, after = re.split(r"\{[^}]*\}", pattern, maxsplit=1)
    shape = re.compile(f"{re.escape(before)}(\\d{{1,15}}){re.escape(after)}", re.IGNORECASE)
    texts = (str(result_of(v)).strip() for v in seen if v is not None)
    numbers = (int(m[1]) for text in texts if (m := shape.fullmatch(text)))
    start = max(numbers, default=0) + 1
    return [pattern.format(number) for number in range(start, start + count)]


class Target:
    """The ids of a tab that others refer to, findable by folded id, by name and by a slip.

    ``title`` is the tab's title as people see it.
    """

    def __init__(
        self, ids: Sequence[Scalar], names: Sequence[Scalar] = (), title: str = ""
    ) -> None:
        self.title = title
        self.ids = frozenset(str(i) for i in ids if i is not None)
        self.pairs = [(str(i), str(n)) for i, n in zip(ids, names, strict=False) if i and n]

    @cached_property
    def tidy_ids(self) -> frozenset[str]:
        """The ids that need no trimming: a reference that is one of them is right."""
        return frozenset(filter(is_tidy, self.ids))

    def like(self, other: Target | None) -> bool:
        """Tell whether references are read alike with both."""
        return other is not None and self.ids == other.ids and self.pairs == other.pairs

    @cached_property
    def folded(self) -> Mapping[str, str | None]:
        """Id by folded id; None where two ids fold to the same."""
        return _unique((plain(i), i) for i in self.ids)

    @cached_property
    def numbered(self) -> Mapping[str, str | None]:
        """Id by folded id without leading zeros."""
        return _unique((unpadded(i), i) for i in self.ids)

    @cached_property
    def names(self) -> Mapping[str, str | None]:
        """Id by folded name; None where two rows have that name."""
        return _unique((plain(name), i) for i, name in self.pairs)

    @cached_property
    def alike(self) -> Mapping[str, dict[str, str]]:
        """Name by id, of all rows whose name is the same without accents, marks and legal form."""
        found: dict[str, dict[str, str]] = {}
        for i, name in self.pairs:
            found.setdefault(name_key(name), {}).setdefault(i, name)
        return found

    @cached_property
    def slips(self) -> Slips:
        """Names, to be found in spite of a slip."""
        return Slips((name, i) for name, i in self.names.items() if i is not None)


def unpadded(text: str) -> str:
    """Fold an id without leading zeros: P-0001, p 1 and P01 agree."""
    return re.sub(r"(?<!\d)0+(?=\d)", "", plain(text)).replace(" ", "")


def _unique(pairs: Iterable[tuple[str, str]]) -> dict[str, str | None]:
    found: dict[str, str | None] = {}
    for name, meaning in pairs:
        found[name] = meaning if found.get(name, meaning) == meaning else None
    return found


def ref_parser(column: Column, target: Target | None) -> Parser:
    """Return the parser of a REF column; without a ``target`` tab any id is believed."""
    known = target.ids if target else frozenset()
    extra = {plain(word): word for word in column.ref_extra}

    def read(value: Scalar) -> Reading | None:
        if isinstance(value, datetime | timedelta):
            return became_date(value)
        text = value if isinstance(value, str) else show(value)
        if target is None or text in known or text in column.ref_extra:
            return None if isinstance(value, str) else Reading(text)
        folded = plain(text)
        if folded in extra:
            return fixed("case", extra[folded])
        return _by_fold(folded, target) or _unknown(column, text, target)

    return tidied(read)


def doubted_refs(target: Target) -> Callable[[Iterable[Any]], Iterator[Any]]:
    """Return what leaves out ids of the ``target``."""
    known = target.tidy_ids
    return lambda values: (v for v in values if type(v) is not str or v not in known)


def _by_fold(folded: str, target: Target) -> Reading | None:
    meant = target.folded.get(folded)
    if meant is not None:
        return fixed("case", meant)
    named = target.names.get(folded)
    return fixed("alias", named) if named is not None else None


def _unknown(column: Column, text: str, target: Target) -> Reading:
    if _EXPONENT.fullmatch(text):
        return wrong("lost_digits", "Digits of this id may be lost; no row has it.")
    near = target.numbered.get(unpadded(text)) or target.slips.nearest(plain(text))
    alike = {} if near else target.alike.get(name_key(text), {})
    where = f"on the tab {target.title or column.ref.capitalize()}"
    if len(alike) > 1:
        told = f"{show(text)!r} may be {_either(alike)} {where}; write the id that is meant."
        return wrong("ambiguous_ref", told)
    # Tabs are named for what stands in their rows: partners, deals.
    told = f"There is no {column.ref.removesuffix('s')} {show(text)!r} {where}."
    return wrong("unknown_ref", told, near or next(iter(alike), None))


def _either(names: Mapping[str, str]) -> str:
    """List ids with their names, the first ones if there are many."""
    told = [f"{i} ({show(names[i])})" for i in sorted(names)]
    last = told[-1] if len(told) <= _LISTED else f"{len(told) - _LISTED + 1} others"
    return f"{', '.join(told[: min(len(told), _LISTED) - 1])} or {last}"


def read_slug(value: Scalar) -> Reading | None:
    """Read a short code for links: small letters, digits, hyphens."""
    if isinstance(value, datetime | timedelta):
        return became_date(value)
    text = value if isinstance(value, str) else show(value)
    if _SLUG.fullmatch(text):
        return None if isinstance(value, str) else Reading(text)
    if _SLUG.fullmatch(text.lower()):
        return fixed("slug", text.lower())
    likely = slug_of(text)
    told = "A code for links has small letters, digits and hyphens only."
    return wrong("bad_slug", told, likely or None)


def slug_parser() -> Parser:
    """Return the parser of SLUG columns."""
    return tidied(read_slug)
