"""A1 notation as the Sheets API reads and writes it."""

from __future__ import annotations

import re
from functools import lru_cache

from tests.fakes.sheets.state import Rect, Refused, Sheet, Spreadsheet, outside

_CELLS = re.compile(r"\$?([A-Za-z]{0,3})\$?(\d*)(?::\$?([A-Za-z]{0,3})\$?(\d*))?")
_PLAIN = re.compile(r"[A-Za-z_][A-Za-z0-9_.]*")
_LOOKS_LIKE_CELL = re.compile(r"[A-Za-z]{1,3}[0-9]+|[Rr][0-9]*[Cc][0-9]*")
MAX_COLUMNS = 18_278


@lru_cache(maxsize=4096)
def letters(column: int) -> str:
    """The letters of a column counted from 0: 27 is AB."""
    text = ""
    column += 1
    while column:
        column, digit = divmod(column - 1, 26)
        text = chr(65 + digit) + text
    return text


def number(text: str) -> int:
    """The column that letters name, counted from 0."""
    column = 0
    for letter in text.upper():
        column = column * 26 + ord(letter) - 64
    return column - 1


def cell_name(row: int, column: int) -> str:
    """B3 for (2, 1)."""
    return f"{letters(column)}{row + 1}"


def quoted(title: str) -> str:
    """A title as labels write it: in quotes unless it is a plain word that is no cell's name."""
    if _PLAIN.fullmatch(title) and not _LOOKS_LIKE_CELL.fullmatch(title):
        return title
    return "'" + title.replace("'", "''") + "'"


def label(title: str, rect: Rect) -> str:
    """Sheet1!A1:B2; one cell has one name."""
    top, bottom, left, right = rect
    name = cell_name(top, left)
    if (bottom, right) != (top + 1, left + 1):
        name += ":" + cell_name(bottom - 1, right - 1)
    return f"{quoted(title)}!{name}"


def open_label(title: str, area: tuple[int | None, int | None, int | None, int | None]) -> str:
    """A range with open ends (None), as refusals name it: Sheet1!A1001:B, Sheet1!AA1:2."""
    top, bottom, left, right = area
    start = cell_name(top or 0, left or 0)
    end = ("" if right is None else letters(right - 1)) + ("" if bottom is None else str(bottom))
    return f"{quoted(title)}!{start}" + (f":{end}" if end and end != start else "")


def split(text: str) -> tuple[str | None, str]:
    """Title (None when none is named) and the part after the exclamation mark."""
    if text.startswith("'"):
        end = 1
        while (end := text.find("'", end)) >= 0:
            if text[end + 1 : end + 2] != "'":
                title = text[1:end].replace("''", "'")
                return title, text[end + 2 :] if text[end + 1 : end + 2] == "!" else text[end + 1 :]
            end += 2
        return None, text
    if "!" in text:
        title, _, cells = text.rpartition("!")
        return title, cells
    return None, text


def cells(text: str) -> tuple[int | None, int | None, int | None, int | None] | None:
    """Open rectangle of `A1`, `A1:B2`, `A:B`, `2:3`, `A2:B`; None where it is no cell range."""
    found = _CELLS.fullmatch(text)
    if not found or not text:
        return None
    first, top, last, bottom = found.groups()
    if ":" not in text:
        if not (first and top):
            return None
        row, column = int(top) - 1, number(first)
        return row, row + 1, column, column + 1
    if not (first or top) or not (last or bottom) or (first and not (last or bottom)):
        return None
    rows = sorted(int(part) for part in (top, bottom) if part)
    columns = sorted(number(part) for part in (first, last) if part)
    return (
        rows[0] - 1 if top else None,
        rows[-1] if bottom else None,
        columns[0] if first else None,
        columns[-1] + 1 if last else None,
    )


def parse(text: str, spreadsheet: Spreadsheet) -> tuple[Sheet, Rect]:
    """The sheet and rectangle that a range names, cut at the grid's end.

    A bare word is a named range first, then a tab; a quoted one is a tab.  Refused: a range that
    cannot be read, or that begins outside the grid.
    """
    title, rest = split(text)
    if title is None:
        found = _named(rest, spreadsheet) or _bare(rest, spreadsheet)
        if found:
            return found
        sheet = spreadsheet.sheets[0]
    else:
        sheet = _titled(title, spreadsheet) or _unreadable(text)
        if not rest:
            return sheet, sheet.whole()
    area = cells(rest)
    if area is None:
        named = _named(rest, spreadsheet)
        return named if named and named[0] is sheet else _unreadable(text)
    return sheet, _cut(sheet, area)


def _cut(sheet: Sheet, area: tuple[int | None, ...]) -> Rect:
    top, bottom, left, right = area
    rows, columns = sheet.row_count, sheet.column_count
    first_row, first_column = top or 0, left or 0
    if first_row >= rows or first_column >= columns:
        raise outside(sheet, (first_row, bottom, first_column, right))
    return first_row, min(bottom or rows, rows), first_column, min(right or columns, columns)


def _named(text: str, spreadsheet: Spreadsheet) -> tuple[Sheet, Rect] | None:
    folded = text.casefold()
    for named in spreadsheet.named_ranges.values():
        if named["name"].casefold() == folded:
            return spreadsheet.rect(named["range"])
    return None


def _bare(text: str, spreadsheet: Spreadsheet) -> tuple[Sheet, Rect] | None:
    if cells(text) is not None:
        return None
    sheet = _titled(text, spreadsheet)
    if sheet is None:
        return _unreadable(text)
    return sheet, sheet.whole()


def _titled(title: str, spreadsheet: Spreadsheet) -> Sheet | None:
    folded = title.casefold()
    return next((s for s in spreadsheet.sheets if s.title.casefold() == folded), None)


def _unreadable(text: str):
    raise Refused(f"Unable to parse range: {text}")
