"""Packs: tabs that a team adds to the lean tracker when it needs them."""

from __future__ import annotations

from collections.abc import Mapping

PACKS: Mapping[str, str] = {
    "attribution": "Touches on the way to a deal, and who is credited with how much of it.",
    "voice": "Surveys of partners and customers: recommendation, satisfaction, brand recall.",
    "contracts": "Contracts by version, with their clauses, commission and end.",
    "goals": "Targets per partner, type or programme, with their pace and their history.",
    "customers": "Customers, for retention, recurring revenue and customer value.",
    "settings": "Tiers, scorecards, monthly rates, the KPI catalogue and lists to edit.",
    "insight": "Alerts, forecasts with bands and the history of tiers, written by sync.",
}
"""What each pack brings, in one sentence; in the order in which they are listed."""
