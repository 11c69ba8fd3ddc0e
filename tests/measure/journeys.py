"""Journeys for attribution tests: small ones written by hand, and the published file of 10,000."""

from __future__ import annotations

import csv
import gzip
from collections.abc import Sequence
from pathlib import Path

import pandas as pd

FILE = Path(__file__).resolve().parents[3] / "shared" / "data" / "journeys" / "data.csv.gz"

Relations = tuple[pd.DataFrame, pd.DataFrame]


def touches(*rows: tuple[object, ...]) -> pd.DataFrame:
    """Rows of deal, partner, day, and maybe kind, mark and role."""
    names = ("deal_id", "partner_id", "day", "kind", "mark", "role")
    cells = [(*row, *[None] * (len(names) - len(row))) for row in rows]
    columns = list(zip(*cells, strict=True)) or [()] * len(names)
    told = {
        name: pd.Series(list(column), dtype="int64" if name == "day" else object)
        for name, column in zip(names, columns, strict=True)
    }
    return pd.DataFrame(told)


def deals(*rows: tuple[str, float, int, int]) -> pd.DataFrame:
    """Rows of deal, value, closing day and won (1) or lost (0)."""
    return pd.DataFrame(list(rows), columns=["deal_id", "value", "closed", "is_won"])


def journey(days: Sequence[int], value: float, *, closed: int) -> Relations:
    """One won deal with a partner of its own (P1, P2, ...) on each of the days."""
    rows = [("D", f"P{i}", day) for i, day in enumerate(days, 1)]
    return touches(*rows), deals(("D", value, closed, 1))


def paths(*rows: tuple[str, int, int]) -> Relations:
    """Paths such as "a > b" with how often they were won and lost, each as a deal of value 1."""
    steps: list[tuple[str, str]] = []
    ends: list[tuple[str, float, int, int]] = []
    for i, (path, won, lost) in enumerate(rows):
        players = path.split(" > ")
        for k in range(won + lost):
            ends.append((f"{i}.{k}", 1.0, 0, int(k < won)))
            steps += [(f"{i}.{k}", player) for player in players]
    frame = pd.DataFrame(steps, columns=["deal_id", "partner_id"]).assign(day=0)
    return frame, deals(*ends)


def published() -> list[tuple[str, int, int]]:
    """The paths of the published file: path, won, lost."""
    with gzip.open(FILE, "rt", encoding="utf-8") as lines:
        return [
            (row["path"], int(row["total_conversions"]), int(row["total_null"]))
            for row in csv.DictReader(lines)
        ]
