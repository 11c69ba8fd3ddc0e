"""Tidy up after a save that died: every temporary file is removed, put back or kept, never guessed.

A run that is killed between the exchange and the look at what came out leaves the displaced
version under a temporary name. Mostly it is the version that the journal holds too; if a person
saved in that instant, it is the only copy of their work.
"""

from __future__ import annotations

import glob
from collections.abc import Collection
from pathlib import Path

from sheetsync.backends.xlsx.disk import Disk
from sheetsync.backends.xlsx.exchange import exchange
from sheetsync.backends.xlsx.save import digest, keep_unless, temp_prefix

LEASE_SECONDS = 120.0  # a younger temporary file may belong to a run on another computer


def clean_leftovers(
    real: Path,
    known: Collection[str],
    planned: Collection[str],
    *,
    disk: Disk,
    mark: str,
    now: float,
) -> tuple[str, ...]:
    """Settle the temporary files that dead runs left beside ``real``; return notes for people.

    ``known`` are hashes of versions whose bytes are elsewhere, ``planned`` those that dead runs
    may have put in place. The caller holds the lease: files of its own ``mark`` are dead for sure,
    others when they are older than two minutes at ``now`` (seconds since 1970).
    """
    notes = []
    for left in sorted(real.parent.glob(f"{glob.escape(temp_prefix(real))}*.tmp")):
        own = left.name.startswith(f"{temp_prefix(real)}{mark}-")
        if own or _age(left, now) > LEASE_SECONDS:
            notes.append(_settle(real, left, known, planned, disk))
    if notes:
        disk.sync_folder(real.parent)
    return tuple(note for note in notes if note)


def _settle(
    real: Path, left: Path, known: Collection[str], planned: Collection[str], disk: Disk
) -> str:
    if left.name.endswith(".new.tmp"):
        disk.unlink(left)
        return ""
    if not real.exists():
        if left.name.endswith(".old.tmp"):
            disk.rename(left, real)
            return f"{real.name} was missing after a run that died; it was put back."
        return ""
    current = digest(disk.read(real))
    if current in planned and digest(disk.read(left)) not in {current, *known}:
        left = exchange(disk, left, real).displaced
        keep_unless(disk, real, left, {current, *known})
        return f"A save of {real.name} that came in while a run died was put back in its place."
    kept = keep_unless(disk, real, left, {current, *known})
    return f"A version of {real.name} that a dead run had displaced is kept as {kept}." * bool(kept)


def _age(path: Path, now: float) -> float:
    """Seconds since the file was written or renamed."""
    found = path.stat()
    return now - max(found.st_mtime, found.st_ctime)
