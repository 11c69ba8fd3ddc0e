from __future__ import annotations

import errno
import os
import sys

import pytest

from sheetsync.backends.xlsx.disk import Disk
from sheetsync.backends.xlsx.save import digest, failure, save
from sheetsync.model.errors import StaleSnapshot, WorkbookBusy, WorkbookMissing, WriteFailed

OLD, NEW = b"old workbook", b"new workbook, longer"
posix = pytest.mark.skipif(os.name == "nt", reason="modes and links are POSIX'")


@pytest.fixture
def path(tmp_path):
    file = tmp_path / "Plan.xlsx"
    file.write_bytes(OLD)
    return file


def files(path):
    return sorted(file.name for file in path.parent.iterdir())


class Meanwhile(Disk):
    """Lets something happen just before or just after the exchange."""

    def __init__(self, before=None, after=None) -> None:
        self.before = before
        self.after = after

    def swap(self, a, b):
        if self.before:
            self.before, act = None, self.before
            act()
        super().swap(a, b)
        if self.after:
            self.after, act = None, self.after
            act()


def test_the_new_bytes_stand_and_nothing_else_is_left(path):
    saved = save(path, digest(OLD), NEW)
    assert path.read_bytes() == NEW
    assert files(path) == ["Plan.xlsx"]
    assert (saved.path, saved.notes) == (path.resolve(), ())


def test_a_workbook_that_changed_since_it_was_read_is_left(path):
    path.write_bytes(b"by a person")
    with pytest.raises(StaleSnapshot, match="saved by someone else"):
        save(path, digest(OLD), NEW)
    assert path.read_bytes() == b"by a person"
    assert files(path) == ["Plan.xlsx"]


@pytest.mark.parametrize("when", ["before", "after"])
def test_a_save_around_the_exchange_stands(path, when):
    disk = Meanwhile(**{when: lambda: path.write_bytes(b"by a person")})
    with pytest.raises(StaleSnapshot):
        save(path, digest(OLD), NEW, disk=disk)
    assert path.read_bytes() == b"by a person"
    assert files(path) == ["Plan.xlsx"]


def test_two_saves_in_one_instant_are_both_kept(path):
    def first():
        path.write_bytes(b"first")

    def second():
        new = path.with_name("new")
        new.write_bytes(b"second")
        new.replace(path)

    with pytest.raises(StaleSnapshot) as told:
        save(path, digest(OLD), NEW, disk=Meanwhile(first, second))
    assert path.read_bytes() == b"second"
    (kept,) = set(files(path)) - {"Plan.xlsx"}
    assert path.with_name(kept).read_bytes() == b"first"
    assert kept in str(told.value)


@pytest.mark.skipif(sys.platform != "linux", reason="leases tell it on Linux only")
def test_a_program_that_has_it_open_for_writing_keeps_it(path):
    with path.open("r+b") as file:
        with pytest.raises(WorkbookBusy, match="open for writing"):
            save(path, digest(OLD), NEW)
        file.write(b"OLD")
    assert path.read_bytes() == b"OLD workbook"
    assert files(path) == ["Plan.xlsx"]


def test_a_reader_is_no_obstacle(path):
    with path.open("rb") as file:
        save(path, digest(OLD), NEW)
        assert file.read() == OLD
    assert path.read_bytes() == NEW


def test_an_open_workbook_is_refused_before_anything_is_written(path):
    path.with_name("~$Plan.xlsx").write_bytes(b"\x03Ann")
    with pytest.raises(WorkbookBusy, match="Ann"):
        save(path, digest(OLD), NEW)
    assert path.read_bytes() == OLD


@posix
@pytest.mark.parametrize("mode", [0o600, 0o640, 0o664, 0o666])
def test_mode_is_kept(path, mode):
    path.chmod(mode)
    save(path, digest(OLD), NEW)
    assert path.stat().st_mode & 0o777 == mode


@pytest.mark.skipif(not hasattr(os, "fchown") or os.name == "nt", reason="needs owners")
def test_owner_is_kept_or_the_loss_is_told(path):
    class Refused(Disk):
        def copy_metadata(self, source, fd):
            return super().copy_metadata(source, fd) and False

    assert "owner" in save(path, digest(OLD), NEW, disk=Refused()).notes[0]
    if os.geteuid() == 0:
        os.chown(path, 1234, 2345)
        save(path, digest(NEW), OLD)
        assert (path.stat().st_uid, path.stat().st_gid) == (1234, 2345)


