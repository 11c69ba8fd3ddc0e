"""Power cuts at every step, by a model of what a disk may have kept.

The real protocol's steps are recorded. After a cut, a file holds what was synced and any part of
what was written since; a folder shows what was synced and any first few of the renames since,
each folder for itself.
"""

from __future__ import annotations

import copy
from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import UTC, datetime
from itertools import product
from pathlib import Path
from typing import Any

import pytest

from sheetsync.backends.xlsx.journal import Journal
from sheetsync.backends.xlsx.save import digest, save
from sheetsync.model.plan import Plan
from tests.crash.conftest import SteppingDisk

OLD, NEW = b"old workbook " * 9, b"new workbook " * 11
Names = dict[str, int]


@dataclass
class File:
    """A file's bytes: what survives for sure, and what was written since."""

    synced: bytes = b""
    since: bytes = b""

    def after_a_cut(self) -> set[bytes]:
        half = self.since[: len(self.since) // 2]
        return {self.synced, self.synced + half, self.synced + self.since}


@dataclass
class Modelled:
    """What the disk has: files by number, names by folder, steps in folders not yet synced."""

    files: dict[int, File] = field(default_factory=dict)
    names: dict[Path, Names] = field(default_factory=dict)
    waiting: dict[Path, list[tuple[str, ...]]] = field(default_factory=dict)

    def new_file(self, path: Path, synced: bytes = b"") -> int:
        number = len(self.files) + 1
        self.files[number] = File(synced)
        self.waiting.setdefault(path.parent, []).append(("set", path.name, str(number)))
        return number

    def sync(self, folder: Path) -> None:
        names = self.names.setdefault(folder, {})
        for step in self.waiting.pop(folder, []):
            play(names, step)

    def folder_after_a_cut(self, folder: Path) -> Iterator[Names]:
        waiting = self.waiting.get(folder, [])
        for kept in range(len(waiting) + 1):
            names = dict(self.names.get(folder, {}))
            for step in waiting[:kept]:
                play(names, step)
            yield names

    def now(self, folder: Path) -> Names:
        return list(self.folder_after_a_cut(folder))[-1]


def play(names: Names, step: tuple[str, ...]) -> None:
    kind, a, b = step
    if kind == "set":
        names[a] = int(b)
    elif kind == "rename":
        names[b] = names.pop(a)
    elif kind == "swap":
        names[a], names[b] = names[b], names[a]
    elif kind == "link":
        names[b] = names[a]
    else:
        names.pop(a, None)


class RecordingDisk(SteppingDisk):
    """Tells the model every step; ``moments`` are the model's states after each."""

    def __init__(self, kind: str, model: Modelled) -> None:
        super().__init__(kind)
        self.model = model
        self.open: dict[int, File] = {}
        self.moments: list[Modelled] = []

    def create(self, path: Path) -> int:
        fd = super().create(path)
        self.open[fd] = self.model.files[self.model.new_file(path)]
        return fd

    def step(self, name: str, args: tuple[Any, ...]) -> None:
        super().step(name, args)
        if name == "make_folder":
            for folder in (args[0], *args[0].parents):
                if not folder.exists():
                    self.model.new_file(folder)

    def stepped(self, name: str, args: tuple[Any, ...]) -> None:
        if name in ("rename", "swap", "link"):
            told = (name, args[0].name, args[1].name)
            self.model.waiting.setdefault(args[0].parent, []).append(told)
        elif name == "unlink":
            self.model.waiting.setdefault(args[0].parent, []).append((name, args[0].name, ""))
        elif name == "sync_folder":
            self.model.sync(args[0])
        else:
            self.note(name, args)
        self.moments.append(copy.deepcopy(self.model))

    def note(self, name: str, args: tuple[Any, ...]) -> None:
        """What was done to an open file."""
        if name == "write":
            self.open[args[0]].since += bytes(args[1])
        elif name == "fsync":
            file = self.open[args[0]]
            file.synced, file.since = file.synced + file.since, b""


@pytest.fixture(params=["exchange", "link", "copy"])
def recorded(request, tmp_path):
    """Run the protocol once; return the path, the state folder and the disk with its moments."""
    path, state = tmp_path / "work" / "Plan.xlsx", tmp_path / "home" / "state"
    path.parent.mkdir()
    path.write_bytes(OLD)
    model = Modelled()
    model.new_file(path, OLD)
    model.sync(path.parent)
    disk = RecordingDisk(request.param, model)
    journal = Journal(state, disk, lambda: datetime(2026, 3, 1, tzinfo=UTC))
    run = journal.begin(Plan((), "f", "r1"), path, OLD, NEW)
    save(path, digest(OLD), NEW, disk=disk, mark=journal.mark)
    saved = len(disk.moments)
    journal.done(run)
    assert path.read_bytes() == NEW
    return path, state, disk.moments, saved


def workbooks_after(model: Modelled, path: Path) -> Iterator[bytes]:
    for names in model.folder_after_a_cut(path.parent):
        yield from model.files[names[path.name]].after_a_cut()


def test_the_workbook_is_never_torn_or_missing(recorded):
    path, _, moments, _ = recorded
    seen = {data for model in moments for data in workbooks_after(model, path)}
    assert seen == {OLD, NEW}


def test_what_is_reported_as_saved_stays_saved(recorded):
    path, _, moments, saved = recorded
    for model in moments[saved - 1 :]:
        assert set(workbooks_after(model, path)) == {NEW}


def test_the_old_bytes_are_on_record_before_the_new_stand(recorded):
    path, state, moments, _ = recorded
    for model in moments:
        if NEW in set(workbooks_after(model, path)):
            assert set(records_after(model, state)) == {OLD}


def records_after(model: Modelled, state: Path) -> Iterator[bytes]:
    """The recorded old bytes after a cut, b"" where the record cannot be found."""
    chain = [state.parent.parent, state.parent, state, state / "runs", state / "runs" / "r1"]
    names = [folder.name for folder in chain[1:]] + ["before.xlsx"]
    for shown in product(*(list(model.folder_after_a_cut(folder)) for folder in chain)):
        if all(name in there for name, there in zip(names, shown, strict=True)):
            yield from model.files[shown[-1]["before.xlsx"]].after_a_cut()
        else:
            yield b""
