"""The tabs that sync writes: issues to decide on, results per partner and per month, the log.

A KPI column's key is the KPI's id in small letters; where a value is missing the cell holds the
words that say why (``no base``, ``no data``), never a silent blank or zero.
"""

from __future__ import annotations

from dataclasses import replace

from sheetsync.catalog.columns import (
    NUMBER_FORMAT,
    choice,
    count,
    country,
    day,
    identity,
    moment,
    money,
    month,
    number,
    percent,
    text,
)
from sheetsync.model.tracker import Column, Highlight, Owner, Role, Tab

MULTIPLE_FORMAT = '0.0"×"'
DAYS_FORMAT = "#,##0.0"
PLAIN = {"number_format": ""}

TIER_LOOKS = tuple(
    Highlight(("tier",), f'{{tier}}="{tier}"', f"tier {tier.lower()}")
    for tier in ("Platinum", "Gold", "Silver", "Bronze", "Registered")
)
"""Looks of the shipped tier names; a tier by another name stays plain."""

MEASURED = (
    *("f01", "f05", "f06", "f09", "f19", "s04", "s05", "s06", "s08", "s09"),
    *("e03", "e06", "r04", "r10", "t01", "t10"),
)
"""The KPI columns of Partner Summary."""


def _by_sync(*columns: Column) -> tuple[Column, ...]:
    return tuple(replace(column, owner=Owner.SYNC) for column in columns)


ISSUES = Tab(
    key="issues",
    title="Issues",
    role=Role.COMPUTED,
    doc="What sync found wrong or doubtful; answer in Decision and sync again.",
    table="tblIssues",
    key_columns=("issue_id",),
    highlights=tuple(
        Highlight(("severity",), f'{{severity}}="{severity}"', severity)
        for severity in ("error", "warning", "note")
    ),
    columns=(
        *_by_sync(
            identity("issue_id", "Issue ID", "Stays the same while the cell does.", width=14),
            choice(
                "severity",
                "Severity",
                "severity",
                "An error keeps the cell or row out of the KPIs, a warning is worth a look.",
                width=11,
                range_name="issue_severity",
                **PLAIN,
            ),
            text("tab", "Tab", "Tab on which it was found.", width=14, **PLAIN),
            text("cell", "Cell", "Cell on that tab.", width=9, **PLAIN),
            text("row_key", "Row", "Id of the row.", width=22),
            text("column", "Column", "Header of the column.", width=17, **PLAIN),
            text("found", "Found", "What the cell holds.", width=32),
            text("message", "What it means", "The problem in words.", width=68, **PLAIN),
            text("suggested", "Suggested", "What accept would write.", width=24),
        ),
        choice(
            "decision",
            "Decision",
            "decision",
            "accept writes the suggestion once, reject is remembered, later keeps it here.",
            width=12,
            **PLAIN,
        ),
        *_by_sync(text("code", "Rule", "Name of the rule that spoke.", width=18, **PLAIN)),
    ),
)

