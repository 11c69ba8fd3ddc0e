"""What partners bring and cost: deals and the ledger."""

from __future__ import annotations

from sheetsync.catalog.columns import (
    CHECK,
    TINTED,
    choice,
    country,
    currency,
    day,
    flag,
    identity,
    money,
    of_partner,
    ref,
    row_id,
    text,
)
from sheetsync.model.tracker import Highlight, NeededWhen, NotAfterToday, NotBefore, Role, Tab

OWN_SALES = "DIRECT"
"""The reserved partner id of sales without any partner."""

DEALS = Tab(
    key="deals",
    title="Deals",
    role=Role.ENTRY,
    doc="One row per deal that a partner sourced, influenced, delivered or sells with us.",
    table="tblDeals",
    highlights=(
        Highlight(
            ("expected_close",),
            'AND({expected_close}<>"",{expected_close}<TODAY(),{stage}<>"won",{stage}<>"lost")',
            "late",
        ),
        TINTED,
    ),
    key_columns=("deal_id",),
    columns=(
        row_id(
            "deal_id",
            "Deal ID",
            "D",
            "The id in your CRM, or blank for the next number.",
            required=True,
            width=14,
            aliases=("opportunity id", "crm id", "deal no"),
        ),
        of_partner(
            "The partner behind the deal, or DIRECT for own sales.",
            OWN_SALES,
            aliases=("partner", "source partner"),
        ),
        choice(
            "role",
            "Role",
            "deal_role",
            "What the partner did for the deal.",
            required=True,
            width=12,
            aliases=("deal role", "partner role"),
        ),
        choice(
            "stage",
            "Stage",
            "stage",
            "Where the deal stands; carries its probability.",
            required=True,
            aliases=("deal stage", "status"),
        ),
        day(
            "created",
            "Created",
            "Day on which the deal was opened.",
            required=True,
            aliases=("created date", "create date", "date created"),
        ),
        money(
            "amount",
            "Amount",
            "Value of the deal; may wait while the deal is open.",
            aliases=("value", "deal value", "deal amount"),
        ),
        currency("currency", "Currency", "Blank: the partner's, else the reporting currency."),
        text("account", "Account", "The customer's name.", width=24, aliases=("customer",)),
        identity("customer_id", "Customer ID", "The customer's id in your CRM.", width=14),
        country("country", "Country", "The customer's country."),
        text("segment", "Segment", "The customer's segment.", width=14),
        choice("product", "Product", "product", "What is sold.", open_list=True),
        choice("deal_type", "Deal type", "deal_type", "New business or more of it.", width=12),
        day(
            "expected_close", "Expected close", "Day on which an open deal should close.", width=15
        ),
        day(
            "closed",
            "Closed",
            "Day on which the deal was won or lost.",
            aliases=("closed date", "close date"),
        ),
        text(
            "reason",
            "Reason",
            "Why a deal was lost.",
            width=24,
            aliases=("lost reason", "loss reason"),
        ),
        day("lead_date", "Lead date", "Day of the first contact."),
        text("campaign", "Campaign", "Campaign that brought the deal.", width=18),
        CHECK,
    ),
    checks=(
        NeededWhen("amount", "stage", groups=("won",)),
        NeededWhen("amount", "stage", groups=("open", "lost"), severity="warning"),
        NeededWhen("closed", "stage", groups=("won", "lost")),
        NeededWhen("reason", "stage", groups=("lost",)),
        NotBefore("closed", "created"),
        NotAfterToday("closed"),
        NotAfterToday("created"),
    ),
)

MONEY = Tab(
    key="money",
    title="Money",
    role=Role.ENTRY,
    doc="The ledger: what came in through partners and what the partnerships cost.",
    table="tblMoney",
    highlights=(TINTED,),
    key_columns=("entry_id",),
    columns=(
        row_id("entry_id", "Entry ID", "M"),
        day("date", "Date", "Day of the booking.", required=True, aliases=("booking date",)),
        of_partner("The partner, or DIRECT for own sales.", OWN_SALES),
        choice(
            "kind",
            "Kind",
            "money_kind",
            "Revenue, refund or one of the costs; it gives the amount its sign.",
            required=True,
            aliases=("type", "entry kind"),
        ),
        money(
            "amount", "Amount", "Always positive: the kind says which way it went.", required=True
        ),
        currency("currency", "Currency", "Blank: the partner's, else the reporting currency."),
        ref("deal_id", "Deal ID", "deals", "The deal it belongs to.", width=14),
        identity("customer_id", "Customer ID", "The customer's id in your CRM.", width=14),
        choice("product", "Product", "product", "What was sold.", open_list=True),
        choice(
            "upsell_flag",
            "Upsell",
            "upsell_flag",
            "More to an existing customer? Blank means none.",
            default="none",
            width=12,
        ),
        flag("one_off", "One-off", "Happens once; blank follows the kind."),
        flag("recurring", "Recurring", "Comes again each period."),
        text("campaign", "Campaign", "Campaign it belongs to."),
        text("document", "Document", "Invoice or credit note number."),
        text("note", "Note", "Anything else.", width=30),
        CHECK,
    ),
    checks=(NotAfterToday("date"),),
)
