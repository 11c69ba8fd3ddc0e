"""What typed text becomes: USER_ENTERED as if typed by hand, RAW as it is."""

from __future__ import annotations

import datetime as dt
import re
from functools import lru_cache
from typing import Any

from tests.fakes.sheets.formatting import EPOCH, signs
from tests.fakes.sheets.state import Cell, Json, Refused

_CURRENCY = "$€£¥"
_ISO = re.compile(r"(\d{4})([-/.])(\d{1,2})\2(\d{1,2})(?:[T ]+(\d{1,2}:\d{2}(?::\d{2})?))?")
_PARTS = re.compile(r"(\d{1,2})([-/.])(\d{1,2})\2(\d{4}|\d{2})(?:\s+(\d{1,2}:\d{2}(?::\d{2})?))?")
_SHORT = re.compile(r"(\d{1,2})([-/])(\d{1,2})")
_TIME = re.compile(r"(\d{1,3}):(\d{2})(?::(\d{2}))?(?:\s*([AaPp])[Mm])?")
_WORDS = re.compile(
    r"(\d{1,2})[- ]([A-Za-z]{3,9})[- ,]+(\d{4})|([A-Za-z]{3,9})\.? (\d{1,2}),? (\d{4})"
)
_MONTHS = ("jan", "feb", "mar", "apr", "may", "jun", "jul", "aug", "sep", "oct", "nov", "dec")
MAX_TEXT = 50_000
THIS_YEAR = 2026
"""The year of a day that is typed without one."""


def raw(value: Any) -> Json | None:
    """The ExtendedValue of a JSON value under RAW; None for an empty text."""
    if isinstance(value, bool):
        return {"boolValue": value}
    if isinstance(value, int | float):
        return {"numberValue": value}
    if not isinstance(value, str):
        raise Refused(f"Invalid values: unexpected {value!r}")
    _check_length(value)
    return {"stringValue": value} if value else None


def _check_length(text: str) -> None:
    if len(text) > MAX_TEXT:
        raise Refused(
            f"Your input contains more than the maximum of {MAX_TEXT} characters in a single cell."
        )


def entered(
    value: Any, locale: str = "en_US", cell: Cell | None = None
) -> tuple[Json | None, Json]:
    """The ExtendedValue of a typed value, and the number format that typing it brings ({}: none).

    A cell formatted as text keeps all text as text.
    """
    if not isinstance(value, str):
        return raw(value), {}
    _check_length(value)
    known = (cell or {}).get("userEnteredFormat", {}).get("numberFormat", {})
    if known.get("type") == "TEXT" and not value.startswith("="):
        return raw(value), {}
    return _typed(value, locale)


@lru_cache(maxsize=50_000)
def _typed(text: str, locale: str) -> tuple[Json | None, Json]:
    if not text:
        return None, {}
    if text[0] == "'":
        return ({"stringValue": text[1:]} if text[1:] else None), {}
    if text[0] == "=" and len(text) > 1:
        return {"formulaValue": text}, {}
    stripped = text.strip()
    if stripped.upper() in {"TRUE", "FALSE"}:
        return {"boolValue": stripped.upper() == "TRUE"}, {}
    return number(stripped, locale) or day(stripped, locale) or ({"stringValue": text}, {})


@lru_cache(maxsize=64)
def _number_pattern(locale: str) -> re.Pattern[str]:
    decimal, group = (re.escape(sign) for sign in signs(locale))
    group = r"[\u00a0\u202f ]" if group.strip("\\") in "\u00a0\u202f " else group
    return re.compile(
        rf"(?P<open>\()?(?P<sign>[+-])?\s*(?P<money>[{_CURRENCY}])?\s*(?P<sign2>[+-])?"
        rf"(?P<whole>\d{{1,3}}(?:{group}\d{{3}})+|\d*)(?P<fraction>{decimal}\d*)?"
        rf"(?P<power>[eE][+-]?\d+)?\s*(?P<after>[{_CURRENCY}])?(?P<percent>%)?(?P<close>\))?"
    )


