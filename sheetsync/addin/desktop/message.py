"""What a message box says after a click: what changed, what is to be fixed, how to go on.

Message boxes do not scroll, so lists are short; the tabs Issues and Sync Log have all of it.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from typing import TYPE_CHECKING

from sheetsync.console import restored
from sheetsync.model.problems import Severity
from sheetsync.model.values import show

if TYPE_CHECKING:
    from sheetsync.layout.undo import Refusal
    from sheetsync.model.problems import Fix, Problem
    from sheetsync.model.tracker import Tracker
    from sheetsync.sync import Outcome, Undone

SHOWN = 8
"""How many lines a list has."""


def told(outcome: Outcome, tracker: Tracker, notes: Sequence[str] = ()) -> str:
    """What a recalculation or a check came to."""
    study = outcome.study
    lines = [f"{study.seen.name}, as of {study.as_of}", *_changes(outcome, tracker), ""]
    lines.append(_issues(study.problems))
    worst = [p for p in study.problems if p.severity is Severity.ERROR and p.decision != "reject"]
    lines += _list([_line(problem, tracker) for problem in worst])
    lines += ["", *notes] if notes else []
    return "\n".join(lines)


def told_undone(undone: Undone, tracker: Tracker, notes: Sequence[str] = ()) -> str:
    """What an undo came to."""
    cells = _count(restored(undone.plan), "cell")
    lines = [f"Took back {undone.run}: {cells} restored, and the computed tabs."]
    if undone.refused:
        lines += ["", f"{_count(len(undone.refused), 'place')} left as people changed them since:"]
        lines += _list([_line(refusal, tracker) for refusal in undone.refused])
    return "\n".join([*lines, *notes])


def _changes(outcome: Outcome, tracker: Tracker) -> list[str]:
    fixes = outcome.study.fixes
    match outcome.status:
        case "unchanged":
            return ["Up to date: nothing was written."]
        case "written":
            head = f"Recalculated; {_count(len(fixes), 'cell')} corrected. Undo takes it back."
        case _:
            head = f"Nothing was written. Recalculate would correct {_count(len(fixes), 'cell')}."
    return [head, *_list([_fix(fix, tracker) for fix in fixes])]


def _issues(problems: Sequence[Problem]) -> str:
    counts = Counter(problem.severity for problem in problems)
    open_ones = [_count(counts[severity], severity) for severity in Severity if counts[severity]]
    return f"Issues: {', '.join(open_ones)} (see the tab Issues)." if open_ones else "Issues: none."


def _list(lines: Sequence[str]) -> list[str]:
    more = [f"  … and {len(lines) - SHOWN:,} more"] if len(lines) > SHOWN else []
    return [*(f"  {line}" for line in lines[:SHOWN]), *more]


def _fix(fix: Fix, tracker: Tracker) -> str:
    return f"{_place(fix, tracker)}: {show(fix.before)} → {show(fix.after)}"


def _line(item: Problem | Refusal, tracker: Tracker) -> str:
    return f"{_place(item, tracker)}: {item.message}".removeprefix(": ")


def _place(item: Fix | Problem | Refusal, tracker: Tracker) -> str:
    """Tab, row and column as people see them."""
    tab = tracker.tab(item.tab) if item.tab else None
    column = tab.column(item.column).title if tab and item.column else ""
    row = f"row {item.row}" if item.row else ""
    return " ".join(part for part in (tab.title if tab else "", row, column) if part)


def _count(number: int, noun: str) -> str:
    return f"{number:,} {noun}{'' if number == 1 else 's'}"
