"""The step from journeys to the fact tables of attribution, and the report of who is credited."""

# ruff: noqa: S608 -- names are ours
from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field

from sheetsync.measure.attribution_markov import Removal
from sheetsync.measure.credit_facts import (
    MARKOV,
    Journeys,
    attributed,
    chain_of,
    credited_customers,
    influenced,
    rules_of,
    with_credits,
)
from sheetsync.measure.credit_report import report_of, rule_in_words
from sheetsync.measure.frames import TIMED, calendar
from sheetsync.measure.partners import partners_known
from sheetsync.measure.period import Period
from sheetsync.model.engine import Engine, Kept, Relation, View
from sheetsync.model.problems import Problem, Severity
from sheetsync.model.results import Attribution
from sheetsync.model.settings import Settings

ATTRIBUTED_KPIS = ("F03", "F06", "F07", "F08", "F09", "F17")
"""KPIs that say what partners are credited with, where deals are shared."""


@dataclass(frozen=True, slots=True)
class Credited:
    """Fact tables by name, the report, notes by KPI id, and what was found."""

    tables: Mapping[str, Relation] = field(default_factory=dict)
    report: Attribution | None = None
    notes: Mapping[str, str] = field(default_factory=dict)
    problems: tuple[Problem, ...] = ()


def credited(
    journeys: Journeys,
    settings: Settings,
    period: Period,
    engine: Engine,
    known: Mapping[str | None, str | None],
) -> Credited:
    """Share the revenue of won deals by the model of the settings; ``known`` are types by partner.

    The fact tables are kept in the engine.
    """
    rules = rules_of(settings)
    chain = chain_of(journeys, rules, engine) if rules.model == MARKOV else None
    shared = with_credits(journeys, rules, engine)
    kept = {
        "attributed": attributed(shared, rules, chain, engine),
        "influenced": influenced(shared, engine),
        "credited_customers": credited_customers(shared, rules, chain, engine),
    }
    ground = {"calendar": calendar(period), "partners_known": partners_known(known)}
    tables = {name: _fact(told, ground) for name, told in kept.items()}
    report = report_of(shared, rules, chain, tables["attributed"], engine, settings, period)
    done = shared.tables["credits"]
    assert isinstance(done, Kept)
    engine.let_go(done)
    return Credited(tables, report, _notes(report, settings), tuple(_problems(chain)))


def _fact(told: Kept, ground: Mapping[str, Relation]) -> View:
    """Rows by partner and day as a fact table."""
    own = ", ".join(f"t.{name}" for name in told.columns if name != "day")
    times = ", ".join(f"c.{name}" for name in TIMED)
    return View(
        f"SELECT {own}, {times}, k.partner_type, k.is_partner FROM {told.name}_rows AS t "
        "INNER JOIN calendar AS c ON t.day = c.day "
        "INNER JOIN partners_known AS k ON t.partner_id = k.partner_id",
        {**ground, f"{told.name}_rows": told},
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
