"""Rows of typed trackers written to Parquet and CSV files."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path

import duckdb
import pandas as pd

from sheetsync.measure.outside import COLUMNS
from sheetsync.model.engine import FactKind
from tests.measure.books import Row


def frame_of(tab: str, rows: Sequence[Row]) -> pd.DataFrame:
    """The rows with the file's columns and kinds."""
    told = {}
    for name, column in COLUMNS[tab].items():
        cells = [row.get(name) for row in rows]
        if column.kind is FactKind.DAY:
            told[name] = pd.to_datetime(pd.Series(cells, dtype="datetime64[us]"))
        elif column.kind is FactKind.NUMBER:
            told[name] = pd.Series(cells, dtype="float64")
        else:
            told[name] = pd.Series(cells, dtype=object)
    return pd.DataFrame(told)


def csv_file(path: Path, tab: str, rows: Sequence[Row]) -> str:
    frame_of(tab, rows).to_csv(path, index=False)
    return str(path)


def parquet_file(path: Path, tab: str, rows: Sequence[Row]) -> str:
    """Written by DuckDB, which needs no further library."""
    rows_in = frame_of(tab, rows)
    with duckdb.connect() as connection:
        connection.execute("SET pandas_analyze_sample = 0")
        connection.register("rows_in", rows_in)
        connection.execute(f"COPY rows_in TO '{path}' (FORMAT parquet)")
    return str(path)


def settings_of(files: Mapping[str, str]) -> dict[str, str]:
    return {f"facts_{tab}": path for tab, path in files.items()}