def number(text: str, locale: str) -> tuple[Json, Json] | None:
    """A typed number, percentage or amount of money; None where it is none."""
    found = _number_pattern(locale).fullmatch(text)
    if not found or bool(found["open"]) != bool(found["close"]):
        return None
    whole = re.sub(r"\D", "", found["whole"])
    fraction = (found["fraction"] or "")[1:]
    if not whole and not fraction:
        return None
    value = float(f"{whole or 0}.{fraction or 0}{found['power'] or ''}")
    if value in {float("inf"), float("-inf")}:
        return None
    if "-" in {found["sign"], found["sign2"]} or found["open"]:
        value = -value
    if found["percent"]:
        value = float(f"{value / 100:.15g}")
    grouped = not found["whole"].isdigit() and bool(found["whole"])
    return {"numberValue": tidy(value)}, _number_format(found, fraction, grouped=grouped)


def tidy(value: float) -> float:
    """Whole numbers as ints, as replies show them."""
    return int(value) if value == int(value) and abs(value) < 1e15 else value


def _number_format(found: re.Match[str], fraction: str, *, grouped: bool) -> Json:
    places = "0.00" if fraction else "0"
    money = found["money"] or found["after"]
    if money:
        return {"type": "CURRENCY", "pattern": f'"{money}"#,##{places}'}
    if found["percent"]:
        return {"type": "PERCENT", "pattern": f"{places}%"}
    if found["power"]:
        return {"type": "SCIENTIFIC", "pattern": "0.00E+00"}
    return {"type": "NUMBER", "pattern": f"#,##{places}"} if grouped else {}


def day(text: str, locale: str) -> tuple[Json, Json] | None:
    """A typed date, time or both; None where it is none."""
    if not any(c.isdigit() for c in text):
        return None
    if found := _ISO.fullmatch(text):
        year, sign, month, date, time = found.groups()
        return _moment(int(year), int(month), int(date), time, f"yyyy{sign}mm{sign}dd")
    if found := _PARTS.fullmatch(text):
        first, sign, second, year, time = found.groups()
        century = int(year) if len(year) == 4 else int(year) + (2000 if int(year) < 50 else 1900)
        if locale == "en_US":
            return _moment(century, int(first), int(second), time, f"m{sign}d{sign}yyyy")
        return _moment(century, int(second), int(first), time, f"dd{sign}mm{sign}yyyy")
    if found := _SHORT.fullmatch(text):
        first, sign, second = found.groups()
        month, date, pattern = (
            (first, second, f"m{sign}d") if locale == "en_US" else (second, first, f"d{sign}m")
        )
        return _moment(THIS_YEAR, int(month), int(date), None, pattern)
    if found := _TIME.fullmatch(text):
        return _time(*found.groups())
    return _in_words(text)


def _in_words(text: str) -> tuple[Json, Json] | None:
    found = _WORDS.fullmatch(text)
    if not found:
        return None
    date, name, year = (
        (found[1], found[2], found[3]) if found[1] else (found[5], found[4], found[6])
    )
    if name[:3].lower() not in _MONTHS:
        return None
    pattern = "d-mmm-yyyy" if found[1] else "mmm d, yyyy"
    return _moment(int(year), _MONTHS.index(name[:3].lower()) + 1, int(date), None, pattern)


def _moment(
    year: int, month: int, date: int, time: str | None, pattern: str
) -> tuple[Json, Json] | None:
    try:
        serial = float((dt.datetime(year, month, date) - EPOCH).days)
    except ValueError:
        return None
    if not time:
        return {"numberValue": tidy(serial)}, {"type": "DATE", "pattern": pattern}
    hours, minutes, *seconds = (int(part) for part in time.split(":"))
    serial += (hours * 3600 + minutes * 60 + (seconds[0] if seconds else 0)) / 86_400
    shown = "h:mm:ss" if seconds else "h:mm"
    return {"numberValue": tidy(serial)}, {"type": "DATE_TIME", "pattern": f"{pattern} {shown}"}


def _time(
    hours: str, minutes: str, seconds: str | None, half: str | None
) -> tuple[Json, Json] | None:
    hour = int(hours)
    if int(minutes) > 59 or int(seconds or 0) > 59 or (half and not 1 <= hour <= 12):
        return None
    if half:
        hour = hour % 12 + (12 if half in "pP" else 0)
    value = (hour * 3600 + int(minutes) * 60 + int(seconds or 0)) / 86_400
    pattern = ("h:mm:ss" if seconds else "h:mm") + (" am/pm" if half else "")
    return {"numberValue": tidy(value)}, {"type": "TIME", "pattern": pattern}
