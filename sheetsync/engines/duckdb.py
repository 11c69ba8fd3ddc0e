"""Queries run embedded, in memory: DuckDB over the relations handed in, and over nothing else.

No extension is loaded or fetched, no network is reached and no file is read but those handed in,
so that a query can see exactly the tables it was given.
"""

from __future__ import annotations

import contextlib
import shutil
import tempfile
import threading
import weakref
from collections.abc import Iterable, Iterator, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from importlib import import_module
from itertools import count
from pathlib import Path
from queue import SimpleQueue
from typing import TYPE_CHECKING, Any

from sheetsync.engines import fact_files
from sheetsync.model.engine import FactFile, FileCheck, Kept, Relation, View

if TYPE_CHECKING:
    import pandas as pd

MEMORY = "400MB"
"""What queries over files may hold in memory; frames and libraries come on top."""

_SEALED: Mapping[str, str | bool | int | float | list[str]] = {
    "autoinstall_known_extensions": "false",
    "autoload_known_extensions": "false",
}


class DuckDb:
    """The embedded engine; one in-memory database per object, opened on first use.

    Loading its libraries takes half a second, so a thread begins with it when the object is made:
    whoever makes one has a workbook to read first, which is another process's work. Relative
    paths of files are relative to ``folder``, the workbook's. With files, queries keep to
    ``MEMORY`` and lay what is more in a folder of their own, which goes with the object.
    """

    def __init__(self, folder: Path | None = None) -> None:
        self._folder = folder or Path()
        self._open: frozenset[Path] = frozenset()
        self._beyond = ""
        self._connection: Any = None
        self._kept: dict[str, Kept] = {}
        self._names = count()
        threading.Thread(target=_load, name="loading duckdb").start()

    def run(self, sql: str, tables: Mapping[str, Relation]) -> pd.DataFrame:
        """Return the rows of ``sql``; raises ``duckdb.Error`` for a query that does not hold."""
        return self.run_all([sql], tables)[0]

    def run_all(self, sqls: Sequence[str], tables: Mapping[str, Relation]) -> list[pd.DataFrame]:
        """Return the rows of each statement, two running at a time where no files are read.

        Queries over files share ``MEMORY``: each has all of it. Raises as ``run`` does.
        """
        with contextlib.ExitStack() as seen:
            first = seen.enter_context(self._seeing(tables))
            if len(sqls) == 1 or self._open:
                return [_rows(first, sql) for sql in sqls]
            second = seen.enter_context(self._seeing(tables, first.cursor()))
            free: SimpleQueue[Any] = SimpleQueue()
            free.put(first)
            free.put(second)

            def answered(sql: str) -> pd.DataFrame:
                connection = free.get()
                try:
                    return _rows(connection, sql)
                finally:
                    free.put(connection)

            with ThreadPoolExecutor(2, "queries") as pool:
                return list(pool.map(answered, sqls))

    def keep(self, view: View) -> Kept:
        """Evaluate a view into a table of its own; raises ``duckdb.Error`` as ``run`` does."""
        name = f"kept_{next(self._names)}"
        with self._seeing(view.tables) as connection:
            connection.execute(f"CREATE TABLE {name} AS {view.sql}")
            told = connection.execute(f"DESCRIBE {name}").fetchall()
        self._kept[name] = Kept(name, tuple(column for column, *_ in told))
        return self._kept[name]

    def let_go(self, *kept: Kept) -> None:
        """Drop the tables of these, of all that is kept where none is named."""
        for name in [one.name for one in kept] or list(self._kept):
            self._connection.execute(f"DROP TABLE {name}")
            del self._kept[name]

    def check(self, file: FactFile) -> FileCheck:
        """Look whether a file can be read and has the columns."""
        path = self._path(file)
        return fact_files.check(file, path, self._connected([path]))

    @contextlib.contextmanager
    def _seeing(self, tables: Mapping[str, Relation], connection: Any = None) -> Iterator[Any]:
        """A connection, with these relations by their names as long as it is entered."""
        relations = dict(_flat(tables))
        connection = connection or self._connected(
            self._path(told) for told in relations.values() if isinstance(told, FactFile)
        )
        try:
            for name, relation in relations.items():
                self._register(connection, name, relation)
            yield connection
        finally:
            for name, relation in reversed(relations.items()):
                if isinstance(relation, FactFile | View | Kept):
                    connection.execute(f"DROP VIEW IF EXISTS {name}")
                else:
                    connection.unregister(name)

    def _register(self, connection: Any, name: str, relation: Relation) -> None:
        if isinstance(relation, FactFile):
            told = fact_files.select_of(relation, self._path(relation), connection)
            connection.execute(f"CREATE TEMP VIEW {name} AS {told}")
        elif isinstance(relation, View):
            connection.execute(f"CREATE TEMP VIEW {name} AS {relation.sql}")
        elif isinstance(relation, Kept):
            connection.execute(f"CREATE TEMP VIEW {name} AS FROM {relation.name}")
        else:
            connection.register(name, relation)

    def _path(self, file: FactFile) -> Path:
        return (self._folder / Path(file.path).expanduser()).absolute()

    def _connected(self, files: Iterable[Path]) -> Any:
        """The connection, with these files open to it; a sealed one is never opened further.

        What is kept stays with a connection: files that were not looked at before are then refused.
        """
        wanted = self._open | frozenset(files)
        if self._connection is None or (wanted != self._open and not self._kept):
            if wanted and not self._beyond:
                self._beyond = tempfile.mkdtemp(prefix="sheetsync-")
                weakref.finalize(self, shutil.rmtree, self._beyond, ignore_errors=True)
            self._connection = _connect(sorted(map(str, wanted)), self._beyond)
            self._open = wanted
        return self._connection


def _flat(tables: Mapping[str, Relation]) -> Iterator[tuple[str, Relation]]:
    """Every relation by name, those that a view reads before it."""
    for name, relation in tables.items():
        if isinstance(relation, View):
            yield from _flat(relation.tables)
        yield name, relation


def _rows(connection: Any, sql: str) -> pd.DataFrame:
    result: pd.DataFrame = connection.execute(sql).df()
    return result


def _load() -> None:
    for library in ("pandas", "duckdb"):
        with contextlib.suppress(Exception):  # whoever needs it next fails too, and tells why
            import_module(library)


def _connect(files: list[str], beyond: str) -> Any:
    import duckdb

    connection = duckdb.connect(":memory:", config=dict(_SEALED))
    if files:
        connection.execute("SET allowed_paths = ?", [files])
        connection.execute(f"SET memory_limit = '{MEMORY}'")
        connection.execute("SET temp_directory = ?", [beyond])
    connection.execute("SET enable_external_access = false")
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
