"""Attribution: which partners a deal's value is credited to, under every model.

The relations are described in ``sheetsync.measure.attribution_sql``. Frames may leave out the
columns kind, mark, role and place of ``touches`` (place: the order of the rows) and source of
``deals`` (own sales); a relation may also be something else that the engine can read.
"""

# ruff: noqa: S608 -- names are ours
from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING

from sheetsync.measure.attribution_cents import cent_steps
from sheetsync.measure.attribution_markov import (
    FEWEST_CONVERSIONS,
    Removal,
    removal,
    transition_sql,
)
from sheetsync.measure.attribution_sql import MODELS, SENSITIVITY, Rules, credit_steps, select
from sheetsync.measure.money import OWN_SALES

if TYPE_CHECKING:
    import pandas as pd

    from sheetsync.model.engine import Engine

_AMOUNTS = (
    "SELECT deal_id AS entry, deal_id, source, closed AS day, CAST(value AS DOUBLE) AS amount "
    "FROM deals WHERE is_won = 1"
)


def credits_sql(rules: Rules) -> str:
    """One row per won deal and partner: touches and the credit under each of ``MODELS``."""
    columns = ", ".join(f"credit_{m}" for m in MODELS)
    text = f"SELECT deal_id, partner_id, own, touches, {columns} FROM credits"
    return select(credit_steps(rules), f"{text} ORDER BY deal_id, seat, partner_id")


def values_sql(rules: Rules) -> str:
    """One row per won deal and partner: the deal's value split to the cent under each model."""
    steps = {**credit_steps(rules), "amounts": _AMOUNTS, **cent_steps(MODELS)}
    columns = ", ".join(f"value_{m}" for m in MODELS)
    text = f"SELECT deal_id, partner_id, {columns} FROM cents ORDER BY deal_id, partner_id"
    return select(steps, text)


def totals_sql(rules: Rules) -> str:
    """One row per partner: deals, and what it is credited with under each model, not rounded."""
    sums = [f"SUM(c.credit_{m} * CAST(d.value AS DOUBLE)) AS value_{m}" for m in MODELS]
    text = (
        f"SELECT c.partner_id, COUNT(*) AS deals, {', '.join(sums)} FROM credits AS c "
        "INNER JOIN deals AS d ON c.deal_id = d.deal_id GROUP BY c.partner_id "
        "ORDER BY c.partner_id"
    )
    return select(credit_steps(rules), text)


def deal_credits(
    touches: pd.DataFrame, deals: pd.DataFrame, engine: Engine, rules: Rules | None = None
) -> pd.DataFrame:
    """Return deal_id, partner_id, own, touches and a credit (0 to 1) under each of ``MODELS``.

    ``own`` are the partner's touches of the deal's ``touches``, 0 for a source without any.
    """
    return _named(engine.run(credits_sql(rules or Rules()), _relations(touches, deals)))


def deal_values(
    touches: pd.DataFrame, deals: pd.DataFrame, engine: Engine, rules: Rules | None = None
) -> pd.DataFrame:
    """Return deal_id, partner_id and a value under each model; a deal's add up to the cent."""
    return _named(engine.run(values_sql(rules or Rules()), _relations(touches, deals)))


def partner_totals(
    touches: pd.DataFrame, deals: pd.DataFrame, engine: Engine, rules: Rules | None = None
) -> pd.DataFrame:
    """Return partner_id, deals, a value under each model, and ``low`` and ``high``.

    Those are the least and most of ``SENSITIVITY``: the range that the choice of a model leaves.
    """
    told = _named(engine.run(totals_sql(rules or Rules()), _relations(touches, deals)))
    ranged = told[list(SENSITIVITY)]
    return told.assign(low=ranged.min(axis=1), high=ranged.max(axis=1))


def markov(
    touches: pd.DataFrame,
    deals: pd.DataFrame,
    engine: Engine,
    rules: Rules | None = None,
    *,
    fewest: int = FEWEST_CONVERSIONS,
) -> Removal:
    """Return the removal effects over won and lost deals; ``fewest`` 0 refuses nothing."""
    text = transition_sql(rules or Rules())
    return removal(engine.run(text, _relations(touches, deals)), fewest)


def direct_share(told: pd.DataFrame, model: str) -> float | None:
    """Return the share of own sales in ``totals`` under a model; None where nothing is credited."""
    whole = float(told[model].sum())
    own = float(told[model][told["partner_id"] == OWN_SALES].sum())
    return own / whole if whole else None


def _relations(touches: pd.DataFrame, deals: pd.DataFrame) -> Mapping[str, pd.DataFrame]:
    import pandas as pd

    if "place" not in touches:
        touches = touches.assign(place=range(len(touches)))
    blank = pd.Series([None] * len(touches), dtype=object, index=touches.index)
    lacking = [name for name in ("kind", "mark", "role") if name not in touches]
    told = deals if "source" in deals else deals.assign(source=OWN_SALES)
    return {"touches": touches.assign(**dict.fromkeys(lacking, blank)), "deals": told}


def _named(told: pd.DataFrame) -> pd.DataFrame:
    return told.rename(columns=lambda name: name.removeprefix("credit_").removeprefix("value_"))
