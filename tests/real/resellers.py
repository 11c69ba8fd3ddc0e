"""A firm's real reseller sales, typed into a tracker, and their totals counted a second way.

Reads the CSV files of ``../shared/data/resellers`` beside the repository: 701 resellers become
Partners (names as found, two of them twice; country names as typed; the business type, "Ware
House" among them, as the segment), 57,851 order lines become Money rows of kind ``sale``. The
lines' product costs are left out on purpose: they are the cost of goods sold, and F05 counts
what a partnership costs. The second way uses nothing but the csv module and Decimal.

Rounding: the amounts have two decimals. Sums of doubles may miss the exact sum by less than
half a cent in 77 million, so money is compared to the cent.

Run ``python tests/real/resellers.py OUT.xlsx`` to make the tracker and look at it.
"""

from __future__ import annotations

import csv
import sys
from collections import Counter, defaultdict
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date, datetime
from decimal import Decimal
from functools import cached_property
from pathlib import Path
from typing import Any

ROOT = Path(__file__).resolve().parents[2]
if __name__ == "__main__":
    sys.path.insert(0, str(ROOT))

from tests.bench.books import drawn_book  # noqa: E402

FOLDER = ROOT.parent / "shared" / "data" / "resellers"
PERIOD = date(2017, 7, 1), date(2020, 5, 31)
AS_OF = date(2020, 6, 30)
CURRENCY = "USD"

Record = dict[str, str]


def tracker_book(path: Path, data: Resellers) -> Path:
    """Type the files into a tracker whose period covers all 35 months; US dollars throughout."""
    start, end = PERIOD
    rows = {"partners": data.partners(), "money": data.money()}
    told = {"period_start": start, "period_end": end, "reporting_currency": CURRENCY}
    return drawn_book(path, rows, **told)


def records(path: Path) -> list[Record]:
    """The rows of a CSV file, which may begin with a byte order mark."""
    with path.open(encoding="utf-8-sig", newline="") as file:
        return list(csv.DictReader(file))


def partner_id(reseller_key: str) -> str:
    """A reseller's id in the tracker."""
    return f"R-{int(reseller_key):04d}"


@dataclass(frozen=True)
class Resellers:
    """The files as records."""

    resellers: list[Record]
    lines: list[Record]
    products: dict[str, str]

    @classmethod
    def read(cls, folder: Path = FOLDER) -> Resellers:
        """Read the three files that the tracker is made of."""
        products = {r["ProductKey"]: r["Product"] for r in records(folder / "Product.csv")}
        return cls(
            records(folder / "Resellers.csv"), records(folder / "FactResellerSales.csv"), products
        )

    def partners(self) -> list[dict[str, Any]]:
        """The Partners tab, by column key."""
        return [
            {
                "partner_id": partner_id(r["ResellerKey"]),
                "partner_name": r["ResellerName"],
                "partner_type": "reseller",
                "status": "active",
                "owner": "Reseller desk",
                "country": r["Country_Region"],
                "region": r["StateProvinceName"],
                "segment": r["BusinessType"],
                "contract_status": "signed",
            }
            for r in self.resellers
        ]

    def money(self) -> list[dict[str, Any]]:
        """The Money tab, by column key: one sale per order line, none of its costs."""
        seen: Counter[str] = Counter()
        rows = []
        for line in self.lines:
            order = line["SalesOrderNumber"]
            seen[order] += 1
            rows.append(
                {
                    "entry_id": f"{order}-{seen[order]}",
                    "date": datetime.fromisoformat(line["OrderDate"]),
                    "partner_id": partner_id(line["ResellerKey"]),
                    "kind": "sale",
                    "amount": float(line["SalesAmount"]),
                    "product": self.products[line["ProductKey"]],
                    "document": order,
                }
            )
        return rows

    # ---- the second way: csv and Decimal only ----

    @cached_property
    def by_month(self) -> dict[int, Decimal]:
        """Sales per month (yyyymm)."""
        return _sums((_month(line), line) for line in self.lines)

    @cached_property
    def by_partner(self) -> dict[str, Decimal]:
        """Sales per partner that sold anything."""
        return _sums((partner_id(line["ResellerKey"]), line) for line in self.lines)

    @cached_property
    def by_partner_month(self) -> dict[tuple[str, int], Decimal]:
        """Sales per partner and month."""
        return _sums(((partner_id(line["ResellerKey"]), _month(line)), line) for line in self.lines)

    @cached_property
    def lines_of(self) -> Counter[str]:
        """Order lines per partner."""
        return Counter(partner_id(line["ResellerKey"]) for line in self.lines)

    @property
    def total(self) -> Decimal:
        """All sales."""
        return sum(self.by_month.values(), Decimal(0))

    @property
    def silent(self) -> set[str]:
        """Partners that never sold."""
        return {partner_id(r["ResellerKey"]) for r in self.resellers} - set(self.by_partner)

    @property
    def names_twice(self) -> set[str]:
        """Reseller names that more than one reseller has."""
        often = Counter(r["ResellerName"] for r in self.resellers)
        return {name for name, times in often.items() if times > 1}

    def partners_to(self, share: Decimal) -> int:
        """The number of best partners who together make ``share`` of the sales."""
        wanted, so_far = share * self.total, Decimal(0)
        for count, amount in enumerate(sorted(self.by_partner.values(), reverse=True), start=1):
            so_far += amount
            if so_far >= wanted:
                return count
        return len(self.by_partner)

    def top_fifth(self) -> Decimal:
        """The share of the best fifth, rounded up, of the partners that sold."""
        best = sorted(self.by_partner.values(), reverse=True)
        return sum(best[: -(-len(best) // 5)], Decimal(0)) / self.total

    def hhi(self) -> Decimal:
        """The sum of the squared shares."""
        return sum(((v / self.total) ** 2 for v in self.by_partner.values()), Decimal(0))

    def gini(self) -> Decimal:
        """The Gini coefficient over the partners that sold."""
        ordered = sorted(self.by_partner.values())
        n = len(ordered)
        weighted = sum(((2 * i - n - 1) * v for i, v in enumerate(ordered, start=1)), Decimal(0))
        return weighted / (n * self.total)


def _month(line: Record) -> int:
    return int(line["OrderDate"][:4]) * 100 + int(line["OrderDate"][5:7])


def _sums(pairs: Iterable[tuple[Any, Record]]) -> dict[Any, Decimal]:
    sums: defaultdict[Any, Decimal] = defaultdict(Decimal)
    for key, line in pairs:
        sums[key] += Decimal(line["SalesAmount"])
    return dict(sums)


if __name__ == "__main__":
    print(tracker_book(Path(sys.argv[1]), Resellers.read()))
