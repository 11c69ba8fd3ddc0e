"""The commands that write files for people: the .xlam, a tracker with the pane, the script."""

from __future__ import annotations

import json

import pytest
from click.testing import CliRunner

from sheetsync import cli
from tests.trackers import demo_file


@pytest.fixture(autouse=True)
def _here(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("SHEETSYNC_STATE", str(tmp_path / "state"))


def run(*words):
    return CliRunner().invoke(cli.main, ["addin", *words])


def test_desktop_writes_the_add_in_and_tells_the_clicks(tmp_path):
    told = run("desktop", "--label", "Acme")
    assert told.exit_code == 0, told.output
    assert told.stdout.startswith(f"Wrote {tmp_path / 'sheetsync.xlam'}. What is left to you:\n1. ")
    told = json.loads(run("desktop", "--out", "other.xlam", "--json").stdout)
    assert (told["status"], told["file"]) == ("written", str(tmp_path / "other.xlam"))
    assert len(told["clicks"]) == 2
    refused = run("desktop", "--out", "other.xlsm")
    assert (refused.exit_code, refused.stdout) == (2, "")
    assert "must end in .xlam" in refused.stderr


def test_carry_lets_a_tracker_open_with_the_pane_once(tmp_path):
    demo_file(tmp_path / "Partners.xlsx")
    assert run("carry", "Partners.xlsx").stdout == "Partners.xlsx opens with the pane.\n"
    assert json.loads(run("carry", "Partners.xlsx", "--json").stdout) == {
        "workbook": "Partners.xlsx",
        "status": "unchanged",
    }
    assert run("carry", "none.xlsx").exit_code == 2


def test_office_script_is_written_for_a_server(tmp_path):
    told = run("office-script", "--origin", "https://kpi.example.com")
    assert told.exit_code == 0
    assert "Automate > New Script" in told.stdout
    assert 'url: "https://kpi.example.com"' in (tmp_path / "recalc.ts").read_text("utf-8")
    refused = run("office-script", "--origin", "http://kpi.example.com", "--json")
    assert refused.exit_code == 2
    assert json.loads(refused.stdout)["error"]["kind"] == "NotAllowed"
