"""Request kinds on tabs and on the spreadsheet itself."""

from __future__ import annotations

from tests.fakes.sheets import birth, masks
from tests.fakes.sheets.batch import Context, kind
from tests.fakes.sheets.kinds_grid import styled
from tests.fakes.sheets.shifts import cut_to_grid, rename_in_formulas
from tests.fakes.sheets.state import Json, Refused, Sheet, Spreadsheet, clone

_UNSET = {"hidden", "rightToLeft", "hideGridlines", "frozenRowCount", "frozenColumnCount"}
_UNSET |= {"rowGroupControlAfter", "columnGroupControlAfter"}


def drop_defaults(properties: Json) -> None:
    """Flags that are off and counts of 0 are not shown."""
    for part in (properties, properties.get("gridProperties", {})):
        for key in [key for key in part if key in _UNSET and not part[key]]:
            del part[key]
    style = properties.get("tabColorStyle")
    if style is not None and not (style.get("rgbColor") or style.get("themeColor")):
        properties.pop("tabColorStyle", None)
        properties.pop("tabColor", None)


@kind("addSheet")
def add_sheet(spreadsheet: Spreadsheet, request: Json, context: Context) -> Json:
    wanted = clone(request.get("properties", {}))
    for key in [key for key, value in wanted.items() if value is None]:
        del wanted[key]
    sheet = birth.add_sheet(spreadsheet, wanted)
    sheet.properties = styled(sheet.properties)
    drop_defaults(sheet.properties)
    return {"properties": clone(sheet.properties)}


@kind("deleteSheet")
def delete_sheet(spreadsheet: Spreadsheet, request: Json, context: Context) -> None:
    sheet = find(spreadsheet, request.get("sheetId", 0))
    context.guard(sheet)
    if len([s for s in spreadsheet.sheets if not s.properties.get("hidden")]) == 1 and not (
        sheet.properties.get("hidden")
    ):
        raise Refused("You can't remove all the visible sheets in a document.")
    spreadsheet.sheets.remove(sheet)
    birth.renumber(spreadsheet)
    forget_sheet(spreadsheet, sheet.id)


def forget_sheet(spreadsheet: Spreadsheet, identity: int) -> None:
    """Take away named ranges and metadata of a tab that is gone."""
    for key, named in list(spreadsheet.named_ranges.items()):
        if named["range"].get("sheetId", 0) == identity:
            del spreadsheet.named_ranges[key]
    for key, item in list(spreadsheet.metadata.items()):
        where = item["location"]
        inner = where.get("dimensionRange")
        if where.get("sheetId") == identity or (inner and inner.get("sheetId", 0) == identity):
            del spreadsheet.metadata[key]


def find(spreadsheet: Spreadsheet, identity: int) -> Sheet:
    """The tab with this id; kinds on tabs word the refusal in their own way."""
    for sheet in spreadsheet.sheets:
        if sheet.id == identity:
            return sheet
    raise Refused(f"No sheet with id: {identity}")


@kind("duplicateSheet")
def duplicate_sheet(spreadsheet: Spreadsheet, request: Json, context: Context) -> Json:
    source = find(spreadsheet, request.get("sourceSheetId", 0))
    index = request.get("insertSheetIndex", 0)
    title = request.get("newSheetName")
    extra = {"sheetId": request["newSheetId"]} if request.get("newSheetId") is not None else {}
    properties = birth.copy_sheet(source, spreadsheet, title, index=index, **extra)
    return {"properties": clone(properties)}


@kind("updateSheetProperties")
def update_sheet(spreadsheet: Spreadsheet, request: Json, context: Context) -> None:
    wanted = request["properties"]
    sheet = find(spreadsheet, wanted.get("sheetId", 0))
    if context.user != spreadsheet.owner:
        context.guard_sheet(sheet)
    twin = clone(sheet.properties)
    fields = _deep(request.get("fields", ""))
    masks.update(twin, clone(wanted), fields)
    twin = _coloured(twin, wanted, fields)
    _check(spreadsheet, sheet, twin)
    old_title, old_index = sheet.title, sheet.properties["index"]
    grid = twin["gridProperties"]
    rows, columns = grid["rowCount"], grid["columnCount"]
    sheet.properties = twin
    twin["sheetId"] = sheet_id = wanted.get("sheetId", 0)
    drop_defaults(twin)
    _resize(sheet, rows, columns)
    if sheet.title != old_title:
        rename_in_formulas(spreadsheet, old_title, sheet.title)
    birth.check_size(spreadsheet)
    if twin.get("index", 0) != old_index:
        _move(spreadsheet, sheet, old_index, twin.get("index", 0))
    assert sheet.id == sheet_id


def _coloured(twin: Json, wanted: Json, fields: str) -> Json:
    """The tab's colour and its style say the same, whichever was written."""
    tops = {path[0] for path in masks.leaves(masks.parse(fields)) if path}
    if "tabColorStyle" in tops:
        twin.pop("tabColor", None)
    elif "tabColor" in tops:
        twin.pop("tabColorStyle", None)
    return styled(twin)


def _deep(fields: str) -> str:
    """`*` on a tab writes what can be written, never the id."""
    return (
        "title,index,hidden,tabColor,tabColorStyle,rightToLeft,gridProperties"
        if fields == "*"
        else fields
    )


def _check(spreadsheet: Spreadsheet, sheet: Sheet, twin: Json) -> None:
    title = twin.get("title", "")
    if not title:
        raise Refused("Sheet name cannot be empty.")
    birth.check_title(spreadsheet, title, sheet)
    others = [s for s in spreadsheet.sheets if s is not sheet and not s.properties.get("hidden")]
    if twin.get("hidden") and not others:
        raise Refused("You can't hide all the sheets in a document.")
    grid = twin["gridProperties"]
    grid.setdefault("rowCount", sheet.row_count)
    grid.setdefault("columnCount", sheet.column_count)
    if grid.get("frozenRowCount", 0) >= grid["rowCount"]:
        raise Refused("You can't freeze all visible rows on the sheet.")
    if grid.get("frozenColumnCount", 0) >= grid["columnCount"]:
        raise Refused("You can't freeze all visible columns on the sheet.")


def _resize(sheet: Sheet, rows: int, columns: int) -> None:
    sheet.resize(rows, columns)
    cut_to_grid(sheet)


def _move(spreadsheet: Spreadsheet, sheet: Sheet, old: int, new: int) -> None:
    """The new index counts before the tab has left its place."""
    spreadsheet.sheets.remove(sheet)
    spreadsheet.sheets.insert(new - 1 if new > old + 1 else new, sheet)
    birth.renumber(spreadsheet)


@kind("updateSpreadsheetProperties")
def update_spreadsheet(spreadsheet: Spreadsheet, request: Json, context: Context) -> None:
    masks.update(spreadsheet.properties, clone(request["properties"]), request.get("fields", ""))
