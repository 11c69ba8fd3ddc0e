"""Who is credited with the period's revenue, deal by deal, for people to read."""

# ruff: noqa: S608 -- names are ours
from __future__ import annotations

from typing import TYPE_CHECKING

from sheetsync.measure.attribution_cents import cent_steps
from sheetsync.measure.attribution_markov import Removal
from sheetsync.measure.attribution_sql import SENSITIVITY, Rules, journey_steps
from sheetsync.measure.credit_facts import Journeys, models_of
from sheetsync.measure.frames import day_number
from sheetsync.measure.period import Period
from sheetsync.model.results import Attribution, Credit, Touch
from sheetsync.model.settings import Settings

if TYPE_CHECKING:
    from sheetsync.model.engine import Engine, Relation

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
    credited: Relation,
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
        _totals(credited, engine, refused=bool(chain and chain.refused)),
        ordered,
        _journey(journeys.only(worked), rules, engine) if worked else (),
        left_out,
        chain.refused if chain else "",
    )


def _totals(credited: Relation, engine: Engine, *, refused: bool) -> tuple[Credit, ...]:
    """Each partner's sums over the period, the greatest first."""
    names = ["amount", *SENSITIVITY]
    told = ", ".join(
        f"COALESCE(CAST(SUM(CAST({n} AS DECIMAL(28, 4))) AS DOUBLE), 0) AS {n}" for n in names
    )
    text = f"SELECT partner_id, {told} FROM credited WHERE in_period = 1 GROUP BY partner_id"
    sums = engine.run(text, {"credited": credited}).set_index("partner_id")[names]
    whole = float(sums["amount"].sum())
    each = [
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
    return tuple(sorted(each, key=lambda c: (-(c.value or 0.0), c.partner_id)))


def _deals(
    journeys: Journeys, rules: Rules, chain: Removal | None, engine: Engine, period: Period
) -> tuple[list[Credit], int]:
    """The credits of the largest won deals of the period, and how many deals are left out."""
    models = models_of(rules) if chain is None else SENSITIVITY
    model = SENSITIVITY[-1] if chain else rules.model
    sums = [f"CAST(SUM(CAST(value_{m} AS DECIMAL(28, 4))) AS DOUBLE) AS value_{m}" for m in models]
    paid = (
        f"FROM amounts AS a INNER JOIN deals AS d ON a.deal_id = d.{journeys.key} "
        "WHERE d.is_won = 1 AND a.amount IS NOT NULL AND a.day BETWEEN "
        f"{day_number(period.now.start)} AND {day_number(period.now.end)}"
    )
    steps = {
        "sizes": f"SELECT a.deal_id, d.deal_id AS name, SUM(a.amount) AS size {paid} "
        "GROUP BY a.deal_id, d.deal_id",
        "numbered": "SELECT deal_id, name, COUNT(*) OVER () AS often, "
        "ROW_NUMBER() OVER (ORDER BY size DESC, name) AS nth FROM sizes",
        "chosen": f"SELECT deal_id, name, often FROM numbered WHERE nth <= {MOST_DEALS}",
        "paid": "SELECT a.entry, a.deal_id, a.source, a.day, a.amount FROM amounts AS a "
        "INNER JOIN chosen AS w ON a.deal_id = w.deal_id WHERE a.amount IS NOT NULL AND a.day "
        f"BETWEEN {day_number(period.now.start)} AND {day_number(period.now.end)}",
        **cent_steps(models, of="paid"),
        "by_deal": "SELECT deal_id, partner_id, MIN(seat) AS seat, "
        f"CAST(MAX(credit_{model}) AS DOUBLE) AS credit, {', '.join(sums)} FROM cents "
        "GROUP BY deal_id, partner_id",
        "sized": "SELECT *, SUM(value_linear) OVER (PARTITION BY deal_id) AS size FROM by_deal",
    }
    text = (
        "SELECT w.name AS deal_id, w.often, s.partner_id, s.credit, "
        f"{', '.join(f's.value_{m}' for m in models)} FROM sized AS s INNER JOIN chosen AS w "
        "ON s.deal_id = w.deal_id ORDER BY s.size DESC, w.name, s.seat, s.partner_id"
    )
    found = journeys.ask(engine, steps, text)
    count = int(found["often"].iloc[0]) if len(found) else 0
    names = ["deal_id", "partner_id", "credit", f"value_{model}"]
    columns = [found[n].tolist() for n in (*names, *(f"value_{m}" for m in SENSITIVITY))]
    told = [
        Credit(str(d), str(p), None if chain else c, None if chain else v, one, end, even)
        for d, p, c, v, one, end, even in zip(*columns, strict=True)
    ]
    return told, count - found["deal_id"].nunique()


def _worked(deals: list[Credit]) -> str:
    """The deal to show: of those with the most partners, but not more than four, the largest."""
    partners: dict[str, int] = {}
    for credit in deals:
        partners[credit.deal_id] = partners.get(credit.deal_id, 0) + 1
    return max(partners, key=lambda d: partners[d] if partners[d] <= 4 else 0, default="")


def _journey(journeys: Journeys, rules: Rules, engine: Engine) -> tuple[Touch, ...]:
    texts = ", ".join(
        f"COALESCE(CAST({name} AS VARCHAR), '') AS {name}" for name in ("kind", "mark", "role")
    )
    text = f"SELECT partner_id, lag, {texts} FROM seen ORDER BY seat"
    found = journeys.ask(engine, journey_steps(rules), text)
    return tuple(
        Touch(str(p), int(lag), kind, mark, role)
        for p, lag, kind, mark, role in found.itertuples(index=False)
    )
