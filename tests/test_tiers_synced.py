"""Tiers in a workbook: evaluated once a quarter, appended to Tier History, the same in between."""

from __future__ import annotations

from datetime import UTC, date, datetime
from pathlib import Path
from typing import Any

import pytest

from sheetsync.backends.xlsx.draw import draw
from sheetsync.backends.xlsx.workbook import XlsxWorkbook
from sheetsync.catalog.tracker import FULL, tracker_of
from sheetsync.console import as_json
from sheetsync.engines.duckdb import DuckDb
from sheetsync.layout.history import evaluations_in
from sheetsync.measure.tiers_steps import replay
from sheetsync.packs import add_packs
from sheetsync.sync import Outcome, sync
from tests.trackers import CREATED, opened, tracker_file, undone

INSIGHT = tracker_of(("insight",))
SETTINGS = [
    {"name": "tier_1", "value": "Silver 60"},
    {"name": "tier_2", "value": "Gold 75"},
    {"name": "tier_3", "value": "Platinum 90"},
    {"name": "scorecard_reseller", "value": "F01 100 0..100"},
    {"name": "period_start", "value": "2024-01-01"},
]
"""The score of a reseller is its revenue, from 0 to 100."""
SCORES = (62, 71, 76, 78, 73, 69, 68, 91)
DAYS = tuple(date(2024 + i // 4, 3 * (i % 4) + 2, 10) for i in range(8))


def ledger(name: str) -> list[dict[str, Any]]:
    """Rows whose sum on each of the days is the score of that quarter."""
    steps = [now - before for before, now in zip((0, *SCORES), SCORES, strict=False)]
    return [
        {
            "entry_id": f"M-{i:04d}",
            "partner_id": name,
            "date": datetime(day.year, day.month, 1),
            "kind": "sale" if step > 0 else "refund",
            "amount": abs(step),
            "currency": "EUR",
        }
        for i, (day, step) in enumerate(zip(DAYS, steps, strict=True), 1)
    ]


def partner(**more: Any) -> dict[str, Any]:
    return {
        "partner_id": "P-0001",
        "partner_name": "Northwind Crafts",
        "partner_type": "reseller",
        "status": "active",
        "owner": "Team North",
        "start_date": datetime(2023, 1, 1),
        "contract_status": "signed",
    } | more


def rows(**more: Any) -> dict[str, list[dict[str, Any]]]:
    return {"partners": [partner(**more)], "money": ledger("P-0001"), "settings": SETTINGS}


def at(path: Path, day: date) -> Outcome:
    book = XlsxWorkbook(path, template=lambda: draw(FULL, created=CREATED))
    now = datetime(day.year, day.month, day.day, 9, tzinfo=UTC)
    return sync(book, FULL, DuckDb(), now=now, as_of=day)


def history(path: Path) -> list[tuple[Any, ...]]:
    """Day, partner, score, target, tier and state of every row."""
    sheet = opened(path)["Tier History"]
    titles = [cell.value for cell in sheet[1]]
    wanted = ("As of", "Partner ID", "Score", "Target tier", "Tier", "State")
    found = [titles.index(title) for title in wanted]
    lines = sheet.iter_rows(min_row=2, values_only=True)
    return [tuple(line[i] for i in found) for line in lines if line[1]]


def summary(path: Path) -> dict[str, Any]:
    sheet = opened(path)["Partner Summary"]
    titles, values = ([cell.value for cell in row] for row in (sheet[1], sheet[2]))
    return dict(zip(titles, values, strict=True))


def test_the_golden_path_in_a_workbook(tmp_path: Path) -> None:
    path = tracker_file(tmp_path / "a.xlsx", rows(), INSIGHT)
    held = []
    for day in DAYS:
        assert at(path, day).status == "written"
        told = summary(path)
        held.append((told["Tier"], told["State"]))
    tiers = ["Silver", "Silver", "Gold", "Gold", "Gold", "Gold", "Silver", "Platinum"]
    states = ["steady", "steady", "up", "steady", "steady", "at risk 1/2", "down", "up"]
    assert held == list(zip(tiers, states, strict=True))
    found = history(path)
    assert [line[2] for line in found] == list(SCORES)
    assert [line[4:] for line in found] == held
    assert [line[0].date() for line in found] == list(DAYS)
    data = path.read_bytes()
    outcome = at(path, DAYS[-1])
    assert (outcome.status, path.read_bytes()) == ("unchanged", data)
    last = outcome.study
    told, _ = evaluations_in(last.tracker, last.seen)
    assert told is not None
    standing = replay(told)["P-0001"]
    assert (standing.tier, standing.state) == held[-1]


def test_a_later_day_of_the_quarter_moves_no_tier(tmp_path: Path) -> None:
    path = tracker_file(tmp_path / "a.xlsx", rows(), INSIGHT)
    at(path, DAYS[2])
    later = at(path, date(2024, 9, 30)).study.measured
    assert (later.tiers[0].tier, later.evaluations) == ("Gold", ())
    assert len(history(path)) == 1


def test_json_tells_state_target_and_health(tmp_path: Path) -> None:
    path = tracker_file(tmp_path / "a.xlsx", rows(), INSIGHT)
    at(path, DAYS[4])
    told = as_json(at(path, DAYS[5]), INSIGHT, 0)["tiers"]
    assert told == [
        {
            "partner_id": "P-0001",
            "tier": "Silver",
            "score": 69,
            "state": "steady",
            "target_tier": "Silver",
            "health": None,
            "direction": None,
        }
    ]


def test_without_tier_history_a_tier_is_that_of_today(tmp_path: Path) -> None:
    path = tracker_file(tmp_path / "a.xlsx", rows())
    for day, tier in ((DAYS[3], "Gold"), (DAYS[4], "Silver"), (DAYS[7], "Platinum")):
        at(path, day)
        assert (summary(path)["Tier"], summary(path)["State"]) == (tier, None)


def test_a_pack_added_later_begins_with_the_tiers_of_that_day(tmp_path: Path) -> None:
    path = tracker_file(tmp_path / "a.xlsx", rows())
    at(path, DAYS[3])
    add_packs(XlsxWorkbook(path), ["insight"], now=datetime(2024, 11, 11, tzinfo=UTC))
    at(path, DAYS[3])
    assert [line[2:] for line in history(path)] == [(78, "Gold", "Gold", "steady")]
    at(path, DAYS[4])
    assert [line[4] for line in history(path)] == ["Gold", "Gold"]


def test_undo_leaves_history_and_the_next_sync_adds_nothing_twice(tmp_path: Path) -> None:
    path = tracker_file(tmp_path / "a.xlsx", rows(), INSIGHT)
    at(path, DAYS[0])
    at(path, DAYS[2])
    undone(path, now=datetime(2024, 8, 11, tzinfo=UTC))
    at(path, DAYS[2])
    assert [line[0].date() for line in history(path)] == [DAYS[0], DAYS[2]]
    assert summary(path)["Tier"] == "Gold"


def test_a_history_without_its_column_is_told_and_left_alone(tmp_path: Path) -> None:
    path = tracker_file(tmp_path / "a.xlsx", rows(), INSIGHT)
    at(path, DAYS[2])
    book = opened(path)
    sheet = book["Tier History"]
    head = next(cell for cell in sheet[1] if cell.value == "State")
    head.value = "Remark"
    sheet.tables["tblTierHistory"].tableColumns[head.column - 1].name = "Remark"
    book.save(path)
    told = at(path, DAYS[5]).study
    problem = next(p for p in told.problems if p.tab == "tier_history")
    assert (problem.code, problem.found) == ("missing_column", "State")
    assert told.measured.tiers[0].tier == "Silver"
    assert opened(path)["Tier History"].max_row == 2
    assert at(path, DAYS[5]).status == "unchanged"


@pytest.mark.parametrize(
    ("until", "tier", "codes"),
    [
        (datetime(2025, 12, 31), "Platinum", set()),
        (datetime(2024, 8, 9), "Gold", {"override_ended"}),
        (None, "Gold", {"needed"}),
    ],
)
def test_an_override_in_a_workbook(
    tmp_path: Path, until: datetime | None, tier: str, codes: set[str]
) -> None:
    own = {"tier_override": "Platinum", "override_reason": "launch", "override_until": until}
    path = tracker_file(tmp_path / "a.xlsx", rows(**own), INSIGHT)
    told = at(path, DAYS[2]).study
    assert summary(path)["Tier"] == tier
    assert {p.code for p in told.problems if p.column.startswith("override")} == codes
    assert at(path, DAYS[2]).status == "unchanged"


def test_a_mode_and_its_own_settings_are_read(tmp_path: Path) -> None:
    more = [
        {"name": "tier_mode", "value": "Points"},
        {"name": "tier_points", "value": "f01 50; F02 3"},
        {"name": "growth_markets", "value": "India, BR"},
        {"name": "tier_months", "value": 13},
    ]
    told = {**rows(country="IN"), "settings": [*SETTINGS, *more]}
    study = at(tracker_file(tmp_path / "a.xlsx", told, INSIGHT), DAYS[0]).study
    assert study.settings.tier_points == {"F01": 50, "F02": 3}
    assert study.settings.growth_markets == ("IN", "BR")
    wrong = [p for p in study.problems if p.tab == "settings"]
    assert [(p.key, p.code) for p in wrong] == [("tier_months", "bad_setting")]
    assert study.measured.tiers[0].tier == "Silver"
    assert study.measured.tiers[0].why.startswith("62 points from F01 31; doubled, growth market.")


def test_programme_rates_keep_a_tier_where_it_is(tmp_path: Path) -> None:
    dollars = [row | {"currency": "USD"} for row in ledger("P-0001")]
    rates = [
        {"currency": "USD", "programme_rate": 1.0},
        *({"currency": "USD", "month": datetime(2024, m, 1), "rate": 0.5} for m in range(1, 13)),
    ]
    told = {**rows(), "money": dollars, "rates": rates, "settings": SETTINGS[3:]}
    told["settings"] = [*told["settings"], {"name": "rate_USD", "value": 0.5}]
    told["tiers"] = [{"tier": "Silver", "order": 1, "threshold": 60}]
    told["scorecard"] = [
        {"partner_type": "reseller", "kpi": "F01", "weight": 100, "floor": 0, "target": 100}
    ]
    path = tracker_file(tmp_path / "a.xlsx", told, tracker_of(("insight", "settings")))
    at(path, DAYS[0])
    assert (summary(path)["Score"], summary(path)["Revenue"]) == (62, 31)
    assert summary(path)["Tier"] == "Silver"
