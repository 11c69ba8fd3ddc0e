"""The Alerts tab's body: what is new for each owner, then what was acknowledged, then what is over.

``why`` and ``acknowledged`` are people's: they stay with their alert wherever it moves. An alert
that people wrote on is kept when its cause is gone, marked as over; if the cause comes back it
is a new alert, so that it is told again.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, time

from sheetsync.layout.tables import rows_of, tidy
from sheetsync.model.insight import Alert
from sheetsync.model.plan import Row
from sheetsync.model.snapshot import Snapshot
from sheetsync.model.tracker import Choice, Tab, Tracker, plain
from sheetsync.model.values import Value, result_of

MOST = 10
"""Alerts that one owner is shown at a time."""
OVER = "Over. "
"""What the evidence of an alert whose cause is gone begins with."""
THEIRS = ("why", "acknowledged")

_Record = dict[str, Value]


@dataclass(frozen=True, slots=True)
class _Open:
    """An alert with its id on the tab, what people wrote on it, and whether they have seen it."""

    alert: Alert
    id: str
    typed: _Record
    known: bool


def alert_rows(
    alerts: Sequence[Alert],
    tests: int,
    tracker: Tracker,
    seen: Snapshot,
    names: Mapping[str, str],
) -> tuple[Row, ...]:
    """Return the body; ``alerts`` are ranked, ``names`` gives partner names by id."""
    tab = tracker.tab("alerts")
    before = _before(tab, seen)
    held = [_held(alert, before, tracker) for alert in alerts]
    told = [*_shown(held), *(one for one in held if one.known)]
    titles = {kpi.id: kpi.title for kpi in tracker.kpis}
    records = [_record(one, tests, names, titles) for one in told]
    ids = {str(record["alert_id"]) for record in records}
    over = [_over(row) for key, row in before.items() if key not in ids and _typed(row)]
    return rows_of(tab, [*records, *over])


def _before(tab: Tab, seen: Snapshot) -> dict[str, _Record]:
    """The rows of the tab as they stand, by alert id."""
    table = seen.tables.get(tab.key)
    if table is None:
        return {}
    columns = {column.key: table.column(column.key) for column in tab.columns}
    ids = [str(result_of(value) or "") for value in columns["alert_id"]]
    return {
        key: {name: cells[j] for name, cells in columns.items()} for j, key in enumerate(ids) if key
    }


def _held(alert: Alert, before: Mapping[str, _Record], tracker: Tracker) -> _Open:
    """Find the alert's row: that of its id, or of the id's next number once those are over."""
    number, key = 1, alert.id
    while key in before and _is_over(before[key]):
        number += 1
        key = f"{alert.id}-{number}"
    row = before.get(key, {})
    known = _says_yes(row.get("acknowledged"), tracker.lists["flag"])
    return _Open(alert, key, {name: row.get(name) for name in THEIRS}, known)


def _shown(held: Iterable[_Open]) -> Iterator[_Open]:
    """At most ten per owner, and whatever people wrote on."""
    count: Counter[str] = Counter()
    for one in held:
        if one.known:
            continue
        count[one.alert.owner] += 1
        if count[one.alert.owner] <= MOST or _typed(one.typed):
            yield one


def _record(one: _Open, tests: int, names: Mapping[str, str], titles: Mapping[str, str]) -> _Record:
    alert = one.alert
    return {
        "alert_id": one.id,
        "rule": alert.rule,
        "severity": str(alert.urgency),
        "partner_id": alert.partner_id,
        "partner_name": names.get(alert.partner_id),
        "owner": alert.owner or None,
        "kpi": alert.kpi or None,
        "kpi_name": titles.get(alert.kpi),
        "evidence": alert.evidence,
        "since": datetime.combine(alert.since, time()) if alert.since else None,
        "stake": tidy(alert.stake),
        "tests": tests,
        **one.typed,
    }


def _over(row: _Record) -> _Record:
    if _is_over(row):
        return row
    return {**row, "evidence": f"{OVER}{result_of(row['evidence']) or ''}"}


def _is_over(row: _Record) -> bool:
    return str(result_of(row["evidence"]) or "").startswith(OVER)


def _typed(row: _Record) -> bool:
    return any(result_of(row[name]) not in (None, "") for name in THEIRS)


def _says_yes(value: Value, flags: Sequence[Choice]) -> bool:
    """Read a yes as it may be typed, a tick and TRUE among them."""
    told = result_of(value)
    if isinstance(told, bool | int | float):
        return told == 1
    yes = next(choice for choice in flags if choice.value == "yes")
    return plain(str(told or "")) in {plain(word) for word in (yes.value, *yes.aliases)}
