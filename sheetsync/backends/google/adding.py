"""Add tabs to a tracker in use in a Google Sheet, with the lists and marks that they need.

Nothing that is there is changed but the engine's own: the hidden tab ``_marks`` gets columns on its
right, and so does the tab with the lists. Everything new has a fixed id or name, so that a repeat
makes nothing twice, and a run that was stopped is completed by the next one.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from itertools import zip_longest
from typing import TYPE_CHECKING, Any

from sheetsync.backends.google import ids, marks
from sheetsync.backends.google.create import send
from sheetsync.backends.google.creation import (
    Existing,
    Unit,
    allowed_to,
    filled,
    look_up,
    still_missing,
)
from sheetsync.backends.google.draw_cells import (
    Json,
    Request,
    cell,
    column_range,
    grid,
    update_cells,
    widths,
)
from sheetsync.backends.google.draw_lists import LIST_WIDTH, list_look
from sheetsync.backends.google.draw_table import Rows, draw_table, named, sheet_request
from sheetsync.backends.google.draw_validation import Offered, open_range, validation
from sheetsync.model.errors import WriteFailed
from sheetsync.model.tracker import Column, Owner, Role, Tab, Tracker
from sheetsync.model.values import Formula

if TYPE_CHECKING:
    from sheetsync.backends.google.reading import Found
    from sheetsync.backends.google.workbook import GoogleWorkbook
    from sheetsync.model.plan import Plan
    from sheetsync.model.snapshot import Snapshot
    from sheetsync.model.workbook import Receipt

_LISTS = "lists"
Wider = tuple[str, tuple[str, ...]]
"""A tab whose ids a reference takes, and the words that may stand for one."""


@dataclass(frozen=True, slots=True)
class Extension:
    """What to add: ``tabs`` of ``tracker`` with their rows by tab key.

    ``tracker`` is the one that the spreadsheet has afterwards. With ``shown`` people are to see the
    tab with the lists and add values to it.
    """

    tracker: Tracker
    tabs: Sequence[Tab]
    rows: Mapping[str, Rows]
    shown: bool = False


def extend(
    book: GoogleWorkbook,
    extension: Extension,
    told: Callable[[Snapshot], Plan],
    tabs: Sequence[Tab],
) -> Receipt:
    """Make what the spreadsheet lacks of the extension, then apply what ``told`` plans for it.

    Raises WriteFailed, before anything is made, when a tab of people's has a title that is needed
    or the tab with the lists has gone; and whatever reading and writing raise. A repeat completes
    what was stopped.
    """
    book.read(tabs)
    found = book.found
    assert found is not None

    def missing(reply: Json) -> list[Unit]:
        return still_missing(_units(_Place(found, reply, extension), book), Existing.of(reply))

    if extension.tabs:
        send(book.client, book.id, missing)
        book.close()
    return book.apply(told(book.read(tabs)), tabs)


class _Place:
    """Where things are in the spreadsheet, and where those that are added will be.

    The reply has the mask ``creation.STRUCTURE``.
    """

    def __init__(self, found: Found, reply: Json, extension: Extension) -> None:
        self.found, self.extension = found, extension
        self.tracker = extension.tracker
        self.sheets = {int(s["properties"].get("sheetId", 0)): s for s in reply.get("sheets", ())}
        self.names = {str(n["name"]).casefold(): n["range"] for n in reply.get("namedRanges", ())}
        self.lists = self._lists()
        self.columns = _columns_of(found.marks, self.tracker, extension.tabs)

    def _lists(self) -> int:
        """The id of the sheet with the lists: that of their names, else its own."""
        told = (r.get("sheetId", 0) for name, r in self.names.items() if name.startswith("list_"))
        sheet = next(told, ids.sheet_id(_LISTS))
        if sheet not in self.sheets:
            raise WriteFailed(
                "The tab with the lists behind the dropdowns has gone: run `sheetsync new` with "
                "the sheet's address, which makes it again, then add the pack. Nothing was changed."
            )
        return int(sheet)

    def title(self, sheet: int) -> str:
        """The title that a sheet has now."""
        return str(self.sheets[sheet]["properties"]["title"])

    def size(self, sheet: int) -> tuple[int, int]:
        """Rows and columns of a sheet."""
        told = self.sheets[sheet]["properties"]["gridProperties"]
        return int(told["rowCount"]), int(told["columnCount"])

    def index(self, tab: Tab) -> int:
        """Where among the tabs a new one comes: after the one before it in the tracker."""
        order = list(self.sheets)
        for each in self.tracker.tabs:
            if each.key in self.found.sheets:
                before = order.index(self.found.sheets[each.key].id) + 1
            elif each in self.extension.tabs:
                order.insert(before, ids.sheet_id(each.key))
                before += 1
            if each.key == tab.key:
                break
        return before - 1

    def first_ids(self, key: str) -> str:
        """The range of a tab's ids, wherever people moved the tab or the column."""
        tab = self.tracker.tab(key)
        table = self.found.snapshot.tables.get(key)
        if table is None or tab.key_columns[0] not in table.bound:
            return open_range(tab.title, _at(tab, tab.key_columns[0]))
        return open_range(self.found.sheets[key].title, table.bound[tab.key_columns[0]])


