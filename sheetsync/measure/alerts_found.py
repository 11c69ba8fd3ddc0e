"""What one test for alerts found, and the words that all of them share."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import date
from typing import Any, TypeAlias

from sheetsync.model.insight import Urgency

PARTLY = 0.25
"""The part of a year's revenue taken to hang on what does not show in revenue itself."""
WHOLLY = 1.0


@dataclass(frozen=True, slots=True)
class Finding:
    """One rule that fired. ``at_risk`` is the part of a year's revenue at stake, 0 to 1."""

    rule: str
    cause: str
    urgency: Urgency
    partner_id: str
    kpi: str
    evidence: str
    since: date | None = None
    at_risk: float = PARTLY


Tests: TypeAlias = Iterator[Finding | None]
"""One item for every test made; None where nothing was found."""

Partner: TypeAlias = Mapping[Any, Any]
"""A row of Partners by column key."""


def day_of(value: Any) -> date | None:
    """Return a date cell as a date; None when it is blank.

    >>> day_of(date(2026, 3, 1)), day_of(float("nan"))
    (datetime.date(2026, 3, 1), None)
    """
    if value is None or value != value:  # noqa: PLR0124 -- NaT and NaN differ from themselves
        return None
    return date(value.year, value.month, value.day)
