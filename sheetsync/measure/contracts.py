"""Facts of contracts: how complete the one in force is, when it ends, what commission is due."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from typing import TYPE_CHECKING

from sheetsync.measure.frames import dated, day_number, days, framed, no_day, numbers, rounded
from sheetsync.measure.labels import Labels, labels
from sheetsync.measure.period import Period
from sheetsync.model.problems import Problem, Severity
from sheetsync.model.values import show

if TYPE_CHECKING:
    import pandas as pd

    from sheetsync.measure.labels import Array

CLAUSES = (
    "deliverables", "timeline", "metrics", "reporting_frequency", "dispute", "confidentiality",
    "data_terms",
)  # fmt: skip
"""The seven clauses of a complete contract."""

_IN_FORCE = ("signed",)
_WAS_IN_FORCE = ("signed", "expired", "terminated")
_FOREVER = 10**8
_LINE = re.compile(r"(\d+(?:\.\d+)?)\s+(\d+(?:\.\d+)?)\s*%")

Steps = tuple[tuple[float, float], ...]
"""Sales of a year from which a rate (a fraction) holds, rising."""


@dataclass(frozen=True, slots=True)
class Terms:
    """From when to when (day numbers) a version of a contract holds, and its commission."""

    partner_id: str
    first: int
    last: int
    version: float
    steps: Steps


def contract_facts(partners: pd.DataFrame, contracts: pd.DataFrame, period: Period) -> pd.DataFrame:
    """One row per partner that is neither prospect nor ended: its contract in force at as-of.

    ``clauses`` of ``of_clauses`` are there, none without a contract. ``days_left`` to its end,
    blank where it is open. ``contracts`` is 1 with one, else 0.
    """
    import numpy as np

    as_of = day_number(period.as_of)
    first, last = _span(contracts)
    good = labels(contracts, "status").among(_IN_FORCE) & (first <= as_of) & (last >= as_of)
    found = contracts[good].assign(_last=last[good])
    if len(found):
        found = found.sort_values(["version", "_last", "_row"]).drop_duplicates(
            "partner_id", keep="last"
        )
    filled = np.sum([numbers(found, clause) == 1 for clause in CLAUSES], axis=0, dtype="float64")
    names = labels(found, "partner_id").tolist()
    end = found["_last"].to_numpy("float64") if len(found) else np.zeros(0)
    ours = ~labels(partners, "status").among(("prospect", "ended"))
    ids = labels(partners, "partner_id")[ours]
    left = ids.numbers(dict(zip(names, end - as_of, strict=True)))
    return framed(
        {
            "partner_id": ids,
            "contracts": ids.among(frozenset(names)).astype("int8"),
            "clauses": np.nan_to_num(ids.numbers(dict(zip(names, filled, strict=True)))),
            "of_clauses": np.full(len(ids), float(len(CLAUSES))),
            "days_left": np.where(left < _FOREVER / 2, left, np.nan),
        }
    )


def _span(contracts: pd.DataFrame) -> tuple[Array, Array]:
    """First and last days of the versions; a blank start is the day it was signed."""
    import numpy as np

    start, signed, end = (days(contracts, name) for name in ("start", "signed", "end"))
    first = np.where(start > no_day(), start, signed)
    return np.where(first > no_day(), first, -_FOREVER), np.where(end > no_day(), end, _FOREVER)


def terms_of(contracts: pd.DataFrame) -> tuple[Terms, ...]:
    """Every version that holds or held and names a commission, the newest last."""
    import numpy as np

    first, last = _span(contracts)
    rate, version = numbers(contracts, "commission_rate"), numbers(contracts, "version")
    tables = labels(contracts, "commission_table").tolist()
    names = labels(contracts, "partner_id").tolist()
    held = labels(contracts, "status").among(_WAS_IN_FORCE)
    told = []
    for i in np.flatnonzero(held).tolist():
        steps = steps_of(tables[i] or "") or (
            ((0.0, float(rate[i])),) if not np.isnan(rate[i]) else ()
        )
        name = names[i]
        if steps and name:
            told.append(Terms(name, int(first[i]), int(last[i]), float(version[i]), steps))
    return tuple(sorted(told, key=lambda t: (t.partner_id, t.version, t.first)))


def steps_of(table: str) -> Steps:
    """Read rates by yearly sales; nothing where the text is none.

    >>> steps_of("0 5%; 50000 7%; 100000 10%")
    ((0.0, 0.05), (50000.0, 0.07), (100000.0, 0.1))
    >>> steps_of("five percent")
    ()
    """
    told = []
    for part in filter(None, map(str.strip, table.split(";"))):
        found = _LINE.fullmatch(part)
        if found is None:
            return ()
        told.append((float(found[1]), round(float(found[2]) / 100, 12)))
    return tuple(sorted(told))


def bad_tables(contracts: pd.DataFrame) -> Iterator[Problem]:
    """Yield one problem per commission table that cannot be read."""
    texts = labels(contracts, "commission_table")
    for text in (t for t in texts.distinct if t and not steps_of(t)):
        for row in contracts[texts.among((text,))].to_dict("records"):
            yield Problem(
                "bad_commission_table",
                Severity.ERROR,
                "contracts",
                str(row["_key"]),
                int(row["_row"]),
                "commission_table",
                show(text),
                "Write rates by yearly sales as 0 5%; 50000 7%: this one is left out, the flat "
                "rate applies if there is one.",
            )


def commission_facts(
    revenue: pd.DataFrame, contracts: pd.DataFrame, fiscal_start: int, period: Period
) -> pd.DataFrame:
    """What each revenue row earns its partner, on the row's day, refunds negative.

    The rate is that of the contract in force on the day, of several the newest version. Rates by
    yearly sales hold for the part of the year's sales (a fiscal year) that lies in their step, so
    that neither the order of a day's rows nor how they are split changes what is due.
    """
    import numpy as np

    ordered = revenue.sort_values("day", kind="stable")
    partner, day = labels(ordered, "partner_id"), ordered["day"].to_numpy("int64")
    amount = ordered["amount"].to_numpy("float64")
    year = _fiscal_years(day, fiscal_start)
    due, holds = np.full(len(ordered), np.nan), np.zeros(len(ordered), dtype=bool)
    for terms in terms_of(contracts):
        mine = np.flatnonzero(partner.among((terms.partner_id,)))
        held = (day[mine] >= terms.first) & (day[mine] <= terms.last)
        rows = mine[held]
        due[rows] = _earned(np.nan_to_num(amount[mine]), year[mine], terms.steps)[held]
        holds[rows] = True
    due = np.where(np.isnan(amount), np.nan, due)
    columns: dict[str, Array | Labels] = {
        "partner_id": partner[holds],
        "commission": rounded(due[holds]),
        "rate_missing": ordered["rate_missing"].to_numpy("int8")[holds],
    }
    return dated(columns, day[holds], period)


def _fiscal_years(day: Array, fiscal_start: int) -> Array:
    months = day.astype("datetime64[D]").astype("datetime64[M]").astype("int64")
    years: Array = (months - (fiscal_start - 1)) // 12
    return years


def _earned(amount: Array, year: Array, steps: Steps) -> Array:
    """The commission of each row: what the year's sales earn with it, less without it."""
    import numpy as np

    after = np.zeros(len(amount))
    for one in np.unique(year):
        rows = year == one
        after[rows] = np.cumsum(amount[rows])
    earned: Array = _due(after, steps) - _due(after - amount, steps)
    return earned


def _due(sales: Array, steps: Steps) -> Array:
    """The commission of a year's sales; below the first step nothing, below zero its rate."""
    import numpy as np

    total = np.zeros(len(sales))
    ends = [*(start for start, _ in steps[1:]), np.inf]
    for i, ((start, rate), end) in enumerate(zip(steps, ends, strict=True)):
        lowest = -np.inf if i == 0 and start == 0 else 0.0
        total += rate * np.clip(sales - start, lowest, end - start)
    return total
