"""Merged cells of a sheet, found by asking of ever smaller areas whether they have any."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from sheetsync.backends.excel import native
from sheetsync.backends.excel.area import Area
from sheetsync.backends.excel.calls import Calls

_MOST_CALLS = 400
"""Listing merged cells is no reason to make people wait: after so many calls the rest is left."""
_MOST_FOUND = 20


def merges(sheet: Any, whole: Area, calls: Calls) -> tuple[tuple[int, int, int, int], ...]:
    """First row, last row, first column, last column of merged areas; one call if there are none.

    Not more than people are shown.
    """
    found: dict[str, Area] = {}
    for area in _merged_cells(sheet, whole, calls):
        told = calls.ask(lambda a=area: sheet.range(a.address).merge_area.address)  # type: ignore[misc]
        merged = Area.of(told)
        if merged is not None:
            found[told] = merged
        if len(found) >= _MOST_FOUND:
            break
    return tuple((a.top, a.bottom, a.left, a.right) for a in found.values())


def _merged_cells(sheet: Any, whole: Area, calls: Calls) -> Iterator[Area]:
    """Single cells that belong to merged areas, those of each area many times."""
    left, made = [whole], 0
    while left and made < _MOST_CALLS:
        area = left.pop()
        made += 1
        if not calls.ask(lambda a=area: native.has_merges(sheet.range(a.address))):  # type: ignore[misc]
            continue
        if (area.top, area.left) == (area.bottom, area.right):
            yield area
        else:
            left += reversed(_halves(area))


def _halves(area: Area) -> tuple[Area, Area]:
    if area.bottom > area.top:
        middle = (area.top + area.bottom) // 2
        return (
            Area(area.top, area.left, middle, area.right),
            Area(middle + 1, area.left, area.bottom, area.right),
        )
    middle = (area.left + area.right) // 2
    return (
        Area(area.top, area.left, area.bottom, middle),
        Area(area.top, middle + 1, area.bottom, area.right),
    )
