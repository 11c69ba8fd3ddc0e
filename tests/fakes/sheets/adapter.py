"""Lets shipped clients speak to the emulator unchanged: transport adapters for `requests`.

session.mount("https://sheets.googleapis.com", Rewrite(server.url))     # real HTTP
session.mount("https://sheets.googleapis.com", InProcess(service))      # no sockets: volumes
"""

from __future__ import annotations

import io
from typing import Any
from urllib.parse import urlsplit

import requests
from requests.adapters import BaseAdapter, HTTPAdapter
from requests.structures import CaseInsensitiveDict

from tests.fakes.sheets.quota import Clock
from tests.fakes.sheets.service import Service
from tests.fakes.sheets.wire import Answer, Wire

HOSTS = ("https://sheets.googleapis.com", "https://www.googleapis.com")


class Rewrite(HTTPAdapter):
    """Sends requests to Google's hosts to a local server instead."""

    def __init__(self, url: str, **settings: Any):
        super().__init__(**settings)
        self.url = url.rstrip("/")

    def send(self, request: requests.PreparedRequest, *args: Any, **kwargs: Any):
        """Send the request to the local server; the reply shows the address that was asked for."""
        asked = request.url
        parts = urlsplit(asked)
        request.url = self.url + parts.path + (f"?{parts.query}" if parts.query else "")
        response = super().send(request, *args, **kwargs)
        response.url = asked
        return response


class InProcess(BaseAdapter):
    """Calls the emulator directly.  `clock` sleeps for slow answers; without one they are instant.

    A Service or a Wire (which brings quota, faults, tokens).
    """

    def __init__(self, service: Service | Wire, clock: Clock | None = None):
        super().__init__()
        self.wire = service if isinstance(service, Wire) else Wire(service)
        self.clock = clock

    def send(
        self,
        request: requests.PreparedRequest,
        stream: bool = False,
        timeout: Any = None,
        verify: Any = True,
        cert: Any = None,
        proxies: Any = None,
    ) -> requests.Response:
        """The answer as a `requests.Response`, or the exception of a broken connection."""
        parts = urlsplit(request.url)
        target = parts.path + (f"?{parts.query}" if parts.query else "")
        body = request.body.encode() if isinstance(request.body, str) else request.body
        answer = self.wire.answer(request.method, target, request.headers, body)
        if answer.reset:
            raise requests.ConnectionError("Connection aborted.", request=request)
        if answer.late:
            self._wait(answer, timeout, request)
        return _response(request, answer)

    def _wait(self, answer: Answer, timeout: Any, request: requests.PreparedRequest) -> None:
        limit = timeout[1] if isinstance(timeout, tuple) else timeout
        waited = answer.late if limit is None else min(answer.late, limit)
        if self.clock:
            self.clock.sleep(waited)
        if waited < answer.late:
            raise requests.ReadTimeout("Read timed out.", request=request)

    def close(self) -> None:
        """Nothing to close."""


def _response(request: requests.PreparedRequest, answer: Answer) -> requests.Response:
    response = requests.Response()
    response.status_code = answer.status
    response.reason = requests.status_codes._codes.get(answer.status, ("",))[0]
    response.headers = CaseInsensitiveDict(answer.headers)
    response.encoding = "utf-8"
    response.url = request.url
    response.request = request
    response.raw = io.BytesIO()
    response._content = answer.body if answer.cut is None else answer.body[: answer.cut]
    return response


def session(service: Service | Wire | str, user: str = "owner", clock: Clock | None = None):
    """A session that speaks to the emulator as `user`: in process, or to the server at a URL."""
    made = requests.Session()
    made.headers["Authorization"] = f"Bearer {user}"
    adapter = Rewrite(service) if isinstance(service, str) else InProcess(service, clock)
    for host in HOSTS:
        made.mount(host, adapter)
    return made
