"""Alerts from people's rows: slow answers, silence, contracts, overdue work, stale data (A07-A13).

Every rule looks at each partner that is neither a prospect nor ended.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from statistics import median
from typing import Any

from sheetsync.measure.alerts_found import WHOLLY, Finding, Partner, Tests, day_of
from sheetsync.measure.alerts_tests import robust_z
from sheetsync.measure.frames import used
from sheetsync.measure.goals import shown
from sheetsync.model.insight import GoalProgress, Urgency
from sheetsync.model.kpi import Kpi
from sheetsync.model.results import Cleaned, Evaluation

RECENT_DAYS = 90
SLOWER, SLOWER_HOURS, LEAST_REQUESTS = 3.0, 12.0, 5
SILENT_DAYS = 60
PENDING_DAYS = 30
_CONTRACT_DAYS = ((30, Urgency.CRITICAL), (60, Urgency.WARNING), (90, Urgency.NOTE))
BEHIND, LEAST_ELAPSED = 0.8, 0.25
"""Pace below which a goal is behind, and the share of its span before which nobody can tell."""
RED = 50.0
HEARD_DAYS = 180
"""How far back feedback, issues and lost deals may explain what is seen now."""
REVIEWS = 2

_SIGNS: Mapping[str, tuple[str, ...]] = {
    "deals": ("created", "closed", "lead_date"),
    "money": ("date",),
    "activity": ("month",),
    "interactions": ("date",),
    "plan": ("done",),
    "touches": ("date",),
    "surveys": ("date",),
}
"""Dated columns that say that something happened with a partner."""


@dataclass(frozen=True, slots=True)
class Rows:
    """The rows of every tab that count, by partner; made once for all rules."""

    as_of: date
    by_tab: Mapping[str, Mapping[str, Sequence[Mapping[Any, Any]]]]

    def of(self, tab: str, partner: str) -> Sequence[Mapping[Any, Any]]:
        """Return a partner's rows of a tab."""
        return self.by_tab.get(tab, {}).get(partner, ())


def rows_by_partner(cleaned: Cleaned, as_of: date) -> Rows:
    """Sort what the rules read of every tab by partner."""
    told: dict[str, dict[str, list[Mapping[Any, Any]]]] = {}
    for tab, wanted in _READ.items():
        frame = used(cleaned, tab)
        columns = [c for c in ("partner_id", *wanted) if c in frame]
        groups: defaultdict[str, list[Mapping[Any, Any]]] = defaultdict(list)
        for row in frame[columns].to_dict("records") if "partner_id" in columns else ():
            groups[str(row["partner_id"])].append(row)
        told[tab] = groups
    return Rows(as_of, told)


_READ: Mapping[str, tuple[str, ...]] = {
    **_SIGNS,
    "contacts": ("last_verified",),
    "interactions": ("date", "asked_at", "answered_at", "kind", "theme", "summary"),
    "plan": ("kind", "title", "due", "done", "status"),
    "contracts": ("version", "status", "start", "end", "auto_renew"),
    "deals": (*_SIGNS["deals"], "deal_id", "stage", "reason"),
}


# -- A07: slow answers ----------------------------------------------------------------------------


def slow_answers(partner: Partner, rows: Rows) -> Tests:
    """A07: the median answer of 90 days took three times as long as before, and 12 hours more."""
    name = str(partner["partner_id"])
    split = rows.as_of - timedelta(days=RECENT_DAYS)
    before: list[tuple[float, bool]] = []
    lately: list[tuple[float, bool]] = []
    for row in rows.of("interactions", name):
        asked = day_of(row["asked_at"])
        if asked is not None and asked <= rows.as_of:
            (lately if asked > split else before).append(_took(row, rows.as_of))
    usual, now = _answers(before), _answers(lately)
    if len(now) < LEAST_REQUESTS or len(usual) < LEAST_REQUESTS:
        return
    words = slower(now, usual)
    if not words:
        yield None
        return
    yield Finding("A07", "response", Urgency.WARNING, name, "R04", words, split + timedelta(days=1))


def _took(row: Mapping[Any, Any], as_of: date) -> tuple[float, bool]:
    """Hours to the answer, or waited so far, and whether there is an answer."""
    asked, answered = row["asked_at"], row["answered_at"]
    there = day_of(answered) is not None and day_of(answered) <= as_of  # type: ignore[operator]
    until = answered if there else datetime(as_of.year, as_of.month, as_of.day)
    return max(0.0, (until - asked).total_seconds() / 3600), there


def _answers(told: Iterable[tuple[float, bool]]) -> list[float]:
    """Hours of the answers, and of open requests that have waited longer than their median."""
    listed = list(told)
    done = [hours for hours, there in listed if there]
    middle = median(done) if done else 0.0
    return done + [hours for hours, there in listed if not there and hours >= middle]


