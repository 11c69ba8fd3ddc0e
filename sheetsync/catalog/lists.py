"""Dropdown lists: the allowed values, and the other spellings that surely mean the same.

An alias is applied without asking, so it stands here only when no reader would doubt it: "$" is
no alias of USD, and "Open" none of a stage. Case, spacing and hyphens never matter.
"""

from __future__ import annotations

from collections.abc import Mapping

from sheetsync.model.tracker import Choice

_COUNTRIES = """
AD AE AF AG AI AL AM AO AQ AR AS AT AU AW AX AZ BA BB BD BE BF BG BH BI BJ BL BM BN BO BQ BR BS BT
BV BW BY BZ CA CC CD CF CG CH CI CK CL CM CN CO CR CU CV CW CX CY CZ DE DJ DK DM DO DZ EC EE EG EH
ER ES ET FI FJ FK FM FO FR GA GB GD GE GF GG GH GI GL GM GN GP GQ GR GS GT GU GW GY HK HM HN HR HT
HU ID IE IL IM IN IO IQ IR IS IT JE JM JO JP KE KG KH KI KM KN KP KR KW KY KZ LA LB LC LI LK LR LS
LT LU LV LY MA MC MD ME MF MG MH MK ML MM MN MO MP MQ MR MS MT MU MV MW MX MY MZ NA NC NE NF NG NI
NL NO NP NR NU NZ OM PA PE PF PG PH PK PL PM PN PR PS PT PW PY QA RE RO RS RU RW SA SB SC SD SE SG
SH SI SJ SK SL SM SN SO SR SS ST SV SX SY SZ TC TD TF TG TH TJ TK TL TM TN TO TR TT TV TW TZ UA UG
UM US UY UZ VA VC VE VG VI VN VU WF WS YE YT ZA ZM ZW
"""
_CURRENCIES = """
EUR USD GBP CHF JPY CNY INR CAD AUD NZD SEK NOK DKK PLN CZK HUF RON BGN TRY ILS AED SAR ZAR BRL MXN
SGD HKD KRW THB IDR MYR PHP VND TWD AFN ALL AMD AOA ARS AWG AZN BAM BBD BDT BHD BIF BMD BND BOB BSD
BTN BWP BYN BZD CDF CLP COP CRC CUP CVE DJF DOP DZD EGP ERN ETB FJD FKP GEL GHS GIP GMD GNF GTQ GYD
HNL HTG IQD IRR ISK JMD JOD KES KGS KHR KMF KPW KWD KYD KZT LAK LBP LKR LRD LSL LYD MAD MDL MGA MKD
MMK MNT MOP MRU MUR MVR MWK MZN NAD NGN NIO NPR OMR PAB PEN PGK PKR PYG QAR RSD RUB RWF SBD SCR SDG
SHP SLE SOS SRD SSP STN SVC SYP SZL TJS TMT TND TOP TTD TZS UAH UGX UYU UZS VES VUV WST XAF XCD XOF
XPF YER ZMW
"""
_COUNTRY_ALIASES = {
    "AE": ("UAE", "Emirates"),
    "CZ": ("Czech Republic",),
    "DE": ("Deutschland", "Allemagne"),
    "ES": ("España",),
    "GB": ("UK", "U.K.", "Great Britain", "England", "Scotland", "Wales"),
    "GR": ("EL", "Hellas"),
    "KR": ("South Korea",),
    "NL": ("Holland", "The Netherlands"),
    "RU": ("Russia",),
    "TR": ("Turkey",),
    "US": ("USA", "U.S.", "U.S.A.", "United States of America", "America"),
    "VN": ("Vietnam",),
}
_CURRENCY_ALIASES = {
    "CAD": ("CA$", "C$", "CAD $", "Canadian dollar"),
    "AUD": ("AU$", "A$", "AUD $", "Australian dollar"),
    "EUR": ("€", "EUR €", "€ EUR", "euro", "euros"),
    "GBP": ("£", "GBP £", "£ GBP", "pound sterling", "sterling"),
    "INR": ("₹", "INR ₹", "Indian rupee"),
    "CHF": ("SFr", "Swiss franc"),
    "JPY": ("JPY ¥", "Japanese yen", "yen"),
    "CNY": ("RMB", "CNY ¥", "renminbi"),
    "USD": ("US$", "USD $", "$ USD", "US dollar", "US dollars"),
}


