"""formattedValue: what a cell shows, from its value, its number format and the locale."""

from __future__ import annotations

import datetime as dt
import re
from functools import lru_cache
from typing import Any

from tests.fakes.sheets.state import Json

EPOCH = dt.datetime(1899, 12, 30)
ERRORS = {
    "ERROR": "#ERROR!",
    "NULL_VALUE": "#NULL!",
    "DIVIDE_BY_ZERO": "#DIV/0!",
    "VALUE": "#VALUE!",
    "REF": "#REF!",
    "NAME": "#NAME?",
    "NUM": "#NUM!",
    "N_A": "#N/A",
    "LOADING": "Loading...",
}
DATES = ("DATE", "TIME", "DATE_TIME")
_TOKEN = re.compile(
    r'"(?P<quoted>[^"]*)"|\\(?P<escaped>.)|\[\$(?P<sign>[^\]-]*)[^\]]*\]|\[(?P<option>[^\]]*)\]'
    r"|(?P<ampm>am/pm|AM/PM|a/p|A/P)|(?P<date>[yY]+|[mM]+|[dD]+|[hH]+|[sS]+)|(?P<skip>_.|\*.)"
    r"|(?P<number>[0#?][0#?,]*(?:\.[0#?]*,*)?|\.[0#?]+,*)|(?P<power>[eE][+-]0+)|(?P<other>.)",
    re.DOTALL,
)


@lru_cache(maxsize=64)
def signs(locale: str) -> tuple[str, str]:
    """Decimal sign and thousands sign of a locale."""
    from babel import Locale

    try:
        symbols = Locale.parse(locale.replace("-", "_")).number_symbols
    except Exception:  # noqa: BLE001 - an unknown locale is written like en_US
        return ".", ","
    latin = symbols.get("latn", symbols)
    return str(latin["decimal"]), str(latin["group"])


@lru_cache(maxsize=64)
def defaults(locale: str) -> dict[str, str]:
    """The pattern of each number format type that names none."""
    date = {"en_US": "M/d/yyyy", "de_DE": "dd.MM.yyyy", "ja_JP": "yyyy/MM/dd"}.get(
        locale, "dd/MM/yyyy"
    )
    return {
        "NUMBER": "#,##0.00",
        "CURRENCY": '"$"#,##0.00' if locale == "en_US" else '#,##0.00 "€"',
        "PERCENT": "0.00%",
        "DATE": date,
        "TIME": "h:mm:ss am/pm" if locale == "en_US" else "HH:mm:ss",
        "DATE_TIME": f"{date} H:mm:ss",
        "SCIENTIFIC": "0.00E+00",
        "TEXT": "@",
    }


def text(value: Json, number_format: Json | None = None, locale: str = "en_US") -> str:
    """The text that a cell with this value (an ExtendedValue) and number format shows."""
    ((kind, content),) = value.items()
    if kind == "stringValue":
        return content
    if kind == "boolValue":
        return "TRUE" if content else "FALSE"
    if kind == "errorValue":
        return ERRORS.get(content.get("type", "ERROR"), "#ERROR!")
    if kind == "formulaValue":
        return content
    pattern = _pattern(number_format, locale)
    return general(content, locale) if pattern is None else patterned(content, pattern, locale)


def _pattern(number_format: Json | None, locale: str) -> str | None:
    if not number_format:
        return None
    pattern = number_format.get("pattern") or defaults(locale).get(number_format.get("type", ""))
    return None if pattern in {None, "@", "General", "general"} else pattern


def is_date(number_format: Json | None) -> bool:
    """True for formats whose numbers are days or times."""
    return bool(number_format) and number_format.get("type") in DATES


def general(number: float, locale: str = "en_US") -> str:
    """A number under the automatic format."""
    if number == int(number) and abs(number) < 1e15:
        return str(int(number))
    if abs(number) >= 1e15 or abs(number) < 1e-9:
        shown = f"{number:.5E}".replace("E-0", "E-0")
        digits, power = shown.split("E")
        shown = f"{digits.rstrip('0').rstrip('.')}E{power}"
    else:
        decimals = max(0, 10 - max(0, len(str(int(abs(number)))) - 1))
        shown = f"{number:.{decimals}f}".rstrip("0").rstrip(".")
    decimal = signs(locale)[0]
    return shown if decimal == "." else shown.replace(".", decimal)


@lru_cache(maxsize=20_000)
def patterned(number: float, pattern: str, locale: str) -> str:
    """A number under a pattern: of several sections the one for its sign."""
    sections = _sections(pattern)
    if number < 0 and len(sections) > 1:
        return _one(-number, sections[1], locale)
    if number == 0 and len(sections) > 2:
        return _one(number, sections[2], locale)
    return _one(number, sections[0], locale)


