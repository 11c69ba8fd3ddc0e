"""What a batch met by mistake: told by its notes, found by its row, kept until it is put right."""

from __future__ import annotations

from dataclasses import replace

import pytest

from sheetsync.backends.google import asides, capture, owing
from sheetsync.backends.google.asides import Miss, Note
from sheetsync.backends.google.capture import Typed
from sheetsync.backends.google.fixes import Change
from sheetsync.backends.google.known import Known
from sheetsync.backends.google.owing import Whole
from sheetsync.backends.google.placing import Target
from sheetsync.backends.google.reading import Found, rows_beside
from sheetsync.model.snapshot import Snapshot
from sheetsync.model.tables import Grid, read_table
from tests.contract.small import DEALS, RESULTS, TABS

HEAD = ("Deal ID", "Stage", "Mine", "Amount", "Closed")


def grid_of(*rows) -> Grid:
    """The rows as a sheet has them, from its first."""
    columns = {i: list(cells) for i, cells in enumerate(zip(*rows, strict=True), 1)}
    return Grid(range(1, len(rows) + 1), columns)


def found(*rows) -> Found:
    """A reading of these deals."""
    grid = grid_of(HEAD, *rows)
    table = read_table(DEALS, "Deals", grid)
    beside = rows_beside(table, grid)
    others = {} if beside is None else {"deals": beside}
    return Found(Snapshot("small", "", {"deals": table}), Known(), others=others)


def written_by(requests, high: int, wide: int) -> Grid:
    """The cells of a tab after the cell updates among these requests."""
    cells: dict[int, list] = {i: [None] * high for i in range(1, wide + 1)}
    for request in requests:
        told = request.get("updateCells", {"rows": (), "range": {}})
        top, left = (told["range"].get(f"start{way}Index", 0) for way in ("Row", "Column"))
        for i, row in enumerate(told["rows"], top):
            for j, cell in enumerate(row["values"], left + 1):
                value = cell.get("userEnteredValue", {})
                cells[j][i] = next(iter(value.values()), None)
    return Grid(range(1, high + 1), cells)


def miss(row, title="Deal ID", written="D-0009", held=None, **also) -> Miss:
    """A cell of a row of deals that was hit."""
    cells = dict(zip(HEAD, row, strict=True))
    return Miss("deals", title, cells, written, held, also or {title: written})


ROW = (None, "open", "x", 7.5, None)
LONE = (None,) * 5


def filled_in(seen: Found, *missed: Miss) -> list[int]:
    """The sheet rows of the strays."""
    return [target.row for target in owing.strays(missed, Whole(seen))]


def test_a_row_with_a_note_only_is_no_data_and_is_found_all_the_same():
    seen = found(("D-0001", *ROW[1:]), LONE, (None, None, "D-0009", None, None))
    assert list(seen.snapshot.tables["deals"].rows) == [2]
    assert list(seen.whole("deals").rows) == [2, 4]
    assert filled_in(seen, miss(LONE, "Mine", **{"Deal ID": "D-0009"})) == [4]


def test_without_such_rows_the_table_is_told_as_it_is():
    seen = found(ROW)
    assert seen.whole("deals") is seen.snapshot.tables["deals"]


def test_a_stray_is_taken_from_its_row_and_from_copies_of_it():
    lone = ("D-0009", *LONE[1:])
    assert filled_in(found(lone, ("D-0009", *ROW[1:]), lone), miss(LONE)) == [2, 4]


def test_an_overwritten_cell_is_given_back_where_its_row_is_now():
    seen = found(("H-1", "open", "y", 1, None), ("D-0009", "won", "x", 7.5, None))
    told = miss(("H-2", "won", "x", 7.5, None), held="H-2")
    assert list(owing.restored([told], Whole(seen))) == [Target("deals", 3, 1, "D-0009", "H-2")]


def test_a_stray_typed_again_into_the_row_it_was_taken_from_is_left_and_its_copies_are_not():
    lone = ("D-0009", *LONE[1:])
    taken = Target("deals", 2, 1, "D-0009", None)
    (told,) = asides.emptied([miss(LONE)], [taken])
    assert filled_in(found(lone, ROW, lone), told) == [4]
    assert [target.row for target in owing.restored([told], Whole(found(lone, ROW, lone)))] == [4]


@pytest.mark.parametrize(
    "done",
    [
        Target("deals", 2, 1, "D-0010", None),
        Target("deals", 2, 1, "D-0009", "H-1"),
        Target("results", 2, 1, "D-0009", None),
    ],
)
def test_a_stray_is_taken_where_something_else_was_written(done):
    (told,) = asides.emptied([miss(LONE)], [done])
    assert filled_in(found(("D-0009", *LONE[1:])), told) == [2]


@pytest.mark.parametrize(
    ("places", "held", "there", "kept"),
    [
        ({(2, 1)}, None, False, False),
        ({(2, 1)}, None, True, True),
        ((), None, False, True),
        ({(2, 1)}, "H-1", False, True),
    ],
)
def test_a_stray_is_looked_for_until_it_is_gone(places, held, there, kept):
    told = replace(miss(LONE, held=held), emptied=frozenset(places))
    strays = {Target("deals", 4, 1, "D-0009", None): told} if there else {}
    assert owing.not_gone([told], strays) == [told] * kept


