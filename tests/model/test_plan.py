import json
from datetime import datetime

import pytest
from hypothesis import given

from sheetsync.model.plan import AppendRows, Plan, ReplaceRows, decode, encode
from sheetsync.model.values import Formula, same
from tests.strategies import plans, values


@given(plans)
def test_a_plan_survives_json(plan):
    assert Plan.from_json(json.loads(json.dumps(plan.to_json()))) == plan


@given(plans)
def test_the_text_of_a_plan_is_its_json(plan):
    assert Plan.from_json(json.loads("".join(plan.to_text()))) == plan


def test_a_big_plan_is_told_in_pieces():
    rows = tuple((f"k{i}", i / 3, datetime(2026, 3, 1), Formula("A1", None)) for i in range(9000))
    plan = Plan((ReplaceRows("kpis", ("a", "b", "c", "d"), (), rows),), "f", "r")
    pieces = list(plan.to_text())
    assert json.loads("".join(pieces)) == plan.to_json()
    assert max(map(len, pieces)) < 500_000


@given(plans)
def test_reversing_twice_gives_the_ops_back_less_the_log(plan):
    twice = plan.reverse("f", "r").reverse("f", "r")
    assert twice.ops == tuple(op for op in plan.ops if not isinstance(op, AppendRows))


@given(plans)
def test_a_reversed_plan_names_the_run_it_takes_back(plan):
    assert plan.reverse("print", "run").reverts == plan.run


@given(values)
def test_cells_survive_json(value):
    assert same(decode(json.loads(json.dumps(encode(value)))), value)


def test_a_plan_of_another_version_is_refused():
    with pytest.raises(ValueError, match="version 2"):
        Plan.from_json({"version": 2})


def test_an_empty_plan_is_false():
    assert not Plan((), "f")
