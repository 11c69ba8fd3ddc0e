"""The Settings tab: every setting as a row with its value, what is allowed and what it means."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from sheetsync.catalog.columns import text
from sheetsync.catalog.lists import LISTS
from sheetsync.model.tracker import Choice, Role, Tab

if TYPE_CHECKING:
    from collections.abc import Container, Iterator, Mapping

    from sheetsync.model.settings import Settings, Target

SETTINGS_TAB = Tab(
    key="settings",
    title="Settings",
    role=Role.SETTINGS,
    doc="What the team can set; only the yellow column is meant to be changed.",
    table="tblSettings",
    key_columns=("name",),
    columns=(
        text("name", "Name", "Name of the setting.", width=26, number_format=""),
        text("value", "Value", "Your value; blank means the default.", width=56, number_format=""),
        text("allowed", "Allowed", "What may stand there.", width=44, number_format=""),
        text("meaning", "Meaning", "What it does.", width=84, number_format=""),
    ),
)

TIER_ROWS = 4
RATE_ROWS = ("USD", "GBP", "CHF")
"""Currencies that get a row ready to fill; a row rate_<code> may be added for any other."""
_TIER_MEANING = "A tier and the score from which it is reached, e.g. Gold 75."
_CARD_ALLOWED = "KPI weight floor..target; …"


@dataclass(frozen=True, slots=True)
class SettingRow:
    """One row of the Settings tab; ``value`` None is a blank cell."""

    name: str
    value: str | float | None
    allowed: str
    meaning: str


def setting_rows(
    settings: Settings | None = None, units: Mapping[str, str] | None = None
) -> list[SettingRow]:
    """All rows of the Settings tab with the values of ``settings`` (default: the shipped ones).

    ``units`` gives a KPI's unit by id; the floor and target of a ratio are written as percent.
    """
    if settings is None:
        from sheetsync.catalog.kpis import KPIS, default_settings

        settings = default_settings()
        units = {kpi.id: str(kpi.unit) for kpi in KPIS}
    return [
        *_general(settings),
        *_tiers(settings),
        *_scorecards(settings, units or {}),
        *_probabilities(settings),
        *_rates(settings),
    ]


def _general(s: Settings) -> Iterator[SettingRow]:
    def row(name: str, allowed: str, meaning: str, value: object = None) -> SettingRow:
        told = getattr(s, name) if value is None else value
        if told is not None and not isinstance(told, int | float):
            told = str(told)
        return SettingRow(name, told or None, allowed, meaning)

    yield row(
        "reporting_currency", "three letters, e.g. EUR", "All money is shown in this currency."
    )
    yield row(
        "period_start", "a day, or blank", "First day reported; blank: 12 months before the end."
    )
    yield row(
        "period_end",
        "a day, or blank",
        "Last day reported; blank: as-of. Both blank: the twelve complete months up to as-of.",
    )
    yield row("as_of", "a day, or blank", "The day taken as today; blank: the day of the sync.")
    yield row("fiscal_start", "1 to 12", "Month in which the fiscal year begins.")
    yield row("time_zone", "e.g. Europe/Paris", "Zone in which the day begins.")
    yield row("date_order", "auto, day first, month first", "How to read 03/04/2026 typed as text.")
    yield row("decimal_mark", "auto, point, comma", "How to read 1.234 typed as text.")
    yield row(
        "default_country", "two letters, or blank", "Country of phone numbers without a code."
    )
    yield row(
        "active_window_days", "1 to 730", "A partner is active with revenue or activity in it."
    )
    yield row("minimum_n_win_rate", "1 or more", "Fewer closed deals flag a win rate as small.")
    yield row("minimum_n_clicks", "1 or more", "Fewer clicks flag a conversion rate as small.")
    yield row(
        "gross_margin", "above 0 to 1", "Share of revenue that is margin, where a KPI uses it."
    )
    yield row("minimum_coverage", "above 0 to 1", "Less of the scorecard filled: not rated.")
    yield row("minimum_revenue", "a number, or blank", "Less revenue stays in the base tier.")
    gates = ", ".join(s.gate_kpis)
    yield row("gate_kpis", "KPI ids, e.g. F01", "Each must be above zero for any tier.", gates)
    yield row("base_tier", "a name", "Tier of partners below the first threshold.")


def pack_setting_rows(packs: Container[str], settings: Settings | None = None) -> list[SettingRow]:
    """Rows that packs (keys of PACKS) add to the Settings tab, with the values of ``settings``."""
    if settings is None:
        from sheetsync.catalog.kpis import default_settings

        settings = default_settings()
    rows = []
    for pack, name, allowed, meaning in _OF_PACKS:
        if pack in packs:
            rows.append(SettingRow(name, _told(settings, name), allowed, meaning))
    return rows


def _told(settings: Settings, name: str) -> str | float | None:
    for family, field in (("role_weight_", "role_weights"), ("cadence_", "cadence")):
        if name.startswith(family):
            members: Mapping[str, float] = getattr(settings, field)
            return members.get(name.removeprefix(family))
    value = getattr(settings, name)
    if isinstance(value, bool):
        return "yes" if value else "no"
    if isinstance(value, dict):
        return "; ".join(f"{kpi} {points:g}" for kpi, points in value.items()) or None
    if isinstance(value, tuple):
        return ", ".join(value) or None
    return value if isinstance(value, int | float) else value or None


_MODELS = "first, last, linear, time-decay, u, w, full path, custom, markov"
_FILE = "a path, or blank"
_OF_PACKS = (
    ("attribution", "attribution_model", _MODELS, "How several partners share a deal."),
    ("attribution", "half_life_days", "above 0", "Days in which a touch loses half its weight."),
    ("attribution", "look_back_days", "1 or more", "Older touches of a deal do not count."),
    ("attribution", "look_back_click_days", "1 or more", "Older clicks do not count."),
    ("attribution", "role_weight_awareness", "0 to 1", "Share of awareness in the custom model."),
    ("attribution", "role_weight_nurture", "0 to 1", "Share of nurture in the custom model."),
    ("attribution", "role_weight_close", "0 to 1", "Share of closing in the custom model."),
    ("attribution", "facts_touches", _FILE, "Parquet or CSV file with more touches."),
    ("attribution", "facts_deals", _FILE, "Parquet or CSV file with more deals."),
    ("attribution", "facts_money", _FILE, "Parquet or CSV file with more ledger rows."),
    ("customers", "clv_horizon_months", "1 to 120", "Months over which F14 values customers."),
    ("customers", "discount_rate", "0 to 0.99", "Yearly discount of customer value to come."),
    (
        "customers",
        "life_years_cap",
        "above 0",
        "Most years that a partnership is expected to last.",
    ),
    ("customers", "minimum_recurring", "0 or more", "Growth of less that recurs is not shown."),
    ("voice", "minimum_n_nps", "1 or more", "Fewer answers of a partner are shown, not scored."),
    ("voice", "cadence_surveys", "days", "A survey is due this long after the last."),
    (
        "insight",
        "tier_mode",
        "score, threshold, percentile, points",
        "What a tier's threshold is: of a score, of a KPI, a top share by type, or points.",
    ),
    ("insight", "tier_kpi", "a KPI id", "The KPI of the modes threshold and percentile."),
    (
        "insight",
        "tier_points",
        "KPI points; e.g. F01 5; F02 3",
        "Points per 100 of each KPI in the mode points: sourced 5, assisted 3 and so on.",
    ),
    ("insight", "growth_markets", "countries, e.g. IN, BR", "Points count twice there."),
    (
        "insight",
        "tier_margin",
        "0 or more",
        "Points of the score (percent of a KPI) below the threshold before a tier may fall.",
    ),
    ("insight", "tier_months", "1 to 12", "Months between two evaluations; 3 is each quarter."),
    ("insight", "tier_up", "1 or more", "Evaluations in a row before a tier rises."),
    ("insight", "tier_down", "1 or more", "Evaluations in a row before a tier falls."),
    ("insight", "onboarding_days", "0 or more", "New partners are not moved for so many days."),
    ("insight", "seasonal", "yes, no", "The year has a season that forecasts follow."),
    ("insight", "alerts_off", "rules, e.g. A05, A11", "Alert rules that stay silent."),
    ("insight", "cadence_partners", "days", "A partner wants a review this long after the last."),
    ("insight", "cadence_contacts", "days", "A contact wants to be verified again after it."),
    ("insight", "cadence_activity", "days", "Activity older than this is stale."),
    (
        "settings",
        "restate_refunds",
        "yes, no",
        "A refund counts in the month of the sale that it takes back, not in its own.",
    ),
    (
        "settings",
        "live_kpis",
        "yes, no",
        "In files: KPIs as formulas where one can say them.",
    ),
)
"""Pack, name, allowed, meaning. Any of these rows may be added to any tracker by its name."""


def _tiers(s: Settings) -> Iterator[SettingRow]:
    ranked = sorted(s.tiers, key=lambda tier: tier.threshold)
    for i in range(max(TIER_ROWS, len(ranked))):
        value = f"{ranked[i].name} {ranked[i].threshold:g}" if i < len(ranked) else None
        yield SettingRow(f"tier_{i + 1}", value, "name threshold", _TIER_MEANING)


def _scorecards(s: Settings, units: Mapping[str, str]) -> Iterator[SettingRow]:
    types = [choice.value for choice in LISTS["partner_type"]]
    for kind in types:
        card = "; ".join(_line(t, units) for t in s.scorecards.get(kind, ()))
        meaning = f"How {kind} partners are scored: floor earns 0, target full marks."
        yield SettingRow(f"scorecard_{kind}", card or None, _CARD_ALLOWED, meaning)
    for kind in [*types, *(k for k in s.shown_kpis if k not in types)]:
        shown = ", ".join(s.shown_kpis.get(kind, ()))
        meaning = f"The KPIs that matter most for {kind} partners."
        yield SettingRow(f"shown_{kind}", shown or None, "KPI ids, 5 to 7", meaning)


def _line(target: Target, units: Mapping[str, str]) -> str:
    low, high = (_amount(v, units.get(target.kpi, "")) for v in (target.floor, target.target))
    return f"{target.kpi} {target.weight:g} {low}..{high}"


def _amount(value: float, unit: str) -> str:
    return f"{value * 100:.10g}%" if unit == "ratio" else f"{value:.15g}"


def _probabilities(s: Settings) -> Iterator[SettingRow]:
    for stage in LISTS["stage"]:
        if stage.group == "open":
            yield SettingRow(
                f"probability_{stage.value}",
                _probability(s, stage),
                "0 to 1",
                f"Chance that a deal in {stage.value} is won, for the weighted pipeline.",
            )


def _probability(s: Settings, stage: Choice) -> float | None:
    return s.stage_probability.get(stage.value, stage.number)


def _rates(s: Settings) -> Iterator[SettingRow]:
    for code in dict.fromkeys((*RATE_ROWS, *s.rates)):
        yield SettingRow(
            f"rate_{code}",
            s.rates.get(code),
            "a number above 0",
            f"What one {code} is worth in the reporting currency; blank: rows in {code} wait.",
        )
