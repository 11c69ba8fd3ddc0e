"""Save new bytes over a workbook: complete old or complete new at any moment, no save lost.

The steps, each through ``disk.Disk``::

    write .ss-<name>-<random>.new.tmp beside it, with its mode, owner, ACL; fsync
    rename to .swap.tmp                      complete now
    exchange with the workbook
    look at what came out                    not what we read? somebody's newer save: put it back
    sync the folder, read back, remove what came out (the journal holds the same bytes)

A ``.new.tmp`` never held anybody's bytes. A ``.swap.tmp`` or ``.old.tmp`` may hold the only copy
of a save: it is removed only when the same bytes are known to be elsewhere, else it is put back
or kept beside the workbook as ``<name> (kept <hash>).xlsx``.

A workbook with a second name (a hard link, as backup tools make them) is saved like any other:
the other name keeps the old contents, and ``Saved.notes`` says so. Writing through both names
would have to rewrite the file in place, which a power cut can tear.
"""

from __future__ import annotations

import contextlib
import errno
import hashlib
import os
from collections.abc import Callable, Collection
from dataclasses import dataclass
from pathlib import Path

from sheetsync.backends.xlsx.disk import Disk, Identity
from sheetsync.backends.xlsx.exchange import Exchanged, exchange, other_name
from sheetsync.backends.xlsx.locks import refuse_if_open
from sheetsync.model.errors import (
    SheetsyncError,
    StaleSnapshot,
    WorkbookBusy,
    WorkbookMissing,
    WriteFailed,
)

_ROUNDS = 64  # exchanges until a file that is saved again and again is left alone
_SHARING = {32, 33}  # Windows: sharing violation, lock violation


@dataclass(frozen=True, slots=True)
class Saved:
    """``path`` is the real file, ``how`` it came in (see ``exchange``), ``notes`` for people."""

    path: Path
    how: str
    notes: tuple[str, ...] = ()


def digest(data: bytes) -> str:
    """The hash by which versions of a workbook are told apart (SHA-256, hex)."""
    return hashlib.sha256(data).hexdigest()


def save(
    path: Path,
    before: str,
    after: bytes,
    *,
    disk: Disk | None = None,
    mark: str = "",
    check_locks: Callable[[Path], tuple[str, ...]] = refuse_if_open,
) -> Saved:
    """Write ``after`` over the workbook at ``path`` whose bytes hashed to ``before`` when read.

    ``mark`` goes into the temporary file's name: whoever recovers knows its own by it. The bytes
    that were read must be kept elsewhere by the caller (the journal does): they are removed here.
    Raises WorkbookMissing, WorkbookBusy (open somewhere), StaleSnapshot (another version stands
    there now; it was left or put back) or WriteFailed (the disk refused; the old one stands).
    """
    disk = disk or Disk()
    real = path.resolve()
    notes = list(check_locks(real))
    try:
        notes += _look(disk, real, before)
        temp, mine, owner_kept = _stage(disk, real, after, mark)
    except OSError as error:
        raise failure(error, real, len(after)) from error
    if not owner_kept:
        notes.append(f"The owner of {real.name} could not be kept: it belongs to you now.")
    how = _put_in_place(disk, real, temp, _Versions(before, digest(after), mine, len(after)))
    if how == "replace":
        notes.append(
            f"The disk of {real.name} cannot exchange files: it was replaced after a backup, and a "
            "save by someone else in that very instant would not have been noticed."
        )
    return Saved(real, how, tuple(notes))


@dataclass(frozen=True, slots=True)
class _Versions:
    """Hashes of what was read and of what is written; our temporary file and its size."""

    before: str
    after: str
    mine: Identity
    size: int


def _look(disk: Disk, real: Path, before: str) -> list[str]:
    """Refuse what cannot or must not be overwritten, before anything is written."""
    found = real.stat()
    if not found.st_mode & 0o222 or not os.access(real, os.W_OK):
        raise WriteFailed(
            f"“{real.name}” is marked read-only: allow writing to it and run again. "
            "Nothing was changed."
        )
    if digest(disk.read(real)) != before:
        raise _stale(real)
    if found.st_nlink > 1:
        return [f"{real.name} has a second name (a hard link), which keeps the old contents."]
    return []


def _stage(disk: Disk, real: Path, after: bytes, mark: str) -> tuple[Path, Identity, bool]:
    """Write the new bytes beside the workbook: where, which file, whether its owner is kept."""
    stem = f"{temp_prefix(real)}{mark}-{disk.token()}"
    new, temp = real.with_name(f"{stem}.new.tmp"), real.with_name(f"{stem}.swap.tmp")
    try:
        fd = disk.create(new)
        try:
            owner_kept = disk.copy_metadata(real, fd)
            disk.write(fd, after)
            disk.fsync(fd)
        finally:
            disk.close(fd)
        mine = disk.identity(new)
        disk.rename(new, temp)
    except BaseException:
        _remove(disk, new)
        _remove(disk, temp)
        raise
    return temp, mine, owner_kept


def _put_in_place(disk: Disk, real: Path, temp: Path, versions: _Versions) -> str:
    """Exchange, look at what came out, then confirm it or put it back; return how."""
    try:
        out = exchange(disk, temp, real)
        _settle(disk, real, out, versions)
        disk.sync_folder(real.parent)
        newer = _overtaken(disk, real, versions)
    except OSError as error:
        _take_back(disk, real, temp, versions)
        raise failure(error, real, versions.size) from error
    _remove(disk, out.displaced)
    if newer:
        raise _stale(real)
    return out.how


