"""The demo tracker in a Google Sheet and in a file: the same tables, results and silence."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any, NamedTuple

import pytest

from sheetsync.backends.google.create import create
from sheetsync.backends.google.workbook import GoogleWorkbook
from sheetsync.backends.xlsx.workbook import XlsxWorkbook
from sheetsync.catalog.demo import demo_rows
from sheetsync.catalog.tracker import LEAN
from sheetsync.engines.duckdb import DuckDb
from sheetsync.model.snapshot import Snapshot
from sheetsync.model.tracker import Role
from sheetsync.model.values import same
from sheetsync.sync import Outcome, sync, undo
from tests.contract.google_small import client_of
from tests.fakes.sheets.humans import Human
from tests.fakes.sheets.service import Service
from tests.fakes.sheets.state import Spreadsheet
from tests.trackers import AS_OF, NOW, demo_file

READS, WRITES = "GET", "POST"


class Both(NamedTuple):
    """The demo in both places, synced twice, and how often Google was asked."""

    sheet: Spreadsheet
    book: GoogleWorkbook
    file: XlsxWorkbook
    google: tuple[Outcome, Outcome]
    excel: tuple[Outcome, Outcome]
    asked: tuple[list[str], list[str]]


def synced(book: Any) -> Outcome:
    return sync(book, LEAN, DuckDb(), now=NOW, as_of=AS_OF)


@pytest.fixture(scope="module")
def both(tmp_path_factory) -> Both:
    folder = tmp_path_factory.mktemp("same")
    service = Service()
    sheet = service.create("demo.xlsx")
    client = client_of(service)
    create(client, sheet.id, LEAN, demo_rows(AS_OF))
    book = GoogleWorkbook(client, sheet.id, state=folder / "google")
    file = XlsxWorkbook(demo_file(folder / "demo.xlsx"), state=folder / "xlsx")
    excel = synced(file), synced(file)
    google, asked = [], []
    for _ in range(2):
        service.requests.clear()
        google.append(synced(book))
        asked.append([method for method, _ in service.requests])
    return Both(sheet, book, file, tuple(google), excel, tuple(asked))


def differences(a: Snapshot, b: Snapshot) -> Iterator[tuple[Any, ...]]:
    """Cells of two snapshots that are not the same; tables that only one has."""
    yield from ((key,) for key in a.tables.keys() ^ b.tables.keys() if key != "lists")
    for key in a.tables.keys() & b.tables.keys() - {"lists"}:
        x, y = a.tables[key], b.tables[key]
        if (x.headers, list(x.rows), x.title) != (y.headers, list(y.rows), y.title):
            yield key, x.headers, y.headers
            continue
        for header, left, right in zip(x.headers, x.cells, y.cells, strict=True):
            pairs = enumerate(zip(left, right, strict=True))
            yield from ((key, header, j, *pair) for j, pair in pairs if not same(*pair))


def test_both_are_read_the_same(both):
    assert list(differences(both.google[0].study.seen, both.excel[0].study.seen)) == []


def test_both_give_the_same_results(both):
    google, excel = both.google[0].study, both.excel[0].study
    assert google.measured.kpis == excel.measured.kpis
    assert google.measured.tiers == excel.measured.tiers
    assert google.problems == excel.problems
    assert list(google.fixes) == list(excel.fixes)
    assert both.google[0].status == both.excel[0].status == "written"


def test_both_are_the_same_after_the_sync_but_for_links_and_runs(both):
    google, excel = both.google[1].study.seen, both.excel[1].study.seen
    found = [told for told in differences(google, excel) if told[:2] != ("log", "Run")]
    assert found == []


def test_the_second_sync_is_silent_and_one_request(both):
    assert both.google[1].status == both.excel[1].status == "unchanged"
    assert both.asked[1] == [READS]


def test_the_first_sync_is_a_structure_one_read_and_one_write(both):
    assert both.asked[0] == [READS, READS, WRITES]


def shown(sheet: Spreadsheet) -> Mapping[str, Any]:
    """What every formula of the report tabs shows in Google, by its text in the model's way."""
    sheet.recalculate()
    told = {}
    for title in (tab.title for tab in LEAN.of_role(Role.REPORT)):
        page = sheet.named(title)
        for row, column, cell in page.cells():
            text = cell.get("userEnteredValue", {}).get("formulaValue")
            if text:
                value = page.effective(row, column)
                told[text[1:].replace(";", ",")] = next(iter(value.values())) if value else ""
    return told


def test_google_calculates_what_the_file_has_cached(both):
    google = shown(both.sheet)
    board = both.excel[1].study.seen.reports["dashboard"]
    numbers = {text: value for text, value in board.formulas.items() if text in google}
    assert len(numbers) > 60
    wrong = {
        text: (google[text], value)
        for text, value in numbers.items()
        if isinstance(value, int | float | str) and not same(google[text] or None, value or None)
    }
    assert wrong == {}


def test_marks_stand_beside_their_rows(both):
    human = Human(both.sheet, "owner")
    deals = both.google[1].study.seen.tables["deals"]
    rows = human.rows("Deals")
    at = deals.bound["check"]
    assert [row[at] or None for row in rows[1 : 1 + len(deals)]] == deals.column("check")
    assert any(deals.column("check"))


def test_undo_brings_everything_back(both):
    undone = undo(both.book, LEAN, now=NOW)
    assert not undone.refused
    seen, before = both.book.read(LEAN.tabs), both.google[0].study.seen
    found = [told for told in differences(seen, before) if told[0] != "log"]
    assert found == []
