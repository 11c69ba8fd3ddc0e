"""Ranges that cover a table's body, stretched when the body grows or shrinks.

Excel stretches them when people insert rows; a patched file must do it itself. Only ranges that
end exactly on the old last row are touched.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import dataclass
from xml.sax.saxutils import escape

from sheetsync.backends.xlsx.markup import range_corners
from sheetsync.backends.xlsx.strings import plain_text
from sheetsync.model.tracker import plain

_CELL = r"\$?[A-Z]{1,3}\$?[0-9]{1,7}"
_LOCAL = re.compile(rf"{_CELL}(?::{_CELL})?\Z")
_FAR = re.compile(
    rf"(?:'((?:[^']|'')+)'|((?:[^\W\d]|[_\\])[\w.\\]*))!({_CELL})(?::({_CELL}))?(?![\w(.:!])"
)
_LAST_ROW = re.compile(r"[0-9]+\Z")


@dataclass(frozen=True, slots=True)
class Resize:
    """One table's change: rows and columns are 1-based; ``title`` is its sheet's.

    ``header_row`` stands right above ``first_row``; the body ended on ``old_last`` and ends on
    ``new_last`` now.
    """

    title: str
    header_row: int
    first_row: int
    old_last: int
    new_last: int
    first_col: int
    last_col: int

    def local(self, ref: str) -> str:
        """Stretch one range of the same sheet (``A2:C10``), as in a conditional format.

        >>> Resize("K", 1, 2, 10, 12, 1, 3).local("B2:B10")
        'B2:B12'
        """
        if not _LOCAL.match(ref):
            return ref
        top, bottom, left, right = _corners(ref)
        beside = right < self.first_col or left > self.last_col
        if bottom != self.old_last or beside or not self.header_row <= top <= self.new_last:
            return ref
        return self._to(ref)

    def sqref(self, refs: str) -> str:
        """Stretch a list of ranges parted by spaces."""
        return " ".join(map(self.local, refs.split(" ")))

    def formula(self, text: str, *, single: bool = False) -> str:
        """Stretch the ranges in a formula that are exactly the old body, or header and body.

        One cell alone is stretched only when it is all of the text and ``single`` says that it
        means a body of one row.
        """
        alone = _FAR.fullmatch(text.strip().lstrip("="))
        if alone and not alone[4] and not single:
            return text
        return _FAR.sub(lambda m: self._far(m, single=bool(alone) and single), text)

    def _far(self, match: re.Match[str], *, single: bool) -> str:
        sheet = match[1].replace("''", "'") if match[1] else match[2]
        if plain(sheet) != plain(self.title) or not (match[4] or single):
            return match[0]
        ref = match[3] + ":" + (match[4] or match[3])
        top, bottom, left, right = _corners(ref)
        within = self.first_col <= left and right <= self.last_col
        if bottom != self.old_last or top not in (self.header_row, self.first_row) or not within:
            return match[0]
        return match[0][: match.start(3) - match.start()] + self._to(ref)

    def _to(self, ref: str) -> str:
        first, _, last = ref.partition(":")
        if not last and self.new_last == self.old_last:
            return ref
        return f"{first}:{_LAST_ROW.sub(str(self.new_last), last or first)}"


def _corners(ref: str) -> tuple[int, int, int, int]:
    """The corners of a range; zeros when it lies outside every sheet."""
    try:
        return range_corners(ref)
    except ValueError:
        return 0, 0, 0, 0


def stretch_text(xml: bytes, pattern: re.Pattern[bytes], change: Callable[[str], str]) -> bytes:
    """Change the text that the pattern's last group captures, escaped for XML where it differs."""

    def swap(match: re.Match[bytes]) -> bytes:
        group = match.re.groups
        old = plain_text(match[group].decode())
        new = change(old)
        if new == old:
            return match[0]
        start, end = match.start(group) - match.start(), match.end(group) - match.start()
        told = escape(new, {'"': "&quot;"}).encode()
        return match[0][:start] + told + match[0][end:]

    return pattern.sub(swap, xml)
