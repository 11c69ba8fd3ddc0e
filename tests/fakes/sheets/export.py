"""The emulator's spreadsheet as an .xlsx file by the same layout, to be looked at.

Values stand where formulas were, for Google's formulas are not Excel's. Formats, widths, merges,
bands, dropdowns, conditional formats, notes and charts are drawn as the requests asked for them.
"""

from __future__ import annotations

import io
from collections.abc import Callable, Collection
from typing import Any

from xlsxwriter import Workbook
from xlsxwriter.worksheet import Worksheet

from tests.fakes.sheets.batch import bounds
from tests.fakes.sheets.export_chart import insert_chart
from tests.fakes.sheets.export_looks import Looks, add_rules, rgb
from tests.fakes.sheets.state import Json, Sheet, Spreadsheet

_OPTIONS = {"in_memory": True, "strings_to_formulas": False, "strings_to_urls": False}
_BELOW = 6
"""Empty rows that are drawn below the last row with something in it."""
_TICKS = {True: "☑", False: "☐"}


def export(spreadsheet: Spreadsheet, only: Collection[str] = ()) -> bytes:
    """Draw all tabs, or only those with these titles (their charts must need no others)."""
    spreadsheet.recalculate()
    sheets = [sheet for sheet in spreadsheet.sheets if not only or sheet.title in only]
    told = io.BytesIO()
    book = Workbook(told, _OPTIONS)
    looks = Looks(book)
    titles = {sheet.id: sheet.title for sheet in sheets}
    pages = {sheet.id: book.add_worksheet(sheet.title) for sheet in sheets}
    first = next(sheet for sheet in sheets if not sheet.properties.get("hidden"))
    pages[first.id].activate()
    theme = spreadsheet.properties.get("spreadsheetTheme", {}).get("themeColors", [])
    accents = [rgb(pair["color"]) for pair in theme if pair["colorType"].startswith("ACCENT")]
    for sheet in sheets:
        page = pages[sheet.id]
        _frame(page, sheet)
        _cells(page, sheet, looks)
        _merges(page, sheet)
        _dropdowns(page, sheet)
        add_rules(page, sheet, looks)
        for chart in sheet.charts:
            insert_chart(book, page, chart, titles, accents, _number_formats(spreadsheet))
    book.close()
    return told.getvalue()


def _number_formats(spreadsheet: Spreadsheet) -> Callable[[list[Any]], str]:
    """Tells the number format of an area's first cell."""

    def shown(area: list[Any]) -> str:
        cell = spreadsheet.named(area[0]).cell(area[1], area[2]) or {}
        told = cell.get("userEnteredFormat", {}).get("numberFormat", {})
        return str(told.get("pattern", "General"))

    return shown


def _frame(page: Worksheet, sheet: Sheet) -> None:
    grid = sheet.grid
    page.freeze_panes(grid.get("frozenRowCount", 0), grid.get("frozenColumnCount", 0))
    if grid.get("hideGridlines"):
        page.hide_gridlines(2)
    if "tabColorStyle" in sheet.properties:
        page.set_tab_color(rgb(sheet.properties["tabColorStyle"]))
    if sheet.properties.get("hidden"):
        page.hide()
    for column in range(sheet.column_count):
        pixels = sheet.column_metadata.get(column, {}).get("pixelSize", 100)
        page.set_column_pixels(column, column, pixels)
    for row, told in sheet.row_metadata.items():
        if "pixelSize" in told:
            page.set_row_pixels(row, told["pixelSize"])
    page.set_landscape()
    page.set_paper(8)
    page.fit_to_pages(1, 0)


def _cells(page: Worksheet, sheet: Sheet, looks: Looks) -> None:
    rows, columns = sheet.used()
    bands = _bands(sheet)
    for row in range(min(rows + _BELOW, sheet.row_count)):
        for column in range(max(columns, 1)):
            cell = sheet.cell(row, column) or {}
            look = {**cell.get("userEnteredFormat", {})}
            band = next((b[row] for rect, b in bands if _inside(rect, row, column)), None)
            if band and "backgroundColorStyle" not in look:
                look["backgroundColorStyle"] = band
            _cell(page, row, column, sheet.effective(row, column), looks.format(look))
            if "note" in cell:
                page.write_comment(row, column, cell["note"])


def _cell(page: Worksheet, row: int, column: int, value: Json | None, made: Any) -> None:
    match value:
        case {"numberValue": number}:
            page.write_number(row, column, number, made)
        case {"stringValue": text} if text:
            page.write_string(row, column, text, made)
        case {"boolValue": flag}:
            page.write_string(row, column, _TICKS[flag], made)
        case {"errorValue": error}:
            page.write_string(row, column, f"#{error.get('type', 'ERROR')}!", made)
        case _:
            page.write_blank(row, column, None, made)


class _Band(dict[int, Json]):
    """Colours by row: the header's, then the two in turn."""

    def __init__(self, top: int, told: Json) -> None:
        super().__init__()
        self.top, self.told = top, told

    def __missing__(self, row: int) -> Json:
        names = ("firstBandColorStyle", "secondBandColorStyle")
        if row == self.top and "headerColorStyle" in self.told:
            return self.told["headerColorStyle"]
        return self.told[names[(row - self.top - 1) % 2]]


def _bands(sheet: Sheet) -> list[tuple[tuple[int, int, int, int], _Band]]:
    found = [(b["range"], b.get("rowProperties")) for b in sheet.banded_ranges]
    found += [(t["range"], t.get("rowsProperties")) for t in sheet.tables]
    rects = [(bounds(where, sheet), told) for where, told in found if told]
    return [(rect, _Band(rect[0], told)) for rect, told in rects]


def _inside(rect: tuple[int, int, int, int], row: int, column: int) -> bool:
    return rect[0] <= row < rect[1] and rect[2] <= column < rect[3]


def _merges(page: Worksheet, sheet: Sheet) -> None:
    for merge in sheet.merges:
        top, bottom, left, right = bounds(merge, sheet)
        page.merge_range(top, left, bottom - 1, right - 1, "")


def _dropdowns(page: Worksheet, sheet: Sheet) -> None:
    """Dropdowns of the first row of each column's body, to the sheet's end."""
    for column in range(sheet.column_count):
        rule = (sheet.cell(1, column) or {}).get("dataValidation", {})
        condition = rule.get("condition", {})
        if condition.get("type") == "ONE_OF_RANGE":
            source = condition["values"][0]["userEnteredValue"]
            told = {"validate": "list", "source": _closed(source), "error_type": "warning"}
            page.data_validation(1, column, sheet.row_count - 1, column, told)


def _closed(source: str) -> str:
    """A reference that has no last row, as Excel needs it."""
    last = source.rpartition(":$")[2]
    return source if "$" in last else f"{source}$1000"
