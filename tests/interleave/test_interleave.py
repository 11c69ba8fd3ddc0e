"""People and a sync in one Google Sheet at the same time, in thousands of seeded runs.

Nothing that people typed is lost, doubled or moved, no id gets to another row, nothing computed
stands beside another key, and when people stop, two syncs at most lead to silence.
"""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.interleave.runs import Run, Tally, tally

CHUNK = 50


def check(made: Tally) -> None:
    assert not made.bad, "\n\n".join(made.bad[:3])
    assert set(made.syncs) <= {0, 1, 2}


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
