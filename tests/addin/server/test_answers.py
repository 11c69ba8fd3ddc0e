"""A posted workbook is answered as ``sheetsync sync`` answers its file: same plan, same report."""

from __future__ import annotations

import copy
import json

import pytest
from pydantic import ValidationError

from sheetsync.addin import answers
from sheetsync.addin.application import compute
from sheetsync.addin.posted_only import PostedOnly
from sheetsync.addin.wire import Posted
from sheetsync.backends.xlsx.workbook import XlsxWorkbook
from sheetsync.catalog.tracker import FULL, tracker_of
from sheetsync.console import as_json, undone_json
from sheetsync.engines.duckdb import DuckDb
from sheetsync.model.engine import FactFile
from sheetsync.model.plan import Plan, Recache
from sheetsync.sync import sync
from tests.addin.server.site import NOW, kind, made
from tests.fakes.office.posted import posted
from tests.trackers import demo_file, opened, synced, tracker_file, undone

OF_A_RUN = ("seconds", "status")
"""What the reports of two runs differ in; a file is written, a posted workbook is not yet."""


@pytest.fixture(scope="module")
def runs(tmp_path_factory):
    """The demo posted before and after its file is synced, with what sync and undo came to."""
    folder = tmp_path_factory.mktemp("runs")
    path = demo_file(folder / "demo.xlsx")
    before = posted(path, as_of="2026-06-30")
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("SHEETSYNC_STATE", str(folder / "state"))
        outcome = synced(path, now=NOW)
        after = posted(path, as_of="2026-06-30")
        back = undone(path, now=NOW)
    return {
        "before": before,
        "outcome": outcome,
        "report": as_json(outcome, FULL, 0.0),
        "after": after,
        "undone": back,
    }


@pytest.fixture(scope="module")
def server(tmp_path_factory):
    return made(tmp_path_factory.mktemp("server"), answer=compute)


@pytest.fixture(scope="module")
def told(server, runs):
    """The answer to a sync of the workbook before its first one."""
    return asked(server, "/v1/sync", runs["before"])


@pytest.fixture(scope="module")
def again(server, runs):
    """The answer to a sync of the workbook that is up to date."""
    return asked(server, "/v1/sync", runs["after"])


def asked(server, path, body):
    """The answer to a posted workbook, which is a good one."""
    server.at += 10
    told = server.ask(path=path, body=json.dumps(body).encode())
    assert (told.status_code, kind(told)) == (200, "")
    return told.json()


def without(report, *keys):
    return {key: value for key, value in report.items() if key not in keys}


def test_a_sync_is_that_of_the_file(told, runs):
    assert without(told["report"], *OF_A_RUN) == without(runs["report"], *OF_A_RUN)
    assert told["report"]["status"] == "planned"
    plan, of_file = Plan.from_json(told["score"]["plan"]), runs["outcome"].study.plan
    assert len(plan.ops) > 10
    assert written(plan) == written(of_file)


def written(plan):
    """What a plan writes; runs are named for the workbook's cells as its place tells them."""
    ops = (op for op in plan.to_json()["ops"] if op["op"] != Recache.__name__)
    return json.loads(json.dumps(list(ops)).replace(plan.run, "RUN"))


def test_a_check_says_the_same_and_has_nothing_to_play(server, runs):
    told = asked(server, "/v1/check", runs["before"])
    assert without(told["report"], *OF_A_RUN) == without(runs["report"], *OF_A_RUN)
    assert told["score"] is None
    assert {i["decision_cell"] for i in told["pane"]["issues"]} == {None}
    assert {i["can_decide"] for i in told["pane"]["issues"]} == {False}


def test_a_second_sync_has_nothing_to_do(again):
    assert again["report"]["status"] == "unchanged"
    assert again["score"] is None
    assert again["pane"]["changes"] == {"fixes": 0, "cells": 0, "rows": 0}


def test_an_undo_takes_back_what_that_of_the_file_does(server, runs):
    plan = runs["outcome"].study.plan
    told = asked(server, "/v1/undo", runs["after"] | {"plan": plan.to_json()})
    back = runs["undone"]
    of_file = undone_json(back, "demo.xlsx", FULL, 0.0)
    assert told["run"] == plan.run
    for name in ("run", "restored", "refused"):
        assert told[name] == of_file[name]
    score = Plan.from_json(told["score"]["plan"])
    assert score.reverts == plan.run
    assert written(score) == written(back.plan)


