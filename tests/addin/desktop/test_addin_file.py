"""The .xlam, by readers that share nothing with its maker: zip, XML, olevba, openpyxl, soffice."""

from __future__ import annotations

import io
import re
import subprocess
import sys
import tomllib
import warnings
import xml.etree.ElementTree as ET
from importlib.metadata import version
from pathlib import Path
from zipfile import ZipFile

import openpyxl
import pytest
import python_calamine
import xlwings

from sheetsync.addin.desktop import addin, project, run
from sheetsync.addin.failures import NotAllowed, SetupMissing
from sheetsync.backends.xlsx.package import Package
from sheetsync.model.errors import WriteFailed
from tests.libreoffice import needed

PYTHON = r"C:\Users\Ana & Jo\py\python.exe"
RELATIONS = "{http://schemas.openxmlformats.org/package/2006/relationships}Relationship"
BUTTON = "{http://schemas.microsoft.com/office/2006/01/customui}button"


@pytest.fixture(scope="module")
def data():
    return addin.addin_bytes(addin.interpreter("win32", PYTHON), label="Acme & Co")


@pytest.fixture(scope="module")
def zipped(data):
    return ZipFile(io.BytesIO(data))


@pytest.fixture(scope="module")
def macros(data):
    """The text of each VBA module, as olevba reads it."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        from oletools.olevba import VBA_Parser
    parser = VBA_Parser("sheetsync.xlam", data=data)
    try:
        return {name: text for _, _, name, text in parser.extract_macros()}
    finally:
        parser.close()


def test_what_is_shipped_is_what_would_be_built():
    assert project.stale() == []


def test_a_stale_file_is_told(tmp_path, monkeypatch, capsys):
    assert project.stale(tmp_path / "none.xlam") == ["none.xlam"]
    monkeypatch.setattr(project, "_RUN", "' something else\n")
    assert project.main(["--check"]) == 1
    assert capsys.readouterr().err.startswith("xlwings is stale: run ")


def test_another_xlwings_is_noticed_when_it_is_built(monkeypatch):
    monkeypatch.setattr(project, "_CHANGES", (("not in there", "", 1),))
    with pytest.raises(RuntimeError, match="has 0 places like not in there, not 1"):
        project.xlwings_text()


def test_modules_have_our_code_and_the_notices_of_others(macros):
    assert {"SheetsyncRibbon.bas", "xlwings.bas", "Dictionary.cls"} <= macros.keys()
    told = macros["xlwings.bas"]
    assert "'xlwings is distributed under a BSD 3-clause license." in told
    assert "'Copyright (C) 2014-present, Zoomer Analytics LLC." in told
    assert "'* Redistributions in binary form must reproduce the above copyright notice" in told
    assert "MIT (http://www.opensource.org/licenses/mit-license.php" in macros["Dictionary.cls"]
    assert all(text.count("\n") == text.count("\r\n") for text in macros.values())


def test_xlwings_is_the_one_that_is_installed_and_pinned(macros):
    assert f'XLWINGS_VERSION As String = "{addin.XLWINGS}"' in macros["xlwings.bas"]
    assert version("xlwings") == addin.XLWINGS
    text = (Path(__file__).parents[3] / "pyproject.toml").read_text(encoding="utf-8")
    pins = [d for d in tomllib.loads(text)["project"]["dependencies"] if d.startswith("xlwings")]
    assert pins
    assert all(f">={addin.XLWINGS}," in pin for pin in pins)
    brought = Path(xlwings.__file__).parent / f"xlwings-{addin.XLWINGS}.applescript"
    assert brought.is_file()


def test_no_cell_can_run_python(macros):
    """Public functions of an add-in may be called by formulas of any workbook."""
    for name in ("SheetsyncRibbon.bas", "xlwings.bas"):
        public = re.findall(r"(?mi)^\s*(?:Public )?(?:Function|Property|Declare)\b.*", macros[name])
        assert public == []
    subs = re.findall(r"(?m)^\s*(?:Public )?Sub (\w+)", "\n".join(macros.values()))
    assert {"SheetsyncClick", "RunSheetsync"} == {s for s in subs if "sheetsync" in s.lower()}


def test_a_workbook_that_somebody_sent_names_no_program_and_asks_for_no_licence(macros):
    told = macros["xlwings.bas"]
    assert "GetConfigFromSheet(ThisWorkbook)" in told
    for place in ("SheetExists(ActiveWorkbook, PROJECT_NAME", 'GetFullName(ActiveWorkbook) <> ""'):
        assert place not in told
    assert "xlwings.pro" not in told
    assert "uses_embedded_code = True\r" not in told
    assert "FullName = ActiveWorkbook.FullName" not in told


def test_every_button_calls_a_procedure_that_runs_a_function_of_ours(zipped, macros):
    root = ET.fromstring(zipped.read("customUI/customUI.xml"))
    buttons = list(root.iter(BUTTON))
    assert [b.get("label") for b in buttons] == ["Recalculate", "Check", "Undo"]
    clicks = macros["SheetsyncRibbon.bas"]
    assert {b.get("onAction") for b in buttons} == {"SheetsyncClick"}
    assert "Public Sub SheetsyncClick(control As IRibbonControl)" in clicks
    calls = dict(re.findall(r'Case "(\w+)": RunSheetsync "(\w+)"', clicks))
    assert set(calls) == {b.get("id") for b in buttons}
    assert all(callable(getattr(run, name)) for name in calls.values())
    command = re.search(r'(?m)^    RunPython "(.*)"', macros["xlwings.bas"])[1]
    assert command == 'from sheetsync.addin.desktop import run; run." & what & "()'
    (tab,) = root.iter(BUTTON.replace("button", "tab"))
    assert tab.get("label") == "Acme & Co"


def test_parts_and_relationships_hold_together(zipped):
    assert zipped.testzip() is None
    names = set(zipped.namelist())
    types = ET.fromstring(zipped.read("[Content_Types].xml"))
    declared = {e.get("PartName", "").lstrip("/") for e in types} - {""}
    endings = {e.get("Extension") for e in types}
    assert declared <= names
    assert all(n in declared or n.rpartition(".")[2] in endings for n in names)
    main = next(e for e in types if e.get("PartName") == "/xl/workbook.xml")
    assert main.get("ContentType") == "application/vnd.ms-excel.addin.macroEnabled.main+xml"
    for rels in (n for n in names if n.endswith(".rels")):
        folder = rels.rpartition("_rels/")[0]
        ids = []
        for rel in ET.fromstring(zipped.read(rels)).iter(RELATIONS):
            assert folder + rel.get("Target") in names
            ids.append(rel.get("Id"))
        assert len(set(ids)) == len(ids)
    root = zipped.read("_rels/.rels").decode()
    assert 'ui/extensibility" Target="customUI/customUI.xml"' in root


ROWS = [["ADD_WORKBOOK_TO_PYTHONPATH", "false"], ["INTERPRETER_WIN", PYTHON]]


def test_openpyxl_reads_the_settings(data, zipped):
    """openpyxl knows no add-ins: it is told that this is a workbook with macros."""
    types = zipped.read("[Content_Types].xml").replace(b"excel.addin.macro", b"excel.sheet.macro")
    data = Package.open(data).with_parts({"[Content_Types].xml": types})
    book = openpyxl.load_workbook(io.BytesIO(data), keep_vba=True)
    assert book.sheetnames == ["sheetsync.conf"]
    assert [[cell.value for cell in row] for row in book.active.iter_rows()] == ROWS
    assert book.vba_archive is not None


def test_calamine_reads_the_settings(data):
    book = python_calamine.load_workbook(io.BytesIO(data))
    assert book.get_sheet_by_name("sheetsync.conf").to_python() == ROWS


@needed
@pytest.mark.libreoffice
def test_libreoffice_opens_it(data, tmp_path):
    (tmp_path / "sheetsync.xlam").write_bytes(data)
    profile = f"-env:UserInstallation={(tmp_path / 'profile').as_uri()}"
    read_as = "--infilter=Calc MS Excel 2007 VBA XML"
    command = ["soffice", profile, "--headless", read_as, "--convert-to", "csv", "sheetsync.xlam"]
    subprocess.run(command, cwd=tmp_path, check=True, capture_output=True, timeout=120)
    told = (tmp_path / "sheetsync.csv").read_text(encoding="utf-8")
    assert [line.split(",") for line in told.splitlines()] == ROWS


def test_the_python_is_named_where_excel_can_start_it():
    assert addin.interpreter("darwin", "/opt/py/bin/python3") == {
        "INTERPRETER_MAC": "/opt/py/bin/python3"
    }
    assert addin.interpreter("linux", "/usr/bin/python3") == {}
    for platform, path in (
        ("darwin", "/Users/ana/Application Support/python"),
        ("darwin", "/tmp/$(id)/python"),
        ("win32", 'C:\\a"b\\python.exe'),
        ("win32", "C:\\%TEMP%\\python.exe"),
    ):
        with pytest.raises(NotAllowed, match="install sheetsync into a folder without"):
            addin.interpreter(platform, path)


@pytest.mark.parametrize("found", ["0.37.9", ""])
def test_another_xlwings_than_the_buttons_is_refused_with_what_to_run(monkeypatch, found):
    def told(_name):
        if not found:
            raise addin.PackageNotFoundError
        return found

    monkeypatch.setattr(addin, "version", told)
    with pytest.raises(SetupMissing, match=r"pip install xlwings==0\.37\.8"):
        addin.check_version("win32")
    addin.check_version("linux")


@pytest.mark.parametrize("label", ["", "  ", "x" * 41, "two\nlines"])
def test_a_title_that_no_tab_can_have_is_refused(label):
    with pytest.raises(NotAllowed, match="a title of 1 to 40 characters"):
        addin.addin_bytes({}, label=label)


def test_it_is_written_over_an_older_one_and_equal_each_time(tmp_path):
    path = tmp_path / "sheetsync.xlam"
    path.write_bytes(b"old")
    steps = addin.write(path)
    first = path.read_bytes()
    assert any("Excel Add-ins" in step and str(path) in step for step in steps)
    addin.write(path)
    assert path.read_bytes() == first
    with pytest.raises(NotAllowed, match=r"must end in \.xlam"):
        addin.write(tmp_path / "sheetsync.xlsm")
    with pytest.raises(WriteFailed, match="close Excel if it has the add-in open"):
        addin.write(tmp_path / "none" / "sheetsync.xlam")


def test_on_a_mac_the_script_that_starts_python_comes_first(tmp_path):
    steps = addin.steps(tmp_path / "sheetsync.xlam", "darwin")
    assert steps[0] == f"Run `{sys.executable} -m xlwings.cli runpython install` once."
