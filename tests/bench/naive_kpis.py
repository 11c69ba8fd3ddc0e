"""The naive script's KPIs: one groupby each, per partner and per partner and month."""

from __future__ import annotations

from datetime import datetime

import numpy as np
import pandas as pd

from tests.bench.naive_rows import COST, REVENUE, Deal, Item, Money

STAGE_PROBABILITY = {"lead": 0.10, "qualified": 0.25, "proposal": 0.50, "negotiation": 0.75}
ENGAGED = ["likes", "comments", "shares"]
WEEKS, WEEKS_IN_MONTH = 104.3, 4.345

Frames = dict[str, pd.DataFrame]


def month_of(dates: pd.Series) -> pd.Series:
    """yyyymm of dates."""
    stamps = pd.to_datetime(dates)
    return stamps.dt.year * 100 + stamps.dt.month


def prepare(frames: Frames, as_of: datetime) -> Frames:
    """Add the columns that several KPIs use; plan items not due yet go."""
    deals, money = frames["deals"], frames["money"]
    deals["month"] = month_of(deals["closed"])
    deals["days"] = (pd.to_datetime(deals["closed"]) - pd.to_datetime(deals["created"])).dt.days
    deals["weighted"] = deals["amount"] * deals["stage"].map(STAGE_PROBABILITY)
    money["month"] = month_of(money["date"])
    frames["revenue"] = revenue_rows(deals, money)
    activity = frames["activity"]
    activity["month"] = month_of(activity["month"])
    activity["engaged"] = activity[ENGAGED].sum(axis=1)
    plan = frames["plan"][pd.to_datetime(frames["plan"]["due"]) <= as_of].copy()
    plan["month"] = month_of(plan["due"])
    plan["on_time"] = (pd.to_datetime(plan["done"]) <= pd.to_datetime(plan["due"])).astype(float)
    plan["done_weight"] = plan["weight"].where(plan["status"] == "done", 0)
    frames["due"] = plan
    asks = frames["interactions"]
    asks["month"] = month_of(asks["asked_at"])
    waited = pd.to_datetime(asks["answered_at"]) - pd.to_datetime(asks["asked_at"])
    asks["hours"] = waited.dt.total_seconds() / 3600
    return frames


def revenue_rows(deals: pd.DataFrame, money: pd.DataFrame) -> pd.DataFrame:
    """Revenue entries, and won deals without a sale; only what a partner sourced is its own."""
    entries = money[money["kind"].isin(REVENUE)].merge(
        deals[["deal_id", "role"]], on="deal_id", how="left"
    )
    entries["signed"] = entries["amount"].where(entries["kind"] != "refund", -entries["amount"])
    sold = entries.loc[entries["kind"] != "refund", "deal_id"]
    won = deals[(deals["stage"] == "won") & ~deals["deal_id"].isin(sold)]
    won = won.assign(signed=won["amount"], kind="sale")
    columns = ["partner_id", "month", "kind", "role", "amount", "signed"]
    rows = pd.concat([entries[columns], won[columns]])
    rows["sourced"] = rows["role"].fillna("sourced") == "sourced"
    return rows


def kpis_by(frames: Frames, by: list[str]) -> dict[str, pd.Series]:
    """The KPIs that exist per partner and per partner and month."""
    activity, asks, plan = frames["activity"], frames["interactions"], frames["due"]
    revenue = frames["revenue"][frames["revenue"]["sourced"]]
    costs = frames["money"][frames["money"]["kind"].isin(COST)]
    sales, refunds = revenue[revenue["kind"] != "refund"], revenue[revenue["kind"] == "refund"]
    out: dict[str, pd.Series] = {}
    out["F01"] = revenue.groupby(by)["signed"].sum()
    out["F04"] = refunds.groupby(by)["amount"].sum() / sales.groupby(by)["amount"].sum()
    out["F04n"] = refunds.groupby(by).size() / sales.groupby(by).size()
    out["F05"] = costs.groupby(by)["amount"].sum()
    if by[1:]:
        out["F09"] = out["F01"].div(frames["revenue"].groupby("month")["signed"].sum(), level=1)
    else:
        out["F09"] = out["F01"] / frames["revenue"]["signed"].sum()
    out["S01"] = activity.groupby(by)["leads"].sum()
    out["S02"] = activity.groupby(by)["qualified_leads"].sum()
    out["E01"] = activity.groupby(by)["impressions"].sum()
    out["E03"] = activity.groupby(by)["engaged"].sum() / out["E01"]
    clicks = activity.groupby(by)["clicks"].sum()
    out["E05"] = clicks / out["E01"]
    out["E06"] = activity.groupby(by)["conversions"].sum() / clicks
    out["E08"] = activity.groupby(by)["posts"].sum() / (WEEKS_IN_MONTH if by[1:] else WEEKS)
    out["R04"] = asks.groupby(by)["hours"].median()
    out["R04p"] = asks.groupby(by)["hours"].quantile(0.9)
    out["R10"] = plan.groupby(by)["on_time"].mean()
    return out


