"""What is asked of Excel beside xlwings: by COM on Windows, by Apple events on a Mac."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

from sheetsync.backends.excel.calls import Calls, is_of_excel

_ALLOWED = {
    "AllowFormattingCells": "allow_formatting_cells",
    "AllowFormattingColumns": "allow_formatting_columns",
    "AllowFormattingRows": "allow_formatting_rows",
    "AllowInsertingColumns": "allow_inserting_columns",
    "AllowInsertingRows": "allow_inserting_rows",
    "AllowInsertingHyperlinks": "allow_inserting_hyperlinks",
    "AllowDeletingColumns": "allow_deleting_columns",
    "AllowDeletingRows": "allow_deleting_rows",
    "AllowSorting": "allow_sorting",
    "AllowFiltering": "allow_filtering",
    "AllowUsingPivotTables": "allow_using_pivot_table",
}
"""What a protection may allow: names on Windows, in the order of Protect's arguments; on a Mac."""


@dataclass(frozen=True, slots=True)
class Options:
    """How a sheet is protected.

    ``objects`` and ``scenarios`` tell whether these are, too; ``allowed`` is by the names on a
    Mac; ``selection`` is what may be selected, as Excel tells it.
    """

    objects: bool
    scenarios: bool
    allowed: Mapping[str, bool]
    selection: Any


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


def protection_of(sheet: Any) -> Options:
    """How a sheet that is protected is."""
    api = sheet.api
    told = api.protection_object if _on_mac(api) else api.Protection
    return Options(
        objects=bool(property_of(api, "ProtectDrawingObjects", "protect_drawing_objects")),
        scenarios=bool(property_of(api, "ProtectScenarios", "protect_scenarios")),
        allowed={mac: bool(property_of(told, name, mac)) for name, mac in _ALLOWED.items()},
        selection=property_of(api, "EnableSelection", "enable_selection"),
    )


def unprotect(sheet: Any) -> None:
    """Lift a protection that has no password; Excel refuses for one that has.

    With no argument at all Excel asks the person in front of it for the password.
    """
    api = sheet.api
    if _on_mac(api):
        api.unprotect(password="")
    else:
        api.Unprotect("")


def protect(sheet: Any, options: Options) -> None:
    """Protect a sheet without a password."""
    api = sheet.api
    if _on_mac(api):
        api.protect_worksheet(
            drawing_objects=options.objects,
            worksheet_contents=True,
            scenarios=options.scenarios,
            user_interface_only=False,
            **options.allowed,
        )
    else:  # late-bound COM takes no names of arguments
        contents, interface_only = True, False
        what = options.objects, contents, options.scenarios, interface_only
        api.Protect("", *what, *options.allowed.values())
    _select(api, options.selection)


def _select(api: Any, told: Any) -> None:
    if property_of(api, "EnableSelection", "enable_selection") == told:
        return
    if _on_mac(api):
        api.enable_selection.set(told)
    else:
        api.EnableSelection = told


def is_unlocked(area: Any) -> bool:
    """Whether all cells of a range may be written while their sheet is protected."""
    return property_of(area.api, "Locked", "locked") is False


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
