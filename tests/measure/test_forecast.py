"""Forecasts: published results, peers that compute slowly, the rule for each length, the bands."""

from __future__ import annotations

import random
from datetime import date, datetime
from typing import Any

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from sheetsync.measure.forecast import Series, continued, forecasts, revenue_series, rolling_errors
from sheetsync.measure.forecast_bands import K80, k80, k80_total
from sheetsync.measure.forecast_models import (
    MODELS,
    level_after,
    scaled_seasonal_naive,
    smoothed,
    theta,
)
from sheetsync.measure.forecast_pipeline import (
    MOST_EXACT,
    distribution,
    pipeline_forecasts,
    value_band,
    won_band,
)
from sheetsync.measure.history import History, months_before
from sheetsync.model.insight import Forecast
from tests.measure import forecast_peers as peers

AS_OF = date(2026, 3, 31)
OIL = [446.6565, 454.4733, 455.6630, 423.6322, 456.2713, 440.5881,
       425.3325, 485.1494, 506.0482, 526.7920, 514.2689, 494.2110]  # fmt: skip
"""Annual oil production, Hyndman's text book, with the levels that it prints."""


def series(*values: float, **more: Any) -> Series:
    return Series("P", "F01", 202602, tuple(map(float, values)), **more)


def told(*values: float, seasonal: bool = False) -> list[Forecast]:
    return list(forecasts([series(*values)], seasonal=seasonal))


def wobbly(n: int, seed: int = 1) -> list[float]:
    chance = random.Random(seed)
    return [round(100 + 3 * i + chance.uniform(-20, 20), 2) for i in range(n)]


@pytest.mark.parametrize(
    ("alpha", "start", "level"), [(0.2, 446.7, 484.8), (0.6, 446.7, 501.8), (0.89, 447.5, 496.5)]
)
def test_published_levels_of_smoothing(alpha: float, start: float, level: float) -> None:
    assert round(level_after(np.array(OIL), alpha, start), 1) == level


def test_the_published_fit_of_smoothing() -> None:
    level, alpha, start = (float(x[0]) for x in smoothed(np.array([OIL])))
    assert (round(alpha, 2), round(start, 1), round(level, 1)) == (0.89, 447.5, 496.5)


@pytest.mark.parametrize("seed", range(4))
@pytest.mark.parametrize("n", [6, 13, 24])
def test_smoothing_as_its_slow_peer(n: int, seed: int) -> None:
    y = wobbly(n, seed)
    assert float(smoothed(np.array([y]))[0][0]) == pytest.approx(peers.ses(y), rel=1e-6)


@pytest.mark.parametrize("n", [6, 18])
def test_theta_as_its_slow_peer(n: int) -> None:
    y = wobbly(n, 7)
    assert theta(np.array([y]), 6)[0] == pytest.approx(peers.theta(y, 6), rel=1e-6)


def test_theta_goes_half_as_steep_as_the_line() -> None:
    ahead = theta(np.array([[float(i) for i in range(12)]]), 6)[0]
    assert np.diff(ahead) == pytest.approx([0.5] * 5)


@pytest.mark.parametrize("n", [12, 13, 18, 24, 30])
def test_scaled_seasonal_naive_as_its_slow_peer(n: int) -> None:
    y = wobbly(n, n)
    ahead = scaled_seasonal_naive(np.array([y]), 6)[0]
    assert ahead == pytest.approx(peers.scaled(y, 6))


@pytest.mark.parametrize(("n", "seed"), [(18, 1), (18, 2), (20, 3), (24, 4)])
def test_the_best_two_as_their_slow_peer(n: int, seed: int) -> None:
    y = wobbly(n, seed)
    mids, methods = continued(np.array([y]))
    assert mids[0] == pytest.approx(peers.best_two(y, 6), rel=1e-6)
    assert set(methods[0].split(" + ")) < MODELS.keys()


def test_rolling_origins_know_only_what_was_before() -> None:
    y = np.array([[*wobbly(18), 1e9]])
    assert (rolling_errors(y, "mean")[0][:-1] < 1e6).all()


@pytest.mark.parametrize(
    ("values", "seasonal", "method"),
    [
        (wobbly(6), False, "SES"),
        (wobbly(11), True, "SES"),
        ([0, 0, 0, 5, 6, 7], False, "mean; too many zero months for single months"),
        (wobbly(12), False, "SES"),
        (wobbly(17), True, "half SES, half seasonal naive"),
    ],
)
def test_the_method_for_each_length(values: list[float], seasonal: bool, method: str) -> None:
    assert {f.method for f in told(*values, seasonal=seasonal)} == {method}


