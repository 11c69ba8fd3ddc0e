"""Google's cell formats and conditional formats as XlsxWriter's."""

from __future__ import annotations

import json
from typing import Any

from xlsxwriter import Workbook
from xlsxwriter.worksheet import Worksheet

from tests.fakes.sheets.batch import bounds
from tests.fakes.sheets.state import Json, Sheet

_SIDES = {"top": "top", "bottom": "bottom", "left": "left", "right": "right"}
_LINES = {"SOLID": 1, "SOLID_MEDIUM": 2, "SOLID_THICK": 5, "DOTTED": 4, "DASHED": 3, "DOUBLE": 6}
_ALIGN = {"LEFT": "left", "RIGHT": "right", "CENTER": "center"}
_VALIGN = {"TOP": "top", "MIDDLE": "vcenter", "BOTTOM": "bottom"}


def rgb(style: Json) -> str:
    """A ColorStyle as #RRGGBB; what is left out is 0, as in Google's replies."""
    told = style.get("rgbColor", {})
    parts = (round(told.get(part, 0) * 255) for part in ("red", "green", "blue"))
    return "#" + "".join(f"{part:02X}" for part in parts)


class Looks:
    """A workbook's formats, each made once."""

    def __init__(self, book: Workbook) -> None:
        self._book = book
        self._made: dict[str, Any] = {}

    def format(self, look: Json) -> Any:
        """The format of a CellFormat."""
        key = json.dumps(look, sort_keys=True)
        if key not in self._made:
            self._made[key] = self._book.add_format(_properties(look))
        return self._made[key]


def _properties(look: Json) -> Json:
    told: Json = {"valign": _VALIGN[look.get("verticalAlignment", "BOTTOM")]}
    told |= _font(look.get("textFormat", {}))
    if "backgroundColorStyle" in look:
        told["bg_color"] = rgb(look["backgroundColorStyle"])
    if "horizontalAlignment" in look:
        told["align"] = _ALIGN[look["horizontalAlignment"]]
    if look.get("wrapStrategy") == "WRAP":
        told["text_wrap"] = True
    if look.get("padding", {}).get("left", 0) > 6 and told.get("align") != "right":
        told |= {"indent": 1, "align": told.get("align", "left")}
    for side, name in _SIDES.items():
        line = look.get("borders", {}).get(side)
        if line:
            told[name] = _LINES.get(line.get("style", ""), 0)
            told[f"{name}_color"] = rgb(line.get("colorStyle", {}))
    pattern = look.get("numberFormat", {})
    if pattern:
        told["num_format"] = pattern.get("pattern") or "@"
    return told


def _font(font: Json) -> Json:
    names = {"fontFamily": "font_name", "fontSize": "font_size", "bold": "bold", "italic": "italic"}
    told = {ours: font[key] for key, ours in names.items() if font.get(key)}
    if "foregroundColorStyle" in font:
        told["font_color"] = rgb(font["foregroundColorStyle"])
    return told


def add_rules(page: Worksheet, sheet: Sheet, looks: Looks) -> None:
    """Conditional formats, the first one strongest as in Google's list."""
    for rule in sheet.conditional_formats:
        for where in rule["ranges"]:
            top, bottom, left, right = bounds(where, sheet)
            told = _gradient(rule["gradientRule"]) if "gradientRule" in rule else _rule(rule, looks)
            page.conditional_format(top, left, bottom - 1, right - 1, told)


def _rule(rule: Json, looks: Looks) -> Json:
    condition = rule["booleanRule"]["condition"]
    assert condition["type"] == "CUSTOM_FORMULA", condition
    parts = condition["values"][0]["userEnteredValue"].split('"')
    parts[::2] = [part.replace(";", ",") for part in parts[::2]]
    look = rule["booleanRule"]["format"]
    made = looks._book.add_format(
        _font(look.get("textFormat", {}))
        | (
            {"bg_color": rgb(look["backgroundColorStyle"])}
            if "backgroundColorStyle" in look
            else {}
        )
    )
    return {"type": "formula", "criteria": '"'.join(parts), "format": made}


def _gradient(rule: Json) -> Json:
    low, high = rule["minpoint"], rule["maxpoint"]
    told = {
        "type": "2_color_scale",
        "min_color": rgb(low["colorStyle"]),
        "max_color": rgb(high["colorStyle"]),
    }
    for name, point in (("min", low), ("max", high)):
        told[f"{name}_type"] = {"NUMBER": "num", "MIN": "min", "MAX": "max"}[point["type"]]
        if point["type"] == "NUMBER":
            told[f"{name}_value"] = float(point["value"])
    return told
