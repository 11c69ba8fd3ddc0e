"""Alerts from a look at all partners of a type: A14, and A11 for audiences that look bought."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from statistics import median
from typing import TYPE_CHECKING

from sheetsync.measure.alerts_found import Finding, Tests
from sheetsync.measure.alerts_tests import laney, robust_z
from sheetsync.measure.labels import labels
from sheetsync.model.insight import Urgency
from sheetsync.model.kpi import Kpi
from sheetsync.model.months import first_day
from sheetsync.model.results import Flag, KpiValue

if TYPE_CHECKING:
    import pandas as pd

LEAST_PEERS = 8
"""Partners of a type below which nobody stands out among them."""
LIMIT = 3.0
LEAST_AUDIENCES = 20
TOO_ENGAGED = 3.0
ODD_Z = 3.5
LEAST_JUMPS = 8
_BANDS = (10_000, 100_000, 1_000_000)
_EDGES = (1, 99)


def peer_tests(
    kpis: Mapping[str, Kpi], values: Iterable[KpiValue], types: Mapping[str, str]
) -> Tests:
    """A14: proportions of the whole period that lie beyond three robust spreads of their peers'."""
    groups: defaultdict[tuple[str, str], list[KpiValue]] = defaultdict(list)
    for value in values:
        kpi = kpis.get(value.kpi)
        if kpi is None or kpi.interval not in ("wilson", "exact") or value.month:
            continue
        if value.group in types and value.flag is Flag.OK and value.value is not None:
            groups[value.kpi, types[value.group]].append(value)
    for (name, kind), told in groups.items():
        if len(told) >= LEAST_PEERS:
            yield from _among(kpis[name], kind, told)


def _among(kpi: Kpi, kind: str, told: Sequence[KpiValue]) -> Tests:
    hits = [round((v.value or 0.0) * v.n) for v in told]
    share = sum(hits) / sum(v.n for v in told)
    for value, z in zip(told, laney(hits, [v.n for v in told]), strict=True):
        if abs(z) <= LIMIT:
            yield None
            continue
        bad = (z > 0) == kpi.lower_is_better
        words = (
            f"{kpi.title} of the period is {value.value or 0.0:.2%} over {value.n:,}, against "
            f"{share:.2%} of {len(told)} {kind} partners (z {z:.1f} after their usual spread)."
        )
        yield Finding(
            "A14",
            f"peers:{kpi.id}",
            Urgency.WARNING if bad else Urgency.NOTE,
            value.group,
            kpi.id,
            words if bad else f"{words} Good news, if the rows are right.",
        )


@dataclass(frozen=True, slots=True)
class Audience:
    """The latest months of a partner's channel figures, and its followers month by month."""

    partner_id: str
    last: int
    rate: float
    comments_per_like: float | None
    followers: tuple[float, ...]

    @property
    def band(self) -> int:
        """Which of four classes of size its followers put it in."""
        return sum(self.followers[-1] >= least for least in _BANDS)


def audiences(activity: pd.DataFrame, months: Sequence[int]) -> tuple[Audience, ...]:
    """Sum the last three complete months of every partner that has followers and impressions."""
    import numpy as np
    import pandas as pd

    if "followers" not in activity or not len(activity):
        return ()
    day = pd.to_datetime(activity["month"])
    rows = pd.DataFrame(
        {
            "partner": labels(activity, "partner_id").tolist(),
            "month": (day.dt.year * 100 + day.dt.month).to_numpy(),
            **{
                k: activity[k].to_numpy("float64", na_value=np.nan)
                for k in ("impressions", "likes", "comments", "shares", "followers")
            },
        }
    )
    rows = rows[rows["month"].isin(months)]
    told = []
    for partner, own in rows.groupby("partner", sort=True):
        latest = own[own["month"].isin(months[-3:])]
        size = own.groupby("month")["followers"].max().dropna()
        likes, shown = float(latest["likes"].sum()), float(latest["impressions"].sum())
        if not shown or not len(size):
            continue
        engaged = float(latest[["likes", "comments", "shares"]].sum().sum())
        ratio = float(latest["comments"].sum()) / likes if likes else None
        told.append(
            Audience(str(partner), int(latest["month"].max()), engaged / shown, ratio, tuple(size))
        )
    return tuple(told)


def audience_tests(told: Sequence[Audience]) -> Tests:
    """A11: engagement or followers that want a look; needs twenty partners to compare with."""
    if len(told) < LEAST_AUDIENCES:
        return
    bands: defaultdict[int, list[Audience]] = defaultdict(list)
    for one in told:
        bands[one.band].append(one)
    ratios = [a.comments_per_like for a in told if a.comments_per_like is not None]
    for one in told:
        why = [
            *_too_engaged(one, bands[one.band]),
            *_jump(one),
            *_odd_ratio(one, ratios),
        ]
        if not why:
            yield None
            continue
        yield Finding(
            "A11",
            "audience",
            Urgency.WARNING if len(why) > 1 else Urgency.NOTE,
            one.partner_id,
            "E03",
            f"Check the audience: {'; '.join(why)}. There may be a good reason.",
            first_day(one.last),
        )


def _too_engaged(one: Audience, band: Sequence[Audience]) -> list[str]:
    others = [a.rate for a in band if a.partner_id != one.partner_id]
    if not others or one.rate <= TOO_ENGAGED * median(others):
        return []
    return [f"engagement {one.rate:.1%} is over three times the {median(others):.1%} of its size"]


def _jump(one: Audience) -> list[str]:
    steps = [b - a for a, b in zip(one.followers, one.followers[1:], strict=False)]
    if len(steps) <= LEAST_JUMPS:
        return []
    z = robust_z(steps[-1], steps[:-1])
    if z is None or z <= ODD_Z:
        return []
    return [f"followers rose by {steps[-1]:,.0f} in a month (robust z {z:.1f})"]


def _odd_ratio(one: Audience, ratios: Sequence[float]) -> list[str]:
    """Outside what 98 in 100 have, and far out: of any twenty the ends lie outside that."""
    import numpy as np

    ratio = one.comments_per_like
    if ratio is None or len(ratios) < LEAST_AUDIENCES:
        return []
    low, high = np.percentile(ratios, _EDGES)
    z = robust_z(ratio, ratios)
    if low <= ratio <= high or z is None or abs(z) <= ODD_Z:
        return []
    return [f"{ratio:.3f} comments per like is outside what 98 in 100 partners have"]
