"""A posted workbook is read as the file itself is, and its plans become scores."""

from __future__ import annotations

from datetime import datetime, timedelta

import pytest
from pydantic import ValidationError

from sheetsync.addin.wire import Posted, PostedWorkbook, find_names, grid_of
from sheetsync.backends.xlsx.workbook import XlsxWorkbook
from sheetsync.catalog.tracker import LEAN
from sheetsync.engines.duckdb import DuckDb
from sheetsync.model.errors import NotATracker, StaleSnapshot
from sheetsync.model.plan import AppendRows, Plan, ReplaceRows, WriteCells
from sheetsync.model.values import CellError, Formula, same
from sheetsync.sync import sync
from tests.contract.small import BOARD_CELLS, GRIDS, TABS, as_xlsx
from tests.fakes.office.posted import posted
from tests.trackers import AS_OF, NOW, demo_file


def small(tmp_path, grids=GRIDS, **changes):
    as_xlsx(tmp_path, grids)
    return PostedWorkbook(Posted.model_validate(posted(tmp_path / "small.xlsx") | changes))


def sheet(**told):
    return {"version": 1, "workbook": {"name": "b"}, "sheets": [{"name": "S", **told}]}


def column(values, formats=(), *, date1904=False, formulas=()):
    told = sheet(values=[[v] for v in values], formats=[formats], formulas=formulas)
    (one,) = Posted.model_validate(told).sheets
    return grid_of(one, date1904=date1904).columns.get(1)


def test_every_kind_of_cell_is_told_from_the_others():
    assert column(["a", 1, 1.5, 2.0, True, "#N/A", "", None, "#n/a", "#1"]) == [
        *("a", 1, 1.5, 2, True, CellError("#N/A"), None, None, "#n/a", "#1")
    ]


def test_a_text_that_looks_like_an_error_is_text_when_it_is_told():
    told = sheet(values=[["#N/A"], ["#N/A"], [""]], texts=[(1, 1), (3, 1), (9, 1)])
    grid = grid_of(Posted.model_validate(told).sheets[0])
    assert grid.columns[1] == ["#N/A", CellError("#N/A"), None]


@pytest.mark.parametrize(
    ("serial", "code", "value"),
    [
        (45000, "yyyy-mm-dd", datetime(2023, 3, 15)),
        (45000.5, "m/d/yy h:mm", datetime(2023, 3, 15, 12)),
        (0.25, "h:mm", timedelta(hours=6)),
        (1.5, "[h]:mm", timedelta(hours=36)),
        (60, "yyyy-mm-dd", CellError("60")),
        (45000, "#,##0.00", 45000),
        (45000, '"day" 0', 45000),
    ],
)
def test_the_number_format_tells_what_a_number_means(serial, code, value):
    assert column([serial, "text"], [(2, code)]) == [value, "text"]


def test_formats_are_told_in_spans_and_end_before_the_cells_do():
    found = column([40000, 40000, 40000], [(1, "0"), (1, "yyyy-mm-dd")])
    assert found == [40000, datetime(2009, 7, 6), 40000]


def test_days_count_from_1904_where_the_workbook_does():
    day = column([0, 43538], [(2, "yyyy-mm-dd")], date1904=True)
    assert day == [datetime(1904, 1, 1), datetime(2023, 3, 15)]


def test_formulas_keep_text_and_value():
    found = column(
        [3, "", "#REF!", 45000],
        [(3, "0"), (1, "yyyy-mm-dd")],
        formulas=[
            (1, 1, "=1+2"),
            (2, 1, '=""'),
            (3, 1, "=A9"),
            (4, 1, "=TODAY()"),
            (99, 1, "=lost"),
        ],
    )
    assert found == [
        Formula("1+2", 3),
        Formula('""', None),
        Formula("A9", CellError("#REF!")),
        Formula("TODAY()", datetime(2023, 3, 15)),
    ]


def test_cells_stand_where_the_sheet_has_them():
    told = sheet(values=[["x"]], first_row=7, first_column=3, formulas=[(7, 3, "=A1")])
    grid = grid_of(Posted.model_validate(told).sheets[0])
    assert (list(grid.rows), grid.columns) == ([7], {3: [Formula("A1", "x")]})


def test_a_file_and_what_is_posted_of_it_are_read_the_same(tmp_path):
    file, book = as_xlsx(tmp_path).read(TABS), small(tmp_path).read(TABS)
    assert book.tables == file.tables
    assert book.reports["board"].names == BOARD_CELLS
    assert book.reports["board"].formulas == {}
    assert book.other_tabs == ("Notes",)


def test_the_demo_gives_the_same_results_posted_and_in_its_file(tmp_path):
    path = demo_file(tmp_path / "demo.xlsx")
    book = PostedWorkbook(Posted.model_validate(posted(path)))
    told = sync(book, LEAN, DuckDb(), now=NOW, as_of=AS_OF)
    file = sync(XlsxWorkbook(path), LEAN, DuckDb(), now=NOW, as_of=AS_OF)
    assert told.study.measured.kpis == file.study.measured.kpis
    assert told.study.problems == file.study.problems
    assert list(told.study.fixes) == list(file.study.fixes)
    assert [op for op in book.score["plan"]["ops"] if op["op"] == "Recache"] == []
    assert Plan.from_json(book.score["plan"]) == told.study.plan


