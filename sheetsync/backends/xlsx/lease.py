"""One sync per workbook at a time: a lease that the operating system takes back when its run dies.

The lease is a lock on a small file in the state folder, keyed by the workbook's real path. The
kernel holds it for the process, so a run that is killed, or a computer that is switched off,
leaves no lease behind, and a run that merely sleeps keeps it. What is written in the file (process,
computer, boot, time) is for the message only. Runs on other computers are not seen here: between
those the exchange decides (see ``save``).
"""

from __future__ import annotations

import contextlib
import json
import os
import socket
import sys
from collections.abc import Iterator
from datetime import datetime
from pathlib import Path

from sheetsync.backends.xlsx.disk import private_folder
from sheetsync.backends.xlsx.save import digest
from sheetsync.model.errors import WorkbookBusy, WriteFailed


@contextlib.contextmanager
def lease(state: Path, real: Path, now: datetime) -> Iterator[None]:
    """Hold the workbook's lease for a ``with`` block; WorkbookBusy names the run that has it.

    ``state`` is the state folder, ``real`` the workbook's resolved path, ``now`` the time that a
    refused run is told. WriteFailed when the state folder cannot be written or cannot lock.
    """
    file = state / "leases" / f"{digest(os.fsencode(real))[:24]}.json"
    fd = _open(file)
    try:
        if not _lock(fd, file):
            raise WorkbookBusy(_busy(file, real))
        _tell(fd, real, now)
        try:
            yield
        finally:
            _unlock(fd)
    finally:
        os.close(fd)


def boot_id() -> str:
    """A name for this start of the computer, "" where the system gives none."""
    try:
        return Path("/proc/sys/kernel/random/boot_id").read_text("ascii").strip()
    except OSError:
        return ""


def _open(file: Path) -> int:
    try:
        private_folder(file.parent)
        return os.open(file, os.O_RDWR | os.O_CREAT, 0o600)
    except OSError as error:
        raise WriteFailed(
            f"The state folder {file.parent.parent} cannot be written ({error.strerror}): set "
            "SHEETSYNC_STATE to a folder of yours. Nothing was changed."
        ) from error


def _lock(fd: int, file: Path) -> bool:
    """Try to lock; False when another run holds it."""
    try:
        if sys.platform == "win32":
            import msvcrt

            os.lseek(fd, 4096, os.SEEK_SET)  # beyond the text, which others must be able to read
            msvcrt.locking(fd, msvcrt.LK_NBLCK, 1)
        else:
            import fcntl

            fcntl.flock(fd, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except (BlockingIOError, PermissionError):
        return False
    except OSError as error:
        raise WriteFailed(
            f"The disk of {file.parent.parent} cannot lock files ({error.strerror}): set "
            "SHEETSYNC_STATE to a folder on a local disk. Nothing was changed."
        ) from error
    return True


def _unlock(fd: int) -> None:
    """Let go at once, also where a forked worker still has the descriptor."""
    with contextlib.suppress(OSError):
        if sys.platform == "win32":
            import msvcrt

            os.lseek(fd, 4096, os.SEEK_SET)
            msvcrt.locking(fd, msvcrt.LK_UNLCK, 1)
        else:
            import fcntl

            fcntl.flock(fd, fcntl.LOCK_UN)


def _tell(fd: int, real: Path, now: datetime) -> None:
    """Write who holds the lease; a full disk must not stop a run for this."""
    told = {
        "path": str(real),
        "pid": os.getpid(),
        "host": socket.gethostname(),
        "boot": boot_id(),
        "since": now.isoformat(timespec="seconds"),
    }
    with contextlib.suppress(OSError):
        os.ftruncate(fd, 0)
        os.lseek(fd, 0, os.SEEK_SET)
        os.write(fd, json.dumps(told).encode())


def _busy(file: Path, real: Path) -> str:
    try:
        told = json.loads(file.read_bytes())
        who = f"process {told['pid']} on {told['host']}, since {told['since']}"
    except (OSError, ValueError, KeyError, TypeError):
        who = "just started"
    return (
        f"Another sync is at work on “{real.name}” ({who}): wait until it is done and run again. "
        "Nothing was changed."
    )
