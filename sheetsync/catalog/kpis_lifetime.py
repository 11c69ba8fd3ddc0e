"""KPIs of the long run: commission, lifetime value, customers' worth, what recurs, upsell."""

from __future__ import annotations

from dataclasses import replace

from sheetsync.catalog.kpis_finance import COST_PER_CUSTOMER
from sheetsync.model.expr import (
    Add,
    And,
    Const,
    Count,
    Eq,
    Expr,
    Latest,
    Mul,
    OnlyIf,
    OrZero,
    Param,
    Ratio,
    Span,
    Sub,
    Sum,
)
from sheetsync.model.kpi import Grain, Kpi, Unit

_P, _PM, _G, _GM = Grain.PARTNER, Grain.PARTNER_MONTH, Grain.PROGRAMME, Grain.PROGRAMME_MONTH
_PARTNERS = Eq("is_partner", 1)
_MARGIN = Param("gross_margin")


def _ever(table: str, column: str) -> Sum:
    return Sum(table, column, span=Span.EVER)


_SO_FAR = _ever("revenue", "amount")
_SO_FAR_ROWS = Count("revenue", "amount", span=Span.EVER)
_ONE_OFF = OrZero(_ever("upkeep", "one_off"))
_YEARLY = OrZero(_ever("upkeep", "yearly"))
_ANY_ROWS = Add(_SO_FAR_ROWS, Count("upkeep", span=Span.EVER))
_YEARS = Ratio(_ever("lives", "days"), Const(365.25))
_EXPECTED = Ratio(_ever("lives", "expected_days"), Const(365.25))


def _margin_form(revenue: Expr) -> Expr:
    """Yearly margin less yearly cost, over the expected years, less what was paid once."""
    earned = Mul(Mul(Ratio(revenue, _YEARS), _MARGIN), _EXPECTED)
    paid = Add(_ONE_OFF, Mul(Ratio(_YEARLY, _YEARS), _EXPECTED))
    return OnlyIf(Sub(earned, paid), _ever("lives", "is_year"))


LIFETIME: tuple[Kpi, ...] = (
    Kpi(
        "F11",
        "Commission due",
        Unit.MONEY,
        (_P, _PM),
        "Sourced net revenue × the commission rate of the contract in force on the row's day; a "
        "refund takes its commission back. Rates by yearly sales hold for the part of the fiscal "
        "year's sales that lies in their step.",
        Sum("commissions", "commission"),
        Count("commissions", "commission"),
        "finance",
        types=("affiliate", "reseller", "referral", "influencer"),
        lower_is_better=True,
        pack="contracts",
        edges="N PP FX RF",
    ),
    Kpi(
        "F12",
        "Partner lifetime value so far",
        Unit.MONEY,
        (_P,),
        "All sourced net revenue up to as-of − all one-off cost (F12o) − all cost that goes on "
        "(F12y).",
        OnlyIf(Sub(Sub(OrZero(_SO_FAR), _ONE_OFF), _YEARLY), _ANY_ROWS),
        _ANY_ROWS,
        "finance",
        edges="N FX RF",
    ),
    Kpi(
        "F12o",
        "One-off cost so far",
        Unit.MONEY,
        (_P,),
        "Cost rows marked one-off; where they do not say, onboarding and products given away.",
        _ever("upkeep", "one_off"),
        Count("upkeep", "one_off", span=Span.EVER),
        "finance",
        lower_is_better=True,
        edges="N FX",
    ),
    Kpi(
        "F12y",
        "Ongoing cost so far",
        Unit.MONEY,
        (_P,),
        "All other cost rows, over all years.",
        _ever("upkeep", "yearly"),
        Count("upkeep", "yearly", span=Span.EVER),
        "finance",
        lower_is_better=True,
        edges="N FX",
    ),
    replace(
        _form := Kpi(
            "F13",
            "Partner lifetime value expected",
            Unit.MONEY,
            (_P,),
            "Sourced net revenue per year × gross margin × expected years − one-off cost − "
            "ongoing cost per year × expected years. Expected years are one over the share of "
            "partners that end in a year, capped by a setting; not before twelve months.",
            _margin_form(_SO_FAR),
            _SO_FAR_ROWS,
            "finance",
            edges="N Z FX RF",
        ),
        attributed=replace(
            _form,
            words=_form.words.replace("Sourced net revenue", "Attributed revenue"),
            value=_margin_form(_ever("attributed", "amount")),
        ),
    ),
    Kpi(
        "U01",
        "Upsell and cross-sell rate",
        Unit.RATIO,
        (_P,),
        "Sales and renewals marked upsell or cross-sell (by the row or its deal) ÷ all of them.",
        Ratio(
            Count("sales", "", And((Eq("is_sale", 1), Eq("is_upsell", 1)))),
            Count("sales", "", Eq("is_sale", 1)),
        ),
        Count("sales", "", Eq("is_sale", 1)),
        "pipeline",
        types=("reseller", "service", "technology", "affiliate"),
        interval="wilson",
        edges="Z NA",
    ),
    Kpi(
        "U02",
        "Upsell and cross-sell share",
        Unit.RATIO,
        (_P,),
        "Net revenue marked upsell or cross-sell ÷ sourced net revenue.",
        Ratio(Sum("sales", "upsold"), Sum("sales", "amount")),
        Count("sales", "amount"),
        "finance",
        types=("reseller", "service", "technology", "affiliate"),
        edges="Z FX RF NA",
    ),
)

