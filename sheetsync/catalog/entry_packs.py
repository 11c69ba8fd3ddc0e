"""Entry tabs that packs bring: touches, surveys, contracts, goals and customers."""

from __future__ import annotations

from dataclasses import replace

from sheetsync.catalog.columns import (
    CHECK,
    TINTED,
    choice,
    count,
    country,
    currency,
    day,
    flag,
    money,
    number,
    of_partner,
    percent,
    ref,
    row_id,
    text,
)
from sheetsync.catalog.computed import PLAIN
from sheetsync.catalog.entry_sales import OWN_SALES
from sheetsync.catalog.lists import LISTS
from sheetsync.model.tracker import (
    Highlight,
    NeededWhen,
    NoCircle,
    NoOverlap,
    NotAfterLinked,
    NotAfterToday,
    NotBefore,
    Owner,
    Role,
    SaysWhichReplaces,
    Tab,
)

EVERYONE = "ALL"
"""What a goal for the whole programme says instead of a partner's id."""
CLAUSES = (
    "deliverables",
    "timeline",
    "metrics",
    "reporting_frequency",
    "dispute",
    "confidentiality",
    "data_terms",
)
"""The seven clauses that a complete contract has."""
ASKED = ("support", "communication", "outcomes", "overall")
"""The survey's items from 1 to 5."""

TOUCHES = Tab(
    key="touches",
    title="Touches",
    role=Role.ENTRY,
    doc="What partners did for a deal on its way: one row per touch, the base of attribution.",
    table="tblTouches",
    pack="attribution",
    highlights=(TINTED,),
    key_columns=("touch_id",),
    columns=(
        row_id("touch_id", "Touch ID", "X"),
        ref("deal_id", "Deal ID", "deals", "The deal on whose way it was.", required=True),
        of_partner("The partner who did it, or DIRECT for our own doing.", OWN_SALES),
        day("date", "Date", "Day it happened, at the latest that of the close.", required=True),
        choice("kind", "Kind", "touch_kind", "What was done.", width=15),
        choice("mark", "Mark", "touch_mark", "A milestone that this touch made.", width=12),
        choice("role", "Role", "touch_role", "Its part, for the custom sharing rule.", width=12),
        CHECK,
    ),
    checks=(NotAfterToday("date"), NotAfterLinked("date", "deal_id", "closed")),
)

CUSTOMERS = Tab(
    key="customers",
    title="Customers",
    role=Role.ENTRY,
    doc="One row per customer who came through a partner or directly: retention and recurring.",
    table="tblCustomers",
    pack="customers",
    highlights=(TINTED,),
    key_columns=("customer_id",),
    columns=(
        row_id(
            "customer_id",
            "Customer ID",
            "U",
            "The id that Deals and Money use; blank until sync numbers it.",
            required=True,
            width=14,
            aliases=("customer", "account id"),
        ),
        of_partner("The partner who won the customer, or DIRECT.", OWN_SALES),
        day("acquired", "Acquired", "Day of the first purchase.", required=True),
        day("ended", "Ended", "Day on which the customer left."),
        choice("managed_by", "Managed by", "managed_by", "Who looks after the customer.", width=12),
        country("country", "Country", "The customer's country."),
        text("segment", "Segment", "The customer's segment.", width=14),
        text("products", "Products", "What the customer has, parted by commas.", width=26),
        money("recurring_amount", "Recurring amount", "What recurs each month.", width=17),
        currency("currency", "Currency", "Blank: the partner's, else the reporting currency."),
        CHECK,
    ),
    checks=(NotBefore("ended", "acquired"), NotAfterToday("acquired"), NotAfterToday("ended")),
)

CONTRACTS = Tab(
    key="contracts",
    title="Contracts",
    role=Role.ENTRY,
    doc="One row per version of a contract; the seven clauses say how complete it is.",
    table="tblContracts",
    pack="contracts",
    highlights=(
        Highlight(("end",), 'AND({end}<>"",{end}<TODAY()+90,{status}="signed")', "late"),
        TINTED,
    ),
    key_columns=("contract_id",),
    columns=(
        row_id(
            "contract_id",
            "Contract ID",
            "K",
            "Blank until sync numbers it; each version has its own.",
        ),
        of_partner("The partner."),
        count("version", "Version", "1, 2, 3 as agreed anew.", required=True, low=1, width=11),
        choice(
            "status",
            "Status",
            "contract_state",
            "State of this version.",
            required=True,
            width=12,
            aliases=("contract status",),
        ),
        day("signed", "Signed", "Day on which both had signed."),
        day("start", "Start", "First day on which it holds.", aliases=("start date",)),
        day("end", "End", "Last day on which it holds; blank: open.", aliases=("end date",)),
        count("notice_days", "Notice days", "Days of notice.", width=12),
        flag("auto_renew", "Auto-renew", "Goes on by itself.", width=12),
        flag("deliverables", "Deliverables", "Says what is to be delivered.", width=13),
        flag("timeline", "Timeline", "Says by when."),
        flag("metrics", "Metrics", "Says how success is measured."),
        flag("reporting_frequency", "Reporting frequency", "Says when to report.", width=19),
        flag("dispute", "Dispute", "Says how disputes are settled."),
        flag("confidentiality", "Confidentiality", "Says what is secret.", width=15),
        flag("data_terms", "Data terms", "Says how personal data is treated.", width=12),
        percent("commission_rate", "Commission rate", "Flat share of net sales.", low=0, width=16),
        text(
            "commission_table",
            "Commission table",
            "Rates by yearly sales, as 0 5%; 50000 7%; 100000 10%.",
            width=28,
        ),
        choice(
            "attribution_model",
            "Attribution model",
            "attribution_model",
            "Sharing rule agreed for deals with several partners.",
            width=17,
        ),
        text("link", "Link", "Where the document lies.", width=28),
        CHECK,
    ),
    checks=(
        NotBefore("end", "start"),
        NotAfterToday("signed"),
        NeededWhen("signed", "status", ("signed",)),
        NeededWhen("start", "status", ("signed",)),
        NoOverlap("start", "end", "partner_id", "status", ("signed",)),
    ),
)

