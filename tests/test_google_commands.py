"""The commands on a shared Google Sheet, as people run them; the sheet is the emulator's."""

from __future__ import annotations

import json

import pytest
from click.testing import CliRunner

from sheetsync import cli
from sheetsync.backends.google import auth, draw_table
from tests.backends.google.shared import share
from tests.fakes.sheets.humans import Human

DAY = ("--as-of", "2026-02-28")


@pytest.fixture
def shared(monkeypatch):
    monkeypatch.setattr(draw_table, "ROWS", 400)
    made = share("Our partners")
    monkeypatch.setattr(auth, "open_client", made.client)
    return made


@pytest.fixture
def run(shared):
    url = f"https://docs.google.com/spreadsheets/d/{shared.id}/edit#gid=0"

    def call(command, *words):
        return CliRunner().invoke(cli.main, [command, url, *words])

    return call


def test_a_session_from_an_empty_sheet(run, shared):
    assert run("new", "--demo", *DAY).exit_code == 0
    checked = run("check", "--json", *DAY)
    assert checked.exit_code == 1
    assert json.loads(checked.stdout)["status"] == "planned"
    synced = json.loads(run("sync", "--json", *DAY).stdout)
    assert synced["status"] == "written"
    assert synced["traffic"]["requests"] <= 3
    assert synced["tabs"]["Partners"]["rows"] == 25
    again = json.loads(run("sync", "--json", *DAY).stdout)
    assert (again["status"], again["traffic"]["requests"]) == ("unchanged", 1)
    told = run("undo", "--json")
    assert told.exit_code == 0, told.output
    assert json.loads(told.stdout)["restored"] > 50


def test_a_report_tab_that_was_deleted_comes_back(run, shared):
    run("new", "--demo", *DAY)
    run("sync", *DAY)
    Human(shared.sheet(), shared.sheet().owner).delete_tab("Dashboard")
    assert json.loads(run("sync", "--json", *DAY).stdout)["status"] == "written"
    titles = [sheet.properties["title"] for sheet in shared.sheet().sheets]
    assert "Dashboard" in titles
    assert json.loads(run("sync", "--json", *DAY).stdout)["status"] == "unchanged"


def test_an_empty_sheet_is_no_tracker(run):
    told = run("sync")
    assert told.exit_code == 2
    assert "not a tracker" in told.output


def test_another_address_is_told(shared):
    told = CliRunner().invoke(cli.main, ["sync", "https://example.com/sheet"])
    assert told.exit_code == 2
    assert "no address of a Google Sheet" in told.output


def test_a_stopped_write_says_what_to_do(run, shared, monkeypatch):
    from sheetsync.backends.google.workbook import GoogleWorkbook

    run("new", "--demo", *DAY)

    def stopped(*_):
        raise KeyboardInterrupt

    monkeypatch.setattr(GoogleWorkbook, "apply", stopped)
    told = run("sync", *DAY)
    assert told.exit_code == 130
    assert "run the same command again" in told.output


def test_live_kpis_are_told_not_to_be_for_shared_sheets(run, shared):
    run("new", "--demo", "--pack", "settings", *DAY)
    rows = Human(shared.sheet()).rows("Settings")
    at = next(i for i, row in enumerate(rows) if row[0] == "live_kpis")
    Human(shared.sheet()).type("Settings", at, 1, "yes")
    told = json.loads(run("sync", "--json", *DAY).stdout)
    assert "no_live_kpis" in {issue["code"] for issue in told["issues"]}
    assert json.loads(run("sync", "--json", *DAY).stdout)["status"] == "unchanged"
