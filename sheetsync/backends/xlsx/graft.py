"""Put a tab that a workbook lacks into it, from a freshly drawn tracker.

For people who deleted a computed tab, or add a pack of tabs later. The tab comes last, with its
table, charts and pictures; everything else in the workbook stays.
"""

from __future__ import annotations

import posixpath
import re
from collections.abc import Collection, Iterator, Sequence
from html import unescape
from xml.sax.saxutils import escape

from sheetsync.backends.xlsx.calc import calculate_on_load, drop_calc_chain
from sheetsync.backends.xlsx.draft import Draft
from sheetsync.backends.xlsx.markup import children, parse
from sheetsync.backends.xlsx.package import Package, Packed
from sheetsync.backends.xlsx.parts import Book, Rel, Sheet
from sheetsync.backends.xlsx.styles import Styles, with_attribute
from sheetsync.backends.xlsx.transplant import (
    StyleMap,
    free_name,
    inlined,
    restyled,
    shared_items,
)
from sheetsync.model.errors import NotATracker, WriteFailed
from sheetsync.model.tracker import plain

_OFFICE = "http://schemas.openxmlformats.org/officeDocument/2006/relationships"
_NAME = re.compile(rb'<definedName name="([^"]*)"([^>]*)>([^<]*)</definedName>')
_ANY_NAME = re.compile(
    rb"""<(?:[\w.-]+:)?definedName\s(?:[^>]*?\s)?name=["']([^"']*)["'][^>]*>([^<]*)</[^>]*>"""
)
_LOCAL_SHEET = re.compile(rb'\slocalSheetId="(\d+)"')
_MENTIONED = re.compile(r"'((?:[^']|'')+)'!|([\w.]+)!")
_TABLE_HEAD = re.compile(rb"<table\s[^>]*>")
_TYPES = "[Content_Types].xml"


def graft(data: bytes, template: bytes, titles: Sequence[str]) -> bytes:
    """Return the workbook with the tabs of those titles from ``template``, if it lacks them.

    Both are bytes of workbooks. ``NotATracker`` when the template has no such tab either,
    ``WriteFailed`` when a table of that name already stands elsewhere.
    """
    package = Package.open(data)
    changes = grafted_parts(package, template, titles)
    return package.with_parts(changes) if changes else data


def grafted_parts(
    package: Package, template: bytes, titles: Sequence[str], without: Collection[str] = ()
) -> dict[str, bytes | Packed | None]:
    """The parts that ``graft`` changes or adds; raises as it does.

    Names ``without`` are not added: they will mean something else here than in the template.
    """
    draft = Draft(package)
    source = Book.of(Package.open(template))
    missing = [title for title in titles if draft.book.sheet(title) is None]
    if not missing:
        return {}
    _Graft(draft, source, without).add(missing)
    return draft.changes()


