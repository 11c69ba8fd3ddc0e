"""People and a sync in one Google Sheet at the same time, in thousands of seeded runs.

Nothing that people typed is lost, doubled or moved, no id gets to another row, nothing computed
stands beside another key, and when people stop, two syncs at most lead to silence. That is so too
when the client dies at any request, and when people type the very id that the sync is giving.

The residual window: Google has no condition on a write, so between the last look and the batch a
row or column may move, and a cell of people's may for a moment hold what was meant for another (a
flicker). In 2,560 measured runs (of seeds 1,280 to 4,159) people acted 16,814 times, far closer
together than people do; 274 runs flickered, mostly with an id that got into another row for a
moment. In nine of ten cases the cell was right again within five requests (the median is two, the
longest took fifteen): by the same sync or, had its client died, by the next reading of anybody, for
the batch has copied the row aside (``backends/google/asides.py``) and notes are kept until a look
has shown them settled (``owing.py``). What can still be left: cells whose row people changed in
most cells before it was put back; rows beyond the 5,000 cells that are copied aside; a text that a
client which dies has replaced over a column which people moved in that moment; a formula typed into
a cell in the moment in which it is overwritten by place, which comes back as its value; an id that
people type into the blank row from which that very id has been taken, if that row moves before the
next look; a copy of a stray that moves to the very row where the stray was just emptied.

Three runs of the soak are known to end wrong. Seed 13942: people type an id into one of two blank
rows in the moment in which that id gets into the other; the rows are then alike, and both lose it.
Seed 15730: an id of people's is emptied too. Seed 16102: an id that was given stands in two rows.
"""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.interleave.runs import Run, Tally, tally

CHUNK = 50


def check(made: Tally) -> None:
    assert not made.bad, "\n\n".join(made.bad[:3])
    assert set(made.syncs) <= {0, 1, 2}


WENT_WRONG = {
    26: "a row became like its copy",
    28: "an id given to a row, and then to a copy of it",
    349: "people typed the id that the sync gave, and deleted it",
    918: "a stray id put back, for its row had changed; and one in a row that is no data",
    1093: "an id taken back from the wrong row while people typed it",
    1223: "an id typed by people, overwritten by place",
    1371: "an id taken back from its own row after a cell of that was typed",
    1374: "a stray id copied by people",
    1487: "an id typed by people, taken for one that filled a blank",
    1609: "stray ids in a column of people's, in rows that are no data",
    1771: "the same, the column moved",
    1929: "a cell cleared by people while a copy of its row was fixed",
    2140: "an answer lost that was typed in a row which people moved below the table",
    2536: "notes of strays lost when answers were put back and the client died",
    2696: "a stray id in a row that people then filled in, given to its own row too",
    3169: "an id taken back by undo, typed by people in that moment into another row",
    3512: "a stray id, not met where it was to be emptied, given to its own row all the same",
    5180: "an id taken back, and then typed by people into the very row that it was taken from",
    7344: "an id typed by people into a copy of the row that got it, taken for a copied stray",
    10636: "an id typed by people into another row that came where a stray was being emptied",
    12212: "an id typed by people after a look had shown that no stray was left of it",
    14139: "an answer given to the first of two rows of a key, taken for lost by the test itself",
    15115: "an answer cleared, for its key stood in two rows when answers were put back",
}
"""Seeds of runs that ended wrong once, and how."""


@pytest.mark.parametrize("seed", WENT_WRONG)
def test_runs_that_went_wrong_once(seed):
    made = tally(range(seed, seed + 1))
    assert not made.bad, made.bad[0]


@pytest.mark.parametrize("first", range(0, 2000, CHUNK))
def test_whatever_people_do_while_a_sync_writes(first):
    check(tally(range(first, first + CHUNK)))


@pytest.mark.soak
@pytest.mark.parametrize("first", range(2000, 20_000, 500))
def test_whatever_people_do_in_many_more_runs(first):
    check(tally(range(first, first + 500)))


def test_a_run_is_the_same_every_time(tmp_path: Path):
    runs = [Run(4, tmp_path / name).go() for name in ("a", "b")]
    assert runs[0].told == runs[1].told
    assert runs[0].people.did == runs[1].people.did
