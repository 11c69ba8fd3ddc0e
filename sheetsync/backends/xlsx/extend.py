"""Add tabs to a workbook in use, with the dropdown lists that they need; all else stays.

The tabs come whole from a freshly drawn tracker (see ``graft``). Lists that the workbook lacks go
to the right of those on its tab Lists, under names of their own, wherever that tab has room.
"""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from html import escape

from sheetsync.backends.xlsx.cells import read_grid
from sheetsync.backends.xlsx.convert import Context
from sheetsync.backends.xlsx.dates import looks
from sheetsync.backends.xlsx.draft import Draft
from sheetsync.backends.xlsx.draw import filled_range
from sheetsync.backends.xlsx.graft import grafted_parts, insert, with_names_block
from sheetsync.backends.xlsx.package import Package, pack
from sheetsync.backends.xlsx.parts import Book, Sheet
from sheetsync.backends.xlsx.patch import set_cells
from sheetsync.backends.xlsx.rows import Cut, cut, styles_of
from sheetsync.backends.xlsx.soundness import failed
from sheetsync.backends.xlsx.strings import shared_strings
from sheetsync.model.tables import Grid, letters, quoted
from sheetsync.model.values import Value

LISTS = "Lists"
_PREFIX = "list_"
_BODY = re.compile(r"(?:'((?:[^']|'')+)'|([\w.]+))!\$([A-Z]{1,3})\$2:\$[A-Z]{1,3}\$\d+")
_DEFINED = re.compile(
    rb"""(<(?:[\w.-]+:)?definedName\s(?:[^>]*?\s)?name=["'](list_\w+)["'][^>]*>)([^<]*)(</)"""
)


@dataclass(frozen=True, slots=True)
class Addition:
    """What to add: tabs by ``titles`` from ``template``, and the ``lists`` that they use.

    ``lists`` gives values by list name. With ``shown`` the tab Lists becomes visible, and its
    dropdowns offer what people add below a list.
    """

    titles: Sequence[str]
    template: bytes
    lists: Mapping[str, Sequence[str]]
    shown: bool = False


def extended(data: bytes, addition: Addition) -> bytes:
    """Return the workbook with the addition; the very same bytes when it has it all.

    Raises as ``graft`` does, and ``WriteFailed`` when the result does not pass its check.
    """
    package = Package.open(data)
    lists = lists_sheet(Book.of(package))
    titles = addition.titles if lists else (*addition.titles, LISTS)
    ours = {f"{_PREFIX}{name}" for name in addition.lists} if lists else set()
    changes = grafted_parts(package, addition.template, titles, without=ours)
    wider = package.with_parts(changes) if changes else data
    draft = Draft(Package.open(wider))
    if lists:
        _add_lists(draft, lists, addition.lists)
    if addition.shown:
        _show_lists(draft, lists.name if lists else LISTS)
    more = draft.changes()
    new = Package.open(wider).with_parts(more) if more else wider
    if new != data:
        _prove(package, Package.open(new), lists)
    return new


def lists_sheet(book: Book) -> Sheet | None:
    """The tab that the names of dropdown lists mean, whatever people call it; else by its title."""
    for name, text in book.names.items():
        found = _BODY.match(text.lstrip("=")) if name.startswith(_PREFIX) else None
        sheet = book.sheet((found[1] or found[2]).replace("''", "'")) if found else None
        if sheet is not None:
            return sheet
    return book.sheet(LISTS)


