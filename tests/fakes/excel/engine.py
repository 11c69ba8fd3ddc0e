"""An engine for xlwings' own objects, on its BSD base classes, over the fake Excel."""

from __future__ import annotations

import re
from collections.abc import Iterator
from datetime import UTC, datetime
from types import SimpleNamespace
from typing import Any

from xlwings import base_classes

from sheetsync.backends.excel.area import Area
from sheetsync.model.tables import letters
from tests.fakes.excel import cells
from tests.fakes.excel.autofilter import AutoFilter
from tests.fakes.excel.names import Names
from tests.fakes.excel.native import NativeSheet
from tests.fakes.excel.world import (
    PROTECTED,
    FakeBook,
    FakeExcel,
    FakeSheet,
    FakeTable,
    Rect,
    refused,
)

_R1 = re.compile(r"\$?[A-Z]{1,3}\$?\d+(:\$?[A-Z]{1,3}\$?\d+)?")


class Engine:
    """Registered with ``xlwings.engines``; ``running`` are the instances of Excel."""

    name, type = "excel", "desktop"

    def __init__(self, *running: FakeExcel) -> None:
        self.running = list(running)

    @property
    def apps(self) -> Apps:
        return Apps(self)

    @staticmethod
    def prepare_xl_data_element(x: Any, _date_format: Any) -> Any:
        if isinstance(x, datetime):
            return x.replace(tzinfo=UTC)
        return "" if x is None else x


class Apps(base_classes.Apps):
    def __init__(self, engine: Engine) -> None:
        self.engine = engine

    def keys(self) -> list[int]:
        return list(range(len(self.engine.running)))

    def __iter__(self) -> Iterator[App]:
        return (App(self.engine, i) for i in self.keys())

    def __len__(self) -> int:
        return len(self.engine.running)


def _switch(name: str) -> property:
    def get(self: App) -> Any:
        self.excel.call("state")
        return self.excel.state[name]

    def put(self: App, value: Any) -> None:
        self.excel.call("state")
        self.excel.state[name] = value

    return property(get, put)


class App(base_classes.App):
    engine: Any = None
    pid: Any = None

    def __init__(self, engine: Engine, number: int) -> None:
        self.engine, self.pid = engine, number
        self.excel = engine.running[number]

    screen_updating = _switch("screen_updating")
    display_alerts = _switch("display_alerts")
    enable_events = _switch("enable_events")
    calculation = _switch("calculation")
    cut_copy_mode = _switch("cut_copy_mode")

    @property
    def books(self) -> Books:
        return Books(self)

    @property
    def api(self) -> Any:
        return SimpleNamespace(AutoCorrect=_AutoCorrect(self.excel))


class _AutoCorrect:
    def __init__(self, excel: FakeExcel) -> None:
        self.__dict__["excel"] = excel

    def __getattr__(self, _name: str) -> bool:
        return self.excel.fills_formulas

    def __setattr__(self, _name: str, value: bool) -> None:
        self.excel.fills_formulas = value


class Books(base_classes.Books):
    def __init__(self, app: App) -> None:
        self.app = app

    def __len__(self) -> int:
        return len(self.app.excel.books)

    def __iter__(self) -> Iterator[Book]:
        self.app.excel.call("books")
        return (Book(self.app, book) for book in self.app.excel.books)

    @property
    def active(self) -> Book:
        books = self.app.excel.books
        return Book(self.app, books[self.app.excel.active] if books else None)


class Book(base_classes.Book):
    app: Any = None

    def __init__(self, app: App, book: FakeBook | None) -> None:
        self.app, self.fake = app, book

    @property
    def name(self) -> str:
        self.app.excel.call("name")
        return self.fake.name

    @property
    def sheets(self) -> Sheets:
        return Sheets(self)

    @property
    def names(self) -> Names:
        return Names(self)

    @property
    def api(self) -> Any:
        return SimpleNamespace(ReadOnly=self.fake.read_only)

    def save(self, path: Any = None, password: Any = None) -> None:
        self.fake.saves += 1

    def close(self) -> None:
        self.fake.closes += 1