def slower(now: Sequence[float], usual: Sequence[float]) -> str:
    """Say how much slower answers have become; "" when it is not by enough.

    >>> slower([36] * 5, [5, 6, 7, 5, 7, 6, 6, 5, 7])[:46]
    'Answers take 36 h (5 requests) instead of 6 h '
    """
    late, base = median(now), median(usual)
    if late < SLOWER * base or late - base < SLOWER_HOURS:
        return ""
    z = robust_z(late, usual)
    odd = f"; robust z {z:.1f}" if z is not None else ""
    return (
        f"Answers take {late:.3g} h ({len(now)} requests) instead of {base:.3g} h "
        f"({len(usual)} before{odd})."
    )


# -- A08: silence ---------------------------------------------------------------------------------


def silence(partner: Partner, rows: Rows) -> Tests:
    """A08: nothing dated in any tab for 60 days."""
    name, start = str(partner["partner_id"]), day_of(partner.get("start_date"))
    days = [d for d in _signs(name, rows) if d <= rows.as_of]
    last = max(days, default=start)
    if last is None or (start is not None and (rows.as_of - start).days < SILENT_DAYS):
        return
    quiet = (rows.as_of - last).days
    if quiet < SILENT_DAYS:
        yield None
        return
    what = f"since {last}" if days else f"since the start on {last}"
    told = f"Not one row {what}: {quiet} days without a deal, sale, figure or contact."
    yield Finding("A08", "silent", Urgency.WARNING, name, "", told, last, WHOLLY)


def _signs(name: str, rows: Rows) -> Iterator[date]:
    for tab, columns in _SIGNS.items():
        for row in rows.of(tab, name):
            for column in columns:
                day = day_of(row.get(column))
                if day is not None:
                    # The figures of a month speak for all of it.
                    yield min(day + timedelta(days=30), rows.as_of) if column == "month" else day


# -- A09: contracts -------------------------------------------------------------------------------


def contract(partner: Partner, rows: Rows) -> Tests:
    """A09: a contract runs out within 90, 60 or 30 days, has run out, or waits to be signed."""
    name = str(partner["partner_id"])
    status, end, since, renews = _contract(partner, rows)
    if status in ("proposal", "draft") and since is not None:
        waited = (rows.as_of - since).days
        told = f"The contract has been waiting to be signed for {waited} days, since {since}."
        late = waited > PENDING_DAYS
        yield _about_contract(name, Urgency.WARNING, told, since) if late else None
        return
    if end is None or status not in ("signed", "expired", ""):
        return
    left = (end - rows.as_of).days
    urgency = next((u for most, u in _CONTRACT_DAYS if left <= most), None)
    seen = end - timedelta(days=_CONTRACT_DAYS[-1][0])
    if urgency is None:
        yield None
    elif renews and left >= 0:
        told = f"The contract ends on {end}, in {left} days, and goes on by itself."
        yield _about_contract(name, Urgency.NOTE, told, seen)
    else:
        when = f"ends on {end}, in {left} days" if left >= 0 else f"ran out on {end}"
        yield _about_contract(name, urgency, f"The contract {when}.", seen)


def _contract(partner: Partner, rows: Rows) -> tuple[str, date | None, date | None, bool]:
    """State, end, since when it waits, and whether it renews itself: of Contracts, or Partners.

    Of several signed versions the one that ends last counts.
    """
    versions = rows.of("contracts", str(partner["partner_id"]))
    signed = [v for v in versions if v["status"] == "signed"]
    if signed:
        latest = max(signed, key=lambda v: day_of(v["end"]) or date.max)
        return "signed", day_of(latest["end"]), None, latest.get("auto_renew") == 1
    if versions:
        latest = max(versions, key=lambda v: v["version"] if v["version"] == v["version"] else 0)
        return str(latest["status"]), day_of(latest["end"]), day_of(latest["start"]), False
    status = str(partner.get("contract_status") or "")
    start = day_of(partner.get("start_date"))
    return status, day_of(partner.get("contract_end")), start, False


def _about_contract(name: str, urgency: Urgency, told: str, since: date) -> Finding:
    return Finding("A09", "contract", urgency, name, "T09", told, since, WHOLLY)


# -- A10: overdue milestones, goals behind --------------------------------------------------------


def overdue(partner: Partner, rows: Rows) -> Tests:
    """A10: milestones past their day."""
    name = str(partner["partner_id"])
    late = sorted(
        (due, str(row["title"]))
        for row in rows.of("plan", name)
        if row["kind"] == "milestone"
        and row["status"] not in ("done", "dropped")
        and (due := day_of(row["due"])) is not None
        and due < rows.as_of
        and ((done := day_of(row["done"])) is None or done > rows.as_of)
    )
    if not late:
        yield None
        return
    (due, title), days = late[0], (rows.as_of - late[0][0]).days
    more = f", and {len(late) - 1} more" if len(late) > 1 else ""
    told = f"Milestone overdue by {days} days: {title} (due {due}){more}."
    urgency = Urgency.WARNING if days > 30 else Urgency.NOTE
    yield Finding("A10", "milestones", urgency, name, "T01", told, due)


