"""Facts of the long run: partnerships' lives and cost, customers kept, recurring, their worth.

Customers are those of the tab Customers; their revenue is that of the rows of Money and Deals
with their id.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING

from sheetsync.measure.frames import dated, day_number, days, framed, no_day, numbers, rounded
from sheetsync.measure.labels import Labels, labels
from sheetsync.measure.money import Ledger, in_reporting_currency
from sheetsync.measure.period import Period
from sheetsync.model.months import month_before, month_name
from sheetsync.model.settings import Settings

if TYPE_CHECKING:
    import pandas as pd

    from sheetsync.measure.labels import Array

YEAR = 365.25
POOL = 30
"""So many customer-years make a retention of one's own."""

_ONE_OFF = ("onboarding", "product")
"""Kinds of cost that happen once, where a row does not say."""


def life_facts(partners: pd.DataFrame, period: Period, longest: float) -> pd.DataFrame:
    """Partners begun by as-of: ``days`` from start to end or as-of.

    ``is_year``: at least a year of them. ``expected_days`` are one over the churn of all partners,
    ``longest`` years at most.
    """
    import numpy as np

    start, end = days(partners, "start_date"), days(partners, "end_date")
    as_of = day_number(period.as_of)
    ended = (end > no_day()) & (end <= as_of)
    rows = (start > no_day()) & (start <= as_of)
    until = np.where(ended, end, as_of)
    lived = np.where(rows, until - np.where(rows, start, 0), 0).astype("float64")
    rows &= lived > 0
    gone = (ended & rows).sum()
    expected = min(longest * YEAR, lived[rows].sum() / gone) if gone else longest * YEAR
    return framed(
        {
            "partner_id": labels(partners, "partner_id")[rows],
            "days": lived[rows],
            "is_year": (lived[rows] >= int(YEAR)).astype("int8"),
            "expected_days": np.full(int(rows.sum()), expected),
        }
    )


def upkeep_facts(told: Ledger, period: Period) -> pd.DataFrame:
    """Cost rows as ``one_off`` or ``yearly`` (0 where it is the other)."""
    import numpy as np

    m = told.money
    rows = m.classes.among(("cost",))
    entered = numbers(m.frame, "one_off")
    once = np.where(np.isnan(entered), m.kinds.among(_ONE_OFF), entered == 1).astype(bool)
    columns: dict[str, Array | Labels] = {
        "partner_id": m.partner[rows],
        "one_off": np.where(once, m.amount, 0.0)[rows],
        "yearly": np.where(once, 0.0, m.amount)[rows],
        "rate_missing": m.rate_missing[rows],
    }
    return dated(columns, days(m.frame, "date")[rows], period)


def _active(customers: pd.DataFrame, day: int) -> Array:
    """Customers won by the end of a day and not gone by then."""
    acquired, ended = days(customers, "acquired"), days(customers, "ended")
    told: Array = (acquired > no_day()) & (acquired <= day) & ((ended == no_day()) | (ended > day))
    return told


def customer_base(customers: pd.DataFrame, period: Period) -> pd.DataFrame:
    """Customers at the start of the period; ``is_kept`` are those still there at its end."""
    base = _active(customers, day_number(period.now.start) - 1)
    kept = _active(customers, day_number(period.now.end))
    return framed(
        {
            "partner_id": labels(customers, "partner_id")[base],
            "is_kept": kept[base].astype("int8"),
        }
    )