class _Graft:
    """One workbook (``draft``) that takes tabs from another (``source``)."""

    def __init__(self, draft: Draft, source: Book, without: Collection[str] = ()) -> None:
        self.draft = draft
        self.without = without
        self.source = source
        self.items = shared_items(source)
        part = draft.book.styles_part
        if not part or not source.styles_part:
            raise WriteFailed("A tab cannot be added to a workbook without styles.")
        target = Styles(draft.read(part))
        self.styles = StyleMap(Styles(source.package.read(source.styles_part)), target)
        self.new: dict[str, str] = {}
        self.places = {s.name: s.index for s in (*draft.book.sheets, *draft.book.other_sheets)}
        self.table_ids = max((_table_id(draft.read(t.part)) for t in draft.book.tables), default=0)

    def add(self, titles: Sequence[str]) -> None:
        """Add the tabs, then their names and settings."""
        sheets = [self._source_sheet(title) for title in titles]
        for sheet in sheets:
            self._copy(sheet.part)
            self._enter(sheet)
        self._add_names({sheet.index: self.places[sheet.name] for sheet in sheets})
        self.draft.write(self.draft.book.styles_part, self.styles.target.xml)
        if any(b"<f" in self.draft.read(self.new[sheet.part]) for sheet in sheets):
            drop_calc_chain(self.draft)
        calculate_on_load(self.draft)

    def _source_sheet(self, title: str) -> Sheet:
        sheet = self.source.sheet(title)
        if sheet is None:
            raise NotATracker(f'There is no tab "{title}", neither here nor in the template.')
        return sheet

    def _copy(self, part: str) -> str:
        """Copy a part and everything it leads to; returns its name here."""
        if part in self.new:
            return self.new[part]
        name = self.new[part] = free_name(self.draft.package, set(self.new.values()), part)
        content = self.source.package.read(part)
        sheets = {sheet.part for sheet in self.source.sheets}
        if part in sheets:
            content = self._sheet(content)
        elif part in {table.part for table in self.source.tables}:
            content = self._table(content)
        self.draft.write(name, content)
        self._add_type(part, name)
        rels = [rel for rel in self.source.rels(part) if rel.external or rel.target_part]
        if rels:
            self._write_rels(name, rels)
        return name

    def _sheet(self, xml: bytes) -> bytes:
        xml = re.sub(rb'\s(?:tabSelected|codeName)="[^"]*"', b"", xml)
        return inlined(restyled(xml, self.styles), self.items)

    def _table(self, xml: bytes) -> bytes:
        """A table with an id of its own; its name must be free, for formulas say it."""
        match = _TABLE_HEAD.search(xml)
        assert match is not None
        taken = {table.name.casefold() for table in self.draft.book.tables}
        name = re.search(rb'\sdisplayName="([^"]*)"', match[0])
        if name and name[1].decode().casefold() in taken:
            raise WriteFailed(
                f"A tab cannot be added because its table {name[1].decode()} already stands on "
                "another tab; rename that table (Table Design), then sync again."
            )
        self.table_ids += 1
        head = with_attribute(match[0], b"id", b"%d" % self.table_ids)
        return restyled(xml[: match.start()] + head + xml[match.end() :], self.styles)

    def _write_rels(self, name: str, rels: Sequence[Rel]) -> None:
        told = "".join(map(self._relationship, rels))
        folder, base = posixpath.split(name)
        self.draft.write(
            f"{folder}/_rels/{base}.rels",
            (
                '<?xml version="1.0" encoding="UTF-8" standalone="yes"?>\n<Relationships xmlns='
                f'"http://schemas.openxmlformats.org/package/2006/relationships">{told}'
                "</Relationships>"
            ).encode(),
        )

    def _relationship(self, rel: Rel) -> str:
        if rel.external:
            target, mode = rel.target_part, ' TargetMode="External"'
        else:
            target, mode = "/" + self._copy(rel.target_part), ""
        return (
            f'<Relationship Id="{escape(rel.id)}" Type="{escape(rel.type)}" '
            f'Target="{escape(target, _QUOTE)}"{mode}/>'
        )

    def _add_type(self, part: str, name: str) -> None:
        """Declare the content type that the part has in the template."""
        types = self.source.package.find(_TYPES)
        root = parse(self.source.package.read(types), _TYPES)
        ending = name.rpartition(".")[2]
        told = next(
            (
                e.get("ContentType", "")
                for e in children(root, "Override")
                if e.get("PartName") == f"/{part}"
            ),
            "",
        ) or next(
            e.get("ContentType", "")
            for e in children(root, "Default")
            if e.get("Extension") == ending
        )
        entry = f'<Override PartName="/{escape(name, _QUOTE)}" ContentType="{told}"/>'
        insert(self.draft, self.draft.package.find(_TYPES), b"Types", entry.encode())

    def _enter(self, sheet: Sheet) -> None:
        """List the tab in the workbook, last."""
        book = self.draft.book
        folder, base = posixpath.split(book.workbook_part)
        rels = self.draft.package.find(posixpath.join(folder, "_rels", f"{base}.rels"))
        xml = self.draft.read(rels)
        number = 1
        while b'"rId%d"' % number in xml or b"'rId%d'" % number in xml:
            number += 1
        told = (
            f'<Relationship Id="rId{number}" Type="{_OFFICE}/worksheet" '
            f'Target="/{self.new[sheet.part]}"/>'
        )
        insert(self.draft, rels, b"Relationships", told.encode())
        workbook = self.draft.read(book.workbook_part)
        ids = [int(n) for n in re.findall(rb"""\ssheetId=["'](\d+)""", workbook)]
        mark, declared = _relationships(workbook)
        state = "" if sheet.state == "visible" else f' state="{sheet.state}"'
        title, fresh = escape(sheet.name, _QUOTE), max(ids, default=0) + 1
        entry = (
            f'<sheet name="{title}" sheetId="{fresh}"{state}{declared} {mark}:id="rId{number}"/>'
        )
        insert(self.draft, book.workbook_part, b"sheets", entry.encode())
        self.places[sheet.name] = len(self.places)

    def _add_names(self, places: dict[int, int]) -> None:
        """Add the template's names that the new tabs bring or use and that are missing here.

        ``places`` maps the indices of the new tabs in the template to those here. A name that
        means a tab which is not here either is left out.
        """
        found = dict(self._names(places))
        if not found:
            return
        part = self.draft.book.workbook_part
        xml = _without_broken(self.draft.read(part), found.values())
        self.draft.write(part, xml)
        if not re.search(rb"</(?:[\w.-]+:)?definedNames\s*>", xml):
            self.draft.write(part, with_names_block(xml))
        insert(self.draft, part, b"definedNames", b"".join(found))

    def _names(self, places: dict[int, int]) -> Iterator[tuple[bytes, str]]:
        """Yield each name to add: its XML and the name itself, "" for one of a single tab."""
        here = {plain(title) for title in self.places}
        new = {plain(s.name) for s in self.source.sheets if s.index in places}
        used = b" ".join(map(self.draft.read, self.new.values()))
        names = self.draft.book.names
        known = {name.casefold() for name, text in names.items() if "#REF!" not in text}
        for match in _NAME.finditer(self.source.package.read(self.source.workbook_part)):
            name, rest, text = match[1].decode(), match[2], unescape(match[3].decode())
            local = _LOCAL_SHEET.search(rest)
            if local:
                if int(local[1]) in places:
                    place = b' localSheetId="%d"' % places[int(local[1])]
                    yield match[0].replace(local[0], place, 1), ""
                continue
            mentioned = {plain(a.replace("''", "'") or b) for a, b in _MENTIONED.findall(text)}
            wanted = (mentioned & new or match[1] in used) and name not in self.without
            if name.casefold() not in known and mentioned <= here and wanted:
                yield match[0], name


