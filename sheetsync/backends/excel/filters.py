"""Filters taken off before blocks are written, and put back afterwards.

While a filter hides rows, Excel writes the first value of a block into every visible cell of it
and leaves the hidden ones as they are, without a word. Rows that people hid by hand do no harm.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from typing import Any

from sheetsync.backends.excel import native
from sheetsync.backends.excel.calls import Calls, is_of_excel
from sheetsync.backends.excel.reading import TabFound
from sheetsync.model.errors import SheetsyncError, WriteFailed


@dataclass(frozen=True, slots=True)
class Filter:
    """One filter that hides rows: the ``autofilter`` of xlwings', and what is set in it."""

    title: str
    autofilter: Any
    criteria: Sequence[Any]


def filters_of(one: TabFound, calls: Calls) -> list[Filter]:
    """The filters of a tab's sheet in which something is set.

    Raises WriteFailed when one could not be put back: a filter by colour, icon or date group, an
    advanced filter.
    """
    owners = [t for t in calls.ask(lambda: list(one.sheet.tables)) if _can_filter(t, calls)]
    address = calls.ask(lambda: native.filter_address(one.sheet))
    if address:
        owners.append(calls.ask(lambda: one.sheet.range(address)))
    found = [_filter(one.title, owner, calls) for owner in owners]
    found = [told for told in found if told.criteria]
    if not found and calls.ask(lambda: native.is_filtered(one.sheet)):
        raise _refused(one.title)
    return found


def _can_filter(table: Any, calls: Calls) -> bool:
    return bool(calls.ask(lambda: table.show_autofilter))


def _filter(title: str, owner: Any, calls: Calls) -> Filter:
    criteria = [c for c in calls.ask(lambda: owner.autofilter.criteria) if c.type != "none"]
    if not all(map(_can_come_back, criteria)):
        raise _refused(title)
    return Filter(title, owner.autofilter, criteria)


def _can_come_back(criterion: Any) -> bool:
    if criterion.type == "values":
        return all(criterion.values)
    return bool(criterion.type != "unknown")


def _refused(title: str) -> WriteFailed:
    return WriteFailed(
        f"The tab “{title}” is filtered in a way that could not be put back (by colour, by date "
        "groups or an advanced filter): clear the filter (Data, Clear), then sync again. Nothing "
        "was changed."
    )


@contextmanager
def unfiltered(filters: Sequence[Filter], calls: Calls, notes: list[str]) -> Iterator[None]:
    """Show all rows inside the block, then filter again; ``notes`` tell where that failed."""
    cleared: list[Filter] = []
    try:
        for told in filters:
            cleared.append(told)
            calls.ask(told.autofilter.clear)
        yield
    finally:
        for told in reversed(cleared):
            _put_back(told, calls, notes)


def _put_back(told: Filter, calls: Calls, notes: list[str]) -> None:
    try:
        for criterion in told.criteria:
            calls.ask(lambda c=criterion: _apply(told.autofilter, c))  # type: ignore[misc]
    except Exception as error:
        if not is_of_excel(error) and not isinstance(error, SheetsyncError | ValueError):
            raise
        with suppress(Exception):
            calls.ask(told.autofilter.clear)
        notes.append(f"The filter of the tab “{told.title}” could not be put back: set it again.")


def _apply(autofilter: Any, told: Any) -> None:
    match told.type:
        case "values":
            autofilter.apply_values(told.field, list(told.values))
        case "comparison":
            autofilter.apply_comparison(told.field, told.operator, told.value1, told.value2)
        case "top_items":
            autofilter.apply_top_items(told.field, told.count)
        case "bottom_items":
            autofilter.apply_bottom_items(told.field, told.count)
        case "top_percent":
            autofilter.apply_top_percent(told.field, told.percent)
        case _:
            autofilter.apply_bottom_percent(told.field, told.percent)
