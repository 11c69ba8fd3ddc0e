"""Pipeline KPIs: leads, open deals and how deals end."""

from __future__ import annotations

from sheetsync.model.expr import (
    And,
    Count,
    Eq,
    Mean,
    Median,
    Ratio,
    Span,
    Sum,
)
from sheetsync.model.kpi import Grain, Kpi, Unit

_P, _PM, _G, _STAGE = Grain.PARTNER, Grain.PARTNER_MONTH, Grain.PROGRAMME, Grain.STAGE
_WON = Eq("is_won", 1)
_OPEN = Eq("is_open", 1)
_CO_SELL = And((_OPEN, Eq("is_co_sell", 1)))

_LEADS = Sum("activity", "leads")
_CLOSED_ROWS = Count("closed")
_WON_AMOUNTS = Count("closed", "amount", _WON)
_WON_DAYS = Count("closed", "days_to_close", _WON)
_OPEN_AMOUNTS = Count("deals", "open_amount", _OPEN, Span.EVER)

PIPELINE: tuple[Kpi, ...] = (
    Kpi(
        "S01",
        "Leads",
        Unit.COUNT,
        (_P, _PM),
        "Leads entered in Activity; a blank is no data, not 0.",
        _LEADS,
        Count("activity", "leads"),
        "pipeline",
    ),
    Kpi(
        "S02",
        "Qualified leads",
        Unit.COUNT,
        (_P, _PM),
        "Qualified leads entered in Activity.",
        Sum("activity", "qualified_leads"),
        Count("activity", "qualified_leads"),
        "pipeline",
    ),
    Kpi(
        "S03",
        "Lead to deal rate",
        Unit.RATIO,
        (_P,),
        "Deals whose lead date lies in the period ÷ leads entered for the months that begin in "
        "the period: the same leads above and below, whenever the deal was made.",
        Ratio(Count("lead_deals"), _LEADS),
        _LEADS,
        "pipeline",
        interval="wilson",
        minimum_setting="minimum_n_win_rate",
    ),
    Kpi(
        "S04",
        "Open pipeline",
        Unit.MONEY,
        (_P, _G, _STAGE),
        "Amount of deals open at as-of; 0 when the partner has deals but none open.",
        Sum("deals", "open_amount", span=Span.EVER),
        _OPEN_AMOUNTS,
        "pipeline",
    ),
    Kpi(
        "S05",
        "Weighted pipeline",
        Unit.MONEY,
        (_P, _G, _STAGE),
        "Amount of deals open at as-of × the probability of their stage (Settings, else the list "
        "of stages).",
        Sum("deals", "weighted_amount", span=Span.EVER),
        _OPEN_AMOUNTS,
        "pipeline",
    ),
    Kpi(
        "S06",
        "Win rate",
        Unit.RATIO,
        (_P, _G),
        "Deals won ÷ deals won or lost, closed in the period; with the 95 % Wilson interval.",
        Ratio(Count("closed", "", _WON), _CLOSED_ROWS),
        _CLOSED_ROWS,
        "pipeline",
        interval="wilson",
        minimum_setting="minimum_n_win_rate",
    ),
    Kpi(
        "S08",
        "Average deal size",
        Unit.MONEY,
        (_P, _G),
        "Mean amount of deals won in the period.",
        Mean("closed", "amount", _WON),
        _WON_AMOUNTS,
        "pipeline",
    ),
    Kpi(
        "S08m",
        "Median deal size",
        Unit.MONEY,
        (_P, _G),
        "Median amount of deals won in the period.",
        Median("closed", "amount", _WON),
        _WON_AMOUNTS,
        "pipeline",
    ),
    Kpi(
        "S09",
        "Time to close",
        Unit.DAYS,
        (_P, _G),
        "Median days from creation to close of deals won in the period.",
        Median("closed", "days_to_close", _WON),
        _WON_DAYS,
        "pipeline",
        lower_is_better=True,
    ),
    Kpi(
        "S09m",
        "Mean time to close",
        Unit.DAYS,
        (_P, _G),
        "Mean days from creation to close of deals won in the period.",
        Mean("closed", "days_to_close", _WON),
        _WON_DAYS,
        "pipeline",
        lower_is_better=True,
    ),
    Kpi(
        "S11",
        "Joint pipeline",
        Unit.MONEY,
        (_P, _G),
        "Amount of deals open at as-of in which the partner's role is co-sell; each deal once.",
        Sum("deals", "co_sell_amount", span=Span.EVER),
        Count("deals", "open_amount", _CO_SELL, Span.EVER),
        "pipeline",
        types=("strategic", "technology", "service"),
    ),
)
