"""Files as relations: read in place, as their columns say, and no other file with them."""

from __future__ import annotations

from pathlib import Path

import duckdb
import pandas as pd
import pytest

from sheetsync.engines.duckdb import DuckDb
from sheetsync.model.engine import FactColumn, FactFile, FactKind, FileCheck, View

COLUMNS = {
    "deal_id": FactColumn(required=True),
    "amount": FactColumn(FactKind.NUMBER),
    "date": FactColumn(FactKind.DAY, required=True),
    "kind": FactColumn(),
}


@pytest.fixture
def csv(tmp_path: Path) -> FactFile:
    (tmp_path / "facts.csv").write_text(
        "Deal ID,AMOUNT,date,more\nD1,1.5,1970-01-02,x\n ,many,soon,y\nD3,,2026-01-31,\n"
    )
    return FactFile("facts.csv", COLUMNS)


def test_cells_are_read_as_their_kind_and_rows_are_numbered(csv: FactFile, tmp_path: Path) -> None:
    told = DuckDb(tmp_path).run("SELECT * FROM f ORDER BY place", {"f": csv})
    assert told["deal_id"].isna().tolist() == [False, True, False]
    assert told["amount"].fillna(-1).tolist() == [1.5, -1, -1]
    assert told["date"].fillna(-1).tolist() == [1, -1, 20484]
    assert told["kind"].isna().all()
    assert told["place"].tolist() == [1, 2, 3]


def test_parquet_is_read_alike(tmp_path: Path) -> None:
    with duckdb.connect() as connection:
        connection.execute(
            "COPY (SELECT 'D1' AS deal_id, 2 AS amount, DATE '1970-01-03' AS date) "
            f"TO '{tmp_path / 'facts.parquet'}' (FORMAT parquet)"
        )
    engine = DuckDb(tmp_path)
    file = FactFile("facts.parquet", COLUMNS)
    assert engine.check(file) == FileCheck()
    told = engine.run("SELECT deal_id, amount, date, place FROM f", {"f": file})
    assert told.to_numpy().tolist() == [["D1", 2.0, 2, 0]]


def test_a_check_counts_cells_that_are_not_of_their_kind(csv: FactFile, tmp_path: Path) -> None:
    assert DuckDb(tmp_path).check(csv) == FileCheck("", {"amount": 1, "date": 1})


@pytest.mark.parametrize(
    ("path", "words"),
    [
        ("gone.parquet", "there is no file"),
        ("bad.parquet", "bad.parquet cannot be read"),
        ("facts.txt", "neither a .parquet nor a .csv"),
        ("short.csv", "short.csv has no column date"),
        ("it's; DROP.csv", "there is no file"),
    ],
)
def test_a_check_says_why_a_file_cannot_be_used(tmp_path: Path, path: str, words: str) -> None:
    (tmp_path / "bad.parquet").write_bytes(b"PAR0")
    (tmp_path / "short.csv").write_text("deal_id\nD1\n")
    assert words in DuckDb(tmp_path).check(FactFile(path, COLUMNS)).refused


def test_a_quote_in_a_name_is_a_letter(tmp_path: Path) -> None:
    (tmp_path / "o'neill.csv").write_text("deal_id,date\nD1,2026-01-01\n")
    told = DuckDb(tmp_path).run("SELECT deal_id FROM f", {"f": FactFile("o'neill.csv", COLUMNS)})
    assert told["deal_id"].tolist() == ["D1"]


def test_views_read_frames_and_files_and_are_gone_after_the_run(
    csv: FactFile, tmp_path: Path
) -> None:
    engine = DuckDb(tmp_path)
    names = pd.DataFrame({"deal_id": ["D3"]})
    inner = View("SELECT deal_id FROM f INNER JOIN n USING (deal_id)", {"f": csv, "n": names})
    outer = View("SELECT COUNT(*) AS often FROM i", {"i": inner})
    assert engine.run("SELECT often FROM o", {"o": outer})["often"].tolist() == [1]
    for name in ("o", "i", "f", "n"):
        with pytest.raises(duckdb.CatalogException):
            engine.run(f"SELECT * FROM {name}", {})


def test_no_other_file_is_open(csv: FactFile, tmp_path: Path) -> None:
    (tmp_path / "other.csv").write_text("a\n1\n")
    engine = DuckDb(tmp_path)
    for sql in (
        f"SELECT * FROM read_csv('{tmp_path / 'other.csv'}')",
        f"COPY (SELECT 1) TO '{tmp_path / 'out.csv'}'",
        "SET enable_external_access = true",
        "SET allowed_paths = ['/']",
    ):
        with pytest.raises(duckdb.Error):
            engine.run(sql, {"f": csv})
    assert not (tmp_path / "out.csv").exists()


def test_ids_of_a_csv_file_are_read_as_they_stand(tmp_path: Path) -> None:
    path = tmp_path / "ids.csv"
    path.write_text("id\n1.1\n1.10\n007\n")
    told = DuckDb().run("SELECT id FROM f", {"f": FactFile(str(path), {"id": FactColumn()})})
    assert told["id"].tolist() == ["1.1", "1.10", "007"]
