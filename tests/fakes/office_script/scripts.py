"""Office Scripts run for real: type-checked and transpiled by TypeScript, then played in Node.

TypeScript is not ours to ship: the environment names the folder of its package (``npm pack
typescript@5`` unpacked) in SHEETSYNC_TYPESCRIPT.
"""

from __future__ import annotations

import functools
import json
import os
import re
import shutil
import subprocess
import warnings
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import datetime
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from threading import Thread
from typing import Any

import openpyxl
import pytest
from openpyxl.utils import column_index_from_string

from sheetsync.addin.answers import answer
from sheetsync.addin.guard import Refusal
from tests.fakes.office.posted import posted

HERE = Path(__file__).parent
SCRIPT = Path(__file__).parents[3] / "sheetsync" / "addin" / "office_script" / "recalc.ts"
_CELL = re.compile(r"=(?:'((?:[^']|'')+)'|([^'!]+))!\$?([A-Z]{1,3})\$?(\d+)")
HOME = os.environ.get("SHEETSYNC_TYPESCRIPT", "")

needs_typescript = pytest.mark.skipif(
    not shutil.which("node") or not (Path(HOME) / "lib" / "typescript.js").is_file(),
    reason="needs Node, and the package typescript in the folder that SHEETSYNC_TYPESCRIPT names",
)


@functools.cache
def compiled(script: Path = SCRIPT) -> dict[str, Any]:
    """What TypeScript says of a script: {problems, anys, kinds, script}."""
    command = ["node", str(HERE / "typescript.js"), HOME, str(HERE / "excelscript.d.ts")]
    told = subprocess.run([*command, str(script)], capture_output=True, check=True, timeout=120)
    return json.loads(told.stdout)


def play(state: dict[str, Any], settings: dict[str, Any], limits: str = "") -> dict[str, Any]:
    """Run the script on a workbook: {state, returned or error, log, requests, calls, largest}.

    ``limits`` is script that is run first, to put functions in place of the script's own.
    """
    told = {
        "script": compiled()["script"],
        "state": state,
        "settings": settings,
        "limits": limits,
    }
    ran = subprocess.run(
        ["node", str(HERE / "run.js")],
        input=json.dumps(told),
        capture_output=True,
        text=True,
        encoding="utf-8",
        check=True,
        timeout=120,
    )
    return json.loads(ran.stdout)


def state_of(path: Path) -> dict[str, Any]:
    """A workbook file as the workbook of ``workbook.js``."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", UserWarning)
        names = openpyxl.load_workbook(path).defined_names
    return {
        "name": path.name,
        "names": {name: f"={told.attr_text}" for name, told in names.items()},
        "sheets": [_sheet(sheet) for sheet in posted(path)["sheets"]],
    }


def posted_again(state: dict[str, Any]) -> dict[str, Any]:
    """The workbook of ``workbook.js`` as the add-in posts it."""
    return {
        "version": 1,
        "client": "test",
        "workbook": {"name": state["name"], "date1904": False},
        "as_of": None,
        "sheets": [_posted_sheet(sheet) for sheet in state["sheets"]],
        "names": [
            {
                "name": name,
                "sheet": (found[1] or found[2]).replace("''", "'"),
                "row": int(found[4]),
                "column": column_index_from_string(found[3]),
            }
            for name, told in state["names"].items()
            if (found := _CELL.fullmatch(told))
        ],
    }


@contextmanager
def serving(now: datetime, token: str) -> Iterator[str]:
    """Serve the add-in's answers on loopback to whoever has the token; yields the address."""

    class Handler(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            body = self.rfile.read(int(self.headers["Content-Length"]))
            known = self.headers["Authorization"] == f"Bearer {token}"
            status, told = _answered(self.path, body, now) if known else _UNKNOWN
            self.send_response(status)
            self.send_header("Content-Length", str(len(told)))
            self.end_headers()
            self.wfile.write(told)

        def log_message(self, *_told: object) -> None:
            pass

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    thread = Thread(target=server.serve_forever, args=(0.01,))
    thread.start()
    try:
        yield f"http://127.0.0.1:{server.server_port}/"
    finally:
        server.shutdown()
        thread.join()
        server.server_close()


@functools.lru_cache(maxsize=16)
def _answered(path: str, body: bytes, now: datetime) -> tuple[int, bytes]:
    try:
        return 200, answer(path, body, now)
    except Refusal as refusal:
        return refusal.status, _error(refusal.kind, str(refusal))


def _error(kind: str, message: str) -> bytes:
    return json.dumps({"error": {"kind": kind, "message": message}}).encode()


_UNKNOWN = 401, _error("token", "The token is not known.")


def _sheet(sheet: dict[str, Any]) -> dict[str, Any]:
    top, left = sheet["first_row"], sheet["first_column"]
    formulas = {(row, column): text for row, column, text in sheet["formulas"]}
    formats = [[code for count, code in spans for _ in range(count)] for spans in sheet["formats"]]
    cells = {}
    for i, row in enumerate(sheet["values"]):
        for j, value in enumerate(row):
            formula, code = formulas.get((top + i, left + j), ""), formats[j][i]
            if value != "" or formula or code != "General":
                cells[f"{top + i},{left + j}"] = {"v": value, "f": formula, "n": code}
    return {
        "name": sheet["name"],
        "cells": cells,
        "tables": sheet["tables"],
        "protected": sheet["protected"],
        "options": {"allowFormatColumns": True},
    }


def _posted_sheet(sheet: dict[str, Any]) -> dict[str, Any]:
    places = {tuple(map(int, place.split(","))): cell for place, cell in sheet["cells"].items()}
    rows = max((row for row, _ in places), default=0)
    columns = max((column for _, column in places), default=0)
    empty = {"v": "", "f": "", "n": "General"}
    grid = [
        [places.get((row, column), empty) for column in range(1, columns + 1)]
        for row in range(1, rows + 1)
    ]
    return {
        "name": sheet["name"],
        "values": [[cell["v"] for cell in row] for row in grid],
        "formulas": [
            [i, j, cell["f"]]
            for i, row in enumerate(grid, 1)
            for j, cell in enumerate(row, 1)
            if cell["f"]
        ],
        "formats": [[[1, row[j]["n"]] for row in grid] for j in range(columns)],
        "tables": sheet["tables"],
        "protected": sheet["protected"],
    }
