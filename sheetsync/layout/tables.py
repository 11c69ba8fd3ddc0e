"""Results to the bodies of the computed tabs, and the marks beside people's rows."""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Iterable, Mapping, Sequence
from datetime import datetime, time, timedelta
from typing import Any

from sheetsync.layout.phrases import phrase
from sheetsync.model.plan import Row, as_rows
from sheetsync.model.problems import Problem, Severity
from sheetsync.model.results import Cleaned, Flag, Health, KpiValue, Measured, TierResult
from sheetsync.model.snapshot import Snapshot
from sheetsync.model.tables import letters
from sheetsync.model.tracker import Role, Tab, Tracker
from sheetsync.model.values import Formula, Value, show

PERIOD = "period"
PROGRAMME_GROUP = "programme"
_ORDER = {Severity.ERROR: 0, Severity.WARNING: 1, Severity.NOTE: 2}


def rows_of(tab: Tab, records: Iterable[Mapping[str, Value]]) -> tuple[Row, ...]:
    """Put records (value by column key) into rows in the order of the tab's columns."""
    keys = [column.key for column in tab.columns]
    return tuple(tuple(record.get(key) for key in keys) for record in records)


def in_order(problems: Iterable[Problem], tracker: Tracker) -> tuple[Problem, ...]:
    """Sort problems as people work them off: open ones first, worst first, then by place.

    Of equally bad ones those of a whole tab, column or setting come first: putting one of them
    right often settles many single cells.
    """
    places = {tab.key: i for i, tab in enumerate(tracker.tabs)}
    entry = {tab.key for tab in tracker.of_role(Role.ENTRY)}
    return tuple(
        sorted(
            problems,
            key=lambda p: (
                p.decision == "reject",
                _ORDER[p.severity],
                p.tab in entry and bool(p.key),
                places.get(p.tab, -1),
                p.row,
                p.column,
                p.code,
                p.id,
            ),
        )
    )


def missing_tabs(tracker: Tracker, seen: Snapshot) -> tuple[Problem, ...]:
    """Tell of entry tabs that are not in the workbook; the rest is computed without them."""
    return tuple(
        Problem(
            "missing_tab",
            Severity.WARNING,
            tab.key,
            "",
            0,
            "",
            "",
            f"The tab {tab.title} is not in this workbook: its KPIs have no data. {_way_back(tab)}",
        )
        for tab in tracker.of_role(Role.ENTRY)
        if tab.key not in seen.tables
    )


def _way_back(tab: Tab) -> str:
    if tab.pack:
        return f"Add the pack {tab.pack} again (sheetsync add-pack) if you want it back."
    return "Copy the tab from a new tracker if you want it back."


def issue_rows(problems: Sequence[Problem], tracker: Tracker, seen: Snapshot) -> tuple[Row, ...]:
    """Return the Issues tab's body: one row per problem, each with a link to its cell."""
    return rows_of(tracker.tab("issues"), (_issue(p, tracker, seen) for p in problems))


def _issue(problem: Problem, tracker: Tracker, seen: Snapshot) -> dict[str, Value]:
    tab = tracker.tab(problem.tab) if problem.tab else None
    named = problem.column and tab is not None
    return {
        "issue_id": problem.id,
        "severity": str(problem.severity),
        "tab": seen.tables[problem.tab].title if problem.tab in seen.tables else None,
        "cell": _link(problem, seen),
        "row_key": None if problem.key.startswith("~") else problem.key or None,
        "column": tab.column(problem.column).title if named and tab is not None else None,
        "found": problem.found or None,
        "message": problem.message,
        "suggested": as_text_if_time(problem.suggested),
        "decision": problem.decision or None,
        "code": problem.code,
    }


def as_text_if_time(value: Value) -> Value:
    """A day or time as text, for columns that hold all kinds of values and have no date look."""
    return show(value, 255) if isinstance(value, datetime | timedelta) else value


def _link(problem: Problem, seen: Snapshot) -> Value:
    table = seen.tables.get(problem.tab)
    if table is None or not problem.row:
        return None
    cell = f"{letters(table.bound.get(problem.column, 0))}{problem.row}"
    title = table.title.replace("'", "''").replace('"', '""')
    return Formula(f'HYPERLINK("#\'{title}\'!{cell}","{cell}")', cell)


def check_marks(
    problems: Iterable[Problem], tracker: Tracker
) -> dict[tuple[str, str], dict[str, Value]]:
    """Return the Check column of every entry tab: by row key, what is wrong in words."""
    told: defaultdict[str, defaultdict[str, list[str]]] = defaultdict(lambda: defaultdict(list))
    for problem in problems:
        if problem.severity is not Severity.NOTE and problem.key and problem.tab:
            column = problem.column and tracker.tab(problem.tab).column(problem.column).title
            words = phrase(problem.code)
            mark = f"{column}: {words}" if column else words
            told[problem.tab][problem.key].append(mark)
    return {
        (tab.key, "check"): {k: "; ".join(dict.fromkeys(v)) for k, v in told[tab.key].items()}
        for tab in tracker.tabs
        if any(column.key == "check" for column in tab.columns)
    }


