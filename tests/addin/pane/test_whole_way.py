"""The pane for real: Microsoft's office.js, the product's server over HTTPS, a workbook in Excel.

What a press leaves in the workbook is what ``sheetsync sync`` leaves in the same file.
"""

from __future__ import annotations

import re
from copy import deepcopy

import pytest

from sheetsync.backends.excel.calls import Calls
from sheetsync.backends.excel.workbook import ExcelWorkbook
from sheetsync.backends.xlsx.workbook import XlsxWorkbook
from sheetsync.catalog.tracker import FULL
from sheetsync.engines.duckdb import DuckDb
from sheetsync.sync import sync, undo
from tests.addin.pane.window import Window, served
from tests.contract.google_small import Still
from tests.fakes.excel.from_xlsx import opened
from tests.fakes.excel.protection import Protection, Unlocked
from tests.fakes.excel.registered import registered
from tests.fakes.excel.world import FakeExcel
from tests.fakes.office.browser import needs_office
from tests.trackers import NOW, demo_file

pytestmark = needs_office


@pytest.fixture(scope="module")
def server(tmp_path_factory):
    """The product's server over HTTPS."""
    with served(tmp_path_factory.mktemp("server")) as running:
        yield running


@pytest.fixture(scope="module")
def demo(tmp_path_factory):
    """The demo tracker: its file, and the same open in Excel."""
    path = demo_file(tmp_path_factory.mktemp("demo") / "demo.xlsx")
    return path, opened(path)


@pytest.fixture
def context(browser):
    """A profile that trusts the server's certificate."""
    context = browser.new_context(ignore_https_errors=True)
    context.set_default_timeout(60_000)
    yield context
    context.close()


@pytest.fixture
def window(context, server, demo):
    """The demo in a window, the pane open; a fault of its scripts fails the test."""
    server.meanwhile.clear()
    window = Window(context, server, deepcopy(demo[1])).open()
    yield window
    assert window.faults == []


def synced(path, folder):
    return sync(XlsxWorkbook(path, state=folder), FULL, DuckDb(), now=NOW)


def held(window):
    """All tables of the workbook in the window, as another reader reads them."""
    with registered(FakeExcel([window.host.book])):
        seen = ExcelWorkbook(calls=Calls(Still())).read(FULL.tabs)
    return tables(seen)


def tables(seen):
    return {
        key: (t.headers, [list(map(told, c)) for c in t.cells]) for key, t in seen.tables.items()
    }


RUN = re.compile(r"\d{8}T\d{6}Z-\w+")


def told(value):
    """A cell for comparing: formulas by their text, numbers to twelve digits, runs unnamed.

    The name of a run carries a fingerprint of what it read.
    """
    value = getattr(value, "text", value)
    if isinstance(value, float):
        return float(f"{value:.12g}")
    return RUN.sub("a run", value) if isinstance(value, str) else value


def test_a_press_leaves_what_a_sync_of_the_file_leaves(window, demo, tmp_path):
    path = tmp_path / "demo.xlsx"
    path.write_bytes(demo[0].read_bytes())
    before, protections = held(window), protections_of(window)

    status = window.press("Recalculate")
    told = synced(path, tmp_path)
    assert status.startswith(f"Done. {len(told.study.fixes)} cells put right")
    file = XlsxWorkbook(path, state=tmp_path)
    assert held(window) == tables(file.read(FULL.tabs))
    assert protections["Dashboard"]
    assert protections_of(window) == protections

    window.host.changes.clear()
    assert window.press("Recalculate").startswith("Up to date.")
    assert window.host.changes == []

    assert window.press("Undo").startswith("Took the last run back.")
    undo(file, FULL, now=NOW)
    assert held(window) == tables(file.read(FULL.tabs))
    assert without_log(held(window)) == without_log(before)
    assert protections_of(window) == protections


def protections_of(window):
    """How each tab is protected."""
    return {sheet.title: sheet.protection for sheet in window.host.book.sheets}


def without_log(found):
    return {key: told for key, told in found.items() if key != "log"}


def rows_of(sheet, column=1):
    """Row numbers of a sheet by what the cells of a column hold."""
    return {value: row for (row, at), value in sheet.cells.items() if at == column}


def column_of(sheet, title):
    """The column of a header, which has a star where it is needed."""
    heads = {at: value for (row, at), value in sheet.cells.items() if row == 1}
    return next(at for at, value in heads.items() if value.removesuffix(" *") == title)


def swapped(sheet, first, second):
    """Swap two rows, as sorting does."""
    turn = {first: second, second: first}
    sheet.cells = {(turn.get(r, r), c): value for (r, c), value in sheet.cells.items()}


