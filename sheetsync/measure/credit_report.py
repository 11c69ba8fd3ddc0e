"""Who is credited with the period's revenue, deal by deal, for people to read."""

# ruff: noqa: S608 -- names are ours
from __future__ import annotations

from typing import TYPE_CHECKING

from sheetsync.measure.attribution_cents import cent_steps
from sheetsync.measure.attribution_markov import Removal
from sheetsync.measure.attribution_sql import SENSITIVITY, Rules, credit_steps, journey_steps
from sheetsync.measure.credit_facts import Journeys
from sheetsync.measure.frames import day_number
from sheetsync.measure.period import Period
from sheetsync.model.results import Attribution, Credit, Touch
from sheetsync.model.settings import Settings

if TYPE_CHECKING:
    import pandas as pd

    from sheetsync.model.engine import Engine

MOST_DEALS = 5_000
"""Deals that are listed, the largest; the rest is in the totals."""


def rule_in_words(settings: Settings) -> str:
    """Name the model with everything that decides: half-life and look-back.

    >>> from sheetsync.model.settings import Settings
    >>> rule_in_words(Settings(attribution_model="time-decay"))
    'time-decay, half-life 30 days, look-back 365 days (clicks 90)'
    """
    decays = settings.attribution_model == "time-decay"
    half = f"half-life {settings.half_life_days:g} days, " if decays else ""
    return (
        f"{settings.attribution_model}, {half}"
        f"look-back {settings.look_back_days} days (clicks {settings.look_back_click_days})"
    )


def report_of(
    journeys: Journeys,
    rules: Rules,
    chain: Removal | None,
    credited: pd.DataFrame,
    engine: Engine,
    settings: Settings,
    period: Period,
) -> Attribution:
    """Gather totals, deals and one worked journey; ``credited`` are facts by partner and day."""
    deals, left_out = _deals(journeys, rules, chain, engine, period)
    worked = _worked(deals)
    ordered = tuple(sorted(deals, key=lambda c: c.deal_id != worked))
    return Attribution(
        settings.attribution_model,
        rule_in_words(settings),
        settings.half_life_days,
        settings.role_weights,
        _totals(credited, refused=bool(chain and chain.refused)),
        ordered,
        _journey(journeys, rules, engine, worked) if worked else (),
        left_out,
        chain.refused if chain else "",
    )


def _totals(credited: pd.DataFrame, *, refused: bool) -> tuple[Credit, ...]:
    """Each partner's sums over the period, the greatest first."""
    now = credited[credited["in_period"] == 1]
    names = ["amount", *SENSITIVITY]
    sums = now.groupby("partner_id", observed=True)[names].sum().round(4)
    whole = float(sums["amount"].sum())
    told = [
        Credit(
            "",
            str(partner),
            amount / whole if whole > 0 else None,
            None if refused else amount,
            first,
            last,
            linear,
        )
        for partner, (amount, first, last, linear) in zip(
            sums.index, sums.to_numpy().tolist(), strict=True
        )
    ]
    return tuple(sorted(told, key=lambda c: (-(c.value or 0.0), c.partner_id)))


def _deals(
    journeys: Journeys, rules: Rules, chain: Removal | None, engine: Engine, period: Period
) -> tuple[list[Credit], int]:
    """The credits of the largest won deals of the period, and how many deals are left out."""
    models = tuple(dict.fromkeys((*(() if chain else (rules.model,)), *SENSITIVITY)))
    sums = [f"CAST(SUM(CAST(value_{m} AS DECIMAL(28, 4))) AS DOUBLE) AS value_{m}" for m in models]
    paid = (
        "FROM amounts AS a INNER JOIN {deals} AS d ON a.deal_id = d.deal_id WHERE d.is_won = 1 "
        f"AND a.amount IS NOT NULL AND a.day BETWEEN {day_number(period.now.start)} "
        f"AND {day_number(period.now.end)}"
    )
    count = journeys.ask(
        engine, {}, f"SELECT COUNT(DISTINCT a.deal_id) AS often {paid.format(deals='deals')}"
    )
    chosen = (
        f"SELECT a.deal_id, SUM(a.amount) AS size {paid.format(deals='all_deals')} "
        f"GROUP BY a.deal_id ORDER BY size DESC, a.deal_id LIMIT {MOST_DEALS}"
    )
    steps = {
        **credit_steps(rules),
        "paid": f"SELECT a.entry, a.deal_id, a.source, a.day, a.amount "
        f"{paid.format(deals='deals')}",
        **cent_steps(models, of="paid"),
        "by_deal": "SELECT deal_id, partner_id, MIN(seat) AS seat, "
        f"MAX(credit_{models[0]}) AS credit, {', '.join(sums)} FROM cents "
        "GROUP BY deal_id, partner_id",
        "sized": "SELECT *, SUM(value_linear) OVER (PARTITION BY deal_id) AS size FROM by_deal",
    }
    text = "SELECT * FROM sized ORDER BY size DESC, deal_id, seat, partner_id"
    found = journeys.only(chosen).ask(engine, steps, text)
    names = ["deal_id", "partner_id", "credit", f"value_{models[0]}"]
    columns = [found[n].tolist() for n in (*names, *(f"value_{m}" for m in SENSITIVITY))]
    told = [
        Credit(str(d), str(p), None if chain else c, None if chain else v, one, end, even)
        for d, p, c, v, one, end, even in zip(*columns, strict=True)
    ]
    return told, int(count["often"].iloc[0]) - found["deal_id"].nunique()


def _worked(deals: list[Credit]) -> str:
    """The deal to show: of those with the most partners, but not more than four, the largest."""
    partners: dict[str, int] = {}
    for credit in deals:
        partners[credit.deal_id] = partners.get(credit.deal_id, 0) + 1
    return max(partners, key=lambda d: partners[d] if partners[d] <= 4 else 0, default="")


def _journey(journeys: Journeys, rules: Rules, engine: Engine, deal: str) -> tuple[Touch, ...]:
    quoted = deal.replace("'", "''")
    texts = ", ".join(
        f"COALESCE(CAST({name} AS VARCHAR), '') AS {name}" for name in ("kind", "mark", "role")
    )
    text = f"SELECT partner_id, lag, {texts} FROM seen WHERE deal_id = '{quoted}' ORDER BY seat"
    found = journeys.ask(engine, journey_steps(rules), text)
    return tuple(
        Touch(str(p), int(lag), kind, mark, role)
        for p, lag, kind, mark, role in found.itertuples(index=False)
    )
