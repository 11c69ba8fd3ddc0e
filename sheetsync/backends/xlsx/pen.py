"""How a value is written as the XML of a cell. Text stays text, whatever it begins with.

Text goes inline (``t="inlineStr"``), so that the shared strings, whose numbers every other cell
uses, stay as they are.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from datetime import datetime, timedelta
from typing import TypeAlias

from sheetsync.model.errors import WriteFailed
from sheetsync.model.values import EPOCH, CellError, Formula, Scalar, Value, show

Restyle: TypeAlias = Callable[[int, Value], int]
"""Returns the style index that shows a value properly, given the cell's present one."""

MAX_TEXT = 32_767
_SPECIAL = re.compile(
    r"[&<>]|[^\t\n\x20-\ud7ff\ue000-\ufffd\U00010000-\U0010ffff]|_x[0-9A-Fa-f]{4}_"
)
_IMPOSSIBLE = re.compile(r"[^\t\n\x20-\ud7ff\ue000-\ufffd\U00010000-\U0010ffff]")
_NAMED = {"&": "&amp;", "<": "&lt;", ">": "&gt;"}
_ERRORS = frozenset(
    ("#NULL!", "#DIV/0!", "#VALUE!", "#REF!", "#NAME?", "#NUM!", "#N/A", "#GETTING_DATA")
)
_EPOCH_1904 = datetime(1904, 1, 1)
_DAY = timedelta(days=1)


def keep_style(style: int, _value: Value) -> int:
    """The restyle that changes nothing."""
    return style


def escaped(text: str) -> str:
    r"""Escape text for XML as Excel does; ``WriteFailed`` for a torn character or too much text.

    >>> escaped("a<b & _x0041_ \x01")
    'a&lt;b &amp; _x005F_x0041_ _x0001_'
    """
    if len(text) > MAX_TEXT // 2 and len(text.encode("utf-16-le", "replace")) > 2 * MAX_TEXT:
        raise WriteFailed(f"A text of {len(text):,} characters does not fit a cell: {show(text)}.")
    return _SPECIAL.sub(_escape, text)


def _escape(match: re.Match[str]) -> str:
    found = match[0]
    if found in _NAMED:
        return _NAMED[found]
    if len(found) > 1:
        return "_x005F" + found
    if "\ud800" <= found <= "\udfff":
        raise WriteFailed(f"A text has half a character (U+{ord(found):04X}), which no file holds.")
    return f"_x{ord(found):04X}_"


def serial(value: datetime | timedelta, date1904: bool = False) -> float:
    """A date and time, or a duration, as the number of days that spreadsheets store.

    The 1900 system believes in 29 February 1900, so its days before that are one less.

    >>> serial(datetime(2026, 3, 1, 12)), serial(datetime(1900, 1, 1)), serial(timedelta(hours=6))
    (46082.5, 1.0, 0.25)
    """
    if isinstance(value, timedelta):
        return value / _DAY
    days: float = (value.replace(tzinfo=None) - (_EPOCH_1904 if date1904 else EPOCH)) / _DAY
    if not date1904 and days < 61:
        days -= 1
    if days < (0 if date1904 else 1):
        raise WriteFailed(f"The date {value:%Y-%m-%d} is before a spreadsheet's first day.")
    return days


def number_text(value: float) -> str:
    """A number in full precision; ``WriteFailed`` for what no cell can hold (NaN, infinity).

    >>> number_text(3.0), number_text(0.1), number_text(10**20)
    ('3', '0.1', '1e+20')
    """
    if isinstance(value, int) and abs(value) < 1 << 53:
        return int.__repr__(value)
    text = float.__repr__(float(value))
    if text[-1] in "fn":
        raise WriteFailed("A number is infinite or undefined (NaN), which no cell can hold.")
    return text.removesuffix(".0")


def _formula(text: str) -> str:
    """A formula's text escaped for XML, which alone is what formulas are spelled in."""
    if (odd := _IMPOSSIBLE.search(text)) is not None:
        raise WriteFailed(f"A formula holds the character U+{ord(odd[0]):04X}, which no file can.")
    return text.replace("&", "&amp;").replace("<", "&lt;").replace(">", "&gt;")


