"""Asking Excel: a call that it rejects because it is busy is made again, until a deadline.

Excel rejects calls while somebody types in a cell, while a dialog is open and while it calculates.
A rejected call has done nothing, and every call that is made here may be made twice.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from typing import Any, TypeVar

from sheetsync.backends.google.throttle import Clock, SystemClock
from sheetsync.model.errors import SheetsyncError, WorkbookBusy, WorkbookMissing, WriteFailed

SECONDS = 15.0
"""How long a busy Excel is asked again."""
_FIRST_PAUSE, _LONGEST_PAUSE = 0.05, 1.0
_T = TypeVar("_T")

BUSY = frozenset(
    (
        -2147418111,  # RPC_E_CALL_REJECTED
        -2147417846,  # RPC_E_SERVERCALL_RETRYLATER
        -2146777998,  # VBA_E_IGNORE: a cell is being edited
        -1712,  # Mac: the Apple event timed out
    )
)
GONE = frozenset(
    (
        -2147417848,  # RPC_E_DISCONNECTED
        -2147023174,  # the server is unavailable
        -2147023170,  # the call failed
        -600,  # Mac: the application is not running
        -609,  # Mac: the connection is invalid
    )
)
FORBIDDEN = frozenset((-1743,))
"""Mac: not allowed to send Apple events to Excel."""


@dataclass(frozen=True, slots=True)
class Calls:
    """Makes calls to Excel; ``seconds`` is the deadline for a busy one, by ``clock``."""

    clock: Clock = field(default_factory=SystemClock)
    seconds: float = SECONDS

    def ask(self, call: Callable[[], _T]) -> _T:
        """Return what ``call`` gives.

        Raises WorkbookBusy when Excel stays busy past the deadline, WorkbookMissing when it is
        gone or may not be asked; all other failures as they are.
        """
        deadline = self.clock.now() + self.seconds
        pause = _FIRST_PAUSE
        while True:
            try:
                return call()
            except Exception as error:
                if (known := refusal(error)) is None:
                    raise
                if not isinstance(known, WorkbookBusy) or self.clock.now() >= deadline:
                    raise known from error
            self.clock.sleep(pause)
            pause = min(2 * pause, _LONGEST_PAUSE)


def refusal(error: Exception) -> SheetsyncError | None:
    """The exception in our words for a failure of Excel's that is known by its number."""
    numbers = set(_numbers(error))
    if numbers & BUSY or type(error).__name__ == "ExcelBusyError":
        return WorkbookBusy(
            "Excel is busy: a cell is being edited or a dialog is open; press Enter or Esc in "
            "Excel, close its dialogs, then sync again. Nothing was changed."
        )
    if numbers & GONE:
        return WorkbookMissing(
            "Excel or its workbook was closed meanwhile: open the workbook, then sync again."
        )
    if numbers & FORBIDDEN:
        return WorkbookMissing(
            "macOS does not let this program control Excel: allow it in System Settings, Privacy "
            "& Security, Automation, then sync again. Nothing was changed."
        )
    return None


def is_of_excel(error: BaseException) -> bool:
    """Whether a failure is Excel's: it has the number of a COM error or of an Apple event."""
    return isinstance(error, Exception) and (
        hasattr(error, "hresult") or hasattr(error, "errornumber")
    )


def failed(error: BaseException, what: str) -> WriteFailed:
    """The exception in our words for a failure of Excel's without a known number."""
    return WriteFailed(f"Excel refused {what} ({' '.join(_reason(error).split())[:200]}).")


def _reason(error: BaseException) -> str:
    """What a failure says: of a COM error the application's own words, else the longest text."""
    details = next((part for part in error.args if isinstance(part, tuple)), ())
    if len(details) > 2 and isinstance(details[2], str) and details[2].strip():
        return details[2]
    texts = [part for part in _flat(error.args) if isinstance(part, str)]
    return max(texts, key=len, default="") or type(error).__name__


def _numbers(error: BaseException) -> Iterator[int]:
    for name in ("hresult", "errornumber"):
        if isinstance(number := getattr(error, name, None), int):
            yield number
    yield from (part for part in _flat(error.args) if isinstance(part, int))


def _flat(told: Any) -> Iterator[Any]:
    for part in told:
        if isinstance(part, tuple | list):
            yield from _flat(part)
        else:
            yield part