_MATURED = Count("matured", span=Span.EVER)
_OBSERVED = Mul(Ratio(_ever("matured", "amount"), _MATURED), _MARGIN)
_CUSTOMER_YEARS = Ratio(_ever("tenures", "days"), Const(365.25))
_YEARLY_MARGIN = Mul(Ratio(_ever("tenures", "amount"), _CUSTOMER_YEARS), _MARGIN)
_STAYS = Ratio(_ever("tenures", "survived"), _ever("tenures", "observed"))
_LEAVES = Sub(Const(1), _STAYS)
_DISCOUNTED = Sub(Add(Const(1), Param("discount_rate")), _STAYS)
_ACQUISITION = Ratio(OrZero(Sum("cost", "amount", span=Span.EVER)), _ever("tenures", "customers"))


def _predicted(times: Expr) -> Expr:
    return OnlyIf(Sub(Ratio(Mul(_YEARLY_MARGIN, times), _DISCOUNTED), _ACQUISITION), _LEAVES)


_PREDICTED = _predicted(_STAYS)
_NOW = Latest("recurring", "mrr", _PARTNERS, add=True)
_BEFORE = Latest("recurring", "mrr_before", _PARTNERS, add=True)
_RECURRING_ROWS = Latest("recurring", "customers", _PARTNERS, add=True)
_BASE = OnlyIf(_BEFORE, Add(Sub(_BEFORE, Param("minimum_recurring")), Const(1e-6)))


def _per_cost(kpi: Kpi, worth: Expr) -> Kpi:
    """A customer's worth over what it costs to win one, both with and without attribution."""
    assert COST_PER_CUSTOMER.value is not None
    shared = COST_PER_CUSTOMER.attributed
    assert shared is not None
    assert shared.value is not None
    told = replace(kpi, value=Ratio(worth, COST_PER_CUSTOMER.value))
    return replace(told, attributed=replace(told, value=Ratio(worth, shared.value)))


