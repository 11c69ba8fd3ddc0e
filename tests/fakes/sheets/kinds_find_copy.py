"""copyPaste, pasteData and appendCells.

Sources: the discovery document (CopyPasteRequest: repeats, a smaller
destination; AppendCellsRequest: tableId beats sheetId).
"""

from __future__ import annotations

from tests.fakes.sheets import birth, parsing
from tests.fakes.sheets.batch import Context, kind, load_kinds
from tests.fakes.sheets.kinds_grid import Writer
from tests.fakes.sheets.kinds_objects_common import found
from tests.fakes.sheets.shifts import moved_formula
from tests.fakes.sheets.state import Cell, Json, Rect, Refused, Sheet, Spreadsheet
from tests.fakes.sheets.values_write import with_value

Grid = list[list[Cell | None]]
VALUES = {"PASTE_NORMAL", "PASTE_NO_BORDERS", "PASTE_FORMULA", "PASTE_VALUES"}
FORMATS = {"PASTE_NORMAL", "PASTE_NO_BORDERS", "PASTE_FORMAT"}
RULES = {"PASTE_NORMAL", "PASTE_NO_BORDERS", "PASTE_DATA_VALIDATION"}


def _part(spreadsheet: Spreadsheet, sheet: Sheet, place: tuple[int, int], paste: str) -> Cell:
    """What one cell gives to a copy."""
    cell = sheet.cell(*place) or {}
    given: Cell = {}
    if paste == "PASTE_VALUES":
        value = sheet.effective(*place)
        if value is not None:
            given["userEnteredValue"] = value
    elif paste in VALUES and "userEnteredValue" in cell:
        given["userEnteredValue"] = cell["userEnteredValue"]
    if paste in FORMATS and "userEnteredFormat" in cell:
        own = cell["userEnteredFormat"]
        if paste == "PASTE_NO_BORDERS":
            own = {key: value for key, value in own.items() if key != "borders"}
        given["userEnteredFormat"] = own
    if paste in RULES and "dataValidation" in cell:
        given["dataValidation"] = cell["dataValidation"]
    if paste in {"PASTE_NORMAL", "PASTE_NO_BORDERS"}:
        given |= {k: cell[k] for k in ("note", "textFormatRuns", "hyperlink") if k in cell}
    return given


def _pasted(old: Cell | None, given: Cell, paste: str) -> Cell:
    """The cell under a paste: the pasted parts are given or gone, others stay."""
    gone = set()
    if paste in VALUES:
        gone |= {"userEnteredValue", "chipRuns"}
    if paste in FORMATS:
        gone |= {"userEnteredFormat", "textFormatRuns"}
    if paste in RULES:
        gone.add("dataValidation")
    if paste in {"PASTE_NORMAL", "PASTE_NO_BORDERS"}:
        gone |= {"note", "hyperlink"}
    return {k: v for k, v in (old or {}).items() if k not in gone} | given


@kind("copyPaste")
def copy_paste(spreadsheet: Spreadsheet, request: Json, context: Context) -> None:
    paste = request.get("pasteType", "PASTE_NORMAL")
    source, rect = spreadsheet.rect(request.get("source", {}))
    turned = request.get("pasteOrientation") == "TRANSPOSE"
    target, spot = spreadsheet.rect(request.get("destination", {}))
    size = (rect[1] - rect[0], rect[3] - rect[2])
    height, width = size[::-1] if turned else size
    bottom, right = _reach(spot[0], spot[1], height), _reach(spot[2], spot[3], width)
    spreadsheet.rect({"sheetId": target.id, "startRowIndex": spot[0], "endRowIndex": bottom,
                      "startColumnIndex": spot[2], "endColumnIndex": right})  # fmt: skip
    context.guard(target, (spot[0], bottom, spot[2], right))
    if paste == "PASTE_VALUES" and _calculates(source):
        context.recalculate()
    copies = [
        [_part(spreadsheet, source, (r, c), paste) for c in range(rect[2], rect[3])]
        for r in range(rect[0], rect[1])
    ]
    for row in range(spot[0], bottom):
        line: list[Cell | None] = []
        for column in range(spot[2], right):
            down, across = (row - spot[0]) % height, (column - spot[2]) % width
            if turned:
                down, across = across, down
            away = (row - rect[0] - down, column - rect[2] - across)
            given = _carried(copies[down][across], away)
            line.append(_pasted(target.cell(row, column), given, paste))
        target.put_row(row, spot[2], line)
    if paste in FORMATS and (source, rect[:1]) != (target, spot[:1]):
        _merge_too(source, rect, target, spot)


def _calculates(sheet: Sheet) -> bool:
    """Whether some cell of the sheet shows what a formula gives."""
    return bool(sheet.computed) or any(
        "formulaValue" in cell.get("userEnteredValue", {}) for _, _, cell in sheet.cells()
    )


