"""Setting the add-in up on this computer, telling how it stands, and taking it away again.

Every step may be repeated: what is in place stays as it is. Certificate, token and manifest lie in
the add-in's folder of the state folder (0600); beside them only the system's list of trusted
certificates and Excel's list of add-ins are changed, both for this user only, and both are taken
back by ``uninstall``.
"""

from __future__ import annotations

import sys
from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime, timedelta
from pathlib import Path
from urllib.parse import urlsplit

from sheetsync.addin import sideload, trust
from sheetsync.addin.certificate import HOST, Certificate
from sheetsync.addin.failures import NotAllowed, SetupMissing
from sheetsync.addin.holder import Holder, holder
from sheetsync.addin.machine import Machine, System, this_machine
from sheetsync.addin.manifest import manifest, pane_address, write_manifest
from sheetsync.addin.site import PORT
from sheetsync.addin.tokens import OWN, Token, Tokens, addin_folder
from sheetsync.backends.xlsx.journal import utc_now
from sheetsync.model.errors import WriteFailed

RENEW_TOKEN = timedelta(days=30)
"""A token with less than this left is made anew at install."""


@dataclass(frozen=True, slots=True)
class Told:
    """What was done, and what the person is to do now; whole sentences."""

    done: tuple[str, ...]
    clicks: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Status:
    """How the add-in stands on this computer; None where it cannot be told.

    ``until``: when the certificate ends (it renews itself at start).
    """

    installed: bool
    address: str | None = None
    manifest: str | None = None
    until: datetime | None = None
    trusted: bool | None = None
    registered: bool | None = None
    server: Holder = Holder.NOBODY

    @property
    def sentences(self) -> tuple[str, ...]:
        """The same for people."""
        if not self.installed:
            return ("The add-in is not installed on this computer: run sheetsync addin install.",)
        until = f"until {self.until:%Y-%m-%d}" if self.until else "damaged"
        return (
            f"Address      {self.address}",
            f"Server       {_SERVER[self.server]}",
            f"Certificate  {until}, {_TRUSTED[self.trusted]}",
            f"Excel        {_REGISTERED[self.registered]}",
            f"Manifest     {self.manifest}",
        )


_TRUSTED = {
    True: "trusted",
    False: "not trusted: sheetsync addin install",
    None: "each browser has a list of its own of what it trusts",
}
_REGISTERED = {
    True: "knows the add-in",
    False: "does not know the add-in: sheetsync addin install",
    None: "on the web knows the add-in once its manifest is uploaded there",
}
_SERVER = {
    Holder.NOBODY: "not running: sheetsync addin start",
    Holder.OURS: "running",
    Holder.ENDED: "running with an old certificate: end it and start it again",
    Holder.OTHER: "not running, and another program uses its port",
}


def manifest_path() -> Path:
    """Where the manifest of this computer lies."""
    return addin_folder() / "manifest.xml"


def installed() -> tuple[str, str] | None:
    """The address and the token of the add-in that is installed here; None when none is."""
    try:
        return pane_address(manifest_path().read_text(encoding="utf-8"))
    except (OSError, ValueError):
        return None


def installed_port() -> int:
    """The port that the installed add-in asks at; the usual one when none is installed."""
    found = installed()
    return (urlsplit(found[0]).port or 443) if found else PORT


def _aloud(sentence: str) -> None:
    """Tell what cannot wait until the end: on stderr, as stdout may be JSON."""
    sys.stderr.write(f"{sentence}\n")


def install(
    port: int = PORT,
    *,
    say: Callable[[str], None] = _aloud,
    machine: Machine | None = None,
    now: datetime | None = None,
) -> Told:
    """Set the add-in up for this user: certificate, token, manifest, trust, Excel's list.

    ``say`` is told before the system asks the user something in a window of its own.

    Raises NotAllowed (a Python that Excel cannot work with), TrustRefused, SideloadRefused,
    SetupMissing, WriteFailed. What was done before a refusal stays and is not done again.
    """
    machine, now = machine or this_machine(), now or utc_now()
    _refuse_store_python(machine)
    certificate, path = Certificate(addin_folder()), manifest_path()
    done = [_certified(machine, certificate, now, say), _described(path, port, now)]
    clicks = []
    if trust.is_trusted(machine, certificate.authority, certificate.fingerprint()):
        done.append("This computer trusts the certificate already.")
    elif trust.trust(machine, certificate.authority, say):
        done.append("This computer trusts the certificate, for you only and for localhost only.")
    else:
        clicks.append(trust.steps(certificate.authority))
    if sideload.register(machine, path):
        done.append("Excel knows the add-in.")
    clicks += ["Run sheetsync addin start, and leave it running while you work in Excel."]
    clicks += sideload.steps(machine, path)
    return Told(tuple(done), tuple(clicks))


