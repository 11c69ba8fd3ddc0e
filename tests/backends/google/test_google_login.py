"""Signing in and out, and where a sign-in is kept."""

from __future__ import annotations

import json
import socket
import subprocess
import sys
import threading
import urllib.error
from urllib.parse import parse_qs, urlsplit

import keyring
import keyring.errors
import pytest
from click.testing import CliRunner
from keyring.backend import KeyringBackend

from sheetsync import cli
from sheetsync.backends.google import failures
from sheetsync.backends.google.auth import KEY, credentials, try_sign_in
from sheetsync.backends.google.login import client_config, login, logout
from sheetsync.backends.google.tokens import CLIENT, LOGIN, SERVICE, Store
from sheetsync.commands import google as cli_google
from tests.backends.google.scripted import ROBOT
from tests.backends.google.sign_in_server import REFRESH, SECRET, SignInServer, visit

posix = pytest.mark.skipif(sys.platform == "win32", reason="files have no mode on Windows")


class Ring(KeyringBackend):
    """A keyring in memory; ``broken``: locked, ``longest``: takes no longer secrets."""

    priority = 5
    name = "test ring"

    def __init__(self, *, broken=False, longest=10_000):
        super().__init__()
        self.kept, self.broken, self.longest = {}, broken, longest

    def get_password(self, service, username):
        self._open()
        return self.kept.get((service, username))

    def set_password(self, service, username, password):
        self._open()
        if len(password) > self.longest:
            raise OSError(1783, "The stub received bad data")
        self.kept[service, username] = password

    def delete_password(self, service, username):
        self._open()
        if (service, username) not in self.kept:
            raise keyring.errors.PasswordDeleteError("Not found")
        del self.kept[service, username]

    def _open(self):
        if self.broken:
            raise keyring.errors.KeyringLocked("locked")


def no_ring():
    from keyring.backends.fail import Keyring

    return Keyring()


@pytest.fixture(autouse=True)
def away_from_home(tmp_path, monkeypatch):
    """No test touches the real keyring, configuration or environment."""
    monkeypatch.setenv("XDG_CONFIG_HOME", str(tmp_path / "xdg"))
    monkeypatch.setenv("HOME", str(tmp_path / "home"))
    monkeypatch.setenv("LOCALAPPDATA", str(tmp_path / "xdg"))
    monkeypatch.setenv("OAUTHLIB_INSECURE_TRANSPORT", "1")  # the loopback has no certificate
    monkeypatch.delenv(KEY, raising=False)
    before = keyring.get_keyring()
    keyring.set_keyring(no_ring())
    yield
    keyring.set_keyring(before)


@pytest.fixture
def server():
    with SignInServer() as made:
        yield made


@pytest.fixture
def client(server, tmp_path):
    path = tmp_path / "client.json"
    path.write_text(json.dumps(server.client()))
    return path


@pytest.fixture
def store(tmp_path):
    return Store(tmp_path / "config", no_ring())


def shown(words):
    raise AssertionError(words)


def test_a_person_signs_in_in_the_browser_and_asks_from_then_on(server, store, client):
    login(store, client=client, show=shown, browser=server.browser())
    assert store.get(LOGIN)["refresh_token"] == REFRESH
    try_sign_in(credentials(store=store))
    assert server.asked[-1]["refresh_token"] == REFRESH


def test_the_client_file_is_remembered(server, store, client):
    login(store, client=client, show=shown, browser=server.browser())
    client.unlink()
    login(store, show=shown, browser=server.browser())
    assert store.get(CLIENT)["installed"]["client_id"] == "client-1"
    logout(store)
    assert store.get(CLIENT)


def test_without_a_client_file_the_way_to_one_is_told(store):
    with pytest.raises(failures.SetupNeeded, match=r"Desktop app.*--client FILE"):
        login(store, show=shown)


@pytest.mark.parametrize("opens", [None, lambda _: False])
def test_where_no_browser_opens_the_address_is_shown_and_the_answer_may_come_from_any(
    server, store, client, opens
):
    words = []

    def show(text):
        words.append(text)
        if len(words) == 1:
            url = text.split()[-1]
            threading.Thread(target=server.browser(), args=(url,), daemon=True).start()

    login(store, client=client, show=show, browser=opens)
    assert "paste it here" in words[1]
    assert store.get(LOGIN)


def test_the_address_of_the_last_page_can_be_pasted(server, store, client):
    arrived = threading.Event()
    urls = []

    def pasted():
        arrived.wait(5)
        yield "what?\n"
        yield "http://127.0.0.1:1/?code=theirs&state=theirs\n"
        yield server.agree(urls[0]) + "\n"

    def show(text):
        if "://" in text:
            urls.append(text.split()[-1])
            arrived.set()

    login(store, client=client, show=show, pasted=pasted())
    assert store.get(LOGIN)


