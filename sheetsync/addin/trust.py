"""Asking the system to trust the authority of this computer, for this user only, and to stop.

Windows and macOS ask the user once, in a window of their own, before they do. On Linux every
browser keeps a list of its own, so the steps are told instead.
"""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

from sheetsync.addin.certificate import NAME
from sheetsync.addin.machine import Machine, Ran, System
from sheetsync.model.errors import SheetsyncError

KEYCHAIN = Path("Library/Keychains/login.keychain-db")
"""The user's own keychain, below the home folder."""

_ANSWER = {System.WINDOWS: "answer Yes", System.MAC: "give your password"}


class TrustRefused(SheetsyncError):
    """The system did not add the certificate to those it trusts, or did not remove it."""


def trust(machine: Machine, authority: Path, say: Callable[[str], None] = lambda _: None) -> bool:
    """Make the system trust the authority; return whether it could be asked (not on Linux).

    ``say`` is told what the system is about to ask the user.

    Raises TrustRefused.
    """
    command = _adding(machine, authority)
    if command is None:
        return False
    say(
        f"{machine.system} asks whether to trust “{NAME}”: {_ANSWER[machine.system]}. It can speak "
        "for localhost on this computer only, and its key stays here."
    )
    _insist(machine.run(command), "was not added to those that this computer trusts", "install")
    return True


def distrust(
    machine: Machine, fingerprint: str, say: Callable[[str], None] = lambda _: None
) -> bool:
    """Take the authority with this SHA-1 out again; return whether it was there.

    ``say`` is told what the system is about to ask the user.

    Raises TrustRefused.
    """
    command = _removing(machine, fingerprint)
    if command is None or not is_there(machine, fingerprint):
        return False
    say(f"{machine.system} asks whether to remove “{NAME}”: {_ANSWER[machine.system]}.")
    _insist(machine.run(command), "was not removed from those that are trusted", "uninstall")
    return True


def is_there(machine: Machine, fingerprint: str) -> bool:
    """Whether the system's list for this user has a certificate with this SHA-1."""
    if machine.system is System.WINDOWS:
        return machine.run(("certutil", "-user", "-store", "Root", fingerprint)).code == 0
    if machine.system is System.MAC:
        listed = ("security", "find-certificate", "-a", "-Z", str(machine.home / KEYCHAIN))
        return fingerprint in machine.run(listed).output.upper()
    return False


def is_trusted(machine: Machine, authority: Path, fingerprint: str) -> bool | None:
    """Whether the system trusts the authority; None where it cannot be asked."""
    if machine.system is System.WINDOWS:
        return is_there(machine, fingerprint)
    if machine.system is System.MAC:
        asked = ("security", "verify-cert", "-c", str(authority), "-l", "-L", "-p", "ssl")
        return machine.run(asked).code == 0
    return None


def steps(authority: Path) -> str:
    """What to click so that a browser trusts the authority, where no system list is asked."""
    return (
        f"Let your browser trust the certificate {authority}. In Chrome or Edge: Settings > "
        "Privacy and security > Security > Manage certificates > Custom > Trusted certificates > "
        "Import. In Firefox: Settings > Privacy & Security > View Certificates > Authorities > "
        "Import, then tick “Trust this CA to identify websites”."
    )


def _adding(machine: Machine, authority: Path) -> tuple[str, ...] | None:
    if machine.system is System.WINDOWS:
        return "certutil", "-user", "-addstore", "Root", str(authority)
    if machine.system is System.MAC:
        policies = ("-r", "trustRoot", "-p", "ssl", "-p", "basic")
        keychain = str(machine.home / KEYCHAIN)
        return "security", "add-trusted-cert", *policies, "-k", keychain, str(authority)
    return None


def _removing(machine: Machine, fingerprint: str) -> tuple[str, ...] | None:
    if machine.system is System.WINDOWS:
        return "certutil", "-user", "-delstore", "Root", fingerprint
    if machine.system is System.MAC:
        keychain = str(machine.home / KEYCHAIN)
        return "security", "delete-certificate", "-Z", fingerprint, "-t", keychain
    return None


def _insist(ran: Ran, refused: str, again: str) -> None:
    if ran.code:
        raise TrustRefused(
            f"The add-in's certificate {refused} ({_said(ran)}): run sheetsync addin {again} once "
            "more and answer Yes, or give your password, when the system asks."
        )


def _said(ran: Ran) -> str:
    """The last line that a command printed, shortened; else its exit code."""
    lines = [line.strip() for line in ran.output.splitlines() if line.strip()]
    return lines[-1][:120].rstrip(".") if lines else f"exit code {ran.code}"
