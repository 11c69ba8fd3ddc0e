"""Rows read by the block are what the walk makes of the same rows, whatever their shape."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from sheetsync.backends.xlsx.block import Blocks, Unusual
from sheetsync.backends.xlsx.convert import Context
from sheetsync.backends.xlsx.dates import Look
from sheetsync.backends.xlsx.strings import Malformed
from sheetsync.backends.xlsx.walk import Rows
from sheetsync.model.values import Value

CONTEXT = Context(("", "zero", "a b"), [Look.NUMBER, Look.DATE, Look.NUMBER] * 3, date1904=False)
BEHIND = (
    '"><v>5</v></c>',
    '" s="1"><v>45000</v></c>',
    '" s="2"><v>-1.50</v></c>',
    '" s="2"><v>1E3</v></c>',
    '" s="3" t="s"><v>1</v></c>',
    '" t="s"><v>2</v></c>',
    '" s="3" t="s"><v>99</v></c>',
    '" s="1"/>',
    '"/>',
    '" s="1"></c>',
    '" s="1"><v></v></c>',
    '" t="b"><v>1</v></c>',
    '" s="2" t="e"><v>#N/A</v></c>',
    '" t="str"><v>2" s="1</v></c>',
    '" s="1" t="str"><v>a &amp; b_x000A_</v></c>',
    '" t="inlineStr"><is><t xml:space="preserve"> 1"> </t></is></c>',
    '" s="4"><f>A1+1</f><v>3</v></c>',
    '" s="4"><f t="shared" ref="A1:A9" si="0">B1</f><v>3</v></c>',
    '" t="inlineStr"><is><r><t>rich</t></r></is></c>',
    '" s="1" cm="1"><v>7</v></c>',
)
TAGS = ("", ' spans="1:9"', ' s="2" customFormat="1"', ' ht="2"', ' x="a>b"')
LETTERS = ("A", "B", "C", "Z", "AA")


def row(number: int, tag: str, cells: dict[str, str]) -> str:
    ordered = sorted(cells.items(), key=lambda cell: LETTERS.index(cell[0]))
    body = "".join(f'<c r="{name}{number}{behind}' for name, behind in ordered)
    return f'<row r="{number}"{tag}>{body}</row>'


CELLS = st.dictionaries(st.sampled_from(LETTERS), st.sampled_from(BEHIND), max_size=5)
EVEN = st.fixed_dictionaries(
    {name: st.sampled_from([b for b in BEHIND if ' s="' in b]) for name in LETTERS}
)
ROWS = st.lists(st.tuples(st.sampled_from(TAGS), st.one_of(CELLS, EVEN)), max_size=30)
SAME = st.lists(st.tuples(st.just(TAGS[1]), EVEN), max_size=200)


def by_block(text: str) -> dict[tuple[int, int], Value]:
    blocks = Blocks(CONTEXT)
    blocks.read(text)
    found = {
        (number, column): value
        for column, values in blocks.columns.items()
        for number, value in zip(blocks.rows, values, strict=True)
        if value is not None
    }
    return found | walked("".join(blocks.odd))


def walked(text: str) -> dict[tuple[int, int], Value]:
    rows = Rows(CONTEXT, "Deals")
    rows.read(f"<sheetData>{text}</sheetData>", "sheet")
    assert not rows.often
    return {at: value for at, value in rows.found.items() if value is not None}


@given(st.one_of(ROWS, SAME))
def test_the_block_agrees_with_the_walk(rows):
    text = "".join(row(i + 1, tag, cells) for i, (tag, cells) in enumerate(rows))
    assert by_block(text) == walked(text)


@given(ROWS, st.data())
def test_a_spoilt_text_is_never_read_otherwise(rows, data):
    text = "".join(row(i + 1, tag, cells) for i, (tag, cells) in enumerate(rows))
    at = data.draw(st.integers(0, max(len(text) - 1, 0)))
    spoilt = (
        text[:at]
        + data.draw(st.sampled_from(["", "<", ">", '"', "x", " ", "1", "A"]))
        + text[at + 1 :]
    )
    try:
        expected = walked(spoilt)
    except (Malformed, AssertionError):
        expected = None
    try:
        found = by_block(spoilt)
    except (Malformed, AssertionError, Unusual):
        return
    assert expected is None or found == expected


def test_rows_of_one_shape_need_no_walk():
    text = "".join(
        row(i, TAGS[1], dict(zip(LETTERS, BEHIND[1:5], strict=False))) for i in range(1, 99)
    )
    blocks = Blocks(CONTEXT)
    blocks.read(text)
    assert (blocks.odd, blocks.cells, blocks.rows) == ([], 98 * 4, list(range(1, 99)))


def test_only_odd_rows_are_given_back():
    texts = [row(i, "", {"A": BEHIND[17 if i == 7 else 1], "B": BEHIND[4]}) for i in range(1, 20)]
    blocks = Blocks(CONTEXT)
    blocks.read("".join(texts))
    assert blocks.odd == [texts[6]]


def test_equal_texts_and_dates_are_the_same_object():
    blocks = Blocks(CONTEXT)
    blocks.read("".join(row(i, "", {"A": BEHIND[1], "B": BEHIND[14]}) for i in range(1, 50)))
    assert {len(set(map(id, cells))) for cells in blocks.columns.values()} == {1}


@pytest.mark.parametrize("text", ["<row><c><v>1</v></c></row>", "x", '<row r="1">'])
def test_rows_without_numbers_are_walked_as_a_whole(text):
    with pytest.raises(Unusual):
        Blocks(CONTEXT).read(text)
