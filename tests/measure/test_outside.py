"""Facts in files: the same numbers as the same rows typed into the tabs."""

from __future__ import annotations

import random
from collections.abc import Mapping, Sequence
from dataclasses import replace
from pathlib import Path

import pandas as pd
import pytest
import sqlglot
from hypothesis import HealthCheck, Phase, given, settings
from hypothesis import strategies as st

from sheetsync.engines.duckdb import DuckDb
from sheetsync.measure.measure import measure
from sheetsync.measure.outside_views import ADDED_TO
from sheetsync.measure.own import own_kpis
from sheetsync.model.engine import Kept, Relation, View
from sheetsync.model.expr import aggregates
from sheetsync.model.problems import Severity
from sheetsync.model.results import Cleaned, Measured
from sheetsync.model.settings import Measurand, UserKpi
from tests.measure.books import AS_OF, Row, look, lost, money, partner, table, won
from tests.measure.outside_files import csv_file, parquet_file, settings_of
from tests.measure.shared_books import SHARED, shared, touch, under
from tests.measure.test_attributed_kpis import any_touches
from tests.measure.test_measure_properties import any_book

KPIS_OF_FILES = {
    kpi.id
    for kpi in SHARED.kpis
    if kpi.value and {a.table for e in kpi.expressions() for a in aggregates(e)} & ADDED_TO
}
BY_ID = {kpi.id: kpi for kpi in SHARED.kpis}
FILES = {".csv": csv_file, ".parquet": parquet_file}
TABS = ("deals", "money", "touches")


def _m(tab: str, column: str = "", *where: tuple[str, str, object]) -> Measurand:
    names = ("column", "compare", "value")
    told = [dict(zip(names, condition, strict=True)) for condition in where]
    return Measurand.model_validate({"tab": tab, "column": column, "where": told})


def numbered(rows: dict[str, list[Row]]) -> dict[str, list[Row]]:
    """Rows with every id that an order could depend on."""
    kept = {tab: [dict(row) for row in found] for tab, found in rows.items()}
    for tab, key in (("deals", "deal_id"), ("money", "entry_id")):
        kept[tab] = list({row.get(key) or f"#{i}": row for i, row in enumerate(kept[tab])}.values())
    return kept


def values(told: Measured) -> dict[tuple[str, str, int], tuple[object, ...]]:
    return {
        place: (None if v.value is None else round(v.value, 9), v.n, v.flag.value)
        for place, v in look(told).items()
        if place[0] in KPIS_OF_FILES
    }


@settings(
    max_examples=5,
    deadline=None,
    suppress_health_check=[HealthCheck.function_scoped_fixture],
    phases=[Phase.generate],  # a smaller book of random rows says no more
)
@given(
    st.randoms(use_true_random=False),
    st.sampled_from(["linear", "time-decay", "w"]),
    st.sampled_from(list(FILES)),
    st.booleans(),
)
def test_rows_in_files_count_like_rows_in_tabs(
    tmp_path: Path, rng: random.Random, model: str, ending: str, restates: bool
) -> None:
    rows = numbered(any_book(rng) | {"touches": any_touches(rng)})
    # No two touches of a deal tie: the order of entry is another in files.
    rows["touches"] = list({(t["deal_id"], t["date"]): t for t in rows["touches"]}.values())
    whole = values(shared(under(model, restate_refunds=restates), **rows))
    inside, files = dict(rows), {}
    for tab in TABS:
        found = rows[tab]
        goes = [rng.random() < 0.5 for _ in found]
        moved = [row for row, out in zip(found, goes, strict=True) if out]
        inside[tab] = [row for row, out in zip(found, goes, strict=True) if not out]
        files[tab] = FILES[ending](tmp_path / f"{tab}{ending}", tab, moved)
    told = shared(under(model, restate_refunds=restates, **settings_of(files)), **inside)
    assert not [p for p in told.problems if p.code.startswith("facts_")]
    assert values(told) == whole


WHAT = (
    ("count", _m("deals", "", ("stage", "=", "won")), None),
    ("money", _m("deals", "amount", ("role", "!=", "sourced")),
     _m("deals", "", ("amount", ">", 2.5e4), ("created", ">=", "2024-01-01"))),
    ("money", _m("money", "amount", ("kind", "=", "Sale")), None),
    ("count", _m("money", "deal_id", ("recurring", "!=", "yes")),
     _m("money", "", ("document", "!=", "x"))),
    ("count", _m("money", "", ("document", "=", "x")), _m("deals", "closed")),
    ("count", _m("touches", "", ("kind", "!=", "click")), _m("deals")),
)  # fmt: skip
OWN = tuple(
    UserKpi(id=f"X{i:02d}", name=f"own {i}", unit=unit, numerator=top, denominator=base)
    for i, (unit, top, base) in enumerate(WHAT)
)


