"""Which Python the classic add-in (.xlam) makes Excel start, on this computer.

The setting stands on a sheet of the add-in itself; where that names none, xlwings asks a file of
the user. Both hold pairs of a name and a text. An add-in is looked for where Excel keeps those of
one user.
"""

from __future__ import annotations

import csv
import re
import zipfile
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from xml.sax.saxutils import unescape

from sheetsync.addin.machine import Machine, System

_KEYS = {System.WINDOWS: "INTERPRETER_WIN", System.MAC: "INTERPRETER_MAC"}
_OFFICE = Path("Library/Group Containers/UBF8T346G9.Office/User Content.localized")
_CONTAINER = Path("Library/Containers/com.microsoft.Excel/Data")
_PAIR = r"<t[^>]*>{}</t>.*?<t[^>]*>([^<]*)</t>"
_OPTIONS = r"Software\Microsoft\Office\16.0\Excel\Options"
_MOST_OPENED = 20
"""Excel's list of the add-ins that it opens has numbered names; so many are looked at."""
_LARGEST = 1 << 20


@dataclass(frozen=True, slots=True)
class Interpreter:
    """A Python that Excel is told to start, and the file that tells it."""

    told_by: Path
    path: str


def interpreters(machine: Machine) -> list[Interpreter]:
    """Every Python that an add-in of this user, or a settings file, makes Excel start."""
    if machine.system not in _KEYS:
        return []
    key = _KEYS[machine.system]
    found = [Interpreter(path, told) for path in _addins(machine) if (told := _in_addin(path, key))]
    files = [Interpreter(path, told) for path in _files(machine) if (told := _in_file(path, key))]
    return found + files


def _addins(machine: Machine) -> Iterator[Path]:
    """The .xlam files of this user: in Excel's folders, and those that Excel opens from others."""
    seen = set()
    for path in (*_in_folders(machine), *_opened(machine)):
        if path not in seen:
            seen.add(path)
            yield path


def _in_folders(machine: Machine) -> Iterator[Path]:
    if machine.system is System.WINDOWS:
        top = Path(machine.environment.get("APPDATA", "")) / "Microsoft"
        folders = [top / "AddIns", top / "Excel" / "XLSTART"] if top.is_absolute() else []
    else:
        top = machine.home / _OFFICE
        folders = [top / "Add-Ins.localized", top / "Startup.localized" / "Excel"]
    for folder in folders:
        yield from sorted(folder.glob("*.xlam"))


def _opened(machine: Machine) -> Iterator[Path]:
    """What Excel for Windows opens at start: values OPEN, OPEN1 … such as ``/R "path.xlam"``."""
    if machine.registry is None:
        return
    for number in range(_MOST_OPENED):
        name = f"OPEN{number or ''}"
        told = machine.registry.get("HKEY_CURRENT_USER", _OPTIONS, name) or ""
        path = told.removeprefix("/R").strip().strip('"')
        if path.casefold().endswith(".xlam") and ("\\" in path or "/" in path):
            yield Path(path)


def _in_addin(path: Path, key: str) -> str:
    """What the sheets of an add-in say at ``key``; "" for nothing, and for no add-in of ours."""
    try:
        with zipfile.ZipFile(path) as package:
            if b"sheetsync.conf" not in _part(package, "xl/workbook.xml"):
                return ""
            sheet = _part(package, "xl/worksheets/sheet1.xml").decode("utf-8", "replace")
    except (OSError, zipfile.BadZipFile, KeyError, NotImplementedError, RuntimeError):
        return ""
    found = re.search(_PAIR.format(key), sheet, re.DOTALL)
    return unescape(found[1]) if found else ""


def _part(package: zipfile.ZipFile, name: str) -> bytes:
    with package.open(name) as part:
        return part.read(_LARGEST)


def _files(machine: Machine) -> Iterator[Path]:
    """The settings files of our add-in and of the one that xlwings brings."""
    for name in ("sheetsync", "xlwings"):
        if machine.system is System.WINDOWS:
            yield machine.home / f".{name}" / f"{name}.conf"
        else:
            yield machine.home / _CONTAINER / f"{name}.conf"


def _in_file(path: Path, key: str) -> str:
    try:
        rows = list(csv.reader(path.read_text(encoding="utf-8-sig").splitlines()))
    except (OSError, UnicodeDecodeError, csv.Error):
        return ""
    told = {row[0].strip().upper(): row[1].strip() for row in rows if len(row) > 1}
    return told.get(key, "")
