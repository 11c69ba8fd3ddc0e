from __future__ import annotations

import gzip
import json
import os
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from sheetsync.backends.xlsx.journal import KEPT_RUNS, Journal, state_folder
from sheetsync.backends.xlsx.save import digest, temp_prefix
from sheetsync.model.plan import Plan, WriteCells
from sheetsync.model.values import Formula

NOW = datetime(2026, 3, 1, 10, 15, tzinfo=UTC)
OLD, NEW = b"old workbook", b"new workbook"


def plan(run="r1", reverts=""):
    cells = (WriteCells("deals", "stage", ("D-1",), ("D-1",), (2,), (" won",), ("won",)),)
    return Plan(cells, digest(OLD), run, reverts)


@pytest.fixture
def journal(tmp_path):
    return Journal(tmp_path / "state", clock=lambda: NOW)


@pytest.fixture
def path(tmp_path):
    file = tmp_path / "Plan.xlsx"
    file.write_bytes(OLD)
    return file


def statuses(journal, path):
    return [run.status for run in journal.runs(path)]


def test_a_run_is_recorded_before_it_writes(journal, path):
    run = journal.begin(plan(), path, OLD, NEW)
    assert (run.status, run.before, run.after) == ("open", digest(OLD), digest(NEW))
    assert run.when == "2026-03-01T10:15:00+00:00"
    assert journal.runs(path) == [run]
    assert journal.plan_of("r1", path) == plan()
    assert journal.before_bytes("r1", path) == OLD


def test_the_record_is_files_of_these_names(journal, path):
    journal.done(journal.begin(plan(), path, OLD, NEW))
    folder = journal.state / "runs" / "r1"
    assert sorted(file.name for file in folder.iterdir()) == [
        "before.xlsx",
        "plan.json.gz",
        "state.json",
    ]
    assert json.loads(gzip.decompress((folder / "plan.json.gz").read_bytes())) == plan().to_json()
    assert (folder / "before.xlsx").read_bytes() == OLD
    assert json.loads((folder / "state.json").read_text("utf-8"))["status"] == "done"


def test_text_that_is_no_unicode_is_recorded_too(journal, path):
    cells = WriteCells("d", "s", ("k",), ("k",), (2,), ("\ud800 ☂",), (Formula("1+1", 2),))
    odd = Plan((cells,), "f", "r1")
    journal.begin(odd, path, OLD, NEW)
    assert journal.plan_of("r1", path) == odd


@pytest.mark.skipif(os.name == "nt", reason="modes are POSIX'")
def test_only_the_owner_may_read_records(journal, path):
    journal.done(journal.begin(plan(), path, OLD, NEW))
    for found in (journal.state, *journal.state.rglob("*")):
        assert found.stat().st_mode & 0o77 == 0, found


@pytest.mark.parametrize("name", ["never", "", "../..", "/etc", "a/b", "~", "x" * 500, "\0"])
def test_an_unknown_run_is_a_key_error(journal, path, name):
    journal.begin(plan(), path, OLD, NEW)
    with pytest.raises(KeyError):
        journal.plan_of(name, path)
    with pytest.raises(KeyError):
        journal.before_bytes(name, path)


@pytest.mark.parametrize("name", ["", "../../evil", "a/b", "x" * 500, "été"])
def test_a_run_of_any_name_is_recorded_inside_the_state_folder(journal, path, name):
    journal.begin(plan(name), path, OLD, NEW)
    assert journal.plan_of(name, path) == plan(name)
    assert len(list((journal.state / "runs").iterdir())) == 1


def test_a_discarded_run_is_unknown(journal, path):
    journal.discard(journal.begin(plan(), path, OLD, NEW))
    with pytest.raises(KeyError):
        journal.plan_of("r1", path)


def test_a_damaged_record_is_unknown(journal, path):
    journal.done(journal.begin(plan(), path, OLD, NEW))
    folder = journal.state / "runs" / "r1"
    (folder / "before.xlsx").write_bytes(b"tampered")
    (folder / "plan.json.gz").write_bytes(b"{")
    with pytest.raises(KeyError):
        journal.before_bytes("r1", path)
    with pytest.raises(KeyError):
        journal.plan_of("r1", path)
    (folder / "state.json").write_bytes(b"[]")
    assert journal.runs(path) == []


def test_two_workbooks_may_have_a_run_of_one_name(journal, path):
    other = path.with_name("Other.xlsx")
    journal.done(journal.begin(plan(), path, OLD, NEW))
    journal.done(journal.begin(plan(), other, b"other old", NEW))
    assert journal.before_bytes("r1", path) == OLD
    assert journal.before_bytes("r1", other) == b"other old"


def test_a_renamed_workbook_finds_its_runs(journal, path):
    journal.done(journal.begin(plan(), path, OLD, NEW))
    assert journal.plan_of("r1", path.with_name("Renamed.xlsx")) == plan()


