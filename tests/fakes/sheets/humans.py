"""People who edit the sheet in the browser while a program works on it through the API.

    human = Human(spreadsheet, "amira@example.com")
    human.type("Deals", 3, 2, "won")        # row and column count from 0

They act on the state directly: no quota, no HTTP.  What they type is parsed as typed text.  A
protected range refuses them like anybody (`Refused`), unless they own the spreadsheet.
"""

from __future__ import annotations

from typing import Any

from tests.fakes.sheets import a1, birth, kinds_dimensions, parsing
from tests.fakes.sheets.batch import Context
from tests.fakes.sheets.state import Cell, Rect, Sheet, Spreadsheet
from tests.fakes.sheets.values_write import with_value


class Human:
    """An editor with an address."""

    def __init__(self, spreadsheet: Spreadsheet, email: str = "colleague@example.com"):
        self.spreadsheet, self.email = spreadsheet, email

    def _open(self, tab: str, rect: Rect | None = None) -> Sheet:
        sheet = self.spreadsheet.named(tab)
        if rect is not None:
            Context(self.spreadsheet, self.email).guard(sheet, rect)
        return sheet

    def see(self, tab: str, row: int, column: int) -> Any:
        """The plain value that a cell shows; None when it is empty."""
        self.spreadsheet.recalculate()
        value = self.spreadsheet.named(tab).effective(row, column)
        return None if value is None else next(iter(value.values()))

    def rows(self, tab: str) -> list[list[Any]]:
        """All rows up to the last one in use, as plain values."""
        self.spreadsheet.recalculate()
        height, width = self.spreadsheet.named(tab).used()
        return [[self.see(tab, row, column) for column in range(width)] for row in range(height)]

    def type(self, tab: str, row: int, column: int, text: Any) -> None:
        """Type into a cell; an empty text clears it.  The grid grows as in the browser."""
        sheet = self._open(tab, (row, row + 1, column, column + 1))
        if row >= sheet.row_count:
            sheet.resize(rows=row + 1)
        old = sheet.cell(row, column) or {}
        value, number_format = parsing.entered(text, self.spreadsheet.locale, old)
        sheet.put(row, column, with_value(old, value, number_format))
        self.spreadsheet.changed()

    def type_at(self, place: str, text: Any) -> None:
        """Type into a cell named as Deals!B4."""
        sheet, rect = a1.parse(place, self.spreadsheet)
        self.type(sheet.title, rect[0], rect[2], text)

    def clear(self, tab: str, row: int, column: int) -> None:
        """Empty a cell; its format stays."""
        self.type(tab, row, column, "")

    def insert_row(
        self, tab: str, at: int, values: list[Any] | None = None, count: int = 1
    ) -> None:
        """Insert rows before row `at` and type into the first."""
        self._insert(tab, "ROWS", at, count)
        for column, value in enumerate(values or ()):
            self.type(tab, at, column, value)

    def _insert(self, tab: str, dimension: str, at: int, count: int) -> None:
        sheet = self.spreadsheet.named(tab)
        Context(self.spreadsheet, self.email).guard_insert(sheet, dimension, at)
        kinds_dimensions.insert(self.spreadsheet, sheet, dimension, at, at + count, before=at > 0)

    def delete_row(self, tab: str, at: int, count: int = 1) -> None:
        """Delete rows."""
        self._remove(tab, "ROWS", at, count)

    def insert_column(self, tab: str, at: int, header: str | None = None, count: int = 1) -> None:
        """Insert columns before column `at`, with a header in row 0."""
        self._insert(tab, "COLUMNS", at, count)
        if header is not None:
            self.type(tab, 0, at, header)

    def delete_column(self, tab: str, at: int, count: int = 1) -> None:
        """Delete columns."""
        self._remove(tab, "COLUMNS", at, count)

    def _remove(self, tab: str, dimension: str, at: int, count: int) -> None:
        stripe = kinds_dimensions.stripe(self.spreadsheet.named(tab), dimension, at, at + count)
        sheet = self._open(tab, stripe)
        kinds_dimensions.remove(self.spreadsheet, sheet, dimension, at, at + count)

    def sort(self, tab: str, column: int, *, first: int = 1, last: int | None = None,
             descending: bool = False) -> None:  # fmt: skip
        """Sort the rows from `first` to before `last` by a column; empty cells come last.

        Formulas move with their rows, references to their own row move along.
        """
        sheet = self.spreadsheet.named(tab)
        last = sheet.used()[0] if last is None else last
        if last <= first:
            return
        self._open(tab, (first, last, 0, sheet.column_count))
        self.spreadsheet.recalculate()
        keys = {row: sheet.effective(row, column) for row in range(first, last)}
        filled = [row for row in range(first, last) if keys[row] is not None]
        filled.sort(key=lambda row: _order(keys[row]), reverse=descending)
        order = filled + [row for row in range(first, last) if keys[row] is None]
        self._reorder(sheet, first, order)

    def _reorder(self, sheet: Sheet, first: int, order: list[int]) -> None:
        from tests.fakes.sheets.shifts import moved_formula

        rows = []
        for new, old in enumerate(order, first):
            cells = [_carried(cell, new - old, moved_formula) for cell in sheet.row(old)]
            rows.append(tuple(cells))
        while len(sheet.rows) < first + len(order):
            sheet.rows.append(())
        sheet.rows[first : first + len(order)] = rows
        place = {old: new for new, old in enumerate(order, first)}
        for item in self.spreadsheet.metadata.values():
            where = item["location"].get("dimensionRange")
            if where and where.get("sheetId", 0) == sheet.id and where["dimension"] == "ROWS":
                start = place.get(where["startIndex"], where["startIndex"])
                where.update(startIndex=start, endIndex=start + 1)
        self.spreadsheet.changed()

    def copy_row(self, tab: str, source: int, target: int) -> None:
        """Copy a row over another one, formats and all."""
        from tests.fakes.sheets.shifts import moved_formula

        sheet = self._open(tab, (target, target + 1, 0, self.spreadsheet.named(tab).column_count))
        if target >= sheet.row_count:
            sheet.resize(rows=target + 1)
        cells = [_carried(cell, target - source, moved_formula) for cell in sheet.row(source)]
        cells += [None] * (len(sheet.row(target)) - len(cells))
        sheet.put_row(target, 0, cells)
        self.spreadsheet.changed()

    def move_row(self, tab: str, source: int, before: int) -> None:
        """Drag a row to before another one."""
        if source <= before <= source + 1:
            return
        sheet = self.spreadsheet.named(tab)
        span = (min(source, before), max(source + 1, before), 0, sheet.column_count)
        self._open(tab, span)
        kinds_dimensions.move(self.spreadsheet, sheet, "ROWS", source, source + 1, before)

    def move_column(self, tab: str, source: int, before: int) -> None:
        """Drag a column to before another one."""
        if source <= before <= source + 1:
            return
        sheet = self._open(tab)
        kinds_dimensions.move(self.spreadsheet, sheet, "COLUMNS", source, source + 1, before)

    def rename_tab(self, tab: str, title: str) -> None:
        """Give a tab another title; formulas that name it follow."""
        from tests.fakes.sheets.shifts import rename_in_formulas

        sheet = self.spreadsheet.named(tab)
        birth.check_title(self.spreadsheet, title, sheet)
        rename_in_formulas(self.spreadsheet, sheet.title, title)
        sheet.properties["title"] = title
        self.spreadsheet.changed()

    def move_tab(self, tab: str, index: int) -> None:
        """Drag a tab to another place."""
        sheet = self.spreadsheet.named(tab)
        self.spreadsheet.sheets.remove(sheet)
        self.spreadsheet.sheets.insert(index, sheet)
        birth.renumber(self.spreadsheet)

    def delete_tab(self, tab: str) -> None:
        """Delete a tab."""
        from tests.fakes.sheets.kinds_sheets import delete_sheet

        context = Context(self.spreadsheet, self.email)
        delete_sheet(self.spreadsheet, {"sheetId": self.spreadsheet.named(tab).id}, context)
        self.spreadsheet.changed()


def _order(value: dict[str, Any]) -> tuple[int, Any]:
    """Numbers, then text, then TRUE and FALSE, then errors, as Sheets sorts."""
    ((kind, content),) = value.items()
    if kind == "numberValue":
        return 0, content
    if kind == "stringValue":
        return 1, content.casefold()
    return (2, content) if kind == "boolValue" else (3, 0)


def _carried(cell: Cell | None, down: int, moved_formula: Any) -> Cell | None:
    formula = cell and cell.get("userEnteredValue", {}).get("formulaValue")
    if not formula:
        return cell
    return {**cell, "userEnteredValue": {"formulaValue": moved_formula(formula, down, 0)}}
