"""Values of formulas: faults, coercions and comparisons as Google Sheets makes them.

A scalar is None (empty cell), bool, int, float, str or Fault; an array is a list of rows of
scalars. Sources: support.google.com/docs (operators, COUNTIF criteria) and the discovery document
(ErrorValue).
"""

from __future__ import annotations

import math
import re
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from typing import Any

EPOCH = datetime(1899, 12, 30)
TYPES = {
    "#ERROR!": "ERROR",
    "#NULL!": "NULL_VALUE",
    "#DIV/0!": "DIVIDE_BY_ZERO",
    "#VALUE!": "VALUE",
    "#REF!": "REF",
    "#NAME?": "NAME",
    "#NUM!": "NUM",
    "#N/A": "N_A",
}
SHOWN = {kind: shown for shown, kind in TYPES.items()}


@dataclass(frozen=True, slots=True)
class Fault:
    """An error value: what the cell shows, and Google's sentence about it."""

    shown: str
    message: str = ""

    def json(self) -> dict[str, Any]:
        """The ErrorValue of the discovery document."""
        return {"type": TYPES[self.shown], "message": self.message}


Scalar = None | bool | int | float | str | Fault
Matrix = list[list[Scalar]]

NOT_AVAILABLE = Fault("#N/A", "Value not available.")
NO_REFERENCE = Fault("#REF!", "Reference does not exist.")
NO_ARRAY = Fault("#VALUE!", "An array value could not be found.")
CIRCULAR = Fault(
    "#REF!",
    "Circular dependency detected. To resolve with iterative calculation, see File > Settings.",
)
UNPARSED = Fault("#ERROR!", "Formula parse error.")


def divided(function: str = "DIVIDE") -> Fault:
    return Fault("#DIV/0!", f"Function {function} parameter 2 cannot be zero.")


def mistyped(function: str, place: int, value: Scalar) -> Fault:
    return Fault(
        "#VALUE!",
        f"Function {function} parameter {place} expects number values. But '{text(value)}' is a"
        " text and cannot be coerced to a number.",
    )


_NUMBER = re.compile(r"\s*([-+]?)\$?([\d,]*\.?\d*(?:[eE][-+]?\d+)?)(%?)\s*$")
_ISO = re.compile(r"\s*(\d{4})-(\d{1,2})-(\d{1,2})\s*$")


def spelled(words: str) -> float | None:
    """The number that a text spells, or None."""
    if day := _ISO.match(words):
        try:
            return float(serial(date(*map(int, day.groups()))))
        except ValueError:
            return None
    if not (found := _NUMBER.match(words)):
        return None
    try:
        value = float(found[2].replace(",", ""))
    except ValueError:
        return None
    return (-value if found[1] == "-" else value) / (100 if found[3] else 1)


def number(value: Scalar, function: str = "ADD", place: int = 1) -> float | Fault:
    """A scalar where a number is wanted: empty is 0, TRUE is 1, a text is read or refused."""
    if isinstance(value, Fault | float | int) and not isinstance(value, bool):
        return value
    if value is None:
        return 0
    if isinstance(value, bool):
        return int(value)
    found = spelled(value)
    return mistyped(function, place, value) if found is None else found


def text(value: Scalar) -> str:
    """A scalar where a text is wanted; dates are their serial numbers."""
    if value is None:
        return ""
    if isinstance(value, bool):
        return "TRUE" if value else "FALSE"
    if isinstance(value, Fault):
        return value.shown
    if isinstance(value, str):
        return value
    return plain(value)


def plain(value: float) -> str:
    """A number without format: at most 15 digits, no trailing zeros."""
    if math.isfinite(value) and value == int(value) and abs(value) < 1e15:
        return str(int(value))
    told = f"{value:.15g}"
    return told.replace("e", "E") if "e" in told else told


def truth(value: Scalar) -> bool | Fault:
    """A scalar where a condition is wanted."""
    if isinstance(value, Fault | bool):
        return value
    if isinstance(value, str):
        if value.upper() in {"TRUE", "FALSE"}:
            return value.upper() == "TRUE"
        return Fault("#VALUE!", f"'{value}' is a text and cannot be coerced to a boolean.")
    return bool(value)


def tidy(value: float) -> float | int:
    """A result without the noise of binary fractions in whole numbers."""
    if isinstance(value, float) and math.isfinite(value) and value == int(value):
        return int(value) if abs(value) < 1e15 else value
    return value


def _kind(value: Scalar) -> int:
    if isinstance(value, bool):
        return 2
    return 1 if isinstance(value, str) else 0


def compared(left: Scalar, right: Scalar) -> int:
    """-1, 0 or 1: numbers before texts before booleans; texts without case; empty suits all."""
    left, right = _filled(left, right), _filled(right, left)
    if _kind(left) != _kind(right):
        return -1 if _kind(left) < _kind(right) else 1
    first, second = folded(left), folded(right)
    return (first > second) - (first < second)


def _filled(value: Scalar, beside: Scalar) -> Any:
    if value is not None:
        return value
    return {bool: False, str: ""}.get(type(beside), 0)


def folded(value: Scalar) -> Any:
    """What exact look-ups compare."""
    return value.casefold() if isinstance(value, str) else value


def serial(moment: date) -> float:
    """Days since 1899-12-30, with the time as a fraction."""
    if not isinstance(moment, datetime):
        moment = datetime(moment.year, moment.month, moment.day)
    return tidy((moment - EPOCH) / timedelta(days=1))


def day(number_: float) -> datetime:
    """The moment of a serial number."""
    return EPOCH + timedelta(days=number_)


def to_extended(value: Scalar) -> dict[str, Any] | None:
    """ExtendedValue JSON of a result; an empty result counts as 0 in a formula's own cell."""
    if value is None:
        return None
    if isinstance(value, bool):
        return {"boolValue": value}
    if isinstance(value, Fault):
        return {"errorValue": value.json()}
    if isinstance(value, str):
        return {"stringValue": value}
    return {"numberValue": value}


def from_extended(value: dict[str, Any] | None) -> Scalar:
    """The scalar of an ExtendedValue that is no formula."""
    if not value:
        return None
    if "errorValue" in value:
        told = value["errorValue"]
        return Fault(SHOWN.get(told.get("type", ""), "#ERROR!"), told.get("message", ""))
    for key in ("stringValue", "numberValue", "boolValue"):
        if key in value:
            return value[key]
    return None
