"""Which Python the classic add-in starts is found where Excel and xlwings look for it."""

from __future__ import annotations

import zipfile

import pytest

from sheetsync.addin.desktop.addin import addin_bytes
from sheetsync.addin.interpreters import Interpreter, interpreters
from sheetsync.addin.machine import System
from tests.addin.install.machines import machine

MAC_OFFICE = "Library/Group Containers/UBF8T346G9.Office/User Content.localized"
OPTIONS = r"Software\Microsoft\Office\16.0\Excel\Options"
ROW = (
    '<row r="{0}"><c r="A{0}" t="inlineStr"><is><t>{1}</t></is></c>'
    '<c r="B{0}" t="inlineStr"><is><t>{2}</t></is></c></row>'
)


def addin(path, *, sheet="sheetsync.conf", **told):
    """A workbook with a settings sheet, as Excel and the generator of the add-in write it."""
    rows = "".join(ROW.format(i, *pair) for i, pair in enumerate(told.items(), 1))
    path.parent.mkdir(parents=True, exist_ok=True)
    with zipfile.ZipFile(path, "w") as package:
        package.writestr("xl/workbook.xml", f'<sheets><sheet name="{sheet}"/></sheets>')
        package.writestr("xl/worksheets/sheet1.xml", f"<sheetData>{rows}</sheetData>")
    return path


@pytest.fixture
def windows(tmp_path):
    computer = machine(System.WINDOWS, tmp_path)
    computer.environment["APPDATA"] = str(tmp_path / "Roaming")
    return computer


@pytest.fixture
def mac(tmp_path):
    return machine(System.MAC, tmp_path)


@pytest.mark.parametrize("folder", ["AddIns", "Excel/XLSTART"])
def test_windows_in_excels_folders(windows, tmp_path, folder):
    path = tmp_path / "Roaming" / "Microsoft" / folder / "kpi.xlam"
    addin(path, INTERPRETER_MAC="/other", INTERPRETER_WIN="C:\\R&amp;D\\python.exe")
    assert interpreters(windows) == [Interpreter(path, "C:\\R&D\\python.exe")]


@pytest.mark.parametrize("name", ["OPEN", "OPEN7"])
def test_windows_where_excel_opens_it_from(windows, tmp_path, name):
    path = addin(tmp_path / "my files" / "kpi.xlam", INTERPRETER_WIN="/usr/bin/python3")
    windows.registry.set(OPTIONS, name, f'/R "{path}"')
    assert interpreters(windows) == [Interpreter(path, "/usr/bin/python3")]


@pytest.mark.parametrize("folder", ["Add-Ins.localized", "Startup.localized/Excel"])
def test_mac_in_excels_folders(mac, tmp_path, folder):
    path = tmp_path / MAC_OFFICE / folder / "kpi.xlam"
    addin(path, INTERPRETER_WIN="C:\\python.exe", INTERPRETER_MAC="/opt/python")
    assert interpreters(mac) == [Interpreter(path, "/opt/python")]


def test_the_add_in_that_sheetsync_makes_is_read(windows, mac, tmp_path):
    for computer, folder in ((windows, "Roaming/Microsoft/AddIns"), (mac, MAC_OFFICE)):
        own = "WIN" if computer is windows else "MAC"
        path = tmp_path / folder / ("kpi.xlam" if own == "WIN" else "Add-Ins.localized/kpi.xlam")
        path.parent.mkdir(parents=True)
        path.write_bytes(addin_bytes({f"INTERPRETER_{own}": "/opt/R&D/python"}))
        assert interpreters(computer) == [Interpreter(path, "/opt/R&D/python")]


def test_one_that_is_found_twice_is_told_once(windows, tmp_path):
    path = addin(tmp_path / "Roaming/Microsoft/AddIns/kpi.xlam", INTERPRETER_WIN="/python")
    windows.registry.set(OPTIONS, "OPEN", f'/R "{path}"')
    assert len(interpreters(windows)) == 1


@pytest.mark.parametrize("name", ["sheetsync", "xlwings"])
def test_the_settings_file_of_the_user(windows, mac, tmp_path, name):
    for path in (
        tmp_path / f".{name}" / f"{name}.conf",
        tmp_path / f"Library/Containers/com.microsoft.Excel/Data/{name}.conf",
    ):
        path.parent.mkdir(parents=True)
        path.write_text('"PYTHONPATH",""\n"INTERPRETER_WIN","C:\\p.exe"\n"interpreter_mac","/p"\n')
    assert [one.path for one in interpreters(windows)] == ["C:\\p.exe"]
    assert [one.path for one in interpreters(mac)] == ["/p"]


def test_what_is_not_ours_or_damaged_is_passed_over(windows, tmp_path):
    folder = tmp_path / "Roaming" / "Microsoft" / "AddIns"
    addin(folder / "another.xlam", sheet="Sheet1", INTERPRETER_WIN="/python")
    addin(folder / "silent.xlam")
    (folder / "damaged.xlam").write_bytes(b"no zip")
    with zipfile.ZipFile(folder / "empty.xlam", "w"):
        pass
    windows.registry.set(OPTIONS, "OPEN", r'/R "C:\gone.xlam"')
    windows.registry.set(OPTIONS, "OPEN1", "ANALYS32.XLL")
    (tmp_path / ".xlwings").mkdir()
    (tmp_path / ".xlwings" / "xlwings.conf").write_bytes(b"\xff\xfe\0")
    assert interpreters(windows) == []


def test_without_appdata_and_on_linux_there_is_nothing(tmp_path):
    assert interpreters(machine(System.WINDOWS, tmp_path)) == []
    assert interpreters(machine(System.LINUX, tmp_path)) == []