def kpi_rows(
    kpis: Iterable[KpiValue],
    tracker: Tracker,
    names: Mapping[str, str],
    titles: Mapping[str, str] | None = None,
) -> tuple[Row, ...]:
    """Return the KPI Monthly body; ``names`` gives partner names by id.

    ``titles`` gives names of KPIs by id where they are not those of their declarations.
    KPIs that do not apply to a partner have no row: they would double the tab and say nothing.
    """
    declared = {kpi.id: kpi for kpi in tracker.kpis}
    called = {kpi.id: kpi.title for kpi in tracker.kpis} | dict(titles or {})
    told = [v for v in kpis if v.flag is not Flag.NOT_APPLICABLE]
    months = {m: datetime(*divmod(m, 100), 1) if m else None for m in {v.month for v in told}}
    columns: dict[str, list[Any]] = {
        "key": [lookup_key(v.kpi, v.group, v.month) for v in told],
        "kpi": [v.kpi for v in told],
        "name": [called[v.kpi] for v in told],
        "unit": [declared[v.kpi].unit.value for v in told],
        "group": [v.group or PROGRAMME_GROUP for v in told],
        "partner_name": [names.get(v.group) for v in told],
        "month": [months[v.month] for v in told],
        "value": [tidy(v.value) for v in told],
        "n": [v.n for v in told],
        "low": [tidy(v.low) for v in told],
        "high": [tidy(v.high) for v in told],
        "flag": [v.flag.value for v in told],
    }
    return as_rows([columns[column.key] for column in tracker.tab("kpis").columns])


def lookup_key(kpi: str, group: str, month: int) -> str:
    """Name one KPI value as formulas look it up.

    >>> lookup_key("F01", "", 0), lookup_key("F01", "P-0001", 202503)
    ('F01|programme|period', 'F01|P-0001|202503')
    """
    return f"{kpi}|{group or PROGRAMME_GROUP}|{month or PERIOD}"


def tidy(value: float | None) -> float | None:
    """Round to 12 significant digits, so that the order of a sum never shows in a cell."""
    return None if value is None else float(f"{value:.12g}")


def summary_rows(cleaned: Cleaned, measured: Measured, tracker: Tracker) -> tuple[Row, ...]:
    """Return the Partner Summary body: one row per partner, best sourced revenue first."""
    tab = tracker.tab("summary")
    frame = cleaned.tables["partners"].used
    found: dict[tuple[str, str], KpiValue] = {
        (value.kpi.lower(), value.group): value for value in measured.kpis if not value.month
    }
    tiers = {tier.partner_id: tier for tier in measured.tiers}
    health = {one.partner_id: one for one in measured.health}
    issues = Counter(_partner_of(cleaned))
    wanted = [c.key for c in tab.columns]
    records: list[dict[str, Value]] = []
    for partner in frame.to_dict("records"):
        name = str(partner["partner_id"])
        record: dict[str, Value] = {k: partner[k] or None for k in wanted if k in partner}
        record |= {
            k: _cell(found, k, name) for k in wanted if k[:1] in "fseprt" and k[1:3].isdigit()
        }
        tier = tiers.get(name)
        if tier is not None:
            record |= _standing(tier, health.get(name))
        record["issues"] = issues[name]
        records.append(record)
    records.sort(key=lambda r: (-_number(r.get("f01")), str(r["partner_id"])))
    for rank, record in enumerate(records, 1):
        record["rank"] = rank
    return rows_of(tab, records)


def _standing(tier: TierResult, health: Health | None) -> dict[str, Value]:
    """The columns that say how a partner stands, with the words for tier and health."""
    told: dict[str, Value] = {
        "tier": tier.tier or None,
        "target_tier": tier.target or None,
        "state": tier.state or None,
        "score": tidy(tier.score),
        "coverage": tidy(tier.coverage),
        "why": tier.why,
    }
    if health is None:
        return told
    return told | {
        "health": tidy(health.score),
        "direction": health.direction or None,
        "next_review": datetime.combine(health.review, time()) if health.review else None,
        "why": f"{tier.why} {health.why}".strip(),
    }


def _partner_of(cleaned: Cleaned) -> Iterable[str]:
    for tab, table in cleaned.tables.items():
        if "partner_id" not in table.frame:
            continue
        owner = dict(zip(table.frame["_key"], table.frame["partner_id"], strict=True))
        for problem in cleaned.problems:
            if problem.tab == tab and problem.severity is not Severity.NOTE:
                yield str(owner.get(problem.key, ""))


def _cell(found: Mapping[tuple[str, str], KpiValue], key: str, partner: str) -> Value:
    kpi, _, part = key.partition("_")
    value = found.get((kpi, partner))
    if value is None:
        return str(Flag.NO_DATA) if not part else None
    if part:
        number = getattr(value, part)
        return tidy(number) if number is not None else None
    return str(value.flag) if value.value is None else tidy(value.value)


def _number(value: Value) -> float:
    return float(value) if isinstance(value, int | float) else float("-inf")
