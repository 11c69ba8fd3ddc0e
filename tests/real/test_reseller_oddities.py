"""What is odd in a firm's reseller files stands on Issues, and its totals stay right beside it.

Here the files are typed in as found, with the packs goals and settings: the business type as the
partner type (its proper values added to the list on the tab Lists), the order lines of the first
half year, a cost row for each of them whose cost is NULL, and the sales targets of that half year,
months across and in thousands, as a goal of the programme.
"""

from collections import Counter
from collections.abc import Iterator
from dataclasses import replace
from datetime import date
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest

from sheetsync.catalog.tracker import tracker_of
from sheetsync.model.tracker import Choice
from sheetsync.sync import Outcome
from tests.real.resellers import CURRENCY, FOLDER, Resellers, partner_id, records
from tests.trackers import opened, synced, tracker_file

pytestmark = pytest.mark.skipif(
    not FOLDER.is_dir(), reason="the reseller data is not beside this repository"
)
TYPES = ("Specialty Bike Shop", "Warehouse")
PERIOD = date(2017, 7, 1), date(2017, 12, 31)
AS_OF = date(2018, 1, 31)


def target() -> int:
    """The half year's sales target: cells are thousands, blank and NULL are none."""
    rows = [r for r in records(FOLDER / "ResellerSalesTargets.csv") if r["Year"] == "2017"]
    cells = [row[f"M{month:02d}"] for row in rows for month in range(7, 13)]
    return sum(1000 * int(cell) for cell in cells if cell not in ("", "NULL"))


def costs(data: Resellers) -> list[dict[str, Any]]:
    """A cost row for each line without a cost, as a person would copy it."""
    return [
        {
            "entry_id": f"{line['SalesOrderNumber']}-cost-{n}",
            "date": date.fromisoformat(line["OrderDate"]),
            "partner_id": partner_id(line["ResellerKey"]),
            "kind": "product",
            "amount": None if n % 2 else line["TotalProductCost"],
        }
        for n, line in enumerate(data.lines)
        if line["TotalProductCost"] == "NULL"
    ]


def goal() -> dict[str, Any]:
    start, end = PERIOD
    span = {"from": start, "to": end, "target": target(), "baseline": 0}
    return {"partner_id": "ALL", "kpi": "F01", "owner": "Sales desk", **span}


@pytest.fixture(scope="module")
def data() -> Resellers:
    told = Resellers.read()
    return replace(told, lines=[r for r in told.lines if r["OrderDate"] < "2018"])


@pytest.fixture(scope="module")
def book(data: Resellers, tmp_path_factory: pytest.TempPathFactory) -> Path:
    tracker = tracker_of(["goals", "settings"])
    kinds = (*tracker.lists["partner_type"], *map(Choice, TYPES))
    typed = {r["ResellerKey"]: r["BusinessType"] for r in data.resellers}
    named = {partner_id(key): kind for key, kind in typed.items()}
    partners = [{**row, "partner_type": named[row["partner_id"]]} for row in data.partners()]
    start, end = PERIOD
    days = {"period_start": start.isoformat(), "period_end": end.isoformat()}
    told = {**days, "reporting_currency": CURRENCY}
    rows = {
        "partners": partners,
        "money": [*data.money(), *costs(data)],
        "goals": [goal()],
        "settings": [{"name": name, "value": value} for name, value in told.items()],
    }
    wider = replace(tracker, lists={**tracker.lists, "partner_type": kinds})
    path = tmp_path_factory.mktemp("odd") / "resellers.xlsx"
    return tracker_file(path, rows, wider)


@pytest.fixture(scope="module")
def told(book: Path) -> Iterator[Outcome]:
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("SHEETSYNC_STATE", str(book.parent / "state"))
        yield synced(book, as_of=AS_OF)


def issues(book: Path, tab: str, column: str) -> list[dict[str, Any]]:
    """Lines of the tab Issues, as a person reads them."""
    header, *rows = opened(book)["Issues"].iter_rows(values_only=True)
    lines = [dict(zip(header, row, strict=True)) for row in rows]
    return [line for line in lines if (line["Tab"], line["Column"]) == (tab, column)]


def test_misspelt_types_are_listed_with_the_right_spelling(told: Outcome, book: Path) -> None:
    found = issues(book, "Partners", "Partner type")
    assert [(i["Found"], i["Suggested"]) for i in found] == [("Ware House", "Warehouse")] * 5


def test_names_that_stand_twice_are_listed(told: Outcome, book: Path, data: Resellers) -> None:
    found = issues(book, "Partners", "Partner name")
    for name in data.names_twice:
        assert any(name in str(line["Found"]) for line in found), name


def test_every_blank_cost_is_listed(told: Outcome, book: Path) -> None:
    found = issues(book, "Money", "Amount")
    assert len(found) == 76
    assert {line["Found"] for line in found} == {"(empty)", "NULL"}


def test_nothing_else_is_an_error(told: Outcome) -> None:
    errors = Counter((p.tab, p.column) for p in told.study.problems if p.severity == "error")
    assert set(errors) == {("partners", "partner_type"), ("money", "amount")}


def test_totals_leave_out_just_the_odd_rows(told: Outcome, data: Resellers) -> None:
    whole = next(v for v in told.study.measured.kpis if (v.kpi, v.group, v.month) == ("F01", "", 0))
    assert whole.value == pytest.approx(float(data.total - lost(data)), abs=0.005)


def lost(data: Resellers) -> Decimal:
    """Sales of the resellers whose type is misspelt: they wait for an answer on Issues."""
    odd = {r["ResellerKey"] for r in data.resellers if r["BusinessType"] == "Ware House"}
    amounts = [Decimal(r["SalesAmount"]) for r in data.lines if r["ResellerKey"] in odd]
    return sum(amounts, Decimal(0))


def test_the_goal_is_attained_as_far_as_the_files_say(told: Outcome, data: Resellers) -> None:
    (found,) = told.study.measured.insight.goals
    assert found.attained == pytest.approx(float(data.total - lost(data)) / target(), rel=1e-9)