def test_totals_of_a_table_are_no_row(tmp_path):
    book = small(tmp_path)
    told = book.posted.model_dump()
    deals = next(s for s in told["sheets"] if s["name"] == "Deals")
    deals["tables"][0]["totals"] = True
    seen = PostedWorkbook(Posted.model_validate(told)).read(TABS)
    assert list(seen.tables["deals"].rows) == [2, 3, 4]


def test_covered_cells_of_merged_ones_are_told(tmp_path):
    told = small(tmp_path).posted.model_dump()
    next(s for s in told["sheets"] if s["name"] == "Deals")["merges"] = [(2, 3, 2, 2)]
    table = PostedWorkbook(Posted.model_validate(told)).read(TABS).tables["deals"]
    assert [p.code for p in table.problems] == ["merged_cells"]
    assert table.column("stage")[1] is None


def test_a_renamed_tab_is_found_by_its_table():
    sheets = {"My deals": ["x", "tblDEALS"], "Results": [], "Log": []}
    assert find_names(sheets, TABS) == {"results": "Results", "deals": "My deals"}


def test_a_plan_becomes_a_score_and_nothing_is_written(tmp_path):
    book = small(tmp_path)
    seen = book.read(TABS)
    ops = (
        WriteCells("deals", "stage", ("D-0001",), ("D-0001",), (2,), (" won",), ("won",)),
        WriteCells(
            "deals",
            "deal_id",
            (seen.tables["deals"].keys(TABS[1])[2],),
            ("D-3",),
            (4,),
            (None,),
            ("D-3",),
        ),
    )
    plan = Plan(ops, seen.fingerprint, "r1")
    book.apply(plan, TABS)
    assert Plan.from_json(book.score["plan"]) == plan
    ((key, held),) = book.score["rows"]["deals"].items()
    assert key.startswith("~")
    assert held == {"deal_id": None, "stage": "open", "amount": 7.5, "closed": None}
    assert book.score["tabs"]["results"]["names"] == {"key": "result_key", "value": "result_value"}
    assert book.score["tabs"]["deals"]["formats"]["closed"] == "yyyy-mm-dd"
    assert book.read(TABS) == seen


def test_a_plan_of_another_workbook_is_stale(tmp_path):
    with pytest.raises(StaleSnapshot):
        small(tmp_path).apply(Plan((AppendRows("log", ("run",), (("r",),)),), "?", "r"), TABS)


def test_tabs_of_people_are_not_made(tmp_path):
    grids = {title: grid for title, grid in GRIDS.items() if title not in ("Deals", "Results")}
    book = small(tmp_path, grids)
    seen = book.read(TABS)
    book.apply(Plan((ReplaceRows("results", ("key",), (), (("a",),)),), seen.fingerprint), TABS)
    op = WriteCells("deals", "stage", ("a",), ("a",), (2,), ("",), ("b",))
    with pytest.raises(NotATracker, match="no tab Deals"):
        book.apply(Plan((op,), seen.fingerprint), TABS)


def test_a_lost_report_tab_is_told_and_wanted_nothing_of(tmp_path):
    told = small(tmp_path).posted.model_dump()
    told["sheets"] = [s for s in told["sheets"] if s["name"] != "Board"]
    book = PostedWorkbook(Posted.model_validate(told))
    assert book.read(TABS).reports["board"].names == {}
    assert "Board is gone" in book.notes[0]


def test_the_posted_plan_is_that_of_its_run_only(tmp_path):
    op = ReplaceRows("results", ("key",), (("a",),), ((datetime(2026, 1, 1),),))
    plan = Plan((op,), "f", "r7")
    book = small(tmp_path, plan=plan.to_json())
    assert book.plan_of("r7") == plan
    for run in ("r8", ""):
        with pytest.raises(KeyError):
            book.plan_of(run)
    for odd in ({"version": 2}, {"version": 1, "ops": [{"op": "Nope"}]}, {"version": 1, "ops": 5}):
        with pytest.raises(KeyError):
            small(tmp_path, plan=odd).plan_of("r7")


def test_the_fingerprint_is_of_cells_and_of_formulas_by_their_text(tmp_path):
    first = small(tmp_path)
    told = first.posted.model_dump()
    assert small(tmp_path).read(TABS).fingerprint == first.read(TABS).fingerprint
    results = next(s for s in told["sheets"] if s["name"] == "Results")
    results["values"][1][1] = 1.75
    other = PostedWorkbook(Posted.model_validate(told)).read(TABS)
    assert other.fingerprint != first.read(TABS).fingerprint
    assert not same(other.tables["results"].column("value")[0], 1.5)


@pytest.mark.parametrize(
    "body",
    [
        {},
        sheet(values=[["a"], ["b", "c"]]),
        sheet(values=[[{}]]),
        sheet(values=[[float("inf")]]),
        sheet(values=[["a"]], first_row=0),
        sheet(values=[["a"], ["b"]], first_row=1_048_576),
        sheet(values=[["a", "b"]], first_column=16_384),
        sheet(formulas=[(1, 99_999, "=1")]),
        sheet(formats=[[(10**12, "0")]]),
        sheet() | {"version": 2},
        sheet() | {"sheets": [{"name": "A"}, {"name": "a"}]},
        sheet() | {"as_of": "soon"},
    ],
)
def test_what_no_excel_would_post_is_refused(body):
    with pytest.raises(ValidationError):
        Posted.model_validate(body)
