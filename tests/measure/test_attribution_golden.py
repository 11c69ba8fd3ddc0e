"""Attribution against published results, to the digits that were published."""

from __future__ import annotations

import pandas as pd
import pytest

from sheetsync.engines.duckdb import DuckDb
from sheetsync.measure.attribution import deal_credits, deal_values, markov, partner_totals
from sheetsync.measure.attribution_markov import Removal
from sheetsync.measure.attribution_sql import Rules
from tests.measure.journeys import FILE, Relations, journey, paths, published, touches

ENGINE = DuckDb()
needs_journeys = pytest.mark.skipif(
    not FILE.is_file(), reason="the published journeys are not beside this repository"
)


@pytest.fixture(scope="module")
def data() -> Relations:
    return paths(*published())


@pytest.fixture(scope="module")
def found(data: Relations) -> pd.DataFrame:
    return partner_totals(*data, ENGINE).set_index("partner_id")


@pytest.fixture(scope="module")
def chain(data: Relations) -> Removal:
    return markov(*data, ENGINE)


@needs_journeys
@pytest.mark.parametrize(
    ("model", "expected"),
    [
        ("first", {"alpha": 6308, "iota": 4606, "eta": 3164}),
        ("last", {"alpha": 8447, "eta": 4167, "iota": 3355}),
        ("linear", {"alpha": 7574.718594, "iota": 3857.096221, "eta": 3539.951157}),
        ("u", {"alpha": 7444.824, "iota": 3944.948, "eta": 3618.796}),
    ],
)
def test_rules_on_the_published_journeys(
    found: pd.DataFrame, model: str, expected: dict[str, float]
) -> None:
    digits = 6 if model == "linear" else 3
    assert {k: round(found[model][k], digits) for k in expected} == expected
    assert found[model].sum() == pytest.approx(19785)


@needs_journeys
def test_the_range_over_first_last_and_linear(found: pd.DataFrame) -> None:
    assert tuple(found.loc["alpha", ["low", "high"]]) == (6308, 8447)
    assert tuple(found.loc["iota", ["low", "high"]]) == (3355, 4606)


@needs_journeys
def test_the_closed_form_of_shapley_is_linear_over_distinct_partners(data: Relations) -> None:
    told = partner_totals(*data, ENGINE, Rules(distinct=True)).set_index("partner_id")["linear"]
    expected = {"alpha": 7627.9440, "eta": 3613.6560, "iota": 3505.0440}
    assert {k: round(told[k], 4) for k in expected} == expected
    assert round(told.sum(), 6) == 19785


@needs_journeys
def test_removal_effects_of_the_published_journeys(chain: Removal) -> None:
    assert round(chain.conversion, 7) == 0.2238451
    assert {k: round(v, 6) for k, v in chain.effects.items() if v > 0.1} == {
        "alpha": 0.558399,
        "iota": 0.405835,
        "eta": 0.349026,
        "beta": 0.264039,
        "theta": 0.206010,
        "lambda": 0.134022,
    }
    assert (chain.conversions, chain.journeys) == (19785, 88387)
    assert sum(chain.shares.values()) == pytest.approx(1)


@needs_journeys
def test_simulated_removal_effects_are_within_their_noise(chain: Removal) -> None:
    simulated = {"alpha": 0.558869, "iota": 0.405631, "eta": 0.349028, "beta": 0.263038}
    simulated |= {"theta": 0.205437, "lambda": 0.134568}
    assert simulated == pytest.approx({k: chain.effects[k] for k in simulated}, abs=1.1e-3)


def shared(chain: Removal, value: float) -> dict[str, float]:
    return {player: share * value for player, share in chain.shares.items()}


def test_the_first_toy_chain() -> None:
    told = markov(
        *paths(("ga", 2, 0), ("mail", 1, 0), ("ga > mail", 1, 0), ("ga", 0, 1)), ENGINE, fewest=0
    )
    assert told.conversion == pytest.approx(0.8)
    assert told.effects == pytest.approx({"ga": 0.75, "mail": 0.5})
    assert shared(told, 4) == pytest.approx({"ga": 2.4, "mail": 1.6})


def test_the_second_toy_chain() -> None:
    rows = [(path, 1, 0) for path in ("A > B > A > B > B > A", "A > B > B > A > A", "A > A")]
    told = markov(*paths(*rows), ENGINE, fewest=0)
    assert shared(told, 3) == pytest.approx({"A": 2.0, "B": 1.0})
    # A package that simulates prints 1.991106 and 1.008894.
    assert shared(told, 3) == pytest.approx({"A": 1.991106, "B": 1.008894}, abs=0.01)


def test_the_third_toy_chain() -> None:
    rows = [("C1 > C2 > C3", 1, 0), ("C1", 0, 1), ("C2 > C3", 0, 1)]
    told = markov(*paths(*rows), ENGINE, fewest=0)
    assert told.conversion == pytest.approx(1 / 3)
    assert told.effects == pytest.approx({"C1": 0.5, "C2": 1, "C3": 1})
    assert told.shares == pytest.approx({"C1": 0.2, "C2": 0.4, "C3": 0.4})


def test_the_position_rule_over_four_touches() -> None:
    rows = [("D", name, i) for i, name in enumerate(("Email", "Meta", "LinkedIn", "Google"))]
    told = deal_credits(touches(*rows), journey([0], 100, closed=3)[1], ENGINE)
    credit = dict(zip(told["partner_id"], told["u"], strict=True))
    assert credit == pytest.approx({"Email": 0.4, "Meta": 0.1, "LinkedIn": 0.1, "Google": 0.4})


def test_time_decay_of_twelve_thousand_dollars() -> None:
    relations = journey([2, 7, 14, 32, 40], 12_000, closed=40)
    told = deal_values(*relations, ENGINE, Rules(half_life=7)).set_index("partner_id")
    values = told["time_decay"].tolist()
    assert [round(v, 1) for v in values] == [175.2, 287.4, 574.9, 3417.0, 7545.4]
    assert round(sum(values), 2) == 12_000
    # The page rounds its weights and prints 175, 290, 575, 3,415 and 7,545.
    assert values == pytest.approx([175, 290, 575, 3415, 7545], abs=3)


def test_time_decay_of_lags_of_whole_half_lives() -> None:
    told = deal_credits(*journey([0, 14, 21, 28], 1, closed=28), ENGINE, Rules(half_life=7))
    assert [round(c, 4) for c in told["time_decay"]] == [0.0345, 0.1379, 0.2759, 0.5517]


def test_a_click_a_half_life_earlier_gets_half() -> None:
    told = deal_credits(*journey([0, 7], 1, closed=8), ENGINE, Rules(half_life=7))
    early, late = told["time_decay"]
    assert early / late == pytest.approx(0.5)


def test_two_players_who_bring_more_together() -> None:
    # Lifts of 2.0 and 1.5 alone and 4.0 together: half of what only both bring goes to each.
    rows = [("one", 4, 0), ("two", 3, 0), ("one > two", 1, 0)]
    told = partner_totals(*paths(*rows), ENGINE, Rules(distinct=True)).set_index("partner_id")
    assert (told["linear"] / 2).to_dict() == {"one": 2.25, "two": 1.75}
