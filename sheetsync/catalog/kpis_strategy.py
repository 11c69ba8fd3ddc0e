"""Strategy KPIs: milestones, markets, initiatives, joint campaigns, maturity and contracts."""

from __future__ import annotations

from sheetsync.model.expr import (
    And,
    Count,
    Eq,
    Max,
    Median,
    Ratio,
    Span,
    Sum,
)
from sheetsync.model.kpi import Grain, Kpi, Unit

_P, _G = Grain.PARTNER, Grain.PROGRAMME
_EVER = Span.EVER
_MILESTONE = Eq("is_milestone", 1)
_PARTNERS = Eq("is_partner", 1)
_REACH = ("strategic", "reseller", "marketplace")

_DUE_WEIGHT = Sum("plan", "weight", _MILESTONE, _EVER)
_MILESTONES = Count("plan", "", _MILESTONE, _EVER)
_LAUNCHED = And((Eq("is_waiting", 0), Eq("counts", 1)))
_WAITS = Eq("is_waiting", 1)


def _new(table: str, kind: str) -> Count:
    return Count(table, "", And((_PARTNERS, Eq(kind, 1))))


def _covered(table: str, kind: str) -> Count:
    return Count(table, "", And((_PARTNERS, Eq(kind, 1), Eq("is_before", 1))), _EVER)


def _markets(kpi: str, growth: str, kind: str, word: str, words: str) -> tuple[Kpi, Kpi]:
    """How many are new, and how much that adds to those covered before."""
    column = f"is_{kind}"
    return (
        Kpi(
            kpi,
            f"New {words}",
            Unit.COUNT,
            (_P, _G),
            f"{words.capitalize()} with a first won deal of all in the period, with the partner "
            "that won it.",
            Count("markets", "", And((_PARTNERS, Eq(column, 1)))),
            Count("markets", "", And((_PARTNERS, Eq(column, 1)))),
            "strategy",
            types=_REACH,
        ),
        Kpi(
            growth,
            f"{word} coverage growth",
            Unit.RATIO,
            (_P, _G),
            f"{words.capitalize()} first won in the period ÷ {words} covered before it, by the "
            "partner (or by all partners).",
            Ratio(_new("partner_markets", column), _covered("partner_markets", column)),
            _covered("partner_markets", column),
            "strategy",
            types=_REACH,
            together=Ratio(_new("markets", column), _covered("markets", column)),
            edges="Z NA",
        ),
    )


MILESTONES: tuple[Kpi, ...] = (
    Kpi(
        "T01",
        "Milestone completion",
        Unit.RATIO,
        (_P, _G),
        "Weight of milestones done ÷ weight of milestones due by as-of.",
        Ratio(Sum("plan", "done_weight", _MILESTONE, _EVER), _DUE_WEIGHT),
        _MILESTONES,
        "strategy",
        types=("strategic", "technology"),
        edges="Z NA",
    ),
    Kpi(
        "T01t",
        "Milestones on time",
        Unit.RATIO,
        (_P, _G),
        "Weight of milestones done by their due day ÷ weight of milestones due by as-of.",
        Ratio(Sum("plan", "timely_weight", _MILESTONE, _EVER), _DUE_WEIGHT),
        _MILESTONES,
        "strategy",
        types=("strategic", "technology"),
        edges="Z NA",
    ),
)

