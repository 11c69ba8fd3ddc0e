"""Number formats and serial dates: which cells are dates, and what moment a number means.

A sheet stores a date as a number; only the cell's number format tells that it is one.
"""

from __future__ import annotations

import re
from datetime import datetime, timedelta
from enum import Enum

from sheetsync.backends.xlsx.markup import child, children, parse
from sheetsync.backends.xlsx.package import Package
from sheetsync.model.values import EPOCH, CellError, Scalar


class Look(Enum):
    """What a number format makes of a number; ELAPSED is ``[h]:mm``, TIME has no day in it."""

    NUMBER = 0
    DATE = 1
    TIME = 2
    ELAPSED = 3


_BUILT_IN = {
    **dict.fromkeys((14, 15, 16, 17, 22, *range(27, 32), 36, *range(50, 55), 57, 58), Look.DATE),
    **dict.fromkeys((18, 19, 20, 21, 32, 33, 34, 35, 45, 47, 55, 56), Look.TIME),
    46: Look.ELAPSED,
}
_LITERALS = re.compile(
    r'"[^"]*"|\\.|_.|\*.|am/pm|a/p|general|\[(?!(?:h+|m+|s+)\])[^\]]*\]|e[+-]', re.IGNORECASE
)
_ELAPSED = re.compile(r"\[(?:h+|m+|s+)\]")
_DAY = re.compile(r"[dyge]|b{2,4}|m{3,5}")
_TIME = re.compile(r"[hs]")


def look_of(code: str) -> Look:
    """Classify a number format code by its first section.

    >>> look_of("yyyy-mm-dd"), look_of("#,##0.00 [$€-407]"), look_of("[h]:mm"), look_of("mm:ss")
    (<Look.DATE: 1>, <Look.NUMBER: 0>, <Look.ELAPSED: 3>, <Look.TIME: 2>)
    """
    bare = _LITERALS.sub("", code).partition(";")[0].lower()
    if _ELAPSED.search(bare):
        return Look.ELAPSED
    if _DAY.search(bare):
        return Look.DATE
    if _TIME.search(bare):
        return Look.TIME
    return Look.DATE if "m" in bare else Look.NUMBER


def looks(package: Package, part: str) -> list[Look]:
    """The look of each cell style (``s`` in a cell); [] when the workbook has no styles."""
    return looks_in(package.read(part), part) if part else []


def looks_in(xml: bytes, part: str) -> list[Look]:
    """The same of a styles part's content."""
    root = parse(xml, part)
    formats = dict(_BUILT_IN)
    for block in children(root, "numFmts"):
        for element in children(block, "numFmt"):
            formats[_whole(element.get("numFmtId"))] = look_of(element.get("formatCode", ""))
    styles = child(root, "cellXfs")
    return [
        formats.get(_whole(xf.get("numFmtId")), Look.NUMBER)
        for xf in (() if styles is None else children(styles, "xf"))
    ]


def _whole(text: str | None) -> int:
    return int(text) if text and text.isascii() and text.isdigit() and len(text) < 10 else 0


_DAY_MS = 86_400_000
_AFTER_1900, _AFTER_1904 = 2_958_466, 2_957_004
_EPOCH_1904 = datetime(1904, 1, 1)


def moment(serial: float, look: Look, date1904: bool, raw: str) -> Scalar:
    """Turn a serial number into what its format shows, to the millisecond.

    Times without a day and elapsed times are durations. A date that does not exist (29 February
    1900, negative, after 9999) is an error that carries the raw text.

    >>> moment(61, Look.DATE, False, "61"), moment(60, Look.DATE, False, "60")
    (datetime.datetime(1900, 3, 1, 0, 0), CellError(code='60'))
    """
    if look is Look.ELAPSED or (0 <= serial < 1 and not (date1904 and look is Look.DATE)):
        too_long = abs(serial) >= _AFTER_1900
        return CellError(raw) if too_long else timedelta(milliseconds=round(serial * _DAY_MS))
    after = _AFTER_1904 if date1904 else _AFTER_1900
    milliseconds = round(serial * _DAY_MS) if 0 <= serial < after else -1
    if not 0 <= milliseconds < after * _DAY_MS or (not date1904 and 60 <= serial < 61):
        return CellError(raw)
    since = timedelta(milliseconds=milliseconds)
    if date1904:
        return _EPOCH_1904 + since
    return EPOCH + since + timedelta(days=1 if serial < 60 else 0)
