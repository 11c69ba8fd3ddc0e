"""The generator of big trackers keeps its promises: seeded, a tenth dirty, truth beside it."""

import pytest

from tests.fakes.tracker_rows import Rows, tracker_rows


@pytest.fixture(scope="module")
def tabs() -> dict[str, Rows]:
    return tracker_rows(2_000, seed=7)


def test_same_seed_same_rows(tabs: dict[str, Rows]) -> None:
    assert tracker_rows(2_000, seed=7) == tabs
    assert tracker_rows(2_000, seed=8) != tabs


@pytest.mark.parametrize("tab", ["partners", "deals", "money", "activity", "interactions", "plan"])
def test_a_tenth_of_the_filled_cells_is_dirty(tabs: dict[str, Rows], tab: str) -> None:
    rows = tabs[tab]
    differs = sum(
        typed != meant
        for key, column in rows.found.items()
        for typed, meant in zip(column, rows.truth[key], strict=True)
    )
    assert differs + len(rows.bad) == pytest.approx(0.10 * rows.filled, rel=0.05)
    assert rows.dirty == pytest.approx(differs + len(rows.bad), rel=0.02)


def test_blank_stays_blank_and_columns_have_one_length(tabs: dict[str, Rows]) -> None:
    for rows in tabs.values():
        assert {len(column) for column in rows.found.values()} == {len(rows)}
        for key, column in rows.found.items():
            blanks = [cell is None for cell in column]
            assert blanks == [cell is None for cell in rows.truth[key]]


def test_bad_cells_are_few_and_of_every_kind(tabs: dict[str, Rows]) -> None:
    deals = tabs["deals"]
    assert {b.why for b in deals.bad} == {
        "unknown stage",
        "missing partner",
        "negative amount",
        "closed before created",
    }
    assert len(deals.bad) < 0.004 * deals.filled


def test_clean_rows_when_nothing_is_dirty() -> None:
    for rows in tracker_rows(200, seed=3, dirty=0).values():
        assert rows.found == rows.truth
        assert (rows.bad, rows.dirty) == ((), 0)


def test_sizes_follow_the_deals(tabs: dict[str, Rows]) -> None:
    assert {tab: len(rows) for tab, rows in tabs.items()} == {
        "partners": 30,
        "deals": 2_000,
        "money": 1_000,
        "activity": 80,
        "interactions": 80,
        "plan": 40,
    }


def test_dicts_are_the_rows_as_typed(tabs: dict[str, Rows]) -> None:
    rows = tabs["plan"].dicts()
    assert len(rows) == 40
    assert rows[3]["title"] == tabs["plan"].found["title"][3]
