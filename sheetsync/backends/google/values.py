"""Cells between Google's JSON and the model's values.

Formulas of people's cells keep Google's text as it is. Those that the engine writes into its own
tabs are told with commas in the model, with ``;`` to Google, and a link to a cell names its tab by
title in the model, by id to Google.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from datetime import datetime, timedelta
from typing import Any

from sheetsync.model.values import EPOCH, CellError, Formula, Scalar, Value

__all__ = ["Links", "entered", "found", "moment", "outgoing", "scalar", "serial"]

SERIALS = (20_000, 80_000)
"""Numbers that are days where something shows them as such: 1954 to 2119."""
_SHOWN_DAY = re.compile(r"\d{1,4}[-/.] ?\d{1,2}[-/.] ?\d{1,4}\.?(?:[ ,T]+\d{1,2}[:.]\d{2}.*)?")
_DAYS = 2_958_466
"""Serial numbers from here on lie after the year 9999."""
_ERRORS = {
    "NULL_VALUE": "#NULL!",
    "DIVIDE_BY_ZERO": "#DIV/0!",
    "VALUE": "#VALUE!",
    "REF": "#REF!",
    "NAME": "#NAME?",
    "NUM": "#NUM!",
    "N_A": "#N/A",
    "ERROR": "#ERROR!",
    "LOADING": "#LOADING!",
}
ERROR_CODES = frozenset(_ERRORS.values())
_TO_TITLE = re.compile(r"""HYPERLINK\("#gid=(\d+)&range=([A-Z]+\d+)"[;,]""")
_TO_ID = re.compile(r"""HYPERLINK\("#'((?:[^'"]|''|"")+)'!([A-Z]+\d+)",""")

Links = Mapping[int, str]
"""Titles of tabs by their sheet id, to tell links in the model's way."""


def moment(number: float) -> float | datetime:
    """A serial number as a datetime, to the millisecond; as the number where no calendar has it.

    >>> moment(45658)
    datetime.datetime(2025, 1, 1, 0, 0)
    """
    if not 0 <= number < _DAYS:
        return number
    return EPOCH + timedelta(milliseconds=round(number * 86_400_000))


def serial(moment: datetime) -> float:
    """Days since 30 December 1899, as Google counts them."""
    days = (moment.replace(tzinfo=None) - EPOCH) / timedelta(days=1)
    return int(days) if days.is_integer() else round(days, 10)


def scalar(value: Mapping[str, Any] | None, shown: str = "") -> Scalar:
    """An ``ExtendedValue`` that is no formula; a number that is ``shown`` as a day is one.

    >>> scalar({"numberValue": 45658}, "1/1/2025"), scalar({"errorValue": {"type": "N_A"}}).code
    (datetime.datetime(2025, 1, 1, 0, 0), '#N/A')
    """
    if not value:
        return None
    if "numberValue" in value:
        number: float = value["numberValue"]
        if SERIALS[0] <= number <= SERIALS[1] and _SHOWN_DAY.fullmatch(shown):
            return moment(number)
        return number
    if "stringValue" in value:
        return str(value["stringValue"])
    if "boolValue" in value:
        return bool(value["boolValue"])
    told = value.get("errorValue", {}).get("type", "ERROR")
    return CellError(_ERRORS.get(told, "#ERROR!"))


def found(cell: Mapping[str, Any]) -> Value:
    """A ``CellData`` of a reading as a value."""
    value = scalar(cell.get("effectiveValue"), cell.get("formattedValue", ""))
    text = cell.get("userEnteredValue", {}).get("formulaValue")
    if text is None:
        return value
    if isinstance(value, CellError) and text in {"=NA()", f"={value.code}"}:
        return value
    return Formula(text.removeprefix("="), value)


def entered(value: Value, formula: str | None = None) -> dict[str, Any] | None:
    """The ``ExtendedValue`` that makes a cell hold a value; None for an empty cell.

    ``formula`` is the text that stands for a Formula, if not its own.
    """
    match value:
        case None | "":
            return None
        case bool():
            return {"boolValue": value}
        case int() | float():
            return {"numberValue": value}
        case datetime():
            return {"numberValue": serial(value)}
        case timedelta():
            return {"numberValue": value / timedelta(days=1)}
        case CellError():
            return {"formulaValue": "=NA()" if value.code == "#N/A" else f"={value.code}"}
        case Formula():
            return {"formulaValue": f"={value.text if formula is None else formula}"}
    return {"stringValue": value}


def outgoing(text: str, ids: Mapping[str, int]) -> str:
    r"""An engine's formula as Google takes it: ``;`` between arguments, links by tab id.

    >>> outgoing('HYPERLINK("#\'Deals\'!B5","B5")', {"Deals": 7})
    'HYPERLINK("#gid=7&range=B5";"B5")'
    """

    def linked(link: re.Match[str]) -> str:
        title = link[1].replace("''", "'").replace('""', '"')
        return f'HYPERLINK("#gid={ids[title]}&range={link[2]}",' if title in ids else link[0]

    return swapped(_TO_ID.sub(linked, text), ",", ";")


def incoming(value: Value, titles: Links) -> Value:
    """A cell of an engine's tab with its formula in the model's way; undoes ``outgoing``."""
    if not isinstance(value, Formula):
        return value

    def linked(link: re.Match[str]) -> str:
        title = titles.get(int(link[1]))
        if title is None:
            return link[0]
        told = title.replace("'", "''").replace('"', '""')
        return f"HYPERLINK(\"#'{told}'!{link[2]}\","

    return Formula(swapped(_TO_TITLE.sub(linked, value.text), ";", ","), value.value)


def swapped(formula: str, old: str, new: str) -> str:
    """A formula with another separator between arguments; texts in it stay as they are.

    >>> swapped('IF(A1="a,b",1,2)', ",", ";")
    'IF(A1="a,b";1;2)'
    """
    parts = formula.split('"')
    parts[::2] = [part.replace(old, new) for part in parts[::2]]
    return '"'.join(parts)
