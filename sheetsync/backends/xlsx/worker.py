"""A workbook read in a process of its own, with a clock and a memory limit.

Whatever a hostile file does to the reader, the caller gets a snapshot or one sentence. The other
end of the pipes is ``child``.
"""

from __future__ import annotations

import contextlib
import pickle
import signal
import subprocess
import sys
import threading
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path
from typing import IO, Any

from sheetsync.backends.xlsx.child import NO_MEMORY
from sheetsync.backends.xlsx.directory import unreadable
from sheetsync.backends.xlsx.preflight import preflight
from sheetsync.model.errors import WorkbookUnreadable
from sheetsync.model.snapshot import Snapshot
from sheetsync.model.tracker import Tab

_START = (
    f"import sys; sys.path.append({str(Path(__file__).parents[3])!r})\n"
    "from sheetsync.backends.xlsx.child import main; main()"
)
"""The child finds this very package, and nothing of the folder that it is started in."""
SECONDS, MEMORY_BYTES = 20.0, 1 << 30
SECONDS_PER_MEGABYTE = 2.0
PATIENCE = 3
"""How much longer by the clock than by the processor: the machine may have other things to do."""


class ReaderBug(RuntimeError):
    """The reader failed in a way that it does not know; its cause's text is the traceback."""


def read_in_worker(
    data: bytes,
    tabs: Sequence[Tab],
    name: str,
    *,
    seconds: float = SECONDS,
    memory_bytes: int = MEMORY_BYTES,
) -> Snapshot:
    """Check the file here, then read it in a bounded process.

    ``seconds`` of processor time are allowed, and ``SECONDS_PER_MEGABYTE`` more for a big file.
    Raises ``WorkbookUnreadable`` on every failure that the file or the machine is to blame for:
    refused, crashed, too slow or too big; ``ReaderBug`` on ours.
    """
    preflight(data)
    seconds += SECONDS_PER_MEGABYTE * (len(data) >> 20)
    kind, *told = _ask((tuple(tabs), name, seconds, memory_bytes), data, seconds)
    if kind == "snapshot":
        snapshot: Snapshot = told[0]
        return snapshot
    if kind == "refused":
        raise WorkbookUnreadable(*told)
    if kind == "bug":
        raise ReaderBug(told[0]) from ReaderBug(told[1])
    raise _too_big(memory_bytes) if kind == "memory" else _crashed()


def _ask(job: tuple[object, ...], data: bytes, seconds: float) -> tuple[Any, ...]:
    """Run the child; it is killed when time is up or when we are interrupted.

    Its answer is built while it comes in, so that it is never in memory as bytes.
    """
    child = subprocess.Popen(
        [sys.executable, "-P", "-c", _START],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        stderr=subprocess.DEVNULL,
    )
    late = threading.Event()

    def give_up() -> None:
        late.set()
        child.kill()

    clock = threading.Timer(seconds * PATIENCE, give_up)
    clock.start()
    try:
        answer = _exchange(child, job, data)
    finally:
        clock.cancel()
        _end(child)
    if answer is not None and child.returncode == 0:
        return answer
    if late.is_set() or child.returncode == -getattr(signal, "SIGXCPU", 0) < 0:
        raise _too_slow(seconds)
    return ("memory",) if child.returncode == NO_MEMORY else ("crashed",)


def _exchange(
    child: subprocess.Popen[bytes], job: tuple[object, ...], data: bytes
) -> tuple[Any, ...] | None:
    """Send the job, take the answer and wait; None when the child gave no whole answer."""
    answer: tuple[Any, ...] | None = None
    if child.stdin is not None and child.stdout is not None:
        with contextlib.suppress(OSError, pickle.UnpicklingError, EOFError, ValueError):
            pickle.dump(job, child.stdin, 5)
            child.stdin.write(data)
            child.stdin.close()
            answer = _heard(child.stdout)
    child.wait()
    return answer


def _heard(source: IO[bytes]) -> tuple[Any, ...]:
    """Read what ``child.main`` wrote; EOFError or UnpicklingError when it is not whole."""
    answer: tuple[Any, ...] = pickle.load(source)  # noqa: S301 - written by our own child
    if answer[0] != "snapshot":
        return answer
    snapshot: Snapshot = answer[1]
    tables = {
        key: replace(table, cells=tuple(pickle.load(source) for _ in table.headers))  # noqa: S301
        for key, table in snapshot.tables.items()
    }
    return "snapshot", replace(snapshot, tables=tables)


def _end(child: subprocess.Popen[bytes]) -> None:
    """Kill the child if it still runs, and let go of its pipes."""
    if child.poll() is None:
        child.kill()
        child.wait()
    for pipe in (child.stdin, child.stdout):
        with contextlib.suppress(OSError):  # what it did not read any more
            if pipe is not None:
                pipe.close()


def _crashed() -> WorkbookUnreadable:
    return unreadable(
        "crashed",
        "The workbook could not be read because something in it is not as it should be; open it "
        "in Excel, let it repair it and save it under a new name",
    )


def _too_slow(seconds: float) -> WorkbookUnreadable:
    return unreadable(
        "too_slow",
        f"Reading the workbook took longer than {seconds:.3g} seconds, so it was given up; delete "
        "unused rows, columns and formats in Excel and save it again",
    )


def _too_big(memory_bytes: int) -> WorkbookUnreadable:
    return unreadable(
        "too_big",
        f"Reading the workbook needs more than {memory_bytes >> 20:,} MB of memory; delete unused "
        "rows, columns and formats in Excel and save it again",
    )
