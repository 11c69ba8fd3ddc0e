"""The add-in's web application: the guard, the pane's files, and the four calls.

Every answer is JSON or one of the pane's files; what goes wrong is told as one sentence with a
kind, and nothing of this computer: no path, no stack, no token. The log has a line for each request
with its route, never its query (the pane's address holds the token) and never its body.
"""

from __future__ import annotations

import asyncio
import logging
import os
import time
from collections.abc import Callable, Mapping
from datetime import datetime
from functools import partial
from importlib.resources import files
from typing import TYPE_CHECKING, Any, TypeAlias

import anyio
from anyio.to_thread import run_sync
from starlette.requests import ClientDisconnect, Request
from starlette.responses import JSONResponse, Response

from sheetsync.addin.guard import CALLS, Access, Caller, Guard, Refusal, too_large
from sheetsync.addin.limits import Jobs
from sheetsync.failures import DEBUG
from sheetsync.model.errors import SheetsyncError

if TYPE_CHECKING:
    from starlette.types import Message, Receive, Scope, Send

    from sheetsync.addin.site import Site
    from sheetsync.addin.tokens import Tokens

Answer: TypeAlias = Callable[[str, bytes, datetime], bytes]
"""Path, body and the time to the JSON answer; raises Refusal. Runs in a thread."""

BODY_SECONDS = 120.0
"""How long a request may take to arrive."""
JOB_SECONDS = 300.0
"""How long an answer may take to be computed before the caller is told to ask later."""
THREADS = 4
LOG = logging.getLogger("sheetsync.addin")

_KINDS = {
    "html": "text/html; charset=utf-8",
    "js": "text/javascript; charset=utf-8",
    "css": "text/css; charset=utf-8",
    "png": "image/png",
    "svg": "image/svg+xml",
}
_PRIVATE = {"Cache-Control": "no-store", "Cross-Origin-Resource-Policy": "same-origin"}
_PUBLIC = {"Cross-Origin-Resource-Policy": "cross-origin"}
_FRESH = {**_PUBLIC, "Cache-Control": "no-cache"}
"""Of pages and scripts. Excel shows its own picture for an icon that must not be kept."""


def compute(path: str, body: bytes, now: datetime) -> bytes:
    """Answer a call; loads the libraries that compute when the first one comes."""
    from sheetsync.addin.answers import answer

    return answer(path, body, now)


def today() -> datetime:
    """The computer's clock with its time zone: a run is as of the day that it is here."""
    return datetime.now().astimezone()


