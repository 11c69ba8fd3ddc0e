"""The process that reads a workbook: one job on standard input, one answer on standard output.

It loads as little as it can, so that it starts at once, and gives its memory back while it
answers, for its parent needs as much at the same time.
"""

from __future__ import annotations

import contextlib
import os
import pickle
import sys
import traceback
from dataclasses import replace
from typing import IO, TYPE_CHECKING, Any

from sheetsync.backends.xlsx.reader import snapshot
from sheetsync.model.errors import WorkbookUnreadable

if TYPE_CHECKING:
    from types import ModuleType

    from sheetsync.model.snapshot import Snapshot

NO_MEMORY = 3
"""The exit code when memory ran out while the answer was told."""


def main() -> None:
    """Read one job from standard input, write its answer to standard output."""
    import gc

    gc.disable()  # one job, then the end: collecting would cost a third of the time
    try:
        _tell(_answer(), sys.stdout.buffer)
        sys.stdout.buffer.flush()
    except MemoryError:
        os._exit(NO_MEMORY)
    os._exit(0)  # the answer is out; freeing millions of cells one by one would take as long


def _answer() -> tuple[Any, ...]:
    """Do the job on standard input and tell how it went; nothing escapes."""
    try:
        told = pickle.load(sys.stdin.buffer)  # noqa: S301 - our parent
        tabs, name, seconds, memory_bytes, share = told
        bound(seconds, memory_bytes)
        return ("snapshot", snapshot(sys.stdin.buffer.read(), tabs, name, share))
    except WorkbookUnreadable as refusal:
        return ("refused", str(refusal), refusal.code)
    except MemoryError:
        return ("memory",)
    except Exception as error:  # noqa: BLE001 - what is wrong with a file is a refusal, not this
        return ("bug", f"{type(error).__name__}: {error}", traceback.format_exc())


def _tell(answer: tuple[Any, ...], out: IO[bytes]) -> None:
    """Write an answer; a snapshot's columns one by one, each given up once it is written."""
    if answer[0] != "snapshot":
        pickle.dump(answer, out, 5)
        return
    found: Snapshot = answer[1]
    bare = {key: replace(table, cells=()) for key, table in found.tables.items()}
    pickle.dump(("snapshot", replace(found, tables=bare)), out, 5)
    for table in found.tables.values():
        for column in table.cells:
            pickle.dump(column, out, 5)
            column.clear()


def bound(seconds: float, memory_bytes: int) -> None:
    """Limit this process where the platform can (not on Windows)."""
    try:
        import resource
    except ImportError:
        return
    _limit(resource, resource.RLIMIT_CORE, 0)
    _limit(resource, resource.RLIMIT_CPU, int(seconds) + 1)
    _limit(resource, resource.RLIMIT_AS, memory_bytes)


def _limit(resource: ModuleType, kind: int, most: int) -> None:
    with contextlib.suppress(ValueError, OSError):  # a lower limit is already set
        resource.setrlimit(kind, (most, most))
