"""Google on its bad days, without sockets: a clock that never waits and an adapter that follows a
script of faults. What the adapter answers is read through urllib3, as a real reply is.
"""

from __future__ import annotations

import gzip
import io
import json
import ssl
from dataclasses import dataclass, field

import requests
from requests.adapters import BaseAdapter
from urllib3 import HTTPResponse
from urllib3.exceptions import MaxRetryError, NewConnectionError, ProtocolError

from sheetsync.backends.google.client import SheetsClient

ID = "1AbCdEfGhIjKlMnOpQrStUvWxYz0123456789abcdEFGH"
ROBOT = "robot@project.iam.gserviceaccount.com"
GOOD = {"spreadsheetId": ID}
HTML = b"<!DOCTYPE html><title>Error (Server Error)!!1</title>"


class SimulatedClock:
    """Time that passes only when somebody sleeps; ``slept`` lists how long."""

    def __init__(self):
        self.time = 1000.0
        self.slept = []

    def now(self):
        return self.time

    def sleep(self, seconds):
        assert seconds >= 0
        self.slept.append(seconds)
        self.time += seconds


class Steady:
    """Jitter that always draws the longest wait."""

    def uniform(self, low, high):
        return high


def error(status, message="", reason="", google_status="", **headers):
    """A JSON error as Google makes them."""
    body = {"code": status, "message": message, "status": google_status}
    if reason:
        body["details"] = [{"@type": "type.googleapis.com/google.rpc.ErrorInfo", "reason": reason}]
    return Answer(status, json.dumps({"error": body}).encode(), headers=headers)


@dataclass
class Answer:
    """One step of a script: an answer, or the exception that ``lost`` names; ``seconds`` long."""

    status: int = 200
    body: bytes = json.dumps(GOOD).encode()
    lost: str = ""
    seconds: float = 0.1
    headers: dict = field(default_factory=dict)


def after(seconds, status=503):
    """A refusal that asks to wait."""
    return error(status, **{"Retry-After": str(seconds)})


FAULTS = {
    "ok": Answer(),
    "429": error(429, "Quota exceeded", "RATE_LIMIT_EXCEEDED", "RESOURCE_EXHAUSTED"),
    "403 rate": error(403, "Rate Limit Exceeded", "rateLimitExceeded"),
    "500": error(500, "Internal error encountered."),
    "503": error(503, "The service is currently unavailable.", "", "UNAVAILABLE"),
    "html 502": Answer(502, HTML),
    "html 408": Answer(408, HTML),
    "truncated json": Answer(200, b'{"spreadsheetId":"1Ab'),
    "html 200": Answer(200, HTML),
    "redirect": Answer(302, b"", headers={"Location": "http://portal.invalid/"}),
    "short body": Answer(lost="short body"),
    "reset": Answer(lost="reset"),
    "refused": Answer(lost="refused"),
    "read timeout": Answer(lost="read timeout"),
    "connect timeout": Answer(lost="connect timeout"),
    "proxy": Answer(lost="proxy"),
    "certificate": Answer(lost="certificate"),
    "400": error(400, "Invalid requests[0]: No grid with id: 7", "", "INVALID_ARGUMENT"),
    "401": error(401, "Request had invalid authentication credentials.", "", "UNAUTHENTICATED"),
    "403": error(403, "The caller does not have permission", "", "PERMISSION_DENIED"),
    "404": error(404, "Requested entity was not found.", "", "NOT_FOUND"),
    "413": Answer(413, HTML),
}


class Script(BaseAdapter):
    """Answers with ``steps`` in order, then with good replies; ``asked`` keeps the requests."""

    def __init__(self, steps=(), clock=None, *, compress=False):
        super().__init__()
        self.steps = [FAULTS[step] if isinstance(step, str) else step for step in steps]
        self.clock, self.compress = clock or SimulatedClock(), compress
        self.asked, self.times, self.began = [], [], []

    def send(self, request, stream=False, timeout=None, verify=True, cert=None, proxies=None):
        self.asked.append(request)
        self.times.append(timeout)
        self.began.append(self.clock.now())
        step = self.steps.pop(0) if self.steps else Answer()
        if step.lost and step.lost != "short body":
            self._lose(step.lost, timeout, request)
        self.clock.time += step.seconds
        return self._response(request, step)

    def close(self):
        pass

    def _lose(self, how, timeout, request):
        connect, read = timeout
        pool = None
        if how == "read timeout":
            self.clock.time += read
            raise requests.ReadTimeout("Read timed out.", request=request)
        if how == "connect timeout":
            self.clock.time += connect
            raise requests.ConnectTimeout("timed out", request=request)
        if how == "refused":
            reason = NewConnectionError(pool, "Connection refused")
            raise requests.ConnectionError(MaxRetryError(pool, "/", reason), request=request)
        if how == "proxy":
            raise requests.exceptions.ProxyError("Tunnel connection failed: 407", request=request)
        if how == "certificate":
            reason = ssl.SSLCertVerificationError(1, "unable to get local issuer certificate")
            raise requests.exceptions.SSLError(MaxRetryError(pool, "/", reason), request=request)
        gone = ProtocolError("Connection aborted.", ConnectionResetError(104, "reset by peer"))
        raise requests.ConnectionError(gone, request=request)

    def _response(self, request, step):
        body, headers = step.body, {**step.headers}
        if self.compress:
            body = gzip.compress(body)
            headers["Content-Encoding"] = "gzip"
        length = len(body) + (10 if step.lost == "short body" else 0)
        headers["Content-Length"] = str(length)
        response = requests.Response()
        response.status_code, response.request, response.url = step.status, request, request.url
        response.headers.update(headers)
        response.raw = HTTPResponse(
            io.BytesIO(body),
            headers=headers,
            status=step.status,
            preload_content=False,
            decode_content=False,
            request_method=request.method,
        )
        return response


def scripted(*steps, who="", jitter=None, **settings):
    """A client whose requests meet ``steps``; returns the client and the script."""
    script = Script(steps, **settings)
    session = requests.Session()
    session.mount("https://", script)
    session.credentials = Renewable()
    client = SheetsClient(session=session, clock=script.clock, jitter=jitter or Steady(), who=who)
    return client, script


class Renewable:
    """Credentials that only remember how often they were to be renewed."""

    def __init__(self):
        self.renewed = 0

    @property
    def token(self):
        return "x"

    @token.setter
    def token(self, value):
        assert value is None
        self.renewed += 1


def read(client):
    return client.get_sheet(ID, {"fields": "properties"})


def write(client, *, token=True):
    return client.batch_update(ID, {"requests": [{"deleteSheet": {"sheetId": 1}}]}, token=token)
