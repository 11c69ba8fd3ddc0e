import json

import pytest
from hypothesis import given

from sheetsync.model.plan import AppendRows, Plan, decode, encode
from sheetsync.model.values import same
from tests.strategies import plans, values


@given(plans)
def test_a_plan_survives_json(plan):
    assert Plan.from_json(json.loads(json.dumps(plan.to_json()))) == plan


@given(plans)
def test_reversing_twice_gives_the_ops_back_less_the_log(plan):
    twice = plan.reverse("f", "r").reverse("f", "r")
    assert twice.ops == tuple(op for op in plan.ops if not isinstance(op, AppendRows))


@given(plans)
def test_a_reversed_plan_names_the_run_it_takes_back(plan):
    assert plan.reverse("print", "run").reverts == plan.run


@given(plans)
def test_the_digest_depends_on_the_ops_alone(plan):
    assert plan.digest() == Plan(plan.ops, "other", "other", "other").digest()


@given(values)
def test_cells_survive_json(value):
    assert same(decode(json.loads(json.dumps(encode(value)))), value)


def test_a_plan_of_another_version_is_refused():
    with pytest.raises(ValueError, match="version 2"):
        Plan.from_json({"version": 2})


def test_an_empty_plan_is_false():
    assert not Plan((), "f")
