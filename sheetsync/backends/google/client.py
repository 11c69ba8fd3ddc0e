"""Requests to Google Sheets: sent no faster than agreed, tried again only where that is safe.

``SheetsClient`` is gspread's ``HTTPClient`` with a policy of its own (``retry``, ``throttle``).
gspread's retrying client is not used: it never gives up, and it sends writes twice.
"""

from __future__ import annotations

import json as json_text
import re
from collections.abc import Mapping, MutableMapping, Sequence
from dataclasses import dataclass
from random import Random
from typing import Any

import requests
from google.auth.exceptions import RefreshError
from gspread.http_client import HTTPClient
from gspread.urls import (
    SPREADSHEET_BATCH_UPDATE_URL,
    SPREADSHEET_URL,
    SPREADSHEET_VALUES_BATCH_URL,
)

from sheetsync import __version__
from sheetsync.backends.google.refusals import Asked, failure_of, refresh_failure
from sheetsync.backends.google.retry import Call, Limits, may_be_done, wait_before_next
from sheetsync.backends.google.session import authorised
from sheetsync.backends.google.throttle import Clock, SystemClock, Throttle
from sheetsync.backends.google.wire import Lost, Reply, send

__all__ = ["Clock", "SheetsClient", "SystemClock"]

_SPREADSHEET = re.compile(r"/v4/spreadsheets/([A-Za-z0-9_-]+)")
_SHEETS_API = "/v4/spreadsheets"
_UNAUTHORISED = 401
_HEADERS = {"User-Agent": f"sheetsync/{__version__} (gzip)", "Accept-Encoding": "gzip"}
"""Google compresses its replies when both headers ask for it."""


