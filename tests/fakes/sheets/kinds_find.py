"""findReplace and trimWhitespace; importing this registers copying and sorting kinds too.

Sources: the discovery document (FindReplaceRequest: Java regexes,
$1, counts; TrimWhitespaceRequest).
Not settled by any source, so a switch: whether a regex that matches nothing at all finds an empty
cell (``Spreadsheet.regex_matches_blank``).  Texts are searched as cells show them; what replaces
them is read as if typed.
"""

from __future__ import annotations

import re
from collections.abc import Iterator

from tests.fakes.sheets import (  # noqa: F401 (they register their kinds)
    formatting,
    kinds_find_copy,
    kinds_find_order,
    parsing,
)
from tests.fakes.sheets.batch import Context, kind
from tests.fakes.sheets.calc_book import spillers
from tests.fakes.sheets.state import Cell, Json, Rect, Refused, Sheet, Spreadsheet
from tests.fakes.sheets.values_write import with_value


def _scope(spreadsheet: Spreadsheet, request: Json) -> list[tuple[Sheet, Rect]]:
    given = [key for key in ("range", "sheetId") if key in request]
    given += ["allSheets"] if request.get("allSheets") else []
    if len(given) != 1:
        raise Refused("Must specify exactly one of range, sheetId or allSheets.")
    if given == ["range"]:
        return [spreadsheet.rect(request["range"])]
    if given == ["sheetId"]:
        sheet = spreadsheet.sheet(request["sheetId"])
        return [(sheet, sheet.whole())]
    return [(sheet, sheet.whole()) for sheet in spreadsheet.sheets]


def _pattern(request: Json) -> re.Pattern[str]:
    told = request.get("find", "")
    if not told:
        raise Refused("Must specify a non-empty find value.")
    if not request.get("searchByRegex"):
        told = re.escape(told)
    try:
        return re.compile(told, re.ASCII | (0 if request.get("matchCase") else re.IGNORECASE))
    except re.error as error:
        raise Refused(f"Invalid regular expression: {request['find']}") from error


def _replacement(request: Json) -> str:
    told = request.get("replacement", "")
    if not request.get("searchByRegex"):
        return told.replace("\\", r"\\")
    told = re.sub(r"\\(?=\$)", "\0", told)
    return re.sub(r"\$(\d)", r"\\g<\1>", told).replace("\0", "")


def _cells(sheet: Sheet, rect: Rect, *, blanks: bool) -> Iterator[tuple[int, int, Cell | None]]:
    if not blanks:
        yield from sheet.cells(rect)
        return
    for row in range(rect[0], rect[1]):
        for column in range(rect[2], rect[3]):
            yield row, column, sheet.cell(row, column)


def _shown(
    sheet: Sheet, spreadsheet: Spreadsheet, cell: Cell | None, formulas: bool = False
) -> str | None:
    """The text that is searched; None where the cell is passed over."""
    value = (cell or {}).get("userEnteredValue")
    if value is None:
        return ""
    if "formulaValue" in value:
        return value["formulaValue"] if formulas else None
    number_format = (cell or {}).get("userEnteredFormat", {}).get("numberFormat")
    return formatting.text(value, number_format, spreadsheet.locale)


def _spilled(spreadsheet: Spreadsheet, rect: Rect, sheet: Sheet, context: Context) -> bool:
    """Whether a formula's array may reach these cells; then what it gives is brought up to date."""
    if "spillers" not in context.learnt:
        context.learnt["spillers"] = {each.id: spillers(each) for each in spreadsheet.sheets}
    near = context.learnt["spillers"][sheet.id]
    reached = any(row < rect[1] and column < rect[3] for row, column in near)
    if reached:
        context.recalculate()
    return reached


def _holding(
    sheet: Sheet, spreadsheet: Spreadsheet, rect: Rect, told: str, context: Context
) -> list[int]:
    """The rows of one column that show a text; the column is gone through for the first text."""
    key = ("texts", sheet.id, rect[2])
    if key not in context.learnt:
        texts: dict[str, set[int]] = {}
        for row, _, cell in sheet.cells((0, sheet.row_count, rect[2], rect[2] + 1)):
            texts.setdefault(_shown(sheet, spreadsheet, cell) or "", set()).add(row)
        context.learnt[key] = texts
    rows = context.learnt[key].get(told, ())
    return sorted(row for row in rows if rect[0] <= row < rect[1])