CUSTOMER_VALUE: tuple[Kpi, ...] = (
    Kpi(
        "F14",
        "Customer value within the horizon",
        Unit.MONEY,
        (_P,),
        "Margin from the partner's customers within so many months of their first purchase (a "
        "setting, default 18) ÷ customers won at least that long ago; younger ones are left out.",
        _OBSERVED,
        _MATURED,
        "finance",
        minimum_n=10,
        pack="customers",
        edges="Z FX SM NA",
    ),
    Kpi(
        "F15",
        "Customer value expected",
        Unit.MONEY,
        (_P,),
        "m × r ÷ (1 + i − r) − acquisition cost: m is a customer's margin per year, r the share "
        "of customer-years stayed through (of 30 or more, else those of the partner's type), i "
        "the yearly discount. Paid at the end of each year; blank when nobody ever left.",
        _PREDICTED,
        _ever("tenures", "observed"),
        "finance",
        pack="customers",
        edges="Z FX NA",
    ),
    Kpi(
        "F15s",
        "Customer value expected, paid at the start",
        Unit.MONEY,
        (_P,),
        "As F15 with m × (1 + i) ÷ (1 + i − r): paid at the start of each year.",
        _predicted(Add(Const(1), Param("discount_rate"))),
        _ever("tenures", "observed"),
        "finance",
        pack="customers",
        edges="Z FX NA",
    ),
    _per_cost(
        Kpi(
            "F16",
            "Customer value to cost",
            Unit.MULTIPLE,
            (_P,),
            "Customer value within the horizon (F14) ÷ cost per new customer (F08).",
            None,
            _MATURED,
            "finance",
            minimum_n=10,
            pack="customers",
            edges="Z FX SM NA",
        ),
        _OBSERVED,
    ),
    _per_cost(
        Kpi(
            "F16p",
            "Expected customer value to cost",
            Unit.MULTIPLE,
            (_P,),
            "Customer value expected (F15) ÷ cost per new customer (F08).",
            None,
            _ever("tenures", "observed"),
            "finance",
            pack="customers",
            edges="Z FX NA",
        ),
        _PREDICTED,
    ),
    Kpi(
        "F18",
        "Recurring revenue per month",
        Unit.MONEY,
        (_P, _PM, _G, _GM),
        "Recurring amounts of partners' customers that are there at the end of the month (or of "
        "the period).",
        _NOW,
        _RECURRING_ROWS,
        "finance",
        types=("technology", "reseller", "referral"),
        pack="customers",
        edges="N PP FX",
    ),
    Kpi(
        "F18g",
        "Recurring revenue growth",
        Unit.RATIO,
        (_P, _PM, _G, _GM),
        "(Recurring revenue at the end of the month − that of the month before) ÷ that of the "
        "month before; not shown on a base below a setting.",
        Ratio(Sub(_NOW, _BEFORE), _BASE),
        _RECURRING_ROWS,
        "finance",
        types=("technology", "reseller", "referral"),
        pack="customers",
        edges="Z PP FX NA",
    ),
)

_KEPT_FROM = Count("retention", "amount", _PARTNERS, Span.EVER)
_FROM = Sum("retention", "amount", _PARTNERS, Span.EVER)

RETENTION: tuple[Kpi, ...] = (
    Kpi(
        "T05",
        "Customers kept",
        Unit.RATIO,
        (_P, _G),
        "Partners' customers at the start of the period that are still there at its end ÷ those "
        "at the start; customers won inside the period are left out.",
        Ratio(
            Count("customer_base", "", And((_PARTNERS, Eq("is_kept", 1))), Span.EVER),
            Count("customer_base", "", _PARTNERS, Span.EVER),
        ),
        Count("customer_base", "", _PARTNERS, Span.EVER),
        "strategy",
        types=("reseller", "service", "marketplace"),
        interval="wilson",
        pack="customers",
        edges="Z NA",
    ),
    Kpi(
        "T06",
        "Revenue kept (gross)",
        Unit.RATIO,
        (_P, _G),
        "Of the recurring revenue of the period before, what the same customers still pay in this "
        "one, each at most as much as before.",
        Ratio(Sum("retention", "kept", _PARTNERS, Span.EVER), _FROM),
        _KEPT_FROM,
        "finance",
        types=("technology", "reseller", "service"),
        edges="Z FX NA",
    ),
    Kpi(
        "T06n",
        "Revenue kept (net)",
        Unit.RATIO,
        (_P, _G),
        "As T06, with what those customers pay more than before.",
        Ratio(Sum("retention", "mrr", _PARTNERS, Span.EVER), _FROM),
        _KEPT_FROM,
        "finance",
        types=("technology", "reseller", "service"),
        edges="Z FX NA",
    ),
)
