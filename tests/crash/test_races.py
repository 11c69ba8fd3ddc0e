"""People save at the worst moments: no save of theirs is ever lost, no file ever torn."""

from __future__ import annotations

import random
import sys
from pathlib import Path
from typing import Any

import pytest

from sheetsync.backends.xlsx.save import digest, save
from sheetsync.model.errors import StaleSnapshot, WorkbookBusy

pytestmark = pytest.mark.skipif(sys.platform != "linux", reason="needs renameat2")
ROUNDS = 2000
OLD, OURS = b"as read", b"written by the sync"


class Person:
    """Saves unique bytes over a file: by rename, in place, or like Excel (aside, in, delete)."""

    def __init__(self, path: Path, dice: random.Random) -> None:
        self.path = path
        self.dice = dice
        self.saved: list[bytes] = []
        self.replaced_by_people: set[bytes] = set()
        self.slow: Any = None
        self.was_slow = False

    def save(self) -> None:
        self.finish()
        data = f"save {len(self.saved)} by a person".encode() * self.dice.randint(1, 50)
        self.replaced_by_people.add(self.path.read_bytes())
        self.saved.append(data)
        getattr(self, self.dice.choice(["by_rename", "in_place", "like_excel", "slowly"]))(data)

    def by_rename(self, data: bytes) -> None:
        new = self.path.with_name("person.tmp")
        new.write_bytes(data)
        new.replace(self.path)

    def in_place(self, data: bytes) -> None:
        self.path.write_bytes(data)

    def like_excel(self, data: bytes) -> None:
        new, aside = self.path.with_name("1A2B3C"), self.path.with_name("4D5E6F")
        new.write_bytes(data)
        self.path.rename(aside)
        new.rename(self.path)
        aside.unlink()

    def slowly(self, data: bytes) -> None:
        self.was_slow = True
        self.slow = (self.path.open("r+b"), data)

    def finish(self) -> None:
        """End a slow save: the file has been open, the bytes come only now."""
        if self.slow:
            file, data = self.slow
            self.slow = None
            with file:
                file.truncate(0)
                file.write(data)


def racing(stepping_disk: type, person: Person) -> Any:
    class RacingDisk(stepping_disk):
        def step(self, name: str, args: tuple[Any, ...]) -> None:
            super().step(name, args)
            if name == "swap":
                self.act(0.5)
            elif name in ("sync_folder", "has_writer"):
                self.act(0.1)

        def stepped(self, name: str, args: tuple[Any, ...]) -> None:
            if name == "swap":
                self.act(0.3)

        def act(self, chance: float) -> None:
            if person.dice.random() < chance:
                person.save()
            elif person.dice.random() < 0.3:
                person.finish()

    return RacingDisk()


def test_no_save_of_people_is_lost(tmp_path, stepping_disk, leftovers):
    raced = 0
    for seed in range(ROUNDS):
        folder = tmp_path / str(seed)
        folder.mkdir()
        raced += bool(one_race(folder, seed, stepping_disk))
        assert leftovers(folder) == [], seed
    assert raced > ROUNDS / 3


def one_race(folder: Path, seed: int, stepping_disk: type) -> list[bytes]:
    path = folder / "Plan.xlsx"
    path.write_bytes(OLD)
    person = Person(path, random.Random(seed))
    landed = True
    try:
        save(path, digest(OLD), OURS, disk=racing(stepping_disk, person))
    except (StaleSnapshot, WorkbookBusy):
        landed = False
    person.finish()
    check_in_place(path.read_bytes(), person, landed=landed)
    there = {file.read_bytes() for file in folder.iterdir()}
    for data in person.saved:
        assert data in there or data in person.replaced_by_people, seed
    return person.saved


def check_in_place(found: bytes, person: Person, *, landed: bool) -> None:
    """The last save stands; ours only where nobody saved.

    Who holds an old version open while another save comes in has made two versions: either may
    stand, and the other is kept.
    """
    if not person.saved:
        assert (found, landed) == (OURS, True)
    elif person.was_slow:
        assert found in person.saved
    else:
        assert found == person.saved[-1]
