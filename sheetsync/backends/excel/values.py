"""Cells as Excel hands them over, and as it takes them.

Excel gives one cell as a bare value and many as rows; whole numbers as floats, money as Decimal
rounded to four digits, errors as whole numbers, dates with a time zone that they do not have. And
it reads what it is given: text that looks like a formula, a number or a date becomes one, unless an
apostrophe stands before it.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Sequence
from datetime import datetime, timedelta
from decimal import Decimal
from typing import Any

from sheetsync.model.values import EPOCH, CellError, Formula, Scalar, Value

_BASE = -2146828288
ERRORS = {
    _BASE + number: code
    for number, code in {
        2000: "#NULL!",
        2007: "#DIV/0!",
        2015: "#VALUE!",
        2023: "#REF!",
        2029: "#NAME?",
        2036: "#NUM!",
        2042: "#N/A",
        2043: "#GETTING_DATA",
        2045: "#SPILL!",
        2046: "#CONNECT!",
        2047: "#BLOCKED!",
        2048: "#UNKNOWN!",
        2049: "#FIELD!",
        2050: "#CALC!",
    }.items()
}
"""Error codes by the whole number that COM gives for them."""
_CODES = frozenset(ERRORS.values())
_SIMPLE = {str, float, bool, type(None)}
_SHOWN = {str, float, int, bool, Decimal}
_FIRST_DAY = datetime(1900, 3, 1)
_DAY = timedelta(days=1)
_WHOLE = 1e15
_TAME = re.compile(r"[^\W\d_][^\d]*")
_TAME_LENGTH = 60
_TRUTHS = frozenset(
    (
        *("true", "wahr", "vrai", "verdadero", "verdadeiro", "vero", "waar", "prawda", "pravda"),
        *("false", "falsch", "faux", "falso", "onwaar", "fałsz", "nepravda", "sant", "falskt"),
        *("sand", "falsk", "usann", "tosi", "epätosi", "igaz", "hamis", "doğru", "yanlış"),
        *("истина", "ложь", "adevărat", "fals"),
    )
)


def grid_of(told: Any, height: int, width: int) -> list[tuple[Any, ...]]:
    """What Excel gave for a block, as rows: it gives one cell bare, and one row perhaps flat.

    >>> grid_of(5.0, 1, 1), grid_of((1.0, 2.0), 1, 2), grid_of(((1.0,), (2.0,)), 2, 1)
    ([(5.0,)], [(1.0, 2.0)], [(1.0,), (2.0,)])
    """
    if height == 1 and width == 1:
        while isinstance(told, tuple | list):
            told = told[0]
        return [(told,)]
    if not isinstance(told[0], tuple | list):
        return [tuple(told)] if height == 1 else [(value,) for value in told]
    return [tuple(row) for row in told]


def column_of(values: Sequence[Any], texts: Sequence[Any]) -> list[Value]:
    """One column's cells from what Excel gives as values and as formulas."""
    kinds = set(map(type, values))
    if kinds <= _SIMPLE and _CODES.isdisjoint(texts) and not has_formulas(texts):
        if bool in kinds:  # True equals 1.0, so values cannot be keys
            return [_plain(value) for value in values]
        known = {value: _plain(value) for value in set(values)}
        return list(map(known.__getitem__, values))
    pairs = list(zip(values, texts, strict=True))
    told = {pair: incoming(*pair) for pair in set(pairs)}
    return list(map(told.__getitem__, pairs))


def has_formulas(texts: Sequence[Any]) -> bool:
    """Whether some of the texts are formulas, or look like one."""
    return bool([1 for text in texts if type(text) is str and text[:1] == "="])


def _is_formula(text: Any) -> bool:
    return isinstance(text, str) and text[:1] == "="


def _plain(value: Any) -> Any:
    if type(value) is float and value.is_integer() and abs(value) < _WHOLE:
        return int(value)
    return None if value == "" else value


