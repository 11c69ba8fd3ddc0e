"""Hostile and damaged files, each made in a few lines; none is shipped."""

import io
import struct
import zipfile
from collections.abc import Iterator
from functools import cache

import xlsxwriter

from sheetsync.backends.xlsx.package import Package

NS = "http://schemas.openxmlformats.org/spreadsheetml/2006/main"
SHEET, STRINGS, BOOK = "xl/worksheets/sheet1.xml", "xl/sharedStrings.xml", "xl/workbook.xml"
OLE = b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1"
DTD = b'<!DOCTYPE a [<!ENTITY b "bbbb"><!ENTITY c "&b;&b;">]>'


@cache
def good() -> bytes:
    """A small sound tracker workbook."""
    out = io.BytesIO()
    with xlsxwriter.Workbook(out, {"in_memory": True}) as workbook:
        sheet = workbook.add_worksheet("Deals")
        sheet.write_row(0, 0, ["Deal ID", "Deal name", "Amount"])
        for row in range(1, 30):
            sheet.write_row(row, 0, [f"D-{row}", f"Deal {row} & more", row * 1.5])
        sheet.write_formula("D2", "=C2*2", None, 3)
    return out.getvalue()


def parts() -> dict[str, bytes]:
    package = Package.open(good())
    return {name: package.read(name) for name in package.names}


def patched(changes: dict[str, bytes | None]) -> bytes:
    return Package.open(good()).with_parts(changes)


def replaced(name: str, old: bytes, new: bytes) -> bytes:
    part = Package.open(good()).read(name)
    assert old in part
    return patched({name: part.replace(old, new, 1)})


def sheet_of(rows: str, tail: str = "", head: str = "") -> bytes:
    text = f'<worksheet xmlns="{NS}">{head}<sheetData>{rows}</sheetData>{tail}</worksheet>'
    return patched({SHEET: text.encode("utf-8", "surrogatepass")})


def cell(content: str) -> bytes:
    header = "".join(
        f'<c r="{column}1" t="inlineStr"><is><t>{title}</t></is></c>'
        for column, title in zip("ABC", ("Deal ID", "Deal name", "Amount"), strict=True)
    )
    return sheet_of(f'<row r="1">{header}</row><row r="2">{content}</row>')


def strings_of(content: str) -> bytes:
    return patched({STRINGS: f'<sst xmlns="{NS}">{content}</sst>'.encode("utf-8", "surrogatepass")})


def zipped(entries: list[tuple[str, bytes]]) -> bytes:
    import warnings

    out = io.BytesIO()
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # two entries of one name are the point
        with zipfile.ZipFile(out, "w", zipfile.ZIP_DEFLATED) as z:
            for name, content in entries:
                z.writestr(name, content)
    return out.getvalue()


def with_entry(name: str, content: bytes = b"<a/>") -> bytes:
    return zipped([*parts().items(), (name, content)])


def lying_size(size: int) -> bytes:
    """The sheet's directory entry declares another inflated size."""
    data = bytearray(good())
    at = data.index(b"PK\1\2")
    while not data[at + 46 :].startswith(SHEET.encode()):
        at = data.index(b"PK\1\2", at + 4)
    struct.pack_into("<L", data, at + 24, size)
    return bytes(data)


def nested_overlap() -> bytes:
    """One entry's data contains another whole entry."""
    inner = zipped([("xl/inner.xml", b"<a/>" * 50)])
    local = inner[: inner.index(b"PK\1\2")]
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w", zipfile.ZIP_STORED) as z:
        for name, content in parts().items():
            z.writestr(name, content)
        z.writestr("xl/outer.bin", local)
    data = out.getvalue()
    at, end = data.index(local), data.index(b"PK\5\6")
    central = bytearray(inner[inner.index(b"PK\1\2") : inner.index(b"PK\5\6")])
    struct.pack_into("<L", central, 42, at)
    count, size, offset = struct.unpack_from("<HLL", data, end + 10)
    tail = struct.pack(
        "<4s4H2LH", b"PK\5\6", 0, 0, count + 1, count + 1, size + len(central), offset, 0
    )
    return data[:end] + bytes(central) + tail


