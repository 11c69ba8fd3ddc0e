"""An Office Script for teams whose Excel takes no add-ins: it asks the team's hosted server.

``recalc.ts`` is one file of some length because Office Scripts cannot import.
"""

from __future__ import annotations

import json
import re
from pathlib import Path

SCRIPT = Path(__file__).parent / "recalc.ts"
_URL_TOLD = re.compile(r'url: "[^"]*"')
_URL = re.compile(r"https://[A-Za-z0-9.-]+(:\d{1,5})?(/[A-Za-z0-9._~/-]*)?")


def script_text(url: str) -> str:
    """The script for a server (https://...), to be pasted into Excel; NotAllowed for another url.

    The token is put in there by hand: whoever may open the script reads it.
    """
    from sheetsync.addin.failures import NotAllowed

    if not _URL.fullmatch(url):
        raise NotAllowed(f"{url}: an Office Script needs the address of a server with https://.")
    text = SCRIPT.read_text(encoding="utf-8")
    return _URL_TOLD.sub(lambda _: f"url: {json.dumps(url.rstrip('/'))}", text, count=1)


def write(path: Path, url: str) -> None:
    """Write the script for a server to a file; NotAllowed or WriteFailed, nothing written then."""
    from sheetsync.model.errors import WriteFailed

    text = script_text(url)
    try:
        path.write_text(text, encoding="utf-8")
    except OSError as error:
        raise WriteFailed(f"{path} could not be written ({error.strerror}).") from error
