"""Filter views."""

from __future__ import annotations

from tests.fakes.sheets.batch import Context, kind
from tests.fakes.sheets.kinds_objects_common import area, found, with_id
from tests.fakes.sheets.masks import update
from tests.fakes.sheets.state import Json, Refused, Sheet, Spreadsheet, clone


def _filled(view: Json, spreadsheet: Spreadsheet) -> Sheet:
    """A view's sheet; the range of its named range or table is filled in."""
    if view.get("namedRangeId"):
        named = spreadsheet.named_ranges.get(view["namedRangeId"])
        if named is None:
            raise Refused(f"No named range with id: {view['namedRangeId']}")
        view["range"] = clone(named["range"])
    elif view.get("tableId"):
        view["range"] = clone(
            found(spreadsheet, "tables", "tableId", view["tableId"], "table")[1]["range"]
        )
    if "range" not in view:
        raise Refused("Must specify filter.range.")
    return area(view["range"], spreadsheet)[0]


@kind("addFilterView")
def add_view(spreadsheet: Spreadsheet, request: Json, context: Context) -> Json:
    view: Json = clone(request.get("filter", {}))
    sheet = _filled(view, spreadsheet)
    with_id(view, "filterViewId", "filter_views", "Filter view", spreadsheet, context)
    view.setdefault("title", f"Filter {len(sheet.filter_views) + 1}")
    sheet.filter_views.append(view)
    return {"filter": clone(view)}


@kind("updateFilterView")
def change_view(spreadsheet: Spreadsheet, request: Json, context: Context) -> None:
    given = request.get("filter", {})
    identity = given.get("filterViewId")
    sheet, view = found(spreadsheet, "filter_views", "filterViewId", identity, "filter view")
    update(view, clone(given), request.get("fields", ""))
    if _filled(view, spreadsheet) is not sheet:
        raise Refused("A filter view can't be moved to another sheet.")


@kind("duplicateFilterView")
def copy_view(spreadsheet: Spreadsheet, request: Json, context: Context) -> Json:
    identity = request.get("filterId")
    sheet, view = found(spreadsheet, "filter_views", "filterViewId", identity, "filter view")
    twin = clone(view) | {"filterViewId": context.new_id(), "title": f"Copy of {view['title']}"}
    sheet.filter_views.append(twin)
    return {"filter": clone(twin)}


@kind("deleteFilterView")
def delete_view(spreadsheet: Spreadsheet, request: Json, context: Context) -> None:
    identity = request.get("filterId")
    sheet, view = found(spreadsheet, "filter_views", "filterViewId", identity, "filter view")
    sheet.filter_views.remove(view)
