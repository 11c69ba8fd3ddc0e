"""Fixed ids of everything that we make in a Google Sheet, worked out from names alone.

Google lets the maker choose ids. With chosen ids a second creation is refused instead of making
a duplicate, and whatever people rename or move is found again. Nothing here looks at a sheet.
"""

from __future__ import annotations

import hashlib

_SPACE = "partner-sheetsync"
_MOST = 2**31 - 1
"""The greatest id that Google's 32-bit fields hold."""
_EPOCHS = 1_000_000

EPOCH_BASE = 1_420_000_000
"""Writing batch N + 1 makes the metadata id ``EPOCH_BASE + N + 1``; a million follow each other."""
LAYOUT_ID = 1_410_000_000
"""The metadata id that tells which version of the layout was drawn."""
PROBE_ID = 1_410_000_001
"""The metadata id that a check of the right to write makes and deletes in one batch."""

MARKS = "_marks"
"""Title and key of the hidden tab behind SYNC columns of entry tabs."""
CAPTURE = "_capture"
"""Title and key of the hidden tab that holds people's cells while a body is rewritten."""


def number(kind: str, name: str) -> int:
    """A positive 31-bit id for a thing of that kind; the same for the same name, always.

    >>> number("sheet", "deals") == number("sheet", "deals") > 0
    True
    """
    told = hashlib.sha256(f"{_SPACE}/{kind}/{name}".encode()).digest()
    return int.from_bytes(told[:8], "big") % (_MOST - 1) + 1


def word(kind: str, name: str) -> str:
    """A text id of letters and digits for a thing of that kind.

    >>> len(word("table", "deals"))
    20
    """
    told = hashlib.sha256(f"{_SPACE}/{kind}/{name}".encode()).hexdigest()
    return "ss" + told[:18]


def sheet_id(tab: str) -> int:
    """The ``sheetId`` of a tab by its key; also of ``_marks``, ``_capture`` and stage tabs."""
    return number("sheet", tab)


def table_id(tab: str) -> str:
    """The ``tableId`` of a tab's native table by the tab's key."""
    return word("table", tab)


def chart_id(tab: str, index: int) -> int:
    """The ``chartId`` of a report tab's chart by its place in the report, from 0."""
    return number("chart", f"{tab}/{index}")


def named_range_id(name: str) -> str:
    """The ``namedRangeId`` of a workbook name."""
    return word("name", name.casefold())


def banded_id(tab: str) -> int:
    """The ``bandedRangeId`` of a tab's coloured rows."""
    return number("banding", tab)


def protected_id(tab: str, part: str = "") -> int:
    """The ``protectedRangeId`` over a whole tab, or over a part of it such as a column's key."""
    return number("protection", f"{tab}/{part}")


def epoch_id(number_of_writes: int) -> int:
    """The ``metadataId`` that the write after so many writes creates.

    >>> epoch_id(0) - EPOCH_BASE
    1
    """
    return EPOCH_BASE + number_of_writes + 1


def is_epoch(metadata_id: int) -> bool:
    """Whether a metadata id marks one of our writes."""
    return EPOCH_BASE < metadata_id <= EPOCH_BASE + _EPOCHS
