"""The doctor says what is in the way of a sync, and leaves nothing behind."""

from __future__ import annotations

import json

import pytest
from click.testing import CliRunner

from sheetsync import cli
from sheetsync.backends.google import auth, draw_table, ids
from sheetsync.backends.google.create import create
from sheetsync.backends.google.doctor import doctor
from sheetsync.backends.google.failures import SignInNeeded
from sheetsync.catalog.tracker import LEAN
from sheetsync.templates import first_rows
from tests.backends.google.shared import DEMO, ROBOT, fork, share, state
from tests.fakes.sheets.humans import Human

COLLEAGUE = "colleague@example.com"
URL = "https://docs.google.com/spreadsheets/d/{}/edit#gid=0"


@pytest.fixture(scope="module")
def made():
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(draw_table, "ROWS", 40)
        shared = share(locale="de_DE", timeZone="UTC")
        create(shared.client(), shared.id, LEAN, DEMO)
    return shared


@pytest.fixture
def tracker(made):
    return fork(made)


def owner(shared):
    return Human(shared.sheet(), shared.sheet().owner)


def look(shared):
    return doctor(shared.client(), shared.id, LEAN)


def told(findings, status):
    return {finding.check for finding in findings if finding.status == status}


def test_a_sound_tracker_is_all_ok(tracker):
    before = state(tracker.sheet())
    client = tracker.client()
    found = doctor(client, tracker.id, LEAN)
    assert {f.status for f in found} == {"ok"}
    assert client.requests == 4
    assert state(tracker.sheet()) == before
    assert {"sign-in", "read", "write", "tabs", "columns", "layout", "locale"} <= told(found, "ok")
    assert any(ROBOT in f.message for f in found)
    assert any("de_DE" in f.message for f in found)


def test_an_empty_spreadsheet_is_told_how_to_become_a_tracker():
    found = look(share())
    (tabs,) = [f for f in found if f.check == "tabs"]
    assert tabs.status == "fail"
    assert "sheetsync new" in tabs.remedy


def test_a_sheet_for_viewing_only_fails_at_writing(tracker):
    tracker.sheet().editors, tracker.sheet().readers = set(), {ROBOT}
    found = look(tracker)
    assert told(found, "fail") >= {"write"}
    (write,) = [f for f in found if f.check == "write"]
    assert ROBOT in write.message


def test_a_sheet_that_is_not_shared_fails_at_access(tracker):
    tracker.sheet().editors, tracker.sheet().readers = set(), set()
    (finding,) = look(tracker)
    assert (finding.check, finding.status) == ("access", "fail")
    assert ROBOT in finding.message


def test_a_quota_that_ran_out_is_told(tracker):
    tracker.faults.add("429", times=100)
    (finding,) = look(tracker)
    assert (finding.check, finding.status) == ("quota", "fail")


def test_a_refusal_for_quota_that_passed_is_a_warning(tracker):
    tracker.faults.add("429", times=1)
    assert "quota" in told(look(tracker), "warn")


def test_renamed_and_moved_tabs_are_found(tracker):
    human = Human(tracker.sheet())
    human.rename_tab("Deals", "Our opportunities")
    human.move_tab("Partners", 5)
    assert "tabs" in told(look(tracker), "ok")


def test_a_missing_tab_and_key_column_fail(tracker):
    human = owner(tracker)
    human.delete_tab("Plan")
    human.delete_column("Deals", 0)
    found = look(tracker)
    assert {"tabs", "columns"} <= told(found, "fail")
    assert any("Deals: the column Deal ID is missing" in f.message for f in found)
    assert any("Plan" in f.message for f in found if f.check == "tabs")


def test_a_check_column_that_was_typed_over_is_a_warning(tracker):
    check = len(LEAN.tab("deals").columns) - 1
    Human(tracker.sheet()).type("Deals", 7, check, "looks fine to me")
    found = [f for f in look(tracker) if f.status == "warn"]
    assert any("the column Check shows nothing" in f.message for f in found)


def test_a_header_that_stands_twice_fails(tracker):
    Human(tracker.sheet()).type("Deals", 0, 20, "Stage")
    assert any("more than one column is called Stage" in f.message for f in look(tracker))


def test_missing_charts_and_names_are_told(tracker):
    tracker.sheet().named("Dashboard").charts.clear()
    key = ids.named_range_id("kpi_key")
    del tracker.sheet().named_ranges[key]
    (layout,) = [f for f in look(tracker) if f.check == "layout"]
    assert layout.status == "warn"
    assert "charts" in layout.message
    assert "named ranges" in layout.message


