"""The whole job on a real file: new, fill, sync, read, decide, undo."""

from __future__ import annotations

import random
from dataclasses import replace

import openpyxl
import pytest

from sheetsync.model.errors import NotATracker, NothingToUndo
from sheetsync.model.problems import Severity
from sheetsync.model.tracker import Owner, plain
from tests.trackers import (
    AS_OF,
    LEAN,
    demo_file,
    numbers,
    opened,
    parts,
    reshaped,
    synced,
    tracker_file,
    undone,
)


@pytest.fixture(scope="module")
def demo_bytes(tmp_path_factory):
    return demo_file(tmp_path_factory.mktemp("demo") / "demo.xlsx").read_bytes()


@pytest.fixture
def demo(demo_bytes, tmp_path):
    path = tmp_path / "partners.xlsx"
    path.write_bytes(demo_bytes)
    return path


def log_parts(before, after):
    """The parts that hold the Sync Log."""
    return {name for name in after if before.get(name) != after[name]}


def test_a_second_sync_writes_not_one_byte(demo):
    assert synced(demo).status == "written"
    first = demo.read_bytes()
    stamp = demo.stat()
    assert synced(demo).status == "unchanged"
    assert demo.read_bytes() == first
    assert demo.stat().st_mtime_ns == stamp.st_mtime_ns


def test_a_dry_run_writes_nothing_and_plans_what_the_sync_does(demo, demo_bytes):
    planned = synced(demo, dry=True)
    assert planned.status == "planned"
    assert demo.read_bytes() == demo_bytes
    assert synced(demo).study.plan == planned.study.plan


def test_what_is_told_before_the_sync_holds_after_it(demo):
    before = synced(demo).study
    after = synced(demo).study
    assert [p.id for p in after.problems] == [p.id for p in before.problems]
    assert after.fixes == ()
    assert after.measured.kpis == before.measured.kpis


def test_undo_after_sync_gives_back_every_part_but_the_log(demo, demo_bytes):
    synced(demo)
    undone(demo)
    before, after = parts(demo_bytes), parts(demo.read_bytes())
    assert set(before) == set(after)
    changed = [name for name in before if before[name] != after[name]]
    assert len(changed) <= 2, changed
    assert all("sheet" in name or "table" in name for name in changed)
    book = opened(demo)
    assert [row[2].value for row in book["Sync Log"].iter_rows(min_row=2)][-1] == "undo"


def test_sync_undo_sync_ends_where_sync_ends(demo):
    first = synced(demo).study
    undone(demo)
    again = synced(demo).study
    assert again.plan.ops[:-1] == first.plan.ops[:-1]


def test_undo_leaves_what_people_changed_since(demo):
    study = synced(demo).study
    fix = next(f for f in study.fixes if f.tab == "deals" and f.column == "stage")
    book = opened(demo)
    column = [plain(c.value) for c in book["Deals"][1]].index("stage") + 1
    book["Deals"].cell(fix.row, column).value = "negotiation"
    book.save(demo)
    told = undone(demo)
    assert [(r.tab, r.row, r.column) for r in told.refused if r.column == "stage"] == [
        ("deals", fix.row, "stage")
    ]
    assert opened(demo)["Deals"].cell(fix.row, column).value == "negotiation"


def test_undo_twice_has_nothing_left(demo):
    synced(demo)
    undone(demo)
    with pytest.raises(NothingToUndo):
        undone(demo)


def test_undo_of_a_fresh_tracker_says_so(demo):
    with pytest.raises(NothingToUndo, match="Nothing was changed"):
        undone(demo)


@pytest.mark.parametrize("seed", range(5))
def test_the_order_of_rows_changes_no_number(demo, tmp_path, seed):
    other = demo_file(tmp_path / "other.xlsx", shuffle=seed)
    assert numbers(synced(other)) == numbers(synced(demo))


def test_moved_columns_change_no_number(demo, tmp_path):
    moved = reshaped(lambda tab: replace(tab, columns=tuple(reversed(tab.columns))))
    assert numbers(synced(demo_file(tmp_path / "m.xlsx", moved))) == numbers(synced(demo))


def test_renamed_tabs_change_no_number(demo, tmp_path):
    renamed = reshaped(lambda tab: replace(tab, title=f"Our {tab.title} 2026"))
    assert numbers(synced(demo_file(tmp_path / "r.xlsx", renamed))) == numbers(synced(demo))


def test_headers_may_be_keys(demo, tmp_path):
    def keyed(tab):
        return replace(tab, columns=tuple(replace(c, title=c.key) for c in tab.columns))

    assert numbers(synced(demo_file(tmp_path / "k.xlsx", reshaped(keyed)))) == numbers(synced(demo))


