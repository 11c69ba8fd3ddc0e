"""Every step of a save fails with every errno: the old workbook stands, or the new one complete."""

from __future__ import annotations

import errno
from datetime import UTC, datetime, timedelta

import pytest

from sheetsync.backends.xlsx.journal import Journal
from sheetsync.backends.xlsx.save import digest, save
from sheetsync.model.errors import SheetsyncError, WriteFailed
from sheetsync.model.plan import Plan

CODES = [errno.ENOSPC, errno.EIO, errno.EACCES, errno.EDQUOT, errno.EROFS]
OLD, NEW = b"old " * 500, b"new " * 700


def steps_of(stepping_disk, tmp_path, kind) -> int:
    disk = stepping_disk(kind)
    path = tmp_path / "count.xlsx"
    path.write_bytes(OLD)
    save(path, digest(OLD), NEW, disk=disk)
    path.unlink()
    return disk.count


@pytest.mark.parametrize("kind", ["exchange", "link", "copy"])
@pytest.mark.parametrize("code", CODES, ids=errno.errorcode.get)
@pytest.mark.parametrize("after", [False, True], ids=["before", "after"])
def test_one_error(tmp_path, stepping_disk, failing_disk, leftovers, kind, code, after):
    path = tmp_path / "Plan.xlsx"
    for at in range(1, steps_of(stepping_disk, tmp_path, kind) + 1):
        path.write_bytes(OLD)
        disk = failing_disk(kind, at, code, persistent=False, after=after)
        try:
            save(path, digest(OLD), NEW, disk=disk)
            assert path.read_bytes() == NEW
        except WriteFailed as error:
            assert path.read_bytes() == OLD
            check_message(str(error), code)
        if disk.failed not in (["unlink"], []):
            assert leftovers(tmp_path) == [], (at, disk.failed)
        settle(tmp_path, path)
        assert leftovers(tmp_path) == []


@pytest.mark.parametrize("kind", ["exchange", "link", "copy"])
@pytest.mark.parametrize("code", CODES, ids=errno.errorcode.get)
@pytest.mark.parametrize("after", [False, True], ids=["before", "after"])
def test_error_that_stays(tmp_path, stepping_disk, failing_disk, leftovers, kind, code, after):
    path = tmp_path / "Plan.xlsx"
    for at in range(1, steps_of(stepping_disk, tmp_path, kind) + 1):
        path.write_bytes(OLD)
        disk = failing_disk(kind, at, code, persistent=True, after=after)
        try:
            save(path, digest(OLD), NEW, disk=disk)
            assert path.read_bytes() == NEW
        except SheetsyncError as error:
            assert path.read_bytes() in (OLD, NEW)
            check_message(str(error), code)
        settle(tmp_path, path)
        assert leftovers(tmp_path) == []
        assert path.read_bytes() in (OLD, NEW)


def settle(folder, path) -> None:
    """What the next run does first, on a disk that works again."""
    journal = Journal(folder / "state")
    if not journal.runs(path):
        run = journal.begin(Plan((), "f", "r1"), path, OLD, NEW)
        journal.discard(run)
    later = Journal(folder / "state", clock=lambda: datetime.now(UTC) + timedelta(minutes=5))
    assert later.recover(path) == ()


def check_message(text: str, code: int) -> None:
    assert "Plan.xlsx" in text
    assert "\n" not in text
    if code in (errno.ENOSPC, errno.EDQUOT):
        assert f"{len(NEW):,}" in text


@pytest.mark.parametrize("code", CODES, ids=errno.errorcode.get)
def test_a_journal_that_cannot_be_written_names_its_folder(tmp_path, failing_disk, code):
    state = tmp_path / "state"
    for at in range(1, 13):
        disk = failing_disk("exchange", at, code, persistent=False, after=False)
        with pytest.raises(WriteFailed) as told:
            Journal(state, disk).begin(Plan((), "f", f"r{at}"), tmp_path / "P", OLD, NEW)
        assert str(state) in str(told.value)
    run = Journal(state, disk).begin(Plan((), "f", "r1"), tmp_path / "P", OLD, NEW)
    assert Journal(state).before_bytes(run.run, tmp_path / "P") == OLD
