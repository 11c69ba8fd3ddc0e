"""The sheet's own script: its menu's requests, and plans that it plays whole or not at all."""

from __future__ import annotations

import copy
import json
import re
import shutil
import subprocess
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from sheetsync.backends.google import asking, ids
from sheetsync.backends.google.apps_script import FILES, folder, write_files
from sheetsync.backends.google.apps_script.score import score
from sheetsync.model.errors import StaleSnapshot, WriteFailed
from sheetsync.model.plan import Plan, ReplaceRows, WriteCells
from sheetsync.model.values import Formula
from tests.backends.google.small_sheet import logged, plan, replaced, write
from tests.contract.script_small import as_script
from tests.contract.small import GRIDS, TABS
from tests.fakes.apps_script.script_book import call, cell, needs_node

NOW = datetime(2026, 6, 30, 12, 0, tzinfo=UTC)
EMPTY = {"sheets": [{"id": 1, "title": "Deals", "rows": 9, "columns": 9, "cells": []}], "names": {}}
SIDEBAR = Path(__file__).parents[2] / "fakes" / "apps_script" / "script_run.js"


def source(name):
    return (folder() / name).read_text(encoding="utf-8")


def constant(name):
    return re.search(rf"^const {name} = (.*);$", source("Code.gs"), re.MULTILINE)[1]


def asks(state, now=NOW):
    """The requests in a state, as an agent reads them."""
    cells = next(s for s in state["sheets"] if s["title"] == asking.REQUESTS)["cells"]
    return asking.asks_in([[(told or {}).get("v", "") for told in row] for row in cells])


def test_the_script_knows_the_same_names_as_the_agent():
    assert constant("REQUESTS") == f"'{asking.REQUESTS}'"
    assert constant("PLAN") == f"'{asking.PLAN}'"
    assert json.loads(constant("COLUMNS").replace("'", '"')) == list(asking.COLUMNS)
    assert constant("LOG_ID") == str(ids.sheet_id("log"))
    assert timedelta(minutes=int(constant("PATIENCE"))) == asking.EXPIRES
    assert timedelta(minutes=int(constant("PLAN_AGE"))) < asking.LEASE


def test_it_asks_for_no_more_than_this_sheet_and_its_sidebar():
    manifest = json.loads(source("appsscript.json"))
    scopes = [scope.rpartition("/")[2] for scope in manifest["oauthScopes"]]
    assert scopes == ["spreadsheets.currentonly", "script.container.ui"]
    assert manifest["runtimeVersion"] == "V8"
    assert "@OnlyCurrentDoc" in source("Code.gs")


def test_the_files_are_written_into_a_folder(tmp_path):
    names = write_files(tmp_path / "menu")
    assert sorted(p.name for p in (tmp_path / "menu").iterdir()) == sorted(names) == sorted(FILES)
    assert {path.name for path in folder().iterdir() if path.is_file()} >= set(FILES)
    pushed = [line[1:] for line in source(".claspignore").splitlines() if line[0] == "!"]
    assert sorted(pushed) == sorted(name for name in FILES if name[0] != ".")
    with pytest.raises(WriteFailed):
        write_files(tmp_path / "menu" / "Code.gs")


@needs_node
def test_the_menu_calls_functions_that_are_there():
    told = call(EMPTY, ["onOpen"], ["syncNow"], ["whatChanged"], now=NOW.isoformat())
    menu, status, changes = told["shown"]
    assert [label for label, _ in menu["items"]] == ["Sync now", "Check only", "What changed"]
    assert all(f"function {name}()" in source("Code.gs") for _, name in menu["items"])
    assert 'data-view="status"' in status["sidebar"]["html"]
    assert 'data-view="changes"' in changes["sidebar"]["html"]
    assert not [result for result in told["results"] if "error" in result]


@needs_node
def test_a_request_is_one_that_agents_take():
    told = call(EMPTY, ["ask", "sync"], ["status", ""], now=NOW.isoformat(), email="=ana@x.example")
    (ask,) = asks(told["state"])
    assert asking.wrong(ask, [ask], NOW) == ""
    assert (ask.kind, ask.state, ask.who, ask.open) == ("sync", "asked", "=ana@x.example", True)
    assert told["results"][0]["value"]["id"] == told["results"][1]["value"]["id"] == ask.id
    tab = next(s for s in told["state"]["sheets"] if s["title"] == asking.REQUESTS)
    assert tab["hidden"]


