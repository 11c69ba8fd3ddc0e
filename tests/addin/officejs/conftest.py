"""The small workbook behind office.js."""

from __future__ import annotations

import pytest

from tests.contract.office_small import as_office


@pytest.fixture
def make():
    """Return a maker of the small workbook: make(grids=...) -> OfficeBook."""
    return lambda *grids: as_office(None, *grids)


@pytest.fixture
def book(make):
    return make()


@pytest.fixture
def host(book):
    return book.host


@pytest.fixture
def deals(host):
    """The sheet Deals as Excel holds it."""
    return host.book.sheet("Deals")
