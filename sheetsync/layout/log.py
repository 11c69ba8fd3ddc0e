"""The Sync Log: what every run did, appended, never rewritten."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import UTC, datetime

from sheetsync.layout.tables import as_text_if_time, rows_of
from sheetsync.model.plan import AppendRows
from sheetsync.model.problems import Fix
from sheetsync.model.snapshot import Snapshot
from sheetsync.model.tracker import Tracker
from sheetsync.model.values import Value, result_of

LISTED = 2000
"""How many fixes of one run the tab lists; the run's journal has them all."""


def log_ops(
    tracker: Tracker,
    seen: Snapshot,
    run: str,
    now: datetime,
    fixes: Sequence[Fix],
    note: str,
    undone: str = "",
) -> tuple[AppendRows, ...]:
    """Return the op that logs a run: one line for the run, one for each fix with its original."""
    at = now.astimezone(UTC).replace(tzinfo=None, microsecond=0)
    head: dict[str, Value] = {"at": at, "run": run, "kind": "undo" if undone else "sync"}
    lines: list[dict[str, Value]] = [{**head, "before": undone or None, "note": note}]
    lines += [{**head, "kind": "fix", **_fix(fix, tracker, seen)} for fix in fixes[:LISTED]]
    if len(fixes) > LISTED:
        more = f"and {len(fixes) - LISTED} more fixes: all are in this run's record, for undo"
        lines.append({**head, "kind": "fix", "note": more})
    tab = tracker.tab("log")
    return (AppendRows("log", tuple(c.key for c in tab.columns), rows_of(tab, lines)),)


def _fix(fix: Fix, tracker: Tracker, seen: Snapshot) -> Mapping[str, Value]:
    return {
        "tab": seen.tables[fix.tab].title,
        "row": fix.row,
        "column": tracker.tab(fix.tab).column(fix.column).title,
        "before": as_text_if_time(fix.before),
        "after": as_text_if_time(fix.after),
        "note": fix.code,
    }


def runs_done(seen: Snapshot) -> tuple[str, ...]:
    """Return the syncs that the log names and that no undo took back, newest first."""
    log = seen.tables.get("log")
    if log is None:
        return ()
    columns = (log.column("kind"), log.column("run"), log.column("before"))
    lines = [tuple(map(result_of, line)) for line in zip(*columns, strict=True)]
    undone = {before for kind, _, before in lines if kind == "undo"}
    runs = [str(run) for kind, run, _ in lines if kind == "sync" and run not in undone]
    return tuple(reversed(runs))


def last_run(seen: Snapshot) -> tuple[str, str] | None:
    """Return kind and name of the newest run that the log names; None without one."""
    log = seen.tables.get("log")
    if log is None:
        return None
    kinds, runs = (map(result_of, log.column(key)) for key in ("kind", "run"))
    told = [(str(kind), str(run)) for kind, run in zip(kinds, runs, strict=True) if kind and run]
    return told[-1] if told else None
