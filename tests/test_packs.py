"""Packs added to a tracker in use: what it lacks comes, all else stays, twice is once."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import openpyxl
import pytest
from click.testing import CliRunner

from sheetsync.backends.xlsx.draw import draw
from sheetsync.backends.xlsx.package import Package
from sheetsync.backends.xlsx.parts import Book
from sheetsync.backends.xlsx.workbook import XlsxWorkbook
from sheetsync.catalog.packs import PACKS
from sheetsync.catalog.tracker import FULL, LEAN, tracker_of
from sheetsync.cli import main
from sheetsync.commands.packs import PACK_NAMES
from sheetsync.model.errors import NotATracker, NothingToUndo, WriteFailed
from sheetsync.model.tracker import Tracker
from sheetsync.packs import Added, add_packs, take_back
from tests.golden.rows import ROWS
from tests.trackers import CREATED, NOW, dump, opened, parts, synced, tracker_file, undone

SETTINGS = [
    {"name": "tier_1", "value": "Base 10"},
    {"name": "tier_2", "value": "Top 70"},
    {"name": "rate_USD", "value": 0.9},
]


@pytest.fixture
def used(tmp_path: Path) -> Path:
    """A lean tracker that has been synced once."""
    path = tracker_file(tmp_path / "used.xlsx", {**ROWS, "settings": SETTINGS})
    synced(path)
    return path


def added(path: Path, *packs: str) -> Added:
    return add_packs(XlsxWorkbook(path), packs, now=NOW)


def with_own_tab(path: Path, title: str, *headers: str) -> None:
    book = opened(path)
    book.create_sheet(title).append(headers)
    book.save(path)


def body(path: Path, title: str) -> list[tuple[Any, ...]]:
    return [tuple(row) for row in opened(path)[title].iter_rows(min_row=2, values_only=True)]


def test_the_command_line_knows_every_pack() -> None:
    assert tuple(PACKS) == PACK_NAMES


def test_tabs_come_with_their_tables_dropdowns_and_lists(used: Path) -> None:
    told = added(used, "voice", "goals")
    assert told.tabs == ("Goals", "Surveys")
    assert told.settings == ("minimum_n_nps", "cadence_surveys")
    book = Book.of(Package.open(used.read_bytes()))
    assert {"tblGoals", "tblSurveys"} <= {table.name for table in book.tables}
    assert "ids_goals" in book.names
    assert "list_touch_kind" not in book.names
    found = opened(used)
    assert found["Lists"].sheet_state == "hidden"
    for sheet in ("Goals", "Surveys"):
        for rule in found[sheet].data_validations.dataValidation:
            if rule.type == "list":
                assert rule.formula1 in book.names
    sheet, body = book.names["list_survey_group"].split("!")
    cells = found[sheet.strip("'")][body.replace("$", "")]
    assert [row[0].value for row in cells] == ["partner", "customer", "internal"]


def test_everything_else_stays_byte_for_byte(used: Path) -> None:
    before, seen = parts(used.read_bytes()), dump(used)
    added(used, "voice")
    after = parts(used.read_bytes())
    changed = {name for name in before if after.get(name) != before[name]}
    book = Book.of(Package.open(used.read_bytes()))
    ours = {book.sheet(title).part for title in ("Lists", "Settings", "Sync Log")}  # type: ignore[union-attr]
    ours |= {table.part for table in book.tables if table.name in ("tblSettings", "tblLog")}
    frame = {"xl/workbook.xml", "xl/_rels/workbook.xml.rels", "[Content_Types].xml"}
    assert changed <= ours | frame | {"xl/styles.xml", "xl/calcChain.xml"}
    assert set(seen.splitlines()) <= set(dump(used).splitlines())


def test_a_pack_twice_is_a_pack_once(used: Path) -> None:
    added(used, *PACKS)
    data = used.read_bytes()
    assert added(used, *PACKS) == Added((), ())
    assert used.read_bytes() == data


def test_packs_one_by_one_and_all_at_once_sync_alike(used: Path, tmp_path: Path) -> None:
    other = tmp_path / "other.xlsx"
    other.write_bytes(used.read_bytes())
    added(used, *PACKS)
    for pack in PACKS:
        added(other, pack)
    here, there = synced(used).study, synced(other).study
    assert here.measured == there.measured
    assert [p.id for p in here.problems] == [p.id for p in there.problems]
    assert synced(used).status == synced(other).status == "unchanged"


def test_settings_tabs_say_what_the_settings_said(used: Path) -> None:
    before = synced(used).study.settings
    added(used, "settings")
    assert [row[:3] for row in body(used, "Tiers")] == [("Base", 1, 10), ("Top", 2, 70)]
    after = synced(used).study.settings
    assert after.tiers == before.tiers
    assert after.scorecards == before.scorecards
    assert after.shown_kpis == before.shown_kpis
    assert (after.rates, after.programme_rates) == (before.rates, {"USD": 0.9})


def test_the_catalogue_gets_rows_for_kpis_that_come_later(used: Path) -> None:
    added(used, "settings")
    synced(used)
    before = body(used, "KPI Catalogue")
    added(used, "voice")
    synced(used)
    after = body(used, "KPI Catalogue")
    assert after[: len(before)] == before
    assert "R01" in {row[0] for row in after[len(before) :]}
    assert {row[0] for row in after} == {kpi.id for kpi in tracker_of(["settings", "voice"]).kpis}
    assert synced(used).status == "unchanged"


def test_values_added_on_the_shown_lists_are_allowed_and_offered(used: Path) -> None:
    added(used, "settings", "attribution")
    book = opened(used)
    assert book["Lists"].sheet_state == "visible"
    headers = [cell.value for cell in book["Lists"][1]]
    column = headers.index("touch_kind") + 1
    row = len(FULL.lists["touch_kind"]) + 2
    book["Lists"].cell(row, column, "barbecue")
    book["Touches"].append([None, "D-0001", "P-0001", "2025-02-01", "Barbecue"])
    assert "COUNTA" in book.defined_names["list_touch_kind"].value
    book.save(used)
    problems = synced(used).study.problems
    assert not [p for p in problems if p.tab in ("touches", "lists")]


def test_a_tab_of_peoples_own_is_never_taken(used: Path) -> None:
    with_own_tab(used, "Goals", "Player", "Minute")
    data = used.read_bytes()
    with pytest.raises(WriteFailed, match="a tab Goals with other columns already: rename"):
        added(used, "goals")
    assert used.read_bytes() == data
    assert "goals" not in synced(used).study.seen.tables


def test_a_workbook_without_tracker_takes_no_packs(tmp_path: Path) -> None:
    path = tmp_path / "book.xlsx"
    openpyxl.Workbook().save(path)
    with pytest.raises(NotATracker):
        added(path, "voice")


def test_undo_takes_back_the_sync_before_a_pack(used: Path) -> None:
    added(used, "voice")
    assert undone(used).refused == ()
    assert body(used, "Surveys") == [(None,) * len(FULL.tab("surveys").columns)]


def test_packs_just_added_are_taken_back_byte_for_byte(used: Path) -> None:
    data = used.read_bytes()
    added(used, "voice", "contracts")
    assert take_back(XlsxWorkbook(used), now=NOW)
    assert used.read_bytes() == data
    assert take_back(XlsxWorkbook(used), now=NOW) is None
    assert added(used, "voice").tabs == ("Surveys",)


def test_packs_stay_where_somebody_saved_since(used: Path) -> None:
    added(used, "voice")
    book = opened(used)
    book["Surveys"].append([None, "2025-02-01"])
    book.save(used)
    workbook = XlsxWorkbook(used)
    assert take_back(workbook, now=NOW) is None
    assert "The packs that were added stay" in workbook.notes[-1]


def test_without_a_sync_before_it_is_said_that_packs_stay(tmp_path: Path) -> None:
    path = tracker_file(tmp_path / "new.xlsx", ROWS)
    added(path, "voice")
    book = opened(path)
    book.save(path)
    data = path.read_bytes()
    with pytest.raises(NothingToUndo, match=r"only while nobody has saved.* Delete the tabs"):
        take_back(XlsxWorkbook(path), now=NOW)
    assert path.read_bytes() == data


def test_undo_on_the_command_line_takes_packs_back(used: Path) -> None:
    data = used.read_bytes()
    added(used, "voice")
    told = CliRunner().invoke(main, ["undo", str(used), "--json"])
    assert told.exit_code == 0
    assert json.loads(told.stdout)["status"] == "undone"
    assert used.read_bytes() == data


def test_a_deleted_tab_of_a_pack_is_told_and_comes_again(used: Path) -> None:
    added(used, "goals")
    book = opened(used)
    del book["Goals"]
    book.save(used)
    assert "goals" not in synced(used).study.seen.tables
    assert added(used, "goals").tabs == ("Goals",)


def test_a_deleted_computed_tab_of_a_pack_brings_no_lists(used: Path) -> None:
    before = set(Book.of(Package.open(used.read_bytes())).names)
    book = opened(used)
    del book["Issues"]
    book.save(used)
    synced(used)
    after = set(Book.of(Package.open(used.read_bytes())).names)
    assert {name for name in after - before if name.startswith("list_")} == set()


@pytest.mark.parametrize(
    "tracker", [LEAN, tracker_of(["voice"]), FULL], ids=["lean", "voice", "full"]
)
def test_a_drawn_tracker_has_just_its_packs(tracker: Tracker, tmp_path: Path) -> None:
    path = tmp_path / "drawn.xlsx"
    path.write_bytes(draw(tracker, created=CREATED))
    told = synced(path).study
    assert [tab.key for tab in told.tracker.tabs] == [tab.key for tab in tracker.tabs]
    assert [p.code for p in told.problems if p.code != "missing"] == []
