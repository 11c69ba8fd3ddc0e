"""Signing in as a person, in the browser: Google asks, and answers to a port of this computer.

The OAuth flow for installed apps, with PKCE and a random state, for the right to edit spreadsheets
and no other. sheetsync ships no client of its own: the client file comes from a Cloud project of
the user's organisation and is remembered. Where the browser is on another computer, the address
of the page that it ends on is pasted instead.
"""

from __future__ import annotations

import queue
import threading
from collections.abc import Callable, Iterable, Mapping
from http.server import BaseHTTPRequestHandler, HTTPServer
from pathlib import Path
from typing import Any, Self
from urllib.parse import parse_qs, urlsplit

from sheetsync.backends.google.auth import SCOPES, json_object
from sheetsync.backends.google.failures import SetupNeeded, SignInNeeded, Unreachable
from sheetsync.backends.google.tokens import CLIENT, LOGIN, Store

AGAIN = "sheetsync google login"
WAIT = 300.0
"""Seconds for the person to answer Google's questions in the browser."""

_TIMEOUT = 30.0
_POLL = 0.2
_LOOPBACK = "127.0.0.1"
_WHAT = "The OAuth client file"
_PAGE = (
    "<!doctype html><meta charset=utf-8><title>sheetsync</title><p>{}</p>"
    "<p>You may close this page.</p>"
)

Answer = Mapping[str, str]


def login(
    store: Store,
    *,
    client: Path | None = None,
    show: Callable[[str], None],
    browser: Callable[[str], bool] | None = None,
    pasted: Iterable[str] = (),
    wait: float = WAIT,
) -> None:
    """Sign a person in and keep the sign-in in ``store``.

    ``client`` is the OAuth client file; without it the remembered one is used. ``show`` prints
    what to do; ``browser`` opens an address and tells if it could; ``pasted`` gives lines that the
    person enters meanwhile. ``wait``: seconds until giving up.

    Raises SetupNeeded, SignInNeeded, Unreachable.
    """
    config = client_config(client) if client else store.get(CLIENT)
    if config is None:
        raise SetupNeeded(
            "Signing in needs an OAuth client file once. In the Google Cloud console: APIs & "
            "Services > Credentials > Create credentials > OAuth client ID > Desktop app > "
            f"Download JSON; then {AGAIN} --client FILE"
        )
    found = _sign_in(config, show, browser, pasted, wait)
    store.put(CLIENT, config)
    store.put(LOGIN, found)


def logout(store: Store) -> bool:
    """Revoke the sign-in at Google and forget it; the client file stays remembered.

    Returns whether Google confirmed. The sign-in is forgotten here in any case.
    """
    import requests

    found = store.get(LOGIN)
    store.delete(LOGIN)
    if found is None:
        raise SignInNeeded("Nobody is signed in to Google on this computer.")
    address = str(found.get("token_uri", "")).removesuffix("/token") + "/revoke"
    try:
        reply = requests.post(
            address,
            data={"token": found.get("refresh_token")},
            timeout=_TIMEOUT,
            allow_redirects=False,
        )
    except requests.RequestException:
        return False
    return reply.ok


def client_config(path: Path) -> dict[str, Any]:
    """Return the OAuth client file's content. Raises SetupNeeded, naming what it is else."""
    try:
        text = path.read_text("utf-8-sig")
    except FileNotFoundError:
        raise SetupNeeded(f"{_WHAT} {path} is not there. Check its name.") from None
    except (OSError, UnicodeDecodeError):
        raise SetupNeeded(f"{_WHAT} {path} cannot be read.") from None
    found = json_object(text, _WHAT, path)
    if found.get("type") == "service_account":
        raise SetupNeeded(
            f"{path} is a robot's key (service account), which needs no signing in. Name it in "
            "SHEETSYNC_GOOGLE_KEY instead."
        )
    if "web" in found:
        raise SetupNeeded(
            f"{path} is a client for web sites. Make one of the type Desktop app and download it."
        )
    return {"installed": _installed(found, path)}


def _installed(found: Mapping[str, Any], path: Path) -> dict[str, str]:
    """The four parts of a client that signing in needs; its addresses must be safe to use."""
    inner = found.get("installed")
    parts = inner if isinstance(inner, dict) else {}
    names = ("client_id", "client_secret", "auth_uri", "token_uri")
    kept = {name: parts.get(name) for name in names}
    if not all(isinstance(part, str) and part for part in kept.values()):
        raise SetupNeeded(f"{path} is not an OAuth client file of the type Desktop app.")
    if not all(_safe(str(kept[name])) for name in ("auth_uri", "token_uri")):
        raise SetupNeeded(f"{path} names addresses that are not encrypted (https). Do not use it.")
    return {name: str(part) for name, part in kept.items()}


def _safe(address: str) -> bool:
    url = urlsplit(address)
    return url.scheme == "https" or (url.scheme == "http" and url.hostname == _LOOPBACK)