STRATEGY: tuple[Kpi, ...] = (
    *_markets("T03", "T03g", "country", "Country", "countries"),
    *_markets("T03s", "T03h", "segment", "Segment", "segments"),
    Kpi(
        "T03c",
        "New customers",
        Unit.COUNT,
        (_P, _G),
        "Customers whose first won deal or first sale a partner sourced in the period.",
        Count("new_customers", "", _PARTNERS),
        Count("new_customers", "", _PARTNERS),
        "strategy",
        types=_REACH,
    ),
    Kpi(
        "T04",
        "Innovation velocity",
        Unit.DAYS,
        (_P, _G),
        "Median days from start to launch of initiatives launched in the period.",
        Median("initiatives", "days", _LAUNCHED, _EVER),
        Count("initiatives", "", _LAUNCHED, _EVER),
        "strategy",
        types=("strategic", "technology"),
        lower_is_better=True,
        edges="N CEN NA",
    ),
    Kpi(
        "T04a",
        "Age of initiatives not launched",
        Unit.DAYS,
        (_P, _G),
        "Median days since the start of initiatives that are not launched; n says how many.",
        Median("initiatives", "days", _WAITS, _EVER),
        Count("initiatives", "", _WAITS, _EVER),
        "strategy",
        types=("strategic", "technology"),
        lower_is_better=True,
        edges="N CEN NA",
    ),
    Kpi(
        "T07",
        "Joint campaigns' share of revenue",
        Unit.RATIO,
        (_P, _G),
        "Sourced net revenue of campaigns that Activity names ÷ sourced net revenue.",
        Ratio(
            Sum("sales", "amount", And((_PARTNERS, Eq("is_joint", 1)))),
            Sum("sales", "amount", _PARTNERS),
        ),
        Count("sales", "amount", And((_PARTNERS, Eq("is_joint", 1)))),
        "strategy",
        edges="Z FX RF NA",
    ),
    Kpi(
        "T07r",
        "Revenue of joint campaigns",
        Unit.MONEY,
        (_P, _G),
        "Sourced net revenue of rows (or their deals) whose campaign Activity names.",
        Sum("sales", "amount", And((_PARTNERS, Eq("is_joint", 1)))),
        Count("sales", "amount", And((_PARTNERS, Eq("is_joint", 1)))),
        "strategy",
        edges="N FX RF",
    ),
    Kpi(
        "T07l",
        "Leads of joint campaigns",
        Unit.COUNT,
        (_P, _G),
        "Leads in rows of Activity that name a campaign.",
        Sum("activity", "leads", Eq("in_campaign", 1)),
        Count("activity", "leads", Eq("in_campaign", 1)),
        "strategy",
        edges="N",
    ),
    Kpi(
        "T07p",
        "Pipeline of joint campaigns",
        Unit.MONEY,
        (_P, _G),
        "Amount of deals open at as-of whose campaign Activity names.",
        Sum("campaign_deals", "amount", Eq("is_joint", 1), _EVER),
        Count("campaign_deals", "amount", Eq("is_joint", 1), _EVER),
        "strategy",
        edges="N FX",
    ),
    Kpi(
        "T08",
        "Relationship maturity",
        Unit.NUMBER,
        (_P,),
        "The stage from 1 to 5 entered on Partners.",
        Max("stages", "stage", span=_EVER),
        Count("stages", "stage", span=_EVER),
        "strategy",
        types=("strategic",),
        edges="N NA",
    ),
    Kpi(
        "T08m",
        "Months in that stage",
        Unit.NUMBER,
        (_P,),
        "Months since the day on which the stage was reached.",
        Max("stages", "months", span=_EVER),
        Count("stages", "months", span=_EVER),
        "strategy",
        types=("strategic",),
        edges="N NA",
    ),
    Kpi(
        "T09",
        "Contract completeness",
        Unit.RATIO,
        (_P,),
        "Clauses of the seven that the signed contract in force has ÷ 7; none without a contract.",
        Ratio(Sum("contracts", "clauses", span=_EVER), Sum("contracts", "of_clauses", span=_EVER)),
        Sum("contracts", "contracts", span=_EVER),
        "operations",
        pack="contracts",
        edges="Z NA",
    ),
    Kpi(
        "T09d",
        "Days to the end of the contract",
        Unit.DAYS,
        (_P,),
        "Days from as-of to the end of the signed contract in force; blank where it is open.",
        Max("contracts", "days_left", span=_EVER),
        Count("contracts", "days_left", span=_EVER),
        "operations",
        pack="contracts",
        edges="N NA",
    ),
)
