"""Formulas that reach over several cells: arrays, data tables and shared formulas.

Writing into a part of one would tear it: Excel refuses an array cut in two, and the cells of a
shared formula know their text only from its first cell.
"""

from __future__ import annotations

import re
from collections.abc import Collection, Mapping

from sheetsync.backends.xlsx.markup import column_letters, range_corners
from sheetsync.backends.xlsx.rows import Cut
from sheetsync.model.errors import WriteFailed

_GROUP = re.compile(rb"""<[\w.:-]*f\s(?=[^>]*\bref\s*=\s*["']([A-Z0-9:]+)["'])[^>]*>""")
_MARKS = (b"array", b"shared", b"dataTable")


def groups_of(row: bytes) -> list[tuple[str, tuple[int, int, int, int]]]:
    """The groups whose first cell is in this row piece: (kind, corners)."""
    found = []
    for match in _GROUP.finditer(row):
        kind = next((m for m in _MARKS if b'"%b"' % m in match[0] or b"'%b'" % m in match[0]), b"")
        if kind:
            found.append((kind.decode(), range_corners(match[1].decode())))
    return found


def guard_groups(sheet: Cut, touched: Mapping[int, Collection[int]]) -> None:
    """``WriteFailed`` when the touched cells (columns by row) are a part of a group only.

    A shared formula is torn only when its first cell goes while others stay.
    """
    for _, row in sheet.pieces(b" ref="):
        for kind, (top, bottom, left, right) in groups_of(row):
            if kind == "shared" and left not in touched.get(top, ()):
                continue
            inside = sum(
                sum(left <= c <= right for c in touched.get(r, ())) for r in range(top, bottom + 1)
            )
            if inside and inside < (bottom - top + 1) * (right - left + 1):
                where = f"{column_letters(left)}{top}:{column_letters(right)}{bottom}"
                raise WriteFailed(
                    f"A formula fills {where} and a cell in it would be overwritten; clear or "
                    "move that formula, then sync again."
                )
