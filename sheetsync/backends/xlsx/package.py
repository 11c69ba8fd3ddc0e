"""A workbook file as its parts: read one, or make a new file with some parts changed.

Everything that does not change is copied as compressed bytes, so that a sync cannot lose what it
does not understand. Equal changes of equal files give equal bytes.
"""

from __future__ import annotations

import contextlib
import zlib
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, replace
from importlib import import_module
from itertools import chain, islice
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
_DEFLATED = 8
_GATHER, _BIG, _FEW = 512, 1 << 18, 8
_NEW_STAMP = 0x21 << 16
"""1 January 1980, 00:00: the first moment a zip can tell, so that new parts carry no clock."""


@dataclass(frozen=True, slots=True)
class Packed:
    """A part's content, deflated as ``raw``; ``crc`` and ``size`` are of the content."""

    raw: bytes
    crc: int
    size: int

    def content(self) -> bytes:
        """The content itself."""
        return _inflate(self.raw, self.size)

    def sound_content(self) -> bytes:
        """The content, its size and CRC checked; ValueError when they are others."""
        part = self.content()
        if len(part) != self.size or _codec.crc32(part) != self.crc:
            raise ValueError
        return part


class _Deflating:
    """A stream that deflates what is added to it; ``bits`` are zlib's, for raw data or gzip."""

    def __init__(self, bits: int) -> None:
        self._stream = _codec.compressobj(_LEVEL, 8, bits)
        self._raw = bytearray()
        self.crc = self.size = 0

    def add(self, chunk: bytes | memoryview) -> None:
        self._raw += self._stream.compress(chunk)
        self.crc, self.size = _codec.crc32(chunk, self.crc), self.size + len(chunk)

    def add_all(self, chunks: Iterable[bytes | memoryview]) -> bytes:
        """Deflate chunks to the end: those of big contents in a thread, beside their making."""
        gathered = _gathered(chunks)
        for chunk in islice(gathered, _FEW):
            self.add(chunk)
        first = next(gathered, None)
        if first is not None:
            self._add_beside(chain((first,), gathered))
        return bytes(self._raw + self._stream.flush())

    def _add_beside(self, chunks: Iterator[bytes | memoryview]) -> None:
        from concurrent.futures import ThreadPoolExecutor

        with ThreadPoolExecutor(1) as beside:
            last = beside.submit(self.add, next(chunks))
            for chunk in chunks:
                last.result()
                last = beside.submit(self.add, chunk)
            last.result()


def pack(chunks: Iterable[bytes | memoryview]) -> Packed:
    """Deflate a part that comes in chunks; it is never whole in memory."""
    stream = _Deflating(-15)
    raw = stream.add_all(chunks)
    return Packed(raw, stream.crc, stream.size)


def gzipped(chunks: Iterable[bytes]) -> bytes:
    """A gzip file of these chunks."""
    return _Deflating(31).add_all(chunks)


def _gathered(chunks: Iterable[bytes | memoryview]) -> Iterator[bytes | memoryview]:
    """The same bytes in chunks that are worth a call each."""
    waiting = iter(chunks)
    while held := list(islice(waiting, _GATHER)):
        if max(map(len, held)) > _BIG:
            yield from held
        else:
            yield b"".join(held)


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

    def size(self, name: str) -> int:
        """The bytes that a part inflates to, as its directory says; KeyError when there is none."""
        return self._by_name[name].size

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

    def packed(self, name: str) -> Packed | None:
        """A part as it is packed, not looked into; None when it is not, or not there."""
        member = self._by_name.get(name)
        if member is None or member.method != _DEFLATED:
            return None
        return Packed(self.data[member.start : member.end], member.crc, member.size)

    def pieces(self, name: str, size: int = 1 << 20) -> Iterator[bytes]:
        """Inflate a part as ``read`` does, at most ``size`` bytes in memory at a time.

        A part that is not what its directory says is told at its end, after all its pieces.
        """
        member = self._by_name.get(name)
        if member is None or member.size <= size or member.method == 0:
            yield self.read(name)
            return
        crc = count = 0
        try:
            for piece in _inflated(self.data, member, size):
                crc, count = _codec.crc32(piece, crc), count + len(piece)
                if count > member.size:
                    break
                yield piece
        except (zlib.error, _codec.error) as error:
            raise _bad_part(name) from error
        if count != member.size or crc != member.crc:
            raise _bad_part(name)

    def with_parts(self, changes: Mapping[str, bytes | Packed | None]) -> bytes:
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

    def _piece(self, member: Member, content: bytes | Packed | None) -> tuple[Member, bytes]:
        if content is not None:
            return _packed(member, content)
        return member, self.data[member.start : member.end]


def _fold(name: str) -> str:
    return name.replace("\\", "/").casefold()


def _inflate(raw: bytes, size: int) -> bytes:
    stream = _codec.decompressobj(-15)
    part: bytes = stream.decompress(raw, size + 1)
    return part


def _inflated(data: bytes, member: Member, size: int) -> Iterator[bytes]:
    stream = _codec.decompressobj(-15)
    step = max(size >> 3, 1)
    for at in range(member.start, member.end, step):
        packed, piece = data[at : min(at + step, member.end)], b""
        while packed or len(piece) == size:  # a full piece may not be all that was packed so far
            piece = stream.decompress(packed, size)
            packed = stream.unconsumed_tail
            yield piece


def _bad_part(name: str) -> Exception:
    return unreadable(
        "damaged",
        f"The part {show(name)} of the file is damaged, so what it says cannot be trusted; open "
        "the file in Excel, let it repair it and save it under a new name, or take a backup",
    )


def _packed(member: Member, content: bytes | Packed) -> tuple[Member, bytes]:
    part = pack((content,)) if isinstance(content, bytes) else content
    told = replace(member, method=8, crc=part.crc, packed=len(part.raw), size=part.size)
    return replace(told, needs=max(20, member.needs), flags=member.flags & ~6), part.raw


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
