"""Facts of Activity: what partners publish, reach, bring and learn, month by month."""

from __future__ import annotations

from typing import TYPE_CHECKING

from sheetsync.measure.frames import dated, day_number, days, next_month, numbers
from sheetsync.measure.labels import labels
from sheetsync.measure.period import Period

if TYPE_CHECKING:
    import pandas as pd

    from sheetsync.measure.labels import Array, Labels

COUNTS = (
    "posts", "impressions", "clicks", "conversions", "leads", "qualified_leads",
    "training_assigned", "training_done", "invited", "joined", "reach", "saves", "followers",
    "logins",
)  # fmt: skip
"""Columns of Activity that KPIs add up."""

ENGAGEMENTS = ("likes", "comments", "shares")
"""What counts as engagement."""


def activity_facts(activity: pd.DataFrame, period: Period) -> pd.DataFrame:
    """Activity rows, dated the first of their month.

    ``engagements`` are likes, comments and shares together, ``with_saves`` those and saves,
    ``likes_comments`` without shares. ``quality`` is the audience's, ``age`` how many days before
    as-of the row's month ended. ``has_*`` is 1 where both numbers of a rate are filled and possible
    (no more clicks than impressions): only such rows enter the rate. ``in_campaign`` is 1 where
    the row names one.
    """
    import numpy as np

    counts = {name: numbers(activity, name) for name in COUNTS}
    likes, comments, shares = (numbers(activity, name) for name in ENGAGEMENTS)
    counts["engagements"] = _together(likes, comments, shares)
    counts["with_saves"] = counts["engagements"] + np.nan_to_num(counts["saves"])
    counts["likes_comments"] = _together(likes, comments)
    counts["quality"] = numbers(activity, "audience_quality")
    month = days(activity, "month")
    counts["age"] = (day_number(period.as_of) - next_month(month) + 1).astype("float64")
    engaged, impressions = ~np.isnan(counts["engagements"]), counts["impressions"]
    clicks, conversions = counts["clicks"], counts["conversions"]
    tests = {
        "has_engagement": engaged & ~np.isnan(impressions),
        "has_reach": engaged & ~np.isnan(counts["reach"]),
        "has_followers": ~np.isnan(counts["likes_comments"]) & ~np.isnan(counts["followers"]),
        "has_clicks": clicks <= impressions,
        "has_conversions": conversions <= clicks,
        "has_shown": conversions <= impressions,
        "has_training": counts["training_done"] <= counts["training_assigned"],
        "has_campaigns": counts["joined"] <= counts["invited"],
        "in_campaign": ~labels(activity, "campaign").among((None,)),
    }
    columns: dict[str, Array | Labels] = {"partner_id": labels(activity, "partner_id"), **counts}
    columns |= {name: test.astype("int8") for name, test in tests.items()}
    return dated(columns, month, period)


def _together(*kinds: Array) -> Array:
    """The sum of what is filled; blank where nothing is."""
    import numpy as np

    stacked = np.stack(kinds)
    total: Array = np.where(np.isnan(stacked).all(axis=0), np.nan, np.nansum(stacked, axis=0))
    return total
