"""The embedded engine sees the tables it is given and nothing else."""

from __future__ import annotations

import duckdb
import pandas as pd
import pytest

from sheetsync.engines.duckdb import DuckDb
from sheetsync.model.engine import View


def test_runs_over_the_frames_given() -> None:
    frame = pd.DataFrame({"a": [1, 2], "t": pd.Series(["x", None], dtype=object)})
    told = DuckDb().run("SELECT SUM(a) AS s, COUNT(t) AS n FROM rows_in", {"rows_in": frame})
    assert told.to_dict("list") == {"s": [3.0], "n": [1]}


@pytest.mark.parametrize("cells", [[], [None, None], [None] * 3000 + ["x"]])
def test_text_columns_are_text_even_when_blank(cells: list[str | None]) -> None:
    frame = pd.DataFrame({"t": pd.Series(cells, dtype=object)})
    told = DuckDb().run("SELECT COUNT(*) AS n FROM f WHERE t = 'x'", {"f": frame})
    assert told["n"].tolist() == [cells.count("x")]


def test_empty_categories_are_text_too() -> None:
    frame = pd.DataFrame({"t": pd.Categorical([]), "x": pd.Series([], dtype="float64")})
    told = DuckDb().run("SELECT t, SUM(x) AS s FROM f WHERE t = 'x' GROUP BY t", {"f": frame})
    assert told.empty


def test_tables_are_gone_after_the_run() -> None:
    engine = DuckDb()
    engine.run("SELECT a FROM f", {"f": pd.DataFrame({"a": [1]})})
    with pytest.raises(duckdb.CatalogException):
        engine.run("SELECT a FROM f", {})


def test_variables_of_the_caller_are_not_tables() -> None:
    secret = pd.DataFrame({"a": [1]})
    assert len(secret) == 1
    with pytest.raises(duckdb.CatalogException):
        DuckDb().run("SELECT a FROM secret", {})


@pytest.mark.parametrize(
    "sql",
    [
        "SELECT * FROM read_csv('/etc/hosts')",
        "COPY (SELECT 1) TO 'out.csv'",
        "ATTACH 'other.db'",
        "INSTALL httpfs",
        "SET enable_external_access = true",
    ],
)
def test_no_file_network_extension_or_setting(sql: str, tmp_path, monkeypatch) -> None:
    monkeypatch.chdir(tmp_path)
    with pytest.raises(duckdb.Error):
        DuckDb().run(sql, {})
    assert not list(tmp_path.iterdir())


def test_what_is_kept_is_evaluated_once_and_read_until_it_is_let_go() -> None:
    engine = DuckDb()
    numbers = pd.DataFrame({"x": [1, 2, 3]})
    kept = engine.keep(View("SELECT x * 2 AS y, random() AS z FROM numbers", {"numbers": numbers}))
    assert kept.columns == ("y", "z")
    first, second = (engine.run("SELECT * FROM doubled", {"doubled": kept}) for _ in range(2))
    assert first["y"].tolist() == [2, 4, 6]
    assert first.equals(second)
    seen = View("SELECT SUM(y) AS total FROM doubled", {"doubled": kept})
    assert engine.run("SELECT total FROM seen", {"seen": seen})["total"].tolist() == [12]
    engine.let_go()
    with pytest.raises(duckdb.Error):
        engine.run("SELECT * FROM doubled", {"doubled": kept})
    engine.let_go()


def test_one_of_several_can_be_let_go() -> None:
    engine = DuckDb()
    first, second = (engine.keep(View(f"SELECT {i} AS x", {})) for i in range(2))
    engine.let_go(first)
    assert engine.run("SELECT x FROM kept", {"kept": second})["x"].tolist() == [1]
    with pytest.raises(duckdb.Error):
        engine.run("SELECT x FROM kept", {"kept": first})


def test_statements_asked_together_are_answered_in_their_order() -> None:
    engine = DuckDb()
    kept = engine.keep(View("SELECT a * 2 AS b FROM f", {"f": pd.DataFrame({"a": [1, 2]})}))
    tables = {"kept": kept, "g": pd.DataFrame({"a": range(1_000)})}
    sqls = [f"SELECT SUM(b) + {i} AS s, COUNT(*) AS n FROM kept, g" for i in range(9)]
    told = engine.run_all(sqls, tables)
    assert [(frame["s"][0], frame["n"][0]) for frame in told] == [
        (6000 + i, 2000) for i in range(9)
    ]
    with pytest.raises(duckdb.CatalogException):
        engine.run("SELECT a FROM g", {})


def test_one_wrong_statement_of_several_is_told() -> None:
    engine = DuckDb()
    frames = {"f": pd.DataFrame({"a": [1]})}
    with pytest.raises(duckdb.BinderException):
        engine.run_all(["SELECT a FROM f", "SELECT nothing FROM f", "SELECT a FROM f"], frames)
    assert engine.run("SELECT a FROM f", frames)["a"].tolist() == [1]
