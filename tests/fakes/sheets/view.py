"""Draws a spreadsheet as `spreadsheets.get` replies it: masks, ranges, grid data."""

from __future__ import annotations

from typing import Any

from tests.fakes.sheets import a1, formatting
from tests.fakes.sheets.batch import may_edit
from tests.fakes.sheets.masks import Tree, below, parse, pick
from tests.fakes.sheets.state import Cell, Json, Rect, Sheet, Spreadsheet, clone

STORED = (
    "userEnteredValue",
    "userEnteredFormat",
    "note",
    "dataValidation",
    "textFormatRuns",
    "chipRuns",
    "hyperlink",
    "pivotTable",
)
_OBJECTS = {
    "merges": "merges",
    "conditionalFormats": "conditional_formats",
    "bandedRanges": "banded_ranges",
    "charts": "charts",
    "tables": "tables",
    "filterViews": "filter_views",
    "slicers": "slicers",
    "rowGroups": "row_groups",
    "columnGroups": "column_groups",
}
_RANGE_KEYS = {
    "sheetId",
    "startRowIndex",
    "endRowIndex",
    "startColumnIndex",
    "endColumnIndex",
    "dimension",
    "startIndex",
    "endIndex",
    "rowIndex",
    "columnIndex",
}
PIXELS = {"ROWS": 21, "COLUMNS": 100}


def shown(value: Any) -> Any:
    """JSON as replies show it: ranges on the sheet with id 0 do not name it."""
    if isinstance(value, list):
        return [shown(item) for item in value]
    if not isinstance(value, dict):
        return value
    if value.get("sheetId") == 0 and value.keys() <= _RANGE_KEYS:
        value = {key: item for key, item in value.items() if key != "sheetId"}
    return {key: shown(item) for key, item in value.items()}


def spreadsheet_json(
    spreadsheet: Spreadsheet,
    *,
    fields: str | None = None,
    tree: Tree | None = None,
    ranges: list[str] | None = None,
    include_grid: bool = False,
    user: str = "owner",
    rects: list[tuple[Sheet, Rect]] | None = None,
) -> Json:
    """The masked reply.

    With `fields` (or `tree`, a parsed mask), the mask alone decides about grid data and
    `include_grid` does not count.  With
    `ranges` (A1 texts; or `rects`, resolved ones) only their sheets show, with one GridData each.
    """
    tree = parse(fields) if fields else tree
    parts = rects or [a1.parse(text, spreadsheet) for text in ranges or ()]
    reply: Json = {}
    if below(tree, "spreadsheetId")[0]:
        reply["spreadsheetId"] = spreadsheet.id
    for key, value in _top(spreadsheet).items():
        wanted, inner = below(tree, key)
        if wanted and value:
            reply[key] = pick(shown(value), inner)
    wanted, inner = below(tree, "sheets")
    if wanted:
        wants_data = below(inner, "data")[0] if tree is not None else include_grid
        if wants_data:
            spreadsheet.recalculate()
        sheets = spreadsheet.sheets
        if parts:
            sheets = [sheet for sheet in sheets if any(part[0] is sheet for part in parts)]
        reply["sheets"] = [
            _sheet(sheet, spreadsheet, inner, parts, wants_data, user) for sheet in sheets
        ]
    return reply


def _top(spreadsheet: Spreadsheet) -> Json:
    named = spreadsheet.named_ranges.values()
    return {
        "properties": spreadsheet.properties,
        "namedRanges": list(named),
        "spreadsheetUrl": f"https://docs.google.com/spreadsheets/d/{spreadsheet.id}/edit",
        "developerMetadata": [
            item for item in spreadsheet.metadata.values() if item["location"].get("spreadsheet")
        ],
    }


def _sheet(
    sheet: Sheet,
    spreadsheet: Spreadsheet,
    tree: Tree | None,
    parts: list[tuple[Sheet, Rect]],
    wants_data: bool,
    user: str,
) -> Json:
    reply: Json = {}
    wanted, inner = below(tree, "properties")
    if wanted:
        reply["properties"] = clone(pick(sheet.properties, inner))
    if wants_data:
        inner = below(tree, "data")[1]
        rects = [rect for owner, rect in parts if owner is sheet] or [sheet.whole()]
        reply["data"] = [_grid(sheet, spreadsheet, rect, inner) for rect in rects]
    for key, attribute in _OBJECTS.items():
        wanted, inner = below(tree, key)
        if wanted and (objects := getattr(sheet, attribute)):
            reply[key] = pick(shown(objects), inner)
    _add_rest(reply, sheet, spreadsheet, tree, user)
    return reply


