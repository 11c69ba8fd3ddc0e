"""After a sync, every live formula already shows what a spreadsheet would compute."""

from __future__ import annotations

import re

import pytest

from tests.libreoffice import needed, recalculated
from tests.trackers import LEAN, demo_file, opened, synced, tracker_file

# Functions that Excel 2021, Google Sheets and LibreOffice 7.4 share and that need no array entry.
SHARED = {
    *("ABS", "AND", "COUNT", "COUNTA", "COUNTIF", "COUNTIFS", "DATE", "EDATE", "HYPERLINK"),
    *("IF", "IFERROR", "INDEX", "ISNUMBER", "MATCH", "MAX", "MIN", "MONTH", "OR", "ROUND"),
    *("SUM", "SUMIF", "SUMIFS", "TODAY", "YEAR"),
}


@pytest.fixture(scope="module", params=["demo", "empty"])
def synced_file(request, tmp_path_factory):
    path = tmp_path_factory.mktemp("live") / "book.xlsx"
    demo_file(path) if request.param == "demo" else tracker_file(path, {})
    synced(path)
    return path


def formulas(path):
    """Every formula of a workbook: (sheet, address, text)."""
    for sheet in opened(path).worksheets:
        for row in sheet.iter_rows():
            for cell in row:
                if cell.data_type == "f":
                    yield sheet.title, cell.coordinate, str(getattr(cell.value, "text", cell.value))


@pytest.mark.libreoffice
@needed
def test_libreoffice_computes_what_the_sync_cached(synced_file, tmp_path):
    ours = opened(synced_file, data_only=True)
    theirs = recalculated(synced_file.read_bytes(), tmp_path)
    told = [place for place in formulas(synced_file) if place[0] == "Dashboard"]
    assert len(told) > 50
    for sheet, address, _ in told:
        cached, computed = ours[sheet][address].value, theirs[sheet][address].value
        if isinstance(cached, int | float) and isinstance(computed, int | float):
            assert computed == pytest.approx(cached, rel=1e-9), address
        else:
            assert (computed or "") == (cached or ""), address


def test_formulas_use_only_functions_that_all_three_share(synced_file):
    used = {
        name
        for _, _, text in formulas(synced_file)
        for name in re.findall(r"([A-Z][A-Z0-9.]+)\(", re.sub(r'"[^"]*"', "", text))
    }
    assert used
    assert used <= SHARED


def test_no_formula_shows_an_error(synced_file):
    values = opened(synced_file, data_only=True)
    shown = {address: values[sheet][address].value for sheet, address, _ in formulas(synced_file)}
    assert not [v for v in shown.values() if isinstance(v, str) and v.startswith("#")]


def test_every_report_formula_is_on_its_sheet(synced_file):
    texts = {text.removeprefix("=") for _, _, text in formulas(synced_file)}
    declared = {f.text() for report in LEAN.reports.values() for f in report.formulas()}
    assert declared <= texts
