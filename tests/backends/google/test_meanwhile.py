"""Colleagues at work between our reading and our writing: nothing of theirs is lost."""

from __future__ import annotations

import random
from collections import Counter
from datetime import datetime

import pytest

from sheetsync.backends.google import ids
from sheetsync.model.values import Formula
from tests.backends.google.small_sheet import logged, plan, replaced, shared, write
from tests.contract.small import TABS


@pytest.fixture
def here(tmp_path):
    return shared(tmp_path)


def fixed(seen, run="run-1"):
    """A plan with fixes of every kind."""
    return plan(
        seen,
        write(seen, "stage", {2: "won", 5: "won"}),
        write(seen, "deal_id", {4: "D-0006"}, {4: "D-0006"}),
        write(seen, "amount", {3: 1200.5}),
        write(seen, "check", {3: "mind", 4: "no day"}, {4: "D-0006"}),
        logged(run),
        run=run,
    )


def stages(here):
    return dict(zip(here.column("Deals", "Deal ID"), here.column("Deals", "Stage"), strict=False))


def test_rows_sorted_meanwhile(here):
    book = here.book()
    seen = book.read(TABS)
    here.human.sort("Deals", 3, descending=True)
    book.apply(fixed(seen), TABS)
    rows = {row[1]: row for row in here.human.rows("Deals")[1:] if row[1]}
    assert rows["open"][0] == "D-0006"
    assert stages(here) == {
        "D-0001": "won",
        "D-0002": "lost",
        "D-0004": "won",
        "D-0005": "lead",
        "D-0006": "open",
    }
    assert rows["lost"][3] == 1200.5
    assert book.notes == ()
    assert rows["lost"][5] == "mind"
    assert rows["open"][5] == "no day"


def test_a_row_inserted_above_meanwhile(here):
    book = here.book()
    seen = book.read(TABS)
    here.human.insert_row("Deals", 1, ["D-0009", "new", "mine", 5])
    book.apply(fixed(seen), TABS)
    assert stages(here) == {
        "D-0009": "new",
        "D-0001": "won",
        "D-0002": "lost",
        "D-0006": "open",
        "D-0004": "won",
        "D-0005": "lead",
    }


def test_an_empty_row_inserted_at_the_place_of_a_blank_id_gets_none(here):
    book = here.book()
    seen = book.read(TABS)
    here.human.insert_row("Deals", 3)
    book.apply(fixed(seen), TABS)
    rows = here.human.rows("Deals")
    assert not any(rows[3])
    assert rows[4][:2] == ["D-0006", "open"]


def test_a_row_deleted_meanwhile(here):
    book = here.book()
    seen = book.read(TABS)
    here.human.delete_row("Deals", 1)
    book.apply(fixed(seen), TABS)
    assert stages(here) == {"D-0002": "lost", "D-0006": "open", "D-0004": "won", "D-0005": "lead"}


def test_the_row_of_a_blank_id_deleted_meanwhile(here):
    book = here.book()
    seen = book.read(TABS)
    here.human.delete_row("Deals", 3)
    book.apply(fixed(seen), TABS)
    assert stages(here) == {"D-0001": "won", "D-0002": "lost", "D-0004": "won", "D-0005": "lead"}


def test_an_id_typed_meanwhile_is_kept(here):
    book = here.book()
    seen = book.read(TABS)
    here.human.type("Deals", 3, 0, "D-0777")
    book.apply(fixed(seen), TABS)
    assert here.column("Deals", "Deal ID")[2] == "D-0777"


def test_a_cell_typed_meanwhile_is_kept(here):
    book = here.book()
    seen = book.read(TABS)
    here.human.type("Deals", 1, 1, "lost after all")
    here.human.type("Deals", 2, 3, "99")
    book.apply(fixed(seen), TABS)
    assert stages(here)["D-0001"] == "lost after all"
    assert stages(here)["D-0004"] == "won"
    assert here.column("Deals", "Amount")[1] == 99
    assert book.notes[0].startswith("Colleagues were at 2 of the cells that sync was writing")


