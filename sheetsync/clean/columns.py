"""One column at a time: parse each distinct value once, then hand the answers to all its cells."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from typing import Any, TypeAlias

from sheetsync.clean.reading import Parser, Reading
from sheetsync.clean.text import is_tidy, tidy
from sheetsync.model.values import Formula, Scalar, Value

Build: TypeAlias = Callable[[Mapping[str, int]], Parser]
"""Makes a column's parser from its texts (with how many cells hold each): the evidence."""


class _Bool:
    """Stands for a boolean while distinct values are collected, since ``True == 1``."""

    def __init__(self, *, value: bool) -> None:
        self.value = value


_BOOLS = (_Bool(value=False), _Bool(value=True))


def is_blank(value: Value) -> bool:
    """Tell whether a cell shows nothing: empty, only spaces, or a formula that gives that."""
    if isinstance(value, Formula):
        value = value.value
    return value is None or (isinstance(value, str) and not tidy(value))


def text_counts(values: Iterable[Any]) -> dict[str, int]:
    """Count the tidy texts among a column's cells."""
    counts: dict[str, int] = {}
    for value in values:
        if type(value) is str:
            counts[value] = counts.get(value, 0) + 1
    result: dict[str, int] = {}
    for text, n in counts.items():
        neat = text if is_tidy(text) else tidy(text)
        result[neat] = result.get(neat, 0) + n
    result.pop("", None)
    return result


def read_cells(
    cells: Sequence[Value], build: Build
) -> tuple[list[Scalar], dict[int, Reading], Parser]:
    """Parse a column: typed values, the readings that are not simply right, and the parser.

    Formulas are read by their cached value, judged by the evidence of formulas alone: text that
    formulas make is never fixed, so that its proof must not vanish when typed cells are.
    """
    kinds = set(map(type, cells))
    if Formula not in kinds:
        return _read_pool(list(cells), kinds, build)
    typed = [None if type(v) is Formula else v for v in cells]
    told = [v.value if type(v) is Formula else None for v in cells]
    values, odd, parse = _read_pool(typed, set(map(type, typed)), build)
    told_values, told_odd, _ = _read_pool(told, set(map(type, told)), build)
    for j, cell in enumerate(cells):
        if type(cell) is Formula:
            values[j] = told_values[j]
    for j, reading in told_odd.items():
        odd[j] = reading._replace(rule="", fix=None, suggested=None)
    return values, dict(sorted(odd.items())), parse


def _read_pool(
    cells: list[Any], kinds: set[type], build: Build
) -> tuple[list[Scalar], dict[int, Reading], Parser]:
    parse = build(text_counts(cells) if str in kinds else {})
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
        return values, {}, parse
    return values, {j: odd[v] for j, v in enumerate(work) if v in odd}, parse
