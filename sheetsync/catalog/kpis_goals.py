"""KPIs of goals, in trackers with the pack of that name."""

from __future__ import annotations

from sheetsync.model.expr import Count, Ratio, Span, Sum
from sheetsync.model.kpi import Grain, Kpi, Unit

_P, _G = Grain.PARTNER, Grain.PROGRAMME
_WEIGHT = Sum("goal_rows", "weight", span=Span.EVER)

GOAL_KPIS: tuple[Kpi, ...] = (
    Kpi(
        "F10",
        "Budget utilisation",
        Unit.RATIO,
        (_P, _G),
        "Partner cost over the span of a budget (a goal on F05) so far ÷ that budget; above 100 % "
        "it is overspent.",
        Ratio(
            Sum("goal_rows", "spent", span=Span.EVER), Sum("goal_rows", "budget", span=Span.EVER)
        ),
        Count("goal_rows", "budget", span=Span.EVER),
        "finance",
        lower_is_better=True,
        pack="goals",
        edges="Z",
    ),
    Kpi(
        "T02",
        "Goal alignment",
        Unit.RATIO,
        (_P,),
        "Weighted mean of how far the partner's goals in force have come, each at most whole; "
        "goals without figures and those replaced by another are left out.",
        Ratio(Sum("goal_rows", "earned", span=Span.EVER), _WEIGHT),
        Count("goal_rows", "weight", span=Span.EVER),
        "strategy",
        pack="goals",
        edges="Z",
    ),
)
