"""Runs one cell-parsing case: a cell, alone or among the other cells of its column."""

from __future__ import annotations

from datetime import date
from typing import Any

from sheetsync.clean.columns import read_cells
from sheetsync.clean.ids import Target
from sheetsync.clean.parsers import Context, builder
from sheetsync.clean.reading import Reading
from sheetsync.model.plan import decode, encode
from sheetsync.model.settings import Settings
from sheetsync.model.tracker import CellType, Choice, Column

AS_OF = date(2026, 3, 15)
STAGES = (
    Choice("lead", ("new",), "open"),
    Choice("qualified", (), "open"),
    Choice("proposal", ("quote", "offer sent"), "open"),
    Choice("negotiation", (), "open"),
    Choice("won", ("closed won", "gewonnen"), "won"),
    Choice("lost", ("closed lost",), "lost"),
)
SIZES = (Choice("1-5"), Choice("6-10"), Choice("11-50"))
PARTNERS = Target(
    ["P-0001", "P-0002", "P-0003", "X1", "00042"],
    ["Acme GmbH", "Beta Ltd", "Gamma", "Gamma", "Delta Media"],
)


def read_case(kind: str, options: dict[str, Any], cell: Any) -> list[Any]:
    """Return typed value, fix rule, fixed cell, problem code and suggestion, JSON-able."""
    given = {k: v for k, v in options.items() if k in ("low", "high", "open_list", "choices")}
    column = Column(
        "c", "Amount", CellType(kind), "", ref="partners", ref_extra=("DIRECT",), **given
    )
    context = Context(
        Settings(**options.get("settings", {})),
        {"": STAGES, "sizes": SIZES},
        AS_OF,
        {"partners": PARTNERS},
    )
    cells = [decode(cell), *map(decode, options.get("column", ()))]
    values, odd, _, _ = read_cells(cells, builder(column, context))
    reading = odd.get(0, Reading())
    told = [values[0], reading.rule, reading.fix, reading.code, reading.suggested]
    return [encode(v) for v in told]
