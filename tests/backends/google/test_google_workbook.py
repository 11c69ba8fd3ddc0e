"""How often Google is asked, what happens when it does not answer, and what other writers do."""

from __future__ import annotations

import json
from datetime import UTC, datetime

import pytest

from sheetsync.backends.google import ids
from sheetsync.backends.google.create import create
from sheetsync.backends.google.failures import Ambiguous
from sheetsync.backends.google.reading import Limits
from sheetsync.backends.google.workbook import GoogleWorkbook
from sheetsync.catalog.tracker import LEAN
from sheetsync.engines.duckdb import DuckDb
from sheetsync.model.errors import StaleSnapshot, WriteFailed
from sheetsync.model.plan import AppendRows, Plan, Recache, ReplaceRows, WriteNames
from sheetsync.model.values import same
from sheetsync.sync import sync
from tests.backends.google.small_sheet import (
    DEALS,
    HEAD,
    Shared,
    logged,
    plan,
    replaced,
    shared,
    write,
)
from tests.contract.small import TABS, TOTAL

ROWS = (("a", 2.5, "later"), ("c", 7, None), ("d", 8, None))


@pytest.fixture
def here(tmp_path):
    return shared(tmp_path)


def whole(seen, run="run-1"):
    """A plan with an op of every kind."""
    return plan(
        seen,
        write(seen, "stage", {2: "won", 5: "won"}),
        write(seen, "deal_id", {4: "D-0006"}, {4: "D-0006"}),
        write(seen, "amount", {3: 1200.5}),
        write(seen, "check", {3: "Amount was text"}),
        replaced(seen, *ROWS),
        WriteNames("board", ("board_note",), ("hello",), ("bye",)),
        logged(run),
        run=run,
    )


def test_the_first_reading_learns_the_tabs_and_the_next_is_one_request(here):
    book = here.book()
    here.asked()
    book.read(TABS)
    assert here.asked() == ["GET sheet", "GET sheet"]
    book.read(TABS)
    assert here.asked() == ["GET sheet"]
    here.book().read(TABS)
    assert here.asked() == ["GET sheet"]


def test_a_plan_of_every_kind_is_one_request(here):
    book = here.book()
    seen = book.read(TABS)
    here.asked()
    receipt = book.apply(whole(seen), TABS)
    assert here.asked() == ["POST "]
    after = book.read(TABS)
    assert here.asked() == ["GET sheet"]
    deals = after.tables["deals"]
    assert deals.column("stage") == ["won", "lost", "open", "won", "lead"]
    assert deals.column("deal_id")[2] == "D-0006"
    assert deals.column("amount")[1] == 1200.5
    assert deals.column("check") == [None, "Amount was text", None, None, None]
    assert after.tables["results"].column("key") == ["a", "c", "d"]
    assert after.reports["board"].names["board_note"] == "bye"
    assert after.tables["log"].column("run") == ["r0", "run-1"]
    assert receipt.changed == ("Deals", "Results", "Board", "Sync Log")
    assert receipt.before == seen.fingerprint != after.fingerprint


def test_traffic_is_counted(here):
    book = here.book()
    book.read(TABS)
    told = book.traffic
    assert told["requests"] == 2
    assert told["sent"] == 0
    assert told["received"] > 1000


def test_an_empty_plan_and_cached_values_ask_for_nothing(here):
    book = here.book()
    seen = book.read(TABS)
    here.asked()
    book.apply(plan(seen), TABS)
    book.apply(plan(seen, Recache("board", (TOTAL,), (3.5,), (4,))), TABS)
    assert here.asked() == []


def test_marks_stand_beside_their_rows_and_follow_them(here):
    book = here.book()
    seen = book.read(TABS)
    book.apply(plan(seen, write(seen, "check", {2: "first", 5: "fourth"})), TABS)
    assert here.column("Deals", "Check") == ["first", "", "", "fourth"]
    here.human.sort("Deals", 3)
    checks = dict(zip(here.column("Deals", "Deal ID"), here.column("Deals", "Check"), strict=False))
    assert checks["D-0001"] == "first"
    assert checks["D-0004"] == "fourth"
    seen = here.book("another").read(TABS)
    deals = seen.tables["deals"]
    told = dict(zip(deals.column("deal_id"), deals.column("check"), strict=True))
    assert told["D-0001"] == "first"