def item(window, text):
    """One issue of the list."""
    return window.page.locator("li.issue").filter(has_text=text)


def test_an_issue_jumps_to_its_cell_and_answers_count_whatever_was_sorted(window):
    window.press("Recalculate")
    typo, negative = item(window, "Reseler"), item(window, "The amount is negative")
    typo.locator(".jump").click()
    partners, issues = window.sheet("Partners"), window.sheet("Issues")
    kind = column_of(partners, "Partner type")
    poll(window, lambda: window.place == ("Partners", (4, kind, 4, kind)))

    means, decision = column_of(issues, "What it means"), column_of(issues, "Decision")
    places = {text[:22]: row for text, row in rows_of(issues, means).items()}
    first, second = places["'Reseler' is not in th"], places["The amount is negative"]
    swapped(issues, first, second)
    typo.get_by_role("button", name="Accept").click()
    window.page.get_by_text("your answers (1)").wait_for()
    issues.unlocked = Unlocked()  # not even the answers may be typed
    negative.get_by_role("button", name="Reject").click()
    window.page.get_by_text("your answers (2)").wait_for()
    assert issues.cells[second, decision] == "accept"
    assert issues.cells[first, decision] == "reject"
    assert issues.protected

    assert window.press("Recalculate").startswith("Done. 1 cell put right")
    assert partners.cells[4, kind] == "reseller"
    assert item(window, "Reseler").count() == 0
    assert (
        item(window, "The amount is negative").get_by_role("button", name="Rejected").is_visible()
    )


def poll(window, holds):
    """Wait until something holds, with the page alive; fails after its time."""
    for _ in range(600):
        if holds():
            return
        window.page.wait_for_timeout(50)
    raise AssertionError(window.status)


def test_who_edits_meanwhile_keeps_the_edit_and_gets_results_of_it(window, server):
    def edit():
        sheet = window.sheet("Partners")
        sheet.cells[3, column_of(sheet, "Partner name")] = "Amber Kite"  # which is to be trimmed

    server.meanwhile.append(edit)
    assert window.press("Recalculate").startswith("Done.")
    assert "Amber Kite" in rows_of(window.sheet("Partners"), 2)
    summary = window.sheet("Partner Summary")
    assert "Amber Kite" in rows_of(summary, column_of(summary, "Partner name"))


def test_protection_and_edit_mode_are_told_and_nothing_is_written(window):
    window.sheet("Partners").protection = Protection()
    assert "“Partners” is protected: unprotect it" in window.press("Recalculate", "bad")
    window.sheet("Partners").protection = None
    window.sheet("Issues").protection = Protection(password="theirs")
    told = window.press("Recalculate", "bad")
    assert "“Issues” is protected with a password: unprotect it" in told
    assert {kind for kind, _ in window.host.changes} <= {"unprotect", "protect"}
    window.host.changes.clear()
    window.host.editing = True
    assert "press Enter or Esc" in window.press("Check", "bad")
    assert window.host.changes == []
    window.host.editing = False
    assert window.press("Undo", "bad").startswith("This computer has no record")


def test_a_wrong_token_is_told(window):
    window.open(token="wrong")
    assert "run “sheetsync addin install” again" in window.press("Recalculate", "bad")


def test_a_server_that_is_down_is_told(context, demo, tmp_path):
    with served(tmp_path) as server:
        window = Window(context, server, deepcopy(demo[1])).open()
    assert window.press("Recalculate", "bad").startswith("sheetsync is not running")
    assert window.host.changes == []


def test_the_card_follows_the_selected_row(window):
    window.press("Check")
    deals = window.sheet("Deals")
    row = next(row for (row, _), value in deals.cells.items() if value == "P-0005")
    window.host.selected = deals, (row, 3, row, 3)
    window.page.evaluate("stage.select()")
    window.page.get_by_role("tab", name="Partner").click()
    names = rows_of(window.sheet("Partners"))
    name = window.sheet("Partners").cells[names["P-0005"], 2]
    window.page.get_by_role("heading", name=name).wait_for()


def test_the_ribbons_button_recalculates_without_a_pane(context, server, demo):
    window = Window(context, server, deepcopy(demo[1])).open("commands.html")
    window.page.wait_for_function("Boolean(globalThis.undo)")
    window.page.evaluate("recalculate({ completed: () => { stage.completed += 1; } })")
    window.page.wait_for_function("stage.completed === 1")
    assert "P-0001" in rows_of(window.sheet("Partner Summary"), 2)
    assert window.page.evaluate("stage.dialogs") == []
