"""Removal effects of a Markov chain of order 1 over all journeys, won and lost: exact, by solving.

States are the players; a journey runs from Start through its touches to Conversion or, where the
deal was lost, to nothing. With N the inverse of I - Q, a player i is visited with probability
N[start, i] / N[i, i] and converts from there with probability c[i]; what goes through it, divided
by all that converts, is the share that is lost when it is removed.
"""

# ruff: noqa: S608 -- names are ours
from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from sheetsync.measure.attribution_sql import Rules, Steps, journey_steps, select

if TYPE_CHECKING:
    import pandas as pd

FEWEST_CONVERSIONS = 100
"""Below so many won journeys transition shares say nothing."""

MOST_PLAYERS = 4_000
"""The inverse of a larger matrix takes more than seconds."""


@dataclass(frozen=True, slots=True)
class Removal:
    """What the chain says: ``effects`` (0 to 1) and ``shares`` (adding up to 1) by player.

    ``conversion`` is the probability to convert from Start, which is the share of won journeys.
    ``refused`` says in words why there is nothing, "" where there is.
    """

    conversions: int
    journeys: int
    conversion: float
    effects: dict[str, float]
    shares: dict[str, float]
    refused: str = ""


def transition_sql(rules: Rules) -> str:
    """Count the steps of all journeys; an ``origin`` of NULL is Start, a ``target`` the end."""
    return select(*transitions(rules))


def transitions(rules: Rules, key: str = "deal_id") -> tuple[Steps, str]:
    """The same as steps and a SELECT; for ``key`` see ``journey_steps``."""
    steps: Steps = {
        **journey_steps(rules, lost=True, key=key, texts=()),
        "walks": "SELECT deal_id, partner_id, seat FROM seen UNION ALL "
        f"SELECT d.{key} AS deal_id, d.source AS partner_id, CAST(0 AS BIGINT) AS seat "
        "FROM deals AS d LEFT JOIN (SELECT DISTINCT deal_id FROM seen) AS s "
        f"ON d.{key} = s.deal_id WHERE s.deal_id IS NULL",
        "steps": "SELECT deal_id, partner_id, "
        "LAG(partner_id) OVER (PARTITION BY deal_id ORDER BY seat) AS origin, "
        "LEAD(partner_id) OVER (PARTITION BY deal_id ORDER BY seat) AS next_one FROM walks",
        "inner_steps": "SELECT origin, partner_id AS target, 0 AS is_won, COUNT(*) AS times "
        "FROM steps GROUP BY origin, partner_id",
        "last_steps": "SELECT s.partner_id AS origin, NULL AS target, d.is_won, COUNT(*) AS times "
        f"FROM steps AS s INNER JOIN deals AS d ON s.deal_id = d.{key} "
        "WHERE s.next_one IS NULL GROUP BY s.partner_id, d.is_won",
    }
    both = " UNION ALL ".join(
        f"SELECT origin, target, is_won, times FROM {name}"
        for name in ("inner_steps", "last_steps")
    )
    return steps, both


def removal(transitions: pd.DataFrame, fewest: int = FEWEST_CONVERSIONS) -> Removal:
    """Solve the chain whose steps were counted; refuses below ``fewest`` conversions."""
    ends = transitions[transitions["target"].isna()]
    journeys = int(ends["times"].sum())
    won = int(ends["times"][ends["is_won"] == 1].sum())
    players = sorted(set(ends["origin"]) | set(transitions["target"].dropna()))
    refused = _refusal(won, journeys, fewest, len(players))
    if refused:
        return Removal(won, journeys, won / journeys if journeys else 0.0, {}, {}, refused)
    conversion, effects = _solved(transitions, players)
    total = sum(effects)
    told = dict(zip(players, effects, strict=True))
    return Removal(won, journeys, conversion, told, {p: e / total for p, e in told.items()})


def _refusal(won: int, journeys: int, fewest: int, players: int) -> str:
    if won < fewest:
        return f"not enough: {won} won journeys, {fewest} are needed"
    if won == journeys and fewest > 0:
        return "not enough: no lost journeys, without which nothing tells what wins"
    if players > MOST_PLAYERS:
        return f"{players} players are more than the {MOST_PLAYERS} that can be solved for"
    return ""


def _solved(transitions: pd.DataFrame, players: list[str]) -> tuple[float, list[float]]:
    """Return the probability to convert from Start and each player's removal effect.

    Both to twelve decimals: what processors round differently must not move a cent.
    """
    import numpy as np

    at = {player: i for i, player in enumerate(players, 1)}
    size = len(players) + 1
    inner, converts, leaves = np.zeros((size, size)), np.zeros(size), np.zeros(size)
    columns = [transitions[c].tolist() for c in ("origin", "target", "is_won", "times")]
    for origin, target, is_won, times in zip(*columns, strict=True):
        i = at.get(origin, 0)
        leaves[i] += times
        if target in at:
            inner[i, at[target]] += times
        elif is_won:
            converts[i] += times
    leaves[leaves == 0] = 1
    routes = np.linalg.inv(np.eye(size) - inner / leaves[:, None])
    chance = routes @ (converts / leaves)
    visited = routes[0] / np.diag(routes)
    effects = (visited * chance / chance[0])[1:] if chance[0] > 0 else np.zeros(size - 1)
    return round(float(chance[0]), 12), np.clip(np.round(effects, 12), 0, 1).tolist()
