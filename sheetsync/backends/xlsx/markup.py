"""XML of the small parts, parsed with the standard parser behind a guard; and cell addresses.

Document types are refused before the parser sees them, so no entity can expand and nothing is
fetched. Sheets and shared strings are read elsewhere, by the byte.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from xml.etree import ElementTree as ET

from sheetsync.backends.xlsx.directory import unreadable
from sheetsync.model.tables import column_number, letters
from sheetsync.model.values import show

MAX_COLUMN, MAX_ROW = 16_384, 1_048_576
_ADDRESS = re.compile(r"\$?([A-Za-z]{1,3})\$?([0-9]{1,7})\Z")
_ESCAPE = re.compile(r"_x([0-9A-Fa-f]{4})_")


def parse(data: bytes, part: str) -> ET.Element:
    """Parse one part; ``WorkbookUnreadable`` naming the part when it is not sound XML."""
    if b"<!DOCTYPE" in data or b"<!ENTITY" in data:
        raise has_document_type(part)
    try:
        return ET.fromstring(data)  # noqa: S314 - no document type, so nothing to expand
    except (ET.ParseError, ValueError, LookupError, RecursionError) as error:
        raise bad_xml(part) from error


def bad_xml(part: str) -> Exception:
    """The refusal of a part that is not well-formed."""
    return unreadable(
        "bad_xml",
        f"The part {show(part)} of the workbook is damaged (it is not well-formed XML); open the "
        "file in Excel, let it repair it and save it under a new name",
    )


def has_document_type(part: str) -> Exception:
    """The refusal of a part with a document type or entities."""
    return unreadable(
        "document_type",
        f"The part {show(part)} declares a document type or entities, which no spreadsheet program "
        "writes and attacks need; do not trust this file",
    )


def local(tag: str) -> str:
    """A tag or attribute name without its namespace."""
    return tag.rpartition("}")[2]


def children(element: ET.Element, name: str) -> Iterator[ET.Element]:
    """The direct children of that local name, whatever their namespace (strict or not)."""
    return (child for child in element if local(child.tag) == name)


def child(element: ET.Element, name: str) -> ET.Element | None:
    """The first such child, or None."""
    return next(children(element, name), None)


def relation_id(element: ET.Element) -> str:
    """The ``r:id`` attribute, "" when there is none."""
    for key, value in element.attrib.items():
        if key.endswith("}id") and "relationships" in key:
            return value
    return ""


def truth(value: str | None) -> bool:
    """An XML boolean."""
    return value in ("1", "true", "on")


def unescape(text: str) -> str:
    r"""Decode the ``_x000a_`` escapes of shared strings and table columns.

    >>> unescape("a_x000a_b"), unescape("_x005F_x000a_")
    ('a\nb', '_x000a_')
    """
    if "_x" not in text:
        return text
    text = _ESCAPE.sub(lambda m: chr(int(m[1], 16)), text)
    if any("\ud800" <= c <= "\udfff" for c in text):  # two halves of one character, or a torn one
        text = text.encode("utf-16-le", "surrogatepass").decode("utf-16-le", "replace")
    return text


def column_letters(number: int) -> str:
    """Turn a 1-based column number into letters.

    >>> column_letters(1), column_letters(16384)
    ('A', 'XFD')
    """
    return letters(number - 1)


def cell_position(address: str) -> tuple[int, int]:
    """Turn an address into 1-based (row, column); ValueError when it is none.

    >>> cell_position("$B$3")
    (3, 2)
    """
    match = _ADDRESS.match(address)
    if match is None:
        raise ValueError(f"{address!r} is not a cell address")
    row, column = int(match[2]), column_number(match[1])
    if not (1 <= row <= MAX_ROW and column <= MAX_COLUMN):
        raise ValueError(f"{address!r} lies outside a sheet")
    return row, column


def range_corners(ref: str) -> tuple[int, int, int, int]:
    """Turn ``A1:F10`` into 1-based (first row, last row, first column, last column).

    >>> range_corners("B2:D10")
    (2, 10, 2, 4)
    """
    first, _, last = ref.partition(":")
    (row, column), (end_row, end_column) = cell_position(first), cell_position(last or first)
    return (
        min(row, end_row),
        max(row, end_row),
        min(column, end_column),
        max(column, end_column),
    )
