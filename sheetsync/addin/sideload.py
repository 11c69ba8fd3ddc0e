"""Entering the add-in where Excel looks for add-ins of this user, and taking it out again.

Windows: a registry value that names the manifest. macOS: a copy of the manifest in a folder of
Excel's. Excel on the web keeps add-ins in the browser, so that its steps are told instead.
"""

from __future__ import annotations

from pathlib import Path

from sheetsync.addin.machine import Machine, System
from sheetsync.addin.manifest import ADDIN_ID, write_manifest
from sheetsync.model.errors import SheetsyncError

KEY = r"Software\Microsoft\Office\16.0\WEF\Developer"
"""The key of the current user whose values are paths of manifests."""
CONTAINER = Path("Library/Containers/com.microsoft.Excel/Data/Documents")
"""The folder of Excel for Mac, below the home folder, that it may read."""


class SideloadRefused(SheetsyncError):
    """The add-in could not be entered where Excel looks for add-ins, or not taken out again."""


def register(machine: Machine, manifest: Path) -> bool:
    """Enter the add-in; return whether there is a place to enter it (not on Linux).

    Raises SideloadRefused.
    """
    if machine.registry is not None:
        try:
            machine.registry.set(KEY, ADDIN_ID, str(manifest))
        except OSError as error:
            raise _refused_by_windows(error) from None
        return True
    if machine.system is System.MAC:
        _copy(machine, manifest)
        return True
    return False


def unregister(machine: Machine) -> bool:
    """Take the add-in out; return whether it was in. Raises SideloadRefused."""
    try:
        there = is_there(machine)
        if machine.registry is not None:
            machine.registry.delete(KEY, ADDIN_ID)
        elif machine.system is System.MAC:
            copied(machine).unlink(missing_ok=True)
    except OSError as error:
        if machine.registry is not None:
            raise _refused_by_windows(error) from None
        raise _refused_by_mac(error) from None
    return there


def is_there(machine: Machine) -> bool:
    """Whether an add-in with our id is entered, whatever its manifest."""
    if machine.registry is not None:
        return machine.registry.get("HKEY_CURRENT_USER", KEY, ADDIN_ID) is not None
    return machine.system is System.MAC and copied(machine).exists()


def is_registered(machine: Machine, manifest: Path) -> bool | None:
    """Whether Excel finds this manifest as it is now; None where that cannot be asked."""
    if machine.registry is not None:
        told = machine.registry.get("HKEY_CURRENT_USER", KEY, ADDIN_ID)
        return told == str(manifest) and manifest.exists()
    if machine.system is not System.MAC:
        return None
    try:
        return copied(machine).read_bytes() == manifest.read_bytes()
    except OSError:
        return False


def copied(machine: Machine) -> Path:
    """Where Excel for Mac finds the copy of the manifest."""
    return machine.home / CONTAINER / "wef" / f"{ADDIN_ID}.manifest.xml"


def steps(machine: Machine, manifest: Path) -> tuple[str, ...]:
    """What to click once, so that Excel shows the buttons."""
    web = (
        "For Excel on the web: choose Home > Add-ins > More Settings > Upload My Add-in, and "
        f"upload {manifest} (once in each browser). When the browser asks whether the page may "
        "reach your local network, choose Allow."
    )
    if machine.system is System.LINUX:
        return (web,)
    close = "Quit" if machine.system is System.MAC else "Close"
    group = "Developer Add-ins > " if machine.system is System.WINDOWS else ""
    desktop = (
        f"{close} Excel and open it again. Choose Home > Add-ins > {group}sheetsync, once: the "
        "group Partner KPIs then stands in the tab Home."
    )
    return desktop, web


def web_removal() -> str:
    """What to click to take the add-in out of Excel on the web."""
    return (
        "If you uploaded it in Excel on the web: Home > Add-ins > More Settings > My Add-ins, the "
        "three dots beside sheetsync, Remove."
    )


def _copy(machine: Machine, manifest: Path) -> None:
    try:
        opened_once = (machine.home / CONTAINER).is_dir()
        if opened_once:
            write_manifest(copied(machine), manifest.read_text(encoding="utf-8"))
    except OSError as error:
        raise _refused_by_mac(error) from None
    if not opened_once:
        raise SideloadRefused(
            "Excel has not been opened by this user yet, so it has no folder for add-ins: open "
            "Excel once, then run sheetsync addin install again."
        )


def _refused_by_windows(error: OSError) -> SideloadRefused:
    return SideloadRefused(
        f"Windows refused to change the registry value for add-ins ({error.strerror}): your "
        "organisation may forbid add-ins of one's own; ask its administrator to deploy the add-in."
    )


def _refused_by_mac(error: OSError) -> SideloadRefused:
    return SideloadRefused(
        f"macOS refused to change Excel's folder for add-ins ({error.strerror}): allow the "
        "terminal in System Settings > Privacy & Security > App Management, then try again."
    )