_FOLLOWED = (
    percent("attained", "Attained", "How far it has come; filled by sync."),
    percent("elapsed", "Elapsed", "Share of its span that has passed; filled by sync."),
    number(
        "pace",
        "Pace",
        "Attained ÷ elapsed, 1 is as planned; filled by sync.",
        number_format="0.00",
        width=9,
    ),
    text("horizon", "Horizon", "Length class of its span; filled by sync.", **PLAIN),
    text(
        "suggested",
        "Suggested",
        "What partners of the same type reached in four quarters; filled by sync.",
        width=56,
        number_format="",
    ),
)
"""What sync says of every goal."""

GOALS = Tab(
    key="goals",
    title="Goals",
    role=Role.ENTRY,
    doc="Targets agreed: a KPI, a span and a value; a changed target is a new row that says why.",
    table="tblGoals",
    pack="goals",
    highlights=(TINTED,),
    key_columns=("goal_id",),
    columns=(
        row_id("goal_id", "Goal ID", "G"),
        of_partner(
            "A partner, a partner type, or ALL for the programme.",
            EVERYONE,
            *(kind.value for kind in LISTS["partner_type"]),
        ),
        choice("kpi", "KPI", "kpi", "Id of the KPI that measures it.", required=True, width=9),
        day("from", "From", "First day of the span.", required=True, aliases=("start",)),
        day("to", "To", "Last day of the span.", required=True, aliases=("end", "until")),
        number(
            "target",
            "Target",
            "Value to reach; shares as percent, money in the reporting currency.",
            required=True,
            width=14,
        ),
        number("baseline", "Baseline", "Value when it was agreed.", width=14),
        flag("stretch", "Stretch", "A stretch target: one in five at most."),
        choice("outcome", "Outcome", "goal_outcome", "What it is for in the business.", width=13),
        number(
            "weight", "Weight", "How much it counts; blank means 1.", low=0, default="1", **PLAIN
        ),
        text("owner", "Owner", "Who answers for it."),
        text("assumptions", "Assumptions", "What it rests on.", width=30),
        day("agreed_on", "Agreed on", "Day on which both agreed."),
        ref("revises", "Revises", "goals", "Goal ID of the target that this one replaces."),
        text("reason", "Reason", "Why the target was changed.", width=28),
        *(replace(column, owner=Owner.SYNC) for column in _FOLLOWED),
        CHECK,
    ),
    checks=(
        NotBefore("to", "from"),
        NotAfterToday("agreed_on"),
        NeededWhen("reason", "revises", code="revised_without_reason"),
        NoCircle("revises"),
        SaysWhichReplaces("target", ("partner_id", "kpi", "from", "to"), "revises"),
        NeededWhen("baseline", "kpi", severity="warning"),
        NeededWhen("owner", "kpi", severity="warning"),
    ),
)

SURVEYS = Tab(
    key="surveys",
    title="Surveys",
    role=Role.ENTRY,
    doc="Answers to surveys, one row per response, without the respondent's name.",
    table="tblSurveys",
    pack="voice",
    highlights=(TINTED,),
    key_columns=("response_id",),
    columns=(
        row_id("response_id", "Response ID", "R", width=13),
        day("date", "Date", "Day of the answer.", required=True),
        choice("group", "Group", "survey_group", "Who answered.", required=True, width=11),
        of_partner("The partner it is about, or DIRECT for own sales.", OWN_SALES),
        text(
            "respondent",
            "Respondent",
            "Your own code for who answered, never a name: the latest answer of each counts.",
            width=13,
        ),
        number(
            "recommend",
            "Recommend",
            "0 to 10: would recommend us.",
            low=0,
            high=10,
            aliases=("nps",),
            **{**PLAIN, "width": 13},
        ),
        number("support", "Support", "1 to 5: content with our support.", low=1, high=5, **PLAIN),
        number(
            "communication",
            "Communication",
            "1 to 5: content with communication.",
            low=1,
            high=5,
            **{**PLAIN, "width": 15},
        ),
        number("outcomes", "Outcomes", "1 to 5: content with results.", low=1, high=5, **PLAIN),
        number("overall", "Overall", "1 to 5: content in all.", low=1, high=5, **PLAIN),
        flag("brand_recall", "Brand recall", "Remembers the brand.", width=13),
        choice("wave", "Wave", "survey_wave", "Before or after the campaign.", width=9),
        text("comment", "Comment", "In the respondent's words.", width=40, number_format=""),
        choice("theme", "Theme", "theme", "What it was about.", open_list=True, width=12),
        flag("reply_sent", "Reply sent", "The loop was closed."),
        CHECK,
    ),
    checks=(NotAfterToday("date"), NeededWhen("wave", "brand_recall")),
)

PACK_ENTRY: tuple[Tab, ...] = (TOUCHES, CUSTOMERS, CONTRACTS, GOALS, SURVEYS)
"""In sheet order, behind the lean entry tabs."""
