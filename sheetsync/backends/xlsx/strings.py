"""Texts of a workbook: the shared strings, and how a text is spelled in XML.

Nearly all shared strings are plain; those are cut out by one expression each. Rich, phonetic and
odd ones go through expat, all in one go.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Iterator
from xml.parsers import expat

from sheetsync.backends.xlsx.markup import bad_xml, has_document_type, unescape
from sheetsync.backends.xlsx.package import Package

_BAD_BYTES = bytes(set(range(32)) - {9, 10, 13})
_ENTITY = re.compile(r"&(?:#(?:x([0-9A-Fa-f]{1,6})|([0-9]{1,7}))|(amp|lt|gt|quot|apos));|&")
_NAMED = {"amp": "&", "lt": "<", "gt": ">", "quot": '"', "apos": "'"}
_PLAIN = re.compile(r'\s*<si><t( xml:space="preserve")?>([^<]*)</t>')
_OPEN = re.compile(r'\s*(?:<\?xml[^>]*\?>\s*)?<sst(?: [\w:]+="[^"<]*")*>')
_PREFIX = re.compile(r"\s*(?:<\?xml[^>]*\?>\s*)?<([\w.-]+):")
_NOTHING = re.compile("")
_SI, _T, _END = "<si><t>", "</t>", "</si>"
_BETWEEN = f"{_T}{_END}{_SI}"
_MAX_DEPTH = 64


class Malformed(Exception):
    """XML that does not hold together."""


def text_of(package: Package, part: str) -> str:
    """Decode a part, line ends as XML wants them; ``WorkbookUnreadable`` when it is not text."""
    return _decoded(package.read(part), part)


def texts(package: Package, part: str, tag: str) -> Iterator[str]:
    """The text of a part without its root's prefix, cut only behind the ends of such elements.

    A megabyte at a time, so that no sheet is ever in memory as a whole; else as ``text_of``.
    """
    waiting = b""
    prefix: str | None = None
    for piece in package.pieces(part):
        waiting += piece
        if prefix is None:
            prefix = _prefix_of(waiting[:1_000].decode("utf-8-sig", "replace"))
        end = f"</{prefix}{tag}>".encode()
        at = waiting.rfind(end) + len(end)
        if at >= len(end):
            yield unprefixed(_decoded(waiting[:at], part), prefix)
            waiting = waiting[at:]
    yield unprefixed(_decoded(waiting, part), prefix or "")


def _decoded(data: bytes, part: str) -> str:
    if len(data.translate(None, _BAD_BYTES)) != len(data):
        raise bad_xml(part)
    try:
        text = data.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        raise bad_xml(part) from error
    if "\r" in text:
        text = text.replace("\r\n", "\n").replace("\r", "\n")
    return text


def _prefix_of(text: str) -> str:
    """The prefix of a text's root with its colon, as some exporters write (``<x:sst>``), or ""."""
    match = _PREFIX.match(text)
    return f"{match[1]}:" if match else ""


def unprefixed(text: str, prefix: str) -> str:
    """The same XML without that prefix of tags.

    Content never holds a ``<``, so the marks can be replaced as text; comments and CDATA could,
    so a text that has any is left as it is.

    >>> unprefixed('<x:sst xmlns:x="main"><x:si/></x:sst>', "x:")
    '<sst xmlns:x="main"><si/></sst>'
    """
    if not prefix or "<!" in text:
        return text
    return text.replace(f"<{prefix}", "<").replace(f"</{prefix}", "</")


def plain_text(text: str) -> str:
    """Resolve XML's entities; ``Malformed`` at a lone ampersand or an impossible character."""
    return _ENTITY.sub(_entity, text) if "&" in text else text


def _entity(match: re.Match[str]) -> str:
    if match[3]:
        return _NAMED[match[3]]
    number = int(match[1], 16) if match[1] else int(match[2] or 0)
    allowed = number in (9, 10, 13) or 0x20 <= number < 0xD800 or 0xE000 <= number < 0xFFFE
    if not (allowed or 0x10000 <= number < 0x110000):
        raise Malformed
    return chr(number)


def cell_text(text: str, preserve: bool = True) -> str:
    """The text that a cell shows for the content of one XML element."""
    text = plain_text(text)
    return unescape(text if preserve else text.strip(" \t\n"))


