"""What is wanted against what was seen: the plan, empty when nothing differs."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from itertools import compress, count
from operator import is_not, itemgetter
from typing import Any

from sheetsync.model.plan import Op, Recache, ReplaceRows, Row, WriteCells, WriteNames, as_rows
from sheetsync.model.snapshot import ReportSnapshot, Snapshot, TableSnapshot
from sheetsync.model.tracker import Owner, Tab, Tracker
from sheetsync.model.values import Formula, Scalar, Value, result_of, same


@dataclass(frozen=True, slots=True)
class Wanted:
    """The desired state of everything that the engine owns.

    ``marks`` gives SYNC columns of entry tabs by (tab, column): value by row key, None elsewhere.
    ``tables`` gives whole bodies of computed tabs, rows in the order of the tab's columns.
    ``names`` and ``formulas`` give report tabs' named cells and cached values by formula text.
    """

    marks: Mapping[tuple[str, str], Mapping[str, Value]] = field(default_factory=dict)
    tables: Mapping[str, Sequence[Row]] = field(default_factory=dict)
    names: Mapping[str, Mapping[str, Value]] = field(default_factory=dict)
    formulas: Mapping[str, Mapping[str, Scalar]] = field(default_factory=dict)


def diff(tracker: Tracker, seen: Snapshot, fixed: Snapshot, wanted: Wanted) -> tuple[Op, ...]:
    """Return the ops that turn what was seen into the fixed and wanted workbook.

    ``fixed`` is what was seen with the safe fixes in people's cells; a column that it shares with
    ``seen`` holds none.
    """
    ops: list[Op] = []
    for tab in tracker.tabs:
        table = seen.tables.get(tab.key)
        if table is not None:
            ops += _fix_ops(tab, table, fixed.tables[tab.key])
            after = fixed.tables[tab.key].keys(tab)
            ops += _mark_ops(tab, table, wanted, table.keys(tab), after)
        if tab.key in wanted.tables:
            ops += _table_ops(tab, table, wanted.tables[tab.key])
        ops += _report_ops(tab.key, seen.reports.get(tab.key), wanted)
    return tuple(ops)


def _fix_ops(tab: Tab, table: TableSnapshot, fixed: TableSnapshot) -> list[Op]:
    ops: list[Op] = []
    for column, i in sorted(table.bound.items(), key=itemgetter(1)):
        old, new = table.cells[i], fixed.cells[i]
        at = [] if old is new else list(compress(count(), map(is_not, old, new)))
        if at:
            parts = (table.keys(tab), fixed.keys(tab), table.rows, old, new)
            ops.append(_write(tab, column, at, parts))
    return ops


def _write(tab: Tab, column: str, at: Sequence[int], parts: Iterable[Sequence[Any]]) -> WriteCells:
    """Write the rows ``at`` of a column; ``parts`` are its keys, later keys, rows, old and new."""
    return WriteCells(tab.key, column, *(tuple(map(part.__getitem__, at)) for part in parts))


def _mark_ops(
    tab: Tab, table: TableSnapshot, wanted: Wanted, before: Sequence[str], after: Sequence[str]
) -> list[Op]:
    ops: list[Op] = []
    for column in tab.columns:
        values = wanted.marks.get((tab.key, column.key))
        if values is None or column.key not in table.bound:
            continue
        seen = table.column(column.key)
        new = [values.get(key) for key in after]
        at = [j for j, v in enumerate(new) if v is not seen[j] and not same(seen[j], v)]
        if at:
            ops.append(_write(tab, column.key, at, (before, after, table.rows, seen, new)))
    return ops


def _table_ops(tab: Tab, table: TableSnapshot | None, rows: Sequence[Row]) -> list[Op]:
    columns = tuple(c.key for c in tab.columns if table is None or c.key in table.bound)
    kept = [i for i, c in enumerate(tab.columns) if c.key in columns]
    new = tuple(rows) if len(kept) == len(tab.columns) else tuple(_picked(kept, rows))
    old = as_rows([table.column(key) for key in columns]) if table is not None else ()
    if len(old) == len(new) and all(map(_same_row, old, new)):
        return []
    return [ReplaceRows(tab.key, columns, old, new)]


def _picked(columns: Sequence[int], rows: Iterable[Row]) -> Iterator[Row]:
    return (tuple(row[i] for i in columns) for row in rows)


def _same_row(a: Row, b: Row) -> bool:
    return a == b or all(map(same, a, b))


def _report_ops(key: str, report: ReportSnapshot | None, wanted: Wanted) -> list[Op]:
    """What a report tab lacks; one that people deleted is wanted whole."""
    told_names, told_formulas = wanted.names.get(key, {}), wanted.formulas.get(key, {})
    if report is None:
        report = ReportSnapshot(key, "", dict.fromkeys(told_formulas), dict.fromkeys(told_names))
    ops: list[Op] = []
    names = _changed(report.names, told_names)
    if names:
        ops.append(WriteNames(key, *names))
    formulas = _changed(_as_formulas(report.formulas), _as_formulas(told_formulas))
    if formulas:
        texts, old, new = formulas
        ops.append(Recache(key, texts, tuple(map(result_of, old)), tuple(map(result_of, new))))
    return ops


def _as_formulas(results: Mapping[str, Scalar]) -> dict[str, Value]:
    """Results by formula text, to be compared as results of formulas are."""
    return {text: Formula(text, value) for text, value in results.items()}


def _changed(
    seen: Mapping[str, Value], wanted: Mapping[str, Value]
) -> tuple[tuple[str, ...], tuple[Value, ...], tuple[Value, ...]] | None:
    names = tuple(n for n in wanted if n in seen and not same(seen[n], wanted[n]))
    if not names:
        return None
    return names, tuple(seen[n] for n in names), tuple(wanted[n] for n in names)


def is_computed(tab: Tab, column: str) -> bool:
    """Tell whether the engine owns this column of the tab."""
    return tab.column(column).owner is Owner.SYNC
