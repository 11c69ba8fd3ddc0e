"""A workbook as found: raw cells by declared tab, bound to declared columns by header.

A table is column-major (``cells[i][j]``: column i as found, data row j), so that cleaning works
on whole columns. Nothing is interpreted here beyond headers and row identity.
"""

from __future__ import annotations

import hashlib
from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace

from sheetsync.model.problems import Problem
from sheetsync.model.tracker import Owner, Tab, plain
from sheetsync.model.values import Formula, Scalar, Value, kind_of, show


@dataclass(frozen=True, slots=True)
class TableSnapshot:
    """The rows of one tab, header excluded, blank rows left out.

    ``headers`` are texts as found, one per sheet column from the first; ``bound`` maps a declared
    column key to its index in ``headers``/``cells``; ``rows`` are 1-based sheet rows, one per data
    row. ``problems`` are findings about the layout (two columns of one name, a required header
    that is missing).
    """

    tab: str
    title: str
    headers: tuple[str, ...]
    bound: Mapping[str, int]
    rows: Sequence[int]
    cells: tuple[list[Value], ...]
    header_row: int = 1
    problems: tuple[Problem, ...] = ()
    _keys: dict[str, list[str]] = field(init=False, default_factory=dict, repr=False, compare=False)

    def __len__(self) -> int:
        return len(self.rows)

    def column(self, key: str) -> list[Value]:
        """Return a declared column's cells as found (len(self) of them); all None if not there."""
        index = self.bound.get(key)
        return self.cells[index] if index is not None else [None] * len(self.rows)

    def keys(self, tab: Tab) -> list[str]:
        """Name every row (see ``row_keys``); worked out once per table, not to be changed."""
        if tab.key not in self._keys:
            bound = {key: self.cells[i] for key, i in self.bound.items()}
            self._keys[tab.key] = row_keys(tab, bound, len(self))
        return self._keys[tab.key]

    def with_cells(self, edits: Mapping[str, Mapping[int, Value]]) -> TableSnapshot:
        """Return the table with other values in some cells: by column key, then by data row."""
        if not edits:
            return self
        cells = list(self.cells)
        for key, told in edits.items():
            column = list(self.column(key))
            for j, value in told.items():
                column[j] = value
            cells[self.bound[key]] = column
        return replace(self, cells=tuple(cells))


@dataclass(frozen=True, slots=True)
class ReportSnapshot:
    """A report tab as found: cached value by formula text, and value by single-cell name."""

    tab: str
    title: str
    formulas: Mapping[str, Scalar] = field(default_factory=dict)
    names: Mapping[str, Value] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Snapshot:
    """A whole workbook as found. ``fingerprint`` changes whenever the workbook does."""

    name: str
    fingerprint: str
    tables: Mapping[str, TableSnapshot]
    reports: Mapping[str, ReportSnapshot] = field(default_factory=dict)
    other_tabs: tuple[str, ...] = ()
    problems: tuple[Problem, ...] = ()


def bind(tab: Tab, headers: Sequence[str]) -> dict[str, tuple[int, ...]]:
    """Match found headers to declared columns: title, key or alias, whatever the case or spacing.

    Returns for each declared key the indices that carry its name: () when missing, more than one
    when two columns have the same name.
    """
    found: dict[str, list[int]] = {}
    for index, header in enumerate(headers):
        found.setdefault(plain(header), []).append(index)
    found.pop("", None)
    result: dict[str, tuple[int, ...]] = {}
    for column in tab.columns:
        names = dict.fromkeys(map(plain, (column.title, column.key, *column.aliases)))
        hits = next((found[name] for name in names if name in found), [])
        result[column.key] = tuple(hits)
    return result


def row_keys(tab: Tab, columns: Mapping[str, Sequence[Value]], count: int) -> list[str]:
    """Name each row of a table: its key where filled and unique, else a hash of its cells.

    ``columns`` holds the declared columns as found (``count`` cells each); only those that people
    own take part, so that a sync renames no row by writing its own columns. A key column must be
    text or a number; several key columns are joined with ``|``. A hashed name starts with ``~``;
    equal rows get ``/2``, ``/3`` in sheet order.
    """
    columns = {k: v for k, v in columns.items() if tab.column(k).owner is Owner.USER}
    names = _given_names(tab, columns, count)
    folded = [name.casefold() for name in names]
    if "" not in (alone := set(folded)) and len(alone) == count:
        return names
    often = Counter(folded)
    seen: Counter[str] = Counter()
    for j, name in enumerate(names):
        if name and often[folded[j]] == 1:
            continue
        told = _row_hash(column[j] for column in columns.values())
        seen[told] += 1
        names[j] = told if seen[told] == 1 else f"{told}/{seen[told]}"
    return names


def _given_names(tab: Tab, columns: Mapping[str, Sequence[Value]], count: int) -> list[str]:
    parts = [columns[key] for key in tab.key_columns if key in columns]
    if len(parts) != len(tab.key_columns) or not parts:
        return [""] * count
    texts = [[v.strip() if type(v) is str else _key_text(v) for v in part] for part in parts]
    if len(texts) == 1:
        return texts[0]
    return ["|".join(told) if any(told) else "" for told in zip(*texts, strict=True)]


def _key_text(value: Value) -> str:
    if isinstance(value, Formula):
        value = value.value
    if isinstance(value, str):
        return value.strip()
    return "" if kind_of(value) in ("empty", "error") else show(value, 200)


def _row_hash(values: Iterable[Value]) -> str:
    told = "\x1f".join(f"{kind_of(v)}:{v}" for v in values)
    return "~" + hashlib.blake2b(told.encode("utf-8", "replace"), digest_size=6).hexdigest()
