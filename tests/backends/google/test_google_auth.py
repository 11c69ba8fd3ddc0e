"""Who asks Google: robots by key file, people by their sign-in; and what is refused, in words."""

from __future__ import annotations

import json
import sys
import threading

import pytest
import requests

from sheetsync.backends.google import failures
from sheetsync.backends.google.auth import KEY, SCOPES, credentials, open_client, try_sign_in, who
from sheetsync.backends.google.tokens import LOGIN, Store
from tests.backends.google.scripted import ROBOT, Script, SimulatedClock, Steady, read
from tests.backends.google.sign_in_server import SECRET, SignInServer

posix = pytest.mark.skipif(sys.platform == "win32", reason="files have no mode on Windows")


@pytest.fixture
def server():
    with SignInServer() as made:
        yield made


@pytest.fixture
def store(tmp_path, monkeypatch):
    monkeypatch.delenv(KEY, raising=False)
    from keyring.backends.fail import Keyring

    return Store(tmp_path / "config", Keyring())


@pytest.fixture
def key(tmp_path, server):
    """Write a key file: key(content, mode) -> path."""

    def write(content=None, mode=0o600):
        path = tmp_path / "robot.json"
        text = content if isinstance(content, str) else json.dumps(content or server.robot())
        path.write_text(text)
        path.chmod(mode)
        return path

    return write


def client_for(store, key=None):
    """A client whose requests for sheets meet a script, and whose tokens come from the server."""
    clock = SimulatedClock()
    client = open_client(clock, key=key, store=store)
    client._jitter = Steady()
    script = Script(clock=clock)
    client.session.mount("https://sheets.googleapis.com", script)
    return client, script


def test_a_robot_signs_its_own_assertion_and_asks_for_the_right_to_spreadsheets(server, store, key):
    client, script = client_for(store, key())
    read(client)
    read(client)
    assert len(server.asked) == 1
    assert script.asked[0].headers["Authorization"] == "Bearer ya29.access-1"
    assert (client.who, who(client.auth)) == (ROBOT, ROBOT)


def test_the_key_file_may_be_named_in_the_environment(server, store, key, monkeypatch):
    monkeypatch.setenv(KEY, str(key()))
    assert who(credentials(store=store)) == ROBOT


def test_a_person_asks_with_the_stored_sign_in(server, store):
    store.put(LOGIN, server.sign_in())
    client, script = client_for(store)
    read(client)
    assert server.asked[0]["grant_type"] == "refresh_token"
    assert script.asked[0].headers["Authorization"] == "Bearer ya29.access-1"
    assert (client.who, who(client.auth)) == ("", "your Google account")


def test_a_key_file_comes_before_the_stored_sign_in(server, store, key):
    store.put(LOGIN, server.sign_in())
    assert who(credentials(key=key(), store=store)) == ROBOT


def test_a_token_that_google_calls_expired_is_renewed_and_the_request_repeated(server, store, key):
    client, script = client_for(store, key())
    read(client)
    script.steps = Script(["401"]).steps
    read(client)
    assert len(server.asked) == 2
    assert script.asked[-1].headers["Authorization"] == "Bearer ya29.access-2"
    assert client.requests == 3


def test_nobody_signed_in_is_told_both_ways_to_sign_in(store):
    with pytest.raises(failures.SignInNeeded, match=f"sheetsync google login.*{KEY}"):
        credentials(store=store)


@posix
@pytest.mark.parametrize("mode", [0o644, 0o640, 0o604, 0o660])
def test_a_key_that_others_can_read_is_refused_with_the_command_that_mends_it(store, key, mode):
    with pytest.raises(failures.SetupNeeded, match=r'chmod 600 ".*robot\.json"'):
        credentials(key=key(mode=mode), store=store)


@posix
def test_a_mounted_key_may_be_a_link_but_a_stored_sign_in_may_not(server, store, key, tmp_path):
    link = tmp_path / "link.json"
    link.symlink_to(key())
    assert who(credentials(key=link, store=store)) == ROBOT
    store.put(LOGIN, server.sign_in())
    kept = tmp_path / "config" / f"{LOGIN}.json"
    kept.rename(tmp_path / "elsewhere.json")
    kept.symlink_to(tmp_path / "elsewhere.json")
    with pytest.raises(failures.SetupNeeded, match="cannot be read"):
        store.get(LOGIN)


