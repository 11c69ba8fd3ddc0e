"""The reseller files are what their readme says, counted without sheetsync."""

from decimal import Decimal

import pytest

from tests.real.resellers import FOLDER, Resellers

pytestmark = pytest.mark.skipif(
    not FOLDER.is_dir(), reason="the reseller data is not beside this repository"
)


@pytest.fixture(scope="module")
def data() -> Resellers:
    return Resellers.read()


def test_counts(data: Resellers) -> None:
    assert (len(data.resellers), len(data.lines)) == (701, 57_851)
    assert (len(data.by_partner), len(data.silent), len(data.by_month)) == (632, 69, 35)
    assert sum(line["TotalProductCost"] == "NULL" for line in data.lines) == 76


def test_sales_to_the_cent(data: Resellers) -> None:
    assert data.total == Decimal("77548570.20")
    assert sum(data.by_partner.values()) == data.total
    assert sum(data.by_partner_month.values()) == data.total


def test_concentration(data: Resellers) -> None:
    assert data.partners_to(Decimal("0.8")) == 184


def test_mess_is_kept_as_found(data: Resellers) -> None:
    assert data.names_twice == {"Sports Products Store", "Friendly Bike Shop"}
    segments = {row["segment"] for row in data.partners()}
    assert {"Warehouse", "Ware House"} <= segments
    assert {row["country"] for row in data.partners()} >= {"United States", "United Kingdom"}


def test_every_line_is_a_sale_with_its_own_id(data: Resellers) -> None:
    rows = data.money()
    assert len({row["entry_id"] for row in rows}) == len(rows) == 57_851
    assert {row["kind"] for row in rows} == {"sale"}
