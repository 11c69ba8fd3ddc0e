"""KPIs of how the work goes: activity of partners, response, delivery, data."""

from __future__ import annotations

from sheetsync.catalog.kpis_strategy import MILESTONES
from sheetsync.catalog.kpis_voice import TALKS
from sheetsync.model.expr import (
    Count,
    Eq,
    Mean,
    Median,
    Quantile,
    Ratio,
    Span,
    Sum,
    Waiting,
)
from sheetsync.model.kpi import Grain, Kpi, Unit

_P, _PM, _G = Grain.PARTNER, Grain.PARTNER_MONTH, Grain.PROGRAMME
_TYPE, _TAB = Grain.TYPE, Grain.TAB

_ESTABLISHED = Count("partners", "", Eq("is_established", 1), Span.EVER)
_DUE = Count("plan")
_WAITING = "is_waiting"
_JUDGED = Count("deliveries", "", Eq("has_standard", 1))
_DELIVERS = ("influencer", "service", "strategic")

OPERATIONS: tuple[Kpi, ...] = (
    Kpi(
        "P04",
        "Active partner rate",
        Unit.RATIO,
        (_G, _TYPE),
        "Partners with revenue or activity in the active window ÷ partners with a signed contract "
        "or status active or onboarding (never prospect or ended), those new for less than 90 "
        "days apart (P04n).",
        Ratio(Count("partners", "", Eq("is_established_active", 1), Span.EVER), _ESTABLISHED),
        _ESTABLISHED,
        "operations",
        edges="Z NA",
    ),
    Kpi(
        "P04n",
        "New partners",
        Unit.COUNT,
        (_G, _TYPE),
        "Signed partners that started less than 90 days before as-of.",
        Count("partners", "", Eq("is_new", 1), Span.EVER),
        Count("partners", "", Eq("is_signed", 1), Span.EVER),
        "operations",
        edges="N",
    ),
    Kpi(
        "P05",
        "Time to first revenue",
        Unit.DAYS,
        (_P, _G),
        "Median days from a partner's start to its first sale; P05o have none yet.",
        Median("first_sales", "days", Eq(_WAITING, 0), span=Span.EVER),
        Count("first_sales", "", Eq(_WAITING, 0), Span.EVER),
        "operations",
        lower_is_better=True,
        edges="N CEN NA",
    ),
    Kpi(
        "P05o",
        "Partners without a sale yet",
        Unit.COUNT,
        (_G,),
        "Partners that started by as-of and have not sold anything.",
        Count("first_sales", "", Eq(_WAITING, 1), Span.EVER),
        Count("first_sales", span=Span.EVER),
        "operations",
        lower_is_better=True,
        edges="CEN",
    ),
    Kpi(
        "R04",
        "Response time (median)",
        Unit.HOURS,
        (_P, _PM),
        "Median hours from asked to answered of what was asked in the period; a request still "
        "open counts with its age once that is at least the median of the answered ones.",
        Median("responses", "hours", censored=_WAITING),
        Count("responses"),
        "relationship",
        lower_is_better=True,
        edges="N PP CEN NA",
    ),
    Kpi(
        "R04p",
        "Response time (90th percentile)",
        Unit.HOURS,
        (_P, _PM),
        "Nine in ten answers came within so many hours; open requests as in R04.",
        Quantile("responses", "hours", q=0.9, censored=_WAITING),
        Count("responses"),
        "relationship",
        lower_is_better=True,
        edges="N PP CEN NA",
    ),
    Kpi(
        "R04o",
        "Requests waiting longer than the median",
        Unit.COUNT,
        (_P, _PM),
        "Requests of the period not answered for at least the median of the answered ones.",
        Waiting("responses", "hours"),
        Count("responses", "", Eq(_WAITING, 1)),
        "relationship",
        lower_is_better=True,
        edges="CEN PP NA",
    ),
    *TALKS,
    Kpi(
        "R09",
        "Deliverable quality",
        Unit.NUMBER,
        (_P,),
        "Mean quality from 1 to 5 of deliverables and milestones done in the period.",
        Mean("deliveries", "quality"),
        Count("deliveries", "quality"),
        "relationship",
        types=("influencer", "service", "strategic"),
        edges="N NA",
    ),
    Kpi(
        "R09s",
        "Deliverables up to standard",
        Unit.RATIO,
        (_P,),
        "Deliverables whose quality is at least the standard agreed ÷ those with both.",
        Ratio(Count("deliveries", "", Eq("meets_standard", 1)), _JUDGED),
        _JUDGED,
        "relationship",
        types=("influencer", "service", "strategic"),
        interval="wilson",
        edges="Z NA",
    ),
    Kpi(
        "E12",
        "Time to delivery after due",
        Unit.DAYS,
        (_P,),
        "Median days from due to done of deliverables and milestones done in the period; early "
        "is negative. Those overdue are E12o.",
        Median("deliveries", "days_late"),
        Count("deliveries", "days_late"),
        "operations",
        types=_DELIVERS,
        lower_is_better=True,
        edges="N CEN NA",
    ),
    Kpi(
        "E12t",
        "Time to delivery from start",
        Unit.DAYS,
        (_P,),
        "Median days from the agreed start to done of deliverables and milestones done in the "
        "period.",
        Median("deliveries", "days_taken"),
        Count("deliveries", "days_taken"),
        "operations",
        types=_DELIVERS,
        lower_is_better=True,
        edges="N CEN NA",
    ),
    Kpi(
        "E12o",
        "Deliveries overdue",
        Unit.COUNT,
        (_P,),
        "Deliverables and milestones due by as-of and not done.",
        Count("plan", "", Eq("is_overdue", 1), Span.EVER),
        Count("plan", span=Span.EVER),
        "operations",
        types=_DELIVERS,
        lower_is_better=True,
        edges="CEN",
    ),
    Kpi(
        "R10",
        "On-time delivery",
        Unit.RATIO,
        (_P, _PM),
        "Plan items done by their due day ÷ items due in the period; due and not done is a miss, "
        "dropped items are left out.",
        Ratio(Count("plan", "", Eq("is_on_time", 1)), _DUE),
        _DUE,
        "operations",
        edges="Z PP NA",
    ),
    *MILESTONES,
    Kpi(
        "T10",
        "Data completeness",
        Unit.RATIO,
        (_P, _TAB),
        "Filled required cells ÷ required cells over the partner's rows in all entry tabs.",
        Ratio(
            Sum("cells", "filled", span=Span.EVER),
            Sum("cells", "required", span=Span.EVER),
        ),
        Sum("cells", "required", span=Span.EVER),
        "operations",
        edges="Z NA",
    ),
    Kpi(
        "T10i",
        "Open issues",
        Unit.COUNT,
        (_P, _TAB),
        "Errors and warnings on Issues about the partner's rows, but for those rejected and for "
        "rows that may be one: these are of the tab alone.",
        Count("issues", span=Span.EVER),
        Count("issues", span=Span.EVER),
        "operations",
        lower_is_better=True,
    ),
)
