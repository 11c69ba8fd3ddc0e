"""The file's named looks as Google writes them: colours, fonts, borders, number formats, sizes.

The looks are decided once, in ``xlsx.draw_style``; what Google cannot do is left out here:
shrinking text, and number formats in conditional formats.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from sheetsync.backends.xlsx.draw_style import BASE, LOOKS, RULES

Json = dict[str, Any]

_ALIGN = {"left": "LEFT", "right": "RIGHT", "center": "CENTER"}
_VALIGN = {"vcenter": "MIDDLE", "top": "TOP", "bottom": "BOTTOM"}
_LINES = {1: "SOLID", 2: "SOLID_MEDIUM", 5: "SOLID_THICK"}
_SIDES = ("top", "bottom", "left", "right")
_INDENT, _AIR = 9, 3
"""Pixels of one step of indentation, and of every cell's left and right edge."""
_PIXELS_PER_POINT, _PIXELS_PER_CHARACTER = 4 / 3, 7
_CELL_EDGES = 5
_FONT_KEYS = {"font_name": "fontFamily", "font_size": "fontSize", "bold": "bold"}


def colour(code: str) -> Json:
    """A ``ColorStyle`` of ``#RRGGBB``.

    >>> colour("#FF0000")
    {'rgbColor': {'red': 1.0, 'green': 0.0, 'blue': 0.0}}
    """
    parts = (int(code[i : i + 2], 16) / 255 for i in (1, 3, 5))
    return {"rgbColor": dict(zip(("red", "green", "blue"), (round(p, 4) for p in parts)))}  # noqa: B905


def cell_format(look: str, number_format: str = "", side: str = "") -> Json:
    """The ``CellFormat`` of a named look; KeyError for a look that nobody declared.

    ``side`` is left or right where the look itself does not say on which side text stands.
    """
    told = {**BASE, **LOOKS[look]}
    if side:
        told = {**told, "align": side, **({"indent": 1} if side == "left" else {})}
    made = _format(told)
    if number_format:
        made["numberFormat"] = number_pattern(number_format)
    return made


def without(made: Mapping[str, Any], *parts: str) -> Json:
    """A format that leaves some of its parts to a table's bands or to the sheet."""
    return {key: part for key, part in made.items() if key not in parts}


def rule_format(look: str) -> Json:
    """What a conditional format may lay over a cell: bold, colour, background; {} if nothing."""
    told = RULES[look]
    made: Json = {}
    font: Json = {}
    if "font_color" in told:
        font["foregroundColorStyle"] = colour(told["font_color"])
    if told.get("bold"):
        font["bold"] = True
    if font:
        made["textFormat"] = font
    if "bg_color" in told:
        made["backgroundColorStyle"] = colour(told["bg_color"])
    return made


def _format(told: Mapping[str, Any]) -> Json:
    made: Json = {"textFormat": _font(told), "verticalAlignment": _VALIGN[told["valign"]]}
    if "align" in told:
        made["horizontalAlignment"] = _ALIGN[told["align"]]
    if "bg_color" in told:
        made["backgroundColorStyle"] = colour(told["bg_color"])
    made["wrapStrategy"] = "WRAP" if told.get("text_wrap") else "OVERFLOW_CELL"
    made["padding"] = {
        "top": 2,
        "bottom": 2,
        "left": _AIR + _INDENT * int(told.get("indent", 0)),
        "right": _AIR + 3,
    }
    borders = _borders(told)
    return {**made, "borders": borders} if borders else made


def _font(told: Mapping[str, Any]) -> Json:
    font = {ours: told[key] for key, ours in _FONT_KEYS.items() if key in told}
    if told.get("italic"):
        font["italic"] = True
    return {**font, "foregroundColorStyle": colour(told["font_color"])}


def _borders(told: Mapping[str, Any]) -> Json:
    made = {}
    for side in _SIDES:
        line = told.get(side, told.get("border"))
        if line:
            shade = told.get(f"{side}_color", told.get("border_color", "#000000"))
            made[side] = {"style": _LINES[line], "colorStyle": colour(shade)}
    return made


def number_pattern(code: str) -> Json:
    """The ``NumberFormat`` of an Excel code.

    Patterns are written alike in all locales: Google shows the point of ``0.0`` and the comma of
    ``#,##0`` as the spreadsheet's locale has them, and an ISO day looks the same everywhere.

    >>> number_pattern("yyyy-mm-dd"), number_pattern("0.0%")["type"], number_pattern("@")
    ({'type': 'DATE', 'pattern': 'yyyy-mm-dd'}, 'PERCENT', {'type': 'TEXT'})
    """
    if code == "@":
        return {"type": "TEXT"}
    kind = "NUMBER"
    bare = "".join(code.split('"')[::2])
    if "y" in bare:
        kind = "DATE_TIME" if "h" in bare else "DATE"
    elif "%" in bare:
        kind = "PERCENT"
    return {"type": kind, "pattern": code}


def pixels_wide(characters: float) -> int:
    """A column's width in pixels for so many characters.

    >>> pixels_wide(12)
    89
    """
    return round(characters * _PIXELS_PER_CHARACTER) + _CELL_EDGES


def pixels_high(points: float) -> int:
    """A row's height in pixels."""
    return round(points * _PIXELS_PER_POINT)
