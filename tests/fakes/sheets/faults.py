"""Faults on demand: what the network and Google's front ends do on bad days.

    faults = Faults()
    faults.add("503 after", path=":batchUpdate")       # applied, then answered 503, once
    faults.add("429", times=3)                         # three times, before anything is applied

Kinds (each before the request is applied unless it says after):
"429", "500", "503", "503 after", "reset", "reset after", "html 502", "html 502 after", "html 408",
"html 408 after", "expired" (401), "not found" (a passing 404), "forbidden" (403), "truncated"
(after, half of the JSON), "slow" (after, `seconds` late: a client with a shorter timeout gives up).
"""

from __future__ import annotations

from dataclasses import dataclass, field

from tests.fakes.sheets.quota import too_many
from tests.fakes.sheets.state import Refused

HTML = {
    502: "<!DOCTYPE html><html lang=en><title>Error 502 (Server Error)!!1</title>"
    "<p><b>502.</b> <ins>That\u2019s an error.</ins></html>",
    408: "<!DOCTYPE html><html lang=en><title>Error 408 (Request Timeout)!!1</title>"
    "<p><b>408.</b> Your client took too long.</html>",
}
REFUSALS = {
    "429": too_many(),
    "500": Refused("Internal error encountered.", 500, "INTERNAL"),
    "503": Refused("The service is currently unavailable.", 503, "UNAVAILABLE"),
    "expired": Refused(
        "Request had invalid authentication credentials. Expected OAuth 2 access token, login "
        "cookie or other valid authentication credential. See "
        "https://developers.google.com/identity/sign-in/web/devconsole-project.",
        401,
        "UNAUTHENTICATED",
    ),
    "not found": Refused("Requested entity was not found.", 404, "NOT_FOUND"),
    "forbidden": Refused("The caller does not have permission", 403, "PERMISSION_DENIED"),
}
KINDS = {
    *REFUSALS,
    *("reset", "html 502", "html 408"),
    *("500 after", "503 after", "reset after", "html 502 after", "html 408 after"),
    "truncated",
    "slow",
}  # fmt: skip


@dataclass
class Fault:
    """One kind of fault, for requests whose method and path fit."""

    kind: str
    method: str = ""
    path: str = ""
    times: int = 1
    skip: int = 0
    seconds: float = 0.0
    headers: dict[str, str] = field(default_factory=dict)

    def fits(self, method: str, path: str) -> bool:
        """Whether the request is one of those meant."""
        return self.method in {"", method} and self.path in path

    @property
    def after(self) -> bool:
        """Whether the request is applied before the fault happens."""
        return self.kind.endswith(" after") or self.kind in {"truncated", "slow"}


class Faults:
    """A script of faults; `happened` lists those that came, in order."""

    def __init__(self) -> None:
        self.script: list[Fault] = []
        self.happened: list[str] = []

    def add(self, kind: str, **settings) -> Fault:
        """Add a fault; `settings` are the fields of Fault.

        `path` is a part of the path, `skip` the number of fitting requests to let pass first.
        """
        if kind not in KINDS:
            raise ValueError(f"no fault {kind!r}; there are {sorted(KINDS)}")
        fault = Fault(kind, **settings)
        self.script.append(fault)
        return fault

    def next(self, method: str, path: str) -> Fault | None:
        """The fault of this request; it is used up."""
        for fault in self.script:
            if fault.times and fault.fits(method, path):
                if fault.skip:
                    fault.skip -= 1
                    continue
                fault.times -= 1
                self.happened.append(fault.kind)
                return fault
        return None
