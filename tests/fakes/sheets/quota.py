"""Google's quotas: requests per minute, per user and per project, refilled each minute."""

from __future__ import annotations

from collections import Counter
from typing import Protocol

from tests.fakes.sheets.state import Refused

PROJECT = "123456789012"


class Clock(Protocol):
    """The time, in seconds; tests bring a simulated one."""

    def now(self) -> float: ...

    def sleep(self, seconds: float) -> None: ...


class Quota:
    """Counts reads and writes of each minute and refuses what is over.

    A batch counts as one request.  `refused` counts the 429s given; `used` tells the requests let
    through in each (minute, "read" or "write", user).
    """

    def __init__(self, clock: Clock, *, per_user: int = 60, per_project: int = 300):
        self.clock, self.per_user, self.per_project = clock, per_user, per_project
        self.used: Counter[tuple[int, str, str]] = Counter()
        self.refused = 0

    def take(self, method: str, path: str, user: str) -> None:
        """Count one request, or raise the 429."""
        kind = "read" if is_read(method, path) else "write"
        minute = int(self.clock.now() // 60)
        if self.used[minute, kind, user] >= self.per_user:
            self.refused += 1
            raise too_many(kind, self.per_user, per_user=True)
        total = sum(n for (m, k, _), n in self.used.items() if (m, k) == (minute, kind))
        if total >= self.per_project:
            self.refused += 1
            raise too_many(kind, self.per_project, per_user=False)
        self.used[minute, kind, user] += 1


def is_read(method: str, path: str) -> bool:
    """True for what counts as a read."""
    asks = (":getByDataFilter", ":batchGetByDataFilter", "developerMetadata:search")
    return method == "GET" or path.endswith(asks)


def too_many(kind: str = "read", limit: int = 60, *, per_user: bool = True) -> Refused:
    """The 429 as live bodies look."""
    name = kind.capitalize()
    scope = " per user" if per_user else ""
    message = (
        f"Quota exceeded for quota metric '{name} requests' and limit '{name} requests per minute"
        f"{scope}' of service 'sheets.googleapis.com' for consumer 'project_number:{PROJECT}'."
    )
    info = {
        "@type": "type.googleapis.com/google.rpc.ErrorInfo",
        "reason": "RATE_LIMIT_EXCEEDED",
        "domain": "googleapis.com",
        "metadata": {
            "consumer": f"projects/{PROJECT}",
            "service": "sheets.googleapis.com",
            "quota_unit": "1/min/{project}" + ("/{user}" if per_user else ""),
            "quota_limit": f"{name}RequestsPerMinutePer" + ("User" if per_user else "Project"),
            "quota_location": "global",
            "quota_metric": f"sheets.googleapis.com/{kind}_requests",
            "quota_limit_value": str(limit),
        },
    }
    link = {
        "description": "Request a higher quota limit.",
        "url": "https://cloud.google.com/docs/quotas/help/request_increase",
    }
    help_ = {"@type": "type.googleapis.com/google.rpc.Help", "links": [link]}
    return Refused(message, 429, "RESOURCE_EXHAUSTED", details=[info, help_], whole=True)
