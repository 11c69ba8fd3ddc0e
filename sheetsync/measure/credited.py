"""The step from journeys to the fact tables of attribution, and the report of who is credited."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from sheetsync.measure.attribution_markov import Removal
from sheetsync.measure.credit_facts import (
    MARKOV,
    Journeys,
    attributed,
    chain_of,
    credited_customers,
    influenced,
    rules_of,
)
from sheetsync.measure.credit_report import report_of, rule_in_words
from sheetsync.measure.period import Period
from sheetsync.model.problems import Problem, Severity
from sheetsync.model.results import Attribution
from sheetsync.model.settings import Settings

if TYPE_CHECKING:
    import pandas as pd

    from sheetsync.model.engine import Engine

ATTRIBUTED_KPIS = ("F03", "F06", "F07", "F08", "F09", "F17")
"""KPIs that say what partners are credited with, where deals are shared."""


@dataclass(frozen=True, slots=True)
class Credited:
    """Fact tables by name, the report, notes by KPI id, and what was found."""

    tables: Mapping[str, pd.DataFrame] = field(default_factory=dict)
    report: Attribution | None = None
    notes: Mapping[str, str] = field(default_factory=dict)
    problems: tuple[Problem, ...] = ()


def credited(journeys: Journeys, settings: Settings, period: Period, engine: Engine) -> Credited:
    """Share the revenue of won deals by the model of the settings."""
    rules = rules_of(settings)
    chain = chain_of(journeys, rules, engine) if rules.model == MARKOV else None
    shares = attributed(journeys, rules, chain, engine, period)
    report = report_of(journeys, rules, chain, shares, engine, settings, period)
    return Credited(
        {
            "attributed": shares,
            "influenced": influenced(journeys, rules, engine, period),
            "credited_customers": credited_customers(journeys, rules, chain, engine, period),
        },
        report,
        _notes(report, settings),
        tuple(_problems(chain)),
    )


def _notes(report: Attribution, settings: Settings) -> dict[str, str]:
    rule = f"Attribution: {rule_in_words(settings)}."
    share = report.direct_share
    direct = "" if share is None else f" DIRECT keeps {share:.1%}."
    refused = f" Blank, {report.refused}." if report.refused else ""
    window = (
        f"Touches within {settings.look_back_days} days before the close "
        f"(clicks {settings.look_back_click_days})."
    )
    told = dict.fromkeys(ATTRIBUTED_KPIS, f"{rule}{direct}{refused}")
    return {"attribution": f"{rule}{direct}{refused}", "F02": window, "F02d": window, **told}


def _problems(chain: Removal | None) -> Iterator[Problem]:
    if chain is not None and chain.refused:
        yield Problem(
            "markov_refused",
            Severity.WARNING,
            "settings",
            "attribution_model",
            0,
            "value",
            MARKOV,
            f"The model markov has {chain.refused}; attributed numbers stay blank. Choose another "
            "attribution_model until there are more.",
        )
