"""The script that people write for the same numbers: everything in pandas, a groupby per KPI.

python tests/bench/facts_naive.py FOLDER [kpis|models]
"""

from __future__ import annotations

import json
import sys
from collections import defaultdict
from itertools import pairwise
from pathlib import Path
from typing import Any

import duckdb
import numpy as np
import pandas as pd

CLOSED = ["won", "lost"]
ACTIVE = pd.Timedelta(days=90)
START, END = pd.Timestamp("2025-07-01"), pd.Timestamp("2026-06-30")


def load(folder: Path, name: str) -> pd.DataFrame:
    return duckdb.sql(f"SELECT * FROM read_parquet('{folder / name}.parquet')").df()


def kpis(folder: Path) -> dict[str, float]:
    """Programme values by KPI; those of partners, months and stages are computed as well."""
    deals, touches = load(folder, "deals"), load(folder, "touches")
    partners = pd.read_csv(folder / "partners.csv").assign(partner_type="reseller")
    deals["m"], deals["days"] = (
        deals.closed.dt.to_period("M"),
        (deals.closed - deals.created).dt.days,
    )
    closed = deals[(deals.closed >= START) & (deals.closed <= END)]
    all_won = deals[deals.stage == "won"]
    won, over = closed[closed.stage == "won"], closed[closed.stage.isin(CLOSED)]
    is_open = deals[~deals.stage.isin(CLOSED) & (deals.created <= END)]
    told = revenue(all_won, won) | pipeline(deals, is_open, over, won) | cohorts(deals)
    told |= attribution(touches, won, is_open)
    first = all_won.sort_values(["closed", "deal_id"]).drop_duplicates("customer_id")
    first = first[(first.closed >= START) & (first.closed <= END)]
    told["T03c"] = every(first, lambda g: g.size(), months=False)
    lately = won[won.closed > END - ACTIVE]
    active = partners.merge(lately[["partner_id"]].drop_duplicates(), on="partner_id")
    told["F17"] = told["F03"] / len(active)
    told["F17 type"] = told["F03"] / active.groupby("partner_type").size().sum()
    told["P04"] = len(active) / len(partners)
    return {name: float(value) for name, value in told.items()}


BY = "partner_id"


def every(frame: pd.DataFrame, how: Any, *, months: bool = True, stages: bool = False) -> float:
    """A KPI at all its grains, a groupby each; the programme's value."""
    how(frame.groupby(BY))
    if months:
        how(frame.groupby([BY, "m"]))
        how(frame.groupby("m"))
    if stages:
        how(frame.groupby("stage"))
    return float(how(frame.groupby(lambda _: 0)).iloc[0])


