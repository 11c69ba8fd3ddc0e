"""The port to wherever queries run: embedded, or a warehouse that speaks the same SQL text.

A query reads named relations: frames in memory, files too big for a sheet, and views of these.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from enum import StrEnum
from typing import TYPE_CHECKING, Protocol, TypeAlias, Union

if TYPE_CHECKING:
    import pandas as pd


class FactKind(StrEnum):
    """What a column of a file holds; days are read as whole numbers from 1970-01-01."""

    TEXT = "text"
    NUMBER = "number"
    DAY = "day"


@dataclass(frozen=True, slots=True)
class FactColumn:
    """A column of a file; one that is not ``required`` is blank where the file lacks it."""

    kind: FactKind = FactKind.TEXT
    required: bool = False


@dataclass(frozen=True, slots=True)
class FactFile:
    """A Parquet or CSV file, read in place: its declared columns and ``place``, the row's number.

    Headers are matched as those of tabs are. Blank texts are NULL, as are cells that are not of
    the column's kind. A relative ``path`` is relative to the engine's folder.
    """

    path: str
    columns: Mapping[str, FactColumn]


@dataclass(frozen=True, slots=True)
class View:
    """A SELECT over other relations, never stored."""

    sql: str
    tables: Mapping[str, Relation]


@dataclass(frozen=True, slots=True)
class Kept:
    """Rows of a view that an engine holds under ``name``, evaluated once."""

    name: str
    columns: tuple[str, ...]


Relation: TypeAlias = Union["pd.DataFrame", FactFile, View, Kept]


@dataclass(frozen=True, slots=True)
class FileCheck:
    """What is wrong with a file: ``refused`` says why it cannot be used, "" if it can.

    ``odd`` counts by column the cells that are not of its kind.
    """

    refused: str = ""
    odd: Mapping[str, int] = field(default_factory=dict)


class Engine(Protocol):
    """Runs one SELECT over named relations and returns its result.

    Text columns (object or str) arrive as text even when they are empty; a blank is NULL. What
    several queries read is kept: evaluated once, as a warehouse does with CREATE TEMP TABLE AS.
    """

    def run(self, sql: str, tables: Mapping[str, Relation]) -> pd.DataFrame:
        """Return the rows of ``sql`` over ``tables``; names not in ``tables`` are an error."""

    def run_all(self, sqls: Sequence[str], tables: Mapping[str, Relation]) -> list[pd.DataFrame]:
        """Return the rows of each of these statements, run in any order or at the same time."""

    def check(self, file: FactFile) -> FileCheck:
        """Look whether a file can be read and has the columns; never raises for a bad file."""

    def keep(self, view: View) -> Kept:
        """Evaluate a view now and hold its rows, in memory or beyond, until ``let_go``."""

    def let_go(self, *kept: Kept) -> None:
        """Drop these; whatever is kept where none is named."""
