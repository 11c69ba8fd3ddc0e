"""Drafts written into Excel, whole or not at all: each step is taken back when a later one fails.

While writing, Excel neither draws nor calculates nor runs macros of events; all of that is as it
was afterwards, whatever happens, and so is the protection of tabs. The clipboard is not used.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from contextlib import ExitStack, contextmanager, suppress
from dataclasses import dataclass, replace
from functools import partial
from typing import Any

from sheetsync.backends.excel import native
from sheetsync.backends.excel.area import Area
from sheetsync.backends.excel.blocks import Block, Draft, Rows
from sheetsync.backends.excel.calls import Calls, failed, is_of_excel
from sheetsync.backends.excel.filters import filters_of, unfiltered
from sheetsync.backends.excel.protection import protected_of, unprotected
from sheetsync.backends.excel.reading import refers_to
from sheetsync.backends.excel.values import rows_out
from sheetsync.model.errors import SheetsyncError, WriteFailed
from sheetsync.model.values import Formula

_QUIET = (
    ("screen_updating", False),
    ("display_alerts", False),
    ("enable_events", False),
    ("calculation", "manual"),
)
_MOST_CELLS = 1_000_000
"""A Mac's Excel takes not much more in one event."""
_IMPATIENT = 1.0
"""How long each further step is tried once Excel has refused to take one back."""


class Torn(WriteFailed):
    """A write failed and could not be taken back in full: the window holds parts of it."""


@dataclass(frozen=True, slots=True)
class _Step:
    """One change: what does it, what takes it back, and what it is called."""

    do: Callable[[], object]
    undo: Callable[[], object]
    what: str


def write(book: Any, drafts: Sequence[Draft], calls: Calls, notes: list[str]) -> None:
    """Write the drafts; ``notes`` get what people should know, also of a write that fails.

    Raises WriteFailed (a protection that must stay, a filter that could not be put back, a refusal
    of Excel's) or WorkbookBusy; nothing is changed then. Torn when that could not be held.
    """
    protected = protected_of(drafts, calls)
    filters = [told for draft in drafts for told in filters_of(draft.found, calls)]
    steps = [step for draft in drafts for step in _steps(book, draft, calls)]
    told = list(_circumstances(book, calls))
    with (
        _quiet(book.app, calls, drafts, notes),
        unprotected(protected, calls, notes),
        unfiltered(filters, calls, notes),
    ):
        _take(steps, calls, book)
    notes += told


def _circumstances(book: Any, calls: Calls) -> Iterator[str]:
    """What people should know of their Excel when it is written to."""
    if calls.ask(lambda: native.is_read_only(book)):
        yield "The workbook is open read-only: save it under another name to keep what is new."
    if calls.ask(lambda: book.app.calculation) == "manual":
        yield "Excel calculates on request only: press F9 to have formulas follow the new rows."
    if calls.ask(lambda: book.app.cut_copy_mode):
        yield "Excel has let go of what was marked for copying or moving: mark it again."


@contextmanager
def _quiet(app: Any, calls: Calls, drafts: Sequence[Draft], notes: list[str]) -> Iterator[None]:
    """Hold Excel still; each switch goes back to where it was, or ``notes`` tell of it."""
    with ExitStack() as stack:
        if any(_has_formulas(block) for draft in drafts for block in draft.blocks):
            allow = native.without_filling(app, calls)
            stack.callback(_back, allow, "fill formulas in tables", "on", notes)
        for name, value in _QUIET:
            before = calls.ask(partial(getattr, app, name))
            if before != value:
                back = partial(calls.ask, partial(setattr, app, name, before))
                stack.callback(_back, back, name.replace("_", " "), before, notes)
                calls.ask(partial(setattr, app, name, value))
        yield


def _back(put: Callable[[], None], setting: str, before: Any, notes: list[str]) -> None:
    """Put a setting back; what was written stands, whether that succeeds or not."""
    try:
        put()
    except Exception as error:
        if not is_of_excel(error) and not isinstance(error, SheetsyncError):
            raise
        notes.append(
            f"Excel's setting “{setting}” could not be put back to {before}: set it again."
        )


