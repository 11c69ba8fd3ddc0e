"""What a plan writes is plain: no scalar of the number libraries, no NaN, no odd timestamp."""

from __future__ import annotations

import json
from datetime import datetime, timedelta
from math import isfinite

import pytest

from sheetsync.console import as_json
from sheetsync.model.values import CellError, Formula
from tests.trackers import LEAN, demo_file, synced

PLAIN = (type(None), str, int, float, bool, datetime, timedelta, CellError)


@pytest.fixture(scope="module")
def outcome(tmp_path_factory):
    return synced(demo_file(tmp_path_factory.mktemp("demo") / "demo.xlsx"), dry=True)


def leaves(value):
    """All values inside tuples, and inside formulas."""
    if type(value) is tuple:
        for part in value:
            yield from leaves(part)
    elif type(value) is Formula:
        yield from (value.text, value.value)
    else:
        yield value


def fields(record):
    return (getattr(record, name) for name in record.__dataclass_fields__)


def odd(values):
    return {
        (type(v), v)
        for v in values
        if type(v) not in PLAIN or (type(v) is float and not isfinite(v))
    }


def test_cells_of_a_plan_are_plain_values(outcome):
    ops = outcome.study.plan.ops
    assert {type(op).__name__ for op in ops} >= {"WriteCells", "ReplaceRows", "AppendRows"}
    assert odd(leaf for op in ops for field in fields(op) for leaf in leaves(field)) == set()


def test_results_are_plain_values(outcome):
    study = outcome.study
    told = [v for kpi in study.measured.kpis for v in fields(kpi) if v is not kpi.flag]
    told += [v for p in study.problems for v in fields(p) if v is not p.severity]
    told += [leaf for tier in study.measured.tiers for v in fields(tier) for leaf in leaves(v)]
    assert odd(told) == set()


def test_the_json_report_is_strict_json(outcome):
    json.dumps(as_json(outcome, LEAN, 0.0), allow_nan=False)
