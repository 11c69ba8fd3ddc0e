"""Requests' small parts: ranges, cells, rows. Text is always text, whatever it looks like."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from datetime import date, datetime, time, timedelta
from typing import Any

from sheetsync.backends.google.draw_style import pixels_high, pixels_wide
from sheetsync.model.live import Live
from sheetsync.model.values import CellError, Formula

Json = dict[str, Any]
Request = dict[str, Any]

_EPOCH = datetime(1899, 12, 30)
_DAY = timedelta(days=1)


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
    parts = formula.split('"')
    parts[::2] = [part.replace(",", ";") for part in parts[::2]]
    return '"'.join(parts)


def entered(value: Any, /) -> Json | None:
    """The ``ExtendedValue`` of a value; None for an empty cell."""
    match value:
        case None | "":
            return None
        case bool():
            return {"boolValue": value}
        case int() | float():
            return {"numberValue": value}
        case datetime():
            return {"numberValue": serial(value)}
        case date():
            return {"numberValue": serial(datetime.combine(value, time()))}
        case timedelta():
            return {"numberValue": value / _DAY}
        case Formula():
            return {"formulaValue": f"={separated(value.text)}"}
        case CellError():
            return {"stringValue": value.code}
        case str():
            return {"stringValue": value}
        case _:
            return _live(value)


def _live(value: Live) -> Json:
    return {"formulaValue": f"={separated(value.text())}"}


def serial(moment: datetime) -> float:
    """Days since 30 December 1899, as Google counts them."""
    days = (moment.replace(tzinfo=None) - _EPOCH) / _DAY
    return int(days) if days.is_integer() else round(days, 10)


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
