"""A real workbook's ``apply`` is killed at every step; the next sync finds or finishes the work."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

from sheetsync.backends.xlsx import workbook as module
from sheetsync.backends.xlsx.reader import snapshot
from sheetsync.backends.xlsx.workbook import XlsxWorkbook
from sheetsync.model.plan import AppendRows, Plan, WriteCells
from tests.contract.small import TABS, as_xlsx
from tests.crash.conftest import DyingDisk, QuickDisk

pytestmark = [
    pytest.mark.skipif(not hasattr(os, "fork"), reason="needs fork"),
    pytest.mark.filterwarnings("ignore:.*fork.*:DeprecationWarning"),
]


@pytest.fixture(autouse=True)
def _read_in_this_process(monkeypatch):
    """Many short runs: without a worker process for each."""
    monkeypatch.setattr(
        module, "read_in_worker", lambda data, tabs, name, **_: snapshot(data, tabs, name)
    )


def planned(book: XlsxWorkbook) -> Plan:
    """The plan that a sync would make now: empty once it is applied."""
    seen = book.read(TABS)
    if seen.tables["deals"].column("stage")[0] == "won":
        return Plan((), seen.fingerprint)
    cells = WriteCells("deals", "stage", ("D-0001",), ("D-0001",), (2,), (" won",), ("won",))
    log = AppendRows("log", ("run", "note"), (("r1", "one line"),))
    return Plan((cells, log), seen.fingerprint, "r1")


def killed(path: Path, state: Path, at: int) -> bool:
    child = os.fork()
    if child == 0:
        try:
            book = XlsxWorkbook(path, state=state, disk=DyingDisk("exchange", at, torn=True))
            book.apply(planned(book), TABS)
            os._exit(1)
        finally:
            os._exit(2)
    status = os.waitstatus_to_exitcode(os.waitpid(child, 0)[1])
    assert status != 2, "the run raised"
    return status == 0


def test_a_killed_sync_is_found_or_finished_by_the_next(tmp_path):
    old = as_xlsx(tmp_path).path.read_bytes()
    path, at, died = tmp_path / "small.xlsx", 0, True
    while died:
        at += 1
        path.write_bytes(old)
        state = tmp_path / f"state{at}"
        died = killed(path, state, at)
        wrote = path.read_bytes() != old
        check_next_sync(path, state, old, wrote=wrote)
    assert at > 40


def check_next_sync(path: Path, state: Path, old: bytes, *, wrote: bool) -> None:
    """One line in the log however often it was tried, and an undo that gives the old file."""
    book = XlsxWorkbook(path, state=state, disk=QuickDisk())
    plan = planned(book)
    assert bool(plan) is not wrote
    book.apply(plan, TABS)
    seen = book.read(TABS)
    assert seen.tables["log"].column("run") == ["r0", "r1"]
    back = book.plan_of("r1").reverse(seen.fingerprint, "r2")
    book.apply(Plan(back.ops, back.fingerprint, "r2", "r1"), TABS)
    assert book.journal.before_bytes("r1", path.resolve()) == old
    assert {run.status for run in book.journal.runs(path.resolve())} == {"done"}
    assert [file.name for file in path.parent.glob(".ss-*")] == []
