"""Bad input on the tabs of packs: its own issue each, and no more left out than must be."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from sheetsync.layout.phrases import PHRASES
from tests.clean.pack_books import book, read

CASES = json.loads((Path(__file__).parent / "packs.json").read_text(encoding="utf-8"))


@pytest.mark.parametrize("case", CASES, ids=lambda case: case["case"])
def test_bad_input_is_told_and_excludes_only_what_it_must(case):
    told, odd = read(book(**case["tabs"]))
    found = [[p.code, p.tab, p.row, p.column] for p in told.problems]
    assert (sorted(found), odd) == (sorted(case["told"]), ())
    for tab, used in case["used"].items():
        assert told.tables[tab].frame["_used"].tolist() == used


def test_every_code_of_the_cases_has_a_phrase_and_a_message_that_ends():
    codes = {code for case in CASES for code, *_ in case["told"]}
    assert codes <= PHRASES.keys()
    assert {"after_close", "overlapping_versions", "circular", "revised_silently"} <= codes
