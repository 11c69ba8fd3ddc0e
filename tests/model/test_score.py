"""A plan as a player inside a spreadsheet is told it."""

from __future__ import annotations

import json
from datetime import datetime

from sheetsync.model.plan import Plan, ReplaceRows, WriteCells
from sheetsync.model.score import VERSION, score
from tests.contract.small import GRIDS, TABS, in_memory


def told(*ops, grids=GRIDS, besides=None):
    seen = in_memory(None, grids).read(TABS)
    return seen, score(Plan(ops, seen.fingerprint, "r1"), seen, TABS, besides)


def cells(seen, row):
    key = seen.tables["deals"].keys(TABS[1])[list(seen.tables["deals"].rows).index(row)]
    return WriteCells("deals", "amount", (key,), (key,), (row,), (None,), (1,))


def test_it_is_json_with_the_plan_in_it():
    op = ReplaceRows("results", ("key",), (), ((datetime(2026, 1, 1),),))
    seen, made = told(op)
    assert made["version"] == VERSION
    again = json.loads(json.dumps(made))
    assert Plan.from_json(again["plan"]) == Plan((op,), seen.fingerprint, "r1")


def test_tabs_are_told_by_the_headers_that_they_have():
    deals = [("Deal id ", "STAGE", *GRIDS["Deals"][0][2:]), *GRIDS["Deals"][1:]]
    _, made = told(grids={**GRIDS, "Deals": [(None,) * 6, *deals]})
    assert made["tabs"]["deals"]["header"] == 2
    assert made["tabs"]["deals"]["columns"]["stage"] == "STAGE"
    assert made["tabs"]["deals"]["keys"] == ["deal_id"]
    assert made["tabs"]["results"]["names"] == {"key": "result_key", "value": "result_value"}


def test_a_tab_that_is_not_there_is_told_as_declared():
    grids = {title: grid for title, grid in GRIDS.items() if title != "Results"}
    _, made = told(grids=grids, besides={"results": {"table": "tblResults"}})
    assert made["tabs"]["results"]["title"] == "Results"
    assert made["tabs"]["results"]["columns"] == {c.key: c.title for c in TABS[2].columns}
    assert made["tabs"]["results"]["table"] == "tblResults"


def test_only_rows_without_a_key_are_told_with_what_people_wrote_there():
    seen, _ = told()
    _, made = told(cells(seen, 2), cells(seen, 4))
    ((key, held),) = made["rows"]["deals"].items()
    assert key.startswith("~")
    assert held == {"deal_id": None, "stage": "open", "amount": 7.5, "closed": None}
