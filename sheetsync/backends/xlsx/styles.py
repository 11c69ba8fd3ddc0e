"""Cell styles of a workbook: found, and appended when a value needs one that is not there.

Styles are never renumbered: every cell names its style by place.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from datetime import datetime, timedelta
from xml.sax.saxutils import escape

from sheetsync.backends.xlsx.dates import _BUILT_IN, Look, look_of
from sheetsync.backends.xlsx.rows import unwritable
from sheetsync.model.values import Value

DAY, MOMENT, DURATION = "yyyy-mm-dd", "yyyy-mm-dd hh:mm", "[h]:mm:ss"
BLOCKS = {
    "numFmts": "numFmt",
    "fonts": "font",
    "fills": "fill",
    "borders": "border",
    "cellStyleXfs": "xf",
    "cellXfs": "xf",
    "cellStyles": "cellStyle",
    "dxfs": "dxf",
}
"""The blocks of the styles part that matter here, in the order of the format, with their tags."""
_LOOKS = {
    DAY: (Look.DATE,),
    MOMENT: (Look.DATE,),
    DURATION: (Look.ELAPSED,),
    "": (Look.NUMBER,),
}
_ATTRIBUTE = re.compile(rb"""\s([\w:]+)\s*=\s*(?:"([^"]*)"|'([^']*)')""")


def attributes(tag: bytes) -> dict[bytes, bytes]:
    """The attributes of one start tag, values as written."""
    head = tag[: tag.index(b">") + 1]
    return {m[1]: m[2] if m[2] is not None else m[3] for m in _ATTRIBUTE.finditer(head)}


