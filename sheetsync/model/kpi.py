"""What a KPI is: one declaration from which its number, its evidence and its words derive."""

from __future__ import annotations

from collections.abc import Container, Iterable, Mapping
from dataclasses import dataclass
from enum import StrEnum

from sheetsync.model.expr import Expr


class Unit(StrEnum):
    """Units of a KPI's value; ratios are fractions, shown as percent."""

    MONEY = "money"
    RATIO = "ratio"
    MULTIPLE = "multiple"
    COUNT = "count"
    NUMBER = "number"
    DAYS = "days"
    HOURS = "hours"
    PER_WEEK = "per week"
    POINTS = "points"


class Grain(StrEnum):
    """For whom and when a value is computed."""

    PARTNER = "partner"
    PARTNER_MONTH = "partner x month"
    PROGRAMME = "programme"
    PROGRAMME_MONTH = "programme x month"
    TYPE = "type"
    STAGE = "stage"
    TAB = "tab"
    PRODUCT = "product"


@dataclass(frozen=True, slots=True)
class Kpi:
    """One KPI. ``words`` is its formula for a partner manager; ``n`` counts what stands behind it.

    ``types`` are the partner types it applies to (empty: all). Below ``minimum_n`` the flag is
    small; ``minimum_setting`` names the field of the Settings that holds it for this KPI.
    ``named`` is a function of ``sheetsync.measure`` where the expression algebra ends. ``pack``
    names the pack of tabs without which it is not listed, "" for none. ``attributed`` stands in its
    place where the pack attribution is present.

    ``interval`` is "" or how the 95 % interval is made: "wilson" or "exact" for a proportion
    (``value`` = successes / ``n``), "nps" and "difference" of the ``parts``: promoters, detractors
    and answers; successes and trials of the first proportion, then of the second.
    ``together`` is the value at the programme grains where it is not ``value`` over all rows.
    ``missing`` counts what is not known and would be in it: more than none makes it incomplete.
    ``age`` is how many days old the value is: more than ``stale_after`` make it stale.
    ``edges`` are codes of ``EDGES``, parted by blanks: the edge cases that it has a rule for.
    """

    id: str
    title: str
    unit: Unit
    grains: tuple[Grain, ...]
    words: str
    value: Expr | None
    n: Expr | None
    dimension: str
    types: tuple[str, ...] = ()
    interval: str = ""
    minimum_n: int = 0
    lower_is_better: bool = False
    named: str = ""
    minimum_setting: str = ""
    pack: str = ""
    attributed: Kpi | None = None
    parts: tuple[Expr, ...] = ()
    together: Expr | None = None
    missing: Expr | None = None
    age: Expr | None = None
    stale_after: int = 0
    edges: str = ""

    def expressions(self) -> tuple[Expr, ...]:
        """Everything that is asked of the fact tables for it."""
        told = (self.value, self.n, self.together, self.missing, self.age, *self.parts)
        return tuple(expr for expr in told if expr is not None)


EDGES: Mapping[str, str] = {
    "Z": "A base of zero gives a blank that says no base.",
    "N": "Without rows it is blank, no data; never 0.",
    "PP": "A month not covered whole is flagged partial.",
    "FX": "Money converts at the rate of the row's month; a missing rate makes it incomplete.",
    "RF": "A refund counts negative, on its own day, or with restate_refunds on that of its sale.",
    "SM": "Below the minimum n it is flagged small.",
    "CEN": "What is still open is counted beside the value.",
    "NA": "Not to be added up over partners or months.",
}
"""Edge cases of KPIs, by code."""

ATTRIBUTION = "attribution"
"""The pack with which deals are shared between the partners that touched them."""


def in_force(kpis: Iterable[Kpi], packs: Container[str]) -> tuple[Kpi, ...]:
    """Return the KPIs of a workbook with these packs, those of attribution in their place."""
    listed = [kpi for kpi in kpis if not kpi.pack or kpi.pack in packs]
    if ATTRIBUTION not in packs:
        return tuple(listed)
    return tuple(kpi.attributed or kpi for kpi in listed)


def described(kpi: Kpi, shown: Mapping[str, Iterable[str]]) -> dict[str, str | int | None]:
    """Return the row of the KPI Catalogue by column key; ``shown`` gives key KPIs by type."""
    return {
        "kpi": kpi.id,
        "name": kpi.title,
        "words": kpi.words,
        "unit": str(kpi.unit),
        "types": ", ".join(kpi.types),
        "shown": ", ".join(kind for kind, ids in shown.items() if kpi.id in ids),
        "dimension": kpi.dimension,
        "minimum_n": kpi.minimum_n or None,
    }
