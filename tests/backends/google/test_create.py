"""An empty shared sheet becomes a tracker, once, whatever happens on the way."""

from __future__ import annotations

import io

import openpyxl
import pytest

from sheetsync.backends.google import create as create_module
from sheetsync.backends.google import draw_table, ids, marks
from sheetsync.backends.google.create import create
from sheetsync.backends.google.failures import GoogleFailure
from sheetsync.catalog.tracker import LEAN
from sheetsync.model.errors import WriteFailed
from sheetsync.model.tracker import Owner, Role
from sheetsync.templates import first_rows
from tests.backends.google.shared import DEMO, ROBOT, Shared, fork, share, state
from tests.fakes.sheets.export import export
from tests.fakes.sheets.humans import Human
from tests.fakes.sheets.state import Refused

COLLEAGUE = "colleague@example.com"


@pytest.fixture(autouse=True)
def _short_tabs(monkeypatch):
    monkeypatch.setattr(draw_table, "ROWS", 40)


def _german() -> Shared:
    """An empty spreadsheet under a locale with a decimal comma."""
    return share(locale="de_DE", timeZone="Europe/Berlin")


@pytest.fixture(scope="module")
def made() -> Shared:
    """A demo tracker."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(draw_table, "ROWS", 40)
        shared = _german()
        create(shared.client(), shared.id, LEAN, DEMO)
    return shared


@pytest.fixture
def tracker(made) -> Shared:
    return fork(made)


def test_all_tabs_are_there_and_the_empty_one_is_gone(made):
    titles = [sheet.title for sheet in made.sheet().sheets]
    assert titles == [*(tab.title for tab in LEAN.tabs), ids.MARKS]


def test_it_takes_one_batch(made):
    posts = [path for method, path in made.service.requests if method == "POST"]
    assert len(posts) == 1


def test_no_formula_shows_an_error(made):
    made.sheet().recalculate()
    wrong = [
        (sheet.title, place, value)
        for sheet in made.sheet().sheets
        for place, value in sheet.computed.items()
        if "errorValue" in value
    ]
    assert wrong == []


def test_the_rows_are_there(made):
    rows = Human(made.sheet()).rows("Deals")
    assert len([row for row in rows if row[0]]) == len(DEMO["deals"]) + 1
    assert rows[1][0] == DEMO["deals"][0]["deal_id"]


def test_a_repeat_reads_twice_and_writes_nothing(tracker):
    before = state(tracker.sheet())
    client = tracker.client()
    told = create(client, tracker.id, LEAN, DEMO)
    assert (told.requests, told.batches, client.requests) == (0, 0, 2)
    assert state(tracker.sheet()) == before


def test_a_repeat_after_work_changes_nothing_of_it(tracker):
    human = Human(tracker.sheet(), COLLEAGUE)
    human.type("Partners", 1, 1, "Another name")
    human.rename_tab("Deals", "Opportunities")
    human.insert_row("Contacts", 3)
    before = state(tracker.sheet())
    assert create(tracker.client(), tracker.id, LEAN, DEMO).requests == 0
    assert state(tracker.sheet()) == before


def test_a_lost_chart_and_a_lost_tab_come_back(tracker):
    dashboard = tracker.sheet().named("Dashboard")
    dashboard.charts.pop(1)
    Human(tracker.sheet(), tracker.sheet().owner).delete_tab("KPI Monthly")
    create(tracker.client(), tracker.id, LEAN, DEMO)
    assert [c["chartId"] for c in tracker.sheet().named("Dashboard").charts].count(
        ids.chart_id("dashboard", 1)
    ) == 1
    kpis = tracker.sheet().named("KPI Monthly")
    assert kpis.id == ids.sheet_id("kpis")
    names = {named["name"] for named in tracker.sheet().named_ranges.values()}
    assert {"kpi_key", "kpi_value"} <= names
    assert create(tracker.client(), tracker.id, LEAN, DEMO).requests == 0


@pytest.mark.parametrize("fault", ["503 after", "reset after", "503", "html 502 after"])
def test_a_reply_that_is_lost_makes_nothing_twice(made, fault):
    shared = _german()
    shared.faults.add(fault, path=":batchUpdate")
    create(shared.client(), shared.id, LEAN, DEMO)
    assert state(shared.sheet()) == state(made.sheet())


def test_a_run_that_stopped_between_batches_is_completed(made, monkeypatch):
    monkeypatch.setattr(create_module.packed, "__defaults__", (150_000,))
    shared = _german()
    sent = 0

    class Stopped(Exception):
        pass

    client = shared.client()
    send = client.batch_update

    def stopping(*args, **more):
        nonlocal sent
        sent += 1
        if sent == 4:
            raise Stopped
        return send(*args, **more)

    monkeypatch.setattr(client, "batch_update", stopping)
    with pytest.raises(Stopped):
        create(client, shared.id, LEAN, DEMO)
    assert create(shared.client(), shared.id, LEAN, DEMO).batches > 1
    assert state(shared.sheet()) == state(made.sheet())


def test_a_tab_of_peoples_with_a_name_that_is_needed_stops_it():
    shared = share()
    shared.client().batch_update(
        shared.id, {"requests": [{"addSheet": {"properties": {"title": "deals"}}}]}
    )
    before = state(shared.sheet())
    with pytest.raises(WriteFailed, match="tab 'deals' of its own"):
        create(shared.client(), shared.id, LEAN)
    assert state(shared.sheet()) == before


def test_a_first_tab_that_was_touched_stays():
    shared = share()
    first = shared.sheet().sheets[0].title
    Human(shared.sheet()).type(first, 5, 3, "mine")
    create(shared.client(), shared.id, LEAN)
    assert first in [sheet.title for sheet in shared.sheet().sheets]
    assert Human(shared.sheet()).see(first, 5, 3) == "mine"


def test_demo_rows_never_go_into_a_tracker_in_use():
    shared = share()
    create(shared.client(), shared.id, LEAN, first_rows())
    before = state(shared.sheet())
    with pytest.raises(WriteFailed, match="made before"):
        create(shared.client(), shared.id, LEAN, DEMO)
    assert state(shared.sheet()) == before


def test_a_sheet_shared_for_viewing_only_is_told():
    shared = share()
    shared.sheet().editors, shared.sheet().readers = set(), {ROBOT}
    with pytest.raises(GoogleFailure):
        create(shared.client(), shared.id, LEAN)


def test_people_may_type_and_sort_where_it_is_theirs(tracker):
    human = Human(tracker.sheet(), COLLEAGUE)
    human.type("Deals", 1, 5, "12")
    human.sort("Deals", 3)
    decision = [c.key for c in LEAN.tab("issues").columns].index("decision")
    human.type("Issues", 1, decision, "accept")
    human.type("Settings", 1, 1, "USD")


@pytest.mark.parametrize(
    ("tab", "row", "column"),
    [("Partner Summary", 1, 1), ("Issues", 1, 0), ("Sync Log", 1, 0), ("Dashboard", 8, 1)],
)
def test_people_may_not_type_where_the_engine_writes(tracker, tab, row, column):
    with pytest.raises(Refused):
        Human(tracker.sheet(), COLLEAGUE).type(tab, row, column, "x")


def test_the_header_of_a_sync_column_is_guarded_and_shows_its_title(tracker):
    partners = LEAN.tab("partners")
    own = [i for i, c in enumerate(partners.columns) if c.owner is Owner.SYNC]
    human = Human(tracker.sheet(), COLLEAGUE)
    for index in own:
        assert human.see("Partners", 0, index) == partners.columns[index].title
        with pytest.raises(Refused):
            human.type("Partners", 0, index, "x")


def test_a_mark_stands_beside_its_row_wherever_the_row_goes(tracker):
    key = DEMO["deals"][4]["deal_id"]
    columns = marks.layout(LEAN.tabs)
    row = [f"deals|{key}", "deals", key, *("look" if c == "check" else "" for c in columns)]
    for index, text in enumerate(row):
        Human(tracker.sheet(), tracker.sheet().owner).type(ids.MARKS, 1, index, text)
    human = Human(tracker.sheet(), COLLEAGUE)
    check = len(LEAN.tab("deals").columns) - 1
    assert human.see("Deals", 5, check) == "look"
    human.insert_row("Deals", 2)
    human.sort("Deals", 0, first=1)
    marked = [
        told[0] for told in human.rows("Deals") if len(told) > check and told[check] == "look"
    ]
    assert marked == [key]


def test_it_can_be_drawn(made):
    book = openpyxl.load_workbook(io.BytesIO(export(made.sheet())))
    assert book.sheetnames == [*(tab.title for tab in LEAN.tabs), ids.MARKS]
    assert len(book["Dashboard"]._charts) == 3
    listed = book["Deals"].data_validations.dataValidation
    columns = [c for c in LEAN.tab("deals").columns if c.choices or c.ref]
    assert len(listed) >= len({c.choices or c.ref for c in columns})
    hidden = [s.title for s in book.worksheets if s.sheet_state != "visible"]
    assert hidden == [tab.title for tab in LEAN.of_role(Role.LISTS)] + [ids.MARKS]
