"""One column at a time: parse each distinct value once, then hand the answers to all its cells."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterable, Sequence
from typing import Any, NamedTuple, TypeAlias

from sheetsync.clean.reading import Parser, Reading
from sheetsync.clean.text import is_tidy, tidy
from sheetsync.model.values import Formula, Scalar, Value


class Built(NamedTuple):
    """A column's parser, and (code, message) of a contradiction within the column, if any."""

    parse: Parser
    contradiction: tuple[str, str] = ("", "")


Build: TypeAlias = Callable[[Sequence[Any]], Built]
"""Makes a column's parser from its cells: they are the evidence for dates and decimals."""


class _Bool:
    """Stands for a boolean while distinct values are collected, since ``True == 1``."""

    def __init__(self, *, value: bool) -> None:
        self.value = value


_BOOLS = (_Bool(value=False), _Bool(value=True))


def is_blank(value: Value) -> bool:
    """Tell whether a cell shows nothing: empty, only spaces, or a formula that gives that."""
    if isinstance(value, Formula):
        value = value.value
    if not isinstance(value, str):
        return value is None
    bare = value.strip()
    return not bare or not (bare.isprintable() or tidy(bare))


def text_counts(values: Iterable[Any]) -> dict[str, int]:
    """Count the tidy texts among a column's cells."""
    result: dict[str, int] = {}
    for text, n in Counter([v for v in values if type(v) is str]).items():
        neat = text if is_tidy(text) else tidy(text)
        result[neat] = result.get(neat, 0) + n
    result.pop("", None)
    return result


def read_cells(
    cells: Sequence[Value], build: Build
) -> tuple[list[Scalar], dict[int, Reading], Built]:
    """Parse a column: typed values, the readings that are not simply right, and what read them.

    Formulas are read by their cached value, judged by the evidence of formulas alone: text that
    formulas make is never fixed, so that its proof must not vanish when typed cells are.
    """
    kinds = set(map(type, cells))
    if Formula not in kinds:
        return _read_pool(list(cells), kinds, build)
    typed = [None if type(v) is Formula else v for v in cells]
    told = [v.value if type(v) is Formula else None for v in cells]
    values, odd, built = _read_pool(typed, set(map(type, typed)), build)
    told_values, told_odd, _ = _read_pool(told, set(map(type, told)), build)
    for j, cell in enumerate(cells):
        if type(cell) is Formula:
            values[j] = told_values[j]
    for j, reading in told_odd.items():
        odd[j] = reading._replace(rule="", fix=None, suggested=None)
    return values, dict(sorted(odd.items())), built


def _read_pool(
    cells: list[Any], kinds: set[type], build: Build
) -> tuple[list[Scalar], dict[int, Reading], Built]:
    built = build(cells if str in kinds else ())
    parse = built.parse
    work = [_BOOLS[v] if type(v) is bool else v for v in cells] if bool in kinds else cells
    distinct = dict.fromkeys(work)
    distinct.pop(None, None)
    blank = distinct.pop("", 0) is None
    odd: dict[Any, Reading] = {}
    for value in distinct:
        reading = parse(value.value if type(value) is _Bool else value)
        if reading is not None:
            odd[value] = reading
    typed: dict[Any, Scalar] = {value: reading.value for value, reading in odd.items()}
    if blank:
        typed[""] = None
    if bool in kinds:
        typed.update({mark: mark.value for mark in _BOOLS if mark not in odd})
    values = list(map(typed.get, work, work)) if typed else list(work)
    if not odd:
        return values, {}, built
    hits = enumerate(map(odd.get, work))
    return values, {j: reading for j, reading in hits if reading is not None}, built
