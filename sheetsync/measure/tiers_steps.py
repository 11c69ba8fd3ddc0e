"""Tiers with a memory: rise at once, fall late, and say in between how near the fall is.

Once in a span of months (a quarter by default) each partner is evaluated. It rises when its target
is better for ``up`` evaluations in a row, and falls when it is below its threshold by more than
the margin, or a gate is closed, for ``down`` in a row. Too little data is no fall: the partner is
not rated while it lasts, and goes on from the tier that it had. What is held stands in Tier History
alone: reading its rows again gives the same standing.
"""

from __future__ import annotations

import re
from collections.abc import Iterable
from dataclasses import dataclass, replace
from datetime import date, timedelta

from sheetsync.measure.tiers_aim import NOT_RATED, Aim, Ladder
from sheetsync.model.results import Evaluation
from sheetsync.model.settings import Settings

STEADY, UP, DOWN, ONBOARDING, OVERRIDE = "steady", "up", "down", "onboarding", "override"
AT_RISK, RISING, NO_DATA = "at risk", "rising", "no data"
_COUNTED = re.compile(r"(.+) (\d+)/\d+")


@dataclass(frozen=True, slots=True)
class Standing:
    """What a partner holds: tier, state and the day of its last evaluation.

    ``tier`` is "" before the first one; in the state ``NO_DATA`` it is the one held before.
    ``override`` is the tier set by hand that holds besides.
    """

    tier: str = ""
    state: str = ""
    day: date = date.min
    override: str = ""

    @property
    def shown(self) -> str:
        """Return the tier as people see it: without data there is none."""
        return NOT_RATED if self.state == NO_DATA else self.tier


def replay(history: Iterable[Evaluation]) -> dict[str, Standing]:
    """Read the history again, in the order of days: each partner's standing after its last row.

    Rows of an override leave the standing below it as it was, rows without data its tier.
    """
    told: dict[str, Standing] = {}
    for row in sorted(history, key=lambda row: row.day):
        told[row.partner_id] = after(told.get(row.partner_id, Standing()), row)
    return told


def after(standing: Standing, row: Evaluation) -> Standing:
    """Return the standing after one more row of history."""
    if row.state == OVERRIDE:
        return replace(standing, override=row.tier)
    tier = standing.tier if row.state == NO_DATA else row.tier
    return Standing(tier, row.state, row.day)


@dataclass(frozen=True, slots=True)
class Step:
    """Where an evaluation leaves a partner: tier, state, and the words for it."""

    tier: str
    state: str
    said: str


def entered(standing: Standing, aim: Aim, ladder: Ladder, settings: Settings) -> Step | None:
    """Return the next step of a partner; None when there is nothing to judge it by.

    A partner without a tier yet, just out of onboarding or with a tier that is no more takes its
    target at once; it waits for its first data. One that has a tier and too little data is not
    rated, which no evaluation counts as a miss.
    """
    if aim.target is None:
        return None
    if is_new(standing, ladder):
        return None if aim.target == NOT_RATED else Step(aim.target, STEADY, "First evaluation.")
    if aim.target == NOT_RATED:
        said = f"Not rated for lack of data, which is no fall: {standing.tier} waits."
        return Step(NOT_RATED, NO_DATA, said)
    return _moved(standing, aim.target, aim, ladder, settings)


def is_new(standing: Standing, ladder: Ladder) -> bool:
    """Tell whether a partner has no tier yet that it could rise or fall from."""
    rank = ladder.rank(standing.tier)
    return standing.state in ("", ONBOARDING) or rank is None or standing.tier == NOT_RATED


def _moved(standing: Standing, target: str, aim: Aim, ladder: Ladder, settings: Settings) -> Step:
    tier, now, want = standing.tier, ladder.rank(standing.tier), ladder.rank(target)
    assert now is not None
    assert want is not None
    if want > now:
        better = ladder.named(target)
        needs = (better.up if better else None) or settings.tier_up
        said = f"{target} is reached"
        return _counted(standing, target, (RISING, UP), needs, said)
    if want < now and tier not in aim.kept:
        own = ladder.named(tier)
        needs = (own.down if own else None) or settings.tier_down
        said = f"What {tier} asks for is missed"
        return _counted(standing, target, (AT_RISK, DOWN), needs, said)
    return Step(tier, STEADY, f"{tier} holds: within the margin." if want < now else "")


def _counted(
    standing: Standing, target: str, states: tuple[str, str], needs: int, said: str
) -> Step:
    """One more evaluation in a row that asks for a move; the last that is needed makes it."""
    waiting, moving = states
    count = _count(standing.state, waiting) + 1
    if count >= needs:
        return Step(target, moving, f"{said}: {moving} from {standing.tier} to {target}.")
    return Step(standing.tier, f"{waiting} {count}/{needs}", f"{said}, {count} of {needs} times.")


def _count(state: str, waiting: str) -> int:
    """Return how often in a row, by the state.

    >>> _count("at risk 2/3", "at risk"), _count("steady", "at risk")
    (2, 0)
    """
    found = _COUNTED.fullmatch(state)
    return int(found[2]) if found and found[1] == waiting else 0


def span_of(day: date, settings: Settings) -> int:
    """Number the span of months, counted from the fiscal year's start, in which a day lies."""
    months = day.year * 12 + day.month - settings.fiscal_start
    return months // settings.tier_months


def next_span(day: date, settings: Settings) -> date:
    """Return the first day of the span after the one in which a day lies."""
    first = (span_of(day, settings) + 1) * settings.tier_months + settings.fiscal_start - 1
    year, month = divmod(first, 12)
    return date(year, month + 1, 1) if year <= date.max.year else date.max


def new_until(start: date | None, as_of: date, settings: Settings) -> date | None:
    """Return the last day of a partner's onboarding; None when it is over or its start unknown."""
    if start is None or start > date.max - timedelta(days=settings.onboarding_days):
        return None
    last = start + timedelta(days=settings.onboarding_days - 1)
    return last if as_of <= last else None
