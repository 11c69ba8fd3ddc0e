"""Formulas of the live tabs' columns: what follows from one row that people typed.

They say in spreadsheet terms what ``sheetsync.measure`` makes of the same row: whom it counts for,
its month, its amount in the reporting currency, whether a deal is won.
"""

from __future__ import annotations

from collections.abc import Mapping

from sheetsync.model.cell_formula import (
    AllOf,
    AnyOf,
    Applied,
    Calc,
    CellFormula,
    Compare,
    DayNamed,
    DayOf,
    Figure,
    Fixed,
    IsNumber,
    OfGroup,
    Own,
    When,
    Words,
    flag,
)
from sheetsync.model.cell_lookup import ByText, InLive, LeftOut, Rate, Typed

_OWN_SALES = Fixed("DIRECT")
_BLANK, _NONE, _ONE = Fixed(""), Fixed(0), Fixed(1)
SPANS = ("in_period", "in_period_before", "in_period_year_ago")
_COUNTS = (
    "posts", "impressions", "clicks", "conversions", "leads", "qualified_leads",
    "training_assigned", "training_done", "invited", "joined", "reach", "saves", "followers",
    "logins",
)  # fmt: skip


def _is(key: str, value: str | int) -> Compare:
    return Compare(Own(key), "=", Fixed(value))


def _both(*parts: CellFormula) -> AllOf:
    return AllOf(parts)


def _either(*parts: CellFormula) -> AnyOf:
    return AnyOf(parts)


def _filled(key: str) -> Compare:
    return Compare(Own(key), "<>", _BLANK)


def _dated(key: str) -> Compare:
    return Compare(Own(key), ">", _NONE)


def _whose(row_id: str) -> dict[str, CellFormula]:
    """Id, partner, and whether the row counts: not left out by sync, of a partner there is."""
    ids: dict[str, CellFormula] = {"id": Words(row_id)} if row_id else {}
    known = _either(
        Compare(Own("partner"), "=", _OWN_SALES), Typed(Own("partner"), "partners", "partner_id")
    )
    counts = _both(
        _filled("partner"), known, Compare(flag(LeftOut("id" if ids else "")), "=", _NONE)
    )
    return {**ids, "partner": Words("partner_id"), "used": flag(counts)}


def _spans(day: str, *names: str, before: str = "") -> dict[str, CellFormula]:
    """The month of a day and whether it lies in the spans."""
    told: dict[str, CellFormula] = {f"{before}month": Applied("MONTH", Own(day))}
    for name in names:
        first, last = DayNamed(f"{name} first"), DayNamed(f"{name} last")
        inside = _both(Compare(Own(day), ">=", first), Compare(Own(day), "<=", last))
        told[f"{before}{name}"] = flag(inside)
    return told


def _converted(month_day: CellFormula) -> dict[str, CellFormula]:
    """The amount in the reporting currency, and 1 where its rate is missing."""
    entered, rate = Own("entered"), Own("rate")
    known = _both(IsNumber(entered), Compare(rate, ">", _NONE))
    return {
        "currency": Words("currency"),
        "entered": Figure("amount"),
        "rate": Rate("currency", Applied("MONTH", month_day)),
        "amount": When(known, Applied("ROUND", Calc(entered, "*", rate)), _BLANK),
        "rate_missing": flag(_both(IsNumber(entered), Compare(rate, "=", _NONE))),
    }


def _or_zero(key: str) -> When:
    return When(_is(key, ""), _NONE, Own(key))


_AS_OF = DayNamed("as_of")
_STAGE = Own("stage")


def _stage(group: str) -> CellFormula:
    return flag(_both(_is("used", 1), OfGroup(_STAGE, "stage", (group,))))


