"""A workbook file under change: parts are read through it and written into it, files stay."""

from __future__ import annotations

from collections.abc import Iterator

from sheetsync.backends.xlsx.package import Package, Packed
from sheetsync.backends.xlsx.parts import Book

_HELD = 1 << 20


class Draft:
    """The parts of a package with changes on top; ``book`` is the structure as it was opened.

    Parts of up to a megabyte are held once read; bigger ones (sheets) are inflated at each read.
    """

    def __init__(self, package: Package, book: Book | None = None) -> None:
        self.package = package
        self.book = book or Book.of(package)
        self._changed: dict[str, bytes | Packed | None] = {}
        self._read: dict[str, bytes] = {}

    def read(self, name: str) -> bytes:
        """The part as it stands now; KeyError when there is none (any more)."""
        if name in self._changed:
            content = self._changed[name]
            if content is None:
                raise KeyError(name)
            return content.content() if isinstance(content, Packed) else content
        if name in self._read:
            return self._read[name]
        content = self.package.read(name)
        if len(content) <= _HELD:
            self._read[name] = content
        return content

    def write(self, name: str, content: bytes | Packed) -> None:
        """Give the part new content; packed content must differ from the part's."""
        self._changed[name] = content

    def remove(self, name: str) -> None:
        """Take the part away."""
        self._changed[name] = None

    def changes(self) -> dict[str, bytes | Packed | None]:
        """The parts that differ from the file now, None for those taken away."""
        return {n: content for n, content in self._changed.items() if self._differs(n, content)}

    def _differs(self, name: str, content: bytes | Packed | None) -> bool:
        if not isinstance(content, bytes) or name not in self.package:
            return True
        return content != (self._read.get(name) or self.package.read(name))

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
