"""The days that KPIs cover, and the earlier periods that they are compared with."""

from __future__ import annotations

from calendar import monthrange
from dataclasses import dataclass, replace
from datetime import date, timedelta

from sheetsync.model.settings import Settings


@dataclass(frozen=True, slots=True)
class Stretch:
    """First and last day, both inclusive; empty when ``start`` is after ``end``."""

    start: date
    end: date

    def __bool__(self) -> bool:
        return self.start <= self.end

    def __str__(self) -> str:
        return f"{self.start} to {self.end}"


@dataclass(frozen=True, slots=True)
class Period:
    """What is measured: ``now`` never reaches beyond as-of.

    ``before`` is the period of the same length just before it, ``year_ago`` the same days one
    year earlier; a period that is not over yet is compared with the same part of the earlier one.
    ``year_ago`` is empty where it would reach into the period itself, which is then longer than
    twelve months.
    """

    now: Stretch
    before: Stretch
    year_ago: Stretch
    as_of: date

    def without_year_ago(self) -> Period:
        """Return the same period with nothing one year earlier to compare it with."""
        return replace(self, year_ago=_empty_at(self.year_ago.start))

    def months(self) -> dict[int, bool]:
        """Return the period's months as yyyymm, in order, with whether each is covered whole."""
        told: dict[int, bool] = {}
        first = self.now.start.replace(day=1)
        while first <= self.now.end:
            whole = self.now.start <= first and _month_end(first) <= self.now.end
            told[first.year * 100 + first.month] = whole
            first = shift(first, 1)
        return told


def period_of(settings: Settings, as_of: date) -> Period:
    """Return the period that the settings ask for.

    Blank start and end: the twelve complete months up to as-of (the month of as-of is complete
    on its last day). A blank end alone: as-of; a blank start alone: twelve months up to the end.
    """
    start, end = settings.period_start, settings.period_end
    if end is None:
        end = last_complete(as_of) if start is None else as_of
    if start is None:
        start = shift(end.replace(day=1), -11)
    now = Stretch(start, min(end, as_of))
    return Period(now, _just_before(start, end, now.end), _year_ago(now), as_of)


def last_complete(as_of: date) -> date:
    """Return the last day of the last complete month.

    >>> last_complete(date(2026, 3, 30)), last_complete(date(2026, 3, 31))
    (datetime.date(2026, 2, 28), datetime.date(2026, 3, 31))
    """
    return as_of if as_of == _month_end(as_of) else as_of.replace(day=1) - timedelta(days=1)


def shift(day: date, months: int) -> date:
    """Move a day by whole months; a month's last day stays a last day.

    >>> shift(date(2026, 3, 31), -1), shift(date(2026, 2, 28), 1)
    (datetime.date(2026, 2, 28), datetime.date(2026, 3, 31))
    """
    index = max(12, day.year * 12 + day.month - 1 + months)
    year, month = divmod(index, 12)
    last = monthrange(year, month + 1)[1]
    at_end = day == _month_end(day)
    return date(year, month + 1, last if at_end else min(day.day, last))


def _just_before(start: date, end: date, through: date) -> Stretch:
    """The period before: whole months move by months, others by days."""
    if start.day == 1 and end == _month_end(end):
        months = (end.year - start.year) * 12 + end.month - start.month + 1
        return _earlier(Stretch(start, through), months)
    length = end - start + timedelta(days=1)
    return Stretch(start - length, through - length)


def _year_ago(now: Stretch) -> Stretch:
    told = _earlier(now, 12)
    return told if told.end < now.start else _empty_at(told.start)


def _empty_at(day: date) -> Stretch:
    return Stretch(day, day - timedelta(days=1))


def _earlier(stretch: Stretch, months: int) -> Stretch:
    return Stretch(shift(stretch.start, -months), shift(stretch.end, -months))


def _month_end(day: date) -> date:
    return day.replace(day=monthrange(day.year, day.month)[1])
