"""One stored cell to one value: its type, style and text, as the sheet's XML spells them."""

from __future__ import annotations

import contextlib
import math
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import datetime, time, timedelta

from sheetsync.backends.xlsx.dates import Look, moment
from sheetsync.backends.xlsx.strings import cell_text
from sheetsync.model.values import CellError, Scalar

_NUMERAL = frozenset("0123456789+-.eE")
_DECIMAL = frozenset("0123456789.-")
_EXACT_DIGITS = 15
_LONGEST_PLAIN = 15


@dataclass(frozen=True, slots=True)
class Context:
    """What a cell's meaning depends on beyond itself."""

    strings: Sequence[str]
    looks: Sequence[Look]
    date1904: bool

    def look(self, style: str) -> Look:
        """The look of a style index as written; a number where there is no such style."""
        if not style.isdigit() or len(style) > 6 or int(style) >= len(self.looks):
            return Look.NUMBER
        return self.looks[int(style)]

    def reader(self, kind: str, style: str, preserve: bool = True) -> Callable[[str], Scalar]:
        """How to read the text of a cell of type ``kind``; what cannot be becomes an error.

        The text is still spelled in XML (entities); an error carries it as found. ``preserve``
        keeps spaces at the ends of a text.
        """
        if kind == "s":
            return self._shared
        if kind in ("str", "inlineStr"):
            return lambda text: cell_text(text, preserve)
        if kind == "b":
            return _flag
        if kind == "d":
            return _iso
        if kind != "n":
            return lambda text: _bad(text) if text.strip() else None
        look = self.look(style)
        return _number if look is Look.NUMBER else lambda text: self._moment(text, look)

    def column_reader(
        self, kind: str, style: str, preserve: bool = True
    ) -> Callable[[Sequence[str]], list[Scalar]]:
        """As ``reader``, for the texts of many cells at once."""
        read = self.reader(kind, style, preserve)
        if kind == "s":
            return lambda texts: _whole(texts, self.strings.__getitem__, read)
        if read is _number:
            return lambda texts: _whole(texts, None, read)
        return lambda texts: list(map(read, texts))

    def _shared(self, text: str) -> Scalar:
        if text.isdigit() and text.isascii() and len(text) < 10:
            index = int(text)
            if index < len(self.strings):
                return self.strings[index]
        elif text.strip() != text:
            return self._shared(text.strip())
        return _bad(text) if text else None

    def _moment(self, text: str, look: Look) -> Scalar:
        number = _number(text)
        if isinstance(number, int | float):
            return moment(number, look, self.date1904, text.strip())
        return number


def _whole(
    texts: Sequence[str],
    meaning: Callable[[int], Scalar] | None,
    read: Callable[[str], Scalar],
) -> list[Scalar]:
    """Read texts that are plain numbers in one go; the usual way when one of them is not."""
    joined = "".join(texts)
    if len(max(texts, key=len)) > _LONGEST_PLAIN or not joined.isascii():
        return list(map(read, texts))
    with contextlib.suppress(ValueError, IndexError):  # an empty text, or no such string
        if joined.isdigit():
            return list(map(meaning or int, map(int, texts)))
        if meaning is None and _DECIMAL.issuperset(joined):
            return [float(text) if "." in text else int(text) for text in texts]
    return list(map(read, texts))


def _number(text: str) -> Scalar:
    number = numeral(text)
    if number is None and text:
        text = text.strip()
        number = numeral(text)
        return _bad(text) if number is None and text else number
    return number


def _flag(text: str) -> Scalar:
    flags = {"1": True, "true": True, "0": False, "false": False, "": None}
    text = text.strip()
    return flags.get(text.lower(), _bad(text))


def numeral(text: str) -> int | float | None:
    """Read a number as sheets spell it; None when it is none that a sheet can hold.

    >>> numeral("12"), numeral("1.50"), numeral("1E3"), numeral("1e400"), numeral("NaN")
    (12, 1.5, 1000.0, None, None)
    """
    if len(text) <= _EXACT_DIGITS and text.isdigit() and text.isascii():
        return int(text)
    if not _NUMERAL.issuperset(text):
        return None
    try:
        number = float(text)
    except ValueError:
        return None
    if len(text) <= _EXACT_DIGITS and text.lstrip("-").isdigit():
        return int(text)
    return number if math.isfinite(number) else None


def _iso(text: str) -> Scalar:
    text = text.strip()
    if not text:
        return None
    try:
        if "-" not in text and ":" in text:
            clock = time.fromisoformat(text)
            seconds = clock.hour * 3600 + clock.minute * 60 + clock.second
            return timedelta(seconds=seconds, microseconds=clock.microsecond)
        return datetime.fromisoformat(text).replace(tzinfo=None)
    except ValueError:
        return _bad(text)


def _bad(text: str) -> CellError:
    return CellError(cell_text(text)[:255])
