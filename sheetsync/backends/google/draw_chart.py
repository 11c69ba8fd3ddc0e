"""Requests for charts: Google's own, with fixed ids and our colours.

A doughnut's slices take the colours of the spreadsheet's theme, for Google lets nobody name them:
``theme_request`` sets ours.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import replace
from typing import Any

from sheetsync.backends.google import ids
from sheetsync.backends.google.draw_cells import Json, Request, grid
from sheetsync.backends.google.draw_style import colour
from sheetsync.backends.xlsx.draw_style import ACCENT, FONT, GREY, INK
from sheetsync.model.report import Area, Chart, Place, Report, Series

_KINDS = {"column": "COLUMN", "bar": "BAR"}
_ACCENTS = 6
_HOLE = 0.62
_WHITE = "#FFFFFF"
_SMALL = {"fontFamily": FONT, "fontSize": 9, "foregroundColorStyle": colour(GREY)}


def chart_request(tab: str, index: int, chart: Chart, places: Iterable[Place]) -> Request:
    """Add one chart of a report tab; its heading is the cell above it."""
    sheet = ids.sheet_id(tab)
    spec: Json = {
        "altText": chart.title,
        "fontName": FONT,
        "backgroundColorStyle": colour(_WHITE),
        "hiddenDimensionStrategy": "SHOW_ALL",
        **_kind(sheet, chart, tuple(places)),
    }
    corner = {"sheetId": sheet, "rowIndex": chart.row - 1, "columnIndex": chart.column - 1}
    overlay = {
        "anchorCell": corner,
        "offsetYPixels": 4,
        "widthPixels": chart.width,
        "heightPixels": chart.height,
    }
    told = {
        "chartId": ids.chart_id(tab, index),
        "spec": spec,
        "position": {"overlayPosition": overlay},
        "border": {"colorStyle": colour(_WHITE)},
    }
    return {"addChart": {"chart": told}}


def _kind(sheet: int, chart: Chart, places: Sequence[Place]) -> Json:
    if chart.kind == "doughnut":
        return {"pieChart": _doughnut(sheet, chart.series[0])}
    return {"basicChart": _basic(sheet, chart, places)}


def _doughnut(sheet: int, series: Series) -> Json:
    return {
        "legendPosition": "RIGHT_LEGEND",
        "domain": _data(sheet, series.categories),
        "series": _data(sheet, series.values),
        "pieHole": _HOLE,
    }


def _basic(sheet: int, chart: Chart, places: Sequence[Place]) -> Json:
    """Columns or bars; a series is named by the cell above its numbers, as Google wants it."""
    up = 1 if all(_headed(series, places) for series in chart.series) else 0
    value, name = _axes(chart)
    return {
        "chartType": _KINDS[chart.kind],
        "legendPosition": "TOP_LEGEND",
        "headerCount": up,
        "domains": [{"domain": _data(sheet, _from(chart.series[0].categories, up))}],
        "series": [_series(sheet, chart, series, up, value) for series in chart.series],
        "axis": [
            {"position": name},
            {
                "position": value,
                "viewWindowOptions": {"viewWindowMin": 0, "viewWindowMode": "EXPLICIT"},
            },
        ],
    }


def _axes(chart: Chart) -> tuple[str, str]:
    """The axis of the numbers and the one of the names."""
    sides = ("BOTTOM_AXIS", "LEFT_AXIS")
    return sides if chart.kind == "bar" else sides[::-1]


def _series(sheet: int, chart: Chart, series: Series, up: int, axis: str) -> Json:
    told: Json = {
        "series": {**_data(sheet, _from(series.values, up))},
        "targetAxis": axis,
        "colorStyle": colour(series.colours[0]),
    }
    if chart.kind == "bar":
        told["dataLabel"] = {"type": "DATA", "placement": "OUTSIDE_END", "textFormat": _SMALL}
    return told


def _headed(series: Series, places: Sequence[Place]) -> bool:
    above = (series.values.row - 1, series.values.column)
    return any((p.row, p.column) == above and p.content == series.title for p in places)


def _from(area: Area, up: int) -> Area:
    return replace(area, row=area.row - up)


def _data(sheet: int, area: Area) -> Json:
    where = grid(sheet, area.row - 1, area.last_row, area.column - 1, area.last_column)
    return {"sourceRange": {"sources": [where]}}


def theme_request(reports: Iterable[Report]) -> Request:
    """Give the spreadsheet our font, ink and the colours of the first doughnut's slices."""
    charts = (chart for report in reports for chart in report.charts if chart.kind == "doughnut")
    accents = next((chart.series[0].colours for chart in charts), ())
    accents = (*accents, *(ACCENT,) * _ACCENTS)[:_ACCENTS]
    pairs: list[tuple[str, str]] = [("TEXT", INK), ("BACKGROUND", _WHITE), ("LINK", ACCENT)]
    pairs += [(f"ACCENT{i}", code) for i, code in enumerate(accents, 1)]
    colours: list[dict[str, Any]] = [
        {"colorType": kind, "color": colour(code)} for kind, code in pairs
    ]
    theme = {"primaryFontFamily": FONT, "themeColors": colours}
    told = {"properties": {"spreadsheetTheme": theme}, "fields": "spreadsheetTheme"}
    return {"updateSpreadsheetProperties": told}
