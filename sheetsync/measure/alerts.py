"""Alerts: every rule asked about every partner, put together by cause, ranked by what is at stake.

Several rules that see the same cause make one alert, told by the one that speaks loudest. How
many tests were made stands beside every alert, for of hundreds some fire by chance.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import partial
from math import isnan

from sheetsync.measure import alerts_rows
from sheetsync.measure.alerts_found import Finding, Partner, Tests
from sheetsync.measure.alerts_peers import audience_tests, audiences, peer_tests
from sheetsync.measure.alerts_rows import Rows, lately_heard
from sheetsync.measure.alerts_series import series_tests, watched
from sheetsync.measure.frames import used
from sheetsync.measure.history import History
from sheetsync.model.insight import Alert, GoalProgress, Urgency
from sheetsync.model.kpi import Grain, Kpi
from sheetsync.model.results import Cleaned, Evaluation, KpiValue
from sheetsync.model.settings import Settings

RULES = tuple(f"A{i:02d}" for i in range(1, 15))
"""Every rule that ``alerts_off`` may name."""

WEIGHTS: Mapping[Urgency, int] = {Urgency.CRITICAL: 10, Urgency.WARNING: 4, Urgency.NOTE: 1}
"""What an urgency counts when alerts are ranked: times the value at stake."""

_EXPLAINED = frozenset({"A01", "A02", "A03", "A04", "A05", "A06", "A07", "A08", "A10", "A14"})
"""Rules beside which stands what was last heard of the partner."""

UNWATCHED = frozenset({"prospect", "ended"})
"""Statuses of partners that nothing is expected of."""

_NEVER = frozenset({"F01", "F02", "F03", "F05", "F09", "R04", "R04p"})
"""KPIs without rules of their own: revenue is watched once, cost may rise, R04 has A07."""


@dataclass(frozen=True, slots=True)
class Ground:
    """What alerts look at; ``partners`` are those that are not ``UNWATCHED``.

    ``revenue`` names the KPI that says what a partner brings in; ``reviews`` are the evaluations
    of Tier History.
    """

    partners: Sequence[Partner]
    kpis: Mapping[str, Kpi]
    values: Sequence[KpiValue]
    told: History
    rows: Rows
    goals: Sequence[GoalProgress]
    reviews: Sequence[Evaluation]
    cleaned: Cleaned
    settings: Settings
    revenue: str


def alerts(ground: Ground) -> tuple[tuple[Alert, ...], int]:
    """Return all alerts, what matters most first, and how many tests were made."""
    findings: list[Finding] = []
    made = 0
    for told in _tests(ground):
        made += 1
        if told is not None:
            findings.append(told)
    return tuple(_ranked(findings, ground)), made


def _tests(ground: Ground) -> Tests:
    off = frozenset(ground.settings.alerts_off)
    for partner in ground.partners:
        for one in _series(ground, partner):
            yield from one
        yield from _of_rows(ground, partner, off)
    if "A10" not in off:
        yield from alerts_rows.behind(_of_partners(ground), ground.kpis)
    types = {str(p["partner_id"]): str(p["partner_type"] or "") for p in ground.partners}
    if "A14" not in off:
        yield from peer_tests(ground.kpis, ground.values, types)
    if "A11" not in off:
        found = audiences(used(ground.cleaned, "activity"), ground.told.months)
        yield from audience_tests([a for a in found if a.partner_id in types])


def _series(ground: Ground, partner: Partner) -> Iterator[Tests]:
    name, settings = str(partner["partner_id"]), ground.settings
    off = frozenset(settings.alerts_off)
    for kpi in _watched_kpis(ground, str(partner["partner_type"] or "")):
        one = watched(ground.told, kpi, name, settings, revenue=kpi.id == ground.revenue)
        if one is not None:
            yield series_tests(one, off)


def _watched_kpis(ground: Ground, kind: str) -> Iterator[Kpi]:
    """Revenue, and the monthly KPIs that are shown or scored for the type."""
    shown = ground.settings.shown_kpis.get(kind, ())
    scored = (target.kpi for target in ground.settings.scorecards.get(kind, ()))
    for name in dict.fromkeys((ground.revenue, *shown, *scored)):
        kpi = ground.kpis.get(name)
        if kpi is None or Grain.PARTNER_MONTH not in kpi.grains:
            continue
        if name == ground.revenue or (name not in _NEVER and (not kpi.types or kind in kpi.types)):
            yield kpi


def _of_rows(ground: Ground, partner: Partner, off: frozenset[str]) -> Tests:
    rows, name = ground.rows, str(partner["partner_id"])
    reviews = [one for one in ground.reviews if one.partner_id == name]
    cadence = ground.settings.cadence
    tests: Mapping[str, Callable[[], Tests]] = {
        "A07": partial(alerts_rows.slow_answers, partner, rows),
        "A08": partial(alerts_rows.silence, partner, rows),
        "A09": partial(alerts_rows.contract, partner, rows),
        "A10": partial(alerts_rows.overdue, partner, rows),
        "A12": partial(alerts_rows.stale, partner, rows, cadence),
        "A13": partial(alerts_rows.unplanned, partner, rows, reviews),
    }
    for rule, test in tests.items():
        if rule not in off:
            yield from test()


def _of_partners(ground: Ground) -> Iterator[GoalProgress]:
    names = {str(p["partner_id"]) for p in ground.partners}
    return (goal for goal in ground.goals if goal.partner_id in names)


def _ranked(findings: Iterable[Finding], ground: Ground) -> list[Alert]:
    """Make one alert of each cause; what matters most first."""
    causes: defaultdict[tuple[str, str], list[Finding]] = defaultdict(list)
    for finding in findings:
        causes[finding.partner_id, finding.cause].append(finding)
    owners = {str(p["partner_id"]): str(p.get("owner") or "") for p in ground.partners}
    told = [_alert(found, owners, ground) for found in causes.values()]
    return sorted(told, key=lambda a: (-_matters(a), a.partner_id, a.cause))


def _matters(alert: Alert) -> float:
    """Severity times value at stake; a partner that has sold nothing yet still counts a little."""
    return WEIGHTS[alert.urgency] * max(1.0, alert.stake)


def _alert(found: Sequence[Finding], owners: Mapping[str, str], ground: Ground) -> Alert:
    loudest = max(found, key=lambda f: (WEIGHTS[f.urgency], f.at_risk, f.rule))
    others = sorted({f.rule for f in found} - {loudest.rule})
    also = f" Seen by {', '.join(others)} as well." if others else ""
    name = loudest.partner_id
    heard = lately_heard(name, ground.rows) if loudest.rule in _EXPLAINED else ""
    year = _year(ground.told, ground.revenue, name)
    return Alert(
        loudest.cause,
        loudest.rule,
        loudest.urgency,
        name,
        owners.get(name, ""),
        loudest.kpi,
        f"{loudest.evidence}{also}{heard}",
        min((f.since for f in found if f.since), default=None),
        round(max(f.at_risk for f in found) * year, 2),
    )


def _year(told: History, kpi: str, partner: str) -> float:
    """What the partner brought in over the last twelve complete months."""
    found = told.of(kpi, partner)
    amounts = (found[m][0] for m in told.months[-12:] if m in found)
    return max(0.0, sum(a for a in amounts if not isnan(a)))
