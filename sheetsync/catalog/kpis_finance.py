"""Finance KPIs: what partners bring in, cost and return.

Sourced revenue of a deal whose role is not sourced belongs to own sales (DIRECT), so that partners
and own sales add up to all revenue. KPIs of the return on partners (F06, F07, F08, F17, F20) and
the top of the share F09 leave own sales out; where deals are shared by attribution, they count
what partners are credited with instead of what they sourced.
"""

from __future__ import annotations

from dataclasses import replace

from sheetsync.model.expr import (
    Above,
    Count,
    Eq,
    Expr,
    Mul,
    OnlyIf,
    Param,
    Ratio,
    Span,
    Sub,
    Sum,
)
from sheetsync.model.kpi import Grain, Kpi, Unit

_P, _PM, _G, _GM = Grain.PARTNER, Grain.PARTNER_MONTH, Grain.PROGRAMME, Grain.PROGRAMME_MONTH
_TYPE = Grain.TYPE
_PARTNERS = Eq("is_partner", 1)

_REVENUE = Sum("revenue", "amount")
_REVENUE_ROWS = Count("revenue", "amount")
_REVENUE_BEFORE = Sum("revenue", "amount", span=Span.BEFORE)
_REVENUE_YEAR_AGO = Sum("revenue", "amount", span=Span.YEAR_AGO)
_PARTNER_REVENUE = Sum("revenue", "amount", _PARTNERS)
_PARTNER_REVENUE_ROWS = Count("revenue", "amount", _PARTNERS)
_ALL_REVENUE = OnlyIf(
    Sum("revenue", "amount", everyone=True),
    Count("revenue", "amount", Eq("is_partner", 0), Span.EVER, everyone=True),
)
_COST = Sum("cost", "amount")
_COST_ROWS = Count("cost", "amount")
_PARTNER_COST = Sum("cost", "amount", _PARTNERS)
_PARTNER_COST_ROWS = Count("cost", "amount", _PARTNERS)
_NEW_CUSTOMERS = Count("new_customers", "", _PARTNERS)

_CREDITED = Sum("attributed", "amount", _PARTNERS)
_CREDITED_PARTS = Sum("attributed", "parts", _PARTNERS)
_ALL_CREDITED = OnlyIf(
    Sum("attributed", "amount", everyone=True),
    Count("attributed", "amount", Eq("is_partner", 0), Span.EVER, everyone=True),
)
_CREDITED_CUSTOMERS = Sum("credited_customers", "credit", _PARTNERS)


def _attributed(kpi: Kpi, words: str, value: Expr, n: Expr | None = None) -> Kpi:
    """The KPI with what stands in its place where deals are shared by attribution."""
    return replace(kpi, attributed=replace(kpi, words=words, value=value, n=n or kpi.n))


COST_PER_CUSTOMER = _attributed(
    Kpi(
        "F08",
        "Cost per new customer",
        Unit.MONEY,
        (_P, _G),
        "Partner cost ÷ customers whose first won deal or first sale the partner sourced.",
        Ratio(_PARTNER_COST, _NEW_CUSTOMERS),
        _NEW_CUSTOMERS,
        "finance",
        lower_is_better=True,
        edges="Z FX NA",
    ),
    "Partner cost ÷ new customers credited to the partner, in parts where several touched the "
    "first won deal.",
    Ratio(_PARTNER_COST, _CREDITED_CUSTOMERS),
    _CREDITED_CUSTOMERS,
)

