"""What a row of the tracker must look like for the naive script: one pydantic model per tab.

A cell is cleaned on its way in (spaces, case, aliases, numbers and dates in text).
"""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime
from typing import Annotated, Any, Literal

import numpy as np
import pandas as pd
from pydantic import BaseModel, BeforeValidator, Field, ValidationInfo, model_validator

ALIASES = {"closed won": "won", "closed lost": "lost", "y": "yes", "n": "no"}
COUNTRY_CODES = {
    "germany": "DE",
    "france": "FR",
    "netherlands": "NL",
    "spain": "ES",
    "italy": "IT",
    "sweden": "SE",
    "united states": "US",
    "canada": "CA",
}
REVENUE = ("sale", "renewal", "refund")
COST = (
    "fee",
    "commission",
    "mdf",
    "incentive",
    "onboarding",
    "staff_time",
    "product",
    "other_cost",
)


def trimmed(value: Any) -> Any:
    """Strip spaces and no-break spaces; a blank is None."""
    if value is None or value is pd.NaT or (isinstance(value, float) and np.isnan(value)):
        return None
    if isinstance(value, str):
        return value.replace("\u00a0", " ").strip() or None
    return value


def worded(value: Any) -> Any:
    """A picklist value: trimmed, lower case, aliases resolved."""
    value = trimmed(value)
    if isinstance(value, bool):
        return "yes" if value else "no"
    if not isinstance(value, str):
        return value
    folded = value.casefold()
    return ALIASES.get(folded, folded)


def coded(value: Any) -> Any:
    """A country or currency code in upper case; a country's name becomes its code."""
    value = trimmed(value)
    return COUNTRY_CODES.get(value.casefold(), value.upper()) if isinstance(value, str) else value


def number(thousands: str, decimal: str) -> Callable[[Any], Any]:
    """Return a reader of numbers in text with these marks."""

    def read(value: Any) -> Any:
        value = trimmed(value)
        if not isinstance(value, str):
            return value
        return value.replace(thousands, "").replace(decimal, ".")

    return read


def moment(*formats: str) -> Callable[[Any], Any]:
    """Return a reader of dates in text, in the first of the formats that fits."""

    def read(value: Any) -> Any:
        value = trimmed(value)
        if not isinstance(value, str):
            return value.to_pydatetime() if isinstance(value, pd.Timestamp) else value
        for one in formats:
            try:
                return datetime.strptime(value, one)
            except ValueError:
                continue
        raise ValueError(f"not a date: {value}")

    return read


def known_partner(value: Any, info: ValidationInfo) -> Any:
    """A partner id that stands on Partners."""
    value = trimmed(value)
    if value is not None and info.context and value not in info.context:
        raise ValueError(f"no such partner: {value}")
    return value


Text = Annotated[str | None, BeforeValidator(trimmed)]
Id = Annotated[str, BeforeValidator(trimmed)]
PartnerId = Annotated[str, BeforeValidator(known_partner)]
Code = Annotated[str | None, BeforeValidator(coded)]
PointMoney = Annotated[float | None, BeforeValidator(number(",", ".")), Field(ge=0)]
CommaMoney = Annotated[float, BeforeValidator(number(".", ",")), Field(ge=0)]
Count = Annotated[float | None, BeforeValidator(number(",", ".")), Field(ge=0)]
Iso = Annotated[datetime | None, BeforeValidator(moment("%Y-%m-%d", "%Y-%m-%d %H:%M"))]
DayFirst = Annotated[datetime | None, BeforeValidator(moment("%d/%m/%Y", "%Y-%m-%d"))]
MonthFirst = Annotated[datetime | None, BeforeValidator(moment("%m/%d/%Y", "%Y-%m-%d"))]
Month = Annotated[datetime, BeforeValidator(moment("%Y-%m", "%Y-%m-%d"))]
Word = Annotated[str | None, BeforeValidator(worded)]


class Partner(BaseModel):
    """A row of Partners."""

    partner_id: Id
    partner_name: Id
    partner_type: Annotated[
        Literal[
            "influencer",
            "affiliate",
            "reseller",
            "referral",
            "technology",
            "service",
            "strategic",
            "marketplace",
        ],
        BeforeValidator(worded),
    ]
    status: Annotated[
        Literal["prospect", "onboarding", "active", "paused", "ended"], BeforeValidator(worded)
    ]
    owner: Id
    relationship: Word = None
    importance: Word = None
    country: Code = None
    segment: Text = None
    start_date: Iso = None
    contract_status: Word = None


class Deal(BaseModel):
    """A row of Deals."""

    deal_id: Id
    partner_id: PartnerId
    role: Annotated[
        Literal["sourced", "influenced", "delivered", "co-sell"], BeforeValidator(worded)
    ]
    stage: Annotated[
        Literal["lead", "qualified", "proposal", "negotiation", "won", "lost"],
        BeforeValidator(worded),
    ]
    created: DayFirst
    amount: PointMoney = None
    currency: Code = None
    account: Text = None
    customer_id: Text = None
    country: Code = None
    segment: Text = None
    product: Text = None
    deal_type: Word = None
    expected_close: Iso = None
    closed: MonthFirst = None
    reason: Text = None
    lead_date: DayFirst = None
    campaign: Text = None

    @model_validator(mode="after")
    def closed_in_order(self) -> Deal:
        """A closed deal has a closing date, on or after its creation."""
        if self.stage in ("won", "lost") and self.closed is None:
            raise ValueError("closed is missing")
        if self.closed and self.created and self.closed < self.created:
            raise ValueError("closed before created")
        return self


class Money(BaseModel):
    """A row of Money."""

    entry_id: Id
    date: DayFirst
    partner_id: PartnerId
    kind: Annotated[Literal[REVENUE + COST], BeforeValidator(worded)]  # type: ignore[valid-type]
    amount: CommaMoney
    currency: Code = None
    deal_id: Text = None
    product: Text = None
    document: Text = None
    recurring: Word = None


class Activity(BaseModel):
    """A row of Activity."""

    partner_id: PartnerId
    month: Month
    channel: Text = None
    campaign: Text = None
    posts: Count = None
    impressions: Count = None
    likes: Count = None
    comments: Count = None
    shares: Count = None
    clicks: Count = None
    conversions: Count = None
    leads: Count = None
    qualified_leads: Count = None
    training_assigned: Count = None
    training_done: Count = None
    invited: Count = None
    joined: Count = None


class Interaction(BaseModel):
    """A row of Interactions."""

    interaction_id: Id
    partner_id: PartnerId
    date: Iso
    kind: Word
    direction: Word = None
    asked_at: Iso = None
    answered_at: Iso = None
    summary: Text = None


class Item(BaseModel):
    """A row of Plan."""

    item_id: Id
    partner_id: PartnerId
    kind: Word
    title: Id
    owner: Text = None
    start: Iso = None
    due: Iso
    done: Iso = None
    status: Word = None
    weight: Count = 1


MODELS: dict[str, type[BaseModel]] = {
    "partners": Partner,
    "deals": Deal,
    "money": Money,
    "activity": Activity,
    "interactions": Interaction,
    "plan": Item,
}
