"""KPIs of a team's own, from a row of the KPI Catalogue to KPI Monthly."""

from __future__ import annotations

from datetime import datetime
from pathlib import Path
from typing import Any

from sheetsync.catalog.tracker import tracker_of
from tests.trackers import opened, synced, tracker_file

DAY = datetime(2026, 5, 4)
OWN = {
    "kpi": "X01",
    "name": "Referral quality",
    "unit": "ratio",
    "numerator": "Deals",
    "filter": "stage = won",
    "denominator": "Deals",
}
ROWS: dict[str, list[dict[str, Any]]] = {
    "partners": [
        {
            "partner_id": "P-0001",
            "partner_name": "Acme",
            "partner_type": "referral",
            "status": "active",
            "owner": "Ann",
        }
    ],
    "deals": [
        {
            "deal_id": f"D-{i}",
            "partner_id": "P-0001",
            "role": "sourced",
            "stage": stage,
            "created": DAY,
            "closed": DAY,
            "amount": 100,
            "reason": "price",
        }
        for i, stage in enumerate(("won", "won", "won", "lost"))
    ],
}


def file_with(tmp_path: Path, *catalogue: dict[str, Any]) -> Path:
    rows = {**ROWS, "catalogue": list(catalogue)}
    return tracker_file(tmp_path / "own.xlsx", rows, tracker_of(["settings"]))


def monthly(path: Path) -> dict[Any, tuple[Any, ...]]:
    rows = list(opened(path, data_only=True)["KPI Monthly"].values)
    keys = rows[0]
    places = [keys.index(name) for name in ("Name", "Value", "n", "Flag")]
    return {row[0]: tuple(row[i] for i in places) for row in rows[1:]}


def test_an_own_ratio_stands_on_kpi_monthly_with_its_evidence(tmp_path: Path) -> None:
    path = file_with(tmp_path, OWN)
    told = synced(path).study
    assert not [p for p in told.problems if p.tab == "catalogue"]
    found = monthly(path)
    assert found["X01|P-0001|period"] == ("Referral quality", 0.75, 4, "ok")
    assert found["X01|programme|202605"] == ("Referral quality", 0.75, 4, "ok")
    assert synced(path).status == "unchanged"


def test_a_bad_row_is_an_issue_that_says_what_is_wrong_and_the_rest_stays(tmp_path: Path) -> None:
    bad = {**OWN, "kpi": "X02", "numerator": "Deals.colour"}
    told = synced(file_with(tmp_path, OWN, bad)).study
    (problem,) = [p for p in told.problems if p.tab == "catalogue"]
    assert (problem.code, problem.column) == ("bad_user_kpi", "numerator")
    assert "colour" in problem.message
    assert {v.kpi for v in told.measured.kpis if v.kpi.startswith("X")} == {"X01"}
