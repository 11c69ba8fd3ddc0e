"""Requests to Google Sheets: sent no faster than agreed, tried again only where that is safe.

``SheetsClient`` is gspread's ``HTTPClient`` with a policy of its own (``retry``, ``throttle``).
gspread's retrying client is not used: it never gives up, and it sends writes twice.
"""

from __future__ import annotations

import json as json_text
import re
from collections.abc import Mapping, MutableMapping, Sequence
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
"""Replies of the Sheets API are JSON objects; whatever else comes from there is no good reply."""
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
            extra={"data": data, "files": files, "headers": headers},
        )
        return reply.as_response()

    def _call(
        self,
        method: str,
        url: str,
        *,
        params: Mapping[str, Any] | None = None,
        body: Mapping[str, Any] | None = None,
        token: bool = False,
        extra: Mapping[str, Any] | None = None,
    ) -> Reply:
        """Try until there is a good reply or no more sense in trying."""
        parts = {"params": params, **_encoded(body, extra or {})}
        found = _SPREADSHEET.search(url)
        sheet, sheets = found[1] if found else "", _SHEETS_API in url
        reads = method in {"GET", "HEAD"}
        kind = "read" if reads else "write"
        seconds: float | None = self._throttle.take(kind, sheet, self.clock.now())
        if seconds:
            self.clock.sleep(seconds)
        call = Call(not reads, reads or token, sheet in self._seen, self.clock.now())
        while True:
            outcome = self._try(call, method, url, parts)
            if isinstance(outcome, Reply) and (outcome.ok or (outcome.done and not sheets)):
                self._seen.add(sheet)
                return outcome
            call.unsure = call.unsure or (call.writes and may_be_done(outcome))
            if self._refreshed(call, outcome):
                continue
            seconds = self._pause(call, outcome, kind, sheet)
            if seconds is None:
                raise failure_of(outcome, self._asked(call))
            self.clock.sleep(seconds)

    def _pause(self, call: Call, outcome: Reply | Lost, kind: str, sheet: str) -> float | None:
        """Seconds until the next try, the throttle's among them; None where there is none."""
        now = self.clock.now()
        seconds = wait_before_next(call, outcome, now, self._limits, self._jitter)
        if seconds is None:
            return None
        seconds += self._throttle.take(kind, sheet, now + seconds)
        return seconds if now + seconds - call.started <= self._limits.total else None

    def _try(self, call: Call, method: str, url: str, parts: Mapping[str, Any]) -> Reply | Lost:
        limits = self._limits
        seconds = limits.read if method in {"GET", "HEAD"} else limits.write
        call.tries += 1
        try:
            outcome: Reply | Lost = send(
                self.session, method, url, connect=limits.connect, seconds=seconds, **parts
            )
        except Lost as lost:
            outcome = lost
        except RefreshError as error:
            raise refresh_failure(error, self._asked(call)) from error
        if isinstance(outcome, Reply) or outcome.sent:
            self.requests += 1
            self.sent += len(parts.get("data") or b"")
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


def _encoded(body: Mapping[str, Any] | None, extra: Mapping[str, Any]) -> dict[str, Any]:
    """The body as compact UTF-8 JSON, with the headers that every request carries."""
    headers = {**_HEADERS, **(extra.get("headers") or {})}
    if body is None:
        return {**extra, "headers": headers}
    text = json_text.dumps(body, ensure_ascii=False, separators=(",", ":"), allow_nan=False)
    headers["Content-Type"] = "application/json; charset=utf-8"
    return {**extra, "data": text.encode(), "headers": headers}
