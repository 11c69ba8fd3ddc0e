"""A workbook read in processes of their own, with a clock and a memory limit.

Whatever a hostile file does to the reader, the caller gets a snapshot or one sentence. The other
end of the pipes is ``child``. A big file is read by two children at a time, where the machine
has a processor for each: both are given the file, and each reads its share of the tabs.
"""

from __future__ import annotations

import contextlib
import os
import pickle
import signal
import subprocess
import sys
import threading
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
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
SHARED_FROM = 4 << 20
"""Bytes of a file from which a second child saves more time than its start costs."""

Answer = tuple[Any, ...]


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
    """Check the file here, then read it in bounded processes.

    ``seconds`` of processor time are allowed to each, and ``SECONDS_PER_MEGABYTE`` more for a big
    file. Raises ``WorkbookUnreadable`` on every failure that the file or the machine is to blame
    for: refused, crashed, too slow or too big; ``ReaderBug`` on ours.
    """
    seconds += SECONDS_PER_MEGABYTE * (len(data) >> 20)
    count = 2 if len(data) >= SHARED_FROM and processors() > 1 else 1
    with _started(count) as children:  # they load what they need while the file is checked
        preflight(data)
        jobs = [(tuple(tabs), name, seconds, memory_bytes, (i, count)) for i in range(count)]
        answers = _asked(children, jobs, data, seconds)
    return _joined([_snapshot_of(answer, memory_bytes) for answer in answers], tabs)


def processors() -> int:
    """How many processors this process may use."""
    if hasattr(os, "sched_getaffinity"):
        return len(os.sched_getaffinity(0))
    return os.cpu_count() or 1


def _snapshot_of(answer: Answer, memory_bytes: int) -> Snapshot:
    """The snapshot of an answer, or what it says raised."""
    kind, *told = answer
    if kind == "snapshot":
        snapshot: Snapshot = told[0]
        return snapshot
    if kind == "refused":
        raise WorkbookUnreadable(*told)
    if kind == "bug":
        raise ReaderBug(told[0]) from ReaderBug(told[1])
    if kind == "slow":
        raise _too_slow(told[0])
    raise _too_big(memory_bytes) if kind == "memory" else _crashed()


def _joined(shares: Sequence[Snapshot], tabs: Sequence[Tab]) -> Snapshot:
    """The shares of one workbook put together, its tabs in order."""
    if len(shares) == 1:
        return shares[0]
    tables = {key: table for share in shares for key, table in share.tables.items()}
    reports = {key: report for share in shares for key, report in share.reports.items()}
    return replace(
        shares[0],
        tables={tab.key: tables[tab.key] for tab in tabs if tab.key in tables},
        reports={tab.key: reports[tab.key] for tab in tabs if tab.key in reports},
    )


@contextmanager
def _started(count: int) -> Iterator[list[subprocess.Popen[bytes]]]:
    """So many children; those that still run at the end, or when we are interrupted, are killed."""
    children: list[subprocess.Popen[bytes]] = []
    try:
        children.extend(start(_START) for _ in range(count))
        yield children
    finally:
        for child in children:
            end(child)


def start(code: str) -> subprocess.Popen[bytes]:
    """A process of this Python that runs ``code``, its input and output ours."""
    return subprocess.Popen(
        [sys.executable, "-P", "-c", code],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        stderr=subprocess.DEVNULL,
    )


def _asked(
    children: Sequence[subprocess.Popen[bytes]],
    jobs: Sequence[tuple[object, ...]],
    data: bytes,
    seconds: float,
) -> list[Answer]:
    """The answers of all children, or only one when that is no snapshot."""
    answers: list[Answer] = [("crashed",)] * len(jobs)

    def ask(place: int) -> None:
        answers[place] = _ask(children[place], jobs[place], data, seconds)

    threads = [threading.Thread(target=ask, args=(place,)) for place in range(1, len(jobs))]
    for thread in threads:
        thread.start()
    try:
        ask(0)
    finally:
        if answers[0][0] != "snapshot":
            for child in children[1:]:
                child.kill()
        for thread in threads:
            thread.join()
    return answers if answers[0][0] == "snapshot" else answers[:1]


def _ask(
    child: subprocess.Popen[bytes], job: tuple[object, ...], data: bytes, seconds: float
) -> Answer:
    """Give a child its job; it is killed when time is up.

    Its answer is built while it comes in, so that it is never in memory as bytes.
    """
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
    if answer is not None and child.returncode == 0:
        return answer
    if late.is_set() or child.returncode == -getattr(signal, "SIGXCPU", 0) < 0:
        return ("slow", seconds)
    return ("memory",) if child.returncode == NO_MEMORY else ("crashed",)


def _exchange(
    child: subprocess.Popen[bytes], job: tuple[object, ...], data: bytes
) -> Answer | None:
    """Send the job, take the answer and wait; None when the child gave no whole answer."""
    answer: Answer | None = None
    if child.stdin is not None and child.stdout is not None:
        with contextlib.suppress(OSError, pickle.UnpicklingError, EOFError, ValueError):
            pickle.dump(job, child.stdin, 5)
            child.stdin.write(data)
            child.stdin.close()
            answer = _heard(child.stdout)
    child.wait()
    return answer


def _heard(source: IO[bytes]) -> Answer:
    """Read what ``child.main`` wrote; EOFError or UnpicklingError when it is not whole."""
    answer: Answer = pickle.load(source)  # noqa: S301 - written by our own child
    if answer[0] != "snapshot":
        return answer
    snapshot: Snapshot = answer[1]
    tables = {
        key: replace(table, cells=tuple(pickle.load(source) for _ in table.headers))  # noqa: S301
        for key, table in snapshot.tables.items()
    }
    return "snapshot", replace(snapshot, tables=tables)


def end(child: subprocess.Popen[bytes]) -> None:
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