class Application:
    """The ASGI application of one site. ``seconds`` is the clock of rates, ``now`` that of runs."""

    def __init__(
        self,
        site: Site,
        tokens: Tokens,
        *,
        answer: Answer = compute,
        seconds: Callable[[], float] = time.monotonic,
        now: Callable[[], datetime] = today,
    ) -> None:
        self.site = site
        self.answered = 0
        self._guard = Guard(site, tokens, seconds)
        self._answer, self._now = answer, now
        self._jobs = Jobs()
        self._threads: anyio.CapacityLimiter | None = None

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer one request."""
        if scope["type"] != "http":
            await _decline(scope, receive, send)
            return
        started = time.perf_counter()
        try:
            response = await self._respond(scope, receive)
        except Refusal as refusal:
            response = _refused(refusal)
        except asyncio.CancelledError:  # by the end of the server, whose task this is
            words = "The server was ended; nothing was changed."
            response = _refused(Refusal(503, "ended", words))
        except Exception as error:  # noqa: BLE001 - whoever asks gets a sentence, never a stack
            response = _refused(_bug(error))
        self._dress(scope, response)
        self.answered += response.status_code < 400
        self._log(scope, response, started)
        await response(scope, receive, send)

    async def _respond(self, scope: Scope, receive: Receive) -> Response:
        if origin := self._guard.allows_preflight(scope):
            return _preflight(origin)
        caller = self._admit(scope)
        if caller.token is None:
            return _file(caller.path)
        call, request = CALLS[caller.path], Request(scope, receive)
        if call.job:
            told = await self._one_job(caller, call, request)
        else:
            body = await _body(request, call.most_bytes)
            told = await run_sync(self._answer, caller.path, body, self._now())
        return Response(told, media_type="application/json", headers=_PRIVATE)

    def _admit(self, scope: Scope) -> Caller:
        try:
            return self._guard.admit(scope)
        except SheetsyncError as error:  # tells of a path, so it is not for who asks
            LOG.error("The tokens cannot be read: see `sheetsync addin status`.")  # noqa: TRY400
            words = "The server's tokens cannot be read: see to it where the server runs."
            raise Refusal(503, "setup", words) from error

    async def _one_job(self, caller: Caller, call: Access, request: Request) -> bytes:
        """Answer a call that computes, unless another one with the same token runs."""
        place = self._jobs.take(caller.token.hash if caller.token else "")
        if place is None:
            words = "Another run with this token is not done yet: try again in a moment."
            raise Refusal(429, "busy", words, {"Retry-After": "2"})
        try:
            body = await _body(request, call.most_bytes)
            job = partial(place.run, partial(self._answer, caller.path, body, self._now()))
            with anyio.fail_after(JOB_SECONDS):
                return await run_sync(job, abandon_on_cancel=True, limiter=self._limiter())
        except TimeoutError:
            words = "This takes too long for the add-in: save and close it, and sync the file."
            raise Refusal(503, "too_long", words) from None
        finally:
            place.leave()

    def _limiter(self) -> anyio.CapacityLimiter:
        if self._threads is None:  # made where the event loop runs
            self._threads = anyio.CapacityLimiter(THREADS)
        return self._threads

    def _dress(self, scope: Scope, response: Response) -> None:
        response.headers.update(self.site.headers)
        origin = Request(scope).headers.get("origin", "")
        if self.site.is_script(origin):
            response.headers["Access-Control-Allow-Origin"] = origin
            response.headers["Vary"] = "Origin"
            response.headers["Cross-Origin-Resource-Policy"] = "cross-origin"

    def _log(self, scope: Scope, response: Response, started: float) -> None:
        path = scope["path"] if scope["path"] in CALLS or response.status_code < 400 else "-"
        took = round(1000 * (time.perf_counter() - started))
        method = scope["method"] if scope["method"] in _METHODS else "-"
        told = (method, path, response.status_code, len(response.body), took)
        LOG.info("%s %s %d, %d bytes, %d ms", *told)


_METHODS = frozenset(("GET", "HEAD", "POST", "OPTIONS", "PUT", "DELETE", "PATCH"))


async def _body(request: Request, most: int) -> bytes:
    """Read a request's body, or raise Refusal when it is too large, too slow or cut off."""
    parts: list[bytes] = []
    size = 0
    try:
        with anyio.fail_after(BODY_SECONDS):
            async for part in request.stream():
                size += len(part)
                if size > most:
                    raise too_large(most)
                parts.append(part)
    except TimeoutError:
        words = f"The request did not arrive within {BODY_SECONDS:.0f} seconds."
        raise Refusal(400, "too_slow", words, {"Connection": "close"}) from None
    except ClientDisconnect:
        raise Refusal(400, "cut_off", "The request ended before it was whole.") from None
    return b"".join(parts)


def _file(path: str) -> Response:
    """One of the pane's files; ``path`` has passed the guard, so it names no other folder."""
    found = files("sheetsync.addin") / "officejs" / path[1:]
    if not found.is_file():
        raise Refusal(404, "not_found", "There is nothing of that name here.")
    kind = _KINDS[path.rpartition(".")[2]]
    headers = _PUBLIC if kind.startswith("image/") else _FRESH
    return Response(found.read_bytes(), media_type=kind, headers=headers)


def _preflight(origin: str) -> Response:
    return Response(
        status_code=204,
        headers={
            "Access-Control-Allow-Origin": origin,
            "Access-Control-Allow-Methods": "POST",
            "Access-Control-Allow-Headers": "authorization, content-type",
            "Access-Control-Max-Age": "600",
        },
    )


def _refused(refusal: Refusal) -> Response:
    told: Mapping[str, Any] = {"error": {"kind": refusal.kind, "message": refusal.message}}
    return JSONResponse(told, refusal.status, {**_PRIVATE, **refusal.headers})


def _bug(error: Exception) -> Refusal:
    """A bug, or a computer that refuses what every program needs: only its name is told."""
    LOG.error("A request failed: %s.", type(error).__name__, exc_info=_debugged(error))
    if isinstance(error, MemoryError):
        return Refusal(503, "MemoryError", "The server ran out of memory: sync the file instead.")
    words = f"This is a bug in sheetsync ({type(error).__name__}); nothing was changed."
    return Refusal(503, "Bug", words)


def _debugged(error: Exception) -> Exception | None:
    return error if os.environ.get(DEBUG) else None


async def _decline(scope: Scope, receive: Receive, send: Send) -> None:
    """Answer a server's start and end, and refuse anything that is not HTTP."""
    if scope["type"] == "websocket":
        await send({"type": "websocket.close", "code": 1008})
        return
    while True:
        message: Message = await receive()
        await send({"type": f"{message['type']}.complete"})
        if message["type"] == "lifespan.shutdown":
            return
