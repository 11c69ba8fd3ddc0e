"""Packs add tabs and leave the lean tracker as it is."""

from __future__ import annotations

import re
from collections import Counter

import pytest

from sheetsync.catalog.kpis import KPIS
from sheetsync.catalog.packs import PACKS
from sheetsync.catalog.tabs import TABS
from sheetsync.catalog.tracker import FULL, LEAN, tracker_of
from sheetsync.model.snapshot import bind
from sheetsync.model.tracker import CellType, NeededWhen, Owner, Role, Tab, plain

PACK_TABS = [tab for tab in FULL.tabs if tab.pack]
COLUMNS = [(tab, column) for tab in PACK_TABS for column in tab.columns]


def test_the_lean_tracker_has_nothing_of_a_pack() -> None:
    assert LEAN.tabs == TABS
    assert not any(tab.pack for tab in LEAN.tabs)
    assert "touch_kind" not in LEAN.lists
    assert all(not kpi.pack for kpi in LEAN.kpis)


@pytest.mark.parametrize("pack", PACKS)
def test_a_pack_brings_its_tabs_in_the_order_of_all(pack: str) -> None:
    told = tracker_of([pack])
    new = [tab.key for tab in told.tabs if tab.pack]
    assert new == [tab.key for tab in PACK_TABS if tab.pack == pack] != []
    assert [t.key for t in told.tabs if not t.pack] == [t.key for t in LEAN.tabs]
    assert list(told.lists)[: len(LEAN.lists)] == list(LEAN.lists)


def test_all_packs_have_all_kpis() -> None:
    assert FULL.kpis == KPIS
    assert {kpi.pack for kpi in KPIS} <= {"", *PACKS}


def test_a_pack_that_is_not_there_is_named() -> None:
    with pytest.raises(ValueError, match="no pack voices; there are attribution, voice"):
        tracker_of(["voices"])


def test_only_the_pack_of_settings_shows_the_lists() -> None:
    assert tracker_of(["voice"]).tab("lists").hidden
    shown = tracker_of(["settings"])
    assert not shown.tab("lists").hidden
    assert [c.key for c in shown.tab("lists").columns] == list(shown.lists)


@pytest.mark.parametrize("tab", PACK_TABS, ids=lambda tab: tab.key)
def test_every_header_finds_its_own_column(tab: Tab) -> None:
    wanted = {c.key: (i,) for i, c in enumerate(tab.columns)}
    assert bind(tab, [c.title for c in tab.columns]) == wanted
    assert bind(tab, [c.key for c in tab.columns]) == wanted
    told = Counter(
        name for c in tab.columns for name in {plain(n) for n in (c.title, c.key, *c.aliases)}
    )
    assert max(told.values()) == 1


def test_columns_point_to_lists_and_tabs_that_exist() -> None:
    assert all(c.choices in FULL.lists for _, c in COLUMNS if c.choices)
    assert all(c.choices for _, c in COLUMNS if c.type in (CellType.CHOICE, CellType.FLAG))
    assert all(FULL.tab(c.ref).key_columns for _, c in COLUMNS if c.type is CellType.REF)


def test_keys_and_checks_name_what_is_there() -> None:
    for tab in PACK_TABS:
        keys = {c.key for c in tab.columns}
        assert set(tab.key_columns) <= keys
        for check in tab.checks:
            assert check.column in keys
            if isinstance(check, NeededWhen) and check.values:
                choices = FULL.lists[tab.column(check.other).choices]
                assert set(check.values) <= {c.value for c in choices}


@pytest.mark.parametrize("name", sorted(FULL.lists.keys() - LEAN.lists.keys()))
def test_no_spelling_means_two_values(name: str) -> None:
    spellings = ({plain(s) for s in (c.value, *c.aliases)} for c in FULL.lists[name])
    told = Counter(spelling for found in spellings for spelling in found)
    assert [spelling for spelling, n in told.items() if n > 1] == []


def test_names_are_unique_and_fit_a_workbook() -> None:
    names = [tab.table for tab in FULL.tabs if tab.table]
    assert len(set(map(str.casefold, names))) == len(names)
    assert all(re.fullmatch(r"[A-Za-z_][A-Za-z0-9_]*", n) for n in names)
    titles = [tab.title.casefold() for tab in FULL.tabs]
    assert len(set(titles)) == len(titles)


def test_every_column_says_what_it_is() -> None:
    assert all(c.doc.endswith(".") and len(c.doc) <= 120 for _, c in COLUMNS)


def test_only_alerts_have_columns_of_people_among_the_computed() -> None:
    for tab in PACK_TABS:
        if tab.role in (Role.COMPUTED, Role.LOG):
            by_people = {c.key for c in tab.columns if c.owner is Owner.USER}
            assert by_people == ({"why", "acknowledged"} if tab.key == "alerts" else set())
        if tab.role is Role.ENTRY:
            assert tab.columns[-1].key == "check"
