from __future__ import annotations

import errno
import hashlib
import os
import sys
from datetime import UTC, datetime
from pathlib import Path

import pytest

from sheetsync.backends.xlsx import workbook as module
from sheetsync.backends.xlsx.disk import Disk
from sheetsync.backends.xlsx.journal import Journal, state_folder
from sheetsync.backends.xlsx.lease import lease
from sheetsync.backends.xlsx.package import Package
from sheetsync.backends.xlsx.workbook import XlsxWorkbook
from sheetsync.model.errors import (
    StaleSnapshot,
    WorkbookBusy,
    WorkbookMissing,
    WorkbookUnreadable,
    WriteFailed,
)
from sheetsync.model.plan import AppendRows, Plan, ReplaceRows, WriteCells, WriteNames
from tests.contract.small import TABS, as_xlsx

NOW = datetime(2026, 3, 1, tzinfo=UTC)


@pytest.fixture
def book(tmp_path):
    return as_xlsx(tmp_path)


def cells(new="won", old=" won"):
    return WriteCells("deals", "stage", ("D-0001",), ("D-0001",), (2,), (old,), (new,))


def logged(run):
    return AppendRows("log", ("run", "note"), ((run, "a line of the log"),))


def full_plan(seen, run="r1"):
    results = seen.tables["results"]
    old = tuple(zip(*(results.column(k) for k in ("key", "value", "decision")), strict=True))
    new = tuple((f"k{i}", i / 2, None) for i in range(30))
    ops = (
        cells(),
        ReplaceRows("results", ("key", "value", "decision"), old, new),
        WriteNames("board", ("board_note",), ("hello",), ("bye",)),
        logged(run),
    )
    return Plan(ops, seen.fingerprint, run)


def simple_plan(book, run="r1"):
    return Plan((cells(),), book.read(TABS).fingerprint, run)


def runs(book):
    return [(run.run, run.status) for run in book.journal.runs(book.path.resolve())]


def test_the_fingerprint_is_the_hash_of_the_file(book):
    data = book.path.read_bytes()
    assert book.read(TABS).fingerprint == hashlib.sha256(data).hexdigest()


def test_a_receipt_tells_hashes_parts_and_the_backup(book):
    old = book.path.read_bytes()
    receipt = book.apply(full_plan(book.read(TABS)), TABS)
    assert receipt.before == hashlib.sha256(old).hexdigest()
    assert receipt.after == hashlib.sha256(book.path.read_bytes()).hexdigest()
    assert Path(receipt.backup).read_bytes() == old
    assert any("sheet" in part for part in receipt.changed)
    assert runs(book) == [("r1", "done")]
    assert [file.name for file in book.path.parent.iterdir()] == ["small.xlsx"]


def test_an_empty_plan_leaves_no_trace(tmp_path, monkeypatch):
    monkeypatch.setenv("SHEETSYNC_STATE", str(tmp_path / "state"))
    book = as_xlsx(tmp_path)
    before = book.path.stat()
    seen = book.read(TABS)
    receipt = book.apply(Plan((), seen.fingerprint, "r1"), TABS)
    assert receipt.before == receipt.after == seen.fingerprint
    assert book.path.stat().st_mtime_ns == before.st_mtime_ns
    assert not (tmp_path / "state").exists()


@pytest.mark.parametrize(
    ("name", "words"),
    [
        ("Plan.xls", "save it as Excel Workbook"),
        ("Plan.xlsb", "save it as Excel Workbook"),
        ("Plan.ods", "open it in LibreOffice"),
        ("Plan.csv", "save it as Excel Workbook"),
        ("Plan.pdf", "ends in .xlsx or .xlsm"),
        ("Plan", "ends in .xlsx or .xlsm"),
    ],
)
def test_other_kinds_of_file_are_refused_by_name(tmp_path, name, words):
    with pytest.raises(WorkbookUnreadable, match=words):
        XlsxWorkbook(tmp_path / name)


@pytest.mark.parametrize("name", ["Plan.XLSX", "Plan.xlsm", "Plan.Xlsm"])
def test_names_of_workbooks_are_accepted_in_any_case(tmp_path, name):
    assert XlsxWorkbook(str(tmp_path / name)).name == name


@pytest.mark.skipif(os.name == "nt", reason="links are POSIX'")
def test_a_link_to_another_kind_of_file_is_refused(tmp_path):
    (tmp_path / "notes.txt").write_bytes(b"text")
    (tmp_path / "Plan.xlsx").symlink_to(tmp_path / "notes.txt")
    with pytest.raises(WorkbookUnreadable, match="notes"):
        XlsxWorkbook(tmp_path / "Plan.xlsx").read(TABS)


@pytest.mark.skipif(os.name == "nt", reason="links are POSIX'")
def test_a_link_to_itself_is_told(tmp_path):
    (tmp_path / "Plan.xlsx").symlink_to(tmp_path / "Plan.xlsx")
    with pytest.raises(WorkbookMissing):
        XlsxWorkbook(tmp_path / "Plan.xlsx").read(TABS)


