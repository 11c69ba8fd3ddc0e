"""Workbooks as people make them: the small tracker with everything a sync must not touch.

What XlsxWriter draws is drawn; what it cannot (pivots, threaded comments, slicers, macros ...) is
put into the package as raw parts with their relationships and content types.
"""

from __future__ import annotations

import io
import struct
import zipfile
import zlib
from collections.abc import Callable, Mapping
from datetime import datetime
from typing import Any

import openpyxl
from openpyxl.chart import BarChart, Reference
from openpyxl.comments import Comment

from tests.frame.small_tracker import draw

MAIN = "http://schemas.openxmlformats.org/spreadsheetml/2006/main"
OFFICE = "http://schemas.openxmlformats.org/officeDocument/2006/relationships"
TYPE = "application/vnd.openxmlformats-officedocument.spreadsheetml"
MICROSOFT = "http://schemas.microsoft.com/office"
DAY = datetime(2026, 3, 1)
DEALS = tuple((f"D-{i}", f"P-{i % 4}", i * 12.5, DAY) for i in range(1, 25))


def png() -> bytes:
    """A picture of one red point."""

    def chunk(kind: bytes, body: bytes) -> bytes:
        return (
            struct.pack(">I", len(body)) + kind + body + struct.pack(">I", zlib.crc32(kind + body))
        )

    head = struct.pack(">2I5B", 1, 1, 8, 2, 0, 0, 0)
    body = zlib.compress(b"\0\xff\0\0")
    return b"\x89PNG\r\n\x1a\n" + chunk(b"IHDR", head) + chunk(b"IDAT", body) + chunk(b"IEND", b"")


def _own_things(book: Any, sheets: Any) -> None:
    """What people add with the mouse: a tab, columns, charts, pictures, formats, notes."""
    mine = book.add_worksheet("My notes & plans")
    bold = book.add_format({"bold": True, "bg_color": "#FFEE00"})
    mine.write_row(0, 0, ["Topic", "When", "Sum"], bold)
    mine.write_formula(1, 2, "=SUM(tblDeals[Amount])", None, 10)
    mine.write_formula(2, 2, "='KPI Monthly'!C2*2", None, 0)
    mine.write_rich_string(3, 0, "a ", bold, "bold", " word")
    mine.merge_range("E1:F2", "merged", bold)
    mine.insert_image("H2", "point.png", {"image_data": io.BytesIO(png())})
    mine.add_sparkline("D2", {"range": "Deals!C2:C9"})
    mine.write_url(5, 0, "internal:Deals!A1", None, "to the deals")
    deals = sheets["Deals"]
    deals.write_row(0, 6, ["Mine", "Twice", "Spill"], bold)
    for row in range(1, 20, 2):
        deals.write(row, 6, f"note {row}", bold)
        deals.write_formula(row, 7, f"=C{row + 1}*2", bold, row * 25)
    deals.write_dynamic_array_formula("I2", "=_xlfn.UNIQUE(B2:B25)", None, "P-1")
    deals.write_comment("B2", "please check")
    deals.conditional_format("C2:C25", {"type": "data_bar", "data_bar_2010": True})
    deals.conditional_format("G2:G99", {"type": "no_blanks", "format": bold})
    deals.data_validation("B2:B25", {"validate": "list", "source": ["P-1", "P-2"]})
    deals.freeze_panes(1, 1)
    kpis = sheets["KPI Monthly"]
    kpis.write(0, 6, "Beside the table")
    kpis.write(2, 6, "stays", bold)
    kpis.write(40, 7, 41)
    chart = book.add_chart({"type": "column"})
    chart.add_series({"values": "=Deals!$C$2:$C$25", "categories": "=Deals!$A$2:$A$25"})
    sheets["Dashboard"].insert_chart("H2", chart)
    sheets["Dashboard"].write(20, 0, "a word of mine", bold)