def test_half_of_each_on_one_season() -> None:
    y = wobbly(14)
    ahead = [f.mid for f in told(*y, seasonal=True)][:6]
    level = float(smoothed(np.array([y]))[0][0])
    assert ahead == pytest.approx([(level + y[2 + h]) / 2 for h in range(6)])


@pytest.mark.parametrize("n", range(6))
def test_too_few_months_are_refused(n: int) -> None:
    (one,) = told(*[float(10 + i) for i in range(n)])
    assert (one.mid, one.low, one.high, one.points) == (None, None, None, n)
    assert one.refused.startswith(f"Only {n} complete months, 6 are needed")
    assert ("10.50 a month" in one.refused) == (n == 2)


def test_nothing_moves_so_nothing_shows_a_band() -> None:
    (one,) = told(*[50.0] * 9)
    assert one.mid is None
    assert "50.00 a month" in one.refused


def test_six_months_and_the_next_three_together() -> None:
    found = told(*wobbly(9))
    assert [f.month for f in found] == [202603, 202604, 202605, 202606, 202607, 202608, 0]
    assert found[-1].mid == pytest.approx(sum(f.mid or 0 for f in found[:3]))


def test_bands_are_factors_of_the_mean_step() -> None:
    y = wobbly(12)
    step = float(np.abs(np.diff(y)).mean())
    for one, factor in zip(told(*y), (*K80[12], 5.45), strict=True):
        assert one.low is not None
        assert one.mid is not None
        assert one.high is not None
        assert one.high - one.mid == pytest.approx(factor * step)
        assert one.low == pytest.approx(max(0, one.mid - factor * step))


def test_lumpy_revenue_has_only_the_total() -> None:
    (one,) = told(0, 900, 0, 0, 400, 0, 700, 0, 0, 500)
    assert one.month == 0
    assert one.mid == pytest.approx(750)
    (one,) = told(*[0, 0, 0, 0, 600, 0] * 4)
    assert one.mid == pytest.approx(300)
    assert len(told(*[0, 900, 300, 0, 400, 0, 700, 200, 0, 500])) == 7


def test_factors_between_the_listed_numbers() -> None:
    assert k80(7, 1) == pytest.approx(1.95 + (1.84 - 1.95) / 3)
    assert k80_total(15) == pytest.approx((5.45 + 4.57) / 2)
    with pytest.raises(ValueError, match="5 points"):
        k80(5, 1)
    for step in range(1, 7):
        factors = [k80(n, step) for n in range(6, 40)]
        assert factors == sorted(factors, reverse=True)


@settings(max_examples=60, deadline=None)
@given(st.lists(st.floats(-1e6, 1e6).map(lambda x: round(x, 2)), min_size=0, max_size=30))
def test_never_a_middle_without_its_band_nor_below_zero(values: list[float]) -> None:
    for one in told(*values):
        if one.refused:
            assert (one.mid, one.low, one.high) == (None, None, None)
        else:
            assert one.low is not None
            assert one.mid is not None
            assert one.high is not None
            assert 0 <= one.low <= one.mid <= one.high


@settings(max_examples=25, deadline=None)
@given(
    st.integers(6, 26).flatmap(lambda n: st.lists(st.integers(0, 900), min_size=n, max_size=n)),
    st.sampled_from([0.5, 3.0, 1000.0]),
)
def test_forecasts_in_another_currency_are_the_same(values: list[int], rate: float) -> None:
    plain, other = told(*values), told(*[v * rate for v in values])
    for a, b in zip(plain, other, strict=True):
        if a.mid is not None:
            assert b.mid == pytest.approx(a.mid * rate, rel=1e-4, abs=1e-6 * rate)


def test_series_are_forecast_alike_alone_and_together() -> None:
    many = [series(*wobbly(n, n)) for n in (7, 7, 13, 20, 20, 24)]
    named = [Series(str(i), "F01", s.last, s.amounts) for i, s in enumerate(many)]
    together = [(f.month, f.mid) for f in forecasts(named)]
    assert together == [(f.month, f.mid) for s in many for f in forecasts([s])]


# -- which months enter ---------------------------------------------------------------------------


def known(**groups: dict[int, float]) -> History:
    found = {g: {m: (v, 1.0, 1.0, 0.0) for m, v in told.items()} for g, told in groups.items()}
    return History(months_before(AS_OF), {"F01": found})


def partner(name: str, start: str = "", status: str = "active") -> dict[str, Any]:
    begun = datetime.fromisoformat(start) if start else None
    return {"partner_id": name, "status": status, "start_date": begun}


def test_a_part_month_never_enters() -> None:
    assert months_before(AS_OF)[-1] == 202603
    assert months_before(AS_OF.replace(day=30))[-1] == 202602


