"""Functions of texts, of dates, and about kinds of values."""

from __future__ import annotations

import calendar
import re
from collections.abc import Callable
from datetime import datetime
from typing import Any

from tests.fakes.sheets import calc_values as v
from tests.fakes.sheets.calc_book import Frame, Value
from tests.fakes.sheets.calc_lookup import column_of, pattern
from tests.fakes.sheets.calc_numbers import rounded
from tests.fakes.sheets.calc_registry import lazy, numeric, scalar, whole
from tests.fakes.sheets.calc_values import Fault, Scalar

_TEXTS: dict[str, Callable[..., Any]] = {
    "LEN": len,
    "TRIM": lambda t: re.sub(" +", " ", t).strip(" "),
    "LOWER": str.lower,
    "UPPER": str.upper,
    "PROPER": lambda t: re.sub(r"[^\W\d_]+", lambda m: m[0].capitalize(), t),
    "T": lambda t: t,
    "CLEAN": lambda t: re.sub(r"[\x00-\x1f]", "", t),
    "CODE": lambda t: ord(t[0]),
    "UNICODE": lambda t: ord(t[0]),
}
for _name, _work in _TEXTS.items():
    scalar(_name)(lambda value, work=_work: work(v.text(value)))


@scalar("LEFT")
def _left(value: Scalar, count: Scalar = 1) -> Scalar:
    return v.text(value)[: int(v.number(count))]  # type: ignore[arg-type]


@scalar("RIGHT")
def _right(value: Scalar, count: Scalar = 1) -> Scalar:
    told, many = v.text(value), int(v.number(count))  # type: ignore[arg-type]
    return told[len(told) - min(many, len(told)) :]


@scalar("MID")
def _mid(value: Scalar, start: Scalar, count: Scalar) -> Scalar:
    at = int(v.number(start)) - 1  # type: ignore[arg-type]
    return v.text(value)[at : at + int(v.number(count))]  # type: ignore[arg-type]


@scalar("SUBSTITUTE")
def _substitute(value: Scalar, old: Scalar, new: Scalar, which: Scalar = None) -> Scalar:
    told, wanted = v.text(value), v.text(old)
    if which is None:
        return told.replace(wanted, v.text(new)) if wanted else told
    parts = told.split(wanted)
    at = int(v.number(which))  # type: ignore[arg-type]
    if at >= len(parts):
        return told
    return wanted.join(parts[:at]) + v.text(new) + wanted.join(parts[at:])


@scalar("REPLACE")
def _replace(value: Scalar, start: Scalar, count: Scalar, new: Scalar) -> Scalar:
    told, at = v.text(value), int(v.number(start)) - 1  # type: ignore[arg-type]
    return told[:at] + v.text(new) + told[at + int(v.number(count)) :]  # type: ignore[arg-type]


@scalar("FIND")
def _find(wanted: Scalar, value: Scalar, start: Scalar = 1) -> Scalar:
    at = v.text(value).find(v.text(wanted), int(v.number(start)) - 1)  # type: ignore[arg-type]
    return at + 1 if at >= 0 else _not_found("FIND", wanted, value)


@scalar("SEARCH")
def _search(wanted: Scalar, value: Scalar, start: Scalar = 1) -> Scalar:
    told = v.text(wanted)
    shape = pattern(told) or re.compile(re.escape(told), re.IGNORECASE)
    found = shape.search(v.text(value), int(v.number(start)) - 1)  # type: ignore[arg-type]
    return found.start() + 1 if found else _not_found("SEARCH", wanted, value)


def _not_found(name: str, wanted: Scalar, value: Scalar) -> Fault:
    told = f"In {name} evaluation, cannot find '{v.text(wanted)}' within '{v.text(value)}'."
    return Fault("#VALUE!", told)


@scalar("EXACT")
def _exact(first: Scalar, second: Scalar) -> Scalar:
    return v.text(first) == v.text(second)


@scalar("REPT")
def _rept(value: Scalar, count: Scalar) -> Scalar:
    return v.text(value) * int(v.number(count))  # type: ignore[arg-type]


@scalar("CHAR", "UNICHAR")
def _char(code: Scalar) -> Scalar:
    return chr(int(v.number(code)))  # type: ignore[arg-type]


@scalar("REGEXMATCH")
def _regexmatch(value: Scalar, shape: Scalar) -> Scalar:
    return bool(re.search(v.text(shape), v.text(value)))


@scalar("REGEXREPLACE")
def _regexreplace(value: Scalar, shape: Scalar, new: Scalar) -> Scalar:
    return re.sub(v.text(shape), re.sub(r"\$(\d)", r"\\\1", v.text(new)), v.text(value))


@scalar("CONCAT")
def _concat(first: Scalar, second: Scalar) -> Scalar:
    return v.text(first) + v.text(second)


@whole("CONCATENATE")
def _concatenate(frame: Frame, *values: Value) -> Value:
    return _strung(frame, "", values, skip=False)


@whole("TEXTJOIN")
def _textjoin(frame: Frame, between: Value, skip: Value, *values: Value) -> Value:
    told = v.text(frame.single(between))
    return _strung(frame, told, values, skip=v.truth(frame.single(skip)) is True)


