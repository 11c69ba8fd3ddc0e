"""Serial dates and number formats."""

from datetime import datetime, timedelta

import pytest
import xlsxwriter

from sheetsync.backends.xlsx.dates import Look, look_of
from sheetsync.model.values import CellError, Value
from tests.backends.xlsx.sheets import cells_of, drawn, grid_of


@pytest.mark.parametrize(
    ("serial", "code", "epoch1904", "value"),
    [
        (1, "yyyy-mm-dd", False, datetime(1900, 1, 1)),
        (59, "yyyy-mm-dd", False, datetime(1900, 2, 28)),
        (60, "yyyy-mm-dd", False, CellError("60")),
        (61, "yyyy-mm-dd", False, datetime(1900, 3, 1)),
        (0, "yyyy-mm-dd", True, datetime(1904, 1, 1)),
        (45351.5, "d/m/yy h:mm", False, datetime(2024, 2, 29, 12)),
        (43889.5, "d/m/yy h:mm", True, datetime(2024, 2, 29, 12)),
        (-1, "yyyy-mm-dd", False, CellError("-1")),
        (2958466, "yyyy-mm-dd", False, CellError("2958466")),
        (2958465, "yyyy-mm-dd", False, datetime(9999, 12, 31)),
        (1.5, "[h]:mm", False, timedelta(hours=36)),
        (-0.5, "[h]:mm", False, timedelta(hours=-12)),
        (0.25, "hh:mm", False, timedelta(hours=6)),
        (45351.25, "hh:mm", False, datetime(2024, 2, 29, 6)),
        (45351, '"day" 0', False, 45351),
        (45351, "[Red]0.00E+00", False, 45351),
        (45351, "mmm", False, datetime(2024, 2, 29)),
        (1e300, "[h]:mm", False, CellError("1E+300")),
    ],
)
def test_dates(serial: float, code: str, epoch1904: bool, value: Value) -> None:
    def draw(workbook: xlsxwriter.Workbook) -> None:
        style = workbook.add_format({"num_format": code})
        workbook.add_worksheet().write_number(0, 0, serial, style)

    data = drawn(draw, date_1904=epoch1904)
    assert cells_of(grid_of(data)).get((1, 1)) == value


@pytest.mark.parametrize(
    ("code", "look"),
    [
        ("General", Look.NUMBER),
        ("0%", Look.NUMBER),
        ("#,##0.00_);[Red](#,##0.00)", Look.NUMBER),
        ("[$-409]d-mmm-yy;@", Look.DATE),
        ("[$-F400]h:mm:ss AM/PM", Look.TIME),
        ("[mm]:ss", Look.ELAPSED),
        ('0 "days"', Look.NUMBER),
        ("\\d0", Look.NUMBER),
        ("@", Look.NUMBER),
        ("[>=100]0;0.0", Look.NUMBER),
        ("mmmm yyyy", Look.DATE),
    ],
)
def test_number_formats(code: str, look: Look) -> None:
    assert look_of(code) is look
