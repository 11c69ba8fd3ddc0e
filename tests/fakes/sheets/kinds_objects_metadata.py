"""Developer metadata: create, update and delete.

Sources: developers.google.com/workspace/sheets/api/guides/metadata (ids are unique, limits), and
mmedum/google-sheets-mcp docs/architecture.md, spike K (locations, words of refusals).
"""

from __future__ import annotations

from tests.fakes.sheets.batch import Context, kind
from tests.fakes.sheets.masks import update
from tests.fakes.sheets.metadata import matches
from tests.fakes.sheets.state import Json, Refused, Spreadsheet, clone

LIMIT = 30_000
"""Characters of keys and values of the spreadsheet, and of each sheet."""
_TYPES = {"ROWS": "ROW", "COLUMNS": "COLUMN"}


@kind("createDeveloperMetadata")
def create(spreadsheet: Spreadsheet, request: Json, context: Context) -> Json:
    made: Json = clone(request.get("developerMetadata", {}))
    for key in ("location", "visibility", "metadataKey"):
        if not made.get(key):
            raise Refused(f"Must specify developerMetadata.{key}.")
    made["location"] = _location(made["location"], spreadsheet)
    identity = made.setdefault("metadataId", context.new_id())
    if identity in spreadsheet.metadata:
        raise Refused(
            f"Cannot add developer metadata with ID [{identity}] because developer metadata with "
            "that ID already exists."
        )
    spreadsheet.metadata[identity] = made
    _check_size(spreadsheet, made["location"])
    return {"developerMetadata": clone(made)}


def _location(told: Json, spreadsheet: Spreadsheet) -> Json:
    if told.get("spreadsheet"):
        return {"locationType": "SPREADSHEET", "spreadsheet": True}
    if "dimensionRange" in told:
        return _row_or_column(clone(told["dimensionRange"]), spreadsheet)
    if "sheetId" not in told:
        raise Refused("DeveloperMetadataLocation must specify a location.")
    spreadsheet.sheet(told["sheetId"])
    return {"locationType": "SHEET", "sheetId": told["sheetId"]}


def _row_or_column(where: Json, spreadsheet: Spreadsheet) -> Json:
    where.setdefault("sheetId", 0)
    spreadsheet.sheet(where["sheetId"])
    if "startIndex" not in where or "endIndex" not in where:
        raise Refused("DimensionRange must specify both a startIndex and an endIndex")
    if where["endIndex"] - where["startIndex"] != 1:
        raise Refused("DimensionRange must represent a single row or column")
    return {"locationType": _TYPES[where["dimension"]], "dimensionRange": where}


def _owner(location: Json) -> int | None:
    """The sheet whose limit counts, None for the spreadsheet's."""
    if location.get("spreadsheet"):
        return None
    return int(location.get("sheetId", location.get("dimensionRange", {}).get("sheetId", 0)))


def _check_size(spreadsheet: Spreadsheet, location: Json) -> None:
    owner = _owner(location)
    held = sum(
        len(item["metadataKey"]) + len(item.get("metadataValue", ""))
        for item in spreadsheet.metadata.values()
        if _owner(item["location"]) == owner
    )
    if held > LIMIT:
        raise Refused(
            f"Developer metadata exceeds the limit of {LIMIT} characters per "
            f"{'spreadsheet' if owner is None else 'sheet'}."
        )


def _selected(request: Json, spreadsheet: Spreadsheet) -> list[Json]:
    filters = request.get("dataFilters") or [request.get("dataFilter", {})]
    return [item for one in filters for item in matches(one, spreadsheet)]


@kind("updateDeveloperMetadata")
def change(spreadsheet: Spreadsheet, request: Json, context: Context) -> Json:
    changed = {}
    for item in _selected(request, spreadsheet):
        update(item, clone(request.get("developerMetadata", {})), request.get("fields", ""))
        item["location"] = _location(item["location"], spreadsheet)
        _check_size(spreadsheet, item["location"])
        changed[item["metadataId"]] = clone(item)
    return {"developerMetadata": list(changed.values())}


@kind("deleteDeveloperMetadata")
def delete(spreadsheet: Spreadsheet, request: Json, context: Context) -> Json:
    gone = {item["metadataId"]: clone(item) for item in _selected(request, spreadsheet)}
    for identity in gone:
        del spreadsheet.metadata[identity]
    return {"deletedDeveloperMetadata": list(gone.values())} if gone else {}
