"""What packs add to the made-up programme's lean tabs, and to its settings and tier history."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from datetime import date, timedelta
from random import Random

from sheetsync.catalog.demo_sketches import RATES, SKETCHES, Row, months_to, partner_id
from sheetsync.measure.score import Score
from sheetsync.measure.tiers_aim import NOT_RATED, Aim, Ladder, ladder_of
from sheetsync.measure.tiers_steps import Standing, entered, new_until, span_of
from sheetsync.model.settings import Settings

_STEADY = {5: 2_600.0, 6: 2_100.0, 22: 5_200.0, 23: 3_900.0}
"""Partners that sell every month, with what they sell."""
_TRAINED = ("reseller", "service", "technology", "referral")
_SCORES = {
    0: 61.0, 1: 49.0, 2: 52.0, 3: 22.0, 4: 31.0, 5: 84.0, 6: 78.0, 7: 46.0, 8: 69.0, 9: 76.0,
    10: 66.0, 11: 57.0, 12: 52.0, 14: 60.0, 15: 24.0, 17: 62.0, 18: 36.0, 20: 33.0, 21: 38.0,
    22: 90.0, 23: 75.0,
}  # fmt: skip
"""About where the partners' scores stand at as-of; earlier ones wander there."""
_EVALUATIONS = 7


def more_money(as_of: date) -> Iterator[Row]:
    """Sales of every month by the partners that sell steadily, up to the last complete month."""
    chance = _chance(41)
    number = 260
    for n, month in enumerate(months_to(as_of)):
        for i, level in _STEADY.items():
            number += 1
            day = min(month + timedelta(days=chance.randrange(3, 26)), as_of)
            season = 1.25 if month.month in (11, 12) else 1.0
            amount = level * (1 + n / 80) * season * chance.uniform(0.8, 1.2)
            yield {
                "entry_id": f"M-{number:04d}",
                "date": day,
                "partner_id": partner_id(i),
                "kind": "sale",
                "amount": round(amount, 2),
                "currency": SKETCHES[i].currency,
            }


def renewals(customers: Sequence[Row], as_of: date, number: int) -> Iterator[Row]:
    """What customers pay each quarter while they are there; ``number`` is the last entry's."""
    first = months_to(as_of)[0]
    for n, customer in enumerate(customers):
        day = customer["acquired"] + timedelta(days=91)
        until = min(customer["ended"] or as_of, as_of)
        while day <= until:
            if day >= first and n % 2 == 0:
                number += 1
                yield {
                    "entry_id": f"M-{number:04d}",
                    "date": day,
                    "partner_id": customer["partner_id"],
                    "kind": "renewal",
                    "amount": round(customer["recurring_amount"] * 3, 2),
                    "currency": customer["currency"],
                    "customer_id": customer["customer_id"],
                    "product": "support",
                    "recurring": "yes",
                }
            day += timedelta(days=91)


def more_activity(as_of: date) -> Iterator[Row]:
    """Log-ins, training and campaigns of channel partners over two years."""
    chance = _chance(42)
    for month in months_to(as_of)[2:]:
        for i, sketch in enumerate(SKETCHES):
            if sketch.kind in _TRAINED and sketch.status == "active":
                assigned, invited = chance.randrange(1, 5), chance.randrange(0, 3)
                leads = chance.randrange(2, 9) if sketch.kind == "referral" else None
                yield {
                    "partner_id": partner_id(i),
                    "month": month,
                    "channel": "portal",
                    "logins": int(60 * sketch.size * chance.uniform(0.5, 1.2)) + 4,
                    "leads": leads,
                    "qualified_leads": chance.randrange(1, leads + 1) if leads else None,
                    "training_assigned": assigned,
                    "training_done": chance.randrange(0, assigned + 1),
                    "invited": invited,
                    "joined": chance.randrange(0, invited + 1),
                }


def rate_rows(as_of: date) -> list[Row]:
    """A fixed programme rate and one per month of every foreign currency."""
    chance = _chance(43)
    told: list[Row] = []
    for code, rate in RATES.items():
        told.append({"currency": code, "programme_rate": rate, "source": "agreed for tiers"})
        for month in months_to(as_of):
            moved = round(rate * chance.uniform(0.97, 1.03), 4)
            told.append({"currency": code, "month": month, "rate": moved, "source": "finance"})
    return told


OWN_KPI: Row = {
    "kpi": "X01",
    "name": "Referral quality",
    "words": "Qualified leads ÷ leads: our own KPI, to show how one is added.",
    "unit": "ratio",
    "types": "referral",
    "shown": "referral",
    "dimension": "pipeline",
    "numerator": "Activity.qualified_leads",
    "denominator": "Activity.leads",
}
"""A row of the KPI Catalogue as a team writes it."""


def tier_history(partners: Sequence[Row], settings: Settings, as_of: date) -> list[Row]:
    """The evaluations of the seven quarters before that of as-of, by the rules of tiers."""
    chance = _chance(44)
    ladder = ladder_of(settings)
    days = _review_days(as_of, settings)
    told: list[Row] = []
    standing: dict[int, Standing] = {}
    for n, day in enumerate(days):
        for i, latest in _SCORES.items():
            start = partners[i]["start_date"]
            if start <= day:
                points = latest + (n - len(days)) * chance.uniform(-1.5, 3) + chance.gauss(0, 3)
                aim = _aim(min(99.0, max(5.0, round(points, 1))), settings, ladder)
                row, standing[i] = _evaluated(standing.get(i), aim, start, day, settings, ladder)
                told.append({"partner_id": partner_id(i), "partner_name": SKETCHES[i].name, **row})
    return told


def _review_days(as_of: date, settings: Settings) -> list[date]:
    """The tenth day of each quarter before the one of as-of, oldest first."""
    months = sorted(months_to(as_of))
    starts = [m for m in months if (m.month - settings.fiscal_start) % settings.tier_months == 0]
    now = span_of(as_of, settings)
    before = [m.replace(day=10) for m in starts if span_of(m, settings) < now]
    return before[-_EVALUATIONS:]


def _aim(points: float, settings: Settings, ladder: Ladder) -> Aim:
    reached = next((t.name for t in ladder.tiers if points >= t.threshold), ladder.base)
    kept = {t.name for t in ladder.tiers if points >= t.threshold - settings.tier_margin}
    told = Score(points, 1.0, {}, 0)
    return Aim(reached, frozenset({*kept, ladder.base}), told, f"{points:.1f} of 100.")


def _evaluated(
    before: Standing | None, aim: Aim, start: date, day: date, settings: Settings, ladder: Ladder
) -> tuple[Row, Standing]:
    until = new_until(start, day, settings)
    step = None if until else entered(before or Standing(), aim, ladder, settings)
    tier, state = (step.tier, step.state) if step else (ladder.base, "onboarding")
    said = step.said if step else f"New until {until}: not moved."
    row = {
        "at": day,
        "score": aim.score.points,
        "target_tier": aim.target or NOT_RATED,
        "tier": tier,
        "state": state,
        "reason": f"{aim.why} {said}".strip(),
        "run": "made-up",
    }
    return row, Standing(tier, state, day)


def _chance(seed: int) -> Random:
    return Random(seed)  # noqa: S311 - a made-up programme, the same every time
