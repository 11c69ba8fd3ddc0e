"""Names of a workbook, as xlwings meets them in the fake Excel."""

from __future__ import annotations

from typing import Any

from xlwings import base_classes

from tests.fakes.excel.world import refused


class Names(base_classes.Names):
    def __init__(self, book: Any) -> None:
        self.book = book

    def __call__(self, name: str) -> Name:
        known = {told.casefold(): told for told in self.book.fake.names}
        if name.casefold() not in known:
            raise refused("There is no such name.")
        return Name(self.book, known[name.casefold()])

    def add(self, name: str, refers_to: str) -> Name:
        self.book.fake.names[name] = refers_to
        return Name(self.book, name)


class Name(base_classes.Name):
    name: Any = None

    def __init__(self, book: Any, name: str) -> None:
        self.book, self.name = book, name

    @property
    def refers_to(self) -> str:
        self.book.app.excel.call("name")
        return self.book.fake.names[self.name]

    @refers_to.setter
    def refers_to(self, told: str) -> None:
        self.book.app.excel.call("name write", self.name)
        self.book.fake.stale = True
        self.book.fake.names[self.name] = told
