"""The values endpoints: get, update, append, clear, their batches and their data-filter forms."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

from tests.fakes.sheets import a1, metadata
from tests.fakes.sheets.batch import Context
from tests.fakes.sheets.state import Json, Rect, Refused, Sheet, Spreadsheet
from tests.fakes.sheets.values_read import Render, grid, render_of
from tests.fakes.sheets.values_write import write

Query = dict[str, list[str]]


def one(query: Query, name: str, default: str = "") -> str:
    """The last value of a query parameter."""
    return query.get(name, [default])[-1]


@contextmanager
def numbered(name: str, number: int) -> Iterator[None]:
    """Refusals within a batch of values tell which of them: "Invalid data[0]: ..."."""
    try:
        yield
    except Refused as refused:
        refused.message = f"Invalid {name}[{number}]: {refused.message}"
        raise


def _place(names: dict[str, str], spreadsheet: Spreadsheet) -> tuple[Sheet, Rect]:
    return a1.parse(names["range"], spreadsheet)


def get(service, spreadsheet, names, query, body, user) -> Json:
    sheet, rect = _place(names, spreadsheet)
    return grid(spreadsheet, sheet, rect, render_of(query, spreadsheet))


def batch_get(service, spreadsheet, names, query, body, user) -> Json:
    render = render_of(query, spreadsheet)
    places = [a1.parse(text, spreadsheet) for text in query.get("ranges", [])]
    return {
        "spreadsheetId": spreadsheet.id,
        "valueRanges": [grid(spreadsheet, *place, render) for place in places],
    }


def batch_get_by_filter(service, spreadsheet, names, query, body, user) -> Json:
    render = Render.of(body, spreadsheet)
    matched = [
        {"valueRange": grid(spreadsheet, *place, render), "dataFilters": [echoed(data_filter)]}
        for data_filter in body.get("dataFilters", [])
        for place in metadata.rects(data_filter, spreadsheet)
    ]
    return {"spreadsheetId": spreadsheet.id, "valueRanges": matched}


def echoed(data_filter: Json) -> Json:
    """A data filter as replies repeat it: zeros of its range are left out."""
    area = data_filter.get("gridRange")
    if area is None:
        return data_filter
    return {**data_filter, "gridRange": {key: value for key, value in area.items() if value}}


def update(service, spreadsheet, names, query, body, user) -> Json:
    reply = _update(spreadsheet, names["range"], body, one(query, "valueInputOption"), user)
    return _with_values(reply, spreadsheet, query)


def _update(spreadsheet: Spreadsheet, text: str, body: Json, option: str, user: str) -> Json:
    sheet, rect = a1.parse(text, spreadsheet)
    if body.get("range"):
        other, area = a1.parse(body["range"], spreadsheet)
        if (other, area) != (sheet, rect):
            raise Refused(
                f"Requested writing within range [{text}], but the body names [{body['range']}]"
            )
    one_cell = rect[1] - rect[0] == 1 and rect[3] - rect[2] == 1
    limit = (text, (rect[0], sheet.row_count, rect[2], sheet.column_count) if one_cell else rect)
    return write(
        spreadsheet, sheet, (rect[0], rect[2]), body, option, Context(spreadsheet, user), limit
    )


def batch_update(service, spreadsheet, names, query, body, user) -> Json:
    return _batch(spreadsheet, body, user, [(item["range"], item) for item in body.get("data", [])])


def batch_update_by_filter(service, spreadsheet, names, query, body, user) -> Json:
    writes = []
    for item in body.get("data", []):
        for sheet, rect in metadata.rects(item["dataFilter"], spreadsheet):
            rest = {key: value for key, value in item.items() if key != "dataFilter"}
            writes.append((a1.label(sheet.title, rect), rest))
    return _batch(spreadsheet, body, user, writes)


def _batch(spreadsheet: Spreadsheet, body: Json, user: str, writes: list[tuple[str, Json]]) -> Json:
    option = body.get("valueInputOption", "")
    before = spreadsheet.fork()
    try:
        replies = []
        for number, (text, item) in enumerate(writes):
            with numbered("data", number):
                replies.append(_update(spreadsheet, text, {**item, "range": None}, option, user))
    except BaseException:
        spreadsheet.restore(before)
        raise
    query = {
        "includeValuesInResponse": [str(body.get("includeValuesInResponse", False))],
        "responseValueRenderOption": [body.get("responseValueRenderOption", "FORMATTED_VALUE")],
    }
    return _totals(spreadsheet, [_with_values(reply, spreadsheet, query) for reply in replies])


def _totals(spreadsheet: Spreadsheet, replies: list[Json]) -> Json:
    places = [
        a1.parse(reply["updatedRange"], spreadsheet) for reply in replies if "updatedCells" in reply
    ]
    rows = {(sheet.id, n) for sheet, rect in places for n in range(rect[0], rect[1])}
    columns = {(sheet.id, n) for sheet, rect in places for n in range(rect[2], rect[3])}
    totals = {
        "totalUpdatedRows": len(rows),
        "totalUpdatedColumns": len(columns),
        "totalUpdatedCells": sum(reply.get("updatedCells", 0) for reply in replies),
        "totalUpdatedSheets": len({sheet.id for sheet, _ in places}),
    }
    counts = {key: value for key, value in totals.items() if value}
    return {"spreadsheetId": spreadsheet.id, **counts, "responses": replies}


def _with_values(reply: Json, spreadsheet: Spreadsheet, query: Query) -> Json:
    if one(query, "includeValuesInResponse").lower() != "true":
        return reply
    sheet, rect = a1.parse(reply["updatedRange"], spreadsheet)
    render = Render(
        one(query, "responseValueRenderOption", "FORMATTED_VALUE"),
        one(query, "responseDateTimeRenderOption", "SERIAL_NUMBER"),
        "ROWS",
        spreadsheet.locale,
    )
    return {**reply, "updatedData": grid(spreadsheet, sheet, rect, render)}


def append(service, spreadsheet, names, query, body, user) -> Json:
    sheet, rect = _place(names, spreadsheet)
    table = find_table(spreadsheet, sheet, rect)
    row, column = (table[1], table[2]) if table else (rect[0], rect[2])
    rows = body.get("values", [])
    down = len(rows) if body.get("majorDimension") != "COLUMNS" else max(map(len, rows), default=0)
    if one(query, "insertDataOption") == "INSERT_ROWS" and table:
        from tests.fakes.sheets import kinds_dimensions

        kinds_dimensions.insert(spreadsheet, sheet, "ROWS", row, min(row, sheet.row_count) + down)
    if row + down > sheet.row_count:
        sheet.resize(rows=row + down)
    across = (
        max(map(len, rows), default=0) if body.get("majorDimension") != "COLUMNS" else len(rows)
    )
    if column + across > sheet.column_count:
        sheet.resize(columns=column + across)
    option, context = one(query, "valueInputOption"), Context(spreadsheet, user)
    reply = write(spreadsheet, sheet, (row, column), body, option, context, None)
    found = {"tableRange": a1.label(sheet.title, table)} if table else {}
    return {
        "spreadsheetId": spreadsheet.id,
        **found,
        "updates": _with_values(reply, spreadsheet, query),
    }


def find_table(spreadsheet: Spreadsheet, sheet: Sheet, rect: Rect) -> Rect | None:
    """The block of filled cells that `append` finds around a range.

    It is the block of the last filled cell within the range, grown to whatever touches it; with
    nothing filled in the range there is none, whatever stands beside it.
    """
    spreadsheet.recalculate()
    filled = {(r, c) for r, c, cell in sheet.cells() if "userEnteredValue" in cell}
    filled |= set(sheet.computed)
    inside = {(r, c) for r, c in filled if rect[0] <= r < rect[1] and rect[2] <= c < rect[3]}
    if not inside:
        return None
    block = _grown(filled, {max(inside)})
    rows, columns = {r for r, _ in block}, {c for _, c in block}
    return min(rows), max(rows) + 1, min(columns), max(columns) + 1


def _grown(filled: set[tuple[int, int]], block: set[tuple[int, int]]) -> set[tuple[int, int]]:
    edge = list(block)
    while edge:
        row, column = edge.pop()
        for near in (
            (r, c) for r in (row - 1, row, row + 1) for c in (column - 1, column, column + 1)
        ):
            if near in filled and near not in block:
                block.add(near)
                edge.append(near)
    return block


def clear(service, spreadsheet, names, query, body, user) -> Json:
    cleared = clear_range(spreadsheet, *_place(names, spreadsheet), user)
    return {"spreadsheetId": spreadsheet.id, "clearedRange": cleared}


def batch_clear(service, spreadsheet, names, query, body, user) -> Json:
    places = []
    for number, text in enumerate(body.get("ranges", [])):
        with numbered("range", number):
            places.append(a1.parse(text, spreadsheet))
    cleared = [clear_range(spreadsheet, *place, user) for place in places]
    return {"spreadsheetId": spreadsheet.id, "clearedRanges": cleared}


def batch_clear_by_filter(service, spreadsheet, names, query, body, user) -> Json:
    places = [
        place for item in body.get("dataFilters", []) for place in metadata.rects(item, spreadsheet)
    ]
    cleared = [clear_range(spreadsheet, *place, user) for place in places]
    return {"spreadsheetId": spreadsheet.id, "clearedRanges": cleared}


def clear_range(spreadsheet: Spreadsheet, sheet: Sheet, rect: Rect, user: str) -> str:
    """Take the values away; formats, notes and validation stay: the range's label."""
    Context(spreadsheet, user).guard(sheet, rect)
    for row, column, cell in list(sheet.cells(rect)):
        sheet.put(row, column, {k: v for k, v in cell.items() if k not in VALUE_KEYS})
    spreadsheet.changed()
    return a1.label(sheet.title, rect)


VALUE_KEYS = {"userEnteredValue", "textFormatRuns", "chipRuns", "hyperlink"}


_PLACE = r"/values/(?P<range>[^/]+?)"
READS = [
    ("values.batchGet", "GET", "/values:batchGet", batch_get),
    ("values.batchGetByDataFilter", "POST", "/values:batchGetByDataFilter", batch_get_by_filter),
    ("values.get", "GET", _PLACE, get),
]
"""Name, HTTP method, path below the spreadsheet, function."""

_FILTER = "ByDataFilter"
WRITES = [
    ("values.batchUpdate", "POST", "/values:batchUpdate", batch_update),
    ("values.batchClear", "POST", "/values:batchClear", batch_clear),
    (
        "values.batchUpdate" + _FILTER,
        "POST",
        "/values:batchUpdate" + _FILTER,
        batch_update_by_filter,
    ),
    ("values.batchClear" + _FILTER, "POST", "/values:batchClear" + _FILTER, batch_clear_by_filter),
    ("values.append", "POST", _PLACE + ":append", append),
    ("values.clear", "POST", _PLACE + ":clear", clear),
    ("values.update", "PUT", _PLACE, update),
]
