"""Blank codes for links are made of partners' names."""

from __future__ import annotations

from dataclasses import replace
from datetime import date

import pytest

from sheetsync.catalog.tracker import LEAN
from sheetsync.clean.clean import clean
from sheetsync.clean.slugs import new_slugs, slug_of
from sheetsync.model.settings import Settings
from sheetsync.model.snapshot import Snapshot, TableSnapshot
from tests.clean.small_tracker import with_fixes

KEYS = ("partner_id", "partner_name", "partner_type", "status", "owner", "utm_code")


def book(*rows):
    """A workbook of partners: id, name and code of each."""
    tab = LEAN.tab("partners")
    told = [(i, name, "reseller", "active", "Team", code) for i, name, code in rows]
    table = TableSnapshot(
        "partners",
        "Partners",
        tuple(tab.column(key).title for key in KEYS),
        {key: i for i, key in enumerate(KEYS)},
        range(2, 2 + len(rows)),
        tuple(map(list, zip(*told, strict=True))),
    )
    return Snapshot("b.xlsx", "f", {"partners": table})


def cleaned(found):
    return clean(found, LEAN, Settings(), date(2026, 3, 15), {})


def codes_made(found):
    return [(f.row, f.code, f.after) for f in cleaned(found).fixes if f.column == "utm_code"]


def test_blank_codes_get_the_slug_of_the_name_each_only_once():
    found = book(
        ("P-0001", "Café Ñandú & Søn", None),
        ("P-0002", "Windermere Cloud", "acme"),
        ("P-0003", "ACME", None),
        ("P-0004", "Acme!", " "),
    )
    assert codes_made(found) == [
        (2, "auto_id", "cafe-nandu-son"),
        (4, "auto_id", "acme-2"),
        (5, "auto_id", "acme-3"),
    ]
    assert codes_made(with_fixes(found, cleaned(found).fixes)) == []


@pytest.mark.parametrize(
    "row",
    [("P-0001", None, None), ("DIRECT", "Own shop", None), ("direct", "Own shop", None),
     ("P-0001", "日本", None)],
)  # fmt: skip
def test_rows_without_a_name_and_own_sales_get_none(row):
    assert codes_made(book(("P-0009", "Acme", "acme"), row)) == []


def test_a_column_that_is_not_there_gets_none():
    found = book(("P-0001", "Acme", None))
    table = found.tables["partners"]
    bound = {key: i for key, i in table.bound.items() if key != "utm_code"}
    assert codes_made(replace(found, tables={"partners": replace(table, bound=bound)})) == []


def test_a_code_in_words_is_suggested_and_a_code_that_stands_twice_is_told():
    found = book(("P-0001", "Acme", "Spring Sale"), ("P-0002", "Beta", "x"), ("P-0003", "C3", "X"))
    told = {(p.code, p.row, p.suggested) for p in cleaned(found).problems}
    assert told == {
        ("bad_slug", 2, "spring-sale"), ("duplicate", 3, None), ("duplicate", 4, None)
    }  # fmt: skip


def test_many_equal_names_are_numbered_in_one_go():
    assert new_slugs(["Acme"] * 5_000, [])[-1] == "acme-5000"
    assert slug_of("--") == ""
