"""Money split by credits to the cent, printed as SQL: whole cents that add up, whatever the model.

Each amount is cut into whole cents by largest remainder: everybody gets the cents of its share
rounded down, and those left over go one each to the largest fractions (equal ones: whose touch
came first). What an amount has beyond its last whole cent, after a currency was converted, goes to
the first of them, so that the parts add up to the very amount.
"""

# ruff: noqa: S608 -- names are ours
from __future__ import annotations

from collections.abc import Sequence

from sheetsync.measure.attribution_sql import Steps

UNSPLIT = frozenset({"first", "last"})
"""Models that credit one partner with all: nothing is rounded, no cent is left over."""


def cent_steps(models: Sequence[str], *, per: int = 100, of: str = "amounts") -> Steps:
    """Return the steps that end with ``cents``, reading ``credits`` and the relation ``of``.

    That has amounts: entry (unique), deal_id, source, day, amount; one whose deal has no credits
    goes to its source. ``cents`` has entry, deal_id, partner_id, seat, day, amount,
    ``credit_<model>`` and ``value_<model>``; a unit is one ``per``-th.
    """
    split = [m for m in models if m not in UNSPLIT]
    return {
        "parts": _parts(models, per, of),
        "floored": _floored(split),
        # Seats differ within a deal; players of a pool have none.
        "ranked": _ranked(
            split, len(split) < len(models), "seat, partner_id" if of == "pools" else "seat"
        ),
        "cents": _cents(models, per),
    }


def _parts(models: Sequence[str], per: int, of: str) -> str:
    given = [f"COALESCE(c.credit_{m}, 1) AS credit_{m}" for m in models]
    # A hair is added before rounding down: 1.15 is a little less in binary.
    units = f"FLOOR(ABS(a.amount) * {per} + 0.000001)"
    return (
        "SELECT a.entry, a.deal_id, COALESCE(c.partner_id, a.source) AS partner_id, a.day, "
        f"a.amount, COALESCE(c.seat, 0) AS seat, {units} AS units, {', '.join(given)} "
        f"FROM {of} AS a LEFT JOIN credits AS c ON a.deal_id = c.deal_id"
    )


def _floored(models: Sequence[str]) -> str:
    # Fractions count to a millionth: below lies only the noise of dividing.
    parts = [
        f"FLOOR(units * credit_{m} + 0.0000001) AS whole_{m}, FLOOR((units * credit_{m} "
        f"- FLOOR(units * credit_{m} + 0.0000001)) * 1000000 + 0.5) AS rest_{m}"
        for m in models
    ]
    return f"SELECT {', '.join(['*', *parts])} FROM parts"


def _ranked(models: Sequence[str], unsplit: bool, order: str) -> str:
    parts = [
        f"ROW_NUMBER() OVER (PARTITION BY entry ORDER BY rest_{m} DESC, {order}) "
        f"AS nth_{m}, units - SUM(whole_{m}) OVER (PARTITION BY entry) AS left_{m}"
        for m in models
    ]
    if unsplit:
        first = "seat = MIN(seat) OVER (PARTITION BY entry)"
        parts.append(f"CASE WHEN {first} THEN 1 ELSE 2 END AS nth")
    return f"SELECT {', '.join(['*', *parts])} FROM floored"


def _cents(models: Sequence[str], per: int) -> str:
    values = []
    for m in models:
        nth, got = f"nth_{m}", f"(whole_{m} + CASE WHEN nth_{m} <= left_{m} THEN 1 ELSE 0 END)"
        if m in UNSPLIT:
            nth, got = "nth", f"units * credit_{m}"
        over = f"CASE WHEN {nth} = 1 THEN ABS(amount) - units / {float(per)!r} ELSE 0 END"
        sign = "CASE WHEN amount < 0 THEN -1 ELSE 1 END"
        value = f"{sign} * ({got} / {float(per)!r} + {over})"
        values.append(f"CAST({value} AS DOUBLE) AS value_{m}")
    credit = [f"credit_{m}" for m in models]
    head = "entry, deal_id, partner_id, seat, day, amount"
    return f"SELECT {', '.join([head, *credit, *values])} FROM ranked"