def _settle(disk: Disk, real: Path, out: Exchanged, versions: _Versions) -> None:
    """Return when the version that was read came out; else put newer saves back and raise.

    Whatever comes out and is not what we put there before is newer than it, so it goes back in.
    A file that somebody still has open for writing counts as newer too.
    """
    expected, placed = versions.before, versions.after
    for turn in range(_ROUNDS):
        busy = disk.has_writer(out.displaced)
        came_out = digest(disk.read(out.displaced))
        if came_out == expected and not busy:
            if turn == 0:
                return
            break
        out = exchange(disk, out.displaced, real)
        expected, placed = placed, came_out
    kept = keep_unless(disk, real, out.displaced, {versions.before, versions.after})
    disk.sync_folder(real.parent)
    raise _open_elsewhere(real) if placed == versions.before else _stale(real, kept)


def _overtaken(disk: Disk, real: Path, versions: _Versions) -> bool:
    """Read back: True when somebody saved over our version; OSError when the disk lost bytes."""
    if digest(disk.read(real)) == versions.after:
        return False
    if disk.identity(real) == versions.mine:
        raise OSError(errno.EIO, "the disk gave back other bytes than were written", str(real))
    return True


def _take_back(disk: Disk, real: Path, temp: Path, versions: _Versions) -> None:
    """After an error of the disk: the old version back in place, our file gone, as far as it lets.

    What cannot be told apart stays under its temporary name for ``clean_leftovers``.
    """
    for left in (temp, other_name(temp)):
        with contextlib.suppress(OSError):
            stands = disk.identity(real) if real.exists() else None
            back = stands == versions.mine != disk.identity(left)
            out = exchange(disk, left, real).displaced if back else left
            ours = disk.identity(out) in (versions.mine, stands)
            if ours or digest(disk.read(out)) in (versions.before, versions.after):
                disk.unlink(out)
    with contextlib.suppress(OSError):
        disk.sync_folder(real.parent)


def keep_unless(disk: Disk, real: Path, left: Path, known: Collection[str]) -> str:
    """Remove a displaced file whose bytes are known elsewhere; else keep it under a plain name."""
    version = digest(disk.read(left))
    if version in known and not disk.has_writer(left):
        disk.unlink(left)
        return ""
    kept = _free_name(real, version[:8])
    disk.rename(left, kept)
    return kept.name


def _free_name(real: Path, word: str) -> Path:
    for n in range(1, 1000):
        more = "" if n == 1 else f" {n}"
        kept = real.with_name(f"{real.stem} (kept {word}{more}){real.suffix}")
        if not kept.exists():
            return kept
    raise OSError(errno.EEXIST, "no free name beside the workbook", str(real))


def _remove(disk: Disk, path: Path) -> None:
    """Remove a temporary file; when the disk refuses, ``clean_leftovers`` will on the next run."""
    with contextlib.suppress(OSError):
        disk.unlink(path)


def temp_prefix(real: Path) -> str:
    """How the temporary names of one workbook begin."""
    return f".ss-{digest(os.fsencode(real.name))[:8]}-"


def _stale(real: Path, kept: str = "") -> StaleSnapshot:
    more = f" (a second one that was saved in the same instant is kept as “{kept}”)" if kept else ""
    return StaleSnapshot(
        f"“{real.name}” was saved by someone else while the sync was at work: their version "
        f"stands{more} and nothing of ours was written; run the sync again."
    )


def _open_elsewhere(real: Path) -> WorkbookBusy:
    return WorkbookBusy(
        f"Another program has “{real.name}” open for writing: close it there and run again. "
        "Nothing was changed."
    )


def missing(path: Path) -> SheetsyncError:
    """The right exception for a file that is not there: Excel removes it for a moment to save."""
    if path.with_name(f"~${path.name}").exists():
        return WorkbookBusy(
            f"“{path.name}” is being saved by Excel just now: try again in a moment."
        )
    return WorkbookMissing(
        f"There is no file {path}: check the name and the folder, or whether a cloud folder has "
        "still to download it."
    )


def failure(error: OSError, path: Path, size: int) -> SheetsyncError:
    """Say in one sentence why the disk refused to save ``size`` bytes at ``path``."""
    if isinstance(error, FileNotFoundError):
        return missing(path)
    if getattr(error, "winerror", None) in _SHARING:
        return _open_elsewhere(path)
    why = _REASONS.get(error.errno or 0, f"the system reported “{error.strerror or error}”")
    told = why.format(folder=path.parent, size=f"{size:,}")
    return WriteFailed(f"“{path.name}” was not saved: {told}. The old workbook stands.")


_NOT_ALLOWED = "you may not write in {folder}; ask for the permission or move the workbook"
_REASONS = {
    errno.ENOSPC: "the disk is full; {folder} needs {size} bytes free",
    errno.EDQUOT: "your disk quota is used up; {folder} needs {size} more bytes",
    errno.EROFS: "the disk of {folder} is read-only; move the workbook to one that can be written",
    errno.EACCES: _NOT_ALLOWED,
    errno.EPERM: _NOT_ALLOWED,
    errno.EIO: "the disk of {folder} reported an error; check the disk or its connection",
    errno.EAGAIN: "the file keeps changing; wait until others have finished saving it",
}
