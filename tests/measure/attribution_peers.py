"""Every attribution model a second way: one journey at a time, touch by touch, in fractions.

A touch is (partner, day, kind, mark, role); a journey is the list of them in the order of entry.
"""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Mapping, Sequence
from fractions import Fraction

from sheetsync.measure.attribution_sql import KINDS, MARKS, Rules

Touch = tuple[str, int, str | None, str | None, str | None]
Credits = dict[str, dict[str, Fraction]]


def in_order(journey: Sequence[Touch], closed: int, rules: Rules) -> list[Touch]:
    """The touches within the look-back, as the model sees them."""
    seen = []
    for place, touch in enumerate(journey):
        _, day, kind, mark, _ = touch
        window = rules.lookback_clicks if kind == "click" else rules.lookback
        if 0 <= closed - day <= window:
            stage = (MARKS.index(mark or ""), 1 + KINDS.index(kind) if kind else 0)
            seen.append((day, stage, place, touch))
    return [touch for *_, touch in sorted(seen)]


def credits_of(
    journey: Sequence[Touch], closed: int, rules: Rules, source: str = "DIRECT"
) -> Credits:
    """The credit of each partner under each model."""
    touches = in_order(journey, closed, rules)
    if not touches:
        whole = {source: Fraction(1)}
        return dict.fromkeys(
            ("first", "last", "linear", "time_decay", "u", "w", "full_path", "custom"), whole
        )
    n = len(touches)
    linear = [Fraction(1, n)] * n
    if rules.distinct:
        often = Counter(touch[0] for touch in touches)
        linear = [Fraction(1, len(often) * often[touch[0]]) for touch in touches]
    told = {
        "first": [Fraction(i == 0) for i in range(n)],
        "last": [Fraction(i == n - 1) for i in range(n)],
        "linear": linear,
        "time_decay": _decay(touches, closed, rules.half_life),
        "u": _u(n),
        "w": _marked(touches, {"first": 3, "lead": 3, "opportunity": 3}, 1),
        "full_path": _marked(
            touches, dict.fromkeys(("first", "lead", "opportunity", "close"), Fraction(9, 4)), 1
        ),
        "custom": _custom(touches, rules.role_weights),
    }
    return {model: _by_partner(touches, credit) for model, credit in told.items()}


def _by_partner(touches: Sequence[Touch], credit: Sequence[Fraction]) -> dict[str, Fraction]:
    told: defaultdict[str, Fraction] = defaultdict(Fraction)
    for touch, share in zip(touches, credit, strict=True):
        told[touch[0]] += share
    return dict(told)


def _decay(touches: Sequence[Touch], closed: int, half_life: float) -> list[Fraction]:
    # The look-back of the tests is short: halving never reaches zero in binary.
    weights = [Fraction(2.0 ** (-(closed - touch[1]) / half_life)) for touch in touches]
    return [w / sum(weights) for w in weights]


def _u(n: int) -> list[Fraction]:
    if n <= 2:
        return [Fraction(1, n)] * n
    rest = [Fraction(1, 5) / (n - 2)] * (n - 2)
    return [Fraction(2, 5), *rest, Fraction(2, 5)]


def _marked(
    touches: Sequence[Touch], weights: Mapping[str, int | Fraction], rest: int
) -> list[Fraction]:
    bearers = {mark: [i for i, touch in enumerate(touches) if touch[3] == mark] for mark in weights}
    bearers["first"] = bearers["first"] or [0]
    if "close" in bearers:
        bearers["close"] = bearers["close"] or [len(touches) - 1]
    taken = {i for places in bearers.values() for i in places}
    others = [i for i in range(len(touches)) if i not in taken]
    shares = [(Fraction(weights[m]), places) for m, places in bearers.items()]
    return _spread(len(touches), [*shares, (Fraction(rest), others)])


def _custom(touches: Sequence[Touch], weights: Mapping[str, float]) -> list[Fraction]:
    shares = [
        (Fraction(repr(weights[r])), [i for i, t in enumerate(touches) if t[4] == r])
        for r in weights
    ]
    if not any(weight and places for weight, places in shares):
        return [Fraction(1, len(touches))] * len(touches)
    return _spread(len(touches), shares)


def _spread(n: int, shares: Sequence[tuple[Fraction, list[int]]]) -> list[Fraction]:
    """Give each weight to its places in equal parts; weights without places are not there."""
    there = sum(weight for weight, places in shares if places)
    told = [Fraction(0)] * n
    for weight, places in shares:
        for i in places:
            told[i] += weight / there / len(places)
    return told


def cents_of(value_cents: int, credit: Mapping[str, Fraction]) -> dict[str, int]:
    """Split cents by largest remainder; equal fractions in the order of ``credit``."""
    exact = {who: value_cents * share for who, share in credit.items()}
    told = {who: int(part) for who, part in exact.items()}
    left = value_cents - sum(told.values())
    # Python's sort is stable.
    for who in sorted(exact, key=lambda w: told[w] - exact[w])[:left]:
        told[who] += 1
    return told
