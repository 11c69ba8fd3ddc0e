"""Setting up and taking away on the three systems: what is changed and told, all repeatable."""

from __future__ import annotations

import datetime as dt
import os
import stat
from pathlib import Path

import pytest

from sheetsync.addin import sideload
from sheetsync.addin.certificate import Certificate
from sheetsync.addin.failures import NotAllowed
from sheetsync.addin.holder import Holder
from sheetsync.addin.install import (
    install,
    installed,
    installed_port,
    manifest_path,
    own_token,
    status,
    uninstall,
)
from sheetsync.addin.machine import System
from sheetsync.addin.manifest import ADDIN_ID
from sheetsync.addin.sideload import CONTAINER, KEY, SideloadRefused
from sheetsync.addin.tokens import Tokens, addin_folder
from sheetsync.addin.trust import TrustRefused
from sheetsync.model.errors import SheetsyncError, WriteFailed
from tests.addin.install.machines import machine

NOW = dt.datetime(2026, 6, 30, 12, tzinfo=dt.UTC)
DAY = dt.timedelta(days=1)
ALL = list(System)
WEF = Path("wef") / f"{ADDIN_ID}.manifest.xml"


@pytest.fixture(autouse=True)
def _nobody_listens(monkeypatch):
    monkeypatch.setattr("sheetsync.addin.install.holder", lambda *_: Holder.NOBODY)


@pytest.fixture
def home(tmp_path):
    (tmp_path / "home" / CONTAINER).mkdir(parents=True)
    return tmp_path / "home"


@pytest.fixture(params=ALL, ids=str)
def computer(request, home):
    return machine(request.param, home)


def everything(computer):
    """What setting up may have changed: files, registry values, trusted certificates."""
    files = {
        path: path.read_bytes()
        for top in (addin_folder(), computer.home)
        for path in sorted(top.rglob("*"))
        if path.is_file()
    }
    keys = computer.registry.winreg.keys if computer.registry else {}
    values = {key: dict(found) for key, found in keys.items() if found}
    return files, values, set(computer.run.trusted)


def test_it_is_set_up_and_stays_when_done_again(computer):
    first = install(machine=computer, now=NOW)
    before = everything(computer)
    again = install(machine=computer, now=NOW + DAY)
    assert everything(computer) == before
    assert again.clicks == first.clicks
    told = status(machine=computer)
    asked = computer.system is not System.LINUX
    assert told.installed
    assert (told.trusted, told.registered) == ((True, True) if asked else (None, None))
    assert told.until == NOW - dt.timedelta(hours=1) + 90 * DAY


def test_it_is_taken_away_without_a_trace(computer):
    before = everything(computer)
    install(machine=computer, now=NOW)
    assert everything(computer) != before
    told = uninstall(machine=computer)
    assert any("deleted" in one for one in told.done)
    assert everything(computer) == before
    assert not addin_folder().exists()
    assert uninstall(machine=computer).done == ("The add-in was not installed.",)
    assert not status(machine=computer).installed


def test_every_word_is_a_sentence_without_the_token(computer):
    told = install(machine=computer, now=NOW)
    gone = uninstall(machine=computer)
    for words in (*told.done, *told.clicks, *gone.done, *gone.clicks):
        assert words[0].isupper()
        assert words.endswith(".")
        assert "token=" not in words


def test_windows_is_told_where_the_manifest_is(home):
    computer = machine(System.WINDOWS, home)
    install(machine=computer, now=NOW)
    key = ("HKCU", r"software\microsoft\office\16.0\wef\developer")
    assert computer.registry.winreg.keys == {key: {ADDIN_ID: (str(manifest_path()), 1)}}
    assert KEY.casefold() == key[1]


def test_other_add_ins_of_the_user_stay(home):
    computer = machine(System.WINDOWS, home)
    computer.registry.set(KEY, "other", r"C:\other.xml")
    install(machine=computer, now=NOW)
    uninstall(machine=computer)
    assert computer.registry.get("HKEY_CURRENT_USER", KEY, "other") == r"C:\other.xml"
    assert computer.registry.get("HKEY_CURRENT_USER", KEY, ADDIN_ID) is None


