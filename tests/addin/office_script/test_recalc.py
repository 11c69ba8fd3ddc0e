"""The Office Script, run for real in Node over a workbook with Excel's habits."""

from __future__ import annotations

import copy
import shutil

import pytest

from sheetsync.addin.wire import Posted, PostedWorkbook
from sheetsync.catalog.tracker import FULL
from sheetsync.model.values import Formula
from tests.fakes.office.posted import posted
from tests.fakes.office_script.scripts import (
    SCRIPT,
    compiled,
    needs_typescript,
    play,
    posted_again,
    serving,
    state_of,
)
from tests.trackers import AS_OF, NOW, demo_file, synced

pytestmark = needs_typescript
TOKEN = "ss_team"
PRIVATE = {
    "name": "Salaries",
    "cells": {"1,1": {"v": "secret", "f": "", "n": "General"}},
    "tables": [],
    "protected": False,
    "options": {},
}


@pytest.fixture(scope="module")
def demo(tmp_path_factory):
    return demo_file(tmp_path_factory.mktemp("demo") / "Partners.xlsx")


@pytest.fixture(scope="module")
def read(demo):
    """The demo, with a tab that is no tracker's."""
    state = state_of(demo)
    state["sheets"].append(PRIVATE)
    return state


@pytest.fixture
def state(read):
    return copy.deepcopy(read)


@pytest.fixture(scope="module")
def server():
    with serving(NOW, TOKEN) as url:
        yield {"url": url, "token": TOKEN, "asOf": AS_OF.isoformat()}


@pytest.fixture(scope="module")
def once(read, server):
    """The demo after one run of the script."""
    return play(read, server)


def cells(told):
    """Every cell of the tracker's tabs as a reader sees it, formulas by their text."""
    seen = PostedWorkbook(Posted.model_validate(told)).read(FULL.tabs)
    bare = lambda value: f"={value.text}" if isinstance(value, Formula) else value  # noqa: E731
    tables = {
        key: {
            column: [bare(value) for value in table.column(column)]
            for column in table.bound
            if (key, column) != ("log", "run")  # the run's name tells how the workbook was read
        }
        for key, table in seen.tables.items()
    }
    return {**tables, **{key: dict(report.names) for key, report in seen.reports.items()}}


def shown(state):
    """A state without the cells that are empty: those have a look only."""
    sheets = [
        {**sheet, "cells": {p: c for p, c in sheet["cells"].items() if c["v"] != "" or c["f"]}}
        for sheet in state["sheets"]
    ]
    return {**state, "sheets": sheets}


def tab(state, name):
    return next(one for one in state["sheets"] if one["name"] == name)


def test_it_is_typescript_that_office_scripts_take():
    told = compiled()
    assert told["problems"] == []
    assert told["anys"] == 0
    assert set(told["kinds"]) <= {
        "FunctionDeclaration",
        "InterfaceDeclaration",
        "TypeAliasDeclaration",
    }
    text = SCRIPT.read_text(encoding="utf-8")
    assert text.lstrip().startswith("/**")
    assert "async function main(workbook: ExcelScript.Workbook)" in text
    assert not [word for word in ("import ", "require(", "eval(", "function*") if word in text]


def test_it_writes_what_a_sync_of_the_file_writes(demo, once, tmp_path):
    path = shutil.copy(demo, tmp_path / "Partners.xlsx")
    assert synced(path).status == "written"
    assert "error" not in once
    assert cells(posted_again(once["state"])) == cells(posted(path))


def test_it_says_what_changed(once):
    first, *more = once["returned"].splitlines()
    assert first.startswith("Recalculated as of 2026-06-30: ")
    assert " cells of Dashboard, Partners, " in first
    assert more[-1].startswith("Issues: ")
    assert once["log"] == [once["returned"]]


def test_tables_and_names_end_where_their_rows_end(once):
    for sheet in once["state"]["sheets"]:
        for table in sheet["tables"]:
            if table["name"] not in {t.table for t in FULL.tabs if t.role in {"computed", "log"}}:
                continue
            last = max(int(p.split(",")[0]) for p, c in sheet["cells"].items() if c["v"] != "")
            assert table["row"] + table["rows"] - 1 == max(last, table["row"] + 1), table["name"]


