"""The use case: facts in, a plan out. The one place where the steps meet.

Takes a workbook, a tracker and an engine as arguments and knows none of their makers; has no
clock: ``as_of`` and ``now`` are arguments.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import UTC, date, datetime, time
from itertools import zip_longest
from typing import TYPE_CHECKING

from sheetsync.clean.clean import settle
from sheetsync.clean.lists import with_added_values, with_user_kpis
from sheetsync.clean.settings import read_settings
from sheetsync.layout import tables
from sheetsync.layout.alerts import alert_rows
from sheetsync.layout.attribution import attribution_rows, names_with_rule
from sheetsync.layout.catalogue import catalogue_ops
from sheetsync.layout.dashboard import live_values
from sheetsync.layout.diff import Wanted, diff
from sheetsync.layout.forecast import forecast_rows
from sheetsync.layout.goals import goal_marks
from sheetsync.layout.history import evaluations_in, history_ops
from sheetsync.layout.live import not_live, with_live
from sheetsync.layout.log import log_ops, runs_done
from sheetsync.layout.undo import Refusal, guarded
from sheetsync.live import LiveKpis, catalogue_marks
from sheetsync.measure.measure import measure
from sheetsync.measure.own import own_kpis
from sheetsync.model.errors import NotATracker, NothingToUndo, StaleSnapshot
from sheetsync.model.plan import Plan
from sheetsync.model.present import present
from sheetsync.model.problems import Fix, Problem, Severity
from sheetsync.model.results import Cleaned, Measured
from sheetsync.model.snapshot import Snapshot
from sheetsync.model.tracker import Role, Tracker
from sheetsync.model.values import Formula, Scalar, Value, result_of

if TYPE_CHECKING:
    from sheetsync.model.engine import Engine
    from sheetsync.model.settings import Settings
    from sheetsync.model.workbook import Receipt, Workbook

ATTEMPTS = 3
"""How often a sync reads and plans again when the workbook changes under it."""

Progress = Callable[[str], None]


@dataclass(frozen=True, slots=True)
class Study:
    """Everything that one reading of a workbook says; nothing is written yet.

    ``fixes`` are safe corrections still to be applied; ``fixed``, ``cleaned`` and ``problems``
    describe the workbook as it will be with them. ``tracker`` has the packs that the workbook
    has. ``plan`` is empty when there is nothing to write.
    """

    tracker: Tracker
    seen: Snapshot
    fixed: Snapshot
    settings: Settings
    as_of: date
    cleaned: Cleaned
    measured: Measured
    fixes: Sequence[Fix]
    problems: tuple[Problem, ...]
    plan: Plan
    live: LiveKpis | None = None

    @property
    def errors(self) -> int:
        """How many problems of severity error are open."""
        return sum(p.severity is Severity.ERROR for p in self.problems)


@dataclass(frozen=True, slots=True)
class Outcome:
    """What a command did: ``status`` is written, unchanged or planned."""

    status: str
    study: Study
    receipt: Receipt | None = None


@dataclass(frozen=True, slots=True)
class Undone:
    """What an undo did: the run it took back, the cells it restored and those it left."""

    run: str
    plan: Plan
    refused: tuple[Refusal, ...]
    receipt: Receipt


def _silent(_step: str) -> None:
    """Show no progress."""


def study(
    workbook: Workbook,
    tracker: Tracker,
    engine: Engine,
    *,
    now: datetime,
    as_of: date | None = None,
    progress: Progress = _silent,
) -> Study:
    """Read, clean, measure and plan; writes nothing.

    ``as_of`` wins over the Settings tab, which wins over ``now``. Raises NotATracker when the
    workbook has none of the tracker's entry tabs, and whatever reading raises.
    """
    progress("reading")
    known = tracker
    here = present(tracker, workbook.read(tracker.tabs))
    tracker, seen = here.tracker, here.seen
    _require(seen, tracker)
    tracker, odd_lists = with_added_values(tracker, seen)
    assert tracker.defaults is not None
    settings, told = read_settings(seen, tracker, tracker.defaults)
    if settings.live_kpis and workbook.calculates:
        settings = settings.model_copy(update={"live_kpis": False})
        told = (*told, not_live("formulas over entry tabs are for files so far"))
    tracker = with_user_kpis(tracker, settings.user_kpis)
    tracker = replace(tracker, kpis=(*tracker.kpis, *own_kpis(settings, tracker)))
    tracker = with_live(tracker, known, wanted=settings.live_kpis)
    day = as_of or settings.as_of or now.date()
    progress("cleaning")
    fixes, fixed, cleaned = settle(seen, tracker, settings, day, _decisions(seen))
    progress("computing")
    history, odd_history = evaluations_in(tracker, seen)
    measured = measure(cleaned, tracker, settings, day, engine, history)
    live = LiveKpis.of(tracker, settings, fixed, cleaned, measured, day)
    problems = tables.in_order(
        (
            *seen.problems,
            *tables.missing_tabs(tracker, seen),
            *here.problems(),
            *odd_lists,
            *odd_history,
            *(problem for table in seen.tables.values() for problem in table.problems),
            *told,
            *cleaned.problems,
            *measured.problems,
            *(live.problems() if live else ()),
        ),
        tracker,
    )
    progress("planning")
    draft = Study(
        tracker,
        seen,
        fixed,
        settings,
        day,
        cleaned,
        measured,
        fixes,
        problems,
        Plan((), ""),
        live,
    )
    return replace(draft, plan=_plan(draft, tracker, now))


def _require(seen: Snapshot, tracker: Tracker) -> None:
    entry = [tab.title for tab in tracker.of_role(Role.ENTRY)]
    if not any(tab.key in seen.tables for tab in tracker.of_role(Role.ENTRY)):
        raise NotATracker(
            f"{seen.name} has none of the tabs {', '.join(entry)}: it is not a tracker. "
            "Make one with `sheetsync new PATH`, or open the right file. Nothing was changed."
        )


def _decisions(seen: Snapshot) -> dict[str, str]:
    issues = seen.tables.get("issues")
    if issues is None:
        return {}
    ids, answers = issues.column("issue_id"), issues.column("decision")
    told = zip(map(result_of, ids), map(result_of, answers), strict=True)
    return {str(i): str(answer).strip().casefold() for i, answer in told if i and answer}


def _plan(draft: Study, tracker: Tracker, now: datetime) -> Plan:
    ops = diff(tracker, draft.seen, draft.fixed, _wanted(draft, tracker))
    plan = Plan(ops, draft.seen.fingerprint)
    due = draft.measured.evaluations
    formulas = catalogue_marks(tracker, draft.settings)
    new = catalogue_ops(tracker, draft.seen, draft.settings, formulas)
    if not ops and not due and not new:
        return plan
    run = f"{_stamp(now)}-{plan.fingerprint[:6]}"
    logged = log_ops(tracker, draft.seen, run, now, draft.fixes, _summary(draft))
    told = history_ops(tracker, draft.seen, due, run, _names(draft))
    return Plan((*ops, *new, *told, *logged), draft.seen.fingerprint, run)


def _names(draft: Study) -> dict[str, str]:
    """Partner names by id."""
    partners = draft.cleaned.tables["partners"].frame
    return dict(zip(partners["partner_id"], partners["partner_name"], strict=True))


def _stamp(now: datetime) -> str:
    return f"{now.astimezone(UTC):%Y%m%dT%H%M%SZ}"


def _summary(draft: Study) -> str:
    rows = sum(len(table.frame) for table in draft.cleaned.tables.values())
    return (
        f"as of {draft.as_of}: {rows} rows read, {len(draft.fixes)} cells fixed, "
        f"{draft.errors} errors open"
    )


def _wanted(draft: Study, tracker: Tracker) -> Wanted:
    cleaned, measured = draft.cleaned, draft.measured
    partners = cleaned.tables["partners"].frame
    names = _names(draft)
    bodies = {
        "issues": tables.issue_rows(draft.problems, tracker, draft.seen),
        "summary": tables.summary_rows(cleaned, measured, tracker),
        "kpis": tables.kpi_rows(
            measured.kpis, tracker, names, names_with_rule(tracker.kpis, measured.attribution)
        ),
    }
    if measured.attribution and any(tab.key == "attribution" for tab in tracker.tabs):
        bodies["attribution"] = attribution_rows(measured.attribution, tracker, names)
    if any(tab.key == "forecast" for tab in tracker.tabs):
        bodies["forecast"] = forecast_rows(measured.insight.forecasts, tracker, names)
    if draft.live is not None:
        bodies |= draft.live.bodies(bodies["kpis"])
    if any(tab.key == "alerts" for tab in tracker.tabs):
        told = measured.insight
        bodies["alerts"] = alert_rows(told.alerts, told.tests, tracker, draft.seen, names)
    tiers = {tier.partner_id: tier.tier or None for tier in measured.tiers}
    tier_marks: dict[str, Value] = {
        key: tiers.get(partner)
        for key, partner in zip(partners["_key"], partners["partner_id"], strict=True)
    }
    cells = {**_dash_names(draft), **_tier_names(draft, tracker)}
    return Wanted(
        marks={
            **tables.check_marks(draft.problems, tracker),
            ("partners", "tier"): tier_marks,
            **goal_marks(measured.insight.goals),
            ("catalogue", "formula"): catalogue_marks(tracker, draft.settings),
        },
        tables=bodies,
        names={"dashboard": cells},
        formulas=_formulas(tracker, bodies, cells),
    )


def _formulas(
    tracker: Tracker,
    bodies: Mapping[str, tuple[tuple[Value, ...], ...]],
    cells: Mapping[str, Value],
) -> dict[str, dict[str, Scalar]]:
    columns = {
        column.range_name: [v.value if isinstance(v := row[i], Formula) else v for row in rows]
        for key, rows in bodies.items()
        for i, column in enumerate(tracker.tab(key).columns)
        if column.range_name
    }
    scalars = {name: result_of(value) for name, value in cells.items()}
    return {
        key: dict(live_values(report, columns, scalars)) for key, report in tracker.reports.items()
    }


def _dash_names(draft: Study) -> dict[str, Value]:
    start, end = draft.measured.period
    left_out = sum(int((~table.frame["_used"]).sum()) for table in draft.cleaned.tables.values())
    told = f"{left_out} rows are left out of the numbers: see Issues" if left_out else ""
    return {
        "dash_as_of": datetime.combine(draft.as_of, time()),
        "dash_period_start": datetime.combine(start, time()),
        "dash_period_end": datetime.combine(end, time()),
        "dash_currency": draft.settings.reporting_currency,
        "dash_note": told or "Every row counts: nothing is left out of the numbers",
    }


def _tier_names(draft: Study, tracker: Tracker) -> dict[str, Value]:
    """The Dashboard's tier labels: the tiers of Settings, best first, the base tier last."""
    ranked = sorted(draft.settings.tiers, key=lambda tier: -tier.threshold)
    told = dict.fromkeys((*(tier.name for tier in ranked), draft.settings.base_tier))
    cells = [name for name in tracker.tab("dashboard").names if name.startswith("dash_tier_")]
    return dict(zip_longest(cells, list(told)[: len(cells)]))


