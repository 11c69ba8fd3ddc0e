"""Intervals against published values and against their own definition."""

from __future__ import annotations

from math import comb

import pytest
from hypothesis import given
from hypothesis import strategies as st

from sheetsync.measure.intervals import Z95, beta_share, exact, recommend, wilson


@pytest.mark.parametrize(
    ("hits", "trials", "low", "high"),
    [(3, 5, 0.231, 0.882), (0, 10, 0.0, 0.2775), (10, 10, 0.7225, 1.0), (81, 263, 0.2553, 0.3662)],
)
def test_wilson_as_published(hits: int, trials: int, low: float, high: float) -> None:
    assert wilson(hits, trials) == pytest.approx((low, high), abs=6e-5 if trials > 5 else 6e-4)


@pytest.mark.parametrize(
    ("hits", "trials", "low", "high"),
    [
        (0, 10, 0.0, 0.3085),
        (10, 10, 0.6915, 1.0),
        (1, 10, 0.0025, 0.4450),
        (5, 10, 0.1871, 0.8129),
        (81, 263, 0.2527, 0.3676),
    ],
)
def test_exact_as_published(hits: int, trials: int, low: float, high: float) -> None:
    assert exact(hits, trials) == pytest.approx((low, high), abs=6e-5)


def test_the_standard_error_of_a_net_promoter_score_as_published() -> None:
    low, high = recommend(162, 54, 324)
    error = (high - low) / 2 / Z95 / 100
    assert round((low + high) / 2, 1) == 33.3
    assert round(error, 4) == 0.0414
    assert error**2 * 324 == pytest.approx(5 / 9)


@given(st.integers(1, 60), st.data())
def test_exact_bounds_leave_two_and_a_half_percent_in_each_tail(trials: int, data) -> None:
    hits = data.draw(st.integers(0, trials))
    low, high = exact(hits, trials)

    def at_most(k: int, p: float) -> float:
        return sum(comb(trials, i) * p**i * (1 - p) ** (trials - i) for i in range(k + 1))

    if hits > 0:
        assert 1 - at_most(hits - 1, low) == pytest.approx(0.025, abs=1e-9)
    if hits < trials:
        assert at_most(hits, high) == pytest.approx(0.025, abs=1e-9)


@given(st.integers(1, 10_000_000), st.data())
def test_both_hold_the_share_at_any_size(trials: int, data) -> None:
    hits = data.draw(st.integers(0, trials))
    for low, high in (wilson(hits, trials), exact(hits, trials)):
        assert 0 <= low <= hits / trials + 1e-12
        assert hits / trials - 1e-12 <= high <= 1


@given(st.floats(0.001, 0.999), st.integers(1, 300), st.integers(1, 300))
def test_incomplete_beta_is_symmetric(x: float, a: int, b: int) -> None:
    assert beta_share(x, a, b) + beta_share(1 - x, b, a) == pytest.approx(1, abs=1e-10)
