"""A tracker of three tabs and snapshots of it, for tests of whole tables."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import replace
from datetime import date, datetime
from typing import Any

from sheetsync.clean.clean import clean
from sheetsync.model.problems import Fix
from sheetsync.model.results import Cleaned
from sheetsync.model.settings import Settings
from sheetsync.model.snapshot import Snapshot, TableSnapshot
from sheetsync.model.tracker import (
    AtMost,
    CellType,
    Choice,
    Column,
    NeededWhen,
    NotAfterToday,
    NotBefore,
    OnePer,
    Owner,
    Role,
    Tab,
    Tracker,
)

AS_OF = date(2026, 3, 15)


def _column(key: str, kind: CellType, **more: Any) -> Column:
    return Column(key, key.replace("_", " ").capitalize(), kind, "", **more)


PARTNERS = Tab(
    "partners",
    "Partners",
    Role.ENTRY,
    "",
    (
        _column("partner_id", CellType.ID, required=True, auto="P-{:04d}", unique=True),
        _column("partner_name", CellType.TEXT, required=True, unique=True),
        _column("status", CellType.CHOICE, choices="status", default="active"),
        _column("country", CellType.COUNTRY),
        _column("currency", CellType.CURRENCY),
        _column("start", CellType.DAY),
        _column("end", CellType.DAY),
        _column("utm_code", CellType.SLUG, unique=True),
        _column("check", CellType.TEXT, owner=Owner.SYNC),
    ),
    ("partner_id",),
    (NotBefore("end", "start"),),
)
CONTACTS = Tab(
    "contacts",
    "Contacts",
    Role.ENTRY,
    "",
    (
        _column("contact_id", CellType.ID, auto="C-{:04d}"),
        _column("partner_id", CellType.REF, required=True, ref="partners"),
        _column("name", CellType.TEXT, required=True),
        _column("email", CellType.EMAIL, unique=True),
        _column("phone", CellType.PHONE),
        _column("is_primary", CellType.FLAG),
    ),
    ("contact_id",),
    (OnePer("is_primary", "partner_id"),),
)
DEALS = Tab(
    "deals",
    "Deals",
    Role.ENTRY,
    "",
    (
        _column("deal_id", CellType.ID, required=True, auto="D-{:04d}"),
        _column("partner_id", CellType.REF, required=True, ref="partners", ref_extra=("DIRECT",)),
        _column("stage", CellType.CHOICE, required=True, choices="stage"),
        _column("created", CellType.DAY, required=True),
        _column("amount", CellType.MONEY, low=0),
        _column("currency", CellType.CURRENCY),
        _column("clicks", CellType.COUNT, low=0),
        _column("conversions", CellType.COUNT, low=0),
        _column("share", CellType.PERCENT),
        _column("month", CellType.MONTH),
        _column("seen_at", CellType.TIMESTAMP),
        _column("pilot", CellType.FLAG),
        _column("note", CellType.TEXT),
    ),
    ("deal_id",),
    (
        NotAfterToday("created"),
        AtMost("conversions", "clicks"),
        NeededWhen("amount", "stage", groups=("won",)),
        NeededWhen("amount", "stage", groups=("open",), severity="warning"),
    ),
)
SMALL = Tracker(
    (PARTNERS, CONTACTS, DEALS),
    {
        "status": (Choice("active"), Choice("paused")),
        "stage": (
            Choice("lead", (), "open"),
            Choice("won", ("closed won",), "won"),
            Choice("lost", (), "lost"),
        ),
    },
)
Row = Mapping[str, Any]


def table(tab: Tab, rows: Sequence[Row], first_row: int = 2) -> TableSnapshot:
    """A table snapshot of rows given by column key; only keys that occur are columns."""
    keys = [c.key for c in tab.columns if any(c.key in row for row in rows)]
    return TableSnapshot(
        tab.key,
        tab.title,
        tuple(tab.column(key).title for key in keys),
        {key: i for i, key in enumerate(keys)},
        range(first_row, first_row + len(rows)),
        tuple([row.get(key) for row in rows] for key in keys),
    )


def snapshot(**tabs: Sequence[Row]) -> Snapshot:
    """A workbook of these tabs' rows."""
    return Snapshot("small.xlsx", "f", {k: table(SMALL.tab(k), rows) for k, rows in tabs.items()})


def cleaned(told: Snapshot, decisions: Mapping[str, str] | None = None, **settings: Any) -> Cleaned:
    """Clean with settings given by name."""
    return clean(told, SMALL, Settings(**settings), AS_OF, decisions or {})


def with_fixes(told: Snapshot, fixes: Iterable[Fix]) -> Snapshot:
    """The snapshot after the fixes were written."""
    tables = dict(told.tables)
    for fix in fixes:
        seen = tables[fix.tab]
        place, index = list(seen.rows).index(fix.row), seen.bound[fix.column]
        assert seen.cells[index][place] == fix.before
        column = [*seen.cells[index]]
        column[place] = fix.after
        cells = (*seen.cells[:index], column, *seen.cells[index + 1 :])
        tables[fix.tab] = replace(seen, cells=cells)
    return replace(told, tables=tables)


def partner(number: int = 1, **more: Any) -> dict[str, Any]:
    """A sound partner row."""
    return {
        "partner_id": f"P-{number:04d}",
        "partner_name": f"Partner {'ABCDEFGH'[number]}",
        **more,
    }


def deal(number: int = 1, **more: Any) -> dict[str, Any]:
    """A sound deal row of partner P-0001."""
    return {
        "deal_id": f"D-{number:04d}",
        "partner_id": "P-0001",
        "stage": "won",
        "created": datetime(2026, 1, 31),
        "amount": 100.0,
        **more,
    }


def codes(told: Cleaned) -> list[tuple[str, str, int, str]]:
    """What was found, briefly: code, tab, row, column."""
    return [(p.code, p.tab, p.row, p.column) for p in told.problems]
