"""Goals: how far each has come, whether it keeps pace, and what partners of its type reach.

A goal's KPI is worked out over the goal's own span, up to as-of. What adds up over time (revenue,
leads) is measured against the target itself, all else as the way from baseline to target. For
what should stay low the same holds turned round: a cap on cost is kept as long as it is not spent
faster than time passes.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from typing import TYPE_CHECKING, Any

from sheetsync.measure.frames import framed
from sheetsync.measure.history import can_follow, over
from sheetsync.measure.labels import labels
from sheetsync.measure.values import NOTHING, Evidence
from sheetsync.model.engine import Engine, Relation
from sheetsync.model.expr import Count, CountDistinct, Expr, Span, Sum, aggregates, base_of
from sheetsync.model.insight import GoalProgress
from sheetsync.model.kpi import Grain, Kpi, Unit
from sheetsync.model.problems import Problem, Severity
from sheetsync.model.results import Flag

if TYPE_CHECKING:
    import pandas as pd

EVERYONE = "ALL"
"""What a goal for the whole programme has in the place of a partner."""
PER_STRETCH = 5
"""Goals of a partner and year of which one may be a stretch target."""
BUDGET = "F05"
"""The KPI whose goals are budgets."""

_HORIZONS = ((12, "up to 12 months"), (18, "12 to 18 months"), (36, "18 to 36 months"))
_BEYOND = "beyond 36 months"


@dataclass(frozen=True, slots=True)
class Goal:
    """One row of Goals; ``replaced`` by another one that revises it."""

    key: str
    row: int
    goal_id: str
    partner_id: str
    kpi: str
    start: date
    end: date
    target: float
    baseline: float | None
    stretch: bool
    weight: float
    replaced: bool

    def elapsed(self, as_of: date) -> float:
        """Return the share of the span's days that have passed on the evening of as-of."""
        passed = (min(as_of, self.end) - self.start).days + 1
        return max(0, passed) / ((self.end - self.start).days + 1)


def goals_of(frame: pd.DataFrame) -> tuple[Goal, ...]:
    """Return the goals of the tab that count, in sheet order; those without a span are left out."""
    if "goal_id" not in frame:
        return ()
    revised = {r for r in labels(frame, "revises").tolist() if r}
    return tuple(_goal(row, revised) for row in frame.to_dict("records") if _whole(row))


def _whole(row: Mapping[Any, Any]) -> bool:
    cells = (row["partner_id"], row["kpi"], row["from"], row["to"], row["target"])
    return all(_filled(cell) for cell in cells)


def _filled(cell: object) -> bool:
    return cell is not None and cell == cell and cell != ""  # noqa: PLR0124 -- NaN differs from itself


def _goal(row: Mapping[Any, Any], revised: set[str]) -> Goal:
    weight, baseline = row.get("weight"), row.get("baseline")
    return Goal(
        str(row["_key"]),
        int(row["_row"]),
        str(row["goal_id"] or ""),
        str(row["partner_id"]),
        str(row["kpi"]),
        row["from"].date(),
        row["to"].date(),
        float(row["target"]),
        float(baseline) if baseline is not None and _filled(baseline) else None,
        row.get("stretch") == 1,
        float(weight) if weight is not None and _filled(weight) else 1.0,
        row["goal_id"] in revised,
    )


def horizon(start: date, end: date) -> str:
    """Name the length class of a span.

    >>> horizon(date(2026, 1, 1), date(2026, 12, 31)), horizon(date(2026, 1, 1), date(2028, 6, 30))
    ('up to 12 months', '18 to 36 months')
    """
    months = (end.year - start.year) * 12 + end.month - start.month
    months += end.day >= start.day
    return next((name for most, name in _HORIZONS if months <= most), _BEYOND)


def adds_up(expr: Expr | None) -> bool:
    """Tell whether a KPI grows with the time it is measured over: sums and counts, no ratio."""
    if expr is None or base_of(expr) is not None:
        return False
    parts = tuple(aggregates(expr))
    return bool(parts) and all(
        isinstance(a, Sum | Count | CountDistinct) and a.span is Span.PERIOD for a in parts
    )


def attained(goal: Goal, kpi: Kpi, value: float, elapsed: float) -> tuple[float | None, float]:
    """Return the part of the way that lies behind a goal, from 0, and its pace.

    Pace is that part ÷ the share of time that has passed. The part is None for a target that is
    its own baseline and is not reached: there is no way to be on.
    """
    part: float | None
    if adds_up(kpi.value):
        if kpi.lower_is_better:
            # A cap: below it all is well; the pace is what might be spent by now ÷ what is.
            kept = 1.0 if value <= goal.target else max(0.0, goal.target / value)
            return kept, goal.target * elapsed / value if value > 0 else 1.0 / elapsed
        part = value / goal.target if goal.target > 0 else float(value >= goal.target)
    else:
        part = _way(goal, value, lower=kpi.lower_is_better)
    part = None if part is None else max(0.0, part)
    return part, (part or 0.0) / elapsed


def _way(goal: Goal, value: float, *, lower: bool) -> float | None:
    """The part of the way from baseline (or, without one, nothing) to target."""
    reached = value <= goal.target if lower else value >= goal.target
    if goal.baseline is None:
        if lower:
            return 1.0 if reached else goal.target / value
        return value / goal.target if goal.target > 0 else float(reached)
    way = goal.target - goal.baseline
    # A target on the wrong side of its baseline holds the ground: reached or not.
    if way == 0 or (way < 0) != lower:
        return 1.0 if reached else None
    return (value - goal.baseline) / way


