"""Who gets in: every request is looked over before anything of it is read.

In this order: Host, path, method, Origin, content type, length, token, scope, rate. What is not
expressly allowed is refused. A page of another site cannot ask (its Origin is not ours, and JSON
with an Authorization header would need a permission that is never given); neither can a name that
somebody points at 127.0.0.1, for the Host is not ours.
"""

from __future__ import annotations

import math
import re
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field
from ipaddress import IPv6Address, ip_network
from typing import TYPE_CHECKING

from sheetsync.addin.limits import Window
from sheetsync.addin.site import Site
from sheetsync.addin.tokens import Scope, Token, Tokens

if TYPE_CHECKING:
    from starlette.types import Scope as Asked

MEGABYTE = 1 << 20


@dataclass(frozen=True, slots=True)
class Access:
    """What a path asks for: a scope of the token, at most so many bytes; ``job``: it computes."""

    scope: Scope
    most_bytes: int
    job: bool = True


CALLS: Mapping[str, Access] = {
    "/v1/tabs": Access(Scope.READ, MEGABYTE, job=False),
    "/v1/check": Access(Scope.PROPOSE, 50 * MEGABYTE),
    "/v1/sync": Access(Scope.APPLY, 50 * MEGABYTE),
    "/v1/undo": Access(Scope.APPLY, 50 * MEGABYTE),
}
WRONG_TRIES, WRONG_SECONDS = 10, 60.0
REQUESTS, REQUEST_SECONDS = 10, 1.0

_FILE = re.compile(r"/(?:icons/)?[A-Za-z0-9][A-Za-z0-9_-]{0,63}\.(?:html|js|css|png|svg)")
_JSON = re.compile(r"application/json(?:[ \t]*;[ \t]*charset=\"?utf-8\"?)?", re.IGNORECASE)
_BEARER = re.compile(r"Bearer ([A-Za-z0-9_-]{43})")
_LENGTH = re.compile(r"[0-9]{1,18}")


class Refusal(Exception):
    """A request that is not answered: ``status``, and a ``kind`` for programs with one sentence."""

    def __init__(
        self, status: int, kind: str, message: str, headers: Mapping[str, str] | None = None
    ) -> None:
        super().__init__(message)
        self.status, self.kind, self.message = status, kind, message
        self.headers = dict(headers or {})


@dataclass(frozen=True, slots=True)
class Caller:
    """Who asks, once let in: ``token`` is None for the pane's own files, which all may have."""

    path: str
    token: Token | None = None


@dataclass(slots=True)
class Guard:
    """Looks requests over; ``clock`` counts seconds for rates and lock-outs."""

    site: Site
    tokens: Tokens
    clock: Callable[[], float]
    _wrong: Window = field(init=False)
    _often: Window = field(init=False)

    def __post_init__(self) -> None:
        self._wrong = Window(WRONG_TRIES, WRONG_SECONDS, self.clock)
        self._often = Window(REQUESTS, REQUEST_SECONDS, self.clock)

    def admit(self, asked: Asked) -> Caller:
        """Let a request in, or raise Refusal; reads headers only."""
        self._host(asked)
        path = _path(asked)
        call = CALLS.get(path)
        if call is None:
            _expect_method(asked, ("GET", "HEAD"))
            self._origin_if_told(asked)
            return Caller(path)
        _expect_method(asked, ("POST",))
        self._origin(asked)
        _expect_json(asked)
        _expect_length(asked, call.most_bytes)
        token = self._token(asked)
        if call.scope not in token.scopes:
            words = f"This token does not allow that ({call.scope.value}): ask for another one."
            raise Refusal(403, "scope", words)
        self._rate(token)
        return Caller(path, token)

    def allows_preflight(self, asked: Asked) -> str:
        """The origin of an Office Script that asks whether it may ask; "" for everybody else."""
        origin = _only(asked, b"origin") or ""
        if asked["method"] != "OPTIONS" or _path(asked) not in CALLS:
            return ""
        self._host(asked)
        return origin if self.site.is_script(origin) else ""

    def _host(self, asked: Asked) -> None:
        if _only(asked, b"host") not in self.site.hosts:
            raise Refusal(403, "host", "This server does not answer to that name.")

    def _origin(self, asked: Asked) -> None:
        origin = _only(asked, b"origin")
        if origin is None or not (origin in self.site.origins or self.site.is_script(origin)):
            raise Refusal(403, "origin", "Only the add-in's own pane may ask this server.")

    def _origin_if_told(self, asked: Asked) -> None:
        if _all(asked, b"origin"):
            self._origin(asked)

    def _token(self, asked: Asked) -> Token:
        peer = _peer(asked)
        if wait := self._wrong.wait(peer):
            words = "Too many wrong tokens came from there: wait a minute."
            raise Refusal(429, "locked", words, _after(wait))
        given = _all(asked, b"authorization")
        if not given:
            raise Refusal(401, "token", "No token was sent: install the add-in again.", _CHALLENGE)
        told = _BEARER.fullmatch(given[0]) if len(given) == 1 else None
        found = self.tokens.find(told[1]) if told else None
        if found is None:
            self._wrong.add(peer)
            words = "This token is not known here: install the add-in again, or ask for a new one."
            raise Refusal(401, "token", words, _CHALLENGE)
        if found.expired(self.tokens.clock()):
            words = "This token has expired: install the add-in again, or ask for a new one."
            raise Refusal(401, "expired", words, _CHALLENGE)
        return found

    def _rate(self, token: Token) -> None:
        if wait := self._often.wait(token.hash):
            words = f"More than {REQUESTS} requests came within a second: wait a moment."
            raise Refusal(429, "too_often", words, _after(wait))
        self._often.add(token.hash)