def test_answers_that_belong_to_another_sign_in_are_not_taken(server, store, client):
    pages, threads = [], []

    def browse(url):
        def act():
            port = parse_qs(urlsplit(url).query)["redirect_uri"][0]
            for path in ("favicon.ico", "?code=evil&state=guess", "?code=evil", "?state="):
                with pytest.raises(urllib.error.HTTPError) as refused:
                    visit(f"{port}{path}")
                refused.value.close()
                pages.append(refused.value.code)
            pages.append(visit(server.agree(url)))

        threads.append(threading.Thread(target=act))
        threads[0].start()
        return True

    login(store, client=client, show=shown, browser=browse)
    threads[0].join(10)
    assert pages[:4] == [404] * 4
    assert "has got Google" in pages[4]
    assert server.asked[0]["code"] == "code-1"


@pytest.mark.parametrize(
    ("error", "kind"),
    [("access_denied", failures.SignInNeeded), ("admin_policy_enforced", failures.SetupNeeded)],
)
def test_a_person_who_does_not_agree_or_may_not_is_told_so(server, store, client, error, kind):
    with pytest.raises(kind):
        login(store, client=client, show=shown, browser=server.browser(code=None, error=error))
    assert store.get(LOGIN) is None
    assert server.asked == []


def test_a_right_that_was_unticked_is_told(server, store, client):
    server.scope = "openid"
    with pytest.raises(failures.SignInNeeded, match="leave the tick"):
        login(store, client=client, show=shown, browser=server.browser())
    assert store.get(LOGIN) is None


def test_a_code_that_google_refuses_is_told(server, store, client):
    server.refusal = {"error": "invalid_grant", "error_description": "Malformed auth code."}
    with pytest.raises(failures.SignInNeeded, match="did not complete"):
        login(store, client=client, show=shown, browser=server.browser())


def test_nobody_who_answers_is_waited_for_only_so_long(store, client):
    with pytest.raises(failures.SignInNeeded, match="in time"):
        login(store, client=client, show=shown, browser=lambda _: True, wait=0)


def test_ctrl_c_leaves_no_open_port(store, client):
    ports = []

    def browse(url):
        ports.append(urlsplit(parse_qs(urlsplit(url).query)["redirect_uri"][0]).port)
        raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        login(store, client=client, show=shown, browser=browse)
    with pytest.raises(ConnectionRefusedError):
        socket.create_connection(("127.0.0.1", ports[0]), 1)


@pytest.mark.parametrize(
    ("content", "words"),
    [
        ({"type": "service_account", "private_key": SECRET}, KEY),
        ({"web": {"client_secret": SECRET}}, "Desktop app"),
        ({"installed": {"client_secret": SECRET}}, "not an OAuth client file"),
        ({"a": 1}, "not an OAuth client file"),
        ([], "not a JSON file"),
    ],
)
def test_a_file_that_is_no_client_is_told_what_it_is(tmp_path, content, words):
    path = tmp_path / "client.json"
    path.write_text(json.dumps(content))
    with pytest.raises(failures.SetupNeeded, match=words) as told:
        client_config(path)
    assert SECRET not in str(told.value)


@pytest.mark.parametrize("name", ["auth_uri", "token_uri"])
def test_a_client_file_that_sends_secrets_in_the_open_is_refused(server, tmp_path, name):
    content = server.client()
    content["installed"][name] = "http://accounts.invalid/o"
    path = tmp_path / "client.json"
    path.write_text(json.dumps(content))
    with pytest.raises(failures.SetupNeeded, match="not encrypted"):
        client_config(path)


def test_signing_out_revokes_and_forgets(server, store):
    store.put(LOGIN, server.sign_in())
    assert logout(store)
    assert server.revoked == [REFRESH]
    assert store.get(LOGIN) is None
    with pytest.raises(failures.SignInNeeded):
        logout(store)


def test_signing_out_forgets_even_where_google_cannot_be_reached(server, store):
    store.put(LOGIN, {**server.sign_in(), "token_uri": "http://127.0.0.1:9/token"})
    assert not logout(store)
    assert store.get(LOGIN) is None


def test_a_keyring_keeps_the_sign_in_where_there_is_one(tmp_path):
    ring = Ring()
    store = Store(tmp_path / "config", ring)
    store.put(LOGIN, {"refresh_token": REFRESH})
    assert store.get(LOGIN) == {"refresh_token": REFRESH}
    assert (SERVICE, LOGIN) in ring.kept
    assert not (tmp_path / "config").exists()
    assert store.place == "keyring (test ring)"
    store.delete(LOGIN)
    store.delete(LOGIN)
    assert ring.kept == {}


