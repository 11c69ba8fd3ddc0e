"""What is wanted against what was seen: the plan, empty when nothing differs."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from itertools import groupby
from operator import attrgetter

from sheetsync.model.plan import Op, Recache, ReplaceRows, Row, WriteCells, WriteNames, as_rows
from sheetsync.model.problems import Fix
from sheetsync.model.snapshot import ReportSnapshot, Snapshot, TableSnapshot, row_keys
from sheetsync.model.tracker import Owner, Tab, Tracker
from sheetsync.model.values import Scalar, Value, result_of, same


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


def keys_of(tab: Tab, table: TableSnapshot) -> list[str]:
    """Name every row of a table as found (see ``row_keys``)."""
    return row_keys(tab, {key: table.cells[i] for key, i in table.bound.items()}, len(table))


def with_fixes(snapshot: Snapshot, fixes: Iterable[Fix]) -> Snapshot:
    """Return the snapshot as it will be once the fixes are applied (found by sheet row)."""
    tables = dict(snapshot.tables)
    for key, group in groupby(sorted(fixes, key=attrgetter("tab")), attrgetter("tab")):
        tables[key] = _fixed(tables[key], list(group))
    return replace(snapshot, tables=tables)


def _fixed(table: TableSnapshot, fixes: Sequence[Fix]) -> TableSnapshot:
    place = {row: j for j, row in enumerate(table.rows)}
    cells = list(table.cells)
    for column in {fix.column for fix in fixes}:
        cells[table.bound[column]] = list(table.column(column))
    for fix in fixes:
        cells[table.bound[fix.column]][place[fix.row]] = fix.after
    return replace(table, cells=tuple(cells))


def diff(tracker: Tracker, seen: Snapshot, fixes: Sequence[Fix], wanted: Wanted) -> tuple[Op, ...]:
    """Return the ops that turn what was seen into the fixed and wanted workbook."""
    fixed = with_fixes(seen, fixes)
    ops: list[Op] = []
    for tab in tracker.tabs:
        if tab.key in seen.tables:
            before = keys_of(tab, seen.tables[tab.key])
            after = keys_of(tab, fixed.tables[tab.key])
            ops += _fix_ops(
                seen.tables[tab.key], [f for f in fixes if f.tab == tab.key], before, after
            )
            ops += _mark_ops(tab, seen.tables[tab.key], wanted, before, after)
        if tab.key in wanted.tables:
            ops += _table_ops(tab, seen.tables.get(tab.key), wanted.tables[tab.key])
        ops += _report_ops(tab.key, seen.reports.get(tab.key), wanted)
    return tuple(ops)


def _fix_ops(
    table: TableSnapshot, fixes: Sequence[Fix], before: Sequence[str], after: Sequence[str]
) -> list[Op]:
    place = {row: j for j, row in enumerate(table.rows)}
    ops: list[Op] = []
    ordered = sorted(fixes, key=lambda fix: (table.bound[fix.column], fix.row))
    for column, group in groupby(ordered, attrgetter("column")):
        told = list(group)
        at = [place[fix.row] for fix in told]
        ops.append(
            WriteCells(
                table.tab,
                column,
                tuple(before[j] for j in at),
                tuple(after[j] for j in at),
                tuple(fix.row for fix in told),
                tuple(fix.before for fix in told),
                tuple(fix.after for fix in told),
            )
        )
    return ops


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
            picked = (before, after, table.rows, seen, new)
            told = (tuple(part[j] for j in at) for part in picked)
            ops.append(WriteCells(tab.key, column.key, *told))  # type: ignore[arg-type]
    return ops


def _table_ops(tab: Tab, table: TableSnapshot | None, rows: Sequence[Row]) -> list[Op]:
    columns = tuple(c.key for c in tab.columns if table is None or c.key in table.bound)
    kept = [i for i, c in enumerate(tab.columns) if c.key in columns]
    new = tuple(tuple(row[i] for i in kept) for row in rows)
    old = as_rows([table.column(key) for key in columns]) if table is not None else ()
    if len(old) == len(new) and all(map(_same_row, old, new)):
        return []
    return [ReplaceRows(tab.key, columns, old, new)]


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
    formulas = _changed(report.formulas, told_formulas)
    if formulas:
        texts, old, new = formulas
        ops.append(Recache(key, texts, tuple(map(result_of, old)), tuple(map(result_of, new))))
    return ops


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
