"""How dates are written: one text taken apart into its day-first and month-first readings."""

from __future__ import annotations

import re
import unicodedata
from datetime import UTC, date, datetime, timedelta, timezone, tzinfo
from functools import lru_cache
from typing import NamedTuple

from sheetsync.clean.months import FILLERS, day_names, folded_word, month_names
from sheetsync.model.values import EPOCH

SERIALS = (20_000, 80_000)
"""Serial numbers taken for days: October 1954 to January 2119."""

_REMEMBERED = 1 << 16
_TIME = re.compile(
    r"[\st,]+(\d{1,2})[:h](\d{2})(?::(\d{2})(?:[.,]\d{1,9})?)?\s*([ap])?\.?(?:m\.?)?"
    r"\s*(z|utc|gmt|[+-]\d{2}:?\d{2})?$"
)
_TOKEN = re.compile(r"\d+|[^\W\d_]+")
_ALLOWED = re.compile(r"[\w\s./,'-]+")


class Moment(NamedTuple):
    """A date or time taken apart.

    ``day_first`` and ``month_first`` are its two readings (None: impossible). ``partial`` is
    "month" for a year and month without a day, "guess" when the year or the day is missing.
    ``numeric`` tells that the order of day and month matters.
    """

    day_first: datetime | None
    month_first: datetime | None
    partial: str = ""
    numeric: bool = False

    @property
    def proves(self) -> str:
        """The order that this text alone proves: "day first", "month first" or ""."""
        if not self.numeric or (self.day_first is None) == (self.month_first is None):
            return ""
        return "month first" if self.day_first is None else "day first"


@lru_cache(maxsize=_REMEMBERED)
def take_apart(text: str, as_of: date, zone: tzinfo | None = None) -> Moment | None:
    """Take a date apart; None when the text is none. A time with an offset is told in ``zone``.

    >>> take_apart("13/02/2026", date(2026, 3, 1)).proves
    'day first'
    >>> take_apart("March 1st, 2026", date(2026, 3, 1)).day_first
    datetime.datetime(2026, 3, 1, 0, 0)
    """
    folded = unicodedata.normalize("NFKC", text).casefold().strip()
    clock = _TIME.search(folded)
    moment = _date(folded[: clock.start()] if clock else folded, as_of)
    if moment is None or clock is None:
        return moment
    time = _clock(clock)
    return None if time is None or moment.partial else _with_time(moment, time, clock[5], zone)


def _clock(found: re.Match[str]) -> timedelta | None:
    hour, minute, second = int(found[1]), int(found[2]), int(found[3] or 0)
    if found[4]:
        if not 1 <= hour <= 12:
            return None
        hour = hour % 12 + (12 if found[4] == "p" else 0)
    if hour > 23 or minute > 59 or second > 59:
        return None
    return timedelta(hours=hour, minutes=minute, seconds=second)


def _with_time(moment: Moment, time: timedelta, offset: str | None, zone: tzinfo | None) -> Moment:
    def at(day: datetime | None) -> datetime | None:
        if day is None or not offset:
            return day and day + time
        aware = (day + time).replace(tzinfo=_zone_of(offset))
        return aware.astimezone(zone or UTC).replace(tzinfo=None)

    return moment._replace(day_first=at(moment.day_first), month_first=at(moment.month_first))


def _zone_of(offset: str) -> timezone:
    if offset[0] not in "+-":
        return UTC
    sign = -1 if offset[0] == "-" else 1
    digits = offset[1:].replace(":", "")
    return timezone(sign * timedelta(hours=int(digits[:2]), minutes=int(digits[2:])))


def _date(text: str, as_of: date) -> Moment | None:
    text = text.replace("º", "").replace("°", "")
    if re.fullmatch(r"\d{5}(\.\d+)?", text):
        return of_serial(float(text))
    if not _ALLOWED.fullmatch(text):
        return None
    numbers, words = [], []
    for token in _TOKEN.findall(text):
        if token.isdigit():
            numbers.append(token)
            words.append("")
        else:
            words.append(folded_word(token))
    names = [w for w in words if w and w not in FILLERS]
    months = [w for w in names if w in month_names()]
    if len(months) > 1 or any(w not in month_names() and w not in day_names() for w in names):
        return None
    if months:
        return _named(numbers, month_names()[months[0]], words[0] == months[0], as_of)
    return _numeric(numbers, as_of)


def _named(numbers: list[str], month: int, month_leads: bool, as_of: date) -> Moment | None:
    if len(numbers) == 2:
        a, b = numbers
        day, year = (b, a) if len(a) == 4 else (a, b)
        return _sure(_day(year, month, int(day), as_of))
    if len(numbers) != 1:
        return None
    if len(numbers[0]) == 4:
        return _partial(_day(numbers[0], month, 1, as_of), "month")
    if month_leads and len(numbers[0]) == 2:
        return _partial(_day(numbers[0], month, 1, as_of), "yy")
    return _partial(_day(str(as_of.year), month, int(numbers[0]), as_of), "guess")


def _numeric(numbers: list[str], as_of: date) -> Moment | None:
    lengths = [len(n) for n in numbers]
    if lengths == [8]:
        d = numbers[0]
        return _sure(_day(d[:4], int(d[4:6]), int(d[6:]), as_of))
    if lengths == [6]:
        return _partial(_day(numbers[0][:4], int(numbers[0][4:]), 1, as_of), "month")
    if len(numbers) == 2 and max(lengths) == 4 and min(lengths) <= 2:
        year, month = sorted(numbers, key=len, reverse=True)
        return _partial(_day(year, int(month), 1, as_of), "month")
    if len(numbers) != 3 or sorted(lengths)[1] > 2 or max(lengths) > 4 or max(lengths) == 3:
        return None
    if lengths[0] == 4:
        return _sure(_day(numbers[0], int(numbers[1]), int(numbers[2]), as_of))
    return _either(numbers, as_of) if lengths[1] <= 2 else None


def _either(numbers: list[str], as_of: date) -> Moment | None:
    a, b, year = int(numbers[0]), int(numbers[1]), numbers[2]
    day_first, month_first = _day(year, b, a, as_of), _day(year, a, b, as_of)
    if day_first is None and month_first is None:
        return None
    return Moment(day_first, month_first, numeric=a != b)


def _day(year: str, month: int, day: int, as_of: date) -> datetime | None:
    number = int(year)
    if len(year) <= 2:
        century = as_of.year // 100 * 100
        number += century if century + number <= as_of.year + 20 else century - 100
    if not 1900 <= number < 2200:
        return None
    try:
        return datetime(number, month, day)
    except ValueError:
        return None


def _sure(day: datetime | None) -> Moment | None:
    return None if day is None else Moment(day, day)


def _partial(day: datetime | None, partial: str) -> Moment | None:
    return None if day is None else Moment(day, day, partial)


def of_serial(number: float) -> Moment | None:
    """Return the day of a spreadsheet serial number, to the second; None outside SERIALS."""
    if not SERIALS[0] <= number <= SERIALS[1]:
        return None
    moment = EPOCH + timedelta(seconds=round(number * 86_400))
    return Moment(moment, moment)