class Pen:
    """Writes cells of one sheet: ``prefix`` is its XML prefix with the colon, "" mostly.

    ``restyle`` is asked for the style of every value that needs a particular one (dates).
    """

    def __init__(
        self, prefix: bytes = b"", *, date1904: bool = False, restyle: Restyle = keep_style
    ) -> None:
        self.prefix = prefix
        self.date1904 = date1904
        self._restyle = restyle
        self._texts: dict[str, bytes] = {}
        self._moments: dict[tuple[int | None, datetime], bytes] = {}
        self._styles: dict[int | None, bytes] = {}
        self._numbers: dict[int | None, bytes] = {}
        p = prefix
        self._open = b'<%bc r="' % p
        self._v = b"><%bv>" % p
        self._close = b"</%bv></%bc>" % (p, p)
        self._inline = b' t="inlineStr"><%bis><%bt%%b>%%b</%bt></%bis></%bc>' % (p, p, p, p, p)

    def cell(self, address: bytes, style: int | None, value: Value) -> bytes:
        """The whole cell; b"" when it has nothing to say (no value and no style)."""
        return self.cell_at(self._open + address, style, value)

    def cell_at(self, start: bytes, style: int | None, value: Value) -> bytes:
        """The whole cell, of which ``start`` is the tag up to its address."""
        if style is None and (value is None or value == ""):
            return b""
        return start + self.after(style, value)

    def after(self, style: int | None, value: Value) -> bytes:
        """All of a cell after its address: quote, style, type, value and end tag."""
        kind = type(value)
        if kind is float or kind is int:
            head = self._numbers.get(style)
            if head is None:
                head = self._numbers[style] = self._styled(self.style(style, value)) + self._v
            return head + number_text(value).encode() + self._close  # type: ignore[arg-type]
        if kind is str or value is None:
            return self._styled(style) + self.content(value)
        if kind is not datetime:
            return self._styled(self.style(style, value)) + self.content(value)
        told = self._moments.get((style, value))  # type: ignore[arg-type]
        if told is None:
            told = self._styled(self.style(style, value)) + self.content(value)
            self._moments[style, value] = told  # type: ignore[index]
        return told

    def _styled(self, style: int | None) -> bytes:
        """The quote after a cell's address and its style."""
        told = self._styles.get(style)
        if told is None:
            told = self._styles[style] = b'"' if style is None else b'" s="%d"' % style
        return told

    def style(self, style: int | None, value: Value) -> int | None:
        """The style that a cell with this value gets."""
        if value is None or type(value) is str or isinstance(value, Formula):
            return style
        new = self._restyle(style or 0, value)
        return style if new == (style or 0) else new

    def content(self, value: Value) -> bytes:
        """All of a cell after its style: type, value and the end tag."""
        if value is None or value == "":
            return b"/>"
        if type(value) is str:
            told = self._texts.get(value)
            if told is None:
                told = self._texts[value] = self._text(value)
            return told
        if type(value) is float or type(value) is int:
            return self._v + number_text(value).encode() + self._close
        return self._rare(value)

    def _text(self, value: str) -> bytes:
        text = escaped(value).encode()
        edges = value[0].isspace() or value[-1].isspace() or "\n" in value or "  " in value
        return self._inline % (b' xml:space="preserve"' if edges else b"", text)

    def _rare(self, value: Value) -> bytes:
        if isinstance(value, str):
            return self.content(str(value))
        kind, text = b"", ""
        if isinstance(value, Formula):
            kind, text = self.cached(value.value)
            p = self.prefix
            formula = _formula(value.text).encode()
            tail = b"" if value.value is None else b"<%bv>%b</%bv>" % (p, text.encode(), p)
            return b"%b><%bf>%b</%bf>%b</%bc>" % (kind, p, formula, p, tail, p)
        kind, text = self.cached(value)
        return kind + self._v + text.encode() + self._close

    def cached(self, value: Scalar) -> tuple[bytes, str]:
        """The type attribute and the text of ``<v>`` for a value, or for a formula's result."""
        match value:
            case None:
                return b"", ""
            case bool():
                return b' t="b"', "1" if value else "0"
            case CellError():
                code = value.code if value.code in _ERRORS else "#VALUE!"
                return b' t="e"', code
            case str():
                return b' t="str"', escaped(value)
            case datetime() | timedelta():
                return b"", number_text(serial(value, self.date1904))
            case _:
                return b"", number_text(value)
