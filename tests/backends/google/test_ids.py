"""Fixed ids: the same for the same name, different for different ones, within Google's bounds."""

from __future__ import annotations

from sheetsync.backends.google import ids
from sheetsync.catalog.tracker import LEAN


def test_ids_never_change() -> None:
    """Sheets made by an earlier version must be found again."""
    assert ids.sheet_id("deals") == 613812447
    assert ids.table_id("deals") == "ss63200614ce779ff1ed"


def test_no_two_things_share_an_id() -> None:
    keys = [tab.key for tab in LEAN.tabs] + [ids.MARKS, ids.CAPTURE]
    for make in (ids.sheet_id, ids.banded_id, ids.protected_id, ids.table_id):
        assert len({make(key) for key in keys}) == len(keys)


def test_numbers_are_positive_31_bit() -> None:
    for tab in LEAN.tabs:
        assert 0 < ids.sheet_id(tab.key) < 2**31


def test_epochs_are_told_from_other_marks() -> None:
    assert ids.is_epoch(ids.epoch_id(0))
    assert not ids.is_epoch(ids.EPOCH_BASE)
    assert not ids.is_epoch(ids.LAYOUT_ID)
    assert not ids.is_epoch(ids.PROBE_ID)
