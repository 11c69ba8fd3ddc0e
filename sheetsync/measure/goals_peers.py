"""A target to start from: what partners of the same type reached in their last four quarters."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping, Sequence
from datetime import date, timedelta

from sheetsync.measure.goals import Goal, adds_up, shown
from sheetsync.measure.history import can_follow, over
from sheetsync.measure.period import last_complete, shift
from sheetsync.model.engine import Engine, Relation
from sheetsync.model.kpi import Grain, Kpi

QUARTERS = 4
LEAST_PEERS = 5
"""Peers with figures below which nothing is suggested."""
_QUARTER_DAYS = 365.25 / 4


def last_quarters(as_of: date, fiscal_start: int = 1) -> tuple[tuple[date, date], ...]:
    """Return the last four complete quarters of the fiscal year, oldest first.

    >>> [str(first) for first, _ in last_quarters(date(2026, 5, 4))]
    ['2025-04-01', '2025-07-01', '2025-10-01', '2026-01-01']
    """
    end = last_complete(as_of)
    while (end.month - fiscal_start + 1) % 3:
        end = end.replace(day=1) - timedelta(days=1)
    first = shift(end.replace(day=1), -2)
    starts = [shift(first, -3 * i) for i in range(QUARTERS - 1, -1, -1)]
    return tuple((start, shift(start, 3) - timedelta(days=1)) for start in starts)


def suggestions(
    goals: Sequence[Goal],
    kpis: Mapping[str, Kpi],
    types: Mapping[str, str],
    quarters: Sequence[tuple[date, date]],
    tables: Mapping[str, Relation],
    params: Mapping[str, float],
    engine: Engine,
) -> Mapping[str, str]:
    """Suggest a target for every partner's goal, in words, by row key.

    ``types`` gives the type of every partner that counts as a peer. What adds up over time is
    told for the goal's whole span.
    """
    asked = {goal.kpi: None for goal in goals if goal.partner_id in types and goal.kpi in kpis}
    listed = [kpis[kpi] for kpi in asked if can_follow(kpis[kpi])]
    reached: defaultdict[tuple[str, str], list[float]] = defaultdict(list)
    for span in quarters:
        for kpi, found in over(listed, Grain.PARTNER, span, tables, params, engine).items():
            for (partner, _), evidence in found.items():
                # A blank differs from itself; a gap leaves money out that waits for a rate.
                if evidence[0] == evidence[0] and not evidence[3] > 0:
                    reached[kpi, partner].append(evidence[0])
    can = {kpi.id for kpi in listed}
    return dict(_suggested([g for g in goals if g.kpi in can], kpis, types, reached))


def _suggested(
    goals: Iterable[Goal],
    kpis: Mapping[str, Kpi],
    types: Mapping[str, str],
    reached: Mapping[tuple[str, str], Sequence[float]],
) -> Iterator[tuple[str, str]]:
    for goal in goals:
        kind = types.get(goal.partner_id)
        if kind is None:
            continue
        peers = [p for p, other in types.items() if other == kind and p != goal.partner_id]
        values = [reached[goal.kpi, p] for p in peers if reached.get((goal.kpi, p))]
        yield goal.key, _words(goal, kpis[goal.kpi], kind, values)


def _words(goal: Goal, kpi: Kpi, kind: str, values: Sequence[Sequence[float]]) -> str:
    if len(values) < LEAST_PEERS:
        return f"None: {len(values)} other {kind} partners have figures, {LEAST_PEERS} are needed"
    import numpy as np

    days = (goal.end - goal.start).days + 1
    times = days / _QUARTER_DAYS if adds_up(kpi.value) else 1.0
    pooled = [value * times for told in values for value in told]
    low, mid, high = (shown(float(x), kpi.unit) for x in np.percentile(pooled, (25, 50, 75)))
    return f"{mid} (quartiles {low} to {high}; {len(values)} peers, {len(pooled)} quarters)"