@pytest.mark.skipif(not hasattr(os, "setxattr"), reason="needs extended attributes")
def test_extended_attributes_are_kept(path):
    try:
        os.setxattr(path, "user.label", b"confidential")
    except OSError:
        pytest.skip("this file system has no extended attributes")
    save(path, digest(OLD), NEW)
    assert os.getxattr(path, "user.label") == b"confidential"


@posix
def test_a_symbolic_link_stays_one(path, tmp_path):
    link = tmp_path / "elsewhere" / "Link.xlsx"
    link.parent.mkdir()
    link.symlink_to(path)
    saved = save(link, digest(OLD), NEW)
    assert link.is_symlink()
    assert path.read_bytes() == NEW
    assert saved.path == path.resolve()
    assert [file.name for file in link.parent.iterdir()] == ["Link.xlsx"]


@posix
def test_a_hard_link_keeps_the_old_contents_and_it_is_said(path):
    other = path.with_name("Backup.xlsx")
    os.link(path, other)
    saved = save(path, digest(OLD), NEW)
    assert (path.read_bytes(), other.read_bytes()) == (NEW, OLD)
    assert "hard link" in saved.notes[0]


@posix
def test_a_read_only_workbook_is_left(path):
    path.chmod(0o444)
    with pytest.raises(WriteFailed, match="read-only"):
        save(path, digest(OLD), NEW)
    assert path.read_bytes() == OLD


def test_a_missing_workbook_is_not_made(path):
    path.unlink()
    with pytest.raises(WorkbookMissing, match=r"Plan\.xlsx"):
        save(path, digest(OLD), NEW)
    assert files(path) == []


def test_a_workbook_that_vanishes_is_not_brought_back(path):
    with pytest.raises(WorkbookMissing):
        save(path, digest(OLD), NEW, disk=Meanwhile(path.unlink))
    assert files(path) == []


def test_without_exchange_the_save_works_and_says_so(path):
    class Network(Disk):
        def swap(self, a, b):
            raise OSError(errno.EINVAL, "no exchange here")

    saved = save(path, digest(OLD), NEW, disk=Network())
    assert path.read_bytes() == NEW
    assert saved.how == "replace"
    assert "cannot exchange" in saved.notes[0]
    assert files(path) == ["Plan.xlsx"]


def test_bytes_that_come_back_different_are_taken_back(path):
    class Lying(Disk):
        def read(self, file):
            data = super().read(file)
            return b"garbage" if data == NEW and file == path else data

    with pytest.raises(WriteFailed, match="reported an error"):
        save(path, digest(OLD), NEW, disk=Lying())
    assert path.read_bytes() == OLD
    assert files(path) == ["Plan.xlsx"]


@pytest.mark.parametrize(
    ("code", "words"),
    [
        (errno.ENOSPC, "needs 12,345 bytes free"),
        (errno.EDQUOT, "12,345 more bytes"),
        (errno.EROFS, "read-only"),
        (errno.EACCES, "may not write"),
        (errno.EPERM, "may not write"),
        (errno.EIO, "reported an error"),
        (errno.ENAMETOOLONG, "the system reported"),
    ],
)
def test_every_refusal_is_one_clear_sentence(path, code, words):
    told = failure(OSError(code, os.strerror(code)), path, 12345)
    assert isinstance(told, WriteFailed)
    assert words in str(told)
    assert str(told).startswith("“Plan.xlsx” was not saved: ")
    assert str(told).endswith("The old workbook stands.")


def test_a_windows_sharing_violation_is_a_busy_workbook(path):
    error = PermissionError(errno.EACCES, "in use")
    error.winerror = 32
    assert isinstance(failure(error, path, 1), WorkbookBusy)


def test_excel_between_two_names_is_busy_not_missing(path):
    path.with_name("~$Plan.xlsx").write_bytes(b"\x03Ann")
    path.unlink()
    assert isinstance(failure(FileNotFoundError(errno.ENOENT, ""), path, 1), WorkbookBusy)