@pytest.mark.parametrize("ring", [Ring(broken=True), Ring(longest=5)])
def test_a_keyring_that_is_locked_or_takes_no_more_gives_way_to_the_file(tmp_path, ring):
    store = Store(tmp_path / "config", ring)
    store.put(LOGIN, {"refresh_token": REFRESH})
    assert store.get(LOGIN) == {"refresh_token": REFRESH}
    store.delete(LOGIN)
    assert store.get(LOGIN) is None


def test_a_file_left_from_before_there_was_a_keyring_goes_when_the_keyring_keeps(tmp_path):
    folder = tmp_path / "config"
    Store(folder, no_ring()).put(LOGIN, {"a": 1})
    ring = Ring()
    store = Store(folder, ring)
    assert store.get(LOGIN) == {"a": 1}
    store.put(LOGIN, {"a": 2})
    assert list(folder.iterdir()) == []


def test_keyrings_that_keep_no_secrets_do_not_count(tmp_path):
    from keyring.backends import null

    class PlainText(Ring):
        pass

    PlainText.__module__ = "keyrings.alt.file"
    for ring in (null.Keyring(), no_ring(), PlainText()):
        assert Store(tmp_path, ring).place.startswith("file ")


def test_the_first_real_keyring_of_a_chain_is_used(tmp_path):
    ring = Ring()

    class Chain(Ring):
        priority = 10
        backends = (no_ring(), ring)

    assert Store(tmp_path, Chain()).place == "keyring (test ring)"


@posix
def test_the_file_is_its_owners_alone_and_replaced_whole(tmp_path, store):
    store.put(LOGIN, {"a": 1})
    folder = tmp_path / "config"
    path = folder / f"{LOGIN}.json"
    store.put(LOGIN, {"a": 2})
    assert folder.stat().st_mode & 0o777 == 0o700
    assert path.stat().st_mode & 0o777 == 0o600
    assert list(folder.iterdir()) == [path]
    path.chmod(0o644)
    with pytest.raises(failures.SetupNeeded, match="chmod 600"):
        store.get(LOGIN)


@posix
def test_a_folder_that_cannot_be_written_is_told(tmp_path):
    (tmp_path / "config").write_text("a file")
    with pytest.raises(failures.SetupNeeded, match="cannot be kept"):
        Store(tmp_path / "config", no_ring()).put(LOGIN, {"a": 1})


@pytest.mark.parametrize("text", ["", "{", "[1]", "null"])
def test_a_damaged_file_is_as_good_as_none(tmp_path, store, text):
    store.put(LOGIN, {"a": 1})
    (tmp_path / "config" / f"{LOGIN}.json").write_text(text)
    assert store.get(LOGIN) is None


def test_the_command_line_loads_nothing_of_google_before_a_command_needs_it():
    code = (
        "import sys, sheetsync.cli\n"
        "heavy = {'requests', 'urllib3', 'google', 'gspread', 'keyring', 'platformdirs'}\n"
        "print(sorted(heavy & set(sys.modules)))"
    )
    told = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert told.stdout.strip() == "[]"


def run(*words):
    return CliRunner().invoke(cli.main, ["google", *map(str, words)])


def test_the_commands_sign_in_tell_and_sign_out(server, client, monkeypatch):
    monkeypatch.setattr(cli_google, "_browse", server.browser())
    told = run("login", "--client", client)
    assert told.exit_code == 0, told.output
    assert told.output.startswith("Signed in; kept in the file ")
    told = run("status")
    assert told.output.startswith("Google accepts your sign-in")
    assert json.loads(run("status", "--json").output) == {"status": "signed in", "robot": None}
    told = run("logout", "--json")
    assert json.loads(told.output) == {"status": "signed out", "revoked": True}
    told = run("status")
    assert told.exit_code == 2
    assert "Nobody is signed in" in told.output


def test_status_tells_the_robots_address(server, tmp_path, monkeypatch):
    path = tmp_path / "robot.json"
    path.write_text(json.dumps(server.robot()))
    path.chmod(0o600)
    monkeypatch.setenv(KEY, str(path))
    assert f"the robot {ROBOT}. Share sheets with it as Editor." in run("status").output


def test_a_sign_in_that_google_refuses_ends_with_two_and_no_secret(server):
    Store().put(LOGIN, server.sign_in())
    server.refusal = {"error": "invalid_grant", "error_description": f"revoked {REFRESH}"}
    told = run("status", "--json")
    assert told.exit_code == 2
    assert json.loads(told.output)["error"]["kind"] == "SignInNeeded"
    assert REFRESH not in told.output


def test_signing_in_tells_programs_in_json(server, client, monkeypatch):
    monkeypatch.setattr(cli_google, "_browse", server.browser())
    told = run("login", "--client", client, "--json")
    assert json.loads(told.output)["status"] == "signed in"
