"""A disk that can be stopped, failed or raced at each of its steps."""

from __future__ import annotations

import errno
import os
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from sheetsync.backends.xlsx.disk import Disk

STEPS = (
    *("read", "create", "copy_metadata", "write", "fsync", "close", "rename", "swap", "link"),
    *("unlink", "make_folder", "sync_folder", "identity", "has_writer"),
)


NOT_NEEDED = {"fsync", "sync_folder"}  # counted, but a dying process needs no durable bytes


def _stepped(name: str) -> Callable[..., Any]:
    def step(self: SteppingDisk, *args: Any) -> Any:
        self.step(name, args)
        done = None if name in NOT_NEEDED else getattr(Disk, name)(self, *args)
        self.stepped(name, args)
        return done

    return step


class SteppingDisk(Disk):
    """Calls ``step`` before and ``stepped`` after every step of the real disk.

    ``kind`` is what the file system can do: exchange, link (no exchange) or copy (neither).
    """

    def __init__(self, kind: str = "exchange") -> None:
        self.kind = kind
        self.count = 0

    def step(self, name: str, args: tuple[Any, ...]) -> None:
        self.count += 1
        self.refuse(name)

    def refuse(self, name: str) -> None:
        if name == "swap" and self.kind != "exchange":
            raise OSError(errno.EINVAL, "no exchange here")
        if name == "link" and self.kind == "copy":
            raise OSError(errno.ENOTSUP, "no links here")

    def stepped(self, name: str, args: tuple[Any, ...]) -> None:
        pass


for _name in STEPS:
    setattr(SteppingDisk, _name, _stepped(_name))


class QuickDisk(Disk):
    """A real disk that does not wait for the platter."""

    def fsync(self, fd: int) -> None:
        pass

    def sync_folder(self, folder: Path) -> None:
        pass


class DyingDisk(SteppingDisk):
    """The process dies at step ``at``; in the middle of it when it is a write and ``torn``."""

    def __init__(self, kind: str, at: int, *, torn: bool) -> None:
        super().__init__(kind)
        self.at = at
        self.torn = torn

    def step(self, name: str, args: tuple[Any, ...]) -> None:
        self.count += 1
        if self.count == self.at:
            if self.torn and name == "write":
                os.write(args[0], args[1][: len(args[1]) // 2])
            os._exit(0)
        self.refuse(name)


class FailingDisk(SteppingDisk):
    """Step ``at`` fails with an errno: once or from then on, before it is done or after."""

    def __init__(self, kind: str, at: int, code: int, *, persistent: bool, after: bool) -> None:
        super().__init__(kind)
        self.at = at
        self.code = code
        self.persistent = persistent
        self.after = after
        self.failed: list[str] = []

    def _due(self) -> bool:
        return self.count == self.at or (self.persistent and self.count > self.at)

    def _fail(self, name: str) -> None:
        self.failed.append(name)
        raise OSError(self.code, os.strerror(self.code))

    def step(self, name: str, args: tuple[Any, ...]) -> None:
        self.count += 1
        self.refuse(name)
        if self._due() and not self.after:
            if name == "write":
                os.write(args[0], args[1][: len(args[1]) // 2])
            self._fail(name)

    def stepped(self, name: str, args: tuple[Any, ...]) -> None:
        if self._due() and self.after and name not in ("create", "close"):
            self._fail(name)


@pytest.fixture
def stepping_disk() -> type[SteppingDisk]:
    return SteppingDisk


@pytest.fixture
def dying_disk() -> type[DyingDisk]:
    return DyingDisk


@pytest.fixture
def failing_disk() -> type[FailingDisk]:
    return FailingDisk


@pytest.fixture
def leftovers() -> Callable[[Path], list[str]]:
    return lambda folder: sorted(p.name for p in folder.iterdir() if p.name.startswith(".ss-"))
