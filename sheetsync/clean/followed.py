"""Columns that follow another tab: a partner's contract status is what its contracts say.

Partners without a row on that tab keep what people wrote, so that nothing is lost while a team
fills a new tab bit by bit.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime

from sheetsync.clean.reading import fixed
from sheetsync.clean.table import TabWork
from sheetsync.model.tracker import Column
from sheetsync.model.values import Scalar

RULE = "follows"
"""The rule of such fixes, as the Sync Log calls it."""

_UNSIGNED: Mapping[Scalar, str] = {"draft": "proposal", "proposal": "proposal"}


@dataclass(frozen=True, slots=True)
class Version:
    """One version of a contract, as far as its state is told by it."""

    number: float
    state: str
    end: datetime | None
    renews: bool


def state_of(versions: Sequence[Version], as_of: date) -> str:
    """Return proposal, signed or expired: the state that some versions make together.

    Signed is a partner with a signed version that has not ended, or that goes on by itself; else
    the newest version decides, and one that is over is expired.

    >>> over = Version(1, "signed", datetime(2025, 12, 31), renews=False)
    >>> state_of([over], date(2026, 1, 1)), state_of([over], date(2025, 12, 31))
    ('expired', 'signed')
    >>> state_of([over, Version(2, "draft", None, renews=False)], date(2026, 1, 1))
    'proposal'
    """
    if any(v.state == "signed" and _runs(v, as_of) for v in versions):
        return "signed"
    newest = max(versions, key=lambda v: v.number)
    return _UNSIGNED.get(newest.state, "expired")


def _runs(version: Version, as_of: date) -> bool:
    return version.renews or version.end is None or version.end.date() >= as_of


def follow(work: TabWork, works: Mapping[str, TabWork], as_of: date) -> None:
    """Fill in the columns of a tab that follow another one, as fixes that are logged."""
    for column in work.columns:
        other = works.get(column.follows) if column.follows else None
        if other is not None and column.key in work.values:
            _fill(work, column, _states(other, work.tab.key_columns[0], as_of))


def _states(work: TabWork, owner: str, as_of: date) -> dict[Scalar, str]:
    """The state by owner's id, of rows that count."""
    if not {owner, "status"} <= work.values.keys():
        return {}
    blank: list[Scalar] = [None] * len(work.table)
    names = (owner, "version", "status", "end", "auto_renew")
    told: defaultdict[Scalar, list[Version]] = defaultdict(list)
    rows = zip(*(work.values.get(name, blank) for name in names), strict=True)
    for j, (name, number, state, end, renews) in enumerate(rows):
        if name is not None and isinstance(state, str) and j not in work.excluded:
            order = float(number) if isinstance(number, int | float) else 0.0
            last = end if isinstance(end, datetime) else None
            told[name].append(Version(order, state, last, bool(renews)))
    return {name: state_of(versions, as_of) for name, versions in told.items()}


def _fill(work: TabWork, column: Column, states: Mapping[Scalar, str]) -> None:
    values, ids = work.values[column.key], work.values[work.tab.key_columns[0]]
    for j, name in enumerate(ids):
        state = states.get(name)
        if state is not None and values[j] != state and not work.is_formula(column.key, j):
            values[j] = state
            work.edits[column.key][j] = fixed(RULE, state)