_DEALS: dict[str, CellFormula] = {
    **_whose("deal_id"),
    "stage": Words("stage"),
    "role": Words("role"),
    "created": DayOf("created"),
    "closed": DayOf("closed"),
    "lead_day": DayOf("lead_date"),
    "is_open": _stage("open"),
    "is_won": _stage("won"),
    "is_lost": _stage("lost"),
    "is_other_role": flag(
        _both(_is("used", 1), _filled("role"), Compare(Own("role"), "<>", Fixed("sourced")))
    ),
    "credited": When(_is("is_other_role", 1), _OWN_SALES, Own("partner")),
    **_converted(When(_dated("closed"), Own("closed"), _AS_OF)),
    **_spans("closed", *SPANS),
    **_spans("created", "in_period", before="created_"),
    **_spans("lead_day", "in_period", before="lead_"),
    "is_sold": flag(_both(_filled("id"), InLive(Own("id"), "live_money", "sale_of"))),
    "is_revenue": flag(_both(_is("is_won", 1), _dated("closed"), _is("is_sold", 0))),
    "is_closed": flag(_both(_either(_is("is_won", 1), _is("is_lost", 1)), _dated("closed"))),
    "is_lead": flag(_both(_is("used", 1), _dated("lead_day"))),
    "days_to_close": When(
        _both(_is("is_closed", 1), _dated("created"), Compare(Own("closed"), ">=", Own("created"))),
        Calc(Own("closed"), "-", Own("created")),
        _BLANK,
    ),
    "days_ranked": _or_zero("days_to_close"),
    "amount_ranked": _or_zero("amount"),
    "refunded": When(_is("amount", ""), _BLANK, _NONE),
    "is_refund": _NONE,
    "is_deal": flag(
        _both(
            _either(_is("is_open", 1), _is("is_won", 1), _is("is_lost", 1)),
            Compare(Own("created"), "<=", _AS_OF),
        )
    ),
    "open_amount": When(_is("is_open", 1), Own("amount"), _NONE),
    "chance": ByText(_STAGE, "chance"),
    "weighted_amount": When(
        _is("is_open", 1),
        When(
            _either(_is("amount", ""), _is("chance", "")),
            _BLANK,
            Applied("ROUND", Calc(Own("amount"), "*", Own("chance"))),
        ),
        _NONE,
    ),
    "is_co_sell": flag(_both(_is("is_open", 1), _is("role", "co-sell"))),
    "co_sell_amount": When(_is("is_co_sell", 1), Own("amount"), _NONE),
    "open_rate_missing": When(_is("is_open", 1), Own("rate_missing"), _NONE),
}

_MONEY: dict[str, CellFormula] = {
    **_whose("entry_id"),
    "deal": Words("deal_id"),
    "kind": Words("kind"),
    "day": DayOf("date"),
    "sale_of": When(_either(_is("kind", "sale"), _is("kind", "renewal")), Own("deal"), _BLANK),
    "is_other_role": flag(
        _both(_filled("deal"), InLive(Own("deal"), "live_deals", "id", "is_other_role"))
    ),
    "credited": When(_is("is_other_role", 1), _OWN_SALES, Own("partner")),
    **_converted(Own("day")),
    **_spans("day", *SPANS),
    "is_revenue": flag(
        _both(
            _is("used", 1), _dated("day"), OfGroup(Own("kind"), "money_kind", ("revenue", "refund"))
        )
    ),
    "is_refund": flag(_both(_is("is_revenue", 1), OfGroup(Own("kind"), "money_kind", ("refund",)))),
    "is_cost": flag(
        _both(_is("used", 1), _dated("day"), OfGroup(Own("kind"), "money_kind", ("cost",)))
    ),
    "signed": When(
        _both(_is("is_refund", 1), _filled("amount")),
        Calc(_NONE, "-", Applied("ABS", Own("amount"))),
        Own("amount"),
    ),
    "gross": When(_is("is_refund", 1), _BLANK, Own("amount")),
    "refunded": When(
        _is("amount", ""),
        _BLANK,
        When(_is("is_refund", 1), Applied("ABS", Own("amount")), _NONE),
    ),
}


def _pair(top: str, base: str) -> When:
    """Both numbers filled, the first no more than the second."""
    both = _both(_filled(top), _filled(base), Compare(Own(top), "<=", Own(base)))
    return flag(both)


def _together(*keys: str) -> When:
    """The sum of what is filled, blank where nothing is."""
    total: CellFormula = _or_zero(keys[0])
    for key in keys[1:]:
        total = Calc(total, "+", _or_zero(key))
    return When(_both(*(_is(key, "") for key in keys)), _BLANK, total)


_ACTIVITY: dict[str, CellFormula] = {
    **_whose(""),
    "day": DayOf("month", month=True),
    **_spans("day", "in_period", "in_period_before"),
    "counted": flag(_both(_is("used", 1), _dated("day"))),
    "campaign": Words("campaign"),
    **{key: Figure(key) for key in (*_COUNTS, "likes", "comments", "shares", "audience_quality")},
    "engagements": _together("likes", "comments", "shares"),
    "likes_comments": _together("likes", "comments"),
    "with_saves": When(
        _is("engagements", ""), _BLANK, Calc(Own("engagements"), "+", _or_zero("saves"))
    ),
    "has_engagement": flag(_both(_filled("engagements"), _filled("impressions"))),
    "has_reach": flag(_both(_filled("engagements"), _filled("reach"))),
    "has_followers": flag(_both(_filled("likes_comments"), _filled("followers"))),
    "has_clicks": _pair("clicks", "impressions"),
    "has_conversions": _pair("conversions", "clicks"),
    "has_shown": _pair("conversions", "impressions"),
    "has_training": _pair("training_done", "training_assigned"),
    "has_campaigns": _pair("joined", "invited"),
    "in_campaign": flag(_filled("campaign")),
}

