"""Facts in money: revenue and cost rows, closed and open deals, in the reporting currency.

An amount in a currency without a rate stays blank with ``rate_missing`` 1: its row is left out of
every sum, and KPIs that would have used it are incomplete.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import date
from typing import TYPE_CHECKING, Any

from sheetsync.measure.frames import (
    dated,
    day_number,
    days,
    framed,
    month_numbers,
    no_day,
    numbers,
    rounded,
)
from sheetsync.measure.labels import Labels, joined, labels
from sheetsync.measure.period import Period, shift
from sheetsync.model.problems import Problem, Severity
from sheetsync.model.results import Cleaned
from sheetsync.model.settings import Settings
from sheetsync.model.tracker import Choice, Tracker

if TYPE_CHECKING:
    import pandas as pd

    from sheetsync.measure.labels import Array

OWN_SALES = "DIRECT"
"""The reserved partner id of own sales."""

SALES = ("sale", "renewal")
"""Kinds of money by which something is sold."""

_LARGEST = 1e20
_SPAN = 10**8
"""More days than there are dates."""


@dataclass(frozen=True, slots=True)
class Rows:
    """The rows of Deals or Money with everything about them that several facts need.

    ``ids`` are deal ids (in Money those of the deal that the row belongs to), ``kinds`` stages or
    kinds of money, ``classes`` open, won, lost, revenue, refund or cost. ``credited`` is whom
    revenue is sourced by: own sales unless the deal's role is sourced or not known.
    """

    frame: pd.DataFrame
    ids: Labels
    partner: Labels
    credited: Labels
    kinds: Labels
    classes: Labels
    amount: Array
    rate_missing: Array


@dataclass(frozen=True, slots=True)
class Ledger:
    """Deal and money rows, classified and converted.

    ``restates``: refunds count on the day of the sale that they take back.
    """

    deals: Rows
    money: Rows
    restates: bool = False

    def money_days(self) -> Array:
        """Return the day on which each row of Money counts as revenue: its own, or its sale's."""
        own = days(self.money.frame, "date")
        return _restated(self, own) if self.restates else own


def ledger(
    deals: pd.DataFrame,
    money: pd.DataFrame,
    tracker: Tracker,
    s: Settings,
    as_of: date,
    elsewhere: frozenset[str] = frozenset(),
) -> Ledger:
    """Classify and convert the rows of Deals and Money.

    Money converts at the rate of its day's month, a deal at that of its close, an open one at that
    of ``as_of``.
    ``elsewhere`` are ids of deals known outside the workbook whose role is not sourced.
    """
    import numpy as np

    ids, roles = labels(deals, "deal_id"), labels(deals, "role")
    other = ~roles.among(("sourced", None))
    others = frozenset(ids[other].tolist()) - {None} | elsewhere
    of_deal = labels(money, "deal_id")
    closed, now = days(deals, "closed"), day_number(as_of)
    ends = np.where(closed > no_day(), closed, now)
    stages, kinds = tracker.lists["stage"], tracker.lists["money_kind"]
    on, sourced = days(money, "date"), ~of_deal.among(others)
    return Ledger(
        _rows(deals, ids, ~other, "stage", stages, in_reporting_currency(deals, s, ends)),
        _rows(money, of_deal, sourced, "kind", kinds, in_reporting_currency(money, s, on)),
        s.restate_refunds,
    )


