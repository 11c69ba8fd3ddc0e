"""The process is killed at every step of a run: the workbook is old or new, and recovers."""

from __future__ import annotations

import os
import random
import sys
from datetime import UTC, datetime
from pathlib import Path

import pytest

from sheetsync.backends.xlsx.disk import Disk
from sheetsync.backends.xlsx.journal import Journal
from sheetsync.backends.xlsx.lease import lease
from sheetsync.backends.xlsx.save import digest, save
from sheetsync.model.plan import AppendRows, Plan
from tests.crash.conftest import QuickDisk

pytestmark = [
    pytest.mark.skipif(not hasattr(os, "fork"), reason="needs fork"),
    pytest.mark.filterwarnings("ignore:.*fork.*:DeprecationWarning"),
]
NOW = datetime(2026, 3, 1, tzinfo=UTC)
PLAN = Plan((AppendRows("log", ("at",), (("now",),)),), "f", "r1")


def run(path: Path, state: Path, new: bytes, disk: Disk) -> None:
    """One run as a workbook's ``apply`` does it, on arbitrary bytes."""
    journal = Journal(state, disk, lambda: NOW)
    with lease(state, path, NOW):
        journal.recover(path)
        old = disk.read(path)
        if old == new:
            return
        recorded = journal.begin(PLAN, path, old, new)
        save(path, digest(old), new, disk=disk, mark=journal.mark)
        journal.done(recorded)


def killed(path: Path, state: Path, new: bytes, disk: Disk) -> bool:
    """Run in a forked process; True when it died on the way."""
    child = os.fork()
    if child == 0:
        try:
            run(path, state, new, disk)
        finally:
            os._exit(1 if sys.exc_info()[0] is None else 2)
    status = os.waitstatus_to_exitcode(os.waitpid(child, 0)[1])
    assert status != 2, "the run raised"
    return status == 0


@pytest.mark.parametrize("kind", ["exchange", "link", "copy"])
@pytest.mark.parametrize("seed", range(20))
def test_killed_at_every_step(tmp_path, dying_disk, leftovers, kind, seed):
    dice = random.Random(seed)
    old, new = dice.randbytes(dice.randint(1, 5000)), dice.randbytes(dice.randint(1, 5000))
    at, died = 0, True
    while died:
        at += 1
        folder = tmp_path / str(at)
        folder.mkdir()
        path, state = folder / "Plan.xlsx", tmp_path / f"state{at}"
        path.write_bytes(old)
        died = killed(path, state, new, dying_disk(kind, at, torn=bool(seed % 2)))
        assert path.read_bytes() in (old, new)
        check_recovery(path, state, old, new)
        assert leftovers(folder) == []
    assert at > 30


def check_recovery(path: Path, state: Path, old: bytes, new: bytes) -> None:
    """The next run finds or finishes the work; every recorded run is settled."""
    run(path, state, new, QuickDisk())
    assert path.read_bytes() == new
    journal = Journal(state)
    assert [r.status for r in journal.runs(path)] == ["done"]
    assert journal.before_bytes("r1", path) == old
    assert journal.plan_of("r1", path) == PLAN
    assert [p.name for p in path.parent.iterdir()] == ["Plan.xlsx"]
