"""Report tabs: cells in their places with live formulas and cached values, and charts."""

from __future__ import annotations

from datetime import datetime
from typing import TYPE_CHECKING, Any

from sheetsync.backends.xlsx.draw_style import FONT, GREY, LINE, Pens
from sheetsync.backends.xlsx.draw_table import TAB_COLOURS, data_bars, page, write
from sheetsync.model.live import Book
from sheetsync.model.report import Area, Chart, Place, Report, Series
from sheetsync.model.tracker import Tab
from sheetsync.model.values import EPOCH

if TYPE_CHECKING:
    from xlsxwriter.workbook import Workbook
    from xlsxwriter.worksheet import Worksheet

_SMALL = {"name": FONT, "size": 9, "color": GREY}
_KINDS = {"column": "column", "bar": "bar", "doughnut": "doughnut"}


def draw_report(
    workbook: Workbook, sheet: Worksheet, tab: Tab, report: Report, book: Book, pens: Pens
) -> None:
    """Draw a report sheet; formulas get the value that they have over ``book`` as their cache."""
    sheet.hide_gridlines(2)
    sheet.set_tab_color(TAB_COLOURS[tab.role])
    for column, width in report.widths.items():
        sheet.set_column(column - 1, column - 1, width)
    for row, height in report.heights.items():
        sheet.set_row(row - 1, height)
    for place in report.places:
        _place(sheet, place, book, pens)
    for chart in report.charts:
        _chart(workbook, sheet, chart)
    _rules(sheet, report, pens)
    _page(sheet, report)
    if any(report.formulas()):
        sheet.protect("", {"objects": True, "format_columns": True, "format_rows": True})


def _place(sheet: Worksheet, place: Place, book: Book, pens: Pens) -> None:
    made = pens.cell(place.style, place.number_format)
    row, column, content = place.row - 1, place.column - 1, place.content
    if place.name and book.cells.get(place.name) is not None:
        content = book.cells[place.name]  # type: ignore[assignment]
    if content is None or isinstance(content, str | int | float | datetime):
        write(sheet, row, column, content, made)
    else:
        cached: Any = content.value(book)
        if isinstance(cached, datetime):
            cached = (cached - EPOCH).days
        sheet.write_formula(row, column, f"={content.text()}", made, cached)


def _rules(sheet: Worksheet, report: Report, pens: Pens) -> None:
    for rule in report.rules:
        told = {"type": "formula", "criteria": f"={rule.formula}", "format": pens.rule(rule.style)}
        sheet.conditional_format(*_corners(rule.area), told)
    for bars in report.bars:
        sheet.conditional_format(*_corners(bars.area), data_bars(bars.colour))


def _corners(area: Area) -> tuple[int, int, int, int]:
    return area.row - 1, area.column - 1, area.last_row - 1, area.last_column - 1


def _page(sheet: Worksheet, report: Report) -> None:
    page(sheet)
    sheet.fit_to_pages(1, 1)
    sheet.center_horizontally()
    if report.printed is not None:
        sheet.print_area(*_corners(report.printed))


def _chart(workbook: Workbook, sheet: Worksheet, chart: Chart) -> None:
    drawn = workbook.add_chart({"type": _KINDS[chart.kind]})
    for series in chart.series:
        drawn.add_series(_series(sheet.get_name(), series, chart))
    drawn.set_title({"none": True})
    drawn.set_chartarea({"border": {"none": True}, "fill": {"none": True}})
    drawn.set_plotarea({"fill": {"none": True}})
    drawn.set_size({"width": chart.width, "height": chart.height})
    side = "right" if chart.kind == "doughnut" else "top"
    drawn.set_legend({"position": side, "font": _SMALL})
    if chart.kind == "doughnut":
        drawn.set_hole_size(62)
    else:
        _axes(drawn, chart)
    place = {"description": chart.title, "object_position": 2, "y_offset": 4}
    sheet.insert_chart(chart.row - 1, chart.column - 1, drawn, place)


def _series(sheet: str, series: Series, chart: Chart) -> dict[str, Any]:
    told: dict[str, Any] = {
        "name": series.title,
        "categories": [sheet, *_corners(series.categories)],
        "values": [sheet, *_corners(series.values)],
    }
    if chart.kind == "doughnut":
        white = {"color": "#FFFFFF", "width": 1.5}
        told["points"] = [{"fill": {"color": c}, "border": white} for c in series.colours]
        return told
    gap: dict[str, Any] = {"gap": 60, "overlap": 0}
    if chart.kind == "bar":
        gap["data_labels"] = {"value": True, "num_format": chart.number_format, "font": _SMALL}
    return {**told, "fill": {"color": series.colours[0]}, "border": {"none": True}, **gap}


def _axes(drawn: Any, chart: Chart) -> None:
    lines = {"visible": True, "line": {"color": LINE, "width": 0.75}}
    quiet = {"num_font": _SMALL, "major_tick_mark": "none"}
    names: dict[str, Any] = {**quiet, "line": {"color": LINE}, "text_axis": True}
    if chart.category_format:
        names["num_format"] = chart.category_format
    values = {**quiet, "num_format": chart.number_format, "line": {"none": True}, "min": 0}
    if chart.kind == "bar":
        drawn.set_y_axis({**names, "reverse": True})
        drawn.set_x_axis({**values, "visible": False, "major_gridlines": {"visible": False}})
    else:
        drawn.set_x_axis(names)
        drawn.set_y_axis({**values, "major_gridlines": lines})