def _add_rest(
    reply: Json, sheet: Sheet, spreadsheet: Spreadsheet, tree: Tree | None, user: str
) -> None:
    wanted, inner = below(tree, "protectedRanges")
    if wanted and sheet.protected_ranges:
        drawn = [protected_json(item, spreadsheet, user) for item in sheet.protected_ranges]
        reply["protectedRanges"] = pick(drawn, inner)
    wanted, inner = below(tree, "basicFilter")
    if wanted and sheet.basic_filter is not None:
        reply["basicFilter"] = pick(shown(sheet.basic_filter), inner)
    wanted, inner = below(tree, "developerMetadata")
    if wanted:
        found = [
            m for m in spreadsheet.metadata.values() if m["location"].get("sheetId") == sheet.id
        ]
        if found:
            reply["developerMetadata"] = clone(pick(found, inner))


def protected_json(protected: Json, spreadsheet: Spreadsheet, user: str) -> Json:
    """A protected range as this user sees it: editors show only to those who may edit."""
    drawn = shown(protected)
    if may_edit(protected, user, spreadsheet):
        return {**drawn, "requestingUserCanEdit": True}
    drawn.pop("editors", None)
    return drawn


def _grid(sheet: Sheet, spreadsheet: Spreadsheet, rect: Rect, tree: Tree | None) -> Json:
    top, bottom, left, right = rect
    grid: Json = {}
    if top and below(tree, "startRow")[0]:
        grid["startRow"] = top
    if left and below(tree, "startColumn")[0]:
        grid["startColumn"] = left
    wanted, inner = below(tree, "rowData")
    if wanted:
        rows = _rows(sheet, spreadsheet, rect, inner)
        if rows:
            grid["rowData"] = rows
    for key, dimension, first, last in (
        ("rowMetadata", "ROWS", top, bottom),
        ("columnMetadata", "COLUMNS", left, right),
    ):
        wanted, inner = below(tree, key)
        if wanted:
            grid[key] = pick(_dimensions(sheet, spreadsheet, dimension, first, last), inner)
    return grid


def _dimensions(
    sheet: Sheet, spreadsheet: Spreadsheet, dimension: str, first: int, last: int
) -> list[Json]:
    known = sheet.row_metadata if dimension == "ROWS" else sheet.column_metadata
    default = {"pixelSize": PIXELS[dimension]}
    drawn = [{**default, **known[n]} if n in known else default for n in range(first, last)]
    for item in spreadsheet.metadata.values():
        where = item["location"].get("dimensionRange")
        if where and where.get("sheetId", 0) == sheet.id and where["dimension"] == dimension:
            number = where["startIndex"] - first
            if 0 <= number < len(drawn):
                old = drawn[number]
                found = [*old.get("developerMetadata", ()), shown(item)]
                drawn[number] = {**old, "developerMetadata": found}
    return drawn


def _rows(sheet: Sheet, spreadsheet: Spreadsheet, rect: Rect, tree: Tree | None) -> list[Json]:
    wanted, cell_tree = below(tree, "values")
    if not wanted:
        return []
    draw = Drawing(sheet, spreadsheet, cell_tree)
    top, bottom, left, right = rect
    spilled: dict[int, int] = {}
    for row, column in sheet.computed:
        if top <= row < bottom and left <= column < right:
            spilled[row] = max(spilled.get(row, 0), column + 1)
    last = max([min(bottom, len(sheet.rows)), *(row + 1 for row in spilled)], default=0)
    rows: list[Json] = []
    for number in range(top, last):
        end = min(right, max(len(sheet.row(number)), spilled.get(number, 0)))
        values = draw.row(number, left, end)
        rows.append({"values": values} if values else {})
    while rows and not rows[-1]:
        rows.pop()
    return rows


def _flat(tree: Tree | None) -> bool:
    return tree is not None and "*" not in tree and not any(tree.values())


def _part(value: Json, tree: Tree | None, *, flat: bool) -> Json:
    if flat:
        return {key: value[key] for key in tree if key in value}
    return pick(value, tree)


