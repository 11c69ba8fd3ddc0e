from __future__ import annotations

import json
import os
import subprocess
import sys
from datetime import UTC, datetime

import pytest

from sheetsync.backends.xlsx.lease import boot_id, lease
from sheetsync.model.errors import WorkbookBusy, WriteFailed

NOW = datetime(2026, 3, 1, 10, 15, tzinfo=UTC)


def test_one_run_at_a_time_and_the_other_is_named(tmp_path):
    path = tmp_path / "Plan.xlsx"
    with (
        lease(tmp_path, path, NOW),
        pytest.raises(WorkbookBusy) as told,
        lease(tmp_path, path, NOW),
    ):
        pass
    assert f"process {os.getpid()}" in str(told.value)
    assert "since 2026-03-01T10:15" in str(told.value)
    assert "“Plan.xlsx”" in str(told.value)


def test_it_is_free_again_afterwards_also_after_an_error(tmp_path):
    path = tmp_path / "Plan.xlsx"
    with pytest.raises(RuntimeError), lease(tmp_path, path, NOW):
        raise RuntimeError
    with lease(tmp_path, path, NOW):
        pass
    with lease(tmp_path, path, NOW):
        pass


def test_other_workbooks_are_not_held_up(tmp_path):
    with lease(tmp_path, tmp_path / "a.xlsx", NOW), lease(tmp_path, tmp_path / "b.xlsx", NOW):
        pass


DYING = """
import os, sys
from datetime import datetime, UTC
from pathlib import Path
from sheetsync.backends.xlsx.lease import lease
held = lease(Path(sys.argv[1]), Path(sys.argv[2]), datetime.now(UTC))
held.__enter__()
os._exit(0)
"""


def test_a_run_that_died_holds_nothing(tmp_path):
    path = tmp_path / "Plan.xlsx"
    subprocess.run([sys.executable, "-c", DYING, tmp_path, path], check=True)
    (file,) = (tmp_path / "leases").iterdir()
    assert json.loads(file.read_bytes())["path"] == str(path)
    with lease(tmp_path, path, NOW):
        pass


def test_a_damaged_lease_file_is_no_obstacle(tmp_path):
    path = tmp_path / "Plan.xlsx"
    with lease(tmp_path, path, NOW):
        (file,) = (tmp_path / "leases").iterdir()
    file.write_bytes(b"{ damaged")
    with lease(tmp_path, path, NOW):
        told = json.loads(file.read_bytes())
    assert told["pid"] == os.getpid()
    assert told["boot"] == boot_id()


def test_a_state_folder_that_cannot_be_made_is_named(tmp_path):
    blocked = tmp_path / "file"
    blocked.write_bytes(b"")
    with pytest.raises(WriteFailed, match="SHEETSYNC_STATE"), lease(blocked, tmp_path / "P", NOW):
        pass


@pytest.mark.skipif(os.name == "nt", reason="modes are POSIX'")
def test_only_the_owner_may_read_leases(tmp_path):
    with lease(tmp_path / "state", tmp_path / "P", NOW):
        pass
    (file,) = (tmp_path / "state" / "leases").iterdir()
    assert file.stat().st_mode & 0o77 == 0
    assert file.parent.stat().st_mode & 0o77 == 0
