"""The zip directory of a workbook file, parsed by us and trusted in nothing.

Python's ``zipfile`` accepts overlapping entries, two entries of one name and sizes that lie; each
is a known attack on readers of .xlsx. Here all of them end in one sentence.
"""

from __future__ import annotations

import struct
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from sheetsync.model.errors import WorkbookUnreadable
from sheetsync.model.values import show

MAX_PARTS = 5_000
MAX_PART = 150 << 20
MAX_TOTAL = 300 << 20
MAX_RATIO = 200
RATIO_FROM = 1 << 20

_END = struct.Struct("<4s4H2LH")
_END64_LOCATOR = struct.Struct("<4sLQL")
_END64 = struct.Struct("<4sQ2H2L4Q")
_CENTRAL = struct.Struct("<4s6H3L5H2L")
_LOCAL = struct.Struct("<4s5H3L2H")
_ENCRYPTED, _DESCRIPTOR, _UTF8 = 0x1, 0x8, 0x800


def unreadable(code: str, sentence: str) -> WorkbookUnreadable:
    """Return the exception for a refused file: what was found, what to do, nothing changed."""
    return WorkbookUnreadable(f"{sentence.rstrip('.')}. Nothing was changed.", code)


@dataclass(frozen=True, slots=True)
class Member:
    """One entry of the zip as its directory tells it; ``start`` is where its data begins.

    ``size`` is the inflated size and ``packed`` the stored one, both in bytes; ``stamp`` is the
    DOS time and date (two 16-bit words in one number).
    """

    name: str
    raw_name: bytes
    made_by: int
    needs: int
    flags: int
    method: int
    stamp: int
    crc: int
    packed: int
    size: int
    inner: int
    outer: int
    offset: int
    start: int

    @property
    def end(self) -> int:
        """The byte after this entry's data."""
        return self.start + self.packed

    def local(self) -> bytes:
        """The header to put before the data; sizes known, so without a data descriptor."""
        flags = self.flags & ~_DESCRIPTOR
        words = (self.needs, flags, self.method, self.stamp & 0xFFFF, self.stamp >> 16)
        sizes = (self.crc, self.packed, self.size, len(self.raw_name), 0)
        return _LOCAL.pack(b"PK\3\4", *words, *sizes) + self.raw_name

    def central(self, offset: int) -> bytes:
        """The directory entry of this member when its local header stands at ``offset``."""
        flags = self.flags & ~_DESCRIPTOR
        words = (self.made_by, self.needs, flags, self.method)
        stamp = (self.stamp & 0xFFFF, self.stamp >> 16, self.crc, self.packed, self.size)
        rest = (len(self.raw_name), 0, 0, 0, self.inner, self.outer, offset)
        return _CENTRAL.pack(b"PK\1\2", *words, *stamp, *rest) + self.raw_name


def end_record(count: int, size: int, offset: int) -> bytes:
    """The record that ends a zip of ``count`` entries."""
    return _END.pack(b"PK\5\6", 0, 0, count, count, size, offset, 0)


def new_member(name: str, stamp: int) -> Member:
    """An entry for a part that the file did not have; its sizes are filled in when written."""
    raw = name.encode()
    flags = 0 if name.isascii() else _UTF8
    return Member(name, raw, 20, 20, flags, 8, stamp, 0, 0, 0, 0, 0, 0, 0)


def members_of(data: bytes) -> tuple[Member, ...]:
    """Parse the zip directory; ``WorkbookUnreadable`` when it is not sound or not safe."""
    try:
        members = tuple(_entries(data))
    except (struct.error, UnicodeDecodeError, IndexError) as error:
        raise _damaged("its list of parts is cut off") from error
    _check_names(members)
    _check_sizes(members)
    _check_overlap(members)
    return members


def _damaged(what: str) -> WorkbookUnreadable:
    return unreadable(
        "damaged",
        f"The file is damaged ({what}), so it cannot be read; open it in Excel, let it repair "
        "the file and save it under a new name, or take a backup",
    )


def _end_of(data: bytes) -> int:
    """Where the record stands that ends the zip, -1 when it is missing.

    The comment behind it may hold the same mark, so its length must fit; only when no record's
    does (bytes were added behind the file) the last one counts.
    """
    start = max(0, len(data) - 65_557)
    last = at = data.rfind(b"PK\5\6", start)
    while at >= 0:
        if at + _END.size + int.from_bytes(data[at + 20 : at + 22], "little") == len(data):
            return at
        at = data.rfind(b"PK\5\6", start, at)
    return last


def _directory(data: bytes) -> tuple[int, int, int]:
    """Return (number of entries, offset of the directory, offset of its end)."""
    at = _end_of(data)
    if at < 0:
        raise unreadable(
            "truncated",
            "The file's end is missing, so it was probably not copied or downloaded completely; "
            "fetch it again",
        )
    _, _, _, _, count, size, offset, _ = _END.unpack_from(data, at)
    if count == 0xFFFF or 0xFFFFFFFF in (size, offset):
        return _directory64(data, at)
    if offset + size > at:
        raise _damaged("its list of parts points outside the file")
    return count, offset, at


