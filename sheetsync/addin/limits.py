"""How often and how much: counts of requests in a window of time, and jobs that run.

What is counted for a name is forgotten when its window is over, or when too many names are counted:
whoever asks from many places does not fill the memory.
"""

from __future__ import annotations

import threading
from collections import deque
from collections.abc import Callable
from typing import TypeVar

_MOST_NAMES = 1000
_T = TypeVar("_T")


class Window:
    """At most ``count`` events within ``seconds`` for each name; ``clock`` gives seconds.

    One window belongs to one event loop: it is not meant for several threads.
    """

    def __init__(self, count: int, seconds: float, clock: Callable[[], float]) -> None:
        self.count, self.seconds, self._clock = count, seconds, clock
        self._seen: dict[str, deque[float]] = {}

    def wait(self, name: str) -> float:
        """Seconds until there is room for one more event of that name, 0.0 when there is room."""
        times = self._recent(name)
        if len(times) < self.count:
            return 0.0
        return times[-self.count] + self.seconds - self._clock()

    def add(self, name: str) -> None:
        """Count an event, whether there is room or not."""
        if name not in self._seen and len(self._seen) >= _MOST_NAMES:
            self._make_room()
        times = self._seen.setdefault(name, deque(maxlen=self.count))
        times.append(self._clock())

    def _make_room(self) -> None:
        for known in list(self._seen):
            self._recent(known)
        if len(self._seen) >= _MOST_NAMES:
            del self._seen[next(iter(self._seen))]

    def _recent(self, name: str) -> deque[float]:
        times = self._seen.get(name, deque())
        past = self._clock() - self.seconds
        while times and times[0] <= past:
            times.popleft()
        if not times:
            self._seen.pop(name, None)
        return times


class Jobs:
    """Which names have a job: one at a time each. Threads may end what the loop began."""

    def __init__(self) -> None:
        self._taken: set[str] = set()
        self._lock = threading.Lock()

    def take(self, name: str) -> Place | None:
        """Take the name's place; None while another one has it."""
        with self._lock:
            if name in self._taken:
                return None
            self._taken.add(name)
        return Place(lambda: self._free(name))

    def _free(self, name: str) -> None:
        with self._lock:
            self._taken.discard(name)


class Place:
    """A place for one job: given back when the job ends, or when it is left before that begins."""

    def __init__(self, free: Callable[[], None]) -> None:
        self._free = free
        self._used = threading.Lock()

    def run(self, job: Callable[[], _T]) -> _T:
        """Run the job and give the place back; a place that was left raises TimeoutError."""
        if not self._used.acquire(blocking=False):
            raise TimeoutError
        try:
            return job()
        finally:
            self._free()

    def leave(self) -> None:
        """Give the place back unless its job began; one that did not begin never will."""
        if self._used.acquire(blocking=False):
            self._free()
