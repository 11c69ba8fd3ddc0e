"""Cells that the rest of their row decides: phone numbers by country, amounts by currency."""

from __future__ import annotations

from collections.abc import Callable, Mapping

from sheetsync.clean.currencies import same_currency
from sheetsync.clean.people import read_phone
from sheetsync.clean.reading import Reading, wrong
from sheetsync.clean.table import TabWork
from sheetsync.model.tracker import CellType, Column
from sheetsync.model.values import Formula, Scalar


def inherited(works: Mapping[str, TabWork], work: TabWork, kind: CellType) -> Callable[[int], str]:
    """Return what gives a row's country or currency: its own cell, else its partner's, else ""."""
    own = [work.values[c.key] for c in work.of_type(kind) if c.key in work.values]
    mine = own[0] if own else [None] * len(work.table)
    refs, theirs = _through_refs(works, work, kind)

    def of(j: int) -> str:
        return str(mine[j] or (theirs.get(refs[j]) if refs else "") or "")

    return of


def _through_refs(
    works: Mapping[str, TabWork], work: TabWork, kind: CellType
) -> tuple[list[Scalar], dict[Scalar, Scalar]]:
    for column in work.of_type(CellType.REF):
        other = works.get(column.ref)
        if other is None or other is work or column.key not in work.values:
            continue
        told = [other.values[c.key] for c in other.of_type(kind) if c.key in other.values]
        ids = other.values.get(other.tab.key_columns[0])
        if told and ids:
            return work.values[column.key], dict(zip(ids, told[0], strict=True))
    return [], {}


def phones_by_row(
    works: Mapping[str, TabWork],
    work: TabWork,
    column: Column,
    values: list[Scalar],
    odd: dict[int, Reading],
) -> dict[int, Reading]:
    """Read again, by the row's country, all numbers that are not in E.164 already."""
    country = inherited(works, work, CellType.COUNTRY)
    cells = work.cells(column.key)
    known: dict[tuple[object, str], Reading | None] = {}
    for j in list(odd):
        cell, region = cells[j], country(j)
        if not region or isinstance(cell, Formula):
            continue
        if (cell, region) not in known:
            known[cell, region] = read_phone(cell, region)
        reading = known[cell, region]
        told = Reading(cell) if reading is None else reading
        odd[j], values[j] = told, told.value
    return odd


def amounts_by_row(
    works: Mapping[str, TabWork],
    work: TabWork,
    values: list[Scalar],
    odd: dict[int, Reading],
    reporting: str,
) -> dict[int, Reading]:
    """Refuse amounts that name another currency than their row: a number alone would lie."""
    named = [j for j, reading in odd.items() if reading.currency]
    if not named:
        return odd
    currency = inherited(works, work, CellType.CURRENCY)
    for j in named:
        code = currency(j) or reporting
        if not same_currency(odd[j].currency, code):
            odd[j] = _other_currency(odd[j].currency, code)
            values[j] = None
    return odd


def _other_currency(named: str, code: str) -> Reading:
    told = f"The amount says {named}, but its row counts as {code}; fill in the row's currency."
    return wrong("currency_mismatch", told)