def test_a_second_run_writes_nothing(once, server):
    again = play(once["state"], server)
    assert again["state"] == once["state"]
    assert again["returned"].startswith("Up to date as of 2026-06-30: nothing was written.")


def test_other_tabs_stay_in_excel_and_calls_stay_below_its_limits(once):
    sent = once["requests"]
    assert [request["url"].rpartition("/v1/")[2] for request in sent] == ["tabs", "sync"]
    assert all(r["headers"]["Authorization"] == f"Bearer {TOKEN}" for r in sent)
    assert max(request["bytes"] for request in sent) < 5_000_000
    assert once["largest"] < 5_000_000
    assert once["calls"] < 400
    assert PRIVATE in once["state"]["sheets"]


def test_an_edit_in_between_is_read_and_the_run_made_again(state, server):
    """Somebody renames a partner while the server computes."""
    limits = """
      const reading = readWorkbook;
      readWorkbook = async (workbook, server) => {
        const told = await reading(workbook, server);
        globalThis.runs = (globalThis.runs || 0) + 1;
        const name = workbook.getWorksheet('Partners').getRangeByIndexes(1, 1, 1, 1);
        if (globalThis.runs === 1) name.setValues([['Renamed Ltd']]);
        return told;
      };"""
    tab(state, "Partners")["cells"]["2,2"]["v"] = " Old  name "
    told = play(state, server, limits)
    assert "error" not in told
    assert [r["url"].rpartition("/")[2] for r in told["requests"]] == ["tabs", "sync"] * 2
    names = cells(posted_again(told["state"]))["partners"]["partner_name"]
    assert names[0] == "Renamed Ltd"


@pytest.mark.parametrize(
    ("kind", "after"), [("write", 0), ("write", 40), ("resize", 2), ("name", 5)]
)
def test_what_excel_does_not_take_is_put_back_whole(state, server, kind, after):
    before = copy.deepcopy(state)
    told = play({**state, "failing": {"kind": kind, "after": after}}, server)
    assert told["error"] == (
        f"Excel did not take a change ({kind} failed on purpose). All was put back as it was."
    )
    assert shown(told["state"]) == shown(before)


@pytest.mark.parametrize(
    ("name", "change", "words"),
    [
        ("Partners", {"protected": True}, "The tab Partners is protected: unprotect it"),
        ("Partners", {"filtered": True}, "The tab Partners is filtered: clear the filter"),
        ("Sync Log", {"password": True}, "The tab Sync Log is protected: unprotect it"),
    ],
)
def test_tabs_that_cannot_be_written_are_refused_untouched(state, server, name, change, words):
    tab(state, name).update(change)
    told = play(state, server)
    assert told["error"].startswith(words)
    assert told["state"] == state


def test_the_engine_s_own_tabs_are_protected_again_as_they_were(read, once):
    """A tracker's computed tabs are protected against slips, without a password."""
    protection = [(s["name"], s["protected"], s["options"]) for s in read["sheets"]]
    assert sum(on for _, on, _ in protection) >= 4
    now = [(s["name"], s["protected"], s["options"]) for s in once["state"]["sheets"]]
    assert now == protection


def test_a_lost_tab_of_the_engine_is_told(state, server):
    state["sheets"] = [one for one in state["sheets"] if one["name"] != "Issues"]
    told = play(state, server)
    assert told["error"].startswith("The tab Issues is gone: sync the file, or use the add-in")


def test_a_workbook_that_counts_from_1904_is_refused(state, server):
    state["date1904"] = True
    told = play(state, server)
    assert told["error"].startswith("This workbook counts days from 1904")


def test_refusals_of_the_server_and_settings_left_out_are_sentences(state, server):
    assert play(state, {**server, "token": ""})["error"].startswith("This script has no token yet")
    wrong = play(state, {**server, "token": "other"})
    assert wrong["error"] == "The sheetsync server refused: The token is not known."
    limits = "mostBytes = () => 100000;"
    large = play(state, server, limits)
    assert large["error"].startswith("The tracker is too large for an Office Script (")
    assert large["state"] == state