def utf16(text: bytes) -> bytes:
    return text.decode().encode("utf-16")


def deep(count: int) -> bytes:
    return b"<a>" * count + b"</a>" * count


def bomb(megabytes: int) -> bytes:
    return b"<worksheet><sheetData>" + b" " * (megabytes << 20) + b"</sheetData></worksheet>"


def _other_kinds() -> Iterator[tuple[str, str, bytes]]:
    yield "empty file", "empty", b""
    yield "zeros", "empty", bytes(5000)
    yield "empty zip", "not_a_workbook", zipped([])
    yield "pdf", "pdf", b"%PDF-1.7 ..."
    yield "rtf", "rtf", b"{\\rtf1 hello}"
    yield "gzip", "gzip", b"\x1f\x8b\x08" + bytes(50)
    yield "picture", "image", b"\x89PNG\r\n\x1a\n"
    yield "csv", "csv", b"Deal ID;Amount\nD-1;5\n"
    yield "csv utf-16", "csv", "Deal ID;Amount\n".encode("utf-16")
    yield "html", "html", b"<html><table><tr><td>1</td></tr></table></html>"
    yield "html with bom", "html", b"\xef\xbb\xbf\n<!DOCTYPE html><html/>"
    yield (
        "xml 2003",
        "xml_2003",
        (b'<?xml version="1.0"?><Workbook xmlns="urn:schemas-microsoft-com:office:spreadsheet"/>'),
    )
    yield "random", "not_zip", bytes(range(256)) * 10
    yield "old xls", "xls", OLE + bytes(500) + "Workbook".encode("utf-16-le")
    yield "bare biff", "xls", b"\x09\x08\x10\x00" + bytes(50)
    yield "encrypted", "encrypted", OLE + bytes(500) + "EncryptedPackage".encode("utf-16-le")
    yield (
        "rights managed",
        "rights_managed",
        OLE + ("EncryptedPackage DRMEncryptedTransform".encode("utf-16-le")),
    )
    yield "old word", "other_office", OLE + "WordDocument".encode("utf-16-le")
    ods = [
        ("mimetype", b"application/vnd.oasis.opendocument.spreadsheet"),
        ("content.xml", b"<a/>"),
    ]
    yield "ods", "ods", zipped(ods)
    yield "xlsb", "xlsb", zipped([("[Content_Types].xml", b"<a/>"), ("xl/workbook.bin", b"1")])
    yield "docx", "not_a_workbook", with_entry("word/document.xml")
    yield "plain zip", "not_a_workbook", zipped([("readme.txt", b"hi")])
    yield "no content types", "not_a_workbook", patched({"[Content_Types].xml": None})
    yield "no root relationships", "not_a_workbook", patched({"_rels/.rels": None})
    yield "no workbook part", "not_a_workbook", patched({BOOK: None})
    yield "no worksheets", "no_worksheets", patched({"xl/_rels/workbook.xml.rels": b"<a/>"})