def insert(draft: Draft, part: str, block: bytes, element: bytes) -> None:
    """Put an element at the end of a block of a small part, with that block's prefix."""
    xml = draft.read(part)
    match = re.search(rb"</((?:[\w.-]+:)?)%b\s*>" % block, xml)
    assert match is not None
    element = re.sub(rb"<(/?)(?=[a-zA-Z])", rb"<\1" + match[1], element)
    draft.write(part, xml[: match.start()] + element + xml[match.start() :])


def _without_broken(xml: bytes, names: Collection[str]) -> bytes:
    """A workbook part without those names that lost their tab when it was deleted."""
    folded = {name.casefold() for name in names if name}

    def keep(match: re.Match[bytes]) -> bytes:
        broken = b"#REF!" in match[2] and match[1].decode().casefold() in folded
        return b"" if broken else match[0]

    return _ANY_NAME.sub(keep, xml)


_QUOTE = {'"': "&quot;"}


def _table_id(xml: bytes) -> int:
    match = re.search(rb"""<(?:[\w.-]+:)?table\s[^>]*?\sid=["'](\d+)""", xml)
    return int(match[1]) if match else 0


def with_names_block(xml: bytes) -> bytes:
    """A workbook part with an empty block for names where the format wants it."""
    for name in (b"externalReferences", b"functionGroups", b"sheets"):
        match = re.search(rb"</((?:[\w.-]+:)?)%b\s*>" % name, xml)
        if match:
            block = b"<%bdefinedNames></%bdefinedNames>" % (match[1], match[1])
            return xml[: match.end()] + block + xml[match.end() :]
    return xml


def _relationships(workbook: bytes) -> tuple[str, str]:
    """The prefix of a tab's relationship, and its declaration where the root has none.

    Some writers declare it on every tab.
    """
    told = re.compile(rb"""\sxmlns:([\w.-]+)=["']([^"']*officeDocument[^"']*/relationships)""")
    root = re.search(rb"<(?:[\w.-]+:)?workbook\b[^>]*>", workbook)
    if root and (prefix := told.search(root[0])):
        return prefix[1].decode(), ""
    below = told.search(workbook)
    return "r", f' xmlns:r="{below[2].decode() if below else _OFFICE}"'
