"""Conditional format rules and alternating colours.

Sources: mmedum/google-sheets-mcp docs/architecture.md §18 (values are read by the locale); issue
threads and logs for the words of refusals ("No conditional format on sheet", "You cannot add
alternating background colors").
"""

from __future__ import annotations

from tests.fakes.sheets import parsing
from tests.fakes.sheets.batch import Context, bounds, kind
from tests.fakes.sheets.kinds_objects_common import area, banded, found, with_id
from tests.fakes.sheets.masks import update
from tests.fakes.sheets.state import Json, Refused, Sheet, Spreadsheet, clone

BANDED = (
    "You cannot add alternating background colors to a range that already has alternating "
    "background colors."
)


def _check_rule(rule: Json, spreadsheet: Spreadsheet, context: Context) -> Sheet:
    ranges = rule.get("ranges")
    if not ranges:
        raise Refused("Must specify at least one range.")
    sheets = set()
    for one in ranges:
        sheet, rect = area(one, spreadsheet)
        context.guard(sheet, rect)
        sheets.add(sheet)
    if len(sheets) != 1:
        raise Refused("All ranges must be on the same sheet.")
    if ("booleanRule" in rule) == ("gradientRule" in rule):
        raise Refused("Must specify exactly one of booleanRule and gradientRule.")
    condition = rule.get("booleanRule", {}).get("condition", {})
    check_condition(condition, spreadsheet)
    return sheets.pop()


def check_condition(condition: Json, spreadsheet: Spreadsheet) -> None:
    """Refuse numbers that the spreadsheet's locale writes otherwise, and formulas without =."""
    told = condition.get("type", "")
    for value in condition.get("values", ()):
        words = value.get("userEnteredValue")
        if words is None or words.startswith("="):
            continue
        if told == "CUSTOM_FORMULA" or (
            told.startswith("NUMBER_") and parsing.number(words, spreadsheet.locale) is None
        ):
            raise Refused(f"Invalid ConditionValue.userEnteredValue: {words}")


@kind("addConditionalFormatRule")
def add(spreadsheet: Spreadsheet, request: Json, context: Context) -> None:
    rule = clone(request.get("rule", {}))
    sheet = _check_rule(rule, spreadsheet, context)
    index = request.get("index", 0)
    if not 0 <= index <= len(sheet.conditional_formats):
        raise Refused(f"Index {index} is out of range.")
    sheet.conditional_formats.insert(index, rule)


def _rule(sheet: Sheet, index: int) -> Json:
    if not 0 <= index < len(sheet.conditional_formats):
        raise Refused(f"No conditional format on sheet: {sheet.id} at index: {index}")
    return sheet.conditional_formats[index]


@kind("updateConditionalFormatRule")
def change(spreadsheet: Spreadsheet, request: Json, context: Context) -> Json:
    index = request.get("index", 0)
    if "rule" in request:
        rule = clone(request["rule"])
        sheet = _check_rule(rule, spreadsheet, context)
        old = _rule(sheet, index)
        sheet.conditional_formats[index] = rule
        return {"newRule": clone(rule), "oldRule": old, "newIndex": index}
    sheet = spreadsheet.sheet(request.get("sheetId", 0))
    rule = _rule(sheet, index)
    sheet.conditional_formats.pop(index)
    sheet.conditional_formats.insert(request.get("newIndex", 0), rule)
    moved = {"newIndex": request.get("newIndex", 0), "oldIndex": index}
    return {"newRule": clone(rule), **moved}


@kind("deleteConditionalFormatRule")
def delete(spreadsheet: Spreadsheet, request: Json, context: Context) -> Json:
    sheet = spreadsheet.sheet(request.get("sheetId", 0))
    rule = _rule(sheet, request.get("index", 0))
    for one in rule["ranges"]:
        context.guard(sheet, bounds(one, sheet))
    sheet.conditional_formats.remove(rule)
    return {"rule": rule}


@kind("addBanding")
def add_banding(spreadsheet: Spreadsheet, request: Json, context: Context) -> Json:
    band: Json = clone(request.get("bandedRange", {}))
    if "range" not in band:
        raise Refused("Must specify bandedRange.range.")
    if not band.get("rowProperties") and not band.get("columnProperties"):
        raise Refused("At least one of rowProperties or columnProperties must be specified.")
    sheet, rect = area(band["range"], spreadsheet)
    context.guard(sheet, rect)
    if banded(sheet, rect):
        raise Refused(BANDED)
    with_id(band, "bandedRangeId", "banded_ranges", "Banded range", spreadsheet, context)
    sheet.banded_ranges.append(band)
    return {"bandedRange": clone(band)}


@kind("updateBanding")
def change_banding(spreadsheet: Spreadsheet, request: Json, context: Context) -> None:
    given = request.get("bandedRange", {})
    identity = given.get("bandedRangeId")
    sheet, band = found(spreadsheet, "banded_ranges", "bandedRangeId", identity, "banded range")
    update(band, clone(given), request.get("fields", ""))
    target, rect = area(band["range"], spreadsheet)
    context.guard(target, rect)
    if banded(target, rect, identity):
        raise Refused(BANDED)
    sheet.banded_ranges.remove(band)
    target.banded_ranges.append(band)


@kind("deleteBanding")
def delete_banding(spreadsheet: Spreadsheet, request: Json, context: Context) -> None:
    identity = request.get("bandedRangeId")
    sheet, band = found(spreadsheet, "banded_ranges", "bandedRangeId", identity, "banded range")
    sheet.banded_ranges.remove(band)