@pytest.mark.skipif(os.name != "posix", reason="modes are posix")
def test_excel_for_mac_finds_a_copy_that_only_its_user_reads(home):
    computer = machine(System.MAC, home)
    install(machine=computer, now=NOW)
    copy = home / CONTAINER / WEF
    assert copy.read_bytes() == manifest_path().read_bytes()
    for secret in (copy, manifest_path()):
        assert stat.S_IMODE(secret.stat().st_mode) == 0o600
    other = copy.with_name("other.xml")
    other.write_text("another add-in")
    uninstall(machine=computer)
    assert other.exists()
    assert not copy.exists()


def test_the_pane_asks_with_a_token_that_the_server_takes(home):
    install(machine=machine(System.LINUX, home), now=dt.datetime.now(dt.UTC))
    address, token = installed()
    assert address == "https://localhost:8137"
    assert own_token(token) in Tokens().valid()


def test_another_port_is_remembered_and_the_token_stays(home):
    computer = machine(System.MAC, home)
    assert installed_port() == 8137
    install(machine=computer, now=NOW)
    before = installed()[1]
    install(9000, machine=computer, now=NOW)
    assert installed() == ("https://localhost:9000", before)
    assert installed_port() == 9000
    assert status(machine=computer).registered is True


@pytest.mark.parametrize("what", ["ends", "was revoked", "is somebody else's"])
def test_a_token_that_does_not_do_is_made_anew(home, what):
    computer = machine(System.LINUX, home)
    install(machine=computer, now=NOW)
    before, later = installed()[1], NOW
    if what == "ends":
        later = NOW + 336 * DAY
    else:
        Tokens().revoke("this computer")
    if what == "is somebody else's":
        made = Tokens().make("team")
        path = manifest_path()
        path.write_text(path.read_text("utf-8").replace(before, made), "utf-8")
    install(machine=computer, now=later)
    assert installed()[1] != before
    assert own_token(installed()[1]).expires - later > 300 * DAY


def test_tokens_of_teams_outlive_the_add_in(home):
    computer = machine(System.LINUX, home)
    text = Tokens().make("team")
    install(machine=computer, now=NOW)
    uninstall(machine=computer)
    assert Tokens().find(text).name == "team"
    assert [path.name for path in addin_folder().iterdir()] == ["tokens.json"]


@pytest.mark.parametrize("system", [System.WINDOWS, System.MAC])
def test_a_new_authority_takes_the_place_of_the_old_one(home, system):
    computer = machine(system, home)
    install(machine=computer, now=NOW)
    before = set(computer.run.trusted)
    install(machine=computer, now=NOW + 1800 * DAY)
    assert len(computer.run.trusted) == 1
    assert computer.run.trusted != before


@pytest.mark.parametrize("system", [System.WINDOWS, System.MAC])
def test_a_no_to_trusting_is_told_and_the_next_run_goes_on(home, system):
    word = "-addstore" if system is System.WINDOWS else "add-trusted-cert"
    computer = machine(system, home, refuse=word)
    with pytest.raises(TrustRefused):
        install(machine=computer, now=NOW)
    told = status(machine=computer)
    assert (told.trusted, told.registered) == (False, False)
    assert "not trusted: sheetsync addin install" in "\n".join(told.sentences)
    computer.run.refuse = ""
    install(machine=computer, now=NOW)
    assert status(machine=computer).trusted


@pytest.mark.parametrize("system", [System.WINDOWS, System.MAC])
def test_a_no_to_removing_keeps_what_the_next_try_needs(home, system):
    word = "-delstore" if system is System.WINDOWS else "delete-certificate"
    computer = machine(system, home, refuse=word)
    install(machine=computer, now=NOW)
    with pytest.raises(TrustRefused, match="sheetsync addin uninstall"):
        uninstall(machine=computer)
    assert computer.run.trusted
    computer.run.refuse = ""
    uninstall(machine=computer)
    assert not computer.run.trusted


@pytest.mark.parametrize("system", [System.WINDOWS, System.MAC])
def test_people_are_told_before_the_system_asks(home, system, capsys):
    computer = machine(system, home)
    install(machine=computer, now=NOW)
    uninstall(machine=computer)
    said = capsys.readouterr()
    assert said.out == ""
    first, last = said.err.splitlines()
    answer = "answer Yes" if system is System.WINDOWS else "give your password"
    assert first.startswith(f"{system} asks whether to trust “sheetsync add-in on this computer”")
    assert answer in first
    assert last.startswith(f"{system} asks whether to remove")