def test_own_columns_and_tabs_stay(demo):
    synced(demo)
    book = opened(demo)
    sheet = book["Deals"]
    sheet.cell(1, sheet.max_column + 1).value = "Our comment"
    sheet.cell(2, sheet.max_column).value = "call them"
    book.create_sheet("Ours")["B2"] = 42
    book.save(demo)
    synced(demo)
    book = opened(demo)
    assert book["Deals"].cell(2, book["Deals"].max_column).value == "call them"
    assert book["Ours"]["B2"].value == 42


def test_a_workbook_of_something_else_is_refused(tmp_path):
    path = tmp_path / "other.xlsx"
    openpyxl.Workbook().save(path)
    with pytest.raises(NotATracker, match="sheetsync new"):
        synced(path)


def test_an_empty_tracker_syncs_quietly(tmp_path):
    path = tracker_file(tmp_path / "empty.xlsx", {})
    study = synced(path).study
    assert not [p for p in study.problems if p.severity is Severity.ERROR]
    assert synced(path).status == "unchanged"


def answer(path, pick, word):
    """Type a Decision on the first line of Issues that ``pick`` likes; return its id."""
    book = opened(path)
    sheet = book["Issues"]
    heads = [c.value for c in sheet[1]]
    for row in sheet.iter_rows(min_row=2):
        line = dict(zip(heads, (c.value for c in row), strict=True))
        if pick(line):
            row[heads.index("Decision")].value = word
            book.save(path)
            return line
    raise AssertionError("no such issue")


def test_an_accepted_suggestion_is_written_once(demo):
    synced(demo)
    line = answer(demo, lambda line: line["Suggested"] and line["Tab"] == "Partners", "accept")
    study = synced(demo).study
    accepted = [f for f in study.fixes if f.code == "accepted"]
    assert [(f.tab, f.after) for f in accepted] == [("partners", line["Suggested"])]
    assert line["Issue ID"] not in {p.id for p in study.problems}
    assert synced(demo).status == "unchanged"


def test_a_rejected_suggestion_is_remembered(demo):
    synced(demo)
    line = answer(demo, lambda line: line["Suggested"], "reject")
    for _ in range(3):
        study = synced(demo).study
        same = [p for p in study.problems if p.id == line["Issue ID"]]
        assert [p.decision for p in same] == ["reject"]
        assert same[0].suggested is None
        assert not [f for f in study.fixes if f.code == "accepted"]
    assert synced(demo).status == "unchanged"


def test_only_sync_columns_fixed_cells_and_ids_change_on_entry_tabs(demo):
    before = opened(demo)
    study = synced(demo).study
    after = opened(demo)
    fixed = {(f.tab, f.row, f.column) for f in study.fixes}
    for key in ("partners", "deals", "money"):
        tab = LEAN.tab(key)
        for i, column in enumerate(tab.columns, 1):
            if column.owner is Owner.SYNC:
                continue
            for row in range(2, before[tab.title].max_row + 1):
                a, b = (w[tab.title].cell(row, i).value for w in (before, after))
                assert a == b or (key, row, column.key) in fixed


def test_random_edits_between_syncs_never_break_the_promises(demo):
    chance = random.Random(7)
    for _ in range(6):
        synced(demo)
        once = demo.read_bytes()
        assert synced(demo).status == "unchanged"
        assert demo.read_bytes() == once
        book = opened(demo)
        sheet = book["Deals"]
        for _ in range(5):
            row, column = chance.randrange(2, sheet.max_row), chance.randrange(1, 12)
            sheet.cell(row, column).value = chance.choice([None, "  won ", 12, "1,5", "x", AS_OF])
        book.save(demo)


@pytest.mark.parametrize("title", ["Issues", "Partner Summary", "KPI Monthly", "Sync Log"])
def test_a_computed_tab_that_people_deleted_comes_back(demo, title):
    first = synced(demo).study
    book = opened(demo)
    del book[title]
    book.save(demo)
    assert synced(demo).status == "written"
    assert synced(demo).status == "unchanged"
    assert title in opened(demo).sheetnames
    assert numbers(synced(demo)) == (set(first.measured.kpis), set(first.measured.tiers))


def test_a_deleted_dashboard_comes_back_with_its_numbers(demo):
    synced(demo)
    shown = [[c.value for c in row] for row in opened(demo, data_only=True)["Dashboard"].rows]
    book = opened(demo)
    del book["Dashboard"]
    book.save(demo)
    synced(demo)
    again = [[c.value for c in row] for row in opened(demo, data_only=True)["Dashboard"].rows]
    assert again == shown
    assert synced(demo).status == "unchanged"


def test_a_deleted_entry_tab_is_told_and_the_rest_goes_on(demo):
    book = opened(demo)
    del book["Interactions"]
    book.save(demo)
    study = synced(demo).study
    assert [p.tab for p in study.problems if p.code == "missing_tab"] == ["interactions"]
    assert "Interactions" not in opened(demo).sheetnames
