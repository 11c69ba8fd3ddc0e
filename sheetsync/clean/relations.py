"""Checks of rows against other rows: spans that overlap, circles, revisions, dates elsewhere."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator, Mapping
from datetime import datetime

from sheetsync.clean.table import TabWork
from sheetsync.model.problems import Severity
from sheetsync.model.tracker import (
    NoCircle,
    NoOverlap,
    NotAfterLinked,
    Relation,
    SaysWhichReplaces,
)
from sheetsync.model.values import Scalar, show

_OPEN = datetime(9999, 12, 31)
"""The end of a span without one."""


def relate(work: TabWork, check: Relation, works: Mapping[str, TabWork]) -> None:
    """Run a check of rows against others of the tab, or of ``works``, all tabs by key."""
    match check:
        case NoCircle():
            _no_circle(work, check)
        case SaysWhichReplaces():
            _says_which_replaces(work, check)
        case NotAfterLinked():
            _not_after_linked(work, check, works)
        case NoOverlap():
            _no_overlap(work, check)


def _no_overlap(work: TabWork, check: NoOverlap) -> None:
    """Point out spans of one owner that begin before another ends; the later one counts then."""
    if not {check.other, check.state} <= work.values.keys():
        return
    starts = work.values[check.column]
    ends = work.values.get(check.end, [None] * len(starts))
    spans: defaultdict[Scalar, list[tuple[datetime, int]]] = defaultdict(list)
    for j, owner in enumerate(work.values[check.other]):
        start = starts[j]
        counts = work.values[check.state][j] in check.states and j not in work.excluded
        if owner is not None and isinstance(start, datetime) and counts:
            spans[owner].append((start, j))
    for told in spans.values():
        _overlaps(work, check, sorted(told), ends)


def _overlaps(
    work: TabWork, check: NoOverlap, spans: list[tuple[datetime, int]], ends: list[Scalar]
) -> None:
    """Compare each span, by its start, with the one before it that runs longest."""
    longest, until = spans[0][1], _end(ends[spans[0][1]])
    for start, j in spans[1:]:
        if start <= until:
            runs = f"runs to {show(until)}" if until < _OPEN else "has no end"
            told = (
                f"Begins on {show(start)} while row {work.table.rows[longest]} of the same "
                f"{work.tab.column(check.other).title} still {runs}; the later one counts."
            )
            work.report("overlapping_versions", Severity.WARNING, j, check.column, told)
        if _end(ends[j]) > until:
            longest, until = j, _end(ends[j])


def _end(value: Scalar) -> datetime:
    return value if isinstance(value, datetime) else _OPEN


def _no_circle(work: TabWork, check: NoCircle) -> None:
    """Take references away that lead back to their own row."""
    ids, above = work.values.get(work.tab.key_columns[0], []), work.values[check.column]
    up = dict(zip(ids, above, strict=True))
    column = work.tab.column(check.column)
    for j, row in enumerate(ids):
        circle = list(_circle(row, up))
        if circle:
            told = " → ".join(map(show, circle))
            message = f"{column.title} leads in a circle: {told}. Leave one of them blank."
            found = show(above[j])
            excludes = work.blank_out(column, j)
            work.report(
                "circular", Severity.ERROR, j, check.column, message, found=found, excludes=excludes
            )


def _circle(start: Scalar, up: Mapping[Scalar, Scalar]) -> Iterator[Scalar]:
    """The way from a row up to itself, nothing when it never comes back."""
    way, at = [start], up.get(start)
    while at is not None and at != start and at not in way:
        way.append(at)
        at = up.get(at)
    if at is not None and at == start:
        yield from (*way, start)


def _says_which_replaces(work: TabWork, check: SaysWhichReplaces) -> None:
    """Leave out rows that set the value of an earlier row anew without saying that they do."""
    if not all(key in work.values for key in (*check.others, check.revises)):
        return
    groups: defaultdict[tuple[Scalar, ...], list[int]] = defaultdict(list)
    for j, key in enumerate(zip(*(work.values[k] for k in check.others), strict=True)):
        if None not in key and j not in work.excluded:
            groups[key].append(j)
    for first, *later in groups.values():
        for j in later:
            if work.values[check.revises][j] is None:
                _revised(work, check, first, j)


def _revised(work: TabWork, check: SaysWhichReplaces, first: int, j: int) -> None:
    column, title = work.tab.column(check.column), work.tab.column(check.revises).title
    told = (
        f"Row {work.table.rows[first]} has a {column.title} for the same "
        f"{', '.join(work.tab.column(k).title for k in check.others)} already: name it in "
        f"{title} if this one replaces it. This row is left out."
    )
    work.report("revised_silently", Severity.ERROR, j, check.column, told, excludes=True)


def _not_after_linked(work: TabWork, check: NotAfterLinked, works: Mapping[str, TabWork]) -> None:
    """Refuse dates after the date of the row that another column names."""
    linked = works.get(work.tab.column(check.other).ref)
    if linked is None or check.date not in linked.values or check.other not in work.values:
        return
    ids = linked.values.get(linked.tab.key_columns[0], [])
    limits = dict(zip(ids, linked.values[check.date], strict=False))
    column, title = work.tab.column(check.column), linked.tab.column(check.date).title
    for j, (value, row) in enumerate(
        zip(work.values[check.column], work.values[check.other], strict=True)
    ):
        limit = limits.get(row)
        if not (isinstance(value, datetime) and isinstance(limit, datetime) and value > limit):
            continue
        told = f"{column.title} ({show(value)}) is after {title} of {show(row)} ({show(limit)})."
        found = show(value)
        excludes = work.blank_out(column, j)
        work.report(
            "after_close", Severity.ERROR, j, check.column, told, found=found, excludes=excludes
        )
