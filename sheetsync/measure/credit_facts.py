"""Fact tables of attribution: what each partner is credited with, day by day, in money.

Every revenue row of a won deal is split by the credits of its deal, on the row's own day, so that
partners and own sales add up to all revenue in every month. Revenue without a deal, and deals that
nobody touched within the look-back, go to whom they are sourced by.
"""

# ruff: noqa: S608 -- names are ours
from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from sheetsync.measure.attribution_cents import cent_steps
from sheetsync.measure.attribution_markov import Removal, removal, transition_sql
from sheetsync.measure.attribution_sql import (
    SENSITIVITY,
    Rules,
    Steps,
    credit_steps,
    journey_steps,
    select,
)
from sheetsync.measure.frames import dated, day_number, days, framed, no_day
from sheetsync.measure.labels import Labels, labels
from sheetsync.measure.money import OWN_SALES, Ledger
from sheetsync.measure.period import Period
from sheetsync.model.engine import Relation, View
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
    as ``sheetsync.measure.attribution_cents`` does, ``new`` the same of customers won.
    """

    tables: Mapping[str, Relation]
    steps: Steps = field(default_factory=dict)

    def only(self, chosen: str) -> Journeys:
        """The same for those deals alone whose deal_id the SELECT ``chosen`` names, each once."""
        others = {name: told for name, told in self.tables.items() if name != "deals"}
        wanted = View(
            "SELECT d.deal_id, d.closed, d.is_won, d.source FROM all_deals AS d "
            f"INNER JOIN ({chosen}) AS w ON d.deal_id = w.deal_id",
            {**others, "all_deals": self.tables["deals"]},
        )
        return Journeys({**others, "deals": wanted}, self.steps)

    def ask(self, engine: Engine, steps: Steps, text: str) -> pd.DataFrame:
        """Run a SELECT over the relations and further steps."""
        return engine.run(select({**self.steps, **steps}, text), self.tables)


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
    found = engine.run(transition_sql(rules, journeys.steps), journeys.tables)
    return removal(found)


def attributed(
    journeys: Journeys, rules: Rules, chain: Removal | None, engine: Engine, period: Period
) -> pd.DataFrame:
    """Per partner and day: ``amount`` under the model, and ``first``, ``last`` and ``linear``.

    ``parts`` counts the revenue rows that the partner has a part of. With a chain the amount is
    its: all deals' revenue of a day by the shares of removal effects.
    """
    import pandas as pd

    models = tuple(dict.fromkeys((*SENSITIVITY, *(() if chain else (rules.model,)))))
    model = "linear" if chain else rules.model
    sums = ", ".join(
        f"CAST(SUM(CAST(value_{m} AS DECIMAL(28, 4))) AS DOUBLE) AS value_{m}" for m in models
    )
    told = journeys.ask(
        engine,
        {**credit_steps(rules), **cent_steps(models)},
        f"SELECT partner_id, day, {_MISSING} AS rate_missing, {sums}, "
        f"SUM(CASE WHEN credit_{model} > 0 THEN 1 ELSE 0 END) AS parts "
        f"FROM cents GROUP BY partner_id, day, {_MISSING} ORDER BY day, partner_id, rate_missing",
    )
    if chain is not None:
        pooled = _pooled(journeys, "amounts", chain, engine)
        ranged = told.drop(columns="parts").assign(rate_missing=0)
        told = pd.concat([pooled, ranged], ignore_index=True)
        model = MARKOV
    columns: dict[str, Array | Labels] = {
        "partner_id": labels(told, "partner_id"),
        "amount": told[f"value_{model}"].to_numpy("float64"),
        "parts": told["parts"].to_numpy("float64"),
        "rate_missing": told["rate_missing"].to_numpy("int8"),
    }
    columns |= {m: told[f"value_{m}"].to_numpy("float64") for m in SENSITIVITY}
    return dated(columns, told["day"].to_numpy("int64"), period)


def credited_customers(
    journeys: Journeys, rules: Rules, chain: Removal | None, engine: Engine, period: Period
) -> pd.DataFrame:
    """Per partner and day: ``credit``, the new customers credited, in fractions that add up."""
    value = f"value_{MARKOV if chain else rules.model}"
    if chain is not None:
        told = _pooled(journeys, "new", chain, engine)
    else:
        told = journeys.only("SELECT DISTINCT deal_id FROM new").ask(
            engine,
            {**credit_steps(rules), **cent_steps((rules.model,), per=10_000, of="new")},
            f"SELECT partner_id, day, CAST(SUM(CAST({value} AS DECIMAL(28, 4))) AS DOUBLE) "
            f"AS {value} FROM cents WHERE {value} <> 0 GROUP BY partner_id, day",
        )
    columns: dict[str, Array | Labels] = {
        "partner_id": labels(told, "partner_id"),
        "credit": told[value].to_numpy("float64"),
    }
    return dated(columns, told["day"].to_numpy("int64"), period)


def influenced(journeys: Journeys, rules: Rules, engine: Engine, period: Period) -> pd.DataFrame:
    """Per partner and day: revenue of won deals that it touched and others sourced, in full.

    ``is_once`` is 1 where a deal is counted for the first of its partners: those amounts are the
    programme's, over distinct deals.
    """
    steps = {
        "touched": f"SELECT deal_id, partner_id, MIN(seat) AS seat FROM seen "
        f"WHERE partner_id <> '{OWN_SALES}' GROUP BY deal_id, partner_id",
        "each": "SELECT a.entry, t.partner_id, a.day, a.amount, CASE WHEN ROW_NUMBER() OVER "
        "(PARTITION BY a.entry ORDER BY t.seat, t.partner_id) = 1 THEN 1 ELSE 0 END AS is_once "
        "FROM amounts AS a INNER JOIN touched AS t ON a.deal_id = t.deal_id "
        "INNER JOIN deals AS d ON a.deal_id = d.deal_id WHERE t.partner_id <> d.source",
    }
    told = journeys.ask(
        engine,
        {**journey_steps(rules), **steps},
        f"SELECT partner_id, day, is_once, {_MISSING} AS rate_missing, "
        "CAST(SUM(CAST(amount AS DECIMAL(28, 4))) AS DOUBLE) AS amount, COUNT(*) AS parts "
        f"FROM each GROUP BY partner_id, day, is_once, {_MISSING}",
    )
    columns: dict[str, Array | Labels] = {
        "partner_id": labels(told, "partner_id"),
        "amount": told["amount"].to_numpy("float64"),
        "parts": told["parts"].to_numpy("float64"),
        "is_once": told["is_once"].to_numpy("int8"),
        "rate_missing": told["rate_missing"].to_numpy("int8"),
    }
    return dated(columns, told["day"].to_numpy("int64"), period)


def _pooled(journeys: Journeys, of: str, chain: Removal, engine: Engine) -> pd.DataFrame:
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
        "owned": f"SELECT a.entry, a.source, a.day, a.amount, CASE WHEN d.is_won = 1 THEN 1 "
        f"ELSE 0 END AS is_deal FROM {of} AS a LEFT JOIN deals AS d ON a.deal_id = d.deal_id",
        "pools": "SELECT MIN(entry) AS entry, CASE WHEN is_deal = 1 THEN 'all' END AS deal_id, "
        "CASE WHEN is_deal = 1 THEN NULL ELSE source END AS source, day, "
        f"SUM(amount) AS amount, COUNT(*) AS parts FROM owned GROUP BY day, is_deal, "
        f"CASE WHEN is_deal = 1 THEN NULL ELSE source END, {_MISSING}",
        "credits": "SELECT 'all' AS deal_id, partner_id, CAST(0 AS BIGINT) AS seat, "
        "share AS credit_markov FROM shares",
        **cent_steps((MARKOV,), per=100 if of == "amounts" else 10_000, of="pools"),
    }
    text = (
        f"SELECT c.partner_id, c.day, {_MISSING.replace('amount', 'c.amount')} AS rate_missing, "
        "c.value_markov, p.parts FROM cents AS c INNER JOIN pools AS p ON c.entry = p.entry"
    )
    asked = Journeys({**journeys.tables, "shares": shares}, journeys.steps)
    told = asked.ask(engine, steps, text)
    # Half of the revenue would look like all of it.
    return told[:0] if chain.refused else told
