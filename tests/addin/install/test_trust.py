"""Exactly which commands ask the system to trust the authority, and what their refusals become."""

from __future__ import annotations

import datetime as dt
import subprocess
import sys

import pytest

from sheetsync.addin import machine as real
from sheetsync.addin import trust
from sheetsync.addin.certificate import Certificate
from sheetsync.addin.machine import Ran, System
from tests.addin.install.machines import machine

NOW = dt.datetime(2026, 6, 30, tzinfo=dt.UTC)
BOTH = [System.WINDOWS, System.MAC]


@pytest.fixture
def made(tmp_path):
    certificate = Certificate(tmp_path / "addin")
    certificate.ensure(NOW)
    return certificate


def commands(system, home, path, sha1):
    """What is asked: to trust, whether it is there, to remove, whether it is trusted."""
    keychain = f"{home}/Library/Keychains/login.keychain-db"
    if system is System.WINDOWS:
        return {
            "add": ("certutil", "-user", "-addstore", "Root", path),
            "there": ("certutil", "-user", "-store", "Root", sha1),
            "remove": ("certutil", "-user", "-delstore", "Root", sha1),
            "trusted": ("certutil", "-user", "-store", "Root", sha1),
        }
    policies = ("-r", "trustRoot", "-p", "ssl", "-p", "basic")
    return {
        "add": ("security", "add-trusted-cert", *policies, "-k", keychain, path),
        "there": ("security", "find-certificate", "-a", "-Z", keychain),
        "remove": ("security", "delete-certificate", "-Z", sha1, "-t", keychain),
        "trusted": ("security", "verify-cert", "-c", path, "-l", "-L", "-p", "ssl"),
    }


@pytest.mark.parametrize("system", BOTH)
def test_the_exact_commands(made, tmp_path, system):
    computer, sha1 = machine(system, tmp_path), made.fingerprint()
    wanted = commands(system, tmp_path, str(made.authority), sha1)
    assert trust.is_trusted(computer, made.authority, sha1) is False
    said = []
    assert trust.trust(computer, made.authority, said.append) is True
    assert trust.is_trusted(computer, made.authority, sha1) is True
    assert trust.distrust(computer, sha1, said.append) is True
    assert trust.distrust(computer, sha1, said.append) is False
    assert [words.partition(" asks whether to ")[0] for words in said] == [str(system)] * 2
    names = ["trusted", "add", "trusted", "there", "remove", "there"]
    assert computer.run.asked == [wanted[name] for name in names]


def test_linux_has_no_list_to_ask(made, tmp_path):
    computer = machine(System.LINUX, tmp_path)
    assert trust.trust(computer, made.authority) is False
    assert trust.is_trusted(computer, made.authority, made.fingerprint()) is None
    assert trust.distrust(computer, made.fingerprint()) is False
    assert computer.run.asked == []
    assert str(made.authority) in trust.steps(made.authority)


@pytest.mark.parametrize("system", BOTH)
@pytest.mark.parametrize("step", ["install", "uninstall"])
def test_a_no_of_the_user_is_one_sentence_with_the_way_on(made, tmp_path, system, step):
    words = commands(system, tmp_path, str(made.authority), made.fingerprint())
    ask = {"install": lambda: trust.trust(computer, made.authority)}
    ask["uninstall"] = lambda: trust.distrust(computer, made.fingerprint())
    word = words["add" if step == "install" else "remove"][2 if system is System.WINDOWS else 1]
    computer = machine(system, tmp_path, refuse=word)
    computer.run.trusted.add(made.fingerprint())
    with pytest.raises(trust.TrustRefused) as told:
        ask[step]()
    assert str(told.value).endswith(".")
    assert "(The operation was cancelled by the user)" in str(told.value)
    assert f"sheetsync addin {step} once more" in str(told.value)


def test_the_fingerprint_is_the_one_that_openssl_tells(made):
    command = ["openssl", "x509", "-noout", "-fingerprint", "-sha1", "-in", str(made.authority)]
    try:
        told = subprocess.run(command, capture_output=True, text=True, check=True).stdout
    except FileNotFoundError:
        pytest.skip("needs openssl")
    assert told.strip().rpartition("=")[2].replace(":", "") == made.fingerprint()


def test_a_command_is_run_without_a_shell_and_its_output_kept():
    code = "import sys; print(sys.argv[1]); sys.stderr.write('said'); sys.exit(3)"
    assert real.run([sys.executable, "-c", code, "a b; $HOME"]).code == 3
    told = real.run([sys.executable, "-c", code, "a b; $HOME"]).output
    assert "a b; $HOME" in told
    assert "said" in told


def test_a_missing_command_and_a_silent_one_are_answers(tmp_path, monkeypatch):
    assert real.run([str(tmp_path / "certutil")]).code == 127
    (tmp_path / "certutil").write_text("no program")
    assert real.run([str(tmp_path / "certutil")]).code == 126

    def late(*_, **__):
        raise subprocess.TimeoutExpired("certutil", 1)

    monkeypatch.setattr(real.subprocess, "run", late)
    assert real.run(["certutil"]) == Ran(124, "no answer for five minutes")


@pytest.mark.parametrize(
    ("platform", "system"),
    [("win32", "Windows"), ("darwin", "macOS"), ("linux", "Linux"), ("freebsd14", "Linux")],
)
def test_this_computer_is_one_of_three(monkeypatch, platform, system):
    monkeypatch.setattr(sys, "platform", platform)
    monkeypatch.setitem(sys.modules, "winreg", object())
    found = real.this_machine()
    assert found.system == system
    assert (found.registry is not None) == (platform == "win32")


@pytest.mark.parametrize(
    ("base", "hidden"),
    [
        (r"C:\Program Files\WindowsApps\PythonSoftwareFoundation.Python.3.12_3.12.10\x", True),
        (r"C:\Users\Ana\AppData\Local\Programs\Python\Python312", False),
        (r"C:\Windows\System32\Python312", False),
        (r"C:\Users\Ana\AppData\Local\Python\pythoncore-3.14-64", False),
    ],
)
def test_the_stores_python_is_known(tmp_path, base, hidden):
    assert machine(System.WINDOWS, tmp_path, base=base).store_python is hidden
    assert not machine(System.MAC, tmp_path, base=base).store_python