def test_a_mark_goes_with_a_new_id(here):
    book = here.book()
    seen = book.read(TABS)
    ops = (
        write(seen, "deal_id", {4: "D-0006"}, {4: "D-0006"}),
        write(seen, "check", {4: "no day"}, {4: "D-0006"}),
    )
    book.apply(plan(seen, *ops), TABS)
    assert here.column("Deals", "Check") == ["", "", "no day"]


@pytest.mark.parametrize(
    "fault", ["reset after", "503 after", "html 502 after", "truncated", "html 408 after"]
)
def test_a_lost_reply_is_recognised_and_nothing_is_written_twice(here, fault):
    book = here.book()
    seen = book.read(TABS)
    here.faults.add(fault, path=":batchUpdate")
    book.apply(whole(seen), TABS)
    after = book.read(TABS)
    assert after.tables["log"].column("run") == ["r0", "run-1"]
    assert after.tables["deals"].column("deal_id")[2] == "D-0006"
    assert len([m for m in here.sheet.metadata if ids.is_epoch(m)]) == 1


@pytest.mark.parametrize("fault", ["503", "reset", "html 502", "429"])
def test_a_write_that_did_not_arrive_is_sent_again(here, fault):
    book = here.book()
    seen = book.read(TABS)
    here.faults.add(fault, path=":batchUpdate", times=2)
    book.apply(whole(seen), TABS)
    assert here.book().read(TABS).tables["log"].column("run") == ["r0", "run-1"]


def test_a_write_that_nobody_can_tell_about_is_remembered_for_undo(here):
    book = here.book()
    seen = book.read(TABS)
    here.faults.add("reset", times=100)
    with pytest.raises(Ambiguous):
        book.apply(whole(seen), TABS)
    assert book.plan_of("run-1").run == "run-1"


def test_another_writer_makes_a_plan_stale(here):
    mine, other = here.book(), here.book("other")
    seen = mine.read(TABS)
    theirs = other.read(TABS)
    other.apply(whole(theirs, "run-0"), TABS)
    with pytest.raises(StaleSnapshot):
        mine.apply(whole(seen), TABS)
    assert here.column("Sync Log", "Run") == ["r0", "run-0"]
    with pytest.raises(KeyError):
        mine.plan_of("run-1")


def test_the_same_run_of_two_computers_is_written_once(here):
    mine, other = here.book(), here.book("other")
    seen = mine.read(TABS)
    other.apply(whole(other.read(TABS)), TABS)
    here.faults.add("503", path=":batchUpdate")
    with pytest.raises(StaleSnapshot):
        mine.apply(whole(seen), TABS)
    assert here.column("Sync Log", "Run") == ["r0", "run-1"]


def test_only_the_last_fifty_markers_are_kept(here):
    book = here.book()
    for i in range(53):
        seen = book.read(TABS)
        book.apply(plan(seen, logged(f"r{i + 1}"), run=f"r{i + 1}"), TABS)
    kept = sorted(m for m in here.sheet.metadata if ids.is_epoch(m))
    assert kept == [ids.epoch_id(n) for n in range(3, 53)]
    assert len(here.column("Sync Log", "Run")) == 54


def test_a_plan_of_another_computer_is_unknown(here):
    book = here.book()
    book.apply(whole(book.read(TABS)), TABS)
    assert book.plan_of("run-1").run == "run-1"
    with pytest.raises(KeyError):
        here.book("other").plan_of("run-1")


def test_the_last_twenty_runs_are_remembered(here):
    book = here.book()
    for i in range(22):
        book.apply(plan(book.read(TABS), logged(f"x{i}"), run=f"x{i}"), TABS)
    assert book.plan_of("x2").run == "x2"
    with pytest.raises(KeyError):
        book.plan_of("x1")


def test_the_journal_is_for_its_owner_alone(here):
    book = here.book()
    book.apply(whole(book.read(TABS)), TABS)
    (record,) = book.journal.folder.iterdir()
    assert record.stat().st_mode & 0o777 == 0o600
    assert here.sheet.id not in str(record)


def test_nothing_is_written_when_the_run_cannot_be_recorded(here):
    book = here.book()
    seen = book.read(TABS)
    book.journal.folder.parent.mkdir(parents=True, exist_ok=True)
    book.journal.folder.write_text("in the way")
    here.asked()
    with pytest.raises(WriteFailed):
        book.apply(whole(seen), TABS)
    assert here.asked() == []


