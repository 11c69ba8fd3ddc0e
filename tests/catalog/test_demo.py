from __future__ import annotations

import re
from datetime import date

import pytest

from sheetsync.catalog.demo import SKETCHES, demo_rows
from sheetsync.catalog.lists import LISTS
from sheetsync.catalog.tracker import LEAN

AS_OF = date(2026, 2, 28)
ROWS = demo_rows(AS_OF)


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
