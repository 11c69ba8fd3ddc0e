"""Single cells that are written by their place, and given back where another cell stood there.

A cell is written where a fresh look found it, as far as possible only while it still shows what it
showed then (not so formulas, errors, rounded numbers). The same atomic batch first copies the
header and the row aside, so the reply tells in which column and row the cell really was. Was it
another one, because somebody moved rows or columns in that last moment, then that row is looked for
wherever it went, by all that it held, and the cell gets back what it held; and the value is written
once more to where it belongs.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from sheetsync.backends.google import asides, capture
from sheetsync.backends.google.asides import Miss, Note
from sheetsync.backends.google.bodies import VALUE, cell
from sheetsync.backends.google.capture import Typed
from sheetsync.backends.google.client import SheetsClient
from sheetsync.backends.google.draw_cells import Request, grid, update_cells
from sheetsync.backends.google.fixes import (
    decimal_sign,
    filled,
    replaceable,
    replaced,
    typed,
)
from sheetsync.backends.google.owing import is_name
from sheetsync.backends.google.placing import Target, alike
from sheetsync.backends.google.reading import Found
from sheetsync.backends.google.values import found
from sheetsync.model.tables import Grid, letters, quoted
from sheetsync.model.tracker import Tab
from sheetsync.model.values import Formula, Value, kind_of, same

_SHOWS = (
    "sheets(properties.sheetId,"
    "data(startRow,startColumn,rowData.values(effectiveValue,formattedValue)))"
)


@dataclass(slots=True)
class Guarded:
    """Requests that copy rows aside and write cells, a note of each, the size of the copies.

    ``top`` counts the rows of ``_capture`` above them.
    """

    requests: list[Request] = field(default_factory=list)
    notes: dict[Target, Note] = field(default_factory=dict)
    size: tuple[int, int] = (1, 1)
    top: int = 0


def guarded(
    wanted: Sequence[Target],
    fresh: Found,
    tabs: Sequence[Tab],
    finds: Mapping[Target, str | None] | None = None,
    owed: Iterable[Miss] = (),
    answers: Sequence[Typed] = (),
) -> Guarded:
    """Copy headers and rows aside, then write.

    Targets in ``finds`` are only written while their cells still show that text ("": nothing).
    ``owed`` cells and ``answers`` are noted for whoever comes next.
    """
    declared = {tab.key: tab for tab in tabs}
    noted, (top, wide) = capture.owed(answers, tabs)
    made, rows = Guarded(top=top), asides.copied(wanted, fresh, top)
    whole = {tab: fresh.whole(tab) for tab in {target.tab for target in wanted}}
    writes: list[Request] = []
    for target in wanted:
        sheet, table = fresh.sheets[target.tab], whole[target.tab]
        request = _request(target, sheet.id, fresh.locale, (finds or {}).get(target))
        writes.append(request)
        by_content = "findReplace" in request
        made.notes[target] = asides.noted(target, declared[target.tab], table, rows, by_content)
    owed = [miss for miss in owed if not is_name(miss, declared[miss.tab], fresh)]
    told, size = asides.written(rows, list(made.notes.values()), fresh.epoch + 1, owed)
    made.size = rows.size
    emptied = capture.sheet_requests(fresh, size[0], max(size[1], wide))
    made.requests = [*emptied, *noted, *rows.copies, *told, *writes]
    return made


def _request(target: Target, sheet: int, locale: str, find: str | None) -> Request:
    where = grid(sheet, target.row - 1, target.row, target.column - 1, target.column)
    told = typed(target.new, locale)
    if find is not None and told is not None and replaceable(find, told):
        return replaced(where, find, told) if find else filled(where, told)
    return update_cells(where, [{"values": [_raw(target.new)]}], VALUE)


def found_by(
    client: SheetsClient, spreadsheet: str, wanted: Sequence[Target], fresh: Found, *, fills: bool
) -> dict[Target, str | None]:
    """How cells can be found by what they show: texts as they are, numbers and days as Google says.

    None stands for a cell that is no longer what was looked at. Numbers that are shown rounded are
    left out, and so are blanks unless ``fills`` (Google finds blank cells). Raises GoogleFailure.
    """
    told: dict[Target, str | None] = {t: t.was for t in wanted if isinstance(t.was, str) and t.was}
    if fills:
        told |= {t: "" for t in wanted if kind_of(t.was) == "empty"}
    asked = [t for t in wanted if kind_of(t.was) in {"number", "datetime"}]
    ranges = [f"{quoted(fresh.sheets[t.tab].title)}!{letters(t.column - 1)}{t.row}" for t in asked]
    reply = client.get_sheet(spreadsheet, {"ranges": ranges, "fields": _SHOWS}) if ranges else {}
    cells = {
        (
            sheet["properties"].get("sheetId", 0),
            block.get("startRow", 0),
            block.get("startColumn", 0),
        ): ((block.get("rowData") or [{}])[0].get("values") or [{}])[0]
        for sheet in reply.get("sheets", ())
        for block in sheet.get("data", ())
    }
    for t in asked:
        cell_ = cells.get((fresh.sheets[t.tab].id, t.row - 1, t.column - 1), {})
        if not alike(found(cell_) if cell_ else None, t.was):
            told[t] = None
        elif isinstance(t.was, datetime) or _says(cell_["formattedValue"], t.was, fresh.locale):
            told[t] = cell_["formattedValue"]
    return told


def _says(text: str, number: Value, locale: str) -> bool:
    """Whether a text shows all of a number."""
    sign = decimal_sign(locale)
    plain = "".join(c for c in text if c.isdigit() or c in {"-", sign}).replace(sign, ".")
    try:
        return same(float(plain), number)
    except ValueError:
        return False


def _raw(value: Value) -> dict[str, Any]:
    """A cell with people's own formula as it was."""
    if isinstance(value, Formula):
        return {VALUE: {"formulaValue": f"={value.text}"}}
    return cell(value)


def misses(copied: Iterable[Grid], done: Guarded, fresh: Found) -> dict[Target, Miss | None]:
    """Targets that were not met: what was written instead, None where nothing was."""
    missed: dict[Target, Miss | None] = {}
    rows = asides.rows_of(copied)
    fills = asides.fills_in(rows, done.top + 1)
    for target, note in done.notes.items():
        headers = fresh.snapshot.tables[target.tab].headers
        meeting = asides.met(note, rows, headers, fills)
        if meeting is None:
            missed[target] = None
            continue
        title, row = meeting
        if title != (headers[target.column - 1] or target.column) or not asides.is_row(note, row):
            held = asides.origin(note, row.get(title))
            also = {headers[target.column - 1] or target.column: target.new}
            missed[target] = Miss(target.tab, title, row, target.new, held, also)
    return missed