def test_an_undo_leaves_what_people_changed_since(server, runs):
    body = copy.deepcopy(runs["after"]) | {"plan": runs["outcome"].study.plan.to_json()}
    fix = runs["outcome"].study.fixes[0]
    sheet = next(s for s in body["sheets"] if s["name"] == FULL.tab(fix.tab).title)
    row = sheet["values"][fix.row - sheet["first_row"]]
    row[row.index(fix.after)] = "typed meanwhile"
    told = asked(server, "/v1/undo", body)
    assert [(r["tab"], r["row"]) for r in told["refused"]] == [(sheet["name"], fix.row)]


@pytest.mark.parametrize("plan", [None, {}, {"version": 1, "ops": []}, {"version": 9}])
def test_an_undo_without_the_plan_is_told(server, runs, plan):
    body = runs["after"] | {"plan": plan}
    told = server.ask(path="/v1/undo", body=json.dumps(body).encode())
    assert (told.status_code, kind(told)) == (422, "NothingToUndo")


def test_a_workbook_that_is_no_tracker_is_told(server):
    body = {"version": 1, "workbook": {"name": "Book1"}, "sheets": [{"name": "Sheet1"}]}
    told = server.ask(body=json.dumps(body).encode())
    assert (told.status_code, kind(told)) == (422, "NotATracker")
    assert "Book1" in told.json()["error"]["message"]


def test_only_tabs_that_the_engine_reads_are_asked_for(server):
    sheets = [
        {"name": "Partners", "tables": ["tblPartners"]},
        {"name": "My notes", "tables": []},
        {"name": "Renamed by us", "tables": ["tblDeals"]},
        {"name": "Salaries", "tables": ["Table1"]},
        {"name": "issues"},
    ]
    told = asked(server, "/v1/tabs", {"version": 1, "sheets": sheets})
    assert told == {"version": 1, "sheets": ["Partners", "Renamed by us", "issues"]}


def test_nothing_is_kept_from_one_request_to_the_next(server, told, again, runs):
    """The same workbook is answered the same, whatever was asked in between."""
    repeated = asked(server, "/v1/sync", runs["before"])
    for one in (repeated, told):
        one["report"]["seconds"] = 0
    assert repeated == told


def test_a_workbook_cannot_make_the_server_read_a_file(server, tmp_path):
    """Fact files are named on Settings: a caller's names must not open this computer's files."""
    facts = tmp_path / "facts.csv"
    facts.write_text("partner_id,date,kind,amount\nP-0001,2026-01-02,sale,9000\n")
    rows = {"partners": [{"partner_id": "P-0001", "partner_name": "A", "partner_type": "reseller"}]}
    path = tracker_file(tmp_path / "book.xlsx", rows, tracker_of(["attribution"]))
    body = with_setting(posted(path), "facts_money", str(facts))
    report = asked(server, "/v1/check", body)["report"]
    (issue,) = [i for i in report["issues"] if i["code"] == "facts_unreadable"]
    assert "not in Excel" in issue["message"]
    assert 9000 not in {kpi["value"] for kpi in report["kpis"]}
    read = synced_with(path, facts)
    told = {problem.code for problem in read.study.problems}
    assert "facts_unreadable" not in told, "the file itself is a good one"


def synced_with(path, facts):
    """What `sheetsync sync` makes of the same tracker, whose folder is its own."""
    book = opened(path)
    for row in book["Settings"].iter_rows(min_col=1, max_col=2):
        if row[0].value == "facts_money":
            row[1].value = facts.name
    book.save(path)
    return sync(XlsxWorkbook(path), FULL, DuckDb(path.parent), now=NOW, dry_run=True)


@pytest.mark.parametrize(
    "path", ["/etc/passwd", "facts.csv", "~/x", "\\\\host\\share", "http://x/y"]
)
def test_a_file_is_refused_whatever_it_is(path):
    assert PostedOnly().check(FactFile(path, {})).refused