def inject(
    data: bytes,
    parts: Mapping[str, bytes],
    rels: Mapping[str, list[tuple[str, str, str]]],
    types: Mapping[str, str],
    edits: Mapping[str, Callable[[bytes], bytes]],
) -> bytes:
    """Add raw parts, relationships (source: id, type, target) and content types to a package."""
    with zipfile.ZipFile(io.BytesIO(data)) as source:
        content = {name: source.read(name) for name in source.namelist()}
    content.update(parts)
    for part, entries in rels.items():
        folder, _, base = part.rpartition("/")
        name = f"{folder}/_rels/{base}.rels".lstrip("/")
        empty = (
            b'<Relationships xmlns="http://schemas.openxmlformats.org/package/2006/relationships">'
            b"</Relationships>"
        )
        mode = {True: ' TargetMode="External"', False: ""}
        told = "".join(
            f'<Relationship Id="{i}" Type="{kind}" Target="{target}"{mode["://" in target]}/>'
            for i, kind, target in entries
        )
        content[name] = content.get(name, empty).replace(
            b"</Relationships>", told.encode() + b"</Relationships>"
        )
    named = "".join(
        f'<Override PartName="/{name}" ContentType="{kind}"/>' for name, kind in types.items()
    )
    binary = '<Default Extension="bin" ContentType="application/octet-stream"/>'
    told = content["[Content_Types].xml"].replace(b"</Types>", f"{named}</Types>".encode())
    if b'Extension="bin"' not in told:
        told = told.replace(b"<Override", binary.encode() + b"<Override", 1)
    content["[Content_Types].xml"] = told
    for name, edit in edits.items():
        content[name] = edit(content[name])
    file = io.BytesIO()
    with zipfile.ZipFile(file, "w", zipfile.ZIP_DEFLATED) as target:
        for name, body in content.items():
            target.writestr(name, body)
    return file.getvalue()


_PIVOT_CACHE = f"""<?xml version="1.0" encoding="UTF-8" standalone="yes"?>
<pivotCacheDefinition xmlns="{MAIN}" xmlns:r="{OFFICE}" r:id="rId1" refreshedBy="x" \
createdVersion="6" refreshedVersion="6" recordCount="0"><cacheSource type="worksheet">\
<worksheetSource name="tblDeals"/></cacheSource><cacheFields count="1"><cacheField name="Deal ID" \
numFmtId="0"><sharedItems/></cacheField></cacheFields></pivotCacheDefinition>"""
_PIVOT = f"""<?xml version="1.0" encoding="UTF-8" standalone="yes"?>
<pivotTableDefinition xmlns="{MAIN}" name="Pivot" cacheId="7" dataCaption="Values">\
<location ref="A20:B22" firstHeaderRow="1" firstDataRow="1" firstDataCol="1"/>\
<pivotFields count="1"><pivotField showAll="0"/></pivotFields></pivotTableDefinition>"""
_THREAD = f"""<ThreadedComments xmlns="{MICROSOFT}/spreadsheetml/2018/threadedcomments">\
<threadedComment ref="B2" dT="2026-01-01T00:00:00.00" personId="{{1}}" id="{{2}}"><text>why?</text>\
</threadedComment></ThreadedComments>"""
_PERSONS = f"""<personList xmlns="{MICROSOFT}/spreadsheetml/2018/threadedcomments">\
<person displayName="someone" id="{{1}}" userId="x" providerId="None"/></personList>"""
_SLICER = f'<slicers xmlns="{MICROSOFT}/spreadsheetml/2009/9/main"><slicer name="S"/></slicers>'
_EXTERNAL = f"""<externalLink xmlns="{MAIN}"><externalBook xmlns:r="{OFFICE}" r:id="rId1">\
<sheetNames><sheetName val="Sheet1"/></sheetNames></externalBook></externalLink>"""
_EXTENSIONS = f"""<ext uri="{{CCE6A557-97BC-4b89-ADB6-D9C93CAAB3DF}}" \
xmlns:x14="{MICROSOFT}/spreadsheetml/2009/9/main"><x14:dataValidations count="1" \
xmlns:xm="{MICROSOFT}/excel/2006/main"><x14:dataValidation type="list" allowBlank="1">\
<x14:formula1><xm:f>Deals!$A$2:$A$9</xm:f></x14:formula1><xm:sqref>A9:A12</xm:sqref>\
</x14:dataValidation></x14:dataValidations></ext>"""


def _with_extension(xml: bytes) -> bytes:
    if b"<extLst>" in xml:
        return xml.replace(b"</extLst>", _EXTENSIONS.encode() + b"</extLst>")
    told = f"<extLst>{_EXTENSIONS}</extLst></worksheet>".encode()
    return xml.replace(b"</worksheet>", told)


def _with_links(xml: bytes) -> bytes:
    links = b'<externalReferences><externalReference r:id="rIdE"/></externalReferences>'
    pivots = b'<pivotCaches><pivotCache cacheId="7" r:id="rIdP"/></pivotCaches>'
    xml = xml.replace(b"</sheets>", b"</sheets>" + links)
    return xml.replace(b"</workbook>", pivots + b"</workbook>")