def _sign_in(
    config: Mapping[str, Any],
    show: Callable[[str], None],
    browser: Callable[[str], bool] | None,
    pasted: Iterable[str],
    wait: float,
) -> dict[str, Any]:
    """Let the person answer in the browser and exchange the answer for a lasting sign-in."""
    from google_auth_oauthlib.flow import InstalledAppFlow

    flow = InstalledAppFlow.from_client_config(
        config, scopes=list(SCOPES), autogenerate_code_verifier=True
    )
    with _Door() as door:
        flow.redirect_uri = door.address
        url, state = flow.authorization_url(access_type="offline", prompt="consent")
        if browser is None or not browser(url):
            show(f"Open this address in a browser and answer there:\n\n{url}\n")
            show("If the last page cannot be shown, copy its address and paste it here.")
        code = door.code(state, pasted, wait)
    return _exchange(flow, code)


def _exchange(flow: Any, code: str) -> dict[str, Any]:
    import requests
    from oauthlib.oauth2 import OAuth2Error

    try:
        flow.fetch_token(code=code, timeout=_TIMEOUT)
    except requests.RequestException:
        raise Unreachable(
            "Google's sign-in server cannot be reached. Check the network, then sign in again."
        ) from None
    except OAuth2Error as error:
        raise SignInNeeded(
            f"Google did not complete the sign-in ({error.error}). Sign in again: {AGAIN}. If it "
            "fails once more, download a new client file."
        ) from None
    except Warning:  # oauthlib's way to tell that fewer rights were given than asked for
        raise _no_right() from None
    finally:
        flow.oauth2session.close()
    got = flow.credentials
    if got.granted_scopes is not None and not set(SCOPES) <= set(got.granted_scopes):
        raise _no_right()
    if not got.refresh_token:
        raise SignInNeeded(f"Google gave no lasting sign-in. Sign in again: {AGAIN}.")
    return {
        "type": "authorized_user",
        "refresh_token": got.refresh_token,
        "token_uri": got.token_uri,
        "client_id": got.client_id,
        "client_secret": got.client_secret,
        "scopes": list(SCOPES),
    }


def _no_right() -> SignInNeeded:
    return SignInNeeded(
        "The right to edit Google Sheets was not given. Sign in again and leave the tick at "
        f"Google Sheets: {AGAIN}."
    )


class _Door:
    """A port of this computer at which the browser delivers Google's answer."""

    def __init__(self) -> None:
        self._answers: queue.SimpleQueue[Answer] = queue.SimpleQueue()
        door = self

        class Visit(BaseHTTPRequestHandler):
            timeout = 5

            def do_GET(self) -> None:
                self._say(door.take(self.path))

            def _say(self, words: str) -> None:
                page = _PAGE.format(words).encode()
                self.send_response(200 if words else 404)
                self.send_header("Content-Type", "text/html; charset=utf-8")
                self.send_header("Content-Length", str(len(page)))
                self.send_header("Connection", "close")
                self.end_headers()
                self.wfile.write(page)

            def log_message(self, format: str, *args: Any) -> None:  # noqa: A002
                """Say nothing: the address that is asked for holds the code."""

        self._server = HTTPServer((_LOOPBACK, 0), Visit)
        self._server.timeout = _POLL
        self._state = ""

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self._server.server_close()

    @property
    def address(self) -> str:
        """Where the browser is sent with the answer."""
        return f"http://{_LOOPBACK}:{self._server.server_port}/"

    def take(self, path: str) -> str:
        """Keep an answer that belongs to this sign-in; return words for the page, or nothing."""
        told = {name: values[0] for name, values in parse_qs(urlsplit(path).query).items()}
        if not self._state or told.get("state") != self._state:
            return ""
        self._answers.put(told)
        return "sheetsync has got Google's answer." if "code" in told else "You did not agree."

    def code(self, state: str, pasted: Iterable[str], wait: float) -> str:
        """Wait for the answer to ``state``; return its code. Raises SignInNeeded, SetupNeeded."""
        import time

        self._state = state
        threading.Thread(target=self._read, args=(pasted,), daemon=True).start()
        end = time.monotonic() + wait
        while self._answers.empty():
            if time.monotonic() > end:
                raise SignInNeeded(f"Nobody answered in the browser in time. Try again: {AGAIN}.")
            self._server.handle_request()
        return _agreed(self._answers.get())

    def _read(self, pasted: Iterable[str]) -> None:
        for line in pasted:
            self.take(line.strip())


def _agreed(answer: Answer) -> str:
    if "code" in answer:
        return answer["code"]
    error = answer.get("error", "")
    if error in {"admin_policy_enforced", "org_internal", "disabled_client"}:
        raise SetupNeeded(
            "Your organisation's administrator does not allow this app to use Google Sheets. Ask "
            "the administrator to trust it, or use a robot (service account)."
        )
    raise SignInNeeded(f"The sign-in was not allowed in the browser. Sign in again: {AGAIN}.")
