"""Writes the rows of a ValueRange into cells."""

from __future__ import annotations

from typing import Any

from tests.fakes.sheets import a1, parsing
from tests.fakes.sheets.batch import Context
from tests.fakes.sheets.shifts import canonical
from tests.fakes.sheets.state import Cell, Json, Rect, Refused, Sheet, Spreadsheet


def write(
    spreadsheet: Spreadsheet,
    sheet: Sheet,
    corner: tuple[int, int],
    body: Json,
    option: str,
    context: Context,
    limit: tuple[str, Rect] | None,
) -> Json:
    """Write from a corner on: an UpdateValuesResponse.

    Nulls leave their cells alone and do not count.  `limit` is the range as it was asked for and
    where it ends: writing past it is Refused.
    """
    if option not in {"RAW", "USER_ENTERED"}:
        raise Refused("'valueInputOption' is required but not specified")
    rows = _by_rows(body)
    height, width = len(rows), max(map(len, rows), default=0)
    row, column = corner
    _check(sheet, corner, height, width, limit)
    rect = (row, row + max(height, 1), column, column + max(width, 1))
    if height and width:
        context.guard(sheet, rect)
    touched: set[tuple[int, int]] = set()
    for down, values in enumerate(rows):
        for across, value in enumerate(values):
            if value is not None:
                touched.add((row + down, column + across))
                _put(spreadsheet, sheet, row + down, column + across, value, option)
    spreadsheet.changed()
    return _reply(spreadsheet, sheet, rect, touched)


def _by_rows(body: Json) -> list[list[Any]]:
    rows = body.get("values") or []
    if body.get("majorDimension") == "COLUMNS":
        height = max(map(len, rows), default=0)
        return [[line[n] if n < len(line) else None for line in rows] for n in range(height)]
    return rows


def _check(
    sheet: Sheet, corner: tuple[int, int], height: int, width: int, limit: tuple[str, Rect] | None
) -> None:
    """Without a limit (append) the grid grows; else writing past the limit is Refused."""
    row, column = corner
    if limit is None:
        sheet.resize(max(sheet.row_count, row + height), max(sheet.column_count, column + width))
        return
    text, rect = limit
    if row + height > rect[1]:
        raise Refused(
            f"Requested writing within range [{text}], but tried writing to row [{rect[1] + 1}]"
        )
    if column + width > rect[3]:
        name = a1.letters(rect[3])
        raise Refused(
            f"Requested writing within range [{text}], but tried writing to column [{name}]"
        )


def _put(
    spreadsheet: Spreadsheet, sheet: Sheet, row: int, column: int, value: Any, option: str
) -> None:
    old = sheet.cell(row, column) or {}
    if option == "RAW":
        typed, number_format = parsing.raw(value), {}
    else:
        typed, number_format = parsing.entered(value, spreadsheet.locale, old)
    if typed and "formulaValue" in typed:
        typed = {"formulaValue": canonical(typed["formulaValue"], spreadsheet)}
    sheet.put(row, column, with_value(old, typed, number_format))


def with_value(old: Cell, typed: Json | None, number_format: Json | None = None) -> Cell:
    """The cell with another value; a number format that typing brings counts where none is set."""
    cell = {key: value for key, value in old.items() if key not in {"userEnteredValue", "chipRuns"}}
    if typed is not None:
        cell["userEnteredValue"] = typed
    if number_format and "numberFormat" not in cell.get("userEnteredFormat", {}):
        own = cell.get("userEnteredFormat", {})
        cell["userEnteredFormat"] = {**own, "numberFormat": number_format}
    return cell


def _reply(
    spreadsheet: Spreadsheet, sheet: Sheet, rect: Rect, touched: set[tuple[int, int]]
) -> Json:
    reply: Json = {"spreadsheetId": spreadsheet.id, "updatedRange": a1.label(sheet.title, rect)}
    if touched:
        reply["updatedRows"] = len({row for row, _ in touched})
        reply["updatedColumns"] = len({column for _, column in touched})
        reply["updatedCells"] = len(touched)
    return reply