def test_another_cell_of_the_row_typed_meanwhile(here):
    book = here.book()
    seen = book.read(TABS)
    here.human.type("Deals", 3, 2, "changed")
    book.apply(fixed(seen), TABS)
    assert here.human.rows("Deals")[3][:3] == ["D-0006", "open", "changed"]


def test_a_row_copied_meanwhile(here):
    book = here.book()
    seen = book.read(TABS)
    here.human.copy_row("Deals", 3, 6)
    book.apply(fixed(seen), TABS)
    column = here.column("Deals", "Deal ID")
    assert Counter(column)["D-0006"] == 1


def test_a_column_inserted_meanwhile(here):
    book = here.book()
    seen = book.read(TABS)
    here.human.insert_column("Deals", 0, "Priority")
    here.human.type("Deals", 2, 0, "high")
    book.apply(fixed(seen), TABS)
    assert here.column("Deals", "Priority") == [None, "high"]
    assert here.column("Deals", "Stage") == ["won", "lost", "open", "won", "lead"]
    assert here.column("Deals", "Deal ID")[2] == "D-0006"
    assert here.column("Deals", "Amount")[1] == 1200.5


def test_a_column_moved_meanwhile_keeps_its_texts(here):
    here.human.type("Deals", 1, 2, " won")
    book = here.book()
    seen = book.read(TABS)
    here.human.move_column("Deals", 2, 1)
    book.apply(fixed(seen), TABS)
    assert here.column("Deals", "Mine") == [" won", None, "x", "y", "z"]
    assert here.column("Deals", "Stage") == ["won", "lost", "open", "won", "lead"]


def test_a_column_deleted_meanwhile(here):
    here.human.type("Deals", 1, 2, " won")
    book = here.book()
    seen = book.read(TABS)
    here.human.delete_column("Deals", 1)
    book.apply(fixed(seen), TABS)
    assert here.column("Deals", "Mine") == [" won", None, "x", "y", "z"]


def test_one_of_two_equal_cells_in_sorted_rows(here):
    book = here.book()
    seen = book.read(TABS)
    here.human.sort("Deals", 3)
    book.apply(plan(seen, write(seen, "stage", {2: "won"})), TABS)
    assert stages(here)["D-0001"] == "won"
    assert stages(here)["D-0004"] == " won"


def test_a_number_is_replaced_only_where_it_is_still_the_same(here):
    book = here.book()
    seen = book.read(TABS)
    here.human.sort("Deals", 3)
    here.human.type("Deals", 1, 3, "8")
    ops = write(seen, "amount", {2: 1000, 4: 75, 5: 400})
    book.apply(plan(seen, ops), TABS)
    told = dict(zip(here.column("Deals", "Stage"), here.column("Deals", "Amount"), strict=False))
    assert told == {"open": 8, " won": 1000, "lead": 41, "lost": "1,200.50"} | {
        " won": told[" won"]
    }
    assert sorted(v for v in here.column("Deals", "Amount") if v != "1,200.50") == [
        8,
        41,
        400,
        1000,
    ]


def last_moment(book, human_acts):
    """Have somebody act just before the second batch."""
    told = book.client.batch_update
    calls = []

    def meddled(*args, **kwargs):
        calls.append(args)
        if len(calls) == 1:
            human_acts()
        return told(*args, **kwargs)

    book.client.batch_update = meddled


def test_a_row_that_moves_in_the_last_moment_gets_its_cell_back(here):
    book = here.book()
    seen = book.read(TABS)
    last_moment(book, lambda: here.human.insert_row("Deals", 1, ["D-0009", "new", "mine", 5]))
    book.apply(plan(seen, write(seen, "amount", {2: 1000})), TABS)
    told = dict(zip(here.column("Deals", "Deal ID"), here.column("Deals", "Amount"), strict=False))
    assert told["D-0009"] == 5
    assert told["D-0002"] == "1,200.50"
    assert told["D-0004"] == 40


