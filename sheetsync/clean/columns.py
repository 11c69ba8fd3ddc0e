"""One column at a time: parse each distinct value once, then hand the answers to all its cells."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterable, Mapping, Sequence
from itertools import compress, count
from operator import is_not
from typing import Any, NamedTuple, TypeAlias

from sheetsync.clean.reading import Parser, Reading, wrong
from sheetsync.clean.text import is_tidy, tidy
from sheetsync.model.values import Formula, Scalar, Value


def _all(values: Iterable[Any]) -> Iterable[Any]:
    """Take no value for right without parsing it."""
    return values


class Built(NamedTuple):
    """A column's parser, and what is known of it.

    ``contradiction`` is (code, message) of a contradiction within the column, if any. ``proof``
    is what the parser takes from the column's cells and from other tabs: parsers of one column
    with equal proofs read alike. ``doubted`` leaves out values that ``parse`` finds right (much
    faster than asking it one by one); it may leave in any others.
    """

    parse: Parser
    contradiction: tuple[str, str] = ("", "")
    proof: object = None
    doubted: Callable[[Iterable[Any]], Iterable[Any]] = _all


Build: TypeAlias = Callable[[Sequence[Any]], Built]
"""Makes a column's parser from its cells: they are the evidence for dates and decimals."""


class Known(NamedTuple):
    """A column as read before: its cells, the proof, and readings of all values not right."""

    cells: Sequence[Value]
    proof: object
    odd: Mapping[Any, Reading]


class ReadColumn(NamedTuple):
    """A column read: typed values, the readings that are not simply right by data row."""

    values: list[Scalar]
    odd: dict[int, Reading]
    built: Built
    known: Known | None = None


class _Bool:
    """Stands for a boolean while distinct values are collected, since ``True == 1``."""

    def __init__(self, *, value: bool) -> None:
        self.value = value


_UNSTORED = wrong(
    "no_stored_value",
    "The formula has no stored value: open the workbook in Excel or LibreOffice and save it.",
)
_BOOLS = (_Bool(value=False), _Bool(value=True))


def is_blank(value: Value) -> bool:
    """Tell whether a cell shows nothing: empty, only spaces, or a formula that gives that."""
    if isinstance(value, Formula):
        value = value.value
    if not isinstance(value, str):
        return value is None
    bare = value.strip()
    return not bare or not (bare.isprintable() or tidy(bare))


def blank_rows(cells: Sequence[Value], rows: Iterable[int]) -> list[int]:
    """Return those of the ``rows`` (positions) whose cell shows nothing."""
    # What begins with a letter or digit is not blank: nearly every text is told by that alone.
    left = [j for j in rows if not (type(v := cells[j]) is str and v[:1].isalnum())]
    return [j for j in left if is_blank(cells[j])]


def text_counts(values: Iterable[Any]) -> dict[str, int]:
    """Count the tidy texts among a column's cells."""
    result: dict[str, int] = {}
    for text, n in Counter([v for v in values if type(v) is str]).items():
        neat = text if is_tidy(text) else tidy(text)
        result[neat] = result.get(neat, 0) + n
    result.pop("", None)
    return result


def read_cells(cells: Sequence[Value], build: Build, known: Known | None = None) -> ReadColumn:
    """Parse a column; what is ``known`` from reading it before is not parsed again.

    Formulas are read by their cached value, judged by the evidence of formulas alone: text that
    formulas make is never fixed, so that its proof must not vanish when typed cells are. One
    that was never calculated has no value that could be read, which is no blank.
    """
    kinds = set(map(type, cells))
    if Formula not in kinds:
        return _read_pool(cells, kinds, build, known)
    typed = [None if type(v) is Formula else v for v in cells]
    told = [v.value if type(v) is Formula else None for v in cells]
    values, odd, built, _ = _read_pool(typed, set(map(type, typed)), build)
    told_values, told_odd, _, _ = _read_pool(told, set(map(type, told)), build)
    for j, cell in enumerate(cells):
        if type(cell) is Formula:
            values[j] = told_values[j]
            if cell.value is None:
                odd[j] = _UNSTORED
    for j, reading in told_odd.items():
        odd[j] = reading._replace(rule="", fix=None, suggested=None)
    return ReadColumn(values, dict(sorted(odd.items())), built)


def _read_pool(
    cells: Sequence[Any], kinds: set[type], build: Build, known: Known | None = None
) -> ReadColumn:
    built = build(cells if str in kinds else ())
    work = [_BOOLS[v] if type(v) is bool else v for v in cells] if bool in kinds else cells
    if known is not None and known.proof == built.proof:
        changed = set(compress(work, map(is_not, cells, known.cells)))
        odd = {**known.odd, **_parsed(changed, built)}
    else:
        odd = _parsed(dict.fromkeys(work), built)
    rows = {j: odd[work[j]] for j in compress(count(), map(odd.__contains__, work))}
    values = [None if v == "" else v for v in cells] if "" in cells else list(cells)
    for j, reading in rows.items():
        values[j] = reading.value
    return ReadColumn(values, rows, built, Known(cells, built.proof, odd))


def _parsed(distinct: Iterable[Any], built: Built) -> dict[Any, Reading]:
    """Return the readings of those values that are not right as they stand."""
    odd: dict[Any, Reading] = {}
    for value in built.doubted(distinct):
        if value is None or value == "":
            continue
        reading = built.parse(value.value if type(value) is _Bool else value)
        if reading is not None:
            odd[value] = reading
    return odd
