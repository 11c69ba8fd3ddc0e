"""Formulas moved as spreadsheets move them."""

import pytest

from sheetsync.backends.xlsx.shift import shifted


@pytest.mark.parametrize(
    ("formula", "moved"),
    [
        ("A1", "B3"),
        ("$A$1", "$A$1"),
        ("LOG10(A1)", "LOG10(B3)"),
        ("Deals!A1", "Deals!B3"),
        ("'A1 b'!A1", "'A1 b'!B3"),
        ('"A1"&A1', '"A1"&B3'),
        ("tbl[A1]", "tbl[A1]"),
        ("tbl[[#This Row],[A1]]", "tbl[[#This Row],[A1]]"),
        ("SUM(A:C)+SUM(1:2)", "SUM(B:D)+SUM(3:4)"),
        ("XFD1", "#REF!"),
        ("A1.B", "A1.B"),
        ("TRUE1A", "TRUE1A"),
    ],
)
def test_formulas_move(formula: str, moved: str) -> None:
    assert shifted(formula, 2, 1) == moved