def recurring_facts(customers: pd.DataFrame, settings: Settings, period: Period) -> pd.DataFrame:
    """What recurs each month, by partner and month, on the last day of the month (or as-of).

    ``mrr`` of that day and ``mrr_before`` of the end of the month before, each at its month's
    rate; ``customers`` behind it.
    """
    import numpy as np

    partner = labels(customers, "partner_id")
    size = len(partner.distinct)
    found: list[dict[str, Array]] = []
    before: Array | None = None
    for month in (month_before(min(period.months(), default=197001)), *period.months()):
        last = min(_last_day(month), day_number(period.now.end))
        rows = _active(customers, last)
        on = np.full(len(customers), last, dtype="int64")
        amount, missing = in_reporting_currency(customers, settings, on, column="recurring_amount")
        told = np.bincount(partner.codes[rows], np.nan_to_num(amount[rows]), size)
        if before is not None:
            gaps = np.bincount(partner.codes[rows], missing[rows], size)
            found.append(
                {
                    "code": np.arange(size),
                    "mrr": rounded(told),
                    "mrr_before": rounded(before),
                    "customers": np.bincount(partner.codes[rows], minlength=size).astype(float),
                    "rate_missing": (gaps > 0).astype("int8"),
                    "day": np.full(size, last),
                }
            )
        before = told
    return _stacked(found, partner, period)


def _stacked(found: list[dict[str, Array]], partner: Labels, period: Period) -> pd.DataFrame:
    import numpy as np

    names = ("code", "mrr", "mrr_before", "customers", "rate_missing", "day")
    told = {name: np.concatenate([np.zeros(0), *(f[name] for f in found)]) for name in names}
    codes = told.pop("code").astype("int64")
    day = told.pop("day").astype("int64")
    # Only partners that ever had a customer: the last label is the blank.
    rows = np.isin(codes, np.unique(partner.codes)) & (codes < len(partner.distinct) - 1)
    columns: dict[str, Array | Labels] = {"partner_id": Labels(codes[rows], partner.distinct)}
    columns |= {name: values[rows] for name, values in told.items()}
    columns["rate_missing"] = told["rate_missing"][rows].astype("int8")
    return dated(columns, day[rows], period)


def _last_day(month: int) -> int:
    import numpy as np

    first = np.datetime64(month_name(month), "M")
    return int((first + 1).astype("datetime64[D]").astype("int64")) - 1


def retention_facts(sales: pd.DataFrame) -> pd.DataFrame:
    """Recurring revenue of each customer of a partner in the period before and now.

    ``amount`` is that before, ``kept`` what is left of it now, at most as much, ``mrr`` that now.
    Only customers with some before.
    """
    import numpy as np
    import pandas as pd

    rows = sales[(sales["is_recurring"] == 1) & sales["customer"].notna()]
    keys = [labels(rows, name) for name in ("partner_id", "customer")]
    frame = pd.DataFrame({"partner": keys[0].codes, "customer": keys[1].codes})
    amount = np.nan_to_num(rows["amount"].to_numpy("float64"))
    now, before = rows["in_period"].to_numpy() == 1, rows["in_period_before"].to_numpy() == 1
    frame["before"], frame["now"] = np.where(before, amount, 0.0), np.where(now, amount, 0.0)
    frame["missing"] = np.where(now | before, rows["rate_missing"].to_numpy(), 0)
    told = frame.groupby(["partner", "customer"], as_index=False).sum()
    told = told[(told["before"] > 0) | (told["missing"] > 0)]
    return framed(
        {
            "partner_id": Labels(told["partner"].to_numpy("int64"), keys[0].distinct),
            "amount": rounded(told["before"].to_numpy("float64")),
            "kept": rounded(np.clip(told["now"], 0, told["before"]).to_numpy("float64")),
            "mrr": rounded(told["now"].to_numpy("float64")),
            "rate_missing": (told["missing"] > 0).to_numpy("int8"),
        }
    )