@pytest.mark.parametrize(("seed", "ending"), [(1, ".csv"), (2, ".parquet")])
def test_own_kpis_count_rows_in_files_like_rows_in_tabs(
    tmp_path: Path, seed: int, ending: str
) -> None:
    rng = random.Random(seed)
    rows = numbered(any_book(rng) | {"touches": any_touches(rng)})
    told = under("linear", user_kpis=OWN)
    kpis = own_kpis(told, SHARED)
    tracker = replace(SHARED, kpis=(*kpis, BY_ID["F01"]))
    whole = look(shared(told, tracker, **rows))
    inside, files = dict(rows), {}
    for tab in TABS:
        goes = [rng.random() < 0.5 for _ in rows[tab]]
        moved = [row for row, out in zip(rows[tab], goes, strict=True) if out]
        inside[tab] = [row for row, out in zip(rows[tab], goes, strict=True) if not out]
        files[tab] = FILES[ending](tmp_path / f"own_{tab}{ending}", tab, moved)
    found = look(shared(told.model_copy(update=settings_of(files)), tracker, **inside))
    assert found == whole
    told_of = {k for (k, group, at), v in whole.items() if not group and not at and v.n}
    assert {kpi.id for kpi in kpis} <= told_of


PARTNERS = [partner("A"), partner("B")]
TOUCHES = [touch("D1", "A", "2025-06-01"), touch("D1", "B", "2025-06-02")]


def test_touches_of_a_file_go_with_deals_of_the_tab(tmp_path: Path) -> None:
    path = csv_file(tmp_path / "touches.csv", "touches", TOUCHES[1:])
    told = look(
        shared(
            under("linear", facts_touches=path),
            partners=PARTNERS,
            deals=[won("D1", "A", 100.0, "2025-06-10")],
            touches=TOUCHES[:1],
        )
    )
    assert (told["F03", "A", 0].value, told["F03", "B", 0].value) == (50, 50)


def test_a_deal_that_the_tab_has_too_is_counted_once(tmp_path: Path) -> None:
    deals = [won("D1", "A", 100.0, "2025-06-10")]
    path = csv_file(tmp_path / "deals.csv", "deals", [*deals, won("D2", "B", 7.0, "2025-06-10")])
    told = look(shared(under("linear", facts_deals=path), partners=PARTNERS, deals=deals))
    assert told["F01", "", 0].value == 107
    assert told["S08", "", 0].n == 2


def test_amounts_convert_at_the_rate_of_their_month(tmp_path: Path) -> None:
    rows = [
        won("D1", "A", 100.0, "2025-06-10", currency="USD"),
        won("D2", "A", 100.0, "2025-07-10", currency="usd"),
        won("D3", "A", 100.0, "2025-07-10", currency="GBP"),
    ]
    path = csv_file(tmp_path / "deals.csv", "deals", rows)
    rates = {"rates": {"USD": 0.5}, "monthly_rates": {"USD": {202507: 0.9}}}
    told = look(shared(under("linear", facts_deals=path, **rates), partners=PARTNERS))
    assert told["F01", "A", 202506].value == 50
    assert told["F01", "A", 202507].value == 90
    assert told["F01", "A", 202507].flag.value == "incomplete"


def test_a_sale_in_a_file_stands_for_the_amount_of_the_deal(tmp_path: Path) -> None:
    sale = money("A", "sale", 80.0, "2025-06-11", deal_id="D1")
    path = csv_file(tmp_path / "money.csv", "money", [sale])
    deals = [won("D1", "A", 100.0, "2025-06-10")]
    told = look(shared(under("linear", facts_money=path), partners=PARTNERS, deals=deals))
    assert told["F01", "", 0].value == 80


def test_a_refund_in_a_file_goes_back_to_the_sale_of_the_tab(tmp_path: Path) -> None:
    refunds = [money("A", "refund", 30.0, "2025-08-01", deal_id=d) for d in ("D1", "D2")]
    path = csv_file(tmp_path / "money.csv", "money", refunds)
    rows = {
        "partners": PARTNERS,
        "deals": [won(d, "A", 100.0, "2025-06-10") for d in ("D1", "D2")],
        "money": [money("A", "sale", 80.0, "2025-07-11", deal_id="D1")],
    }
    told = look(shared(under("linear", facts_money=path, restate_refunds=True), **rows))
    assert told["F01", "A", 202506].value == 70
    assert told["F01", "A", 202507].value == 50
    assert ("F01", "A", 202508) not in told


