"""Styles and texts of one workbook said in the words of another.

Cells name styles and shared strings by place; a sheet that moves into another workbook needs its
styles appended there and its texts inline.
"""

from __future__ import annotations

import re

from sheetsync.backends.xlsx.package import Package
from sheetsync.backends.xlsx.parts import Book
from sheetsync.backends.xlsx.styles import Styles, attributes, with_attribute

_STYLED = re.compile(rb'(<(?:c|row)\s[^>]*?\ss=")(\d+)(")')
_COLUMN_STYLE = re.compile(rb'(<col\s[^>]*?\sstyle=")(\d+)(")')
_DXF = re.compile(rb'(\s(?:dxfId|dataDxfId|headerRowDxfId|totalsRowDxfId)=")(\d+)(")')
_SHARED = re.compile(rb'(<c\s[^>]*?)\st="s"([^>]*)><v>(\d+)</v></c>')
_ITEM = re.compile(rb"<si>(.*?)</si>|<si/>", re.DOTALL)
_TAG = re.compile(rb"<(/?)(?=[A-Za-z])")


class StyleMap:
    """Appends the styles of a template to a workbook as they are asked for."""

    def __init__(self, source: Styles, target: Styles) -> None:
        self.source = source
        self.target = target
        self._blocks = {name: source.elements(name) for name in _REFERENCES.values()}
        self._cells = source.elements("cellXfs")
        self._differences = source.elements("dxfs")
        self._known: dict[int, int] = {}

    def cell_style(self, style: int) -> int:
        """The place in the target of a cell style of the source."""
        if style not in self._known:
            self._known[style] = self.target.append_cell_style(self._translated(style))
        return self._known[style]

    def difference(self, place: int) -> int:
        """The place in the target of a differential style (of a conditional format)."""
        return self.target.append("dxfs", self._spelled(self._differences[place]))

    def _translated(self, style: int) -> bytes:
        xf = self._cells[style]
        told = attributes(xf)
        for name, block in _REFERENCES.items():
            element = self._spelled(self._blocks[block][int(told.get(name, b"0"))])
            xf = with_attribute(xf, name, b"%d" % self.target.append(block, element))
        code = self.source.format_code(int(told.get(b"numFmtId", b"0")))
        if code is not None:
            xf = with_attribute(xf, b"numFmtId", b"%d" % self.target.format_number(code))
        return self._spelled(with_attribute(xf, b"xfId", b"0"))

    def _spelled(self, element: bytes) -> bytes:
        """The element with the target's prefix; the source, drawn by us, has none."""
        return _TAG.sub(rb"<\1" + self.target.prefix, element) if self.target.prefix else element


_REFERENCES = {b"fontId": "fonts", b"fillId": "fills", b"borderId": "borders"}


def shared_items(book: Book) -> list[bytes]:
    """The content of each shared string as XML, rich text included."""
    if not book.shared_strings_part:
        return []
    xml = book.package.read(book.shared_strings_part)
    return [match[1] or b"" for match in _ITEM.finditer(xml)]


def restyled(xml: bytes, styles: StyleMap) -> bytes:
    """A sheet or table with the target's style places."""

    def cell(match: re.Match[bytes]) -> bytes:
        return match[1] + b"%d" % styles.cell_style(int(match[2])) + match[3]

    def difference(match: re.Match[bytes]) -> bytes:
        return match[1] + b"%d" % styles.difference(int(match[2])) + match[3]

    xml = _COLUMN_STYLE.sub(cell, _STYLED.sub(cell, xml))
    return _DXF.sub(difference, xml)


def inlined(xml: bytes, items: list[bytes]) -> bytes:
    """A sheet whose cells hold their texts themselves."""

    def cell(match: re.Match[bytes]) -> bytes:
        return b'%b t="inlineStr"%b><is>%b</is></c>' % (match[1], match[2], items[int(match[3])])

    return _SHARED.sub(cell, xml)


def free_name(taken: Package, also: set[str], wanted: str) -> str:
    """A part name that is not taken, as near to ``wanted`` as can be."""
    if not taken.find(wanted) and wanted not in also:
        return wanted
    stem, dot, ending = wanted.rpartition(".")
    stem = stem.rstrip("0123456789")
    number = 1
    while taken.find(name := f"{stem}{number}{dot}{ending}") or name in also:
        number += 1
    return name
