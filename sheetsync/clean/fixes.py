"""The fixes of a whole workbook, kept as cells and rules: a big one has hundreds of thousands.

A ``Fix`` is made when somebody looks at it; what it says stands in the tables anyway.
"""

from __future__ import annotations

from array import array
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from itertools import chain, islice
from typing import overload

from sheetsync.clean.reading import Reading
from sheetsync.model.problems import Fix
from sheetsync.model.snapshot import TableSnapshot


class TableFixes:
    """The fixes of one tab in sheet order: the tables before and after, which cells, which rules.

    ``edits`` gives the fixing readings by column key and data row; ``keys`` name the rows.
    """

    def __init__(
        self,
        before: TableSnapshot,
        after: TableSnapshot,
        edits: Mapping[str, Mapping[int, Reading]],
        keys: Sequence[str],
    ) -> None:
        self._before, self._after, self._keys = before, after, keys
        self._columns = tuple(edits)
        many = len(edits)
        places = sorted(j * many + i for i, key in enumerate(edits) for j in edits[key])
        self._rows = array("l", (place // many for place in places))
        self._which = array("l", (place % many for place in places))
        pairs = zip(self._rows, self._which, strict=True)
        self._rules = [edits[self._columns[i]][j].rule for j, i in pairs]

    def __len__(self) -> int:
        return len(self._rows)

    @property
    def rules(self) -> Sequence[str]:
        """The rule of each fix."""
        return self._rules

    def __iter__(self) -> Iterator[Fix]:
        before, after = (
            [table.column(key) for key in self._columns] for table in (self._before, self._after)
        )
        for j, i, rule in zip(self._rows, self._which, self._rules, strict=True):
            key, row = self._keys[j], self._before.rows[j]
            yield Fix(rule, self._before.tab, key, row, self._columns[i], before[i][j], after[i][j])


class Fixes(Sequence[Fix]):
    """All fixes of a workbook, tab by tab in sheet order."""

    def __init__(self, tables: Sequence[TableFixes]) -> None:
        self._tables = tables

    def __len__(self) -> int:
        return sum(map(len, self._tables))

    def __iter__(self) -> Iterator[Fix]:
        return chain.from_iterable(self._tables)

    def counts(self) -> Counter[str]:
        """How many fixes each rule made."""
        return Counter(chain.from_iterable(table.rules for table in self._tables))

    @overload
    def __getitem__(self, index: int) -> Fix: ...
    @overload
    def __getitem__(self, index: slice) -> tuple[Fix, ...]: ...
    def __getitem__(self, index: int | slice) -> Fix | tuple[Fix, ...]:
        """Return one fix, or several; made anew each time."""
        if isinstance(index, slice):
            return tuple(islice(self, *index.indices(len(self))))
        at = range(len(self))[index]
        return next(islice(self, at, None))

    def __eq__(self, other: object) -> bool:
        return isinstance(other, Sequence) and tuple(self) == tuple(other)

    __hash__ = None  # type: ignore[assignment]


def rule_counts(fixes: Sequence[Fix]) -> Counter[str]:
    """How many fixes each rule made, without making each ``Fix`` where that can be spared."""
    return fixes.counts() if isinstance(fixes, Fixes) else Counter(fix.code for fix in fixes)