def test_months_without_rows_are_zero_from_the_first_whole_month_on() -> None:
    told_ = known(A={202510: 5.0, 202601: 7.0}, B={202506: 1.0})
    (_, a) = revenue_series(told_, "F01", [partner("A", "2025-08-15")])
    assert a.amounts == (0, 5, 0, 0, 7, 0, 0)
    (_, a) = revenue_series(told_, "F01", [partner("A", "2020-01-01")])
    assert len(a.amounts) == 10
    (_, a) = revenue_series(told_, "F01", [partner("A")])
    assert a.amounts == (5, 0, 0, 7, 0, 0)


def test_who_is_not_forecast_and_why() -> None:
    people = [partner("A", status="ended"), partner("B", status="prospect"), partner("C")]
    _, ended, none = revenue_series(known(A={202510: 5.0}), "F01", people)
    assert (ended.group, ended.refused) == ("A", "The partnership has ended.")
    assert (none.group, none.refused) == ("C", "No revenue rows to go by.")


def test_months_that_wait_for_a_rate_refuse() -> None:
    found = {"": {202512: (5.0, 1.0, 1.0, 0.0), 202601: (float("nan"), 1.0, 1.0, 2.0)}}
    (one,) = revenue_series(History(months_before(AS_OF), {"F01": found}), "F01", [])
    assert one.refused == "Months that wait for an exchange rate: 1."


# -- open deals -----------------------------------------------------------------------------------


def test_the_sum_of_deals_won_as_outcome_by_outcome() -> None:
    chances, parts = [0.1, 0.25, 0.5, 0.75, 0.3], [3, 1, 7, 2, 2]
    share = distribution(np.array(chances), np.array(parts))
    expected = peers.won(chances, parts)
    assert {i: p for i, p in enumerate(share) if p > 0} == pytest.approx(expected)


def test_bands_of_coins_and_of_one_deal() -> None:
    assert won_band(np.full(100, 0.5)) == (44, 56)
    assert value_band(np.array([0.5, 0.5]), np.array([15e3, 48e3])) == (0, 63e3)
    assert value_band(np.array([0.05]), np.array([900.0])) == (0, 0)
    assert value_band(np.array([0.5]), np.array([900.0])) == pytest.approx((0, 900))
    assert value_band(np.array([0.95]), np.array([900.0])) == pytest.approx((900, 900))


@pytest.mark.parametrize("seed", range(5))
def test_the_band_of_a_few_deals_as_outcome_by_outcome(seed: int) -> None:
    chance = random.Random(seed)
    chances = [chance.choice((0.1, 0.25, 0.5, 0.75)) for _ in range(11)]
    amounts = [chance.randrange(500, 90_000) for _ in chances]
    outcomes = sorted(peers.won(chances, amounts).items())
    reached = np.cumsum([p for _, p in outcomes])
    expected = [outcomes[int(np.searchsorted(reached, q))][0] for q in (0.1, 0.9)]
    found = value_band(np.array(chances), np.array(amounts, dtype=float))
    assert found == pytest.approx(expected, abs=sum(amounts) / 500)


def test_many_deals_are_as_a_normal_distribution() -> None:
    chance, amount = np.full(MOST_EXACT, 0.3), np.tile([50.0, 150.0], MOST_EXACT // 2)
    spread = (0.21 * float((amount**2).sum())) ** 0.5
    expected = (15_000 - 1.2816 * spread, 15_000 + 1.2816 * spread)
    assert value_band(chance, amount) == pytest.approx(expected, rel=0.005)
    one_more = value_band(np.append(chance, 0.0), np.append(amount, 10.0))
    assert one_more == pytest.approx(expected, rel=1e-4)


def test_the_pipeline_by_partner_and_in_all() -> None:
    deals = pd.DataFrame(
        {
            "partner_id": ["B", "A", "A"],
            "stage": ["lead", "proposal", "lead"],
            "open_amount": [100.0, 50.0, float("nan")],
        }
    )
    found = list(pipeline_forecasts(deals, {"lead": 0.1, "proposal": 0.5}))
    assert [(f.group, f.mid, f.points) for f in found] == [("", 35, 3), ("A", 25, 2), ("B", 10, 1)]
    assert found[1].method == "open deals × stage rate; 0 to 1 of 2 won; 1 without an amount"
    assert (found[1].low, found[1].high) == (0, 50)
    (_, one) = pipeline_forecasts(deals[2:], {"lead": 0.1})
    assert (one.mid, one.refused) == (None, "None of the open deals (1) has an amount.")
    assert not list(pipeline_forecasts(deals[:0], {}))
