"""Small books of the full tracker from plain rows: what the cases of bad input are written in."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import date, datetime
from typing import Any

from sheetsync.catalog.tracker import FULL
from sheetsync.clean.clean import clean
from sheetsync.clean.lists import with_added_values
from sheetsync.clean.settings import read_settings
from sheetsync.model.present import present
from sheetsync.model.results import Cleaned
from sheetsync.model.snapshot import Snapshot
from sheetsync.model.tables import Grid, read_table

AS_OF = date(2026, 6, 30)
PARTNER = {"partner_type": "reseller", "status": "active", "owner": "Team North"}
DEAL = {
    "role": "sourced",
    "stage": "won",
    "created": "2026-01-05",
    "amount": 1000,
    "currency": "EUR",
    "closed": "2026-03-31",
}
BASE = {
    "partners": [
        {"partner_id": "P-0001", "partner_name": "Northwind Crafts", **PARTNER},
        {"partner_id": "P-0002", "partner_name": "Quiet Harbour", **PARTNER},
    ],
    "deals": [{"deal_id": "D-0001", "partner_id": "P-0001", **DEAL}],
}
"""Two partners and a won deal."""


def book(**tabs: Sequence[Mapping[str, Any]]) -> Snapshot:
    """A book of these tabs by key; rows give cells by column key, days as yyyy-mm-dd."""
    tables = {}
    for key, rows in {**BASE, **tabs}.items():
        tab = FULL.tab(key)
        columns = {
            i: [column.title, *(_cell(row.get(column.key)) for row in rows)]
            for i, column in enumerate(tab.columns, 1)
        }
        tables[key] = read_table(tab, tab.title, Grid(range(1, len(rows) + 2), columns))
    return Snapshot("book", "f", tables)


def _cell(value: Any) -> Any:
    if isinstance(value, str) and len(value) == 10 and value[4:8:3] == "--":
        return datetime.fromisoformat(value)
    return value


def read(seen: Snapshot) -> tuple[Cleaned, tuple[Any, ...]]:
    """Clean a book; also every problem of its lists and settings."""
    here = present(FULL, seen)
    tracker, odd = with_added_values(here.tracker, here.seen)
    assert tracker.defaults is not None
    settings, told = read_settings(here.seen, tracker, tracker.defaults)
    return clean(here.seen, tracker, settings, AS_OF, {}), (*odd, *told)
