"""Forecasting the slow way, one series and one number at a time, to check the fast way against."""

from __future__ import annotations

from collections.abc import Sequence
from itertools import product

import numpy as np

ALPHAS = [round(0.01 + 0.001 * i, 3) for i in range(991)]


def ses(y: Sequence[float]) -> float:
    """The best level over a grid of alphas, its start by least squares from numpy."""
    best = (float("inf"), 0.0)
    for alpha in ALPHAS:
        before, weights, level, weight = [], [], 0.0, 1.0
        for value in y:
            before.append(level)
            weights.append(weight)
            level += alpha * (value - level)
            weight *= 1 - alpha
        a, b = np.array(y) - np.array(before), np.array(weights)
        start = np.linalg.lstsq(b[:, None], a, rcond=None)[0][0]
        error = float(((a - b * start) ** 2).sum())
        if error < best[0] - 1e-12:
            best = (error, level + weight * start)
    return best[1]


def theta(y: Sequence[float], steps: int) -> list[float]:
    """By the book: the lines of theta 0 and 2, one extrapolated, one smoothed, averaged."""
    t = np.arange(len(y))
    slope, start = np.polyfit(t, y, 1)
    line = start + slope * t
    bent = ses(list(2 * np.array(y) - line))
    return [(start + slope * (len(y) - 1 + h) + bent) / 2 for h in range(1, steps + 1)]


def seasonal_naive(y: Sequence[float], steps: int) -> list[float]:
    return [y[len(y) - 12 + (h % 12)] for h in range(steps)]


def scaled(y: Sequence[float], steps: int) -> list[float]:
    months = min(12, len(y) - 12)
    now = sum(y[len(y) - months :]) if months else 0
    before = sum(y[len(y) - 12 - months : len(y) - 12]) if months else 0
    growth = now / before if before > 0 and now >= 0 else 1.0
    return [growth * x for x in seasonal_naive(y, steps)]


def models(y: Sequence[float], steps: int) -> dict[str, list[float]]:
    return {
        "mean": [sum(y) / len(y)] * steps,
        "SES": [ses(y)] * steps,
        "theta": theta(y, steps),
        "seasonal naive": seasonal_naive(y, steps),
        "scaled seasonal naive": scaled(y, steps),
    }


def best_two(y: Sequence[float], steps: int) -> list[float]:
    errors: dict[str, float] = {}
    for origin in range(len(y) - 6, len(y)):
        for name, told in models(y[:origin], 1).items():
            errors[name] = errors.get(name, 0.0) + abs(told[0] - y[origin])
    first, second = sorted(errors, key=lambda name: errors[name])[:2]
    ahead = models(y, steps)
    return [(a + b) / 2 for a, b in zip(ahead[first], ahead[second], strict=True)]


def won(chances: Sequence[float], parts: Sequence[int]) -> dict[int, float]:
    """The distribution of a weighted Poisson-binomial sum, outcome by outcome."""
    told: dict[int, float] = {}
    for outcome in product((0, 1), repeat=len(chances)):
        total = sum(x * part for x, part in zip(outcome, parts, strict=True))
        share = 1.0
        for x, chance in zip(outcome, chances, strict=True):
            share *= chance if x else 1 - chance
        told[total] = told.get(total, 0.0) + share
    return told
