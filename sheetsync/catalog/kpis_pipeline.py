"""Pipeline KPIs: leads, open deals and how deals end."""

from __future__ import annotations

from dataclasses import replace

from sheetsync.model.expr import (
    Above,
    And,
    Count,
    CountDistinct,
    Eq,
    Mean,
    Median,
    Mul,
    OnlyIf,
    Ratio,
    Span,
    Sub,
    Sum,
    Waiting,
)
from sheetsync.model.kpi import Grain, Kpi, Unit

_P, _PM, _G, _STAGE = Grain.PARTNER, Grain.PARTNER_MONTH, Grain.PROGRAMME, Grain.STAGE
_GM = Grain.PROGRAMME_MONTH
_WON = Eq("is_won", 1)
_OPEN = Eq("is_open", 1)
_CO_SELL = And((_OPEN, Eq("is_co_sell", 1)))

_LEADS = Sum("activity", "leads")
_CLOSED_ROWS = Count("closed")
_WON_AMOUNTS = Count("closed", "amount", _WON)
_WON_DAYS = Count("closed", "days_to_close", _WON)
_OPEN_ROWS = Count("deals", "", _OPEN, Span.EVER)
_PIPELINE = Sum("deals", "open_amount", span=Span.EVER)
_WIN_RATE = Ratio(Count("closed", "", _WON), _CLOSED_ROWS)
_OPEN_AMOUNTS = Count("deals", "open_amount", _OPEN, Span.EVER)

