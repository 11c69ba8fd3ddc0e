"""The same plans by every hand: the same cells, number formats, table sizes and names."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Mapping
from contextlib import ExitStack
from datetime import datetime
from pathlib import Path
from typing import Any

import openpyxl
import pytest
from openpyxl.utils import range_boundaries

from sheetsync.backends.xlsx.dates import Look, look_of
from sheetsync.model.plan import AppendRows, Op, Plan, WriteNames
from sheetsync.model.snapshot import Snapshot
from sheetsync.model.tables import letters
from sheetsync.model.values import CellError, Formula, same
from tests.backends.excel.plans import cells, results
from tests.contract.excel_small import as_excel
from tests.contract.office_small import as_office
from tests.contract.script_small import as_script
from tests.contract.small import TABS, as_xlsx, in_memory
from tests.fakes.apps_script.script_book import needs_node
from tests.fakes.office.browser import needs_office

pytestmark = [needs_office, needs_node]
PERCENT = "0.0%"
"""The number format that all rows of Results have in the column Value."""
Hand = Callable[[Path, ExitStack], Any]


def log(*lines: tuple[str, str]) -> AppendRows:
    return AppendRows("log", ("run", "note"), lines)


def board(*new: Any) -> WriteNames:
    return WriteNames("board", ("board_as_of", "board_note"), (None, "hello"), new)


def body(count: int) -> tuple[tuple[Any, ...], ...]:
    return tuple((f"k{i}", i / 4, "accept" if i % 3 else None) for i in range(count))


PLANS: Mapping[str, Callable[[Snapshot], list[Op]]] = {
    "one cell": lambda seen: [cells(seen, "stage", {2: "won"})],
    "cells here and there": lambda seen: [
        cells(seen, "stage", {2: "won", 5: "open"}),
        cells(seen, "amount", {3: 1200.5}),
    ],
    "marks down a column": lambda seen: [cells(seen, "check", {2: "a", 4: None, 5: "b"})],
    "days": lambda seen: [
        cells(seen, "closed", {2: datetime(2026, 2, 3), 4: datetime(2026, 3, 4)})
    ],
    "kinds": lambda seen: [
        cells(seen, "stage", {2: True, 3: 7.5, 4: CellError("#N/A"), 5: Formula("1+1", 2)})
    ],
    "texts that look like something else": lambda seen: [
        cells(seen, "stage", {2: "=1+1", 3: "0012", 4: "1/2", 5: "TRUE"})
    ],
    "an id": lambda seen: [cells(seen, "deal_id", {4: "D-0005"})],
    "a body that grows": lambda seen: [results(seen, *body(9))],
    "a body that shrinks": lambda seen: [results(seen, *body(1))],
    "a body that ends": lambda seen: [results(seen)],
    "a log": lambda _: [log(("r1", "more"), ("r1", "lines"))],
    "names": lambda _: [board(datetime(2026, 6, 30), "bye")],
    "everything": lambda seen: [
        cells(seen, "stage", {2: "won"}),
        cells(seen, "deal_id", {4: "D-0005"}),
        cells(seen, "check", {3: "Amount is text"}),
        results(seen, *body(5)),
        log(("r1", "all")),
        board(datetime(2026, 6, 30), None),
    ],
}


def file_of(folder: Path, _stack: ExitStack) -> Any:
    book = as_xlsx(folder)
    path = folder / "small.xlsx"
    drawn = openpyxl.load_workbook(path)
    for row in (2, 3):
        drawn["Results"].cell(row, 2).number_format = PERCENT
    drawn.save(path)
    return book


def excel_of(folder: Path, stack: ExitStack) -> Any:
    book = as_excel(folder, stack=stack)
    book.excel.books[0].sheet("Results").formats.update({(2, 2): PERCENT, (3, 2): PERCENT})
    return book


def office_of(folder: Path, _stack: ExitStack) -> Any:
    book = as_office(folder)
    book.host.book.sheet("Results").formats.update({(2, 2): PERCENT, (3, 2): PERCENT})
    return book


HANDS: Mapping[str, Hand] = {
    "memory": lambda folder, _: in_memory(folder),
    "xlsx": file_of,
    "excel": excel_of,
    "office.js": office_of,
    "apps script": lambda folder, _: as_script(folder),
}


def workbook_of(book: Any) -> Any:
    """The fake Excel's workbook, or None for another place."""
    if hasattr(book, "excel"):
        return book.excel.books[0]
    return book.host.book if hasattr(book, "host") else None


