"""How amounts are written: one text taken apart into its readings under either decimal mark."""

from __future__ import annotations

import re
import unicodedata
from functools import cache, lru_cache
from typing import NamedTuple

_SIGNS = str.maketrans("−–‒—﹣‐’‘´`٫٬", "------''''.,")
_SIGN = r"[\u20a0-\u20cf$£¥¢]"
_WORD = rf"(?:[^\W\d_]+{_SIGN}?\.?|{_SIGN}[^\W\d_]*)?"
_AMOUNT = re.compile(
    rf"(?P<open>\()?\s*(?P<s1>[-+])?\s*(?P<w1>{_WORD})\s*(?P<s2>[-+])?\s*"
    r"(?P<body>\d[\d.,' ]*(?<![ '])|[.,]\d+)(?:[eE](?P<exp>[-+]?\d{1,3}))?"
    rf"\s*(?P<pct>%)?\s*(?P<w2>{_WORD})\s*(?P<s3>[-+])?\s*(?P<close>\))?"
)
_SCALES = {
    "k": 1e3, "tsd": 1e3, "m": 1e6, "mn": 1e6, "mio": 1e6, "mln": 1e6, "mm": 1e6, "b": 1e9,
    "bn": 1e9, "mrd": 1e9,
}  # fmt: skip
_REMEMBERED = 1 << 16
_SIGNIFICANT = 15
"""Digits that a spreadsheet keeps of a number."""


class Amount(NamedTuple):
    """One text taken apart.

    ``point`` and ``comma`` are its values if the decimal mark is that one (None: impossible);
    ``marked`` tells whether a point or comma occurs at all. ``unit`` is the word or sign beside
    the digits, ``scale`` what a suffix such as k multiplies by, ``long`` more than 15 digits.
    """

    point: float | None
    comma: float | None
    marked: bool = False
    percent: bool = False
    unit: str = ""
    scale: float = 1.0
    long: bool = False

    @property
    def proves(self) -> str:
        """The decimal mark that this text alone proves: point, comma or ""."""
        if not self.marked or (self.point is None) == (self.comma is None):
            return ""
        return "comma" if self.point is None else "point"


@cache
def _shape(mark: str, other: str) -> re.Pattern[str]:
    groups = "|".join(rf"[1-9]\d{{0,2}}(?:{re.escape(sep)}\d{{3}})+" for sep in (other, " ", "'"))
    indian = r"[1-9]\d?(?:,\d\d)+,\d{3}" if other == "," else r"(?!)"
    return re.compile(rf"(?:{groups}|{indian}|\d+)?(?:(?<=\d){re.escape(mark)}\d+|"
                      rf"{re.escape(mark)}\d+)?")  # fmt: skip


def _under(body: str, mark: str, other: str) -> float | None:
    if not _shape(mark, other).fullmatch(body):
        return None
    for sep in (other, " ", "'"):
        body = body.replace(sep, "")
    return float(body.replace(mark, "."))


@lru_cache(maxsize=_REMEMBERED)
def take_apart(text: str) -> Amount | None:
    """Take an amount apart; None when the text is no number in any spelling.

    >>> take_apart("€ 1.234,56").comma, take_apart("(5)").point, take_apart("1,234").proves
    (1234.56, -5.0, '')
    """
    if any(unicodedata.category(c) == "No" for c in text):
        return None
    folded = unicodedata.normalize("NFKC", text).translate(_SIGNS).strip()
    found = _AMOUNT.fullmatch(re.sub(r"(?<=\d)[.,]-{1,2}(?=\D*$)", "", folded))
    if found is None or (found["open"] is None) != (found["close"] is None):
        return None
    signs = [s for s in (found["s1"], found["s2"], found["s3"]) if s]
    if len(signs) + bool(found["open"]) > 1 or (found["w1"] and found["w2"]):
        return None
    negative = bool(found["open"]) or signs == ["-"]
    return _amount(found, -1.0 if negative else 1.0)


def _amount(found: re.Match[str], sign: float) -> Amount | None:
    body, unit = found["body"], found["w1"] or found["w2"]
    scale = _SCALES.get(unit.casefold().rstrip("."), 0.0) if found["w2"] else 0.0
    power = 10.0 ** int(found["exp"] or 0)
    factor = sign * power * (0.01 if found["pct"] else 1.0)
    point, comma = _under(body, ".", ","), _under(body, ",", ".")
    if point is None and comma is None:
        return None
    digits = re.sub(r"\D", "", body).strip("0")
    return Amount(
        _times(point, factor, bool(found["pct"])),
        _times(comma, factor, bool(found["pct"])),
        "." in body or "," in body,
        bool(found["pct"]),
        "" if scale else unit,
        scale or 1.0,
        len(digits) > _SIGNIFICANT,
    )


def _times(value: float | None, factor: float, percent: bool) -> float | None:
    if value is None:
        return None
    # 45.3 % is 0.453, not 0.45299999999999996
    return float(f"{value * factor:.15g}") if percent else value * factor
