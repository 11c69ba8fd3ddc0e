"""Whether a changed package holds together: only what may change did, and nothing dangles.

Findings that the old file already had are not held against the new one.
"""

from __future__ import annotations

import posixpath
import re

from sheetsync.backends.xlsx.draft import Draft
from sheetsync.backends.xlsx.markup import child, children, local, parse
from sheetsync.backends.xlsx.package import Package
from sheetsync.backends.xlsx.parts import Book
from sheetsync.model.errors import WriteFailed
from sheetsync.model.values import show

_MAY_CHANGE = frozenset(
    ("worksheet", "table", "styles", "chart", "chartEx", "pivotCacheDefinition")
)
_STYLE = re.compile(rb"""\ss=["'](\d+)["']""")
MAX_STYLES = 1_000_000
_TYPES = "[Content_Types].xml"


class Unsound(WriteFailed):
    """The new workbook did not pass its check."""


def failed(why: str) -> Unsound:
    """The refusal of a new workbook that did not pass."""
    return Unsound(
        f"The new workbook did not pass its check ({why}), so nothing was changed; please report "
        "it with the workbook's program and version."
    )


def check_parts(was: Book, now: Book) -> set[str]:
    """Check two versions of a workbook as packages; returns the names of the parts that differ.

    Sheets are checked on their own, one at a time.
    """
    changed = changed_parts(was.package, now.package)
    _check_kinds(was, now, changed)
    _check_types(was.package, now.package)
    for part in changed & set(now.package.names) - {sheet.part for sheet in now.sheets}:
        _check_xml(part, now.package.read(part))
        if not part.endswith(".rels") and part != _TYPES:
            check_rels(was, now, part, _xml(was, part), _xml(now, part))
    return changed


def changed_parts(old: Package, new: Package) -> set[str]:
    """The parts that were added, taken away or packed anew; others are the same packed bytes."""
    was, now = memoryview(old.data), memoryview(new.data)  # to compare them without copies
    before = {m.name: was[m.start : m.end] for m in old.members}
    after = {m.name: now[m.start : m.end] for m in new.members}
    return {name for name in before.keys() | after.keys() if before.get(name) != after.get(name)}


def _check_kinds(was: Book, now: Book, changed: set[str]) -> None:
    kinds = {part: kind for kind, part in Draft(was.package, was).reachable()}
    folder, base = posixpath.split(was.workbook_part)
    rels = was.package.find(posixpath.join(folder, "_rels", f"{base}.rels"))
    structure = {was.workbook_part, rels, was.package.find(_TYPES)}
    for name in changed & set(was.package.names):
        if name not in now.package:
            if kinds.get(name) != "calcChain":
                raise failed(f"the part {show(name)} is lost")
        elif name not in structure and kinds.get(name) not in _MAY_CHANGE:
            raise failed(f"the part {show(name)} differs and should not")


def _check_types(old: Package, new: Package) -> None:
    """Every part has a content type, by its name or its ending, and keeps it."""
    before, after = _types(old), _types(new)
    for name in new.names:
        kind = after.get("/" + name.casefold()) or after.get(name.rpartition(".")[2].casefold())
        if not kind and name != old.find(_TYPES) and not name.endswith("/"):
            raise failed(f"the part {show(name)} has no content type")
    lost = {name for name in before.keys() - after.keys() if new.find(name[1:])}
    differ = {name for name in before.keys() & after.keys() if before[name] != after[name]}
    absent = {name for name in after if name[0] == "/" and not new.find(name[1:])}
    gone = {name for name in absent if name not in before or old.find(name[1:])}
    if wrong := lost | differ | gone:
        raise failed(f"the content type of {show(min(wrong))} is wrong")


def _types(package: Package) -> dict[str, str]:
    """Content types by lower-case ``/part`` or ending."""
    root = parse(package.read(package.find(_TYPES)), _TYPES)
    endings = {e.get("Extension", ""): e for e in children(root, "Default")}
    named = {e.get("PartName", ""): e for e in children(root, "Override")}
    return {n.casefold(): e.get("ContentType", "") for n, e in {**endings, **named}.items() if n}


def _check_xml(part: str, content: bytes) -> None:
    if part.endswith((".xml", ".rels", ".vml")):
        parse(content, part)


def _xml(book: Book, part: str) -> bytes:
    return book.package.read(part) if part in book.package and part.endswith(".xml") else b""


def check_rels(was: Book, now: Book, part: str, old: bytes, new: bytes) -> None:
    """Every ``r:id`` in the part leads to a relationship, and that to a part.

    ``old`` and ``new`` are the part's XML (of a sheet that around its rows), b"" when it has none.
    """
    rels = {rel.id: rel for rel in now.rels(part)}
    lost = {r.id for r in rels.values() if not r.external and r.target_part not in now.package}
    before = {r.id for r in was.rels(part) if not r.external and r.target_part not in was.package}
    dangling = (_ids(part, new) - rels.keys()) | (lost - before)
    if dangling and part in was.package:
        dangling -= _ids(part, old) - {r.id for r in was.rels(part)}
    if dangling:
        raise failed(f"{show(min(dangling))} in {show(part)} leads nowhere")


def _ids(part: str, content: bytes) -> set[str]:
    """The relationship ids that a part uses."""
    return {
        value
        for element in (parse(content, part).iter() if content else ())
        for name, value in element.attrib.items()
        if name.endswith(("}id", "}embed", "}link", "}pict")) and "relationships" in name
    }


def style_count(book: Book) -> int:
    """How many cell styles the workbook has; any number will do where it has no styles part."""
    if not book.styles_part:
        return MAX_STYLES
    root = parse(book.package.read(book.styles_part), book.styles_part)
    block = child(root, "cellXfs")
    return max(1, sum(local(e.tag) == "xf" for e in block) if block is not None else 0)


def check_styles(part: str, xml: bytes, count: int) -> None:
    """No cell of the sheet has a style that is not there."""
    used = max(map(int, set(_STYLE.findall(xml))), default=0)
    if used >= count:
        raise failed(f"{show(part)} uses the style {used} of {count}")