def _columns_of(old: marks.Marks, tracker: Tracker, new: Sequence[Tab]) -> tuple[str, ...]:
    """The columns of ``_marks`` with those that new tabs need on the right."""
    here = [tab for tab in tracker.tabs if tab not in new]
    first = old.columns or marks.layout(here)
    return (*first, *(key for key in marks.layout(new) if key not in first))


def _at(tab: Tab, key: str) -> int:
    return [column.key for column in tab.columns].index(key)


def _units(place: _Place, book: GoogleWorkbook) -> Iterator[Unit]:
    """Lists and marks first, for the tabs' dropdowns and headers look at them."""
    titles = {place.title(sheet).casefold(): sheet for sheet in place.sheets}
    for tab in place.extension.tabs:
        own = ids.sheet_id(tab.key)
        if titles.get(tab.title.casefold(), own) != own:
            raise WriteFailed(
                f"{book.name} has a tab {tab.title} already: rename that tab, then add the pack "
                f"{tab.pack} again. Nothing was changed."
            )
    offered, added = _lists(place)
    yield from added
    yield from _marks(place)
    editors = allowed_to((book.client.who,) if book.client.who else ())
    header = look_up(place.columns)
    for tab in place.extension.tabs:
        rows = place.extension.rows.get(tab.key, ())
        first = sheet_request(tab, place.index(tab), len(rows))
        drawn = draw_table(offered, tab, rows, editors, header)
        yield from filled(tab, (first, *drawn, *_names(place, tab)), rows)


def _names(place: _Place, tab: Tab) -> Iterator[Request]:
    """Names over a tab's ids and over the tab itself, by which other computers learn of it."""
    sheet = ids.sheet_id(tab.key)
    if any(column.ref == tab.key for each in place.tracker.tabs for column in each.columns):
        yield named(f"ids_{tab.key}", column_range(sheet, _at(tab, tab.key_columns[0])))
    yield named(f"tab_{tab.key}", column_range(sheet, 0))


def _marks(place: _Place) -> Iterator[Unit]:
    """Columns of ``_marks`` for the SYNC columns of new tabs."""
    old = place.found.marks
    more = place.columns[len(old.columns) :]
    if not (old.columns and more):
        return
    width = marks.width_of(place.columns)
    told = {"sheetId": marks.SHEET, "gridProperties": {"columnCount": max(width, old.width)}}
    wider = {"properties": told, "fields": "gridProperties.columnCount"}
    where = grid(marks.SHEET, 0, 1, width - len(more), width)
    head = update_cells(where, [{"values": [cell(key) for key in more]}], "userEnteredValue")
    mark = ids.number("mark", f"{ids.MARKS}/{'/'.join(more)}")
    yield Unit(mark, marks.SHEET, ({"updateSheetProperties": wider}, head))


