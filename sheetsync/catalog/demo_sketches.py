"""The partners of the made-up programme: invented organisations, what they are like, their ids."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date
from typing import Any

MONTHS = 26
"""Months of history, the last one that of as-of."""
Row = dict[str, Any]
RATES = {"USD": 0.92, "GBP": 1.17}
"""What one unit is worth in the reporting currency, EUR."""


@dataclass(frozen=True, slots=True)
class Sketch:
    """What one invented partner is like; ``size`` scales its deals, ``skill`` its win rate."""

    name: str
    kind: str
    country: str
    currency: str
    owner: str
    size: float
    skill: float
    status: str = "active"


_NORTH, _SOUTH, _ONLINE = "Team North", "Team South", "Team Online"
SKETCHES = (
    Sketch("Tin Lantern Systems", "reseller", "DE", "EUR", _NORTH, 2.6, 0.62),
    Sketch("Quillfeather Networks", "reseller", "FR", "EUR", _SOUTH, 1.9, 0.55),
    Sketch("Marrowbone & Thistle", "reseller", "GB", "GBP", _NORTH, 1.6, 0.48),
    Sketch("Saltmarsh Trading", "reseller", "NL", "EUR", _NORTH, 0.9, 0.40),
    Sketch("Ninefold Harbour", "reseller", "US", "USD", _SOUTH, 1.2, 0.52),
    Sketch("Copper Kettle Reviews", "affiliate", "US", "USD", _ONLINE, 0.35, 0.5),
    Sketch("Pebbleworth Deals", "affiliate", "GB", "GBP", _ONLINE, 0.3, 0.5),
    Sketch("Owl and Abacus", "affiliate", "DE", "EUR", _ONLINE, 0.22, 0.4),
    Sketch("Larkspur Lane", "influencer", "FR", "EUR", _ONLINE, 0.2, 0.5),
    Sketch("The Velvet Turnip", "influencer", "ES", "EUR", _ONLINE, 0.15, 0.45),
    Sketch("Moonpatch Diaries", "influencer", "US", "USD", _ONLINE, 0.18, 0.4),
    Sketch("Foxglove Introductions", "referral", "DE", "EUR", _NORTH, 0.8, 0.58),
    Sketch("Windlass Referrals", "referral", "GB", "GBP", _NORTH, 0.6, 0.5),
    Sketch("Bramblegate Circle", "referral", "IT", "EUR", _SOUTH, 0.5, 0.35, "paused"),
    Sketch("Honeycomb Lattice", "technology", "US", "USD", _SOUTH, 1.5, 0.5),
    Sketch("Glasswing Works", "technology", "SE", "EUR", _NORTH, 1.1, 0.45),
    Sketch("Umbrella Pine Tools", "technology", "ES", "EUR", _SOUTH, 0.7, 0.4, "onboarding"),
    Sketch("Stonecrop Services", "service", "DE", "EUR", _NORTH, 1.3, 0.57),
    Sketch("Paper Heron Studio", "service", "FR", "EUR", _SOUTH, 1.0, 0.5),
    Sketch("Driftwood and Daughters", "service", "IE", "EUR", _NORTH, 0.6, 0.42, "ended"),
    Sketch("Meridian Quince Alliance", "strategic", "FR", "EUR", _SOUTH, 2.4, 0.5),
    Sketch("Northbough Union", "strategic", "SE", "EUR", _NORTH, 1.8, 0.46),
    Sketch("Pennywhistle Market", "marketplace", "US", "USD", _ONLINE, 0.9, 0.5),
    Sketch("Lanternfish Bazaar", "marketplace", "NL", "EUR", _ONLINE, 0.7, 0.48),
)
SOCIAL = ("influencer", "affiliate", "marketplace")
"""Types of partners that are followed by what they publish."""


def months_to(as_of: date) -> list[date]:
    """Return the first days of the months of history, oldest first."""
    first = as_of.year * 12 + as_of.month - MONTHS
    return [date(n // 12, n % 12 + 1, 1) for n in range(first, first + MONTHS)]


def partner_id(index: int) -> str:
    """The id of a sketched partner.

    >>> partner_id(0)
    'P-0001'
    """
    return f"P-{index + 1:04d}"
