"""`sheetsync agent` on a demo tracker: sync, check, and a strict sync that the script plays."""

from __future__ import annotations

import json
from datetime import UTC, datetime

import pytest
from click.testing import CliRunner

from sheetsync import cli, places
from sheetsync.backends.google import asking, draw_table
from sheetsync.backends.google.agent import Agent
from sheetsync.backends.google.create import create
from sheetsync.backends.google.workbook import GoogleWorkbook
from sheetsync.catalog.tracker import LEAN
from sheetsync.commands import agent as command
from sheetsync.model.tracker import plain
from tests.backends.google.shared import DEMO, fork, share
from tests.fakes.apps_script.from_emulator import script_state
from tests.fakes.apps_script.script_book import call, needs_node
from tests.fakes.sheets.humans import Human

NOW = datetime(2026, 3, 1, 12, 0, tzinfo=UTC)
URL = "https://docs.google.com/spreadsheets/d/{}/edit"


@pytest.fixture(scope="module")
def made(tmp_path_factory):
    """A demo tracker that was synced once."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(draw_table, "ROWS", 40)
        patch.setattr(command, "now", lambda: NOW)
        shared = share()
        create(shared.client(), shared.id, LEAN, DEMO)
        command.run(book_of(shared, tmp_path_factory.mktemp("state")), "sync")
    return shared


def book_of(shared, folder):
    return GoogleWorkbook(shared.client(), shared.id, state=folder)


@pytest.fixture
def here(made, tmp_path, monkeypatch):
    """A copy of it, where the command line finds it."""
    shared = fork(made)
    monkeypatch.setattr(command, "now", lambda: NOW)
    book = book_of(shared, tmp_path / "state")
    monkeypatch.setattr(places, "open_workbook", lambda _address: book)
    return shared


def human(shared):
    return Human(shared.sheet(), "owner")


def ask(shared, what):
    client = shared.client()
    client.batch_update(shared.id, {"requests": asking.tab_requests()})
    told = ("r1", asking.stamp(NOW), "Ana", what, "asked")
    for column, text in enumerate(told):
        human(shared).type(asking.REQUESTS, 1, column, text)


def answer(shared):
    return human(shared).rows(asking.REQUESTS)[1]


def served(shared, *options):
    done = CliRunner().invoke(cli.main, ["agent", URL.format(shared.id), "--once", *options])
    assert done.exit_code == 0, done.output
    return done.output


def column(shared, title):
    """A column of Deals (from 0) by its header."""
    head = human(shared).rows("Deals")[0]
    return [plain(str(text)) for text in head].index(plain(title))


def edit(shared):
    """People spoil a stage, take away an id, and add a deal without one."""
    human(shared).type("Deals", 2, column(shared, "Stage"), " Won ")
    rows = [row[: column(shared, "Check")] for row in human(shared).rows("Deals")]
    end = max(i for i, row in enumerate(rows) if any(row)) + 1
    human(shared).type("Deals", end, column(shared, "Product"), "Platform")


def test_a_sync_is_answered_with_counts_and_its_run(here):
    edit(here)
    ask(here, "sync")
    told = served(here)
    state, message = answer(here)[4:6]
    assert state == "done"
    assert message.startswith("Written as of 2026-03-01; ")
    run = message.rpartition("Run ")[2].rstrip(".")
    assert run in [row[1] for row in human(here).rows("Sync Log")]
    assert "Ana asked for a sync: running it." in told
    assert told.rstrip().endswith("1 request answered.")


def test_a_check_writes_nothing_but_its_answer(here):
    edit(here)
    ask(here, "check")
    before = human(here).rows("Deals"), human(here).rows("Sync Log")
    lines = [json.loads(line) for line in served(here, "--json").splitlines()]
    assert answer(here)[5].startswith("Checked as of 2026-03-01; nothing written, ")
    assert (human(here).rows("Deals"), human(here).rows("Sync Log")) == before
    assert lines[-1]["message"] == "1 request answered."


def test_a_file_has_no_menu(tmp_path):
    done = CliRunner().invoke(cli.main, ["agent", str(tmp_path / "partners.xlsx")])
    assert done.exit_code == 2
    assert "the menu is for Google Sheets" in done.output


def test_ctrl_c_ends_it_with_a_count(here, monkeypatch):
    def stop(_agent, _every):
        raise KeyboardInterrupt

    monkeypatch.setattr(Agent, "serve", stop)
    done = CliRunner().invoke(cli.main, ["agent", URL.format(here.id)])
    assert done.exit_code == 130
    assert "Stopped; 0 requests were answered." in done.output


def test_the_script_is_put_into_a_folder(tmp_path):
    done = CliRunner().invoke(cli.main, ["google", "script", str(tmp_path / "menu"), "--json"])
    assert "Code.gs" in json.loads(done.output)["files"]
    assert (tmp_path / "menu" / "Code.gs").exists()


def texts(state, title):
    """A tab's cells as a state tells them, trailing blanks cut."""
    sheet = next(s for s in state["sheets"] if s["title"] == title)
    rows = [[(told or {}).get("v") for told in row] for row in sheet["cells"]]
    if "Check" in rows[0]:  # what formulas show is worked out by Google
        rows = [row[: rows[0].index("Check")] for row in rows]
    for row in rows:
        while row and row[-1] in (None, ""):
            row.pop()
    while rows and not rows[-1]:
        rows.pop()
    return rows


@needs_node
def test_a_strict_sync_played_by_the_script_equals_an_ordinary_one(here, tmp_path):
    edit(here)
    twin = fork(here)
    ask(here, "strict")
    served(here)
    assert answer(here)[4] == "planned"
    state = script_state(here.sheet())
    told = call(state, ["status", "r1"], ["play", "r1"], now=NOW.isoformat())
    played = told["results"][1]["value"]
    assert (played["state"], played["message"][:8]) == ("done", "Written "), played
    command.run(book_of(twin, tmp_path / "other"), "sync")
    wanted = script_state(twin.sheet())
    for title in ("Partners", "Deals", "Issues", "Partner Summary", "KPI Monthly", "Sync Log",
                  "_marks"):  # fmt: skip
        assert texts(told["state"], title) == texts(wanted, title), title
    used = {name: told["state"]["names"][name] for name in wanted["names"]}
    assert used == wanted["names"]


@needs_node
def test_a_strict_sync_writes_nothing_when_somebody_was_faster(here):
    edit(here)
    ask(here, "strict")
    served(here)
    human(here).type("Deals", 2, column(here, "Stage"), "lost")
    state = script_state(here.sheet())
    told = call(state, ["play", "r1"], now=NOW.isoformat())
    played = told["results"][0]["value"]
    assert played["state"] == "failed"
    assert "Stage in row 3 was changed since it was read" in played["message"]
    for title in ("Deals", "Issues", "Sync Log"):
        assert texts(told["state"], title) == texts(script_state(here.sheet()), title)
