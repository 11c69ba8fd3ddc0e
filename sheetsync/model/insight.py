"""What sync says about the time to come and about what needs a look: forecasts, alerts, goals."""

from __future__ import annotations

import hashlib
from dataclasses import dataclass
from datetime import date
from enum import StrEnum


class Urgency(StrEnum):
    """How urgent an alert is; worst first."""

    CRITICAL = "critical"
    WARNING = "warning"
    NOTE = "note"


@dataclass(frozen=True, slots=True)
class Forecast:
    """One forecast: ``mid`` within ``low`` and ``high``, a band that holds roughly 8 in 10 times.

    ``group`` is a partner id or "" for the programme; ``month`` is yyyymm, 0 for the next three
    months together (or, of the pipeline, for all that is open). Money is in the reporting
    currency. All three numbers are None where ``refused`` says why; a middle never stands without
    its band. ``points`` counts the complete months (of the pipeline: the open deals) behind it.
    """

    group: str
    kpi: str
    month: int
    method: str
    mid: float | None
    low: float | None
    high: float | None
    points: int
    refused: str = ""


@dataclass(frozen=True, slots=True)
class Alert:
    """One cause for a look, with the rule that speaks loudest for it.

    ``cause`` names what is wrong (level:F01, contract) without the rule that saw it, so that the
    alert keeps its id when another rule sees the same next month. ``stake`` is money of a year in
    the reporting currency; ``since`` the first day of what was seen.
    """

    cause: str
    rule: str
    urgency: Urgency
    partner_id: str
    owner: str
    kpi: str
    evidence: str
    since: date | None
    stake: float

    @property
    def id(self) -> str:
        """A short stable name: the same for the same cause at the same partner in every sync."""
        told = f"{self.cause}\x1f{self.partner_id}"
        return "A-" + hashlib.blake2b(told.encode("utf-8", "replace"), digest_size=5).hexdigest()


@dataclass(frozen=True, slots=True)
class GoalProgress:
    """How far a goal has come; ``key`` is its row's key in Goals.

    ``value`` is the KPI over the goal's span up to as-of. ``attained`` is the part of the way
    behind it, from 0, which may exceed 1; ``pace`` is that ÷ the share of the span that has
    passed (1: as planned). Blank ones have their reason in ``why``. ``horizon`` is the length class
    of the span; ``suggested`` the target that partners of the same type suggest, in words.
    """

    key: str
    goal_id: str
    partner_id: str
    kpi: str
    weight: float
    current: bool
    value: float | None = None
    attained: float | None = None
    elapsed: float | None = None
    pace: float | None = None
    why: str = ""
    horizon: str = ""
    suggested: str = ""


@dataclass(frozen=True, slots=True)
class Insight:
    """Everything of one run; ``tests`` counts the tests made for alerts (some fire by chance)."""

    forecasts: tuple[Forecast, ...] = ()
    alerts: tuple[Alert, ...] = ()
    tests: int = 0
    goals: tuple[GoalProgress, ...] = ()