def test_a_formula_overwritten_in_the_last_moment_comes_back(here):
    here.human.type("Deals", 4, 3, "=40+2")
    book = here.book()
    seen = book.read(TABS)
    last_moment(book, lambda: here.human.delete_row("Deals", 3))
    book.apply(plan(seen, write(seen, "amount", {4: 75})), TABS)
    after = book.read(TABS).tables["deals"]
    assert after.column("amount")[2] == Formula("40+2", 42)


ROWS = (("a", 2.5, "later"), ("c", 7, None), ("b", 8, None))


def test_a_decision_typed_meanwhile_is_put_back_beside_its_key(here):
    book = here.book()
    seen = book.read(TABS)
    here.human.type("Results", 2, 2, "accept")
    here.asked()
    book.apply(plan(seen, replaced(seen, *ROWS)), TABS)
    assert here.asked() == ["POST ", "GET sheet", "POST "]
    assert here.human.rows("Results")[1:] == [
        ["a", 2.5, "later"],
        ["c", 7, None],
        ["b", 8, "accept"],
    ]


def test_a_decision_changed_or_cleared_meanwhile_stays_so(here):
    book = here.book()
    seen = book.read(TABS)
    here.human.type("Results", 1, 2, "")
    book.apply(plan(seen, replaced(seen, *ROWS)), TABS)
    assert here.human.rows("Results")[1] == ["a", 2.5, None]


def test_a_decision_survives_a_lost_reply(here):
    book = here.book()
    seen = book.read(TABS)
    here.human.type("Results", 2, 2, "accept")
    here.faults.add("reset after", path=":batchUpdate")
    book.apply(plan(seen, replaced(seen, *ROWS)), TABS)
    assert here.human.rows("Results")[3] == ["b", 8, "accept"]


def test_a_decision_survives_a_client_that_dies(here):
    book = here.book()
    seen = book.read(TABS)
    here.human.type("Results", 2, 2, "accept")
    book._settle = lambda *_: None
    book.apply(plan(seen, replaced(seen, *ROWS)), TABS)
    assert here.human.rows("Results")[3] == ["b", 8, None]
    other = here.book("other")
    seen = other.read(TABS)
    results = seen.tables["results"]
    assert (
        dict(zip(results.column("key"), results.column("decision"), strict=True))["b"] == "accept"
    )
    kept = replaced(seen, ("b", 9, "accept"), ("a", 1, "later"))
    other.apply(plan(seen, kept, run="run-2"), TABS)
    assert here.human.rows("Results")[1:] == [["b", 9, "accept"], ["a", 1, "later"]]
    assert other.read(TABS).tables["results"].column("decision") == ["accept", "later"]


def test_a_decision_cleared_after_it_was_put_back_stays_cleared(here):
    book = here.book()
    seen = book.read(TABS)
    here.human.type("Results", 2, 2, "accept")
    book.apply(plan(seen, replaced(seen, *ROWS)), TABS)
    here.human.type("Results", 3, 2, "")
    assert here.book("other").read(TABS).tables["results"].column("decision") == [
        "later",
        None,
        None,
    ]


def test_protected_tabs_can_be_written_by_the_robot_and_not_by_others(here):
    book = here.book()
    guard = {
        "protectedRangeId": ids.protected_id("results"),
        "range": {"sheetId": ids.sheet_id("results")},
        "editors": {"users": ["robot@example.com"]},
    }
    add = {"addProtectedRange": {"protectedRange": guard}}
    book.client.batch_update(here.sheet.id, {"requests": [add]})
    book.client.session.headers["Authorization"] = "Bearer robot@example.com"
    seen = book.read(TABS)
    book.apply(plan(seen, replaced(seen, *ROWS)), TABS)
    other = here.book("other")
    other.client.session.headers["Authorization"] = "Bearer colleague@example.com"
    seen = other.read(TABS)
    with pytest.raises(Exception, match="protected"):
        other.apply(plan(seen, replaced(seen), run="run-2"), TABS)
    assert here.column("Results", "Key") == ["a", "c", "b"]


