"""How fast requests may leave this process, so that Google has no reason to refuse one.

Google allows each user 60 reads and 60 writes a minute, and asks for at most one request a second
to one spreadsheet. A token bucket that holds 10 and refills 50 a minute can let at most 60 through
in any minute. The buckets are one process's own: two processes of one user do not know of each
other, and what they spend too much together comes back as 429, which the retries wait for.
"""

from __future__ import annotations

from typing import Protocol

PER_MINUTE = 50.0
BURST = 10.0
PER_SPREADSHEET = 1.0
"""Requests a second to one spreadsheet."""

_FOLLOWED = 1000


class Clock(Protocol):
    """Where time comes from; tests bring one that sleeps without waiting."""

    def now(self) -> float:
        """Seconds since some fixed moment; never goes back."""

    def sleep(self, seconds: float) -> None:
        """Return after ``seconds`` (0 or more) have passed."""


class SystemClock:
    """This computer's clock: monotonic, in seconds."""

    def now(self) -> float:
        """Seconds since some fixed moment."""
        import time

        return time.monotonic()

    def sleep(self, seconds: float) -> None:
        """Wait ``seconds``."""
        import time

        time.sleep(seconds)


class Bucket:
    """A token bucket: holds ``size`` requests, refilled by ``rate`` a second."""

    def __init__(self, size: float, rate: float, now: float) -> None:
        self.size, self.rate = size, rate
        self._held, self._at = size, now

    def take(self, now: float) -> float:
        """Take one token and return the seconds to wait until it is there (0 when it is)."""
        self._held = min(self.size, self._held + max(0.0, now - self._at) * self.rate) - 1.0
        self._at = max(now, self._at)
        return max(0.0, -self._held / self.rate)


class Throttle:
    """The buckets of one user: reads, writes, and one for every spreadsheet asked for."""

    def __init__(self, now: float) -> None:
        self._kinds = {kind: Bucket(BURST, PER_MINUTE / 60.0, now) for kind in ("read", "write")}
        self._sheets: dict[str, Bucket] = {}

    def take(self, kind: str, spreadsheet: str, now: float) -> float:
        """Take leave for a "read" or "write" at ``now``; return the seconds to wait before it."""
        seconds = self._kinds[kind].take(now)
        if spreadsheet:
            seconds += self._sheet(spreadsheet, now).take(now + seconds)
        return seconds

    def _sheet(self, spreadsheet: str, now: float) -> Bucket:
        if len(self._sheets) >= _FOLLOWED:
            self._sheets.clear()
        return self._sheets.setdefault(spreadsheet, Bucket(1.0, PER_SPREADSHEET, now))