def _searched(
    sheet: Sheet, rect: Rect, request: Json, context: Context, *, blanks: bool
) -> list[tuple[int, int, Cell | None]]:
    """The cells that may hold what is looked for."""
    plain = not request.get("searchByRegex") and not request.get("includeFormulas")
    exact = plain and request.get("matchCase") and request.get("matchEntireCell")
    if exact and rect[3] - rect[2] == 1 < rect[1] - rect[0]:
        rows = _holding(sheet, context.spreadsheet, rect, request["find"], context)
        return [(row, rect[2], sheet.cell(row, rect[2])) for row in rows]
    return list(_cells(sheet, rect, blanks=blanks))


@kind("findReplace")
def find_replace(spreadsheet: Spreadsheet, request: Json, context: Context) -> Json:
    pattern, replacement = _pattern(request), _replacement(request)
    formulas, whole = bool(request.get("includeFormulas")), bool(request.get("matchEntireCell"))
    blanks = bool(
        request.get("range") and request.get("searchByRegex") and spreadsheet.regex_matches_blank
    ) and bool(pattern.fullmatch(""))
    counts = {"values": 0, "formulas": 0, "occurrences": 0}
    rows: set[tuple[int, int]] = set()
    for sheet, rect in _scope(spreadsheet, request):
        spilled = blanks and _spilled(spreadsheet, rect, sheet, context)
        for row, column, cell in _searched(sheet, rect, request, context, blanks=blanks):
            told = _shown(sheet, spreadsheet, cell, formulas)
            covered = spilled and (row, column) in sheet.computed
            if told is None or (not told and (not blanks or covered)):
                continue
            new, hits = _replaced(pattern, replacement, told, whole=whole)
            if not hits:
                continue
            context.guard(sheet, (row, row + 1, column, column + 1))
            typed, number_format = parsing.entered(new, spreadsheet.locale, cell)
            sheet.put(row, column, with_value(cell or {}, typed, number_format))
            _relearn(sheet, (row, column), told, typed, context)
            is_formula = bool(cell) and "formulaValue" in cell.get("userEnteredValue", {})
            counts["formulas" if is_formula else "values"] += 1
            counts["occurrences"] += hits
            rows.add((sheet.id, row))
    return _counted(counts, rows)


def _relearn(
    sheet: Sheet, place: tuple[int, int], old: str, typed: Json | None, context: Context
) -> None:
    """Keep what is known of texts and arrays right after a cell got another value."""
    if typed and "formulaValue" in typed:
        context.learnt.clear()
    texts = context.learnt.get(("texts", sheet.id, place[1]))
    if texts is None:
        return
    texts.get(old, set()).discard(place[0])
    new = _shown(sheet, context.spreadsheet, sheet.cell(*place))
    texts.setdefault(new or "", set()).add(place[0])


def _replaced(
    pattern: re.Pattern[str], replacement: str, told: str, *, whole: bool
) -> tuple[str, int]:
    if whole or not told:
        match = pattern.fullmatch(told)
        return (match.expand(replacement), 1) if match else (told, 0)
    return pattern.subn(replacement, told)


def _counted(counts: dict[str, int], rows: set[tuple[int, int]]) -> Json:
    told = {
        "valuesChanged": counts["values"],
        "formulasChanged": counts["formulas"],
        "rowsChanged": len(rows),
        "sheetsChanged": len({sheet for sheet, _ in rows}),
        "occurrencesChanged": counts["occurrences"],
    }
    return {key: value for key, value in told.items() if value}


@kind("trimWhitespace")
def trim(spreadsheet: Spreadsheet, request: Json, context: Context) -> Json:
    """Spaces at the ends go, others become one; what begins with = or + stays a text."""
    sheet, rect = spreadsheet.rect(request.get("range", {}))
    context.guard(sheet, rect)
    changed = 0
    for row, column, cell in list(sheet.cells(rect)):
        told = cell.get("userEnteredValue", {}).get("stringValue")
        if told is None:
            continue
        new = re.sub(r"\s+", " ", told.strip())
        if new != told:
            sheet.put(row, column, with_value(cell, {"stringValue": new} if new else None))
            changed += 1
    return {"cellsChangedCount": changed} if changed else {}
