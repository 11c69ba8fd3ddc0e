"""Undo of an untouched workbook: put every part back byte for byte, and keep the log.

When nobody has saved since the run, undoing cell by cell would give the same values but not the
same bytes (a style that was added, a recalculation mark). The parts of the recorded file do.
"""

from __future__ import annotations

from sheetsync.backends.xlsx.package import Package

_GROWING = ("xl/styles.xml", "xl/sharedStrings.xml")
"""Parts that runs only add to: the log's cells may point at what was added."""


def restored(before: bytes, now: bytes, undone: bytes, logged: bytes) -> bytes:
    """Return ``before`` with the parts of the log as ``undone`` has them.

    ``now`` is the workbook as it stands, ``undone`` the same with the whole plan applied and
    ``logged`` with its log rows only: where ``logged`` differs from ``now`` are the log's parts.
    A log that gained or lost parts cannot be told from the rest: then it is ``undone``.
    """
    old, current, new = Package.open(before), Package.open(now), Package.open(undone)
    log = differing(current, Package.open(logged))
    if not all(part in old and part in new for part in log):
        return undone
    grown = {
        part
        for part in _GROWING
        if part in old and part in new and log and old.read(part) != new.read(part)
    }
    return old.with_parts({part: new.read(part) for part in sorted(log | grown)})


def differing(a: Package, b: Package) -> set[str]:
    """Names of the parts that two packages do not share, byte for byte."""
    ours, theirs = _packed(a), _packed(b)
    return {
        name
        for name in ours.keys() | theirs.keys()
        if ours.get(name) != theirs.get(name)
        and not (name in ours and name in theirs and a.read(name) == b.read(name))
    }


def _packed(package: Package) -> dict[str, tuple[int, bytes]]:
    """How each part is stored: parts that are stored alike need not be unpacked to compare."""
    return {m.name: (m.method, package.data[m.start : m.end]) for m in package.members}
