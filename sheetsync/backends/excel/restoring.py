"""Tabs that the engine owns and people deleted, put back into an open workbook: empty, plain."""

from __future__ import annotations

from typing import Any

from sheetsync.backends.excel.area import Area
from sheetsync.backends.excel.calls import Calls
from sheetsync.backends.excel.reading import refers_to
from sheetsync.model.tables import letters, quoted
from sheetsync.model.tracker import Tab


def put_back(book: Any, tab: Tab, calls: Calls) -> None:
    """Make a tab at the end: its headers, table, number formats, and names of columns."""
    active = calls.ask(lambda: book.sheets.active)
    sheet = calls.ask(lambda: book.sheets.add(tab.title, after=book.sheets[len(book.sheets) - 1]))
    whole = Area(1, 1, 2, max(len(tab.columns), 1))
    header = Area(1, 1, 1, whole.right).address

    def draw() -> None:
        """All of it may be done twice."""
        sheet.range(header).raw_value = [[column.title for column in tab.columns]]
        for number, column in enumerate(tab.columns, 1):
            if column.number_format:
                body = Area(2, number, 2, number).address
                sheet.range(body).number_format = column.number_format
        if tab.table and not len(sheet.tables):
            sheet.tables.add(sheet.range(whole.address), name=tab.table)

    calls.ask(draw)
    _name_columns(book, tab, calls)
    calls.ask(active.impl.activate)  # the sheet alone: no window is brought to the front


def _name_columns(book: Any, tab: Tab, calls: Calls) -> None:
    title = quoted(tab.title)
    for number, column in enumerate(tab.columns):
        if not column.range_name:
            continue
        here = letters(number)
        told = f"={title}!${here}$2:${here}$2"
        if refers_to(book, column.range_name, calls):
            calls.ask(lambda n=column.range_name, t=told: _refer(book, n, t))  # type: ignore[misc]
        else:
            calls.ask(lambda n=column.range_name, t=told: book.names.add(n, t))  # type: ignore[misc]


def _refer(book: Any, name: str, told: str) -> None:
    book.names[name].refers_to = told