class Styles:
    """The styles part; ``xml`` is its present content, with what was appended."""

    def __init__(self, xml: bytes) -> None:
        self.xml = xml
        match = re.search(rb"<(?:([\w.-]+):)?styleSheet[\s>]", xml)
        if match is None:
            raise unwritable("it has no styles")
        self.prefix = match[1] + b":" if match[1] else b""
        self._formats = dict(self._custom())
        self._cells = list(self._elements(b"cellXfs", b"xf"))
        self._known: dict[tuple[int, str], int] = {}

    def __len__(self) -> int:
        return len(self._cells)

    def look(self, style: int) -> Look:
        """What that style makes of a number."""
        if not 0 <= style < len(self._cells):
            return Look.NUMBER
        number = int(attributes(self._cells[style]).get(b"numFmtId", b"0") or 0)
        if number in self._formats:
            return look_of(self._formats[number])
        return _BUILT_IN.get(number, Look.NUMBER)

    def for_value(self, style: int, value: Value) -> int:
        """The style for a value in a cell of ``style``: dates look like dates, numbers do not.

        Returns ``style`` itself when it will do; appends one otherwise.
        """
        want = _wanted(value)
        if want is None:
            return style
        if (style, want) not in self._known:
            self._known[style, want] = self._fit(style, want)
        return self._known[style, want]

    def _fit(self, style: int, want: str) -> int:
        xf = self._cells[style] if 0 <= style < len(self._cells) else b""
        quoted = attributes(xf).get(b"quotePrefix", b"0") in (b"1", b"true") if xf else False
        fits = self.look(style) in _LOOKS[want]
        if fits and not quoted:
            return style
        if not xf:
            raise unwritable(f"it uses the style {style}, which is not there")
        changed = re.sub(rb"""\squotePrefix\s*=\s*["'][^"']*["']""", b"", xf)
        if not fits:
            number = self.format_number(want)
            changed = with_attribute(changed, b"numFmtId", b"%d" % number)
            changed = re.sub(rb"""\sapplyNumberFormat\s*=\s*["'][^"']*["']""", b"", changed)
            if number:
                changed = with_attribute(changed, b"applyNumberFormat", b"1")
        return self.append_cell_style(changed)

    def append_cell_style(self, xf: bytes) -> int:
        """Return the place of that style, appended when there is no equal one."""
        place = self.append("cellXfs", xf)
        if place == len(self._cells):
            self._cells.append(xf)
        return place

    def append(self, block: str, element: bytes) -> int:
        """Return the place of that element in a block (fonts, fills, dxfs ...), appended if new."""
        count = 0
        for count, known in enumerate(self.elements(block), 1):
            if _same_element(known, element):
                return count - 1
        self._append(block.encode(), element, count + 1)
        return count

    def elements(self, block: str) -> list[bytes]:
        """The elements of a block in order, [] when there is no such block."""
        return list(self._elements(block.encode(), BLOCKS[block].encode()))

    def format_code(self, number: int) -> str | None:
        """The code of a number format of this workbook, None for a built-in one."""
        return self._formats.get(number)

    def format_number(self, code: str) -> int:
        """The number of a format code, appended when it is new; 0 for the general format."""
        if not code:
            return 0
        for number, known in self._formats.items():
            if known == code:
                return number
        number = max((163, *self._formats)) + 1
        told = b'<%bnumFmt numFmtId="%d" formatCode="%b"/>' % (
            self.prefix,
            number,
            escape(code, {'"': "&quot;"}).encode(),
        )
        self._append(b"numFmts", told, len(self.elements("numFmts")) + 1)
        self._formats[number] = code
        return number

    def _custom(self) -> Iterator[tuple[int, str]]:
        for element in self._elements(b"numFmts", b"numFmt"):
            found = attributes(element)
            code = found.get(b"formatCode", b"").decode()
            for entity, sign in (("&quot;", '"'), ("&lt;", "<"), ("&gt;", ">"), ("&amp;", "&")):
                code = code.replace(entity, sign)
            yield int(found.get(b"numFmtId", b"0")), code

    def _block(self, name: bytes) -> re.Match[bytes] | None:
        tag = re.escape(self.prefix + name)
        return re.search(
            rb"<%b(?:\s[^>]*?)?(?:/>|>(.*?)</%b\s*>)" % (tag, tag), self.xml, re.DOTALL
        )

    def _elements(self, block: bytes, name: bytes) -> Iterator[bytes]:
        match = self._block(block)
        tag = re.escape(self.prefix + name)
        inside = match[1] if match and match[1] else b""
        pattern = rb"<%b(?=[\s/>])[^>]*?(?:/>|>.*?</%b\s*>)" % (tag, tag)
        return (m[0] for m in re.finditer(pattern, inside, re.DOTALL))

    def _append(self, block: bytes, element: bytes, count: int) -> None:
        match = self._block(block)
        p = self.prefix
        if match is None:
            at = self._place_of(block)
            told = b'<%b%b count="1">%b</%b%b>' % (p, block, element, p, block)
            self.xml = self.xml[:at] + told + self.xml[at:]
            return
        opening = match[0][: match[0].index(b">") + 1]
        opened = opening[:-2].rstrip() + b">" if opening.endswith(b"/>") else opening
        opened = with_attribute(opened, b"count", b"%d" % count)
        told = b"%b%b%b</%b%b>" % (opened, match[1] or b"", element, p, block)
        self.xml = self.xml[: match.start()] + told + self.xml[match.end() :]

    def _place_of(self, block: bytes) -> int:
        """Where a block that is missing belongs: behind the last one that stands before it."""
        names = list(BLOCKS)
        for name in reversed(names[: names.index(block.decode())]):
            if before := self._block(name.encode()):
                return before.end()
        return self.xml.index(b">", self.xml.index(b"styleSheet")) + 1


def _wanted(value: Value) -> str | None:
    """The format code that a value needs: "" for plain numbers, None when any will do."""
    match value:
        case bool():
            return None
        case datetime():
            midnight = value.hour == value.minute == value.second == value.microsecond == 0
            return DAY if midnight else MOMENT
        case timedelta():
            return DURATION
        case int() | float():
            return ""
        case _:
            return None


def with_attribute(tag: bytes, name: bytes, value: bytes) -> bytes:
    """The element with an attribute of its start tag set."""
    gt = tag.index(b">")
    pattern = rb"""(\s%b\s*=\s*)(["'])[^"']*\2""" % name
    match = re.search(pattern, tag[: gt + 1])
    if match:
        return tag[: match.start()] + match[1] + b'"' + value + b'"' + tag[match.end() :]
    end = gt - 1 if tag[gt - 1 : gt] == b"/" else gt
    return tag[:end].rstrip() + b' %b="%b"' % (name, value) + tag[end:]


def _same_element(a: bytes, b: bytes) -> bool:
    if a == b:
        return True
    inner = a[a.index(b">") :] if not a.endswith(b"/>") or a.count(b"<") > 1 else b""
    other = b[b.index(b">") :] if not b.endswith(b"/>") or b.count(b"<") > 1 else b""
    return inner == other and attributes(a) == attributes(b)
