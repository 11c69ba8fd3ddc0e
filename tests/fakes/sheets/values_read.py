"""Draws cells as the rows of a ValueRange."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from tests.fakes.sheets import a1, formatting
from tests.fakes.sheets.state import Cell, Json, Rect, Sheet, Spreadsheet


@dataclass(frozen=True)
class Render:
    """How values are wanted."""

    option: str
    dates: str
    major: str
    locale: str

    @classmethod
    def of(cls, body: Json, spreadsheet: Spreadsheet) -> Render:
        """From a request's JSON."""
        return cls(
            body.get("valueRenderOption", "FORMATTED_VALUE"),
            body.get("dateTimeRenderOption", "SERIAL_NUMBER"),
            body.get("majorDimension", "ROWS"),
            spreadsheet.locale,
        )


def render_of(query: dict[str, list[str]], spreadsheet: Spreadsheet) -> Render:
    """From a request's query."""
    return Render.of({key: values[-1] for key, values in query.items() if values}, spreadsheet)


def grid(spreadsheet: Spreadsheet, sheet: Sheet, rect: Rect, render: Render) -> Json:
    """A ValueRange: empty cells are "", trailing empty cells and rows are left out."""
    spreadsheet.recalculate()
    major = "ROWS" if render.major in {"", "DIMENSION_UNSPECIFIED"} else render.major
    reply: Json = {"range": a1.label(sheet.title, rect), "majorDimension": major}
    top, bottom, left, right = rect
    reach: dict[int, int] = {}
    for row, column in sheet.computed:
        reach[row] = max(reach.get(row, 0), column + 1)
    bottom = min(bottom, max([len(sheet.rows), *(row + 1 for row in reach)], default=0))
    rows = []
    quick = render == Render("UNFORMATTED_VALUE", "SERIAL_NUMBER", render.major, render.locale)
    quick = quick and not sheet.computed
    for number in range(top, bottom):
        end = min(right, max(len(sheet.row(number)), reach.get(number, 0)))
        if quick:
            rows.append([_quick(cell) for cell in sheet.row(number)[left:end]])
        else:
            rows.append([_value(sheet, number, column, render) for column in range(left, end)])
    if major == "COLUMNS":
        width = max(map(len, rows), default=0)
        rows = [[row[n] if n < len(row) else "" for row in rows] for n in range(width)]
    rows = [_trimmed(row) for row in rows]
    while rows and not rows[-1]:
        rows.pop()
    if rows:
        reply["values"] = rows
    return reply


def _trimmed(row: list[Any]) -> list[Any]:
    while row and row[-1] == "":
        row.pop()
    return row


def _quick(cell: Cell | None) -> Any:
    """The plain value of a cell on a sheet on which no formula gives anything."""
    value = cell and cell.get("userEnteredValue")
    if not value or "formulaValue" in value:
        return ""
    return formatting.unformatted(value)


def _value(sheet: Sheet, row: int, column: int, render: Render) -> Any:
    cell = sheet.cell(row, column) or {}
    if render.option == "FORMULA":
        own = cell.get("userEnteredValue")
        if own and "formulaValue" in own:
            return own["formulaValue"]
    value = sheet.effective(row, column)
    if value is None:
        return ""
    number_format = cell.get("userEnteredFormat", {}).get(
        "numberFormat"
    ) or sheet.computed_formats.get((row, column))
    if render.option in {"UNFORMATTED_VALUE", "FORMULA"}:
        wants_text = render.dates == "FORMATTED_STRING" and formatting.is_date(number_format)
        if not (wants_text and "numberValue" in value):
            return formatting.unformatted(value)
    return formatting.text(value, number_format, render.locale)