def sizes(name: str, book: Any, folder: Path) -> dict[str, Any]:
    """Rows of the native tables and of the names over columns: (first, last)."""
    fake = workbook_of(book)
    if fake is not None:
        tables = {t.name: (t.rect[0], t.rect[2]) for s in fake.sheets for t in s.tables}
        return tables | dict(name_sizes(fake.names))
    if name == "xlsx":
        drawn = openpyxl.load_workbook(folder / "small.xlsx")
        refs = {t.displayName: t.ref for sheet in drawn.worksheets for t in sheet.tables.values()}
        tables = {key: range_boundaries(ref)[1::2] for key, ref in refs.items()}
        return tables | dict(name_sizes({n: d.attr_text for n, d in drawn.defined_names.items()}))
    return {
        key: (told["row"], told["row"] + told["rows"] - 1)
        for key, told in book.state["names"].items()
        if key.startswith("result_")
    }


def name_sizes(names: Mapping[str, str]) -> Iterator[tuple[str, tuple[int, int]]]:
    for name, told in names.items():
        if name.startswith("result_"):
            rows = [int(row) for row in re.findall(r"\$(\d+)", told)]
            yield name, (rows[0], rows[-1])


def formats(name: str, book: Any, folder: Path, seen: Snapshot) -> dict[str, str]:
    """The number format of each filled cell of the tables, by tab and address."""
    fake = workbook_of(book)
    drawn = openpyxl.load_workbook(folder / "small.xlsx") if name == "xlsx" else None
    found = {}
    for key, row, column in filled(seen):
        title = seen.tables[key].title
        code = (
            drawn[title].cell(row, column).number_format
            if drawn
            else fake.sheet(title).formats.get((row, column), "General")
        )
        found[f"{key} {letters(column - 1)}{row}"] = code
    return found


def filled(seen: Snapshot) -> Iterator[tuple[str, int, int]]:
    for key, table in seen.tables.items():
        for at, column in enumerate(table.cells, 1):
            for row, value in zip(table.rows, column, strict=True):
                if value is not None:
                    yield key, row, at


def played(ops: Callable[[Snapshot], list[Op]], folder: Path, stack: ExitStack) -> dict[str, Any]:
    """Each hand's workbook after the plan: what it holds, its formats and sizes."""
    told = {}
    for name, make in HANDS.items():
        place = folder / name.replace(" ", "_")
        place.mkdir()
        book = make(place, stack)
        seen = book.read(TABS)
        book.apply(Plan(tuple(ops(seen)), seen.fingerprint, "r1"), TABS)
        after = book.read(TABS)
        told[name] = (
            after,
            {} if name == "memory" else sizes(name, book, place),
            formats(name, book, place, after) if name in {"xlsx", "excel", "office.js"} else {},
        )
    return told


def differences(a: Snapshot, b: Snapshot) -> list[Any]:
    """Cells and names that are not the same in two readings."""
    found: list[Any] = []
    for key in ("deals", "results", "log"):
        x, y = a.tables[key], b.tables[key]
        if (x.headers, list(x.rows)) != (y.headers, list(y.rows)):
            found.append((key, list(x.rows), list(y.rows)))
            continue
        for header, left, right in zip(x.headers, x.cells, y.cells, strict=True):
            pairs = zip(x.rows, left, right, strict=True)
            found += [(key, header, *pair) for pair in pairs if not same(*pair[1:])]
    names = a.reports["board"].names, b.reports["board"].names
    return found + [(n, v) for n, v in names[0].items() if not same(v, names[1].get(n))]


@pytest.mark.parametrize("ops", PLANS.values(), ids=PLANS.keys())
def test_every_hand_leaves_the_same(ops, tmp_path):
    with ExitStack() as stack:
        told = played(ops, tmp_path, stack)
    cells_of, sizes_of, formats_of = (
        dict(zip(told, part, strict=True)) for part in zip(*told.values(), strict=True)
    )
    for name in HANDS:
        assert differences(cells_of["memory"], cells_of[name]) == [], name
    expected = sizes_of["xlsx"]
    for name in ("excel", "office.js"):
        assert sizes_of[name] == expected, name
    script = {key: size for key, size in expected.items() if key.startswith("result_")}
    assert sizes_of["apps script"] == script
    for name in ("excel", "office.js"):
        for place, code in formats_of["xlsx"].items():
            own = formats_of[name][place]
            assert (own == code) or (look_of(own) is look_of(code) is Look.DATE), (name, place)


def test_a_grown_body_looks_like_its_first_rows_by_every_hand(tmp_path):
    with ExitStack() as stack:
        told = played(PLANS["a body that grows"], tmp_path, stack)
    for name in ("xlsx", "excel", "office.js"):
        shown = {code for place, code in told[name][2].items() if place.startswith("results B")}
        assert shown == {PERCENT}, name
        assert told[name][1]["tblResults"] == (1, 10), name
