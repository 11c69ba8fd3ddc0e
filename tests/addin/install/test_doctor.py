"""The doctor on the three systems: each thing that can be wrong is told with what to click."""

from __future__ import annotations

import datetime as dt
import json
import plistlib
import sys
from pathlib import Path

import pytest
from click.testing import CliRunner

from sheetsync import cli
from sheetsync.addin import doctor as module
from sheetsync.addin.certificate import Certificate
from sheetsync.addin.doctor import LICENCE, Probes, doctor
from sheetsync.addin.holder import Holder
from sheetsync.addin.install import install, manifest_path
from sheetsync.addin.interpreters import Interpreter
from sheetsync.addin.machine import System
from sheetsync.addin.sideload import CONTAINER, unregister
from sheetsync.addin.tokens import Tokens, addin_folder
from tests.addin.install.machines import machine

NOW = dt.datetime(2026, 6, 30, 12, tzinfo=dt.UTC)
DAY = dt.timedelta(days=1)
CLICK_TO_RUN = r"SOFTWARE\Microsoft\Office\ClickToRun\Configuration"
APP_PATH = r"SOFTWARE\Microsoft\Windows\CurrentVersion\App Paths\excel.exe"
WEBVIEW = (
    r"software\wow6432node\microsoft\edgeupdate\clients\{f3017226-fe2a-4295-8bdf-00c3a9a7e4c5}"
)


def excel(computer, version):
    """Install Excel of that version, where a system has one."""
    if computer.registry:
        key = ("HKLM", CLICK_TO_RUN.casefold())
        computer.registry.winreg.keys[key] = {"VersionToReport": (version, 1)}
        computer.registry.winreg.keys["HKLM", WEBVIEW] = {"pv": ("142.0.3595.94", 1)}
    elif computer.system is System.MAC:
        folder = computer.applications / "Microsoft Excel.app" / "Contents"
        folder.mkdir(parents=True, exist_ok=True)
        plist = plistlib.dumps({"CFBundleShortVersionString": version})
        (folder / "Info.plist").write_bytes(plist)


@pytest.fixture
def on(tmp_path):
    """A computer of a system on which everything is in place."""

    def made(system, **more):
        home = tmp_path / "home"
        (home / CONTAINER).mkdir(parents=True, exist_ok=True)
        computer = machine(system, home, applications=tmp_path / "Applications", **more)
        excel(computer, "16.0.17328.20184" if system is System.WINDOWS else "16.89")
        install(machine=computer, now=NOW)
        return computer

    return made


def look(computer, *, now=NOW, holder=Holder.OURS, xlwings=("0.37.8", False), classic=()):
    probes = Probes(computer, lambda: now, lambda *_: holder, lambda: xlwings, lambda _: [*classic])
    found = doctor(probes)
    for one in found:
        assert one.message.endswith((".", "xlam"))
        assert (one.status == "ok") or one.remedy, one
        assert len(one.check) <= 11
        assert "token=" not in one.message + one.remedy
    return found


def wrong(found):
    return {one.check: (one.status, one.message + " " + one.remedy) for one in found if is_bad(one)}


def is_bad(finding):
    return finding.status != "ok"


@pytest.mark.parametrize("system", list(System), ids=str)
def test_all_is_well(on, system):
    found = look(on(system))
    assert wrong(found) == {}
    names = ["python", "excel", "xlwings", "certificate", "trust", "token", "manifest", "server"]
    assert [one.check for one in found if one.check != "webview"] == names
    assert any(one.check == "webview" for one in found) == (system is System.WINDOWS)


@pytest.mark.parametrize("system", list(System), ids=str)
def test_before_installing_one_thing_is_told(tmp_path, system):
    computer = machine(system, tmp_path, applications=tmp_path)
    excel(computer, "16.100")
    excel(computer, "16.0.17328.20184") if computer.registry else None
    (told,) = wrong(look(computer)).items()
    assert told[0] == "add-in"
    assert told[1][0] == "fail"
    assert "sheetsync addin install" in told[1][1]


