"""Tabs that sync writes when their pack is there: attribution, tier history, forecast, alerts."""

from __future__ import annotations

from dataclasses import replace

from sheetsync.catalog.columns import (
    COUNT_FORMAT,
    choice,
    count,
    day,
    flag,
    identity,
    money,
    month,
    number,
    percent,
    text,
)
from sheetsync.catalog.computed import PLAIN, TIER_LOOKS
from sheetsync.model.tracker import Column, Highlight, Owner, Role, Tab


def _by_sync(*columns: Column) -> tuple[Column, ...]:
    return tuple(replace(column, owner=Owner.SYNC) for column in columns)


ATTRIBUTION = Tab(
    key="attribution",
    title="Attribution",
    role=Role.COMPUTED,
    doc="What each partner is credited of each won deal, under the chosen rule and three others.",
    table="tblAttribution",
    pack="attribution",
    key_columns=("deal_id", "partner_id"),
    columns=_by_sync(
        identity("deal_id", "Deal ID", "The deal.", width=14),
        identity("partner_id", "Partner ID", "The partner, or DIRECT."),
        text("partner_name", "Partner name", "Its name.", width=30),
        text("model", "Model", "Sharing rule with half-life and look-back.", width=38, **PLAIN),
        percent("credit", "Credit", "Share of the deal under the chosen rule."),
        money("value", "Value", "That share in the reporting currency.", low=None),
        money("first", "First", "Its value if the first touch took all.", low=None),
        money("last", "Last", "Its value if the last touch took all.", low=None),
        money("linear", "Linear", "Its value if all touches shared alike.", low=None),
        money("spread", "Spread", "Greatest less least of first, last and linear.", low=None),
        text("note", "Note", "What to know, in words.", width=110, **PLAIN),
    ),
)

TIER_HISTORY = Tab(
    key="tier_history",
    title="Tier History",
    role=Role.LOG,
    doc="Every evaluation of a tier, appended and never rewritten.",
    table="tblTierHistory",
    pack="insight",
    highlights=TIER_LOOKS,
    columns=_by_sync(
        day("at", "As of", "Day for which it was evaluated: at most once in a quarter."),
        identity("partner_id", "Partner ID", "The partner."),
        text("partner_name", "Partner name", "Its name.", width=30),
        number("score", "Score", "Score at that time.", number_format="0.0"),
        text("target_tier", "Target tier", "Tier that the score alone would give.", **PLAIN),
        text("tier", "Tier", "Tier held after the evaluation.", width=12, **PLAIN),
        text(
            "state",
            "State",
            "onboarding, steady, rising 1/2, up, at risk 1/2, down, override or no data.",
            **PLAIN,
        ),
        number("health", "Health", "Health at that time.", number_format="0.0"),
        text("reason", "Reason", "Why, in words.", width=104, **PLAIN),
        text("run", "Run", "Name of the run.", width=26, **PLAIN),
    ),
)

FORECAST = Tab(
    key="forecast",
    title="Forecast",
    role=Role.COMPUTED,
    doc="The months to come with their bands, roughly 8 in 10; too few months are refused.",
    table="tblForecast",
    pack="insight",
    key_columns=("partner_id", "kpi", "month"),
    columns=_by_sync(
        identity("partner_id", "Partner ID", "The partner, or programme."),
        text("partner_name", "Partner name", "Its name.", width=30),
        text("kpi", "KPI", "Id of the KPI.", width=8, **PLAIN),
        text("kpi_name", "KPI name", "Its name.", width=24, **PLAIN),
        month("month", "Month", "Blank: the next three months together."),
        text("method", "Method", "How it was forecast.", width=58, **PLAIN),
        number("mid", "Middle", "The forecast.", number_format=COUNT_FORMAT, width=14),
        number("low", "Low", "Low end of the band.", number_format=COUNT_FORMAT, width=14),
        number("high", "High", "High end of the band.", number_format=COUNT_FORMAT, width=14),
        count("points", "Points", "Complete months behind it.", width=9),
        text("refused", "Refused", "Why there is no forecast.", width=48, **PLAIN),
    ),
)

ALERTS = Tab(
    key="alerts",
    title="Alerts",
    role=Role.COMPUTED,
    doc="What needs a look now: at most ten per owner, one per cause until acknowledged.",
    table="tblAlerts",
    pack="insight",
    key_columns=("alert_id",),
    highlights=tuple(
        Highlight(("severity",), f'{{severity}}="{word}"', look)
        for word, look in (("critical", "error"), ("warning", "warning"), ("note", "note"))
    ),
    columns=(
        *_by_sync(
            identity("alert_id", "Alert ID", "Stays the same while the cause does.", width=14),
            text("rule", "Rule", "Id of the rule that fired.", width=8, **PLAIN),
            choice(
                "severity", "Severity", "alert_severity", "How urgent it is.", width=11, **PLAIN
            ),
            identity("partner_id", "Partner ID", "The partner."),
            text("partner_name", "Partner name", "Its name.", width=26),
            text("owner", "Owner", "Who looks after it.", **PLAIN),
            text("kpi", "KPI", "Id of the KPI.", width=8, **PLAIN),
            text("kpi_name", "KPI name", "Its name.", width=24, **PLAIN),
            text("evidence", "Evidence", "The numbers that speak, in words.", width=90, **PLAIN),
            day("since", "Since", "First day of what was seen."),
            money("stake", "At stake", "Value at stake in the reporting currency."),
            count("tests", "Tests", "Tests made in this sync: some fire by chance.", width=9),
        ),
        text("why", "Why", "Your explanation; sync keeps it.", width=28, **PLAIN),
        flag("acknowledged", "Acknowledged", "yes: seen; the cause is not told again.", width=14),
    ),
)

PACK_COMPUTED: tuple[Tab, ...] = (ATTRIBUTION, TIER_HISTORY, FORECAST, ALERTS)
"""In sheet order, behind KPI Monthly."""
