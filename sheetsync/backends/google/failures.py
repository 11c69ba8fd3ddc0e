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

What a reply means is decided in ``refusals``. No message holds a token or a key.
"""

from __future__ import annotations

from sheetsync.model.errors import RemoteRefused


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
    """Google refused for too many requests, for longer than we wait; ``wait``: seconds asked."""

    kind = "quota"
    wait = 60.0


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
