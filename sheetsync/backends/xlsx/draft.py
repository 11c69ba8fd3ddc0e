"""A workbook file under change: parts are read through it and written into it, files stay."""

from __future__ import annotations

from collections.abc import Iterator

from sheetsync.backends.xlsx.package import Package
from sheetsync.backends.xlsx.parts import Book


class Draft:
    """The parts of a package with changes on top; ``book`` is the structure as it was opened."""

    def __init__(self, package: Package, book: Book | None = None) -> None:
        self.package = package
        self.book = book or Book.of(package)
        self._changed: dict[str, bytes | None] = {}
        self._read: dict[str, bytes] = {}

    def read(self, name: str) -> bytes:
        """The part as it stands now; KeyError when there is none (any more)."""
        if name in self._changed:
            content = self._changed[name]
            if content is None:
                raise KeyError(name)
            return content
        if name not in self._read:
            self._read[name] = self.package.read(name)
        return self._read[name]

    def original(self, name: str) -> bytes:
        """The part as it was, b"" when it is new."""
        if name not in self.package:
            return b""
        return self._read.get(name) or self.package.read(name)

    def write(self, name: str, content: bytes) -> None:
        """Give the part new content."""
        self._changed[name] = content

    def remove(self, name: str) -> None:
        """Take the part away."""
        self._changed[name] = None

    def changes(self) -> dict[str, bytes | None]:
        """The parts that differ from the file now, None for those taken away."""
        return {
            name: content
            for name, content in self._changed.items()
            if content is None or name not in self.package or content != self.original(name)
        }

    def reachable(self) -> Iterator[tuple[str, str]]:
        """Yield (kind, part) of every internal relationship from the workbook part down."""
        seen: set[str] = set()
        waiting = [self.book.workbook_part]
        while waiting:
            for rel in self.book.rels(waiting.pop()):
                if rel.external or rel.target_part in seen or rel.target_part not in self.package:
                    continue
                seen.add(rel.target_part)
                waiting.append(rel.target_part)
                yield rel.kind, rel.target_part
