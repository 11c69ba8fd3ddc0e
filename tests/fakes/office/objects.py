"""The objects of Excel's JavaScript API that the add-in uses, over a workbook of the fake Excel.

Names are office.js's own in Python's spelling: the property ``RowIndex`` is ``row_index`` here, a
property that can be set has a ``set_`` beside it, and what ``getItem`` finds is ``item``.
"""

from __future__ import annotations

from collections.abc import Iterator
from datetime import date
from itertools import chain
from typing import TYPE_CHECKING, Any

from sheetsync.backends.excel.area import Area, reference
from sheetsync.model.tables import letters
from tests.fakes.excel.protection import ORDER
from tests.fakes.excel.protection import Protection as Allowed
from tests.fakes.excel.world import FakeSheet, FakeTable, Rect
from tests.fakes.office import cells

if TYPE_CHECKING:
    from tests.fakes.office.host import OfficeHost


_OPTIONS = {
    **{f"allow{name[0].upper()}{name[1:]}": name for name in ORDER},
    "allowEditObjects": "objects",
    "allowEditScenarios": "scenarios",
}
"""What a protected sheet allows, by office.js's names."""


class ExcelError(Exception):
    """An error as Excel answers it: its code and text."""

    def __init__(self, code: str, message: str = "") -> None:
        super().__init__(f"{code}: {message}")
        self.code, self.message = code, message or f"Excel says {code}."


def argument(*, fits: bool, what: str) -> None:
    """Refuse an argument that does not fit."""
    if not fits:
        raise ExcelError("InvalidArgument", f"The argument is invalid: {what}.")


class Part:
    """An object of the API in a host."""

    def __init__(self, host: OfficeHost) -> None:
        self.host, self.book = host, host.book


class Collection(Part):
    """A list of objects that have names."""

    def items(self) -> list[Any]:
        raise NotImplementedError

    def item(self, key: str) -> Any:
        found = self.get_item_or_null_object(key)
        if found is None:
            raise ExcelError("ItemNotFound", "The requested resource doesn't exist.")
        return found

    get_item = item

    def get_item_at(self, index: int) -> Any:
        return self.items()[index]

    def get_item_or_null_object(self, key: str) -> Any:
        return next(
            (one for one in self.items() if key.casefold() in (one.name.casefold(), one.id)), None
        )

    def get_count(self) -> int:
        return len(self.items())


class Workbook(Part):
    @property
    def name(self) -> str:
        return self.book.name

    @property
    def application(self) -> Application:
        return Application(self.host)

    @property
    def worksheets(self) -> Worksheets:
        return Worksheets(self.host)

    @property
    def tables(self) -> Tables:
        return Tables(self.host, self.book.sheets)

    @property
    def names(self) -> Names:
        return Names(self.host)

    @property
    def functions(self) -> Functions:
        return Functions(self.host)

    def get_selected_range(self) -> Range:
        sheet, rect = self.host.selected
        return Range(self.host, sheet, rect)

    def get_active_cell(self) -> Range:
        sheet, (row, column, _, _) = self.host.selected
        return Range(self.host, sheet, (row, column, row, column))

    def _remove_reference(self, identity: str) -> None:
        self.host.references.pop(identity, None)


class Application(Part):
    calculation_mode = "Automatic"

    def suspend_screen_updating_until_next_sync(self) -> None:
        """Nothing is seen here."""

    def suspend_api_calculation_until_next_sync(self) -> None:
        """Formulas are worked out when they are looked at."""


class Functions(Part):
    def date(self, year: int, month: int, day: int) -> Result:
        """A day's serial number, in the workbook's own counting."""
        first = date(1904, 1, 1) if self.host.date1904 else date(1899, 12, 30)
        return Result(self.host, (date(year, month, day) - first).days)


class Result(Part):
    error = None

    def __init__(self, host: OfficeHost, value: Any) -> None:
        super().__init__(host)
        self.value = value


class Worksheets(Collection):
    def items(self) -> list[Worksheet]:
        return [Worksheet(self.host, sheet) for sheet in self.book.sheets]

    def get_active_worksheet(self) -> Worksheet:
        return self.items()[self.book.active]

    def add(self, name: str) -> Worksheet:
        argument(fits=self.get_item_or_null_object(name) is None, what="a sheet has this name")
        self.book.sheets.append(FakeSheet(name))
        return Worksheet(self.host, self.book.sheets[-1])


