"""Look this computer over: is everything in place for one click inside Excel, and what is missing.

Nothing is changed. Every failing check says what to click or to run.
"""

from __future__ import annotations

import os
import platform
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from datetime import datetime
from pathlib import Path

from sheetsync.addin import sideload, trust
from sheetsync.addin.certificate import RENEW_AUTHORITY, Certificate
from sheetsync.addin.failures import SetupMissing
from sheetsync.addin.holder import Holder, holder
from sheetsync.addin.install import (
    RENEW_TOKEN,
    installed,
    installed_port,
    manifest_path,
    own_token,
)
from sheetsync.addin.interpreters import Interpreter, interpreters
from sheetsync.addin.machine import Machine, System, this_machine
from sheetsync.addin.manifest import API_SET, API_VERSION, manifest
from sheetsync.addin.tokens import addin_folder
from sheetsync.backends.google.doctor import FAIL, OK, WARN, Finding
from sheetsync.backends.xlsx.journal import utc_now

OLDEST = {System.WINDOWS: (16, 0, 13801), System.MAC: (16, 50)}
"""The first Excel with what the pane needs: Windows 2102, Mac 16.50."""
LICENCE = "XLWINGS_LICENSE_KEY"
"""The variable by which xlwings would turn on parts that are not free for companies."""
_CLICK_TO_RUN = r"SOFTWARE\Microsoft\Office\ClickToRun\Configuration"
_APP_PATH = r"SOFTWARE\Microsoft\Windows\CurrentVersion\App Paths\excel.exe"
_WEBVIEW = r"Microsoft\EdgeUpdate\Clients\{F3017226-FE2A-4295-8BDF-00C3A9A7E4C5}"
_INSTALL = "Run sheetsync addin install."
_START = "Run sheetsync addin start, and leave it running while you work in Excel."


def xlwings_here() -> tuple[str, bool] | None:
    """The version of xlwings and whether its PRO parts are on; None when it is not installed."""
    from importlib.metadata import PackageNotFoundError, version

    try:
        found = version("xlwings")
        import xlwings
    except (PackageNotFoundError, ImportError):
        return None
    return found, bool(getattr(xlwings, "__pro__", False))


@dataclass(frozen=True, slots=True)
class Probes:
    """How the doctor asks the world; tests answer in its place."""

    machine: Machine = field(default_factory=this_machine)
    now: Callable[[], datetime] = utc_now
    holder: Callable[[int, Path], Holder] = holder
    xlwings: Callable[[], tuple[str, bool] | None] = xlwings_here
    interpreters: Callable[[Machine], list[Interpreter]] = interpreters


def doctor(probes: Probes | None = None) -> list[Finding]:
    """Look at Python, Excel, xlwings, the classic add-in, and the installed add-in."""
    probes = probes or Probes()
    classic = list(_classic(probes))
    found = [
        _python(probes.machine),
        _excel(probes.machine),
        *_webview(probes.machine),
        _xlwings(probes),
        *classic,
    ]
    if installed() is None:
        return [*found, _not_installed(classic)]
    certificate = Certificate(addin_folder())
    return [
        *found,
        _certificate(probes, certificate),
        _trusted(probes.machine, certificate),
        _token(probes.now()),
        _manifest(probes.machine),
        _server(probes, certificate),
    ]


def _not_installed(classic: list[Finding]) -> Finding:
    return Finding(
        "add-in",
        WARN if any(finding.status == OK for finding in classic) else FAIL,
        "The add-in is not installed on this computer.",
        f"{_INSTALL} It tells what to click.",
    )


def _python(machine: Machine) -> Finding:
    told = f"Python {platform.python_version()} at {machine.python}."
    if machine.store_python:
        return Finding(
            "python",
            FAIL,
            f"{told} It comes from the Microsoft Store: Windows hides from Excel what it writes.",
            "Install Python from python.org, and sheetsync there.",
        )
    return Finding("python", OK, told)