def test_a_protection_against_us_fails(tracker):
    sheet = tracker.sheet().named("Issues")
    for part in sheet.protected_ranges:
        part["editors"] = {"users": ["somebody.else@example.com"]}
    (finding,) = [f for f in look(tracker) if f.check == "protections"]
    assert finding.status == "fail"
    assert "Issues" in finding.message


def test_another_time_zone_than_settings_says_is_a_warning(tracker):
    rows = Human(tracker.sheet()).rows("Settings")
    at = next(i for i, row in enumerate(rows) if row[0] == "time_zone")
    Human(tracker.sheet()).type("Settings", at, 1, "Asia/Tokyo")
    assert "locale" in told(look(tracker), "warn")


@pytest.fixture
def run(tracker, monkeypatch):
    """Run the command line against the emulator."""
    monkeypatch.setattr(auth, "open_client", tracker.client)
    return lambda *words: CliRunner().invoke(cli.main, list(words))


def test_the_command_prints_one_line_each(run, tracker):
    result = run("doctor", URL.format(tracker.id))
    assert result.exit_code == 0, result.output
    assert all(line.startswith(("ok", "  ")) for line in result.output.splitlines())


def test_the_command_fails_with_json_where_something_is_wrong(run, tracker):
    owner(tracker).delete_tab("Plan")
    result = run("doctor", URL.format(tracker.id), "--json")
    assert result.exit_code == 1
    told = json.loads(result.stdout)
    assert not told["ok"]
    assert told["traffic"]["requests"] == 4


def test_the_command_tells_who_is_not_signed_in(run, tracker, monkeypatch):
    def nobody():
        raise SignInNeeded("Nobody is signed in.")

    monkeypatch.setattr(auth, "open_client", nobody)
    result = run("doctor", URL.format(tracker.id))
    assert result.exit_code == 1
    assert "Nobody is signed in." in result.output


def test_new_fills_a_shared_sheet_once(monkeypatch):
    monkeypatch.setattr(draw_table, "ROWS", 40)
    shared = share("Our partners")
    monkeypatch.setattr(auth, "open_client", shared.client)
    words = ["new", URL.format(shared.id), "--profile", "lean"]
    first = CliRunner().invoke(cli.main, words)
    assert first.exit_code == 0, first.output
    assert "Our partners" in first.output
    again = CliRunner().invoke(cli.main, [*words, "--json"])
    assert json.loads(again.stdout)["status"] == "unchanged"
    rows = Human(shared.sheet()).rows("Settings")
    assert len(rows) == len(first_rows()["settings"]) + 1


def test_new_with_demo_rows_fills_them_in(monkeypatch):
    monkeypatch.setattr(draw_table, "ROWS", 40)
    shared = share()
    monkeypatch.setattr(auth, "open_client", shared.client)
    words = ["new", URL.format(shared.id), "--demo", "--as-of", "2026-02-28", "--json"]
    result = CliRunner().invoke(cli.main, words)
    assert json.loads(result.stdout)["status"] == "written"
    assert Human(shared.sheet()).see("Partners", 1, 0) == "P-0001"


def test_new_with_packs_is_sound_and_a_plain_repeat_keeps_them(monkeypatch):
    monkeypatch.setattr(draw_table, "ROWS", 40)
    shared = share()
    monkeypatch.setattr(auth, "open_client", shared.client)
    url = URL.format(shared.id)
    made = CliRunner().invoke(cli.main, ["new", url, "--pack", "goals,settings"])
    assert made.exit_code == 0, made.output
    before = state(shared.sheet())
    again = CliRunner().invoke(cli.main, ["new", url, "--json"])
    assert json.loads(again.stdout)["status"] == "unchanged"
    assert state(shared.sheet()) == before
    looked = CliRunner().invoke(cli.main, ["doctor", url, "--json"])
    told = json.loads(looked.stdout)
    assert {finding["status"] for finding in told["findings"]} == {"ok"}
    more = CliRunner().invoke(cli.main, ["new", url, "--pack", "voice"])
    assert more.exit_code == 2
    assert "run `sheetsync add-pack`" in more.output
    assert state(shared.sheet()) == before
    added = CliRunner().invoke(cli.main, ["add-pack", url, "voice", "--json"])
    assert json.loads(added.stdout)["tabs"] == ["Surveys"]
    undone = CliRunner().invoke(cli.main, ["undo", url])
    assert undone.exit_code == 2
    assert "Delete the tabs that you do not want" in undone.output
