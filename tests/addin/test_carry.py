"""A tracker that carries the pane: two parts more, everything else as it was, and it stays."""

from __future__ import annotations

import io
import re
import warnings
import xml.etree.ElementTree as ET
from zipfile import ZipFile

import openpyxl
import pytest

from sheetsync.addin.carry import carried, carry
from sheetsync.addin.manifest import ADDIN_ID, AUTO_SHOW, VERSION
from sheetsync.backends.xlsx.lease import lease
from sheetsync.backends.xlsx.package import Package
from sheetsync.backends.xlsx.workbook import XlsxWorkbook
from sheetsync.model.errors import (
    NotATracker,
    WorkbookBusy,
    WorkbookMissing,
    WorkbookUnreadable,
    WriteFailed,
)
from tests.addin.panes import with_other_pane
from tests.libreoffice import needed, resaved
from tests.trackers import NOW, demo_file, synced

NEW = {
    "xl/webextensions/taskpanes.xml",
    "xl/webextensions/webextension1.xml",
    "xl/webextensions/_rels/taskpanes.xml.rels",
}
PATCHED = {"[Content_Types].xml", "_rels/.rels"}
WE = "{http://schemas.microsoft.com/office/webextensions/webextension/2010/11}"
PANES = "{http://schemas.microsoft.com/office/webextensions/taskpanes/2010/11}"
REFERENCE = f"{WE}reference"


@pytest.fixture
def path(tmp_path, monkeypatch):
    monkeypatch.setenv("SHEETSYNC_STATE", str(tmp_path / "state"))
    return demo_file(tmp_path / "Partners.xlsx")


def parts(data):
    with ZipFile(io.BytesIO(data)) as file:
        assert file.testzip() is None
        return {name: file.read(name) for name in file.namelist()}


def shown(data):
    """The add-ins whose panes a workbook asks for, by walking its relationships."""
    told = parts(data)
    root = re.search(r'/webextensiontaskpanes" Target="/?([^"]*)"', told["_rels/.rels"].decode())
    folder, _, base = root[1].rpartition("/")
    rels = ET.fromstring(told[f"{folder}/_rels/{base}.rels"])
    targets = {r.get("Id"): r.get("Target") for r in rels}
    ids = []
    for pane in ET.fromstring(told[root[1]]).iter(f"{PANES}webextensionref"):
        (relation,) = pane.attrib.values()
        target = targets[relation]
        part = target.lstrip("/") if target.startswith("/") else f"{folder}/{target}"
        ids.append(ET.fromstring(told[part]).find(REFERENCE).get("id"))
        assert f'PartName="/{part}"' in told["[Content_Types].xml"].decode()
    return ids


def test_the_pane_is_added_and_every_other_part_keeps_its_bytes(path):
    before = parts(path.read_bytes())
    told = carry(path)
    after = parts(path.read_bytes())
    assert (told.name, told.changed) == ("Partners.xlsx", True)
    assert after.keys() - before.keys() == NEW
    assert {name for name in before if before[name] != after[name]} == PATCHED
    assert list(after)[: len(before)] == list(before)
    assert shown(path.read_bytes()) == [ADDIN_ID]


def test_the_parts_say_what_excel_wants(path):
    told = parts(carried(path.read_bytes()))
    extension = ET.fromstring(told["xl/webextensions/webextension1.xml"])
    assert re.fullmatch(r"\{[0-9A-F-]{36}\}", extension.get("id"))
    assert extension.find(REFERENCE).attrib == {
        "id": ADDIN_ID,
        "version": VERSION,
        "store": "developer",
        "storeType": "Registry",
    }
    (setting,) = extension.find(f"{WE}properties")
    assert setting.attrib == {"name": AUTO_SHOW, "value": "true"}
    (pane,) = ET.fromstring(told["xl/webextensions/taskpanes.xml"])
    assert (pane.get("dockstate"), pane.get("visibility")) == ("right", "0")


def test_a_repeat_changes_nothing(path):
    carry(path)
    once, stamp = path.read_bytes(), path.stat().st_mtime_ns
    assert carry(path).changed is False
    assert (path.read_bytes(), path.stat().st_mtime_ns) == (once, stamp)


