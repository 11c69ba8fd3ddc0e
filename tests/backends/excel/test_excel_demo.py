"""The demo tracker open in Excel and in a file: the same tables, results and silence, few calls."""

from __future__ import annotations

import os
import re
from collections import Counter
from typing import Any, NamedTuple

import pytest
import xlwings

from sheetsync.backends.excel.calls import Calls
from sheetsync.backends.excel.workbook import ExcelWorkbook
from sheetsync.backends.xlsx.workbook import XlsxWorkbook
from sheetsync.catalog.tracker import LEAN
from sheetsync.engines.duckdb import DuckDb
from sheetsync.model.snapshot import Snapshot
from sheetsync.model.values import same
from sheetsync.sync import Outcome, sync, undo
from tests.contract.google_small import Still
from tests.fakes.excel.from_xlsx import opened
from tests.fakes.excel.protection import Protection
from tests.fakes.excel.registered import registered
from tests.fakes.excel.world import FakeBook, FakeExcel
from tests.trackers import AS_OF, NOW, demo_file


class Both(NamedTuple):
    """The demo in both places, synced twice; the calls of both syncs in Excel."""

    fake: FakeBook
    window: tuple[Outcome, Outcome]
    file: tuple[Outcome, Outcome]
    log: tuple[list[tuple[str, str]], list[tuple[str, str]]]
    after: tuple[Snapshot, Snapshot]
    undone: tuple[Snapshot, Snapshot]
    state: tuple[dict[str, Any], dict[str, Any]]
    names: dict[str, str]
    protections: tuple[dict[str, Protection | None], dict[str, Protection | None]]


def synced(book: Any) -> Outcome:
    return sync(book, LEAN, DuckDb(), now=NOW, as_of=AS_OF)


@pytest.fixture(scope="module")
def both(tmp_path_factory) -> Both:
    folder = tmp_path_factory.mktemp("excel")
    path = demo_file(folder / "demo.xlsx")
    fake = opened(path)
    excel = FakeExcel([fake])
    state, protections = dict(excel.state), protections_of(fake)
    file = XlsxWorkbook(path, state=folder / "xlsx")
    excels = synced(file), synced(file)
    with registered(excel):
        book = ExcelWorkbook(state=folder / "excel", calls=Calls(Still()))
        windows, logs = [], []
        for _ in range(2):
            excel.log.clear()
            windows.append(synced(book))
            logs.append(list(excel.log))
        after = book.read(LEAN.tabs), file.read(LEAN.tabs)
        names = dict(fake.names)
        undo(book, LEAN, now=NOW)
        undo(file, LEAN, now=NOW)
        undone = book.read(LEAN.tabs), file.read(LEAN.tabs)
    states, protected = (state, dict(excel.state)), (protections, protections_of(fake))
    return Both(fake, tuple(windows), excels, tuple(logs), after, undone, states, names, protected)


def protections_of(fake: FakeBook) -> dict[str, Protection | None]:
    return {sheet.title: sheet.protection for sheet in fake.sheets}


def differences(a: Snapshot, b: Snapshot) -> list[tuple[Any, ...]]:
    """Cells of two snapshots that are not the same; tables that only one has."""
    found: list[tuple[Any, ...]] = [(key,) for key in a.tables.keys() ^ b.tables.keys()]
    for key in a.tables.keys() & b.tables.keys():
        x, y = a.tables[key], b.tables[key]
        if (x.headers, list(x.rows), x.title) != (y.headers, list(y.rows), y.title):
            found.append((key, x.headers, y.headers, len(x), len(y)))
            continue
        for header, left, right in zip(x.headers, x.cells, y.cells, strict=True):
            pairs = enumerate(zip(left, right, strict=True))
            found += ((key, header, j, *pair) for j, pair in pairs if not same(*pair))
    return found


def without_runs(told: list[tuple[Any, ...]]) -> list[tuple[Any, ...]]:
    """Differences beside names of runs, which carry a fingerprint."""
    return [one for one in told if one[:2] not in (("log", "Run"), ("history", "Run"))]


def test_both_are_read_the_same(both):
    assert differences(both.window[0].study.seen, both.file[0].study.seen) == []


def test_both_give_the_same_results(both):
    window, file = both.window[0].study, both.file[0].study
    assert window.measured.kpis == file.measured.kpis
    assert window.measured.tiers == file.measured.tiers
    assert [p.message for p in window.problems] == [p.message for p in file.problems]


def test_both_hold_the_same_afterwards(both):
    assert without_runs(differences(*both.after)) == []


def test_names_of_the_dashboard_are_the_same(both):
    window, file = both.after
    assert window.reports["dashboard"].names == file.reports["dashboard"].names
    assert window.reports["dashboard"].formulas == {}


def test_a_second_sync_writes_nothing(both):
    assert [one.status for one in both.window] == ["written", "unchanged"]
    assert not [kind for kind, _ in both.log[1] if "write" in kind]


def test_undo_gives_both_the_same_cells_back(both):
    told = [one for one in differences(*both.undone) if one[0] != "log"]
    assert told == []


def test_a_tab_is_read_in_two_calls_and_a_block_written_in_one(both):
    log = both.log[0]
    reads = Counter(told for told in log if told[0].endswith(" read"))
    titles = Counter(where.partition("!")[0] for _, where in reads.elements())
    written = {where.partition("!")[0] for kind, where in log if kind == "value write"}
    for title, count in titles.items():
        assert count == (4 if title in written else 2), title  # read, and read again to be sure
    blocks = [where for kind, where in log if kind == "value write"]
    assert len(blocks) == len(set(blocks))


def test_few_calls_are_made_in_all_and_none_by_the_row(both):
    rows = sum(len(table) for table in both.window[0].study.seen.tables.values())
    reads = [kind for kind, _ in both.log[0]]
    assert rows > 500
    assert len(reads) < 40 * len(LEAN.tabs)


def test_named_ranges_cover_the_new_bodies(both):
    body = both.after[0].tables["kpis"]
    told = both.names["kpi_value"]
    assert re.search(r"\$(\d+):", told)[1] == str(body.rows[0])
    assert told.endswith(f"${body.rows[-1]}")


def test_new_rows_look_like_the_others(both):
    sheet = both.fake.sheet("KPI Monthly")
    rows = both.after[0].tables["kpis"].rows
    at = list(both.after[0].tables["kpis"].headers).index("Month") + 1
    assert sheet.formats[rows[-1], at] == sheet.formats[rows[0], at]


def test_excel_is_left_as_it_was(both):
    before, after = both.state
    assert after == before
    assert (both.fake.saves, both.fake.closes) == (0, 0)


def test_the_engine_s_tabs_are_protected_as_they_were(both):
    before, after = both.protections
    protected = {title for title, told in before.items() if told}
    assert {"Dashboard", "Partner Summary", "KPI Monthly", "Issues", "Sync Log"} <= protected
    assert "sort" in before["Issues"].allowed
    assert after == before


def test_no_part_of_xlwings_that_needs_a_licence_is_used():
    assert "XLWINGS_LICENSE_KEY" not in os.environ
    assert xlwings.__pro__ is False
