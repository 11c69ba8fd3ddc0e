"""The small workbook in front of a fake Excel."""

from __future__ import annotations

from contextlib import ExitStack

import pytest

from tests.contract.excel_small import as_excel


@pytest.fixture
def make(tmp_path):
    """Return a maker of the small workbook: make(grids=..., excel=...) -> ExcelWorkbook."""
    with ExitStack() as stack:
        yield lambda *grids, **told: as_excel(tmp_path, *grids, stack=stack, **told)


@pytest.fixture
def book(make):
    return make()


@pytest.fixture
def excel(book):
    """The fake Excel, with its counters at nought."""
    book.excel.log.clear()
    book.excel.calls.clear()
    return book.excel


@pytest.fixture
def deals(excel):
    """The sheet Deals as the fake holds it."""
    return excel.books[0].sheet("Deals")
