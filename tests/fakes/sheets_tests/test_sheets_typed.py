"""What typed text becomes and what cells show."""

from __future__ import annotations

import pytest

from tests.fakes.sheets.formatting import text
from tests.fakes.sheets.parsing import entered, raw


@pytest.mark.parametrize(
    ("typed", "value"),
    [
        ("007", 7),
        ("+44", 44),
        ("-5", -5),
        ("(5)", -5),
        ("1,234.5", 1234.5),
        ("2,000,000.01", 2000000.01),
        ("1e5", 100000),
        (".5", 0.5),
        ("5%", 0.05),
        ("$1,200", 1200),
        ("2020-01-01", 43831),
        ("1/2/1999", 36162),
        ("12/31/2025", 46022),
        ("2025-03-01 12:00", 45717.5),
        ("12:00", 0.5),
        ("3:30 PM", 15.5 / 24),
        ("Jan 5, 2026", 46027),
        ("5-Jan-2026", 46027),
    ],
)
def test_numbers_and_days(typed, value):
    assert entered(typed)[0] == {"numberValue": pytest.approx(value)}


@pytest.mark.parametrize(
    "typed",
    [
        "abc",
        "1,23",
        "1.2.3.4",
        "2020-13-01",
        "13/13/2020",
        "D-0001",
        "1 2",
        "-",
        "nan",
        "inf",
        "12:75",
    ],
)
def test_text_stays_text(typed):
    assert entered(typed)[0] == {"stringValue": typed}


def test_the_rest():
    assert entered("")[0] is None
    assert entered("true")[0] == {"boolValue": True}
    assert entered("=1+1")[0] == {"formulaValue": "=1+1"}
    assert entered("'007")[0] == {"stringValue": "007"}
    assert entered("=")[0] == {"stringValue": "="}
    assert entered("  7 ")[0] == {"numberValue": 7}


def test_a_text_cell_keeps_text():
    cell = {"userEnteredFormat": {"numberFormat": {"type": "TEXT"}}}
    assert entered("007", "en_US", cell)[0] == {"stringValue": "007"}


@pytest.mark.parametrize(
    ("typed", "value"), [("1,5", 1.5), ("1.234,5", 1234.5), ("31.12.2025", 46022), ("5,0%", 0.05)]
)
def test_german_numbers_and_days(typed, value):
    assert entered(typed, "de_DE")[0] == {"numberValue": value}


def test_german_text():
    assert entered("1.5", "de_DE")[0] == {"stringValue": "1.5"}


def test_raw_parses_nothing():
    assert raw("=1") == {"stringValue": "=1"}
    assert raw(value=True) == {"boolValue": True}
    assert raw(0) == {"numberValue": 0}
    assert raw("") is None


@pytest.mark.parametrize(
    ("number", "pattern", "shown"),
    [
        (1234.5, "#,##0.00", "1,234.50"),
        (-1234.6, "#,##0", "-1,235"),
        (0.256, "0.0%", "25.6%"),
        (1234, '"$"#,##0', "$1,234"),
        (-3, "0;(0)", "(3)"),
        (0, "0;-0;zero", "zero"),
        (7, "0000", "0007"),
        (1.5, "0.##", "1.5"),
        (12345, "0.00E+00", "1.23E+04"),
        (43831, "yyyy-mm-dd", "2020-01-01"),
        (43831.75, "d mmm yyyy hh:mm", "1 Jan 2020 18:00"),
        (43831.75, "h:mm am/pm", "6:00 PM"),
        (43831, "mmmm yy", "January 20"),
        (1234567, '0.0,,"M"', "1.2M"),
        (5, "[$€]0", "€5"),
    ],
)  # fmt: skip
def test_patterns(number, pattern, shown):
    assert text({"numberValue": number}, {"type": "NUMBER", "pattern": pattern}) == shown


@pytest.mark.parametrize(
    ("number", "shown"),
    [
        (2, "2"),
        (1 / 1024, "0.0009765625"),
        (1 / 3, "0.3333333333"),
        (0.1 + 0.2, "0.3"),
        (-1.5, "-1.5"),
    ],
)
def test_the_automatic_format(number, shown):
    assert text({"numberValue": number}) == shown


def test_other_values_and_locales():
    assert text({"boolValue": True}) == "TRUE"
    assert text({"errorValue": {"type": "DIVIDE_BY_ZERO"}}) == "#DIV/0!"
    assert text({"numberValue": 1.5}, None, "de_DE") == "1,5"
    assert (
        text({"numberValue": 1234.5}, {"type": "NUMBER", "pattern": "#,##0.0"}, "de_DE")
        == "1.234,5"
    )
    assert text({"numberValue": 43831}, {"type": "DATE"}) == "1/1/2020"
