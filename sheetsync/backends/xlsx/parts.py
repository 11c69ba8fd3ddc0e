"""The structure of a workbook: its sheets, tables, names and where their parts are.

Parts are found by walking relationships, never by their usual names. Tags are compared without
their namespace, so prefixed (``<x:row>``) and strict workbooks read like others.
"""

from __future__ import annotations

import posixpath
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from urllib.parse import unquote
from xml.etree import ElementTree as ET

from sheetsync.backends.xlsx.directory import unreadable
from sheetsync.backends.xlsx.markup import (
    bad_xml,
    child,
    children,
    parse,
    range_corners,
    relation_id,
    truth,
    unescape,
)
from sheetsync.backends.xlsx.package import Package
from sheetsync.model.tracker import plain


@dataclass(frozen=True, slots=True)
class Rel:
    """One relationship: ``target_part`` is the stored part name, or the address if external."""

    id: str
    type: str
    target_part: str
    external: bool

    @property
    def kind(self) -> str:
        """The last word of the type (worksheet, table, styles ...), the same in strict files."""
        return self.type.rpartition("/")[2]


@dataclass(frozen=True, slots=True)
class Sheet:
    """One worksheet; ``index`` is its 0-based place among all sheets, chart sheets included."""

    name: str
    part: str
    state: str
    sheet_id: str
    index: int
    kind: str = "worksheet"


@dataclass(frozen=True, slots=True)
class Table:
    """One Excel Table; rows and columns are 1-based, ``columns`` are its headers in order."""

    name: str
    part: str
    sheet_part: str
    ref: str
    first_row: int
    last_row: int
    first_col: int
    last_col: int
    columns: tuple[str, ...]
    totals_rows: int
    header_rows: int


@dataclass(frozen=True, slots=True)
class Book:
    """A workbook's structure. Parts that it does not have are ""."""

    package: Package
    workbook_part: str
    sheets: tuple[Sheet, ...]
    other_sheets: tuple[Sheet, ...]
    tables: tuple[Table, ...]
    names: Mapping[str, str]
    date1904: bool
    shared_strings_part: str
    styles_part: str
    calc_chain_part: str
    _rels: dict[str, tuple[Rel, ...]] = field(repr=False, compare=False)

    @classmethod
    def of(cls, package: Package) -> Book:
        """Read the structure once; ``WorkbookUnreadable`` when it is not a workbook's."""
        return _read_book(package)

    def rels(self, part: str) -> tuple[Rel, ...]:
        """The relationships of a part ("" for the package), in file order."""
        if part not in self._rels:
            self._rels[part] = read_rels(self.package, part)
        return self._rels[part]

    def tables_of_sheet(self, part: str) -> tuple[Table, ...]:
        """All tables on the sheet of that part."""
        return tuple(table for table in self.tables if table.sheet_part == part)

    def table_of_sheet(self, part: str) -> Table | None:
        """The first table on the sheet of that part, None when it has none."""
        return next(iter(self.tables_of_sheet(part)), None)

    def sheet(self, title: str) -> Sheet | None:
        """The worksheet of that title, whatever the case and spacing; None when there is none."""
        folded = plain(title)
        exact = (sheet for sheet in self.sheets if sheet.name == title)
        alike = (sheet for sheet in self.sheets if plain(sheet.name) == folded)
        return next(exact, None) or next(alike, None)


def read_rels(package: Package, part: str) -> tuple[Rel, ...]:
    """Read the relationships of a part ("" for the package); () when it has none."""
    folder, base = posixpath.split(part.replace("\\", "/"))
    name = package.find(posixpath.join(folder, "_rels", f"{base}.rels"))
    if not name:
        return ()
    root = parse(package.read(name), name)
    return tuple(_rel(package, folder, e) for e in children(root, "Relationship"))


def _rel(package: Package, folder: str, element: ET.Element) -> Rel:
    target = element.get("Target", "")
    external = element.get("TargetMode", "") == "External"
    if not external:
        path = posixpath.normpath(posixpath.join("/", folder, target)).lstrip("/")
        target = package.find(path) or package.find(unquote(path)) or path
    return Rel(element.get("Id", ""), element.get("Type", ""), target, external)


def _read_book(package: Package) -> Book:
    rels = {"": read_rels(package, "")}
    part = next((r.target_part for r in rels[""] if r.kind == "officeDocument"), "")
    if part not in package:
        raise no_workbook()
    root = parse(package.read(part), part)
    if root.tag.rpartition("}")[2] != "workbook":
        raise no_workbook()
    rels[part] = read_rels(package, part)
    every = tuple(_sheets(package, root, {rel.id: rel for rel in rels[part]}))
    sheets = tuple(sheet for sheet in every if sheet.kind == "worksheet")
    found = {rel.kind: rel.target_part for rel in rels[part] if rel.target_part in package}
    settings = child(root, "workbookPr")
    book = Book(
        package=package,
        workbook_part=part,
        sheets=sheets,
        other_sheets=tuple(sheet for sheet in every if sheet.kind != "worksheet"),
        tables=(),
        names=_names(root),
        date1904=settings is not None and truth(settings.get("date1904")),
        shared_strings_part=found.get("sharedStrings", ""),
        styles_part=found.get("styles", ""),
        calc_chain_part=found.get("calcChain", ""),
        _rels=rels,
    )
    tables = tuple(table for sheet in sheets for table in _tables(book, sheet.part))
    object.__setattr__(book, "tables", tables)  # the book reads its sheets' relationships itself
    return book


def no_workbook() -> Exception:
    """The refusal of a sound zip that holds no workbook."""
    return unreadable(
        "not_a_workbook",
        "The file is a zip without an Excel workbook inside (a document, a slide deck or a plain "
        "archive); choose the .xlsx or .xlsm file itself",
    )


def _sheets(package: Package, root: ET.Element, rels: Mapping[str, Rel]) -> Iterator[Sheet]:
    for index, element in enumerate(e for s in children(root, "sheets") for e in s):
        rel = rels.get(relation_id(element))
        if rel is None or rel.target_part not in package:
            continue
        state = element.get("state", "visible")
        name, number = element.get("name", ""), element.get("sheetId", "")
        yield Sheet(name, rel.target_part, state, number, index, rel.kind)


def _names(root: ET.Element) -> dict[str, str]:
    return {
        element.get("name", ""): (element.text or "").strip()
        for block in children(root, "definedNames")
        for element in children(block, "definedName")
        if element.get("localSheetId") is None
    }


def _tables(book: Book, sheet_part: str) -> Iterator[Table]:
    for rel in book.rels(sheet_part):
        if rel.kind == "table" and rel.target_part in book.package:
            yield _table(book.package, rel.target_part, sheet_part)


def _table(package: Package, part: str, sheet_part: str) -> Table:
    root = parse(package.read(part), part)
    ref = root.get("ref", "")
    block = child(root, "tableColumns")
    columns = () if block is None else tuple(children(block, "tableColumn"))
    try:
        corners = range_corners(ref)
        totals = int(root.get("totalsRowCount", "0"))
        headers = int(root.get("headerRowCount", "1"))
    except ValueError as error:
        raise bad_xml(part) from error
    names = tuple(unescape(column.get("name", "")) for column in columns)
    name = root.get("displayName") or root.get("name") or ""
    return Table(name, part, sheet_part, ref, *corners, names, totals, headers)
