"""Facts of what was sold: products, upsell, campaigns, new markets, and each partner's first sale.

Rows belong to whom they are sourced by, as in ``sheetsync.measure.money``.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from sheetsync.measure.frames import dated, day_number, days, framed, no_day, numbers
from sheetsync.measure.labels import Labels, joined, labels
from sheetsync.measure.money import OWN_SALES, Ledger, revenue_rows
from sheetsync.measure.period import Period
from sheetsync.model.problems import Problem, Severity
from sheetsync.model.tracker import plain

if TYPE_CHECKING:
    from collections.abc import Iterator

    import pandas as pd

    from sheetsync.measure.customers import Customers
    from sheetsync.measure.labels import Array

MORE = ("upsell", "cross-sell")
"""Types of deals that are more to a customer there was."""


def joint_campaigns(activity: pd.DataFrame) -> frozenset[str]:
    """The campaigns that partners take part in: those that Activity names, folded."""
    return frozenset(plain(c) for c in labels(activity, "campaign").distinct if c)


def sales_facts(
    told: Ledger,
    sold: frozenset[str],
    campaigns: frozenset[str],
    customers: Customers,
    period: Period,
) -> pd.DataFrame:
    """Revenue rows with what was sold: Money, and won deals not among those ``sold``.

    ``amount`` is negative for a refund. ``is_sale``: not a refund; ``is_upsell``: more to a
    customer there was, and ``upsold`` its amount, else 0; ``is_joint``: of a campaign of partners;
    ``is_recurring``. ``product`` and ``customer`` are the row's, else its deal's.
    """
    import numpy as np

    d, m, rows = told.deals, told.money, revenue_rows(told, sold)
    money, deals = rows.money, rows.deals
    more = np.append(_upsold(told)[money], labels(d.frame, "deal_type").among(MORE)[deals])
    campaign = joined(_either(told, "campaign")[money], labels(d.frame, "campaign")[deals])
    of_deals, of_money = customers
    columns: dict[str, Array | Labels] = {
        "partner_id": rows.partner,
        "product": joined(_either(told, "product")[money], labels(d.frame, "product")[deals]),
        "customer": joined(of_money[money], of_deals[deals]),
        "amount": rows.amount,
        "upsold": np.where(more, rows.amount, 0.0),
        "is_sale": (~rows.refund).astype("int8"),
        "is_upsell": more.astype("int8"),
        "is_joint": of_campaigns(campaign, campaigns).astype("int8"),
        "is_recurring": np.append(
            (numbers(m.frame, "recurring") == 1)[money], np.zeros(deals.sum(), dtype=bool)
        ).astype("int8"),
        "rate_missing": rows.rate_missing,
    }
    return dated(columns, rows.day, period)


def _either(told: Ledger, column: str) -> Labels:
    """A text of Money rows, else that of their deal."""
    of_deal = dict(
        zip(told.deals.ids.tolist(), labels(told.deals.frame, column).tolist(), strict=True)
    )
    of_deal.pop(None, None)
    return labels(told.money.frame, column).or_else(told.money.ids.mapped(of_deal))


def _upsold(told: Ledger) -> Array:
    """Whether Money rows are upsell or cross-sell, by themselves or by their deal."""
    more = labels(told.deals.frame, "deal_type").among(MORE)
    ids = frozenset(told.deals.ids[more].tolist()) - {None}
    flagged: Array = labels(told.money.frame, "upsell_flag").among(MORE)
    return flagged | told.money.ids.among(ids)


def of_campaigns(texts: Labels, folded: frozenset[str]) -> Array:
    """Tell which texts are one of these, however written."""
    return texts.among({t for t in texts.distinct if t and plain(t) in folded})


def product_facts(sales: pd.DataFrame, catalogue: tuple[str, ...]) -> pd.DataFrame:
    """Sales of products that the catalogue has, refunds apart."""
    rows = (sales["is_sale"] == 1) & labels(sales, "product").among(catalogue)
    found: pd.DataFrame = sales[rows]
    return found


def catalogue_facts(catalogue: tuple[str, ...]) -> pd.DataFrame:
    """One row per product that can be sold."""
    import numpy as np

    codes = np.arange(len(catalogue))
    nobody = Labels(np.zeros(len(catalogue), dtype="int64"), (None,))
    return framed({"partner_id": nobody, "product": Labels(codes, (*catalogue, None))})


def first_sale_facts(partners: pd.DataFrame, revenue: pd.DataFrame, period: Period) -> pd.DataFrame:
    """Partners begun by as-of: ``days`` from the start to their first sale, or so far without one.

    ``is_waiting`` are those without. Sales before the start are left out, as nobody waited.
    """
    import numpy as np

    start, as_of = days(partners, "start_date"), day_number(period.as_of)
    sold = revenue[(revenue["is_refund"] == 0) & (revenue["day"] <= as_of)]
    first = sold.groupby("row_partner", observed=True)["day"].min()
    ids = labels(partners, "partner_id")
    day = ids.numbers(dict(zip(map(str, first.index), first.astype(float), strict=True)))
    waiting = np.isnan(day)
    begun = (start > no_day()) & (start <= as_of)
    gone = days(partners, "end_date")
    waits = waiting & ((gone == no_day()) | (gone > as_of))
    until = np.where(waiting, as_of, day)
    frame = framed(
        {
            "partner_id": ids,
            "days": until - np.where(begun, start, 0),
            "is_waiting": waiting.astype("int8"),
        }
    )
    rows = begun & (waits | (~waiting & (until >= start)))
    found: pd.DataFrame = frame[rows]
    return found


def market_facts(told: Ledger, period: Period, *, each: bool) -> pd.DataFrame:
    """First wins of a country or segment, on their day; of ``each`` partner, or of all.

    ``is_country`` and ``is_segment`` say of what; ``is_before``: before the period.
    """
    import pandas as pd

    d = told.deals
    closed = days(d.frame, "closed")
    won = d.classes.among(("won",)) & (closed > no_day()) & (closed <= day_number(period.as_of))
    frames = []
    for column in ("country", "segment"):
        values = labels(d.frame, column)
        group = values.codes * (len(d.partner.distinct) if each else 1)
        group = group + (d.partner.codes if each else 0)
        rows = _earliest(closed, group, won & ~values.among((None,)))
        texts = {"partner_id": d.partner, "id": d.ids}
        frame = framed({name: text[rows] for name, text in texts.items()}).astype(object)
        frame = frame.assign(
            day=closed[rows], group=group[rows], is_country=int(column == "country")
        )
        frames.append(frame.sort_values("id", na_position="last").drop_duplicates("group"))
    both = pd.concat(frames, ignore_index=True)
    day = both["day"].to_numpy("int64")
    country = both["is_country"].to_numpy("int8")
    columns: dict[str, Array | Labels] = {
        "partner_id": labels(both, "partner_id"),
        "is_country": country,
        "is_segment": 1 - country,
        "is_before": (day < day_number(period.now.start)).astype("int8"),
    }
    return dated(columns, day, period)


def _earliest(day: Array, group: Array, rows: Array) -> Array:
    """Those of the rows that have the first day of their group, several where days are equal."""
    import numpy as np

    first = np.full(int(group.max(initial=0)) + 1, np.iinfo("int64").max)
    np.minimum.at(first, group[rows], day[rows])
    earliest: Array = rows & (day == first[group])
    return earliest


def campaign_facts(told: Ledger, campaigns: frozenset[str], period: Period) -> pd.DataFrame:
    """Deals open at as-of, of partners; ``is_joint`` where the campaign is one of partners."""
    d = told.deals
    begun = days(d.frame, "created") <= day_number(period.as_of)
    rows = d.classes.among(("open",)) & begun & ~d.partner.among((OWN_SALES,))
    joint = of_campaigns(labels(d.frame, "campaign"), campaigns)
    return framed(
        {
            "partner_id": d.partner[rows],
            "amount": d.amount[rows],
            "is_joint": joint[rows].astype("int8"),
            "rate_missing": d.rate_missing[rows],
        }
    )


def unknown_campaigns(told: Ledger, campaigns: frozenset[str]) -> Iterator[Problem]:
    """Yield a problem per campaign of Deals and Money that no row of Activity has.

    None where Activity names no campaign: then nobody matches them.
    """
    for tab, rows in (("deals", told.deals), ("money", told.money)) if campaigns else ():
        texts = labels(rows.frame, "campaign")
        for campaign in dict.fromkeys(t for t in texts.distinct if t and plain(t) not in campaigns):
            hits = rows.frame[texts.among((campaign,)) & ~rows.partner.among((OWN_SALES,))]
            if len(hits):
                first = hits.iloc[0]
                yield Problem(
                    "unknown_campaign",
                    Severity.NOTE,
                    tab,
                    str(first["_key"]),
                    int(first["_row"]),
                    "campaign",
                    campaign,
                    f"No row of Activity names the campaign {campaign}: "
                    f"{len(hits)} {'row' if len(hits) == 1 else 'rows'} here count for no joint "
                    "campaign.",
                )
