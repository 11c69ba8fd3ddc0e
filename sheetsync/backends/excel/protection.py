"""Protection lifted from the engine's tabs while they are written to, and put back as it was.

Trackers protect these tabs against slips, without a password. Tabs of people's own are left as
they are: cells of theirs that are not locked may be written all the same, locked ones may not.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from functools import partial
from typing import Any

from sheetsync.backends.excel import native
from sheetsync.backends.excel.blocks import Draft
from sheetsync.backends.excel.calls import Calls, is_of_excel
from sheetsync.model.errors import SheetsyncError, WriteFailed
from sheetsync.model.tracker import Role

_OURS = (Role.COMPUTED, Role.REPORT, Role.LOG)


@dataclass(frozen=True, slots=True)
class Protected:
    """A protected sheet (of xlwings') that has to be open while it is written to."""

    title: str
    sheet: Any
    options: native.Options


def protected_of(drafts: Sequence[Draft], calls: Calls) -> list[Protected]:
    """The sheets whose protection is in the way.

    Raises WriteFailed when one of them is people's own.
    """
    found = {}
    for draft in drafts:
        sheet, title = draft.found.sheet, draft.found.title
        if not calls.ask(partial(native.is_protected, sheet)) or _is_open(draft, calls):
            continue
        if draft.found.tab.role not in _OURS:
            raise _refused(title, "is protected")
        found[title] = Protected(title, sheet, calls.ask(partial(native.protection_of, sheet)))
    return list(found.values())


def _is_open(draft: Draft, calls: Calls) -> bool:
    """Whether only cells are written that are not locked; a table keeps its size, too."""
    ranges = (draft.found.sheet.range(block.area.address) for block in draft.blocks)
    return not draft.end and all(calls.ask(partial(native.is_unlocked, one)) for one in ranges)


def _refused(title: str, state: str) -> WriteFailed:
    return WriteFailed(
        f"The tab “{title}” {state}: unprotect it (Review, Unprotect Sheet), then sync again. "
        "Nothing was changed."
    )


@contextmanager
def unprotected(sheets: Sequence[Protected], calls: Calls, notes: list[str]) -> Iterator[None]:
    """Lift the protection inside the block; ``notes`` tell where it could not be put back.

    Raises WriteFailed when one has a password; the others are protected then as they were.
    """
    with ExitStack() as stack:
        for one in sheets:
            stack.callback(_put_back, one, calls, notes)
            _lift(one, calls)
        yield


def _lift(one: Protected, calls: Calls) -> None:
    why: BaseException | None = None
    try:
        calls.ask(partial(native.unprotect, one.sheet))
    except Exception as error:
        if not is_of_excel(error):
            raise
        why = error
    if why is not None or calls.ask(partial(native.is_protected, one.sheet)):
        raise _refused(one.title, "is protected with a password") from why


def _put_back(one: Protected, calls: Calls, notes: list[str]) -> None:
    """Protect a sheet again, unless it is: its protection could not be lifted then."""
    try:
        if not calls.ask(partial(native.is_protected, one.sheet)):
            calls.ask(partial(native.protect, one.sheet, one.options))
    except Exception as error:
        if not is_of_excel(error) and not isinstance(error, SheetsyncError):
            raise
        notes.append(
            f"The tab “{one.title}” could not be protected again: protect it (Review, Protect "
            "Sheet)."
        )
