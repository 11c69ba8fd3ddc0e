import io
from collections.abc import Callable

import openpyxl
import pytest
import xlsxwriter

from sheetsync.backends.xlsx.markup import cell_position, range_corners, unescape
from sheetsync.backends.xlsx.preflight import preflight


def test_workbooks_of_three_writers_pass() -> None:
    out = io.BytesIO()
    with xlsxwriter.Workbook(out, {"in_memory": True}) as workbook:
        sheet = workbook.add_worksheet()
        sheet.merge_range("A1:C3", "merged")
        sheet.insert_textbox("E5", "text")
        sheet.write_comment("A1", "note")
        chart = workbook.add_chart({"type": "line"})
        chart.add_series({"values": "=Sheet1!$A$1:$A$3"})
        sheet.insert_chart("H5", chart)
    preflight(out.getvalue())
    again = io.BytesIO()
    openpyxl.load_workbook(out).save(again)
    preflight(again.getvalue())


@pytest.mark.libreoffice
def test_a_workbook_of_libreoffice_passes(soffice: Callable[[bytes], bytes]) -> None:
    out = io.BytesIO()
    openpyxl.Workbook().save(out)
    preflight(soffice(out.getvalue()))


@pytest.mark.parametrize("ref", ["", "A", "1", "A0", "XFE1", "A1048577", "A1:", "A1:B", "AAAA1"])
def test_addresses_outside_a_sheet_are_no_addresses(ref: str) -> None:
    with pytest.raises(ValueError, match=r"cell|outside a sheet"):
        cell_position(ref)


def test_corners_are_put_in_order() -> None:
    assert range_corners("C5:A2") == (2, 5, 1, 3)
    assert range_corners("$B$2") == (2, 2, 2, 2)


def test_escapes_of_whole_and_torn_characters() -> None:
    assert unescape("_xD83D__xDE00_") == "😀"
    assert unescape("_xDE00_") == "\ufffd"
    assert unescape("_x00_") == "_x00_"
