"""The emulator's fidelity: recorded conversations with the live API, replayed and compared."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.fakes.sheets.replay import replay

ARCHIVE = (
    Path(__file__).resolve().parents[4]
    / "shared"
    / "data"
    / "gspread-cassettes"
    / "cassettes.tar.xz"
)


@pytest.mark.skipif(
    not ARCHIVE.exists(), reason="no recorded traffic: ../shared/data/gspread-cassettes is absent"
)
def test_98_percent_of_the_reproducible_replies_are_identical(capsys):
    tally = replay(ARCHIVE)
    with capsys.disabled():
        print(f"\ncassettes: {tally}")
    assert tally.identical + tally.foreign + len(tally.different) == 1508
    assert tally.identical >= 0.98 * tally.total
    assert tally.foreign <= 133