@whole("JOIN")
def _join(frame: Frame, between: Value, *values: Value) -> Value:
    return _strung(frame, v.text(frame.single(between)), values, skip=False)


def _strung(frame: Frame, between: str, values: tuple[Value, ...], *, skip: bool) -> Value:
    cells = [cell for value in values for cell in column_of(frame, value)]
    fault = next((cell for cell in cells if isinstance(cell, Fault)), None)
    texts = [v.text(cell) for cell in cells]
    return fault or between.join(told for told in texts if told or not skip)


@scalar("VALUE")
def _value(value: Scalar) -> Scalar:
    return v.number(value, "VALUE")


_DAYS = {"yyyy": "%Y", "yy": "%y", "mmmm": "%B", "mmm": "%b", "mm": "%m", "dddd": "%A", "ddd": "%a"}
_DAYS |= {"dd": "%d", "hh": "%H", "ss": "%S"}


@scalar("TEXT")
def _text(value: Scalar, format_: Scalar) -> Scalar:
    """Numbers by 0, # and a decimal point; dates by y, m, d, h and s of an English locale."""
    told, shape = v.number(value, "TEXT"), v.text(format_)
    if isinstance(told, Fault):
        return value
    if re.search(r"[ymd]", shape, re.IGNORECASE):
        return _dated(v.day(told), shape)
    digits = shape.rstrip("%").partition(".")[2]
    if shape.endswith("%"):
        told *= 100
    shown = f"{float(rounded(told, len(digits))):,.{len(digits)}f}"
    shown = shown if "," in shape else shown.replace(",", "")
    whole_ = shape.rstrip("%").partition(".")[0].replace(",", "").lstrip("#")
    if "." not in shape and len(whole_) > len(shown.lstrip("-")):
        shown = shown.zfill(len(whole_) + shown.startswith("-"))
    return shown + ("%" if shape.endswith("%") else "")


def _dated(moment: datetime, shape: str) -> str:
    def shown(found: re.Match[str]) -> str:
        key = found[0].lower()
        if key in _DAYS:
            return moment.strftime(_DAYS[key])
        return str(
            {"m": moment.month, "d": moment.day, "h": moment.hour, "s": moment.second}[key[0]]
        )

    return re.sub(r"y+|m+|d+|h+|s+", shown, shape, flags=re.IGNORECASE)


@numeric("DATE")
def _date(year: float, month: float, day: float) -> float:
    years, months = divmod(int(month) - 1, 12)
    full = int(year) + (1900 if year < 1900 else 0) + years
    return v.serial(datetime(full, months + 1, 1)) + int(day) - 1


def _part(name: str, work: Callable[[datetime], int]) -> None:
    numeric(name)(lambda value: work(v.day(value)))


_part("YEAR", lambda day: day.year)
_part("MONTH", lambda day: day.month)
_part("DAY", lambda day: day.day)
_part("HOUR", lambda day: day.hour)
_part("MINUTE", lambda day: day.minute)


@numeric("EDATE")
def _edate(value: float, months: float) -> float:
    return _months_later(value, int(months))


@numeric("EOMONTH")
def _eomonth(value: float, months: float) -> float:
    then = v.day(_months_later(value, int(months)))
    return v.serial(then.replace(day=calendar.monthrange(then.year, then.month)[1]))


def _months_later(value: float, months: int) -> float:
    day = v.day(int(value))
    years, month = divmod(day.month - 1 + months, 12)
    last = calendar.monthrange(day.year + years, month + 1)[1]
    return v.serial(datetime(day.year + years, month + 1, min(day.day, last)))


@numeric("WEEKDAY")
def _weekday(value: float, kind: float = 1) -> float:
    monday = v.day(value).weekday()
    return {1: (monday + 1) % 7 + 1, 2: monday + 1, 3: monday}[int(kind)]


@scalar("DATEVALUE")
def _datevalue(value: Scalar) -> Scalar:
    found = v.number(value, "DATEVALUE")
    return found if isinstance(found, Fault) else int(found)


@numeric("DAYS")
def _days(end: float, start: float) -> float:
    return int(end) - int(start)


@lazy("TODAY")
def _today(frame: Frame) -> Value:
    return int(v.serial(frame.book.now))


@lazy("NOW")
def _now(frame: Frame) -> Value:
    return v.serial(frame.book.now)


@lazy("NA")
def _na(frame: Frame) -> Value:
    return Fault("#N/A", "Error")


def _asked(name: str, test: Callable[[Scalar], bool]) -> None:
    @whole(name)
    def asked(frame: Frame, value: Value) -> Value:
        return frame.lifted(test, [value])


_asked("ISNUMBER", lambda x: isinstance(x, int | float) and not isinstance(x, bool))
_asked("ISTEXT", lambda x: isinstance(x, str))
_asked("ISLOGICAL", lambda x: isinstance(x, bool))
_asked("ISBLANK", lambda x: x is None)
_asked("ISERROR", lambda x: isinstance(x, Fault))
_asked("ISNA", lambda x: isinstance(x, Fault) and x.shown == "#N/A")
_asked("ISERR", lambda x: isinstance(x, Fault) and x.shown != "#N/A")
