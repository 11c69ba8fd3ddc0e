"""Facts in files used through a workbook: journeys credited as published, then silence."""

from __future__ import annotations

import csv
from collections.abc import Iterable, Sequence
from datetime import datetime
from pathlib import Path
from typing import Any

import pytest

from sheetsync.catalog.tracker import tracker_of
from tests.measure.journeys import FILE, published
from tests.trackers import synced, tracker_file

SHARED = tracker_of(["attribution"])
VALUE = 1_000_000
PERIOD = [
    {"name": "period_start", "value": "2025-07-01"},
    {"name": "period_end", "value": "2026-06-30"},
]


def table(path: Path, head: Sequence[str], rows: Iterable[Sequence[Any]]) -> str:
    with path.open("w", newline="", encoding="utf-8") as out:
        csv.writer(out).writerows([head, *rows])
    return str(path)


def book(path: Path, names: Iterable[str], **more: Any) -> Path:
    partners = [
        {"partner_id": n, "partner_name": n, "partner_type": "reseller", "status": "active",
         "owner": "Team North", "start_date": datetime(2024, 1, 1)}
        for n in names
    ]  # fmt: skip
    return tracker_file(path, {"partners": partners, **more}, SHARED)


@pytest.mark.skipif(
    not FILE.is_file(), reason="the published journeys are not beside this repository"
)
def test_published_journeys_in_files_are_credited_as_published(tmp_path: Path) -> None:
    deals: list[Sequence[Any]] = []
    touches: list[Sequence[Any]] = []
    for i, (path, won, lost) in enumerate(published()):
        players = path.split(" > ")
        for k in range(won + lost):
            stage = "won" if k < won else "lost"
            deals.append((f"{i}.{k}", "DIRECT", stage, VALUE, "2026-03-10", "2026-03-01"))
            touches += [(f"{i}.{k}", player, "2026-03-05") for player in players]
    files = {
        "facts_deals": table(
            tmp_path / "deals.csv",
            ("deal_id", "partner_id", "stage", "amount", "closed", "created"),
            deals,
        ),
        "facts_touches": table(
            tmp_path / "touches.csv", ("deal_id", "partner_id", "date"), touches
        ),
    }
    settings = [{"name": name, "value": value} for name, value in files.items()]
    names = sorted({player for _, player, _ in touches})
    tracker = book(tmp_path / "journeys.xlsx", names, settings=[*PERIOD, *settings])
    measured = synced(tracker).study.measured
    assert measured is not None
    report = measured.attribution
    assert report is not None
    told = {c.partner_id: c for c in report.totals}
    assert {k: told[k].first for k in ("alpha", "iota", "eta")} == {
        "alpha": 6308 * VALUE, "iota": 4606 * VALUE, "eta": 3164 * VALUE,
    }  # fmt: skip
    assert {k: told[k].last for k in ("alpha", "iota", "eta")} == {
        "alpha": 8447 * VALUE, "iota": 3355 * VALUE, "eta": 4167 * VALUE,
    }  # fmt: skip
    linear = {"alpha": 7574.718594, "iota": 3857.096221, "eta": 3539.951157}
    assert {k: (told[k].linear or 0) / VALUE for k in linear} == pytest.approx(linear, abs=2e-6)
    assert sum(c.linear or 0 for c in report.totals) == pytest.approx(19785 * VALUE, abs=0.01)


def test_a_second_sync_with_touches_and_files_is_silent(tmp_path: Path) -> None:
    touches = [
        {"deal_id": "D-0001", "partner_id": f"P-000{i}", "date": datetime(2026, 3, i),
         "kind": "demo"}
        for i in (1, 2)
    ]  # fmt: skip
    deals = [
        {"deal_id": "D-0001", "partner_id": "P-0001", "role": "sourced", "stage": "won",
         "created": datetime(2026, 2, 1), "closed": datetime(2026, 3, 10), "amount": 100.0,
         "currency": "EUR"}
    ]  # fmt: skip
    more = [("D-0001", "P-0002", "2026-03-04"), ("D-0001", "P-0002", "2026-03-05")]
    file = table(tmp_path / "more.csv", ("deal_id", "partner_id", "date"), more)
    settings = [*PERIOD, {"name": "facts_touches", "value": file}]
    path = book(
        tmp_path / "shared.xlsx", ("P-0001", "P-0002"),
        deals=deals, touches=touches, settings=settings,
    )  # fmt: skip
    measured = synced(path).study.measured
    assert measured is not None
    credited = {
        v.group: v.value for v in measured.kpis if v.kpi == "F03" and v.group and not v.month
    }
    assert (credited["P-0001"], credited["P-0002"]) == (25, 75)
    before = path.read_bytes()
    synced(path)
    assert path.read_bytes() == before
