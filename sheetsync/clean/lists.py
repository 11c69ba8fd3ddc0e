"""The tab Lists: values that people added below ours are allowed from then on.

Values that the engine reckons with in its own ways (yes and no, kinds of money) stay as they are.
An added stage is an open one; its probability stands on Settings.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import replace
from types import MappingProxyType
from typing import TYPE_CHECKING

from sheetsync.clean.text import tidy
from sheetsync.model.problems import Problem, Severity
from sheetsync.model.snapshot import Snapshot, TableSnapshot
from sheetsync.model.tracker import Choice, Tracker, plain
from sheetsync.model.values import CellError, result_of, show

if TYPE_CHECKING:
    from sheetsync.model.settings import UserKpi

_TAB = "lists"
_ADDED: Mapping[str, Choice] = MappingProxyType({"stage": Choice("", group="open", number=0.0)})
"""What an added value of a list with groups is like."""
CLOSED = frozenset(
    (
        *("flag", "decision", "severity", "alert_severity", "better"),
        *("country", "currency", "kpi", "attribution_model", "touch_mark", "touch_role"),
        *("survey_group", "survey_wave", "contract_state", "managed_by", "money_kind"),
        *("plan_status", "contract_status"),
    )
)
"""Lists whose values the engine knows by name: nothing can be added to them."""


def with_added_values(tracker: Tracker, seen: Snapshot) -> tuple[Tracker, tuple[Problem, ...]]:
    """Return the tracker with the values that people added on the tab Lists, and what is wrong."""
    table = seen.tables.get(_TAB)
    if table is None:
        return tracker, ()
    lists = dict(tracker.lists)
    problems: list[Problem] = []
    for name in table.bound:
        added = list(_added(table, name, lists.get(name, ())))
        if name in CLOSED:
            problems += (_closed(name, row, value) for row, value in added)
        elif added:
            like = _ADDED.get(name, Choice(""))
            lists[name] = (*lists[name], *(replace(like, value=value) for _, value in added))
    if all(lists[name] is tracker.lists[name] for name in lists):
        return tracker, tuple(problems)
    return replace(tracker, lists=lists), tuple(problems)


def with_user_kpis(tracker: Tracker, kpis: Iterable[UserKpi]) -> Tracker:
    """Return the tracker whose list of KPIs has a team's own too, so that goals may name them."""
    own = tuple(Choice(kpi.id, (kpi.name,)) for kpi in kpis)
    if not own or "kpi" not in tracker.lists:
        return tracker
    return replace(tracker, lists={**tracker.lists, "kpi": (*tracker.lists["kpi"], *own)})


def _added(
    table: TableSnapshot, name: str, choices: tuple[Choice, ...]
) -> Iterator[tuple[int, str]]:
    """Sheet row and value of each cell of a list's column that says something new."""
    known = {plain(word) for choice in choices for word in (choice.value, *choice.aliases)}
    for row, cell in zip(table.rows, table.column(name), strict=True):
        value = result_of(cell)
        if value is None or isinstance(value, CellError):
            continue
        told = tidy(value) if isinstance(value, str) else show(value)
        if plain(told) and plain(told) not in known:
            known.add(plain(told))
            yield row, told


def _closed(name: str, row: int, value: str) -> Problem:
    told = f"Nothing can be added to the list {name.replace('_', ' ')}: {show(value)} is ignored."
    return Problem("closed_list", Severity.WARNING, _TAB, name, row, name, show(value), told)