def matured_facts(
    customers: pd.DataFrame, sales: pd.DataFrame, months: int, period: Period
) -> pd.DataFrame:
    """Customers won at least ``months`` before as-of, with their revenue in these as ``amount``."""
    import numpy as np

    acquired, as_of = days(customers, "acquired"), day_number(period.as_of)
    until = np.where(acquired > no_day(), _later(acquired, months), no_day())
    rows = (acquired > no_day()) & (until <= as_of + 1)
    ids = labels(customers, "customer_id")
    start = dict(zip(ids[rows].tolist(), acquired[rows].astype(float), strict=True))
    end = dict(zip(ids[rows].tolist(), until[rows].astype(float), strict=True))
    who, day = labels(sales, "customer"), sales["day"].to_numpy("float64")
    inside = (day >= who.numbers(start)) & (day < who.numbers(end))
    amount, missing = _by_customer(sales[inside])
    return framed(
        {
            "partner_id": labels(customers, "partner_id")[rows],
            "amount": rounded(np.nan_to_num(ids.numbers(amount))[rows]),
            "rate_missing": (np.nan_to_num(ids.numbers(missing))[rows] > 0).astype("int8"),
        }
    )


def _later(day: Array, months: int) -> Array:
    """Days moved on by whole months; a day that the month lacks becomes the next one's first."""
    import numpy as np

    date = np.where(day > no_day(), day, 0).astype("datetime64[D]")
    month = date.astype("datetime64[M]")
    into = date - month.astype("datetime64[D]")
    first = (month + months).astype("datetime64[D]")
    last = (month + months + 1).astype("datetime64[D]")
    later: Array = np.minimum(first + into, last).astype("int64")
    return later


def _by_customer(sales: pd.DataFrame) -> tuple[dict[str, float], dict[str, float]]:
    """Revenue and rows without a rate by customer."""
    told = sales.groupby("customer", observed=True)[["amount", "rate_missing"]].sum()
    names = list(map(str, told.index))
    return (
        dict(zip(names, told["amount"].astype(float), strict=True)),
        dict(zip(names, told["rate_missing"].astype(float), strict=True)),
    )


def tenure_facts(
    customers: pd.DataFrame,
    sales: pd.DataFrame,
    types: Mapping[str | None, str | None],
    period: Period,
) -> pd.DataFrame:
    """One row per partner with customers: what a customer is worth a year, and stays how long.

    ``amount`` is their revenue by as-of over ``days`` (of all together). Of ``observed`` years
    that a customer began and that are over, ``survived`` are those it stayed through: the
    partner's own where it has ``POOL`` of them, else those of its type, else none.
    """
    import numpy as np

    acquired, ended = days(customers, "acquired"), days(customers, "ended")
    as_of = day_number(period.as_of)
    rows = (acquired > no_day()) & (acquired <= as_of)
    gone = (ended > no_day()) & (ended <= as_of)
    stayed = np.where(rows, np.where(gone, ended, as_of) - np.where(rows, acquired, 0), 0)
    survived = np.floor(np.clip(stayed / YEAR, 0, None))
    observed = survived + gone
    sold = sales[sales["day"] <= as_of]
    amount, missing = _by_customer(sold)
    ids, partner = labels(customers, "customer_id"), labels(customers, "partner_id")
    size = len(partner.distinct)

    def total(values: Array) -> Array:
        told: Array = np.bincount(partner.codes[rows], np.nan_to_num(values)[rows], size)
        return told

    own = np.stack([total(observed), total(survived)])
    pooled = _pooled(own, [types.get(name) for name in partner.distinct])
    chosen = np.where(own[0] >= POOL, own, np.where(pooled[0] >= POOL, pooled, np.nan))
    there = total(np.ones(len(customers))) > 0
    there[-1] = False
    return framed(
        {
            "partner_id": Labels(np.flatnonzero(there), partner.distinct),
            "amount": rounded(total(ids.numbers(amount)))[there],
            "days": total(stayed)[there],
            "customers": total(np.ones(len(customers)))[there],
            "observed": chosen[0][there],
            "survived": chosen[1][there],
            "rate_missing": (total(ids.numbers(missing)) > 0).astype("int8")[there],
        }
    )


def _pooled(own: Array, kinds: list[str | None]) -> Array:
    """Each partner's numbers replaced by the sum over its type."""
    import numpy as np

    told = np.zeros_like(own)
    for kind in {k for k in kinds if k}:
        same = np.array([k == kind for k in kinds])
        told[:, same] = own[:, same].sum(axis=1, keepdims=True)
    return told
