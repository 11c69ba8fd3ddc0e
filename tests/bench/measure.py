"""What a command costs: wall and CPU seconds with its children, and its peak memory.

CPU seconds are user + system of the process and of every child it waited for. Memory is told
twice: the peak of the sum of resident sizes over the process tree, sampled every 20 ms (pages
that processes share count once for each), and the kernel's own high-water mark (VmHWM) of the
largest process. ``ru_maxrss`` is not used: a child's starts at the size of the process that
made it.
"""

from __future__ import annotations

import os
import statistics
import subprocess
import tempfile
import threading
import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

SAMPLE_SECONDS = 0.02
_PAGE = os.sysconf("SC_PAGE_SIZE")


@dataclass(frozen=True, slots=True)
class Cost:
    """Seconds and megabytes (10^6 bytes) of one run, or the medians of several."""

    wall: float
    cpu: float
    tree_mb: float
    max_mb: float


class Failed(RuntimeError):
    """A measured command ended with an exit code that was not expected; carries its output."""


def run(
    command: Sequence[str], env: Mapping[str, str], accept: Sequence[int] = (0,)
) -> tuple[Cost, str]:
    """Run a command to its end; return its cost and what it printed on standard output.

    Raises Failed when its exit code is not in ``accept``.
    """
    with tempfile.TemporaryFile() as errors:
        begun = time.perf_counter()
        process = subprocess.Popen(command, env=dict(env), stdout=subprocess.PIPE, stderr=errors)
        peak = _Peak(process.pid)
        with peak:
            assert process.stdout
            said = process.stdout.read().decode("utf-8", "replace")
            _, status, usage = os.wait4(process.pid, 0)
            wall = time.perf_counter() - begun
        process.returncode = os.waitstatus_to_exitcode(status)
        process.stdout.close()
        if process.returncode not in accept:
            errors.seek(0)
            told = f"{said}\n{errors.read().decode('utf-8', 'replace')}"[-2000:]
            raise Failed(f"{' '.join(command)} ended with {process.returncode}:\n{told}")
    cpu = usage.ru_utime + usage.ru_stime
    return Cost(wall, cpu, peak.bytes / 1e6, peak.largest / 1e6), said


class _Peak:
    """Samples the resident sizes of a process and its descendants while it is entered."""

    def __init__(self, pid: int) -> None:
        self.bytes = 0
        self.largest = 0
        self._pid = pid
        self._done = threading.Event()
        self._thread = threading.Thread(target=self._watch, daemon=True)

    def __enter__(self) -> None:
        self._thread.start()

    def __exit__(self, *_: object) -> None:
        self._done.set()
        self._thread.join()

    def _watch(self) -> None:
        while not self._done.wait(SAMPLE_SECONDS):
            alive = tree(self._pid)
            self.bytes = max(self.bytes, sum(map(resident, alive)))
            self.largest = max(self.largest, *map(high_water, alive))


def tree(pid: int) -> list[int]:
    """The ids of a process and all its descendants that are still there."""
    found, waiting = [], [pid]
    while waiting:
        one = waiting.pop()
        found.append(one)
        try:
            tasks = list(Path(f"/proc/{one}/task").iterdir())
            waiting += [int(c) for t in tasks for c in (t / "children").read_text().split()]
        except OSError:
            continue
    return found


def resident(pid: int) -> int:
    """The resident bytes of a process; 0 when it is gone."""
    try:
        return int(Path(f"/proc/{pid}/statm").read_text().split()[1]) * _PAGE
    except (OSError, IndexError):
        return 0


def high_water(pid: int) -> int:
    """The most bytes a process ever had resident; 0 when it is gone."""
    try:
        told = Path(f"/proc/{pid}/status").read_text()
    except OSError:
        return 0
    lines = [line for line in told.splitlines() if line.startswith("VmHWM:")]
    return int(lines[0].split()[1]) * 1024 if lines else 0


def median(costs: Sequence[Cost]) -> Cost:
    """The medians of several runs, field by field."""
    fields = ("wall", "cpu", "tree_mb", "max_mb")
    return Cost(*(statistics.median(getattr(c, f) for c in costs) for f in fields))


def spread(costs: Sequence[Cost]) -> float:
    """How noisy the machine was: (largest - smallest) / median of the CPU seconds."""
    seconds = [c.cpu for c in costs]
    return (max(seconds) - min(seconds)) / statistics.median(seconds)