class Worksheet(Part):
    visibility = "Visible"

    def __init__(self, host: OfficeHost, sheet: FakeSheet) -> None:
        super().__init__(host)
        self.sheet = sheet

    @property
    def id(self) -> str:
        return f"{{{id(self.sheet)}}}"

    @property
    def name(self) -> str:
        return self.sheet.title

    @property
    def tables(self) -> Tables:
        return Tables(self.host, [self.sheet])

    @property
    def protection(self) -> Protection:
        return Protection(self.host, self.sheet)

    @property
    def auto_filter(self) -> AutoFilter:
        return AutoFilter(self.host, self.sheet, self.sheet.filter)

    def get_range(self, address: str | None = None) -> Range:
        area = Area.of(address) if address else Area(1, 1, 1_048_576, 16_384)
        argument(fits=area is not None, what=f"the address {address}")
        return Range(self.host, self.sheet, (area.top, area.left, area.bottom, area.right))

    def get_range_by_indexes(self, row: int, column: int, rows: int, columns: int) -> Range:
        argument(fits=rows > 0 and columns > 0, what="an area has rows and columns")
        return Range(self.host, self.sheet, (row + 1, column + 1, row + rows, column + columns))

    def get_used_range_or_null_object(self, values_only: bool = False) -> Range | None:
        if not self.sheet.cells and (values_only or not self.sheet.formats):
            return None
        places = self.sheet.cells if values_only else [*self.sheet.cells, *self.sheet.formats]
        rows, columns = [row for row, _ in places], [column for _, column in places]
        rect = min(rows), min(columns), max(rows), max(columns)
        return Range(self.host, self.sheet, rect)

    def activate(self) -> None:
        self.book.active = self.book.sheets.index(self.sheet)

    def delete(self) -> None:
        self.host.touch("delete", self.sheet)
        self.book.sheets.remove(self.sheet)


class Protection(Part):
    def __init__(self, host: OfficeHost, sheet: FakeSheet) -> None:
        super().__init__(host)
        self.sheet = sheet

    @property
    def protected(self) -> bool:
        return self.sheet.protected

    @property
    def options(self) -> dict[str, Any]:
        allowed = self.sheet.protection.allowed if self.protected else frozenset()
        told = {office: name in allowed for office, name in _OPTIONS.items()}
        free, locked = ("selectUnlockedCells" in allowed, "selectLockedCells" in allowed)
        return {**told, "selectionMode": "Normal" if locked else "Unlocked" if free else "None"}

    def unprotect(self, password: str | None = None) -> None:
        argument(
            fits=not self.protected or self.sheet.protection.password == (password or ""),
            what="the password is not right",
        )
        self.host.changes.append(("unprotect", self.sheet.title))
        self.sheet.protection = None

    def protect(self, options: dict[str, Any], password: str | None = None) -> None:
        if self.protected:
            raise ExcelError("AccessDenied", "The sheet is protected already.")
        self.host.touch("protect", self.sheet)
        allowed = {name for office, name in _OPTIONS.items() if options[office]}
        mode = options["selectionMode"]
        allowed |= {"selectUnlockedCells"} if mode != "None" else set()
        allowed |= {"selectLockedCells"} if mode == "Normal" else set()
        self.sheet.protection = Allowed(frozenset(allowed), password or "")


