"""A spreadsheet of the Sheets emulator as a state for the Apps Script fake."""

from __future__ import annotations

from typing import Any

from tests.fakes.sheets.state import Spreadsheet

_CALENDAR = {"DATE": "yyyy-mm-dd", "DATE_TIME": "yyyy-mm-dd hh:mm", "TIME": "hh:mm", "TEXT": "@"}


def script_state(spreadsheet: Spreadsheet) -> dict[str, Any]:
    """Cells with their values, formulas and kinds of format; names of single ranges."""
    spreadsheet.recalculate()
    sheets = []
    for sheet in spreadsheet.sheets:
        high, wide = sheet.used()
        cells = [[_cell(sheet, row, column) for column in range(wide)] for row in range(high)]
        sheets.append(
            {
                "id": sheet.id,
                "title": sheet.title,
                "rows": sheet.row_count,
                "columns": sheet.column_count,
                "cells": cells,
            }
        )
    names = {named["name"]: _name(named["range"]) for named in spreadsheet.named_ranges.values()}
    return {"timeZone": "Etc/UTC", "sheets": sheets, "names": names}


def _cell(sheet: Any, row: int, column: int) -> dict[str, Any] | None:
    told = sheet.cell(row, column) or {}
    value = sheet.effective(row, column)
    made: dict[str, Any] = {}
    if value is not None:
        ((kind, content),) = value.items()
        made["v"] = "#N/A" if kind == "errorValue" else content
    if formula := told.get("userEnteredValue", {}).get("formulaValue"):
        made["f"] = formula
    form = told.get("userEnteredFormat", {}).get("numberFormat", {}).get("type")
    if form in _CALENDAR:
        made["format"] = _CALENDAR[form]
    return made or None


def _name(where: dict[str, Any]) -> dict[str, int]:
    top, left = where.get("startRowIndex", 0), where.get("startColumnIndex", 0)
    return {
        "sheet": where.get("sheetId", 0),
        "row": top + 1,
        "column": left + 1,
        "rows": where.get("endRowIndex", top + 1) - top,
        "columns": where.get("endColumnIndex", left + 1) - left,
    }
