"""Fact tables of attribution: what each partner is credited with, day by day, in money.

Every revenue row of a won deal is split by the credits of its deal, on the row's own day, so that
partners and own sales add up to all revenue in every month. Revenue without a deal, and deals that
nobody touched within the look-back, go to whom they are sourced by.
"""

# ruff: noqa: S608 -- names are ours
from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING

from sheetsync.measure.attribution_cents import UNSPLIT, cent_steps
from sheetsync.measure.attribution_markov import Removal, removal, transitions
from sheetsync.measure.attribution_sql import (
    SENSITIVITY,
    Rules,
    Steps,
    credit_steps,
    select,
)
from sheetsync.measure.frames import day_number, days, framed, no_day
from sheetsync.measure.labels import Labels, labels
from sheetsync.measure.money import OWN_SALES, Ledger
from sheetsync.measure.period import Period
from sheetsync.model.engine import Kept, Relation, View
from sheetsync.model.settings import Settings

if TYPE_CHECKING:
    import pandas as pd

    from sheetsync.measure.labels import Array
    from sheetsync.model.engine import Engine

MARKOV = "markov"
_NAMES = {"time-decay": "time_decay", "full path": "full_path"}
_MISSING = "CASE WHEN amount IS NULL THEN 1 ELSE 0 END"


@dataclass(frozen=True, slots=True)
class Journeys:
    """What attribution reads: relations by name, and the ``steps`` that make more of them.

    ``touches`` and ``deals`` as ``sheetsync.measure.attribution_sql`` describes them, ``amounts``
    as ``sheetsync.measure.attribution_cents`` does, ``new`` the same of customers won. ``key`` is
    the column of ``deals`` that ``amounts``, ``new`` and ``credits`` have as ``deal_id``. Once
    they are worked out, ``credits`` are there too: what partners have of each won deal.
    """

    tables: Mapping[str, Relation]
    key: str = "deal_id"

    def only(self, deal_id: str) -> Journeys:
        """The same for one deal alone."""
        quoted = deal_id.replace("'", "''")
        chosen = {
            name: View(
                f"SELECT * FROM all_{name} WHERE deal_id = '{quoted}'",
                {f"all_{name}": self.tables[name]},
            )
            for name in ("deals", "touches")
        }
        return Journeys({**self.tables, **chosen}, self.key)

    def ask(self, engine: Engine, steps: Steps, text: str) -> pd.DataFrame:
        """Run a SELECT over the relations and further steps."""
        return engine.run(select(steps, text), self.tables)

    def keep(self, engine: Engine, steps: Steps, text: str) -> Kept:
        """Keep the rows of a SELECT over the relations and further steps."""
        return engine.keep(View(select(steps, text), self.tables))


def models_of(rules: Rules) -> tuple[str, ...]:
    """The models to work out: those of the range, and the one of the settings if it is a rule."""
    return tuple(dict.fromkeys((*SENSITIVITY, *((rules.model,) if rules.model != MARKOV else ()))))


def with_credits(journeys: Journeys, rules: Rules, engine: Engine) -> Journeys:
    """Work the credits of every won deal out, once for everything that is made of them."""
    models = models_of(rules)
    # Millions of rows are kept: whole credits take a byte.
    whole = [f"CAST(credit_{m} AS TINYINT) AS credit_{m}" for m in models if m in UNSPLIT]
    parts = [f"credit_{m}" for m in models if m not in UNSPLIT]
    columns = ", ".join(["seat", *whole, *parts])
    steps = credit_steps(rules, models, key=journeys.key)
    text = f"SELECT deal_id, partner_id, {columns} FROM credits"
    told = journeys.keep(engine, steps, text)
    return Journeys({**journeys.tables, "credits": told}, journeys.key)


def rules_of(settings: Settings) -> Rules:
    """Return the rules that the settings ask for."""
    return Rules(
        model=_NAMES.get(settings.attribution_model, settings.attribution_model),
        lookback=settings.look_back_days,
        lookback_clicks=settings.look_back_click_days,
        half_life=settings.half_life_days,
        role_weights=settings.role_weights,
    )