def test_where_a_stray_was_taken_is_told_to_later_readers():
    lone, told = ("D-0009", *LONE[1:]), miss(LONE)
    told = replace(told, emptied=frozenset({(3, 1)}))
    taken = Target("deals", 2, 1, "D-0009", None)
    made = asides.Asides(
        rows={("deals", 2): 3}, heads={"deals": 2}, headers={"deals": HEAD}, size=(3, 5)
    )
    table = found(lone, lone).snapshot.tables["deals"]
    note = asides.noted(taken, DEALS, table, made, by_content=True)
    requests, size = asides.written(made, [note], 1, [told])
    grid = written_by(requests, *size)
    for i, cells in grid.columns.items():
        cells[1:3] = HEAD[i - 1], lone[i - 1]
    (left,) = asides.left(asides.read(grid))
    assert left.emptied == {(2, 1), (3, 1)}


@pytest.mark.parametrize(("held", "given_back"), [("H-2", True), (None, False)])
def test_what_people_typed_is_given_back_even_where_the_change_belongs(held, given_back):
    seen = found(("D-0009", "won", "x", 7.5, None))
    change = Change("deals", "deal_id", "~", "D-0009", 2, None, "D-0009")
    right = {("deals", 2, 1): change}
    told = miss((held, "won", "x", 7.5, None), held=held)
    assert bool(owing.restored([told], Whole(seen), right)) is given_back


def test_an_id_that_another_row_has_by_now_is_not_given_again():
    seen = found(ROW, ("D-0009", "won", "y", 1, None))
    wanted = [Target("deals", 2, 1, None, "D-0009")]
    assert not list(owing.not_taken(wanted, Whole(seen), TABS))
    assert list(owing.not_taken(wanted, Whole(found(ROW)), TABS)) == wanted


NOTE = Note("deals", 4, 1, 10, 9, None, "D-0009", by_content=True)


@pytest.mark.parametrize("fills", [False, True])
def test_a_blank_was_hit_only_where_google_finds_blanks(fills):
    rows = {9: dict(enumerate(HEAD, 1)), 10: {}}
    assert (asides.met(NOTE, rows, HEAD, fills) is not None) is fills


@pytest.mark.parametrize(
    ("other", "taken_back"),
    [
        (("D-0009", *ROW[1:]), False),
        (("D-0008", *ROW[1:]), True),
        (("D-0009", "won", "y", 1, None), True),
        (("D-0009", *LONE[1:]), True),
    ],
)
def test_an_id_that_a_row_just_like_it_held_before_is_no_stray(other, taken_back):
    rows = {i: dict(enumerate(row, 1)) for i, row in ((9, HEAD), (10, ROW), (11, other))}
    notes = NOTE, replace(NOTE, at=5, row=11, new="D-0010")
    told = asides.Told(3, fills=True, headers={"deals": HEAD}, notes=notes, owed=(), rows=rows)
    assert [hit.written for hit in asides.hits(told, 3)] == ["D-0009"] * taken_back


IDENTITY = (("Deal ID", None), ("Deal ID", None), ("Stage", "open"), ("Amount", 7.5))


@pytest.mark.parametrize(
    ("row", "right"),
    [
        ({"Stage": "open", "Amount": 7.5}, True),
        ({"Stage": "open", "Amount": 7.5, "Deal ID": "H-1"}, False),
        ({"Stage": "won", "Amount": 1}, False),
    ],
)
def test_a_row_without_a_key_is_told_by_most_of_it(row, right):
    note = replace(NOTE, identity=IDENTITY)
    assert asides.is_row(note, row) is right
    long = replace(NOTE, identity=(*IDENTITY, ("Closed", None), ("Mine", "x")))
    assert asides.is_row(long, {**row, "Mine": "x", "Closed": 46_000}) is right


def test_a_row_with_a_key_is_told_by_it_alone():
    note = replace(NOTE, identity=(("Stage", "open"), ("Deal ID", "D-0001")))
    assert asides.is_row(note, {"Stage": "open", "Deal ID": "D-0001"})
    assert not asides.is_row(note, {"Stage": "open", "Deal ID": "D-0002"})


def test_a_row_whose_key_is_emptied_is_told_by_all_else():
    seen = found(("D-0009", *LONE[1:]), ("D-0008", *ROW[1:]))
    table = seen.snapshot.tables["deals"]
    rows = {("deals", 2): 3, ("deals", 3): 4}
    made = asides.Asides(rows=rows, heads={"deals": 2}, headers={"deals": HEAD})
    lone, full = (
        asides.noted(Target("deals", at, 1, held, None), DEALS, table, made, by_content=True)
        for at, held in ((2, "D-0009"), (3, "D-0008"))
    )
    assert asides.is_row(lone, {"Deal ID": "D-0009"})
    assert not asides.is_row(lone, {**dict(zip(HEAD, ROW, strict=True)), "Deal ID": "D-0009"})
    assert asides.is_row(full, {"Deal ID": "D-0008", "Stage": "open", "Amount": 8})
    assert not asides.is_row(full, {"Deal ID": "D-0008", "Stage": "won", "Amount": 8})


def test_answers_that_are_owed_are_read_as_typed_since():
    typed = [Typed("results", "a", "decision", "accept", None)]
    requests, (high, wide) = capture.owed(typed, [RESULTS])
    grid = written_by(requests, high, wide)
    assert list(capture.typed_since(grid, [RESULTS])) == typed
    assert capture.end_of(grid) == high
