from __future__ import annotations

import errno
import sys

import pytest

from sheetsync.backends.xlsx import exchange as module
from sheetsync.backends.xlsx.disk import Disk
from sheetsync.backends.xlsx.exchange import exchange, other_name, replace_file, swap


class Without(Disk):
    """A disk whose steps of these names fail with one errno."""

    def __init__(self, code: int, *names: str) -> None:
        def refuse(*_args):
            raise OSError(code, "not here")

        for name in names:
            setattr(self, name, refuse)


@pytest.fixture
def pair(tmp_path):
    new, target = tmp_path / ".ss-1.swap.tmp", tmp_path / "Plan.xlsx"
    new.write_bytes(b"new")
    target.write_bytes(b"old")
    return new, target


@pytest.mark.skipif(sys.platform != "linux", reason="renameat2 is Linux'")
def test_two_files_change_names_in_one_step(pair):
    new, target = pair
    inode = target.stat().st_ino
    out = exchange(Disk(), new, target)
    assert (out.how, out.displaced) == ("exchange", new)
    assert (target.read_bytes(), new.read_bytes()) == (b"new", b"old")
    assert new.stat().st_ino == inode


@pytest.mark.parametrize("code", [errno.EINVAL, errno.ENOSYS, errno.ENOTSUP])
def test_without_an_exchange_the_old_file_is_linked_first(pair, code):
    new, target = pair
    inode = target.stat().st_ino
    out = exchange(Without(code, "swap"), new, target)
    assert out.how == "replace"
    assert out.displaced.stat().st_ino == inode
    assert (target.read_bytes(), out.displaced.read_bytes()) == (b"new", b"old")
    assert not new.exists()


def test_without_links_it_is_copied_first(pair):
    new, target = pair
    out = exchange(Without(errno.ENOTSUP, "swap", "link"), new, target)
    assert out.how == "replace"
    assert (target.read_bytes(), out.displaced.read_bytes()) == (b"new", b"old")


@pytest.mark.parametrize("code", [errno.EIO, errno.EACCES, errno.ENOSPC])
def test_other_errors_are_told_and_leave_both_files(pair, code):
    new, target = pair
    with pytest.raises(OSError, match="not here"):
        exchange(Without(code, "swap"), new, target)
    assert (target.read_bytes(), new.read_bytes()) == (b"old", b"new")


def test_a_file_that_changes_while_it_is_backed_up_is_backed_up_again(pair):
    new, target = pair

    class Raced(Without):
        times = 0

        def link(self, source, made):
            super().link(source, made)
            if self.times == 0:
                fresh = target.with_name("person")
                fresh.write_bytes(b"by a person")
                fresh.replace(target)
            self.times += 1

    out = exchange(Raced(errno.EINVAL, "swap"), new, target)
    assert out.displaced.read_bytes() == b"by a person"


def test_a_file_that_never_rests_is_left(pair):
    new, target = pair

    class Raced(Without):
        def link(self, source, made):
            super().link(source, made)
            fresh = target.with_name("person")
            fresh.write_bytes(b"by a person")
            fresh.replace(target)

    with pytest.raises(OSError, match="keeps changing"):
        exchange(Raced(errno.EINVAL, "swap"), new, target)
    assert target.read_bytes() == b"by a person"
    assert not other_name(new).exists()


def test_a_missing_target_is_told(pair):
    new, target = pair
    target.unlink()
    with pytest.raises(FileNotFoundError):
        swap(new, target)
    with pytest.raises(FileNotFoundError):
        exchange(Without(errno.EINVAL, "swap"), new, target)


class Windows(Disk):
    """ReplaceFileW as documented: the target becomes the backup, the new file the target."""

    def __init__(self, *, half: bool = False) -> None:
        self.half = half

    def replace_file(self, target, new, backup):
        target.rename(backup)
        if self.half:
            raise OSError(errno.EACCES, "the replacement could not be moved")
        new.rename(target)


def test_windows_keeps_the_displaced_file_as_backup(pair, monkeypatch):
    new, target = pair
    monkeypatch.setattr(module.sys, "platform", "win32")
    out = exchange(Windows(), new, target)
    assert (out.how, out.displaced.read_bytes()) == ("backup", b"old")
    assert target.read_bytes() == b"new"


def test_windows_gives_the_name_back_when_it_stops_half_way(pair, monkeypatch):
    new, target = pair
    monkeypatch.setattr(module.sys, "platform", "win32")
    with pytest.raises(OSError, match="could not be moved"):
        exchange(Windows(half=True), new, target)
    assert (target.read_bytes(), new.read_bytes()) == (b"old", b"new")


@pytest.mark.skipif(sys.platform == "win32", reason="is there on Windows")
def test_replace_file_is_for_windows_only(pair):
    with pytest.raises(OSError, match=r"not implemented|not supported"):
        replace_file(pair[1], pair[0], pair[1].with_name("b"))
