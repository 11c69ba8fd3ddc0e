"""Who asks Google: a robot's key file where one is named, else the person who signed in.

A robot is a service account: it sees only the sheets that were shared with its address. Its key
file is named in ``SHEETSYNC_GOOGLE_KEY``. Only the right to edit spreadsheets is asked for.
"""

from __future__ import annotations

import json
import os
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

from sheetsync.backends.google.failures import SetupNeeded, SignInNeeded
from sheetsync.backends.google.private import read_private
from sheetsync.backends.google.tokens import LOGIN, Store

if TYPE_CHECKING:
    from google.auth.credentials import Credentials

    from sheetsync.backends.google.client import SheetsClient
    from sheetsync.backends.google.throttle import Clock

SCOPES = ("https://www.googleapis.com/auth/spreadsheets",)
"""The least that lets a sheet be written."""
KEY = "SHEETSYNC_GOOGLE_KEY"
"""The environment variable that names a robot's key file."""

_WHAT = "The robot's key file"
_KINDS = {
    "authorized_user": "a person's stored sign-in",
    "external_account": "a workload identity configuration",
    "impersonated_service_account": "an impersonation configuration",
}


def credentials(
    scopes: Sequence[str] = SCOPES, *, key: Path | None = None, store: Store | None = None
) -> Credentials:
    """Return google-auth credentials; no request is sent.

    They are those of ``key``, else of the key file that the environment names, else of the person
    who signed in.

    Raises SetupNeeded where a key file cannot be used, SignInNeeded where there is no sign-in.
    """
    named = os.environ.get(KEY, "").strip()
    path = key or (Path(named).expanduser() if named else None)
    if path is not None:
        return _robot(path, scopes)
    found = (store or Store()).get(LOGIN)
    if found is None:
        raise SignInNeeded(
            "Nobody is signed in to Google on this computer. Sign in with `sheetsync google "
            f"login`, or name a robot's key file (service account, JSON) in {KEY}."
        )
    return person(found, scopes)


def person(found: Mapping[str, Any], scopes: Sequence[str] = SCOPES) -> Credentials:
    """Return the credentials of a stored sign-in. Raises SignInNeeded where it is not whole."""
    from google.oauth2.credentials import Credentials as UserCredentials

    from sheetsync.backends.google.access import AccessCredentials

    parts = {
        name: found.get(name)
        for name in ("refresh_token", "token_uri", "client_id", "client_secret")
    }
    if not all(isinstance(part, str) and part for part in parts.values()):
        raise SignInNeeded("The stored sign-in is damaged. Sign in again: sheetsync google login.")
    source = UserCredentials(None, **parts, scopes=list(scopes))  # type: ignore[no-untyped-call]
    return AccessCredentials(source)


def who(credentials: Credentials) -> str:
    """The address that sheets must be shared with: a robot's own, or words for a person's."""
    return robot_address(credentials) or "your Google account"


def robot_address(credentials: Credentials) -> str:
    """A robot's address; empty for a person, whose address we have no right to ask for."""
    return str(getattr(credentials, "service_account_email", "") or "")


def open_client(
    clock: Clock | None = None, *, key: Path | None = None, store: Store | None = None
) -> SheetsClient:
    """Return a client for whoever is signed in. No request is sent.

    Raises SetupNeeded, SignInNeeded as ``credentials`` does.
    """
    found = credentials(key=key, store=store)
    from sheetsync.backends.google.client import SheetsClient

    return SheetsClient(found, clock=clock, who=robot_address(found))


def _robot(path: Path, scopes: Sequence[str]) -> Credentials:
    from google.oauth2.service_account import Credentials as KeyCredentials

    from sheetsync.backends.google.access import AccessCredentials

    info = key_file(path)
    try:
        key = KeyCredentials.from_service_account_info(  # type: ignore[no-untyped-call]
            info, scopes=list(scopes)
        )
    except ValueError:  # its message may hold parts of the key
        raise SetupNeeded(
            f"{_WHAT} {path} is damaged. Make a new key (JSON) for the robot in its Cloud project."
        ) from None
    return AccessCredentials(key)


def key_file(path: Path) -> dict[str, Any]:
    """Return a service account's key file as JSON. Raises SetupNeeded, naming what it is else."""
    info = json_object(read_private(path, _WHAT, links=True), _WHAT, path)
    if info.get("type") == "service_account":
        return info
    if "installed" in info or "web" in info:
        raise SetupNeeded(
            f"{path} is an OAuth client file, not a robot's key. It is for signing in as a "
            "person: sheetsync google login --client FILE"
        )
    kind = _KINDS.get(str(info.get("type")), "some other JSON file")
    raise SetupNeeded(
        f"{path} is {kind}, not a robot's key. Make one in the Cloud project: IAM & Admin > "
        "Service accounts > Keys > Add key > JSON."
    )


def json_object(text: str, what: str, path: Path) -> dict[str, Any]:
    """Return a file's JSON object. Raises SetupNeeded where it holds something else."""
    try:
        found = json.loads(text)
    except (ValueError, RecursionError):
        found = None
    if not isinstance(found, dict):
        raise SetupNeeded(f"{what} {path} is not a JSON file as Google's console makes them.")
    return found


def try_sign_in(found: Credentials) -> None:
    """Ask Google for an access token, to see whether it accepts the credentials.

    Raises SignInNeeded, SetupNeeded, Unreachable.
    """
    import google.auth.exceptions

    from sheetsync.backends.google.failures import Unreachable
    from sheetsync.backends.google.refusals import Asked, refresh_failure
    from sheetsync.backends.google.session import token_request

    try:
        found.refresh(token_request())  # type: ignore[no-untyped-call]
    except google.auth.exceptions.RefreshError as error:
        raise refresh_failure(error, Asked(robot_address(found))) from error
    except google.auth.exceptions.TransportError:
        raise Unreachable(
            "Google's sign-in server cannot be reached. Check the network, then try again."
        ) from None
