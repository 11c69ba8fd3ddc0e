"""Facts in files: the same numbers as the script that people write, in much less memory.

Ratios with wide margins: the machine may be busy. The full size runs with ``pytest -m soak``.
"""

from __future__ import annotations

import pytest

from tests.bench.bench_facts import Sides, measure_sides, report

FULL_MB = 1_000
"""The most memory for 1,000,000 deals and 5,000,000 touches, libraries included."""
TIMES_CHEAPER = {"kpis": 0.7, "models": 2.0}
"""The least ratio of the naive script's CPU seconds to ours; it tells no intervals or flags."""


def alike(sides: Sides) -> None:
    ours, naive = sides.told["kpis"], sides.naively["kpis"]
    assert len(ours) >= 29
    assert naive | ours == pytest.approx(naive | {k: naive[k] for k in ours}, rel=1e-9)
    models, naively = sides.told["models"], sides.naively["models"]
    assert models["markov"] == pytest.approx(naively["markov"], rel=1e-2)
    # Every model shares the same whole; deals without touches in the look-back are ours alone.
    whole = models["linear"]
    assert all(v == pytest.approx(whole) for k, v in models.items() if k != "markov")
    assert all(v <= whole * (1 + 1e-9) for k, v in naively.items() if k != "markov")


def test_the_same_numbers_as_the_naive_script() -> None:
    alike(measure_sides(6_000, 30_000, repeats=1))


@pytest.mark.soak
def test_five_million_touches() -> None:
    sides = measure_sides(1_000_000, 5_000_000, repeats=1)
    print(report(sides))
    alike(sides)
    for work in ("kpis", "models"):
        assert sides.ratio(work) > TIMES_CHEAPER[work], report(sides)
        assert max(cost.max_mb for cost in sides.ours[work]) < FULL_MB, report(sides)
