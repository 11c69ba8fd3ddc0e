"""The small workbook as our Apps Script meets it."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path

from sheetsync.backends.google.ids import sheet_id
from tests.contract.small import BOARD_CELLS, FIRST, GRIDS, TABS, TOTAL, Grid
from tests.fakes.apps_script.script_book import ScriptBook, sheet_state


def as_script(_folder: Path, grids: Mapping[str, Grid] = GRIDS) -> ScriptBook:
    """The small workbook as grids with names; Results has its workbook names."""
    keys = {tab.title: tab.key for tab in TABS}
    board = sheet_state("board", "Board", [[told] for told in BOARD_CELLS.values()])
    sheets = [sheet_state(keys.get(title, title), title, grid) for title, grid in grids.items()]
    names = {
        name: {"sheet": sheet_id("board"), "row": row, "column": 1, "rows": 1, "columns": 1}
        for row, name in enumerate(BOARD_CELLS, 1)
    }
    for column, name in enumerate(("result_key", "result_value"), 1):
        names[name] = {
            "sheet": sheet_id("results"),
            "row": 2,
            "column": column,
            "rows": max(len(grids.get("Results", ())) - 1, 1),
            "columns": 1,
        }
    return ScriptBook("small", {"sheets": [board, *sheets], "names": names}, TABS)


def shown(book: ScriptBook) -> dict[str, object]:
    """What the board's formulas would show over the workbook names as they are now."""
    keys, values = ([row[0] for row in _named(book, n)] for n in ("result_key", "result_value"))
    first = values[keys.index("a")] if "a" in keys else "no data"
    return {TOTAL: sum(v for v in values if v is not None), FIRST: first}


def _named(book: ScriptBook, name: str) -> list[list[object]]:
    told = book.state["names"][name]
    rows = book.grid("Results")[told["row"] - 1 : told["row"] - 1 + told["rows"]]
    at = told["column"] - 1
    return [row[at : at + 1] or [None] for row in rows]