def test_undo_puts_every_cell_back(here):
    book = here.book()
    before = book.read(TABS)
    book.apply(whole(before), TABS)
    now = book.read(TABS)
    reverse = book.plan_of("run-1").reverse(now.fingerprint, "run-2")
    book.apply(reverse, TABS)
    after = book.read(TABS)
    for tab in ("deals", "results"):
        for a, b in zip(before.tables[tab].cells, after.tables[tab].cells, strict=True):
            assert all(map(same, a, b))
    assert after.reports["board"].names == before.reports["board"].names


def test_a_renamed_tab_is_followed(here):
    book = here.book()
    book.read(TABS)
    here.human.rename_tab("Deals", "Our deals")
    here.human.rename_tab("Results", "Outcome")
    seen = book.read(TABS)
    assert seen.tables["deals"].title == "Our deals"
    assert "Our deals" not in seen.other_tabs
    book.apply(whole(seen), TABS)
    assert here.column("Our deals", "Stage")[0] == "won"
    assert here.column("Outcome", "Key") == ["a", "c", "d"]


def test_a_tab_that_takes_the_old_name_of_another_is_not_taken_for_it(here):
    book = here.book()
    book.read(TABS)
    here.human.rename_tab("Deals", "Deals 2025")
    here.human.rename_tab("Notes", "Deals")
    seen = book.read(TABS)
    assert seen.tables["deals"].title == "Deals 2025"
    assert "Deals" in seen.other_tabs


def test_a_tab_renamed_between_reading_and_writing_is_followed_or_read_again(here):
    book = here.book()
    seen = book.read(TABS)
    here.human.rename_tab("Deals", "Our deals")
    try:
        book.apply(whole(seen), TABS)
    except StaleSnapshot:
        book.apply(whole(book.read(TABS)), TABS)
    assert here.column("Our deals", "Stage")[0] == "won"
    assert here.column("Sync Log", "Run") == ["r0", "run-1"]


def test_a_computed_tab_that_was_deleted_is_made_again(here):
    book = here.book()
    here.human.delete_tab("Results")
    seen = book.read(TABS)
    assert "results" not in seen.tables
    op = ReplaceRows("results", ("key", "value", "decision"), (), ROWS)
    book.apply(plan(seen, op), TABS)
    assert book.read(TABS).tables["results"].column("value") == [2.5, 7, 8]


def test_a_missing_entry_tab_is_left_out_and_found_when_it_comes_back(here):
    book = here.book()
    book.read(TABS)
    here.human.rename_tab("Deals", "x")
    deals = here.sheet.named("x")
    here.sheet.sheets.remove(deals)
    assert "deals" not in book.read(TABS).tables
    here.sheet.sheets.append(deals)
    assert "deals" in book.read(TABS).tables


LARGE = (HEAD, *((f"D-{i:04d}", "won", None, i, None, None) for i in range(1, 400)))


@pytest.fixture
def large(tmp_path):
    return shared(tmp_path, LARGE)


def test_a_large_tab_is_read_by_values_and_says_the_same(large):
    whole_reading = large.book("a").read(TABS)
    limits = Limits(grid_cells=500, value_cells=700)
    book = large.book("b", limits)
    book.read(TABS)
    large.asked()
    seen = book.read(TABS)
    asked = large.asked()
    assert asked[0] == "GET sheet"
    assert set(asked[1:]) == {"GET values:batchGet"}
    assert len(asked) > 3
    assert seen.tables == whole_reading.tables


def test_a_formula_in_a_large_tab_is_one(tmp_path):
    rows = [list(row) for row in LARGE]
    here = shared(tmp_path, rows)
    for row in (5, 300):
        here.human.type("Deals", row, 3, f"={row}*2")
    limits = Limits(grid_cells=500, value_cells=100_000)
    book = here.book("b", limits)
    book.read(TABS)
    seen = book.read(TABS)
    assert seen.tables == here.book("a").read(TABS).tables


def test_rows_moved_while_a_large_tab_is_read_make_it_stale(large):
    book = large.book("b", Limits(grid_cells=500, value_cells=700))
    book.read(TABS)
    client, human = book.client, large.human
    told = client.batch_get_values

    def meddled(*args):
        reply = told(*args)
        human.delete_row("Deals", 3)
        return reply

    client.batch_get_values = meddled
    with pytest.raises(StaleSnapshot):
        book.read(TABS)