def _excel(machine: Machine) -> Finding:
    if machine.system is System.LINUX:
        return Finding("excel", OK, "On Linux, Excel runs in the browser: nothing to look at here.")
    told = _excel_version(machine)
    if told is None:
        return Finding(
            "excel",
            WARN,
            "Excel was not found where it is usually installed.",
            "Install Excel 2021 or newer, or Microsoft 365; Excel on the web does as well.",
        )
    numbers = tuple(int(part) for part in told.split(".") if part.isdecimal())
    if numbers and numbers < OLDEST[machine.system]:
        return Finding(
            "excel",
            FAIL,
            f"Excel {told} is too old: the buttons need {API_SET} {API_VERSION}.",
            "In Excel choose File > Account > Update Options > Update Now (on a Mac: Help > Check "
            "for Updates), or use Excel 2021 or newer.",
        )
    return Finding("excel", OK, f"Excel {told}." if told else "Excel is installed.")


def _excel_version(machine: Machine) -> str | None:
    """The version of Excel: "" when it is there and does not tell, None when it is not."""
    if machine.registry is not None:
        told = machine.registry.get("HKEY_LOCAL_MACHINE", _CLICK_TO_RUN, "VersionToReport")
        there = machine.registry.get("HKEY_LOCAL_MACHINE", _APP_PATH, "")
        return told or ("" if there else None)
    import plistlib

    path = machine.applications / "Microsoft Excel.app" / "Contents" / "Info.plist"
    try:
        return str(plistlib.loads(path.read_bytes()).get("CFBundleShortVersionString", ""))
    except FileNotFoundError:
        return None
    except (OSError, ValueError, plistlib.InvalidFileException):
        return ""


def _webview(machine: Machine) -> Iterator[Finding]:
    """Windows: whether Excel has Edge to show panes in; else it takes Internet Explorer."""
    if machine.registry is None:
        return
    asked = (
        ("HKEY_LOCAL_MACHINE", rf"SOFTWARE\WOW6432Node\{_WEBVIEW}"),
        ("HKEY_LOCAL_MACHINE", rf"SOFTWARE\{_WEBVIEW}"),
        ("HKEY_CURRENT_USER", rf"Software\{_WEBVIEW}"),
    )
    versions = [machine.registry.get(hive, key, "pv") for hive, key in asked]
    found = next((told for told in versions if told and told.strip("0.")), None)
    if found:
        yield Finding("webview", OK, f"Excel shows panes in Edge WebView2 {found}.")
    else:
        yield Finding(
            "webview",
            WARN,
            "The Edge WebView2 Runtime was not found; without it Excel shows an empty pane.",
            "Install the “Microsoft Edge WebView2 Runtime” from microsoft.com, then open Excel "
            "anew.",
        )


def _xlwings(probes: Probes) -> Finding:
    found = probes.xlwings()
    if found is None and probes.machine.system is System.LINUX:
        return Finding("xlwings", OK, "xlwings is for Windows and Mac, and not needed here.")
    if found is None:
        return Finding(
            "xlwings",
            WARN,
            "xlwings is not installed: sheetsync sync excel: and the classic add-in need it.",
            f'Run "{probes.machine.python}" -m pip install "xlwings>=0.37.8,<0.38"',
        )
    version, pro = found
    if pro or probes.machine.environment.get(LICENCE):
        return Finding(
            "xlwings",
            WARN,
            f"xlwings {version} has a licence key; its PRO parts are not free for companies.",
            f"sheetsync never uses them. Without such a licence, remove the variable {LICENCE}.",
        )
    return Finding("xlwings", OK, f"xlwings {version}, its free part only.")


def _classic(probes: Probes) -> Iterator[Finding]:
    """Whether the Python that the classic add-in starts is there, and is this one."""
    own = Path(os.path.normcase(probes.machine.python)).parent
    for found in probes.interpreters(probes.machine):
        told, anew = f"{found.told_by.name} makes Excel start {found.path}", _classic_anew(found)
        if not Path(found.path).exists():
            yield Finding("classic", FAIL, f"{told}, which is not there.", anew)
        elif Path(os.path.normcase(found.path)).parent != own:
            yield Finding("classic", WARN, f"{told}, which is another Python.", anew)
        else:
            yield Finding("classic", OK, f"{told}.")