def behind(goals: Iterable[GoalProgress], kpis: Mapping[str, Kpi]) -> Tests:
    """A10: goals that have come less far than four fifths of what the time passed asks for.

    A goal whose span is over is reached or missed: no pace would still reach it.
    """
    for goal in goals:
        elapsed = goal.elapsed or 0
        if goal.pace is None or not goal.current or not LEAST_ELAPSED <= elapsed < 1:
            continue
        if goal.pace >= BEHIND or (goal.attained or 0) >= 1:
            yield None
            continue
        kpi = kpis[goal.kpi]
        told = (
            f"Goal {goal.goal_id} on {kpi.title} is behind: {goal.attained or 0:.0%} of the way "
            f"({shown(goal.value or 0, kpi.unit)}) after {elapsed:.0%} of the time."
        )
        yield Finding(
            "A10", f"goal:{goal.goal_id}", Urgency.WARNING, goal.partner_id, goal.kpi, told
        )


# -- A12, A13 -------------------------------------------------------------------------------------


def stale(partner: Partner, rows: Rows, cadence: Mapping[str, int]) -> Tests:
    """A12: rows of a tab that have not been looked at, or added to, for longer than agreed.

    The partner's own row and its contacts are looked at in one go: they make one finding.
    """
    name = str(partner["partner_id"])
    found: dict[str, list[tuple[date, str]]] = {}
    for tab, what, last in _last_looks(partner, rows):
        least = cadence.get(tab)
        if least is None or last is None:
            continue
        age = (rows.as_of - last).days
        cause = "partners" if tab == "contacts" else tab
        if age <= least or cause in found:
            yield None
        if age > least:
            told = f"{what} {age} days ago, on {last}; every {least} days is agreed."
            found.setdefault(cause, []).append((last, told))
    for cause, looks in found.items():
        since, told = min(looks)[0], " ".join(words for _, words in looks)
        yield Finding("A12", f"stale:{cause}", Urgency.NOTE, name, "T10", told, since, 0.0)


def _last_looks(partner: Partner, rows: Rows) -> Iterator[tuple[str, str, date | None]]:
    name = str(partner["partner_id"])
    yield "partners", "The partner's row was verified", day_of(partner.get("last_verified"))
    contacts = [day_of(row["last_verified"]) for row in rows.of("contacts", name)]
    oldest = min((d for d in contacts if d), default=None)
    yield "contacts", "The contact longest unverified was looked at", oldest
    months = [day_of(row["month"]) for row in rows.of("activity", name)]
    latest = max((d for d in months if d), default=None)
    # A month's figures are as new as its end.
    ended = latest and (latest.replace(day=28) + timedelta(days=4)).replace(day=1)
    yield "activity", "The last month with figures ended", ended and ended - timedelta(days=1)
    asked = [day_of(row["date"]) for row in rows.of("surveys", name)]
    yield "surveys", "The last survey was answered", max((d for d in asked if d), default=None)


def unplanned(partner: Partner, rows: Rows, reviews: Sequence[Evaluation]) -> Tests:
    """A13: red at two reviews running, and no improvement plan; ``reviews`` are the partner's.

    A review of as-of is not looked at: the sync that makes it and the one after must agree.
    """
    name = str(partner["partner_id"])
    told = sorted((one for one in reviews if one.day < rows.as_of), key=lambda one: one.day)
    known = [one for one in told if one.health is not None]
    if len(known) < REVIEWS:
        return
    last = known[-REVIEWS:]
    red = all((one.health or 0) < RED for one in last)
    planned = any(
        row["kind"] == "improvement" and row["status"] not in ("done", "dropped")
        for row in rows.of("plan", name)
    )
    if not red or planned:
        yield None
        return
    scores = ", ".join(f"{one.health:.0f} on {one.day}" for one in last)
    words = f"Health is red for {REVIEWS} reviews running ({scores}) without an improvement plan."
    yield Finding("A13", "no plan", Urgency.CRITICAL, name, "", words, last[0].day)


def lately_heard(partner: str, rows: Rows) -> str:
    """Say what was heard of late that may explain an alert: feedback, an issue, a deal lost."""
    since = rows.as_of - timedelta(days=HEARD_DAYS)
    talks = [
        (day, f"{row['kind']} on {day}: {row['summary'] or row['theme'] or 'no summary'}")
        for row in rows.of("interactions", partner)
        if row["kind"] in ("feedback", "issue") and (day := day_of(row["date"])) and day >= since
    ]
    losses = [
        (day, f"{row['deal_id']} lost on {day}: {row['reason']}")
        for row in rows.of("deals", partner)
        if row["stage"] == "lost" and row["reason"] and (day := day_of(row["closed"]))
        if day >= since
    ]
    told = [max(found)[1] for found in (talks, losses) if found]
    return f" Last heard: {'; '.join(told)}." if told else ""