@needs_node
def test_a_second_click_asks_for_nothing_more_until_the_first_is_answered():
    told = call(EMPTY, ["ask", "sync"], ["ask", "sync"], ["ask", "check"], now=NOW.isoformat())
    assert [ask.kind for ask in asks(told["state"])] == ["sync", "check"]
    later = (NOW + timedelta(minutes=16)).isoformat()
    again = call(told["state"], ["ask", "sync"], now=later)
    assert [ask.kind for ask in asks(again["state"])] == ["sync", "check", "sync"]


@needs_node
def test_old_finished_requests_are_deleted_and_open_ones_kept():
    rows = [[cell(name) for name in asking.COLUMNS]]
    for i in range(130):
        state = "asked" if i == 20 else "done"
        rows.append([cell(v) for v in (f"r{i}", "2026-06-29T12:00:00Z", "", "sync", state, "", "")])
    tab = {"id": 5, "title": asking.REQUESTS, "rows": 200, "columns": 8, "cells": rows}
    told = call({"sheets": [tab], "names": {}}, ["ask", "sync"], now=NOW.isoformat())
    left = [ask.id for ask in asks(told["state"])]
    assert left == [*(f"r{i}" for i in range(20, 130)), "uuid-1"]


@needs_node
def test_what_cannot_be_asked_is_refused():
    told = call(EMPTY, ["ask", "undo"], ["status", "x"], ["play", "x"], ["changes"])
    assert told["results"][0]["error"] == "There is no request undo."
    assert [result["value"] for result in told["results"][1:3]] == [None, None]
    assert told["results"][3]["value"]["cells"] == []
    busy = call(EMPTY, ["ask", "sync"], busy=True)
    assert "Somebody else is using the menu" in busy["results"][0]["error"]
    assert busy["state"] == EMPTY


@needs_node
def test_what_changed_is_the_last_run_of_the_sync_log():
    head = ("At", "Run", "Kind", "Tab", "Row", "Column", "Before", "After", "Note")
    rows = [head, ("", "r1", "fix", "Deals", "2", "Stage", "a", "b", "")]
    rows += [("", "r2", "sync", "", "", "", "", "", "all in order")]
    rows += [("", "r2", "fix", "Deals", str(i), "Stage", " won", "won", "trim") for i in range(250)]
    log = {"id": ids.sheet_id("log"), "title": "Renamed", "rows": 300, "columns": 9}
    state = {"sheets": [{**log, "cells": [[cell(v) for v in row] for row in rows]}], "names": {}}
    told = call(state, ["changes"])["results"][0]["value"]
    assert (told["run"], told["note"], told["total"]) == ("r2", "all in order", 250)
    assert len(told["cells"]) == 200
    assert told["cells"][0] == {
        "tab": "Deals",
        "row": "0",
        "column": "Stage",
        "before": " won",
        "after": "won",
        "note": "trim",
    }


@pytest.fixture
def book():
    return as_script(Path())


def everything(seen):
    return plan(
        seen,
        write(seen, "stage", {2: "won"}),
        write(seen, "deal_id", {4: "D-0003"}, {4: "D-0003"}),
        write(seen, "amount", {3: 1200.5}),
        replaced(seen, ("a", 2, None), ("c", 3, "reject"), ("d", 4, None)),
        logged("run-1"),
    )


def told(book, made):
    return score(made, book.read(TABS), TABS, {})


def cells_of(book, title):
    return next(s for s in book.state["sheets"] if s["title"] == title)["cells"]


def put(book, title, row, column, value):
    """A colleague types (row and column from 1)."""
    cells = cells_of(book, title)[row - 1]
    cells.extend([None] * (column - len(cells)))
    cells[column - 1] = cell(value)


