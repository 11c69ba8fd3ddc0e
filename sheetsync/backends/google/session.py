"""The two HTTP sessions of a client: one for sheets, one for access tokens."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import requests
from google.auth.transport.requests import AuthorizedSession, Request

_TIMEOUT = (10.0, 30.0)
"""Seconds to connect to the server that gives out access tokens, and to wait for it."""


def authorised(credentials: Any) -> requests.Session:
    """A session that adds the access token; what follows a 401 is the client's business."""
    session: requests.Session = AuthorizedSession(  # type: ignore[no-untyped-call]
        credentials, max_refresh_attempts=0, auth_request=token_request()
    )
    session.auth = _as_it_is
    return session


def token_request() -> Callable[..., Any]:
    """What google-auth asks for access tokens with: it waits only so long, and has no password."""
    session = requests.Session()
    session.auth = _as_it_is
    send = Request(session)

    def ask(*args: Any, **options: Any) -> Any:
        return send(*args, **{**options, "timeout": _TIMEOUT})

    return ask


def _as_it_is(request: requests.PreparedRequest) -> requests.PreparedRequest:
    """Keep requests from replacing the access token by a password of a .netrc file."""
    return request
