"""Values of settings: one reader for each kind; its refusal says what is allowed."""

from __future__ import annotations

import re
from collections.abc import Callable
from datetime import date, datetime
from typing import Any

from sheetsync.clean.amounts import take_apart as take_number_apart
from sheetsync.clean.currencies import country_codes, currency_codes, read_country
from sheetsync.clean.moments import take_apart as take_date_apart
from sheetsync.model.tracker import plain
from sheetsync.model.values import Scalar, show

_PIVOT = date(2000, 1, 1)  # settings are written with four-digit years
KPI = re.compile(r"[A-Z]\d{2,3}[a-z]?")
"""What a KPI's id looks like."""
_RULE = re.compile(r"A(?:0[1-9]|1[0-4])")


class Wrong(ValueError):
    """A value that the setting does not allow; the message says what it allows."""


def number_of(value: Scalar, allowed: str = "a number") -> float:
    """Read a number, or text that is surely one; ``allowed`` is said when it is not."""
    if isinstance(value, int | float) and not isinstance(value, bool):
        return float(value)
    amount = take_number_apart(value) if isinstance(value, str) else None
    readings = {v for v in (amount.point, amount.comma) if v is not None} if amount else set()
    if amount is None or amount.unit or amount.scale != 1 or not readings:
        raise Wrong(allowed)
    return amount.point if amount.point is not None else readings.pop()


def between(low: float, high: float | None, *, whole: bool = False, open_low: bool = False) -> Any:
    """Return a reader of numbers within bounds, ``low`` itself left out when ``open_low``."""
    allowed = (
        f"{'a whole number' if whole else 'a number'} {'above' if open_low else 'from'} {low:g}"
    )
    allowed += f" to {high:g}" if high is not None else ""

    def read(value: Scalar) -> float | int:
        number = number_of(value, allowed)
        too_low = number <= low if open_low else number < low
        if too_low or (high is not None and number > high) or (whole and number % 1):
            raise Wrong(allowed)
        return int(number) if whole else number

    return read


def day_of(value: Scalar) -> date:
    """Read a day."""
    if isinstance(value, datetime):
        return value.date()
    moment = take_date_apart(value, _PIVOT) if isinstance(value, str) else None
    readings = {moment.day_first, moment.month_first} - {None} if moment else set()
    if moment is None or moment.partial or len(readings) != 1:
        raise Wrong("a date, best as 2026-03-31")
    return next(day.date() for day in readings if day is not None)


def month_of(value: Scalar) -> int:
    """Read a month as yyyymm: any of its days, or text such as 2026-03."""
    found = re.fullmatch(r"(\d{4})-(0?[1-9]|1[0-2])", value) if isinstance(value, str) else None
    if found:
        return int(found[1]) * 100 + int(found[2])
    try:
        day = day_of(value)
    except Wrong:
        raise Wrong("a month, best as 2026-03") from None
    return day.year * 100 + day.month


def one_of(*words: str) -> Callable[[Scalar], str]:
    """Return a reader of one of these words."""

    def read(value: Scalar) -> str:
        for word in words:
            if isinstance(value, str) and plain(value) == plain(word):
                return word
        raise Wrong(", ".join(words))

    return read


def flag_of(value: Scalar) -> bool:
    """Read yes or no."""
    if isinstance(value, bool):
        return value
    return one_of("yes", "no")(value) == "yes"


def currency_of(value: Scalar) -> str:
    """Read a currency code."""
    code = str(value).upper()
    if code not in currency_codes():
        raise Wrong("a currency code of three letters, e.g. EUR")
    return code


def country_of(value: Scalar) -> str:
    """Read a country code or a country's name."""
    reading = read_country(value)
    code = value if reading is None else reading.value
    if code not in country_codes():
        raise Wrong("a country code of two letters, e.g. DE")
    return str(code)


def countries_of(value: Scalar) -> tuple[str, ...]:
    """Read country codes or names parted by commas."""
    parts = filter(None, map(str.strip, re.split(r"[,;]", str(value))))
    return tuple(dict.fromkeys(map(country_of, parts)))


def points_of(value: Scalar) -> dict[str, float]:
    """Read points per 100 by KPI, e.g. F01 5; F02 3."""
    allowed = "KPI points; e.g. F01 5; F02 3"
    told: dict[str, float] = {}
    for part in filter(None, map(str.strip, str(value).split(";"))):
        kpi, _, points = part.partition(" ")
        if not KPI.fullmatch(kpi_id(kpi)) or (number := number_of(points.strip(), allowed)) < 0:
            raise Wrong(allowed)
        told[kpi_id(kpi)] = number
    return told


def zone_of(value: Scalar) -> str:
    """Read the name of a time zone."""
    from zoneinfo import ZoneInfo

    try:
        return ZoneInfo(str(value)).key
    except (ValueError, OSError, LookupError):
        raise Wrong("a time zone such as Europe/Paris or UTC") from None


def kpis_of(value: Scalar) -> tuple[str, ...]:
    """Read ids of KPIs parted by commas or spaces."""
    told = [kpi_id(part) for part in re.split(r"[,;\s]+", str(value)) if part.strip()]
    if not all(map(KPI.fullmatch, told)):
        raise Wrong("KPI ids, e.g. F01, S06")
    return tuple(dict.fromkeys(told))


def kpi_id(text: str) -> str:
    """Spell a KPI's id as it is declared: E04a, F01."""
    told = text.strip()
    return told[:1].upper() + told[1:].lower()


def kpi_of(value: Scalar) -> str:
    """Read the id of one KPI."""
    told = kpis_of(value)
    if len(told) != 1:
        raise Wrong("one KPI id, e.g. F01")
    return told[0]


def rules_of(value: Scalar) -> tuple[str, ...]:
    """Read ids of alert rules."""
    told = [part.strip().upper() for part in re.split(r"[,;\s]+", str(value)) if part.strip()]
    if not all(map(_RULE.fullmatch, told)):
        raise Wrong("alert rules from A01 to A14, e.g. A05, A11")
    return tuple(dict.fromkeys(told))


def text_of(value: Scalar) -> str:
    """Read any text."""
    return show(value, 500)
