"""Tabs with a table: headers, cells, dropdowns, checks while typing, colours and print set-up."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from datetime import date, datetime, time
from typing import TYPE_CHECKING, Any

from sheetsync.backends.xlsx.draw_style import ACCENT, BAR, Pens
from sheetsync.model.tables import letters
from sheetsync.model.tracker import CellType, Column, Highlight, Owner, Role, Tab
from sheetsync.model.values import CellError, Formula

if TYPE_CHECKING:
    from xlsxwriter.format import Format
    from xlsxwriter.worksheet import Worksheet

LAST_ROW = 1_048_576
"""Dropdowns, checks and colours reach to the last row that a sheet has."""
TAB_COLOURS = {
    Role.REPORT: ACCENT,
    Role.ENTRY: "#FFFFFF",
    Role.COMPUTED: "#98A2B3",
    Role.LOG: "#98A2B3",
    Role.SETTINGS: "#F2CF63",
    Role.LISTS: "#98A2B3",
}
_ALLOWED_WHILE_PROTECTED = {
    "sort": True,
    "autofilter": True,
    "format_columns": True,
    "format_rows": True,
}
_PAGE_WIDTH = 290
"""Characters that still can be read across one landscape page; wider tabs take two."""
TWO_LINES = {"issues": 30.0, "alerts": 30.0, "attribution": 30.0, "summary": 30.0}
"""Tabs whose rows are two lines high (points), because sentences wrap there.

A fixed height: LibreOffice fits no row of a file to its text when it opens it.
"""
_SENTENCE = 22
"""Characters from which their computed columns hold sentences."""
_NAMED_SETTINGS = "settings"
"""The settings tab of names and values; in the others most columns are to be set."""
_FIRST_DAY, _LAST_DAY = date(1990, 1, 1), date(2100, 12, 31)
_WHOLE, _DECIMAL = (CellType.COUNT,), (CellType.NUMBER, CellType.MONEY, CellType.PERCENT)
_TIMES = (CellType.DAY, CellType.MONTH, CellType.TIMESTAMP)


def header_of(column: Column) -> str:
    """The visible header: the title, with a star where people must fill the column."""
    return f"{column.title} *" if column.required and column.owner is Owner.USER else column.title


def draw_table(sheet: Worksheet, tab: Tab, rows: Sequence[Mapping[str, Any]], pens: Pens) -> int:
    """Draw a whole table tab and return its last sheet row (a blank one when there are no rows)."""
    looks = [look_of(tab, column) for column in tab.columns]
    formats = [
        pens.cell(look, column.number_format, side_of(column))
        for look, column in zip(looks, tab.columns, strict=True)
    ]
    last = max(2, len(rows) + 1)
    if tab.key in TWO_LINES:
        sheet.set_default_row(TWO_LINES[tab.key])
    _columns(sheet, tab, formats)
    _table(sheet, tab, last, pens)
    _body(sheet, tab, rows, formats)
    for index, column in enumerate(tab.columns):
        _help(sheet, tab, index, column)
    for highlight in tab.highlights:
        _highlight(sheet, tab, highlight, pens)
    _frame(sheet, tab)
    return last


def look_of(tab: Tab, column: Column) -> str:
    """The named look of a column's cells: input, decision, computed, settings ..."""
    if tab.role is Role.SETTINGS:
        return "settings beside" if _only_read(tab, column) else "settings"
    if column.owner is Owner.SYNC:
        words = tab.key in TWO_LINES and column.width >= _SENTENCE
        return "computed words" if words else "computed"
    return "input" if tab.role is Role.ENTRY else "decision"


def _only_read(tab: Tab, column: Column) -> bool:
    """Whether a settings tab tells something in this column that is not set there."""
    return column.key != "value" if tab.key == _NAMED_SETTINGS else column.given


def side_of(column: Column) -> str:
    """Text and days stand left with a little air; people's numbers show their kind by their side.

    A number that sync could not give is words: those stand right, where its number would be.
    """
    if column.type not in (*_WHOLE, *_DECIMAL):
        return "left"
    return "right" if column.owner is Owner.SYNC else ""


