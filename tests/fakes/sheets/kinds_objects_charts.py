"""Charts and other embedded objects.

Source: mmedum/google-sheets-mcp docs/architecture.md, spikes L and M: updateChartSpec replaces the
spec whole; a basicChart with neither domains nor series answers HTTP 500.
"""

from __future__ import annotations

from typing import Any

from tests.fakes.sheets.batch import Context, kind
from tests.fakes.sheets.kinds_objects_common import found, with_id
from tests.fakes.sheets.masks import update
from tests.fakes.sheets.state import Json, Refused, Spreadsheet, clone

SIZE = {"widthPixels": 600, "heightPixels": 371}
_BODIES = {
    *("basicChart", "pieChart", "bubbleChart", "candlestickChart", "orgChart", "histogramChart"),
    *("waterfallChart", "treemapChart", "scorecardChart"),
}


def _check(spec: Json, spreadsheet: Spreadsheet) -> None:
    kinds = _BODIES & spec.keys()
    if len(kinds) != 1:
        raise Refused(
            "One of basicChart, pieChart, bubbleChart, candelstickChart, histogramChart, or "
            "orgChart must be set on chartSpec"
        )
    basic = spec.get("basicChart")
    if basic is not None and not (basic.get("domains") and basic.get("series")):
        raise Refused("Internal error encountered.", 500, "INTERNAL", whole=True)
    for source in _sources(spec):
        source.setdefault("sheetId", 0)
        spreadsheet.rect(source)


def _sources(value: Any) -> list[Json]:
    """Every range that a chart draws."""
    if isinstance(value, list):
        return [source for item in value for source in _sources(item)]
    if not isinstance(value, dict):
        return []
    own = value.get("sources", [])
    return own + [s for key, item in value.items() if key != "sources" for s in _sources(item)]


def _place(position: Json, spreadsheet: Spreadsheet, context: Context) -> tuple[Any, Json]:
    """The sheet that an object is put on, and its position as Google fills it."""
    if position.get("newSheet"):
        from tests.fakes.sheets.batch import load_kinds

        reply = load_kinds()["addSheet"](spreadsheet, {"properties": {}}, context)
        assert reply
        return spreadsheet.sheet(reply["properties"]["sheetId"]), {
            "sheetId": reply["properties"]["sheetId"]
        }
    overlay = position.get("overlayPosition")
    if not overlay:
        raise Refused("Must specify a position.")
    overlay.setdefault("anchorCell", {}).setdefault("sheetId", 0)
    for key, value in SIZE.items():
        overlay.setdefault(key, value)
    cell = overlay["anchorCell"]
    sheet = spreadsheet.sheet(cell["sheetId"])
    if (
        cell.get("rowIndex", 0) >= sheet.row_count
        or cell.get("columnIndex", 0) >= sheet.column_count
    ):
        raise Refused("Anchor cell is outside of the sheet.")
    return sheet, position


@kind("addChart")
def add(spreadsheet: Spreadsheet, request: Json, context: Context) -> Json:
    chart: Json = clone(request.get("chart", {}))
    _check(chart.get("spec", {}), spreadsheet)
    sheet, chart["position"] = _place(chart.get("position", {}), spreadsheet, context)
    with_id(chart, "chartId", "charts", "Chart", spreadsheet, context)
    sheet.charts.append(chart)
    return {"chart": clone(chart)}


@kind("updateChartSpec")
def change(spreadsheet: Spreadsheet, request: Json, context: Context) -> None:
    _, chart = found(spreadsheet, "charts", "chartId", request.get("chartId"), "chart")
    spec = clone(request.get("spec", {}))
    _check(spec, spreadsheet)
    chart["spec"] = spec


def _object(spreadsheet: Spreadsheet, wanted: object) -> tuple[Any, Json, str]:
    for attribute, key in (("charts", "chartId"), ("slicers", "slicerId")):
        for sheet in spreadsheet.sheets:
            for item in getattr(sheet, attribute):
                if item[key] == wanted:
                    return sheet, item, attribute
    raise Refused(f"No embedded object with id: {wanted}")


@kind("updateEmbeddedObjectPosition")
def move(spreadsheet: Spreadsheet, request: Json, context: Context) -> Json:
    sheet, item, attribute = _object(spreadsheet, request.get("objectId"))
    given = clone(request.get("newPosition", {}))
    fields = request.get("fields", "*")
    if given.get("overlayPosition") and fields != "*":
        update(item["position"].setdefault("overlayPosition", {}), given["overlayPosition"], fields)
        given = item["position"]
    target, item["position"] = _place(given, spreadsheet, context)
    getattr(sheet, attribute).remove(item)
    getattr(target, attribute).append(item)
    return {"position": clone(item["position"])}


@kind("updateEmbeddedObjectBorder")
def border(spreadsheet: Spreadsheet, request: Json, context: Context) -> None:
    _, item, _ = _object(spreadsheet, request.get("objectId"))
    update(
        item.setdefault("border", {}), clone(request.get("border", {})), request.get("fields", "")
    )


@kind("deleteEmbeddedObject")
def delete(spreadsheet: Spreadsheet, request: Json, context: Context) -> None:
    sheet, item, attribute = _object(spreadsheet, request.get("objectId"))
    getattr(sheet, attribute).remove(item)


@kind("addSlicer")
def add_slicer(spreadsheet: Spreadsheet, request: Json, context: Context) -> Json:
    slicer: Json = clone(request.get("slicer", {}))
    ranged = slicer.get("spec", {}).get("dataRange")
    if not ranged:
        raise Refused("Must specify slicer.spec.dataRange.")
    ranged.setdefault("sheetId", 0)
    spreadsheet.rect(ranged)
    sheet, slicer["position"] = _place(slicer.get("position", {}), spreadsheet, context)
    with_id(slicer, "slicerId", "slicers", "Slicer", spreadsheet, context)
    sheet.slicers.append(slicer)
    return {"slicer": clone(slicer)}


@kind("updateSlicerSpec")
def change_slicer(spreadsheet: Spreadsheet, request: Json, context: Context) -> None:
    _, slicer = found(spreadsheet, "slicers", "slicerId", request.get("slicerId"), "slicer")
    update(slicer["spec"], clone(request.get("spec", {})), request.get("fields", ""))
