from __future__ import annotations

import pytest

from sheetsync.backends.xlsx import locks
from sheetsync.backends.xlsx.locks import (
    conflict_copies,
    excel_owner,
    libreoffice_owner,
    libreoffice_runs,
    refuse_if_open,
)
from sheetsync.model.errors import WorkbookBusy


@pytest.fixture
def plan(tmp_path):
    path = tmp_path / "Plan.xlsx"
    path.write_bytes(b"a workbook")
    return path


def excel_lock(name: str) -> bytes:
    """As Excel writes it: 165 bytes, the name in one byte per character and in UTF-16."""
    narrow = name.encode("cp1252", "replace")
    wide = name.encode("utf-16-le")
    return (
        bytes([len(narrow)])
        + narrow.ljust(54)
        + len(name).to_bytes(2, "little")
        + wide.ljust(108, b" \0"[:1])
    )


def test_no_lock_files_no_objection(plan):
    assert refuse_if_open(plan) == ()


@pytest.mark.parametrize("name", ["Sales Desk", "Łódź", "販売部", "A"])
def test_excel_names_who_has_it_open(plan, name):
    data = excel_lock(name)
    assert len(data) == 165
    plan.with_name("~$Plan.xlsx").write_bytes(data)
    with pytest.raises(WorkbookBusy) as told:
        refuse_if_open(plan)
    assert f"“Plan.xlsx” is open in Excel ({name})" in str(told.value)
    assert "“~$Plan.xlsx”" in str(told.value)


@pytest.mark.parametrize("data", [b"", b"\xff", b"\x05", bytes(165), b"\x00" * 3, b"\xff" * 165])
def test_a_damaged_excel_lock_is_somebody(data):
    assert excel_owner(data)


def test_control_characters_of_a_lock_never_reach_the_terminal():
    assert excel_owner(b"\x05a\x1b[2J") == "a[2J"


LIBRE = b",ann,desk,01.03.2026 10:00,file:///home/ann/.config/libreoffice/4;"


def libre(plan, data=LIBRE):
    plan.with_name(".~lock.Plan.xlsx#").write_bytes(data)


def test_libreoffice_on_another_computer_has_it_open(plan):
    libre(plan)
    with pytest.raises(WorkbookBusy, match=r"LibreOffice \(ann\)"):
        refuse_if_open(plan, lambda: False, "laptop")


def test_libreoffice_that_runs_here_has_it_open(plan):
    libre(plan)
    with pytest.raises(WorkbookBusy, match=r"LibreOffice \(ann\)"):
        refuse_if_open(plan, lambda: True, "desk")


@pytest.mark.parametrize("host", ["desk", "DESK"])
def test_a_lock_of_this_computer_without_libreoffice_is_stale_and_said_so(plan, host):
    libre(plan)
    (note,) = refuse_if_open(plan, lambda: False, host)
    assert "stale" in note
    assert "ann" in note


@pytest.mark.parametrize("data", [b"", b";", b",,,,;", b"\xff\xfe", b"no commas at all"])
def test_a_damaged_libreoffice_lock_counts_as_open(plan, data):
    libre(plan, data)
    with pytest.raises(WorkbookBusy):
        refuse_if_open(plan, lambda: False, "desk")


def test_names_with_commas_are_read_whole():
    assert libreoffice_owner(rb"Ann\, Sales,ann,desk,now,x;") == ("Ann, Sales", "desk")


def test_processes_are_looked_up_without_error():
    assert libreoffice_runs() in (True, False)


def test_where_processes_cannot_be_looked_up_libreoffice_may_run(monkeypatch):
    monkeypatch.setattr(locks.sys, "platform", "darwin")
    assert libreoffice_runs()


@pytest.mark.parametrize(
    "name",
    [
        "Plan (1).xlsx",
        "Plan (2).xlsx",
        "Plan-DESK7.xlsx",
        "Plan (Ann's conflicted copy 2026-03-01).xlsx",
        "Plan.sync-conflict-20260301-101500-ABCDEFG.xlsx",
    ],
)
def test_second_versions_of_cloud_folders_are_listed(plan, name):
    plan.with_name(name).write_bytes(b"other")
    assert conflict_copies(plan) == (name,)


@pytest.mark.parametrize(
    "name", ["Plan 2.xlsx", "Planning.xlsx", "Plan-2024.xlsx", "Plan (1).csv", "Other (1).xlsx"]
)
def test_other_files_are_no_second_versions(plan, name):
    plan.with_name(name).write_bytes(b"other")
    assert conflict_copies(plan) == ()
