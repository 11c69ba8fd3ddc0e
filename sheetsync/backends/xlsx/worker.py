"""A workbook read in a process of its own, with a clock and a memory limit.

Whatever a hostile file does to the reader, the caller gets a snapshot or one sentence. The child
takes its job on standard input and imports only light modules, so that it starts at once.
"""

from __future__ import annotations

import contextlib
import os
import pickle
import signal
import subprocess
import sys
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING

from sheetsync.backends.xlsx.directory import unreadable
from sheetsync.backends.xlsx.preflight import preflight
from sheetsync.model.errors import WorkbookUnreadable
from sheetsync.model.snapshot import Snapshot
from sheetsync.model.tracker import Tab

if TYPE_CHECKING:
    from types import ModuleType

_START = (
    f"import sys; sys.path.append({str(Path(__file__).parents[3])!r})\n"
    "from sheetsync.backends.xlsx.worker import main; main()"
)
"""The child finds this very package, and nothing of the folder that it is started in."""
SECONDS, MEMORY_BYTES = 20.0, 1 << 30


def read_in_worker(
    data: bytes,
    tabs: Sequence[Tab],
    name: str,
    *,
    seconds: float = SECONDS,
    memory_bytes: int = MEMORY_BYTES,
) -> Snapshot:
    """Check the file here, then read it in a bounded process.

    Raises ``WorkbookUnreadable`` on every failure: refused, crashed, too slow or too big.
    """
    preflight(data)
    job = pickle.dumps((tuple(tabs), name, seconds, memory_bytes, data), 5)
    answer = _ask(job, seconds)
    try:
        kind, *told = pickle.loads(answer)  # noqa: S301 - written by our own child
    except (pickle.UnpicklingError, EOFError, ValueError) as error:
        raise _crashed() from error
    if kind == "snapshot":
        snapshot: Snapshot = told[0]
        return snapshot
    if kind == "refused":
        raise WorkbookUnreadable(*told)
    raise _too_big(memory_bytes) if kind == "memory" else _crashed()


def _ask(job: bytes, seconds: float) -> bytes:
    """Run the child; it is killed when time is up or when we are interrupted."""
    child = subprocess.Popen(
        [sys.executable, "-P", "-c", _START],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        stderr=subprocess.DEVNULL,
        bufsize=0,
    )
    try:
        answer, _ = child.communicate(job, timeout=seconds)
    except subprocess.TimeoutExpired as error:
        raise _too_slow(seconds) from error
    finally:
        _end(child)
    if child.returncode and child.returncode == -getattr(signal, "SIGXCPU", 0):
        raise _too_slow(seconds)
    if child.returncode:
        raise _crashed()
    return answer


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
        f"Reading the workbook took longer than {seconds:g} seconds, so it was given up; delete "
        "unused rows, columns and formats in Excel and save it again",
    )


def _too_big(memory_bytes: int) -> WorkbookUnreadable:
    return unreadable(
        "too_big",
        f"Reading the workbook needs more than {memory_bytes >> 20:,} MB of memory; delete unused "
        "rows, columns and formats in Excel and save it again",
    )


def _bound(seconds: float, memory_bytes: int) -> None:
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


def _read(job: bytes) -> tuple[object, ...]:
    """Do a job and tell how it went; nothing escapes."""
    from sheetsync.backends.xlsx.reader import snapshot

    try:
        tabs, name, seconds, memory_bytes, data = pickle.loads(job)  # noqa: S301 - from our parent
        del job
        _bound(seconds, memory_bytes)
        return ("snapshot", snapshot(data, tabs, name))
    except WorkbookUnreadable as refusal:
        return ("refused", str(refusal), refusal.code)
    except MemoryError:
        return ("memory",)
    except Exception:  # noqa: BLE001 - a hostile file must not choose the exception
        return ("crashed",)


def main() -> None:
    """Read one job from standard input, write its answer to standard output."""
    import gc

    gc.disable()  # one job, then the end: collecting would cost a third of the time
    answer = _read(sys.stdin.buffer.read())
    try:
        packed = pickle.dumps(answer, 5)
    except MemoryError:
        del answer
        packed = pickle.dumps(("memory",), 5)
    sys.stdout.buffer.write(packed)
    sys.stdout.buffer.flush()
    os._exit(0)  # the answer is out; freeing millions of cells one by one would take as long