def _reach(start: int, end: int, size: int) -> int:
    """Where a paste ends: a span that is a multiple of the source is filled, else one copy."""
    return end if (end - start) % size == 0 else start + size


def _carried(given: Cell, away: tuple[int, int]) -> Cell:
    told = given.get("userEnteredValue", {}).get("formulaValue")
    if told is None:
        return given
    return {**given, "userEnteredValue": {"formulaValue": moved_formula(told, *away)}}


def _merge_too(source: Sheet, rect: Rect, target: Sheet, spot: Rect) -> None:
    for merge in list(source.merges):
        inside = rect[0] <= merge["startRowIndex"] and merge["endRowIndex"] <= rect[1]
        if inside and rect[2] <= merge["startColumnIndex"] and merge["endColumnIndex"] <= rect[3]:
            down, across = spot[0] - rect[0], spot[2] - rect[2]
            target.merges.append({
                "sheetId": target.id,
                "startRowIndex": merge["startRowIndex"] + down,
                "endRowIndex": merge["endRowIndex"] + down,
                "startColumnIndex": merge["startColumnIndex"] + across,
                "endColumnIndex": merge["endColumnIndex"] + across,
            })  # fmt: skip


@kind("pasteData")
def paste_data(spreadsheet: Spreadsheet, request: Json, context: Context) -> None:
    if "delimiter" not in request:
        raise Refused("Must specify a delimiter; HTML is not read here.")
    spot = request.get("coordinate", {})
    sheet = spreadsheet.sheet(spot.get("sheetId", 0))
    rows = [line.split(request["delimiter"]) for line in request.get("data", "").splitlines()]
    top, left = spot.get("rowIndex", 0), spot.get("columnIndex", 0)
    width = max(map(len, rows), default=0)
    _grow(spreadsheet, sheet, top + len(rows), left + width)
    context.guard(sheet, (top, top + len(rows), left, left + width))
    for down, line in enumerate(rows):
        for across, told in enumerate(line):
            old = sheet.cell(top + down, left + across) or {}
            typed = parsing.entered(told, spreadsheet.locale, old)
            sheet.put(top + down, left + across, with_value(old, *typed))


def _grow(spreadsheet: Spreadsheet, sheet: Sheet, rows: int, columns: int) -> None:
    sheet.resize(max(rows, sheet.row_count), max(columns, sheet.column_count))
    birth.check_size(spreadsheet)


@kind("appendCells")
def append_cells(spreadsheet: Spreadsheet, request: Json, context: Context) -> None:
    rows, writer = request.get("rows", []), Writer(request.get("fields", ""))
    width = max((len(row.get("values", ())) for row in rows), default=0)
    context.recalculate()
    if request.get("tableId"):
        sheet, top, left = _table_end(spreadsheet, request["tableId"], len(rows), width, context)
    else:
        sheet = spreadsheet.sheet(request.get("sheetId", 0))
        top, left = sheet.used()[0], 0
        _grow(spreadsheet, sheet, top + len(rows), width)
    context.guard(sheet, (top, top + max(len(rows), 1), left, left + max(width, 1)))
    for down, row in enumerate(rows):
        cells = [
            writer.over(sheet.cell(top + down, left + i), given)
            for i, given in enumerate(row.get("values", ()))
        ]
        sheet.put_row(top + down, left, cells)


def _table_end(
    spreadsheet: Spreadsheet, wanted: str, count: int, width: int, context: Context
) -> tuple[Sheet, int, int]:
    """The first free row of a table's body; the table grows, rows come where others stand below."""
    sheet, table = found(spreadsheet, "tables", "tableId", wanted, "table")
    area = table["range"]
    left, right = area["startColumnIndex"], area["endColumnIndex"]
    if width > right - left:
        raise Refused("Row has more cells than the table has columns.")
    body = range(area["startRowIndex"] + 1, area["endRowIndex"])
    used = [r for r in body if any(sheet.effective(r, c) is not None for c in range(left, right))]
    top = used[-1] + 1 if used else body.start
    more = top + count - area["endRowIndex"]
    if more > 0:
        end = area["endRowIndex"]
        below = range(end, min(end + more, sheet.row_count))
        if any(sheet.effective(r, c) is not None for r in below for c in range(left, right)):
            span = {
                "sheetId": sheet.id,
                "dimension": "ROWS",
                "startIndex": end,
                "endIndex": end + more,
            }
            load_kinds()["insertDimension"](spreadsheet, {"range": span}, context)
        _grow(spreadsheet, sheet, end + more, 0)
        table["range"] = {**area, "endRowIndex": end + more}
    return sheet, top, left
