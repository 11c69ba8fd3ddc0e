"""One request, sent once: what came back, how many bytes it took, and never longer than allowed.

The outcome is a ``Reply`` with its whole body, or ``Lost``: no reply, or not all of one. ``Lost``
tells if the request can have reached Google, for then a write may have been carried out.
"""

from __future__ import annotations

import json
import re
import ssl
import threading
from collections.abc import Iterator, Mapping
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from functools import cached_property
from io import BytesIO
from typing import Any

import requests
from google.auth.exceptions import RefreshError, TransportError
from requests.exceptions import ConnectTimeout, ProxyError, RequestException, Timeout
from urllib3.exceptions import HTTPError, NewConnectionError, ReadTimeoutError

_ERRNO = re.compile(r"\[Errno -?\d+\] ?")


class Lost(Exception):
    """No whole reply came. ``sent``: Google may have got the request. ``cause`` names the case.

    Causes: "network" (no way there), "proxy", "certificate", "timeout", "broken" (the connection
    ended too early), "sign-in" (the server that gives out access tokens could not be reached).
    """

    def __init__(self, cause: str, detail: str, *, sent: bool, received: int = 0) -> None:
        super().__init__(detail)
        self.cause, self.detail, self.sent, self.received = cause, detail, sent, received


@dataclass(frozen=True)
class Reply:
    """A whole reply: HTTP status, headers, body (decompressed) and its bytes on the wire."""

    status: int
    headers: Mapping[str, str]
    body: bytes
    received: int

    @cached_property
    def value(self) -> Any:
        """The body as JSON; None where it is not JSON (an HTML page, a truncated text)."""
        try:
            return json.loads(self.body)
        except ValueError:
            return None

    @property
    def done(self) -> bool:
        """Tell whether the status says that what was asked was done."""
        return 200 <= self.status < 300

    @property
    def ok(self) -> bool:
        """Tell whether it was done and the reply is a JSON object that came whole."""
        return self.done and isinstance(self.value, dict)

    @cached_property
    def error(self) -> Mapping[str, Any]:
        """The ``error`` object of Google's JSON errors; empty where there is none."""
        found = self.value.get("error") if isinstance(self.value, dict) else None
        return found if isinstance(found, dict) else {}

    def as_response(self) -> requests.Response:
        """The reply as gspread's own methods expect it."""
        response = requests.Response()
        response.status_code = self.status
        response.headers.update(self.headers)
        response.raw = BytesIO(self.body)
        return response

    @property
    def words(self) -> str:
        """Google's own words about a refusal; empty where it gave none."""
        message = self.error.get("message")
        return message if isinstance(message, str) else ""

    @cached_property
    def reasons(self) -> frozenset[str]:
        """Google's reason words, from ``errors``, ``details`` and ``status``."""
        listed = [
            item.get("reason")
            for key in ("errors", "details")
            for item in (self.error.get(key) or ())
            if isinstance(item, dict)
        ]
        listed.append(self.error.get("status"))
        return frozenset(word for word in listed if isinstance(word, str))


def send(
    session: requests.Session,
    method: str,
    url: str,
    *,
    connect: float,
    seconds: float,
    **parts: Any,
) -> Reply:
    """Send one request and read its whole reply.

    ``connect`` and ``seconds`` bound the connection and each wait for the server; the body as a
    whole is given ``seconds`` as well. ``parts`` are those of ``requests.Session.request``.
    Redirects are not followed: Google's API sends none, so one comes from somebody between.

    Raises Lost; RefreshError where the sign-in was not renewed.
    """
    with _losses():
        response = session.request(
            method,
            url,
            timeout=(connect, seconds),
            stream=True,
            allow_redirects=False,
            **parts,
        )
    try:
        body = _body(response, seconds)
    finally:
        response.close()
    received = _tell(response) or len(body)
    return Reply(response.status_code, response.headers, body, received)


def _body(response: requests.Response, seconds: float) -> bytes:
    """Read the whole body within ``seconds``, however slowly it comes."""
    with _losses(response), _alarm(response, seconds) as late:
        body = response.content
        if late.is_set():
            raise Lost("timeout", f"the reply took more than {seconds:g} s", sent=True)
    return body


@contextmanager
def _alarm(response: requests.Response, seconds: float) -> Iterator[threading.Event]:
    """End the reading of a reply that takes too long by closing its connection."""
    late = threading.Event()

    def ring() -> None:
        late.set()
        with suppress(ValueError, RuntimeError, OSError):  # the reply has just been read whole
            response.raw.shutdown()

    timer = threading.Timer(seconds, ring)
    timer.daemon = True
    timer.start()
    try:
        yield late
    except (RequestException, HTTPError, OSError) as error:
        if late.is_set():
            raise Lost("timeout", f"the reply took more than {seconds:g} s", sent=True) from error
        raise
    finally:
        timer.cancel()


@contextmanager
def _losses(response: requests.Response | None = None) -> Iterator[None]:
    """Turn every way in which a reply does not come into ``Lost``."""
    try:
        yield
    except Lost as lost:
        lost.received = _tell(response)
        raise
    except TransportError as error:
        raise Lost("sign-in", _plain(error), sent=False) from error
    except RefreshError as error:
        if not error.retryable:
            raise
        raise Lost("sign-in", _plain(error), sent=False) from error
    except (RequestException, HTTPError, OSError) as error:
        cause, sent = _cause(error)
        raise Lost(cause, _plain(error), sent=sent, received=_tell(response)) from error


def _cause(error: Exception) -> tuple[str, bool]:
    """What an exception of requests or urllib3 means, and if the request can have arrived."""
    roots = list(_roots(error))
    if any(isinstance(root, ssl.SSLCertVerificationError) for root in roots):
        return "certificate", False
    if type(error) is OSError:  # requests' own: the certificate file that was named is not there
        return "certificate", False
    if isinstance(error, (ProxyError, ValueError)):  # ValueError: a proxy's address is malformed
        return "proxy", False
    if isinstance(error, ConnectTimeout):
        return "timeout", False
    if any(isinstance(root, NewConnectionError) for root in roots):
        return "network", False
    if isinstance(error, Timeout) or any(isinstance(root, ReadTimeoutError) for root in roots):
        return "timeout", True
    return "broken", True


def _roots(error: object) -> Iterator[BaseException]:
    """An exception and those it was made of, as urllib3 nests them."""
    while isinstance(error, BaseException):
        yield error
        error = getattr(error, "reason", None) or (error.args[0] if error.args else None)


def _plain(error: Exception) -> str:
    """The innermost words, without memory addresses, URLs or what was sent."""
    *_, last = _roots(error)
    words = last.strerror if isinstance(last, OSError) and last.strerror else str(last)
    words = _ERRNO.sub("", words.split(": ")[-1])
    return " ".join(words.split()).rstrip(".")[:120]


def _tell(response: requests.Response | None) -> int:
    return int(response.raw.tell()) if response is not None and response.raw is not None else 0