def test_windows_may_forbid_add_ins(home):
    computer = machine(System.WINDOWS, home, closed=True)
    with pytest.raises(SideloadRefused, match=r"Access is denied.*administrator"):
        install(machine=computer, now=NOW)
    assert not sideload.is_there(computer)


def test_excel_for_mac_must_have_been_opened_once(tmp_path):
    with pytest.raises(SideloadRefused, match="open Excel once"):
        install(machine=machine(System.MAC, tmp_path), now=NOW)
    assert not (tmp_path / "Library/Containers").exists()


@pytest.mark.parametrize(
    ("step", "ask"),
    [("is_dir", install), ("replace", install), ("exists", uninstall), ("unlink", uninstall)],
)
def test_macos_may_guard_excels_folder(home, monkeypatch, step, ask):
    computer = machine(System.MAC, home)
    if ask is uninstall:
        install(machine=computer, now=NOW)
    real = getattr(Path, step)

    def guarded(path, *words, **more):
        if "com.microsoft.Excel" in str(path):
            raise PermissionError(1, "Operation not permitted")
        return real(path, *words, **more)

    monkeypatch.setattr(Path, step, guarded)
    with pytest.raises(SideloadRefused, match=r"Operation not permitted.*Privacy & Security"):
        ask(machine=computer)


def test_the_stores_python_is_refused_before_anything_is_done(home):
    computer = machine(System.WINDOWS, home, base=r"C:\Program Files\WindowsApps\Python.3.12_x")
    with pytest.raises(NotAllowed, match=r"python\.org.*Nothing was changed\.$"):
        install(machine=computer, now=NOW)
    assert not addin_folder().exists()


def test_a_disk_that_refuses_the_manifest_is_told(home, monkeypatch):
    def full(*_):
        raise OSError(28, "No space left on device")

    monkeypatch.setattr("sheetsync.addin.install.write_manifest", full)
    with pytest.raises(WriteFailed, match="No space left on device"):
        install(machine=machine(System.LINUX, home), now=NOW)


@pytest.mark.parametrize("damage", ["", "<OfficeApp/>", "no xml"])
def test_a_damaged_manifest_is_written_anew(home, damage):
    computer = machine(System.WINDOWS, home)
    install(machine=computer, now=NOW)
    manifest_path().write_text(damage)
    assert not status(machine=computer).installed
    install(machine=computer, now=NOW)
    assert installed()[0] == "https://localhost:8137"


def test_status_of_a_damaged_certificate_is_no_failure(home):
    computer = machine(System.WINDOWS, home)
    install(machine=computer, now=NOW)
    Certificate(addin_folder()).key.write_text("damaged")
    told = status(machine=computer)
    assert (told.until, told.trusted) == (None, False)
    assert any("damaged" in one for one in told.sentences)
    uninstall(machine=computer)
    assert not computer.run.trusted


@pytest.mark.parametrize("what", ["another state folder's", "deleted"])
def test_windows_notices_a_manifest_that_is_not_this_one(home, what):
    computer = machine(System.WINDOWS, home)
    install(machine=computer, now=NOW)
    path = manifest_path()
    if what == "deleted":
        path = path.with_name("gone.xml")
        computer.registry.set(KEY, ADDIN_ID, str(path))
    else:
        computer.registry.set(KEY, ADDIN_ID, str(home / "manifest.xml"))
    assert status(machine=computer).registered is False
    assert sideload.is_registered(computer, path) is False


def test_mac_notices_a_copy_that_is_old(home):
    computer = machine(System.MAC, home)
    install(machine=computer, now=NOW)
    (home / CONTAINER / WEF).write_text("old")
    assert status(machine=computer).registered is False


def test_each_refusal_is_a_known_failure():
    for kind in (TrustRefused, SideloadRefused):
        assert issubclass(kind, SheetsyncError)


@pytest.mark.parametrize(
    ("system", "words"),
    [
        (System.WINDOWS, ["Close Excel", "Developer Add-ins > sheetsync", "For Excel on the web"]),
        (System.MAC, ["Quit Excel", "Home > Add-ins > sheetsync", "For Excel on the web"]),
        (System.LINUX, ["Let your browser trust", "Upload My Add-in", "choose Allow"]),
    ],
)
def test_each_system_is_told_its_own_clicks(home, system, words):
    told = " ".join(install(machine=machine(system, home), now=NOW).clicks)
    assert [word for word in words if word not in told] == []
    assert "sheetsync addin start" in told