def _choices(**values: tuple[str, ...]) -> tuple[Choice, ...]:
    """Values with their aliases; an underscore in a name stands for a space or a hyphen's word."""
    return tuple(Choice(value, aliases) for value, aliases in values.items())


def _words(*values: str) -> tuple[Choice, ...]:
    return tuple(Choice(value) for value in values)


def _codes(codes: str, aliases: Mapping[str, tuple[str, ...]]) -> tuple[Choice, ...]:
    return tuple(Choice(code, aliases.get(code, ())) for code in codes.split())


def _kind(value: str, group: str, doc: str, *aliases: str) -> Choice:
    return Choice(value, aliases, group=group, doc=doc)


def _stage(value: str, group: str, number: float, *aliases: str) -> Choice:
    return Choice(value, aliases, group=group, number=number)


LISTS: Mapping[str, tuple[Choice, ...]] = {
    "partner_type": _choices(
        influencer=("influencers", "creator", "creators", "content creator"),
        affiliate=("affiliates", "publisher", "affiliate partner"),
        reseller=(
            "resellers",
            "VAR",
            "Value Added Reseller",
            "value-added resellers",
            "channel",
            "channel partner",
            "distributor",
            "reseller partner",
        ),
        referral=("referrals", "referrer", "referral partner", "finder"),
        technology=(
            "tech",
            "technology partner",
            "tech partner",
            "ISV",
            "integration",
            "integration partner",
        ),
        service=(
            "services",
            "service partner",
            "agency",
            "SI",
            "system integrator",
            "systems integrator",
            "consultancy",
            "implementation partner",
        ),
        strategic=("strategic alliance", "alliance", "strategic partner"),
        marketplace=("marketplaces", "market place", "marketplace partner"),
    ),
    "partner_status": _choices(
        prospect=("prospects", "prospective", "candidate"),
        onboarding=("on boarding", "in onboarding", "ramping"),
        active=("live", "actif", "aktiv"),
        paused=("on hold", "pause", "suspended"),
        ended=("end", "terminated", "churned", "former"),
    ),
    "relationship": _choices(direct=("directly",), marketplace=("via marketplace",)),
    "importance": _choices(low=(), medium=("med", "mid", "middle"), high=()),
    "objective": (
        Choice("awareness", ("brand", "brand awareness", "branding")),
        Choice("direct sales", ("sales", "revenue", "direct sale")),
        Choice("expansion", ("market expansion", "growth", "new markets")),
        Choice("innovation", ("co-innovation",)),
        Choice("retention", ("customer retention",)),
    ),
    "track_level": _choices(basic=("simple",), detailed=("detail", "full")),
    "contract_status": _choices(
        none=("no contract", "no", "n/a"),
        proposal=("proposed", "pending", "pending proposal", "sent"),
        signed=("executed", "in force"),
        expired=("lapsed",),
    ),
    "lawful_basis": (
        Choice("consent"),
        Choice("contract"),
        Choice("legal obligation"),
        Choice("vital interests", ("vital interest",)),
        Choice("public task"),
        Choice("legitimate interests", ("legitimate interest", "LI")),
    ),
    "interaction_kind": _choices(
        request=("question", "enquiry", "inquiry"),
        meeting=("meetings", "meet", "QBR", "review"),
        call=("phone", "phone call", "video call"),
        email=("e-mail", "mail", "emails"),
        issue=("problem", "complaint", "ticket"),
        feedback=(),
        decision=("agreement",),
        note=("notes", "memo"),
    ),
    "direction": _choices(
        ours=("us", "our", "outbound", "from us"),
        theirs=("them", "their", "inbound", "from partner", "partner"),
    ),
    "theme": _words(
        "pricing",
        "product",
        "support",
        "marketing",
        "training",
        "contract",
        "payment",
        "delivery",
        "data",
        "other",
    ),
    "deal_role": (
        Choice("sourced", ("source", "partner sourced", "originated")),
        Choice("influenced", ("influence", "partner influenced", "assisted")),
        Choice("delivered", ("delivery", "implemented")),
        Choice("co-sell", ("cosell", "co-selling", "joint", "co-sold")),
    ),
    "stage": (
        _stage("lead", "open", 0.10, "new", "new lead", "prospecting"),
        _stage("qualified", "open", 0.25, "qualification", "sales qualified", "SQL"),
        _stage(
            "proposal", "open", 0.50, "quote", "quoted", "proposal sent", "proposal/price quote"
        ),
        _stage("negotiation", "open", 0.75, "negotiating", "negotiation/review", "contract sent"),
        _stage("won", "won", 1.0, "closed won", "win", "closedwon", "closed (won)"),
        _stage("lost", "lost", 0.0, "closed lost", "lose", "closedlost", "closed (lost)"),
    ),
    "product": _words("platform", "analytics", "integrations", "services", "support", "training"),
    "deal_type": (
        Choice("new", ("new business", "new logo", "new customer")),
        Choice("upsell", ("up-sell", "expansion", "upgrade")),
        Choice("cross-sell", ("crosssell", "cross-selling")),
        Choice("renewal", ("renew", "renewed")),
    ),
    "money_kind": (
        _kind("sale", "revenue", "What a customer paid for a new purchase.", "sales", "revenue"),
        _kind("renewal", "revenue", "A customer paid again.", "renewals"),
        _kind("refund", "refund", "Given back to a customer; enter it positive.", "refunds"),
        _kind("commission", "cost", "The partner's share of a sale.", "commissions"),
        _kind("fee", "cost", "A fixed payment to the partner.", "fees", "retainer"),
        _kind(
            "mdf",
            "cost",
            "Market development funds.",
            "market development fund",
            "co-op",
            "MDF fund",
        ),
        _kind("incentive", "cost", "A bonus or spiff.", "incentives", "bonus", "spiff"),
        _kind("product", "cost", "Product given away, at cost.", "free product", "seeding"),
        _kind("onboarding", "cost", "Cost of bringing the partner up to speed."),
        _kind("staff_time", "cost", "Hours of our team, at cost.", "staff hours", "time"),
        _kind("other_cost", "cost", "Anything else the partnership cost.", "other", "misc"),
    ),
    "upsell_flag": (
        Choice("none", ("no", "n/a")),
        Choice("upsell", ("up-sell",)),
        Choice("cross-sell", ("crosssell", "cross-selling")),
    ),
    "channel": (
        Choice("blog"),
        Choice("newsletter", ("email newsletter",)),
        Choice("social", ("social media",)),
        Choice("video"),
        Choice("podcast", ("podcasts",)),
        Choice("event", ("events",)),
        Choice("webinar", ("webinars",)),
        Choice("search", ("SEO", "SEM")),
        Choice("website", ("web", "site")),
        Choice("portal", ("partner portal",)),
        Choice("other"),
    ),
    "plan_kind": _choices(
        task=("tasks", "to do", "action", "action item"),
        milestone=("milestones",),
        deliverable=("deliverables", "content"),
        initiative=("initiatives", "project"),
        improvement=("improvement plan", "improvements"),
    ),
    "plan_status": _choices(
        open=("to do", "todo", "in progress", "started", "pending"),
        done=("complete", "completed", "finished", "closed"),
        dropped=("cancelled", "canceled", "abandoned"),
    ),
    "cause": (
        Choice("delivery"),
        Choice("market"),
        Choice("our support", ("support", "us")),
        Choice("objectives", ("objective", "goals")),
        Choice("other"),
    ),
    "plan_outcome": _choices(
        recovered=("recovery", "solved"), pivoted=("pivot",), ended=("end", "stopped")
    ),
    "currency": _codes(_CURRENCIES, _CURRENCY_ALIASES),
    "country": _codes(_COUNTRIES, _COUNTRY_ALIASES),
    "flag": _choices(
        yes=("y", "true", "1", "x", "✓", "✔", "ja", "oui", "si", "sí"),
        no=("n", "false", "0", "nein", "non", "✗"),
    ),
    "decision": _choices(
        accept=("accepted", "yes", "ok", "y"),
        reject=("rejected", "no", "n"),
        later=("defer", "postpone", "skip"),
    ),
    "severity": _choices(error=("errors",), warning=("warnings",), note=("notes", "info")),
}
"""Every list by name; ``stage`` carries class and probability, ``money_kind`` what an amount is."""