def revenue(all_won: pd.DataFrame, won: pd.DataFrame) -> dict[str, float]:
    told = {"F01": every(won, lambda g: g.amount.sum())}
    refunds = won.assign(refund=0.0)
    told["F04"] = every(refunds, lambda g: g.refund.sum() / g.amount.sum())
    told["F04n"] = every(refunds, lambda g: (g.refund.sum() > 0) / g.size())
    told["F12"] = every(all_won[all_won.closed <= END], lambda g: g.amount.sum(), months=False)
    upsell = won.assign(more=0.0)
    told["U01"] = every(upsell, lambda g: (g.more.sum() > 0) / g.size(), months=False)
    told["U02"] = every(upsell, lambda g: g.more.sum() / g.amount.sum(), months=False)
    year = pd.DateOffset(years=1)
    for name in ("F19", "F19y"):
        before = all_won[(all_won.closed >= START - year) & (all_won.closed <= END - year)]
        won.groupby(BY).amount.sum() / before.groupby(BY).amount.sum() - 1
        told[name] = won.amount.sum() / before.amount.sum() - 1
    shares = won.groupby(BY).amount.sum().sort_values(ascending=False)
    told["F20"] = shares.iloc[: -(-len(shares) // 5)].sum() / shares.sum()
    told["F20a"] = int((shares.cumsum() < 0.8 * shares.sum()).sum()) + 1
    rank = np.arange(1, len(shares) + 1)
    ascending = shares.to_numpy()[::-1]
    told["F20b"] = 2 * (rank * ascending).sum() / len(rank) / shares.sum() - (1 + 1 / len(rank))
    told["F20c"] = float(((shares / shares.sum()) ** 2).sum())
    return told


def pipeline(
    deals: pd.DataFrame, is_open: pd.DataFrame, over: pd.DataFrame, won: pd.DataFrame
) -> dict[str, float]:
    weighted = is_open.assign(w=is_open.amount * 0.5)
    past = deals[deals.stage.isin(CLOSED) & (deals.closed <= END)]
    rate = past.groupby(BY).stage.apply(lambda x: (x == "won").mean())
    rate = rate[past.groupby(BY).size() >= 30]
    own = is_open[BY].map(rate).fillna((past.stage == "won").mean())
    chances = is_open.assign(w=is_open.amount * own)
    worth = over.assign(w=over.amount.where(over.stage == "won", 0.0))
    told = {
        "S04": every(is_open, lambda g: g.amount.sum(), months=False, stages=True),
        "S05": every(weighted, lambda g: g.w.sum(), months=False, stages=True),
        "S05h": every(chances, lambda g: g.w.sum(), months=False),
        "S06": every(over, lambda g: g.stage.apply(lambda x: (x == "won").mean()), months=False),
        "S06o": every(is_open, lambda g: g.size(), months=False),
        "S07": every(worth, lambda g: g.w.sum() / g.amount.sum(), months=False),
        "S08": every(won, lambda g: g.amount.mean(), months=False),
        "S08m": every(won, lambda g: g.amount.median(), months=False),
        "S09": every(won, lambda g: g.days.median(), months=False),
        "S09m": every(won, lambda g: g.days.mean(), months=False),
    }
    waits = is_open.assign(age=(END - is_open.created).dt.days)
    usual = waits[BY].map(won.groupby(BY).days.median())
    (waits.age >= usual).groupby(waits[BY]).sum()
    told["S09o"] = float((waits.age >= told["S09"]).sum())
    lane = is_open.groupby(BY).size() * rate * won.groupby(BY).amount.mean()
    lane / won.groupby(BY).days.median()
    told["S10"] = told["S06o"] * told["S06"] * told["S08"] / told["S09"]
    return told


def cohorts(deals: pd.DataFrame) -> dict[str, float]:
    made = deals[(deals.created >= START) & (deals.created <= END)]
    made = made.assign(m=made.created.dt.to_period("M"))
    made["won"] = (made.stage == "won") & (made.closed <= END)
    made["open"] = ~made.stage.isin(CLOSED)
    told = {
        "S14": every(made, lambda g: g.won.mean()),
        "S14o": every(made, lambda g: g.open.sum()),
    }
    for name, age in (("S14a", 90), ("S14b", 180)):
        seen = made[made.created <= END - pd.Timedelta(days=age)]
        seen = seen.assign(soon=seen.won & (seen.days <= age))
        told[name] = every(seen, lambda g: g.soon.mean())
    return told


def attribution(
    touches: pd.DataFrame, won: pd.DataFrame, is_open: pd.DataFrame
) -> dict[str, float]:
    shared = journeys(touches, won)
    shared["m"] = shared.closed.dt.to_period("M")
    shared["credit"] = shared.amount / shared.n
    untouched = won[~won.deal_id.isin(shared.deal_id)]
    credit = pd.concat(
        [
            shared[[BY, "m", "credit"]],
            untouched.assign(credit=untouched.amount)[[BY, "m", "credit"]],
        ]
    )
    told = {"F03": every(credit, lambda g: g.credit.sum())}
    seen = shared.merge(won[["deal_id", BY]], on="deal_id", suffixes=("", "_source"))
    seen = seen[seen[BY] != seen[f"{BY}_source"]].drop_duplicates(["deal_id", BY])
    every(seen, lambda g: g.amount.sum())
    once = seen.drop_duplicates("deal_id")
    once.groupby("m").amount.sum()
    told["F02d"] = once.amount.sum()
    for last in (False, True):  # the range over models
        place = shared.n - 1 if last else 0
        every(shared[shared.i == place], lambda g: g.amount.sum(), months=False)
    pairs = touches.merge(is_open[["deal_id", "amount"]], on="deal_id")[["deal_id", BY, "amount"]]
    pairs = pd.concat([pairs, is_open[["deal_id", BY, "amount"]]]).drop_duplicates(["deal_id", BY])
    joint = pairs[pairs.groupby("deal_id")[BY].transform("size") > 1]
    joint.groupby(BY).amount.sum()
    told["S11"] = joint.drop_duplicates("deal_id").amount.sum()
    return told


def journeys(touches: pd.DataFrame, deals: pd.DataFrame) -> pd.DataFrame:
    """Touches within the look-back, in order, with their place and number."""
    told = touches.merge(deals[["deal_id", "amount", "closed"]], on="deal_id")
    told["lag"] = (told.closed - told.date).dt.days
    window = np.where(told.kind == "click", 90, 365)
    told = told[(told.lag >= 0) & (told.lag <= window)].sort_values(["deal_id", "date"])
    told["i"] = told.groupby("deal_id").cumcount()
    told["n"] = told.groupby("deal_id").deal_id.transform("size")
    return told


def models(folder: Path) -> dict[str, float]:
    deals, touches = load(folder, "deals"), load(folder, "touches")
    t = journeys(touches, deals[deals.stage == "won"])
    first, last = t.i == 0, t.i == t.n - 1
    middle = 0.2 / (t.n - 2).clip(lower=1)
    weights = {
        "first": first.astype(float),
        "last": last.astype(float),
        "linear": 1 / t.n,
        "time_decay": 2 ** (-t.lag / 30),
        "u": pd.Series(np.where(t.n <= 2, 1 / t.n, np.where(first | last, 0.4, middle)), t.index),
        "w": marked(t, [(0.3, first), (0.3, t.mark == "lead"), (0.3, t.mark == "opportunity")]),
        "full_path": marked(
            t,
            [
                (0.225, first),
                (0.225, last),
                (0.225, t.mark == "lead"),
                (0.225, t.mark == "opportunity"),
            ],
        ),
        "custom": marked(
            t,
            [(0.4, t.role == "awareness"), (0.3, t.role == "nurture"), (0.3, t.role == "close")],
            0,
        ),
    }
    told = {}
    for name, weight in weights.items():
        share = weight / weight.groupby(t.deal_id).transform("sum")
        told[name] = float((share * t.amount).groupby(t.partner_id).sum().sum())
    return told | {"markov": markov(touches, deals)}


def marked(t: pd.DataFrame, parts: list[tuple[float, pd.Series]], rest: float = 0.1) -> pd.Series:
    taken = pd.Series(data=False, index=t.index)
    told = pd.Series(0.0, t.index)
    for weight, mask in parts:
        often = mask.groupby(t.deal_id).transform("sum")
        told += np.where(mask, weight / often.clip(lower=1), 0)
        taken |= mask
    often = (~taken).groupby(t.deal_id).transform("sum")
    return told + np.where(~taken, rest / often.clip(lower=1), 0)


def markov(touches: pd.DataFrame, deals: pd.DataFrame) -> float:
    closed = deals[deals.stage.isin(CLOSED)]
    paths = journeys(touches, closed).groupby("deal_id").partner_id.apply(list)
    paths = paths.to_dict()
    counts: defaultdict[str, defaultdict[str, int]] = defaultdict(lambda: defaultdict(int))
    for deal, end, source in zip(closed.deal_id, closed.stage, closed.partner_id, strict=True):
        states = ["start", *paths.get(deal, [source]), end]
        for a, b in pairwise(states):
            counts[a][b] += 1
    states = sorted({s for s in counts if s != "start"})
    at = {s: i for i, s in enumerate(["start", *states])}
    chain, converts = np.zeros((len(at), len(at))), np.zeros(len(at))
    for a, out in counts.items():
        for b, often in out.items():
            if b in at:
                chain[at[a], at[b]] = often / sum(out.values())
            elif b == "won":
                converts[at[a]] = often / sum(out.values())
    whole = np.linalg.solve(np.eye(len(at)) - chain, converts)[0]
    told = 0.0
    for state in states:
        kept = [i for s, i in at.items() if s != state]
        part = np.eye(len(kept)) - chain[np.ix_(kept, kept)]
        told += 1 - np.linalg.solve(part, converts[kept])[0] / whole
    return told


if __name__ == "__main__":
    place = Path(sys.argv[1])
    asked = sys.argv[2:] or ["kpis", "models"]
    print(json.dumps({n: w(place) for n, w in (("kpis", kpis), ("models", models)) if n in asked}))
