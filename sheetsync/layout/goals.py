"""What sync writes beside every goal: how far, how fast, over how long, and what peers reach."""

from __future__ import annotations

from collections.abc import Iterable, Mapping

from sheetsync.layout.tables import tidy
from sheetsync.model.insight import GoalProgress
from sheetsync.model.values import Value


def goal_marks(goals: Iterable[GoalProgress]) -> dict[tuple[str, str], Mapping[str, Value]]:
    """Return the SYNC columns of Goals by tab and column: value by row key."""
    told = list(goals)
    columns: dict[str, Mapping[str, Value]] = {
        "attained": {one.key: _attained(one) for one in told},
        "elapsed": {one.key: _short(one.elapsed) for one in told},
        "pace": {one.key: _short(one.pace) for one in told},
        "horizon": {one.key: one.horizon for one in told},
        "suggested": {one.key: one.suggested or None for one in told},
    }
    return {("goals", column): values for column, values in columns.items()}


def _attained(one: GoalProgress) -> Value:
    """A share, or why there is none: never 0 % where nothing is known."""
    return one.why if one.attained is None else _short(one.attained)


def _short(value: float | None) -> float | None:
    return None if value is None else tidy(round(value, 4))
