"""How a function of formulas is declared: by scalars, by values, or by unread arguments."""

from __future__ import annotations

import math
from collections.abc import Callable
from typing import Any

from tests.fakes.sheets import calc_values as v
from tests.fakes.sheets.calc_book import Frame, Value
from tests.fakes.sheets.calc_parse import Node
from tests.fakes.sheets.calc_values import Fault, Scalar

FUNCTIONS: dict[str, Callable[..., Value]] = {}


def lazy(*names: str) -> Callable[..., Any]:
    """A function of the frame and unread arguments."""

    def registered(function: Callable[..., Value]) -> Callable[..., Value]:
        for name in names:
            FUNCTIONS[name] = _counted(name, function)
        return function

    return registered


def _counted(name: str, function: Callable[..., Value]) -> Callable[..., Value]:
    def called(frame: Frame, *nodes: Node) -> Value:
        try:
            return function(frame, *nodes)
        except TypeError as error:
            if "argument" not in str(error):
                raise
            told = f"Wrong number of arguments to {name}. But {len(nodes)} arguments were given."
            return Fault("#N/A", told)

    return called


def whole(*names: str) -> Callable[..., Any]:
    """A function of the frame and of values that may be ranges or arrays."""

    def registered(function: Callable[..., Value]) -> Callable[..., Value]:
        lazy(*names)(lambda frame, *nodes: function(frame, *[frame.value(n) for n in nodes]))
        return function

    return registered


def scalar(*names: str) -> Callable[..., Any]:
    """A function of scalars, worked out cell by cell in arrays; faults pass through."""

    def registered(function: Callable[..., Scalar]) -> Callable[..., Scalar]:
        def guarded(*values: Scalar) -> Scalar:
            for value in values:
                if isinstance(value, Fault):
                    return value
            try:
                found = function(*values)
            except ZeroDivisionError:
                return v.divided(names[0])
            except (ValueError, OverflowError):
                return Fault("#NUM!", f"Function {names[0]} was given a value out of range.")
            return v.tidy(found) if isinstance(found, float) else found

        lazy(*names)(lambda frame, *nodes: frame.lifted(guarded, [frame.value(n) for n in nodes]))
        return function

    return registered


def numeric(*names: str) -> Callable[..., Any]:
    """A function of numbers."""

    def registered(function: Callable[..., float]) -> Callable[..., float]:
        def converted(*values: Scalar) -> Scalar:
            numbers = [v.number(value, names[0], i) for i, value in enumerate(values, 1)]
            fault = next((n for n in numbers if isinstance(n, Fault)), None)
            return fault or function(*numbers)

        scalar(*names)(converted)
        return function

    return registered


def total(*names: str) -> Callable[..., Any]:
    """A function of all numbers among its arguments; texts in ranges are passed over."""

    def registered(function: Callable[[list[float]], Scalar]) -> Callable[..., Scalar]:
        def gathered(frame: Frame, *values: Value) -> Value:
            found = numbers(frame, names[0], values)
            if isinstance(found, Fault):
                return found
            told = function(found)
            return v.tidy(told) if isinstance(told, float) and math.isfinite(told) else told

        whole(*names)(gathered)
        return function

    return registered


def numbers(frame: Frame, name: str, values: tuple[Value, ...]) -> list[float] | Fault:
    """The numbers of ranges and the values of single arguments, or the first fault."""
    found: list[float] = []
    for place, value in enumerate(values, 1):
        if not hasattr(value, "height") and not isinstance(value, list):
            told = v.number(value, name, place)
            if isinstance(told, Fault):
                return told
            found.append(told)
            continue
        for row in frame.matrix(value):
            for cell in row:
                if isinstance(cell, Fault):
                    return cell
                if isinstance(cell, int | float) and not isinstance(cell, bool):
                    found.append(cell)
    return found
