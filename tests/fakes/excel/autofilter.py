"""Filters, as xlwings meets them in the fake Excel."""

from __future__ import annotations

from typing import Any

from xlwings import base_classes

from tests.fakes.excel.world import PROTECTED, FakeTable, refused


class AutoFilter(base_classes.AutoFilter):
    def __init__(self, sheet: Any, table: FakeTable) -> None:
        self.sheet, self.fake = sheet, table

    @property
    def criteria(self) -> list[dict[str, Any]]:
        self.sheet.excel.call("filter")
        width = self.fake.rect[3] - self.fake.rect[1] + 1
        blank = base_classes.empty_autofilter_criteria
        return [blank(i) | self.fake.criteria.get(i, {}) for i in range(1, width + 1)]

    def clear(self, number: int | None) -> None:
        self._change()
        assert number is None
        self.fake.criteria.clear()

    def apply_values(self, number: int, values: list[str]) -> None:
        self._set(number, "values", values=values)

    def apply_comparison(self, number: int, operator: str, value1: Any, value2: Any) -> None:
        self._set(number, "comparison", operator=operator, value1=value1, value2=value2)

    def apply_top_items(self, number: int, count: int) -> None:
        self._set(number, "top_items", count=count)

    def _set(self, number: int, kind: str, **told: Any) -> None:
        self._change()
        self.fake.criteria[number] = {"type": kind, **told}

    def _change(self) -> None:
        self.sheet.excel.call("filter write")
        if self.sheet.fake.protected:
            raise refused(PROTECTED)