@pytest.mark.parametrize(
    ("content", "words"),
    [
        ({"installed": {"client_secret": SECRET}}, "OAuth client file.*google login --client"),
        ({"web": {}}, "OAuth client file"),
        ({"type": "authorized_user"}, "a person's stored sign-in"),
        ({"type": "external_account"}, "workload identity"),
        ({"a": 1}, "some other JSON file"),
        ("[1]", "not a JSON file"),
        ("-----BEGIN PRIVATE KEY-----", "not a JSON file"),
        ("[" * 100_000, "not a JSON file"),
        ("", "not a JSON file"),
    ],
)
def test_a_file_that_is_no_robots_key_is_told_what_it_is(store, key, content, words):
    with pytest.raises(failures.SetupNeeded, match=words) as told:
        credentials(key=key(content), store=store)
    assert SECRET not in str(told.value)


@pytest.mark.parametrize(
    "changes",
    [{"private_key": "-----BEGIN PRIVATE KEY-----\ncanary\n"}, {"client_email": None}],
)
def test_a_damaged_key_is_told_without_showing_it(server, store, key, changes):
    content = {name: part for name, part in server.robot(**changes).items() if part}
    with pytest.raises(failures.SetupNeeded, match="is damaged") as told:
        credentials(key=key(content), store=store)
    assert "canary" not in str(told.value)


def test_a_key_file_that_is_not_there_or_a_folder_is_told(store, tmp_path):
    with pytest.raises(failures.SetupNeeded, match="is not there"):
        credentials(key=tmp_path / "none.json", store=store)
    with pytest.raises(failures.SetupNeeded, match="is not a file"):
        credentials(key=tmp_path, store=store)


@pytest.mark.parametrize("missing", ["refresh_token", "token_uri", "client_id", "client_secret"])
def test_a_stored_sign_in_that_is_not_whole_asks_for_a_new_one(server, store, missing):
    store.put(LOGIN, {**server.sign_in(), missing: None})
    with pytest.raises(failures.SignInNeeded, match="damaged"):
        credentials(store=store)


REFUSALS = [
    ("invalid_grant", "Token has been expired or revoked.", failures.SignInNeeded, "google login"),
    ("invalid_grant", "Bad Request", failures.SignInNeeded, "google login"),
    (
        "invalid_grant",
        "Invalid JWT: Token must be a short-lived token and in a reasonable timeframe.",
        failures.SignInNeeded,
        "clock is wrong",
    ),
    ("admin_policy_enforced", "Blocked", failures.SetupNeeded, "administrator"),
    ("deleted_client", "The OAuth client was deleted.", failures.SetupNeeded, "--client"),
    ("invalid_client", "Unauthorized", failures.SetupNeeded, "--client"),
]


@pytest.mark.parametrize(("error", "description", "kind", "words"), REFUSALS)
def test_a_sign_in_that_is_not_renewed_is_told_with_what_to_do(
    server, store, error, description, kind, words
):
    store.put(LOGIN, server.sign_in())
    server.refusal = {"error": error, "error_description": description}
    client, script = client_for(store)
    with pytest.raises(kind, match=words):
        read(client)
    with pytest.raises(kind, match=words):
        try_sign_in(credentials(store=store))
    assert script.asked == []
    assert client.requests == 0


def test_a_robot_whose_key_was_deleted_is_told_to_get_a_new_one(server, store, key):
    server.refusal = {"error": "invalid_grant", "error_description": "Invalid JWT Signature."}
    client, _ = client_for(store, key())
    with pytest.raises(failures.SignInNeeded, match=f"key of {ROBOT}.*Make a new key"):
        read(client)


def test_a_sign_in_server_out_of_reach_is_tried_again_and_then_told(server, store):
    store.put(LOGIN, {**server.sign_in(), "token_uri": "http://127.0.0.1:9/token"})
    client, script = client_for(store)
    with pytest.raises(failures.Unreachable, match="sign-in server cannot be reached"):
        read(client)
    assert script.asked == []
    assert sum(script.clock.slept) > 0


def test_only_spreadsheets_are_asked_for():
    assert len(SCOPES) == 1
    assert SCOPES[0].endswith("/auth/spreadsheets")


@pytest.mark.parametrize("robot", [True, False])
def test_nobody_but_the_sign_in_server_is_asked(server, store, key, monkeypatch, robot):
    store.put(LOGIN, server.sign_in())
    asked = []
    send = requests.adapters.HTTPAdapter.send

    def watched(self, request, *args, **options):
        asked.append(request.url)
        return send(self, request, *args, **options)

    monkeypatch.setattr(requests.adapters.HTTPAdapter, "send", watched)
    client, _ = client_for(store, key() if robot else None)
    read(client)
    assert not [t for t in threading.enumerate() if "google" in type(t).__module__]
    assert asked == [f"{server.url}/token"]


def test_no_secret_is_logged(server, store, key, caplog):
    caplog.set_level("DEBUG")
    client, _ = client_for(store, key())
    read(client)
    assert "BEGIN PRIVATE KEY" not in caplog.text
    assert isinstance(client.session, requests.Session)
    assert "ya29.access" not in caplog.text