class Sheets(base_classes.Sheets):
    def __init__(self, book: Book) -> None:
        self.book = book

    def __len__(self) -> int:
        return len(self.book.fake.sheets)

    def __iter__(self) -> Iterator[Sheet]:
        self.book.app.excel.call("sheets")
        return (Sheet(self.book, sheet) for sheet in self.book.fake.sheets)

    def __call__(self, told: int | str) -> Sheet:
        fake = self.book.fake
        return Sheet(
            self.book, fake.sheet(told) if isinstance(told, str) else fake.sheets[told - 1]
        )

    def __contains__(self, title: str) -> bool:
        return any(sheet.title.casefold() == title.casefold() for sheet in self.book.fake.sheets)

    @property
    def active(self) -> Sheet:
        return self(self.book.fake.active + 1)

    def add(self, before: Any = None, after: Any = None, name: str | None = None) -> Sheet:
        self.book.app.excel.call("sheet write")
        made = FakeSheet(name or f"Sheet{len(self) + 1}")
        place = self.book.fake.sheets.index(after.fake) + 1
        self.book.fake.sheets.insert(place, made)
        self.book.fake.active = place
        return Sheet(self.book, made)


class Sheet(base_classes.Sheet):
    book: Any = None

    def __init__(self, book: Book, sheet: FakeSheet) -> None:
        self.book, self.fake = book, sheet
        self.excel = book.app.excel

    @property
    def name(self) -> str:
        self.excel.call("name")
        return self.fake.title

    @name.setter
    def name(self, value: str) -> None:
        self.fake.title = value

    def activate(self) -> None:
        self.book.fake.active = self.book.fake.sheets.index(self.fake)

    def range(self, told: Any, _other: Any = None) -> Range:
        if not isinstance(told, str) or not _R1.fullmatch(told):
            raise refused(f"no range {told}")
        area = Area.of(told)
        return Range(self, (area.top, area.left, area.bottom, area.right))

    @property
    def used_range(self) -> Range:
        return Range(self, self.fake.used())

    @property
    def tables(self) -> Tables:
        return Tables(self)

    @property
    def api(self) -> NativeSheet:
        own = self.fake.filter
        return NativeSheet(self.excel, self.fake, Range(self, own.rect).address if own else "")


