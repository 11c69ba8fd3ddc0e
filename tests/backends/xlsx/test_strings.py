"""Shared strings, however programs spell them."""

import pytest

from sheetsync.backends.xlsx.package import Package
from tests.backends.xlsx.sheets import NS, cells_of, grid_of, one, with_sheet

RICH = (
    "<si><r><t>a</t></r><r><rPr><b/></rPr><t xml:space='preserve'> b</t></r>"
    "<rPh sb='0' eb='1'><t>K</t></rPh></si>"
)


@pytest.mark.parametrize(
    ("strings", "text"),
    [
        ("<si><t>plain</t></si>", "plain"),
        ("<si><t/></si>", ""),
        ("<si><t>a &amp; b &#228; &#x1F600;</t></si>", "a & b ä 😀"),
        ('<si><t xml:space="preserve"> a </t></si>', " a "),
        ("<si><t>\n a </t></si>", "a"),
        ("<si><t>a_x000D_b_x000A_</t></si>", "a\rb\n"),
        ("<si><t>_x005F_x000A_</t></si>", "_x000A_"),
        ("<si><t>_xD83D__xDE00_</t></si>", "😀"),
        ("<si><t>_xD800_</t></si>", "\ufffd"),
        ("<si><t>line\r\nbreak</t></si>", "line\nbreak"),
        ("<si><t><![CDATA[a<b]]></t></si>", "a<b"),
        (RICH, "a b"),
        (f"<!-- c -->{RICH}", "a b"),
    ],
)
def test_shared_strings(strings: str, text: str) -> None:
    assert one('<c r="A1" t="s"><v>0</v></c>', strings) == text


def test_prefixed_shared_strings_are_read() -> None:
    package = Package.open(with_sheet('<row r="1"><c r="A1" t="s"><v>1</v></c></row>'))
    rich = "<x:r><x:t>t</x:t></x:r><x:r><x:t>wo</x:t></x:r>"
    strings = f"<x:si><x:t>one</x:t></x:si><x:si>{rich}</x:si>"
    text = f'<?xml version="1.0"?><x:sst xmlns:x="{NS}">{strings}</x:sst>'.encode()
    assert cells_of(grid_of(package.with_parts({"xl/sharedStrings.xml": text}))) == {(1, 1): "two"}


def test_odd_strings_stand_in_their_place_among_plain_ones() -> None:
    strings = "<si><t>one</t></si>" + RICH + "<si><t>three</t></si>"
    for index, text in enumerate(("one", "a b", "three")):
        assert one(f'<c r="A1" t="s"><v>{index}</v></c>', strings) == text