def test_a_large_body_is_staged_and_taken_over_in_one_batch(here):
    book = here.book(limits=Limits(write_bytes=4000))
    seen = book.read(TABS)
    rows = tuple((f"key {i}", i, None) for i in range(300))
    here.asked()
    bodies = []
    told = book.client.batch_update
    book.client.batch_update = lambda *a, **k: bodies.append(a[1]) or told(*a, **k)
    book.apply(plan(seen, replaced(seen, *rows), logged("run-1")), TABS)
    assert len(bodies) > 3
    assert all(len(json.dumps(body, separators=(",", ":"))) < 6000 for body in bodies)
    assert here.column("Results", "Key") == [row[0] for row in rows]
    assert not [s.title for s in here.sheet.sheets if s.title.startswith("_stage")]
    after = book.read(TABS)
    assert after.tables["results"].column("value") == [row[1] for row in rows]
    short = plan(after, replaced(after, ("z", 1, None)), run="run-2")
    book.apply(short, TABS)
    assert here.column("Results", "Key") == ["z"]


def test_a_stage_that_was_left_behind_is_cleared(here):
    book = here.book(limits=Limits(write_bytes=4000))
    seen = book.read(TABS)
    rows = tuple((f"key {i}", i, None) for i in range(300))
    here.faults.add("forbidden", path=":batchUpdate", skip=2)
    with pytest.raises(Exception, match=r"permission|share"):
        book.apply(plan(seen, replaced(seen, *rows)), TABS)
    assert [s for s in here.sheet.sheets if s.title.startswith("_stage")]
    assert here.column("Results", "Key") == ["a", "b"]
    seen = book.read(TABS)
    book.apply(plan(seen, replaced(seen, *rows)), TABS)
    seen = book.read(TABS)
    book.apply(plan(seen, logged("x"), run="x"), TABS)
    assert not [s.title for s in here.sheet.sheets if s.title.startswith("_stage")]


ONE = {"partners": [{"partner_id": "P-0001", "partner_name": " Northwind", "status": "active"}]}
WHEN = datetime(2026, 7, 1, tzinfo=UTC)


@pytest.fixture
def tracker(tmp_path):
    """A tracker with one partner, whose name has a blank too many."""
    made = Shared(tmp_path)
    made.sheet = made.service.create("tracker")
    create(made.book().client, made.sheet.id, LEAN, ONE)
    return made


def test_a_sync_plans_again_when_others_write_and_gives_up_after_three(tracker):
    mine, other = tracker.book(), tracker.book("other")
    engine, told = DuckDb(), mine.apply
    turns = []

    def late(*args):
        turns.append(args)
        if len(turns) <= turns_of_others:
            seen = other.read(LEAN.tabs)
            line = AppendRows("log", ("run",), ((f"x{len(turns)}",),))
            other.apply(Plan((line,), seen.fingerprint, f"x{len(turns)}"), LEAN.tabs)
        return told(*args)

    mine.apply, turns_of_others = late, 3
    with pytest.raises(StaleSnapshot):
        sync(mine, LEAN, engine, now=WHEN)
    assert len(turns) == 3
    turns_of_others = 5
    assert sync(mine, LEAN, engine, now=WHEN).status == "written"
    assert len(turns) == 6


def test_a_dashboard_that_was_deleted_is_put_back(tracker):
    client = tracker.book().client
    book = GoogleWorkbook(
        client,
        tracker.sheet.id,
        state=tracker.folder / "mine",
        restore=lambda: create(client, tracker.sheet.id, LEAN),
    )
    sync(book, LEAN, DuckDb(), now=WHEN)
    tracker.human.delete_tab("Dashboard")
    assert sync(book, LEAN, DuckDb(), now=WHEN).status == "written"
    assert tracker.sheet.named("Dashboard").rows
    assert sync(book, LEAN, DuckDb(), now=WHEN).status == "unchanged"


def test_the_name_is_the_title_once_it_is_read(here):
    book = here.book()
    assert book.name == here.sheet.id
    book.read(TABS)
    assert book.name == "small"


def test_deals_of_the_tests_have_twins():
    assert [row[1] for row in DEALS].count(" won") == 2