@lru_cache(maxsize=512)
def _sections(pattern: str) -> list[list[re.Match[str]]]:
    sections: list[list[re.Match[str]]] = [[]]
    for token in _TOKEN.finditer(pattern):
        if token["other"] == ";":
            sections.append([])
        else:
            sections[-1].append(token)
    return sections


def _one(number: float, tokens: list[re.Match[str]], locale: str) -> str:
    if any(token["date"] for token in tokens):
        return _date(number, tokens)
    percents = sum(token["other"] == "%" for token in tokens)
    number *= 100**percents
    power = next((token["power"] for token in tokens if token["power"]), None)
    exponent = 0
    if power and number:
        exponent = int(f"{number:e}".split("e")[1])
        number /= 10.0**exponent
    parts, placed = [], False
    for token in tokens:
        if token["number"] and not placed:
            parts.append(_digits(abs(number), token["number"], locale))
            placed = True
        elif token["power"]:
            sign = "-" if exponent < 0 else "+"
            parts.append(f"E{sign}{abs(exponent):0{len(power) - 2}d}")
        else:
            parts.append(_literal(token))
    negative = number < 0 and placed and any(c in "123456789" for c in parts[_place(tokens)])
    return ("-" if negative else "") + "".join(parts)


def _place(tokens: list[re.Match[str]]) -> int:
    return next(n for n, token in enumerate(tokens) if token["number"])


def _literal(token: re.Match[str]) -> str:
    if token["option"] is not None or token["skip"]:
        return " " if token["skip"] and token["skip"][0] == "_" else ""
    for name in ("quoted", "escaped", "sign", "other"):
        if token[name] is not None:
            return token[name]
    return ""


def _digits(number: float, mask: str, locale: str) -> str:
    whole, _, fraction = mask.partition(".")
    decimal, group = signs(locale)
    thousands = len(mask) - len(mask.rstrip(","))
    whole, fraction = whole.rstrip(","), fraction.rstrip(",")
    number /= 1000**thousands
    shown = f"{number:.{len(fraction)}f}"
    head, _, tail = shown.partition(".")
    least = sum(c == "0" for c in whole)
    head = "" if head == "0" and not least else head.zfill(least)
    if "," in whole:
        head = f"{int(head or 0):,}".replace(",", group) if head else ""
    keep = max((n + 1 for n, c in enumerate(fraction) if c == "0"), default=0)
    while len(tail) > keep and tail.endswith("0"):
        tail = tail[:-1]
    return head + (decimal + tail if tail or ("." in mask and fraction == "") else "")


def moment(serial: float) -> dt.datetime:
    """The moment of a serial number (day 0 is 1899-12-30)."""
    return EPOCH + dt.timedelta(microseconds=round(serial * 86_400_000) * 1000)


def _date(serial: float, tokens: list[re.Match[str]]) -> str:
    when = moment(serial)
    half = any(token["ampm"] for token in tokens)
    parts = []
    for number, token in enumerate(tokens):
        if token["date"]:
            parts.append(_date_part(when, tokens, number, half))
        elif token["ampm"]:
            parts.append("AM" if when.hour < 12 else "PM")
        elif token["number"]:
            parts.append(f"{when.microsecond // 1000:03d}"[: len(token["number"].lstrip("."))])
        else:
            parts.append(_literal(token))
    return "".join(parts)


def _date_part(when: dt.datetime, tokens: list[re.Match[str]], number: int, half: bool) -> str:
    text_ = tokens[number]["date"]
    letter, size = text_[0].lower(), len(text_)
    if letter == "y":
        return f"{when.year:04d}" if size > 2 else f"{when.year % 100:02d}"
    if letter == "d":
        return [str(when.day), f"{when.day:02d}", f"{when:%a}", f"{when:%A}"][min(size, 4) - 1]
    if letter == "h":
        hour = (when.hour % 12 or 12) if half else when.hour
        return f"{hour:0{min(size, 2)}d}"
    if letter == "s":
        return f"{when.second:0{min(size, 2)}d}"
    if _is_minute(tokens, number):
        return f"{when.minute:0{min(size, 2)}d}"
    month = [str(when.month), f"{when.month:02d}", f"{when:%b}", f"{when:%B}", f"{when:%b}"[0]]
    return month[min(size, 5) - 1]


def _is_minute(tokens: list[re.Match[str]], number: int) -> bool:
    before = [t["date"][0].lower() for t in tokens[:number] if t["date"]]
    after = [t["date"][0].lower() for t in tokens[number + 1 :] if t["date"]]
    return before[-1:] == ["h"] or after[:1] == ["s"]


def unformatted(value: Json) -> Any:
    """The plain value under UNFORMATTED_VALUE; whole numbers are ints."""
    ((kind, content),) = value.items()
    if kind == "errorValue":
        return text(value)
    if kind == "numberValue" and isinstance(content, float) and content.is_integer():
        return int(content)
    return content
