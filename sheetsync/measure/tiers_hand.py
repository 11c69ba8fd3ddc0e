"""Tiers that people set by hand: with a reason and a last day they go before all numbers."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date
from typing import Any

from sheetsync.measure.tiers_aim import Ladder, Row
from sheetsync.model.problems import Problem, Severity
from sheetsync.model.tracker import plain


@dataclass(frozen=True, slots=True)
class Hand:
    """A tier set by hand that holds ("" for none), and what to say about it."""

    tier: str = ""
    said: str = ""
    problem: Problem | None = None


def by_hand(row: Row, as_of: date, ladder: Ladder) -> Hand:
    """Look at a tier set by hand: it needs a reason, a last day not past, and to be a tier.

    A reason or day that is missing is told with the other blanks of the row.
    """
    wish, reason = row.get("tier_override"), row.get("override_reason")
    if not _filled(wish):
        return Hand()
    tier = _named(str(wish), ladder)
    if tier is None:
        names = ", ".join((*(t.name for t in ladder.tiers), ladder.base))
        said = f"The override to {wish} does not count: there is no such tier."
        told = f"{said[:-1]}, but {names}."
        return Hand("", said, _problem(row, "unknown_tier", "tier_override", str(wish), told))
    if not _filled(reason):
        return Hand("", f"The override to {tier} has no reason and does not count.")
    until = day_of(row.get("override_until"))
    if until is None:
        return Hand("", f"The override to {tier} has no last day and does not count.")
    if until < as_of:
        said = f"The override to {tier} ended on {until}."
        told = f"{said} Clear the cells of the override, or give it a later day."
        problem = _problem(row, "override_ended", "override_until", str(until), told)
        return Hand("", said, problem)
    return Hand(tier, f"Set to {tier} by hand until {until}: {str(reason).rstrip('. ')}.")


def _named(wish: str, ladder: Ladder) -> str | None:
    """Return the tier that people mean, whatever the case."""
    names = {plain(name): name for name in (*(t.name for t in ladder.tiers), ladder.base)}
    return names.get(plain(wish))


def _problem(row: Row, code: str, column: str, found: str, message: str) -> Problem:
    key, place = str(row.get("_key", "")), int(row.get("_row", 0))
    return Problem(code, Severity.WARNING, "partners", key, place, column, found, message)


def _filled(value: object) -> bool:
    return isinstance(value, str) and bool(value.strip())


def day_of(value: Any) -> date | None:
    """Return the day of a typed date cell; NaT, which differs from itself, is none."""
    if value is None or value != value:  # noqa: PLR0124
        return None
    told: date = value.date() if hasattr(value, "date") else value
    return told
