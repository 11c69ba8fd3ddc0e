"""A workbook whose plans are played by our Apps Script, over grids that node holds for one call."""

from __future__ import annotations

import copy
import hashlib
import json
import shutil
import subprocess
from collections.abc import Mapping, Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from sheetsync.backends.google.apps_script import folder
from sheetsync.backends.google.apps_script.score import score
from sheetsync.backends.google.ids import sheet_id
from sheetsync.backends.google.values import incoming, moment, serial
from sheetsync.backends.memory import MemorySheet, MemoryWorkbook
from sheetsync.model.errors import StaleSnapshot, WriteFailed
from sheetsync.model.plan import Plan
from sheetsync.model.snapshot import Snapshot
from sheetsync.model.tracker import Role, Tab
from sheetsync.model.values import CellError, Formula, Value
from sheetsync.model.workbook import Receipt

RUN = Path(__file__).with_name("run.js")
DATE = "yyyy-mm-dd"
needs_node = pytest.mark.skipif(not shutil.which("node"), reason="node is not installed")


def call(state: Mapping[str, Any], *calls: Sequence[Any], **options: Any) -> dict[str, Any]:
    """Run functions of the script over a state; see run.js."""
    told = {"folder": str(folder()), "state": state, "options": options, "calls": calls}
    done = subprocess.run(
        ["node", str(RUN)],
        input=json.dumps(told),
        capture_output=True,
        text=True,
        check=False,
        timeout=60,
        encoding="utf-8",
    )
    assert done.returncode == 0, done.stderr
    return json.loads(done.stdout)


def cell(value: Value) -> dict[str, Any] | None:
    """A value as a cell of the fake."""
    match value:
        case None:
            return None
        case CellError():
            return {"f": "=NA()" if value.code == "#N/A" else f"={value.code}", "v": value.code}
        case Formula():
            return {"f": f"={value.text}", "v": value.value}
        case str() | bool() | int() | float():
            return {"v": value}
        case _:
            return {"v": serial(value), "format": DATE}


def value(told: Mapping[str, Any] | None) -> Value:
    """A cell of the fake as a value."""
    if not told or told.get("v") is None:
        return None
    content = told["v"]
    if "f" in told:
        code = {"=NA()": "#N/A"}.get(told["f"], told["f"][1:] if told["f"][1] == "#" else "")
        return CellError(code) if code else incoming(Formula(told["f"][1:], content), {})
    if "y" in told.get("format", "") and isinstance(content, int | float):
        return moment(content)
    return content


def sheet_state(key: str, title: str, grid: Sequence[Sequence[Value]]) -> dict[str, Any]:
    """A sheet of the fake with these cells."""
    cells = [[cell(v) for v in row] for row in grid]
    wide = max(map(len, grid), default=1)
    return {
        "id": sheet_id(key),
        "title": title,
        "rows": max(len(grid), 2),
        "columns": max(wide, 2),
        "cells": cells,
    }


class ScriptBook:
    """A ``Workbook`` over a state of the fake; the tabs' ids are those that we give."""

    calculates = True

    def __init__(self, name: str, state: dict[str, Any], tabs: Sequence[Tab]) -> None:
        self.name, self.state, self.tabs = name, state, tabs
        self._runs: dict[str, Plan] = {}

    def read(self, tabs: Sequence[Tab]) -> Snapshot:
        """Read as the memory workbook does."""
        return replace(self._memory(tabs).read(tabs), fingerprint=self.fingerprint())

    def fingerprint(self) -> str:
        """A hash of the state."""
        return hashlib.sha256(json.dumps(self.state, sort_keys=True).encode()).hexdigest()

    def apply(self, plan: Plan, tabs: Sequence[Tab]) -> Receipt:
        """Have the script play the plan."""
        before = self.fingerprint()
        if plan.fingerprint != before:
            raise StaleSnapshot(f"{self.name} was changed.")
        self.play(score(plan, self.read(tabs), tabs, {}))
        self._runs[plan.run] = plan
        return Receipt(before, self.fingerprint())

    def play(self, told: Mapping[str, Any], **options: Any) -> dict[str, Any]:
        """Play a score; StaleSnapshot when it is refused, WriteFailed when it fails."""
        kept = copy.deepcopy(self.state)
        done = call(self.state, ["playPlan", told], **options)
        self.state = done["state"]
        result = done["results"][0]
        if "error" in result:
            assert tidy(self.state) == tidy(kept), result
            self.state = kept
            raise (StaleSnapshot if result["refused"] else WriteFailed)(result["error"])
        return done

    def plan_of(self, run: str) -> Plan:
        """The plan of a run."""
        return self._runs[run]

    def close(self) -> None:
        """Nothing to close."""

    def grid(self, title: str) -> list[list[Value]]:
        """A tab's cells."""
        sheet = next(sheet for sheet in self.state["sheets"] if sheet["title"] == title)
        return [[value(told) for told in row] for row in sheet["cells"]]

    def _memory(self, tabs: Sequence[Tab]) -> MemoryWorkbook:
        tables = {tab.title: tab.table for tab in tabs}
        reports = {tab.title: tab for tab in tabs if tab.role is Role.REPORT}
        sheets = []
        for sheet in self.state["sheets"]:
            title = sheet["title"]
            if title in reports:
                names = {name: self._named(name) for name in reports[title].names}
                sheets.append(MemorySheet(title, [], names=names))
            else:
                sheets.append(MemorySheet(title, self.grid(title), tables.get(title, "")))
        return MemoryWorkbook(self.name, sheets)

    def _named(self, name: str) -> Value:
        told = self.state["names"][name]
        cells = next(s for s in self.state["sheets"] if s["id"] == told["sheet"])["cells"]
        row = cells[told["row"] - 1] if told["row"] <= len(cells) else []
        return value(row[told["column"] - 1] if told["column"] <= len(row) else None)


def tidy(state: Mapping[str, Any]) -> dict[str, Any]:
    """A state without what nobody sees: trailing empty cells and rows."""
    sheets = []
    for sheet in state["sheets"]:
        rows = [[told or None for told in row] for row in sheet["cells"]]
        for row in rows:
            while row and row[-1] is None:
                row.pop()
        while rows and not rows[-1]:
            rows.pop()
        sheets.append({**sheet, "cells": rows})
    return {**state, "sheets": sheets}
