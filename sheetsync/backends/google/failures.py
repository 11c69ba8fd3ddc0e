"""What can go wrong with a Google Sheet, each as one exception that says what to do.

GoogleFailure (model.errors.RemoteRefused)    kind
├── SignInNeeded   no sign-in, or it no longer holds                 auth
├── NotShared      the sheet is not shared with us, or for viewing   not_shared
├── NotFound       no such spreadsheet                               not_found
├── NotASheet      an .xlsx, a document, a folder ... no Google Sheet  not_a_sheet
├── SetupNeeded    the API is off, an administrator forbids the app  setup
├── StorageFull    no room in the Drive of who would own the file    storage
├── QuotaExceeded  too many requests; ``wait`` in seconds            quota
├── TooLarge       one request is larger than Google takes           too_large
├── Rejected       Google refused what was asked (400 and the like)  rejected
├── Unreachable    no way to Google from here                        network
├── Outage         Google answered with errors for as long as we asked  outage
└── Ambiguous      a write was sent and nobody knows if it was done  ambiguous

The HTTP status decides; Google's own words are added. No message holds a token or a key.
"""

from __future__ import annotations

import re

from sheetsync.backends.google.wire import Lost, Reply
from sheetsync.model.errors import RemoteRefused

_SECRETS = re.compile(
    r"ya29\.[\w.-]+|1//[\w-]+|Bearer\s+\S+|eyJ[\w-]+\.[\w.-]+|-----BEGIN.*|GOCSPX-[\w-]+",
    re.DOTALL,
)
_PROJECT = re.compile(r"project[ =/]+([a-z0-9][a-z0-9:.-]{2,60}[a-z0-9])")
_LONGEST_WORDS = 300


class GoogleFailure(RemoteRefused):
    """Base of what Google, or the way there, refused.

    ``kind`` names the case for programs, ``status`` is the HTTP status (0 where no reply came),
    ``words`` are Google's own. ``unsure``: an earlier try of the same write may have been done.
    """

    kind = "refused"

    def __init__(
        self, message: str, *, status: int = 0, words: str = "", unsure: bool = False
    ) -> None:
        super().__init__(message)
        self.status, self.words, self.unsure = status, words, unsure


class SignInNeeded(GoogleFailure):
    """There is no sign-in, or Google no longer takes it."""

    kind = "auth"


class NotShared(GoogleFailure):
    """The spreadsheet is not shared with whoever is signed in, or for viewing only."""

    kind = "not_shared"


class NotFound(GoogleFailure):
    """There is no such spreadsheet."""

    kind = "not_found"


class NotASheet(GoogleFailure):
    """The address or the file is something other than a Google Sheet."""

    kind = "not_a_sheet"


class SetupNeeded(GoogleFailure):
    """The API is not enabled, the sign-in lacks a scope, or an administrator forbids the app."""

    kind = "setup"


class StorageFull(GoogleFailure):
    """The Drive of who would own a new file has no room; a service account's has none at all."""

    kind = "storage"


class QuotaExceeded(GoogleFailure):
    """Google refused for too many requests, for longer than we wait."""

    kind = "quota"


class TooLarge(GoogleFailure):
    """A request is larger than Google takes."""

    kind = "too_large"


class Rejected(GoogleFailure):
    """Google refused what was asked; nothing of this request was done."""

    kind = "rejected"


class Unreachable(GoogleFailure):
    """Google could not be reached from this computer."""

    kind = "network"


class Outage(GoogleFailure):
    """Google answered with errors of its own for as long as we asked."""

    kind = "outage"


class Ambiguous(GoogleFailure):
    """A write was sent, and nobody here knows if it was carried out."""

    kind = "ambiguous"


def failure_of(outcome: Reply | Lost, *, who: str, unsure: bool = False) -> GoogleFailure:
    """Return the exception that a last outcome deserves.

    ``who`` is the robot's address where a service account asks, else empty. ``unsure``: the
    request was a write, and some try of it may have been carried out.
    """
    if isinstance(outcome, Lost):
        return _lost(outcome, unsure=unsure)
    return Rejected(f"Google refused (HTTP {outcome.status}).", status=outcome.status)


def refresh_failure(error: Exception, *, unsure: bool = False) -> GoogleFailure:
    """Return the exception for a sign-in that Google did not renew."""
    return SignInNeeded(f"Google did not renew the sign-in ({error}).", unsure=unsure)


def _lost(lost: Lost, *, unsure: bool) -> GoogleFailure:
    return Ambiguous(lost.detail) if unsure else Unreachable(lost.detail)
