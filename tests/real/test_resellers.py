"""A real firm's 57,851 sales through a whole sync, against totals counted a second way.

See tests/real/resellers.py for how the files become a tracker and for the rounding rule.
"""

import json
import os
import subprocess
import sys
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest

from tests.real.resellers import AS_OF, FOLDER, Resellers, tracker_book

pytestmark = pytest.mark.skipif(
    not FOLDER.is_dir(), reason="the reseller data is not beside this repository"
)
CENT = 0.005
NAME = ("Partners", "Partner name")
COMMAND = [sys.executable, "-c", "from sheetsync.cli import main; main()"]


def sync(path: Path) -> dict[str, Any]:
    env = {**os.environ, "HOME": str(path.parent), "XDG_STATE_HOME": str(path.parent / "state")}
    command = [*COMMAND, "sync", str(path), "--json", "--as-of", str(AS_OF)]
    done = subprocess.run(command, env=env, capture_output=True, check=False, text=True)
    assert done.returncode == 0, done.stdout[-2000:] + done.stderr[-2000:]
    return json.loads(done.stdout)


@pytest.fixture(scope="module")
def data() -> Resellers:
    return Resellers.read()


@pytest.fixture(scope="module")
def book(data: Resellers, tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tracker_book(tmp_path_factory.mktemp("resellers") / "resellers.xlsx", data)


@pytest.fixture(scope="module")
def told(book: Path) -> dict[str, Any]:
    return sync(book)


def values(told: dict[str, Any], kpi: str) -> dict[tuple[str | None, str | None], dict[str, Any]]:
    """A KPI's values by partner id (None: the programme) and month (None: the whole period)."""
    return {(k["partner_id"], k["month"]): k for k in told["kpis"] if k["kpi"] == kpi}


def money(value: float | None) -> float:
    assert value is not None
    return value


def test_every_row_is_read_and_counts(told: dict[str, Any]) -> None:
    assert told["tabs"]["Partners"] == {"rows": 701, "used": 701, "excluded": 0}
    assert told["tabs"]["Money"] == {"rows": 57_851, "used": 57_851, "excluded": 0}


def test_programme_revenue_to_the_cent(told: dict[str, Any], data: Resellers) -> None:
    whole = values(told, "F01")[None, None]
    assert money(whole["value"]) == pytest.approx(float(data.total), abs=CENT)
    assert (whole["n"], whole["flag"]) == (57_851, "ok")


def test_revenue_of_every_reseller(told: dict[str, Any], data: Resellers) -> None:
    f01 = values(told, "F01")
    for partner, amount in data.by_partner.items():
        one = f01[partner, None]
        assert money(one["value"]) == pytest.approx(float(amount), abs=CENT)
        assert one["n"] == data.lines_of[partner]


def test_revenue_of_every_month(told: dict[str, Any], data: Resellers) -> None:
    f01 = values(told, "F01")
    found = {month: k["value"] for (group, month), k in f01.items() if group is None and month}
    expected = {f"{m // 100}-{m % 100:02d}": float(v) for m, v in data.by_month.items()}
    assert found == pytest.approx(expected, abs=CENT)


def test_revenue_of_every_reseller_in_every_month(told: dict[str, Any], data: Resellers) -> None:
    found = {
        key: k["value"]
        for key, k in values(told, "F01").items()
        if None not in key and k["value"] is not None
    }
    expected = {
        (partner, f"{m // 100}-{m % 100:02d}"): float(v)
        for (partner, m), v in data.by_partner_month.items()
    }
    assert found == pytest.approx(expected, abs=CENT)


def test_resellers_without_a_sale_have_no_data_not_zero(
    told: dict[str, Any], data: Resellers
) -> None:
    f01 = values(told, "F01")
    partners = {p for p, month in f01 if p and p.startswith("R-") and not month}
    silent = {p for p in partners if f01[p, None]["flag"] == "no data"}
    assert silent == data.silent
    assert len(silent) == 69
    assert {f01[p, None]["value"] for p in silent} == {None}


def test_concentration(told: dict[str, Any], data: Resellers) -> None:
    assert values(told, "F20a")[None, None]["value"] == data.partners_to(Decimal("0.8")) == 184
    for kpi, expected in (("F20", data.top_fifth()), ("F20b", data.gini()), ("F20c", data.hhi())):
        assert values(told, kpi)[None, None]["value"] == pytest.approx(float(expected), rel=1e-9)


def test_without_own_sales_there_is_no_share_of_the_company(told: dict[str, Any]) -> None:
    share = values(told, "F09")[None, None]
    assert (share["value"], share["flag"]) == (None, "no base")


def test_nothing_earlier_means_no_growth_rate(told: dict[str, Any]) -> None:
    growth = values(told, "F19")[None, None]
    assert growth["value"] is None
    assert growth["flag"] in {"no base", "no data"}


def test_goods_sold_are_no_partner_cost(told: dict[str, Any]) -> None:
    cost = values(told, "F05")[None, None]
    assert (cost["value"], cost["flag"]) == (None, "no data")
    assert values(told, "F06")[None, None]["flag"] == "no base"


def test_names_that_stand_twice_are_on_issues(told: dict[str, Any], data: Resellers) -> None:
    names = [i["found"] for i in told["issues"] if (i["tab"], i["column"]) == NAME]
    for name in data.names_twice:
        assert any(found.startswith(name) for found in names), name


def test_country_names_become_codes(told: dict[str, Any]) -> None:
    fixes = [f for f in told["fixes"] if f["column"] == "Country"]
    pairs = {(f["before"], f["after"]) for f in fixes}
    assert len(fixes) == 701
    assert {("United States", "US"), ("United Kingdom", "GB"), ("Germany", "DE")} <= pairs


def test_a_second_sync_changes_no_byte(told: dict[str, Any], book: Path) -> None:
    synced = book.read_bytes()
    assert sync(book)["status"] == "unchanged"
    assert book.read_bytes() == synced
