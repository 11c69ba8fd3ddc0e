"""Where workbooks live: the one place that turns an address into an open workbook."""

from __future__ import annotations

from typing import TYPE_CHECKING, Protocol, runtime_checkable

from sheetsync.model.workbook import Workbook

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence


class Opened(Workbook, Protocol):
    """A workbook with what a shell tells about it beside the results."""

    @property
    def notes(self) -> Sequence[str]:
        """Sentences that people should read."""


@runtime_checkable
class Remote(Protocol):
    """A workbook with a network between it and us: writing may take long and can be stopped."""

    @property
    def traffic(self) -> Mapping[str, int]:
        """``requests``, and the bytes ``sent`` and ``received``, since it was opened."""


def open_workbook(address: str) -> Opened:
    """Open the workbook at a path, at the address of a Google Sheet, or in an Excel window.

    ``excel:`` means the workbook in front in Excel, ``excel:Name.xlsx`` the open one of that name.
    Raises WorkbookMissing for no address and for one that is not open in Excel, and what signing
    in to Google raises. Nothing is read yet.
    """
    from sheetsync.backends.excel.attach import is_excel
    from sheetsync.backends.google.address import is_google
    from sheetsync.model.errors import WorkbookMissing

    if not address.strip():
        raise WorkbookMissing("No workbook was named: give its path. Nothing was changed.")
    if is_excel(address):
        return _window(address)
    return _sheet(address) if is_google(address) else _file(address)


def _file(path: str) -> Opened:
    from pathlib import Path

    from sheetsync.backends.xlsx.workbook import XlsxWorkbook
    from sheetsync.templates import full_bytes

    return XlsxWorkbook(Path(path), template=full_bytes)


def _window(address: str) -> Opened:
    from sheetsync.backends.excel.attach import name_in
    from sheetsync.backends.excel.workbook import ExcelWorkbook

    return ExcelWorkbook(name_in(address))


def _sheet(address: str) -> Opened:
    from sheetsync.backends.google.address import spreadsheet_id
    from sheetsync.backends.google.auth import open_client
    from sheetsync.backends.google.create import create, packs_made
    from sheetsync.backends.google.workbook import GoogleWorkbook
    from sheetsync.catalog.tracker import FULL, tracker_of

    client, sheet = open_client(), spreadsheet_id(address)

    def restored() -> object:
        """Make the tabs that the engine owns and people deleted."""
        return create(client, sheet, tracker_of(packs_made(client, sheet, FULL)))

    return GoogleWorkbook(client, sheet, restore=restored)
