"""Facts about partners themselves: signed, active, present, and how full their rows are."""

from __future__ import annotations

from collections.abc import Mapping
from functools import reduce
from typing import TYPE_CHECKING

from sheetsync.measure.frames import (
    dated,
    day_number,
    days,
    framed,
    next_month,
    no_day,
    numbers,
)
from sheetsync.measure.labels import Labels, joined, labels
from sheetsync.measure.money import OWN_SALES
from sheetsync.measure.period import Period
from sheetsync.model.months import month_name
from sheetsync.model.results import Cleaned
from sheetsync.model.settings import Settings
from sheetsync.model.tracker import Owner, Role, Tab, Tracker

if TYPE_CHECKING:
    import pandas as pd

NEW_DAYS = 90
"""A signed partner is new for so many days from its start date, and shown apart."""

_SIGNS_OF_LIFE = (
    "posts", "impressions", "likes", "comments", "shares", "saves", "clicks", "conversions",
    "leads", "qualified_leads", "logins", "training_done", "joined",
)  # fmt: skip


def partners_known(types: Mapping[str | None, str | None]) -> pd.DataFrame:
    """Who facts are of: partners with their types, and own sales with ``is_partner`` 0."""
    import pandas as pd

    told = {**{k: v for k, v in types.items() if k is not None}, OWN_SALES: None}
    frame = pd.DataFrame(
        {"partner_id": list(told), "partner_type": list(told.values())}, dtype=object
    )
    return frame.assign(is_partner=(frame["partner_id"] != OWN_SALES).astype("int8"))


def partner_facts(
    partners: pd.DataFrame,
    revenue: pd.DataFrame,
    activity: pd.DataFrame,
    settings: Settings,
    period: Period,
) -> pd.DataFrame:
    """One row per partner, and one for own sales.

    ``is_active``: a revenue row of the partner, or an Activity row with any count above zero,
    within the active window (an Activity month counts while any of its days does).
    ``is_signed``: contract signed, or status active or onboarding; never prospect or ended.
    ``is_new``: signed and started less than 90 days before as-of; ``is_established`` and
    ``is_established_active`` leave new partners out.
    """
    import numpy as np

    ids, status = labels(partners, "partner_id"), labels(partners, "status")
    active = ids.among(_active(revenue, activity, settings, period))
    agreed = labels(partners, "contract_status").among(("signed",))
    signed = agreed | status.among(("active", "onboarding"))
    signed &= ~status.among(("prospect", "ended"))
    new = signed & (days(partners, "start_date") > day_number(period.as_of) - NEW_DAYS)
    established = signed & ~new
    columns = {
        "is_active": active,
        "is_signed": signed,
        "is_new": new,
        "is_established": established,
        "is_established_active": established & active,
    }
    flags = {name: np.append(test, False).astype("int8") for name, test in columns.items()}
    own = Labels(np.zeros(1, dtype="int64"), (OWN_SALES, None))
    return framed({"partner_id": joined(ids, own), **flags})


def _active(
    revenue: pd.DataFrame, activity: pd.DataFrame, settings: Settings, period: Period
) -> frozenset[str | None]:
    """Partners with revenue or activity in the window that ends with as-of."""
    import numpy as np

    last = day_number(period.as_of)
    first = last - settings.active_window_days + 1
    sold = revenue["row_partner"][revenue["day"].between(first, last)]
    month = days(activity, "month")
    seen = (month <= last) & (next_month(month) > first)
    counts = np.stack([numbers(activity, name) for name in _SIGNS_OF_LIFE])
    alive = seen & (np.nan_to_num(counts).max(axis=0) > 0)
    return frozenset(sold.tolist()) | frozenset(labels(activity, "partner_id")[alive].tolist())


def presence_facts(partners: pd.DataFrame, period: Period) -> pd.DataFrame:
    """One row per partner and month of the period with the ``days`` on which it was a partner.

    A blank start date counts from the period's start, a blank end date to its end.
    """
    import numpy as np

    first, last = day_number(period.now.start), day_number(period.now.end)
    months = np.array([month_name(m) for m in period.months()], dtype="datetime64[M]")
    opens = np.maximum(months.astype("datetime64[D]").astype("int64"), first)
    closes = np.minimum((months + 1).astype("datetime64[D]").astype("int64") - 1, last)
    start, end = days(partners, "start_date"), days(partners, "end_date")
    end = np.where(end == no_day(), last, end)
    present = np.minimum.outer(end, closes) - np.maximum.outer(start, opens) + 1
    columns = {
        "partner_id": labels(partners, "partner_id")[
            np.repeat(np.arange(len(partners)), len(months))
        ],
        "days": np.clip(present, 0, None).ravel().astype("float64"),
    }
    return dated(columns, np.tile(opens, len(partners)), period)


def stage_facts(partners: pd.DataFrame, period: Period) -> pd.DataFrame:
    """Partners with a stage of maturity: ``stage`` 1 to 5 and the ``months`` it has lasted."""
    import numpy as np

    stage, since = numbers(partners, "maturity"), days(partners, "maturity_since")
    rows = ~np.isnan(stage)
    known = (since > no_day()) & (since <= day_number(period.as_of))
    spent = np.where(known, day_number(period.as_of) - np.where(known, since, 0), np.nan)
    return framed(
        {
            "partner_id": labels(partners, "partner_id")[rows],
            "stage": stage[rows],
            "months": (spent * 12 / 365.25)[rows],
        }
    )


def cell_facts(cleaned: Cleaned, tracker: Tracker) -> pd.DataFrame:
    """One row per row of an entry tab: how many ``required`` cells it has and how many ``filled``.

    Every row counts, also one that an error keeps out of the other KPIs; ``tab`` is the title.
    A cell that could not be read is not filled.
    """
    import numpy as np

    tabs = [tab for tab in tracker.of_role(Role.ENTRY) if tab.key in cleaned.tables]
    frames = [cleaned.tables[tab.key].frame for tab in tabs]
    needs = [_required(frame, tab) for frame, tab in zip(frames, tabs, strict=True)]
    pairs = list(zip(frames, needs, strict=True))
    filled = [frame[keys].notna().to_numpy().sum(axis=1) for frame, keys in pairs]
    lengths = [len(frame) for frame in frames]
    titles = (*(tab.title for tab in tabs), None)
    nobody = Labels(np.zeros(0, dtype="int64"), (None,))
    return framed(
        {
            "partner_id": reduce(joined, (labels(f, "partner_id") for f in frames), nobody),
            "tab": Labels(np.repeat(np.arange(len(tabs)), lengths), titles),
            "required": np.repeat(np.array([float(len(keys)) for keys in needs]), lengths),
            "filled": np.concatenate([np.zeros(0), *filled]),
        }
    )


def _required(frame: pd.DataFrame, tab: Tab) -> list[str]:
    return [c.key for c in tab.columns if c.required and c.owner is Owner.USER and c.key in frame]
