"""Queries run embedded, in memory: DuckDB over the frames handed in, and over nothing else.

No extension is loaded or fetched, no file is read and no network is reached, so that a query
can see exactly the tables it was given.
"""

from __future__ import annotations

import contextlib
import threading
from collections.abc import Mapping
from importlib import import_module
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    import pandas as pd

_SEALED: Mapping[str, str | bool | int | float | list[str]] = {
    "autoinstall_known_extensions": "false",
    "autoload_known_extensions": "false",
    "enable_external_access": "false",
}


class DuckDb:
    """The embedded engine; one in-memory database per object, opened on first use.

    Loading its libraries takes half a second, so a thread begins with it when the object is made:
    whoever makes one has a workbook to read first, which is another process's work.
    """

    def __init__(self) -> None:
        self._connection: Any = None
        threading.Thread(target=_load, name="loading duckdb").start()

    def run(self, sql: str, tables: Mapping[str, pd.DataFrame]) -> pd.DataFrame:
        """Return the rows of ``sql``; raises ``duckdb.Error`` for a query that does not hold."""
        if self._connection is None:
            self._connection = _connect()
        try:
            for name, frame in tables.items():
                self._connection.register(name, frame)
            result: pd.DataFrame = self._connection.execute(sql).df()
        finally:
            for name in tables:
                self._connection.unregister(name)
        return result


def _load() -> None:
    for library in ("pandas", "duckdb"):
        with contextlib.suppress(Exception):  # whoever needs it next fails too, and tells why
            import_module(library)


def _connect() -> Any:
    import duckdb

    connection = duckdb.connect(":memory:", config=dict(_SEALED))
    # Text columns are text without looking: an empty one would otherwise become numbers.
    connection.execute("SET pandas_analyze_sample = 0")
    # A thread more costs more memory and CPU time than it saves of a second's work.
    connection.execute("SET threads = 1")
    # What a query is done with goes back to the system, not into a reserve.
    connection.execute("SET allocator_flush_threshold = '1MB'")
    # Python variables of the caller are not tables.
    connection.execute("SET python_enable_replacements = false")
    connection.execute("SET lock_configuration = true")
    return connection
