"""An Office Script for teams whose Excel takes no add-ins: it asks the team's hosted server.

``recalc.ts`` is one file of some length because Office Scripts cannot import.
"""

from __future__ import annotations

import json
import re
from pathlib import Path

SCRIPT = Path(__file__).parent / "recalc.ts"
_SETTINGS = re.compile(r'url: "[^"]*", token: "[^"]*"')
_TOKEN = re.compile(r"[A-Za-z0-9._~+/=-]{1,500}")
_URL = re.compile(r"https://[A-Za-z0-9.-]+(:\d{1,5})?(/[A-Za-z0-9._~/-]*)?")


def script_text(url: str, token: str = "") -> str:
    """The script for a server (https://...), to be pasted into Excel; NotAllowed for another url.

    Whoever may open the script reads its ``token``, "" to fill it in there.
    """
    from sheetsync.addin.failures import NotAllowed

    if not _URL.fullmatch(url):
        raise NotAllowed(f"{url}: an Office Script needs the address of a server with https://.")
    if token and not _TOKEN.fullmatch(token):
        raise NotAllowed("The token has signs that no token of sheetsync has.")
    told = f"url: {json.dumps(url.rstrip('/'))}, token: {json.dumps(token)}"
    return _SETTINGS.sub(lambda _: told, SCRIPT.read_text(encoding="utf-8"), count=1)