def _lists(place: _Place) -> tuple[Offered, list[Unit]]:
    """The ranges that dropdowns offer, and the units that make those which are lacking."""
    tabs = place.extension.tabs
    columns = [column for tab in tabs for column in tab.columns]
    shown = place.extension.shown or not place.sheets[place.lists]["properties"].get("hidden")
    title, at = place.title(place.lists), place.size(place.lists)[1]
    made: list[tuple[str, list[Any], bool]] = []
    where: dict[str, int] = {}

    def column_of(name: str, cells: Callable[[], list[Any]], *, of_ids: bool = False) -> int:
        """The column (from 0) that has this name, or will have it."""
        told = place.names.get(name.casefold())
        if told is not None and told.get("sheetId", 0) == place.lists:
            return int(told.get("startColumnIndex", 0))
        if name not in where:
            where[name] = at + len(made)
            made.append((name, cells(), of_ids))
        return where[name]

    lists: dict[str, str] = {}
    wanted = [*columns, *(c for t in place.tracker.tabs for c in t.columns)] if shown else columns
    for name in dict.fromkeys(column.choices for column in wanted if column.choices):
        values = [choice.value for choice in place.tracker.lists[name]]
        index = column_of(f"list_{name}", lambda n=name, v=values: [n, *v])  # type: ignore[misc]
        lists[name] = open_range(title, index, None if shown else len(values) + 1)
    wider: dict[Wider, str] = {}
    for column in (column for column in columns if column.ref_extra):
        key = (column.ref, column.ref_extra)
        name = f"ids_{column.ref}_{ids.word('words', '|'.join(column.ref_extra))[:8]}"
        index = column_of(name, lambda c=column: _wider(place, c), of_ids=True)  # type: ignore[misc]
        wider[key] = open_range(title, index)
    refs = {column.ref for column in wanted if column.ref}
    offered = Offered(lists, {key: place.first_ids(key) for key in refs}, wider)
    units = [_wide_lists(place, made, shown=shown)] if made else []
    if place.extension.shown:
        units.append(_open_lists(place, offered))
    return offered, units


def _wider(place: _Place, column: Column) -> list[Any]:
    """A column of words, and below them a tab's ids."""
    told = f"ids of {column.ref} or {', '.join(column.ref_extra)}"
    found = Formula(f"ARRAYFORMULA({place.first_ids(column.ref)})")
    return [told, *column.ref_extra, found]


def _wide_lists(place: _Place, made: Sequence[tuple[str, list[Any], bool]], *, shown: bool) -> Unit:
    """New columns on the right of the tab with the lists, with their names."""
    sheet, (high, at) = place.lists, place.size(place.lists)
    end = at + len(made)
    longest = max(len(cells) for _, cells, _ in made)
    size = {"rowCount": max(high, longest + 1), "columnCount": end}
    properties = {"sheetId": sheet, "gridProperties": size}
    fields = "gridProperties.rowCount,gridProperties.columnCount"
    rows = [{"values": [cell(v) for v in row]} for row in zip_longest(*(c for _, c, _ in made))]
    requests: list[Request] = [
        {"updateSheetProperties": {"properties": properties, "fields": fields}},
        update_cells(grid(sheet, 0, len(rows), at, end), rows, "userEnteredValue"),
        *widths(sheet, dict.fromkeys(range(at, end), LIST_WIDTH)),
    ]
    for index, (name, cells, of_ids) in enumerate(made, at):
        last = None if shown or of_ids else len(cells)
        requests.append(named(name, column_range(sheet, index, 1, last)))
        if shown:
            requests += list_look(sheet, index, index + 1, hidden=of_ids)
    mark = ids.number("mark", f"{_LISTS}/{'/'.join(name for name, _, _ in made)}")
    return Unit(mark, sheet, tuple(requests))


def _open_lists(place: _Place, offered: Offered) -> Unit:
    """Let people see the lists and add to them: dropdowns offer what comes below, too."""
    sheet = place.lists
    requests: list[Request] = [
        {
            "updateSheetProperties": {
                "properties": {"sheetId": sheet, "hidden": False},
                "fields": "hidden",
            }
        }
    ]
    guard = ids.protected_id(_LISTS)
    told = place.sheets[sheet].get("protectedRanges", ())
    if any(each.get("protectedRangeId") == guard for each in told):
        requests.append({"deleteProtectedRange": {"protectedRangeId": guard}})
    for name, where in place.names.items():
        if where.get("sheetId", 0) == sheet and name.startswith("list_"):
            at = int(where.get("startColumnIndex", 0))
            requests += list_look(sheet, at, at + 1)
    for tab in place.tracker.tabs:
        requests += _dropdowns(place, tab, offered)
    return Unit(ids.number("mark", f"{_LISTS}/shown"), sheet, tuple(requests))


def _dropdowns(place: _Place, tab: Tab, offered: Offered) -> Iterable[Request]:
    """The dropdowns of lists on a tab that is there, wherever its columns are."""
    table = place.found.snapshot.tables.get(tab.key)
    if table is None or tab.role not in {Role.ENTRY, Role.COMPUTED}:
        return
    for column in tab.columns:
        if column.choices and column.key in table.bound and column.owner is Owner.USER:
            rule = validation(offered, tab, column)
            at = table.bound[column.key]
            where = column_range(place.found.sheets[tab.key].id, at, table.header_row)
            yield {"setDataValidation": {"range": where, "rule": rule}}
