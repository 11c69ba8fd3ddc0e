from __future__ import annotations

import re
from datetime import date

import pytest

from sheetsync.catalog.demo import demo_rows
from sheetsync.catalog.demo_sketches import SKETCHES
from sheetsync.catalog.lists import LISTS
from sheetsync.catalog.packs import PACKS
from sheetsync.catalog.tracker import LEAN, tracker_of

AS_OF = date(2026, 2, 28)
ROWS = demo_rows(AS_OF)
FULL = demo_rows(AS_OF, PACKS)


def test_the_same_day_gives_the_same_programme() -> None:
    assert demo_rows(AS_OF) == ROWS
    assert demo_rows(date(2026, 3, 31)) != ROWS


def test_it_is_as_large_as_a_real_small_programme() -> None:
    told = {tab: len(rows) for tab, rows in ROWS.items() if tab != "settings"}
    assert told == {
        "partners": 25,
        "contacts": 60,
        "deals": 160,
        "money": 260,
        "activity": 150,
        "interactions": 90,
        "plan": 70,
    }
    assert {s.kind for s in SKETCHES} == {c.value for c in LISTS["partner_type"]}


def test_rows_use_declared_columns_only() -> None:
    for tab, rows in ROWS.items():
        declared = {column.key for column in LEAN.tab(tab).columns}
        assert all(set(row) <= declared for row in rows)


def test_nothing_happens_after_as_of() -> None:
    for tab, key in (
        ("deals", "closed"),
        ("money", "date"),
        ("activity", "month"),
        ("plan", "done"),
    ):
        days = [row[key] for row in ROWS[tab] if isinstance(row[key], date)]
        assert max(days) <= AS_OF
        assert (AS_OF - min(days)).days < 27 * 31


@pytest.mark.parametrize("as_of", [date(2024, 2, 29), date(2026, 1, 1), date(2026, 12, 31)])
def test_any_day_will_do(as_of: date) -> None:
    assert len(demo_rows(as_of)["deals"]) == 160


def test_addresses_and_phones_belong_to_nobody() -> None:
    for row in ROWS["contacts"]:
        assert re.search(r"example\.(com|org)$", row["email"])
        assert row["phone"] is None or re.match(
            r"\+(44 20 7946 0|1 202 555 01|49 30 23125 )", row["phone"]
        )


def test_the_mess_is_there() -> None:
    assert any(isinstance(row["amount"], str) for row in ROWS["deals"])
    assert any(row["partner_id"] == "P-0099" for row in ROWS["deals"])
    assert any(row["stage"] == "lost" and not row["reason"] for row in ROWS["deals"])
    assert ROWS["partners"][2]["partner_type"] not in {c.value for c in LISTS["partner_type"]}


def test_packs_add_rows_and_change_none() -> None:
    for tab, rows in ROWS.items():
        assert FULL[tab][: len(rows)] == rows
    more = {tab for tab in FULL if len(FULL[tab]) > len(ROWS.get(tab, ()))}
    entry = {"touches", "customers", "contracts", "goals", "surveys"}
    assert more == {*entry, "money", "activity", "rates", "tier_history"}


@pytest.mark.parametrize("pack", PACKS)
def test_a_pack_has_the_same_rows_whatever_else_is_there(pack: str) -> None:
    alone = demo_rows(AS_OF, [pack])
    own = {tab.key for tab in tracker_of([pack]).tabs if tab.pack == pack}
    assert {tab: alone[tab] for tab in own & alone.keys()} == {
        tab: FULL[tab] for tab in own & FULL.keys()
    }


def test_rows_of_packs_use_declared_columns_and_known_partners_and_deals() -> None:
    tracker = tracker_of(PACKS)
    partners = {row["partner_id"] for row in FULL["partners"]}
    deals = {row["deal_id"] for row in FULL["deals"]}
    for tab in (*tracker.tabs,):
        rows = FULL.get(tab.key, [])
        assert {key for row in rows for key in row} <= {column.key for column in tab.columns}
        if tab.key in ("touches", "customers", "contracts", "surveys", "tier_history"):
            assert {row["partner_id"] for row in rows} <= {*partners, "DIRECT"}
    assert {row["deal_id"] for row in FULL["touches"]} <= deals
    ids = [row["entry_id"] for row in FULL["money"]]
    assert len(ids) == len(set(ids))


@pytest.mark.parametrize("as_of", [date(2024, 2, 29), date(2026, 1, 1), date(2026, 12, 31)])
def test_any_day_will_do_for_packs(as_of: date) -> None:
    told = demo_rows(as_of, PACKS)
    assert len({row["at"] for row in told["tier_history"]}) == 7
    assert max(row["date"] for row in told["money"] if isinstance(row["date"], date)) <= as_of
    assert {row["version"] for row in told["contracts"]} == {1, 2}
