"""Tabs of the engine's are open while they are written to; what people protect stays protected."""

from __future__ import annotations

from types import SimpleNamespace

import openpyxl
import pytest
from openpyxl.styles import Protection as Style

from sheetsync.backends.excel import native
from sheetsync.model.errors import WorkbookBusy, WriteFailed
from sheetsync.model.plan import WriteNames
from tests.backends.excel.plans import cells, fail_at, held, plan, results, written
from tests.contract.small import TABS
from tests.fakes.excel.from_xlsx import opened
from tests.fakes.excel.native import NativeSheet
from tests.fakes.excel.protection import ORDER, SELECTING, Protection
from tests.fakes.excel.world import FakeExcel, FakeSheet, refused

LONG = [(f"k{i}", i, None) for i in range(9)]
OURS = Protection(frozenset(("sort", "autoFilter", "scenarios", *SELECTING)))
SECRET = Protection(password="secret")


@pytest.fixture
def sheet(excel):
    """The sheet Results, protected as trackers do it."""
    found = excel.books[0].sheet("Results")
    found.protection = OURS
    return found


def lifted(excel):
    """The sheets whose protection was touched."""
    return [title for kind, title in excel.log if kind == "protection write"]


def test_a_tab_of_the_engine_s_is_written_and_protected_again(book, excel, sheet):
    seen = book.read(TABS)
    book.apply(plan(seen, results(seen, *LONG)), TABS)
    assert sheet.tables[0].rect == (1, 1, 10, 3)
    assert sheet.protection == OURS
    assert book.notes == ()


def test_a_filtered_one_is_too(book, sheet):
    criteria = {"type": "values", "values": ["a"]}
    sheet.tables[0].criteria[1] = criteria
    seen = book.read(TABS)
    book.apply(plan(seen, results(seen, *LONG)), TABS)
    assert (sheet.protection, sheet.tables[0].criteria[1]["values"]) == (OURS, ["a"])


@pytest.mark.parametrize("error", [None, KeyboardInterrupt()])
def test_what_fails_leaves_it_protected(book, excel, sheet, error):
    seen = book.read(TABS)
    before = held(excel)
    fail_at(excel, 2, error)
    ops = cells(seen, "stage", {2: "won"}), results(seen, *LONG)
    with pytest.raises(type(error) if error else WriteFailed):
        book.apply(plan(seen, *ops), TABS)
    assert held(excel) == before


def test_a_password_is_told_and_all_is_protected_as_it_was(book, excel, sheet):
    excel.books[0].sheet("Board").protection = OURS
    sheet.protection = SECRET
    seen = book.read(TABS)
    before = held(excel)
    board = WriteNames("board", ("board_note",), ("hello",), ("later",))
    with pytest.raises(WriteFailed, match="“Results” is protected with a password: unprotect it"):
        book.apply(plan(seen, board, results(seen, *LONG)), TABS)
    assert held(excel) == before
    assert not written(excel)
    assert lifted(excel) == ["Board", "Results", "Board"]
    with pytest.raises(KeyError):
        book.plan_of("r1")


def test_an_excel_that_is_busy_then_is_no_password(book, excel, sheet):
    seen = book.read(TABS)

    def before(kind, _where):
        excel.editing = kind == "protection write"

    excel.before = before
    with pytest.raises(WorkbookBusy):
        book.apply(plan(seen, results(seen, *LONG)), TABS)
    assert sheet.protection == OURS


def test_what_cannot_be_protected_again_is_told_and_stands(book, excel, sheet):
    seen = book.read(TABS)

    def before(kind, _where):
        if kind == "protection write" and sheet.protection is None:
            raise refused("no")

    excel.before = before
    book.apply(plan(seen, results(seen, *LONG)), TABS)
    assert sheet.cells[2, 1] == "k0"
    assert book.notes == (
        "The tab “Results” could not be protected again: protect it (Review, Protect Sheet).",
    )


@pytest.mark.parametrize("protection", [OURS, SECRET])
def test_cells_that_people_left_open_are_written_under_their_protection(
    book, excel, deals, protection
):
    deals.protection = protection
    deals.unlocked.columns = {2}
    seen = book.read(TABS)
    book.apply(plan(seen, cells(seen, "stage", {2: "won"})), TABS)
    assert (deals.cells[2, 2], deals.protection) == ("won", protection)
    assert not lifted(excel)


def test_one_locked_cell_of_theirs_is_told(book, excel, deals):
    deals.protected = True
    deals.unlocked.cells = {(2, 2): True}
    seen = book.read(TABS)
    with pytest.raises(WriteFailed, match="“Deals” is protected: unprotect it"):
        book.apply(plan(seen, cells(seen, "stage", {2: "won", 3: "won"})), TABS)
    assert not lifted(excel)


@pytest.mark.parametrize("selecting", [SELECTING, SELECTING[1:], ()])
@pytest.mark.parametrize("allowed", [(), ORDER, ("formatRows", "pivotTables"), ("objects",)])
def test_options_come_back_on_windows(allowed, selecting):
    told = Protection(frozenset((*allowed, *selecting)))
    fake = FakeSheet("Results", protection=told)
    sheet = SimpleNamespace(api=NativeSheet(FakeExcel(), fake, ""))
    options = native.protection_of(sheet)
    native.unprotect(sheet)
    assert fake.protection is None
    native.protect(sheet, options)
    assert fake.protection == told


class Reference:
    """A sheet by Apple events: properties are references that are asked with get."""

    __module__ = "appscript.reference"

    def __init__(self, **told):
        self.told, self.calls = told, []

    def __getattr__(self, name):
        if name == "protection_object":
            return self
        call = lambda **given: self.calls.append((name, given))  # noqa: E731
        call.get = lambda: self.told.get(name, False)
        call.set = lambda value: self.told.update({name: value})
        return call


def test_options_come_back_on_a_mac():
    api = Reference(protect_contents=True, protect_scenarios=True, allow_sorting=True)
    sheet = SimpleNamespace(api=api)
    options = native.protection_of(sheet)
    native.unprotect(sheet)
    native.protect(sheet, options)
    (_, lifting), (name, given) = api.calls
    assert (lifting, name) == ({"password": ""}, "protect_worksheet")
    assert {key for key, value in given.items() if value} == {
        "worksheet_contents",
        "scenarios",
        "allow_sorting",
    }
    assert len(given) == 4 + len(ORDER)


def test_the_fake_takes_protection_from_a_file(tmp_path):
    file = openpyxl.Workbook()
    sheet = file.active
    sheet["A1"], sheet["B1"] = "ID", "Decision"
    sheet["B1"].protection = Style(locked=False)
    sheet.protection.enable()
    sheet.protection.sort = False
    sheet.protection.password = "secret"
    file.save(tmp_path / "file.xlsx")
    fake = opened(tmp_path / "file.xlsx").sheets[0]
    assert fake.protection.password
    assert "sort" in fake.protection.allowed
    assert "autoFilter" not in fake.protection.allowed
    assert (fake.keeps((1, 1, 1, 1)), fake.keeps((1, 2, 1, 2))) == (True, False)
