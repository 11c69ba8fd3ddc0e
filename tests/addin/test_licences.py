"""The tests run without a licence of xlwings, and nothing of ours reaches for what needs one.

xlwings PRO is free for noncommercial use only, and tracking partners is commercial.
"""

from __future__ import annotations

import ast
import os
import subprocess
import sys
import tomllib
from pathlib import Path

import pytest
import xlwings

ROOT = Path(__file__).parents[2]
PAID = ("xlwings.pro", "xlwings.server", "xlwings.reports")


def imports(source):
    """The full names of what a module's text imports."""
    for node in ast.walk(ast.parse(source)):
        if isinstance(node, ast.Import):
            yield from (name.name for name in node.names)
        elif isinstance(node, ast.ImportFrom) and node.module and not node.level:
            yield node.module
            yield from (f"{node.module}.{name.name}" for name in node.names)


def paid(source):
    return [n for n in imports(source) if any(n == p or n.startswith(f"{p}.") for p in PAID)]


def test_no_licence_key_is_set_and_xlwings_is_its_free_part():
    assert "XLWINGS_LICENSE_KEY" not in os.environ
    assert xlwings.__pro__ is False


@pytest.mark.parametrize("folder", ["sheetsync", "tests"])
def test_nothing_imports_what_needs_a_licence(folder):
    modules = {path: path.read_text(encoding="utf-8") for path in (ROOT / folder).rglob("*.py")}
    assert len(modules) > 100
    naming = [path for path, source in modules.items() if "xlwings" in source]
    assert naming
    assert [path for path in naming if paid(modules[path])] == []


@pytest.mark.parametrize(
    "source",
    ["import xlwings.pro", "from xlwings import server", "from xlwings.reports import render"],
)
def test_such_an_import_would_be_seen_here_and_by_ruff(source, tmp_path):
    assert paid(source)
    command = [sys.executable, "-m", "ruff", "check", "--select=TID251", "--stdin-filename=x.py"]
    config = f"--config={ROOT / 'pyproject.toml'}"
    found = subprocess.run(
        [*command, config, "--no-cache", "-"],
        input=source,
        cwd=tmp_path,
        text=True,
        capture_output=True,
        check=False,
    )
    assert (found.returncode, "TID251" in found.stdout) == (1, True)


def test_the_packages_that_need_a_licence_are_no_dependencies():
    told = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))
    extras = told["project"]["optional-dependencies"].values()
    every = [*told["project"]["dependencies"], *(name for extra in extras for name in extra)]
    assert not [name for name in every if name.casefold().startswith(("xlwings-", "xlwings["))]
    assert set(told["tool"]["ruff"]["lint"]["flake8-tidy-imports"]["banned-api"]) >= set(PAID)