_CHALLENGE = {"WWW-Authenticate": "Bearer"}


def _after(seconds: float) -> dict[str, str]:
    return {"Retry-After": str(max(1, math.ceil(seconds)))}


def _all(asked: Asked, name: bytes) -> list[str]:
    headers: Iterable[tuple[bytes, bytes]] = asked["headers"]
    return [value.decode("latin-1") for key, value in headers if key.lower() == name]


def _only(asked: Asked, name: bytes) -> str | None:
    """A header's value; None when it is missing or stands more than once."""
    found = _all(asked, name)
    return found[0] if len(found) == 1 else None


def _path(asked: Asked) -> str:
    """The path as sent, or Refusal; nothing is decoded, joined or cleaned."""
    raw = asked.get("raw_path")
    path: str = raw.decode("latin-1") if raw else asked["path"]
    if path in CALLS or _FILE.fullmatch(path):
        return path
    raise Refusal(404, "not_found", "There is nothing of that name here.")


def _expect_method(asked: Asked, methods: tuple[str, ...]) -> None:
    if asked["method"] not in methods:
        allowed = ", ".join(methods)
        raise Refusal(405, "method", f"Only {allowed} is answered here.", {"Allow": allowed})


def _expect_json(asked: Asked) -> None:
    kind = _only(asked, b"content-type")
    if kind is None or not _JSON.fullmatch(kind):
        raise Refusal(415, "content_type", "Only application/json in UTF-8 is read.")
    if any(coding.lower() != "identity" for coding in _all(asked, b"content-encoding")):
        raise Refusal(415, "content_type", "Packed requests are not read: send plain JSON.")


def _expect_length(asked: Asked, most: int) -> None:
    lengths = _all(asked, b"content-length")
    if len(lengths) > 1 or (lengths and not _LENGTH.fullmatch(lengths[0])):
        raise Refusal(400, "length", "The request's length is told in an unusual way.")
    if lengths and _all(asked, b"transfer-encoding"):
        raise Refusal(400, "length", "The request's length is told in two ways.")
    if lengths and int(lengths[0]) > most:
        raise too_large(most)


def too_large(most: int) -> Refusal:
    """The refusal of a request of more than ``most`` bytes."""
    words = f"The request is larger than {most // MEGABYTE} MB: send fewer rows, or sync the file."
    return Refusal(413, "too_large", words)


def _peer(asked: Asked) -> str:
    """Where a request comes from; one network of IPv6 counts as one, for it has many addresses."""
    client = asked.get("client")
    address = str(client[0]) if client else ""
    try:
        return str(ip_network((IPv6Address(address.partition("%")[0]), 64), strict=False))
    except ValueError:
        return address
