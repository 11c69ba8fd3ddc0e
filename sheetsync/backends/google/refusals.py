"""What Google's refusals mean, in sentences that a partner manager can act on.

The HTTP status decides, then Google's reason words, last its message: messages change, and the
``code`` inside the JSON is not always there. Whatever is not known is told in Google's own words.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from sheetsync.backends.google import failures
from sheetsync.backends.google.failures import GoogleFailure
from sheetsync.backends.google.retry import rate_limited, retry_after
from sheetsync.backends.google.wire import Lost, Reply

LOGIN = "sheetsync google login"
ROBOT = ".gserviceaccount.com"

_SECRETS = re.compile(
    r"ya29\.[\w.-]+|1//[\w-]+|Bearer\s+\S+|eyJ[\w-]+\.[\w.-]+|-----BEGIN.*|GOCSPX-[\w-]+",
    re.DOTALL | re.IGNORECASE,
)
_NOT_PRINTED = re.compile(r"[\x00-\x1f\x7f-\x9f]+")
_PROJECT = re.compile(r"\bproject(?:s/|_number:|\s+)([a-z0-9][a-z0-9:.-]{2,60}[a-z0-9])")
_LONGEST = 300
_TOO_LARGE = re.compile(
    r"payload size exceeds|request (?:entity )?(?:is )?too large", re.IGNORECASE
)
_OFFICE_FILE = "not supported for this document"
_PROTECTED = "protected cell or object"
_SCOPE = frozenset({"ACCESS_TOKEN_SCOPE_INSUFFICIENT", "insufficientPermissions"})
_API_OFF = frozenset({"SERVICE_DISABLED", "accessNotConfigured"})
_ADMIN = frozenset({"domainPolicy", "ADMIN_POLICY_ENFORCED", "ORG_POLICY_VIOLATION"})
_STORAGE = frozenset({"storageQuotaExceeded", "teamDriveFileLimitExceeded"})


@dataclass(frozen=True, slots=True)
class Asked:
    """What a refused request was: ``who`` asked (a robot's address or empty), and for what."""

    who: str = ""
    writes: bool = False
    seen: bool = False
    unsure: bool = False
    """A write of which some try may have been carried out."""


def failure_of(outcome: Reply | Lost, asked: Asked) -> GoogleFailure:
    """Return the exception that the last outcome of a request deserves."""
    if asked.unsure and _undecided(outcome):
        return _ambiguous(outcome, asked)
    if isinstance(outcome, Lost):
        return _lost(outcome)
    failure = _refused(outcome, asked)
    failure.status, failure.words = outcome.status, printable(outcome.words)
    return _in_doubt(failure, asked)


def _in_doubt(failure: GoogleFailure, asked: Asked) -> GoogleFailure:
    """Add to a refusal of a later try that an earlier one may have been carried out."""
    if asked.unsure:
        failure.unsure = True
        failure.args = (f"{failure} An earlier try may have gone through: run sheetsync again.",)
    return failure


def printable(words: str) -> str:
    """Somebody else's words fit for a terminal: one line, not long, no secrets, no escapes."""
    plain = " ".join(_NOT_PRINTED.sub(" ", _SECRETS.sub("(hidden)", words)).split())
    return plain if len(plain) <= _LONGEST else plain[: _LONGEST - 1] + "…"


def share_with(who: str) -> str:
    """How to share a sheet with whoever asks."""
    if who.endswith(ROBOT):
        return f"open it in the browser, press Share, and add {who} as Editor"
    return (
        "ask its owner to share it as Editor with the Google account that you signed in with, "
        f"or sign in with another one: {LOGIN}"
    )


def _undecided(outcome: Reply | Lost) -> bool:
    return (
        isinstance(outcome, Lost)
        or outcome.status < 400
        or outcome.status in {408, 429}
        or (outcome.status >= 500 or rate_limited(outcome))
    )


def _ambiguous(outcome: Reply | Lost, asked: Asked) -> GoogleFailure:
    last = outcome.detail if isinstance(outcome, Lost) else f"HTTP {outcome.status}"
    return failures.Ambiguous(
        f"A change was sent to the Google Sheet, but Google did not confirm it ({last}). It is "
        "either there as a whole or not at all: run sheetsync again, it looks first and writes "
        "only what is missing.",
        unsure=asked.unsure,
    )


def _lost(lost: Lost) -> GoogleFailure:
    told = {
        "network": "Google cannot be reached from this computer ({}). Check the network, then run "
        "sheetsync again.",
        "proxy": "The network's proxy did not let the request through ({}). Check HTTPS_PROXY "
        "and the proxy's user name and password, or ask your administrator.",
        "certificate": "The connection to Google is not trusted ({}). Check this computer's date "
        "and time; in a company network ask your administrator for its certificate file and name "
        "it in REQUESTS_CA_BUNDLE.",
        "timeout": "Google did not answer in time ({}). Check the network and run sheetsync again "
        "in a few minutes.",
        "broken": "The connection to Google broke off several times ({}). Check the network and "
        "run sheetsync again.",
        "sign-in": "Google's sign-in server cannot be reached ({}). Check the network, then run "
        "sheetsync again.",
    }
    return failures.Unreachable(told[lost.cause].format(printable(lost.detail)))


def _refused(reply: Reply, asked: Asked) -> GoogleFailure:
    if rate_limited(reply):
        return _quota(reply)
    if not reply.error and (reply.status < 400 or reply.status in {403, 407, 511}):
        return failures.Unreachable(
            f"Something between this computer and Google answered instead of Google (HTTP "
            f"{reply.status}, no JSON). Is there a log-in page of a Wi-Fi network, or a company "
            "proxy? Open the sheet in a browser, then run sheetsync again."
        )
    if reply.status >= 500 or reply.status == 408:
        return failures.Outage(
            f"Google Sheets has a fault of its own at the moment (HTTP {reply.status}). Run "
            f"sheetsync again in a few minutes.{_says(reply)}"
        )
    return _BY_STATUS.get(reply.status, _rejected)(reply, asked)


def _bad_request(reply: Reply, asked: Asked) -> GoogleFailure:
    if _OFFICE_FILE in reply.words:
        return failures.NotASheet(
            "This is an Excel file that is kept in Google Drive, not a Google Sheet. Open it, "
            "choose File > Save as Google Sheets, and use the address of the new sheet."
        )
    if _PROTECTED in reply.words:
        return failures.Rejected(
            "A part of this Google Sheet that sheetsync writes is protected against it. In Data > "
            f"Protect sheets and ranges, allow {asked.who or 'your account'} to edit the tabs "
            "that sheetsync keeps."
        )
    if _TOO_LARGE.search(reply.words):
        return _too_large(reply, asked)
    return _rejected(reply, asked)


def _unauthorised(reply: Reply, asked: Asked) -> GoogleFailure:
    what = (
        f"Google does not accept the key of {asked.who}. Make a new key for it in its Cloud "
        "project and name that file in SHEETSYNC_GOOGLE_KEY."
        if asked.who.endswith(ROBOT)
        else f"Google no longer accepts the sign-in. Sign in again: {LOGIN}."
    )
    return failures.SignInNeeded(what + _says(reply))


def _forbidden(reply: Reply, asked: Asked) -> GoogleFailure:
    if reply.reasons & _API_OFF or "has not been used in project" in reply.words:
        project = _project(reply)
        return failures.SetupNeeded(
            f"The Google Sheets API is not enabled in the Cloud project{project} that the "
            "sign-in belongs to. Enable it there (APIs & Services > Library > Google Sheets "
            f"API > Enable), wait a few minutes, and run sheetsync again.{_says(reply)}"
        )
    if reply.reasons & _SCOPE or "insufficient authentication scopes" in reply.words:
        return failures.SetupNeeded(
            "The sign-in does not allow spreadsheets to be edited. Sign in again and leave the "
            f"tick at Google Sheets: {LOGIN}."
        )
    if reply.reasons & _STORAGE:
        return _storage_full(asked)
    if reply.reasons & _ADMIN:
        return failures.SetupNeeded(
            "Your organisation's administrator does not allow this app to use Google Sheets. Ask "
            f"the administrator to trust it, or share the sheet with a robot.{_says(reply)}"
        )
    return _no_permission(reply, asked)


def _storage_full(asked: Asked) -> GoogleFailure:
    if asked.who.endswith(ROBOT):
        return failures.StorageFull(
            "A robot (service account) has no room of its own for new files in Google Drive. "
            f"Make an empty Google Sheet yourself, share it with {asked.who} as Editor, and give "
            "sheetsync its address."
        )
    return failures.StorageFull(
        "The Google Drive of this sheet's owner is full. Delete something there, empty the bin, "
        "and run sheetsync again."
    )


def _no_permission(reply: Reply, asked: Asked) -> GoogleFailure:
    if asked.writes and asked.seen:
        return failures.NotShared(
            "This Google Sheet is shared for viewing only, so nothing was changed: "
            f"{share_with(asked.who)}.{_says(reply)}"
        )
    return failures.NotShared(
        f"This Google Sheet is not shared: {share_with(asked.who)}.{_says(reply)}"
    )


def _missing(reply: Reply, asked: Asked) -> GoogleFailure:
    if asked.seen:
        return failures.NotFound(
            "This Google Sheet was there a moment ago and is not found any more. Was it deleted? "
            f"Look into the bin of Google Drive, then run sheetsync again.{_says(reply)}"
        )
    return failures.NotFound(
        "There is no Google Sheet at this address. Copy the whole address from the browser while "
        f"the sheet is open.{_says(reply)}"
    )


def _too_large(reply: Reply, asked: Asked) -> GoogleFailure:  # noqa: ARG001 - as its siblings
    return failures.TooLarge(
        "Google refused one request because it is too large; nothing of it was done. Cells with "
        f"very long texts are the usual reason: shorten them.{_says(reply)}"
    )


def _rejected(reply: Reply, asked: Asked) -> GoogleFailure:  # noqa: ARG001 - as its siblings
    return failures.Rejected(
        f"Google refused a request (HTTP {reply.status}); nothing of it was done. This should not "
        f"happen: please report it.{_says(reply)}"
    )


def _quota(reply: Reply) -> GoogleFailure:
    wait = retry_after(reply.headers) or 60.0
    failure = failures.QuotaExceeded(
        "Google's limit of requests per minute is used up, by sheetsync or by another program "
        f"with the same sign-in. Run sheetsync again in {_minutes(wait)}.{_says(reply)}"
    )
    failure.wait = wait
    return failure


def _minutes(seconds: float) -> str:
    minutes = max(1, -(-int(seconds) // 60))
    return "a minute" if minutes == 1 else f"{minutes} minutes"


def _says(reply: Reply) -> str:
    words = printable(reply.words)
    return f' Google says: "{words}"' if words else ""


def _project(reply: Reply) -> str:
    """The name or number of the Cloud project that a refusal speaks of, with a space before."""
    for text in (*_metadata(reply.error), reply.words):
        found = _PROJECT.search(text)
        if found:
            return f" {found[1]}"
    return ""


def _metadata(error: Mapping[str, Any]) -> Iterator[str]:
    for detail in error.get("details") or ():
        about = detail.get("metadata") if isinstance(detail, dict) else None
        if isinstance(about, dict):
            yield str(about.get("consumer", ""))


_BY_STATUS = {
    400: _bad_request,
    401: _unauthorised,
    403: _forbidden,
    404: _missing,
    413: _too_large,
}


def refresh_failure(error: Exception, asked: Asked) -> GoogleFailure:
    """Return the exception for a sign-in that Google's token server did not renew."""
    words = printable(str(error.args[0]) if error.args else str(error))
    failure = _not_renewed(words, asked.who)
    failure.words = words
    return _in_doubt(failure, asked)


def _not_renewed(words: str, who: str) -> GoogleFailure:
    says = f' Google says: "{words}"' if words else ""
    low = words.lower()
    if "invalid jwt" in low and "signature" not in low:
        return failures.SignInNeeded(
            "Google refused the sign-in because this computer's clock is wrong. Set date and "
            f"time (best automatically), and run sheetsync again.{says}"
        )
    if "admin_policy" in low or "access_not_configured" in low or "org_internal" in low:
        return failures.SetupNeeded(
            "Your organisation's administrator does not allow this app to use Google Sheets. "
            f"Ask the administrator to trust it.{says}"
        )
    if any(word in low for word in ("deleted_client", "disabled_client", "invalid_client")):
        return failures.SetupNeeded(
            "Google no longer knows the app (OAuth client) that the sign-in was made with. Get a "
            f"new client file and sign in with it: {LOGIN} --client FILE.{says}"
        )
    if who.endswith(ROBOT):
        return failures.SignInNeeded(
            f"Google does not accept the key of {who}: the key or the robot was deleted or "
            "disabled. Make a new key in its Cloud project and name that file in "
            f"SHEETSYNC_GOOGLE_KEY.{says}"
        )
    return failures.SignInNeeded(
        f"The sign-in has expired or was revoked. Sign in again: {LOGIN}. (An app in testing "
        f"mode signs everybody out after 7 days.){says}"
    )