_PARTNERS = Eq("is_partner", 1)
_CATALOGUE = Count("catalogue", span=Span.EVER, everyone=True)
_ACTIVE = Count("partners", "", Eq("is_active", 1), Span.EVER, everyone=True)

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
        edges="N PP",
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
        edges="N PP",
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
        edges="Z SM NA",
    ),
    Kpi(
        "S04",
        "Open pipeline",
        Unit.MONEY,
        (_P, _G, _STAGE),
        "Amount of deals open at as-of; 0 when the partner has deals but none open.",
        _PIPELINE,
        _OPEN_AMOUNTS,
        "pipeline",
        edges="N FX",
    ),
    Kpi(
        "S05",
        "Weighted pipeline",
        Unit.MONEY,
        (_P, _G, _STAGE),
        "Amount of deals open at as-of × the probability of their stage (Settings, else the list "
        "of stages). A deal keeps only its present stage, so what stages were worth cannot be read "
        "from the own history; what all deals together were worth can, see S05h.",
        Sum("deals", "weighted_amount", span=Span.EVER),
        _OPEN_AMOUNTS,
        "pipeline",
        edges="N FX",
    ),
    Kpi(
        "S05h",
        "Weighted pipeline (own win rate)",
        Unit.MONEY,
        (_P, _G),
        "Amount of deals open at as-of × the partner's own share of deals won among those won or "
        "lost so far, if these are 30 or more, else that of all partners together.",
        Sum("chances", "weighted_amount", span=Span.EVER),
        Count("chances", "weighted_amount", span=Span.EVER),
        "pipeline",
        edges="N FX",
    ),
    Kpi(
        "S06",
        "Win rate",
        Unit.RATIO,
        (_P, _G),
        "Deals won ÷ deals won or lost, closed in the period; with the 95 % Wilson interval.",
        _WIN_RATE,
        _CLOSED_ROWS,
        "pipeline",
        interval="wilson",
        minimum_setting="minimum_n_win_rate",
        edges="Z SM CEN NA",
    ),
    Kpi(
        "S06o",
        "Open deals",
        Unit.COUNT,
        (_P, _G),
        "Deals open at as-of, which are not in the win rate yet.",
        _OPEN_ROWS,
        _OPEN_ROWS,
        "pipeline",
        edges="CEN",
    ),
    Kpi(
        "S07",
        "Win rate (value)",
        Unit.RATIO,
        (_P, _G),
        "Amount of deals won ÷ amount of deals won or lost, closed in the period; incomplete when "
        "one of them has no amount.",
        Ratio(Sum("closed", "amount", _WON), Sum("closed", "amount")),
        Count("closed", "amount"),
        "pipeline",
        missing=Sub(_CLOSED_ROWS, Count("closed", "amount")),
        edges="Z FX NA",
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
        edges="N FX NA",
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
        edges="N FX NA",
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
        edges="N CEN NA",
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
        edges="N CEN NA",
    ),
    Kpi(
        "S09o",
        "Open deals older than the median",
        Unit.COUNT,
        (_P, _G),
        "Deals open at as-of for at least as long as the median deal took to be won.",
        Waiting("ageing", "days", span=Span.EVER),
        Count("ageing", "", Eq("is_waiting", 1), Span.EVER),
        "pipeline",
        lower_is_better=True,
        edges="CEN NA",
    ),
    Kpi(
        "S10",
        "Sales velocity per day",
        Unit.MONEY,
        (_P, _G),
        "Open deals × win rate (S06) × average deal size (S08) ÷ median days to close (S09).",
        Ratio(
            Mul(Mul(_OPEN_ROWS, _WIN_RATE), Mean("closed", "amount", _WON)),
            Median("closed", "days_to_close", _WON),
        ),
        _CLOSED_ROWS,
        "pipeline",
        types=("reseller", "referral", "technology", "service"),
        edges="Z N FX NA",
    ),
    replace(
        _joint := Kpi(
            "S11",
            "Joint pipeline",
            Unit.MONEY,
            (_P, _G),
            "Amount of deals open at as-of in which the partner's role is co-sell; each deal once.",
            Sum("deals", "co_sell_amount", span=Span.EVER),
            Count("deals", "open_amount", _CO_SELL, Span.EVER),
            "pipeline",
            types=("strategic", "technology", "service"),
            edges="N FX NA",
        ),
        attributed=replace(
            _joint,
            words="Amount of deals open at as-of in which the partner's role is co-sell, or that "
            "two or more partners have or touched; each deal once for the programme.",
            value=Sum("joint", "amount", span=Span.EVER),
            n=CountDistinct("joint", "deal_id", span=Span.EVER),
            together=Sum("joint", "amount", Eq("is_once", 1), Span.EVER),
        ),
    ),
    Kpi(
        "S12",
        "Pipeline coverage",
        Unit.MULTIPLE,
        (_P, _G),
        "Open pipeline ÷ what goals of revenue (F01, F03) that run at as-of still want; blank "
        "without such a goal or when it is reached.",
        Ratio(_PIPELINE, Above(Sum("targets", "wanted", span=Span.EVER))),
        _OPEN_AMOUNTS,
        "pipeline",
        pack="goals",
        together=Ratio(_PIPELINE, Above(Sum("targets", "wanted_together", span=Span.EVER))),
        edges="Z FX NA",
    ),
    *(
        Kpi(
            f"S14{letter}",
            f"Deals won within {age} days",
            Unit.RATIO,
            (_P, _G, _GM),
            f"Of the deals created in the period (or month) at least {age} days before as-of, "
            f"those won within {age} days.",
            Ratio(
                Count("cohorts", "", Eq(f"won_{age}", 1)),
                Count("cohorts", "", Eq(f"seen_{age}", 1)),
            ),
            Count("cohorts", "", Eq(f"seen_{age}", 1)),
            "pipeline",
            interval="wilson",
            edges="Z NA CEN",
        )
        for letter, age in (("a", 90), ("b", 180))
    ),
    Kpi(
        "S14",
        "Cohort conversion",
        Unit.RATIO,
        (_P, _G, _GM),
        "Of the deals created in the period (or month), those won so far; S14o are still open.",
        Ratio(Count("cohorts", "", _WON), Count("cohorts")),
        Count("cohorts"),
        "pipeline",
        interval="wilson",
        edges="Z PP CEN NA",
    ),
    Kpi(
        "S14o",
        "Cohort still open",
        Unit.COUNT,
        (_P, _G, _GM),
        "Deals created in the period (or month) that are open at as-of.",
        Count("cohorts", "", _OPEN),
        Count("cohorts"),
        "pipeline",
        edges="CEN PP",
    ),
    Kpi(
        "U03",
        "Portfolio adoption",
        Unit.RATIO,
        (_P,),
        "Different products of the list of products that the partner sold ÷ products on that list.",
        OnlyIf(
            Ratio(CountDistinct("product_sales", "product"), _CATALOGUE),
            Count("sales", "", Eq("is_sale", 1)),
        ),
        Count("product_sales"),
        "pipeline",
        types=("reseller", "service", "technology"),
        edges="Z N NA",
    ),
    Kpi(
        "U04",
        "Product adoption in the network",
        Unit.RATIO,
        (Grain.PRODUCT,),
        "Partners that sold the product ÷ partners with revenue or activity in the active window.",
        Ratio(CountDistinct("product_sales", "partner_id", _PARTNERS), _ACTIVE),
        _ACTIVE,
        "pipeline",
        types=("reseller", "technology"),
        edges="Z NA",
    ),
)
