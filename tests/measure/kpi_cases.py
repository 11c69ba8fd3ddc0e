"""KPIs on cases worked out by hand, as data: ``cases/*.json``.

A file holds a list of cases: rows by tab (dates as yyyy-mm-dd) and, under ``want``,
lists of KPI, group, month, value, flag and, where they matter, n, low, high and the edge codes that
the line shows. Partners are P1 of the ``kind`` unless the rows say otherwise.
"""

from __future__ import annotations

import json
from collections import defaultdict
from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import date, datetime
from functools import cache
from pathlib import Path
from typing import Any

from sheetsync.catalog.kpis import KPIS
from sheetsync.catalog.packs import PACKS
from sheetsync.catalog.tracker import tracker_of
from sheetsync.measure.measure import measure
from sheetsync.measure.own import own_kpis
from sheetsync.model.kpi import EDGES, in_force
from sheetsync.model.results import Cleaned, Measured
from sheetsync.model.settings import Settings
from sheetsync.model.tracker import Role, Tracker
from tests.measure.books import AS_OF, ENGINE, YEAR, Row, table

FOLDER = Path(__file__).parent / "cases"
_TIMES = frozenset({
    "date", "closed", "created", "due", "done", "start", "end", "signed", "acquired", "ended",
    "month", "asked_at", "answered_at", "start_date", "end_date", "from", "to", "expected_close",
    "lead_date", "maturity_since", "agreed_on",
})  # fmt: skip
_BASE: dict[str, Row] = {
    "partners": {"partner_type": "reseller", "status": "active"},
    "deals": {"partner_id": "P1", "role": "sourced", "created": "2025-05-01"},
    "money": {"partner_id": "P1", "date": "2025-06-01"},
    "goals": {"partner_id": "P1", "from": "2025-04-01", "to": "2026-06-30"},
    "contracts": {"partner_id": "P1", "version": 1, "status": "signed"},
    "surveys": {"partner_id": "P1", "group": "partner", "date": "2025-06-01"},
}


@dataclass(frozen=True)
class Case:
    """One case of a file."""

    file: str
    case: str
    want: list[list[Any]]
    rows: dict[str, list[Row]] = field(default_factory=dict)
    kind: str = "reseller"
    settings: dict[str, Any] = field(default_factory=dict)
    without: tuple[str, ...] = ()
    as_of: str = str(AS_OF)

    def __str__(self) -> str:
        return f"{self.file}: {self.case}"


@dataclass(frozen=True)
class Line:
    """One value that a case asks for."""

    kpi: str
    group: str
    month: int
    value: float | None
    flag: str
    n: int | None = None
    low: float | None = None
    high: float | None = None
    edges: str = ""


@cache
def tracker(without: tuple[str, ...] = ()) -> Tracker:
    """The tracker with all packs but those."""
    packs = [pack for pack in PACKS if pack not in without]
    told = tracker_of(packs)
    return Tracker(told.tabs, told.lists, in_force(KPIS, packs))


def cases() -> Iterator[Case]:
    """Every case of every file."""
    for path in sorted(FOLDER.glob("*.json")):
        for told in json.loads(path.read_text(encoding="utf-8")):
            told["without"] = tuple(told.get("without", ()))
            yield Case(path.stem, **told)


def lines(case: Case) -> Iterator[Line]:
    """What a case asks for."""
    for kpi, group, month, value, flag, *more in case.want:
        yield Line(kpi, group, month, value, flag, **(more[0] if more else {}))


def told_of(case: Case) -> Measured:
    """Measure the rows of a case."""
    rows = {"partners": [{"partner_id": "P1"}], **case.rows}
    for row in rows["partners"]:
        row.setdefault("partner_type", case.kind)
    own = Settings.model_validate({**YEAR.model_dump(), **case.settings})
    whole = tracker(case.without)
    whole = Tracker(whole.tabs, whole.lists, (*whole.kpis, *own_kpis(own, whole)))
    cleaned = Cleaned(
        {
            tab.key: table(tab, [_typed(tab.key, row) for row in rows.get(tab.key, ())])
            for tab in whole.of_role(Role.ENTRY)
        }
    )
    return measure(cleaned, whole, own, date.fromisoformat(case.as_of), ENGINE)


def _typed(tab: str, row: Row) -> Row:
    both = {**_BASE.get(tab, {}), **row}
    return {k: datetime.fromisoformat(v) if k in _TIMES and v else v for k, v in both.items()}


def covered() -> dict[str, tuple[int, set[str]]]:
    """How many cases ask for a KPI, and which edge codes they show."""
    told: dict[str, tuple[set[str], set[str]]] = defaultdict(lambda: (set(), set()))
    for case in cases():
        for line in lines(case):
            told[line.kpi][0].add(str(case))
            told[line.kpi][1].update(line.edges.split())
    return {kpi: (len(names), edges) for kpi, (names, edges) in told.items()}


def summary() -> Iterator[str]:
    """The table: KPI, cases, edge codes of its declaration, those that a case shows in brackets."""
    found = covered()
    yield f"{'KPI':6}{'cases':>6}  edge codes ([x]: shown by a case)"
    for kpi in KPIS:
        count, shown = found.get(kpi.id, (0, set()))
        codes = " ".join(f"[{c}]" if c in shown else c for c in EDGES if c in kpi.edges.split())
        yield f"{kpi.id:6}{count:6}  {codes}"
    for code in EDGES:
        hit = sorted(kpi for kpi, (_, edges) in found.items() if code in edges)
        yield f"{code:4} is shown by {len(hit)} KPIs: {' '.join(hit)}"
