"""Live KPIs: formulas in KPI Monthly that answer between two syncs, and what they look at.

Written where the formulas come to what the engine says, for programmes of a team's size.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

from sheetsync.layout.live_check import Columns, Worker
from sheetsync.layout.live_kpis import (
    Asked,
    NotCovered,
    Place,
    Printer,
    asked,
    flag_text,
    n_text,
    value_text,
)
from sheetsync.layout.live_rows import LiveBook
from sheetsync.model.cell_formula import folded
from sheetsync.model.kpi import Grain, Kpi
from sheetsync.model.plan import Row
from sheetsync.model.problems import Problem, Severity
from sheetsync.model.results import Flag, KpiValue
from sheetsync.model.tracker import Tracker
from sheetsync.model.values import Formula, Value

if TYPE_CHECKING:
    from collections.abc import Callable

    from sheetsync.model.snapshot import Snapshot, TableSnapshot

MOST_ROWS = 20_000
"""Typed rows up to which formulas are written: beyond it each change would take too long."""

MOST_COMPARED = 400_000_000
"""Formulas times rows that they look at: what a spreadsheet compares when it calculates all."""

EXAMPLE = "P-0001"
"""The partner in formulas that are shown as text."""

NO_FORMULA = "worked out by sync"

_CLOSE = 1e-9
_PATTERNS = set('*?~<>="')


@dataclass(frozen=True, slots=True)
class Measures:
    """What decides the flags of KPI values: minima by KPI, numbers of settings, whole months."""

    minimum: Callable[[Kpi], int]
    params: Mapping[str, float]
    whole: Mapping[int, bool]


def refusal(seen: Snapshot, tracker: Tracker, partners: Iterable[str], values: int) -> str:
    """Say why a workbook gets values instead of formulas; "" when it gets formulas."""
    assert tracker.live is not None
    rows = sum(len(seen.tables[t.of]) for t in tracker.live.tabs.values() if t.of in seen.tables)
    if rows > MOST_ROWS:
        return f"it has {rows:,} rows of facts; formulas are for up to {MOST_ROWS:,}"
    if rows * values > MOST_COMPARED:
        return f"{values:,} values over {rows:,} rows take a spreadsheet too long"
    names = list(partners)
    odd = next((name for name in names if _PATTERNS & set(name) or _numeric(name)), "")
    if odd:
        return f"formulas cannot tell the partner id {odd} from a number or a pattern"
    if len({folded(name) for name in names}) < len(names):
        return "two partner ids differ only in capital letters"
    moved = next((t.title for t in _moved(seen, tracker)), "")
    return f"the header of {moved} is no longer in row 1" if moved else ""


def _numeric(name: str) -> bool:
    try:
        float(name)
    except ValueError:
        return False
    return True


def _moved(seen: Snapshot, tracker: Tracker) -> Iterable[TableSnapshot]:
    """Live tabs whose rows do not stand as they were drawn: their formulas count rows."""
    assert tracker.live is not None
    for key in tracker.live.tabs:
        table = seen.tables.get(key)
        if table is not None and table.header_row != 1:
            yield table


def not_live(why: str) -> Problem:
    """The note that KPIs are values though formulas were asked for."""
    message = f"KPIs are written as values, not as formulas: {why}."
    return Problem("no_live_kpis", Severity.NOTE, "settings", "live_kpis", 0, "value", "", message)


def live_kpi_rows(
    rows: Sequence[Row], values: Iterable[KpiValue], book: LiveBook, measures: Measures
) -> tuple[Row, ...]:
    """Return the body of KPI Monthly with formulas for value, n and flag where they can be.

    ``rows`` are those of ``values`` that apply, in their order.
    """
    told = [v for v in values if v.flag is not Flag.NOT_APPLICABLE]
    writer = _Writer(book, measures)
    return tuple(writer.row(row, value) for row, value in zip(rows, told, strict=True))


class _Writer:
    def __init__(self, book: LiveBook, measures: Measures) -> None:
        self.book, self.measures = book, measures
        tracker = book.tracker
        self.kpis = {kpi.id: kpi for kpi in tracker.kpis}
        tab = tracker.tab("kpis")
        keys = [column.key for column in tab.columns]
        seen = book.fixed.tables.get("kpis")
        self.bound = seen.bound.keys() if seen else set(keys)
        self.header = seen.header_row if seen else 1
        self.at = {key: keys.index(key) for key in ("value", "n", "flag")}
        self.columns = Columns(self._cells)
        self.names = {
            f"{key}_{column.key}": (key, column.key)
            for key in book.facts.tabs
            for column in tracker.tab(key).columns
        }
        self.uncovered: set[tuple[str, bool, bool]] = set()

    def _cells(self, name: str) -> list[Value]:
        tab, key = self.names[name]
        return self.book.mirror(tab).cells("", key)

    def row(self, row: Row, value: KpiValue) -> Row:
        """Return the row with formulas, or as it is where there are none."""
        kind = (value.kpi, bool(value.group), bool(value.month))
        if ":" in value.group or kind in self.uncovered or not self.bound >= self.at.keys():
            return row
        kpi, at = self.kpis[value.kpi], Place(value.group, value.month)
        facts, params = self.book.facts, self.measures.params
        try:
            told = asked(kpi, at, facts)
            if not self._agrees(told, Worker(facts, params, at, self.columns), kpi, value):
                return row
            return self._filled(row, told, Printer(facts, params, at), kpi, value)
        except NotCovered:
            self.uncovered.add(kind)
            return row

    def _agrees(self, told: Asked, worker: Worker, kpi: Kpi, value: KpiValue) -> bool:
        found = worker.value(told)
        if found is None or value.value is None:
            same = found is None and value.value is None
        else:
            same = abs(found - value.value) <= _CLOSE * max(abs(found), abs(value.value))
        if not same or worker.n(told) != value.n:
            return False
        minimum, whole = self._limits(kpi, value)
        return worker.flag(told, minimum, whole=whole) == value.flag

    def _limits(self, kpi: Kpi, value: KpiValue) -> tuple[int, bool]:
        return self.measures.minimum(kpi), self.measures.whole.get(value.month, True)

    def _filled(self, row: Row, told: Asked, printer: Printer, kpi: Kpi, value: KpiValue) -> Row:
        beside = tuple(f"INDEX(kpi_{key},ROW()-{self.header})" for key in ("value", "n"))
        minimum, whole = self._limits(kpi, value)
        texts = {
            "value": value_text(told, printer),
            "n": n_text(told, printer),
            "flag": flag_text(told, printer, (beside[0], beside[1]), minimum, whole),
        }
        cells = list(row)
        for key, text in texts.items():
            cached = cells[self.at[key]]
            cells[self.at[key]] = Formula(text, "" if cached is None else _scalar(cached))
        return tuple(cells)


def _scalar(value: Value) -> str | float:
    assert isinstance(value, str | int | float)
    return value


def with_live(tracker: Tracker, known: Tracker, *, wanted: bool) -> Tracker:
    """The tracker with the live tabs of ``known`` if they are wanted or one of them is there."""
    have = {tab.key for tab in tracker.tabs}
    keys = {*known.live.tabs, "live_rates"} if known.live else set[str]()
    if not wanted and not keys & have:
        return tracker
    more = tuple(tab for tab in known.tabs if tab.key in keys - have)
    return replace(tracker, tabs=(*tracker.tabs, *more))


def is_live(tracker: Tracker) -> bool:
    """Whether the tracker has live tabs."""
    return any(tab.key == "live_rates" for tab in tracker.tabs)


def formula_of(kpi: Kpi, tracker: Tracker, params: Mapping[str, float]) -> str:
    """Return a KPI's formula for a partner (for all where it has none), in words if there is none.

    It is a text to be read, without the leading =.
    """
    if tracker.live is None:
        return NO_FORMULA
    at = Place(EXAMPLE if Grain.PARTNER in kpi.grains else "", 0)
    try:
        return value_text(asked(kpi, at, tracker.live), Printer(tracker.live, params, at))
    except NotCovered:
        return NO_FORMULA
