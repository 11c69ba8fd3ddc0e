from __future__ import annotations

import re
from collections import Counter

import pytest

from sheetsync.catalog.entry import ENTRY_TABS
from sheetsync.catalog.lists import LISTS
from sheetsync.catalog.tracker import LEAN
from sheetsync.model.snapshot import bind
from sheetsync.model.tracker import AtMost, CellType, NeededWhen, NotBefore, Owner, Role, Tab, plain

TABLES = [tab for tab in LEAN.tabs if tab.columns]
COLUMNS = [(tab, column) for tab in TABLES for column in tab.columns]


def test_the_tabs_stand_in_the_agreed_order() -> None:
    assert [tab.key for tab in LEAN.tabs] == [
        "start",
        "dashboard",
        "partners",
        "contacts",
        "deals",
        "money",
        "activity",
        "interactions",
        "plan",
        "summary",
        "kpis",
        "issues",
        "settings",
        "log",
        "lists",
    ]


def test_twenty_five_cells_are_required_in_all() -> None:
    required = [c.key for tab in ENTRY_TABS for c in tab.columns if c.required]
    assert len(required) == 25


@pytest.mark.parametrize("name", sorted(LISTS))
def test_no_spelling_means_two_values(name: str) -> None:
    told = Counter(
        plain(spelling)
        for c in LISTS[name]
        for spelling in {plain(s) for s in (c.value, *c.aliases)}
    )
    assert [spelling for spelling, n in told.items() if n > 1] == []


@pytest.mark.parametrize("name", sorted(LISTS))
def test_a_list_value_survives_folding(name: str) -> None:
    assert all(
        plain(c.value) == plain(c.value.upper()) and c.value.strip() == c.value for c in LISTS[name]
    )


@pytest.mark.parametrize("tab", TABLES, ids=lambda tab: tab.key)
def test_every_header_finds_its_own_column(tab: Tab) -> None:
    titles = [c.title for c in tab.columns]
    assert bind(tab, titles) == {c.key: (i,) for i, c in enumerate(tab.columns)}
    assert bind(tab, [c.key for c in tab.columns]) == {
        c.key: (i,) for i, c in enumerate(tab.columns)
    }


@pytest.mark.parametrize("tab", TABLES, ids=lambda tab: tab.key)
def test_no_two_columns_answer_to_one_name(tab: Tab) -> None:
    told = Counter(
        name for c in tab.columns for name in {plain(n) for n in (c.title, c.key, *c.aliases)}
    )
    assert [name for name, n in told.items() if n > 1] == []


def test_columns_point_to_lists_and_tabs_that_exist() -> None:
    assert all(c.choices in LEAN.lists for _, c in COLUMNS if c.choices)
    assert all(c.choices for _, c in COLUMNS if c.type in (CellType.CHOICE, CellType.FLAG))
    assert all(LEAN.tab(c.ref).key_columns for _, c in COLUMNS if c.type is CellType.REF)


def test_keys_checks_and_defaults_name_what_is_there() -> None:
    for tab in TABLES:
        keys = {c.key for c in tab.columns}
        assert set(tab.key_columns) <= keys
        for check in tab.checks:
            assert check.column in keys
            if isinstance(check, NotBefore | AtMost | NeededWhen):
                assert check.other in keys
    for _, c in COLUMNS:
        if c.default and c.choices:
            assert c.default in {choice.value for choice in LEAN.lists[c.choices]}


def test_needed_when_names_values_and_groups_of_its_list() -> None:
    for tab in TABLES:
        for check in tab.checks:
            if isinstance(check, NeededWhen) and (check.values or check.groups):
                choices = LEAN.lists[tab.column(check.other).choices]
                assert set(check.values) <= {c.value for c in choices}
                assert set(check.groups) <= {c.group for c in choices}


def test_entry_tabs_end_with_the_check_column_of_sync() -> None:
    for tab in ENTRY_TABS:
        assert tab.columns[-1].key == "check"
        by_sync = {c.key for c in tab.columns if c.owner is Owner.SYNC}
        assert by_sync == ({"tier", "check"} if tab.key == "partners" else {"check"})


def test_computed_tabs_belong_to_sync_but_for_the_decision() -> None:
    for tab in LEAN.of_role(Role.COMPUTED, Role.LOG):
        by_people = {c.key for c in tab.columns if c.owner is Owner.USER}
        assert by_people == ({"decision"} if tab.key == "issues" else set())


def test_names_are_unique_and_fit_a_workbook() -> None:
    names = [tab.table for tab in TABLES] + [c.range_name for _, c in COLUMNS if c.range_name]
    names += [name for tab in LEAN.tabs for name in tab.names]
    assert len(set(map(str.casefold, names))) == len(names)
    assert all(re.fullmatch(r"[A-Za-z_][A-Za-z0-9_]*", n) and len(n) < 255 for n in names)
    assert all(len(tab.title) <= 31 for tab in LEAN.tabs)


def test_every_column_says_what_it_is() -> None:
    assert all(c.doc.endswith(".") and len(c.doc) <= 120 for _, c in COLUMNS)


def test_a_stage_has_its_class_and_probability() -> None:
    assert [(c.value, c.group, c.number) for c in LISTS["stage"]] == [
        ("lead", "open", 0.1),
        ("qualified", "open", 0.25),
        ("proposal", "open", 0.5),
        ("negotiation", "open", 0.75),
        ("won", "won", 1.0),
        ("lost", "lost", 0.0),
    ]
    assert {c.group for c in LISTS["money_kind"]} == {"revenue", "refund", "cost"}
