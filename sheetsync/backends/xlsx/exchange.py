"""Put a new file in a workbook's place and hold on to exactly what it displaced.

Checking a file and then replacing it loses any save that lands in between. An exchange does not:
both names change hands in one step, and what comes out can be looked at afterwards and put back.

============  ======================================  =======================================
how           where                                   a save that lands in between is
============  ======================================  =======================================
``exchange``  Linux (renameat2), macOS (renamex_np)   displaced whole, seen and put back
``backup``    Windows (ReplaceFileW)                  displaced whole, seen and put back
``replace``   file systems without an exchange        backed up before the rename; a save that
              (many network folders)                  falls between the two can be lost
============  ======================================  =======================================
"""

from __future__ import annotations

import contextlib
import ctypes
import errno
import os
import sys
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from sheetsync.backends.xlsx.disk import Disk

_AT_FDCWD = -100  # Linux: relative names start at the working folder
_RENAME_EXCHANGE = 2  # linux/fs.h
_RENAME_SWAP = 2  # macOS sys/stdio.h
_COPYFILE_ACL_XATTR = 1 | 4  # macOS copyfile.h
_CANNOT_EXCHANGE = {errno.EINVAL, errno.ENOSYS, errno.ENOTSUP, errno.EOPNOTSUPP, errno.EXDEV}
_CANNOT_LINK = _CANNOT_EXCHANGE | {errno.EPERM, errno.EMLINK, errno.EACCES}
_TRIES = 5


@dataclass(frozen=True, slots=True)
class Exchanged:
    """``how`` the file came in (see the table above) and where the ``displaced`` one lies."""

    how: str
    displaced: Path


def exchange(disk: Disk, new: Path, target: Path) -> Exchanged:
    """Put ``new`` in the place of ``target``, both in one folder; keep the displaced file.

    ``new`` ends in ``.swap.tmp`` or ``.old.tmp``; the displaced file ends up under one of the two.
    OSError when the disk refuses; then ``target`` is what it was, unless the system says otherwise.
    """
    if sys.platform == "win32":
        return _by_replace_file(disk, new, target)
    try:
        disk.swap(new, target)
    except OSError as error:
        if error.errno not in _CANNOT_EXCHANGE:
            raise
        return _by_rename(disk, new, target)
    return Exchanged("exchange", new)


def other_name(path: Path) -> Path:
    """The second name beside a temporary file.

    >>> other_name(Path(".ss-1.swap.tmp")).name, other_name(Path(".ss-1.old.tmp")).name
    ('.ss-1.old.tmp', '.ss-1.swap.tmp')
    """
    stem = path.name.removesuffix(".tmp")
    if stem.endswith(".swap"):
        return path.with_name(f"{stem.removesuffix('.swap')}.old.tmp")
    return path.with_name(f"{stem.removesuffix('.old')}.swap.tmp")


def _by_replace_file(disk: Disk, new: Path, target: Path) -> Exchanged:
    backup = other_name(new)
    try:
        disk.replace_file(target, new, backup)
    except OSError:
        if not target.exists() and backup.exists():  # stopped half-way: give the name back
            disk.rename(backup, target)
        raise
    return Exchanged("backup", backup)


def _by_rename(disk: Disk, new: Path, target: Path) -> Exchanged:
    backup = other_name(new)
    try:
        for _ in range(_TRIES):
            before = disk.identity(target)
            _back_up(disk, target, backup)
            if disk.identity(target) == before:
                disk.rename(new, target)
                return Exchanged("replace", backup)
            disk.unlink(backup)
    except OSError:
        if new.exists():  # not renamed: the target still says what the backup says
            with contextlib.suppress(OSError):
                disk.unlink(backup)
        raise
    raise OSError(errno.EAGAIN, "the file keeps changing", str(target))


def _back_up(disk: Disk, target: Path, backup: Path) -> None:
    try:
        disk.link(target, backup)
    except OSError as error:
        if error.errno not in _CANNOT_LINK:
            raise
        _copy(disk, target, backup)


def _copy(disk: Disk, target: Path, backup: Path) -> None:
    """Copy whole or not at all: a name that may hold somebody's version never holds half of it."""
    part = backup.with_name(f"{backup.name.rsplit('.', 2)[0]}.new.tmp")
    try:
        fd = disk.create(part)
        try:
            disk.copy_metadata(target, fd)
            disk.write(fd, disk.read(target))
            disk.fsync(fd)
        finally:
            disk.close(fd)
        disk.rename(part, backup)
    except OSError:
        with contextlib.suppress(OSError):
            disk.unlink(part)
        raise


def swap(a: Path, b: Path) -> None:
    """Exchange the files of two names in one step; OSError (ENOSYS, EINVAL) where impossible."""
    if sys.platform == "linux":
        call = _libc("renameat2")
        done = call(_AT_FDCWD, os.fsencode(a), _AT_FDCWD, os.fsencode(b), _RENAME_EXCHANGE)
    elif sys.platform == "darwin":
        done = _libc("renamex_np")(os.fsencode(a), os.fsencode(b), _RENAME_SWAP)
    else:
        raise OSError(errno.ENOSYS, os.strerror(errno.ENOSYS))
    if done != 0:
        code = ctypes.get_errno()
        raise OSError(code, os.strerror(code), str(b))


def replace_file(target: Path, new: Path, backup: Path) -> None:
    """Windows' ReplaceFileW: keeps the target's ACL and attributes; OSError when refused."""
    if sys.platform != "win32":
        raise OSError(errno.ENOSYS, os.strerror(errno.ENOSYS))
    kernel = ctypes.WinDLL("kernel32", use_last_error=True)
    if not kernel.ReplaceFileW(str(target), str(new), str(backup), 0, None, None):
        raise ctypes.WinError(ctypes.get_last_error())


def copy_mac_metadata(source: Path, fd: int) -> None:
    """Copy the ACL and the extended attributes on macOS, as far as it lets us."""
    with source.open("rb") as found:
        _libc("fcopyfile")(found.fileno(), fd, None, _COPYFILE_ACL_XATTR)


def _libc(name: str) -> Any:
    try:
        return getattr(ctypes.CDLL(None, use_errno=True), name)
    except AttributeError as error:  # an older C library than the call
        raise OSError(errno.ENOSYS, os.strerror(errno.ENOSYS)) from error