@pytest.mark.parametrize(
    ("name", "content", "words"),
    [
        ("gone.csv", None, "there is no file"),
        ("touches.xlsx", "deal_id", "neither a .parquet nor a .csv file"),
        ("touches.csv", "deal_id,date\nD1,2025-01-01\n", "has no column partner_id"),
        ("touches.parquet", "not a parquet file", "cannot be read"),
    ],
)
def test_a_bad_file_is_an_issue_that_names_the_setting(
    tmp_path: Path, name: str, content: str | None, words: str
) -> None:
    path = tmp_path / name
    if content is not None:
        path.write_text(content)
    told = shared(
        under("linear", facts_touches=str(path)),
        partners=PARTNERS,
        deals=[won("D1", "A", 100.0, "2025-06-10")],
        touches=TOUCHES,
    )
    (problem,) = told.problems
    assert (problem.code, problem.key, problem.severity) == (
        "facts_unreadable", "facts_touches", Severity.ERROR,
    )  # fmt: skip
    assert words in problem.message
    assert look(told)["F03", "A", 0].value == 50


def test_cells_that_cannot_be_read_and_strange_partners_are_told(tmp_path: Path) -> None:
    path = tmp_path / "touches.csv"
    path.write_text("Deal ID,Partner ID,Date\nD1,A,2025-06-01\nD1,B,soon\nD1,Z,2025-06-02\n")
    told = shared(
        under("linear", facts_touches=str(path)),
        partners=PARTNERS,
        deals=[won("D1", "A", 100.0, "2025-06-10")],
    )
    assert [(p.code, p.severity) for p in told.problems] == [
        ("facts_odd_cells", Severity.WARNING),
        ("facts_unknown", Severity.WARNING),
    ]
    assert "1 filled cell of date cannot be read as a day" in told.problems[0].message
    assert "such as Z: left out" in told.problems[1].message
    assert look(told)["F03", "A", 0].value == 100


class Told(DuckDb):
    """The engine, with every text that it was asked to run or keep."""

    def __init__(self) -> None:
        super().__init__()
        self.texts: dict[str, None] = {}

    def run_all(self, sqls: Sequence[str], tables: Mapping[str, Relation]) -> list[pd.DataFrame]:
        for sql in sqls:
            self._note(sql, tables)
        return super().run_all(sqls, tables)

    def keep(self, view: View) -> Kept:
        self._note(view.sql, view.tables)
        return super().keep(view)

    def _note(self, sql: str, tables: Mapping[str, Relation]) -> None:
        self.texts[sql] = None
        for relation in tables.values():
            if isinstance(relation, View):
                self._note(relation.sql, relation.tables)


@pytest.fixture(scope="module")
def texts(tmp_path_factory: pytest.TempPathFactory) -> list[str]:
    folder = tmp_path_factory.mktemp("files")
    rows = {
        "deals": [won("D1", "A", 1.0, "2025-06-10"), lost("D2", "A", "2025-06-10")],
        "money": [money("A", "sale", 1.0, "2025-06-10")],
        "touches": TOUCHES,
    }
    told = under(
        "linear",
        user_kpis=OWN,
        **settings_of({t: csv_file(folder / f"{t}.csv", t, found) for t, found in rows.items()}),
    )
    engine = Told()
    cleaned = Cleaned({"partners": table(SHARED.tab("partners"), PARTNERS)})
    tracker = replace(SHARED, kpis=(*SHARED.kpis, *own_kpis(told, SHARED)))
    measure(cleaned, tracker, told, AS_OF, engine)
    return list(engine.texts)


@pytest.mark.parametrize("dialect", ["spark", "bigquery", "snowflake", "postgres"])
def test_every_text_goes_to_other_engines(texts: list[str], dialect: str) -> None:
    assert len(texts) >= 40
    for sql in texts:
        (text,) = sqlglot.transpile(
            sql, read="duckdb", write=dialect, unsupported_level=sqlglot.ErrorLevel.RAISE
        )
        tree = sqlglot.parse_one(text, read=dialect)
        assert not list(tree.find_all(sqlglot.exp.Filter))
