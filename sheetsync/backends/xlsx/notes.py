"""What else a workbook carries that a sync keeps and never runs: one note of each kind."""

from __future__ import annotations

from collections.abc import Iterator

from sheetsync.backends.xlsx.markup import child, parse, truth
from sheetsync.backends.xlsx.parts import Book
from sheetsync.backends.xlsx.preflight import write_refusal
from sheetsync.model.problems import Problem, Severity

_KINDS: tuple[tuple[str, tuple[str, ...], tuple[str, ...], str], ...] = (
    ("macros", ("vbaProject",), ("vbaproject",), "has macros: kept, never run"),
    (
        "macro_sheets",
        ("xlMacrosheet", "xlIntlMacrosheet"),
        ("/macrosheets/",),
        "has macro sheets of Excel 4: kept, never run",
    ),
    (
        "external_links",
        ("externalLink",),
        ("/externallinks/",),
        "takes values from other workbooks: links kept, never followed",
    ),
    (
        "connections",
        ("connections",),
        ("/connections.xml", "/querytables/"),
        "has connections to outside data: kept, never refreshed",
    ),
    (
        "embedded",
        (),
        ("/embeddings/", "/activex/", "/ctrlprops/"),
        "has embedded objects or controls: kept, never run",
    ),
    ("web_extensions", (), ("/webextensions/",), "has web add-ins: kept, never run"),
)


def notes(book: Book) -> Iterator[Problem]:
    """One NOTE for each kind of active content, and for what forbids or discourages writing."""
    kinds = {rel.kind for rel in book.rels(book.workbook_part)}
    names = ["/" + name.replace("\\", "/").casefold() for name in book.package.names]
    for code, rel_kinds, places, words in _KINDS:
        if kinds.intersection(rel_kinds) or any(p in name for p in places for name in names):
            yield _note(code, f"The workbook {words}.")
    refusal = write_refusal(book.package)
    if refusal is not None:
        yield _note("read_only", refusal.removesuffix(" Nothing was changed."))
    root = parse(book.package.read(book.workbook_part), book.workbook_part)
    sharing = child(root, "fileSharing")
    if sharing is not None and truth(sharing.get("readOnlyRecommended")):
        yield _note("read_only_recommended", "The workbook's author recommends opening it to read.")


def _note(code: str, message: str) -> Problem:
    return Problem(code, Severity.NOTE, "", "", 0, "", "", message)