def _classic_anew(found: Interpreter) -> str:
    if found.told_by.suffix == ".xlam":
        return f"Make the add-in file anew with this Python, over {found.told_by}"
    return f"Write this Python's path into {found.told_by}, or delete that file."


def _certificate(probes: Probes, certificate: Certificate) -> Finding:
    now = probes.now()
    try:
        starts, ends = certificate.leaf()
        authority = certificate.authority_ends()
    except SetupMissing as error:
        return Finding("certificate", FAIL, str(error), _INSTALL)
    if authority - now < RENEW_AUTHORITY:
        told = f"The certificate must be made anew by {authority:%Y-%m-%d}."
        return Finding("certificate", WARN if ends > now else FAIL, told, _INSTALL)
    if not starts <= now < ends:
        told = f"The certificate holds from {starts:%Y-%m-%d} to {ends:%Y-%m-%d}, and not today."
        return Finding("certificate", FAIL, told, f"{_START} That renews it.")
    return Finding("certificate", OK, f"The certificate holds until {ends:%Y-%m-%d}.")


def _trusted(machine: Machine, certificate: Certificate) -> Finding:
    try:
        found = trust.is_trusted(machine, certificate.authority, certificate.fingerprint())
    except SetupMissing:
        found = False
    if found is None:
        told = "Each browser here has a list of its own of what it trusts."
        return Finding("trust", OK, told, trust.steps(certificate.authority))
    if found:
        return Finding("trust", OK, "This computer trusts the certificate.")
    return Finding(
        "trust",
        FAIL,
        "This computer does not trust the certificate, so Excel shows no pane.",
        "Run sheetsync addin install, and answer Yes or give your password when asked.",
    )


def _token(now: datetime) -> Finding:
    found = installed()
    token = own_token(found[1]) if found else None
    if token is None or token.expired(now):
        told = "Excel asks with a token that the server does not take."
        return Finding("token", FAIL, told, f"{_INSTALL} Then open Excel anew.")
    told = f"Excel's token holds until {token.expires:%Y-%m-%d}."
    if token.expires - now < RENEW_TOKEN:
        return Finding("token", WARN, told, f"{_INSTALL} Then open Excel anew.")
    return Finding("token", OK, told)


def _manifest(machine: Machine) -> Finding:
    path, found = manifest_path(), installed()
    if found is None or path.read_text(encoding="utf-8") != manifest(*found):
        told = "The manifest is of another version of sheetsync."
        return Finding("manifest", FAIL, told, f"{_INSTALL} Then open Excel anew.")
    there = sideload.is_registered(machine, path)
    if there is None:
        told = "The browser alone knows whether Excel on the web has the add-in."
        return Finding("manifest", OK, told, " ".join(sideload.steps(machine, path)))
    if not there:
        told = "Excel does not know the add-in."
        return Finding("manifest", FAIL, told, f"{_INSTALL} Then open Excel anew.")
    told = "Excel knows the add-in."
    return Finding("manifest", OK, told, f"No buttons? {sideload.steps(machine, path)[0]}")


def _server(probes: Probes, certificate: Certificate) -> Finding:
    port = installed_port()
    found = probes.holder(port, certificate.authority)
    if found is Holder.OURS:
        return Finding("server", OK, f"The server answers at port {port}.")
    if found is Holder.NOBODY:
        told = f"The server is not running; port {port} is free."
        return Finding("server", WARN, told, _START)
    if found is Holder.ENDED:
        told = f"The server at port {port} runs with a certificate that has ended."
        return Finding("server", FAIL, told, "End it with Ctrl-C and start it again.")
    return Finding(
        "server",
        FAIL,
        f"Another program listens at port {port}.",
        f"End that program, or choose another port: sheetsync addin install --port {port + 1}",
    )