def test_a_missing_file_is_told_with_its_path(tmp_path):
    with pytest.raises(WorkbookMissing, match=r"Plan\.xlsx"):
        XlsxWorkbook(tmp_path / "Plan.xlsx").read(TABS)


def test_a_folder_is_no_workbook(tmp_path):
    (tmp_path / "Plan.xlsx").mkdir()
    with pytest.raises(WorkbookUnreadable, match="is a folder"):
        XlsxWorkbook(tmp_path / "Plan.xlsx").read(TABS)


def test_an_empty_file_is_being_saved(tmp_path):
    (tmp_path / "Plan.xlsx").write_bytes(b"")
    with pytest.raises(WorkbookBusy, match="0 bytes"):
        XlsxWorkbook(tmp_path / "Plan.xlsx").read(TABS)


def test_a_file_that_is_no_workbook_inside_is_refused(tmp_path):
    (tmp_path / "Plan.xlsx").write_bytes(b"name;amount\n1;2\n")
    with pytest.raises(WorkbookUnreadable):
        XlsxWorkbook(tmp_path / "Plan.xlsx").read(TABS)


def test_a_file_that_is_too_big_is_not_read(book, monkeypatch):
    monkeypatch.setattr(module, "MAX_BYTES", 1000)
    with pytest.raises(WorkbookUnreadable, match="more than the 1,000"):
        book.read(TABS)


@pytest.mark.parametrize(
    ("error", "words"),
    [(PermissionError(errno.EACCES, "no"), "may not be read"), (OSError(errno.EIO, "bad"), "bad")],
)
def test_a_disk_that_refuses_to_read_is_told(book, error, words):
    class Refusing(Disk):
        def read(self, path):
            raise error

    book.disk = Refusing()
    with pytest.raises(WorkbookMissing, match=words):
        book.read(TABS)


def test_a_file_that_changes_while_it_is_read_is_busy(book):
    class Growing(Disk):
        def read(self, path):
            data = super().read(path)
            with path.open("ab") as file:
                file.write(b"more")
            return data

    book.disk = Growing()
    with pytest.raises(WorkbookBusy, match="being saved"):
        book.read(TABS)


def test_a_second_version_beside_it_is_noted_once(book):
    book.path.with_name("small (1).xlsx").write_bytes(b"other")
    book.read(TABS)
    book.read(TABS)
    (note,) = book.notes
    assert "“small (1).xlsx”" in note


def test_a_workbook_open_in_excel_is_left(book):
    plan, old = simple_plan(book), book.path.read_bytes()
    book.path.with_name("~$small.xlsx").write_bytes(b"\x03Ann")
    with pytest.raises(WorkbookBusy, match="Ann"):
        book.apply(plan, TABS)
    assert book.path.read_bytes() == old
    assert runs(book) == []


def test_a_second_run_on_the_same_workbook_is_refused(book):
    plan = simple_plan(book)
    with lease(state_folder(), book.path.resolve(), NOW), pytest.raises(WorkbookBusy):
        book.apply(plan, TABS)
    book.apply(plan, TABS)


def test_a_save_between_reading_and_writing_is_left(book):
    plan = simple_plan(book)
    changed = book.path.read_bytes() + b"\0"
    book.path.write_bytes(changed)
    with pytest.raises(StaleSnapshot, match="Nothing was changed"):
        book.apply(plan, TABS)
    assert book.path.read_bytes() == changed
    assert runs(book) == []


@pytest.mark.skipif(sys.platform != "linux", reason="needs renameat2")
def test_a_save_in_the_very_instant_is_put_back_and_the_run_discarded(book):
    plan = simple_plan(book)
    theirs = book.path.read_bytes() + b"\0"

    class Raced(Disk):
        def swap(self, a, b):
            if book.path.read_bytes() != theirs:
                book.path.write_bytes(theirs)
            super().swap(a, b)

    book.disk = Raced()
    with pytest.raises(StaleSnapshot):
        book.apply(plan, TABS)
    assert book.path.read_bytes() == theirs
    assert runs(book) == [("r1", "discarded")]


def test_a_full_disk_leaves_the_workbook_and_the_next_try_works(book):
    class Full(Disk):
        def create(self, path):
            if path.parent == book.path.parent:
                raise OSError(errno.ENOSPC, "full")
            return super().create(path)

    plan, old = simple_plan(book), book.path.read_bytes()
    book.disk = Full()
    with pytest.raises(WriteFailed, match="disk is full"):
        book.apply(plan, TABS)
    assert book.path.read_bytes() == old
    assert runs(book) == [("r1", "discarded")]
    book.disk = Disk()
    book.apply(plan, TABS)
    assert runs(book) == [("r1", "done")]