def test_with_the_classic_add_in_the_other_is_a_choice(tmp_path):
    computer = machine(System.LINUX, tmp_path)
    classic = [Interpreter(Path("kpi.xlam"), sys.executable)]
    assert wrong(look(computer, classic=classic))["add-in"][0] == "warn"


OLD = {
    System.WINDOWS: ["16.0.13800.99999", "16.0.4266.1001", "15.0.1"],
    System.MAC: ["16.49", "15.3"],
}
NEW = {
    System.WINDOWS: ["16.0.13801.20738", "16.0.14332.20000", "16.0.19000.1", "17.0"],
    System.MAC: ["16.50", "16.52", "16.100", "17.0"],
}


@pytest.mark.parametrize(
    ("system", "version"), [(system, one) for system, all_ in OLD.items() for one in all_]
)
def test_an_excel_that_is_too_old(on, system, version):
    computer = on(system)
    excel(computer, version)
    status, told = wrong(look(computer))["excel"]
    assert status == "fail"
    assert version in told
    assert "Update" in told


@pytest.mark.parametrize(
    ("system", "version"), [(system, one) for system, all_ in NEW.items() for one in all_]
)
def test_an_excel_that_is_new_enough(on, system, version):
    computer = on(system)
    excel(computer, version)
    assert wrong(look(computer)) == {}


def test_no_excel(on):
    computer = on(System.WINDOWS)
    del computer.registry.winreg.keys["HKLM", CLICK_TO_RUN.casefold()]
    assert wrong(look(computer))["excel"][0] == "warn"
    computer.registry.winreg.keys["HKLM", APP_PATH.casefold()] = {"": ("C:\\EXCEL.EXE", 1)}
    assert wrong(look(computer)) == {}
    computer = on(System.MAC)
    plist = computer.applications / "Microsoft Excel.app" / "Contents" / "Info.plist"
    plist.write_bytes(b"damaged")
    assert wrong(look(computer)) == {}
    plist.unlink()
    assert wrong(look(computer))["excel"][0] == "warn"


@pytest.mark.parametrize("version", [None, "", "0.0.0.0"])
def test_no_edge_to_show_panes_in(on, version):
    computer = on(System.WINDOWS)
    keys = computer.registry.winreg.keys
    keys["HKLM", WEBVIEW] = {} if version is None else {"pv": (version, 1)}
    status, told = wrong(look(computer))["webview"]
    assert status == "warn"
    assert "WebView2 Runtime" in told
    keys["HKCU", WEBVIEW.replace("\\wow6432node", "")] = {"pv": ("142.0", 1)}
    assert wrong(look(computer)) == {}


def test_the_stores_python(on):
    computer = on(System.WINDOWS)
    object.__setattr__(computer, "base", r"C:\Program Files\WindowsApps\Python.3.12_x")
    status, told = wrong(look(computer))["python"]
    assert status == "fail"
    assert "python.org" in told


@pytest.mark.parametrize("system", list(System), ids=str)
def test_xlwings(on, system):
    computer = on(system)
    missing = wrong(look(computer, xlwings=None))
    assert list(missing) == ([] if system is System.LINUX else ["xlwings"])
    assert wrong(look(computer, xlwings=("0.37.8", True)))["xlwings"][0] == "warn"
    computer.environment[LICENCE] = "noncommercial"
    assert LICENCE in wrong(look(computer))["xlwings"][1]


def test_the_real_xlwings_is_asked_without_pro():
    pytest.importorskip("xlwings")
    version, pro = module.xlwings_here()
    assert version.startswith("0.37.")
    assert pro is False


@pytest.mark.parametrize(
    ("name", "status"),
    [("own/python", "ok"), ("own/pythonw", "ok"), ("other/python", "warn"), ("gone", "fail")],
)
@pytest.mark.parametrize("told_by", ["kpi.xlam", "xlwings.conf"])
def test_the_python_that_the_classic_add_in_starts(on, tmp_path, name, status, told_by):
    for one in ("own/python", "own/pythonw", "other/python"):
        (tmp_path / one).parent.mkdir(exist_ok=True)
        (tmp_path / one).write_text("")
    computer = on(System.MAC, python=str(tmp_path / "own" / "python"))
    classic = [Interpreter(tmp_path / told_by, str(tmp_path / name))]
    (found,) = [one for one in look(computer, classic=classic) if one.check == "classic"]
    assert found.status == status
    assert status == "ok" or str(tmp_path / told_by) in found.remedy