class Range(Part):
    """An area of a sheet."""

    def __init__(self, host: OfficeHost, sheet: FakeSheet, rect: Rect) -> None:
        super().__init__(host)
        self.sheet, self.rect = sheet, rect

    @property
    def address(self) -> str:
        title = self.sheet.title
        name = title if title.isalnum() else "'" + title.replace("'", "''") + "'"
        top, left, bottom, right = self.rect
        first, last = f"{letters(left - 1)}{top}", f"{letters(right - 1)}{bottom}"
        return f"{name}!{first}" if first == last else f"{name}!{first}:{last}"

    @property
    def worksheet(self) -> Worksheet:
        return Worksheet(self.host, self.sheet)

    @property
    def row_index(self) -> int:
        return self.rect[0] - 1

    @property
    def column_index(self) -> int:
        return self.rect[1] - 1

    @property
    def row_count(self) -> int:
        return self.rect[2] - self.rect[0] + 1

    @property
    def column_count(self) -> int:
        return self.rect[3] - self.rect[1] + 1

    @property
    def values(self) -> list[list[Any]]:
        return cells.values(self.book, self.sheet, self.rect)

    @property
    def formulas(self) -> list[list[Any]]:
        return cells.formulas(self.book, self.sheet, self.rect)

    @property
    def value_types(self) -> list[list[str]]:
        return cells.types(self.book, self.sheet, self.rect)

    @property
    def number_format(self) -> list[list[str]]:
        formats = self.sheet.formats
        told = [formats.get(place, "General") for place in cells.places(self.rect)]
        return cells.rows_of(self.rect, told)

    def set_values(self, rows: list[list[Any]]) -> None:
        self._expect(rows)
        self.host.touch("write", self.sheet, self.rect)
        cells.enter(self.book, self.sheet, self.rect, rows)

    set_formulas = set_values

    def set_number_format(self, rows: list[list[str]]) -> None:
        self._expect(rows)
        self.host.touch("format", self.sheet, self.rect)
        for place, code in zip(cells.places(self.rect), chain(*rows), strict=True):
            if code is not None:
                self.sheet.formats[place] = code

    @property
    def format(self) -> Format:
        return Format(self)

    def get_row(self, index: int) -> Range:
        row = self.rect[0] + index
        return Range(self.host, self.sheet, (row, self.rect[1], row, self.rect[3]))

    def get_bounding_rect(self, other: Range) -> Range:
        (a, b, c, d), (e, f, g, h) = self.rect, other.rect
        return Range(self.host, self.sheet, (min(a, e), min(b, f), max(c, g), max(d, h)))

    def get_merged_areas_or_null_object(self) -> Areas | None:
        top, left, bottom, right = self.rect
        found = [
            Range(self.host, self.sheet, m)
            for m in self.sheet.merges
            if m[0] <= bottom and m[2] >= top and m[1] <= right and m[3] >= left
        ]
        return Areas(self.host, found) if found else None

    def copy_from(self, source: Range, kind: str, *_more: Any) -> None:
        argument(fits=kind == "Formats" and source.row_count == 1, what="only formats are copied")
        self.host.touch("format", self.sheet, self.rect)
        formats, row = self.sheet.formats, source.rect[0]
        for place in cells.places(self.rect):
            code = formats.get((row, place[1]))
            if code is not None:
                formats[place] = code

    def select(self) -> None:
        self.host.selected = self.sheet, self.rect

    def _keep_reference(self) -> None:
        """Every area is kept while the host runs."""

    def __validate_array_size(self, rows: int, columns: int) -> None:
        argument(fits=(rows, columns) == (self.row_count, self.column_count), what="its size")

    _validate_array_size = __validate_array_size

    def _expect(self, rows: list[list[Any]]) -> None:
        self.__validate_array_size(len(rows), len(rows[0]))
        argument(fits=len(set(map(len, rows))) == 1, what="rows of one length")


class Format(Part):
    def __init__(self, area: Range) -> None:
        super().__init__(area.host)
        self.area = area

    @property
    def protection(self) -> Format:
        return self

    @property
    def locked(self) -> bool | None:
        share = self.area.sheet.unlocked.share(self.area.rect)
        return None if share is None else not share


class Areas(Part):
    def __init__(self, host: OfficeHost, found: list[Range]) -> None:
        super().__init__(host)
        self.found = found

    def _keep_reference(self) -> None:
        """Areas are kept while the host runs."""

    @property
    def address(self) -> str:
        return ",".join(one.address for one in self.found)


class Tables(Collection):
    def __init__(self, host: OfficeHost, sheets: list[FakeSheet]) -> None:
        super().__init__(host)
        self.sheets = sheets

    def items(self) -> list[Table]:
        return [Table(self.host, sheet, t) for sheet in self.sheets for t in sheet.tables]

    def add(self, address: str | Range, _has_headers: bool) -> Table:
        area = address if isinstance(address, Range) else None
        area = area or Worksheet(self.host, self.sheets[0]).get_range(address)
        area.sheet.tables.append(FakeTable(f"Table{len(self.items()) + 1}", area.rect))
        return Table(self.host, area.sheet, area.sheet.tables[-1])


class Table(Part):
    show_headers = True

    def __init__(self, host: OfficeHost, sheet: FakeSheet, table: FakeTable) -> None:
        super().__init__(host)
        self.sheet, self.table = sheet, table

    @property
    def id(self) -> str:
        return f"{{{id(self.table)}}}"

    @property
    def name(self) -> str:
        return self.table.name

    def set_name(self, name: str) -> None:
        self.table.name = name

    @property
    def show_totals(self) -> bool:
        return self.table.totals

    @property
    def worksheet(self) -> Worksheet:
        return Worksheet(self.host, self.sheet)

    @property
    def auto_filter(self) -> AutoFilter:
        return AutoFilter(self.host, self.sheet, self.table)

    @property
    def columns(self) -> Columns:
        return Columns(self.host, self.sheet, self.table)

    def get_range(self) -> Range:
        return Range(self.host, self.sheet, self.table.rect)

    def clear_filters(self) -> None:
        self.auto_filter.clear_criteria()

    def resize(self, told: str | Range) -> None:
        self.host.touch("resize", self.sheet)
        area = told if isinstance(told, Range) else self.worksheet.get_range(told.split("!")[-1])
        top, left, bottom, right = area.rect
        argument(fits=(top, left) == self.table.rect[:2], what="the header must stay")
        argument(fits=bottom > top, what="a table has at least one row")
        self.table.rect = top, left, bottom, right


