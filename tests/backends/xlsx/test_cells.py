"""Cells of every kind, as sheets spell them."""

from datetime import datetime, timedelta

import pytest

from sheetsync.model.errors import WorkbookUnreadable
from sheetsync.model.values import CellError, Formula, Value
from tests.backends.xlsx.sheets import cells_of, grid_of, one, with_sheet


def test_shared_formulas_are_told_for_each_cell() -> None:
    rows = "".join(
        f'<row r="{r}"><c r="A{r}"><v>{r}</v></c><c r="B{r}"><f t="shared" si="0"'
        + (' ref="B1:B3">A1*$A$1+SUM(A1:A$9)</f>' if r == 1 else "/>")
        + f"<v>{r * 2}</v></c></row>"
        for r in (1, 2, 3)
    )
    found = cells_of(grid_of(with_sheet(rows)))
    assert found[3, 2] == Formula("A3*$A$1+SUM(A3:A$9)", 6)
    assert found[2, 1] == 2


@pytest.mark.parametrize(
    ("cell", "value"),
    [
        ('<c r="A1"><v>12</v></c>', 12),
        ('<c r="A1"><v>-12</v></c>', -12),
        ('<c r="A1"><v>12.0</v></c>', 12.0),
        ('<c r="A1"><v>1E3</v></c>', 1000.0),
        ('<c r="A1"><v> 7 </v></c>', 7),
        ('<c r="A1"><v>123456789012345678901</v></c>', 123456789012345678901.0),
        ('<c r="A1"><v>NaN</v></c>', CellError("NaN")),
        ('<c r="A1"><v>INF</v></c>', CellError("INF")),
        ('<c r="A1"><v>1e400</v></c>', CellError("1e400")),
        ('<c r="A1"><v>1_000</v></c>', CellError("1_000")),
        ('<c r="A1"><v>٣</v></c>', CellError("٣")),
        ('<c r="A1"><v>twelve</v></c>', CellError("twelve")),
        ('<c r="A1" t="s"><v>99</v></c>', CellError("99")),
        ('<c r="A1" t="s"><v>-1</v></c>', CellError("-1")),
        ('<c r="A1" t="b"><v>1</v></c>', True),
        ('<c r="A1" t="b"><v>0</v></c>', False),
        ('<c r="A1" t="b"><v>2</v></c>', CellError("2")),
        ('<c r="A1" t="e"><v>#DIV/0!</v></c>', CellError("#DIV/0!")),
        ('<c r="A1" t="str"><v>=not a formula</v></c>', "=not a formula"),
        ('<c r="A1" t="inlineStr"><is><t>in &lt;line</t></is></c>', "in <line"),
        ('<c r="A1" t="inlineStr"><is><r><t>a</t></r><r><t>b</t></r></is></c>', "ab"),
        ('<c r="A1" t="d"><v>2024-02-29T10:30:00</v></c>', datetime(2024, 2, 29, 10, 30)),
        ('<c r="A1" t="d"><v>2024-02-29</v></c>', datetime(2024, 2, 29)),
        ('<c r="A1" t="d"><v>10:30:00</v></c>', timedelta(hours=10, minutes=30)),
        ('<c r="A1" t="d"><v>2024-13-45</v></c>', CellError("2024-13-45")),
        ('<c r="A1" t="zz"><v>1</v></c>', CellError("1")),
        ('<c r="A1" s="999"><v>5</v></c>', 5),
        ('<c r="A1" s="1"/>', None),
        ('<c r="A1" s="1"></c>', None),
        ('<c r="A1"><v></v></c>', None),
        ('<c r="A1"><v/></c>', None),
        ('<c r="A1"><f>1+1</f></c>', Formula("1+1", None)),
        ('<c r="A1"><f>1+1</f><v></v></c>', Formula("1+1", None)),
        ('<c r="A1" t="str"><f aca="false">A2&amp;"x"</f><v>x</v></c>', Formula('A2&"x"', "x")),
        ("<c><v>3</v></c>", 3),
    ],
)
def test_one_cell(cell: str, value: Value) -> None:
    found = one(cell)
    assert found == value
    assert type(found) is type(value)


def test_the_sheets_own_dimension_is_ignored_and_far_cells_are_cheap() -> None:
    data = with_sheet(
        '<row r="1"><c r="A1"><v>1</v></c></row>'
        '<row r="1048576"><c r="XFD1048576"><v>2</v></c></row>'
    )
    assert cells_of(grid_of(data)) == {(1, 1): 1, (1_048_576, 16_384): 2}


@pytest.mark.parametrize(
    ("rows", "message"),
    [
        ('<row r="1">' + '<c r="A1"><v>1</v></c>' * 3 + "</row>", "A1 is stored three times"),
        ('<row r="1"><c r="B1"><v>1</v></c></row>' * 2, "B1 is stored twice"),
    ],
)
def test_a_cell_stored_more_than_once_is_refused(rows: str, message: str) -> None:
    with pytest.raises(WorkbookUnreadable, match=message):
        grid_of(with_sheet(rows))


def test_rows_out_of_order_are_sorted() -> None:
    rows = "".join(f'<row r="{r}"><c r="A{r}"><v>{r}</v></c></row>' for r in (3, 1, 2))
    grid = grid_of(with_sheet(rows))
    assert (grid.rows, grid.columns[1]) == ([1, 2, 3], [1, 2, 3])


def test_columns_that_appear_late_keep_their_rows() -> None:
    rows = "".join(
        f'<row r="{r}">' + "".join(f'<c r="{c}{r}"><v>{r}</v></c>' for c in letters) + "</row>"
        for r, letters in enumerate(["B", "AB", "C", "ABCD", "D", "A"], start=1)
    )
    grid = grid_of(with_sheet(rows))
    assert grid.columns[1] == [None, 2, None, 4, None, 6]
    assert grid.columns[4] == [None, None, None, 4, 5, None]
