"""Files that hold a secret: only their owner may read them, and they are replaced whole."""

from __future__ import annotations

import contextlib
import os
import stat
import sys
from pathlib import Path

from sheetsync.backends.google.failures import SetupNeeded
from sheetsync.backends.xlsx.disk import Disk, private_folder, write_file

_LARGEST = 1 << 20


def read_private(path: Path, what: str, *, links: bool = False) -> str:
    """Return the text of a secret file; ``what`` names it in messages.

    ``links``: a symbolic link may stand there (mounted secrets are links). Raises SetupNeeded
    where the file is missing or unreadable, somebody else's, or readable by others (not checked
    on Windows, whose files have no mode).
    """
    flags = os.O_RDONLY | (0 if links else getattr(os, "O_NOFOLLOW", 0))
    try:
        fd = os.open(path, flags | getattr(os, "O_NONBLOCK", 0))
    except FileNotFoundError:
        raise SetupNeeded(f"{what} {path} is not there. Check its name.") from None
    except OSError as error:
        raise SetupNeeded(f"{what} {path} cannot be read ({error.strerror}).") from None
    try:
        _check(os.fstat(fd), path, what)
        with os.fdopen(fd, "rb", closefd=False) as file:
            return file.read(_LARGEST).decode("utf-8-sig")
    except UnicodeDecodeError:
        raise SetupNeeded(f"{what} {path} is not a text file.") from None
    finally:
        os.close(fd)


def write_private(path: Path, text: str) -> None:
    """Write a secret file (0600, its folder made 0700): the old one or the new one, never half.

    Raises OSError.
    """
    disk = Disk()
    private_folder(path.parent)
    new = path.with_name(f".{path.name}.{disk.token()}")
    try:
        write_file(disk, new, text.encode())
        disk.rename(new, path)
    except BaseException:
        with contextlib.suppress(OSError):
            disk.unlink(new)
        raise
    disk.sync_folder(path.parent)


def _check(found: os.stat_result, path: Path, what: str) -> None:
    if not stat.S_ISREG(found.st_mode):
        raise SetupNeeded(f"{what} {path} is not a file.")
    if sys.platform == "win32":
        return
    if found.st_uid not in {os.geteuid(), 0}:
        raise SetupNeeded(f"{what} {path} belongs to another user. Make a copy of your own.")
    if found.st_mode & 0o077:
        raise SetupNeeded(
            f"{what} {path} can be read by other users of this computer. Make it yours alone: "
            f'chmod 600 "{path}"'
        )
