"""Request kinds on what lies over cells: named ranges, protection, the basic filter."""

from __future__ import annotations

import re

from tests.fakes.sheets import a1, masks
from tests.fakes.sheets.batch import PROTECTED, Context, kind, may_edit
from tests.fakes.sheets.kinds_sheets import find
from tests.fakes.sheets.state import Json, Refused, Sheet, Spreadsheet, clone

_NAME = re.compile(r"[A-Za-z_][A-Za-z0-9_.]{0,249}")


def explicit(grid_range: Json) -> Json:
    """A range that names its sheet also when it is the one with id 0."""
    return {"sheetId": 0, **{key: value for key, value in grid_range.items() if value is not None}}


@kind("addNamedRange")
def add_named_range(spreadsheet: Spreadsheet, request: Json, context: Context) -> Json:
    named = clone(request["namedRange"])
    _check_name(spreadsheet, named.get("name", ""))
    spreadsheet.rect(named["range"])
    key = named.get("namedRangeId") or str(context.new_id())
    if key in spreadsheet.named_ranges:
        raise Refused(
            f"Cannot add named range with ID {key}, a named range with that ID already exists."
        )
    stored = {"namedRangeId": key, "name": named["name"], "range": explicit(named["range"])}
    spreadsheet.named_ranges[key] = stored
    return {"namedRange": clone(stored)}


def _check_name(spreadsheet: Spreadsheet, name: str, own: str = "") -> None:
    cellish = a1.cells(name) is not None or re.fullmatch(r"[Rr]\d*[Cc]\d*", name)
    if not _NAME.fullmatch(name) or cellish or name.lower() in {"true", "false"}:
        raise Refused("The name given to this range is invalid")
    for key, named in spreadsheet.named_ranges.items():
        if key != own and named["name"].casefold() == name.casefold():
            raise Refused(
                f"Cannot add named range with name {name}, "
                "a named range with that name already exists."
            )


def _named(spreadsheet: Spreadsheet, key: str) -> Json:
    named = spreadsheet.named_ranges.get(key)
    if named is None:
        raise Refused(f"No named range with id: {key}")
    return named


@kind("updateNamedRange")
def update_named_range(spreadsheet: Spreadsheet, request: Json, context: Context) -> None:
    wanted = clone(request["namedRange"])
    named = _named(spreadsheet, wanted.get("namedRangeId", ""))
    masks.update(named, wanted, request.get("fields", ""))
    _check_name(spreadsheet, named["name"], named["namedRangeId"])
    named["range"] = explicit(named["range"])
    spreadsheet.rect(named["range"])


@kind("deleteNamedRange")
def delete_named_range(spreadsheet: Spreadsheet, request: Json, context: Context) -> None:
    named = _named(spreadsheet, request.get("namedRangeId", ""))
    del spreadsheet.named_ranges[named["namedRangeId"]]


@kind("addProtectedRange")
def add_protected_range(spreadsheet: Spreadsheet, request: Json, context: Context) -> Json:
    wanted = {k: v for k, v in clone(request["protectedRange"]).items() if v not in (None, False)}
    wanted.pop("requestingUserCanEdit", None)
    sheet = _protected_sheet(spreadsheet, wanted)
    key = wanted.pop("protectedRangeId", None) or context.new_id()
    if any(key == p["protectedRangeId"] for s in spreadsheet.sheets for p in s.protected_ranges):
        raise Refused(f"A protected range with id {key} already exists.")
    if "range" in wanted:
        wanted["range"] = explicit(wanted["range"])
    if "unprotectedRanges" in wanted:
        wanted["unprotectedRanges"] = [explicit(item) for item in wanted["unprotectedRanges"]]
    editors = {k: v for k, v in (wanted.get("editors") or {}).items() if v}
    users = editors.get("users", [])
    reply = {"protectedRangeId": key, **wanted, "requestingUserCanEdit": True, "editors": editors}
    if context.user not in users:
        editors = {**editors, "users": [*users, context.user]}
    sheet.protected_ranges.append({"protectedRangeId": key, **wanted, "editors": editors})
    return {"protectedRange": reply}


def _protected_sheet(spreadsheet: Spreadsheet, wanted: Json) -> Sheet:
    if "range" in wanted:
        return spreadsheet.rect(wanted["range"])[0]
    if "namedRangeId" in wanted:
        named = _named(spreadsheet, wanted["namedRangeId"])
        return spreadsheet.sheet(named["range"]["sheetId"])
    for sheet in spreadsheet.sheets:
        if any(table.get("tableId") == wanted.get("tableId") for table in sheet.tables):
            return sheet
    raise Refused("Must specify a range, a named range or a table to protect.")


def _protected(spreadsheet: Spreadsheet, key: int | None, user: str) -> tuple[Sheet, Json]:
    for sheet in spreadsheet.sheets:
        for protected in sheet.protected_ranges:
            if protected["protectedRangeId"] == key:
                if not (protected.get("warningOnly") or may_edit(protected, user, spreadsheet)):
                    raise Refused(PROTECTED)
                return sheet, protected
    raise Refused(f"No protected range with id: {key}")


@kind("updateProtectedRange")
def update_protected_range(spreadsheet: Spreadsheet, request: Json, context: Context) -> None:
    wanted = clone(request["protectedRange"])
    _, protected = _protected(spreadsheet, wanted.get("protectedRangeId"), context.user)
    masks.update(protected, wanted, request.get("fields", ""))
    protected["protectedRangeId"] = wanted["protectedRangeId"]
    for key in [key for key, value in protected.items() if value in (None, False)]:
        del protected[key]
    if "range" in protected:
        protected["range"] = explicit(protected["range"])


@kind("deleteProtectedRange")
def delete_protected_range(spreadsheet: Spreadsheet, request: Json, context: Context) -> None:
    sheet, protected = _protected(spreadsheet, request.get("protectedRangeId"), context.user)
    sheet.protected_ranges.remove(protected)


@kind("setBasicFilter")
def set_basic_filter(spreadsheet: Spreadsheet, request: Json, context: Context) -> None:
    wanted = clone(request["filter"])
    if "tableId" in wanted and "range" not in wanted:
        sheet = _protected_sheet(spreadsheet, {"tableId": wanted["tableId"]})
        sheet.basic_filter = wanted
        return
    sheet, (top, bottom, left, right) = spreadsheet.rect(wanted.get("range") or {})
    wanted["range"] = {
        "sheetId": sheet.id,
        "startRowIndex": top,
        "endRowIndex": bottom,
        "startColumnIndex": left,
        "endColumnIndex": right,
    }
    sheet.basic_filter = wanted


@kind("clearBasicFilter")
def clear_basic_filter(spreadsheet: Spreadsheet, request: Json, context: Context) -> None:
    find(spreadsheet, request.get("sheetId", 0)).basic_filter = None