ACTS = ("sort", "insert", "blank", "delete", "type", "copy", "move", "decide")


def meddle(chance, here, tokens):
    """One act of a colleague; what is typed carries a token of its own."""
    human, act = here.human, chance.choice(ACTS)
    last = max(here.sheet.named("Deals").used()[0], 2)
    row = chance.randrange(1, last)
    token = f"token {len(tokens)}"
    if act == "sort":
        human.sort("Deals", chance.randrange(1, 4), descending=chance.random() < 0.5)
    elif act in {"insert", "blank"}:
        human.insert_row("Deals", row)
        if act == "insert":
            human.type("Deals", row, 2, token)
            tokens[token] = row
    elif act == "delete":
        gone = human.see("Deals", row, 2)
        human.delete_row("Deals", row)
        tokens.pop(gone, None)
    elif act == "type":
        over = human.see("Deals", row, 2)
        tokens.pop(over, None)
        human.type("Deals", row, 2, token)
        tokens[token] = row
    elif act == "copy":
        tokens.pop(human.see("Deals", last, 2), None)
        human.copy_row("Deals", row, last)
    elif act == "move":
        human.move_row("Deals", row, chance.randrange(1, last))
    else:
        human.type("Results", chance.randrange(1, 3), 2, chance.choice(("accept", "reject")))


@pytest.mark.parametrize("seed", range(60))
def test_whatever_colleagues_do_meanwhile(tmp_path, seed):
    chance = random.Random(seed)
    here = shared(tmp_path)
    book = here.book()
    tokens: dict[str, int] = {}
    for _ in range(3):
        meddle(chance, here, tokens)
    seen = book.read(TABS)
    deals = seen.tables["deals"]
    ops = []
    stage = deals.column("stage")
    wrong = {row: "won" for row, v in zip(deals.rows, stage, strict=True) if v == " won"}
    if wrong:
        ops.append(write(seen, "stage", wrong))
    blank = [r for r, v in zip(deals.rows, deals.column("deal_id"), strict=True) if v is None]
    if blank:
        new = {row: f"D-1{i:03d}" for i, row in enumerate(blank)}
        ops.append(write(seen, "deal_id", new, new))
    results = seen.tables["results"]
    told = dict(zip(results.column("key"), results.column("decision"), strict=True))
    ops.append(replaced(seen, *((key, i, told.get(key)) for i, key in enumerate("cba"))))
    for _ in range(chance.randrange(1, 5)):
        meddle(chance, here, tokens)
    decided = {row[0]: row[2] for row in here.human.rows("Results")[1:]}
    lines = {tuple(row[2:4]) for row in here.human.rows("Deals")[1:] if row[2]}
    book.apply(plan(seen, *ops), TABS)
    after = here.human.rows("Deals")[1:]
    mine = [row[2] for row in after]
    assert all(token in mine for token in tokens)
    assert {tuple(row[2:4]) for row in after if row[2]} == lines
    numbers = [row[0] for row in after if row[0] and row[0].startswith("D-1")]
    assert len(numbers) == len(set(numbers))
    assert all(any(row[1:4]) for row in after if row[0])
    assert {r[0]: r[2] for r in here.human.rows("Results")[1:] if r[0] in decided} == decided


def test_a_day_typed_meanwhile_into_a_blank_that_was_to_be_filled(here):
    book = here.book()
    seen = book.read(TABS)
    here.human.type("Deals", 2, 4, "2026-03-01")
    book.apply(
        plan(seen, write(seen, "closed", {3: datetime(2026, 2, 2), 4: datetime(2026, 4, 4)})), TABS
    )
    days = book.read(TABS).tables["deals"].column("closed")
    assert days[1:3] == [datetime(2026, 3, 1), datetime(2026, 4, 4)]
