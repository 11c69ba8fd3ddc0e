"""From a name to the workbook that is open under it. Excel is never started, nothing is opened."""

from __future__ import annotations

import atexit
import sys
from typing import Any

from sheetsync.backends.excel.calls import Calls
from sheetsync.model.errors import WorkbookMissing

PREFIX = "excel:"


def is_excel(address: str) -> bool:
    """Tell whether an address means an open Excel window: ``excel:`` or ``excel:Name.xlsx``.

    >>> is_excel("excel:"), is_excel("Excel:Partners.xlsx"), is_excel("excel.xlsx")
    (True, True, False)
    """
    return address.strip().casefold().startswith(PREFIX)


def name_in(address: str) -> str:
    """The name in an address, "" for the workbook in front."""
    return address.strip()[len(PREFIX) :].strip()


def attached(name: str, calls: Calls) -> Any:
    """The open workbook (an ``xlwings.Book``) of that name, "" for the one in front.

    Raises WorkbookMissing, with what to do, when there is no such workbook or no Excel.
    """
    engine = _engine()
    open_books = calls.ask(lambda: [(b.name, b) for app in engine.apps for b in app.books])
    if not open_books:
        raise WorkbookMissing(
            "No workbook is open in Excel: open the tracker there (press Enable Editing if Excel "
            "shows that button), then sync again. Nothing was changed."
        )
    if not name:
        return _active(engine, calls)
    found = _matches(name, open_books)
    if len(found) == 1:
        return found[0]
    if found:
        raise WorkbookMissing(
            f"{len(found)} workbooks called “{name}” are open in Excel: close all but the one to "
            "sync. Nothing was changed."
        )
    raise WorkbookMissing(
        f"“{name}” is not open in Excel (open are “{'”, “'.join(n for n, _ in open_books)}”): "
        "open it there, press Enable Editing if Excel shows that button, or give the path of the "
        "file. Nothing was changed."
    )


def _engine() -> Any:
    """The engine of xlwings that speaks with Excel."""
    try:
        import xlwings
    except ImportError as error:
        raise WorkbookMissing(
            "Open Excel windows are reached through xlwings, which is not installed: "
            "run `pip install xlwings`, or give the path of the file. Nothing was changed."
        ) from error
    _tame()
    for engine in xlwings.engines:
        if engine.name == "excel":
            return engine
    raise WorkbookMissing(
        "Open Excel windows can be reached on Windows and Mac only, where Excel is installed: "
        "give the path of the file here. Nothing was changed."
    )


def _tame() -> None:
    """Take from xlwings what would reach further than we mean to.

    It asks a busy Excel again without pause and without end, and when Python ends it kills every
    Excel without a workbook window, whoever started it.
    """
    windows = sys.modules.get("xlwings._xlwindows")
    if windows is not None:
        windows.N_COM_ATTEMPTS = 1  # type: ignore[attr-defined]
        atexit.unregister(windows.cleanup)


def _matches(name: str, open_books: list[tuple[str, Any]]) -> list[Any]:
    """The books of that name, else those that have it before their suffix."""
    folded = name.casefold()
    exact = [book for told, book in open_books if told.casefold() == folded]
    return exact or [b for told, b in open_books if told.casefold().rpartition(".")[0] == folded]


def _active(engine: Any, calls: Calls) -> Any:
    try:
        book = calls.ask(lambda: engine.apps.active.books.active)
        if isinstance(calls.ask(lambda: book.name), str):
            return book
    except (AttributeError, KeyError):
        pass
    raise WorkbookMissing(
        "No workbook is in front in Excel: click into the tracker (press Enable Editing if Excel "
        "shows that button), then sync again. Nothing was changed."
    )
