"""The yardstick and the product compute the same numbers, so that comparing their cost is fair.

On a tracker without truly bad cells: with them, the naive script leaves out whole rows where the
product leaves out one cell.
"""

import json
import os
from datetime import datetime
from pathlib import Path

import pandas as pd
import pytest

from tests.bench import measure, naive, naive_kpis
from tests.bench.bench_sync import sync_command
from tests.bench.books import tracker_book
from tests.fakes.tracker_rows import AS_OF, tracker_rows

SAME = (
    "F01", "F05", "F06", "F07", "F09", "S01", "S02", "S04", "S05", "S06", "S08", "S08m", "S09",
    "S09m", "E01", "E03", "E05", "E06", "P01", "P03", "R10", "T01",
)  # fmt: skip
SAME_MONTHLY = ("F01", "F05", "S01", "S02", "E01", "E03", "E05", "E06", "R10")
END = datetime(AS_OF.year, AS_OF.month, AS_OF.day)

Told = dict[tuple[str, str, int], float]


@pytest.fixture(scope="module")
def book(tmp_path_factory: pytest.TempPathFactory) -> Path:
    place = tmp_path_factory.mktemp("same")
    return tracker_book(place / "book.xlsx", tracker_rows(3_000, seed=11, bad=0))


@pytest.fixture(scope="module")
def theirs(book: Path) -> Told:
    """The naive script's numbers by KPI, partner and month (0: the whole period)."""
    frames, issues, _ = naive.cleaned(str(book))
    assert issues == []
    naive_kpis.prepare(frames, END)
    summary = naive_kpis.summary_of(frames, END)
    monthly = naive_kpis.monthly_of(frames)
    told = {(k, p, 0): v for k in SAME for p, v in summary[k].items()}
    told |= {(k, p, int(m)): v for k in SAME_MONTHLY for (p, m), v in monthly[k].items()}
    return {key: float(v) for key, v in told.items() if pd.notna(v)}


@pytest.fixture(scope="module")
def ours(book: Path) -> tuple[Told, set[tuple[str, str]]]:
    """The product's numbers likewise, and the KPIs that do not apply to a partner."""
    env = {**os.environ, "HOME": str(book.parent), "XDG_STATE_HOME": str(book.parent)}
    told = json.loads(measure.run([*sync_command(book), "--json"], env)[1])
    assert [i for i in told["issues"] if i["severity"] == "error"] == []
    numbers: Told = {}
    foreign = set()
    for k in told["kpis"]:
        partner = k["partner_id"] or ""
        if not partner.startswith("P-"):
            continue
        month = int(k["month"].replace("-", "")) if k["month"] else 0
        if k["flag"] == "not applicable":
            foreign.add((k["kpi"], partner))
        elif k["value"] is not None:
            numbers[k["kpi"], partner, month] = k["value"]
    return numbers, foreign


@pytest.mark.parametrize("kpi", SAME)
def test_same_number_for_every_partner_and_month(
    kpi: str, theirs: Told, ours: tuple[Told, set[tuple[str, str]]]
) -> None:
    numbers, foreign = ours
    monthly = kpi in SAME_MONTHLY
    mine = {k: v for k, v in numbers.items() if k[0] == kpi and (monthly or not k[2])}
    expected = {
        k: v for k, v in theirs.items() if k[0] == kpi and (kpi, k[1]) not in foreign and k in mine
    }
    assert expected
    assert mine == pytest.approx(expected, rel=1e-9, abs=1e-6)
