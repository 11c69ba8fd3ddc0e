"""New spreadsheets, new tabs and copies of tabs."""

from __future__ import annotations

from typing import Any

from tests.fakes.sheets import a1
from tests.fakes.sheets.state import Json, Refused, Sheet, Spreadsheet, clone

WHITE = {"red": 1, "green": 1, "blue": 1}
DEFAULT_FORMAT: Json = {
    "backgroundColor": WHITE,
    "padding": {"top": 2, "right": 3, "bottom": 2, "left": 3},
    "verticalAlignment": "BOTTOM",
    "wrapStrategy": "OVERFLOW_CELL",
    "textFormat": {
        "foregroundColor": {},
        "fontFamily": "arial,sans,sans-serif",
        "fontSize": 10,
        "bold": False,
        "italic": False,
        "strikethrough": False,
        "underline": False,
        "foregroundColorStyle": {"rgbColor": {}},
    },
    "backgroundColorStyle": {"rgbColor": WHITE},
}
THEME: Json = {
    "primaryFontFamily": "Arial",
    "themeColors": [
        {"colorType": "TEXT", "color": {"rgbColor": {}}},
        {"colorType": "BACKGROUND", "color": {"rgbColor": WHITE}},
        {
            "colorType": "ACCENT1",
            "color": {"rgbColor": {"red": 0.25882354, "green": 0.52156866, "blue": 0.95686275}},
        },
    ],
}
MAX_CELLS = 10_000_000


def spreadsheet(identity: str, wanted: Json, owner: str = "owner") -> Spreadsheet:
    """A spreadsheet from the body of `spreadsheets.create`; an empty body gives one empty tab."""
    properties = {
        "title": "Untitled spreadsheet",
        "locale": "en_US",
        "autoRecalc": "ON_CHANGE",
        "timeZone": "Etc/GMT",
        "defaultFormat": clone(DEFAULT_FORMAT),
        "spreadsheetTheme": clone(THEME),
        **wanted.get("properties", {}),
    }
    made = Spreadsheet(identity, properties, [], owner)
    for number, sheet in enumerate(wanted.get("sheets") or [{"properties": {"sheetId": 0}}]):
        add_sheet(made, sheet.get("properties", {}), number)
    for named in wanted.get("namedRanges", ()):
        key = named.get("namedRangeId") or str(made.new_id())
        made.named_ranges[key] = {**named, "namedRangeId": key}
    return made


def add_sheet(spreadsheet_: Spreadsheet, wanted: Json, index: int | None = None) -> Sheet:
    """A new tab; Refused for a title or id that is taken."""
    title = wanted.get("title") or _free_title(spreadsheet_)
    check_title(spreadsheet_, title)
    identity = wanted.get("sheetId")
    if identity is None:
        identity = spreadsheet_.new_id()
    if any(sheet.id == identity for sheet in spreadsheet_.sheets):
        raise Refused(f"Sheet with id {identity} already exists.")
    if identity < 0:
        raise Refused("Sheet id must be non-negative.")
    position = wanted.get("index", len(spreadsheet_.sheets) if index is None else index)
    grid = {"rowCount": 1000, "columnCount": 26, **wanted.get("gridProperties", {})}
    properties: Json = {
        **wanted,
        "sheetId": identity,
        "title": title,
        "index": position,
        "sheetType": wanted.get("sheetType", "GRID"),
        "gridProperties": grid,
    }
    sheet = Sheet(properties)
    spreadsheet_.sheets.insert(position, sheet)
    renumber(spreadsheet_)
    check_size(spreadsheet_)
    return sheet


def check_title(spreadsheet_: Spreadsheet, title: str, own: Sheet | None = None) -> None:
    """Refused when another tab has this title (case counts not)."""
    if len(title) > 100:
        raise Refused("The sheet name cannot be greater than 100 characters.")
    if any(s is not own and s.title.casefold() == title.casefold() for s in spreadsheet_.sheets):
        raise Refused(f'A sheet with the name "{title}" already exists. Please enter another name.')


def check_size(spreadsheet_: Spreadsheet) -> None:
    """Refused above ten million cells."""
    if any(sheet.column_count > a1.MAX_COLUMNS for sheet in spreadsheet_.sheets):
        raise Refused(
            "This action would increase the number of columns in the sheet above the limit of "
            f"{a1.MAX_COLUMNS} columns."
        )
    cells = sum(sheet.row_count * sheet.column_count for sheet in spreadsheet_.sheets)
    if cells > MAX_CELLS:
        raise Refused(
            "This action would increase the number of cells in the workbook above the limit of "
            f"{MAX_CELLS} cells."
        )


def renumber(spreadsheet_: Spreadsheet) -> None:
    """Write each tab's index."""
    for number, sheet in enumerate(spreadsheet_.sheets):
        sheet.properties["index"] = number


def _free_title(spreadsheet_: Spreadsheet) -> str:
    taken = {sheet.title for sheet in spreadsheet_.sheets}
    number = len(taken) + 1
    while f"Sheet{number}" in taken:
        number += 1
    return f"Sheet{number}"


def copy_sheet(
    source: Sheet, target: Spreadsheet, title: str | None = None, **properties: Any
) -> Json:
    """A copy of a tab in a spreadsheet: its properties' JSON."""
    wanted = {**clone(source.properties), **properties}
    wanted["sheetId"] = properties.get("sheetId") or target.new_id()
    wanted["title"] = title or copy_title(source.title, target)
    wanted["index"] = properties.get("index", len(target.sheets))
    twin = add_sheet(target, wanted)
    forked = source.fork()
    forked.properties = twin.properties
    for name, value in forked.__dict__.items():
        setattr(twin, name, _moved(value, source.id, twin.id) if name != "rows" else value)
    _fresh_ids(twin, target)
    target.changed()
    return twin.properties


def copy_title(title: str, target: Spreadsheet) -> str:
    """Copy of Sheet1, Copy of Sheet1 2, ..."""
    taken = {sheet.title.casefold() for sheet in target.sheets}
    wanted = f"Copy of {title}"
    number = 1
    while wanted.casefold() in taken:
        number += 1
        wanted = f"Copy of {title} {number}"
    return wanted


def _moved(value: Any, old: int, new: int) -> Any:
    if isinstance(value, list):
        return [_moved(item, old, new) for item in value]
    if isinstance(value, dict):
        moved = {key: _moved(item, old, new) for key, item in value.items()}
        if moved.get("sheetId") == old and "gridProperties" not in moved:
            moved["sheetId"] = new
        return moved
    return value


_IDS = {
    "charts": "chartId",
    "banded_ranges": "bandedRangeId",
    "protected_ranges": "protectedRangeId",
    "filter_views": "filterViewId",
    "slicers": "slicerId",
    "tables": "tableId",
}


def _fresh_ids(sheet: Sheet, spreadsheet_: Spreadsheet) -> None:
    for attribute, key in _IDS.items():
        for item in getattr(sheet, attribute):
            fresh = spreadsheet_.new_id()
            item[key] = str(fresh) if key == "tableId" else fresh
