"""A whole workbook drawn from the tracker's declaration: same tracker and rows, same bytes."""

from __future__ import annotations

import io
from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import TYPE_CHECKING, Any

from sheetsync.backends.xlsx.draw_report import draw_report
from sheetsync.backends.xlsx.draw_style import Pens
from sheetsync.backends.xlsx.draw_table import LAST_ROW, TAB_COLOURS, draw_table, page
from sheetsync.model.live import Book
from sheetsync.model.tables import letters, quoted
from sheetsync.model.tracker import Role, Tab, Tracker

if TYPE_CHECKING:
    from xlsxwriter.workbook import Workbook
    from xlsxwriter.worksheet import Worksheet

    from sheetsync.model.report import Report

Rows = Sequence[Mapping[str, Any]]
_OPTIONS = {
    "in_memory": True,
    "strings_to_formulas": False,
    "strings_to_urls": False,
    "strings_to_numbers": False,
}


def draw(
    tracker: Tracker,
    reports: Mapping[str, Report] | None = None,
    rows: Mapping[str, Rows] | None = None,
    *,
    created: datetime,
    cells: Mapping[str, Any] | None = None,
) -> bytes:
    """Draw the tracker as an .xlsx file and return its bytes.

    ``rows`` give a tab's body by tab key, each row values by column key; a tab without rows gets
    one blank row, as a table must. ``cells`` give report tabs' single named cells. ``created`` is
    the day in the file's properties; there is no clock here.
    """
    from xlsxwriter import Workbook

    told = io.BytesIO()
    book = Workbook(told, _OPTIONS)
    book.set_properties({"title": "Partner tracker", "created": created})
    book.set_calc_mode("auto")
    _sheets(book, tracker, reports or tracker.reports, rows or {}, cells or {})
    book.close()
    return told.getvalue()


def _sheets(
    book: Workbook,
    tracker: Tracker,
    reports: Mapping[str, Report],
    rows: Mapping[str, Rows],
    cells: Mapping[str, Any],
) -> None:
    pens = Pens(book)
    seen = Book(_ranges(tracker, rows), {**_named(reports), **cells})
    for tab in tracker.tabs:
        sheet = book.add_worksheet(tab.title)
        if tab.role is Role.LISTS:
            _lists(book, sheet, tracker, tab, pens)
        elif tab.columns:
            last = draw_table(sheet, tab, rows.get(tab.key, ()), pens)
            _range_names(book, tab, last)
        elif tab.key in reports:
            draw_report(book, sheet, tab, reports[tab.key], seen, pens)
            _cell_names(book, tab, reports[tab.key])
        if tab.hidden:
            sheet.hide()
    _id_names(book, tracker)


def _ranges(tracker: Tracker, rows: Mapping[str, Rows]) -> dict[str, list[Any]]:
    return {
        column.range_name: [row.get(column.key) for row in rows.get(tab.key, ())]
        for tab in tracker.tabs
        for column in tab.columns
        if column.range_name
    }


def _named(reports: Mapping[str, Report]) -> dict[str, Any]:
    """What the report tabs' named cells hold before a sync fills them."""
    places = (place for report in reports.values() for place in report.places)
    return {p.name: p.content for p in places if p.name and isinstance(p.content, str)}


def _define(book: Workbook, name: str, tab: Tab, where: str) -> None:
    book.define_name(name, f"={quoted(tab.title)}!{where}")


def _lists(book: Workbook, sheet: Worksheet, tracker: Tracker, tab: Tab, pens: Pens) -> None:
    """The lists side by side; where people see the tab, room below for values of their own."""
    for index, (name, choices) in enumerate(tracker.lists.items()):
        body = list_range(tab, index, len(choices))
        book.define_name(f"list_{name}", f"={body}")
        if tab.hidden:
            sheet.write_string(0, index, name)
        else:
            sheet.write_string(0, index, tab.column(name).title, pens.cell("header", "", "left"))
        for row, choice in enumerate(choices, 1):
            sheet.write_string(row, index, choice.value)
    sheet.set_column(0, len(tracker.lists) - 1, 16)
    if not tab.hidden:
        _show_lists(sheet, pens, len(tracker.lists))


def list_range(tab: Tab, index: int, count: int) -> str:
    """The range of a list of ``count`` values in a column (0-based) of the tab Lists.

    Where people may add values it ends with the last one.
    """
    column, title = letters(index), quoted(tab.title)
    if tab.hidden:
        return f"{title}!${column}$2:${column}${count + 1}"
    return filled_range(title, column)


def filled_range(title: str, column: str) -> str:
    """The filled cells of a column below its header, as a formula; ``title`` is quoted."""
    body = f"{title}!${column}$2:${column}${LAST_ROW}"
    return f"{title}!${column}$2:INDEX({body},MAX(1,COUNTA({body})))"


def _show_lists(sheet: Worksheet, pens: Pens, count: int) -> None:
    sheet.set_column(0, count - 1, 18, pens.cell("input", "@", "left"))
    sheet.set_row(0, 33)
    sheet.freeze_panes(1, 0)
    sheet.set_tab_color(TAB_COLOURS[Role.SETTINGS])
    page(sheet)


def _range_names(book: Workbook, tab: Tab, last: int) -> None:
    for index, column in enumerate(tab.columns):
        if column.range_name:
            letter = letters(index)
            _define(book, column.range_name, tab, f"${letter}$2:${letter}${last}")


def _cell_names(book: Workbook, tab: Tab, report: Report) -> None:
    for place in report.places:
        if place.name:
            _define(book, place.name, tab, f"${letters(place.column - 1)}${place.row}")


def _id_names(book: Workbook, tracker: Tracker) -> None:
    """Names over the ids that dropdowns offer: as long as there are ids, without a blank tail."""
    wanted = {column.ref for tab in tracker.tabs for column in tab.columns if column.ref}
    for tab in tracker.tabs:
        if tab.key in wanted:
            keys = [column.key for column in tab.columns]
            letter = letters(keys.index(tab.key_columns[0]))
            book.define_name(f"ids_{tab.key}", f"={filled_range(quoted(tab.title), letter)}")
