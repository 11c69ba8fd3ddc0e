"""What a command says: the documented JSON, and the short report that people read."""

from __future__ import annotations

from collections import Counter
from textwrap import fill
from typing import TYPE_CHECKING, Any

from sheetsync.clean.fixes import rule_counts
from sheetsync.layout.tables import tidy
from sheetsync.model.plan import (
    AppendRows,
    Plan,
    Recache,
    ReplaceRows,
    WriteCells,
    WriteNames,
    encode,
)
from sheetsync.model.problems import Fix, Problem, Severity
from sheetsync.model.results import KpiValue
from sheetsync.model.tracker import Role, Tracker
from sheetsync.model.values import show

if TYPE_CHECKING:
    from rich.console import Console

    from sheetsync.sync import Outcome, Study, Undone

SHOWN = 12
"""How many problems the short report lists."""


def as_json(outcome: Outcome, tracker: Tracker, seconds: float) -> dict[str, Any]:
    """Return the documented JSON of check and sync (README, section JSON)."""
    told = outcome.study
    return {
        "workbook": told.seen.name,
        "as_of": told.as_of.isoformat(),
        "status": outcome.status,
        "tabs": _tabs(told, tracker),
        "issues": [_issue(problem, tracker) for problem in told.problems],
        "fixes": [_fix(fix, tracker) for fix in told.fixes],
        "kpis": [_kpi(value) for value in told.measured.kpis],
        "tiers": _tiers(told),
        "seconds": round(seconds, 3),
    }


def _tiers(told: Study) -> list[dict[str, Any]]:
    health = {one.partner_id: one for one in told.measured.health}
    return [
        {
            "partner_id": t.partner_id,
            "tier": t.tier or None,
            "score": tidy(t.score),
            "state": t.state or None,
            "target_tier": t.target or None,
            "health": tidy(one.score) if (one := health.get(t.partner_id)) else None,
            "direction": (one.direction if one else None) or None,
        }
        for t in told.measured.tiers
    ]


def _tabs(told: Study, tracker: Tracker) -> dict[str, dict[str, int]]:
    counts = {}
    for tab in tracker.of_role(Role.ENTRY):
        if tab.key in told.cleaned.tables:
            used = told.cleaned.tables[tab.key].frame["_used"]
            rows, good = len(used), int(used.sum())
            counts[tab.title] = {"rows": rows, "used": good, "excluded": rows - good}
    return counts


def _place(item: Problem | Fix, tracker: Tracker) -> dict[str, Any]:
    tab = tracker.tab(item.tab) if item.tab else None
    column = tab.column(item.column).title if tab and item.column else None
    return {
        "tab": tab.title if tab else None,
        "key": item.key or None,
        "row": item.row or None,
        "column": column,
    }


def _issue(problem: Problem, tracker: Tracker) -> dict[str, Any]:
    return {
        "code": problem.code,
        "severity": str(problem.severity),
        **_place(problem, tracker),
        "found": problem.found,
        "message": problem.message,
        "suggested": encode(problem.suggested),
    }


def _fix(fix: Fix, tracker: Tracker) -> dict[str, Any]:
    told = {"before": encode(fix.before), "after": encode(fix.after)}
    return {"code": fix.code, **_place(fix, tracker), **told}


def _kpi(value: KpiValue) -> dict[str, Any]:
    month = f"{value.month // 100}-{value.month % 100:02d}" if value.month else None
    return {
        "kpi": value.kpi,
        "partner_id": value.group or None,
        "month": month,
        "value": tidy(value.value),
        "n": value.n,
        "low": tidy(value.low),
        "high": tidy(value.high),
        "flag": str(value.flag),
    }


def undone_json(undone: Undone, name: str, tracker: Tracker, seconds: float) -> dict[str, Any]:
    """Return the documented JSON of undo."""
    return {
        "workbook": name,
        "status": "undone",
        "run": undone.run,
        "restored": restored(undone.plan),
        "refused": [
            {
                "tab": tracker.tab(r.tab).title,
                "key": r.key or None,
                "row": r.row or None,
                "column": tracker.tab(r.tab).column(r.column).title if r.column else None,
                "message": r.message,
            }
            for r in undone.refused
        ],
        "seconds": round(seconds, 3),
    }


def restored(plan: Plan) -> int:
    """How many of people's cells a plan writes."""
    return sum(len(op) for op in plan.ops if isinstance(op, WriteCells))


def tell(console: Console, outcome: Outcome, tracker: Tracker, path: str) -> None:
    """Print the short report of check and sync."""
    told = outcome.study
    start, end = told.measured.period
    console.print(f"[bold]{_safe(told.seen.name)}[/]  as of {told.as_of}")
    _line(console, f"  Period   {start} to {end}, money in {told.settings.reporting_currency}")
    _line(console, f"  Rows     {_rows_line(told, tracker)}")
    _line(console, f"  Fixes    {_fixes_line(outcome)}")
    _line(console, f"  Issues   {_issues_line(told)}")
    for line in _numbers(told):
        _line(console, f"  {line}")
    _list_problems(console, told, tracker)
    console.print(_closing(outcome, path))


def _line(console: Console, line: str, colour: str = "") -> None:
    """Print a line; on a terminal it breaks at words and goes on below its own text.

    ``colour`` paints its first word.
    """
    from rich.text import Text

    if console.is_terminal:
        indent = " " * (4 if colour else 11)
        line = fill(
            line,
            max(console.width, 40),
            subsequent_indent=indent,
            break_long_words=False,
            break_on_hyphens=False,
        )
    told = Text(line)
    if colour:
        start = len(line) - len(line.lstrip())
        told.stylize(colour, start, line.index(" ", start))
    console.print(told)