@pytest.mark.parametrize("system", [System.WINDOWS, System.MAC])
def test_a_certificate_that_is_not_trusted(on, system):
    computer = on(system)
    computer.run.trusted.clear()
    status, told = wrong(look(computer))["trust"]
    assert status == "fail"
    assert "answer Yes" in told


@pytest.mark.parametrize(("days", "status"), [(100, "fail"), (-3, "fail"), (1730, "fail")])
def test_a_certificate_that_does_not_hold(on, days, status):
    found = wrong(look(on(System.MAC), now=NOW + days * DAY))
    assert found["certificate"][0] == status
    assert "sheetsync addin" in found["certificate"][1]


def test_an_authority_near_its_end_is_told_in_time(on):
    computer = on(System.MAC)
    near = NOW + 1740 * DAY
    Certificate(addin_folder()).renew(near)
    assert wrong(look(computer, now=near))["certificate"][0] == "warn"


@pytest.mark.parametrize("name", ["authority.pem", "localhost.key"])
def test_a_damaged_certificate(on, name):
    computer = on(System.WINDOWS)
    (addin_folder() / name).write_text("damaged")
    found = wrong(look(computer))
    assert found["certificate"][0] == "fail"
    assert name in found["certificate"][1]


def test_a_token_that_the_server_refuses(on):
    computer = on(System.WINDOWS)
    assert wrong(look(computer, now=NOW + 340 * DAY))["token"][0] == "warn"
    assert wrong(look(computer, now=NOW + 366 * DAY))["token"][0] == "fail"
    Tokens().revoke("this computer")
    status, told = wrong(look(computer))["token"]
    assert status == "fail"
    assert "sheetsync addin install" in told


@pytest.mark.parametrize("system", [System.WINDOWS, System.MAC])
def test_an_add_in_that_excel_does_not_know(on, system):
    computer = on(system)
    unregister(computer)
    status, told = wrong(look(computer))["manifest"]
    assert status == "fail"
    assert "sheetsync addin install" in told


def test_a_manifest_of_another_version(on):
    computer = on(System.LINUX)
    text = manifest_path().read_text("utf-8")
    manifest_path().write_text(text.replace("<Version>", "<Version>9"), "utf-8")
    assert "another version" in wrong(look(computer))["manifest"][1]


@pytest.mark.parametrize(
    ("holder", "status", "words"),
    [
        (Holder.NOBODY, "warn", "sheetsync addin start"),
        (Holder.OTHER, "fail", "--port 8138"),
        (Holder.ENDED, "fail", "Ctrl-C"),
    ],
)
def test_the_port(on, holder, status, words):
    found = wrong(look(on(System.WINDOWS), holder=holder))
    assert found["server"][0] == status
    assert words in found["server"][1]


@pytest.mark.parametrize("words", [[], ["excel:"], ["Excel:Partners.xlsx"]])
def test_the_command_looks_at_this_computer(words):
    told = CliRunner().invoke(cli.main, ["doctor", *words])
    assert told.exit_code == 1
    assert "FAIL  add-in" in told.stdout
    assert "sheetsync addin install" in told.stdout


def test_the_command_as_json(monkeypatch, on):
    computer = on(System.LINUX)
    monkeypatch.setattr(
        module, "Probes", lambda: Probes(computer, lambda: NOW, lambda *_: Holder.OURS)
    )
    told = CliRunner().invoke(cli.main, ["doctor", "--json"])
    assert told.exit_code == 0
    found = json.loads(told.stdout)
    assert set(found) == {"ok", "findings"}
    assert found["ok"] is True
    assert {one["check"] for one in found["findings"]} >= {"certificate", "manifest", "server"}
