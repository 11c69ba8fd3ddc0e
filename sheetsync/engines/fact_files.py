"""Parquet and CSV files as relations of the embedded engine: read in place, never copied."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from sheetsync.model.engine import FactColumn, FactFile, FactKind, FileCheck
from sheetsync.model.tracker import plain

_READERS = {".parquet": "read_parquet({}, file_row_number = true)", ".csv": "read_csv({})"}
_NUMBERED = "file_row_number"


def select_of(file: FactFile, path: Path, connection: Any) -> str:
    """Return a SELECT of the file's declared columns and ``place``."""
    source, found = _seen(file, path, connection)
    columns = [
        f"{_cell(found.get(plain(key)), column)} AS {key}" for key, column in file.columns.items()
    ]
    # Without a partition and an order the numbers run with the rows and nothing is held.
    place = _NUMBERED if _NUMBERED in source else "ROW_NUMBER() OVER ()"
    return f"SELECT {', '.join(columns)}, {place} AS place FROM {source}"  # noqa: S608


def check(file: FactFile, path: Path, connection: Any) -> FileCheck:
    """Look whether the file can be read and has the required columns; count odd cells."""
    import duckdb

    if path.suffix.lower() not in _READERS:
        return FileCheck(f"{path.name} is neither a .parquet nor a .csv file")
    if not path.is_file():
        return FileCheck(f"there is no file {path}")
    try:
        source, found = _seen(file, path, connection)
        lacking = [k for k, c in file.columns.items() if c.required and plain(k) not in found]
        if lacking:
            return FileCheck(f"{path.name} has no column {', '.join(lacking)}")
        return FileCheck(odd=_odd(file, source, found, connection))
    except duckdb.Error as error:
        return FileCheck(f"{path.name} cannot be read ({str(error).splitlines()[0]})")


def _seen(file: FactFile, path: Path, connection: Any) -> tuple[str, dict[str, tuple[str, str]]]:
    """How to read the file, and its columns: name and type by folded header.

    Texts of a CSV file are read as they stand: an id such as 007 or 1.10 is no number.
    """
    quoted = str(path).replace("'", "''")
    source = _READERS[path.suffix.lower()].format(f"'{quoted}'")
    found = _described(source, connection)
    texts = [
        found[plain(key)][0].replace("'", "''")
        for key, column in file.columns.items()
        if column.kind is FactKind.TEXT and plain(key) in found
    ]
    if source.startswith("read_csv") and texts:
        types = ", ".join(f"'{name}': 'VARCHAR'" for name in texts)
        source = f"read_csv('{quoted}', types = {{{types}}})"
        found = _described(source, connection)
    return source, found


def _described(source: str, connection: Any) -> dict[str, tuple[str, str]]:
    told = connection.execute(f"DESCRIBE SELECT * FROM {source}").fetchall()  # noqa: S608
    return {plain(name): (name, kind) for name, kind, *_ in told}


def _cell(found: tuple[str, str] | None, column: FactColumn) -> str:
    """Read a cell as its column's kind, NULL where it is not."""
    if found is None:
        kind = {FactKind.TEXT: "VARCHAR", FactKind.NUMBER: "DOUBLE", FactKind.DAY: "BIGINT"}
        return f"CAST(NULL AS {kind[column.kind]})"
    name, _ = found
    quoted = '"' + name.replace('"', '""') + '"'
    match column.kind:
        case FactKind.TEXT:
            return f"NULLIF(TRIM(CAST({quoted} AS VARCHAR)), '')"
        case FactKind.NUMBER:
            number = f"TRY_CAST({quoted} AS DOUBLE)"
            return f"CASE WHEN ABS({number}) < 1e15 THEN {number} END"
        case FactKind.DAY:
            return f"TRY_CAST(TRY_CAST({quoted} AS DATE) - DATE '1970-01-01' AS BIGINT)"


def _odd(
    file: FactFile, source: str, found: dict[str, tuple[str, str]], connection: Any
) -> dict[str, int]:
    """Count filled cells that are not of their kind; columns of a typed file need no look."""
    doubtful = {
        key: (found[plain(key)], column)
        for key, column in file.columns.items()
        if plain(key) in found and not _proven(found[plain(key)][1], column.kind)
    }
    if not doubtful:
        return {}
    counts = []
    for (name, kind), column in doubtful.values():
        filled = _cell((name, kind), FactColumn())
        read = _cell((name, kind), column)
        counts.append(f"COUNT(*) FILTER (WHERE {filled} IS NOT NULL AND ({read}) IS NULL)")
    row = connection.execute(f"SELECT {', '.join(counts)} FROM {source}").fetchone()  # noqa: S608
    return {key: count for key, count in zip(doubtful, row, strict=True) if count}


def _proven(kind: str, column: FactKind) -> bool:
    if column is FactKind.TEXT:
        return True
    if column is FactKind.DAY:
        return kind == "DATE" or kind.startswith("TIMESTAMP")
    return kind.endswith(("INT", "INTEGER"))
