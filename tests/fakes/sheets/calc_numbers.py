"""Functions of numbers."""

from __future__ import annotations

import math
from collections.abc import Callable
from decimal import ROUND_DOWN, ROUND_HALF_UP, ROUND_UP, Decimal
from statistics import median, stdev
from typing import Any

from tests.fakes.sheets import calc_values as v
from tests.fakes.sheets.calc_book import Frame, Value
from tests.fakes.sheets.calc_lookup import column_of
from tests.fakes.sheets.calc_registry import numbers, numeric, scalar, total, whole
from tests.fakes.sheets.calc_values import Fault, Scalar


@total("SUM")
def _sum(found: list[float]) -> Scalar:
    return math.fsum(found)


@total("PRODUCT")
def _product(found: list[float]) -> Scalar:
    return math.prod(found) if found else 0


@total("AVERAGE")
def _average(found: list[float]) -> Scalar:
    if not found:
        return Fault("#DIV/0!", "Evaluation of function AVERAGE caused a divide by zero error.")
    return math.fsum(found) / len(found)


@total("MIN")
def _min(found: list[float]) -> Scalar:
    return min(found, default=0)


@total("MAX")
def _max(found: list[float]) -> Scalar:
    return max(found, default=0)


@total("MEDIAN")
def _median(found: list[float]) -> Scalar:
    return median(found) if found else Fault("#NUM!", "MEDIAN has no values.")


@total("STDEV", "STDEV.S")
def _stdev(found: list[float]) -> Scalar:
    return stdev(found) if len(found) > 1 else v.divided("STDEV")


@whole("COUNT")
def _count(frame: Frame, *values: Value) -> Value:
    cells = [cell for value in values for cell in column_of(frame, value)]
    return sum(isinstance(x, int | float) and not isinstance(x, bool) for x in cells)


@whole("COUNTA")
def _counta(frame: Frame, *values: Value) -> Value:
    return sum(cell is not None for value in values for cell in column_of(frame, value))


@whole("COUNTBLANK")
def _countblank(frame: Frame, value: Value) -> Value:
    return sum(
        cell is None or (isinstance(cell, str) and not cell) for cell in column_of(frame, value)
    )


@whole("SUMPRODUCT")
def _sumproduct(frame: Frame, *values: Value) -> Value:
    grids = [column_of(frame, value) for value in values]
    if len({len(grid) for grid in grids}) > 1:
        return Fault("#VALUE!", "SUMPRODUCT has mismatched range sizes.")
    found = 0.0
    for cells in zip(*grids, strict=True):
        fault = next((x for x in cells if isinstance(x, Fault)), None)
        if fault:
            return fault
        real = [x for x in cells if isinstance(x, int | float) and not isinstance(x, bool)]
        found += math.prod(real) if len(real) == len(cells) else 0
    return v.tidy(found)


def _ranked(name: str, *, largest: bool) -> None:
    @whole(name)
    def ranked(frame: Frame, value: Value, place: Value) -> Value:
        found = numbers(frame, name, (frame.matrix(value),))
        at = v.number(frame.single(place), name, 2)
        if isinstance(found, Fault) or isinstance(at, Fault):
            return found if isinstance(found, Fault) else at
        if not 1 <= at <= len(found):
            return Fault(
                "#NUM!", f"Function {name} parameter 2 value {v.text(at)} is out of range."
            )
        return sorted(found, reverse=largest)[int(at) - 1]


_ranked("LARGE", largest=True)
_ranked("SMALL", largest=False)


@whole("RANK", "RANK.EQ")
def _rank(frame: Frame, value: Value, where: Value, ascending: Value = 0) -> Value:
    found, wanted = numbers(frame, "RANK", (frame.matrix(where),)), frame.single(value)
    if isinstance(found, Fault):
        return found
    if wanted not in found:
        return Fault("#N/A", f"Did not find value '{v.text(wanted)}' in RANK evaluation.")
    ordered = sorted(found, reverse=not v.truth(frame.single(ascending)))
    return ordered.index(wanted) + 1


@whole("PERCENTILE", "PERCENTILE.INC")
def _percentile(frame: Frame, value: Value, share: Value) -> Value:
    found, part = numbers(frame, "PERCENTILE", (frame.matrix(value),)), frame.single(share)
    if isinstance(found, Fault):
        return found
    if not found or not isinstance(part, int | float) or not 0 <= part <= 1:
        return Fault("#NUM!", "Function PERCENTILE parameter 2 is out of range.")
    ordered = sorted(found)
    at = part * (len(ordered) - 1)
    low = math.floor(at)
    high = min(low + 1, len(ordered) - 1)
    return v.tidy(ordered[low] + (at - low) * (ordered[high] - ordered[low]))


def _quantized(rounding: str) -> Callable[..., float]:
    def rounded(value: float, digits: float = 0) -> float:
        told = Decimal(f"{value:.15g}").scaleb(int(digits))
        return float(told.to_integral_value(rounding).scaleb(-int(digits)))

    return rounded


def _modulo(value: float, by: float) -> float:
    return value - by * math.floor(value / by)


def _stepped(round_: Callable[[float], int]) -> Callable[..., float]:
    def stepped(value: float, step: float = 1) -> float:
        return round_(round(value / step, 12)) * step if step else 0

    return stepped


rounded = _quantized(ROUND_HALF_UP)
_PLAIN: dict[str, Callable[..., Any]] = {
    "ROUND": rounded,
    "ROUNDUP": _quantized(ROUND_UP),
    "ROUNDDOWN": _quantized(ROUND_DOWN),
    "TRUNC": _quantized(ROUND_DOWN),
    "INT": math.floor,
    "ABS": abs,
    "MOD": _modulo,
    "POWER": lambda a, b: a**b,
    "SQRT": math.sqrt,
    "EXP": math.exp,
    "LN": math.log,
    "LOG": lambda a, base=10: math.log(a, base),
    "LOG10": math.log10,
    "SIGN": lambda a: (a > 0) - (a < 0),
    "CEILING": _stepped(math.ceil),
    "FLOOR": _stepped(math.floor),
}
for _name, _work in _PLAIN.items():
    numeric(_name)(_work)


@scalar("N")
def _n(value: Scalar) -> Scalar:
    return int(value) if isinstance(value, bool) else 0 if isinstance(value, str) else value or 0
