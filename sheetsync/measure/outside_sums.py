"""Sums of rows of files that small fact tables are made of, as frames."""

# ruff: noqa: S608 -- names are ours
from __future__ import annotations

from typing import TYPE_CHECKING

from sheetsync.measure.facts_more import Ground
from sheetsync.measure.frames import framed
from sheetsync.measure.labels import Labels, labels
from sheetsync.measure.outside_rows import Rows
from sheetsync.model.engine import Engine

if TYPE_CHECKING:
    import pandas as pd


def reduced_revenue(
    rows: Rows, ground: Ground, wanted: frozenset[str], engine: Engine
) -> pd.DataFrame:
    """Return what ``wanted`` need of revenue: sums by partner and day, or each row.

    Commissions count rows: for them each one is read, with numbers for partners.
    """
    told = "SUM(f.amount) AS amount, MAX(f.rate_missing) AS rate_missing"
    group = " GROUP BY a.nth, b.nth, f.day, f.is_refund"
    if "commissions" in wanted:
        told, group = "f.amount, f.rate_missing", ""
    names = ground_partners(ground)
    numbered = framed({"partner_id": names}).assign(nth=range(len(names)))
    found = engine.run(
        f"SELECT a.nth AS partner, b.nth AS row_partner, f.day, f.is_refund, {told} "
        "FROM sale_rows AS f LEFT JOIN numbered AS a ON f.source = a.partner_id "
        f"LEFT JOIN numbered AS b ON f.row_partner = b.partner_id WHERE f.day IS NOT NULL{group}",
        {"sale_rows": rows["sale_rows"], "numbered": numbered},
    )
    codes = {
        name: found[name].fillna(len(names.distinct) - 1).to_numpy("int64")
        for name in ("partner", "row_partner")
    }
    return framed(
        {
            "partner_id": Labels(codes["partner"], names.distinct),
            "row_partner": Labels(codes["row_partner"], names.distinct),
            "day": found["day"].to_numpy("int64"),
            "is_refund": found["is_refund"].to_numpy("int8"),
            "amount": found["amount"].to_numpy("float64"),
            "rate_missing": found["rate_missing"].to_numpy("int8"),
        }
    )


def ground_partners(ground: Ground) -> Labels:
    """Every partner once."""
    import numpy as np

    ids = tuple(name for name in ground.types if name is not None)
    return Labels(np.arange(len(ids)), (*ids, None))


def reduced_sales(rows: Rows, ground: Ground, engine: Engine) -> pd.DataFrame:
    """Return sums by customer and day for the customers that the tab Customers has."""
    customers = labels(ground.rows("customers"), "customer_id")
    wanted = framed({"customer": customers}).dropna().drop_duplicates()
    found = engine.run(
        "SELECT f.customer, f.day, SUM(f.amount) AS amount, SUM(f.rate_missing) AS rate_missing "
        "FROM sale_rows AS f INNER JOIN wanted AS w ON f.customer = w.customer "
        "WHERE f.day IS NOT NULL GROUP BY f.customer, f.day",
        {"sale_rows": rows["sale_rows"], "wanted": wanted},
    )
    return framed(
        {
            "customer": labels(found, "customer"),
            "day": found["day"].to_numpy("int64"),
            "amount": found["amount"].to_numpy("float64"),
            "rate_missing": found["rate_missing"].to_numpy("float64"),
        }
    )
