"""What the signs of formulas do with two scalars."""

from __future__ import annotations

from collections.abc import Callable

from tests.fakes.sheets import calc_values as v
from tests.fakes.sheets.calc_values import Fault, Scalar


def _arithmetic(name: str, work: Callable[[float, float], Scalar]) -> Callable[..., Scalar]:
    def signed(left: Scalar, right: Scalar) -> Scalar:
        first, second = v.number(left, name, 1), v.number(right, name, 2)
        if isinstance(first, Fault) or isinstance(second, Fault):
            return first if isinstance(first, Fault) else second
        try:
            found = work(first, second)
        except (OverflowError, ValueError):
            return Fault("#NUM!", f"Function {name} result is not a number.")
        except ZeroDivisionError:
            return v.divided(name)
        if isinstance(found, complex):
            return Fault("#NUM!", f"Function {name} result is not a real number.")
        return v.tidy(found) if isinstance(found, float) else found

    return signed


def _comparison(test: Callable[[int], bool]) -> Callable[..., Scalar]:
    def compared(left: Scalar, right: Scalar) -> Scalar:
        if isinstance(left, Fault) or isinstance(right, Fault):
            return left if isinstance(left, Fault) else right
        return test(v.compared(left, right))

    return compared


def _joined(left: Scalar, right: Scalar) -> Scalar:
    if isinstance(left, Fault) or isinstance(right, Fault):
        return left if isinstance(left, Fault) else right
    return v.text(left) + v.text(right)


SIGNS: dict[str, Callable[..., Scalar]] = {
    "+": _arithmetic("ADD", lambda a, b: a + b),
    "-": _arithmetic("MINUS", lambda a, b: a - b),
    "*": _arithmetic("MULTIPLY", lambda a, b: a * b),
    "/": _arithmetic("DIVIDE", lambda a, b: a / b),
    "^": _arithmetic("POWER", lambda a, b: a**b),
    "&": _joined,
    "=": _comparison(lambda order: order == 0),
    "<>": _comparison(lambda order: order != 0),
    "<": _comparison(lambda order: order < 0),
    ">": _comparison(lambda order: order > 0),
    "<=": _comparison(lambda order: order <= 0),
    ">=": _comparison(lambda order: order >= 0),
}