def with_setting(body, name, value):
    """The posted workbook with another value of a setting."""
    body = copy.deepcopy(body)
    sheet = next(s for s in body["sheets"] if s["name"] == "Settings")
    header, *rows = sheet["values"]
    row = next((told for told in rows if told[0] == name), None)
    if row is None:
        row = [name] + [""] * (len(header) - 1)
        sheet["values"].append(row)
        sheet["tables"][0]["rows"] += 1
    row[header.index("Value")] = value
    return body


@pytest.mark.parametrize("day", ["1989-12-31", "2101-01-01", "0001-01-01", "9999-12-31"])
def test_a_day_out_of_reason_is_refused(server, runs, day):
    told = server.ask(body=json.dumps(runs["before"] | {"as_of": day}).encode())
    assert (told.status_code, kind(told)) == (422, "invalid")


def test_partners_have_their_card(told, runs):
    report = runs["report"]
    tiers = {t["partner_id"]: t for t in report["tiers"]}
    partners = told["pane"]["partners"]
    assert set(tiers) <= set(partners)
    card = partners["P-0001"]
    assert card["tier"] == tiers["P-0001"]["tier"]
    assert card["score"] == f"{tiers['P-0001']['score']:.1f}"
    assert card["why"]
    assert {"kpi", "title", "text", "n", "range", "flag"} == set(card["kpis"][0])


def test_values_are_words_with_their_unit_and_evidence(told, runs):
    values = {(k["kpi"], k["partner_id"]): k for k in runs["report"]["kpis"] if k["month"] is None}
    shown = {
        (k["kpi"], partner): k
        for partner, card in told["pane"]["partners"].items()
        for k in card["kpis"]
    }
    assert len(shown) > 100
    for place, card in shown.items():
        value = values[place]
        assert (card["n"], card["flag"]) == (value["n"], value["flag"])
        assert (card["text"] == value["flag"]) == (value["value"] is None)
        assert (card["range"] is None) == (value["low"] is None)
    revenue = values["F01", "P-0001"]["value"]
    assert shown["F01", "P-0001"]["text"] == f"{revenue:,.0f} EUR"
    rate = shown["S06", "P-0001"]
    assert rate["text"].endswith("%")
    assert " to " in rate["range"]


def test_issues_point_at_their_cell(told, runs):
    issues = told["pane"]["issues"]
    assert [i["message"] for i in issues] == [i["message"] for i in runs["report"]["issues"]]
    first = issues[0]
    found = runs["report"]["issues"][0]
    sheet = next(s for s in runs["before"]["sheets"] if s["name"] == first["sheet"])
    column = ord(first["address"][0]) - ord("A")
    row = int(first["address"][1:]) - sheet["first_row"]
    assert sheet["values"][row][column - sheet["first_column"] + 1] == found["found"]


def test_decisions_stand_where_the_written_workbook_has_them(told, runs):
    """The cell of a Decision is that of its own line once the score is played."""
    sheet = next(s for s in runs["after"]["sheets"] if s["name"] == "Issues")
    decided = [i for i in told["pane"]["issues"] if i["decision_cell"]]
    assert len(decided) == len(told["pane"]["issues"]) > 5
    for issue in decided:
        cell = issue["decision_cell"]
        assert cell["sheet"] == "Issues"
        column = ord(cell["address"][0]) - ord("A")
        row = int(cell["address"][1:]) - sheet["first_row"]
        assert sheet["values"][0][column] == "Decision"
        assert sheet["values"][row][0] == issue["id"]


def test_what_can_be_accepted_can_be_decided(told):
    issues = told["pane"]["issues"]
    assert {i["can_decide"] for i in issues} == {True, False}
    assert all(i["can_decide"] for i in issues if i["suggested"] is not None)


def test_the_counts_are_those_of_the_plan(told, runs):
    changes = told["pane"]["changes"]
    plan = told["score"]["plan"]["ops"]
    names = [op for op in plan if op["op"] == "WriteNames"]
    assert changes["fixes"] == len(runs["report"]["fixes"])
    assert changes["cells"] == sum(
        len(op["keys"]) for op in plan if op["op"] == "WriteCells"
    ) + sum(len(op["names"]) for op in names)
    assert changes["rows"] == sum(
        len(op.get("new", op.get("rows")))
        for op in plan
        if op["op"] in ("ReplaceRows", "AppendRows")
    )


