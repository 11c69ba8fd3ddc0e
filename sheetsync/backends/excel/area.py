"""A1 addresses: areas of a sheet, and what workbook names refer to."""

from __future__ import annotations

import re
from dataclasses import dataclass

from sheetsync.model.tables import column_number, letters

_AREA = re.compile(r"\$?([A-Z]{1,3})\$?(\d{1,7})(?::\$?([A-Z]{1,3})\$?(\d{1,7}))?")
_REFERENCE = re.compile(r"=?(?:'((?:[^']|'')+)'|([^'!]+))!(\$?[A-Z]{1,3}\$?\d{1,7}(?::\S+)?)")


@dataclass(frozen=True, slots=True)
class Area:
    """A rectangle of cells; 1-based, the last row and column belong to it."""

    top: int
    left: int
    bottom: int
    right: int

    @classmethod
    def of(cls, address: str) -> Area | None:
        """The area of an A1 address without a sheet; None for anything else.

        >>> Area.of("$B$2:$C$10"), Area.of("A1"), Area.of("Deals[Stage]")
        (Area(top=2, left=2, bottom=10, right=3), Area(top=1, left=1, bottom=1, right=1), None)
        """
        match = _AREA.fullmatch(address)
        if match is None:
            return None
        left, top = column_number(match[1]), int(match[2])
        return cls(top, left, int(match[4] or top), column_number(match[3] or match[1]))

    @property
    def address(self) -> str:
        """Its A1 address."""
        first, last = letters(self.left - 1), letters(self.right - 1)
        return f"{first}{self.top}:{last}{self.bottom}"


def reference(told: str) -> tuple[str, Area] | None:
    """The sheet's title and the area that a name refers to; None for other names.

    >>> reference("='My tab'!$A$2:$A$9")
    ('My tab', Area(top=2, left=1, bottom=9, right=1))
    """
    match = _REFERENCE.fullmatch(told)
    area = Area.of(match[3]) if match else None
    if match is None or area is None:
        return None
    return (match[1] or "").replace("''", "'") or match[2], area