def _add_lists(draft: Draft, sheet: Sheet, lists: Mapping[str, Sequence[str]]) -> None:
    """Write the lists that have no name yet beside those on the tab, and name them."""
    known = {name.casefold() for name, text in draft.book.names.items() if "#REF!" not in text}
    missing = {n: v for n, v in lists.items() if f"{_PREFIX}{n}".casefold() not in known}
    if not missing:
        return
    first = max(_grid(draft.package, draft.book, sheet).columns, default=0) + 1
    places = dict(enumerate(missing.items(), first))
    head: dict[int, Value] = {column: name for column, (name, _) in places.items()}
    body: dict[int, dict[int, Value]] = {}
    for column, (_, values) in places.items():
        for row, value in enumerate(values, 2):
            body.setdefault(row, {})[column] = value
    _write(draft, sheet, {1: head})
    _write(draft, sheet, body)
    title = quoted(sheet.name)
    told = "".join(
        _name(name, f"{title}!${letters(column - 1)}$2:${letters(column - 1)}${len(values) + 1}")
        for column, (name, values) in places.items()
    )
    _add_names(draft, told.encode())


def _name(name: str, text: str) -> str:
    return f'<definedName name="{_PREFIX}{name}">{escape(text, quote=False)}</definedName>'


def _write(draft: Draft, sheet: Sheet, edits: Mapping[int, Mapping[int, Value]]) -> None:
    """Write cells that look like the first one of their row."""
    told = cut(draft.read(sheet.part))
    row = min(edits)
    like = _look(told, row)
    columns = {column for cells in edits.values() for column in cells}
    styles = dict.fromkeys(columns, like) if like is not None else None
    set_cells(told, edits, date1904=draft.book.date1904, styles=styles)
    draft.write(sheet.part, pack(told.chunks()))


def _look(sheet: Cut, row: int) -> int | None:
    piece = sheet.piece(row)
    return styles_of(piece, sheet.prefix).get(1) if piece else None


def _add_names(draft: Draft, told: bytes) -> None:
    part = draft.book.workbook_part
    xml = draft.read(part)
    if not re.search(rb"</(?:[\w.-]+:)?definedNames\s*>", xml):
        draft.write(part, with_names_block(xml))
    insert(draft, part, b"definedNames", told)


def _show_lists(draft: Draft, title: str) -> None:
    """Let people see the tab Lists, and let its names end with the last value of each list."""
    part = draft.book.workbook_part
    xml = draft.read(part)
    name = re.escape(escape(title).encode())
    tag = re.search(rb"""<(?:[\w.-]+:)?sheet\s[^>]*?name=["']%b["'][^>]*>""" % name, xml)
    if tag is not None:
        seen = re.sub(rb"""\sstate=["']\w+["']""", b"", tag[0])
        xml = xml[: tag.start()] + seen + xml[tag.end() :]
    draft.write(part, _DEFINED.sub(_stretched, xml))


def _stretched(match: re.Match[bytes]) -> bytes:
    from html import unescape

    found = _BODY.fullmatch(unescape(match[3].decode()))
    if found is None:
        return match[0]
    title = "'" + (found[1] or found[2]) + "'"
    return match[1] + escape(filled_range(title, found[3]), quote=False).encode() + match[4]


def _grid(package: Package, book: Book, sheet: Sheet) -> Grid:
    strings = shared_strings(package, book.shared_strings_part)
    context = Context(strings, looks(package, book.styles_part), book.date1904)
    return read_grid(package, sheet.part, sheet.name, context)


def _prove(old: Package, new: Package, lists: Sheet | None) -> None:
    """Only what lists tabs, names, types and styles changed; no cell of the lists did."""
    was, now = Book.of(old), Book.of(new)
    may = {was.workbook_part, was.styles_part, was.calc_chain_part, "[Content_Types].xml"}
    may |= {name for name in old.names if name.endswith("workbook.xml.rels")}
    may |= {lists.part} if lists else set()
    folded = {name.casefold() for name in may}
    for name in old.names:
        same = name in new and old.read(name) == new.read(name)
        if name.casefold() not in folded and not same:
            raise failed(f"the part {name} changed")
    if lists is not None:
        _prove_lists(_grid(old, was, lists), _grid(new, now, lists))


def _prove_lists(was: Grid, now: Grid) -> None:
    for number, cells in was.columns.items():
        told = dict(zip(now.rows, now.column(number), strict=True))
        if any(told.get(row) != cell for row, cell in zip(was.rows, cells, strict=True)):
            raise failed("a list changed")
