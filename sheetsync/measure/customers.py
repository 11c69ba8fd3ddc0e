"""New customers: who a customer was won by first.

A customer is its customer_id, else its account name. The first won deal or the first sale or
renewal row decides; a customer first seen in a renewal was there before the books and is not new.
On one day a won deal comes before a money row, then ids decide.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, TypeAlias

from sheetsync.measure.frames import dated, day_number, days, framed
from sheetsync.measure.labels import Labels, joined, labels
from sheetsync.measure.money import Ledger
from sheetsync.measure.period import Period
from sheetsync.model.tracker import plain

if TYPE_CHECKING:
    import pandas as pd

Customers: TypeAlias = tuple[Labels, Labels]
"""The customer of each row of Deals, and of each row of Money."""


def customer_facts(told: Ledger, customers: Customers, period: Period) -> pd.DataFrame:
    """One row per new customer, on the day it was won, with the ``deal_id`` that won it if any.

    ``partner_id`` is whom it is sourced by.
    """
    return _first(customer_events(told, customers), period)


def customer_events(told: Ledger, customers: Customers) -> pd.DataFrame:
    """Everything by which a customer may have been won: won deals, sales and renewals.

    ``customers`` are those of the ledger's rows. Columns: customer, partner_id (whom it is sourced
    by), deal_id, day, is_money, is_again (a renewal) and event_id.
    """
    import numpy as np

    d, m = told.deals, told.money
    won, sold = d.classes.among(("won",)), m.classes.among(("revenue",))
    of_deals, of_money = customers
    again = labels(d.frame, "deal_type")[won].among(("renewal",))
    events = framed(
        {
            "customer": joined(of_deals[won], of_money[sold]),
            "partner_id": joined(d.credited[won], m.credited[sold]),
            "deal_id": joined(d.ids[won], m.ids[sold]),
            "day": np.append(days(d.frame, "closed")[won], days(m.frame, "date")[sold]),
            "is_money": np.repeat([0, 1], [won.sum(), sold.sum()]),
            "is_again": np.append(again, m.kinds[sold].among(("renewal",))),
        }
    )
    events["event_id"] = [*d.ids[won].tolist(), *labels(m.frame, "entry_id")[sold].tolist()]
    return events


def customers_of(told: Ledger) -> Customers:
    """The customer of each row of Deals, and of Money: its own, else its deal's."""
    customer = _deal_customers(told.deals.frame)
    return customer, _money_customers(told, customer)


def _first(events: pd.DataFrame, period: Period) -> pd.DataFrame:
    seen = events["day"].between(-(10**9), day_number(period.as_of))
    ordered = events[seen & events["customer"].notna()]
    # The earliest day of each customer decides nearly always: only ties need the ids.
    earliest = ordered.groupby("customer", observed=True)["day"].transform("min")
    ties = ordered[ordered["day"] == earliest].sort_values(
        ["is_money", "event_id"], na_position="last"
    )
    first = ties.drop_duplicates("customer")
    new = first[~first["is_again"]]
    columns = {name: labels(new, name) for name in ("partner_id", "deal_id")}
    return dated(columns, new["day"].to_numpy("int64"), period)


def folded_accounts(deals: pd.DataFrame) -> Labels:
    """The account of each deal, written one way."""
    accounts = labels(deals, "account")
    return accounts.mapped({a: f"account {plain(a)}" for a in accounts.distinct if a})


def _deal_customers(deals: pd.DataFrame) -> Labels:
    """Each deal's customer: its id, else the id seen with the same account, else the account."""
    ids, folded = labels(deals, "customer_id"), folded_accounts(deals)
    id_of: dict[str, str] = {}
    both = ~ids.among((None,)) & ~folded.among((None,))
    for account, customer in zip(folded[both].tolist(), ids[both].tolist(), strict=True):
        assert account is not None
        assert customer is not None
        id_of[account] = min(customer, id_of.get(account, customer))
    return ids.or_else(folded.mapped({a: id_of.get(a, a) for a in folded.distinct if a}))


def _money_customers(told: Ledger, customer: Labels) -> Labels:
    known = ~customer.among((None,))
    ids = told.deals.ids[known].tolist()
    of_deal = dict(zip(ids, customer[known].tolist(), strict=True))
    of_deal.pop(None, None)
    return labels(told.money.frame, "customer_id").or_else(told.money.ids.mapped(of_deal))