def drawn(*, macros: bool = False) -> bytes:
    """The tracker drawn by XlsxWriter with everything people and Excel add to a workbook."""
    data = draw(DEALS, _own_things)
    book, mine, deals = "xl/workbook.xml", "xl/worksheets/sheet5.xml", "xl/worksheets/sheet2.xml"
    parts = {
        "xl/pivotCache/pivotCacheDefinition1.xml": _PIVOT_CACHE,
        "xl/pivotCache/pivotCacheRecords1.xml": f'<pivotCacheRecords xmlns="{MAIN}" count="0"/>',
        "xl/pivotTables/pivotTable1.xml": _PIVOT,
        "xl/threadedComments/threadedComment1.xml": _THREAD,
        "xl/persons/person.xml": _PERSONS,
        "xl/slicers/slicer1.xml": _SLICER,
        "xl/externalLinks/externalLink1.xml": _EXTERNAL,
        "customXml/item1.xml": "<mine><![CDATA[<kept>]]></mine>",
    }
    raw = {name: text.encode() for name, text in parts.items()}
    raw["xl/printerSettings/printerSettings1.bin"] = bytes(range(256))
    rels = {
        book: [
            ("rIdP", f"{OFFICE}/pivotCacheDefinition", "pivotCache/pivotCacheDefinition1.xml"),
            ("rIdE", f"{OFFICE}/externalLink", "externalLinks/externalLink1.xml"),
            ("rIdX", f"{OFFICE}/customXml", "../customXml/item1.xml"),
            ("rIdW", f"{MICROSOFT}/2017/10/relationships/person", "persons/person.xml"),
        ],
        "xl/pivotCache/pivotCacheDefinition1.xml": [
            ("rId1", f"{OFFICE}/pivotCacheRecords", "pivotCacheRecords1.xml")
        ],
        mine: [
            ("rIdT", f"{OFFICE}/pivotTable", "../pivotTables/pivotTable1.xml"),
            ("rIdS", f"{MICROSOFT}/2007/relationships/slicer", "../slicers/slicer1.xml"),
        ],
        deals: [
            (
                "rIdC",
                f"{MICROSOFT}/2017/10/relationships/threadedComment",
                "../threadedComments/threadedComment1.xml",
            ),
            ("rIdB", f"{OFFICE}/printerSettings", "../printerSettings/printerSettings1.bin"),
        ],
        "xl/pivotTables/pivotTable1.xml": [
            (
                "rId1",
                f"{OFFICE}/pivotCacheDefinition",
                "../pivotCache/pivotCacheDefinition1.xml",
            )
        ],
        "xl/externalLinks/externalLink1.xml": [
            ("rId1", f"{OFFICE}/externalLinkPath", "file:///other.xlsx")
        ],
    }
    types = {
        "xl/pivotCache/pivotCacheDefinition1.xml": f"{TYPE}.pivotCacheDefinition+xml",
        "xl/pivotCache/pivotCacheRecords1.xml": f"{TYPE}.pivotCacheRecords+xml",
        "xl/pivotTables/pivotTable1.xml": f"{TYPE}.pivotTable+xml",
        "xl/externalLinks/externalLink1.xml": f"{TYPE}.externalLink+xml",
        "xl/threadedComments/threadedComment1.xml": "application/vnd.ms-excel.threadedcomments+xml",
        "xl/persons/person.xml": "application/vnd.ms-excel.person+xml",
        "xl/slicers/slicer1.xml": "application/vnd.ms-excel.slicer+xml",
    }
    edits = {book: _with_links, mine: _with_extension}
    if macros:
        raw["xl/vbaProject.bin"] = b"\xd0\xcf\x11\xe0" + bytes(200)
        project = f"{MICROSOFT}/2006/relationships/vbaProject"
        rels[book].append(("rIdV", project, "vbaProject.bin"))
        types["xl/vbaProject.bin"] = "application/vnd.ms-office.vbaProject"
        edits["[Content_Types].xml"] = lambda xml: xml.replace(
            f"{TYPE}.sheet.main+xml".encode(),
            b"application/vnd.ms-excel.sheet.macroEnabled.main+xml",
        )
    return inject(data, raw, rels, types, edits)


def saved_by_openpyxl() -> bytes:
    """The same tracker after a script of someone's went over it with openpyxl."""
    book = openpyxl.load_workbook(io.BytesIO(draw(DEALS)))
    mine = book.create_sheet("Scripted")
    mine.append(["a", 1, True])
    mine["A2"].comment = Comment("from a script", "script")
    chart = BarChart()
    chart.add_data(
        Reference(book["Deals"], min_col=3, min_row=1, max_row=25), titles_from_data=True
    )
    mine.add_chart(chart, "C3")
    book["Deals"]["G3"] = "=C3*3"
    book["KPI Monthly"]["G2"] = "beside"
    file = io.BytesIO()
    book.save(file)
    return file.getvalue()