def touch_rows(touches: pd.DataFrame) -> pd.DataFrame:
    """The rows of Touches as attribution reads them; ``place`` is the order of the rows."""
    import numpy as np

    texts = ("deal_id", "partner_id", "kind", "mark", "role")
    columns: dict[str, Array | Labels] = {name: labels(touches, name) for name in texts}
    day = days(touches, "date")
    frame = framed({**columns, "day": day, "place": np.arange(len(touches))})
    return frame[(day > no_day()) & frame["deal_id"].notna() & frame["partner_id"].notna()]


def journey_deals(told: Ledger, period: Period) -> pd.DataFrame:
    """Deals won or lost by as-of; ``source`` is whom they are sourced by, or own sales."""
    d = told.deals
    closed = days(d.frame, "closed")
    over = d.classes.among(("won", "lost")) & ~d.ids.among((None,))
    over &= (closed > no_day()) & (closed <= day_number(period.as_of))
    frame = framed(
        {
            "deal_id": d.ids[over],
            "closed": closed[over],
            "is_won": d.classes[over].among(("won",)).astype("int8"),
            "source": d.credited[over],
        }
    )
    return frame.drop_duplicates("deal_id")


def amount_rows(revenue: pd.DataFrame) -> pd.DataFrame:
    """Revenue facts as attribution splits them: rows with an amount, or with a rate missing."""
    import numpy as np

    counts = revenue["amount"].notna() | (revenue["rate_missing"] == 1)
    told = revenue[counts]
    return framed(
        {
            "entry": np.arange(len(told)),
            "deal_id": labels(told, "deal_id"),
            "source": labels(told, "partner_id"),
            "day": told["day"].to_numpy(),
            "amount": told["amount"].to_numpy(),
        }
    )


def customer_rows(customers: pd.DataFrame) -> pd.DataFrame:
    """New customers as attribution splits them: each is one, by the deal that won it."""
    return amount_rows(customers.assign(amount=1.0, rate_missing=0))


def chain_of(journeys: Journeys, rules: Rules, engine: Engine) -> Removal:
    """Solve the Markov chain over all journeys."""
    return removal(journeys.ask(engine, *transitions(rules, journeys.key)))


def attributed(journeys: Journeys, rules: Rules, chain: Removal | None, engine: Engine) -> Kept:
    """Per partner and day: ``amount`` under the model, and those of ``SENSITIVITY``.

    ``parts`` counts the revenue rows that the partner has a part of. With a chain the amount is
    its: all deals' revenue of a day by the shares of removal effects.
    """
    models = models_of(rules)
    sums = "".join(f"{_total(f'value_{m}')} AS value_{m}, " for m in models)
    credit = "credit_linear" if chain else f"credit_{rules.model}"
    steps = {
        **cent_steps(models),
        "told": f"SELECT partner_id, day, {_MISSING} AS rate_missing, {sums}"
        f"CAST(SUM(CASE WHEN {credit} > 0 THEN 1 ELSE 0 END) AS DOUBLE) AS parts "
        f"FROM cents GROUP BY partner_id, day, {_MISSING}",
    }
    ranged = ", ".join(f"value_{m} AS {m}" for m in SENSITIVITY)
    head = "SELECT partner_id, day, rate_missing, "
    if chain is None:
        text = f"{head}value_{rules.model} AS amount, parts, {ranged} FROM told"
        return journeys.keep(engine, steps, text)
    blank = ", ".join(f"CAST(NULL AS DOUBLE) AS {m}" for m in SENSITIVITY)
    pooled = _pooled(journeys, "amounts", chain, engine)
    text = (
        f"{head}amount, parts, {blank} FROM pooled UNION ALL SELECT partner_id, day, "
        "0 AS rate_missing, CAST(NULL AS DOUBLE) AS amount, CAST(NULL AS DOUBLE) AS parts, "
        f"{ranged} FROM told"
    )
    both = Journeys({**journeys.tables, "pooled": pooled}, journeys.key)
    return both.keep(engine, steps, text)


