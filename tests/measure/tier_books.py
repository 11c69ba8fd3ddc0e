"""Partners, values and settings for tests of scores, tiers and health."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date
from typing import Any

from sheetsync.measure.tiers import Rated, rate
from sheetsync.model.results import Evaluation, Flag, KpiValue, TierResult
from sheetsync.model.settings import Settings, Target, Tier

AS_OF = date(2026, 3, 31)
CARD = (
    Target(kpi="F01", weight=50, floor=0, target=1000),
    Target(kpi="S06", weight=30, floor=0.1, target=0.5),
    Target(kpi="R04", weight=20, floor=48, target=8),
)
TIERS = (
    Tier(name="Silver", threshold=60),
    Tier(name="Platinum", threshold=90),
    Tier(name="Gold", threshold=75),
)
BASE = Settings(tiers=TIERS, scorecards={"reseller": CARD})
PLAIN = Settings(
    tiers=TIERS, scorecards={"reseller": (Target(kpi="F01", weight=100, floor=0, target=100),)}
)
"""The score is the revenue."""


def value(
    kpi: str, number: float | None, flag: Flag = Flag.OK, group: str = "P", month: int = 0
) -> KpiValue:
    return KpiValue(kpi, group, month, number, 30, None, None, flag)


def person(name: str = "P", **more: Any) -> dict[str, Any]:
    return {"partner_id": name, "partner_type": "reseller", "status": "active"} | more


def rated(
    f01: float | None, s06: KpiValue, r04: float, settings: Settings = BASE, **row: Any
) -> TierResult:
    """The tier of one partner with these values, without history."""
    values = [value("F01", f01), s06, value("R04", r04)]
    return rate([person(**row)], values, settings, AS_OF).tiers[0]


def judged(
    score: float | None,
    on: date,
    history: Sequence[Evaluation],
    settings: Settings = PLAIN,
    **row: Any,
) -> Rated:
    """One look at one partner whose score is its revenue."""
    return rate([person(**row)], [value("F01", score)], settings, on, history)


def quarters(
    scores: Sequence[float | None], settings: Settings = PLAIN, **row: Any
) -> tuple[list[TierResult], list[Evaluation]]:
    """One look in each quarter from 2024 on; the tiers then, and the history that grew."""
    history: list[Evaluation] = []
    told = []
    for i, score in enumerate(scores):
        year, quarter = divmod(i, 4)
        look = judged(score, date(2024 + year, 3 * quarter + 2, 10), history, settings, **row)
        history += look.evaluations
        told.append(look.tiers[0])
    return told, history
