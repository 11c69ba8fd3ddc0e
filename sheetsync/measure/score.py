"""Score: how far a partner is towards the targets of its types, 0 to 100.

Each KPI of the scorecard earns clip((value - floor) / (target - floor), 0, 1) of its weight; lower
is better where the floor is above the target. The score is out of the weight that has data: values
that are blank, small, partial or incomplete are no data.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any

from sheetsync.model.results import Flag, KpiValue
from sheetsync.model.settings import Settings, Target

FULL = 100.0
"""What the weights of a scorecard sum to, and the best score."""


@dataclass(frozen=True, slots=True)
class Score:
    """A score out of 100 (None without data), the share of weight with data, and what earned it.

    ``earned`` holds the points of each KPI with data, best first; ``measures`` counts the lines of
    the scorecard.
    """

    points: float | None
    coverage: float
    earned: Mapping[str, float]
    measures: int

    @property
    def drivers(self) -> tuple[str, ...]:
        """The two KPIs that earned most, best first."""
        return tuple(kpi for kpi, points in self.earned.items() if points > 0)[:2]

    def __str__(self) -> str:
        """Say in words what the score is made of, without a full stop."""
        if self.points is None:
            return "No data"
        said = f"{self.points:.1f} of 100 from {len(self.earned)} of {self.measures} measures"
        best = ", ".join(f"{kpi} ({self.earned[kpi]:.1f})" for kpi in self.drivers)
        return said + (f"; strongest {best}" if best else "")


def card_of(partner: Mapping[Any, Any], settings: Settings) -> tuple[Target, ...]:
    """Return the scorecard of a partner: that of its type, or of both its types together.

    A KPI on both cards keeps the line of the first type. The weights of two cards are scaled to
    sum to 100.
    """
    first, second = (partner.get(key) for key in ("partner_type", "secondary_type"))
    own = settings.scorecards.get(first or "", ())
    more = settings.scorecards.get(second or "", ()) if second != first else ()
    if not more:
        return own
    lines = {target.kpi: target for target in (*more, *own)}
    total = sum(target.weight for target in lines.values())
    return tuple(
        target.model_copy(update={"weight": FULL * target.weight / total})
        for target in lines.values()
    )


def score(card: Iterable[Target], values: Mapping[str, KpiValue]) -> Score:
    """Return the weighted score over the scorecard's KPIs with data.

    >>> sold = KpiValue("F01", "P-0001", 0, 50.0, 3, None, None, Flag.OK)
    >>> score([Target(kpi="F01", weight=100, floor=0, target=200)], {"F01": sold}).points
    25.0
    """
    targets = tuple(card)
    held = {t.kpi: (t, x) for t in targets if (x := known(values.get(t.kpi))) is not None}
    weight = sum(t.weight for t, _ in held.values())
    total = sum(t.weight for t in targets)
    earned = {kpi: FULL * t.weight * reached(t, x) / weight for kpi, (t, x) in held.items()}
    # Rounded so that a score that is a threshold on paper is one in binary, too.
    points = round(sum(earned.values()), 9) if held else None
    ranked = dict(sorted(earned.items(), key=lambda item: -item[1]))
    return Score(points, weight / total if total else 0.0, ranked, len(targets))


def reached(target: Target, value: float) -> float:
    """Return how much of the way from floor to target the value is, 0 to 1.

    >>> reached(Target(kpi="R04", weight=10, floor=48, target=8), 28)
    0.5
    """
    way = target.target - target.floor
    if way == 0:
        return float(value >= target.target)
    return min(1.0, max(0.0, (value - target.floor) / way))


def known(value: KpiValue | None) -> float | None:
    """Return a value that is good enough to judge by, else None."""
    return value.value if value is not None and value.flag is Flag.OK else None
