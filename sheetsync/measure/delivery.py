"""Facts of Plan: what was due, what was delivered and how well, what was launched."""

from __future__ import annotations

from typing import TYPE_CHECKING

from sheetsync.measure.frames import dated, day_number, days, framed, no_day, numbers
from sheetsync.measure.labels import labels
from sheetsync.measure.period import Period

if TYPE_CHECKING:
    import pandas as pd

    from sheetsync.measure.labels import Array, Labels

_DELIVERED = ("deliverable", "milestone")


def plan_facts(plan: pd.DataFrame, period: Period) -> pd.DataFrame:
    """Plan rows due by as-of, on their due day; dropped ones are left out.

    A row is done with a done date by as-of, or with status done and no date (then not known to be
    on time). ``weight`` is 1 where blank, ``done_weight`` and ``timely_weight`` the same or 0.
    ``is_overdue``: a deliverable or milestone that is not done.
    """
    import numpy as np

    due, done, is_done, dropped = _states(plan, period)
    weight = np.nan_to_num(numbers(plan, "weight"), nan=1.0)
    on_time = is_done & (done > no_day()) & (done <= due)
    kind = labels(plan, "kind")
    columns: dict[str, Array | Labels] = {
        "partner_id": labels(plan, "partner_id"),
        "is_milestone": kind.among(("milestone",)).astype("int8"),
        "is_overdue": (kind.among(_DELIVERED) & ~is_done).astype("int8"),
        "is_done": is_done.astype("int8"),
        "is_on_time": on_time.astype("int8"),
        "weight": weight,
        "done_weight": np.where(is_done, weight, 0.0),
        "timely_weight": np.where(on_time, weight, 0.0),
    }
    frame = dated(columns, due, period)
    return frame[((due <= day_number(period.as_of)) & ~dropped)[due > no_day()]]


def delivery_facts(plan: pd.DataFrame, period: Period) -> pd.DataFrame:
    """Deliverables and milestones done by as-of, on the day they were done.

    ``days_late`` after the due day (negative: early), ``days_taken`` from the start. ``quality``
    is 1 to 5; ``has_standard`` where a standard is agreed too, ``meets_standard`` where it is met.
    """
    import numpy as np

    due, done, is_done, dropped = _states(plan, period)
    start, none = days(plan, "start"), no_day()
    quality, standard = numbers(plan, "quality"), numbers(plan, "standard")
    columns: dict[str, Array | Labels] = {
        "partner_id": labels(plan, "partner_id"),
        "days_late": np.where(due > none, done - np.where(due > none, due, 0), np.nan),
        "days_taken": _between(start, done),
        "quality": quality,
        "has_standard": (~np.isnan(quality) & ~np.isnan(standard)).astype("int8"),
        "meets_standard": (quality >= standard).astype("int8"),
    }
    rows = is_done & (done > none) & ~dropped & labels(plan, "kind").among(_DELIVERED)
    told = {name: column[rows] for name, column in columns.items()}
    return dated(told, done[rows], period)


def initiative_facts(plan: pd.DataFrame, period: Period) -> pd.DataFrame:
    """Initiatives begun by as-of: ``days`` from start to launch, or their age so far.

    ``is_waiting`` are those not launched. ``counts`` is 1 for these and for what was launched in
    the period.
    """
    import numpy as np

    _, done, is_done, dropped = _states(plan, period)
    start, as_of = days(plan, "start"), day_number(period.as_of)
    begun = (start > no_day()) & (start <= as_of)
    launched = is_done & (done >= start)
    first, last = day_number(period.now.start), day_number(period.now.end)
    counts = ~is_done | (launched & (done >= first) & (done <= last))
    took = _between(start, np.where(is_done, done, as_of))
    frame = framed(
        {
            "partner_id": labels(plan, "partner_id"),
            "days": took,
            "is_waiting": (~is_done).astype("int8"),
            "counts": counts.astype("int8"),
        }
    )
    return frame[begun & ~dropped & labels(plan, "kind").among(("initiative",)) & ~np.isnan(took)]


def _states(plan: pd.DataFrame, period: Period) -> tuple[Array, Array, Array, Array]:
    """Due and done days, and whether each row is done by as-of or dropped."""
    due, done = days(plan, "due"), days(plan, "done")
    status = labels(plan, "status")
    dated_done = (done > no_day()) & (done <= day_number(period.as_of))
    is_done = dated_done | ((done == no_day()) & status.among(("done",)))
    return due, done, is_done, status.among(("dropped",))


def _between(start: Array, end: Array) -> Array:
    """Days from start to end; blank where one is missing or they are the wrong way round."""
    import numpy as np

    known = (start > no_day()) & (end >= start)
    told: Array = np.where(known, end - np.where(known, start, 0), np.nan)
    return told
