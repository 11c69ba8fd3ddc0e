"""From an address to the open workbook, and what people read when there is none."""

from __future__ import annotations

import atexit
import sys
from types import ModuleType

import pytest
import xlwings

from sheetsync.backends.excel.attach import attached
from sheetsync.backends.excel.calls import Calls
from sheetsync.backends.excel.workbook import ExcelWorkbook
from sheetsync.model.errors import WorkbookMissing
from sheetsync.places import open_workbook
from tests.contract.google_small import Still
from tests.fakes.excel.registered import registered
from tests.fakes.excel.world import FakeBook, FakeExcel


def excel_of(*names, active=0):
    return FakeExcel([FakeBook(name) for name in names], active=active)


def name_at(address, *running):
    with registered(*running):
        return open_workbook(address).name


def test_the_one_in_front_and_the_one_of_a_name():
    running = excel_of("a.xlsx", "B.xlsx", active=1)
    assert name_at("excel:", running) == "B.xlsx"
    assert name_at("Excel: A.XLSX", running) == "a.xlsx"
    assert name_at("excel:a", running) == "a.xlsx"
    assert name_at("excel:c.xlsx", running, excel_of("c.xlsx")) == "c.xlsx"


@pytest.mark.parametrize(
    ("address", "running", "told"),
    [
        ("excel:", (), "No workbook is open in Excel"),
        ("excel:", (FakeExcel(),), "No workbook is open in Excel"),
        ("excel:x.xlsx", (excel_of("a.xlsx"),), "“x.xlsx” is not open in Excel .open are “a.xlsx”"),
        ("excel:a.xlsx", (excel_of("a.xlsx"), excel_of("A.xlsx")), "2 workbooks called “a.xlsx”"),
        ("excel:a", (excel_of("a.xlsx", "a.xlsm"),), "2 workbooks called “a”"),
        ("excel:", (FakeExcel(), excel_of("a.xlsx")), "No workbook is in front"),
    ],
)
def test_what_is_said_when_there_is_none(address, running, told):
    with registered(*running), pytest.raises(WorkbookMissing, match=told) as refused:
        open_workbook(address)
    assert str(refused.value).endswith("Nothing was changed.")


def test_a_computer_without_excel_is_told(monkeypatch):
    monkeypatch.setattr(xlwings.engines, "engines", [])
    with pytest.raises(WorkbookMissing, match="on Windows and Mac only"):
        ExcelWorkbook()


def test_a_computer_without_xlwings_is_told(monkeypatch):
    monkeypatch.setitem(sys.modules, "xlwings", None)
    with pytest.raises(WorkbookMissing, match="pip install xlwings"):
        ExcelWorkbook()


def test_xlwings_neither_asks_without_end_nor_kills_other_excels(monkeypatch):
    windows = ModuleType("xlwings._xlwindows")
    windows.N_COM_ATTEMPTS = 0
    windows.cleanup = lambda: None
    kept = []
    monkeypatch.setitem(sys.modules, "xlwings._xlwindows", windows)
    monkeypatch.setattr(atexit, "unregister", kept.append)
    with registered(excel_of("a.xlsx")):
        attached("a.xlsx", Calls(Still()))
    assert windows.N_COM_ATTEMPTS == 1
    assert kept == [windows.cleanup]


def test_importing_places_does_not_import_xlwings():
    import subprocess

    code = "import sys, sheetsync.places, sheetsync.cli; print('xlwings' in sys.modules)"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "False"


def test_no_module_names_what_needs_a_licence():
    from pathlib import Path

    import sheetsync

    folder = Path(sheetsync.__file__).parent
    for file in folder.rglob("*.py"):
        text = file.read_text("utf-8")
        for name in ("pro", "server", "reports"):
            assert f"xlwings.{name}" not in text, file
