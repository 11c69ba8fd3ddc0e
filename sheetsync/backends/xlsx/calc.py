"""What tells a spreadsheet program to calculate: the calculation chain and the load setting."""

from __future__ import annotations

import posixpath
import re

from sheetsync.backends.xlsx.draft import Draft

_CALC = re.compile(rb"<(?:[\w.-]+:)?calcPr(?=[\s/>])[^>]*>")
_FULL = re.compile(rb"""(\sfullCalcOnLoad\s*=\s*["'])([^"']*)(["'])""")
_BEFORE_CALC = (b"definedNames", b"externalReferences", b"functionGroups", b"sheets")
_FORMULA = re.compile(rb"<(?:[\w.-]+:)?f[\s/>]")


def drop_calc_chain(draft: Draft) -> None:
    """Take away the list of formula cells, which Excel makes anew; a stale one is "damage"."""
    part = draft.book.calc_chain_part
    if not part:
        return
    draft.remove(part)
    workbook = draft.book.workbook_part
    rel_id = next(r.id for r in draft.book.rels(workbook) if r.target_part == part)
    folder, base = posixpath.split(workbook)
    rels = draft.package.find(posixpath.join(folder, "_rels", f"{base}.rels"))
    draft.write(rels, _without(draft.read(rels), b"Relationship", b"Id", rel_id.encode()))
    types = draft.package.find("[Content_Types].xml")
    told = _without(draft.read(types), b"Override", b"PartName", b"/" + part.encode())
    draft.write(types, told)


def _without(xml: bytes, element: bytes, attribute: bytes, value: bytes) -> bytes:
    pattern = rb"""<(?:[\w.-]+:)?%b\s[^>]*?\b%b\s*=\s*["']%b["'][^>]*?/>"""
    return re.sub(pattern % (element, attribute, re.escape(value)), b"", xml, flags=re.IGNORECASE)


def has_formulas(draft: Draft) -> bool:
    """Whether any sheet holds a formula."""
    if draft.book.calc_chain_part:
        return True
    return any(_FORMULA.search(draft.read(sheet.part)) for sheet in draft.book.sheets)


def calculate_on_load(draft: Draft) -> None:
    """Ask spreadsheet programs to calculate everything when they open the file, if need be."""
    part = draft.book.workbook_part
    xml = draft.read(part)
    match = _CALC.search(xml)
    setting = _FULL.search(match[0]) if match else None
    if (setting and setting[2] in (b"1", b"true")) or not has_formulas(draft):
        return
    draft.write(part, _with_setting(xml, match, setting))


def _with_setting(
    xml: bytes, match: re.Match[bytes] | None, setting: re.Match[bytes] | None
) -> bytes:
    if match and setting:
        told = match[0][: setting.start()] + rb' fullCalcOnLoad="1"' + match[0][setting.end() :]
        return xml[: match.start()] + told + xml[match.end() :]
    if match:
        end = match.end() - (2 if match[0].endswith(b"/>") else 1)
        return xml[:end] + b' fullCalcOnLoad="1"' + xml[end:]
    for name in _BEFORE_CALC:
        last = re.search(rb"</((?:[\w.-]+:)?)%b\s*>|<((?:[\w.-]+:)?)%b\s*/>" % (name, name), xml)
        if last:
            prefix = last[1] or last[2] or b""
            told = b'<%bcalcPr fullCalcOnLoad="1"/>' % prefix
            return xml[: last.end()] + told + xml[last.end() :]
    return xml
