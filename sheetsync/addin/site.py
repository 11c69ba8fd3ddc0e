"""Where the add-in's server is reached, and by whom: on this computer, or hosted for a team."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from urllib.parse import urlsplit

from sheetsync.addin.failures import NotAllowed

PORT = 8137
"""The port that the server on this computer listens at."""
_SCRIPT = re.compile(r"https://[a-z0-9-]{1,63}\.officescripts\.microsoftusercontent\.com")
_APPS = "https://appsforoffice.microsoft.com"
_FRAMES = (
    *("https://*.officeapps.live.com", "https://*.sharepoint.com", "https://*.office.com"),
    *("https://*.office365.com", "https://*.microsoft365.com", "https://*.cloud.microsoft"),
    *("https://*.live.com", "https://*.microsoft.com"),
)
"""The pages that Excel on the web shows a pane in; on the desktop a pane is in no page."""
_POLICY = "; ".join(
    (
        "default-src 'none'",
        f"script-src 'self' {_APPS}",
        "style-src 'self' 'unsafe-inline'",  # office.js styles what it draws over the pane
        f"img-src 'self' data: {_APPS}",
        "connect-src 'self'",
        "base-uri 'none'",
        "form-action 'none'",
        f"frame-ancestors 'self' {' '.join(_FRAMES)}",
    )
)


@dataclass(frozen=True, slots=True)
class Site:
    """The origins that the pane is loaded from, exact; every other one is refused.

    ``hosted``: others than this computer can reach it. ``scripts``: Office Scripts, whose pages are
    Microsoft's, may ask as well.
    """

    origins: tuple[str, ...]
    hosted: bool = False
    scripts: bool = False

    @property
    def hosts(self) -> frozenset[str]:
        """The Host headers that are answered."""
        return frozenset(urlsplit(origin).netloc for origin in self.origins)

    def is_script(self, origin: str) -> bool:
        """Whether an origin is one that Office Scripts ask from, and they may."""
        return self.scripts and _SCRIPT.fullmatch(origin) is not None

    @property
    def headers(self) -> Mapping[str, str]:
        """Headers of every answer; as the pane's address holds a token, no page is told it."""
        told = {
            "Content-Security-Policy": _POLICY,
            "Referrer-Policy": "no-referrer",
            "X-Content-Type-Options": "nosniff",
            "Permissions-Policy": "camera=(), geolocation=(), microphone=()",
        }
        if self.hosted:  # not for localhost, where other programs serve without TLS
            told["Strict-Transport-Security"] = "max-age=31536000"
        return told


def local(port: int = PORT) -> Site:
    """The site of the server on this computer."""
    at = "" if port == 443 else f":{port}"
    return Site((f"https://localhost{at}", f"https://127.0.0.1{at}"))


def hosted(origins: tuple[str, ...], *, scripts: bool = False) -> Site:
    """The site of a hosted server; NotAllowed for an origin that is none."""
    for origin in origins:
        _check(origin)
    return Site(origins, hosted=True, scripts=scripts)


def _check(origin: str) -> None:
    try:
        told = urlsplit(origin)
        port = told.port
    except ValueError:
        told, port = urlsplit(""), None
    host = told.hostname or ""
    plain = f"https://{host}" + (f":{port}" if port not in (None, 443) else "")
    if origin != plain or not re.fullmatch(r"[a-z0-9-]+(\.[a-z0-9-]+)*", host):
        raise NotAllowed(
            f"{origin!r} is no origin: write it as browsers do, https://kpi.example.com or "
            "https://kpi.example.com:8443, in small letters and with no path. Nothing was done."
        )
