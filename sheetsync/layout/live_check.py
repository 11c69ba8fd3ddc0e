"""What live KPI formulas come to, worked out from the live tabs' values without a spreadsheet.

A formula stands in a cell only where it comes to what the engine says: it is worked out here as a
spreadsheet does it, and where the two differ the engine's value stands.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from sheetsync.layout.live_kpis import Asked, Criterion, Place, Rows, rows_of
from sheetsync.model.cell_formula import folded
from sheetsync.model.expr import (
    Above,
    Add,
    Aggregate,
    Const,
    Count,
    Expr,
    Mean,
    Mul,
    OnlyIf,
    OrZero,
    Param,
    Quantile,
    Ratio,
    Sub,
)

if TYPE_CHECKING:
    from collections.abc import Mapping

    import numpy.typing as npt

    from sheetsync.model.live_facts import LiveFacts

    Array = npt.NDArray[Any]


class Missing(ArithmeticError):
    """A spreadsheet would show an error here."""


@dataclass(slots=True)
class Columns:
    """The live columns by range name; ``cells`` gives a column's values."""

    cells: Callable[[str], list[Any]]
    _numbers: dict[str, Array] = field(default_factory=dict)
    _texts: dict[str, Array] = field(default_factory=dict)
    _places: dict[Criterion, Array] = field(default_factory=dict)

    def numbers(self, name: str) -> Array:
        """Return a column's numbers, NaN for texts and blanks."""
        import numpy as np

        if name not in self._numbers:
            nan = float("nan")
            told = [float(v) if isinstance(v, int | float) else nan for v in self.cells(name)]
            self._numbers[name] = np.array(told, dtype="float64")
        return self._numbers[name]

    def texts(self, name: str) -> Array:
        """Return a column's texts, folded."""
        import numpy as np

        if name not in self._texts:
            self._texts[name] = np.array([folded(v) for v in self.cells(name)], dtype=object)
        return self._texts[name]

    def places(self, tests: tuple[Criterion, ...]) -> Array:
        """Return the places of the rows for which all tests hold."""
        import numpy as np

        first = next((t for t in tests if isinstance(t.value, str)), tests[0])
        if first not in self._places:
            self._places[first] = np.flatnonzero(self._holds(first, slice(None)))
        found = self._places[first]
        for test in tests:
            if test is not first:
                found = found[self._holds(test, found)]
        return found

    def _holds(self, test: Criterion, where: Any) -> Array:
        import numpy as np

        if isinstance(test.value, str):
            same: Array = self.texts(test.name)[where] == folded(test.value)
            return same if test.sign == "=" else ~same
        held = self.numbers(test.name)[where]
        told: Array
        match test.sign:
            case "number":
                told = ~np.isnan(held)
            case ">=":
                told = held >= test.value
            case "<=":
                told = held <= test.value
            case _:
                told = held == test.value
        return told


@dataclass(frozen=True, slots=True)
class Worker:
    """Works expressions out for one place, as ``live_kpis.Printer`` prints them."""

    facts: LiveFacts
    params: Mapping[str, float]
    at: Place
    columns: Columns

    def value(self, told: Asked) -> float | None:
        """Return what the formula of the value shows, None for ""."""
        try:
            return self._work(told.value, blank=None)
        except Missing:
            return None

    def n(self, told: Asked) -> int:
        """Return what the formula of n shows."""
        try:
            return int(self._work(told.n, blank=0.0))
        except Missing:
            return 0

    def flag(self, told: Asked, minimum: int, *, whole: bool) -> str:
        """Return what the formula of the flag shows."""
        try:
            if told.gap is not None and self._work(told.gap, blank=0.0) > 0:
                return "incomplete"
            if self.value(told) is None:
                based = told.base is not None and self._work(told.base, blank=0.0) == 0
                return "no base" if based else "no data"
        except Missing:
            return "no base"
        if not whole:
            return "partial"
        return "small" if self.n(told) < minimum else "ok"

    def _work(self, expr: Expr, blank: float | None) -> float:
        match expr:
            case Aggregate():
                return self._aggregate(expr, blank)
            case Const(value):
                return value
            case Param(name):
                return self.params[name]
            case Above(a, limit):
                told = self._work(a, blank)
                return told if told > limit else _else(blank)
            case OnlyIf(a, given):
                return self._work(a, blank) if self._work(given, 0.0) > 0 else _else(blank)
            case OrZero(a):
                return self._work(a, 0.0)
            case _:
                return self._of_two(expr, blank)

    def _of_two(self, expr: Add | Sub | Mul | Ratio, blank: float | None) -> float:
        left, right = self._work(expr_left(expr), blank), self._work(expr_right(expr), blank)
        match expr:
            case Add():
                return left + right
            case Sub():
                return left - right
            case Mul():
                return left * right
            case Ratio():
                if right == 0:
                    raise Missing
                return left / right

    def _aggregate(self, a: Aggregate, blank: float | None) -> float:
        rows = rows_of(a, self.at, self.facts)
        if isinstance(a, Count):
            return float(sum(len(self._numbers(one, a.column)) for one in rows))
        found = [x for one in rows for x in self._numbers(one, a.column).tolist()]
        if isinstance(a, Quantile):
            found = self._uncensored(a, rows[0], found)
            return _quantile(found, a.q) if found else _else(blank)
        if not found:
            return 0.0 if blank == 0.0 else _else(blank)
        total = float(sum(found))
        return total / len(found) if isinstance(a, Mean) else total

    def _numbers(self, one: Rows, column: str) -> Array:
        """The numbers of a column in these rows, blanks left out; of all rows without one."""
        import numpy as np

        found = np.concatenate([self.columns.places(tests) for tests in one.choices])
        if not column:
            return found
        held = self.columns.numbers(one.column)[found]
        told: Array = held[~np.isnan(held)]
        return told

    def _uncensored(self, a: Quantile, one: Rows, found: list[float]) -> list[float]:
        if not a.censored:
            return found
        name = f"{one.source.tab}_{one.source.columns[a.censored]}"
        done = Rows(
            one.source, one.column, tuple((*t, Criterion(name, "=", 0)) for t in one.choices)
        )
        late = Rows(
            one.source, one.column, tuple((*t, Criterion(name, "=", 1)) for t in one.choices)
        )
        complete: list[float] = self._numbers(done, a.column).tolist()
        middle = _quantile(complete, 0.5) if complete else 0.0
        return complete + [x for x in self._numbers(late, a.column).tolist() if x >= middle]


def expr_left(expr: Add | Sub | Mul | Ratio) -> Expr:
    """Return the first of the two."""
    return expr.top if isinstance(expr, Ratio) else expr.left


def expr_right(expr: Add | Sub | Mul | Ratio) -> Expr:
    """Return the second of the two."""
    return expr.base if isinstance(expr, Ratio) else expr.right


def _else(blank: float | None) -> float:
    if blank is None:
        raise Missing
    return blank


def _quantile(found: list[float], q: float) -> float:
    ranked = sorted(found)
    place = q * (len(ranked) - 1)
    low = int(place)
    high = min(low + 1, len(ranked) - 1)
    return ranked[low] + (place - low) * (ranked[high] - ranked[low])