def credited_customers(
    journeys: Journeys, rules: Rules, chain: Removal | None, engine: Engine
) -> Kept:
    """Per partner and day: ``credit``, the new customers credited, in fractions that add up."""
    if chain is not None:
        pooled = {"pooled": _pooled(journeys, "new", chain, engine)}
        return Journeys(pooled).keep(
            engine, {}, "SELECT partner_id, day, amount AS credit FROM pooled"
        )
    value = f"value_{rules.model}"
    return journeys.keep(
        engine,
        cent_steps((rules.model,), per=10_000, of="new"),
        f"SELECT partner_id, day, {_total(value)} AS credit FROM cents WHERE {value} <> 0 "
        "GROUP BY partner_id, day",
    )


def influenced(journeys: Journeys, engine: Engine) -> Kept:
    """Per partner and day: revenue of won deals that it touched and others sourced, in full.

    ``is_once`` is 1 where a deal is counted for the first of its partners: those amounts are the
    programme's, over distinct deals.
    """
    steps = {
        "others": "SELECT c.deal_id, c.partner_id, c.seat FROM credits AS c INNER JOIN deals AS d "
        f"ON c.deal_id = d.{journeys.key} WHERE c.seat > 0 AND c.partner_id <> d.source "
        f"AND c.partner_id <> '{OWN_SALES}'",
        "firsts": "SELECT deal_id, MIN(seat) AS seat FROM others GROUP BY deal_id",
        "each": "SELECT o.partner_id, a.day, a.amount, CASE WHEN o.seat = f.seat THEN 1 ELSE 0 "
        "END AS is_once FROM amounts AS a INNER JOIN others AS o ON a.deal_id = o.deal_id "
        "INNER JOIN firsts AS f ON o.deal_id = f.deal_id",
    }
    return journeys.keep(
        engine,
        steps,
        f"SELECT partner_id, day, is_once, {_MISSING} AS rate_missing, {_total('amount')} "
        "AS amount, CAST(COUNT(*) AS DOUBLE) AS parts FROM each "
        f"GROUP BY partner_id, day, is_once, {_MISSING}",
    )


def _total(column: str) -> str:
    return f"CAST(SUM(CAST({column} AS DECIMAL(28, 4))) AS DOUBLE)"


def _pooled(journeys: Journeys, of: str, chain: Removal, engine: Engine) -> Kept:
    """Split a day's amounts of won deals by the chain's shares; the others go to their source."""
    import pandas as pd

    shares = pd.DataFrame(
        {
            "partner_id": pd.Series(list(chain.shares), dtype=object),
            "share": pd.Series(list(chain.shares.values()), dtype="float64"),
        }
    )
    # A deal's revenue has no owner of its own here: its place is the day.
    steps = {
        "owned": "SELECT a.entry, a.source, a.day, a.amount, CASE WHEN d.is_won = 1 THEN 1 "
        f"ELSE 0 END AS is_deal FROM {of} AS a LEFT JOIN deals AS d "
        f"ON a.deal_id = d.{journeys.key}",
        "pools": "SELECT MIN(entry) AS entry, CASE WHEN is_deal = 1 THEN 'all' END AS deal_id, "
        "CASE WHEN is_deal = 1 THEN NULL ELSE source END AS source, day, "
        "SUM(amount) AS amount, COUNT(*) AS parts FROM owned GROUP BY day, is_deal, "
        f"CASE WHEN is_deal = 1 THEN NULL ELSE source END, {_MISSING}",
        "credits": "SELECT 'all' AS deal_id, partner_id, CAST(0 AS BIGINT) AS seat, "
        "share AS credit_markov FROM shares",
        **cent_steps((MARKOV,), per=100 if of == "amounts" else 10_000, of="pools"),
    }
    # Half of the revenue would look like all of it.
    there = "1 = 0" if chain.refused else "1 = 1"
    text = (
        f"SELECT c.partner_id, c.day, {_MISSING.replace('amount', 'c.amount')} AS rate_missing, "
        "c.value_markov AS amount, CAST(p.parts AS DOUBLE) AS parts "
        f"FROM cents AS c INNER JOIN pools AS p ON c.entry = p.entry WHERE {there}"
    )
    tables = {name: told for name, told in journeys.tables.items() if name != "credits"}
    return Journeys({**tables, "shares": shares}, journeys.key).keep(engine, steps, text)
