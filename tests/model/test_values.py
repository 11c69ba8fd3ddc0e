from datetime import datetime, timedelta

import pytest
from hypothesis import given

from sheetsync.model.values import CellError, Formula, kind_of, result_of, same, show
from tests.strategies import values


@pytest.mark.parametrize(
    ("a", "b", "equal"),
    [
        (0.1 + 0.2, 0.3, True),
        (12345678901234567890, 1.234567890123457e19, True),
        (1, 1.0, True),
        (True, 1, False),
        (True, "TRUE", False),
        (1, "1", False),
        (None, "", True),
        (None, 0, False),
        ("a\r\nb", "a\nb", True),
        ("a ", "a", False),
        (datetime(2026, 1, 1), datetime(2026, 1, 1, 0, 0, 0, 400), True),
        (datetime(2026, 1, 1), datetime(2026, 1, 1, 0, 0, 1), False),
        (datetime(1900, 1, 1), 1, False),
        (CellError("#N/A"), "#N/A", False),
        (CellError("#N/A"), None, False),
        (Formula("A1", 3), 3, False),
        (Formula("A1", 3), Formula("A1", 3.0), True),
        (Formula("A1", 3), Formula("A1", 4), False),
        (timedelta(hours=1), timedelta(minutes=60), True),
    ],
)
def test_same_is_what_spreadsheets_store(a, b, equal):
    assert same(a, b) is equal
    assert same(b, a) is equal


@given(values)
def test_every_cell_is_the_same_as_itself(value):
    assert same(value, value)


@given(values)
def test_what_is_shown_fits_one_line(value):
    told = show(value)
    assert len(told) <= 40
    assert told.isprintable()


@given(values)
def test_a_result_is_never_a_formula(value):
    assert kind_of(result_of(value)) != "formula"
