"""What the pane shows of a run, in texts for people: partners, tier changes, issues, changes."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Mapping
from typing import TYPE_CHECKING, Any

from sheetsync.catalog.computed import MEASURED
from sheetsync.model.kpi import Kpi, Unit
from sheetsync.model.plan import AppendRows, ReplaceRows, WriteCells, WriteNames
from sheetsync.model.problems import Problem
from sheetsync.model.results import Flag, KpiValue
from sheetsync.model.tables import letters
from sheetsync.model.values import result_of, show

if TYPE_CHECKING:
    from sheetsync.sync import Study

_BY_REJECT = frozenset(("duplicate", "likely_duplicate"))
"""Findings with nothing to accept that a reject silences."""
_SIGNS = 255


def pane(told: Study, *, applied: bool) -> dict[str, Any]:
    """The pane's data as JSON-able values; ``applied``: the plan is about to be written.

    ``range`` is a 95 % interval in words or None. Addresses are those of the sheet once the plan
    is written (``applied``), else of the sheet as it is; None where there is no such cell.
    """
    names = _names(told)
    return {
        "partners": _partners(told, names),
        "tier_changes": _tier_changes(told, names),
        "issues": list(_issues(told, applied=applied)),
        "changes": _changes(told),
    }


def _names(told: Study) -> dict[str, str]:
    frame = told.cleaned.tables["partners"].frame
    return {
        str(partner): str(name or partner)
        for partner, name in zip(frame["partner_id"], frame["partner_name"], strict=True)
    }


def _partners(told: Study, names: Mapping[str, str]) -> dict[str, dict[str, Any]]:
    tiers = {tier.partner_id: tier for tier in told.measured.tiers}
    frame = told.cleaned.tables["partners"].used
    kpis = _kpis(told)
    cards: dict[str, dict[str, Any]] = {}
    for partner, kind in zip(map(str, frame["partner_id"]), frame["partner_type"], strict=True):
        tier = tiers.get(partner)
        cards[partner] = {
            "name": names[partner],
            "type": kind or "",
            "tier": tier.tier if tier else "",
            "score": _decimal(tier.score) if tier and tier.score is not None else None,
            "why": tier.why if tier else "",
            "kpis": kpis[partner],
        }
    return cards


def _kpis(told: Study) -> defaultdict[str, list[dict[str, Any]]]:
    """The KPIs of Partner Summary, in its order, by partner id."""
    declared = {kpi.id: kpi for kpi in told.tracker.kpis}
    place = {key.upper(): at for at, key in enumerate(MEASURED)}
    currency = told.settings.reporting_currency
    shown: defaultdict[str, list[dict[str, Any]]] = defaultdict(list)
    values = [v for v in told.measured.kpis if v.kpi in place and v.group and not v.month]
    for value in sorted(values, key=lambda v: place[v.kpi]):
        if value.flag is not Flag.NOT_APPLICABLE:
            shown[value.group].append(_kpi(value, declared[value.kpi], currency))
    return shown


def _kpi(value: KpiValue, kpi: Kpi, currency: str) -> dict[str, Any]:
    ends = (value.low, value.high)
    words = [in_words(end, kpi.unit, currency) for end in ends if end is not None]
    return {
        "kpi": value.kpi,
        "title": kpi.title,
        "text": str(value.flag)
        if value.value is None
        else in_words(value.value, kpi.unit, currency),
        "n": value.n,
        "range": " to ".join(words) if len(words) == len(ends) else None,
        "flag": str(value.flag),
    }


def in_words(value: float, unit: Unit, currency: str) -> str:
    """A KPI's value as people read it, with its unit.

    >>> in_words(0.4182, Unit.RATIO, "EUR"), in_words(1214365.4, Unit.MONEY, "EUR")
    ('41.8%', '1,214,365 EUR')
    """
    match unit:
        case Unit.MONEY:
            return f"{value:,.0f} {currency}"
        case Unit.RATIO:
            return f"{value:.1%}"
        case Unit.MULTIPLE:
            return f"{value:,.1f}×"
        case Unit.COUNT:
            return f"{value:,.0f}"
        case Unit.DAYS | Unit.HOURS | Unit.PER_WEEK:
            return f"{_decimal(value)} {unit}"
        case _:
            return _decimal(value)


def _decimal(value: float) -> str:
    return f"{value:,.1f}"


def _tier_changes(told: Study, names: Mapping[str, str]) -> list[dict[str, Any]]:
    """Partners whose tier in the workbook is another one than now; a first tier is no change."""
    before = _tiers_before(told)
    return [
        {
            "partner_id": tier.partner_id,
            "name": names.get(tier.partner_id, tier.partner_id),
            "from": was,
            "to": tier.tier,
            "why": tier.why,
        }
        for tier in told.measured.tiers
        if (was := before.get(tier.partner_id)) and tier.tier and was != tier.tier
    ]


def _tiers_before(told: Study) -> dict[str, str]:
    table = told.fixed.tables.get("partners")
    if table is None:
        return {}
    cells = (map(result_of, table.column(key)) for key in ("partner_id", "tier"))
    return {str(name): str(tier) for name, tier in zip(*cells, strict=True) if name and tier}


def _issues(told: Study, *, applied: bool) -> Iterable[dict[str, Any]]:
    cells = _decision_cells(told, applied=applied)
    for problem in told.problems:
        table = told.seen.tables.get(problem.tab)
        cell = cells.get(problem.id)
        named = table is not None and problem.row
        yield {
            "id": problem.id,
            "severity": str(problem.severity),
            "sheet": table.title if table else None,
            "address": _address(told, problem) if named else None,
            "message": problem.message,
            "suggested": None if problem.suggested is None else show(problem.suggested, _SIGNS),
            "decision": problem.decision,
            "can_decide": cell is not None and _decidable(problem),
            "decision_cell": cell,
        }


def _address(told: Study, problem: Problem) -> str:
    """The cell that a problem is about; the first one of its row where it is about all of it."""
    column = told.seen.tables[problem.tab].bound.get(problem.column, 0)
    return f"{letters(column)}{problem.row}"


def _decidable(problem: Problem) -> bool:
    return problem.suggested is not None or bool(problem.decision) or problem.code in _BY_REJECT


def _decision_cells(told: Study, *, applied: bool) -> dict[str, dict[str, str]]:
    """Where the Decision on a problem stands on Issues, by the problem's id."""
    table = told.seen.tables.get("issues")
    if table is None or not {"issue_id", "decision"} <= table.bound.keys():
        return {}
    column = letters(table.bound["decision"])
    ids: Iterable[object] = map(result_of, table.column("issue_id"))
    rows = iter(table.rows)
    if applied and any(op.tab == "issues" for op in told.plan.ops):
        ids = (problem.id for problem in told.problems)
        rows = iter(range(table.header_row + 1, table.header_row + 1 + len(told.problems)))
    return {
        str(name): {"sheet": table.title, "address": f"{column}{row}"}
        for name, row in zip(ids, rows, strict=True)
        if name
    }


def _changes(told: Study) -> dict[str, int]:
    """How many fixes and single cells a plan writes, and how many rows of the engine's own tabs."""
    cells = rows = 0
    for op in told.plan.ops:
        match op:
            case WriteCells():
                cells += len(op)
            case WriteNames():
                cells += len(op.names)
            case ReplaceRows():
                rows += len(op.new)
            case AppendRows():
                rows += len(op.rows)
    return {"fixes": len(told.fixes), "cells": cells, "rows": rows}