def _has_formulas(block: Block) -> bool:
    cells = (value for rows in (block.old, block.new) for row in rows for value in row)
    return any(isinstance(value, Formula) for value in cells)


def _steps(book: Any, draft: Draft, calls: Calls) -> Iterator[_Step]:
    """A table grows before its new rows are written, and shrinks after its old ones are empty."""
    resizing = list(_resizing(draft))
    if draft.grows:
        yield from resizing
    for block in draft.blocks:
        yield from (_writing(book, draft, part) for part in block.parts(_MOST_CELLS))
    if not draft.grows:
        yield from resizing
    wanted = [c.range_name for c in draft.found.tab.columns if c.range_name] if draft.end else []
    refers = {name: refers_to(book, name, calls) for name in wanted}
    for name, old, new in draft.moved_names(refers):
        yield _Step(
            partial(_refer, book, name, new), partial(_refer, book, name, old), f"the name {name}"
        )


def _refer(book: Any, name: str, told: str) -> None:
    book.names[name].refers_to = told


def _resizing(draft: Draft) -> Iterator[_Step]:
    table, sheet = draft.found.table, draft.found.sheet
    if table is None or not draft.end:
        return
    area = table.area
    wanted = Area(area.top, area.left, draft.end, area.right)
    what = f"to resize the table of the tab “{draft.found.title}”"
    resize = partial(_resize, sheet, table.table)
    yield _Step(partial(resize, wanted), partial(resize, area), what)
    if draft.grows:
        last = table.last_row
        source = Area(last, area.left, last, area.right)
        target = Area(last, area.left, draft.end, area.right)
        yield _Step(partial(_copy_formats, sheet, source, target), lambda: None, what)


def _resize(sheet: Any, table: Any, area: Area) -> None:
    table.resize(sheet.range(area.address))


def _copy_formats(sheet: Any, source: Area, target: Area) -> None:
    """New rows look as the last one did, without a detour over the clipboard."""
    sheet.range(source.address).autofill(sheet.range(target.address), "fill_formats")


def _writing(book: Any, draft: Draft, block: Block) -> _Step:
    sheet, address = draft.found.sheet, block.area.address
    prepare = partial(_prepared, book.app.engine.impl)
    return _Step(
        partial(_put, sheet, address, block.new, prepare),
        partial(_put, sheet, address, block.old, prepare),
        f"to write {address} of the tab “{draft.found.title}”",
    )


def _prepared(engine: Any, value: Any) -> Any:
    return engine.prepare_xl_data_element(value, None)


def _put(sheet: Any, address: str, rows: Rows, prepare: Callable[[Any], Any]) -> None:
    """Write a block in one call."""
    told = rows_out(rows, prepare)
    sheet.range(address).raw_value = told if len(told) > 1 or len(told[0]) > 1 else told[0][0]


def _take(steps: Sequence[_Step], calls: Calls, book: Any) -> None:
    """Take all steps, or none."""
    taken: list[_Step] = []
    try:
        for step in steps:
            taken.append(step)
            calls.ask(step.do)
    except BaseException as error:
        _take_back(taken, calls, book, error)
        if is_of_excel(error):
            what = f"{taken[-1].what}, so all was put back as it was"
            raise failed(error, what) from error
        raise


def _take_back(taken: Sequence[_Step], calls: Calls, book: Any, error: BaseException) -> None:
    left = []
    for step in reversed(taken):
        try:
            calls.ask(step.undo)
        except Exception:  # noqa: BLE001 - whatever Excel says now, the other steps go back too
            left.append(step.what)
            calls = replace(calls, seconds=_IMPATIENT)
    if left:
        title = ""
        with suppress(Exception):
            title = f" “{book.name}”"
        raise Torn(
            f"Excel refused {taken[-1].what} and then to put {len(left)} of {len(taken)} changes "
            f"back: close the workbook{title} without saving and open it again."
        ) from error
