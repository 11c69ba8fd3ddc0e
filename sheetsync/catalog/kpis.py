"""The KPIs we ship, and the scorecards, shown KPIs and tiers that a new tracker starts with.

Each KPI is declared once, in the file of its field: its number, its evidence and its words. Fact
tables and their columns are described in ``sheetsync.measure.facts``. Programme values cover every
row, own sales included, unless the KPI's words leave them out.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from sheetsync.catalog.kpis_engagement import ENGAGEMENT
from sheetsync.catalog.kpis_finance import FINANCE
from sheetsync.catalog.kpis_goals import GOAL_KPIS
from sheetsync.catalog.kpis_lifetime import CUSTOMER_VALUE, LIFETIME, RETENTION
from sheetsync.catalog.kpis_operations import OPERATIONS
from sheetsync.catalog.kpis_pipeline import PIPELINE
from sheetsync.catalog.kpis_strategy import STRATEGY
from sheetsync.catalog.kpis_voice import VOICE
from sheetsync.model.kpi import Kpi

if TYPE_CHECKING:
    from sheetsync.model.settings import Settings

KPIS: tuple[Kpi, ...] = (
    *FINANCE,
    *LIFETIME,
    *CUSTOMER_VALUE,
    *PIPELINE,
    *ENGAGEMENT,
    *OPERATIONS,
    *VOICE,
    *RETENTION,
    *STRATEGY,
    *GOAL_KPIS,
)
"""Every KPI, in the order in which results are listed."""

DEFAULT_SHOWN: dict[str, tuple[str, ...]] = {
    "influencer": ("E01", "E03", "E05", "E06", "F06", "R10"),
    "affiliate": ("F01", "E06", "F08", "F04", "F06"),
    "reseller": ("S04", "S06", "S08", "S09", "F01", "P01"),
    "referral": ("S02", "S03", "F01", "S09", "F08"),
    "technology": ("S11", "T01", "F01", "S05", "R10"),
    "service": ("F01", "R04", "S06", "R10", "P01"),
    "strategic": ("T01", "S11", "F01", "R10", "R04"),
    "marketplace": ("F01", "F04", "E06", "F06", "F19"),
    "programme": ("F01", "F06", "S04", "S06", "P04", "F20"),
}
"""The five to seven KPIs shown per partner type and for the programme."""

_SCORECARDS: dict[str, tuple[tuple[str, float, float, float], ...]] = {
    "influencer": (
        ("E03", 25, 0.01, 0.05), ("E05", 20, 0.005, 0.03), ("E06", 15, 0.005, 0.03),
        ("F06", 25, 0.5, 4), ("R10", 15, 0.5, 0.95),
    ),
    "affiliate": (
        ("F01", 40, 0, 50_000), ("F06", 25, 1, 5), ("E06", 15, 0.005, 0.03),
        ("F08", 10, 500, 100), ("F04", 10, 0.15, 0.02),
    ),
    "reseller": (
        ("F01", 40, 0, 200_000), ("S05", 20, 0, 100_000), ("S06", 15, 0.1, 0.4),
        ("P01", 15, 0.3, 0.9), ("R10", 10, 0.5, 0.95),
    ),
    "referral": (
        ("F01", 40, 0, 50_000), ("S02", 25, 0, 24), ("S03", 15, 0.05, 0.3),
        ("S09", 20, 120, 30),
    ),
    "technology": (
        ("F01", 30, 0, 100_000), ("S11", 30, 0, 150_000), ("T01", 20, 0.4, 0.95),
        ("R10", 20, 0.5, 0.95),
    ),
    "service": (
        ("F01", 40, 0, 100_000), ("S05", 15, 0, 50_000), ("R10", 20, 0.5, 0.95),
        ("R04", 15, 48, 8), ("P01", 10, 0.3, 0.9),
    ),
    "strategic": (
        ("F01", 30, 0, 200_000), ("S11", 25, 0, 200_000), ("T01", 25, 0.4, 0.95),
        ("R10", 20, 0.5, 0.95),
    ),
    "marketplace": (
        ("F01", 40, 0, 150_000), ("F06", 20, 1, 8), ("E06", 15, 0.005, 0.03),
        ("F04", 10, 0.15, 0.02), ("F19", 15, -0.1, 0.2),
    ),
}  # fmt: skip
"""KPI, weight, floor and target per partner type; money per year, in the reporting currency."""

_TIERS = (
    ("Platinum", 90, "#7F8FA9"), ("Gold", 75, "#C9A227"), ("Silver", 60, "#A6A6A6"),
    ("Bronze", 40, "#B08D57"),
)  # fmt: skip


def default_settings() -> Settings:
    """Return the settings that a new tracker starts with."""
    from sheetsync.model.settings import Settings, Target, Tier

    cards = {
        kind: tuple(Target(kpi=k, weight=w, floor=low, target=high) for k, w, low, high in card)
        for kind, card in _SCORECARDS.items()
    }
    tiers = tuple(Tier(name=name, threshold=least, colour=tint) for name, least, tint in _TIERS)
    return Settings(tiers=tiers, scorecards=cards, shown_kpis=DEFAULT_SHOWN)
