"""The shipped client against the emulator over real HTTP, with a robot's own assertion."""

from __future__ import annotations

import json

import gspread
import pytest

from sheetsync.backends.google import failures
from sheetsync.backends.google.auth import open_client
from tests.backends.google.scripted import ROBOT, SimulatedClock, Steady
from tests.backends.google.sign_in_server import robot_key
from tests.fakes.sheets.adapter import HOSTS, Rewrite
from tests.fakes.sheets.server import Server
from tests.fakes.sheets.service import Service
from tests.fakes.sheets.wire import Wire

ADD = {"requests": [{"addSheet": {"properties": {"sheetId": 7, "title": "Deals"}}}]}


@pytest.fixture
def wire():
    return Wire(Service())


@pytest.fixture
def book(wire):
    made = wire.service.create("Partners")
    made.editors = {ROBOT}
    return made


@pytest.fixture
def client(wire, tmp_path, monkeypatch):
    """The client as the command line opens it; only hosts lead to the emulator."""
    with Server(wire) as server:
        key = {
            "type": "service_account",
            "private_key": robot_key()[0],
            "client_email": ROBOT,
            "token_uri": f"{server.url}/token",
        }
        path = tmp_path / "robot.json"
        path.write_text(json.dumps(key))
        path.chmod(0o600)
        monkeypatch.setenv("SHEETSYNC_GOOGLE_KEY", str(path))
        opened = open_client(SimulatedClock())
        opened._jitter = Steady()
        for host in HOSTS:
            opened.session.mount(host, Rewrite(server.url))
        yield opened
        opened.session.close()


def tabs(client, book):
    reply = client.get_sheet(book.id, {"fields": "sheets.properties(sheetId,title)"})
    return [sheet["properties"]["title"] for sheet in reply["sheets"]]


def test_a_robot_reads_and_writes_a_sheet_that_is_shared_with_it(client, wire, book):
    client.batch_update(book.id, ADD)
    assert tabs(client, book)[-1] == "Deals"
    assert wire.issued == 1
    assert client.requests == len(wire.seen) == 2
    assert client.sent == len(json.dumps(ADD, separators=(",", ":")))
    assert client.received == wire.sent


def test_a_robot_that_was_not_invited_is_told_its_address(client, book):
    book.editors = set()
    with pytest.raises(failures.NotShared, match=f"add {ROBOT} as Editor"):
        tabs(client, book)


def test_a_robot_that_may_only_look_is_told_so_when_it_writes(client, book):
    book.editors, book.readers = set(), {ROBOT}
    tabs(client, book)
    with pytest.raises(failures.NotShared, match="for viewing only"):
        client.batch_update(book.id, ADD)


def test_an_expired_token_is_renewed_on_the_way(client, wire, book):
    tabs(client, book)
    wire.expired = {"token-1"}
    client.batch_update(book.id, ADD)
    assert wire.issued == 2
    assert tabs(client, book)[-1] == "Deals"


@pytest.mark.parametrize(
    "fault",
    ["429", "500", "503", "reset", "html 502", "html 408", "expired"],
)
def test_a_write_that_was_not_carried_out_is_sent_again(client, wire, book, fault):
    wire.faults.add(fault, path=":batchUpdate")
    client.batch_update(book.id, ADD, token=True)
    assert tabs(client, book)[-1] == "Deals"


@pytest.mark.parametrize("fault", ["503 after", "reset after", "html 502 after", "truncated"])
def test_a_write_that_was_carried_out_without_our_hearing_of_it(client, wire, book, fault):
    wire.faults.add(fault, path=":batchUpdate")
    with pytest.raises(failures.Ambiguous):
        client.batch_update(book.id, ADD)
    assert tabs(client, book)[-1] == "Deals"
    wire.faults.add(fault, path=":batchUpdate")
    body = {"requests": [{"addSheet": {"properties": {"sheetId": 8, "title": "Money"}}}]}
    with pytest.raises(failures.Rejected, match="already exists") as told:
        client.batch_update(book.id, body, token=True)
    assert told.value.unsure
    assert tabs(client, book).count("Money") == 1


def test_a_sheet_that_goes_missing_for_a_moment_is_asked_for_again(client, wire, book):
    tabs(client, book)
    wire.faults.add("not found", times=2)
    tabs(client, book)
    assert client.requests == 4


def test_gspreads_own_methods_work_through_the_client(client, book):
    client.batch_update(book.id, ADD)
    other = gspread.Client(None, client.session, http_client=lambda *_: client)
    assert [tab.title for tab in other.open_by_key(book.id).worksheets()][-1] == "Deals"
