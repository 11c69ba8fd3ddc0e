"""Packs added to a tracker in use in a Google Sheet: what it lacks comes, all else stays."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta

import pytest

from sheetsync.backends.google import draw_table, ids
from sheetsync.backends.google.create import create, packs_made
from sheetsync.backends.google.failures import GoogleFailure
from sheetsync.backends.google.workbook import GoogleWorkbook
from sheetsync.catalog.packs import PACKS
from sheetsync.catalog.tracker import FULL, LEAN, tracker_of
from sheetsync.engines.duckdb import DuckDb
from sheetsync.model.errors import NotATracker, NothingToUndo, WriteFailed
from sheetsync.packs import Added, add_packs, take_back
from sheetsync.sync import sync
from tests.backends.google.shared import Shared, fork, share, state
from tests.fakes.sheets.humans import Human
from tests.golden.rows import ROWS

NOW = datetime(2026, 7, 1, 9, 30, tzinfo=UTC)
AS_OF = date(2026, 6, 30)


@pytest.fixture(scope="module")
def made() -> Shared:
    """A lean tracker with a small programme, under a locale with a decimal comma."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(draw_table, "ROWS", 30)
        shared = share(locale="de_DE", timeZone="Europe/Berlin")
        create(shared.client(), shared.id, LEAN, ROWS)
    return shared


@pytest.fixture(scope="module")
def once(made: Shared, tmp_path_factory) -> Shared:
    """The same tracker after its first sync."""
    shared = fork(made)
    synced(GoogleWorkbook(shared.client(), shared.id, state=tmp_path_factory.mktemp("once")))
    return shared


@pytest.fixture
def used(once: Shared, monkeypatch: pytest.MonkeyPatch) -> Shared:
    """A copy of it."""
    monkeypatch.setattr(draw_table, "ROWS", 30)
    return fork(once)


@pytest.fixture
def book(used: Shared, tmp_path) -> GoogleWorkbook:
    return GoogleWorkbook(used.client(), used.id, state=tmp_path)


def added(book: GoogleWorkbook, *packs: str) -> Added:
    return add_packs(book, packs, now=NOW)


def synced(book: GoogleWorkbook, minutes: int = 0):
    now = NOW + timedelta(minutes=minutes)
    return sync(book, FULL, DuckDb(), now=now, as_of=AS_OF)


def errors(shared: Shared) -> list[object]:
    shared.sheet().recalculate()
    return [
        (sheet.title, place, value)
        for sheet in shared.sheet().sheets
        for place, value in sheet.computed.items()
        if "errorValue" in value
    ]


def dropdowns(shared: Shared, title: str) -> dict[str, list[object]]:
    """What the dropdowns of a tab offer, by header."""
    from tests.fakes.sheets.a1 import parse

    book = shared.sheet()
    sheet = book.named(title)
    offered: dict[str, list[object]] = {}
    for column, head in enumerate(sheet.row(0)):
        rule = (sheet.cell(1, column) or {}).get("dataValidation", {}).get("condition", {})
        if rule.get("type") == "ONE_OF_RANGE":
            text = rule["values"][0]["userEnteredValue"].removeprefix("=").replace("$", "")
            where, rect = parse(text, book)
            cells = [where.effective(r, rect[2]) for r in range(rect[0], rect[1])]
            name = sheet.effective(0, column) or head
            offered[str(name["stringValue"]).rstrip(" *")] = [
                next(iter(cell.values())) for cell in cells if cell is not None
            ]
    return offered


def test_tabs_come_after_their_neighbours_with_dropdowns(used: Shared, book: GoogleWorkbook):
    told = added(book, "attribution", "goals")
    assert told.tabs == ("Touches", "Goals", "Attribution")
    titles = [sheet.title for sheet in used.sheet().sheets]
    wanted = [tab.title for tab in tracker_of(("attribution", "goals")).tabs]
    assert [title for title in titles if not title.startswith("_")] == wanted
    offered = dropdowns(used, "Touches")
    assert offered["Kind"][:2] == [c.value for c in FULL.lists["touch_kind"]][:2]
    ids_there = {row["partner_id"] for row in ROWS["partners"] if row["partner_id"]}
    assert {"DIRECT", *ids_there} <= set(offered["Partner ID"])
    goals = dropdowns(used, "Goals")["Partner ID"]
    assert goals[:2] == ["ALL", "influencer"]
    assert ids_there <= set(goals)
    assert errors(used) == []


@pytest.mark.parametrize("pack", PACKS)
def test_each_pack_can_be_added_once(used: Shared, book: GoogleWorkbook, pack: str):
    assert added(book, pack).tabs
    before = state(used.sheet())
    assert added(book, pack) == Added((), ())
    assert state(used.sheet()) == before
    assert packs_made(used.client(), used.id, FULL) == {pack}
    assert errors(used) == []


