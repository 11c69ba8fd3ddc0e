"""The tracker's settings, typed. Defaults apply where the Settings tab is blank or wrong."""

from __future__ import annotations

from datetime import date
from typing import Literal

from pydantic import BaseModel, ConfigDict, Field


class Tier(BaseModel):
    """One tier: reached from ``threshold`` (score 0-100, inclusive)."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    name: str
    threshold: float = Field(ge=0, le=100)
    colour: str = ""


class Target(BaseModel):
    """One line of a scorecard: the KPI's weight and the values that earn 0 and full marks.

    ``floor`` above ``target`` means that lower is better.
    """

    model_config = ConfigDict(frozen=True, extra="forbid")

    kpi: str
    weight: float = Field(gt=0, le=100)
    floor: float
    target: float


class Settings(BaseModel):
    """Everything a team can set. Money is in ``reporting_currency``; rates are per one unit.

    ``rates`` give the value of one unit of a currency in the reporting currency.
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