def _restated(told: Ledger, own: Array) -> Array:
    """Days with each refund on that of the deal's last sale before it, else of the deal's close.

    A refund without a deal, or of one that nothing was sold of before, stays where it is.
    """
    import numpy as np

    d, m = told.deals, told.money
    closed = days(d.frame, "closed")
    won = d.classes.among(("won",)) & (closed > no_day())
    ends = dict(zip(d.ids[won].tolist(), closed[won].tolist(), strict=True))
    ends.pop(None, None)
    close = m.ids.numbers(ends)
    there = (own > no_day()) & ~m.ids.among((None,))
    refund = there & m.classes.among(("refund",))
    place = m.ids.codes * _SPAN + np.where(there, own, 0) + _SPAN // 2
    sold = np.sort(place[there & m.kinds.among(SALES)])
    at = np.searchsorted(sold, place, side="right") - 1
    last = sold[np.maximum(at, 0)] if len(sold) else np.full(len(own), -1)
    by_sale = refund & (at >= 0) & (last // _SPAN == m.ids.codes)
    by_close = refund & ~by_sale & (close <= own)
    day = np.where(by_sale, last % _SPAN - _SPAN // 2, own)
    restated: Array = np.where(by_close, np.nan_to_num(close), day).astype("int64")
    return restated


def _rows(
    frame: pd.DataFrame,
    ids: Labels,
    sourced: Array,
    kind: str,
    choices: Iterable[Choice],
    converted: tuple[Array, Array],
) -> Rows:
    partner, kinds = labels(frame, "partner_id"), labels(frame, kind)
    amount, missing = converted
    classes = kinds.mapped({choice.value: choice.group for choice in choices})
    credited = partner.where(sourced, OWN_SALES)
    return Rows(frame, ids, partner, credited, kinds, classes, amount, missing)


def in_reporting_currency(
    frame: pd.DataFrame, settings: Settings, day: Array, *, column: str = "amount"
) -> tuple[Array, Array]:
    """Return amounts in the reporting currency and where (1) a rate is missing.

    The rate is that of the ``day``'s month, else the one of the settings. A blank currency is the
    reporting currency; rounded to four decimals.
    """
    import numpy as np

    amount, currency = numbers(frame, column), labels(frame, "currency")
    rates = dict[str | None, float](settings.rates) | {None: 1.0, settings.reporting_currency: 1.0}
    rate = currency.numbers(rates)
    monthly = settings.monthly_rates.keys() & set(currency.distinct)
    for code in sorted(c for c in monthly if c != settings.reporting_currency):
        rows = currency.among((code,))
        rate[rows] = _of_months(day[rows], rate[rows], settings.monthly_rates[str(code)])
    # A rate that makes an amount absurd is as good as none.
    converted = np.where(np.abs(amount * rate) < _LARGEST, amount * rate, np.nan)
    missing = np.isnan(converted) & ~np.isnan(amount)
    return rounded(converted), missing.astype("int8")


def _of_months(day: Array, otherwise: Array, rates: Mapping[int, float]) -> Array:
    """The rate of each day's month, ``otherwise`` where that has none."""
    import numpy as np

    months, places = np.unique(month_numbers(day), return_inverse=True)
    told = np.array([rates.get(int(month), np.nan) for month in months])[places]
    chosen: Array = np.where(np.isnan(told), otherwise, told)
    return chosen


def missing_rates(told: Ledger, settings: Settings) -> tuple[Problem, ...]:
    """Return one problem per currency that has amounts but no rate."""
    found: Counter[str] = Counter()
    for rows in (told.deals, told.money):
        lacking = rows.frame[rows.rate_missing == 1]
        found.update(filter(None, labels(lacking, "currency").tolist()))
    return tuple(_missing_rate(currency, found[currency], settings) for currency in sorted(found))


def _missing_rate(currency: str, rows: int, settings: Settings) -> Problem:
    reporting = settings.reporting_currency
    lacks = "which has no rate"
    if currency in settings.monthly_rates:
        lacks = "which has no rate for their months on Rates"
    message = (
        f"{rows} {'row is' if rows == 1 else 'rows are'} in {currency}, {lacks}: left "
        f"out of every sum; add the setting rate_{currency}, the value of one {currency} in "
        f"{reporting}."
    )
    return Problem(
        "missing_rate",
        Severity.ERROR,
        "settings",
        f"rate_{currency}",
        0,
        "value",
        currency,
        message,
    )


@dataclass(frozen=True, slots=True)
class RevenueRows:
    """Rows of Money of class revenue or refund, then won deals that nothing was sold of.

    ``money`` and ``deals`` tell which rows these are; the others are columns over both: ``partner``
    is whom the revenue is sourced by, ``amount`` negative for a ``refund``.
    """

    money: Array
    deals: Array
    partner: Labels
    refund: Array
    amount: Array
    rate_missing: Array
    day: Array


def revenue_rows(told: Ledger, sold: frozenset[str]) -> RevenueRows:
    """Return the rows that are revenue; ``sold`` are ids of deals with a sale of their own."""
    import numpy as np

    d, m = told.deals, told.money
    money = m.classes.among(("revenue", "refund"))
    deals = d.classes.among(("won",)) & ~d.ids.among(sold)
    refund = np.append(m.classes[money].among(("refund",)), np.zeros(deals.sum(), dtype=bool))
    entered = np.append(m.amount[money], d.amount[deals])
    return RevenueRows(
        money,
        deals,
        joined(m.credited[money], d.credited[deals]),
        refund,
        np.where(refund, -np.abs(entered), entered),
        np.append(m.rate_missing[money], d.rate_missing[deals]),
        np.append(told.money_days()[money], days(d.frame, "closed")[deals]),
    )


def revenue_facts(
    told: Ledger,
    sold: frozenset[str],
    period: Period,
    *,
    with_deals: bool = False,
    earliest: int | None = None,
) -> pd.DataFrame:
    """Revenue rows: Money of class revenue or refund, and won deals not among those ``sold``.

    ``partner_id`` is whom the revenue is sourced by, ``row_partner`` whose row it is; ``amount``
    is signed (a refund negative, on its own day), ``gross`` a sale's amount (blank for a refund),
    ``refunded`` a refund's, positive (0 for a sale). No row is a year ago if the first of all is
    later than the month in which the year-ago days begin: half a base would tell a growth that
    was none (``earliest``: the first day known elsewhere). ``with_deals`` adds ``deal_id``.
    """
    import numpy as np

    d, m, rows = told.deals, told.money, revenue_rows(told, sold)
    columns: dict[str, Array | Labels] = {
        "partner_id": rows.partner,
        "row_partner": joined(m.partner[rows.money], d.partner[rows.deals]),
        "amount": rows.amount,
        "gross": np.where(rows.refund, np.nan, rows.amount),
        "refunded": np.where(rows.refund, -rows.amount, 0.0),
        "is_refund": rows.refund.astype("int8"),
        "rate_missing": rows.rate_missing,
    }
    if with_deals:
        columns["deal_id"] = joined(m.ids[rows.money], d.ids[rows.deals])
    reaches = reach_back(rows.day, period, earliest)
    return dated(columns, rows.day, period if reaches else period.without_year_ago())


def reach_back(day: Array, period: Period, earliest: int | None = None) -> bool:
    """Whether the first of these days is no later than the month in which year-ago days begin."""
    known = [int(day[day > no_day()].min())] if (day > no_day()).any() else []
    known += [] if earliest is None else [earliest]
    end = shift(period.year_ago.start.replace(day=1), 1)
    return bool(known) and min(known) < day_number(end)


def sold_deals(cleaned: Cleaned) -> frozenset[str]:
    """Ids of deals with a sale or renewal row, be it one that an error keeps out of the sums."""
    table = cleaned.tables.get("money")
    if table is None:
        return frozenset()
    sale = labels(table.frame, "kind").among(SALES)
    return frozenset(filter(None, labels(table.frame, "deal_id")[sale].tolist()))


def cost_facts(told: Ledger, period: Period) -> pd.DataFrame:
    """Cost rows of Money; amounts as entered, positive."""
    m = told.money
    rows = m.classes.among(("cost",))
    columns: dict[str, Array | Labels] = {
        "partner_id": m.partner[rows],
        "amount": m.amount[rows],
        "rate_missing": m.rate_missing[rows],
    }
    return dated(columns, days(m.frame, "date")[rows], period)


def closed_facts(told: Ledger, period: Period) -> pd.DataFrame:
    """Deals won or lost, on the day they closed; ``days_to_close`` blank where it is negative."""
    import numpy as np

    d = told.deals
    rows = d.classes.among(("won", "lost"))
    closed, created = days(d.frame, "closed")[rows], days(d.frame, "created")[rows]
    known = (closed >= created) & (created > no_day())
    took = np.where(known, closed - np.where(known, created, 0), np.nan)
    columns: dict[str, Array | Labels] = {
        "partner_id": d.partner[rows],
        "is_won": d.classes[rows].among(("won",)).astype("int8"),
        "amount": d.amount[rows],
        "days_to_close": took,
        "rate_missing": d.rate_missing[rows],
    }
    return dated(columns, closed, period)


def deal_facts(told: Ledger, tracker: Tracker, settings: Settings, period: Period) -> pd.DataFrame:
    """All deals created by as-of, for what is open then.

    ``open_amount`` and ``weighted_amount`` (times the stage's probability) are 0 for closed deals:
    a partner with deals but none open has an empty pipeline, not an unknown one.
    """
    import numpy as np

    d = told.deals
    is_open = d.classes.among(("open",))
    chance = d.kinds.numbers(probabilities(tracker, settings))
    amount = np.where(is_open, d.amount, 0.0)
    co_sell = is_open & labels(d.frame, "role").among(("co-sell",))
    frame = framed(
        {
            "partner_id": d.partner,
            "stage": d.kinds,
            "is_open": is_open.astype("int8"),
            "is_co_sell": co_sell.astype("int8"),
            "open_amount": amount,
            "weighted_amount": rounded(np.where(is_open, d.amount * chance, 0.0)),
            "co_sell_amount": np.where(co_sell, amount, 0.0),
            "rate_missing": np.where(is_open, d.rate_missing, 0).astype("int8"),
        }
    )
    begun = days(d.frame, "created") <= day_number(period.as_of)
    return frame[begun & d.classes.among(("open", "won", "lost"))]


def probabilities(tracker: Tracker, settings: Settings) -> Mapping[str, float]:
    """Return each stage's probability: the list's, unless the settings say otherwise."""
    listed: dict[str, Any] = {
        c.value: c.number for c in tracker.lists["stage"] if c.number is not None
    }
    return {**listed, **settings.stage_probability}