class Drawing:
    """Draws cells under one mask; formats are merged once each."""

    def __init__(self, sheet: Sheet, spreadsheet: Spreadsheet, tree: Tree | None):
        self.sheet, self.locale = sheet, spreadsheet.locale
        self.default = spreadsheet.properties.get("defaultFormat", {})
        wanted = {key: below(tree, key)[1] for key in STORED if below(tree, key)[0]}
        self.stored = [(key, inner, _flat(inner)) for key, inner in wanted.items()]
        self.effective, self.effective_tree = below(tree, "effectiveValue")
        self.formatted = below(tree, "formattedValue")[0]
        self.formats, self.formats_tree = below(tree, "effectiveFormat")
        self.plain = pick(self.default, self.formats_tree)
        self._merged: dict[int, tuple[Json, Json]] = {}

    def row(self, number: int, left: int, end: int) -> list[Json]:
        """The cells of a row, {} where nothing stands, up to the last one."""
        stored, computed = self.sheet.row(number)[left:end], self.sheet.computed
        if not computed:
            drawn = [None if cell is None else self.cell(number, 0, cell, None) for cell in stored]
        else:
            stored += (None,) * (end - left - len(stored))
            drawn = []
            for column, cell in enumerate(stored, left):
                found = computed.get((number, column))
                nothing = cell is None and found is None
                drawn.append(None if nothing else self.cell(number, column, cell or {}, found))
        while drawn and drawn[-1] is None:
            drawn.pop()
        return [cell or {} for cell in drawn]

    def cell(self, row: int, column: int, cell: Cell, computed: Json | None) -> Json:
        """The wanted part of a cell that comes to `computed`, or to what was entered."""
        drawn: Json = {}
        for key, tree, flat in self.stored:
            if key in cell:
                drawn[key] = cell[key] if tree is None else _part(cell[key], tree, flat=flat)
        value = computed
        if value is None:
            value = cell.get("userEnteredValue")
            if value is not None and "formulaValue" in value:
                value = None
        if value is not None:
            if self.effective:
                tree = self.effective_tree
                drawn["effectiveValue"] = value if tree is None else pick(value, tree)
            if self.formatted:
                number_format = self.number_format(row, column, cell)
                drawn["formattedValue"] = formatting.text(value, number_format, self.locale)
        if self.formats and (merged := self.format(row, column, cell)) is not None:
            drawn["effectiveFormat"] = merged
        return drawn

    def number_format(self, row: int, column: int, cell: Cell) -> Json | None:
        """The number format that counts: the cell's own, or what a formula brought."""
        own = cell.get("userEnteredFormat", {}).get("numberFormat")
        return own or self.sheet.computed_formats.get((row, column))

    def format(self, row: int, column: int, cell: Cell) -> Json:
        """The effective format under the mask."""
        own = cell.get("userEnteredFormat")
        brought = self.sheet.computed_formats and self.sheet.computed_formats.get((row, column))
        if brought and "numberFormat" not in (own or {}):
            merged = merge(self.default, {**(own or {}), "numberFormat": brought})
            return pick(merged, self.formats_tree)
        if own is None:
            return self.plain
        known = self._merged.get(id(own))
        if known is None or known[0] is not own:
            known = (own, pick(merge(self.default, own), self.formats_tree))
            self._merged[id(own)] = known
        return known[1]


def merge(base: Json, over: Json) -> Json:
    """Formats laid over each other, text formats key by key."""
    if not over:
        return base
    merged = {**base, **over}
    if "textFormat" in base and "textFormat" in over:
        merged["textFormat"] = {**base["textFormat"], **over["textFormat"]}
    return merged


def updated_spreadsheet(spreadsheet: Spreadsheet, body: Json, fields: str, user: str) -> Json:
    """The `updatedSpreadsheet` of a batch's reply, for its ranges and the mask below that key."""
    wanted, tree = below(parse(fields) if fields else None, "updatedSpreadsheet")
    if not wanted:
        return {}
    return spreadsheet_json(
        spreadsheet,
        tree=tree,
        ranges=body.get("responseRanges"),
        include_grid=bool(body.get("responseIncludeGridData")),
        user=user,
    )


def mask_reply(reply: Json, fields: str) -> Json:
    """Apply a reply's `fields` to its own keys (`updatedSpreadsheet` is masked already)."""
    tree = parse(fields) if fields else None
    if tree is None:
        return reply
    return {
        key: value if key == "updatedSpreadsheet" else pick(value, below(tree, key)[1])
        for key, value in reply.items()
        if below(tree, key)[0]
    }