@pytest.fixture(scope="module")
def edited(server, runs):
    """The synced workbook with another tier and an accepted issue: its cells, and the answer."""
    body = copy.deepcopy(runs["after"])
    partner, tier = first_row(body, "Partners", "Tier")
    issue, _ = first_row(body, "Issues", "Suggested")
    held = partner["Tier"]
    tier("Diamond")
    first_row(body, "Issues", "Suggested", "Decision")[1]("accept")
    return {
        "partner": partner,
        "held": held,
        "issue": issue,
        "told": asked(server, "/v1/sync", body),
    }


def first_row(body, title, filled, column=None):
    """The first row with that column filled, by header, and a function that sets one cell of it."""
    sheet = next(s for s in body["sheets"] if s["name"] == title)
    header, *rows = sheet["values"]
    row = next(r for r in rows if r[header.index(filled)])
    at = header.index(column or filled)
    return dict(zip(header, row, strict=True)), lambda value: row.__setitem__(at, value)


def test_a_first_tier_is_no_change_and_another_one_is(told, edited):
    assert told["pane"]["tier_changes"] == []
    (change,) = edited["told"]["pane"]["tier_changes"]
    assert change["partner_id"] == edited["partner"]["Partner ID *"]
    assert (change["from"], change["to"]) == ("Diamond", edited["held"])
    assert change["name"] == edited["partner"]["Partner name *"]
    assert change["why"]


def test_an_accepted_issue_is_written_and_gone(edited):
    told, issue = edited["told"], edited["issue"]
    assert issue["Issue ID"] not in [i["id"] for i in told["pane"]["issues"]]
    writes = [op for op in told["score"]["plan"]["ops"] if op["op"] == "WriteCells"]
    assert issue["Suggested"] in [new for op in writes for new in op["new"]]


def test_a_check_shows_decisions_where_they_are_now(server, again, runs):
    told = asked(server, "/v1/check", runs["after"])["pane"]["issues"]
    assert told == again["pane"]["issues"]
    assert told[0]["decision_cell"]


def test_the_runs_name_is_of_the_servers_clock(told):
    assert told["score"]["plan"]["run"].startswith(f"{NOW:%Y%m%dT%H%M%SZ}")
    assert told["report"]["as_of"] == "2026-06-30"


@pytest.mark.parametrize("unit", ["{}", '"a"', "1", "[{}]"])
def test_a_list_is_refused_at_its_first_wrong_item(unit):
    """Millions of wrong items would otherwise become as many error records."""
    flood = '{"version":1,"workbook":{"name":"x"},"sheets":[{"name":"A","values":[%s]}]}'
    with pytest.raises(ValidationError) as refused:
        Posted.model_validate_json(flood % ",".join([unit] * 1000))
    assert refused.value.error_count() <= 5  # one for each kind that a cell may be


@pytest.mark.parametrize(("sign", "unit"), [(b",", "1"), (b"[", "[1]"), (b"{", "{}")])
def test_cells_are_counted_before_they_are_read(server, monkeypatch, sign, unit):
    most = answers._MOST_SIGNS[sign]
    assert most <= 8_000_000
    monkeypatch.setitem(answers._MOST_SIGNS, sign, 1000)
    body = '{"version":1,"workbook":{"name":"x"},"sheets":[{"name":"A","values":[%s]}]}'
    told = server.ask(body=(body % ",".join([unit] * 2000)).encode())
    assert (told.status_code, kind(told)) == (413, "too_large")


@pytest.mark.parametrize("half", ["\\ud83d", "\\ude00", "\\ud83dx"])
def test_half_a_character_is_told(server, half):
    """Excel's LEFT cuts an emoji in two, and what is left is no text that can be sent."""
    body = '{"version":1,"workbook":{"name":"x"},"sheets":[{"name":"A","values":[["%s"]]}]}'
    told = server.ask(body=(body % half).encode())
    assert (told.status_code, kind(told)) == (422, "half_character")
    server.at += 10
