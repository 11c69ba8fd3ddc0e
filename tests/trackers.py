"""Real trackers for whole-journey tests: drawn, synced, reshaped as people would, and dumped."""

from __future__ import annotations

import random
import warnings
import zipfile
from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace
from datetime import UTC, date, datetime
from io import BytesIO
from pathlib import Path
from typing import Any

import openpyxl

from sheetsync.backends.xlsx.draw import draw
from sheetsync.backends.xlsx.workbook import XlsxWorkbook
from sheetsync.catalog.demo import demo_rows
from sheetsync.catalog.tracker import FULL, LEAN
from sheetsync.engines.duckdb import DuckDb
from sheetsync.model.tracker import Role, Tab, Tracker
from sheetsync.sync import Outcome, Undone, sync, undo

AS_OF = date(2026, 6, 30)
CREATED = datetime(2026, 1, 1)
NOW = datetime(2026, 7, 1, 9, 30, tzinfo=UTC)
Rows = Mapping[str, Sequence[Mapping[str, Any]]]


def synced(path: Path, *, now: datetime = NOW, as_of: date = AS_OF, dry: bool = False) -> Outcome:
    """Sync the file as the command line would."""
    book = XlsxWorkbook(path, template=lambda: draw(FULL, created=CREATED))
    return sync(book, FULL, DuckDb(), now=now, as_of=as_of, dry_run=dry)


def undone(path: Path, *, now: datetime = NOW) -> Undone:
    """Undo the file's last sync as the command line would."""
    return undo(XlsxWorkbook(path), FULL, now=now)


def tracker_file(path: Path, rows: Rows, tracker: Tracker = LEAN) -> Path:
    """Draw a tracker with these rows (by tab key, cells by column key) to a file."""
    path.write_bytes(draw(tracker, rows=rows, created=CREATED))
    return path


def demo_file(path: Path, tracker: Tracker = LEAN, *, shuffle: int | None = None) -> Path:
    """Draw the demo programme; ``shuffle`` seeds another order of the rows of every entry tab."""
    rows = {key: list(told) for key, told in demo_rows(AS_OF).items()}
    if shuffle is not None:
        chance = random.Random(shuffle)
        for tab in LEAN.of_role(Role.ENTRY):
            chance.shuffle(rows.get(tab.key, []))
    return tracker_file(path, rows, tracker)


def reshaped(change: Callable[[Tab], Tab]) -> Tracker:
    """The lean tracker with every entry tab changed as people might."""
    tabs = tuple(change(tab) if tab.role is Role.ENTRY else tab for tab in LEAN.tabs)
    return replace(LEAN, tabs=tabs)


def opened(path: Path, **options: Any) -> openpyxl.Workbook:
    """Open with openpyxl, which warns of the parts that it would drop."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", UserWarning)
        return openpyxl.load_workbook(path, **options)


def parts(data: bytes) -> dict[str, bytes]:
    """Every part of a package by name."""
    with zipfile.ZipFile(BytesIO(data)) as package:
        return {name: package.read(name) for name in package.namelist()}


def dump(path: Path) -> str:
    """Print every filled cell of a workbook: sheet, address, value, and formula if it has one.

    The dropdown lists are left out: countries and currencies come from another package's data.
    """
    values = opened(path, data_only=True)
    formulas = opened(path)
    lines = []
    for sheet in (sheet for sheet in formulas.worksheets if sheet.title != "Lists"):
        for row in sheet.iter_rows():
            for cell in row:
                if cell.value is None:
                    continue
                shown = values[sheet.title][cell.coordinate].value
                formula = f"\t{cell.value}" if cell.data_type == "f" else ""
                lines.append(f"{sheet.title}!{cell.coordinate}\t{shown!r}{formula}")
    return "\n".join(lines) + "\n"


def numbers(outcome: Outcome) -> tuple[object, object]:
    """The results of a sync that must not depend on where things stand."""
    measured = outcome.study.measured
    return set(measured.kpis), set(measured.tiers)
