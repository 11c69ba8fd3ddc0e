"""What a KPI is: one declaration from which its number, its evidence and its words derive."""

from __future__ import annotations

from collections.abc import Container, Iterable
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


@dataclass(frozen=True, slots=True)
class Kpi:
    """One KPI. ``words`` is its formula for a partner manager; ``n`` counts what stands behind it.

    ``types`` are the partner types it applies to (empty: all). ``interval`` is "wilson" or "exact"
    for a proportion (``value`` = successes / ``n``) or "". Below ``minimum_n`` the flag is small.
    ``minimum_setting`` names the field of the Settings that holds ``minimum_n`` for this KPI.
    ``named`` is a function of ``sheetsync.measure`` where the expression algebra ends. ``pack``
    names the pack of tabs without which it is not listed, "" for none. ``attributed`` stands in its
    place where the pack attribution is present.
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


ATTRIBUTION = "attribution"
"""The pack with which deals are shared between the partners that touched them."""


def in_force(kpis: Iterable[Kpi], packs: Container[str]) -> tuple[Kpi, ...]:
    """Return the KPIs of a workbook with these packs, those of attribution in their place."""
    listed = [kpi for kpi in kpis if not kpi.pack or kpi.pack in packs]
    if ATTRIBUTION not in packs:
        return tuple(listed)
    return tuple(kpi.attributed or kpi for kpi in listed)