def _forged_zips() -> Iterator[tuple[str, str, bytes]]:
    data = good()
    yield "trailing half", "truncated", data[: len(data) // 2]
    yield "without its end", "truncated", data[:-22]
    yield "tail of a zip", "not_zip", data[100:]
    yield "path up", "unsafe_name", with_entry("../evil.xml")
    yield "path up inside", "unsafe_name", with_entry("xl/../../evil.xml")
    yield "absolute path", "unsafe_name", with_entry("/etc/evil.xml")
    yield "drive path", "unsafe_name", with_entry("C:/evil.xml")
    yield "backslash path", "unsafe_name", with_entry("..\\evil.xml")
    yield "two of one name", "duplicate_part", with_entry(SHEET, b"<worksheet/>")
    yield "two names by case", "duplicate_part", with_entry("XL/Worksheets/SHEET1.xml")
    yield "nested overlap", "overlap", nested_overlap()
    yield "ratio bomb", "too_big", patched({SHEET: bomb(40)})
    many = [(f"xl/media/{i}", b"") for i in range(5001)]
    yield "too many parts", "too_many_parts", zipped([*parts().items(), *many])
    yield "declares too much", "too_big", lying_size(200 << 20)
    yield "declares too little", "damaged", lying_size(10)
    yield "declares too much by a little", "damaged", lying_size(50_000)
    broken = bytearray(data)
    at = broken.index(SHEET.encode()) + len(SHEET) + 40
    broken[at : at + 8] = b"\xff" * 8
    yield "bad bytes in a part", "damaged", bytes(broken)
    locked = bytearray(data)
    locked[locked.index(b"PK\1\2") + 8] |= 1
    yield "locked entry", "odd_zip", bytes(locked)
    packed = bytearray(data)
    packed[packed.index(b"PK\1\2") + 10] = 99
    yield "odd packing", "odd_zip", bytes(packed)


def _bad_parts() -> Iterator[tuple[str, str, bytes]]:
    for name in (SHEET, STRINGS, BOOK, "[Content_Types].xml", "xl/styles.xml", "docProps/app.xml"):
        text = parts()[name]
        at = text.index(b"?>") + 2
        yield (
            f"document type in {name}",
            "document_type",
            patched({name: text[:at] + DTD + text[at:]}),
        )
    yield (
        "external entity",
        "document_type",
        patched({"customXml/item1.xml": b'<!DOCTYPE a SYSTEM "file:///etc/passwd"><a/>'}),
    )
    yield (
        "document type in a foreign part",
        "document_type",
        with_entry("xl/odd.bin", DTD + b"<a/>"),
    )
    wide = utf16(DTD + b"<a/>")
    yield "document type in utf-16", "document_type", with_entry("customXml/item1.xml", wide)
    yield "utf-16 sheet", "encoding", patched({SHEET: utf16(parts()[SHEET])})
    yield "utf-7 sheet", "encoding", replaced(SHEET, b"UTF-8", b"UTF-7")
    yield "ebcdic declared", "encoding", replaced(BOOK, b"UTF-8", b"cp037")
    yield "deep part", "too_deep", patched({"xl/styles.xml": deep(100_000)})
    yield "deep tail", "too_deep", sheet_of("", deep(5000).decode())
    yield (
        "giant merge",
        "merges",
        sheet_of("", '<mergeCells count="1"><mergeCell ref="A1:XFD1048576"/></mergeCells>'),
    )
    merges = "".join(f'<mergeCell ref="A{i}:B{i}"/>' for i in range(1, 20_003))
    yield "many merges", "merges", sheet_of("", f"<mergeCells>{merges}</mergeCells>")


def _content_attacks() -> Iterator[tuple[str, str, bytes]]:
    yield "sheet cut off", "bad_xml", replaced(SHEET, b"</worksheet>", b"")
    yield "sheet tag crossed", "bad_xml", replaced(SHEET, b"</row>", b"</rwo>")
    yield "sheet empty", "bad_xml", patched({SHEET: b""})
    yield "workbook malformed", "bad_xml", replaced(BOOK, b"</workbook>", b"")
    yield "workbook is no workbook", "not_a_workbook", patched({BOOK: b"<other/>"})
    yield "styles malformed", "bad_xml", replaced("xl/styles.xml", b"</styleSheet>", b"")
    yield "strings malformed", "bad_xml", replaced(STRINGS, b"</sst>", b"")
    yield "lone ampersand", "bad_xml", cell('<c r="A2" t="str"><v>a & b</v></c>')
    yield "unknown entity", "bad_xml", cell('<c r="A2" t="str"><v>&evil;</v></c>')
    yield "impossible character", "bad_xml", cell('<c r="A2" t="str"><v>&#0;</v></c>')
    yield "control character", "bad_xml", cell('<c r="A2" t="str"><v>\x01</v></c>')
    yield "nul", "bad_xml", cell('<c r="A2" t="str"><v>\0</v></c>')
    yield "surrogate in utf-8", "bad_xml", cell('<c r="A2" t="str"><v>\ud800</v></c>')
    yield "latin-1 bytes", "bad_xml", replaced(STRINGS, b"Deal name", b"Deal \xe9name")
    yield "a cell three times", "same_cell_twice", cell('<c r="A2"><v>1</v></c>' * 3)
    yield "a row twice", "same_cell_twice", sheet_of('<row r="2"><c r="A2"><v>1</v></c></row>' * 2)
    yield "row beyond the sheet", "bad_xml", sheet_of('<row r="1048577"><c r="A1048577"/></row>')
    yield "row zero", "bad_xml", sheet_of('<row r="0"><c r="A0"><v>1</v></c></row>')
    yield "column beyond the sheet", "bad_xml", cell('<c r="XFE2"><v>1</v></c>')
    yield "cell of another row", "bad_xml", cell('<c r="A9"><v>1</v></c>')
    yield "address nonsense", "bad_xml", cell('<c r="??"><v>1</v></c>')
    yield "deep cell", "bad_xml", cell(f'<c r="A2"><is>{deep(50_000).decode()}</is></c>')
    yield "bad merge", "bad_xml", sheet_of("", '<mergeCells><mergeCell ref="A0:??"/></mergeCells>')


def refused() -> dict[str, tuple[str, bytes]]:
    """Files that must be refused: name of the attack: (code, file)."""
    return {
        name: (code, data)
        for attacks in (_other_kinds(), _forged_zips(), _bad_parts(), _content_attacks())
        for name, code, data in attacks
    }


def sound() -> dict[str, bytes]:
    """Odd files that must be read, bounded and without harm."""
    row = '<row r="{0}"><c r="A{0}"><v>1</v></c></row>'
    far = '<row r="1048576"><c r="XFD1048576"><v>1</v></c></row>'
    rels = "xl/_rels/workbook.xml.rels"
    return {
        "far cell": sheet_of(row.format(1) + far),
        "dimension lie": replaced(SHEET, b'ref="A1:D30"', b'ref="A1:XFD1048576"'),
        "long text": cell(f'<c r="A2" t="str"><v>{"x" * 40_000}</v></c>'),
        "nul escape": cell('<c r="A2" t="str"><v>a_x0000_b</v></c>'),
        "lone surrogate escape": cell('<c r="A2" t="str"><v>_xD800_</v></c>'),
        "noncharacter": cell('<c r="A2" t="str"><v>\ufdd0\U0001fffe</v></c>'),
        "bidi": cell('<c r="A2" t="str"><v>\u202eevil\u2066</v></c>'),
        "formula text": cell('<c r="A2" t="str"><v>=cmd|/c calc!A1</v></c>'),
        "huge integer": cell(f'<c r="A2"><v>{"9" * 5000}</v></c>'),
        "nan": cell('<c r="A2"><v>NaN</v></c>'),
        "1e400": cell('<c r="A2"><v>1e400</v></c>'),
        "bad style": cell('<c r="A2" s="99999"><v>1</v></c>'),
        "huge style": cell(f'<c r="A2" s="{"9" * 100}"><v>1</v></c>'),
        "bad string index": cell('<c r="A2" t="s"><v>123456789</v></c>'),
        "huge string index": cell(f'<c r="A2" t="s"><v>{"9" * 500}</v></c>'),
        "bad date": cell('<c r="A2" t="d"><v>2024-13-45</v></c>'),
        "orphan shared formula": cell('<c r="A2"><f t="shared" si="7"/><v>1</v></c>'),
        "rich runs": strings_of("<si>" + "<r><t>ab</t></r>" * 50_000 + "</si>"),
        "many empty strings": strings_of("<si><t/></si>" * 100_000),
        "phonetic only": strings_of("<si><rPh sb='0' eb='1'><t>x</t></rPh></si>" * 1000),
        "every row another column": sheet_of("".join(map(_diagonal, range(1, 3000)))),
        "wide row": sheet_of('<row r="1">' + "<c><v>1</v></c>" * 16_384 + "</row>"),
        "cells without addresses": sheet_of("<row><c><v>1</v></c></row>" * 100),
        "rows upside down": sheet_of("".join(row.format(i) for i in range(500, 0, -1))),
        "comments": sheet_of("<!-- <row r='1'/> -->" + row.format(1)),
        "cdata": cell('<c r="A2" t="str"><v><![CDATA[<b>&]]></v></c>'),
        "processing instruction": sheet_of("<?odd thing?>" + row.format(1)),
        "no sheet data": patched({SHEET: f'<worksheet xmlns="{NS}"/>'.encode()}),
        "strict": _strict(),
        "macros": with_entry("xl/vbaProject.bin", b"\0\1"),
        "signed": with_entry("_xmlsignatures/sig1.xml"),
        "utf-16 custom part": with_entry("customXml/item1.xml", utf16(b"<a/>")),
        "streamed zip": _streamed(),
        "zip comment": _commented(),
        "external target": replaced(
            rels,
            b"</Relationships>",
            b'<Relationship Id="x1" Type="http://a/externalLink" Target="file:///etc/passwd" '
            b'TargetMode="External"/></Relationships>',
        ),
        "relationship up and out": replaced(
            rels,
            b"</Relationships>",
            b'<Relationship Id="x1" Type="http://a/table" Target="../../../../etc/passwd"/>'
            b"</Relationships>",
        ),
        "catastrophic attributes": cell('<c r="A2" ' + 'a="' * 20_000 + '"><v>1</v></c>'),
        "catastrophic spaces": sheet_of(" " * 200_000 + row.format(1) + " " * 200_000),
        "open brackets in a formula": cell(f'<c r="A2"><f>{"[" * 20_000}</f><v>1</v></c>'),
        "open quotes in a shared formula": cell(
            f'<c r="A2"><f t="shared" ref="A2:B2" si="0">{"&quot;[" * 9_999}</f><v>1</v></c>'
            '<c r="B2"><f t="shared" si="0"/><v>1</v></c>'
        ),
    }


def _diagonal(row: int) -> str:
    letters = chr(65 + row % 26) + chr(65 + row // 26 % 26)
    return f'<row r="{row}"><c r="{letters}{row}"><v>1</v></c></row>'


def _strict() -> bytes:
    changes: dict[str, bytes | None] = {}
    for name, text in parts().items():
        strict = text.replace(NS.encode(), b"http://purl.oclc.org/ooxml/spreadsheetml/main")
        changes[name] = strict.replace(
            b"http://schemas.openxmlformats.org/officeDocument/2006/relationships",
            b"http://purl.oclc.org/ooxml/officeDocument/relationships",
        )
    return patched(changes)


def _streamed() -> bytes:
    class Pipe:
        data = b""

        def write(self, data: bytes) -> int:
            self.data += data
            return len(data)

        def flush(self) -> None:
            pass

    out = Pipe()
    with zipfile.ZipFile(out, "w", zipfile.ZIP_DEFLATED) as z:
        for name, content in parts().items():
            z.writestr(name, content)
    return out.data


def _commented() -> bytes:
    out = io.BytesIO(good())
    with zipfile.ZipFile(out, "a") as z:
        z.comment = b"PK\5\6 is not the end" + b"x" * 100
    return out.getvalue()


def mutants(seed: int, count: int) -> Iterator[bytes]:
    """The good file with a few bytes changed; half of them inside parts whose CRC is mended."""
    import random

    choose = random.Random(seed)
    data, texts = good(), parts()
    for i in range(count):
        if i % 2:
            broken = bytearray(data)
            for _ in range(choose.randrange(1, 6)):
                broken[choose.randrange(len(broken))] = choose.randrange(256)
            yield bytes(broken)
        else:
            name = choose.choice([SHEET, SHEET, STRINGS, BOOK, "xl/styles.xml", "_rels/.rels"])
            text = bytearray(texts[name])
            for _ in range(choose.randrange(1, 4)):
                at = choose.randrange(len(text))
                text[at : at + choose.randrange(3)] = choose.choice(
                    [
                        b"<",
                        b">",
                        b'"',
                        b"",
                        b"&",
                        b"\0",
                        b"/",
                        b"9" * 20,
                        bytes([choose.randrange(256)]),
                    ]
                )
            yield patched({name: bytes(text)})
