"""After a sync, every live formula already shows what a spreadsheet would compute."""

from __future__ import annotations

import re
from collections import Counter

import pytest

from sheetsync.catalog.dashboard import TIER_CELLS
from tests.libreoffice import needed, recalculated
from tests.trackers import LEAN, demo_file, opened, synced, tracker_file

# Functions that Excel 2021, Google Sheets and LibreOffice 7.4 share and that need no array entry.
SHARED = {
    *("ABS", "AND", "COUNT", "COUNTA", "COUNTIF", "COUNTIFS", "DATE", "EDATE", "HYPERLINK"),
    *("IF", "IFERROR", "INDEX", "ISNUMBER", "MATCH", "MAX", "MIN", "MONTH", "OR", "ROUND"),
    *("SUM", "SUMIF", "SUMIFS", "SUMPRODUCT", "TODAY", "YEAR"),
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


def test_tiers_are_counted_by_their_names_on_settings(tmp_path):
    path = demo_file(tmp_path / "book.xlsx")
    book = opened(path)
    rows = {row[0].value: row[1] for row in book["Settings"].iter_rows(min_row=2)}
    rows["tier_4"].value, rows["tier_3"].value = "Diamond * 90", "> Ruby 75"
    rows["tier_1"].value = None
    book.save(path)
    told = synced(path).study.measured.tiers
    sheet = opened(path, data_only=True)["Dashboard"]
    places = [opened(path).defined_names[name].attr_text for name in TIER_CELLS]
    cells = [sheet[place.split("!")[1].replace("$", "")] for place in places]
    assert [cell.value for cell in cells] == ["Diamond *", "> Ruby", "Silver", "Registered", None]
    counts = Counter(tier.tier for tier in told)
    shown = [sheet.cell(cell.row, cell.column + 2).value for cell in cells]
    assert shown == [counts[cell.value] for cell in cells[:4]] + [0]
    assert sheet.cell(cells[-1].row + 1, cells[-1].column + 2).value == 0  # other tiers