class Columns(Part):
    def __init__(self, host: OfficeHost, sheet: FakeSheet, table: FakeTable) -> None:
        super().__init__(host)
        self.sheet, self.table = sheet, table

    def get_item_at(self, index: int) -> Column:
        return Column(self.host, self.sheet, self.table, index)


class Column(Part):
    def __init__(self, host: OfficeHost, sheet: FakeSheet, table: FakeTable, index: int) -> None:
        super().__init__(host)
        self.sheet, self.table, self.index = sheet, table, index

    @property
    def filter(self) -> Column:
        return self

    def apply(self, criteria: dict[str, Any]) -> None:
        AutoFilter(self.host, self.sheet, self.table).set_criteria_of(self.index, criteria)


class AutoFilter(Part):
    """The filter of a sheet or of a table; office.js tells of it column by column."""

    def __init__(self, host: OfficeHost, sheet: FakeSheet, owner: FakeTable | None) -> None:
        super().__init__(host)
        self.sheet, self.owner = sheet, owner

    @property
    def enabled(self) -> bool:
        return self.owner is not None and self.owner.autofilter

    @property
    def is_data_filtered(self) -> bool:
        return bool(self.owner and self.owner.criteria)

    @property
    def criteria(self) -> list[dict[str, Any]]:
        if self.owner is None:
            return []
        width = self.owner.rect[3] - self.owner.rect[1] + 1
        return [_told(self.owner.criteria.get(i)) for i in range(1, width + 1)]

    def get_range_or_null_object(self) -> Range | None:
        return Range(self.host, self.sheet, self.owner.rect) if self.owner else None

    def clear_criteria(self) -> None:
        self.host.touch("filter", self.sheet)
        if self.owner is not None:
            self.owner.criteria.clear()

    def apply(self, told: str | Range, index: int, criteria: dict[str, Any]) -> None:
        area = told if isinstance(told, Range) else None
        argument(fits=area is not None, what="a filter wants a range")
        self.sheet.filter = self.sheet.filter or FakeTable("", area.rect)
        self.owner = self.sheet.filter
        self.set_criteria_of(index, criteria)

    def set_criteria_of(self, index: int, criteria: dict[str, Any]) -> None:
        self.host.touch("filter", self.sheet)
        self.owner.criteria[index + 1] = _kept(criteria)


def _told(criterion: dict[str, Any] | None) -> dict[str, Any]:
    if criterion is None or criterion["type"] == "unknown":
        return {}
    if criterion["type"] == "values":
        return {"filterOn": "Values", "values": list(criterion["values"])}
    return {"filterOn": "Custom", "criterion1": f"={criterion['value1'] or ''}"}


def _kept(criteria: dict[str, Any]) -> dict[str, Any]:
    if criteria["filterOn"] == "Values":
        return {"type": "values", "values": criteria["values"]}
    argument(fits=criteria["filterOn"] == "Custom", what=criteria["filterOn"])
    value = criteria["criterion1"].removeprefix("=")
    return {"type": "comparison", "operator": "equal_to", "value1": value, "value2": None}


class Names(Collection):
    def items(self) -> list[NamedItem]:
        return [NamedItem(self.host, name) for name in self.book.names]

    def add(self, name: str, told: str | Range, _comment: str | None = None) -> NamedItem:
        self.book.names[name] = told if isinstance(told, str) else f"={_absolute(told)}"
        self.book.stale = True
        return NamedItem(self.host, name)


def _absolute(area: Range) -> str:
    top, left, bottom, right = area.rect
    title = area.sheet.title.replace("'", "''")
    return f"'{title}'!${letters(left - 1)}${top}:${letters(right - 1)}${bottom}"


class NamedItem(Part):
    visible = True
    scope = "Workbook"

    def __init__(self, host: OfficeHost, name: str) -> None:
        super().__init__(host)
        self.name = self.id = name

    @property
    def type(self) -> str:
        return "Range" if self._area() else "Error"

    @property
    def formula(self) -> str:
        return self.book.names[self.name]

    def set_formula(self, told: str) -> None:
        self.host.touch("name", None)
        self.book.stale = True
        self.book.names[self.name] = told

    def get_range_or_null_object(self) -> Range | None:
        found = self._area()
        if found is None:
            return None
        sheet, area = found
        return Range(self.host, sheet, (area.top, area.left, area.bottom, area.right))

    def delete(self) -> None:
        del self.book.names[self.name]

    def _area(self) -> tuple[FakeSheet, Area] | None:
        found = reference(self.formula)
        sheets: Iterator[FakeSheet] = (
            s for s in self.book.sheets if found and s.title.casefold() == found[0].casefold()
        )
        sheet = next(sheets, None)
        return (sheet, found[1]) if sheet and found else None
