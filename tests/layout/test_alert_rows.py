"""The Alerts tab: ten per owner, and people's columns that go wherever their alert goes."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest

from sheetsync.catalog.tracker import tracker_of
from sheetsync.layout.alerts import alert_rows
from sheetsync.model.insight import Alert, Urgency
from sheetsync.model.snapshot import Snapshot, TableSnapshot

TRACKER = tracker_of(["insight"])
TAB = TRACKER.tab("alerts")
KEYS = [column.key for column in TAB.columns]
Record = dict[str, Any]


def alert(name: str, owner: str = "Team North", cause: str = "level:F01") -> Alert:
    return Alert(cause, "A01", Urgency.WARNING, name, owner, "F01", f"{name} fell", None, 5.0)


def seen(records: list[Record]) -> Snapshot:
    cells = tuple([record.get(key) for record in records] for key in KEYS)
    titles = tuple(column.title for column in TAB.columns)
    bound = {key: i for i, key in enumerate(KEYS)}
    rows = range(2, len(records) + 2)
    table = TableSnapshot("alerts", "Alerts", titles, bound, rows, cells)
    return Snapshot("book", "f", {"alerts": table})


def body(alerts: list[Alert], before: list[Record] | None = None) -> list[Record]:
    rows = alert_rows(alerts, 77, TRACKER, seen(before or []), {"P-0001": "Northwind Crafts"})
    return [dict(zip(KEYS, row, strict=True)) for row in rows]


def test_at_most_ten_per_owner_best_first() -> None:
    many = [alert(f"P-{i:04d}", "Team North" if i % 2 else "Team South") for i in range(1, 30)]
    told = body(many)
    assert [r["partner_id"] for r in told] == [f"P-{i:04d}" for i in range(1, 21)]
    assert {r["tests"] for r in told} == {77}
    assert told[0]["partner_name"] == "Northwind Crafts"


def test_the_name_of_the_kpi_stands_beside_its_id() -> None:
    (row,) = body([alert("P-0001")])
    assert (row["kpi"], row["kpi_name"]) == ("F01", "Sourced net revenue")


def test_what_people_wrote_moves_with_its_alert() -> None:
    first, second = alert("P-0001"), alert("P-0002")
    before = body([first, second])
    before[1] |= {"why": "price rise", "acknowledged": None}
    told = body([second, first], before)
    assert [(r["partner_id"], r["why"]) for r in told] == [
        ("P-0002", "price rise"),
        ("P-0001", None),
    ]


def test_another_rule_for_the_same_cause_keeps_what_was_written() -> None:
    before = body([alert("P-0001")])
    before[0]["why"] = "holiday"
    (told,) = body([replace(alert("P-0001"), rule="A06", evidence="more")], before)
    assert (told["rule"], told["why"]) == ("A06", "holiday")


@pytest.mark.parametrize("yes", ["yes", "Y", " x ", True, 1, "✓"])
def test_acknowledged_alerts_make_room_and_stay_below(yes: object) -> None:
    many = [alert(f"P-{i:04d}") for i in range(1, 13)]
    before = body(many)
    before[0]["acknowledged"] = yes
    told = body(many, before)
    assert [r["partner_id"] for r in told] == [*(f"P-{i:04d}" for i in range(2, 12)), "P-0001"]
    assert told[-1]["acknowledged"] == yes


def test_an_alert_that_people_wrote_on_is_shown_beyond_the_ten() -> None:
    many = [alert(f"P-{i:04d}") for i in range(1, 12)]
    before = body(many[10:])
    before[0]["why"] = "known"
    assert body(many, before)[-1]["why"] == "known"


def test_what_is_over_goes_unless_people_wrote_on_it() -> None:
    first, second = alert("P-0001"), alert("P-0002")
    before = body([first, second])
    before[1]["why"] = "price rise"
    (told,) = body([], before)
    assert (told["evidence"], told["why"]) == ("Over. P-0002 fell", "price rise")
    assert body([], [told]) == [told]


def test_a_cause_that_comes_back_is_told_again() -> None:
    one = alert("P-0001")
    before = body([one])
    before[0] |= {"why": "price rise", "acknowledged": "yes"}
    over = body([], before)
    again = body([one], over)
    assert [(r["alert_id"], r["acknowledged"]) for r in again] == [
        (f"{one.id}-2", None),
        (one.id, "yes"),
    ]
    assert body([one], again) == again


def test_planning_after_writing_changes_nothing() -> None:
    many = [alert(f"P-{i:04d}") for i in range(1, 13)]
    before = body(many)
    before[3] |= {"acknowledged": "yes", "why": "seen"}
    once = body(many[1:], before)
    assert body(many[1:], once) == once
