"""What the steps hand on: typed tables, KPI values, tiers and the report of a run."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date
from enum import StrEnum
from typing import TYPE_CHECKING

from sheetsync.model.insight import Insight
from sheetsync.model.problems import Fix, Problem

if TYPE_CHECKING:
    import pandas as pd


class Flag(StrEnum):
    """Why a KPI value is what it is; a blank value always has a flag that says why."""

    OK = "ok"
    NO_BASE = "no base"
    NO_DATA = "no data"
    PARTIAL = "partial"
    SMALL = "small"
    STALE = "stale"
    NOT_APPLICABLE = "not applicable"
    INCOMPLETE = "incomplete"


PROGRAMME = ""
"""The ``group`` of a value over all partners."""


@dataclass(frozen=True, slots=True)
class KpiValue:
    """One KPI value with its evidence.

    ``group`` is a partner id, "" for the programme, or ``type:reseller``, ``stage:proposal``,
    ``tab:Deals`` for the other grains. ``month`` is yyyymm, 0 for the whole period. Ratios are
    fractions, money is in the reporting currency; ``low``/``high`` are a 95 % interval where the
    KPI has one; ``n`` is the number of rows (or trials) behind the value.
    """

    kpi: str
    group: str
    month: int
    value: float | None
    n: int
    low: float | None
    high: float | None
    flag: Flag


@dataclass(frozen=True, slots=True)
class TierResult:
    """A partner's tier: name or "not rated", score 0-100, coverage of weights, reasons.

    ``drivers`` are the KPI ids that moved the score most, best first; ``why`` says it in words.
    ``target`` is the tier that today's numbers alone would give. ``state`` is that of the last
    evaluation (steady, up, down, at risk 1/2, rising 1/2, onboarding) or override, "" for none.
    """

    partner_id: str
    tier: str
    score: float | None
    coverage: float
    drivers: tuple[str, ...] = ()
    why: str = ""
    target: str = ""
    state: str = ""


@dataclass(frozen=True, slots=True)
class Evaluation:
    """One evaluation of a partner's tier, for a day: a row of Tier History.

    ``target`` is the tier that the numbers of the day gave, ``tier`` the one held afterwards,
    ``state`` as in ``TierResult``, ``health`` the score of that day.
    """

    day: date
    partner_id: str
    score: float | None
    target: str
    tier: str
    state: str
    reason: str = ""
    health: float | None = None


@dataclass(frozen=True, slots=True)
class Health:
    """How well a partnership goes, 0 to 100 (None: too little is known), less what alerts take.

    ``band`` is green, amber or red; ``direction`` up, down or steady over the last three months,
    "" when they are not known. ``sides`` are the scores of financial, operational, engagement and
    relationship, as far as known; ``drivers`` the KPIs that cost it most, worst first. ``review``
    is the day from which the partner wants to be looked at again.
    """

    partner_id: str
    score: float | None
    band: str
    direction: str
    sides: tuple[tuple[str, float], ...] = ()
    drivers: tuple[str, ...] = ()
    why: str = ""
    review: date | None = None


@dataclass(frozen=True, slots=True)
class CleanTable:
    """A typed table: one frame row per non-blank sheet row.

    ``frame`` has every declared USER column by key (text kinds: object str/None; number kinds:
    float64/NaN; DAY, MONTH, TIMESTAMP: datetime64[us]/NaT; FLAG: float64 1/0/NaN) and ``_row``
    (sheet row), ``_key`` (row key), ``_used`` (False: left out of every KPI).
    """

    tab: str
    frame: pd.DataFrame

    @property
    def used(self) -> pd.DataFrame:
        """The rows that count."""
        return self.frame[self.frame["_used"]]


@dataclass(frozen=True, slots=True)
class Cleaned:
    """All typed tables with the problems found and the fixes to apply, in sheet order."""

    tables: Mapping[str, CleanTable]
    problems: tuple[Problem, ...] = ()
    fixes: Sequence[Fix] = ()


@dataclass(frozen=True, slots=True)
class Credit:
    """What a partner is credited with of one deal, or ("" as ``deal_id``) of all.

    ``credit`` is its share under the chosen model and ``value`` that in money, both None where
    there is none by deal; ``first``, ``last`` and ``linear`` are its value under those models.
    """

    deal_id: str
    partner_id: str
    credit: float | None
    value: float | None
    first: float
    last: float
    linear: float


@dataclass(frozen=True, slots=True)
class Touch:
    """One touch of a deal's journey, ``lag`` days before it closed."""

    partner_id: str
    lag: int
    kind: str = ""
    mark: str = ""
    role: str = ""


@dataclass(frozen=True, slots=True)
class Attribution:
    """Who is credited with the period's revenue, and by what rule.

    ``model`` is the setting, ``rule`` says it with half-life and look-back. ``deals`` are ordered
    by value, ``left_out`` counts deals beyond the most that are listed. ``worked`` is the journey
    of the first deal, one to show the arithmetic with. ``refused`` says why a model gives nothing.
    """

    model: str
    rule: str
    half_life: float
    role_weights: Mapping[str, float]
    totals: tuple[Credit, ...]
    deals: tuple[Credit, ...]
    worked: tuple[Touch, ...] = ()
    left_out: int = 0
    refused: str = ""

    @property
    def direct_share(self) -> float | None:
        """The share of own sales (DIRECT) in all that is credited; None without any."""
        return next((c.credit for c in self.totals if c.partner_id == "DIRECT"), None)


@dataclass(frozen=True, slots=True)
class Measured:
    """All KPI values and tiers of one run; ``problems`` found while measuring (missing rates).

    ``period`` is the first and last day, both inclusive, that period KPIs cover. ``attribution``
    is None in a workbook without Touches. ``evaluations`` are those due now, to be appended to
    Tier History; ``health`` stands in the order of ``tiers``.
    """

    kpis: tuple[KpiValue, ...]
    tiers: tuple[TierResult, ...]
    period: tuple[date, date]
    problems: tuple[Problem, ...] = ()
    notes: Mapping[str, str] = field(default_factory=dict)
    attribution: Attribution | None = None
    evaluations: tuple[Evaluation, ...] = ()
    health: tuple[Health, ...] = ()
    insight: Insight = field(default_factory=Insight)
