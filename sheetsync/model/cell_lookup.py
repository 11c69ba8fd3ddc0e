"""Formulas of one row that look at other rows: ids there are, rows left out, rates."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass

from sheetsync.model.cell_formula import CellFormula, Cells, Fixed, Ground, folded, text_of
from sheetsync.model.live import quoted


@dataclass(frozen=True, slots=True)
class Typed:
    """Whether a text stands anywhere in a column of an entry tab."""

    what: CellFormula
    tab: str
    key: str

    def text(self, on: Ground) -> str:
        """Return the COUNTIF."""
        column = on.whole(self.tab, self.key)
        return f"COUNTIF({column},{self.what.text(on)})>0" if column else "1=0"

    def values(self, on: Ground) -> Cells:
        """Return truths."""
        found = {folded(text_of(v)) for v in on.all_typed(self.tab, self.key)}
        return [folded(v) in found for v in self.what.values(on)]


@dataclass(frozen=True, slots=True)
class InLive:
    """Whether a text stands in a column of a live tab, in a row where ``given`` is 1 if any."""

    what: CellFormula
    tab: str
    key: str
    given: str = ""

    def text(self, on: Ground) -> str:
        """Return the COUNTIFS."""
        more = f",{on.named(self.tab, self.given)},1" if self.given else ""
        return f"COUNTIFS({on.named(self.tab, self.key)},{self.what.text(on)}{more})>0"

    def values(self, on: Ground) -> Cells:
        """Return truths."""
        names = on.cells(self.tab, self.key)
        given = on.cells(self.tab, self.given) if self.given else [1] * len(names)
        found = Counter(folded(n) for n, g in zip(names, given, strict=True) if g == 1)
        return [folded(v) in found for v in self.what.values(on)]


@dataclass(frozen=True, slots=True)
class LeftOut:
    """Whether the sync left the row out: by its id (a column of the live tab), or its place."""

    key: str = ""

    def text(self, on: Ground) -> str:
        """Return the COUNTIF."""
        listed = on.named("", "left_out")
        by_id = f'COUNTIF({listed},"id:"&{on.own(self.key)})+' if self.key else ""
        return f'{by_id}COUNTIF({listed},"row:"&{on.row()})>0'

    def values(self, on: Ground) -> Cells:
        """Return truths."""
        listed = {folded(v) for v in on.cells("", "left_out")}
        ids = on.cells("", self.key) if self.key else [""] * on.count
        pairs = zip(ids, on.rows(), strict=True)
        return [folded(f"id:{i}") in listed or f"row:{row}" in listed for i, row in pairs]


@dataclass(frozen=True, slots=True)
class ByText:
    """A number by text, nested IFs; ``otherwise`` where there is none."""

    what: CellFormula
    name: str
    otherwise: str | int = ""

    def text(self, on: Ground) -> str:
        """Return the IFs."""
        told, last = self.what.text(on), Fixed(self.otherwise).text(on)
        found = on.numbers(self.name)
        parts = [f"IF({told}={quoted(text)},{number:.15g}," for text, number in found.items()]
        return "".join(parts) + last + ")" * len(parts)

    def values(self, on: Ground) -> Cells:
        """Return numbers."""
        found = {folded(text): number for text, number in on.numbers(self.name).items()}
        return [found.get(folded(v), self.otherwise) for v in self.what.values(on)]


@dataclass(frozen=True, slots=True)
class Rate:
    """What one unit of a currency is worth in a month, from the live tab of rates; 0: not known.

    ``currency`` and ``month`` are columns of the same row; a blank currency is the reporting one.
    """

    currency: str
    month: CellFormula

    def text(self, on: Ground) -> str:
        """Return the look-up."""
        code, keys = on.own(self.currency), on.named("live_rates", "key")
        rates, dated = on.named("live_rates", "rate"), f'{code}&"|"&{self.month.text(on)}'
        fixed = f"SUMIFS({rates},{keys},{code})"
        monthly = f"IF(COUNTIFS({keys},{dated})>0,SUMIFS({rates},{keys},{dated}),{fixed})"
        return f'IF(OR({code}="",{code}={quoted(on.currency)}),1,{monthly})'

    def values(self, on: Ground) -> Cells:
        """Return rates."""
        found = {folded(k): v for k, v in on.numbers("rate").items()}
        plain = ("", folded(on.currency))
        pairs = zip(on.cells("", self.currency), self.month.values(on), strict=True)
        return [
            1.0 if folded(c) in plain else found.get(folded(f"{c}|{m}"), found.get(folded(c), 0.0))
            for c, m in pairs
        ]
