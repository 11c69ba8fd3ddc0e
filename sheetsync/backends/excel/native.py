"""What is asked of Excel beside xlwings: by COM on Windows, by Apple events on a Mac."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from sheetsync.backends.excel.calls import Calls, is_of_excel


def property_of(api: Any, windows: str, mac: str) -> Any:
    """A property of a native object, by its name on either platform; None where there is none."""
    if not _on_mac(api):
        return getattr(api, windows, None)
    reference = getattr(api, mac, None)
    return None if reference is None else reference.get()


def _on_mac(api: Any) -> bool:
    """Whether an object is a reference of appscript's, which is what xlwings uses on a Mac."""
    return type(api).__module__.partition(".")[0] == "appscript"


def is_protected(sheet: Any) -> bool:
    """Whether the cells of a sheet (of xlwings') refuse to be written."""
    if not property_of(sheet.api, "ProtectContents", "protect_contents"):
        return False
    return not property_of(sheet.api, "ProtectionMode", "protection_mode")


def is_filtered(sheet: Any) -> bool:
    """Whether a filter hides rows of a sheet outside of tables."""
    return property_of(sheet.api, "FilterMode", "filter_mode") is True


def is_read_only(book: Any) -> bool:
    """Whether a book cannot be saved under its name."""
    return property_of(book.api, "ReadOnly", "read_only") is True


def has_merges(area: Any) -> bool:
    """Whether some cells of a range are merged; of a mixed range Excel says neither yes nor no."""
    return property_of(area.api, "MergeCells", "merge_cells") is not False


def filter_address(sheet: Any) -> str:
    """Where the sheet's own filter is, such as ``$A$1:$F$9``; "" when it has none."""
    api = sheet.api
    if property_of(api, "AutoFilterMode", "autofilter_mode") is not True:
        return ""
    if _on_mac(api):
        return str(api.autofilter_object.range_object.get_address())
    return str(api.AutoFilter.Range.Address)


def shown(area: Any) -> Any:
    """The texts that a Mac's Excel shows in a range, in the shape of its values; else None."""
    return area.api.string_value.get() if _on_mac(area.api) else None


def without_filling(app: Any, calls: Calls) -> Callable[[], None]:
    """Keep Excel from filling a table's column with a formula; return what allows it again.

    There is no such switch on a Mac.
    """
    try:
        switch = calls.ask(lambda: app.api.AutoCorrect)
        before = calls.ask(lambda: switch.AutoFillFormulasInLists)
    except Exception as error:
        if isinstance(error, AttributeError) or is_of_excel(error):
            return lambda: None
        raise

    def put(value: bool) -> None:
        switch.AutoFillFormulasInLists = value

    calls.ask(lambda: put(value=False))
    return lambda: calls.ask(lambda: put(before))