SUMMARY = Tab(
    key="summary",
    title="Partner Summary",
    role=Role.COMPUTED,
    doc="One row per partner over the whole period, best revenue first.",
    table="tblSummary",
    key_columns=("partner_id",),
    highlights=(
        *TIER_LOOKS,
        *(Highlight((key,), f"ISTEXT({{{key}}})", "missing") for key in MEASURED),
        Highlight(("f01",), "", "bars"),
        Highlight(("score",), "", "bars of 100"),
        Highlight(("state",), 'LEFT({state},7)="at risk"', "warning"),
        Highlight(("health",), 'AND({health}<>"",{health}<50)', "error"),
        Highlight(("health",), 'AND({health}<>"",{health}<75)', "warning"),
    ),
    columns=_by_sync(
        count("rank", "Rank", "Place by revenue.", width=8, range_name="summary_rank"),
        identity("partner_id", "Partner ID", "The partner."),
        text(
            "partner_name",
            "Partner name",
            "Its name.",
            width=30,
            range_name="summary_partner",
        ),
        choice("partner_type", "Partner type", "partner_type", "Its type.", **PLAIN),
        choice("status", "Status", "partner_status", "Its status.", width=12, **PLAIN),
        text("owner", "Owner", "Who looks after it.", **PLAIN),
        choice("relationship", "Relationship", "relationship", "Direct or marketplace.", **PLAIN),
        choice(
            "importance", "Importance", "importance", "Strategic importance.", width=12, **PLAIN
        ),
        country("country", "Country", "Its country."),
        choice("contract_status", "Contract status", "contract_status", "Contract.", **PLAIN),
        text(
            "tier",
            "Tier",
            "Tier reached by the score.",
            range_name="summary_tier",
            width=12,
            **PLAIN,
        ),
        number(
            "score",
            "Score",
            "0 to 100 by the scorecard of its type; blank when too little is known.",
            number_format="0.0",
            low=0,
            high=100,
            range_name="summary_score",
        ),
        percent("coverage", "Coverage", "Share of the scorecard's weight that has data."),
        text("target_tier", "Target tier", "Tier that today's numbers earn.", width=12, **PLAIN),
        text(
            "state",
            "State",
            "By Tier History: steady, up, down, at risk 1/2, rising, onboarding, override or "
            "no data.",
            width=12,
            **PLAIN,
        ),
        number(
            "health",
            "Health",
            "0 to 100 over four sides, less standing alerts: 75 is green, 50 amber, less is red.",
            number_format="0.0",
            low=0,
            high=100,
        ),
        text(
            "direction",
            "Direction",
            "Where health went in three months: up, down, steady; blank: not known.",
            width=11,
            **PLAIN,
        ),
        day("next_review", "Next review", "Day from which the partner wants a look."),
        money("f01", "Revenue", "F01: net revenue.", low=None, range_name="summary_revenue"),
        money("f05", "Cost", "F05: what the partnership cost."),
        number("f06", "ROPI", "F06: revenue per unit of cost.", number_format=MULTIPLE_FORMAT),
        percent("f09", "Revenue share", "F09: share of all revenue.", width=13),
        percent("f19", "Revenue growth", "F19: against the period before.", width=14),
        money("s04", "Open pipeline", "S04: value of open deals."),
        money("s05", "Weighted pipeline", "S05: open deals times their probability.", width=17),
        percent("s06", "Win rate", "S06: won of all closed deals."),
        count("s06_n", "Closed deals", "Deals behind the win rate."),
        percent("s06_low", "Win rate low", "Low end of its 95 % interval.", width=12),
        percent("s06_high", "Win rate high", "High end of its 95 % interval.", width=13),
        money("s08", "Deal size", "S08: mean value of won deals."),
        number(
            "s09", "Days to close", "S09: median of won deals.", number_format=DAYS_FORMAT, width=13
        ),
        percent("e03", "Engagement rate", "E03: reactions per impression.", width=15),
        percent("e06", "Conversion rate", "E06: conversions per click.", width=15),
        number(
            "r04",
            "Response hours",
            "R04: median time to answer.",
            number_format=DAYS_FORMAT,
            width=15,
        ),
        percent("r10", "On-time delivery", "R10: done by the due day.", width=15),
        percent("t01", "Milestones done", "T01: by weight, of those due.", width=15),
        percent("t10", "Data completeness", "T10: filled required cells.", width=17),
        count("issues", "Issues", "Open issues on this partner's rows.", width=9),
        text("why", "Why", "What made tier and health, in words.", width=112, **PLAIN),
    ),
)

KPI_MONTHLY = Tab(
    key="kpis",
    title="KPI Monthly",
    role=Role.COMPUTED,
    doc="Every KPI value with its evidence: per partner, group and month, and whole period.",
    table="tblKpis",
    key_columns=("key",),
    highlights=tuple(
        Highlight(("value", "low", "high"), f'{{unit}}="{unit}"', f"unit {unit}")
        for unit in ("money", "ratio", "multiple", "count", "days", "hours", "per week", "points")
    ),
    columns=_by_sync(
        text("key", "Key", "KPI, group and month in one.", width=26, range_name="kpi_key", **PLAIN),
        text("kpi", "KPI", "Id of the KPI.", width=8, **PLAIN),
        text("name", "Name", "Its name.", width=26, **PLAIN),
        text("unit", "Unit", "What the value is counted in.", width=10, **PLAIN),
        text("group", "Group", "Partner ID, programme, or a type, stage or tab.", width=18),
        text("partner_name", "Partner name", "The partner, where the group is one.", width=28),
        month("month", "Month", "Blank: the whole period."),
        number(
            "value",
            "Value",
            "Ratios are fractions shown as percent.",
            number_format=NUMBER_FORMAT,
            width=16,
            range_name="kpi_value",
        ),
        count("n", "n", "Rows behind the value.", width=9, range_name="kpi_n"),
        number(
            "low",
            "Low",
            "Low end of the 95 % interval.",
            number_format=NUMBER_FORMAT,
            range_name="kpi_low",
        ),
        number(
            "high",
            "High",
            "High end of the 95 % interval.",
            number_format=NUMBER_FORMAT,
            range_name="kpi_high",
        ),
        text(
            "flag", "Flag", "Why the value is what it is.", width=14, range_name="kpi_flag", **PLAIN
        ),
    ),
)

LOG = Tab(
    key="log",
    title="Sync Log",
    role=Role.LOG,
    doc="Every run and every cell of yours that a run changed, with what stood there before.",
    table="tblLog",
    columns=_by_sync(
        moment("at", "At", "When the run was made (UTC)."),
        text("run", "Run", "Name of the run; undo takes it back.", width=26, **PLAIN),
        text("kind", "Kind", "sync, fix or undo.", width=9, **PLAIN),
        text("tab", "Tab", "Tab of the changed cell.", width=14, **PLAIN),
        text("row", "Row", "Number of the row at that time.", width=10),
        text("column", "Column", "Header of the column.", width=17, **PLAIN),
        text("before", "Before", "What stood there.", width=28),
        text("after", "After", "What stands there now.", width=28),
        text("note", "Note", "Why, in words.", width=58, **PLAIN),
    ),
)