def shared_strings(package: Package, part: str) -> list[str]:
    """All shared strings in order; [] when the workbook has none."""
    if not part:
        return []
    try:
        fast = _cut(texts(package, part, "si"))
        return _walk(text_of(package, part), part) if fast is None else fast
    except Malformed as error:
        raise bad_xml(part) from error


def _cut(pieces: Iterable[str]) -> list[str] | None:
    """Cut plain strings out of the texts; None when they are not of the usual shape."""
    found: list[str] = []
    odd: dict[int, str] = {}
    rest = ""
    for i, text in enumerate(pieces):
        start = _OPEN.match(text) if i == 0 else _NOTHING.match(text)
        if start is None or rest or "<!" in text:
            return None
        end = text.rfind(_END) + len(_END) if _END in text else start.end()
        rest = text[end:]
        for string in _strings(text[start.end() : end]):
            told = string if "<" not in string else _plain(string)
            if told is None:
                odd[len(found)] = f"{string}</si>"
            found.append(told or "")
    if rest.strip() != "</sst>":
        return None
    if odd:
        walked = _walk(f"<sst>{''.join(odd.values())}</sst>", "")
        if len(walked) != len(odd):
            return None
        for place, told in zip(odd, walked, strict=True):
            found[place] = told
    return found


def _strings(text: str) -> Iterator[str]:
    """The strings of some whole ``<si>``: read where they are plain, else as spelled, no end."""
    pieces = text.split(_BETWEEN) if text else []
    last = len(pieces) - 1
    for i, piece in enumerate(pieces):
        if "<" in piece or "&" in piece or "_x" in piece:
            start, end = _SI if i else "", f"{_T}{_END}" if i < last else ""
            yield from f"{start}{piece}{end}".split(_END)[:-1]
        else:
            yield piece.strip(" \t\n")


def _plain(string: str) -> str | None:
    """The text of a ``<si>`` without runs, its end cut off; None for one of another shape."""
    if string.startswith(_SI) and string.endswith(_T):
        raw, preserve = string[len(_SI) : -len(_T)], False
    else:
        match = _PLAIN.fullmatch(string)
        if match is None:
            return None
        raw, preserve = match[2], match[1] is not None
    if "<" in raw:
        return None
    if "&" in raw or "_x" in raw:
        return cell_text(raw, preserve)
    return raw if preserve else raw.strip(" \t\n")


class _Strings:
    """Collects the strings of ``<si>`` elements while expat walks them."""

    def __init__(self) -> None:
        self.found: list[str] = []
        self.runs: list[str] = []
        self.chunks: list[str] = []
        self.stack: list[str] = []
        self.preserve = False

    def start(self, tag: str, attributes: dict[str, str]) -> None:
        name = tag.rpartition(":")[2]
        self.stack.append(name)
        if len(self.stack) > _MAX_DEPTH:
            raise Malformed
        if name == "si":
            self.runs = []
        elif name == "t":
            self.chunks.clear()
            self.preserve = attributes.get("xml:space") == "preserve"

    def end(self, _tag: str) -> None:
        name = self.stack.pop()
        if name == "si":
            self.found.append("".join(self.runs))
        elif name == "t" and "rPh" not in self.stack:
            text = "".join(self.chunks)
            self.runs.append(unescape(text if self.preserve else text.strip(" \t\n")))


def _walk(text: str, part: str) -> list[str]:
    strings = _Strings()
    run_expat(text, part, strings.start, strings.end, strings.chunks.append)
    return strings.found


def run_expat(
    text: str,
    part: str,
    start: Callable[[str, dict[str, str]], object] | None = None,
    end: Callable[[str], object] | None = None,
    data: Callable[[str], object] | None = None,
) -> None:
    """Walk a text with expat; ``Malformed`` when it is not well-formed or declares a type."""
    parser = expat.ParserCreate("utf-8")
    parser.buffer_text = True
    parser.buffer_size = 1 << 16

    def refuse(*_: object) -> None:
        raise has_document_type(part)

    parser.StartDoctypeDeclHandler = refuse
    parser.StartElementHandler = start
    parser.EndElementHandler = end
    parser.CharacterDataHandler = data
    try:
        parser.Parse(text.encode(), True)  # noqa: FBT003 - the only part
    except (expat.ExpatError, ValueError) as error:
        raise Malformed from error
