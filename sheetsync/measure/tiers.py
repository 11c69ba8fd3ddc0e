"""Tiers of all partners: what the numbers earn, what history holds, what people set by hand.

Without Tier History a partner has the tier that today's numbers earn. With it, it has the tier of
its last evaluation; evaluations that are due are made, and told, to be appended there.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date

from sheetsync.measure.tiers_aim import NOT_RATED, Aim, Ladder, Row, aims, ladder_of
from sheetsync.measure.tiers_hand import Hand, by_hand, day_of
from sheetsync.measure.tiers_steps import (
    ONBOARDING,
    OVERRIDE,
    Standing,
    Step,
    after,
    entered,
    is_new,
    new_until,
    next_span,
    replay,
    span_of,
)
from sheetsync.model.problems import Problem
from sheetsync.model.results import Evaluation, KpiValue, TierResult
from sheetsync.model.settings import Settings


@dataclass(frozen=True, slots=True)
class Rated:
    """Tiers in the order of the partners, evaluations due, and odd tiers set by hand."""

    tiers: tuple[TierResult, ...]
    evaluations: tuple[Evaluation, ...] = ()
    problems: tuple[Problem, ...] = ()


def rate(
    partners: Sequence[Row],
    values: Iterable[KpiValue],
    settings: Settings,
    as_of: date,
    history: Sequence[Evaluation] | None = None,
    lower: frozenset[str] = frozenset(),
) -> Rated:
    """Return the tiers of these partners, all of them to be rated.

    ``history`` None: there is no Tier History. Rows later than as-of are not looked at, and their
    partners are not evaluated. ``lower`` are the KPIs that are better when lower.
    """
    known: dict[str, dict[str, KpiValue]] = {}
    for value in values:
        if not value.month:
            known.setdefault(value.group, {})[value.kpi] = value
    ladder = ladder_of(settings, lower)
    earned = aims(partners, known, settings, ladder)
    hands = {row["partner_id"]: by_hand(row, as_of, ladder) for row in partners}
    problems = tuple(hand.problem for hand in hands.values() if hand.problem)
    if history is None:
        told = (_now(row["partner_id"], earned, hands, ladder) for row in partners)
        return Rated(tuple(told), (), problems)
    review = _Review(settings, as_of, ladder, history)
    for row in partners:
        review.look(row, earned[row["partner_id"]], hands[row["partner_id"]])
    return Rated(tuple(review.tiers), tuple(review.due), problems)


def _now(
    partner: str, earned: Mapping[str, Aim], hands: Mapping[str, Hand], ladder: Ladder
) -> TierResult:
    """The tier by today's numbers alone; one set by hand goes before it."""
    aim, hand = earned[partner], hands[partner]
    tier = hand.tier or aim.target or NOT_RATED
    state = OVERRIDE if hand.tier else ""
    return _result(partner, aim, (tier, state), f"{hand.said} {aim.why}", ladder)


def _result(partner: str, aim: Aim, held: tuple[str, str], why: str, ladder: Ladder) -> TierResult:
    """What is held, with the words for it and for what it gives."""
    told, (name, state) = aim.score, held
    tier, target = ladder.named(name), aim.target or NOT_RATED
    gives = f" {name} gives: {tier.benefits.rstrip('. ')}." if tier and tier.benefits else ""
    said = f"{why.strip()}{gives}"
    return TierResult(partner, name, told.points, told.coverage, told.drivers, said, target, state)


class _Review:
    """Goes through the partners with their history; collects tiers and evaluations due."""

    def __init__(
        self, settings: Settings, as_of: date, ladder: Ladder, history: Sequence[Evaluation]
    ) -> None:
        self.settings = settings
        self.as_of = as_of
        self.ladder = ladder
        self.before = replay(row for row in history if row.day <= as_of)
        self.later = {row.partner_id for row in history if row.day > as_of}
        self.tiers: list[TierResult] = []
        self.due: list[Evaluation] = []

    def look(self, row: Row, aim: Aim, hand: Hand) -> None:
        """Evaluate a partner if that is due, and tell its tier."""
        partner = row["partner_id"]
        standing = self.before.get(partner, Standing())
        if partner not in self.later:
            made = self._made(row, standing, aim, hand)
            if made is not None:
                self.due.append(made)
                standing = after(standing, made)
        self.tiers.append(self._told(partner, standing, aim, hand))

    def _made(self, row: Row, standing: Standing, aim: Aim, hand: Hand) -> Evaluation | None:
        if hand.tier:
            new = hand.tier != standing.override
            return self._row(row, aim, Step(hand.tier, OVERRIDE, hand.said)) if new else None
        step = self._step(row, standing, aim)
        if step is None and standing.override and standing.state:
            # The standing comes back into force; it is not judged a second time in the span.
            step = Step(standing.shown, standing.state, "The override is over.")
        return self._row(row, aim, step) if step else None

    def _step(self, row: Row, standing: Standing, aim: Aim) -> Step | None:
        last = new_until(day_of(row.get("start_date")), self.as_of, self.settings)
        fresh = span_of(self.as_of, self.settings) > span_of(standing.day, self.settings)
        if last is not None:
            known = self.ladder.rank(standing.tier) is not None
            tier = standing.tier if known else self.ladder.base
            said = f"New until {last}: not moved."
            return Step(tier, ONBOARDING, said) if fresh or not known else None
        if not fresh and not is_new(standing, self.ladder):
            return None
        return entered(standing, aim, self.ladder, self.settings)

    def _row(self, row: Row, aim: Aim, step: Step) -> Evaluation:
        target = aim.target or NOT_RATED
        reason = f"{aim.why} {step.said}".strip()
        points = aim.score.points
        return Evaluation(
            self.as_of, row["partner_id"], points, target, step.tier, step.state, reason
        )

    def _told(self, partner: str, standing: Standing, aim: Aim, hand: Hand) -> TierResult:
        if hand.tier:
            said = f"{hand.said} {aim.why}"
            return _result(partner, aim, (hand.tier, OVERRIDE), said, self.ladder)
        if not standing.state:
            why = f"{hand.said} {aim.why} Not evaluated yet."
            tier = (aim.target or NOT_RATED) if partner in self.later else NOT_RATED
            return _result(partner, aim, (tier, ""), why, self.ladder)
        said = f"{standing.shown} by the evaluation of {standing.day} ({standing.state}); "
        said += f"next from {next_span(standing.day, self.settings)}."
        held = standing.shown, standing.state
        return _result(partner, aim, held, f"{hand.said} {aim.why} {said}", self.ladder)