class SheetsClient(HTTPClient):
    """Speaks to the Sheets API for one user; one of it per process is enough.

    ``auth`` are google-auth credentials; ``session`` may stand in for them (tests). ``clock``
    gives the time and waits, ``jitter`` draws the random part of each wait, ``limits`` are the
    tries and timeouts, ``who`` is the address that a spreadsheet must be shared with.

    ``requests`` counts HTTP requests sent, ``sent`` and ``received`` the bytes of their bodies on
    the wire (replies as compressed by Google).
    """

    def __init__(
        self,
        auth: Any = None,
        session: requests.Session | None = None,
        *,
        clock: Clock | None = None,
        jitter: Random | None = None,
        limits: Limits | None = None,
        who: str = "",
    ) -> None:
        super().__init__(auth, session or authorised(auth))
        self.auth = auth
        self.clock: Clock = clock or SystemClock()
        self.who = who or str(getattr(auth, "service_account_email", "") or "")
        self.requests = self.sent = self.received = 0
        self._jitter = jitter or Random()  # noqa: S311 - spreads retries, keeps no secret
        self._limits = limits or Limits()
        self._throttle = Throttle(self.clock.now())
        self._seen: set[str] = set()

    def get_sheet(self, spreadsheet_id: str, params: Mapping[str, Any]) -> dict[str, Any]:
        """``spreadsheets.get``: structure and grid data as ``params`` (ranges, fields) ask.

        Raises GoogleFailure.
        """
        reply = self._call("GET", SPREADSHEET_URL % spreadsheet_id, params=params)
        return dict(reply.value)

    def batch_get_values(self, spreadsheet_id: str, ranges: Sequence[str]) -> dict[str, Any]:
        """``values.batchGet`` of raw values: numbers unformatted, dates as serial numbers.

        Raises GoogleFailure.
        """
        params = {
            "ranges": list(ranges),
            "majorDimension": "ROWS",
            "valueRenderOption": "UNFORMATTED_VALUE",
            "dateTimeRenderOption": "SERIAL_NUMBER",
        }
        url = SPREADSHEET_VALUES_BATCH_URL % spreadsheet_id
        return dict(self._call("GET", url, params=params).value)

    def batch_update(
        self,
        id: str,  # noqa: A002 - gspread's name for the spreadsheet's id
        body: Mapping[str, Any] | None,
        *,
        token: bool = False,
        fields: str = "",
    ) -> dict[str, Any]:
        """``spreadsheets.batchUpdate``: all requests of ``body`` are done, or none.

        ``token`` promises that sending the batch twice does no more than sending it once (it
        begins with an epoch marker, or writes the same content whatever stood there). Without it
        the batch is not sent again once it may have been carried out. ``fields`` masks the reply.

        Raises GoogleFailure; Ambiguous where a batch may have been carried out or not. Rejected
        (with Google's ``words``) after an ``unsure`` try may be our own first try's doing.
        """
        url = SPREADSHEET_BATCH_UPDATE_URL % id
        params = {"fields": fields} if fields else None
        return dict(self._call("POST", url, params=params, body=body, token=token).value)

    def request(
        self,
        method: str,
        endpoint: str,
        params: Mapping[str, Any] | None = None,
        data: bytes | None = None,
        json: Mapping[str, Any] | None = None,
        files: Any = None,
        headers: MutableMapping[str, str] | None = None,
    ) -> requests.Response:
        """Send what gspread's own methods ask for; a write is taken to carry no token.

        Raises GoogleFailure.
        """
        reply = self._call(
            method.upper(),
            endpoint,
            params=params,
            body=json,
            data=data,
            files=files,
            headers=headers,
        )
        return reply.as_response()

    def _call(self, method: str, url: str, *, token: bool = False, **parts: Any) -> Reply:
        """Try until there is a good reply or no more sense in trying."""
        request = _request(method, url, **parts)
        now = self.clock.now()
        self._wait(self._throttle.take(request.kind, request.spreadsheet, now))
        call = Call(
            writes=not request.reads,
            repeatable=request.reads or token,
            seen=request.spreadsheet in self._seen,
            started=self.clock.now(),
        )
        while True:
            outcome = self._try(call, request)
            if isinstance(outcome, Reply) and request.satisfied_by(outcome):
                self._seen.add(request.spreadsheet)
                return outcome
            call.unsure = call.unsure or (call.writes and may_be_done(outcome))
            if not self._refreshed(call, outcome):
                self._wait(self._pause(call, request, outcome))

    def _wait(self, seconds: float) -> None:
        if seconds > 0.0:
            self.clock.sleep(seconds)

    def _pause(self, call: Call, request: _Request, outcome: Reply | Lost) -> float:
        """Seconds until the next try, the throttle's among them. Raises where there is none."""
        now, limits = self.clock.now(), self._limits
        seconds = wait_before_next(call, outcome, now, limits, self._jitter)
        if seconds is not None:
            seconds += self._throttle.take(request.kind, request.spreadsheet, now + seconds)
        if seconds is None or now + seconds - call.started > limits.total:
            raise failure_of(outcome, self._asked(call))
        return seconds

    def _try(self, call: Call, request: _Request) -> Reply | Lost:
        """Send once and count it."""
        limits = self._limits
        call.tries += 1
        try:
            outcome: Reply | Lost = send(
                self.session,
                request.method,
                request.url,
                connect=limits.connect,
                seconds=limits.read if request.reads else limits.write,
                **request.parts,
            )
        except Lost as lost:
            outcome = lost
        except RefreshError as error:
            raise refresh_failure(error, self._asked(call)) from error
        if isinstance(outcome, Reply) or outcome.sent:
            self.requests += 1
            self.sent += len(request.parts.get("data") or b"")
            self.received += outcome.received
        return outcome

    def _asked(self, call: Call) -> Asked:
        return Asked(self.who, writes=call.writes, seen=call.seen, unsure=call.unsure)

    def _refreshed(self, call: Call, outcome: Reply | Lost) -> bool:
        """Get a new access token after the first 401 of a call; tell whether that was done."""
        credentials = getattr(self.session, "credentials", None)
        expired = isinstance(outcome, Reply) and outcome.status == _UNAUTHORISED
        if call.refreshed or not expired or credentials is None:
            return False
        call.refreshed = True
        credentials.token = None  # the session gets a new one before it sends the next request
        return True


@dataclass(frozen=True, slots=True)
class _Request:
    """What is sent, the same at every try; ``parts`` are those of ``requests``."""

    method: str
    url: str
    spreadsheet: str
    parts: Mapping[str, Any]

    @property
    def reads(self) -> bool:
        """Tell whether nothing can be changed by it."""
        return self.method in {"GET", "HEAD"}

    @property
    def kind(self) -> str:
        """The quota that it counts to."""
        return "read" if self.reads else "write"

    def satisfied_by(self, reply: Reply) -> bool:
        """Tell whether a reply is good; those of the Sheets API are whole JSON objects."""
        return reply.ok if _SHEETS_API in self.url else reply.done


def _request(
    method: str,
    url: str,
    *,
    body: Mapping[str, Any] | None = None,
    headers: Mapping[str, str] | None = None,
    **parts: Any,
) -> _Request:
    """A request whose body is compact UTF-8 JSON, with the headers that every one carries."""
    told = {**_HEADERS, **(headers or {})}
    if body is not None:
        text = json_text.dumps(body, ensure_ascii=False, separators=(",", ":"), allow_nan=False)
        parts["data"] = text.encode()
        told["Content-Type"] = "application/json; charset=utf-8"
    found = _SPREADSHEET.search(url)
    return _Request(method, url, found[1] if found else "", {**parts, "headers": told})
