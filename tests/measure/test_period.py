"""The days a period covers, and what it is compared with."""

from __future__ import annotations

from datetime import date

import pytest

from sheetsync.measure.period import period_of
from sheetsync.model.settings import Settings

CASES = [
    (None, None, "2026-03-15", "2025-03-01 to 2026-02-28", "2024-03-01 to 2025-02-28"),
    (None, None, "2026-03-31", "2025-04-01 to 2026-03-31", "2024-04-01 to 2025-03-31"),
    ("2026-01-01", "2026-03-31", "2026-06-01", "2026-01-01 to 2026-03-31",
     "2025-10-01 to 2025-12-31"),
    ("2026-01-01", "2026-12-31", "2026-03-15", "2026-01-01 to 2026-03-15",
     "2025-01-01 to 2025-03-15"),
    ("2026-01-10", "2026-01-19", "2026-06-01", "2026-01-10 to 2026-01-19",
     "2025-12-31 to 2026-01-09"),
    ("2026-02-01", None, "2026-03-15", "2026-02-01 to 2026-03-15", "2025-12-20 to 2026-01-31"),
    (None, "2025-12-31", "2026-03-15", "2025-01-01 to 2025-12-31", "2024-01-01 to 2024-12-31"),
]  # fmt: skip


def _day(text: str | None) -> date | None:
    return date.fromisoformat(text) if text else None


@pytest.mark.parametrize(("start", "end", "as_of", "now", "before"), CASES)
def test_period_and_the_one_before(start, end, as_of, now, before) -> None:
    asked = Settings(period_start=_day(start), period_end=_day(end))
    told = period_of(asked, date.fromisoformat(as_of))
    assert (str(told.now), str(told.before)) == (now, before)


def test_months_know_whether_they_are_covered_whole() -> None:
    asked = Settings(period_start=date(2026, 1, 10), period_end=date(2026, 12, 31))
    told = period_of(asked, date(2026, 3, 15))
    assert told.months() == {202601: False, 202602: True, 202603: False}


def test_a_period_that_has_not_begun_has_no_months() -> None:
    asked = Settings(period_start=date(2027, 1, 1), period_end=date(2027, 12, 31))
    assert period_of(asked, date(2026, 3, 15)).months() == {}


@pytest.mark.parametrize(
    ("start", "year_ago"), [(date(2025, 4, 1), "2024-04-01 to 2025-03-31"), (date(2025, 3, 31), "")]
)
def test_only_up_to_twelve_months_have_a_year_ago(start, year_ago) -> None:
    told = period_of(Settings(period_start=start), date(2026, 3, 31)).year_ago
    assert (str(told) if told else "") == year_ago