def _safe(text: str) -> str:
    from rich.markup import escape

    return escape(text)


def _rows_line(told: Study, tracker: Tracker) -> str:
    parts = []
    for title, count in _tabs(told, tracker).items():
        if count["rows"]:
            out = f" ({count['excluded']} left out)" if count["excluded"] else ""
            parts.append(f"{title} {count['rows']:,}{out}")
    return ", ".join(parts) or "none yet: type partners into the tab Partners"


def _fixes_line(outcome: Outcome) -> str:
    count = len(outcome.study.fixes)
    if not count:
        return "none needed"
    kinds = rule_counts(outcome.study.fixes)
    told = ", ".join(f"{kind.replace('_', ' ')} {n:,}" for kind, n in kinds.most_common(5))
    verb = "applied, each with its original in the Sync Log" if outcome.receipt else "to apply"
    return f"{count:,} {verb}: {told}"


def _issues_line(told: Study) -> str:
    counts = Counter(problem.severity for problem in told.problems)
    if not counts:
        return "none"
    parts = [f"{counts[s]:,} {s}{'s' if counts[s] != 1 else ''}" for s in Severity if counts[s]]
    return ", ".join(parts)


def _numbers(told: Study) -> list[str]:
    values = {v.kpi: v for v in told.measured.kpis if not v.group and not v.month}
    lines = []
    money = told.settings.reporting_currency
    kinds = (("F01", "Revenue", money), ("S04", "Pipeline", money), ("S06", "Win rate", ""))
    for kpi, name, currency in kinds:
        if kpi in values:
            lines.append(f"{name:<8} {_number(values[kpi], currency)}")
    tiers = Counter(tier.tier for tier in told.measured.tiers if tier.tier)
    if tiers:
        order = {tier.name: -tier.threshold for tier in told.settings.tiers}
        ranked = sorted(tiers.items(), key=lambda item: (order.get(item[0], 1), item[0]))
        lines.append("Tiers    " + ", ".join(f"{name} {n}" for name, n in ranked))
    return lines


def _number(value: KpiValue, currency: str) -> str:
    """A sum with its currency, or a share when there is none; words where the value is missing."""
    if value.value is None:
        return str(value.flag)
    text = f"{value.value:,.0f} {currency}" if currency else f"{value.value:.1%}"
    if value.low is not None and value.high is not None:
        text += f" (95 % interval {value.low:.1%} to {value.high:.1%}, n = {value.n})"
    return text if value.flag == "ok" else f"{text}, {value.flag}"


def _list_problems(console: Console, told: Study, tracker: Tracker) -> None:
    worth = [p for p in told.problems if p.severity is not Severity.NOTE and p.decision != "reject"]
    worth.sort(key=lambda p: (list(Severity).index(p.severity), _of_one_row(p)))
    for problem in worth[:SHOWN]:
        place = _place(problem, tracker)
        where = " ".join(
            str(part)
            for part in (place["tab"], place["row"] and f"row {place['row']}", place["column"])
            if part
        )
        colour = "red" if problem.severity is Severity.ERROR else "yellow"
        _line(console, f"  {problem.severity} {where}: {problem.message}", colour)
    if len(worth) > SHOWN:
        console.print(f"  … and {len(worth) - SHOWN:,} more")


def _of_one_row(problem: Problem) -> bool:
    """False for what concerns a whole tab, column or setting: that is put right first."""
    return problem.row > 1 and problem.tab != "settings"


def _closing(outcome: Outcome, path: str) -> str:
    path = _safe(path)
    match outcome.status:
        case "written":
            return (
                "Written. Open the workbook: Dashboard first, then Issues.\n"
                f"Take it back with: sheetsync undo {path}"
            )
        case "unchanged":
            return "Nothing to do: the workbook is up to date."
        case _:
            return f"Nothing was written. Do it with: sheetsync sync {path}"


def tell_plan(console: Console, plan: Plan, tracker: Tracker) -> None:
    """Print every op of a plan, cell by cell for what people own."""
    console.print("[bold]Plan[/]")
    for op in plan.ops:
        tab = tracker.tab(op.tab)
        match op:
            case WriteCells():
                title = tab.column(op.column).title
                for row, old, new in zip(op.rows, op.old, op.new, strict=True):
                    place = f"{tab.title} row {row} {title}"
                    console.print(f"  {_safe(place)}: {_safe(show(old))} → {_safe(show(new))}")
            case ReplaceRows():
                console.print(f"  {tab.title}: {len(op.old)} rows become {len(op.new)}")
            case AppendRows():
                console.print(f"  {tab.title}: {len(op.rows)} lines added")
            case WriteNames():
                console.print(f"  {tab.title}: {', '.join(op.names)}")
            case Recache():
                console.print(f"  {tab.title}: {len(op.formulas)} formulas show new values")


def tell_undone(console: Console, undone: Undone, name: str, tracker: Tracker) -> None:
    """Print what an undo did and what it left."""
    console.print(f"[bold]{_safe(name)}[/]  took back {undone.run}")
    console.print(f"  Restored {restored(undone.plan):,} cells and the computed tabs")
    for refusal in undone.refused:
        tab = tracker.tab(refusal.tab)
        column = tab.column(refusal.column).title if refusal.column else ""
        row = f"row {refusal.row}" if refusal.row else ""
        place = " ".join(part for part in (tab.title, row, column) if part)
        console.print(f"  [yellow]left[/] {_safe(place)}: {_safe(refusal.message)}")
