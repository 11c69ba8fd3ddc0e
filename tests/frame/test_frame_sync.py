"""A customised real tracker, edited and synced round after round: what is foreign stays."""

from __future__ import annotations

import random
from pathlib import Path

import pytest

from sheetsync.backends.xlsx import patch
from sheetsync.backends.xlsx.package import Package
from sheetsync.backends.xlsx.parts import Book
from sheetsync.backends.xlsx.reader import snapshot
from sheetsync.backends.xlsx.rows import cut
from sheetsync.catalog.tracker import LEAN
from sheetsync.model.tracker import Owner, Role
from tests.frame.customised import MAIN, MICROSOFT, OFFICE, TYPE, inject
from tests.frame.frame import foreign_cells, foreign_parts
from tests.libreoffice import needed, recalculated
from tests.trackers import demo_file, opened, synced

TYPED = (None, " won ", "Closed Won", 12, "1.234,50", "31.12.2025", "?", "P-0003", "reseler")
OWN_SHEET = f"""<worksheet xmlns="{MAIN}"><sheetData><row r="1"><c r="A1" t="inlineStr"><is>\
<t>ours</t></is></c><c r="B1"><f>COUNTA(Deals!A:A)</f><v>161</v></c></row></sheetData>\
</worksheet>"""


def typed(xml: bytes, cells: patch.Edits) -> bytes:
    """A sheet with these cells typed into it."""
    sheet = cut(xml)
    patch.set_cells(sheet, cells)
    return sheet.join()


def customised(path: Path) -> Path:
    """The demo tracker with macros, an own tab, own columns, threaded comments and the like."""
    data = demo_file(path).read_bytes()
    book = Book.of(Package.open(data))
    deals = next(sheet for sheet in book.sheets if sheet.name == "Deals").part
    parts = {
        "xl/worksheets/own.xml": OWN_SHEET.encode(),
        "xl/vbaProject.bin": b"\xd0\xcf\x11\xe0" + bytes(range(200)),
        "xl/printerSettings/printerSettings9.bin": bytes(range(256)),
        "xl/threadedComments/threadedComment9.xml": b"<ThreadedComments/>",
        "xl/persons/person.xml": b"<personList/>",
        "xl/slicers/slicer9.xml": b"<slicers/>",
        "customXml/item9.xml": b"<mine><![CDATA[<kept>]]></mine>",
    }
    rels = {
        book.workbook_part: [
            ("rIdOwn", f"{OFFICE}/worksheet", "worksheets/own.xml"),
            ("rIdV", f"{MICROSOFT}/2006/relationships/vbaProject", "vbaProject.bin"),
            ("rIdW", f"{MICROSOFT}/2017/10/relationships/person", "persons/person.xml"),
            ("rIdX", f"{OFFICE}/customXml", "../customXml/item9.xml"),
        ],
        deals: [
            (
                "rIdC",
                f"{MICROSOFT}/2017/10/relationships/threadedComment",
                "../threadedComments/threadedComment9.xml",
            ),
            ("rIdB", f"{OFFICE}/printerSettings", "../printerSettings/printerSettings9.bin"),
            ("rIdS", f"{MICROSOFT}/2007/relationships/slicer", "../slicers/slicer9.xml"),
        ],
    }
    types = {
        "xl/worksheets/own.xml": f"{TYPE}.worksheet+xml",
        "xl/vbaProject.bin": "application/vnd.ms-office.vbaProject",
        "xl/threadedComments/threadedComment9.xml": "application/vnd.ms-excel.threadedcomments+xml",
        "xl/persons/person.xml": "application/vnd.ms-excel.person+xml",
        "xl/slicers/slicer9.xml": "application/vnd.ms-excel.slicer+xml",
    }
    own = b'<sheet name="Our plan" sheetId="99" r:id="rIdOwn"/></sheets>'
    edits = {
        book.workbook_part: lambda xml: xml.replace(b"</sheets>", own),
        "[Content_Types].xml": lambda xml: xml.replace(
            f"{TYPE}.sheet.main+xml".encode(),
            b"application/vnd.ms-excel.sheet.macroEnabled.main+xml",
        ),
        deals: lambda xml: typed(xml, {1: {30: "Our comment"}, 3: {30: "call", 31: 7}}),
    }
    told = path.with_suffix(".xlsm")
    told.write_bytes(inject(data, parts, rels, types, edits))
    return told


def edit(path: Path, chance: random.Random) -> None:
    """Type into a few cells of people's columns, as they do between two syncs."""
    package = Package.open(path.read_bytes())
    seen = snapshot(package.data, LEAN.tabs, "edit")
    book = Book.of(package)
    changes: dict[str, bytes | None] = {}
    for tab in chance.sample(LEAN.of_role(Role.ENTRY), 2):
        table = seen.tables[tab.key]
        sheet = book.sheet(table.title)
        assert sheet is not None
        columns = [c.key for c in tab.columns if c.owner is Owner.USER and c.key in table.bound]
        told = {
            chance.choice(table.rows): {
                table.bound[chance.choice(columns)] + 1: chance.choice(TYPED)
            }
            for _ in range(6)
        }
        changes[sheet.part] = typed(package.read(sheet.part), told)
    path.write_bytes(package.with_parts(changes))


def hold(path: Path, rounds: int, seed: int) -> None:
    chance = random.Random(seed)
    parts, cells = foreign_parts(path.read_bytes()), foreign_cells(path.read_bytes(), LEAN.tabs)
    assert {"xl/vbaProject.bin", "xl/slicers/slicer9.xml"} <= parts.keys()
    assert any(tab == "Our plan" for tab, _ in cells)
    for _ in range(rounds):
        edit(path, chance)
        synced(path)
        assert foreign_parts(path.read_bytes()) == parts
        assert foreign_cells(path.read_bytes(), LEAN.tabs) == cells


def test_what_is_foreign_survives_20_edits_and_syncs(tmp_path):
    hold(customised(tmp_path / "ours.xlsx"), 20, seed=1)


@pytest.mark.soak
def test_what_is_foreign_survives_200_edits_and_syncs(tmp_path):
    hold(customised(tmp_path / "ours.xlsx"), 200, seed=2)


@pytest.mark.libreoffice
@needed
def test_libreoffice_opens_the_synced_file_with_the_same_cells(tmp_path):
    path = customised(tmp_path / "ours.xlsx")
    synced(path)
    ours, theirs = opened(path, data_only=True), recalculated(path.read_bytes(), tmp_path)
    for title in ("Partners", "Deals", "Money", "Partner Summary", "Our plan"):
        for row in ours[title].iter_rows():
            for cell in row:
                found = theirs[title][cell.coordinate].value
                if isinstance(cell.value, int | float):
                    assert found == pytest.approx(cell.value), (title, cell.coordinate)
                else:
                    assert (found or "") == (cell.value or ""), (title, cell.coordinate)
