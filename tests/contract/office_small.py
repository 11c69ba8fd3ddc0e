"""The small workbook, open in a fake Excel behind Microsoft's office.js."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any

from tests.contract.excel_small import drawn
from tests.contract.small import BOARD_FORMULAS, GRIDS, Grid
from tests.fakes.excel.calc import recalculate
from tests.fakes.office.host import OfficeHost
from tests.fakes.office.office_book import OfficeBook


def as_office(_folder: Path, grids: Mapping[str, Grid] = GRIDS) -> OfficeBook:
    """The small workbook in front of the add-in's modules."""
    return OfficeBook(OfficeHost(drawn(grids)))


def shown(book: OfficeBook) -> dict[str, Any]:
    """What the board's formulas show."""
    fake = book.host.book
    recalculate(fake)
    board = fake.sheet("Board")
    return {text: board.computed[row, 3] for row, text in enumerate(BOARD_FORMULAS, 6)}
