"""Sums of large fact tables by everything that KPIs group by and test: one pass over each.

Most KPIs count and add up rows by partner and month, by type, or all of them. What they need of a
table of millions follows from sums by partner, month and the few columns that are tested, some
thousands of rows, to the same cent: sums are decimals. Medians and counts of different values read
the rows themselves.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence

from sheetsync.measure.sql import KEYS, adds_up, evidence, sums_of
from sheetsync.model.engine import Engine, Relation, View
from sheetsync.model.expr import Aggregate, Span, aggregates
from sheetsync.model.kpi import Grain, Kpi


def summed(
    asked: Mapping[Grain, Sequence[Kpi]], tables: Mapping[str, Relation], engine: Engine
) -> dict[str, Relation]:
    """Keep the sums of every table that is a view, by the name of the table."""
    found: dict[str, dict[Aggregate, None]] = {}
    keys: dict[str, dict[str, None]] = {}
    for grain, kpis in asked.items():
        for aggregate in _told(kpis, grain):
            table = aggregate.table
            if isinstance(tables[table], View) and adds_up(aggregate):
                found.setdefault(table, {})[aggregate] = None
                keys.setdefault(table, {}).update(_keys(grain))
    return {
        table: engine.keep(View(sums_of(found[table], keys[table]), {table: tables[table]}))
        for table in found
    }


def _told(kpis: Iterable[Kpi], grain: Grain) -> Iterable[Aggregate]:
    return (a for kpi in kpis for e in evidence(kpi, grain).values() for a in aggregates(e))


def _keys(grain: Grain) -> dict[str, None]:
    """What a grain groups by; months are those of the period."""
    keys = dict.fromkeys(KEYS[grain])
    return keys | {Span.PERIOD.value: None} if "month" in keys else keys
