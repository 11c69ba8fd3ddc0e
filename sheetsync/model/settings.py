"""The tracker's settings, typed. Defaults apply where the Settings tab is blank or wrong."""

from __future__ import annotations

from datetime import date
from typing import Literal

from pydantic import BaseModel, ConfigDict, Field


class Tier(BaseModel):
    """One tier: reached from ``threshold``, inclusive, when all ``gates`` (KPI ids) are above zero.

    ``threshold`` is a score (0-100) in the mode score, a value of ``tier_kpi`` in the mode
    threshold, a top share (fraction) in the mode percentile, points in the mode points.
    ``margin``, ``up`` and ``down`` are None where those of the Settings hold. ``benefits`` say in
    words what its partners get.
    """

    model_config = ConfigDict(frozen=True, extra="forbid")

    name: str
    threshold: float = Field(ge=0)
    colour: str = ""
    gates: tuple[str, ...] = ()
    margin: float | None = Field(default=None, ge=0)
    up: int | None = Field(default=None, ge=1)
    down: int | None = Field(default=None, ge=1)
    benefits: str = ""


class Target(BaseModel):
    """One line of a scorecard: the KPI's weight and the values that earn 0 and full marks.

    ``floor`` above ``target`` means that lower is better.
    """

    model_config = ConfigDict(frozen=True, extra="forbid")

    kpi: str
    weight: float = Field(gt=0, le=100)
    floor: float
    target: float


class Condition(BaseModel):
    """One condition of a filter: a column (key) compared with a value; days as yyyy-mm-dd."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    column: str
    compare: Literal["=", "!=", "<", "<=", ">", ">="]
    value: str | float


class Measurand(BaseModel):
    """What a KPI of a team's own counts or adds up: a tab's rows, or the numbers of a column.

    ``column`` "" counts rows; a column of numbers is added up, of any other the filled cells are
    counted. Only rows for which all of ``where`` hold take part. Tab and columns are keys.
    """

    model_config = ConfigDict(frozen=True, extra="forbid")

    tab: str
    column: str = ""
    where: tuple[Condition, ...] = ()


class UserKpi(BaseModel):
    """A KPI of a team's own: ``numerator``, divided by ``denominator`` where there is one.

    ``types`` are the partner types it applies to (empty: all); ``minimum_n`` as of any KPI.
    """

    model_config = ConfigDict(frozen=True, extra="forbid")

    id: str
    name: str
    unit: str
    numerator: Measurand
    denominator: Measurand | None = None
    types: tuple[str, ...] = ()
    dimension: str = ""
    minimum_n: int = 0
    words: str = ""


class Settings(BaseModel):
    """Everything a team can set. Money is in ``reporting_currency``; rates are per one unit.

    ``rates`` give the value of one unit of a currency in the reporting currency;
    ``monthly_rates`` that of a month (yyyymm), which goes before them; ``programme_rates`` the
    fixed one with which tiers are worked out. Tiers are evaluated once in ``tier_months``;
    ``tier_points`` are points per 100 of a KPI in the mode points, doubled for partners in
    ``growth_markets`` (country codes). ``alerts_off`` are rules (A05) that stay silent;
    ``life_years_cap`` is the longest that a partnership is expected to last, ``discount_rate`` per
    year; growth of what recurs is not told below ``minimum_recurring``. With ``restate_refunds``
    a refund counts on the day of the sale that it takes back, else on its own.
    ``cadence`` says after how many days the rows of a tab want a look. ``facts_...`` name files
    (Parquet, CSV) whose rows are used together with the tab's.
    """

    model_config = ConfigDict(frozen=True, extra="forbid")

    reporting_currency: str = Field(default="EUR", pattern="^[A-Z]{3}$")
    period_start: date | None = None
    period_end: date | None = None
    as_of: date | None = None
    fiscal_start: int = Field(default=1, ge=1, le=12)
    time_zone: str = "UTC"
    date_order: Literal["auto", "day first", "month first"] = "auto"
    decimal_mark: Literal["auto", "point", "comma"] = "auto"
    default_country: str = Field(default="", pattern="^([A-Z]{2})?$")
    active_window_days: int = Field(default=90, ge=1, le=730)
    minimum_n_win_rate: int = Field(default=20, ge=1)
    minimum_n_clicks: int = Field(default=200, ge=1)
    gross_margin: float = Field(default=1.0, gt=0, le=1)
    minimum_coverage: float = Field(default=0.6, gt=0, le=1)
    minimum_revenue: float | None = None
    gate_kpis: tuple[str, ...] = ()
    tiers: tuple[Tier, ...] = ()
    base_tier: str = "Registered"
    scorecards: dict[str, tuple[Target, ...]] = Field(default_factory=dict)
    shown_kpis: dict[str, tuple[str, ...]] = Field(default_factory=dict)
    stage_probability: dict[str, float] = Field(default_factory=dict)
    rates: dict[str, float] = Field(default_factory=dict)
    monthly_rates: dict[str, dict[int, float]] = Field(default_factory=dict)
    programme_rates: dict[str, float] = Field(default_factory=dict)
    user_kpis: tuple[UserKpi, ...] = ()
    tier_mode: Literal["score", "threshold", "percentile", "points"] = "score"
    tier_kpi: str = "F01"
    tier_margin: float = Field(default=5, ge=0)
    tier_up: int = Field(default=1, ge=1)
    tier_down: int = Field(default=2, ge=1)
    tier_months: int = Field(default=3, ge=1, le=12)
    tier_points: dict[str, float] = Field(default_factory=lambda: {"F01": 5.0, "F02": 3.0})
    growth_markets: tuple[str, ...] = ()
    onboarding_days: int = Field(default=90, ge=0)
    attribution_model: Literal[
        "first", "last", "linear", "time-decay", "u", "w", "full path", "custom", "markov"
    ] = "linear"
    half_life_days: float = Field(default=30, gt=0)
    look_back_days: int = Field(default=365, ge=1)
    look_back_click_days: int = Field(default=90, ge=1)
    role_weights: dict[str, float] = Field(
        default_factory=lambda: {"awareness": 0.4, "nurture": 0.3, "close": 0.3}
    )
    facts_touches: str = ""
    facts_deals: str = ""
    facts_money: str = ""
    seasonal: bool = False
    alerts_off: tuple[str, ...] = ()
    cadence: dict[str, int] = Field(
        default_factory=lambda: {"partners": 90, "contacts": 90, "activity": 45, "surveys": 180}
    )
    minimum_n_nps: int = Field(default=5, ge=1)
    life_years_cap: float = Field(default=5, gt=0)
    clv_horizon_months: int = Field(default=18, ge=1, le=120)
    discount_rate: float = Field(default=0.1, ge=0, lt=1)
    minimum_recurring: float = Field(default=100, ge=0)
    restate_refunds: bool = False
    live_kpis: bool = False
