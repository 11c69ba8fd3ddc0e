"""Every code that cleaning uses has words for the Check column."""

from __future__ import annotations

import ast
from pathlib import Path

import sheetsync.clean
from sheetsync.catalog.tracker import LEAN
from sheetsync.layout.phrases import PHRASES
from sheetsync.layout.tables import check_marks, in_order
from sheetsync.model.problems import Problem, Severity

FOLDER = Path(sheetsync.clean.__file__).parent
PLACE = {
    "wrong": 0,
    "doubtful": 1,
    "report": 0,
    "report_column": 1,
    "Problem": 0,
    "_refuse": 3,
    "_problem": 0,
    "Built": 1,
}
"""Where each function takes the code."""


def texts(node: ast.AST) -> set[str]:
    """Plain texts that an expression can be: constants, and both branches of a condition."""
    match node:
        case ast.Constant(value=str(text)):
            return {text}
        case ast.IfExp():
            return texts(node.body) | texts(node.orelse)
        case ast.Tuple(elts=[first, *_]):
            return texts(first)
        case _:
            return set()


def codes_in(tree: ast.AST) -> set[str]:
    found: set[str] = set()
    for node in ast.walk(tree):
        if isinstance(node, ast.Call):
            name = getattr(node.func, "id", getattr(node.func, "attr", ""))
            place = PLACE.get(name, len(node.args))
            found |= texts(node.args[place]) if place < len(node.args) else set()
        elif isinstance(node, ast.Assign) and getattr(node.targets[0], "id", "") == "code":
            found |= texts(node.value)
    return found


def test_every_code_of_cleaning_has_a_phrase():
    trees = (ast.parse(path.read_text(encoding="utf-8")) for path in FOLDER.glob("*.py"))
    used = set[str]().union(*map(codes_in, trees)) - {""}
    assert {"unknown_ref", "more_than", "mixed_date_order", "duplicate_row", "missing"} <= used
    assert used - PHRASES.keys() == set()


def test_phrases_are_short_words():
    assert all(2 < len(words) < 32 and "_" not in words for words in PHRASES.values())


def problem(code: str, tab: str, key: str, row: int, column: str, **more) -> Problem:
    severity = more.get("severity", Severity.ERROR)
    return Problem(code, severity, tab, key, row, column, "", "")


def test_the_check_column_speaks_in_words():
    told = [
        problem("unknown_ref", "deals", "D-1", 2, "partner_id"),
        problem("ambiguous_date", "deals", "D-1", 2, "created"),
        problem("total_row", "deals", "", 9, "", severity=Severity.NOTE),
    ]
    marks = check_marks(told, LEAN)["deals", "check"]
    assert marks == {"D-1": "Partner ID: not found; Created: unclear date"}


def test_what_concerns_a_column_or_setting_comes_first_among_equally_bad_ones():
    cell = problem("missing", "partners", "P-1", 2, "owner")
    column = problem("two_columns", "deals", "", 1, "amount")
    setting = problem("bad_setting", "settings", "fiscal_start", 5, "value")
    note = problem("mixed_date_order", "deals", "", 0, "created", severity=Severity.WARNING)
    assert in_order([note, cell, setting, column], LEAN) == (column, setting, cell, note)
