"""A server to ask in tests: the real application over a clock of its own, and what it logged."""

from __future__ import annotations

import json
import logging
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path
from typing import Any
from urllib.parse import unquote

import anyio

from sheetsync.addin.application import Application
from sheetsync.addin.site import Site, local
from sheetsync.addin.tokens import Scope, Tokens

NOW = datetime(2026, 7, 1, 9, 30, tzinfo=UTC)
HERE = "https://localhost:8137"
SCRIPT = "https://a1b2-c3.officescripts.microsoftusercontent.com"
TABS = json.dumps({"version": 1, "sheets": [{"name": "Partners", "tables": []}]}).encode()


def echo(path: str, body: bytes, now: datetime) -> bytes:
    """An answer that tells what reached it: whoever reads it has got in."""
    return json.dumps({"reached": path, "bytes": len(body), "now": now.isoformat()}).encode()


@dataclass
class Asked:
    """A server with its tokens; ``at`` is its clock in seconds, which only tests move."""

    tokens: Tokens
    site: Site = field(default_factory=local)
    answer: Any = echo
    at: float = 1000.0
    texts: dict[str, str] = field(default_factory=dict)

    def __post_init__(self) -> None:
        self.texts["all"] = self.tokens.make("all")
        for scope in Scope:
            self.texts[scope.value] = self.tokens.make(scope.value, scopes=(scope,))
        self.app = Application(
            self.site,
            self.tokens,
            answer=self.answer,
            seconds=lambda: self.at,
            now=lambda: NOW,
        )

    def ask(self, method="POST", path="/v1/sync", *, body=TABS, token="all", **headers):
        """One request; a header of None is left out, names are written with _ for -."""
        told = self.headers(method, token)
        for name, value in headers.items():
            told[name.replace("_", "-")] = value
        listed = [
            (name, one)
            for name, value in told.items()
            for one in (value if isinstance(value, list) else [value])
            if one is not None
        ]
        return self.send(method, path, listed, body)

    def headers(self, method: str, token: str | None = "all") -> dict[str, Any]:
        """The headers that the pane sends."""
        told: dict[str, Any] = {"host": "localhost:8137"}
        if method == "POST":
            told |= {"origin": HERE, "content-type": "application/json"}
        if token is not None and method == "POST":
            told["authorization"] = f"Bearer {self.texts.get(token, token)}"
        return told

    def send(self, method, path, headers, body=b"", client=("127.0.0.1", 50000)):
        """One request with exactly these headers."""

        raw, _, query = path.encode().partition(b"?")
        scope = {
            "type": "http",
            "http_version": "1.1",
            "method": method,
            "scheme": "https",
            "path": unquote(raw.decode()),
            "raw_path": raw,
            "root_path": "",
            "query_string": query,
            "headers": [(n.lower().encode("latin-1"), v.encode("latin-1")) for n, v in headers],
            "client": client,
            "server": ("localhost", 8137),
        }
        return anyio.run(ask, self.app, scope, [body])


@dataclass
class Reply:
    """What a server answered; header names are small."""

    status_code: int
    headers: dict[str, str]
    content: bytes

    @property
    def text(self) -> str:
        return self.content.decode()

    def json(self) -> Any:
        return json.loads(self.content)


async def ask(app: Any, scope: Mapping[str, Any], parts: Sequence[bytes]) -> Reply:
    """Send one request to an ASGI application exactly as it stands, its body in parts."""
    left = list(parts)
    sent: list[dict[str, Any]] = []

    async def receive() -> dict[str, Any]:
        if not left:
            return {"type": "http.disconnect"}
        return {"type": "http.request", "body": left.pop(0), "more_body": bool(left)}

    async def send(message: dict[str, Any]) -> None:
        sent.append(message)

    await app(scope, receive, send)
    start, *bodies = sent
    pairs = [(name.decode(), value.decode()) for name, value in start["headers"]]
    assert len(dict(pairs)) == len(pairs), "a header stands twice"
    return Reply(start["status"], dict(pairs), b"".join(m.get("body", b"") for m in bodies))


def kind(response: Reply) -> str:
    """The kind of a refusal, "" for an answer."""
    if response.status_code < 400:
        return ""
    told: Mapping[str, Any] = response.json()
    assert set(told) == {"error"}
    assert set(told["error"]) == {"kind", "message"}
    message = told["error"]["message"]
    assert message
    assert "\n" not in message
    assert message.endswith(".")
    return str(told["error"]["kind"])


def made(folder: Path, **options: Any) -> Asked:
    """A server over tokens in a folder."""
    return Asked(Tokens(folder / "tokens.json", clock=lambda: NOW), **options)


class Heard(logging.Handler):
    """Every log record of the whole process, as text with its stack if it has one."""

    def __init__(self) -> None:
        super().__init__(logging.DEBUG)
        self.lines: list[str] = []

    def emit(self, record: logging.LogRecord) -> None:
        self.lines.append(logging.Formatter("%(name)s %(message)s").format(record))
