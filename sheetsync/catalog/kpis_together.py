"""KPIs of working together: reach, training, response, delivery, data."""

from __future__ import annotations

from sheetsync.model.expr import (
    Const,
    Count,
    Eq,
    Median,
    Mul,
    Quantile,
    Ratio,
    Span,
    Sum,
)
from sheetsync.model.kpi import Grain, Kpi, Unit

_P, _PM, _G = Grain.PARTNER, Grain.PARTNER_MONTH, Grain.PROGRAMME
_TYPE, _TAB = Grain.TYPE, Grain.TAB
_MILESTONE = Eq("is_milestone", 1)

_IMPRESSIONS = Sum("activity", "impressions", Eq("has_engagement", 1))
_CLICKS_OF = Sum("activity", "clicks", Eq("has_conversions", 1))

ENGAGEMENT: tuple[Kpi, ...] = (
    Kpi(
        "E01",
        "Impressions",
        Unit.COUNT,
        (_P, _PM),
        "Impressions entered in Activity.",
        Sum("activity", "impressions"),
        Count("activity", "impressions"),
        "engagement",
        types=("influencer", "affiliate", "marketplace"),
    ),
    Kpi(
        "E03",
        "Engagement rate (by impressions)",
        Unit.RATIO,
        (_P, _PM),
        "(Likes + comments + shares) ÷ impressions, sums over rows that have both.",
        Ratio(Sum("activity", "engagements", Eq("has_engagement", 1)), _IMPRESSIONS),
        _IMPRESSIONS,
        "engagement",
        types=("influencer",),
    ),
    Kpi(
        "E05",
        "Click-through rate",
        Unit.RATIO,
        (_P, _PM),
        "Clicks ÷ impressions, sums over rows that have both and no more clicks than impressions.",
        Ratio(
            Sum("activity", "clicks", Eq("has_clicks", 1)),
            Sum("activity", "impressions", Eq("has_clicks", 1)),
        ),
        Sum("activity", "impressions", Eq("has_clicks", 1)),
        "engagement",
        types=("influencer", "affiliate"),
    ),
    Kpi(
        "E06",
        "Conversion rate",
        Unit.RATIO,
        (_P, _PM),
        "Conversions ÷ clicks, sums over rows that have both; with the exact 95 % interval.",
        Ratio(Sum("activity", "conversions", Eq("has_conversions", 1)), _CLICKS_OF),
        _CLICKS_OF,
        "engagement",
        types=("influencer", "affiliate", "marketplace"),
        interval="exact",
        minimum_setting="minimum_n_clicks",
    ),
    Kpi(
        "E08",
        "Content frequency",
        Unit.PER_WEEK,
        (_P, _PM),
        "Posts ÷ weeks of the period in which the partnership ran (from the partner's start to "
        "its end date, part weeks by the day).",
        Ratio(Mul(Sum("activity", "posts"), Const(7)), Sum("presence", "days")),
        Count("activity", "posts"),
        "engagement",
        types=("influencer", "strategic"),
    ),
    Kpi(
        "P01",
        "Training completion",
        Unit.RATIO,
        (_P,),
        "Trainings done ÷ trainings assigned.",
        Ratio(
            Sum("activity", "training_done", Eq("has_training", 1)),
            Sum("activity", "training_assigned", Eq("has_training", 1)),
        ),
        Sum("activity", "training_assigned", Eq("has_training", 1)),
        "engagement",
        types=("reseller", "service", "technology"),
    ),
    Kpi(
        "P03",
        "Marketing participation",
        Unit.RATIO,
        (_P,),
        "Campaigns joined ÷ campaigns invited to.",
        Ratio(
            Sum("activity", "joined", Eq("has_campaigns", 1)),
            Sum("activity", "invited", Eq("has_campaigns", 1)),
        ),
        Sum("activity", "invited", Eq("has_campaigns", 1)),
        "engagement",
        types=("reseller", "affiliate", "referral"),
    ),
)

_ESTABLISHED = Count("partners", "", Eq("is_established", 1), Span.EVER)
_DUE = Count("plan")
_WAITING = "is_waiting"

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
    ),
    Kpi(
        "T01",
        "Milestone completion",
        Unit.RATIO,
        (_P, _G),
        "Weight of milestones done ÷ weight of milestones due by as-of.",
        Ratio(
            Sum("plan", "done_weight", _MILESTONE, Span.EVER),
            Sum("plan", "weight", _MILESTONE, Span.EVER),
        ),
        Count("plan", "", _MILESTONE, Span.EVER),
        "strategy",
        types=("strategic", "technology"),
    ),
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
    ),
)
