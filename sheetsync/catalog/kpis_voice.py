"""Relationship KPIs: what partners and customers say, meetings, decisions, issues and feedback."""

from __future__ import annotations

from sheetsync.model.expr import (
    And,
    Const,
    Count,
    Eq,
    Mean,
    Mul,
    Ratio,
    Sub,
)
from sheetsync.model.kpi import Grain, Kpi, Unit

_P, _G = Grain.PARTNER, Grain.PROGRAMME
_OF_PARTNER, _OF_CUSTOMER = Eq("of_partner", 1), Eq("of_customer", 1)

_LATEST = And((_OF_PARTNER, Eq("is_latest", 1)))
_ANSWERS = Count("surveys", "recommend", _LATEST)
_PROMOTERS = Count("surveys", "", And((*_LATEST.parts, Eq("is_promoter", 1))))
_DETRACTORS = Count("surveys", "", And((*_LATEST.parts, Eq("is_detractor", 1))))

_OURS = And((_OF_CUSTOMER, Eq("is_partner", 1)))
_DIRECT = And((_OF_CUSTOMER, Eq("is_partner", 0)))
_CONTENT = Count("surveys", "", And((*_OURS.parts, Eq("is_content", 1))))
_RATED = Count("surveys", "overall", _OURS)
_DIRECT_CONTENT = Count("surveys", "", And((*_DIRECT.parts, Eq("is_content", 1))), everyone=True)
_DIRECT_RATED = Count("surveys", "overall", _DIRECT, everyone=True)


def _asked(wave: str) -> Count:
    return Count("surveys", "recall", Eq(wave, 1))


def _recalls(wave: str) -> Count:
    return Count("surveys", "", And((Eq(wave, 1), Eq("recalls", 1))))


VOICE: tuple[Kpi, ...] = (
    Kpi(
        "R01",
        "Partner recommendation (NPS)",
        Unit.POINTS,
        (_P, _G),
        "100 × (partners' answers of 9 or 10 − those of 0 to 6) ÷ answers, −100 to 100; with the "
        "95 % interval of its standard error. The latest answer of each respondent counts, and "
        "every one without. Below the minimum of answers look at each.",
        Mul(Const(100), Ratio(Sub(_PROMOTERS, _DETRACTORS), _ANSWERS)),
        _ANSWERS,
        "relationship",
        interval="nps",
        parts=(_PROMOTERS, _DETRACTORS, _ANSWERS),
        minimum_setting="minimum_n_nps",
        pack="voice",
        edges="Z SM NA",
    ),
    Kpi(
        "R01m",
        "Mean recommend score",
        Unit.NUMBER,
        (_P, _G),
        "Mean of the same answers, from 0 to 10; not to be taken for R01.",
        Mean("surveys", "recommend", _LATEST),
        _ANSWERS,
        "relationship",
        minimum_setting="minimum_n_nps",
        pack="voice",
        edges="N SM NA",
    ),
    Kpi(
        "R02",
        "Partner satisfaction index",
        Unit.POINTS,
        (_P, _G),
        "100 × (mean of support, communication, outcomes and overall − 1) ÷ 4 over partners' "
        "answers with at least half of these filled.",
        Mean("surveys", "satisfaction", _OF_PARTNER),
        Count("surveys", "satisfaction", _OF_PARTNER),
        "relationship",
        pack="voice",
        edges="N NA",
    ),
    Kpi(
        "R03",
        "Satisfaction gap to own customers",
        Unit.POINTS,
        (_P, _G),
        "Percent of customers of partners that are content (4 or 5 overall) − percent of own "
        "customers (DIRECT), in points, with Newcombe's 95 % interval; blank without both.",
        Mul(
            Const(100),
            Sub(Ratio(_CONTENT, _RATED), Ratio(_DIRECT_CONTENT, _DIRECT_RATED)),
        ),
        _RATED,
        "relationship",
        types=("reseller", "service", "marketplace"),
        interval="difference",
        parts=(_CONTENT, _RATED, _DIRECT_CONTENT, _DIRECT_RATED),
        pack="voice",
        edges="Z NA",
    ),
    Kpi(
        "R03p",
        "Satisfaction of partners' customers",
        Unit.RATIO,
        (_P, _G),
        "Customers of partners that answer 4 or 5 overall ÷ those that answer.",
        Ratio(_CONTENT, _RATED),
        _RATED,
        "relationship",
        types=("reseller", "service", "marketplace"),
        interval="wilson",
        pack="voice",
        edges="Z NA",
    ),
    Kpi(
        "E13",
        "Brand lift",
        Unit.POINTS,
        (_P,),
        "Percent that recall the brand after the campaign − percent before, in points, with "
        "Newcombe's 95 % interval; both waves need 30 answers.",
        Mul(
            Const(100),
            Sub(
                Ratio(_recalls("is_post"), _asked("is_post")),
                Ratio(_recalls("is_pre"), _asked("is_pre")),
            ),
        ),
        Count("surveys", "recall"),
        "strategy",
        types=("influencer", "strategic"),
        interval="difference",
        parts=(
            _recalls("is_post"),
            _asked("is_post"),
            _recalls("is_pre"),
            _asked("is_pre"),
        ),
        minimum_n=30,
        pack="voice",
        edges="Z SM NA",
    ),
)

_SCHEDULED = Count("interactions", "", Eq("is_scheduled", 1))
_DECISIONS = Count("interactions", "", Eq("is_decision", 1))
_ISSUES = Count("interactions", "", Eq("is_issue", 1))

TALKS: tuple[Kpi, ...] = (
    Kpi(
        "R06",
        "Attendance",
        Unit.RATIO,
        (_P,),
        "Interactions planned ahead that the partner came to ÷ those planned ahead.",
        Ratio(Count("interactions", "", Eq("is_attended", 1)), _SCHEDULED),
        _SCHEDULED,
        "relationship",
        types=("strategic", "service", "technology"),
        edges="Z NA",
    ),
    Kpi(
        "R07",
        "Documentation completeness",
        Unit.RATIO,
        (_P,),
        "Decisions and agreements written down ÷ decisions and agreements.",
        Ratio(Count("interactions", "", Eq("is_documented", 1)), _DECISIONS),
        _DECISIONS,
        "operations",
        edges="Z NA",
    ),
    Kpi(
        "R08",
        "Proactive rate",
        Unit.RATIO,
        (_P,),
        "Issues that the partner raised before they became due ÷ issues.",
        Ratio(Count("interactions", "", Eq("is_early", 1)), _ISSUES),
        _ISSUES,
        "relationship",
        interval="wilson",
        minimum_n=5,
        edges="Z SM NA",
    ),
    Kpi(
        "R11",
        "Feedback answered",
        Unit.RATIO,
        (_P, _G),
        "Feedback and survey comments with a reply ÷ feedback and survey comments.",
        Ratio(Count("feedback", "", Eq("is_replied", 1)), Count("feedback")),
        Count("feedback"),
        "relationship",
        edges="Z NA",
    ),
)