def monthly_of(frames: Frames) -> pd.DataFrame:
    """One row per partner and month, one column per KPI."""
    return finite(kpis_by(frames, ["partner_id", "month"]))


def summary_of(frames: Frames, as_of: datetime) -> pd.DataFrame:
    """One row per partner, one column per KPI: those above and those that have no month."""
    by = "partner_id"
    deals, activity, plan = frames["deals"], frames["activity"], frames["due"]
    out = kpis_by(frames, [by])
    out["F06"] = out["F01"] / out["F05"]
    out["F07"] = (out["F01"] - out["F05"]) / out["F05"]
    won, lost = deals[deals["stage"] == "won"], deals[deals["stage"] == "lost"]
    firsts = won.sort_values("closed").drop_duplicates("customer_id")
    out["F08"] = out["F05"] / firsts[firsts["role"] == "sourced"].groupby(by).size()
    out["F19"] = growth(frames["revenue"], as_of)
    out["S03"] = deals[deals["lead_date"].notna()].groupby(by).size() / out["S01"]
    openly = deals[deals["stage"].isin(STAGE_PROBABILITY)]
    out["S04"] = openly.groupby(by)["amount"].sum()
    out["S05"] = openly.groupby(by)["weighted"].sum()
    out["S11"] = openly[openly["role"] == "co-sell"].groupby(by)["amount"].sum()
    closed_n = pd.concat([won, lost]).groupby(by).size()
    out["S06"] = won.groupby(by).size().reindex(closed_n.index, fill_value=0) / closed_n
    out["S06_low"], out["S06_high"] = wilson(out["S06"], closed_n)
    out["S08"] = won.groupby(by)["amount"].mean()
    out["S08m"] = won.groupby(by)["amount"].median()
    out["S09"] = won.groupby(by)["days"].median()
    out["S09m"] = won.groupby(by)["days"].mean()
    done, assigned = (activity.groupby(by)[f"training_{x}"].sum() for x in ("done", "assigned"))
    out["P01"] = done / assigned
    out["P03"] = activity.groupby(by)["joined"].sum() / activity.groupby(by)["invited"].sum()
    milestones = plan[plan["kind"] == "milestone"]
    out["T01"] = (
        milestones.groupby(by)["done_weight"].sum() / milestones.groupby(by)["weight"].sum()
    )
    for tab, model in (("deals", Deal), ("money", Money), ("plan", Item)):
        needed = [k for k, field in model.model_fields.items() if field.is_required() and k != by]
        filled = frames[tab].set_index(by)[needed].notna()
        out[f"T10_{tab}"] = filled.groupby(level=0).mean().mean(axis=1)
    return finite(out).reindex(frames["partners"][by])


def finite(columns: dict[str, pd.Series]) -> pd.DataFrame:
    """A frame of the columns; a rate without a base is blank."""
    return pd.DataFrame(columns).replace([np.inf, -np.inf], np.nan)


def growth(revenue: pd.DataFrame, as_of: datetime) -> pd.Series:
    """Revenue of the last twelve months against the twelve before, per partner."""
    last = as_of.year * 100 + as_of.month
    mine = revenue[revenue["sourced"]]
    now = mine[mine["month"] > last - 100].groupby("partner_id")["signed"].sum()
    then = mine[(mine["month"] > last - 200) & (mine["month"] <= last - 100)]
    before = then.groupby("partner_id")["signed"].sum()
    return ((now - before) / before).where(before > 0)


def wilson(share: pd.Series, n: pd.Series) -> tuple[pd.Series, pd.Series]:
    """95 % interval of a share."""
    z = 1.959963984540054
    middle = (share + z * z / (2 * n)) / (1 + z * z / n)
    half = z * np.sqrt(share * (1 - share) / n + z * z / (4 * n * n)) / (1 + z * z / n)
    return middle - half, middle + half


def programme(frames: Frames, summary: pd.DataFrame, as_of: datetime) -> dict[str, float]:
    """KPIs over all partners."""
    money, partners = frames["money"], frames["partners"]
    totals = {key: float(summary[key].sum()) for key in ("F01", "F05", "S01", "S02", "S04", "S05")}
    recent = money[pd.to_datetime(money["date"]) > as_of - pd.Timedelta(days=90)]
    signed = partners[partners["contract_status"] == "signed"]
    active = signed["partner_id"].isin(recent["partner_id"])
    totals["P04"] = float(active.mean())
    totals["F17"] = totals["F01"] / max(int(active.sum()), 1)
    ranked = summary["F01"].dropna().clip(lower=0).sort_values(ascending=False)
    shares = ranked / ranked.sum()
    totals["F20"] = float(shares.head(-(-len(shares) // 5)).sum())
    totals["F20a"] = float((shares.cumsum() < 0.8).sum() + 1)
    totals["F20b"] = gini(ranked.to_numpy())
    totals["F20c"] = float((shares**2).sum())
    return totals


def gini(values: np.ndarray) -> float:
    """The Gini coefficient of amounts."""
    ordered = np.sort(values)
    n = len(ordered)
    return float((2 * np.arange(1, n + 1) - n - 1) @ ordered / (n * ordered.sum()))