def test_a_state_folder_that_cannot_be_written_leaves_the_workbook(book, tmp_path):
    plan, old = simple_plan(book), book.path.read_bytes()
    blocked = tmp_path / "blocked"
    blocked.write_bytes(b"")
    with pytest.raises(WriteFailed, match="SHEETSYNC_STATE"):
        XlsxWorkbook(book.path, state=blocked).apply(plan, TABS)
    assert book.path.read_bytes() == old


def test_a_run_that_died_after_saving_is_finished_by_the_next(book):
    book.apply(simple_plan(book), TABS)
    (run,) = book.journal.runs(book.path.resolve())
    book.journal._mark(run, "open")
    again = XlsxWorkbook(book.path)
    seen = again.read(TABS)
    again.apply(Plan((cells("lost", "won"),), seen.fingerprint, "r2"), TABS)
    assert runs(book) == [("r2", "done"), ("r1", "done")]
    assert any("complete" in note for note in again.notes)


def test_a_result_that_is_not_proven_is_not_written(book, monkeypatch):
    def refuse(*_args):
        raise WriteFailed("The result could not be proven.")

    monkeypatch.setattr(module, "verify", refuse)
    old = book.path.read_bytes()
    with pytest.raises(WriteFailed, match="proven"):
        book.apply(simple_plan(book), TABS)
    assert book.path.read_bytes() == old
    assert runs(book) == []


def test_a_signed_workbook_is_not_written(book):
    data = Package.open(book.path.read_bytes()).with_parts({"_xmlsignatures/sig1.xml": b"<a/>"})
    book.path.write_bytes(data)
    with pytest.raises(WriteFailed, match="signed"):
        book.apply(simple_plan(book), TABS)
    assert book.path.read_bytes() == data


def undo_plan(book, run):
    seen = book.read(TABS)
    back = book.plan_of(run).reverse(seen.fingerprint, f"{run}-undo")
    return Plan((*back.ops, logged("undo")), seen.fingerprint, f"{run}-undo", run)


def log_parts(before, after):
    old, new = Package.open(before), Package.open(after)
    assert set(old.names) == set(new.names)
    return sorted(name for name in old.names if old.read(name) != new.read(name))


def test_undo_of_an_untouched_workbook_restores_every_part_but_the_log(book):
    old = book.path.read_bytes()
    book.apply(full_plan(book.read(TABS)), TABS)
    book.apply(undo_plan(book, "r1"), TABS)
    told = log_parts(old, book.path.read_bytes())
    assert told == ["xl/tables/table3.xml", "xl/worksheets/sheet4.xml"]
    seen = book.read(TABS)
    assert seen.tables["log"].column("run") == ["r0", "r1", "undo"]
    assert seen.tables["deals"].column("stage")[0] == " won"


def test_undo_without_a_log_restores_the_whole_file(book):
    old = book.path.read_bytes()
    plan = full_plan(book.read(TABS))
    book.apply(Plan(plan.ops[:-1], plan.fingerprint, "r1"), TABS)
    undo = undo_plan(book, "r1")
    book.apply(Plan(undo.ops[:-1], undo.fingerprint, undo.run, "r1"), TABS)
    assert log_parts(old, book.path.read_bytes()) == []


def test_undo_after_a_later_save_takes_back_the_cells_only(book):
    book.apply(full_plan(book.read(TABS)), TABS)
    by_hand = WriteCells("deals", "stage", ("D-0002",), ("D-0002",), (3,), ("lost",), ("by hand",))
    book.apply(Plan((by_hand,), book.read(TABS).fingerprint, "p1"), TABS)
    book.apply(undo_plan(book, "r1"), TABS)
    assert book.read(TABS).tables["deals"].column("stage")[:2] == [" won", "by hand"]


def test_an_undo_can_be_undone(book):
    book.apply(full_plan(book.read(TABS)), TABS)
    synced = book.read(TABS)
    book.apply(undo_plan(book, "r1"), TABS)
    book.apply(undo_plan(book, "r1-undo"), TABS)
    again = book.read(TABS)
    assert again.tables["deals"].cells == synced.tables["deals"].cells
    assert again.tables["results"].cells == synced.tables["results"].cells


def test_undo_works_after_the_file_was_renamed(book):
    old = book.path.read_bytes()
    book.apply(full_plan(book.read(TABS)), TABS)
    renamed = XlsxWorkbook(book.path.rename(book.path.with_name("Renamed.xlsx")))
    renamed.apply(undo_plan(renamed, "r1"), TABS)
    assert len(log_parts(old, renamed.path.read_bytes())) == 2


def test_other_tabs_are_read_when_other_tabs_are_asked_for(book):
    assert set(book.read(TABS).tables) == {"deals", "results", "log"}
    assert set(book.read(TABS[:2]).tables) == {"deals"}


def test_the_record_is_made_under_the_given_state_folder(book, tmp_path):
    other = XlsxWorkbook(book.path, state=tmp_path / "mine", clock=lambda: NOW)
    other.apply(simple_plan(other), TABS)
    (run,) = Journal(tmp_path / "mine").runs(book.path.resolve())
    assert run.when == "2026-03-01T00:00:00+00:00"
