"""Native tables.

No source settles whether deleteTable takes the contents too: here it does, the worse case.

Sources: developers.google.com/workspace/sheets/api/guides/tables (column types, DROPDOWN and its
condition), mmedum/google-sheets-mcp docs/architecture.md spike J (deleteTable takes conditional
rules), a public skill page on R's googlesheets4 ("addTable on a range that already has banding";
column indexes are relative to the table; cell values survive).
"""

from __future__ import annotations

from tests.fakes.sheets import calc_values
from tests.fakes.sheets.batch import Context, bounds, kind
from tests.fakes.sheets.kinds_objects_common import area, banded, found, meets, with_id
from tests.fakes.sheets.kinds_objects_rules import BANDED
from tests.fakes.sheets.masks import update
from tests.fakes.sheets.state import Json, Rect, Refused, Sheet, Spreadsheet, clone

TYPES = {
    *("DOUBLE", "CURRENCY", "PERCENT", "DATE", "TIME", "DATE_TIME", "TEXT", "BOOLEAN", "DROPDOWN"),
    *("FILES_CHIP", "PEOPLE_CHIP", "FINANCE_CHIP", "PLACE_CHIP", "RATINGS_CHIP"),
    "COLUMN_TYPE_UNSPECIFIED",
}


@kind("addTable")
def add(spreadsheet: Spreadsheet, request: Json, context: Context) -> Json:
    table: Json = clone(request.get("table", {}))
    if "range" not in table:
        raise Refused("Must specify table.range.")
    sheet, rect = area(table["range"], spreadsheet)
    context.guard(sheet, rect)
    if rect[1] - rect[0] < 2:
        raise Refused("A table must have at least one row below its header.")
    _check_place(sheet, rect, None)
    if "tableId" not in table:
        table["tableId"] = str(context.new_id())
    with_id(table, "tableId", "tables", "Table", spreadsheet, context)
    table.setdefault("name", f"Table_{len(sheet.tables) + 1}")
    _check_name(table, spreadsheet)
    _name_columns(table, sheet, rect)
    _check_columns(table, rect)
    if not spreadsheet.tables_take_dropdowns and _has_dropdown(table):
        raise Refused("Internal error encountered.", 500, "INTERNAL", whole=True)
    sheet.tables.append(table)
    return {"table": clone(table)}


def _check_place(sheet: Sheet, rect: Rect, own: str | None) -> None:
    if any(meets(bounds(t["range"], sheet), rect) for t in sheet.tables if t["tableId"] != own):
        raise Refused("You can't create a table that overlaps another table.")
    if banded(sheet, rect, own):
        raise Refused(BANDED)


def _check_name(table: Json, spreadsheet: Spreadsheet) -> None:
    for sheet in spreadsheet.sheets:
        for other in sheet.tables:
            same = other["name"].casefold() == table["name"].casefold()
            if same and other["tableId"] != table["tableId"]:
                raise Refused(f"A table named {table['name']} already exists.")


def _name_columns(table: Json, sheet: Sheet, rect: Rect) -> None:
    """Every column has a property; a name that is given is written as header, else it is read."""
    given = {item.get("columnIndex", 0): item for item in table.get("columnProperties", [])}
    width = rect[3] - rect[2]
    if any(not 0 <= index < width for index in given):
        raise Refused(
            "Column index must be between 0 (inclusive) and the number of columns (exclusive) in "
            "the table."
        )
    columns = []
    for index in range(width):
        place = rect[0], rect[2] + index
        column = given.get(index, {}) | {"columnIndex": index}
        header = calc_values.text(calc_values.from_extended(sheet.effective(*place)))
        name = column.setdefault("columnName", header or f"Column {index + 1}")
        if name != header:
            cell = {**(sheet.cell(*place) or {}), "userEnteredValue": {"stringValue": name}}
            sheet.put(*place, cell)
        columns.append(column)
    table["columnProperties"] = columns


def _has_dropdown(table: Json) -> bool:
    return any(column.get("columnType") == "DROPDOWN" for column in table["columnProperties"])


def _check_columns(table: Json, rect: Rect) -> None:
    for column in table["columnProperties"]:
        told = column.get("columnType", "COLUMN_TYPE_UNSPECIFIED")
        rule = column.get("dataValidationRule")
        if told not in TYPES:
            raise Refused(f"Invalid column type {told}.")
        if told == "DROPDOWN":
            if not rule or rule.get("condition", {}).get("type") != "ONE_OF_LIST":
                raise Refused(
                    "Dropdown column type must have a data validation rule with a ONE_OF_LIST "
                    "condition."
                )
        elif rule:
            raise Refused("Data validation rule can only be set for dropdown column type.")


@kind("updateTable")
def change(spreadsheet: Spreadsheet, request: Json, context: Context) -> None:
    given = request.get("table", {})
    sheet, table = found(spreadsheet, "tables", "tableId", given.get("tableId"), "table")
    context.guard(sheet, bounds(table["range"], sheet))
    update(table, clone(given), request.get("fields", ""))
    moved, rect = area(table["range"], spreadsheet)
    if moved is not sheet:
        raise Refused("A table can't be moved to another sheet.")
    context.guard(sheet, rect)
    _check_place(sheet, rect, table["tableId"])
    _check_name(table, spreadsheet)
    width = rect[3] - rect[2]
    known = [c for c in table.get("columnProperties", []) if c.get("columnIndex", 0) < width]
    table["columnProperties"] = known
    _name_columns(table, sheet, rect)
    _check_columns(table, rect)


@kind("deleteTable")
def delete(spreadsheet: Spreadsheet, request: Json, context: Context) -> None:
    """The table and its contents go, and conditional rules over it."""
    sheet, table = found(spreadsheet, "tables", "tableId", request.get("tableId"), "table")
    rect = bounds(table["range"], sheet)
    context.guard(sheet, rect)
    sheet.tables.remove(table)
    sheet.conditional_formats = [
        rule
        for rule in sheet.conditional_formats
        if not any(meets(bounds(one, sheet), rect) for one in rule["ranges"])
    ]
    for row in range(rect[0], min(rect[1], len(sheet.rows))):
        sheet.put_row(row, rect[2], [None] * (rect[3] - rect[2]))
