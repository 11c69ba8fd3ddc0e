"""Canonical fact tables: one row per thing that happened to a partner, made once per run.

KPI expressions see only these tables. Tests that a KPI makes are whole-number columns here, so no
reader of an expression needs a date function, an OR or a text comparison.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from sheetsync.measure.activity import COUNTS, ENGAGEMENTS, activity_facts
from sheetsync.measure.credit_facts import amount_rows, customer_rows, journey_deals, touch_rows
from sheetsync.measure.customers import customer_facts
from sheetsync.measure.delivery import plan_facts
from sheetsync.measure.facts_more import Ground, asked_for, more_facts, more_problems
from sheetsync.measure.frames import (
    TOO_LARGE,
    dated,
    days,
    used,
)
from sheetsync.measure.interactions import response_facts
from sheetsync.measure.labels import labels
from sheetsync.measure.money import (
    OWN_SALES,
    closed_facts,
    cost_facts,
    deal_facts,
    ledger,
    missing_rates,
    revenue_facts,
    sold_deals,
)
from sheetsync.measure.outside import Outside
from sheetsync.measure.partners import cell_facts, partner_facts, presence_facts
from sheetsync.measure.period import Period
from sheetsync.measure.tab_rows import tab_rows
from sheetsync.model.problems import Problem, Severity
from sheetsync.model.results import Cleaned
from sheetsync.model.settings import Settings
from sheetsync.model.tracker import Tracker
from sheetsync.model.values import show

if TYPE_CHECKING:
    import pandas as pd

_SUMMED = {
    "deals": ("amount",),
    "money": ("amount",),
    "activity": (*COUNTS, *ENGAGEMENTS),
    "plan": ("weight",),
}


@dataclass(frozen=True, slots=True)
class Facts:
    """The fact tables by name, and what was found while making them.

    ``types`` are the partners' types by id. ``journeys`` are what attribution reads, by name:
    ``touches``, ``deals``, ``amounts`` and ``new``; empty where the tracker has no Touches.
    ``beside`` is what rows of files outside the workbook are put together with, ``ground`` what
    the tables were made of.
    """

    tables: Mapping[str, pd.DataFrame]
    problems: tuple[Problem, ...] = field(default=())
    types: Mapping[str | None, str | None] = field(default_factory=dict)
    journeys: Mapping[str, pd.DataFrame] = field(default_factory=dict)
    beside: Mapping[str, pd.DataFrame] = field(default_factory=dict)
    ground: Ground | None = None


def facts(
    cleaned: Cleaned,
    tracker: Tracker,
    settings: Settings,
    period: Period,
    elsewhere: Outside | None = None,
) -> Facts:
    """Make every fact table. Rows of partners that Partners does not list are left out.

    ``elsewhere`` says what files outside the workbook hold; see ``with_outside`` for their rows.
    """
    partners = listed(used(cleaned, "partners"))
    known = frozenset(labels(partners, "partner_id").tolist()) | {OWN_SALES}
    deals, money, activity, interactions, plan = (
        _of(known, cleaned, tab) for tab in ("deals", "money", "activity", "interactions", "plan")
    )
    others = elsewhere.not_sourced if elsewhere else frozenset[str]()
    told = ledger(deals, money, tracker, settings, period.as_of, others)
    shared = any(tab.key == "touches" for tab in tracker.tabs)
    sold = sold_deals(cleaned)
    revenue = revenue_facts(
        told,
        sold | elsewhere.sold if elsewhere else sold,
        period,
        with_deals=shared,
        earliest=elsewhere.earliest if elsewhere else None,
    )
    types = dict(
        zip(
            labels(partners, "partner_id").tolist(),
            labels(partners, "partner_type").tolist(),
            strict=True,
        )
    )
    ground = Ground(
        cleaned,
        tracker,
        settings,
        period,
        partners,
        told,
        sold,
        revenue,
        lambda tab: _of(known, cleaned, tab),
        used(cleaned, "goals"),
        types,
    )
    tables = {
        "revenue": revenue,
        "cost": cost_facts(told, period),
        "closed": closed_facts(told, period),
        "deals": deal_facts(told, tracker, settings, period),
        "lead_deals": _lead_deals(deals, period),
        "new_customers": customer_facts(told, ground.customers, period),
        "activity": activity_facts(activity, period),
        "responses": response_facts(interactions, period),
        "plan": plan_facts(plan, period),
        "partners": partner_facts(partners, revenue, activity, settings, period),
        "presence": presence_facts(partners, period),
        "cells": cell_facts(cleaned, tracker),
        **more_facts(ground, asked_for(tracker.kpis)),
    }
    return Facts(
        {name: with_partner(frame, types) for name, frame in tables.items()},
        (*too_large(cleaned), *missing_rates(told, settings), *more_problems(ground)),
        types,
        _journeys(ground, tables["new_customers"]) if shared else {},
        tab_rows(ground) if elsewhere else {},
        ground,
    )


def _journeys(ground: Ground, customers: pd.DataFrame) -> dict[str, pd.DataFrame]:
    return {
        "touches": touch_rows(ground.rows("touches")),
        "deals": journey_deals(ground.ledger, ground.period),
        "amounts": amount_rows(ground.revenue),
        "new": customer_rows(customers),
    }


def too_large(cleaned: Cleaned) -> Iterator[Problem]:
    """Yield one problem per number that is too large to be meant; the cell counts as blank."""
    for tab, columns in _SUMMED.items():
        for column in columns if tab in cleaned.tables else ():
            for row in _absurd(cleaned.tables[tab].frame, column):
                found = show(row[column])
                message = f"{found} is too large to be meant; the cell is left out of every sum."
                yield Problem(
                    "number_too_large",
                    Severity.ERROR,
                    tab,
                    str(row["_key"]),
                    int(row["_row"]),
                    column,
                    found,
                    message,
                )


def _absurd(frame: pd.DataFrame, column: str) -> list[dict[Any, Any]]:
    if column not in frame:
        return []
    found = frame["_used"] & (frame[column].abs() >= TOO_LARGE)
    return frame[["_key", "_row", column]][found].to_dict("records") if found.any() else []


def listed(partners: pd.DataFrame) -> pd.DataFrame:
    """Partners with an id, own sales apart; the first row of an id that stands twice."""
    if "partner_id" not in partners:
        return partners
    named = partners[~labels(partners, "partner_id").among({None, OWN_SALES})]
    return named.drop_duplicates("partner_id")


def _of(known: frozenset[str | None], cleaned: Cleaned, tab: str) -> pd.DataFrame:
    """The rows of a tab that count and belong to somebody known."""
    table = cleaned.tables.get(tab)
    if table is None:
        return used(cleaned, tab)
    frame = table.frame
    return frame[frame["_used"].to_numpy() & labels(frame, "partner_id").among(known)]


def with_partner(frame: pd.DataFrame, types: Mapping[str | None, str | None]) -> pd.DataFrame:
    """Add ``partner_type`` and ``is_partner`` (0 for own sales) to a fact table."""
    partner = labels(frame, "partner_id")
    return frame.assign(
        partner_type=partner.mapped(types).categories(),
        is_partner=(~partner.among((OWN_SALES,))).astype("int8"),
    )


def _lead_deals(deals: pd.DataFrame, period: Period) -> pd.DataFrame:
    """Deals on the day their lead came in: the cohort that those leads became."""
    return dated({"partner_id": labels(deals, "partner_id")}, days(deals, "lead_date"), period)