def _directory64(data: bytes, at: int) -> tuple[int, int, int]:
    mark, _, where, _ = _END64_LOCATOR.unpack_from(data, at - _END64_LOCATOR.size)
    if mark != b"PK\6\7":
        raise _damaged("its list of parts has no sound end")
    end = _END64.unpack_from(data, where)
    if end[0] != b"PK\6\6" or end[9] + end[8] > where:
        raise _damaged("its list of parts points outside the file")
    return end[7], end[9], where


def _entries(data: bytes) -> Iterator[Member]:
    count, at, end = _directory(data)
    if count > MAX_PARTS:
        raise unreadable(
            "too_many_parts",
            f"The file holds {count:,} parts and at most {MAX_PARTS:,} are read, far more than a "
            "workbook needs; save the sheets you need as a new workbook",
        )
    for _ in range(count):
        fields = _CENTRAL.unpack_from(data, at)
        if fields[0] != b"PK\1\2" or at >= end:
            raise _damaged("its list of parts is cut off")
        name_size, extra_size, comment_size = fields[10:13]
        at += _CENTRAL.size
        raw = data[at : at + name_size]
        extra = data[at + name_size : at + name_size + extra_size]
        at += name_size + extra_size + comment_size
        yield _member(data, fields, raw, extra)


def _member(data: bytes, fields: Sequence[int], raw: bytes, extra: bytes) -> Member:
    made_by, needs, flags, method, time, day, crc, packed, size = fields[1:10]
    inner, outer, offset = fields[14:17]
    size, packed, offset = _wide(extra, size, packed, offset)
    name = raw.decode("utf-8" if flags & _UTF8 or raw.isascii() else "cp437")
    if flags & _ENCRYPTED or method not in (0, 8):
        raise unreadable(
            "odd_zip",
            f"The part {show(name)} is packed or locked in a way that Excel does not use; save "
            "the workbook again in Excel",
        )
    local = _LOCAL.unpack_from(data, offset)
    if local[0] != b"PK\3\4" or data[offset + 30 : offset + 30 + local[9]] != raw:
        raise _damaged(f"the part {show(name)} is not where the list of parts says")
    start = offset + 30 + local[9] + local[10]
    if start + packed > len(data):
        raise _damaged(f"the part {show(name)} is cut off")
    stamp = time | day << 16
    told = (made_by, needs, flags, method, stamp, crc, packed, size, inner, outer, offset, start)
    return Member(name, raw, *told)


def _wide(extra: bytes, *sizes: int) -> list[int]:
    """Replace the sizes that do not fit 32 bits by those of the zip64 field."""
    result = list(sizes)
    if 0xFFFFFFFF not in result:
        return result
    at = 0
    while at + 4 <= len(extra):
        kind, length = struct.unpack_from("<2H", extra, at)
        if kind == 1:
            field = at + 4
            for i, size in enumerate(result):
                if size == 0xFFFFFFFF:
                    (result[i],) = struct.unpack_from("<Q", extra, field)
                    field += 8
        at += 4 + length
    return result


def _check_names(members: Sequence[Member]) -> None:
    seen: set[str] = set()
    for member in members:
        name = member.name
        path = name.replace("\\", "/")
        odd = path.startswith("/") or ":" in path.split("/")[0] or ".." in path.split("/")
        if odd or "\0" in name or not name:
            raise unreadable(
                "unsafe_name",
                f"The file has a part with the unsafe name {show(name)}, which no spreadsheet "
                "program writes; do not trust this file",
            )
        if path.casefold() in seen:
            raise unreadable(
                "duplicate_part",
                f"The part {show(name)} is stored twice, so programs would disagree about what "
                "the workbook says; open it in Excel and save it under a new name",
            )
        seen.add(path.casefold())


def _check_sizes(members: Sequence[Member]) -> None:
    for member in members:
        if member.size > MAX_PART:
            raise too_big(member.name)
        if member.size > RATIO_FROM and member.size > MAX_RATIO * max(member.packed, 1):
            raise too_big(member.name)
    if sum(member.size for member in members) > MAX_TOTAL:
        raise too_big("")


def too_big(name: str) -> WorkbookUnreadable:
    """The refusal of a part (or a file) that unpacks to more than a workbook should hold."""
    where = f"The part {show(name)} of the file" if name else "The file"
    return unreadable(
        "too_big",
        f"{where} unpacks to far more data than it should (a zip bomb, or a sheet with formats "
        "in millions of cells); delete unused rows and columns in Excel and save it again",
    )


def _check_overlap(members: Sequence[Member]) -> None:
    end = 0
    for member in sorted(members, key=lambda m: m.offset):
        if member.offset < end:
            raise unreadable(
                "overlap",
                f"The part {show(member.name)} shares its bytes with another part, as only "
                "forged files do; do not trust this file",
            )
        end = member.end
