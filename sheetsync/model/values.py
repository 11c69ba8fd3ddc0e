"""What a cell can hold, as found: seven kinds that are never confused with each other.

An error is never empty, ``TRUE`` is never ``1`` and text is never a formula. Python's own
types carry the kinds (``None``, ``str``, ``int``/``float``, ``bool``, ``datetime``,
``timedelta``), so that a column of 100,000 cells is a plain list.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import TypeAlias


@dataclass(frozen=True, slots=True)
class CellError:
    """A spreadsheet error such as ``#N/A`` or ``#REF!``; ``code`` is its text."""

    code: str

    def __str__(self) -> str:
        return self.code


EPOCH = datetime(1899, 12, 30)
"""Day 0 of spreadsheets' serial numbers (right from 1 March 1900)."""
Scalar: TypeAlias = None | str | int | float | bool | datetime | timedelta | CellError


_CALCULATED = 1e-9
"""How far results of the same formula may lie apart, relatively."""


@dataclass(frozen=True, slots=True)
class Formula:
    """A formula (``text`` without the leading ``=``) and the value cached beside it."""

    text: str
    value: Scalar = None

    def __str__(self) -> str:
        return f"={self.text}"


Value: TypeAlias = Scalar | Formula


def kind_of(value: Value) -> str:
    """Name the kind: empty, text, number, bool, datetime, duration, error or formula.

    >>> kind_of(None), kind_of(""), kind_of(True), kind_of(1), kind_of(CellError("#N/A"))
    ('empty', 'empty', 'bool', 'number', 'error')
    """
    match value:
        case None | "":
            return "empty"
        case str():
            return "text"
        case bool():
            return "bool"
        case int() | float():
            return "number"
        case datetime():
            return "datetime"
        case timedelta():
            return "duration"
        case CellError():
            return "error"
        case _:
            return "formula"


def result_of(value: Value) -> Scalar:
    """Return what a reader of the sheet sees: a formula's cached value, else the value."""
    return value.value if isinstance(value, Formula) else value


def same(a: Value, b: Value) -> bool:
    r"""Tell whether two cells hold the same thing, as spreadsheets store it.

    Numbers agree to 15 significant digits, times to a millisecond, text after ``\r\n``
    becomes ``\n``; empty equals ``""``; ``TRUE`` differs from 1 and 1 from "1". Formulas are the
    same whose results agree to nine digits: a program that calculates again ends elsewhere.

    >>> same(0.1 + 0.2, 0.3), same(True, 1), same(1, "1"), same(None, "")
    (True, False, False, True)
    """
    kind = kind_of(a)
    if kind != kind_of(b):
        return False
    if a == b or kind == "empty":
        return True
    if isinstance(a, str) and isinstance(b, str):
        return a.replace("\r\n", "\n") == b.replace("\r\n", "\n")
    if isinstance(a, datetime) and isinstance(b, datetime):
        return abs(a - b) < timedelta(milliseconds=1)
    if isinstance(a, timedelta) and isinstance(b, timedelta):
        return abs(a - b) < timedelta(milliseconds=1)
    if isinstance(a, int | float) and isinstance(b, int | float):
        return f"{a:.15g}" == f"{b:.15g}"
    if isinstance(a, Formula) and isinstance(b, Formula):
        return a.text == b.text and _same_result(a.value, b.value)
    return False


def _same_result(a: Scalar, b: Scalar) -> bool:
    if kind_of(a) == kind_of(b) == "number":
        assert isinstance(a, int | float)
        assert isinstance(b, int | float)
        return abs(a - b) <= _CALCULATED * max(abs(a), abs(b))
    return same(a, b)


def show(value: Value, limit: int = 40) -> str:
    r"""Print a cell for a message: one line, at most ``limit`` characters, controls escaped.

    >>> show("a\u202eb"), show(None), show(3.0), show(datetime(2026, 3, 1))
    ('a\\u202eb', '(empty)', '3', '2026-03-01')
    """
    if kind_of(value) == "empty":
        return "(empty)"
    if isinstance(value, bool):
        return "TRUE" if value else "FALSE"
    if isinstance(value, int | float):
        text = f"{value:.15g}"
    elif isinstance(value, datetime):
        midnight = not (value.hour or value.minute or value.second)
        text = f"{value:%Y-%m-%d}" if midnight else f"{value:%Y-%m-%d %H:%M}"
    else:
        text = str(value)
    text = "".join(c if c.isprintable() else c.encode("unicode_escape").decode() for c in text)
    return text if len(text) <= limit else text[: limit - 1] + "…"
