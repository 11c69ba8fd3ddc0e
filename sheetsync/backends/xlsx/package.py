"""A workbook file as its parts: read one, or make a new file with some parts changed.

Everything that does not change is copied as compressed bytes, so that a sync cannot lose what it
does not understand. Equal changes of equal files give equal bytes.
"""

from __future__ import annotations

import contextlib
import zlib
from collections.abc import Mapping
from dataclasses import replace
from importlib import import_module
from typing import Any

from sheetsync.backends.xlsx.directory import (
    Member,
    end_record,
    members_of,
    new_member,
    unreadable,
)
from sheetsync.model.values import show

_codec: Any = zlib
with contextlib.suppress(ImportError):  # optional: twice as fast to read, 15 times to write
    _codec = import_module("isal.isal_zlib")
_LEVEL = 1 if _codec is zlib else 2
_NEW_STAMP = 0x21 << 16
"""1 January 1980, 00:00: the first moment a zip can tell, so that new parts carry no clock."""


class Package:
    """The parts of a workbook file by name; unchanging."""

    def __init__(self, data: bytes, members: tuple[Member, ...]) -> None:
        self.data = data
        self.members = members
        self.names = tuple(member.name for member in members)
        self._by_name = {member.name: member for member in members}
        self._folded = {_fold(member.name): member.name for member in members}

    @classmethod
    def open(cls, data: bytes) -> Package:
        """Parse the zip directory; ``WorkbookUnreadable`` when it is not a sound, safe zip."""
        return cls(data, members_of(data))

    def __contains__(self, name: object) -> bool:
        return name in self._by_name

    def find(self, name: str) -> str:
        """Return the name as stored (part names ignore case and slant), "" when there is none."""
        return name if name in self._by_name else self._folded.get(_fold(name), "")

    def read(self, name: str) -> bytes:
        """Inflate a part and check its size and CRC.

        KeyError when there is no such part, ``WorkbookUnreadable`` when it is damaged or holds
        more than it declares.
        """
        member = self._by_name[name]
        raw = self.data[member.start : member.end]
        try:
            part = raw if member.method == 0 else _inflate(raw, member.size)
        except (zlib.error, _codec.error) as error:
            raise _bad_part(name) from error
        if len(part) != member.size or _codec.crc32(part) != member.crc:
            raise _bad_part(name)
        return part

    def with_parts(self, changes: Mapping[str, bytes | None]) -> bytes:
        """Return the bytes of a new file: ``changes`` maps names to new content, None removes.

        Unchanged parts are copied packed as they are, changed ones stand where they stood with
        their old time, new ones come last in the order given.
        """
        fresh = [name for name in changes if name not in self._by_name]
        pieces = [
            self._piece(member, changes.get(member.name))
            for member in self.members
            if member.name not in changes or changes[member.name] is not None
        ]
        pieces += [
            _packed(new_member(name, _NEW_STAMP), content)
            for name in fresh
            if (content := changes[name]) is not None
        ]
        return _zip(pieces)

    def _piece(self, member: Member, content: bytes | None) -> tuple[Member, bytes]:
        if content is not None:
            return _packed(member, content)
        return member, self.data[member.start : member.end]


def _fold(name: str) -> str:
    return name.replace("\\", "/").casefold()


def _inflate(raw: bytes, size: int) -> bytes:
    stream = _codec.decompressobj(-15)
    part: bytes = stream.decompress(raw, size + 1)
    return part


def _bad_part(name: str) -> Exception:
    return unreadable(
        "damaged",
        f"The part {show(name)} of the file is damaged, so what it says cannot be trusted; open "
        "the file in Excel, let it repair it and save it under a new name, or take a backup",
    )


def _packed(member: Member, content: bytes) -> tuple[Member, bytes]:
    stream = _codec.compressobj(_LEVEL, 8, -15)
    raw: bytes = stream.compress(content) + stream.flush()
    crc = _codec.crc32(content)
    told = replace(member, method=8, crc=crc, packed=len(raw), size=len(content))
    return replace(told, needs=max(20, member.needs), flags=member.flags & ~6), raw


def _zip(pieces: list[tuple[Member, bytes]]) -> bytes:
    body: list[bytes] = []
    directory: list[bytes] = []
    at = 0
    for member, raw in pieces:
        local = member.local()
        directory.append(member.central(at))
        body += (local, raw)
        at += len(local) + len(raw)
    central = b"".join(directory)
    return b"".join((*body, central, end_record(len(pieces), len(central), at)))