@needs_node
@pytest.mark.parametrize(
    ("title", "row", "column", "value"),
    [
        ("Deals", 2, 2, "lost"),
        ("Deals", 3, 4, 1200.5),
        ("Deals", 4, 1, "D-0009"),
        ("Deals", 4, 4, 8.5),
        ("Results", 2, 2, 99),
        ("Results", 3, 3, "accept"),
        ("Results", 2, 2, Formula("1.5", 1.5)),
        ("Deals", 1, 2, "Phase"),
        ("Deals", 3, 1, "D-0001"),
    ],
)
def test_a_cell_that_changed_since_the_reading_refuses_the_whole_plan(
    book, title, row, column, value
):
    made = told(book, everything(book.read(TABS)))
    put(book, title, row, column, value)
    before = json.dumps(book.state)
    with pytest.raises(StaleSnapshot, match="Nothing was changed"):
        book.play(made)
    assert json.dumps(book.state) == before


@needs_node
def test_cells_that_the_plan_does_not_touch_may_change(book):
    made = told(book, everything(book.read(TABS)))
    put(book, "Deals", 2, 4, 555)
    put(book, "Notes", 2, 1, "mine")
    book.play(made)
    assert book.grid("Deals")[1][:4] == ["D-0001", "won", "keep", 555]
    assert [row[0] for row in book.grid("Results")] == ["Key", "a", "c", "d"]


@needs_node
def test_rows_are_followed_to_wherever_they_were_moved(book):
    made = told(book, everything(book.read(TABS)))
    deals = cells_of(book, "Deals")
    deals[1:] = [[cell("D-0100"), cell(" won")], [], *reversed(deals[1:])]
    next(s for s in book.state["sheets"] if s["title"] == "Deals")["rows"] += 2
    book.play(made)
    by_id = {row[0]: row for row in book.grid("Deals")[1:] if row}
    assert by_id["D-0100"][1] == " won"
    assert by_id["D-0001"][1] == "won"
    assert by_id["D-0002"][3] == 1200.5
    assert by_id["D-0003"][1:4] == ["open", "x", 7.5]


@needs_node
def test_a_title_above_the_header_is_no_hindrance(book):
    made = told(book, everything(book.read(TABS)))
    cells_of(book, "Deals").insert(0, [cell("Our deals")])
    next(s for s in book.state["sheets"] if s["title"] == "Deals")["rows"] += 1
    book.play(made)
    assert book.grid("Deals")[2][1] == "won"


@needs_node
def test_of_two_rows_alike_without_a_key_none_is_guessed(book):
    made = told(book, everything(book.read(TABS)))
    deals = cells_of(book, "Deals")
    nameless = deals.pop(3)
    deals += [nameless, list(nameless)]
    next(s for s in book.state["sheets"] if s["title"] == "Deals")["rows"] += 1
    with pytest.raises(StaleSnapshot):
        book.play(made)


@needs_node
@pytest.mark.parametrize(
    "text",
    ["=1+1", "+49 30 1", "-3", "'tis", "@x", "1e5", "007", "1,200", "TRUE", "2026-01-31", "3-4",
     " two ", "D-0005", "5%", "a\nb", "éé ☂ 日本", "March 5"],
)  # fmt: skip
def test_text_is_written_as_text(book, text):
    book.play(told(book, plan(seen := book.read(TABS), write(seen, "stage", {2: text}))))
    assert book.grid("Deals")[1][1] == text


@needs_node
def test_whatever_fails_while_writing_is_put_back(book):
    made = told(book, everything(book.read(TABS)))
    writes = call(copy.deepcopy(book.state), ["playPlan", made])["writes"]
    assert writes == 5
    for number in range(1, writes + 1):  # the book compares its state before and after
        with pytest.raises(WriteFailed, match="Everything was put back as it was"):
            book.play(made, refuse=number)


@needs_node
def test_a_plan_waits_for_the_lock(book):
    with pytest.raises(WriteFailed, match="Somebody else"):
        book.play(told(book, everything(book.read(TABS))), busy=True)


@needs_node
def test_a_column_that_a_formula_fills_is_not_written(book):
    made = told(book, plan(seen := book.read(TABS), write(seen, "check", {2: "bad"})))
    put(book, "Deals", 1, 6, Formula('VSTACK("Check",1)', "Check"))
    with pytest.raises(StaleSnapshot, match="filled by a formula"):
        book.play(made)


