"""Requests' small parts: ranges, cells, rows. Text is always text, whatever it looks like."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from datetime import date, datetime, time, timedelta
from typing import Any

from sheetsync.backends.google import values
from sheetsync.backends.google.draw_style import pixels_high, pixels_wide
from sheetsync.backends.google.values import swapped
from sheetsync.model.live import Live
from sheetsync.model.values import CellError, Formula

Json = dict[str, Any]
Request = dict[str, Any]


def grid(
    sheet: int,
    top: int = 0,
    bottom: int | None = None,
    left: int | None = None,
    right: int | None = None,
) -> Json:
    """A ``GridRange``, from 0 and ends exclusive; an end that is None reaches to the sheet's."""
    told: Json = {"sheetId": sheet}
    if top or bottom is not None:
        told["startRowIndex"] = top
    if bottom is not None:
        told["endRowIndex"] = bottom
    if left is not None:
        told["startColumnIndex"] = left
    if right is not None:
        told["endColumnIndex"] = right
    return told


def column_range(sheet: int, index: int, top: int = 1, bottom: int | None = None) -> Json:
    """One column's cells below the header."""
    return grid(sheet, top, bottom, index, index + 1)


def separated(formula: str) -> str:
    """A formula with ``;`` between arguments, which every locale of Google Sheets understands.

    >>> separated('IF(A1="a,b",1,2)')
    'IF(A1="a,b";1;2)'
    """
    return swapped(formula, ",", ";")


def entered(value: Any, /) -> Json | None:
    """The ``ExtendedValue`` of what is drawn; None for an empty cell.

    Formulas are told with commas here, and errors stand as words.
    """
    match value:
        case datetime():
            return values.entered(value)
        case date():
            return values.entered(datetime.combine(value, time()))
        case Formula():
            return values.entered(value, separated(value.text))
        case CellError():
            return {"stringValue": value.code}
        case None | bool() | int() | float() | timedelta() | str():
            return values.entered(value)
        case _:
            return _live(value)


def _live(value: Live) -> Json:
    return {"formulaValue": f"={separated(value.text())}"}


def cell(value: Any, **more: Any) -> Json:
    """A ``CellData`` with a value and whatever else is told."""
    told = entered(value)
    return {**({"userEnteredValue": told} if told is not None else {}), **more}


def body_rows(keys: Iterable[str], rows: Iterable[Mapping[str, Any]]) -> list[Json]:
    """``RowData`` of rows, in the order of the column keys."""
    keys = tuple(keys)
    return [{"values": [cell(row.get(key)) for key in keys]} for row in rows]


def update_cells(where: Json, rows: list[Json], fields: str) -> Request:
    """Write cells; those of the range that ``rows`` do not reach are cleared."""
    return {"updateCells": {"range": where, "rows": rows, "fields": fields}}


def repeat_format(where: Json, made: Json) -> Request:
    """Give every cell of a range the same look."""
    fields = ",".join(f"userEnteredFormat.{part}" for part in sorted(made))
    told = {"range": where, "cell": {"userEnteredFormat": made}, "fields": fields}
    return {"repeatCell": told}


def widths(sheet: int, characters: Mapping[int, float]) -> Iterable[Request]:
    """Column widths by column from 0; neighbours of one width share a request."""
    return _sizes(sheet, "COLUMNS", {at: pixels_wide(w) for at, w in characters.items()})


def heights(sheet: int, points: Mapping[int, float]) -> Iterable[Request]:
    """Row heights by row from 0."""
    return _sizes(sheet, "ROWS", {at: pixels_high(h) for at, h in points.items()})


def _sizes(sheet: int, dimension: str, pixels: Mapping[int, int]) -> Iterable[Request]:
    runs: list[tuple[int, int, int]] = []
    for at in sorted(pixels):
        if runs and runs[-1][1] == at and runs[-1][2] == pixels[at]:
            runs[-1] = (runs[-1][0], at + 1, pixels[at])
        else:
            runs.append((at, at + 1, pixels[at]))
    for start, end, size in runs:
        where = {
            "sheetId": sheet,
            "dimension": dimension,
            "startIndex": start,
            "endIndex": end,
        }
        told = {"range": where, "properties": {"pixelSize": size}, "fields": "pixelSize"}
        yield {"updateDimensionProperties": told}
