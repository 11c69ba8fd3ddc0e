"""Bad data as values: what was found, where, what it means and how to fix it."""

from __future__ import annotations

import hashlib
from dataclasses import dataclass, replace
from enum import StrEnum

from sheetsync.model.values import Value, show


class Severity(StrEnum):
    """ERROR keeps a cell (or its row) out of the KPIs, WARNING is worth a look, NOTE informs."""

    ERROR = "error"
    WARNING = "warning"
    NOTE = "note"


@dataclass(frozen=True, slots=True)
class Problem:
    """One thing wrong or doubtful in a workbook.

    ``tab`` and ``column`` are keys (``column`` "" for a whole row, ``tab`` "" for the workbook);
    ``key`` is the row key, ``row`` the 1-based sheet row (0: none). ``found`` is the cell as shown.
    ``suggested`` is a value that the Decision "accept" writes into the cell; None when there is
    nothing to accept. ``decision`` is what people answered before: "", accept, reject or later.
    ``excludes`` tells that the row stays out of every KPI.
    """

    code: str
    severity: Severity
    tab: str
    key: str
    row: int
    column: str
    found: str
    message: str
    suggested: Value = None
    decision: str = ""
    excludes: bool = False

    @property
    def id(self) -> str:
        """A short stable name: the same finding in the same cell has the same id every sync."""
        told = "\x1f".join((self.code, self.tab, self.key, self.column, self.found))
        return "I-" + hashlib.blake2b(told.encode("utf-8", "replace"), digest_size=5).hexdigest()

    def decided(self, decision: str) -> Problem:
        """Return the same problem with people's decision on it."""
        return replace(self, decision=decision)


@dataclass(frozen=True, slots=True)
class Fix:
    """A lossless correction of one cell: applied on sync and logged with its original.

    ``code`` names the rule: trim, case, alias, number, percent, day, month, flag, phone, email,
    country, currency, slug, auto_id, accepted (a guess that people accepted), follows (what rows
    of another tab say).
    """

    code: str
    tab: str
    key: str
    row: int
    column: str
    before: Value
    after: Value

    def __str__(self) -> str:
        return f"{self.tab} row {self.row} {self.column}: {show(self.before)} → {show(self.after)}"
