"""The emulator as bytes: who asks, quota, faults, JSON; shared by the server and the adapter."""

from __future__ import annotations

import base64
import json
from dataclasses import dataclass, field
from typing import Any
from urllib.parse import parse_qs, urlsplit

from tests.fakes.sheets.faults import HTML, REFUSALS, Fault, Faults
from tests.fakes.sheets.quota import Quota
from tests.fakes.sheets.service import Service
from tests.fakes.sheets.state import Json, Refused

JSON = {"Content-Type": "application/json; charset=UTF-8"}


@dataclass
class Answer:
    """What goes over the wire.

    `reset`: the connection breaks instead of an answer.  `cut`: only so many bytes of the body
    come.
    `late`: seconds before the body comes.
    """

    status: int
    headers: dict[str, str] = field(default_factory=dict)
    body: bytes = b""
    reset: bool = False
    cut: int | None = None
    late: float = 0.0


class Wire:
    """Answers raw requests for a Service.

    `tokens` tells the user of each access token; a token that is not listed and has an @ in it is
    the user itself, any other is the owner.  Tokens in `expired` get a 401.  POST /token gives an
    access token for the service account that signed the assertion.
    """

    def __init__(
        self, service: Service, *, quota: Quota | None = None, faults: Faults | None = None
    ):
        self.service, self.quota = service, quota
        self.faults = faults or Faults()
        self.tokens: dict[str, str] = {}
        self.expired: set[str] = set()
        self.issued = 0
        self.seen: list[tuple[str, str, int]] = []
        self.received = self.sent = 0

    def answer(self, method: str, target: str, headers: Any, body: bytes | None) -> Answer:
        """Answer one request; `target` is the path with its query."""
        self.received += len(body or b"")
        path = urlsplit(target).path
        if path == "/token":
            return self._token(body or b"")
        fault = self.faults.next(method, path)
        found = _before(fault) if fault and not fault.after else None
        if found is None:
            found = self._apply(method, target, headers, body)
            if fault:
                found = _after(fault, found)
        self.seen.append((method, target, found.status))
        self.sent += len(found.body)
        return found

    def _apply(self, method: str, target: str, headers: Any, body: bytes | None) -> Answer:
        parts = urlsplit(target)
        try:
            user = self._user(headers)
            if self.quota and parts.path.startswith("/v4/"):
                self.quota.take(method, parts.path, user)
            content = _content(body)
        except Refused as refused:
            return refusal(refused)
        query = parse_qs(parts.query, keep_blank_values=True)
        nulls = b"null" in (body or b"")
        status, extra, reply = self.service.handle(
            method, parts.path, query, content, user, may_have_nulls=nulls
        )
        if reply is None:
            return Answer(status, extra)
        return Answer(status, {**JSON, **extra}, json.dumps(reply).encode())

    def _user(self, headers: Any) -> str:
        token = (headers.get("Authorization") or headers.get("authorization") or "").removeprefix(
            "Bearer "
        )
        if token in self.expired:
            raise REFUSALS["expired"]
        return self.tokens.get(token, token if "@" in token else "owner")

    def _token(self, body: bytes) -> Answer:
        form = parse_qs(body.decode())
        self.issued += 1
        token = f"token-{self.issued}"
        if "assertion" in form:
            claims = form["assertion"][0].split(".")[1]
            self.tokens[token] = json.loads(base64.urlsafe_b64decode(claims + "=="))["iss"]
        reply: Json = {"access_token": token, "expires_in": 3599, "token_type": "Bearer"}
        return Answer(200, dict(JSON), json.dumps(reply).encode())


def _content(body: bytes | None) -> Any:
    if not body:
        return None
    try:
        return json.loads(body)
    except ValueError as error:
        raise Refused(f"Invalid JSON payload received. {error}") from error


def refusal(refused: Refused) -> Answer:
    """A refusal as bytes."""
    return Answer(refused.status, dict(JSON), json.dumps(refused.body()).encode())


def _before(fault: Fault) -> Answer:
    return _fault(fault, fault.kind)


def _after(fault: Fault, found: Answer) -> Answer:
    if fault.kind == "truncated":
        found.cut = len(found.body) // 2
    elif fault.kind == "slow":
        found.late = fault.seconds
    else:
        return _fault(fault, fault.kind.removesuffix(" after"))
    return found


def _fault(fault: Fault, kind: str) -> Answer:
    if kind == "reset":
        return Answer(0, reset=True)
    if kind.startswith("html"):
        status = int(kind.split()[1])
        headers = {"Content-Type": "text/html; charset=UTF-8", **fault.headers}
        return Answer(status, headers, HTML[status].encode())
    found = refusal(REFUSALS[kind])
    found.headers.update(fault.headers)
    return found
