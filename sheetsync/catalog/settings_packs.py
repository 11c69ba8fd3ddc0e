"""Settings tabs of the pack ``settings``: tiers, scorecards, exchange rates, the KPI catalogue.

Where one of them is there it is read instead of the short forms on the Settings tab.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import TYPE_CHECKING, Any

from sheetsync.catalog.columns import choice, count, currency, month, number, text
from sheetsync.catalog.computed import PLAIN
from sheetsync.model.kpi import described
from sheetsync.model.months import first_day
from sheetsync.model.tracker import Owner, Role, Tab

if TYPE_CHECKING:
    from sheetsync.model.kpi import Kpi
    from sheetsync.model.settings import Settings


def _given(doc: str, **more: Any) -> dict[str, Any]:
    return {"doc": doc, "given": True, **PLAIN, **more}


TIERS = Tab(
    key="tiers",
    title="Tiers",
    role=Role.SETTINGS,
    doc="The tiers, best last, with what each asks for; the mode stands on Settings.",
    table="tblTiers",
    pack="settings",
    key_columns=("tier",),
    columns=(
        text("tier", "Tier", "Name of the tier.", required=True, **PLAIN),
        count("order", "Order", "1 is the lowest; thresholds rise with it.", width=8, low=1),
        number(
            "threshold",
            "Threshold",
            "Score, KPI value or top share from which it is reached, by the mode.",
            required=True,
            low=0,
            width=12,
            number_format="",
        ),
        text("gates", "Gates", "KPI ids that must be above zero, e.g. F01, S06.", **PLAIN),
        number("margin", "Margin", "Points below the threshold before it may fall.", low=0),
        count("up", "Up", "Evaluations in a row before it rises (U).", low=1, width=8),
        count("down", "Down", "Evaluations in a row before it falls (D).", low=1, width=8),
        text("benefits", "Benefits", "What its partners get; told beside it.", width=44, **PLAIN),
        text("colour", "Colour", "As #C9A227.", width=11, **PLAIN),
    ),
)

SCORECARD = Tab(
    key="scorecard",
    title="Scorecard",
    role=Role.SETTINGS,
    doc="How partners of a type are scored: floor earns 0, target full marks, weights sum to 100.",
    table="tblScorecard",
    pack="settings",
    key_columns=("partner_type", "kpi"),
    columns=(
        choice("partner_type", "Partner type", "partner_type", "The type.", required=True, **PLAIN),
        choice("kpi", "KPI", "kpi", "Id of the KPI.", required=True, width=9, **PLAIN),
        text("dimension", "Dimension", **_given("Side of the partnership that the KPI shows.")),
        number("weight", "Weight", "Of 100 for the type.", required=True, low=0, high=100, **PLAIN),
        number("floor", "Floor", "Value that earns nothing.", required=True, width=13, **PLAIN),
        number(
            "target", "Target", "Value that earns full marks.", required=True, width=13, **PLAIN
        ),
        choice(
            "direction", "Better", "better", "Blank: as floor and target say.", width=10, **PLAIN
        ),
    ),
)

RATES = Tab(
    key="rates",
    title="Rates",
    role=Role.SETTINGS,
    doc="What one unit of a currency is worth in the reporting currency, month by month.",
    table="tblRates",
    pack="settings",
    key_columns=("currency", "month"),
    columns=(
        currency("currency", "Currency", "Three letters.", required=True),
        month("month", "Month", "Month of the rate; blank for a fixed programme rate."),
        number("rate", "Rate", "Worth of one unit in that month.", low=0, number_format="0.0000##"),
        number(
            "programme_rate",
            "Programme rate",
            "Fixed rate that tiers use all year, once per currency.",
            low=0,
            number_format="0.0000##",
            width=15,
        ),
        text("source", "Source", "Where the rate comes from.", width=28, **PLAIN),
    ),
)

CATALOGUE = Tab(
    key="catalogue",
    title="KPI Catalogue",
    role=Role.SETTINGS,
    doc="Every KPI in words. Set where it is shown; add rows below for KPIs of your own.",
    table="tblCatalogue",
    pack="settings",
    key_columns=("kpi",),
    columns=(
        text("kpi", "KPI", **_given("Id; own KPIs take X01, X02 and so on.", width=8)),
        text("name", "Name", **_given("Its name.", width=28)),
        text("words", "Formula in words", **_given("How it is worked out.", width=60)),
        text(
            "formula",
            "As formula",
            **_given("What live_kpis writes for partner P-0001; sync fills it in.", width=40),
            owner=Owner.SYNC,
        ),
        text("unit", "Unit", **_given("money, ratio, multiple, count, number, days.", width=10)),
        text("types", "Partner types", **_given("Types it applies to; blank: all.", width=26)),
        text(
            "shown",
            "Shown",
            "Types where it is a key KPI, programme, all or no; blank: no.",
            width=34,
            **PLAIN,
        ),
        text("dimension", "Dimension", **_given("Side of the partnership it shows.", width=14)),
        count("minimum_n", "Minimum n", given=True, doc="Fewer rows flag it as small.", width=12),
        text("numerator", "Numerator", "Own KPI: Tab or Tab.column, e.g. Deals.amount.", **PLAIN),
        text("filter", "Filter", "Own KPI: e.g. stage = won; role = sourced.", width=26, **PLAIN),
        text("denominator", "Denominator", "Own KPI: Tab or Tab.column, or blank.", **PLAIN),
    ),
)

PACK_SETTINGS: tuple[Tab, ...] = (TIERS, SCORECARD, RATES, CATALOGUE)
"""In sheet order, behind Settings."""


def settings_rows(settings: Settings, kpis: Sequence[Kpi]) -> dict[str, list[dict[str, Any]]]:
    """The rows of these tabs, by tab key, that say what the settings say."""
    return {
        "tiers": list(_tiers(settings)),
        "scorecard": list(_scorecards(settings, kpis)),
        "rates": list(_rates(settings)),
        "catalogue": [described(kpi, settings.shown_kpis) for kpi in kpis],
    }


def _tiers(settings: Settings) -> Iterator[dict[str, Any]]:
    ranked = sorted(settings.tiers, key=lambda tier: tier.threshold)
    if settings.tier_mode == "percentile":
        ranked.reverse()
    for order, tier in enumerate(ranked, 1):
        told = tier.model_dump(exclude={"name", "gates"})
        yield {"tier": tier.name, "order": order, "gates": ", ".join(tier.gates), **told}


def _scorecards(settings: Settings, kpis: Sequence[Kpi]) -> Iterator[dict[str, Any]]:
    dimensions = {kpi.id: kpi.dimension for kpi in kpis}
    for kind, card in settings.scorecards.items():
        for line in card:
            better = "lower" if line.floor > line.target else "higher"
            dimension = dimensions.get(line.kpi)
            beside = {"partner_type": kind, "dimension": dimension, "direction": better}
            yield {**beside, **line.model_dump()}


def _rates(settings: Settings) -> Iterator[dict[str, Any]]:
    for code in dict.fromkeys((*settings.rates, *settings.programme_rates)):
        fixed = settings.programme_rates.get(code, settings.rates.get(code))
        yield {"currency": code, "programme_rate": fixed}
    for code, rates in settings.monthly_rates.items():
        for told, rate in sorted(rates.items()):
            yield {"currency": code, "month": first_day(told), "rate": rate}