_LATER = Compare(Own("answered"), ">=", DayNamed("as_of", 1))
_SO_FAR = Calc(_AS_OF, "-", Own("asked"))
_HOURS = Fixed(24)
_YES = Fixed("yes")

_INTERACTIONS: dict[str, CellFormula] = {
    **_whose("interaction_id"),
    "asked": Figure("asked_at"),
    "answered": Figure("answered_at"),
    "day": DayOf("asked_at"),
    **_spans("day", "in_period", "in_period_before"),
    "is_waiting": flag(_either(_is("answered", ""), _LATER)),
    "hours": When(
        _is("asked", ""),
        _BLANK,
        When(
            _is("is_waiting", 1),
            When(
                Compare(Own("asked"), ">", _AS_OF),
                _NONE,
                Applied("ROUND", Calc(_SO_FAR, "*", _HOURS)),
            ),
            Applied("ROUND", Calc(Calc(Own("answered"), "-", Own("asked")), "*", _HOURS)),
        ),
    ),
    "is_request": flag(_both(_is("used", 1), _filled("hours"), Compare(Own("hours"), ">=", _NONE))),
    "hours_ranked": When(_is("is_request", 1), Own("hours"), _NONE),
    "held": DayOf("date"),
    **_spans("held", "in_period", "in_period_before", before="held_"),
    "is_held": flag(_both(_is("used", 1), _dated("held"), Compare(Own("held"), "<=", _AS_OF))),
    "kind": Words("kind"),
    "direction": Words("direction"),
    "is_scheduled": flag(Compare(Words("scheduled"), "=", _YES)),
    "is_attended": flag(_both(_is("is_scheduled", 1), Compare(Words("attended"), "=", _YES))),
    "is_decision": flag(_is("kind", "decision")),
    "is_documented": flag(_both(_is("is_decision", 1), Compare(Words("documented"), "=", _YES))),
    "is_issue": flag(_is("kind", "issue")),
    "is_early": flag(
        _both(
            _is("is_issue", 1),
            _is("direction", "theirs"),
            Compare(Words("raised_early"), "=", _YES),
        )
    ),
}

_DONE = _both(_dated("done"), Compare(Own("done"), "<=", _AS_OF))
_QUALITY = ("quality", "standard")

_PLAN: dict[str, CellFormula] = {
    **_whose("item_id"),
    "kind": Words("kind"),
    "status": Words("status"),
    "due": DayOf("due"),
    "done": DayOf("done"),
    "start": DayOf("start"),
    **_spans("due", "in_period", "in_period_before"),
    **_spans("done", "in_period", "in_period_before", before="done_"),
    "weight": When(Compare(Figure("weight"), "=", _BLANK), _ONE, Figure("weight")),
    **{key: Figure(key) for key in _QUALITY},
    "is_done": flag(_either(_DONE, _both(_is("done", 0), _is("status", "done")))),
    "is_counted": flag(
        _both(
            _is("used", 1),
            _dated("due"),
            Compare(Own("due"), "<=", _AS_OF),
            Compare(Own("status"), "<>", Fixed("dropped")),
        )
    ),
    "is_milestone": flag(_is("kind", "milestone")),
    "is_item": flag(_either(_is("kind", "milestone"), _is("kind", "deliverable"))),
    "is_overdue": flag(_both(_is("is_item", 1), _is("is_done", 0))),
    "is_on_time": flag(
        _both(_is("is_done", 1), _dated("done"), Compare(Own("done"), "<=", Own("due")))
    ),
    "done_weight": When(_is("is_done", 1), Own("weight"), _NONE),
    "timely_weight": When(_is("is_on_time", 1), Own("weight"), _NONE),
    "is_delivery": flag(
        _both(
            _is("used", 1),
            _is("is_item", 1),
            _is("is_done", 1),
            _dated("done"),
            Compare(Own("status"), "<>", Fixed("dropped")),
        )
    ),
    "days_late": When(_dated("due"), Calc(Own("done"), "-", Own("due")), _BLANK),
    "days_taken": When(
        _both(_dated("start"), Compare(Own("done"), ">=", Own("start"))),
        Calc(Own("done"), "-", Own("start")),
        _BLANK,
    ),
    "taken_ranked": _or_zero("days_taken"),
    "has_standard": flag(_both(_filled("quality"), _filled("standard"))),
    "meets_standard": flag(
        _both(_is("has_standard", 1), Compare(Own("quality"), ">=", Own("standard")))
    ),
}

FORMULAS: Mapping[str, tuple[str, Mapping[str, CellFormula]]] = {
    "live_deals": ("deals", _DEALS),
    "live_money": ("money", _MONEY),
    "live_activity": ("activity", _ACTIVITY),
    "live_interactions": ("interactions", _INTERACTIONS),
    "live_plan": ("plan", _PLAN),
}
"""By live tab: the entry tab that it mirrors, and the formulas of its columns."""
