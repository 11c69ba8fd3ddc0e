"""Tier History: read as evaluations, appended to, never rewritten."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import date, datetime, time, timedelta

from sheetsync.layout.tables import rows_of, tidy
from sheetsync.model.plan import AppendRows
from sheetsync.model.problems import Problem, Severity
from sheetsync.model.results import Evaluation
from sheetsync.model.snapshot import Snapshot, TableSnapshot
from sheetsync.model.tracker import Tracker
from sheetsync.model.values import EPOCH, Scalar, result_of

TAB = "tier_history"
_SERIALS = 2_958_466
"""How many days sheets know."""
_NEEDED = ("at", "partner_id", "tier", "state")


def evaluations_in(
    tracker: Tracker, seen: Snapshot
) -> tuple[tuple[Evaluation, ...] | None, tuple[Problem, ...]]:
    """Return the evaluations that the tab holds, oldest first, and what is wrong with it.

    None where the workbook has no Tier History, or one that lacks a column without which nothing
    can be known: tiers then follow today's numbers, and nothing is appended.
    """
    if all(tab.key != TAB for tab in tracker.tabs):
        return None, ()
    table = seen.tables.get(TAB)
    if table is None:
        return (), ()
    missing = [key for key in _NEEDED if key not in table.bound]
    if missing:
        return None, tuple(_lacks(key, tracker, table) for key in missing)
    keys = (*_NEEDED, "score", "target_tier", "reason", "health")
    blank: Sequence[Scalar] = [None] * len(table.rows)
    columns = [
        list(map(result_of, table.column(key))) if key in table.bound else blank for key in keys
    ]
    lines = (_evaluation(*line) for line in zip(*columns, strict=True))
    return tuple(sorted(filter(None, lines), key=lambda line: line.day)), ()


def _lacks(key: str, tracker: Tracker, table: TableSnapshot) -> Problem:
    title = tracker.tab(TAB).column(key).title
    told = (
        f"{table.title} has no column {title}: tiers follow today's numbers, and no evaluation is "
        "added until it is back."
    )
    return Problem("missing_column", Severity.ERROR, TAB, "", 0, key, title, told)


def _evaluation(
    at: Scalar,
    partner: Scalar,
    tier: Scalar,
    state: Scalar,
    score: Scalar,
    target: Scalar,
    reason: Scalar,
    health: Scalar,
) -> Evaluation | None:
    """One row; None where it names no day, partner or tier."""
    day = _day(at)
    if day is None or not all(isinstance(x, str) and x for x in (partner, tier, state)):
        return None
    return Evaluation(
        day,
        str(partner),
        _number(score),
        str(target or ""),
        str(tier),
        str(state),
        str(reason or ""),
        _number(health),
    )


def _number(value: Scalar) -> float | None:
    return float(value) if isinstance(value, int | float) else None


def _day(value: Scalar) -> date | None:
    """A day; also as text, and as the number that it becomes when people format it as one."""
    if isinstance(value, datetime):
        return value.date()
    if isinstance(value, float | int) and not isinstance(value, bool):
        return EPOCH.date() + timedelta(days=int(value)) if 1 <= value < _SERIALS else None
    try:
        return date.fromisoformat(value.strip()[:10]) if isinstance(value, str) else None
    except ValueError:
        return None


def history_ops(
    tracker: Tracker,
    seen: Snapshot,
    due: Sequence[Evaluation],
    run: str,
    names: Mapping[str, str],
) -> tuple[AppendRows, ...]:
    """Return the op that appends evaluations, none when nothing is due."""
    if not due:
        return ()
    tab = tracker.tab(TAB)
    table = seen.tables.get(TAB)
    rows = rows_of(
        tab,
        (
            {
                "at": datetime.combine(one.day, time()),
                "partner_id": one.partner_id,
                "partner_name": names.get(one.partner_id),
                "score": tidy(one.score),
                "target_tier": one.target,
                "tier": one.tier,
                "state": one.state,
                "health": tidy(one.health),
                "reason": one.reason,
                "run": run,
            }
            for one in due
        ),
    )
    kept = [i for i, c in enumerate(tab.columns) if table is None or c.key in table.bound]
    columns = tuple(tab.columns[i].key for i in kept)
    picked = tuple(tuple(row[i] for i in kept) for row in rows)
    return (AppendRows(TAB, columns, picked),)
