"""Facts of the pipeline: cohorts of deals, how long they are open, whose they are, what is left."""

from __future__ import annotations

from typing import TYPE_CHECKING

from sheetsync.measure.frames import dated, day_number, days, framed, no_day, numbers, rounded
from sheetsync.measure.labels import labels
from sheetsync.measure.money import OWN_SALES, Ledger
from sheetsync.measure.period import Period

if TYPE_CHECKING:
    import pandas as pd

    from sheetsync.measure.labels import Array, Labels

AGES = (90, 180)
"""Ages in days at which a cohort of deals is looked at."""

OWN_HISTORY = 30
"""So many deals won or lost make a win rate of one's own."""

_EVERYONE = "ALL"
_REVENUE_KPIS = ("F01", "F03")


def cohort_facts(told: Ledger, period: Period) -> pd.DataFrame:
    """Deals created by as-of, on that day: ``is_won`` and ``is_open`` so far.

    ``seen_90`` is 1 where the deal was created at least 90 days before as-of, ``won_90`` where
    it was won within them as well; the same for the other ``AGES``.
    """
    d, as_of = told.deals, day_number(period.as_of)
    created, closed = days(d.frame, "created"), days(d.frame, "closed")
    won = d.classes.among(("won",)) & (closed <= as_of)
    tests = {"is_won": won, "is_open": d.classes.among(("open",))}
    for age in AGES:
        seen = created <= as_of - age
        tests[f"seen_{age}"] = seen
        tests[f"won_{age}"] = seen & won & (closed <= created + age)
    columns: dict[str, Array | Labels] = {"partner_id": d.partner}
    columns |= {name: test.astype("int8") for name, test in tests.items()}
    frame = dated(columns, created, period)
    rows = (created <= as_of) & d.classes.among(("open", "won", "lost"))
    return frame[rows[created > no_day()]]


def ageing_facts(told: Ledger, period: Period) -> pd.DataFrame:
    """Deals won in the period with their ``days`` to close, and those open with their age.

    ``is_waiting`` are the open ones.
    """
    import numpy as np

    d = told.deals
    created, closed = days(d.frame, "created"), days(d.frame, "closed")
    as_of = day_number(period.as_of)
    is_open = d.classes.among(("open",))
    first, last = day_number(period.now.start), day_number(period.now.end)
    won = d.classes.among(("won",)) & (closed >= first) & (closed <= last)
    end = np.where(is_open, as_of, closed)
    rows = (is_open | won) & (created > no_day()) & (end >= created)
    return framed(
        {
            "partner_id": d.partner[rows],
            "days": (end[rows] - created[rows]).astype("float64"),
            "is_waiting": is_open[rows].astype("int8"),
        }
    )


def chance_facts(told: Ledger, period: Period) -> pd.DataFrame:
    """Deals open at as-of, with their amount times the win rate of one's own history.

    That is the partner's share of deals won among those won or lost by as-of, all partners'
    together where it has fewer than ``OWN_HISTORY``. No rows where those are too few as well.
    """
    import numpy as np

    d, as_of = told.deals, day_number(period.as_of)
    closed = days(d.frame, "closed")
    over = d.classes.among(("won", "lost")) & (closed > no_day()) & (closed <= as_of)
    won = d.classes.among(("won",)) & over
    size = len(d.partner.distinct)
    trials = np.bincount(d.partner.codes[over], minlength=size)
    hits = np.bincount(d.partner.codes[won], minlength=size)
    enough = over.sum() >= OWN_HISTORY
    overall = won.sum() / over.sum() if enough else np.nan
    own = np.where(trials >= OWN_HISTORY, hits / np.maximum(trials, 1), overall)
    rows = d.classes.among(("open",)) & (days(d.frame, "created") <= as_of)
    chance = own[d.partner.codes]
    rows &= ~np.isnan(chance)
    return framed(
        {
            "partner_id": d.partner[rows],
            "weighted_amount": rounded(d.amount[rows] * chance[rows]),
            "rate_missing": d.rate_missing[rows],
        }
    )


def joint_facts(told: Ledger, touches: pd.DataFrame, period: Period) -> pd.DataFrame:
    """Open deals and their partners, where a partner's role is co-sell or there are two or more.

    A deal's partners are its own and those that touched it. ``is_once`` is 1 in one row per deal.
    """
    d = told.deals
    rows = d.classes.among(("open",)) & (days(d.frame, "created") <= day_number(period.as_of))
    deals = framed(
        {
            "deal_id": d.ids[rows],
            "partner_id": d.partner[rows],
            "amount": d.amount[rows],
            "co_sell": labels(d.frame, "role").among(("co-sell",))[rows],
            "rate_missing": d.rate_missing[rows],
        }
    ).astype({"deal_id": object, "partner_id": object})
    deals = deals[deals["deal_id"].notna()]
    seen = framed({key: labels(touches, key) for key in ("deal_id", "partner_id")}).astype(object)
    touched = seen.merge(deals.drop(columns="partner_id"), on="deal_id")
    both = _stacked(deals, touched)
    both = both[both["partner_id"].notna() & (both["partner_id"] != OWN_SALES)]
    both = both.drop_duplicates(["deal_id", "partner_id"])
    often = both.groupby("deal_id")["partner_id"].transform("size")
    told_rows = both[(often > 1) | both["co_sell"].astype(bool)]
    once = ~told_rows.duplicated("deal_id")
    return framed(
        {
            "partner_id": labels(told_rows, "partner_id"),
            "deal_id": labels(told_rows, "deal_id"),
            "amount": told_rows["amount"].to_numpy("float64"),
            "is_once": once.to_numpy("int8"),
            "rate_missing": told_rows["rate_missing"].to_numpy("int8"),
        }
    )


def _stacked(first: pd.DataFrame, second: pd.DataFrame) -> pd.DataFrame:
    import pandas as pd

    return pd.concat([first, second[first.columns]], ignore_index=True) if len(second) else first


def target_facts(goals: pd.DataFrame, revenue: pd.DataFrame, period: Period) -> pd.DataFrame:
    """What revenue goals that run at as-of still want: ``wanted`` by partner.

    ``wanted_together`` is that of the goal for everyone, where there is one, else the partners'. A
    goal that another one revises does not count, nor does one that is reached.
    """
    import numpy as np

    as_of = day_number(period.as_of)
    first, last = days(goals, "from"), days(goals, "to")
    revised = frozenset(labels(goals, "revises").tolist()) - {None}
    runs = (first > no_day()) & (first <= as_of) & (last >= as_of)
    runs &= labels(goals, "kpi").among(_REVENUE_KPIS) & ~labels(goals, "goal_id").among(revised)
    who, target = labels(goals, "partner_id")[runs], numbers(goals, "target")[runs]
    day, amount = revenue["day"].to_numpy(), revenue["amount"].to_numpy("float64")
    partner = labels(revenue, "partner_id")
    left = np.zeros(len(target))
    for i, (name, start) in enumerate(zip(who.tolist(), first[runs].tolist(), strict=True)):
        mine = ~partner.among((OWN_SALES,)) if name == _EVERYONE else partner.among((name,))
        done = mine & (day >= start) & (day <= as_of)
        left[i] = max(0.0, target[i] - np.nansum(amount[done]))
    everyone = who.among((_EVERYONE,))
    together = np.where(everyone, left, np.nan if everyone.any() else left)
    return framed(
        {
            "partner_id": who,
            "wanted": np.where(everyone, np.nan, rounded(left)),
            "wanted_together": rounded(together),
            "rate_missing": np.zeros(len(target), dtype="int8"),
        }
    )
