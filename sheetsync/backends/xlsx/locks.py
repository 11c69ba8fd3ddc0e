"""Is somebody working in the file? Read the marks that Excel, LibreOffice and cloud folders leave.

Excel writes ``~$Plan.xlsx`` beside an open workbook, LibreOffice ``.~lock.Plan.xlsx#``. Both may
be left behind by a crash and neither is written everywhere (Excel for the web has none): a mark
stops us, its absence proves nothing. The exchange decides (see ``save``).
"""

from __future__ import annotations

import re
import socket
import sys
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

from sheetsync.model.errors import WorkbookBusy

_EXCEL_NAME_CHARS = 54  # the lock file: 1 + 54 bytes of ANSI name, 2 + 108 bytes of UTF-16 name
_SOFFICE = {"soffice.bin", "soffice", "oosplash"}
_CONFLICT = re.compile(
    r"\s\(\d+\)|.*(conflicted copy|case conflict|sync-conflict-).*"
    r"|-(?=[A-Z0-9-]*[A-Z])[A-Z0-9-]{3,15}",
    re.ASCII,
)


@dataclass(frozen=True, slots=True)
class Lock:
    """A lock file: the program and the ``owner`` as it names them; ``stale`` when proven dead."""

    program: str
    owner: str
    file: Path
    stale: bool = False


def refuse_if_open(
    path: Path, office_runs: Callable[[], bool] | None = None, host: str = ""
) -> tuple[str, ...]:
    """Raise WorkbookBusy naming who has the workbook open; return notes on stale lock files.

    ``office_runs`` tells whether LibreOffice runs on this computer, ``host`` its name; both are
    found out when not given.
    """
    notes = []
    for lock in find_locks(path, office_runs or libreoffice_runs, host or socket.gethostname()):
        if not lock.stale:
            raise WorkbookBusy(_busy(path, lock))
        notes.append(
            f"“{lock.file.name}” says that {lock.owner} has {path.name} open in {lock.program}, "
            f"but {lock.program} does not run on this computer: the lock is stale and was ignored."
        )
    return tuple(notes)


def find_locks(path: Path, office_runs: Callable[[], bool], host: str) -> list[Lock]:
    """The lock files beside a workbook, Excel's first."""
    found = []
    excel = path.with_name(f"~${path.name}")
    if (data := _peek(excel)) is not None:
        found.append(Lock("Excel", excel_owner(data), excel, _excel_left_it(excel)))
    office = path.with_name(f".~lock.{path.name}#")
    if (data := _peek(office)) is not None:
        owner, at = libreoffice_owner(data)
        stale = bool(at) and at.casefold() == host.casefold() and not office_runs()
        found.append(Lock("LibreOffice", owner, office, stale))
    return found


def excel_owner(data: bytes) -> str:
    r"""The name in Excel's lock file: UTF-16 where it is there, else in the old one-byte form.

    >>> excel_owner(b"\x03Ann" + b" " * 51 + b"\x03\x00A\x00n\x00n\x00")
    'Ann'
    """
    start = 1 + _EXCEL_NAME_CHARS
    length = int.from_bytes(data[start : start + 2], "little")
    wide = data[start + 2 : start + 2 + 2 * length].decode("utf-16-le", "replace")
    narrow = data[1 : 1 + data[0]].decode("cp1252", "replace") if data else ""
    return _tidy(wide if 0 < length <= _EXCEL_NAME_CHARS and wide else narrow)


def libreoffice_owner(data: bytes) -> tuple[str, str]:
    r"""Name (else login) and computer in LibreOffice's lock file; fields escape commas by ``\``.

    >>> libreoffice_owner(rb"Ann\, Sales,ann,desk,01.03.2026 10:00,file:///profile;")
    ('Ann, Sales', 'desk')
    """
    told = data.decode("utf-8", "replace").split(";")[0]
    fields = [re.sub(r"\\(.)", r"\1", part) for part in re.split(r"(?<!\\),", told)]
    name, login, host = (*fields, "", "", "")[:3]
    return _tidy(name or login), host.strip()


def libreoffice_runs() -> bool:
    """Tell whether LibreOffice runs on this computer; True where that cannot be found out."""
    if sys.platform != "linux":
        return True
    for process in Path("/proc").glob("[0-9]*/comm"):
        try:
            if process.read_text("utf-8", "replace").strip() in _SOFFICE:
                return True
        except OSError:  # ended in the meantime
            continue
    return False


def conflict_copies(path: Path) -> tuple[str, ...]:
    """Names of siblings that look like a cloud folder's second version of this workbook.

    Such as ``Plan (1).xlsx``, ``Plan-DESK7.xlsx`` or ``Plan (Ann's conflicted copy).xlsx``.
    """
    found = []
    for other in path.parent.iterdir():
        if other.suffix.casefold() != path.suffix.casefold() or other.name == path.name:
            continue
        rest = other.stem.removeprefix(path.stem)
        if rest != other.stem and _CONFLICT.fullmatch(rest):
            found.append(other.name)
    return tuple(sorted(found))


def _busy(path: Path, lock: Lock) -> str:
    return (
        f"“{path.name}” is open in {lock.program} ({lock.owner}): close it there and run again; "
        f"if nobody has it open, delete “{lock.file.name}” beside it. Nothing was changed."
    )


def _peek(path: Path) -> bytes | None:
    """The lock's bytes: None if absent, b"" if closed to us (as Excel does on Windows)."""
    try:
        return path.read_bytes()[:4096]
    except FileNotFoundError:
        return None
    except OSError:
        return b""


def _excel_left_it(lock: Path) -> bool:
    """Windows: a living Excel refuses writers to its lock file. Elsewhere nothing can be proven."""
    if sys.platform != "win32":
        return False
    try:
        with lock.open("r+b"):
            return True
    except OSError:
        return False


def _tidy(name: str) -> str:
    text = "".join(c for c in name if c.isprintable()).strip()
    return text[:60] or "someone"
