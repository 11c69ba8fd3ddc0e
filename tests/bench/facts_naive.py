"""The script that people write for the same numbers: everything in pandas, a groupby per KPI.

python tests/bench/facts_naive.py FOLDER [kpis|models]
"""

from __future__ import annotations

import json
import sys
from collections import defaultdict
from itertools import pairwise
from pathlib import Path

import duckdb
import numpy as np
import pandas as pd

CLOSED = ["won", "lost"]
START, END = pd.Timestamp("2025-07-01"), pd.Timestamp("2026-06-30")


def load(folder: Path, name: str) -> pd.DataFrame:
    return duckdb.sql(f"SELECT * FROM read_parquet('{folder / name}.parquet')").df()


def kpis(folder: Path) -> dict[str, float]:
    deals, touches = load(folder, "deals"), load(folder, "touches")
    now = deals[(deals.closed >= START) & (deals.closed <= END)]
    known = deals[deals.created <= END]
    won = now[now.stage == "won"]
    by = "partner_id"
    told = {
        "F01": won.groupby(by).amount.sum(),
        "S04": known[known.stage == "proposal"].groupby(by).amount.sum(),
        "S06": now[now.stage.isin(CLOSED)].groupby(by).stage.apply(lambda x: (x == "won").mean()),
        "S08": won.groupby(by).amount.mean(),
        "S08m": won.groupby(by).amount.median(),
        "S09": won.assign(d=(won.closed - won.created).dt.days).groupby(by).d.median(),
        "S09a": won.assign(d=(won.closed - won.created).dt.days).groupby(by).d.mean(),
        "F19": deals[deals.stage == "won"].groupby([by, deals.closed.dt.year]).amount.sum(),
    }
    first = deals[deals.stage == "won"].sort_values("closed").drop_duplicates("customer_id")
    told["F08"] = first.groupby(by).size()
    seen = touches.merge(won[["deal_id", "amount", by]], on="deal_id", suffixes=("", "_source"))
    seen = seen[seen[by] != seen[f"{by}_source"]].drop_duplicates(["deal_id", by])
    told["F02"] = seen.groupby(by).amount.sum()
    shared = journeys(touches, won)
    told["F03"] = shared.amount.div(shared.n).groupby(shared[by]).sum()
    pivot = won.assign(m=won.closed.dt.to_period("M")).pivot_table(
        index=by, columns="m", values="amount", aggfunc="sum"
    )
    pivot.T.rolling(3).mean()
    return {name: float(np.nansum(column.to_numpy())) for name, column in told.items()}


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