def incoming(value: Any, text: Any) -> Value:
    """One cell from its value and its formula, which is its content where it has no formula.

    >>> incoming(2.0, "=1+1"), incoming("=1+1", "=1+1"), incoming(-2146826246, "#N/A")
    (Formula(text='1+1', value=2), '=1+1', CellError(code='#N/A'))
    """
    if _is_formula(text) and value != text:
        return Formula(text[1:], _scalar(value, ""))
    return _scalar(value, text)


def _scalar(value: Any, text: Any) -> Scalar:
    match value:
        case bool() | str() | float():
            return _plain(value)  # type: ignore[no-any-return]
        case int():
            return CellError(ERRORS[value]) if value in ERRORS else value
        case Decimal():
            return _exact(value, text)
        case datetime():
            return _moment(value)
        case _:
            return CellError(text) if text in _CODES else None


def _exact(value: Decimal, text: Any) -> int | float:
    """Money in full: COM rounds the value to four digits, the content is what was entered."""
    try:
        return _plain(float(text))  # type: ignore[no-any-return]
    except (TypeError, ValueError):
        return _plain(float(value))  # type: ignore[no-any-return]


def _moment(value: datetime) -> datetime | timedelta:
    """A moment to the millisecond and without a zone; a duration when it is before all days."""
    bare = datetime(*value.timetuple()[:6]) + timedelta(milliseconds=round(value.microsecond / 1e3))
    return bare - EPOCH if bare < _FIRST_DAY else bare


def rows_out(rows: Sequence[Sequence[Value]], prepared: Callable[[Any], Any]) -> list[list[Any]]:
    """Rows of cells as Excel takes them, each distinct value of a column worked out once."""
    columns = []
    for cells in zip(*rows, strict=True):
        if {bool, Formula} & set(map(type, cells)):
            columns.append([outgoing(value, prepared) for value in cells])
        else:
            known = {value: outgoing(value, prepared) for value in set(cells)}
            columns.append(list(map(known.__getitem__, cells)))
    return [list(row) for row in zip(*columns, strict=True)]


def outgoing(value: Value, prepared: Callable[[Any], Any]) -> Any:
    """A value as Excel takes it; ``prepared`` does what the platform wants of None and dates."""
    match value:
        case None | "":
            return prepared(None)
        case str():
            return as_text(value)
        case bool():
            return value
        case int() | float():
            return float(value)
        case datetime():
            return prepared(value)
        case timedelta():
            return value / _DAY
        case CellError():
            return value.code
        case _:
            return f"={value.text}"


def as_text(text: str) -> str:
    """A text that Excel will keep as it is: with an apostrophe before it where it might not.

    Only words without digits are certain: ``Mar 5`` would be a date, ``P-1`` money somewhere.

    >>> as_text("won"), as_text("=1+1"), as_text("0012"), as_text("true"), as_text("P-0001")
    ('won', "'=1+1", "'0012", "'true", "'P-0001")
    """
    begins_well = text[0].isalpha()
    if begins_well and (len(text) > _TAME_LENGTH or _TAME.fullmatch(text)):
        return f"'{text}" if text.strip().casefold() in _TRUTHS else text
    return f"'{text}"


def needs_shown(values: Sequence[Any], texts: Sequence[Any]) -> bool:
    """Whether some formula came without a result, as errors do on a Mac."""
    odd = set(map(type, values)) - _SHOWN
    if all(issubclass(kind, datetime) for kind in odd) or not has_formulas(texts):
        return False
    pairs = zip(values, texts, strict=True)
    return any(_is_formula(text) and type(value) in odd for value, text in pairs)


def with_shown(values: Sequence[Any], shown: Sequence[Any]) -> list[Any]:
    """The values, with errors by the texts that Excel shows for them."""
    codes = {code: number for number, code in ERRORS.items()}
    return [codes.get(text, value) for value, text in zip(values, shown, strict=True)]
