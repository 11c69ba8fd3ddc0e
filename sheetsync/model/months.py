"""Months as whole numbers, yyyymm: 202603 is March 2026."""

from __future__ import annotations

from datetime import date


def first_day(month: int) -> date:
    """Return the first day of a month.

    >>> first_day(202603)
    datetime.date(2026, 3, 1)
    """
    return date(month // 100, month % 100, 1)


def month_name(month: int) -> str:
    """Name a month as readers see it.

    >>> month_name(202603)
    '2026-03'
    """
    return f"{month // 100:04d}-{month % 100:02d}"


def month_after(month: int) -> int:
    """Return the next month.

    >>> month_after(202611), month_after(202612)
    (202612, 202701)
    """
    return month + 1 if month % 100 < 12 else month + 89


def month_before(month: int) -> int:
    """Return the month before.

    >>> month_before(202602), month_before(202601)
    (202601, 202512)
    """
    return month - 1 if month % 100 > 1 else month - 89