def status(*, machine: Machine | None = None) -> Status:
    """How the add-in stands on this computer; changes nothing."""
    machine, found = machine or this_machine(), installed()
    if found is None:
        return Status(installed=False)
    certificate, path = Certificate(addin_folder()), manifest_path()
    try:
        until = certificate.leaf()[1]
        trusted = trust.is_trusted(machine, certificate.authority, certificate.fingerprint())
    except SetupMissing:
        until, trusted = None, False
    return Status(
        installed=True,
        address=found[0],
        manifest=str(path),
        until=until,
        trusted=trusted,
        registered=sideload.is_registered(machine, path),
        server=holder(installed_port(), certificate.authority),
    )


def uninstall(*, say: Callable[[str], None] = _aloud, machine: Machine | None = None) -> Told:
    """Take everything back that ``install`` did; what is not there is passed over.

    ``say`` is told before the system asks the user something in a window of its own.

    Raises TrustRefused, SideloadRefused, SetupMissing, WriteFailed; a repeat goes on from there.
    """
    machine = machine or this_machine()
    certificate, path = Certificate(addin_folder()), manifest_path()
    there = path.exists()
    done = ["Excel no longer knows the add-in."] if sideload.unregister(machine) else []
    if _distrusted(machine, certificate, say):
        done.append("This computer no longer trusts the certificate.")
    if certificate.remove() | _removed(path) | Tokens().revoke(OWN):
        done.append("The certificate, the token and the manifest are deleted.")
    _tidied()
    clicks = _leaving(machine) if there or done else ()
    return Told(tuple(done) or ("The add-in was not installed.",), clicks)


def _refuse_store_python(machine: Machine) -> None:
    if machine.store_python:
        raise NotAllowed(
            "This Python comes from the Microsoft Store, and Windows hides from Excel what it "
            "writes: install Python from python.org, install sheetsync there, then run this again. "
            "Nothing was changed."
        )


def _certified(
    machine: Machine, certificate: Certificate, now: datetime, say: Callable[[str], None]
) -> str:
    """Make or renew the certificate; an authority that is replaced is trusted no more."""
    before = _fingerprint(certificate)
    came = certificate.ensure(now)
    if came == "made" and before:
        trust.distrust(machine, before, say)
    until = f"{certificate.leaf()[1]:%Y-%m-%d}"
    return {
        "made": f"Made a certificate of this computer, until {until}; it renews itself.",
        "renewed": f"Renewed the certificate, until {until}.",
        "kept": f"The certificate holds until {until}; it renews itself.",
    }[came]


def _described(path: Path, port: int, now: datetime) -> str:
    """Write the manifest for that port, with a token that holds long enough."""
    base = f"https://{HOST}:{port}"
    before = installed()
    token = before[1] if before else ""
    kept = own_token(token)
    if kept is None or kept.expires - now < RENEW_TOKEN:
        token = Tokens(clock=lambda: now).make(OWN)
    text = manifest(base, token)
    try:
        if path.is_file() and path.read_text(encoding="utf-8") == text:
            return f"The manifest for {base} is in place."
        write_manifest(path, text)
    except OSError as error:
        raise WriteFailed(
            f"The manifest {path} cannot be written ({error.strerror}): free space there or set "
            "SHEETSYNC_STATE to another folder."
        ) from None
    return f"Wrote the manifest for {base}, with a token that is yours alone: {path}."


def own_token(text: str) -> Token | None:
    """The token of that text if it is this computer's own, expired or not."""
    found = Tokens().find(text) if text else None
    return found if found and found.name == OWN else None


def _fingerprint(certificate: Certificate) -> str:
    try:
        return certificate.fingerprint()
    except SetupMissing:
        return ""


def _distrusted(machine: Machine, certificate: Certificate, say: Callable[[str], None]) -> bool:
    fingerprint = _fingerprint(certificate)
    return bool(fingerprint) and trust.distrust(machine, fingerprint, say)


def _removed(path: Path) -> bool:
    there = path.exists()
    try:
        path.unlink(missing_ok=True)
    except OSError as error:
        raise WriteFailed(f"{path} cannot be deleted ({error.strerror}).") from None
    return there


def _tidied() -> None:
    """Delete the token file when it holds nobody's, and the add-in's folder when it is empty."""
    import contextlib

    tokens = Tokens()
    with contextlib.suppress(OSError):
        if not tokens.all():
            tokens.path.unlink(missing_ok=True)
        addin_folder().rmdir()


def _leaving(machine: Machine) -> tuple[str, ...]:
    web = sideload.web_removal()
    if machine.system is System.LINUX:
        return (web, "If you imported the certificate into a browser, delete it there.")
    return ("Close Excel and open it again: the buttons are gone.", web)
