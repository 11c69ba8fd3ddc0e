"""What named looks are: fonts, fills and lines of a drawn workbook, decided once.

White is for people's input, grey for what sync computes, yellow for settings.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from xlsxwriter.format import Format
    from xlsxwriter.workbook import Workbook

INK, GREY, LINE, PALE, TILE = "#1F2A37", "#667085", "#D9DEE5", "#F2F4F7", "#F5F8F9"
ACCENT, BAR = "#17616B", "#A9CBCF"
YELLOW = "#FFF6D6"
FONT = "Calibri"

BASE: dict[str, Any] = {"font_name": FONT, "font_size": 11, "font_color": INK, "valign": "vcenter"}
_TILE = {"bg_color": TILE, "indent": 1, "align": "left"}
_SMALL = {"font_size": 9, "font_color": GREY}
_CELL = {"bottom": 1, "bottom_color": LINE}

LOOKS: dict[str, dict[str, Any]] = {
    "": {},
    # report tabs
    "title": {"font_size": 22, "bold": True},
    "subtitle": {"font_size": 11, "font_color": GREY},
    "stamp label": {**_SMALL, "align": "right", "valign": "bottom"},
    "stamp": {"bold": True, "align": "right"},
    "rule": {"bottom": 5, "bottom_color": ACCENT},
    "note": {**_SMALL, "italic": True},
    "tile label": {
        **_TILE,
        "font_size": 10,
        "font_color": GREY,
        "bold": True,
        "top": 5,
        "top_color": ACCENT,
    },
    "tile value": {**_TILE, "font_size": 20, "bold": True, "shrink": True},
    "tile line": {**_TILE, **_SMALL},
    "tile end": {**_TILE, **_SMALL, "valign": "top"},
    "heading": {"font_size": 12, "bold": True, "bottom": 1, "bottom_color": ACCENT},
    "table head": {**_SMALL, **_CELL, "bold": True},
    "table head right": {**_SMALL, **_CELL, "bold": True, "align": "right"},
    "table cell": {**_CELL, "font_size": 10},
    "table number": {**_CELL, "font_size": 10, "align": "right"},
    "quiet heading": {**_SMALL, "bold": True},
    "quiet head": {**_SMALL, "bold": True, "bottom": 1, "bottom_color": LINE, "align": "left"},
    "quiet": {**_SMALL, "align": "left"},
    "quiet number": {**_SMALL, "align": "left"},
    "step number": {
        "bold": True,
        "align": "center",
        "font_color": "#FFFFFF",
        "bg_color": ACCENT,
        "border": 2,
        "border_color": "#FFFFFF",
    },
    "tick": {"align": "center", "font_size": 13, "locked": False},
    "step name": {"bold": True},
    "step text": {},
    "key input": {"bg_color": "#FFFFFF", "border": 1, "border_color": LINE},
    "key computed": {"bg_color": PALE, "border": 1, "border_color": LINE},
    "key settings": {"bg_color": YELLOW, "border": 1, "border_color": LINE},
    "key issue": {"bg_color": "#FDEBE3", "border": 1, "border_color": LINE},
    # tables
    "header": {
        "bold": True,
        "font_color": "#FFFFFF",
        "bg_color": ACCENT,
        "text_wrap": True,
        "border": 1,
        "border_color": "#FFFFFF",
    },
    "header computed": {
        "bold": True,
        "font_color": "#FFFFFF",
        "bg_color": "#5B6675",
        "text_wrap": True,
        "border": 1,
        "border_color": "#FFFFFF",
    },
    "input": {"locked": False},
    "computed": {"bg_color": PALE, "border": 1, "border_color": "#E4E7EC"},
    "computed words": {
        "bg_color": PALE,
        "border": 1,
        "border_color": "#E4E7EC",
        "text_wrap": True,
    },
    "decision": {"bg_color": "#FFFFFF", "border": 1, "border_color": LINE, "locked": False},
    "settings": {
        "bg_color": YELLOW,
        "border": 1,
        "border_color": "#EADFB4",
        "align": "left",
        "text_wrap": True,
        "locked": False,
    },
    "settings beside": {
        "bg_color": PALE,
        "border": 1,
        "border_color": "#E4E7EC",
        "text_wrap": True,
    },
}
"""Looks of cells; each adds to BASE."""

_SHARE = "0.0%"
RULES: dict[str, dict[str, Any]] = {
    "good": {"font_color": "#1B7F4B"},
    "bad": {"font_color": "#B42318"},
    "late": {"font_color": "#B42318", "bold": True},
    "missing": {"font_color": "#98A2B3"},
    "check": {"bg_color": "#FDEBE3"},
    "error": {"font_color": "#B42318", "bg_color": "#FDE7E4", "bold": True},
    "warning": {"font_color": "#93590B", "bg_color": "#FDF1DA"},
    "note": {"font_color": GREY},
    "tier platinum": {"font_color": "#FFFFFF", "bg_color": ACCENT},
    "tier gold": {"font_color": "#5F4508", "bg_color": "#F3DFA8"},
    "tier silver": {"font_color": "#344054", "bg_color": "#D8DEE6"},
    "tier bronze": {"font_color": "#6B3E1A", "bg_color": "#EBD3BF"},
    "tier registered": {"font_color": GREY},
    "unit money": {"num_format": "#,##0.00"},
    "unit ratio": {"num_format": _SHARE},
    "unit multiple": {"num_format": '0.0"×"'},
    "unit count": {"num_format": "#,##0"},
    "unit days": {"num_format": "#,##0.0"},
    "unit hours": {"num_format": "#,##0.0"},
    "unit per week": {"num_format": "0.00"},
    "unit points": {"num_format": "0.0"},
}
"""Looks that conditional formats lay over a cell's own."""

_SIDES: Mapping[str, Mapping[str, Any]] = {
    "left": {"align": "left", "indent": 1},
    "right": {"align": "right"},
}


class Pens:
    """A workbook's formats, each made once."""

    def __init__(self, book: Workbook) -> None:
        self._book = book
        self._made: dict[tuple[str, str, str], Format] = {}

    def cell(self, look: str, number_format: str = "", side: str = "") -> Format:
        """The format of a cell of that look; KeyError for a look that nobody declared.

        ``side`` is left or right where the look itself does not say on which side text stands.
        """
        properties = {**BASE, **LOOKS[look], **_SIDES.get(side, {})}
        return self._make(f"cell {side}", look, number_format, properties)

    def rule(self, look: str) -> Format:
        """The format that a conditional format lays over."""
        return self._make("rule", look, "", RULES[look])

    def _make(self, kind: str, look: str, code: str, properties: dict[str, Any]) -> Format:
        told = (kind, look, code)
        if told not in self._made:
            more = {"num_format": code} if code else {}
            self._made[told] = self._book.add_format({**properties, **more})
        return self._made[told]
