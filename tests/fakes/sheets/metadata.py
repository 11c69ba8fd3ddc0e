"""Developer metadata: look-up, data filters, and the two endpoints that read it."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from tests.fakes.sheets import a1
from tests.fakes.sheets.state import Json, Rect, Refused, Sheet, Spreadsheet, clone

if TYPE_CHECKING:
    from tests.fakes.sheets.service import Service

_PLAIN = ("metadataId", "metadataKey", "metadataValue", "visibility")


def matches(data_filter: Json, spreadsheet: Spreadsheet) -> list[Json]:
    """The metadata that a DataFilter selects, in the order of creation."""
    if "developerMetadataLookup" in data_filter:
        lookup = data_filter["developerMetadataLookup"]
        return [item for item in spreadsheet.metadata.values() if _fits(lookup, item, spreadsheet)]
    areas = rects(data_filter, spreadsheet)
    return [item for item in spreadsheet.metadata.values() if _touches(item, areas, spreadsheet)]


def _fits(lookup: Json, item: Json, spreadsheet: Spreadsheet) -> bool:
    if any(key in lookup and lookup[key] != item.get(key) for key in _PLAIN):
        return False
    wanted = lookup.get("locationType")
    if wanted and wanted != item["location"].get("locationType"):
        return False
    where = lookup.get("metadataLocation")
    return not where or _lies(where, lookup.get("locationMatchingStrategy", ""), item, spreadsheet)


def _lies(where: Json, strategy: str, item: Json, spreadsheet: Spreadsheet) -> bool:
    """Whether metadata lies at a place: there exactly, or (without a strategy too) touching it."""
    if where.get("spreadsheet"):
        if strategy == "INTERSECTING_LOCATION":
            raise Refused(
                "DeveloperMetadataLookup.spreadsheet is true, but locationMatchingStrategy was "
                "specified as INTERSECTING"
            )
        return bool(item["location"].get("spreadsheet"))
    if strategy == "EXACT_LOCATION":
        key = "sheetId" if "sheetId" in where else "dimensionRange"
        return where.get(key) == item["location"].get(key)
    if item["location"].get("spreadsheet"):
        return False
    return _touches(item, places({"location": where}, spreadsheet), spreadsheet)


def _touches(item: Json, areas: list[tuple[Sheet, Rect]], spreadsheet: Spreadsheet) -> bool:
    return any(
        sheet is other and _meets(rect, area)
        for sheet, rect in places(item, spreadsheet)
        for other, area in areas
    )  # fmt: skip


def _meets(one: Rect, other: Rect) -> bool:
    rows = one[0] < other[1] and other[0] < one[1]
    return rows and one[2] < other[3] and other[2] < one[3]


def places(item: Json, spreadsheet: Spreadsheet) -> list[tuple[Sheet, Rect]]:
    """The rectangles that a piece of metadata belongs to."""
    location = item["location"]
    if location.get("spreadsheet"):
        return [(sheet, sheet.whole()) for sheet in spreadsheet.sheets]
    if "sheetId" in location:
        sheet = spreadsheet.sheet(location["sheetId"])
        return [(sheet, sheet.whole())]
    where = location["dimensionRange"]
    sheet = spreadsheet.sheet(where.get("sheetId", 0))
    top, bottom, left, right = sheet.whole()
    if where["dimension"] == "ROWS":
        return [(sheet, (where["startIndex"], where["endIndex"], left, right))]
    return [(sheet, (top, bottom, where["startIndex"], where["endIndex"]))]


def rects(data_filter: Json, spreadsheet: Spreadsheet) -> list[tuple[Sheet, Rect]]:
    """The rectangles that a DataFilter selects."""
    if "a1Range" in data_filter:
        return [a1.parse(data_filter["a1Range"], spreadsheet)]
    if "gridRange" in data_filter:
        return [spreadsheet.rect(data_filter["gridRange"])]
    if "developerMetadataLookup" not in data_filter:
        raise Refused("Must specify a data filter.")
    found = matches(data_filter, spreadsheet)
    return [place for item in found for place in places(item, spreadsheet)]


def get(
    service: Service,
    spreadsheet: Spreadsheet,
    names: dict[str, str],
    query: Any,
    body: Any,
    user: str,
) -> Json:
    """spreadsheets.developerMetadata.get."""
    item = spreadsheet.metadata.get(int(names["number"]))
    if item is None:
        raise Refused("Requested entity was not found.", 404, "NOT_FOUND")
    return clone(item)


def search(
    service: Service,
    spreadsheet: Spreadsheet,
    names: dict[str, str],
    query: Any,
    body: Json,
    user: str,
) -> Json:
    """spreadsheets.developerMetadata.search."""
    filters = body.get("dataFilters", [])
    found: dict[int, Json] = {}
    for data_filter in filters:
        for item in matches(data_filter, spreadsheet):
            hit = found.setdefault(
                item["metadataId"], {"developerMetadata": clone(item), "dataFilters": []}
            )
            hit["dataFilters"].append(data_filter)
    return {"matchedDeveloperMetadata": list(found.values())} if found else {}
