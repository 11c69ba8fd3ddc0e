"""Rows of the tabs as those of files have them, to be put together with these."""

from __future__ import annotations

from typing import TYPE_CHECKING

from sheetsync.measure.customers import folded_accounts
from sheetsync.measure.facts_more import Ground
from sheetsync.measure.frames import days, framed, no_day, numbers
from sheetsync.measure.labels import Labels, labels
from sheetsync.measure.sales import MORE, of_campaigns

if TYPE_CHECKING:
    import pandas as pd

    from sheetsync.measure.labels import Array


def tab_rows(ground: Ground) -> dict[str, pd.DataFrame]:
    """Return ``tab_deals``, ``tab_money``, ``tab_sales``, ``products`` and ``touch_pairs``.

    ``tab_sales`` are ids of deals with a sale. For the columns see
    ``sheetsync.measure.outside_rows``.
    """
    touches = ground.rows("touches")
    pairs = framed({key: labels(touches, key) for key in ("deal_id", "partner_id")})
    return {
        "tab_deals": _deals(ground),
        "tab_money": _money(ground),
        "tab_sales": _texts("deal_id", sorted(ground.sold)),
        "products": _texts("product", list(ground.catalogue)),
        "touch_pairs": pairs[pairs["deal_id"].notna()].drop_duplicates(),
    }


def _deals(ground: Ground) -> pd.DataFrame:
    import numpy as np

    d = ground.ledger.deals
    roles, kinds = labels(d.frame, "role"), labels(d.frame, "deal_type")
    columns: dict[str, Array | Labels] = {
        "number": np.arange(len(d.frame)),
        "deal_id": d.ids,
        "partner_id": d.partner,
        "stage": d.kinds,
        "is_open": d.classes.among(("open",)).astype("int8"),
        "is_won": d.classes.among(("won",)).astype("int8"),
        "is_sourced": roles.among(("sourced", None)).astype("int8"),
        "is_co_sell": roles.among(("co-sell",)).astype("int8"),
        "is_again": kinds.among(("renewal",)).astype("int8"),
        "is_more": kinds.among(MORE).astype("int8"),
        "is_joint": of_campaigns(labels(d.frame, "campaign"), ground.campaigns).astype("int8"),
        "created": _days(d.frame, "created"),
        "closed": _days(d.frame, "closed"),
        "lead_date": _days(d.frame, "lead_date"),
        "customer_id": labels(d.frame, "customer_id"),
        "account": folded_accounts(d.frame),
        "product": labels(d.frame, "product"),
        "country": labels(d.frame, "country"),
        "segment": labels(d.frame, "segment"),
        "amount": d.amount,
        "rate_missing": d.rate_missing,
    }
    known = ~d.classes.among((None,))
    return framed(columns)[known]


def _money(ground: Ground) -> pd.DataFrame:
    import numpy as np

    m = ground.ledger.money
    campaign = labels(m.frame, "campaign")
    columns: dict[str, Array | Labels] = {
        "entry": np.arange(len(m.frame)),
        "event_id": labels(m.frame, "entry_id"),
        "deal_id": m.ids,
        "partner_id": m.partner,
        "kind": m.kinds,
        "day": _days(m.frame, "date"),
        "customer_id": labels(m.frame, "customer_id"),
        "product": labels(m.frame, "product"),
        "is_more": labels(m.frame, "upsell_flag").among(MORE).astype("int8"),
        "is_campaign": (~campaign.among((None,))).astype("int8"),
        "is_joint": of_campaigns(campaign, ground.campaigns).astype("int8"),
        "is_recurring": (numbers(m.frame, "recurring") == 1).astype("int8"),
        "one_off": numbers(m.frame, "one_off"),
        "amount": m.amount,
        "rate_missing": m.rate_missing,
    }
    return framed(columns)


def _days(frame: pd.DataFrame, column: str) -> Array:
    """Day numbers, blanks as NaN: a query reads NULL."""
    import numpy as np

    found = days(frame, column)
    told: Array = np.where(found > no_day(), found.astype("float64"), np.nan)
    return told


def _texts(name: str, cells: list[str]) -> pd.DataFrame:
    import pandas as pd

    return pd.DataFrame({name: pd.Series(cells, dtype=object)})
