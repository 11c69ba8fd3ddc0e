"""Requests for a report tab: cells in their places with live formulas, looks and sizes.

Google works the formulas out by itself. Bars in cells become shades, and a tick to set becomes
Google's own tick box.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from sheetsync.backends.google import ids
from sheetsync.backends.google.draw_cells import (
    Json,
    Request,
    cell,
    entered,
    grid,
    heights,
    update_cells,
    widths,
)
from sheetsync.backends.google.draw_chart import chart_request
from sheetsync.backends.google.draw_style import cell_format, colour, rule_format, without
from sheetsync.backends.google.draw_table import named, protected, shades, when
from sheetsync.backends.xlsx.draw_table import TAB_COLOURS
from sheetsync.model.report import Area, Place, Report
from sheetsync.model.tracker import Tab

_TICK, _UNTICKED = "tick", False
_BELOW = 4
"""Empty rows under a report."""


def report_sheet(tab: Tab, report: Report, index: int) -> Request:
    """Add a report tab without grid lines, as large as the report."""
    rows, columns = _extent(report)
    properties = {
        "sheetId": ids.sheet_id(tab.key),
        "title": tab.title,
        "index": index,
        "gridProperties": {
            "rowCount": rows + _BELOW,
            "columnCount": columns + 1,
            "hideGridlines": True,
        },
        "tabColorStyle": colour(TAB_COLOURS[tab.role]),
    }
    return {"addSheet": {"properties": properties}}


def _extent(report: Report) -> tuple[int, int]:
    rows = max((place.row for place in report.places), default=1)
    columns = max((place.column + place.span - 1 for place in report.places), default=1)
    return rows, max(columns, *report.widths, 1)


def draw_report(
    tab: Tab, report: Report, cells: Mapping[str, Any], editors: Json
) -> Iterator[Request]:
    """Everything on a report tab but the tab itself; ``cells`` fill its named cells."""
    sheet = ids.sheet_id(tab.key)
    yield from widths(sheet, {column - 1: w for column, w in report.widths.items()})
    yield from heights(sheet, {row - 1: h for row, h in report.heights.items()})
    yield from _names(sheet, report)
    yield _cells(sheet, report, cells)
    yield from _merges(sheet, report)
    yield from _rules(sheet, report)
    for index, chart in enumerate(report.charts):
        yield chart_request(tab.key, index, chart, report.places)
    if any(report.formulas()):
        words = f"{tab.title} works itself out of the other tabs"
        yield protected(tab, grid(sheet), words, {"editors": editors})


def _cells(sheet: int, report: Report, cells: Mapping[str, Any]) -> Request:
    rows, columns = _extent(report)
    by_place = {(place.row, place.column): place for place in report.places}
    told = [
        {
            "values": [
                _cell(by_place.get((row, column)), by_place.get((row - 1, column)), cells)
                for column in range(1, columns + 1)
            ]
        }
        for row in range(1, rows + 1)
    ]
    fields = "userEnteredValue,userEnteredFormat,dataValidation"
    return update_cells(grid(sheet, 0, rows, 0, columns), told, fields)


def _cell(place: Place | None, above: Place | None, cells: Mapping[str, Any]) -> Json:
    if place is None:
        return {}
    made = cell_format(place.style, place.number_format)
    if above is not None and "bottom" in cell_format(above.style).get("borders", {}):
        made["borders"] = without(made.get("borders", {}), "top")
    if place.style == _TICK:
        box = {"condition": {"type": "BOOLEAN"}, "strict": True, "showCustomUi": True}
        return cell(_UNTICKED, userEnteredFormat=made, dataValidation=box)
    told = cells.get(place.name) if place.name else None
    return cell(place.content if entered(told) is None else told, userEnteredFormat=made)


def _names(sheet: int, report: Report) -> Iterator[Request]:
    for place in report.places:
        if place.name:
            row, column = place.row - 1, place.column - 1
            yield named(place.name, grid(sheet, row, row + 1, column, column + 1))


def _merges(sheet: int, report: Report) -> Iterator[Request]:
    for place in report.places:
        if place.span > 1:
            left = place.column - 1
            where = grid(sheet, place.row - 1, place.row, left, left + place.span)
            yield {"mergeCells": {"range": where, "mergeType": "MERGE_ALL"}}


def _rules(sheet: int, report: Report) -> Iterator[Request]:
    made: list[Json] = [
        {
            "ranges": [_range(sheet, rule.area)],
            "booleanRule": when(rule.formula, rule_format(rule.style)),
        }
        for rule in report.rules
    ]
    made += [
        {
            "ranges": [_range(sheet, bars.area)],
            "gradientRule": shades(of_100=False, zero="#FFFFFF", most=bars.colour),
        }
        for bars in report.bars
    ]
    for index, rule in enumerate(made):
        yield {"addConditionalFormatRule": {"rule": rule, "index": index}}


def _range(sheet: int, area: Area) -> Json:
    return grid(sheet, area.row - 1, area.last_row, area.column - 1, area.last_column)
