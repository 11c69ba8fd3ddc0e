"""Which spreadsheet an address means: what people copy from their browser, or a bare id.

An address is only read, never opened: the id in it is all that is used.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from urllib.parse import SplitResult, parse_qs, urlsplit

from sheetsync.backends.google.failures import NotASheet

_ID = re.compile(r"[A-Za-z0-9_-]{8,128}")
_BARE_ID = re.compile(r"[A-Za-z0-9_-]{40,64}")
_SHEET = re.compile(r"/spreadsheets/(?:u/\d+/)?d/([A-Za-z0-9_-]+)(?:/([a-z]+))?")
_PUBLISHED = re.compile(r"/spreadsheets/(?:u/\d+/)?d/e/")
_URL = re.compile(r"[A-Za-z][A-Za-z0-9+.-]*://")
_GOOGLE = re.compile(r"(?:[a-z0-9-]+\.)*google\.com\Z")
_COPY_IT = "Open the sheet in the browser and copy the address from there."
_KINDS = {
    "document": "a Google Docs text",
    "presentation": "a Google Slides presentation",
    "forms": "a Google Form; its answers are in a sheet of their own",
    "drawings": "a Google drawing",
    "folders": "a folder of Google Drive",
    "file": "a file in Google Drive, perhaps an Excel file",
    "script": "an Apps Script project",
}


@dataclass(frozen=True, slots=True)
class Address:
    """A spreadsheet's id, and the tab's gid where the address named one."""

    spreadsheet: str
    gid: int | None = None


def is_google(path: str) -> bool:
    """Tell whether a path given by people is a web address or a spreadsheet's id, not a file.

    >>> is_google("docs.google.com/spreadsheets/d/1aB/edit"), is_google("partners.xlsx")
    (True, False)
    """
    text = _bare(path)
    if _URL.match(text):
        return not text.lower().startswith("file:")
    host = text.split("/")[0].lower()
    return bool(_BARE_ID.fullmatch(text) or ("/" in text and _GOOGLE.fullmatch(host)))


def spreadsheet_id(path: str) -> str:
    """Return the id of the spreadsheet that an address means. Raises NotASheet."""
    return parse(path).spreadsheet


def parse(path: str) -> Address:
    """Read an address or a bare id.

    Raises NotASheet, saying what the address is instead of a Google Sheet.

    >>> parse("https://docs.google.com/spreadsheets/u/0/d/1aBcDeFgHi/edit?usp=sharing#gid=7")
    Address(spreadsheet='1aBcDeFgHi', gid=7)
    """
    text = _bare(path)
    if _BARE_ID.fullmatch(text):
        return Address(text)
    try:
        url = urlsplit(text if _URL.match(text) else f"https://{text}")
        host = (url.hostname or "").lower()
    except ValueError:
        raise NotASheet(f"This is no address of a Google Sheet. {_COPY_IT}") from None
    if not _GOOGLE.fullmatch(host):
        whose = host if host and host.isprintable() else "nobody"
        raise NotASheet(f"This is no address of a Google Sheet but one of {whose}. {_COPY_IT}")
    return Address(_found(url), _gid(url))


def _bare(path: str) -> str:
    return path.strip().strip("<>\"'").strip()


def _found(url: SplitResult) -> str:
    if _PUBLISHED.search(url.path):
        raise NotASheet(
            "This is the address of a sheet's published copy, which nobody can edit. "
            "Open the sheet itself and copy the address from there."
        )
    sheet = _SHEET.search(url.path)
    if sheet and (sheet[2] in {"copy", "template"}):
        raise NotASheet(
            "This address makes a copy for whoever opens it. Open it, and use your copy's address."
        )
    query = parse_qs(url.query)
    old = next((query[key][0] for key in ("id", "key") if key in query), "")
    found = sheet[1] if sheet else old
    if not _ID.fullmatch(found):
        raise NotASheet(
            f"This is the address of {_kind(url.path)}, not of a Google Sheet. {_end()}"
        )
    return found


def _kind(path: str) -> str:
    words = path.lower().split("/")
    if "spreadsheets" in words:
        return "the list of your sheets or an incomplete one"
    return next((_KINDS[word] for word in words if word in _KINDS), "some other page of Google's")


def _end() -> str:
    return f"{_COPY_IT} (An Excel file in Drive becomes a sheet by File > Save as Google Sheets.)"


def _gid(url: SplitResult) -> int | None:
    for text in (url.fragment, url.query):
        found = parse_qs(text).get("gid", [""])[0]
        if found.isascii() and found.isdigit():
            return int(found[:10])
    return None