def _columns(sheet: Worksheet, tab: Tab, formats: Sequence[Format]) -> None:
    """Widths; on entry tabs each column's format, so that new rows are right from the start."""
    for index, (column, made) in enumerate(zip(tab.columns, formats, strict=True)):
        sheet.set_column(index, index, column.width, made if tab.role is Role.ENTRY else None)


def _table(sheet: Worksheet, tab: Tab, last: int, pens: Pens) -> None:
    headers = [
        {
            "header": header_of(column),
            "header_format": pens.cell(
                "header computed" if look_of(tab, column).startswith("computed") else "header",
                "",
                "left",
            ),
        }
        for column in tab.columns
    ]
    options = {"name": tab.table, "columns": headers, "style": None, "banded_rows": False}
    sheet.add_table(0, 0, last - 1, len(headers) - 1, options)
    sheet.set_row(0, 33)


def _body(
    sheet: Worksheet, tab: Tab, rows: Sequence[Mapping[str, Any]], formats: Sequence[Format]
) -> None:
    for row, told in enumerate(rows or [{}], 1):
        if tab.role is Role.SETTINGS:
            sheet.set_row(row, height_of(tab, told))
        for index, column in enumerate(tab.columns):
            write(sheet, row, index, told.get(column.key), formats[index])


def height_of(tab: Tab, row: Mapping[str, Any]) -> float:
    """Room for the lines that a wrapped row takes, in points."""
    lengths = [(len(str(row.get(c.key) or "")), c.width) for c in tab.columns]
    return 16.5 + 14.5 * max(int(length * 1.1 // width) for length, width in lengths)


def write(sheet: Worksheet, row: int, column: int, value: Any, made: Format) -> None:
    """Write one cell by its kind; text is text, whatever it looks like."""
    match value:
        case None | "":
            sheet.write_blank(row, column, None, made)
        case bool():
            sheet.write_boolean(row, column, value, made)
        case int() | float():
            sheet.write_number(row, column, value, made)
        case datetime():
            sheet.write_datetime(row, column, value, made)
        case date():
            sheet.write_datetime(row, column, datetime.combine(value, time()), made)
        case Formula():
            cached = "" if value.value is None else value.value
            sheet.write_formula(row, column, f"={value.text}", made, cached)
        case CellError():
            sheet.write_string(row, column, value.code, made)
        case _:
            sheet.write_string(row, column, str(value), made)


def _help(sheet: Worksheet, tab: Tab, index: int, column: Column) -> None:
    """What a column is for, shown at its header; what may stand in it, at its cells."""
    title = column.title[:32]
    told = told_of(column)
    sheet.data_validation(
        0, index, 0, index, {"validate": "any", "input_title": title, "input_message": told}
    )
    by_people = column.owner is Owner.USER and tab.key != _NAMED_SETTINGS and not column.given
    check = _validation(column) if by_people else None
    if check is not None:
        more = {"input_title": title, "input_message": told, "error_title": title}
        sheet.data_validation(1, index, LAST_ROW - 1, index, {**more, **check})


def told_of(column: Column) -> str:
    """The help at a column's header: who fills it, whether it must be filled, what it is."""
    who = "Filled by sync. " if column.owner is Owner.SYNC else ""
    need = "Required. " if column.required and column.owner is Owner.USER else ""
    return f"{who}{need}{column.doc}"[:255]


def _validation(column: Column) -> dict[str, Any] | None:
    """A check while typing: it warns and never stops, for sync looks at every cell anyway."""
    if column.choices:
        source = f"=list_{column.choices}"
        words = "This is not on the list. Keep it, or choose one from the list?"
        return _listed(source, words, show=not column.open_list)
    if column.type is CellType.REF:
        return _listed(f"=ids_{column.ref}", "There is no such id on that tab yet.")
    if column.type in (*_WHOLE, *_DECIMAL):
        return _bounded(column)
    if column.type in _TIMES:
        told = "This is not a date: write it as 2026-03-31."
        return _warning("date", "between", told, minimum=_FIRST_DAY, maximum=_LAST_DAY)
    return None


def _listed(source: str, words: str, *, show: bool = True) -> dict[str, Any]:
    told = {"validate": "list", "source": source, "error_type": "warning", "error_message": words}
    return {**told, "show_error": show}


def _bounded(column: Column) -> dict[str, Any]:
    kind = "integer" if column.type in _WHOLE else "decimal"
    noun = "a whole number" if column.type in _WHOLE else "a number"
    if column.low is not None and column.high is not None:
        words = f"Expected {noun} from {column.low:g} to {column.high:g}."
        return _warning(kind, "between", words, minimum=column.low, maximum=column.high)
    low = column.low if column.low is not None else -1e15
    words = f"Expected {noun}" + (f" from {low:g} up." if column.low is not None else ".")
    return _warning(kind, ">=", words, value=low)


def _warning(kind: str, criteria: str, words: str, **bounds: Any) -> dict[str, Any]:
    told = {"validate": kind, "criteria": criteria, "error_type": "warning"}
    return {**told, "error_message": words, **bounds}


def _highlight(sheet: Worksheet, tab: Tab, highlight: Highlight, pens: Pens) -> None:
    keys = [column.key for column in tab.columns]
    for key in highlight.columns or (keys[0],):
        first = keys.index(key)
        last = first if highlight.columns else len(keys) - 1
        sheet.conditional_format(1, first, LAST_ROW - 1, last, _condition(keys, highlight, pens))


def _condition(keys: Sequence[str], highlight: Highlight, pens: Pens) -> dict[str, Any]:
    if highlight.style.startswith("bars"):
        return data_bars(BAR, 100 if highlight.style == "bars of 100" else None)
    formula = re.sub(r"{(\w+)}", lambda m: f"${letters(keys.index(m[1]))}2", highlight.when)
    return {"type": "formula", "criteria": f"={formula}", "format": pens.rule(highlight.style)}


def data_bars(colour: str, most: float | None = None) -> dict[str, Any]:
    """Bars in cells, from zero to ``most`` or the greatest number there."""
    top = {"max_type": "num", "max_value": most} if most is not None else {}
    return {
        "type": "data_bar",
        "bar_color": colour,
        "bar_solid": True,
        "min_type": "num",
        "min_value": 0,
        "bar_border_color": colour,
        **top,
    }


def _frame(sheet: Worksheet, tab: Tab) -> None:
    """Frozen panes, protection, tab colour, print set-up."""
    sheet.freeze_panes(1, frozen_columns(tab))
    sheet.set_tab_color(TAB_COLOURS[tab.role])
    if tab.role in (Role.COMPUTED, Role.LOG):
        sheet.protect("", _ALLOWED_WHILE_PROTECTED)
    sheet.ignore_errors({"number_stored_as_text": f"A1:XFD{LAST_ROW}"})
    sheet.repeat_rows(0)
    page(sheet)
    across = 1 + int(sum(column.width for column in tab.columns) // _PAGE_WIDTH)
    sheet.fit_to_pages(across, 0)
    if across > 1:
        sheet.repeat_columns(0, frozen_columns(tab) - 1)


def frozen_columns(tab: Tab) -> int:
    """How many columns stay in sight: up to the partner's name, else the key."""
    names = [column.key for column in tab.columns[:3]]
    if "partner_name" in names:
        return names.index("partner_name") + 1
    return 1 if tab.key_columns else 0


def page(sheet: Worksheet) -> None:
    """Landscape A4 with the tab's name and page numbers below."""
    sheet.set_landscape()
    sheet.set_paper(9)
    sheet.set_margins(left=0.4, right=0.4, top=0.5, bottom=0.6)
    sheet.set_footer("&L&8&F&C&8&A&R&8Page &P of &N")
