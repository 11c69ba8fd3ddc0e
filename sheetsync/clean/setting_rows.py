"""One settings tab at reading: its rows, its cells through readers, and what is wrong in them."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from typing import Any, TypeVar

from sheetsync.clean.setting_values import Wrong
from sheetsync.clean.text import tidy
from sheetsync.model.problems import Problem, Severity
from sheetsync.model.snapshot import TableSnapshot
from sheetsync.model.tracker import Choice, Tab, plain
from sheetsync.model.values import CellError, Scalar, result_of, show

Reader = Callable[[Scalar], Any]


@dataclass(slots=True)
class SettingTable:
    """A settings tab as found; ``problems`` fills as its rows are read."""

    tab: Tab
    table: TableSnapshot
    problems: list[Problem] = field(default_factory=list)

    def rows(self) -> Iterator[SettingLine]:
        """Every row that is there."""
        keys = self.table.keys(self.tab)
        for j, key in enumerate(keys):
            yield SettingLine(self, j, key)


@dataclass(frozen=True, slots=True)
class SettingLine:
    """One row of a settings tab."""

    home: SettingTable
    j: int
    key: str

    @property
    def row(self) -> int:
        """The sheet row."""
        return self.home.table.rows[self.j]

    def found(self, column: str) -> Scalar:
        """What stands in a cell, tidied; None when it is blank."""
        value = result_of(self.home.table.column(column)[self.j])
        if isinstance(value, str):
            value = tidy(value) or None
        return value

    def take(self, column: str, reader: Reader, *, needed: bool = False) -> Any:
        """Read a cell; None when it is blank or wrong, which is told where it must not be."""
        value = self.found(column)
        title = self.home.tab.column(column).title
        try:
            if value is None:
                if needed:
                    self.tell("missing", column, f"{title} is needed: this row is left out.")
                return None
            return read_cell(value, reader)
        except Wrong as wrong:
            after = "this row is left out" if needed else "the default applies"
            self.tell("bad_setting", column, f"{title} allows {wrong}; {after}.")
            return None

    def tell(
        self, code: str, column: str, message: str, severity: Severity = Severity.ERROR
    ) -> None:
        """Record what is wrong with a cell of this row."""
        found = self.found(column)
        told = "(empty)" if found is None else show(found)
        tab = self.home.table.tab
        key = "" if self.key.startswith("~") else self.key
        self.home.problems.append(
            Problem(code, severity, tab, key, self.row, column, told, message)
        )

    def warn(self, code: str, column: str, message: str) -> None:
        """Record what is doubtful about a cell of this row."""
        self.tell(code, column, message, Severity.WARNING)


_T = TypeVar("_T")


def read_cell(value: Scalar, reader: Callable[[Scalar], _T]) -> _T:
    """Read a cell that must hold something; Wrong when it does not, or holds an error."""
    if value is None or isinstance(value, CellError):
        raise Wrong("no blank cell" if value is None else "no error value")
    return reader(value)


def choice_of(choices: tuple[Choice, ...]) -> Reader:
    """Return a reader of a list's values and their other spellings."""
    known = {plain(word): c.value for c in choices for word in (c.value, *c.aliases)}

    def read(value: Scalar) -> str:
        meant = known.get(plain(show(value)))
        if meant is None:
            raise Wrong(", ".join(choice.value for choice in choices[:12]))
        return meant

    return read
