"""Checks of a whole file before anything parses it: only bytes, zip fields and expressions.

A file that passes is a sound zip with a workbook in it, unpacks to a bounded size and has no
document types. What is left to go wrong (slow or deep content) is bounded by the worker.
"""

from __future__ import annotations

import re

from sheetsync.backends.xlsx.directory import MAX_TOTAL, unreadable
from sheetsync.backends.xlsx.markup import has_document_type, range_corners
from sheetsync.backends.xlsx.package import Package
from sheetsync.backends.xlsx.parts import no_workbook
from sheetsync.backends.xlsx.sniff import refuse_other_kinds
from sheetsync.model.values import show

MAX_MERGES, MAX_MERGED_CELLS = 20_000, 1_000_000
_MAX_DEPTH, _DEPTH_CHECKED = 200, 4 << 20
_DECLARED = re.compile(rb"""^\s*<\?xml[^>]*?encoding\s*=\s*["']([^"']*)["']""")
_ENCODINGS = (b"utf-8", b"us-ascii", b"ascii")
_TAG = re.compile(rb"<(/?)[\w:][^<>]*?(/?)>")
_MERGE = re.compile(rb'<(?:\w+:)?mergeCell [^>]*?ref="([^"]*)"')
_WORKBOOK = re.compile(rb"/relationships/officeDocument[\"']")
_WORKSHEET = re.compile(rb"/relationships/worksheet[\"']")


def preflight(data: bytes) -> None:
    """Raise ``WorkbookUnreadable`` (with a code and one sentence) unless the file may be read."""
    refuse_other_kinds(data)
    package = Package.open(data)
    _check_kind(package)
    total = 0
    worksheets = False
    for name in package.names:
        part = package.read(name)
        total += len(part)
        if total > MAX_TOTAL:
            raise unreadable("too_big", "The file unpacks to more than 300 MB; make it smaller")
        if _is_xml(name, part):
            _check_xml(name, part)
        worksheets = worksheets or (name.endswith(".rels") and bool(_WORKSHEET.search(part)))
    if not worksheets:
        raise unreadable(
            "no_worksheets",
            "The workbook has no worksheets (only charts or macros, or its list of sheets is "
            "damaged); open it in Excel, add a sheet and save it",
        )


def write_refusal(source: bytes | Package) -> str | None:
    """Why the workbook must not be written (signed, or protected by its label); None: it may."""
    package = source if isinstance(source, Package) else Package.open(source)
    if any(name.casefold().startswith("_xmlsignatures/") for name in package.names):
        return (
            "The workbook is digitally signed and writing would break the signature; remove it in "
            "Excel (File, Info, View Signatures) or work on a copy. Nothing was changed."
        )
    label = package.find("docMetadata/LabelInfo.xml")
    bits = re.findall(rb'contentBits="([0-9]{1,4})"', package.read(label)) if label else []
    if any(int(number) & 8 for number in bits):
        return (
            "The workbook's sensitivity label protects its content, so it is only read; work on a "
            "copy with another label. Nothing was changed."
        )
    return None


def _check_kind(package: Package) -> None:
    kind = package.read(package.find("mimetype")) if package.find("mimetype") else b""
    if b"opendocument" in kind or b"sun.xml" in kind:
        raise unreadable(
            "ods",
            "The file is an OpenDocument file (.ods); open it in LibreOffice or Excel and save it "
            "as Excel Workbook (.xlsx)",
        )
    if package.find("xl/workbook.bin"):
        raise unreadable(
            "xlsb",
            "The file is a binary workbook (.xlsb); open it in Excel and save it as Excel "
            "Workbook (.xlsx)",
        )
    if not package.find("[Content_Types].xml"):
        raise no_workbook()
    rels = package.find("_rels/.rels")
    if not rels or not _WORKBOOK.search(package.read(rels)):
        raise no_workbook()
    if package.find("word/document.xml") or package.find("ppt/presentation.xml"):
        raise no_workbook()


def _is_xml(name: str, part: bytes) -> bool:
    if name.casefold().endswith((".xml", ".rels", ".vml")):
        return True
    return part[:64].lstrip(b"\xef\xbb\xbf\xff\xfe\0 \t\r\n").startswith(b"<")


def _check_xml(name: str, part: bytes) -> None:
    start = part[:4]
    wide = start.startswith((b"\xff\xfe", b"\xfe\xff")) or b"\0" in start
    declared = _DECLARED.match(part[:256].removeprefix(b"\xef\xbb\xbf"))
    odd = declared is not None and declared[1].lower() not in _ENCODINGS
    if wide and b"<\0!\0D\0O\0C\0T" in part.replace(b"\0<", b"<\0", 1):
        raise has_document_type(name)
    if (wide or odd) and not name.casefold().startswith("customxml/"):
        raise unreadable(
            "encoding",
            f"The part {show(name)} is not written in UTF-8, as spreadsheet programs write it; "
            "open the file in Excel and save it under a new name",
        )
    if b"!" in part and (b"<!DOCTYPE" in part or b"<!ENTITY" in part):
        raise has_document_type(name)
    start_of_rows, end_of_rows = part.find(b"<sheetData"), part.rfind(b"</sheetData")
    rest = part if start_of_rows < 0 else part[:start_of_rows] + part[max(end_of_rows, 0) :]
    if len(rest) <= _DEPTH_CHECKED:
        _check_depth(name, rest)
    _check_merges(name, rest)


def _check_depth(name: str, part: bytes) -> None:
    if part.count(b"<") < _MAX_DEPTH:
        return
    depth = 0
    for end, empty in _TAG.findall(part):
        if end:
            depth -= 1
        elif not empty:
            depth += 1
            if depth > _MAX_DEPTH:
                raise unreadable(
                    "too_deep",
                    f"The part {show(name)} nests elements more than {_MAX_DEPTH} deep, as only "
                    "forged files do; do not trust this file",
                )


def _check_merges(name: str, part: bytes) -> None:
    if part.count(b"mergeCell ") > MAX_MERGES:
        raise _merges(name, f"more than {MAX_MERGES:,} merged areas")
    for ref in _MERGE.findall(part):
        try:
            first, last, left, right = range_corners(ref.decode("ascii"))
        except ValueError:
            continue  # the reader refuses it, naming the part
        if (last - first + 1) * (right - left + 1) > MAX_MERGED_CELLS:
            raise _merges(name, f"a merged area of more than {MAX_MERGED_CELLS:,} cells")


def _merges(name: str, what: str) -> Exception:
    return unreadable(
        "merges",
        f"The sheet stored as {show(name)} has {what}, which programs cannot handle; unmerge the "
        "cells in Excel and save it again",
    )
