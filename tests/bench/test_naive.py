"""The yardstick does honest work: it finds every bad cell and writes back what was meant."""

import json
import os
import sys
from typing import Any

import pytest
from openpyxl import load_workbook

from tests.bench import measure, naive, naive_rows
from tests.bench.books import TITLES, plain_book
from tests.fakes.tracker_rows import AS_OF, Rows, tracker_rows


@pytest.fixture(scope="module")
def tabs() -> dict[str, Rows]:
    return tracker_rows(400, seed=5)


@pytest.fixture(scope="module", params=[(), ("--tuned",)], ids=["iterrows", "tuned"])
def told(
    request: pytest.FixtureRequest,
    tabs: dict[str, Rows],
    tmp_path_factory: pytest.TempPathFactory,
) -> dict[str, Any]:
    place = tmp_path_factory.mktemp("naive")
    book = plain_book(place / "in.xlsx", tabs)
    command = [sys.executable, naive.__file__, str(book), str(place / "out.xlsx")]
    _, said = measure.run([*command, "--as-of", str(AS_OF), *request.param], os.environ)
    return {**json.loads(said), "out": place / "out.xlsx"}


def test_every_bad_cell_is_an_issue_and_no_other(
    tabs: dict[str, Rows], told: dict[str, Any]
) -> None:
    bad = {(TITLES[tab], b.row + 2) for tab, rows in tabs.items() for b in rows.bad}
    with_issues = load_workbook(told["out"], read_only=True)["Naive Issues"]
    assert {row[:2] for row in with_issues.iter_rows(min_row=2, values_only=True)} == bad
    assert told["issues"] == len(bad)


def test_readable_rows_are_written_back_as_meant(
    tabs: dict[str, Rows], told: dict[str, Any]
) -> None:
    book = load_workbook(told["out"], read_only=True)
    for tab, rows in tabs.items():
        unreadable = {b.row for b in rows.bad}
        keys = tuple(rows.truth)
        written = book[TITLES[tab]].iter_rows(min_row=2, max_col=len(keys), values_only=True)
        for j, row in enumerate(written):
            if j not in unreadable:
                assert row == tuple(rows.truth[key][j] for key in keys)


def test_programme_revenue_is_that_of_the_readable_rows(
    tabs: dict[str, Rows], told: dict[str, Any]
) -> None:
    money, deals = tabs["money"], tabs["deals"]
    unreadable = {b.row for b in money.bad}
    role = dict(zip(deals.truth["deal_id"], deals.truth["role"], strict=True))
    booked, expected = set(), 0.0
    for j in set(range(len(money))) - unreadable:
        kind, deal = money.truth["kind"][j], money.truth["deal_id"][j]
        if kind in naive_rows.REVENUE:
            sign = -1 if kind == "refund" else 1
            booked |= {deal} if sign > 0 else set()
            expected += sign * money.truth["amount"][j] * (role[deal] == "sourced")
    skipped = {b.row for b in deals.bad}
    for j in set(range(len(deals))) - skipped:
        won = deals.truth["stage"][j] == "won" and deals.truth["role"][j] == "sourced"
        if won and deals.truth["deal_id"][j] not in booked:
            expected += deals.truth["amount"][j]
    assert told["programme"]["F01"] == pytest.approx(expected, abs=0.005)
