"""Small typed trackers, written by hand: rows as keyword dicts, everything else blank."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from datetime import date, datetime
from typing import Any

import pandas as pd

from sheetsync.catalog.kpis import KPIS
from sheetsync.catalog.tracker import LEAN
from sheetsync.engines.duckdb import DuckDb
from sheetsync.measure.measure import measure
from sheetsync.model.expr import Add, Count, Expr, Sub, Sum
from sheetsync.model.kpi import Grain
from sheetsync.model.results import Cleaned, CleanTable, KpiValue, Measured
from sheetsync.model.settings import Settings
from sheetsync.model.tracker import CellType, Owner, Tab, Tracker

TRACKER = Tracker(LEAN.tabs, LEAN.lists, KPIS)
AS_OF = date(2026, 3, 31)
YEAR = Settings(period_start=date(2025, 4, 1), period_end=AS_OF)
ENGINE = DuckDb()

_NUMBERS = {CellType.NUMBER, CellType.COUNT, CellType.MONEY, CellType.PERCENT, CellType.FLAG}
_TIMES = {CellType.DAY, CellType.MONTH, CellType.TIMESTAMP}

Row = dict[str, Any]


def day(text: str) -> datetime:
    return datetime.fromisoformat(text)


def partner(name: str, kind: str = "reseller", **more: Any) -> Row:
    return {"partner_id": name, "partner_type": kind, "status": "active"} | more


def deal(name: str, partner_id: str, stage: str, amount: float | None, **more: Any) -> Row:
    base = {"deal_id": name, "partner_id": partner_id, "stage": stage, "amount": amount}
    return base | {"role": "sourced", "created": day("2025-05-01")} | more


def won(name: str, partner_id: str, amount: float | None, on: str, **more: Any) -> Row:
    return deal(name, partner_id, "won", amount, closed=day(on), **more)


def lost(name: str, partner_id: str, on: str, **more: Any) -> Row:
    return deal(name, partner_id, "lost", 10.0, closed=day(on), **more)


def money(partner_id: str, kind: str, amount: float, on: str, **more: Any) -> Row:
    return {"partner_id": partner_id, "kind": kind, "amount": amount, "date": day(on)} | more


def month(partner_id: str, first: str, **counts: Any) -> Row:
    return {"partner_id": partner_id, "month": day(first)} | counts


def table(tab: Tab, rows: Sequence[Row]) -> CleanTable:
    columns: dict[str, Any] = {}
    for column in (c for c in tab.columns if c.owner is Owner.USER):
        cells = [row.get(column.key) for row in rows]
        if column.type in _NUMBERS:
            columns[column.key] = pd.Series(cells, dtype="float64")
        elif column.type in _TIMES:
            columns[column.key] = pd.to_datetime(pd.Series(cells, dtype="datetime64[us]"))
        else:
            columns[column.key] = pd.Series(cells, dtype=object)
    frame = pd.DataFrame(columns)
    frame["_row"] = range(2, len(rows) + 2)
    frame["_key"] = [str(i) for i in range(len(rows))]
    frame["_used"] = pd.Series([row.get("_used", True) for row in rows], dtype=bool)
    return CleanTable(tab.key, frame)


def book(**rows: Sequence[Row]) -> Cleaned:
    tabs = ("partners", "contacts", "deals", "money", "activity", "interactions", "plan")
    return Cleaned({key: table(TRACKER.tab(key), rows.get(key, ())) for key in tabs})


def run(cleaned: Cleaned, settings: Settings = YEAR, as_of: date = AS_OF) -> Measured:
    return measure(cleaned, TRACKER, settings, as_of, ENGINE)


def _adds(expr: Expr | None) -> bool:
    match expr:
        case Add() | Sub():
            return _adds(expr.left) and _adds(expr.right)
        case Sum() | Count():
            return not expr.everyone
    return False


ADDITIVE = {
    kpi.id: kpi.grains
    for kpi in KPIS
    if _adds(kpi.value) and not kpi.together and "NA" not in kpi.edges.split()
    if {Grain.PARTNER, Grain.PROGRAMME} <= set(kpi.grains)
}
"""KPIs with their grains whose values of partners and own sales make up that of the programme."""


def adds_up(found: dict[tuple[str, str, int], KpiValue], people: Iterable[str]) -> int:
    """Check every additive KPI, whole and by month, to the cent; return how many sums were."""
    names, checked = tuple(people), 0
    for kpi, grains in ADDITIVE.items():
        monthly = Grain.PARTNER_MONTH in grains
        for at in {m for k, g, m in found if k == kpi and not g and (monthly or not m)}:
            parts = [found[kpi, g, at].value or 0.0 for g in names if (kpi, g, at) in found]
            assert round(sum(parts), 2) == round(found[kpi, "", at].value or 0.0, 2), (kpi, at)
            checked += bool(parts)
    return checked


def look(measured: Measured) -> dict[tuple[str, str, int], KpiValue]:
    return {(v.kpi, v.group, v.month): v for v in measured.kpis}
