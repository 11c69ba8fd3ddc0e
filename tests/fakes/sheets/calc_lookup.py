"""Look-ups and conditional sums: criteria, MATCH and its kin, each over an index of its range."""

from __future__ import annotations

import re
from collections.abc import Callable
from functools import lru_cache
from typing import Any

from tests.fakes.sheets import calc_values as v
from tests.fakes.sheets.calc_book import Area, Frame, Value
from tests.fakes.sheets.calc_values import Fault, Matrix, Scalar

_SIGN = re.compile(r"(<>|<=|>=|=|<|>)(.*)", re.DOTALL)


def column_of(frame: Frame, value: Value) -> list[Scalar]:
    """A range or array as one list, row by row."""
    return [cell for row in frame.matrix(value) for cell in row]


def listed(frame: Frame, value: Value) -> list[Scalar]:
    """A range as one list; kept per range."""
    if not isinstance(value, Area):
        return column_of(frame, value)
    found = frame.book.indexes.get(("list", value))
    if found is None:
        found = frame.book.indexes["list", value] = column_of(frame, value)
    return found


def index_of(frame: Frame, value: Value) -> dict[Any, list[int]]:
    """Where each value stands in a list; kept per range."""
    found = frame.book.indexes.get(value) if isinstance(value, Area) else None
    if found is None:
        found = {}
        for i, cell in enumerate(column_of(frame, value)):
            found.setdefault((type(cell) is bool, v.folded(cell)), []).append(i)
        if isinstance(value, Area):
            frame.book.indexes[value] = found
    return found


@lru_cache(maxsize=1000)
def pattern(words: str) -> re.Pattern[str] | None:
    """The regex of a text with ``*`` and ``?``; None when it has none. ``~`` escapes."""
    if not re.search(r"[*?~]", words):
        return None
    told = re.sub(
        r"~([*?~])|([*?])|([^*?~]|~)",
        lambda m: (
            re.escape(m[1] or "") or {"*": ".*", "?": "."}.get(m[2] or "", "") or re.escape(m[3])
        ),
        words,
    )
    return re.compile(told, re.IGNORECASE | re.DOTALL)


def places(frame: Frame, where: Value, criterion: Scalar) -> list[int]:
    """Positions in a range that meet a criterion of COUNTIF."""
    sign, wanted = "=", criterion
    if isinstance(criterion, str) and (found := _SIGN.fullmatch(criterion)):
        sign, wanted = found[1], found[2]
    if isinstance(wanted, str) and (spelled := v.spelled(wanted)) is not None:
        wanted = v.tidy(spelled)
    elif isinstance(wanted, str) and wanted.upper() in {"TRUE", "FALSE"}:
        wanted = wanted.upper() == "TRUE"
    index = index_of(frame, where)
    if sign == "=" and not (isinstance(wanted, str) and pattern(wanted)):
        return _equal(index, wanted, bare=wanted == criterion)
    keys = [key for key in index if _meets(key, sign, wanted)]
    return sorted(i for key in keys for i in index[key])


def _equal(index: dict[Any, list[int]], wanted: Scalar, *, bare: bool) -> list[int]:
    if wanted is None:
        wanted = 0
    if wanted == "" and wanted is not False:
        blank = index.get((False, None), [])
        return sorted(blank + index.get((False, ""), [])) if bare else blank
    found = index.get((isinstance(wanted, bool), v.folded(wanted)), [])
    if isinstance(wanted, int | float) and not isinstance(wanted, bool):
        found = found + index.get((False, v.plain(wanted)), [])
    return sorted(found)


def _meets(key: tuple[bool, Any], sign: str, wanted: Scalar) -> bool:
    value = key[1]
    if isinstance(value, Fault):
        return False
    if sign in {"=", "<>"}:
        if isinstance(wanted, str) and (shape := pattern(wanted)):
            same = isinstance(value, str) and bool(shape.fullmatch(value))
        elif wanted == "" and not isinstance(wanted, bool):
            same = value is None
        else:
            same = value is not None and v.compared(value, wanted) == 0
        return same if sign == "=" else not same
    if (
        value is None
        or isinstance(value, bool)
        or isinstance(value, str) != isinstance(wanted, str)
    ):
        return False
    order = v.compared(value, wanted)
    return {"<": order < 0, ">": order > 0, "<=": order <= 0, ">=": order >= 0}[sign]


def met(frame: Frame, name: str, nodes: tuple[Any, ...]) -> Callable[..., list[int] | Fault]:
    """Reads pairs of range and criterion; gives positions that meet all of them."""
    ranges = [frame.value(node) for node in nodes[::2]]
    shapes = {(len(m), len(m[0]) if m else 0) for m in map(frame.matrix, ranges)}

    def positions(*criteria: Scalar) -> list[int] | Fault:
        if len(shapes) > 1 or len(criteria) != len(ranges):
            return Fault("#VALUE!", f"Array arguments to {name} are of different size.")
        found = [places(frame, *pair) for pair in zip(ranges, criteria, strict=True)]
        if len(found) == 1:
            return found[0]
        common = set(found[0]).intersection(*found[1:])
        return sorted(common)

    return positions


def match(frame: Frame, wanted: Scalar, where: Value, order: int = 0) -> int | None:
    """0-based position of the first exact match, or of the last not beyond (1), not below (-1)."""
    if order == 0:
        if isinstance(wanted, str) and (shape := pattern(wanted)):
            cells = column_of(frame, where)
            return next(
                (i for i, x in enumerate(cells) if isinstance(x, str) and shape.fullmatch(x)), None
            )
        return first(frame, wanted, where)
    best = None
    for i, cell in enumerate(column_of(frame, where)):
        if (
            cell is None
            or isinstance(cell, Fault)
            or isinstance(cell, str) != isinstance(wanted, str)
        ):
            continue
        if v.compared(cell, wanted) * order > 0:
            break
        best = i
    return best


def first(frame: Frame, wanted: Scalar, where: Value) -> int | None:
    """0-based position of the first equal value, without patterns."""
    if wanted is None:
        return None
    found = index_of(frame, where).get((isinstance(wanted, bool), v.folded(wanted)))
    return found[0] if found else None


def missed(name: str, wanted: Scalar) -> Fault:
    return Fault("#N/A", f"Did not find value '{v.text(wanted)}' in {name} evaluation.")


def sliced(value: Value, frame: Frame, row: int | None, column: int | None) -> Value:
    """One row, column or cell of a range (0-based; None = all), still a range where it was one."""
    if isinstance(value, Area):
        top, bottom = (
            (value.top, value.bottom) if row is None else (value.top + row, value.top + row + 1)
        )
        left, right = (
            (value.left, value.right)
            if column is None
            else (value.left + column, value.left + column + 1)
        )
        if bottom > value.bottom or right > value.right:
            return Fault("#REF!", "INDEX parameter value is out of range.")
        return Area(value.sheet, top, left, bottom, right)
    grid: Matrix = frame.matrix(value)
    rows = grid if row is None else grid[row : row + 1]
    found = rows if column is None else [cells[column : column + 1] for cells in rows]
    if not found or not found[0]:
        return Fault("#REF!", "INDEX parameter value is out of range.")
    return found[0][0] if row is not None and column is not None else found
