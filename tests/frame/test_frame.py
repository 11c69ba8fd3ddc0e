"""Whatever is synced, what people and other programs put into a workbook stays byte for byte."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest

from sheetsync.backends.xlsx.package import Package
from sheetsync.catalog.tracker import LEAN
from tests.frame.customised import drawn, saved_by_openpyxl
from tests.frame.frame import foreign_cells, foreign_parts, hold
from tests.frame.small_tracker import TABS


@pytest.mark.parametrize(
    ("make", "rounds"),
    [(drawn, 80), (lambda: drawn(macros=True), 20), (saved_by_openpyxl, 60)],
    ids=["everything", "macros", "openpyxl"],
)
def test_the_frame_holds(make: Callable[[], bytes], rounds: int) -> None:
    hold(make(), TABS, rounds, seed=rounds)


@pytest.mark.libreoffice
def test_the_frame_of_a_libreoffice_file_holds(soffice: Callable[[bytes], bytes]) -> None:
    hold(soffice(drawn()), TABS, 40, seed=5)


def test_the_frame_of_the_real_tracker_holds() -> None:
    demo = Path(__file__).parents[2] / "workbook_templates" / "demo.xlsx"
    hold(demo.read_bytes(), LEAN.tabs, 3, seed=9)


def test_the_frame_is_not_empty() -> None:
    data = drawn(macros=True)
    parts, cells = foreign_parts(data), foreign_cells(data, TABS)
    kinds = ("pivot", "threaded", "person", "slicer", "vbaProject", "printer", "custom", "media")
    assert all(any(kind in name for name in parts) for kind in (*kinds, "external", "drawing"))
    assert len(cells) > 50
    assert {tab for tab, _ in cells} >= {"Deals", "KPI Monthly", "My notes & plans", "Dashboard"}
    assert "xl/worksheets/sheet2.xml" in Package.open(data)