class Range(base_classes.Range):
    sheet: Any = None
    api: Any = None

    def __init__(self, sheet: Sheet, rect: Rect) -> None:
        self.sheet, self.rect = sheet, rect
        self.excel = sheet.excel
        self.api = self

    @property
    def address(self) -> str:
        self.excel.call("address")
        top, left, bottom, right = self.rect
        first, last = f"${letters(left - 1)}${top}", f"${letters(right - 1)}${bottom}"
        return first if first == last else f"{first}:{last}"

    @property
    def row(self) -> int:
        return self.rect[0]

    @property
    def column(self) -> int:
        return self.rect[1]

    @property
    def shape(self) -> tuple[int, int]:
        return self.rect[2] - self.rect[0] + 1, self.rect[3] - self.rect[1] + 1

    @property
    def raw_value(self) -> Any:
        self._call("value read")
        return self._read(texts=False)

    @raw_value.setter
    def raw_value(self, data: Any) -> None:
        self._call("value write")
        cells.write(self.excel, self.sheet.book.fake, self.sheet.fake, self.rect, data)

    @property
    def formula(self) -> Any:
        self._call("formula read")
        return self._read(texts=True)

    @property
    def number_format(self) -> str:
        return self.sheet.fake.formats.get(self.rect[:2], "General")

    @number_format.setter
    def number_format(self, code: str) -> None:
        if self.sheet.fake.keeps_formats:
            raise refused(PROTECTED)
        for row in range(self.rect[0], self.rect[2] + 1):
            for column in range(self.rect[1], self.rect[3] + 1):
                self.sheet.fake.formats[row, column] = code

    @property
    def MergeCells(self) -> bool | None:  # noqa: N802 - COM's name
        """True: all of the range is one merged area; None: some of it."""
        self.excel.call("merges")
        top, left, bottom, right = self.rect
        touched = [
            m
            for m in self.sheet.fake.merges
            if m[0] <= bottom and m[2] >= top and m[1] <= right and m[3] >= left
        ]
        whole = any(
            m[0] <= top and m[2] >= bottom and m[1] <= left and m[3] >= right for m in touched
        )
        return True if whole else None if touched else False

    @property
    def Locked(self) -> bool | None:  # noqa: N802 - COM's name
        """True: all cells of the range are locked; None: some of them."""
        self.excel.call("locked")
        share = self.sheet.fake.unlocked.share(self.rect)
        return None if share is None else not share

    @property
    def merge_area(self) -> Range:
        row, column = self.rect[:2]
        for m in self.sheet.fake.merges:
            if m[0] <= row <= m[2] and m[1] <= column <= m[3]:
                return Range(self.sheet, m)
        return self

    @property
    def autofilter(self) -> AutoFilter:
        return AutoFilter(self.sheet, self.sheet.fake.filter)

    def autofill(self, destination: Any, type_: str) -> None:
        self._call("format write")
        assert type_ == "fill_formats"
        if self.sheet.fake.protected:
            raise refused(PROTECTED)
        formats, row = self.sheet.fake.formats, self.rect[0]
        unlocked = self.sheet.fake.unlocked
        assert self.rect[0] == self.rect[2]
        top, left, bottom, right = destination.impl.rect
        assert (top, left) == self.rect[:2]
        for column in range(left, right + 1):
            for number in range(top, bottom + 1):
                if (row, column) in formats:
                    formats[number, column] = formats[row, column]
                if unlocked.has((row, column)):
                    unlocked.cells[number, column] = True

    def _read(self, *, texts: bool) -> Any:
        return cells.read(self.excel, self.sheet.book.fake, self.sheet.fake, self.rect, texts=texts)

    def _call(self, kind: str) -> None:
        top, left, bottom, right = self.rect
        where = f"{letters(left - 1)}{top}:{letters(right - 1)}{bottom}"
        self.excel.call(kind, f"{self.sheet.fake.title}!{where}")


class Tables(base_classes.Collection):
    def __init__(self, sheet: Sheet) -> None:
        self.sheet = sheet

    def __len__(self) -> int:
        return len(self.sheet.fake.tables)

    def __iter__(self) -> Iterator[Table]:
        self.sheet.excel.call("tables")
        return (Table(self.sheet, table) for table in self.sheet.fake.tables)

    def add(self, source: Any, name: str, **_options: Any) -> Table:
        self.sheet.excel.call("table write")
        self.sheet.fake.tables.append(FakeTable(name, source.impl.rect))
        return Table(self.sheet, self.sheet.fake.tables[-1])


def _told(name: str) -> property:
    def get(self: Table) -> Any:
        self.sheet.excel.call("table")
        return getattr(self.fake, name)

    return property(get)


class Table(base_classes.Table):
    show_headers = True
    name = _told("name")
    show_totals = _told("totals")
    show_autofilter = _told("autofilter")

    def __init__(self, sheet: Sheet, table: FakeTable) -> None:
        self.sheet, self.fake = sheet, table

    @property
    def range(self) -> Range:
        return Range(self.sheet, self.fake.rect)

    @property
    def autofilter(self) -> AutoFilter:
        return AutoFilter(self.sheet, self.fake)

    def resize(self, area: Any) -> None:
        self.sheet.excel.call("table write", self.fake.name)
        if self.sheet.fake.protected:
            raise refused(PROTECTED)
        top, left, _, right = self.fake.rect
        rect = area.impl.rect
        if rect[0] != top or rect[1] != left or rect[2] < top + 1:
            raise refused("The header row must stay, and a table has at least one row.")
        self.fake.rect = (top, left, rect[2], right)