def test_a_pane_that_was_switched_off_is_asked_for_again(path):
    on = carried(path.read_bytes())
    name = "xl/webextensions/webextension1.xml"
    part = parts(on)[name]
    off = Package.open(on).with_parts({name: part.replace(b'value="true"', b'value="false"')})
    assert parts(carried(off)) == parts(on)


def test_panes_of_other_add_ins_stay(path):
    theirs = with_other_pane(path.read_bytes(), "11111111-2222-3333-4444-555555555555")
    both = carried(theirs)
    assert shown(both) == ["11111111-2222-3333-4444-555555555555", ADDIN_ID]
    was, now = parts(theirs), parts(both)
    assert now["xl/webextensions/webextension1.xml"] == was["xl/webextensions/webextension1.xml"]
    assert carried(both) == both


def test_openpyxl_still_opens_it(path):
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", UserWarning)
        before = openpyxl.load_workbook(path).sheetnames
        carry(path)
        assert openpyxl.load_workbook(path).sheetnames == before


@needed
@pytest.mark.libreoffice
def test_libreoffice_still_opens_it(path, tmp_path):
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", UserWarning)
        before = openpyxl.load_workbook(path).sheetnames
        saved = resaved(carried(path.read_bytes()), tmp_path)
        assert openpyxl.load_workbook(io.BytesIO(saved)).sheetnames == before


def test_a_later_sync_keeps_the_pane(path):
    carry(path)
    before = parts(path.read_bytes())
    assert synced(path).status == "written"
    after = parts(path.read_bytes())
    assert {name: after[name] for name in NEW | PATCHED} == {
        name: before[name] for name in NEW | PATCHED
    }
    assert carry(path).changed is False


def test_the_bytes_from_before_are_in_the_journal_and_the_run_is_done(path):
    before = path.read_bytes()
    carry(path)
    journal = XlsxWorkbook(path).journal
    (run,) = journal.runs(path.resolve())
    assert (run.status, run.run.endswith("-pane")) == ("done", True)
    assert journal.before_bytes(run.run, path.resolve()) == before


def test_a_workbook_that_is_no_tracker_is_refused(tmp_path, path):
    other = tmp_path / "Budget.xlsx"
    openpyxl.Workbook().save(other)
    before = other.read_bytes()
    with pytest.raises(NotATracker, match=r"Budget\.xlsx is not a tracker"):
        carry(other)
    assert other.read_bytes() == before


def test_what_cannot_be_read_or_written_is_refused_unchanged(tmp_path, path):
    before = path.read_bytes()
    with pytest.raises(WorkbookMissing):
        carry(tmp_path / "none.xlsx")
    with pytest.raises(WorkbookUnreadable):
        carry(tmp_path / "Partners.csv")
    signed = tmp_path / "Signed.xlsx"
    signed.write_bytes(Package.open(before).with_parts({"_xmlsignatures/sig1.xml": b"<a/>"}))
    with pytest.raises(WriteFailed, match="digitally signed"):
        carry(signed)
    (tmp_path / "~$Partners.xlsx").write_bytes(b"\x03Ana" + bytes(161))
    with pytest.raises(WorkbookBusy, match="Excel"):
        carry(path)
    assert path.read_bytes() == before


def test_while_a_sync_is_at_work_it_waits_for_no_one(path):
    book = XlsxWorkbook(path)
    before = path.read_bytes()
    with lease(book.journal.state, path.resolve(), NOW), pytest.raises(WorkbookBusy):
        carry(path)
    assert path.read_bytes() == before


def test_a_disk_that_refuses_leaves_the_old_one_and_a_discarded_run(path, monkeypatch):
    before = path.read_bytes()

    def full(*_args):
        raise OSError(28, "No space left on device")

    with monkeypatch.context() as broken:
        broken.setattr("sheetsync.backends.xlsx.disk.Disk.copy_metadata", full)
        with pytest.raises(WriteFailed, match="the disk is full"):
            carry(path)
    assert path.read_bytes() == before
    assert [run.status for run in XlsxWorkbook(path).journal.runs(path.resolve())] == ["discarded"]
    assert carry(path).changed