Values = Mapping[tuple[str, str, date, date], Evidence]
"""Evidence by KPI, group as Goals has it, first and last day."""


def measured(
    goals: Sequence[Goal],
    kpis: Mapping[str, Kpi],
    types: Iterable[str],
    as_of: date,
    tables: Mapping[str, Relation],
    params: Mapping[str, float],
    engine: Engine,
) -> Values:
    """Work every goal's KPI out over its span so far: one statement per span and kind of group."""
    asked: defaultdict[tuple[Grain, date, date], dict[str, None]] = defaultdict(dict)
    grains = {EVERYONE: Grain.PROGRAMME, **dict.fromkeys(types, Grain.TYPE)}
    for goal in goals:
        if goal.kpi in kpis and goal.start <= as_of:
            grain = grains.get(goal.partner_id, Grain.PARTNER)
            asked[grain, goal.start, min(goal.end, as_of)][goal.kpi] = None
    told: dict[tuple[str, str, date, date], Evidence] = {}
    for (grain, first, last), wanted in asked.items():
        listed = [kpis[kpi] for kpi in wanted]
        for kpi, found in over(listed, grain, (first, last), tables, params, engine).items():
            for (group, _), evidence in found.items():
                told[kpi, group or EVERYONE, first, last] = evidence
    return told


def progress(
    goals: Iterable[Goal],
    kpis: Mapping[str, Kpi],
    values: Values,
    as_of: date,
    suggested: Mapping[str, str],
) -> Iterator[GoalProgress]:
    """Yield how far every goal has come; ``suggested`` gives targets in words by row key."""
    for goal in goals:
        kpi, elapsed = kpis.get(goal.kpi), goal.elapsed(as_of)
        value, part, pace, why = None, None, None, ""
        place = (goal.kpi, goal.partner_id, goal.start, min(goal.end, as_of))
        evidence = values.get(place, NOTHING)
        if kpi is None or not can_follow(kpi):
            why = f"{goal.kpi} has no value over a span"
        elif elapsed <= 0:
            why = "not begun"
        elif evidence[3] > 0:
            why = str(Flag.INCOMPLETE)
        elif evidence[0] != evidence[0]:
            why = str(Flag.NO_DATA)
        else:
            value = evidence[0]
            part, pace = attained(goal, kpi, value, elapsed)
            why = "" if part is not None else "target is the baseline"
        yield GoalProgress(
            goal.key,
            goal.goal_id,
            goal.partner_id,
            goal.kpi,
            goal.weight,
            not goal.replaced,
            value,
            part,
            elapsed,
            None if goal.replaced or part is None else pace,
            why,
            horizon(goal.start, goal.end),
            suggested.get(goal.key, ""),
        )


def goal_rows(goals: Sequence[Goal], told: Sequence[GoalProgress], since: date) -> pd.DataFrame:
    """Make the fact table of goal KPIs: partners' goals in force that ran since a day.

    ``earned`` is ``weight`` times what is attained, at most all of it; both are blank where that
    is not known. ``budget`` and ``spent`` are those of goals on the cost of a partner.
    """
    import numpy as np

    rows = [
        (goal, one)
        for goal, one in zip(goals, told, strict=True)
        if one.current and one.elapsed and goal.end >= since
    ]
    parts = [np.nan if one.attained is None else min(1.0, one.attained) for _, one in rows]
    weight = np.array([one.weight for _, one in rows], dtype="float64")
    part = np.array(parts, dtype="float64")
    cost = [goal.kpi == BUDGET and one.value is not None for goal, one in rows]
    nan = np.nan
    ids = np.array([one.partner_id for _, one in rows], dtype=object)
    import pandas as pd

    return framed(
        {
            "partner_id": labels(pd.DataFrame({"partner_id": ids}), "partner_id"),
            "weight": np.where(np.isnan(part), nan, weight),
            "earned": np.round(weight * part, 6),
            "budget": np.array(
                [g.target if c else nan for (g, _), c in zip(rows, cost, strict=True)],
                dtype="float64",
            ),
            "spent": np.array(
                [one.value if c else nan for (_, one), c in zip(rows, cost, strict=True)],
                dtype="float64",
            ),
        }
    )


def stretched(goals: Iterable[Goal]) -> Iterator[Problem]:
    """Yield a warning for every stretch target beyond one in five of a partner and year."""
    years: defaultdict[tuple[str, int], list[Goal]] = defaultdict(list)
    for goal in goals:
        if not goal.replaced:
            years[goal.partner_id, goal.start.year].append(goal)
    for (partner, year), told in years.items():
        allowed = max(1, len(told) // PER_STRETCH)
        for goal in [g for g in told if g.stretch][allowed:]:
            message = (
                f"{partner} has {sum(g.stretch for g in told)} stretch targets among {len(told)} "
                f"goals that begin in {year}; one in {PER_STRETCH} is enough."
            )
            yield Problem(
                "too_much_stretch",
                Severity.WARNING,
                "goals",
                goal.key,
                goal.row,
                "stretch",
                "yes",
                message,
            )


def shown(value: float, unit: Unit) -> str:
    """Say a KPI's value in words a reader knows: shares as percent.

    >>> shown(0.1234, Unit.RATIO), shown(12345.6, Unit.MONEY), shown(2.5, Unit.HOURS)
    ('12.3%', '12,346', '2.5')
    """
    if unit is Unit.RATIO:
        return f"{value:.1%}"
    return f"{value:,.0f}" if abs(value) >= 100 else f"{value:,.4g}"
