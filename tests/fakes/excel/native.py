"""The COM object of a sheet in the fake Excel: its protection and its filter."""

from __future__ import annotations

from dataclasses import replace
from types import SimpleNamespace
from typing import Any

from tests.fakes.excel.protection import ORDER, SELECTING, USUAL, Protection
from tests.fakes.excel.world import FakeExcel, FakeSheet, refused

_COM_NAMES = dict(
    zip(
        (
            "AllowFormattingCells",
            "AllowFormattingColumns",
            "AllowFormattingRows",
            "AllowInsertingColumns",
            "AllowInsertingRows",
            "AllowInsertingHyperlinks",
            "AllowDeletingColumns",
            "AllowDeletingRows",
            "AllowSorting",
            "AllowFiltering",
            "AllowUsingPivotTables",
        ),
        ORDER,
        strict=True,
    )
)


class NativeSheet:
    """The COM object of a sheet: its protection and its filter."""

    ProtectionMode = False

    def __init__(self, excel: FakeExcel, sheet: FakeSheet, filtered: str) -> None:
        self._excel, self._fake, self._filtered = excel, sheet, filtered

    @property
    def FilterMode(self) -> bool:  # noqa: N802 - COM's name
        own = self._fake.filter
        return bool(own and own.criteria) or self._fake.advanced_filter

    @property
    def AutoFilterMode(self) -> bool:  # noqa: N802 - COM's name
        return self._fake.filter is not None

    @property
    def AutoFilter(self) -> Any:  # noqa: N802 - COM's name
        return SimpleNamespace(Range=SimpleNamespace(Address=self._filtered))

    @property
    def ProtectContents(self) -> bool:  # noqa: N802 - COM's name
        return self._fake.protection is not None

    @property
    def ProtectDrawingObjects(self) -> bool:  # noqa: N802 - COM's name
        return self.ProtectContents and "objects" not in self._fake.protection.allowed

    @property
    def ProtectScenarios(self) -> bool:  # noqa: N802 - COM's name
        return self.ProtectContents and "scenarios" not in self._fake.protection.allowed

    @property
    def Protection(self) -> Any:  # noqa: N802 - COM's name
        return _Allowed(self._fake.protection)

    @property
    def EnableSelection(self) -> int:  # noqa: N802 - COM's name
        allowed = self._fake.protection.allowed if self._fake.protection else USUAL
        return 0 if "selectLockedCells" in allowed else 1 if SELECTING[1] in allowed else -4142

    @EnableSelection.setter
    def EnableSelection(self, value: int) -> None:  # noqa: N802 - COM's name
        self._excel.call("protection write", self._fake.title)
        may = {0: set(SELECTING), 1: {SELECTING[1]}, -4142: set()}[value]
        allowed = self._fake.protection.allowed - set(SELECTING) | may
        self._fake.protection = replace(self._fake.protection, allowed=frozenset(allowed))

    def Unprotect(self, password: str) -> None:  # noqa: N802 - COM's name
        self._excel.call("protection write", self._fake.title)
        if self._fake.protection is not None and self._fake.protection.password != password:
            raise refused("The password you supplied is not correct.")
        self._fake.protection = None

    def Protect(  # noqa: N802 - COM's name
        self,
        password: str,
        objects: bool,
        contents: bool,
        scenarios: bool,
        interface_only: bool,
        *allowed: bool,
    ) -> None:
        self._excel.call("protection write", self._fake.title)
        assert (contents, interface_only, len(allowed)) == (True, False, len(ORDER))
        assert self._fake.protection is None, "a second protection changes the first"
        may = {name for name, told in zip(ORDER, allowed, strict=True) if told} | set(SELECTING)
        may |= {name for name, kept in (("objects", objects), ("scenarios", scenarios)) if not kept}
        self._fake.protection = Protection(frozenset(may), password)


class _Allowed:
    def __init__(self, protection: Protection | None) -> None:
        self._allowed = protection.allowed if protection else frozenset()

    def __getattr__(self, name: str) -> bool:
        return _COM_NAMES[name] in self._allowed