FINANCE: tuple[Kpi, ...] = (
    Kpi(
        "F01",
        "Sourced net revenue",
        Unit.MONEY,
        (_P, _PM, _G, _GM),
        "Sales and renewals minus refunds of what the partner sourced; a won deal without a sale "
        "row counts with its amount on the day it closed.",
        _REVENUE,
        _REVENUE_ROWS,
        "finance",
        edges="N PP FX RF",
    ),
    Kpi(
        "F02",
        "Influenced revenue",
        Unit.MONEY,
        (_P, _PM),
        "Revenue of won deals that somebody else sourced and the partner touched within the "
        "look-back, in full; it counts for each such partner, so do not add partners up.",
        Sum("influenced", "amount"),
        Sum("influenced", "parts"),
        "finance",
        pack="attribution",
        edges="N PP FX RF NA",
    ),
    Kpi(
        "F02d",
        "Influenced revenue, each deal once",
        Unit.MONEY,
        (_G, _GM),
        "Revenue of won deals that any partner touched which did not source them.",
        Sum("influenced", "amount", Eq("is_once", 1)),
        Sum("influenced", "parts", Eq("is_once", 1)),
        "finance",
        pack="attribution",
        edges="N PP FX RF",
    ),
    Kpi(
        "F03",
        "Attributed revenue",
        Unit.MONEY,
        (_P, _PM, _G, _GM),
        "The partner's part of revenue, each won deal shared between those who touched it by the "
        "attribution model of the Settings; partners and DIRECT add up to all revenue.",
        Sum("attributed", "amount"),
        Sum("attributed", "parts"),
        "finance",
        pack="attribution",
        edges="N PP FX RF",
    ),
    Kpi(
        "F04",
        "Refund rate (amount)",
        Unit.RATIO,
        (_P, _PM),
        "Refunds ÷ sales and renewals before refunds, both dated in the period.",
        Ratio(Sum("revenue", "refunded"), Sum("revenue", "gross")),
        Count("revenue", "gross"),
        "finance",
        types=("affiliate", "reseller", "marketplace"),
        minimum_n=20,
        lower_is_better=True,
        edges="Z PP RF SM NA",
    ),
    Kpi(
        "F04n",
        "Refund rate (count)",
        Unit.RATIO,
        (_P, _PM),
        "Number of refunds ÷ number of sales and renewals, both dated in the period.",
        Ratio(Count("revenue", "amount", Eq("is_refund", 1)), Count("revenue", "gross")),
        Count("revenue", "gross"),
        "finance",
        types=("affiliate", "reseller", "marketplace"),
        interval="wilson",
        minimum_n=20,
        lower_is_better=True,
        edges="Z PP SM NA",
    ),
    Kpi(
        "F05",
        "Partner cost",
        Unit.MONEY,
        (_P, _PM, _G, _GM),
        "Everything paid for the partnership: fees, commissions, market development funds, "
        "incentives, products, onboarding, staff time and other cost.",
        _COST,
        _COST_ROWS,
        "finance",
        lower_is_better=True,
        edges="N PP FX",
    ),
    _attributed(
        Kpi(
            "F06",
            "Return on partner investment",
            Unit.MULTIPLE,
            (_P, _G),
            "Sourced net revenue ÷ partner cost, own sales left out.",
            Ratio(_PARTNER_REVENUE, _PARTNER_COST),
            _PARTNER_COST_ROWS,
            "finance",
            edges="Z FX NA",
        ),
        "Attributed revenue ÷ partner cost, own sales left out.",
        Ratio(_CREDITED, _PARTNER_COST),
    ),
    _attributed(
        Kpi(
            "F07",
            "Net return on partner investment",
            Unit.RATIO,
            (_P, _G),
            "(Sourced net revenue × gross margin − partner cost) ÷ partner cost, own sales left "
            "out; the margin is a setting (default 100 %).",
            Ratio(Sub(Mul(_PARTNER_REVENUE, Param("gross_margin")), _PARTNER_COST), _PARTNER_COST),
            _PARTNER_COST_ROWS,
            "finance",
            edges="Z FX NA",
        ),
        "(Attributed revenue × gross margin − partner cost) ÷ partner cost, own sales left out; "
        "the margin is a setting (default 100 %).",
        Ratio(Sub(Mul(_CREDITED, Param("gross_margin")), _PARTNER_COST), _PARTNER_COST),
    ),
    COST_PER_CUSTOMER,
    _attributed(
        Kpi(
            "F09",
            "Share of company revenue",
            Unit.RATIO,
            (_P, _PM, _G, _GM),
            "Revenue that the partner (or all partners) sourced ÷ all revenue, own sales (DIRECT) "
            "included; blank as long as there is no row of own sales.",
            Ratio(_PARTNER_REVENUE, _ALL_REVENUE),
            _PARTNER_REVENUE_ROWS,
            "finance",
            edges="Z PP FX",
        ),
        "Attributed revenue of the partner (or all partners) ÷ all revenue, own sales (DIRECT) "
        "included; blank as long as nothing is credited to own sales.",
        Ratio(_CREDITED, _ALL_CREDITED),
        _CREDITED_PARTS,
    ),
    _attributed(
        Kpi(
            "F17",
            "Partner productivity",
            Unit.MONEY,
            (_G, _TYPE),
            "Revenue that partners sourced ÷ partners with revenue or activity in the active "
            "window.",
            Ratio(_PARTNER_REVENUE, Count("partners", "", Eq("is_active", 1), Span.EVER)),
            Count("partners", "", Eq("is_active", 1), Span.EVER),
            "finance",
            edges="Z FX NA",
        ),
        "Attributed revenue ÷ partners with revenue or activity in the active window.",
        Ratio(_CREDITED, Count("partners", "", Eq("is_active", 1), Span.EVER)),
    ),
    Kpi(
        "F19",
        "Revenue growth",
        Unit.RATIO,
        (_P, _G),
        "(Revenue of the period − revenue of the period before, of the same length) ÷ revenue of "
        "the period before; blank when that is not above zero.",
        Ratio(Sub(_REVENUE, _REVENUE_BEFORE), Above(_REVENUE_BEFORE)),
        _REVENUE_ROWS,
        "finance",
        edges="Z FX NA",
    ),
    Kpi(
        "F19y",
        "Revenue growth, year on year",
        Unit.RATIO,
        (_P, _G),
        "As F19, against the same days one year earlier; blank when the period is longer than "
        "twelve months or revenue is not known that far back.",
        Ratio(Sub(_REVENUE, _REVENUE_YEAR_AGO), Above(_REVENUE_YEAR_AGO)),
        _REVENUE_ROWS,
        "finance",
        edges="Z FX NA",
    ),
    Kpi(
        "F20",
        "Share of the top 20 % of partners",
        Unit.RATIO,
        (_G,),
        "Revenue of the best fifth of the partners with revenue rows (rounded up) ÷ revenue of "
        "all partners; negative revenue counts as 0; needs 5 partners.",
        None,
        None,
        "finance",
        minimum_n=5,
        named="top_share",
        edges="Z N FX SM NA",
    ),
    Kpi(
        "F20a",
        "Partners that make 80 % of revenue",
        Unit.COUNT,
        (_G,),
        "The fewest partners that together make 80 % of what partners sourced; needs 5 partners.",
        None,
        None,
        "finance",
        minimum_n=5,
        named="partners_to_80",
        edges="Z N FX SM NA",
    ),
    Kpi(
        "F20b",
        "Revenue concentration (Gini)",
        Unit.NUMBER,
        (_G,),
        "0 when all partners with revenue rows sell the same, near 1 when one sells all; needs 5 "
        "partners.",
        None,
        None,
        "finance",
        minimum_n=5,
        named="gini",
        edges="Z N FX SM NA",
    ),
    Kpi(
        "F20c",
        "Revenue concentration (HHI)",
        Unit.NUMBER,
        (_G,),
        "Sum of the squared revenue shares of partners, 0 to 1; needs 5 partners.",
        None,
        None,
        "finance",
        minimum_n=5,
        named="hhi",
        edges="Z N FX SM NA",
    ),
)
