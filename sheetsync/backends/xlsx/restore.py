"""Undo of an untouched workbook: put every part back byte for byte, and keep the log.

When nobody has saved since the run, undoing cell by cell would give the same values but not the
same bytes (a style that was added, a recalculation mark). The parts of the recorded file do.
"""

from __future__ import annotations

import re

from sheetsync.backends.xlsx.directory import Member
from sheetsync.backends.xlsx.package import Package
from sheetsync.backends.xlsx.parts import Book

_STYLE = re.compile(rb'<(?:\w+:)?c\b[^>]*?\bs="(\d+)"')
_FORMATS = re.compile(rb"<(?:\w+:)?cellXfs\b.*?</(?:\w+:)?cellXfs>", re.DOTALL)
_FORMAT = re.compile(rb"<(?:\w+:)?xf\b")


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
    styles = Book.of(old).styles_part
    if styles in old and _highest_style(new, log) >= _style_count(old.read(styles)):
        log |= {styles}
    return old.with_parts({part: new.read(part) for part in sorted(log)})


def _highest_style(package: Package, parts: set[str]) -> int:
    """The highest cell format that cells of these parts point at: runs may have added formats."""
    used = (int(told) for part in parts for told in _STYLE.findall(package.read(part)))
    return max(used, default=-1)


def _style_count(styles: bytes) -> int:
    found = _FORMATS.search(styles)
    return len(_FORMAT.findall(found[0])) if found else 0


def differing(a: Package, b: Package) -> set[str]:
    """Names of the parts that two packages do not share, byte for byte."""
    ours, theirs = ({m.name: m for m in package.members} for package in (a, b))
    return {
        name
        for name in ours.keys() | theirs.keys()
        if name not in ours or name not in theirs or _differ(a, ours[name], b, theirs[name])
    }


def _differ(a: Package, ours: Member, b: Package, theirs: Member) -> bool:
    """Unpacked only when neither what the directory tells nor the packed bytes decide it."""
    if (ours.size, ours.crc) != (theirs.size, theirs.crc):
        return True
    packed = a.data[ours.start : ours.end], b.data[theirs.start : theirs.end]
    if ours.method == theirs.method and packed[0] == packed[1]:
        return False
    return a.read(ours.name) != b.read(theirs.name)
