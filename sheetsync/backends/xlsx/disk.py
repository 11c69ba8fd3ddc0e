"""Every step that saving takes on a disk, one method each, so that tests can stop at any of them.

``Disk`` is the real one. A test's subclass counts, kills or fails single steps; nothing else in
the save path touches the file system for writing.
"""

from __future__ import annotations

import contextlib
import errno
import os
import secrets
import signal
import stat
import sys
from pathlib import Path

from sheetsync.backends.xlsx import exchange

Identity = tuple[int, int, int, int]
_FOLDER_CANNOT_SYNC = {errno.EINVAL, errno.ENOTSUP, errno.EBADF}


class Disk:
    """The real disk. All methods raise OSError when the disk refuses."""

    def read(self, path: Path) -> bytes:
        """Return the whole file."""
        return path.read_bytes()

    def create(self, path: Path) -> int:
        """Create a file that was not there, readable by its owner only; return its descriptor."""
        flags = os.O_CREAT | os.O_EXCL | os.O_WRONLY | getattr(os, "O_BINARY", 0)
        return os.open(path, flags, 0o600)

    def copy_metadata(self, source: Path, fd: int) -> bool:
        """Give an open file the mode, owner, ACL and extended attributes of ``source``.

        What the system does not let us copy is left; returns whether owner and group were kept.
        """
        found = source.stat()
        kept = _copy_owner(found, fd)
        if hasattr(os, "fchmod"):
            os.fchmod(fd, stat.S_IMODE(found.st_mode))
        _copy_attributes(source, fd)
        return kept

    def write(self, fd: int, data: bytes) -> None:
        """Write all of ``data``."""
        view = memoryview(data)
        while view:
            view = view[os.write(fd, view) :]

    def fsync(self, fd: int) -> None:
        """Make an open file's bytes survive a power cut."""
        os.fsync(fd)

    def close(self, fd: int) -> None:
        """Close a descriptor."""
        os.close(fd)

    def rename(self, source: Path, target: Path) -> None:
        """Rename, replacing what is at ``target``."""
        source.replace(target)

    def swap(self, a: Path, b: Path) -> None:
        """Exchange two files in one step; OSError where the system or file system cannot."""
        exchange.swap(a, b)

    def replace_file(self, target: Path, new: Path, backup: Path) -> None:
        """Windows: put ``new`` in place of ``target``, which becomes ``backup``."""
        exchange.replace_file(target, new, backup)

    def link(self, source: Path, target: Path) -> None:
        """Give a file a second name."""
        os.link(source, target)

    def unlink(self, path: Path) -> None:
        """Remove a file; no error when it is gone already."""
        path.unlink(missing_ok=True)

    def make_folder(self, path: Path) -> None:
        """Make a folder, with its parents, that only its owner may enter and that stays."""
        for made in private_folder(path):
            self.sync_folder(made.parent)

    def sync_folder(self, folder: Path) -> None:
        """Make renames in a folder survive a power cut, where folders can be synced."""
        if sys.platform == "win32":
            return
        fd = os.open(folder, os.O_RDONLY)
        try:
            os.fsync(fd)
        except OSError as error:
            if error.errno not in _FOLDER_CANNOT_SYNC:
                raise
        finally:
            os.close(fd)

    def identity(self, path: Path) -> Identity:
        """Device, inode, size (bytes) and modification time (ns): enough to know our own file."""
        found = path.stat()
        return found.st_dev, found.st_ino, found.st_size, found.st_mtime_ns

    def has_writer(self, path: Path) -> bool:
        """Tell whether some program has the file open for writing; False where none can tell.

        Linux grants a read lease exactly when nobody has the file open for writing. The signal
        that a broken lease would send is set to one that is ignored by default.
        """
        if sys.platform != "linux":
            return False
        import fcntl

        fd = os.open(path, os.O_RDONLY)
        try:
            fcntl.fcntl(fd, fcntl.F_SETSIG, signal.SIGURG)
            fcntl.fcntl(fd, fcntl.F_SETLEASE, fcntl.F_RDLCK)
            fcntl.fcntl(fd, fcntl.F_SETLEASE, fcntl.F_UNLCK)
        except OSError as error:
            return error.errno == errno.EAGAIN
        finally:
            os.close(fd)
        return False

    def token(self) -> str:
        """A random word for a file name that nobody else uses."""
        return secrets.token_hex(6)


def private_folder(path: Path) -> list[Path]:
    """Make a folder and what is missing above it, for the owner alone (0700); return those made."""
    missing = [folder for folder in (path, *path.parents) if not folder.exists()]
    for folder in reversed(missing):
        folder.mkdir(mode=0o700, exist_ok=True)
    return missing


def write_file(disk: Disk, path: Path, data: bytes) -> None:
    """Create a private file whose bytes survive a power cut; the caller syncs the folder."""
    fd = disk.create(path)
    try:
        disk.write(fd, data)
        disk.fsync(fd)
    finally:
        disk.close(fd)


def _copy_owner(found: os.stat_result, fd: int) -> bool:
    if not hasattr(os, "fchown"):
        return True
    mine = os.fstat(fd)
    if (mine.st_uid, mine.st_gid) == (found.st_uid, found.st_gid):
        return True
    try:
        os.fchown(fd, found.st_uid, found.st_gid)
    except OSError:
        with contextlib.suppress(OSError):
            os.fchown(fd, -1, found.st_gid)
        return False
    return True


def _copy_attributes(source: Path, fd: int) -> None:
    if sys.platform == "darwin":
        exchange.copy_mac_metadata(source, fd)
        return
    if not hasattr(os, "listxattr"):
        return
    with contextlib.suppress(OSError):
        for name in os.listxattr(source):
            with contextlib.suppress(OSError):
                os.setxattr(fd, name, os.getxattr(source, name))
