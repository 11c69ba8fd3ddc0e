"""Columns of typed tables as numpy arrays, and the whole-number columns that facts carry.

Days are counted from 1970-01-01, months are yyyymm; a missing date is the smallest whole number,
which lies in no period.
"""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date
from typing import TYPE_CHECKING, Any

from sheetsync.measure.labels import Labels
from sheetsync.measure.period import Period, Stretch
from sheetsync.model.results import Cleaned

if TYPE_CHECKING:
    import numpy.typing as npt
    import pandas as pd

    Array = npt.NDArray[Any]

TOO_LARGE = 1e15
"""Numbers from here on are typing errors: a cell shows 15 digits, and sums stay exact below."""

_EPOCH = date(1970, 1, 1).toordinal()

TIMED = ("day", "month", "in_period", "in_period_before", "in_period_year_ago")
"""Columns of every table of dated facts."""


def used(cleaned: Cleaned, tab: str) -> pd.DataFrame:
    """Return the rows of a tab that count; an empty frame when the workbook has no such tab."""
    import pandas as pd

    table = cleaned.tables.get(tab)
    return pd.DataFrame() if table is None else table.used


def numbers(frame: pd.DataFrame, column: str) -> Array:
    """Return a number column as floats, blanks and numbers from ``TOO_LARGE`` on as NaN."""
    import numpy as np

    if column not in frame:
        return np.full(len(frame), np.nan)
    values = frame[column].to_numpy(dtype="float64", na_value=np.nan)
    return np.where(np.abs(values) < TOO_LARGE, values, np.nan)


def moments(frame: pd.DataFrame, column: str) -> Array:
    """Return a date or time column as datetime64[us], blanks as NaT."""
    import numpy as np

    if column not in frame:
        return np.full(len(frame), np.datetime64("NaT"), dtype="datetime64[us]")
    return frame[column].to_numpy(dtype="datetime64[us]")


def days(frame: pd.DataFrame, column: str) -> Array:
    """Return a date column as day numbers."""
    return day_numbers(moments(frame, column))


def day_numbers(values: Array) -> Array:
    """Return datetime64 values as whole days."""
    return values.astype("datetime64[D]").astype("int64")


def day_number(day: date) -> int:
    """Return a date's day number.

    >>> day_number(date(1970, 1, 2))
    1
    """
    return day.toordinal() - _EPOCH


def month_numbers(values: Array) -> Array:
    """Return day numbers as yyyymm.

    >>> import numpy as np
    >>> month_numbers(np.array([0, 31, -1])).tolist()
    [197001, 197002, 196912]
    """
    months = values.astype("datetime64[D]").astype("datetime64[M]").astype("int64")
    told: Array = (1970 + months // 12) * 100 + months % 12 + 1
    return told


def next_month(day: Array) -> Array:
    """Return the first day of the month after, as day numbers.

    >>> import numpy as np
    >>> next_month(np.array([0, 30, 31])).tolist()
    [31, 31, 59]
    """
    months = day.astype("datetime64[D]").astype("datetime64[M]") + 1
    told: Array = months.astype("datetime64[D]").astype("int64")
    return told


def within(values: Array, stretch: Stretch) -> Array:
    """Tell (1 or 0) which day numbers lie in the stretch."""
    inside = (values >= day_number(stretch.start)) & (values <= day_number(stretch.end))
    told: Array = inside.astype("int8")
    return told


def rounded(values: Array) -> Array:
    """Round to four decimals, the unit in which sums are exact."""
    import numpy as np

    return np.round(values, 4)


def dated(columns: Mapping[str, Array | Labels], day: Array, period: Period) -> pd.DataFrame:
    """Make a table of dated facts: the given columns and ``TIMED``; rows without a date go."""
    timed = {
        "day": day,
        "month": month_numbers(day),
        "in_period": within(day, period.now),
        "in_period_before": within(day, period.before),
        "in_period_year_ago": within(day, period.year_ago),
    }
    frame = framed({**columns, **timed})
    there = day > no_day()
    return frame if there.all() else frame[there]


def calendar(period: Period) -> pd.DataFrame:
    """Every day that can be meant, with ``TIMED``: for queries, which call no date functions."""
    import numpy as np

    first, last = (day_number(day) for day in (date(1900, 1, 1), date(2100, 12, 31)))
    return dated({}, np.arange(first, last + 1), period)


def framed(columns: Mapping[str, Array | Labels]) -> pd.DataFrame:
    """Make a frame of the columns; texts become categoricals."""
    import pandas as pd

    told = {k: v.categories() if isinstance(v, Labels) else v for k, v in columns.items()}
    return pd.DataFrame(told)


def no_day() -> int:
    """Return the day number of a missing date."""
    import numpy as np

    return int(np.iinfo("int64").min)