@needs_node
def test_plans_of_another_version_and_unknown_steps_are_refused(book):
    made = told(book, everything(book.read(TABS)))
    for wrong in (
        {**made, "version": 2},
        {**made, "plan": {**made["plan"], "version": 2}},
        {**made, "plan": {**made["plan"], "ops": [*made["plan"]["ops"], {"op": "DeleteTab"}]}},
    ):
        with pytest.raises(StaleSnapshot, match="update the script"):
            book.play(wrong)


@needs_node
def test_the_engines_tab_is_made_again_and_a_tab_of_peoples_is_not(book):
    seen = book.read(TABS)
    op = ReplaceRows("results", ("key", "value", "decision"), (), (("a", 1, None),))
    book.state["sheets"] = [s for s in book.state["sheets"] if s["title"] != "Results"]
    without = book.read(TABS)
    book.play(score(Plan((op,), without.fingerprint, "r"), without, TABS, {}))
    assert [row[:3] for row in book.grid("Results")] == [
        ["Key", "Value", "Decision"],
        ["a", 1, None],
    ]
    book.state["sheets"] = [s for s in book.state["sheets"] if s["title"] != "Deals"]
    with pytest.raises(StaleSnapshot, match="no tab Deals"):
        book.play(score(plan(seen, write(seen, "stage", {2: "won"})), seen, TABS, {}))


@needs_node
def test_a_table_grows_from_inside_and_its_names_cover_it(book):
    seen = book.read(TABS)
    rows = tuple((f"k{i}", i, None) for i in range(9))
    sheets = {"results": {"sheet": ids.sheet_id("results"), "room": 2}}
    book.play(score(plan(seen, replaced(seen, *rows)), seen, TABS, sheets))
    assert book.state["names"]["result_value"]["rows"] == 9
    assert next(s for s in book.state["sheets"] if s["title"] == "Results")["rows"] == 10


@needs_node
def test_links_of_the_engine_name_tabs_by_their_id(book):
    seen = book.read(TABS)
    link = Formula('HYPERLINK("#\'Deals\'!B2","B2")', "B2")
    made = told(book, plan(seen, write(seen, "stage", {2: link})))
    book.play(made)
    text = cells_of(book, "Deals")[1][1]["f"]
    assert text == f'=HYPERLINK("#gid={ids.sheet_id("deals")}&range=B2";"B2")'


def test_rows_without_a_key_travel_with_what_they_held(book):
    seen = book.read(TABS)
    made = score(everything(seen), seen, TABS, {})
    (held,) = made["rows"]["deals"].values()
    assert held == {"deal_id": None, "stage": "open", "amount": 7.5, "closed": None}
    assert [type(op).__name__ for op in Plan.from_json(made["plan"]).ops][:1] == [
        WriteCells.__name__
    ]
    assert GRIDS["Deals"][3][0] is None


chromium = shutil.which("chromium") or shutil.which("chromium-browser")


@pytest.mark.skipif(not chromium, reason="Chromium is not installed")
def test_the_sidebar_shows_texts_as_texts(tmp_path):
    request = {"id": "r1", "at": "2026-06-30T12:00:00Z", "what": "sync", "state": "done"}
    cells = [
        {"tab": "Deals", "row": "2", "column": "Stage", "before": "<b>x", "after": "", "note": ""}
    ]
    answers = {
        "status": {**request, "message": "<img src=x onerror=alert(1)> written"},
        "changes": {"run": "r1", "at": "now", "note": "", "total": 1, "cells": cells},
    }
    page = source("Sidebar.html").replace("<?= view ?>", "changes")
    fake = SIDEBAR.read_text(encoding="utf-8")
    told = json.dumps(answers).replace("<", "\\u003c")
    script = f"<script>{fake}\nwindow.answers = {told};</script>"
    path = tmp_path / "sidebar.html"
    path.write_text(page.replace("<script>", script + "<script>", 1), encoding="utf-8")
    done = subprocess.run(
        [chromium, "--headless=new", "--no-sandbox", "--disable-gpu", "--dump-dom",
         f"--user-data-dir={tmp_path / 'profile'}", "--virtual-time-budget=2000", path.as_uri()],
        capture_output=True, text=True, check=True, timeout=120,
    )  # fmt: skip
    assert "&lt;img src=x onerror=alert(1)&gt; written" in done.stdout
    assert "Sync done" in done.stdout
    assert "&lt;b&gt;x</del>" in done.stdout