def test_a_run_that_died_before_its_record_was_whole_leaves_no_trace(journal, path):
    folder = journal.state / "runs" / "r1"
    folder.mkdir(parents=True)
    (folder / "plan.json.gz").write_bytes(b"half")
    assert journal.recover(path) == ()
    journal.done(journal.begin(plan(), path, OLD, NEW))
    assert journal.before_bytes("r1", path) == OLD


def test_a_dead_run_that_wrote_nothing_is_discarded(journal, path):
    journal.begin(plan(), path, OLD, NEW)
    assert journal.recover(path) == ()
    assert statuses(journal, path) == ["discarded"]


def test_a_dead_run_that_saved_is_finished(journal, path):
    journal.begin(plan(), path, OLD, NEW)
    path.write_bytes(NEW)
    (note,) = journal.recover(path)
    assert "complete" in note
    assert statuses(journal, path) == ["done"]
    assert journal.recover(path) == ()


def test_a_workbook_saved_since_is_left_and_said_so(journal, path):
    journal.begin(plan(), path, OLD, NEW)
    path.write_bytes(b"by a person")
    (note,) = journal.recover(path)
    assert "left as it is" in note
    assert path.read_bytes() == b"by a person"
    assert statuses(journal, path) == ["left"]
    assert journal.recover(path) == ()
    assert journal.plan_of("r1", path) == plan()


def temp(path, name, data, age=0.0):
    file = path.with_name(f"{temp_prefix(path)}{name}")
    file.write_bytes(data)
    return file


def later(journal, seconds):
    return Journal(journal.state, clock=lambda: datetime.now(UTC) + timedelta(seconds=seconds))


def test_a_save_that_came_in_while_a_run_died_is_put_back(journal, path):
    journal.begin(plan(), path, OLD, NEW)
    path.write_bytes(NEW)
    left = temp(path, f"{journal.mark}-1.swap.tmp", b"by a person")
    notes = journal.recover(path)
    assert "put back in its place" in notes[0]
    assert path.read_bytes() == b"by a person"
    assert not left.exists()


def test_an_unknown_version_is_kept_beside_the_workbook(journal, path):
    left = temp(path, f"{journal.mark}-1.swap.tmp", b"by a person")
    (note,) = journal.recover(path)
    kept = path.with_name(f"Plan (kept {digest(b'by a person')[:8]}).xlsx")
    assert kept.name in note
    assert kept.read_bytes() == b"by a person"
    assert path.read_bytes() == OLD
    assert not left.exists()


@pytest.mark.parametrize("data", [OLD, NEW, b"ha"], ids=["before", "after", "half"])
def test_temporary_files_of_dead_runs_go(journal, path, data):
    journal.begin(plan(), path, OLD, NEW)
    kind = "new" if data == b"ha" else "swap"
    left = temp(path, f"{journal.mark}-1.{kind}.tmp", data)
    journal.recover(path)
    assert not left.exists()
    assert path.read_bytes() == OLD


def test_temporary_files_of_another_computer_wait_for_two_minutes(journal, path):
    left = temp(path, "elsewhere-1.new.tmp", b"half")
    later(journal, 60).recover(path)
    assert left.exists()
    later(journal, 150).recover(path)
    assert not left.exists()


def test_temporary_files_of_other_workbooks_are_not_touched(journal, path):
    other = temp(path.with_name("Other.xlsx"), f"{journal.mark}-1.new.tmp", b"half")
    later(journal, 1000).recover(path)
    assert other.exists()


def test_a_workbook_that_went_missing_half_way_is_put_back(journal, path):
    path.unlink()
    temp(path, f"{journal.mark}-1.old.tmp", OLD)
    temp(path, f"{journal.mark}-1.swap.tmp", NEW)
    (note, *_) = journal.recover(path)
    assert "put back" in note
    assert path.read_bytes() == OLD


def test_the_newest_runs_are_kept(journal, path):
    for i in range(KEPT_RUNS + 5):
        journal.done(journal.begin(plan(f"r{i}"), path, OLD, NEW))
    kept = [run.run for run in journal.runs(path)]
    assert kept == [f"r{i}" for i in range(KEPT_RUNS + 4, 4, -1)]


def test_the_last_good_run_outlives_any_number_of_others(journal, path):
    journal.done(journal.begin(plan("good"), path, OLD, NEW))
    for i in range(KEPT_RUNS + 5):
        journal.begin(plan(f"r{i}"), path, OLD, NEW)
        path.write_bytes(f"by a person {i}".encode())
        journal.recover(path)
    journal._prune(path)
    assert journal.runs(path)[-1].run == "good"
    assert len(journal.runs(path)) == KEPT_RUNS + 1


def test_the_state_folder_is_given_or_of_the_environment_or_the_systems(tmp_path, monkeypatch):
    assert state_folder(tmp_path) == tmp_path
    monkeypatch.setenv("SHEETSYNC_STATE", str(tmp_path / "env"))
    assert state_folder() == tmp_path / "env"
    monkeypatch.delenv("SHEETSYNC_STATE")
    assert state_folder().name == "sheetsync"
    assert isinstance(state_folder(), Path)