def sync(
    workbook: Workbook,
    tracker: Tracker,
    engine: Engine,
    *,
    now: datetime,
    as_of: date | None = None,
    dry_run: bool = False,
    progress: Progress = _silent,
) -> Outcome:
    """Do the whole job: read, clean, compute, write back.

    A workbook that changes under the sync is read and planned again, at most ``ATTEMPTS`` times
    in all, then StaleSnapshot is raised. Nothing is written when nothing differs.
    """
    for attempt in range(1, ATTEMPTS + 1):
        told = study(workbook, tracker, engine, now=now, as_of=as_of, progress=progress)
        if dry_run or not told.plan:
            return Outcome("planned" if told.plan else "unchanged", told)
        progress("writing")
        try:
            return Outcome("written", told, workbook.apply(told.plan, tracker.tabs))
        except StaleSnapshot:
            if attempt == ATTEMPTS:
                raise
    raise AssertionError


def undo(workbook: Workbook, tracker: Tracker, *, now: datetime) -> Undone:
    """Take back the last sync that is not yet undone, cell by cell.

    Cells that people changed since keep their value and are listed as refused. Raises
    NothingToUndo when the Sync Log names no such run or its record is gone.
    """
    here = present(tracker, workbook.read(tracker.tabs))
    seen = here.seen
    _require(seen, here.tracker)
    last = next(iter(runs_done(seen)), "")
    try:
        reverse = workbook.plan_of(last).reverse(seen.fingerprint, "")
    except KeyError as error:
        raise NothingToUndo(
            f"No sync of {seen.name} is recorded here that could be undone: undo works on the "
            "computer that did the sync, for its last 20 runs. Nothing was changed."
        ) from error
    ops, refused = guarded(reverse, tracker, seen)
    run = f"{_stamp(now)}-undo"
    restored = sum(len(op) for op in ops if hasattr(op, "__len__"))
    told = f"took back {last}: {restored} cells restored, {len(refused)} left as they are"
    logged = log_ops(tracker, seen, run, now, (), told, undone=last)
    plan = Plan((*ops, *logged), seen.fingerprint, run, last if not refused else "")
    return Undone(last, plan, tuple(refused), workbook.apply(plan, tracker.tabs))