def test_nothing_that_was_there_is_changed(used: Shared, book: GoogleWorkbook):
    human = Human(used.sheet())
    human.rename_tab("Deals", "Our deals")
    titles = ("Our deals", "Partners", "Dashboard", "Issues", "Money")
    before = {title: human.rows(title) for title in titles}
    lists = human.rows("Lists")
    added(book, "goals", "voice")
    assert {title: human.rows(title) for title in titles} == before
    wide = len(lists[0])
    assert [row[:wide] for row in human.rows("Lists")][: len(lists)] == lists


def test_settings_and_a_line_of_the_log_are_added(used: Shared, book: GoogleWorkbook):
    told = added(book, "voice")
    assert told.settings == ("minimum_n_nps", "cadence_surveys")
    names = [row[0] for row in Human(used.sheet()).rows("Settings")]
    assert names.count("minimum_n_nps") == 1
    log = Human(used.sheet()).rows("Sync Log")
    assert "packs" in log[-1]
    assert any("Surveys" in str(cell) for cell in log[-1])


def test_a_sync_fills_what_was_added_and_is_silent_then(used: Shared, book: GoogleWorkbook):
    added(book, *PACKS)
    assert synced(book, 1).status == "written"
    assert synced(book, 2).status == "unchanged"
    assert errors(used) == []


def test_marks_of_added_tabs_stand_beside_their_rows(used: Shared, book: GoogleWorkbook):
    added(book, "goals")
    human = Human(used.sheet())
    head = [str(name).rstrip(" *") for name in human.rows("Goals")[0]]
    row = {"Goal ID": "G-1", "Partner ID": "ALL", "KPI": "won_revenue", "Target": 1000.0}
    for name, value in row.items():
        human.type("Goals", 1, head.index(name), value)
    synced(book, 1)
    shown = dict(zip(head, human.rows("Goals")[1], strict=False))
    assert shown["Check"]
    assert errors(used) == []


def test_another_computer_learns_of_the_new_tabs(used: Shared, book: GoogleWorkbook, tmp_path):
    other = GoogleWorkbook(used.client(), used.id, state=tmp_path / "other")
    assert "touches" not in other.read(FULL.tabs).tables
    added(book, "attribution")
    assert "touches" in other.read(FULL.tabs).tables


def test_lists_are_opened_for_people_with_the_settings_pack(used: Shared, book: GoogleWorkbook):
    added(book, "settings")
    human = Human(used.sheet())
    sheet = used.sheet().named("Lists")
    assert not sheet.properties.get("hidden")
    head = human.rows("Lists")[0]
    column = head.index("product")
    row = 1 + sum(1 for line in human.rows("Lists")[1:] if len(line) > column and line[column])
    colleague = Human(used.sheet())
    colleague.type("Lists", row, column, "workshops")
    assert "workshops" in dropdowns(used, "Deals")["Product"]
    assert "workshops" not in dropdowns(used, "Deals")["Stage"]


def test_a_tab_of_people_with_the_name_stops_it(used: Shared, book: GoogleWorkbook):
    human = Human(used.sheet())
    used.service.handle(
        "POST",
        f"/v4/spreadsheets/{used.id}:batchUpdate",
        body={"requests": [{"addSheet": {"properties": {"title": "Touches"}}}]},
    )
    human.type("Touches", 0, 0, "When")
    before = state(used.sheet())
    with pytest.raises(WriteFailed, match=r"Touches.*rename that tab"):
        added(book, "attribution")
    assert state(used.sheet()) == before


def test_an_empty_sheet_is_not_a_tracker(tmp_path):
    shared = share()
    with pytest.raises(NotATracker):
        added(GoogleWorkbook(shared.client(), shared.id, state=tmp_path), "goals")


def test_a_run_that_was_stopped_is_completed(used: Shared, book: GoogleWorkbook):
    used.faults.add("forbidden", method="POST", skip=1)
    with pytest.raises(GoogleFailure):
        added(book, "voice")
    told = added(book, "voice")
    assert (told.tabs, told.settings) == ((), ("minimum_n_nps", "cadence_surveys"))
    assert "cadence_surveys" in [row[0] for row in Human(used.sheet()).rows("Settings")]


def test_undo_says_that_the_tabs_stay(used: Shared, book: GoogleWorkbook):
    added(book, "voice")
    assert take_back(book, now=NOW) is None
    assert any("stay" in note for note in book.notes)
    assert ids.sheet_id("surveys") in {sheet.id for sheet in used.sheet().sheets}


def test_undo_without_a_sync_before_says_what_to_do(made: Shared, tmp_path):
    shared = fork(made)
    book = GoogleWorkbook(shared.client(), shared.id, state=tmp_path)
    added(book, "goals")
    with pytest.raises(NothingToUndo, match="Delete the tabs"):
        take_back(book, now=NOW)
