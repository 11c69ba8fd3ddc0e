"""One tab at work: its cells as found, its typed values so far, and what was found out."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING, Any

from sheetsync.clean.columns import blank_rows
from sheetsync.clean.fixes import TableFixes
from sheetsync.clean.reading import Parser, Reading
from sheetsync.model.problems import Problem, Severity
from sheetsync.model.results import CleanTable
from sheetsync.model.snapshot import TableSnapshot
from sheetsync.model.tracker import CellType, Column, Owner, Tab
from sheetsync.model.values import Formula, Scalar, Value, result_of, show

if TYPE_CHECKING:
    import numpy as np

_FLOATS = frozenset(
    (CellType.NUMBER, CellType.COUNT, CellType.MONEY, CellType.PERCENT, CellType.FLAG)
)
_DATES = frozenset((CellType.DAY, CellType.MONTH, CellType.TIMESTAMP))


@dataclass(slots=True)
class TabWork:
    """Collects typed columns, problems and fixes of one tab.

    ``bad`` holds, by column, the rows (positions) whose cell has a problem with its value;
    ``excluded`` the rows that stay out of every KPI; ``empty`` those without anything in them.
    ``edits`` are the fixes, by column and row (position).
    """

    tab: Tab
    table: TableSnapshot
    decisions: Mapping[str, str]
    keys: list[str] = field(init=False)
    columns: tuple[Column, ...] = field(init=False)
    values: dict[str, list[Scalar]] = field(default_factory=dict)
    bad: dict[str, set[int]] = field(default_factory=dict)
    excluded: set[int] = field(default_factory=set)
    empty: set[int] = field(init=False)
    problems: list[Problem] = field(default_factory=list)
    edits: dict[str, dict[int, Reading]] = field(default_factory=dict)

    def __post_init__(self) -> None:
        self.columns = tuple(c for c in self.tab.columns if c.owner is Owner.USER)
        self.keys = self.table.keys(self.tab)
        left: Iterable[int] = range(len(self.table))
        for column in self.of_type(*CellType):
            left = blank_rows(self.cells(column.key), left)
        self.empty = set(left)

    def cells(self, key: str) -> list[Value]:
        """A declared column's cells as found."""
        return self.table.column(key)

    def of_type(self, *types: CellType) -> list[Column]:
        """The bound USER columns of these types, in declared order."""
        return [c for c in self.columns if c.type in types and c.key in self.table.bound]

    def settle(
        self, column: Column, values: list[Scalar], odd: Mapping[int, Reading], parse: Parser
    ) -> None:
        """Turn a column's readings into fixes and problems, as people decided before."""
        self.values[column.key] = values
        bad = self.bad.setdefault(column.key, set())
        cells, shown = self.cells(column.key), dict[int, str]()
        edits = self.edits.setdefault(column.key, {})
        for j, reading in odd.items():
            rule = reading.rule
            if reading.code:
                if id(reading) not in shown:
                    shown[id(reading)] = show(reading.fix if rule else result_of(cells[j]))
                bad.add(j)
                rule = self._problem(column, j, reading, shown[id(reading)], parse)
            if rule:
                edits[j] = reading

    def fixed_table(self) -> TableSnapshot:
        """The table as it will be once the fixes are applied."""
        told = {k: {j: r.fix for j, r in edits.items()} for k, edits in self.edits.items() if edits}
        return self.table.with_cells(told)

    def fixes(self, after: TableSnapshot, keys: Sequence[str]) -> TableFixes:
        """The fixes that make ``after`` of the table; ``keys`` name the rows."""
        return TableFixes(self.table, after, self.edits, keys)

    def _problem(self, column: Column, j: int, reading: Reading, found: str, parse: Parser) -> str:
        """Record a problem, or the fix that people accepted for it; return the fix to make."""
        problem = Problem(
            reading.code,
            reading.severity,
            self.tab.key,
            self.keys[j],
            self.table.rows[j],
            column.key,
            found,
            reading.message,
            reading.suggested,
        )
        values = self.values[column.key]
        if self.decisions and reading.suggested is not None:
            problem = problem.decided(self.decisions.get(problem.id, ""))
            if problem.decision == "accept":
                self.bad[column.key].discard(j)
                again = parse(reading.suggested)
                self._fix_value(column.key, j, reading.suggested, again)
                return ""
            if problem.decision == "reject":
                values[j] = reading.kept
                note = problem.severity if reading.kept is None else Severity.NOTE
                problem = replace(problem, suggested=None, severity=note)
        if column.required and values[j] is None:
            self.excluded.add(j)
            problem = replace(problem, excludes=True)
        self.problems.append(problem)
        return reading.rule

    def _fix_value(self, key: str, j: int, accepted: Scalar, again: Reading | None) -> None:
        value = accepted if again is None else again.value
        self.values[key][j] = value
        self.edits[key][j] = Reading(value, "accepted", accepted)

    def report(
        self,
        code: str,
        severity: Severity,
        j: int,
        column: str,
        message: str,
        *,
        found: str | None = None,
        excludes: bool = False,
        silence: bool = False,
    ) -> None:
        """Record a problem that checks of the whole row or table found; nothing to accept.

        With ``silence`` a problem that people rejected before is not told again.
        """
        if found is None:
            value = self.values[column][j] if column else None
            found = show(value)
        problem = Problem(
            code,
            severity,
            self.tab.key,
            self.keys[j],
            self.table.rows[j],
            column,
            found,
            message,
            excludes=excludes,
        )
        if self.decisions:
            problem = problem.decided(self.decisions.get(problem.id, ""))
        if excludes:
            self.excluded.add(j)
        if not (silence and problem.decision == "reject"):
            self.problems.append(problem)

    def report_column(self, column: Column, code: str, message: str) -> None:
        """Record a finding about a whole column."""
        self.problems.append(
            Problem(code, Severity.WARNING, self.tab.key, "", 0, column.key, "", message)
        )

    def blank_out(self, column: Column, j: int) -> bool:
        """Take a wrong cell's value away; True when its column is required and the row goes."""
        self.values[column.key][j] = None
        self.bad.setdefault(column.key, set()).add(j)
        if column.required:
            self.excluded.add(j)
        return column.required

    def is_formula(self, column: str, j: int) -> bool:
        """Tell whether the cell holds a formula."""
        return isinstance(self.cells(column)[j], Formula)

    def missing(self, column: Column) -> None:
        """Report blank cells of a required column."""
        values, bad = self.values[column.key], self.bad.get(column.key, set())
        if None not in values:
            return
        told = f"{column.title} is required."
        for j, value in enumerate(values):
            if value is None and j not in bad and j not in self.empty:
                self.report(
                    "missing", Severity.ERROR, j, column.key, told, found="(empty)", excludes=True
                )

    def fill_default(self, column: Column, parse: Parser) -> None:
        """Give blank cells the column's default: in the typed values only, never in the sheet."""
        reading = parse(column.default)
        default = column.default if reading is None else reading.value
        if column.type in _FLOATS and isinstance(default, str):
            default = float(default)
        values, bad = self.values[column.key], self.bad.get(column.key, set())
        for j, value in enumerate(values):
            if value is None and j not in bad and j not in self.empty:
                values[j] = default

    def clean_table(self) -> CleanTable:
        """The typed frame of this tab."""
        import numpy as np
        import pandas as pd

        size = len(self.table)
        frame = {c.key: _array(c, self.values.get(c.key), size) for c in self.columns}
        frame["_row"] = np.asarray(self.table.rows, dtype="int64")
        frame["_key"] = _objects(self.keys)
        used = np.ones(size, dtype=bool)
        used[sorted(self.excluded | self.empty)] = False
        frame["_used"] = used
        series = {k: pd.Series(v, dtype=v.dtype, copy=False) for k, v in frame.items()}
        return CleanTable(self.tab.key, pd.DataFrame(series, copy=False))


def _array(column: Column, values: list[Scalar] | None, size: int) -> np.ndarray[Any, Any]:
    import numpy as np

    told: list[Any] = values if values is not None else [None] * size
    if column.type in _FLOATS:
        return np.array(told, dtype="float64")
    if column.type in _DATES:
        return _moments(told)
    return _objects(told)


def _moments(values: list[Any]) -> np.ndarray[Any, Any]:
    """Datetimes as datetime64[us]; each distinct one is converted once."""
    import numpy as np

    distinct = list(dict.fromkeys(values))
    numbers = np.array(distinct, dtype="datetime64[us]").view("int64").tolist()
    place = dict(zip(distinct, numbers, strict=True))
    told = np.fromiter(map(place.__getitem__, values), dtype="int64", count=len(values))
    return told.view("datetime64[us]")


def _objects(values: list[Any]) -> np.ndarray[Any, Any]:
    import numpy as np

    array = np.empty(len(values), dtype=object)
    array[:] = values
    return array
